package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// ruleRowOf is the row of a rule of a name: its priority, its base path or -, with ! where
// that is stripped, where it leads, and headers with = before their globs.
func ruleRowOf(name, text string) RuleChange {
	words := strings.Fields(text)
	r := &snapshot.RoutingRule{Domain: name, Account: "1", Region: "us-east-1", ID: "rule" + words[0]}
	fmt.Sscan(words[0], &r.Priority)
	if words[1] != "-" {
		r.BasePath, r.StripBasePath = strings.TrimSuffix(words[1], "!"), strings.HasSuffix(words[1], "!")
	}
	r.APIID, r.Stage, _ = strings.Cut(words[2], "/")
	for _, word := range words[3:] {
		name, value, _ := strings.Cut(word, "=")
		r.Headers = append(r.Headers, snapshot.HeaderCondition{Name: name, Glob: value})
	}
	return RuleChange{ID: "1/us-east-1/" + name + "/" + r.ID, Rule: r}
}

// setRules has a domain name lead by rules, and by mappings where its mode says so.
func (g *Gateway) setRules(name, mode string, rules []string, mappings ...string) {
	domain := domainRow(name)
	domain.Domain.RoutingMode = mode
	var mapped []MappingChange
	for _, text := range mappings {
		mapped = append(mapped, mappingRow(name, text))
	}
	var rows []RuleChange
	for _, text := range rules {
		rows = append(rows, ruleRowOf(name, text))
	}
	g.SetDomains(DomainChanges{Names: []DomainChange{domain}, Mappings: mapped, Rules: rows})
}

// byRule answers with what a stage is told of the way.
func byRule(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
	text := s.stage.Name + " " + req.Path + " " + req.PublicPath()
	if d := req.Domain; d != nil {
		text += fmt.Sprintf(" %s %q", d.RoutingRuleID, d.BasePath)
	}
	return &httpmsg.Response{Status: 200, Body: []byte(text)}
}

