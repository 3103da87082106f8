package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// domainRow is the row of a domain name of the account 1.
func domainRow(name string) DomainChange {
	return DomainChange{ID: "1/us-east-1/" + name, Domain: &snapshot.DomainName{Name: name, Account: "1", Region: "us-east-1", EndpointTypes: []string{"REGIONAL"}}}
}

// mappingRow is the row of a mapping of such a name: "orders abc123/dev".
func mappingRow(name, text string) MappingChange {
	base, target, _ := strings.Cut(text, " ")
	api, stage, _ := strings.Cut(target, "/")
	return MappingChange{ID: "1/us-east-1/" + name + "/" + base, Mapping: &snapshot.BasePathMapping{
		Domain: name, Account: "1", Region: "us-east-1", BasePath: base, APIID: api, Stage: stage,
	}}
}

// setDomain has a domain name lead where mappings say.
func (g *Gateway) setDomain(name string, mappings ...string) {
	var rows []MappingChange
	for _, text := range mappings {
		rows = append(rows, mappingRow(name, text))
	}
	g.SetDomains(DomainChanges{Names: []DomainChange{domainRow(name)}, Mappings: rows})
}

// byDomain answers with what a stage is told of the way.
func byDomain(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
	text := s.stage.Name + " " + req.Path + " " + req.PublicPath()
	if d := req.Domain; d != nil {
		text += fmt.Sprintf(" by %q %v %t", d.BasePath, d.EndpointTypes, d.Strict)
	}
	return &httpmsg.Response{Status: 200, Body: []byte(text)}
}

