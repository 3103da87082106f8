package target

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

func TestTarget(t *testing.T) {
	vars := map[string]string{"host": "b.example:8080", "v": "v2"}
	tests := map[string]struct {
		uri    string
		values []Value
		want   string // authority and target, "" for an error
	}{
		"plain":                       {"http://a.example/x?y=1", nil, "a.example /x?y=1"},
		"no path":                     {"http://a.example", nil, "a.example /"},
		"query without a path":        {"http://a.example?q=1", nil, "a.example /?q=1"},
		"path variable":               {"http://a.example/p/{id}", []Value{{Name: "id", Text: "a b/c"}}, "a.example /p/a%20b/c"},
		"greedy in the URI":           {"http://a.example/{proxy+}", []Value{{Name: "proxy", Text: "x/y"}}, "a.example /x/y"},
		"raw keeps coded slashes":     {"http://a.example/{p}", []Value{{Name: "p", Text: "a%2fb/%7ec", Raw: true}}, "a.example /a%2Fb/~c"},
		"percent is encoded":          {"http://a.example/{p}", []Value{{Name: "p", Text: "100%"}}, "a.example /100%25"},
		"question mark and hash":      {"http://a.example/{p}", []Value{{Name: "p", Text: "a?b#c"}}, "a.example /a%3Fb%23c"},
		"in the query":                {"http://a.example/?q={p}", []Value{{Name: "p", Text: "a b&c=d"}}, "a.example /?q=a%20b%26c%3Dd"},
		"without a value":             {"http://a.example/{p}", nil, "a.example /%7Bp%7D"},
		"the last value wins":         {"http://a.example/{p}", []Value{{Name: "p", Text: "1"}, {Name: "p", Text: "2"}}, "a.example /2"},
		"a value that climbs":         {"http://a.example/x/{p}", []Value{{Name: "p", Text: "../../admin"}}, ""},
		"climbs behind a slash":       {"http://a.example/x/{p}", []Value{{Name: "p", Text: "a%2f..%2F..%2fadmin", Raw: true}}, ""},
		"climbs behind a backslash":   {"http://a.example/x/{p}", []Value{{Name: "p", Text: `a\..\..\admin`}}, ""},
		"climbs behind a coded one":   {"http://a.example/x/{p}", []Value{{Name: "p", Text: "a%5C..%5c..%5Cadmin", Raw: true}}, ""},
		"climbs with parameters":      {"http://a.example/x/{p}", []Value{{Name: "p", Text: "a/..;x=y/admin", Raw: true}}, ""},
		"climbs with coded ones":      {"http://a.example/x/{p}", []Value{{Name: "p", Text: "%2E.%3b/admin", Raw: true}}, ""},
		"stays where it is":           {"http://a.example/x/{p}", []Value{{Name: "p", Text: "a%2F.;/y", Raw: true}}, ""},
		"dots in names":               {"http://a.example/x/{p}", []Value{{Name: "p", Text: "..a/b../.../v1.;2", Raw: true}}, "a.example /x/..a/b../.../v1.;2"},
		"coded twice":                 {"http://a.example/x/{p}", []Value{{Name: "p", Text: "%252e%252e/x", Raw: true}}, "a.example /x/%252e%252e/x"},
		"NUL":                         {"http://a.example/x/{p}", []Value{{Name: "p", Text: "a%00", Raw: true}}, ""},
		"a line end":                  {"http://a.example/x/{p}", []Value{{Name: "p", Text: "a\r\nb"}}, ""},
		"a coded line end":            {"http://a.example/x/{p}", []Value{{Name: "p", Text: "a%0Ab", Raw: true}}, ""},
		"all of them in the query":    {"http://a.example/?q={p}", []Value{{Name: "p", Text: "../\n"}}, "a.example /?q=..%2F%0A"},
		"stage variables":             {"http://${stageVariables.host}/${stageVariables.v}/x", nil, "b.example:8080 /v2/x"},
		"unknown stage variable":      {"http://a.example/${stageVariables.nope}x", nil, "a.example /x"},
		"variable in the host":        {"http://{tenant}.example/x", []Value{{Name: "tenant", Text: "t1"}}, "t1.example /x"},
		"a host that a value ends":    {"http://{h}.example/x", []Value{{Name: "h", Text: "evil.test/"}}, ""},
		"one that a coded one ends":   {"http://{h}.example/x", []Value{{Name: "h", Text: "evil.test%2F", Raw: true}}, ""},
		"one that many end":           {"http://{h}.example/{h}", []Value{{Name: "h", Text: "evil.test/y", Raw: true}}, ""},
		"one that a query ends":       {"http://{h}.example/x", []Value{{Name: "h", Text: "evil.test?"}}, ""},
		"one that userinfo hides":     {"http://{h}.example/x", []Value{{Name: "h", Text: "evil.test:80@"}}, ""},
		"a whole URI":                 {"{h}", []Value{{Name: "h", Text: "http://evil.test/"}}, ""},
		"a path behind such a host":   {"http://{h}.example/x/{p}", []Value{{Name: "h", Text: "t1"}, {Name: "p", Text: "a/b"}}, "t1.example /x/a/b"},
		"a query behind such a host":  {"http://{h}.example?q={p}", []Value{{Name: "h", Text: "t1"}, {Name: "p", Text: "a/b"}}, "t1.example /?q=a%2Fb"},
		"host that is no host":        {"http://${stageVariables.nope}/x", nil, ""},
		"begins with two slashes":     {"http://a.example/{p}", []Value{{Name: "p", Text: "/a//b", Raw: true}}, ""},
		"by an override":              {"http://a.example/{p}", []Value{{Name: "p", Text: "/a"}}, ""},
		"by a value that is empty":    {"http://a.example/{p}/{q}", []Value{{Name: "p", Text: ""}, {Name: "q", Text: "a"}}, ""},
		"by two that are":             {"http://a.example/{p}/{q}", []Value{{Name: "p"}, {Name: "q"}}, ""},
		"behind a host that varies":   {"http://{h}.example/{p}", []Value{{Name: "h", Text: "t1"}, {Name: "p", Text: "/a"}}, ""},
		"two slashes later on":        {"http://a.example/x/{p}", []Value{{Name: "p", Text: "/a//b", Raw: true}}, "a.example /x//a//b"},
		"two coded ones":              {"http://a.example/{p}", []Value{{Name: "p", Text: "%2F%2fa", Raw: true}}, "a.example /%2F%2Fa"},
		"two of the definition":       {"http://a.example//x/{p}", []Value{{Name: "p", Text: "a"}}, "a.example //x/a"},
		"braces that are no variable": {"http://a.example/{}", nil, "a.example /{}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			target := newTarget(ParseURI(tt.uri), vars, nil)
			endpoint, path, err := target.Resolve(nil, tt.values)
			got := ""
			if err == nil {
				got = endpoint.Authority() + " " + string(path)
			}
			if got != tt.want {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

// FuzzResolve holds a URI to what its definition says: whatever a value is, the
// call goes to the same host, but for the variable in it, and below the same path.
func FuzzResolve(f *testing.F) {
	for _, uri := range []string{"http://a.example/x/{p}/y?q={p}", "https://{p}.example:81/x", "http://a.example", "http://a.example?{p}", "http://a{p}b/{p}", "{p}", "http://a/${stageVariables.v}/{p+}", "http://[::1]:80/{p}#x"} {
		f.Add(uri, "a/../b", false)
		f.Add(uri, "b.test/c?d#e", false)
		f.Add(uri, "%2f%2E.", true)
		f.Add(uri, "x:80@y", true)
	}
	f.Fuzz(func(t *testing.T, uri, value string, raw bool) {
		if _, ok := percent.Unescape(value); raw && (!ok || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f })) {
			return // refused at the door
		}
		target := newTarget(ParseURI(uri), map[string]string{"v": "v1"}, nil)
		endpoint, got, err := target.Resolve(nil, []Value{{Name: "p", Text: value, Raw: raw}})
		if err != nil {
			return
		}
		if len(got) == 0 || got[0] != '/' {
			t.Fatalf("target %q", got)
		}
		plain, err := url.PathUnescape(strings.SplitN(string(got), "?", 2)[0])
		if err == nil && !strings.Contains(uri, "%") && !strings.Contains(uri, "..") && strings.Contains("/"+plain+"/", "/../") {
			t.Errorf("%s with %q leads to %s", uri, value, got)
		}
		other, _, err := target.Resolve(nil, []Value{{Name: "p", Text: "x"}})
		if err != nil {
			return
		}
		want := other.Authority()
		if target.endpoint == nil {
			_, authority, _ := strings.Cut(strings.ToLower(uri), "://")
			authority = authority[:strings.IndexAny(authority+"/", "/?#")]
			before, _, found := strings.Cut(authority, "{")
			if !found || !strings.Contains(authority, "}") {
				return
			}
			behind := authority[strings.LastIndexByte(authority, '}')+1:]
			if host := endpoint.Authority(); !strings.HasPrefix(host, before) || !strings.HasSuffix(strings.TrimSuffix(host, ":80"), strings.TrimSuffix(strings.TrimSuffix(behind, ":80"), ":443")) {
				t.Errorf("%s with %q goes to %s", uri, value, host)
			}
			return
		}
		if endpoint.Authority() != want {
			t.Errorf("%s with %q goes to %s, want %s", uri, value, endpoint.Authority(), want)
		}
	})
}