// The guide's four examples, as requests of their own.
func TestRoutingRulesOfTheGuide(t *testing.T) {
	s := open(t, Options{}, byRule)
	for _, n := range []string{"1", "2", "3", "4"} {
		s.Apply(stage("api"+n, "s"+n, "d"))
	}
	s.setRules("petstore.example.com", snapshot.ByRules, []string{"100 - api3/s3", "10 - api1/s1 Hello=World", "50 PetStoreShopper api2/s2 Accept=image/webp Pet=Dog-*"}, " api4/s4")
	s.setRules("diagram.example.com", snapshot.ByRulesThenMappings, []string{"1 pets api1/s1", "5 refunds api2/s2 Cookie=*ux=beta*"}, "refunds api3/s3", " api4/s4")
	s.setRules("backup.example.com", snapshot.ByRulesThenMappings, []string{"10 - api1/s1 Hello=World", "50 PetStoreShopper api2/s2 Accept=image/webp Pet=Dog-*"}, "PetStoreShopper api3/s3", "PetStoreShopper/cats api4/s4")
	s.setRules("*.wild.example.com", snapshot.ByRules, []string{"10 - api1/s1 Host=a.wild.example.com", "50 - api2/s2 host=B.wild.example.com", "500 - api3/s3"})
	s.setRules("idle.example.com", snapshot.ByMappings, []string{"1 - api1/s1"}, " api4/s4")
	for request, want := range map[string]string{
		"petstore.example.com/ Hello: World":                                                            `s1 / / rule10 ""`,
		"petstore.example.com/PetStoreShopper Hello: World|Pet: Dog-Bella|Accept: image/webp":           `s1 /PetStoreShopper /PetStoreShopper rule10 ""`,
		"petstore.example.com/PetStoreShopper Pet: Dog-Bella|Accept: image/webp":                        `s2 /PetStoreShopper /PetStoreShopper rule50 ""`,
		"petstore.example.com/PetStoreShopper Pet: Dog-Bella":                                           `s3 /PetStoreShopper /PetStoreShopper rule100 ""`,
		"petstore.example.com/ hello: World":                                                            `s1 / / rule10 ""`,
		"petstore.example.com/ Hello: world":                                                            `s3 / / rule100 ""`,
		"diagram.example.com/pets":                                                                      `s1 /pets /pets rule1 ""`,
		"diagram.example.com/refunds Cookie: lang=en-us;ux=beta":                                        `s2 /refunds /refunds rule5 ""`,
		"diagram.example.com/refunds":                                                                   `s3 / /refunds  "refunds"`,
		"diagram.example.com/":                                                                          `s4 / /  ""`,
		"backup.example.com/PetStoreShopper Accept: image/webp|Pet: Cats":                               `s3 / /PetStoreShopper  "PetStoreShopper"`,
		"backup.example.com/PetStoreShopper/cats Hello: World":                                          `s1 /PetStoreShopper/cats /PetStoreShopper/cats rule10 ""`,
		"backup.example.com/Admin Pet: Dog-Bella":                                                       "403",
		"a.wild.example.com/":                                                                           `s1 / / rule10 ""`,
		"A.Wild.Example.com:8443/":                                                                      `s1 / / rule10 ""`,
		"b.wild.example.com./":                                                                          `s2 / / rule50 ""`,
		"testing.wild.example.com/":                                                                     `s3 / / rule500 ""`,
		"idle.example.com/":                                                                             `s4 / /  ""`,
		"petstore.example.com/petStoreShopper Pet: Dog-Bella|Accept: image/webp":                        `s3 /petStoreShopper /petStoreShopper rule100 ""`,
		"petstore.example.com/PetStoreShopperX Pet: Dog-Bella|Accept: image/webp":                       `s3 /PetStoreShopperX /PetStoreShopperX rule100 ""`,
		"petstore.example.com/PetStoreShopper%2Fdogs Pet: Dog-Bella|Accept: image/webp":                 `s3 /PetStoreShopper%2Fdogs /PetStoreShopper%2Fdogs rule100 ""`,
		"petstore.example.com/PetStoreShopper/dogs?a=b Pet: Dog-Bella|Accept: image/webp":               `s2 /PetStoreShopper/dogs /PetStoreShopper/dogs rule50 ""`,
		"petstore.example.com/PetStoreShopper Pet: Cat|Accept: text/plain|pet: Dog-|aCCept: image/webp": `s2 /PetStoreShopper /PetStoreShopper rule50 ""`,
		"petstore.example.com/PetStoreShopper Pet: Cat, Dog-Bella|Accept: image/webp":                   `s3 /PetStoreShopper /PetStoreShopper rule100 ""`,
		"petstore.example.com/PetStoreShopper Pet: Dog-Bella|Accept: image/webp, text/html":             `s3 /PetStoreShopper /PetStoreShopper rule100 ""`,
		"petstore.example.com/_aws/execute-api/api4/s4/x":                                               `s3 /_aws/execute-api/api4/s4/x /_aws/execute-api/api4/s4/x rule100 ""`,
		"petstore.example.com/ Hello: World|X: " + strings.Repeat("x", 21_000):                          "413",
	} {
		where, lines, _ := strings.Cut(request, " ")
		host, path, _ := strings.Cut(where, "/")
		head := ""
		for line := range strings.SplitSeq(lines, "|") {
			if line != "" {
				head += line + "\r\n"
			}
		}
		resp, body := s.call(t, "GET /"+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+head+"\r\n")
		if want == "403" {
			expectError(t, resp, body, 403, "ForbiddenException", forbiddenBody)
		} else if want == "413" {
			expectError(t, resp, body, 413, "RequestTooLargeException", tooLongBody)
		} else if resp.StatusCode != 200 || body != want {
			t.Errorf("%s: got %d %s, want %s", request, resp.StatusCode, body, want)
		}
	}
}