// Hosts lead to the domain names that they are, and to no others.
func TestDomainOfHost(t *testing.T) {
	g := New(Options{})
	if d := g.domains.find("api.example.com"); d != nil {
		t.Error("there is a domain name before there are any")
	}
	long := strings.Repeat("a.", 120) + "example.com"
	for _, name := range []string{"api.example.com", "*.example.com", "*.eu.example.com", "a.eu.example.com", long} {
		g.setDomain(name)
	}
	for host, want := range map[string]string{
		"api.example.com": "api.example.com", "API.Example.COM": "api.example.com", "api.example.com:8443": "api.example.com", "api.example.com.": "api.example.com",
		"api.example.com.:80": "api.example.com", "api.example.com:": "api.example.com",
		"b.example.com": "*.example.com", "b.c.example.com": "*.example.com", "x_y.example.com": "*.example.com", "eu.example.com": "*.example.com",
		"a.eu.example.com": "a.eu.example.com", "b.eu.example.com": "*.eu.example.com", "c.b.eu.example.com": "*.eu.example.com",
		long: long, "x." + long: "*.example.com",
		"": "", "example.com": "", ".example.com": "", "..example.com": "", "b..example.com": "", "*.example.com": "", "api.example.com..": "", "api.example.com:80:90": "", "api.example.com:x": "", "xapi.example.com.evil.test": "",
		"api.example.com.evil.test": "", "api.example.org": "", "api%2eexample.com": "", "api.example.com@b.test": "", "[::1]": "", "[::1]:80": "", "127.0.0.1": "", "api .example.com": "", "b\x00.example.com": "",
		"\xe1pi.example.com": "", strings.Repeat("b", 254) + ".example.com": "",
	} {
		got := ""
		if d := g.domains.find(host); d != nil {
			got = strings.TrimPrefix(d.id, "1/us-east-1/")
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}

// A domain name's paths lead to stages by their first segment, as it was sent.
func TestPathsOfDomain(t *testing.T) {
	s := open(t, Options{}, byDomain)
	s.Apply(stage("other", "v1", "d"))
	s.setDomain("api.example.com", " abc123/dev", "orders other/v1", "any abc123/", "gone abc123/nope", "lost zzz/dev", "lost2 zzz/")
	s.setDomain("few.example.com", "orders other/v1")
	s.setDomain("open.example.com", " other/")
	s.setDomain("none.example.com")
	const public = " [REGIONAL] false"
	for target, want := range map[string]string{
		"api.example.com/":                        `dev / / by ""` + public,
		"api.example.com/pets/1?a=b":              `dev /pets/1 /pets/1 by ""` + public,
		"api.example.com/orders":                  `v1 / /orders by "orders"` + public,
		"api.example.com/orders/":                 `v1 / /orders/ by "orders"` + public,
		"api.example.com/orders/7":                `v1 /7 /orders/7 by "orders"` + public,
		"api.example.com//orders/7":               `v1 /7 //orders/7 by "orders"` + public,
		"api.example.com/orders//7":               `v1 //7 /orders//7 by "orders"` + public,
		"api.example.com/orders/v1":               `v1 /v1 /orders/v1 by "orders"` + public,
		"api.example.com/ordersandmore":           `dev /ordersandmore /ordersandmore by ""` + public,
		"api.example.com/Orders/7":                `dev /Orders/7 /Orders/7 by ""` + public,
		"api.example.com/%6Frders/7":              `dev /%6Frders/7 /%6Frders/7 by ""` + public,
		"api.example.com/orders%2F7":              `dev /orders%2F7 /orders%2F7 by ""` + public,
		"api.example.com/orders;x/7":              `dev /orders;x/7 /orders;x/7 by ""` + public,
		"api.example.com/./orders/7":              `dev /./orders/7 /./orders/7 by ""` + public,
		"api.example.com/orders/../any/dev/x":     `v1 /../any/dev/x /orders/../any/dev/x by "orders"` + public,
		"api.example.com/x/orders":                `dev /x/orders /x/orders by ""` + public,
		"api.example.com/any/dev/pets":            `dev /pets /any/pets by "any"` + public,
		"api.example.com/any//Prod":               `Prod / /any/ by "any"` + public,
		"api.example.com/any":                     "403",
		"api.example.com/any/nope/pets":           "403",
		"api.example.com/gone/x":                  "403",
		"api.example.com/lost/x":                  "403",
		"api.example.com/lost2/dev":               "403",
		"few.example.com/orders/7":                `v1 /7 /orders/7 by "orders"` + public,
		"few.example.com/":                        "403",
		"few.example.com/pets":                    "403",
		"few.example.com/_aws/execute-api/a/dev":  "403",
		"few.example.com/restapis":                "403",
		"few.example.com/_gatehouse/live":         "403",
		"open.example.com/v1/x":                   `v1 /x /x by ""` + public,
		"open.example.com/x":                      "403",
		"none.example.com/":                       "403",
		"nobody.example.com/":                     "403", // nobody serves it
		"abc123.execute-api.x/dev/orders":         "dev /orders /orders",
		"localhost/_aws/execute-api/abc123/dev/x": "dev /x /x",
	} {
		s.expectLed(t, target, want)
	}
}

// expectLed calls a URL, and wants what its stage says of the call, or a 403.
func (s *site) expectLed(t *testing.T, target, want string) {
	t.Helper()
	host, path, _ := strings.Cut(target, "/")
	resp, body := s.call(t, "GET /"+path+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
	if want == "403" {
		expectError(t, resp, body, 403, "ForbiddenException", forbiddenBody)
	} else if resp.StatusCode != 200 || body != want {
		t.Errorf("%s: got %d %s, want %s", target, resp.StatusCode, body, want)
	}
}

// What a domain name leads to changes with the next request, whatever the order of
// its rows; one that goes to another account is that one's.
func TestDomainsChange(t *testing.T) {
	s := open(t, Options{}, byDomain)
	leads := func(want string) {
		t.Helper()
		resp, body := s.call(t, "GET /a/x HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
		if got := fmt.Sprint(resp.StatusCode, " ", strings.Fields(body)[0]); got != want && !strings.HasPrefix(got, want+" ") {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	const name, id = "api.example.com", "1/us-east-1/api.example.com"
	other := DomainChange{ID: "2/us-east-1/" + name, Domain: &snapshot.DomainName{Name: name, Account: "2", Region: "us-east-1"}}
	unreadable := errors.New("unreadable")
	s.SetDomains(DomainChanges{Mappings: []MappingChange{mappingRow(name, "a abc123/dev")}})
	leads("403")
	s.SetDomains(DomainChanges{Names: []DomainChange{domainRow(name)}})
	leads("200 dev")
	s.SetDomains(DomainChanges{Mappings: []MappingChange{mappingRow(name, "a abc123/Prod"), mappingRow(name, " abc123/dev")}})
	leads("200 Prod")
	s.SetDomains(DomainChanges{Mappings: []MappingChange{{ID: id + "/a", Err: unreadable}}})
	leads("500")
	s.SetDomains(DomainChanges{Mappings: []MappingChange{{ID: id + "/a"}}})
	leads("200 dev")
	s.SetDomains(DomainChanges{Names: []DomainChange{{ID: id, Err: unreadable}}})
	leads("500")
	s.SetDomains(DomainChanges{Names: []DomainChange{domainRow(name)}})
	leads("200 dev")
	s.SetDomains(DomainChanges{Names: []DomainChange{{ID: id}, other}, Mappings: []MappingChange{{ID: id + "/"}}})
	leads("403")
	s.SetDomains(DomainChanges{Names: []DomainChange{{ID: other.ID}, domainRow(name)}, Mappings: []MappingChange{mappingRow(name, " abc123/dev")}})
	leads("200 dev")
	s.SetDomains(DomainChanges{Names: []DomainChange{other, {ID: id}}}) // as when all is read anew, and then what has gone is found
	leads("403")
	s.SetDomains(DomainChanges{Names: []DomainChange{{ID: other.ID}}})
	leads("403")
	if len(s.domains.rows) != 1 || len(s.domains.index.Load().names) != 0 { // a mapping is left, whose row came without an end
		t.Errorf("%d names are known, %d served", len(s.domains.rows), len(s.domains.index.Load().names))
	}
	s.SetDomains(DomainChanges{Mappings: []MappingChange{{ID: id + "/"}}})
	if len(s.domains.rows) != 0 {
		t.Error("something is known of what has gone")
	}
}

// At an entrance that is somebody else's, too, no domain name takes that one's
// requests; at the listener of a VPC endpoint there are none.
func TestDomainsBesideOthers(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "next ", r.Host) })
	own := func(host string) bool { return host == "gatehouse.example.com" || host == "localhost" }
	shared := openAs(t, Options{}, Entrance{Next: next, OwnHost: own}, byDomain)
	private := openAs(t, Options{}, Entrance{Next: next, VPCEndpoint: &httpmsg.VPCEndpoint{ID: "vpce-1"}}, byDomain)
	for _, s := range []*site{shared, private} {
		s.setDomain("*.example.com", " abc123/dev")
		s.setDomain("gatehouse.example.com", " abc123/dev")
		s.setDomain("localhost", " abc123/dev")
	}
	for host, want := range map[string]string{"api.example.com": "dev", "gatehouse.example.com": "next", "localhost": "next", "example.com": "next"} {
		if _, body := shared.call(t, "GET /x HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); !strings.HasPrefix(body, want+" ") {
			t.Errorf("%s: got %s, want %s", host, body, want)
		}
	}
	if _, body := private.call(t, "GET /x HTTP/1.1\r\nHost: api.example.com\r\n\r\n"); body != "next api.example.com" {
		t.Errorf("a VPC endpoint: %s", body)
	}
}

// thousands is a gateway with many domain names and mappings.
func thousands(t testing.TB, n int) *Gateway {
	t.Helper()
	g := New(Options{})
	var names []DomainChange
	var mappings []MappingChange
	for i := range n {
		name := fmt.Sprintf("api%d.example.com", i)
		names = append(names, domainRow(name))
		mappings = append(mappings, mappingRow(name, " abc123/dev"), mappingRow(name, "orders abc123/dev"))
	}
	g.SetDomains(DomainChanges{Names: append(names, domainRow("*.wild.example.com")), Mappings: mappings})
	return g
}

// A look-up costs no memory, whether or not there is such a name.
func TestDomainLookUpAllocations(t *testing.T) {
	g := thousands(t, 100)
	for _, host := range []string{"API7.example.com:443", "a.b.c.wild.example.com", "nobody.example.com", "127.0.0.1"} {
		r := new(arrival)
		if n := testing.AllocsPerRun(100, func() {
			if d := g.domains.find(host); d != nil {
				d.locate(r, "/orders/7", 20_480)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", host, n)
		}
	}
}

// BenchmarkDomains looks up one of many domain names, and where its path leads.
func BenchmarkDomains(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		g := thousands(b, n)
		for _, host := range []string{"api0.example.com:8443", "a.b.wild.example.com", "nobody.example.org"} {
			b.Run(fmt.Sprint(n, "/", host), func(b *testing.B) {
				b.ReportAllocs()
				r := new(arrival)
				for b.Loop() {
					if d := g.domains.find(host); d != nil {
						d.locate(r, "/orders/7", 20_480)
					}
				}
			})
		}
	}
}

// BenchmarkSetDomains changes one of many.
func BenchmarkSetDomains(b *testing.B) {
	g := thousands(b, 10_000)
	for b.Loop() {
		g.SetDomains(DomainChanges{Mappings: []MappingChange{mappingRow("api7.example.com", "orders abc123/dev")}})
	}
}

// Whatever a client sends as Host, it finds a name that it ends in, or none.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"api.example.com", "a.b.example.com:80", "[::1]:1", "*.example.com", "..", "a..example.com.", strings.Repeat("a", 300)} {
		f.Add(host)
	}
	g := New(Options{})
	g.setDomain("*.example.com")
	g.setDomain("api.example.com")
	f.Fuzz(func(t *testing.T, host string) {
		d := g.domains.find(host)
		if d == nil {
			return
		}
		name, _, _ := strings.Cut(strings.ToLower(host), ":")
		if !strings.HasSuffix(strings.TrimSuffix(name, "."), ".example.com") {
			t.Errorf("%q is %s", host, d.id)
		}
	})
}
