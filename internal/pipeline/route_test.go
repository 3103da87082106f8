package pipeline

import (
	"fmt"
	"strings"
	"testing"
)

// routesOf builds a router from lines "VERB /path".
func routesOf(lines ...string) *router {
	r := new(router)
	for _, line := range lines {
		verb, path, _ := strings.Cut(line, " ")
		r.add(path, &Method{verb: verb, resourcePath: path})
	}
	return r
}

func TestRoute(t *testing.T) {
	// The first two sets and their rows are recorded on AWS.
	parts := routesOf("GET /part1", "GET /part1/hardcoded-value", "GET /{param+}")
	verbs := routesOf("POST /test", "ANY /test/any", "OPTIONS /{proxy+}")
	depth := routesOf("GET /proxy/{proxy+}", "GET /proxy/bar/{param}")
	greedy := routesOf("GET /{proxy+}")
	pets := routesOf("GET /", "GET /pets", "ANY /pets", "GET /pets/{id}", "PUT /pets/{id}/toys/{toy}", "GET /files/{path+}")
	tests := map[string]struct {
		routes     *router
		verb, path string
		want       string // "VERB /resource", "" for none
		params     string
	}{
		"literal":                               {parts, "GET", "/part1", "GET /part1", ""},
		"literal below literal":                 {parts, "GET", "/part1/hardcoded-value", "GET /part1/hardcoded-value", ""},
		"backs out of a literal branch":         {parts, "GET", "/part1/random-value", "GET /{param+}", "param=part1/random-value"},
		"less specific that has the verb":       {verbs, "OPTIONS", "/test", "OPTIONS /{proxy+}", "proxy=test"},
		"more specific that has the verb":       {verbs, "POST", "/test", "POST /test", ""},
		"ANY of the more specific":              {verbs, "OPTIONS", "/test/any", "ANY /test/any", ""},
		"variable before greedy":                {depth, "GET", "/proxy/bar/foobar", "GET /proxy/bar/{param}", "param=foobar"},
		"greedy when the variable is too short": {depth, "GET", "/proxy/bar/foobar/baz", "GET /proxy/{proxy+}", "proxy=bar/foobar/baz"},
		"greedy does not match the root":        {greedy, "GET", "/", "", ""},
		"root":                                  {pets, "GET", "/", "GET /", ""},
		"exact verb before ANY":                 {pets, "GET", "/pets", "GET /pets", ""},
		"ANY for the others":                    {pets, "DELETE", "/pets", "ANY /pets", ""},
		"ANY does not stand for TRACE":          {pets, "TRACE", "/pets", "", ""},
		"HEAD is not derived from GET":          {pets, "HEAD", "/pets/1", "", ""},
		"trailing slash":                        {pets, "GET", "/pets/7/", "GET /pets/{id}", "id=7"},
		"leading slashes collapse":              {pets, "GET", "//pets", "GET /pets", ""},
		"empty segment is no value":             {pets, "GET", "/pets//", "", ""},
		"two variables":                         {pets, "PUT", "/pets/a/toys/b", "PUT /pets/{id}/toys/{toy}", "id=a toy=b"},
		"an encoded slash stays in its segment": {pets, "GET", "/pets/a%2Fb", "GET /pets/{id}", "id=a%2Fb"},
		"escapes in a literal":                  {pets, "GET", "/p%65ts", "GET /pets", ""},
		"a slash in a literal":                  {pets, "GET", "/pets%2F1", "", ""},
		"escapes do not pass a guard by":        {depth, "GET", "/proxy/b%61r/x", "GET /proxy/bar/{param}", "param=x"},
		"case matters":                          {pets, "GET", "/Pets", "", ""},
		"greedy keeps inner slashes":            {pets, "GET", "/files/a//b", "GET /files/{path+}", "path=a//b"},
		"greedy value has no trailing slash":    {pets, "GET", "/files/a/", "GET /files/{path+}", "path=a"},
		"unknown":                               {pets, "GET", "/nope", "", ""},
		"deeper than any resource":              {pets, "GET", "/pets/1/2/3/4", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var m match
			got, params := "", ""
			if tt.routes.find(tt.path, tt.verb, &m) {
				got = m.method.verb + " " + m.method.resourcePath
				for i := range m.n {
					params += " " + m.names[i] + "=" + m.values[i]
				}
			}
			if got != tt.want || strings.TrimSpace(params) != tt.params {
				t.Errorf("got %q with %q, want %q with %q", got, params, tt.want, tt.params)
			}
		})
	}
}

func TestCheckPath(t *testing.T) {
	tests := map[string]struct {
		path string
		ok   bool
	}{
		"plain":                     {"/a/b.json", true},
		"escaped slash":             {"/a%2Fb", true},
		"dots in a name":            {"/a..b/...", true},
		"one dot":                   {"/a/./b", false},
		"two dots":                  {"/a/../b", false},
		"at the end":                {"/a/..", false},
		"escaped dots":              {"/a/%2e%2E/b", false},
		"half escaped":              {"/a/.%2e", false},
		"escape cut short":          {"/a%2", false},
		"escape of other letters":   {"/a%zz", false},
		"NUL is a character":        {"/a%00", true},
		"dots behind a coded slash": {"/a%2F..", true}, // one segment, and it is sent as one
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := checkPath(tt.path); (err == nil) != tt.ok {
				t.Errorf("got %v, want ok %v", err, tt.ok)
			}
		})
	}
}

// largeRouter is an API of 300 resources, AWS's default bound.
func largeRouter() *router {
	r := new(router)
	for i := range 100 {
		base := fmt.Sprintf("/api/v1/res%d", i)
		for _, path := range []string{base, base + "/{id}", base + "/{id}/items/{item}"} {
			r.add(path, &Method{verb: "GET", resourcePath: path})
		}
	}
	return r
}

func BenchmarkRoute(b *testing.B) {
	r := largeRouter()
	var m match
	b.ReportAllocs()
	for b.Loop() {
		if !r.find("/api/v1/res42/abc123/items/def7", "GET", &m) {
			b.Fatal("no route")
		}
	}
}

func FuzzRoute(f *testing.F) {
	f.Add("/pets/1", "GET")
	f.Add("//pets//a%2F..", "ANY")
	f.Add("/files/a/../b", "OPTIONS")
	r := routesOf("GET /", "ANY /pets/{id}", "GET /pets/x/y", "POST /files/{path+}", "GET /{a}/{b}/c")
	f.Fuzz(func(t *testing.T, path, verb string) {
		var m match
		if checkPath(path) != nil || !r.find(path, verb, &m) {
			return
		}
		for i := range m.n {
			if m.values[i] == "" || !strings.Contains(path, m.values[i]) {
				t.Errorf("variable %s is %q, which is not of %q", m.names[i], m.values[i], path)
			}
		}
	})
}