// The guide's table of base paths that are stripped and that are not.
func TestStripBasePath(t *testing.T) {
	s := open(t, Options{}, byRule)
	const name = "api.example.com"
	for _, tt := range []struct{ condition, target, want string }{
		{"PetStoreShopper/dogs!", "/PetStoreShopper/dogs", `dev / /PetStoreShopper/dogs rule1 "PetStoreShopper/dogs"`},
		{"PetStoreShopper/dogs", "/PetStoreShopper/dogs", `dev /PetStoreShopper/dogs /PetStoreShopper/dogs rule1 ""`},
		{"PetStoreShopper!", "/PetStoreShopper/dogs", `dev /dogs /PetStoreShopper/dogs rule1 "PetStoreShopper"`},
		{"PetStoreShopper!", "//PetStoreShopper/dogs", `dev /dogs //PetStoreShopper/dogs rule1 "PetStoreShopper"`},
		{"PetStoreShopper", "/PetStoreShopper/dogs", `dev /PetStoreShopper/dogs /PetStoreShopper/dogs rule1 ""`},
		{"PetStoreShopper!", "/PetStoreShopper?birds=available", `dev / /PetStoreShopper rule1 "PetStoreShopper"`},
		{"PetStoreShopper", "/PetStoreShopper?birds=available", `dev /PetStoreShopper /PetStoreShopper rule1 ""`},
		{"-", "/x", `dev /x /x rule1 ""`},
	} {
		s.setRules(name, snapshot.ByRules, []string{"1 " + tt.condition + " abc123/dev"})
		if resp, body := s.call(t, "GET "+tt.target+" HTTP/1.1\r\nHost: "+name+"\r\n\r\n"); resp.StatusCode != 200 || body != tt.want {
			t.Errorf("%s %s: got %d %s, want %s", tt.condition, tt.target, resp.StatusCode, body, tt.want)
		}
	}
}

// The guide's table of globs.
func TestGlobs(t *testing.T) {
	for text, want := range map[string]string{
		"a*": "account alpha", "*a": "alpha beta", "*a*": "account alpha backup beta", "b*": "backup beta", "*": "account alpha backup beta users ", "**": "account alpha backup beta users ",
		"users": "users", "Users": "", "?sers": "", "": "",
	} {
		g, got := newGlob(text), []string{}
		for _, value := range []string{"account", "alpha", "backup", "beta", "users", ""} {
			if g.matches(value) && (text != "" || value != "") {
				got = append(got, value)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q matches %q, want %q", text, got, want)
		}
	}
}

// A rule that cannot be read closes its domain name where rules count, and until it can.
func TestRulesThatCannotBeRead(t *testing.T) {
	s := open(t, Options{}, byRule)
	const name, id = "api.example.com", "1/us-east-1/api.example.com"
	leads := func(want string) {
		t.Helper()
		resp, body := s.call(t, "GET /x HTTP/1.1\r\nHost: "+name+"\r\n\r\n")
		if got := fmt.Sprint(resp.StatusCode, " ", body); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	s.SetDomains(DomainChanges{Rules: []RuleChange{ruleRowOf(name, "2 - abc123/dev")}}) // before its name
	s.setRules(name, snapshot.ByRulesThenMappings, nil, " abc123/Prod")
	leads("200 dev /x /x rule2")
	s.SetDomains(DomainChanges{Rules: []RuleChange{{ID: id + "/other", Err: errors.New("unreadable")}}})
	leads("500")
	s.setRules(name, snapshot.ByMappings, nil)
	leads("200 Prod")
	s.setRules(name, snapshot.ByRules, nil)
	leads("500")
	s.SetDomains(DomainChanges{Rules: []RuleChange{{ID: id + "/other"}}})
	leads("200 dev")
	s.SetDomains(DomainChanges{Rules: []RuleChange{{ID: id + "/rule2"}}})
	leads("403")
}

// manyRules has as many rules as the control plane takes, of which none but the last fits.
func manyRules(n int) []rule {
	rows := make(map[string]ruleRow)
	for i := range n {
		rows[fmt.Sprint(i)] = ruleRow{rule: &snapshot.RoutingRule{ID: fmt.Sprint(i), Priority: int32(i + 1), BasePath: "orders", APIID: "a", Stage: "b",
			Headers: []snapshot.HeaderCondition{{Name: "x-version", Glob: fmt.Sprintf("*v%d-*", i)}, {Name: "Host", Glob: "api.*"}}}}
	}
	rules, _ := newRules(rows)
	return rules
}

func ruleRequest(value string) *arrival {
	return &arrival{host: "api.example.com:443", lines: httpmsg.Header{{Name: "x-version", Value: "none"}, {Name: "X-Version", Value: value}, {Name: "Accept", Value: "*/*"}}}
}

// Asking all rules costs no memory.
func TestRuleAllocations(t *testing.T) {
	rules, r := manyRules(200), ruleRequest("a-v199-b")
	if n := testing.AllocsPerRun(10, func() {
		it := matchRule(rules, r, "orders/7")
		if it == nil {
			t.Fatal("no rule")
		}
		it.locate("/orders/7")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkRules asks as many rules as AWS lets a domain name have, and as many as we do,
// and all of those of the longest header that a request can have.
func BenchmarkRules(b *testing.B) {
	lines := ruleRequest("")
	lines.lines = slices.Repeat(httpmsg.Header{{Name: "X-Version", Value: "v"}}, 1500)
	for name, r := range map[string]*arrival{"short": ruleRequest("a-v-b"), "long": ruleRequest(strings.Repeat("v1", 10_000)), "many lines": lines} {
		for _, n := range []int{1, 50, 200} {
			rules := manyRules(n)
			b.Run(fmt.Sprint(n, "/", name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					matchRule(rules, r, "orders/7")
				}
			})
		}
	}
}

// Whatever conditions there are and whatever a client sends, a glob matches what the
// same pattern does letter by letter.
func FuzzGlob(f *testing.F) {
	for _, text := range []string{"*", "a*", "*a", "*a*", "a", ""} {
		f.Add(text, "banana")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		if strings.Contains(strings.TrimSuffix(strings.TrimPrefix(text, "*"), "*"), "*") {
			return // which the control plane does not take
		}
		if got, want := newGlob(text).matches(value), slowly(text, value); got != want {
			t.Errorf("%q and %q: %t, want %t", text, value, got, want)
		}
	})
}

// slowly matches a glob by trying all that a * can stand for.
func slowly(text, value string) bool {
	if text == "" {
		return value == ""
	}
	if text[0] == '*' {
		for i := range len(value) + 1 {
			if slowly(text[1:], value[i:]) {
				return true
			}
		}
		return false
	}
	return value != "" && value[0] == text[0] && slowly(text[1:], value[1:])
}

// What protects a domain name holds for what rules lead on, too.
func TestRulesOfProtectedNames(t *testing.T) {
	row := ruleRowOf("inner.example.com", "1 - abc123/dev").Rule
	rows := &domainRows{
		domain: &snapshot.DomainName{Name: "inner.example.com", ID: "x1", EndpointTypes: []string{"PRIVATE"}, RoutingMode: snapshot.ByRules, EndpointAccessMode: "STRICT", SecurityPolicy: "TLS_1_2"},
		trust:  new(trust), rules: map[string]ruleRow{"rule1": {rule: row}},
	}
	d := rows.domainOf("1/us-east-1/inner.example.com+x1", func(*snapshot.DomainName) any { return "policy" })
	to := d.rules[0].to
	if to.trust != rows.trust || to.policy != d.policy || d.policy == nil || to.by.Policy != "policy" || !to.by.Strict || !to.by.MutualTLS || to.by.EndpointTypes[0] != "PRIVATE" {
		t.Errorf("got %+v by %+v", to, to.by)
	}
}
