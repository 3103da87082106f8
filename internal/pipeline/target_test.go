package pipeline

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestTarget(t *testing.T) {
	vars := map[string]string{"host": "b.example:8080", "v": "v2"}
	tests := map[string]struct {
		uri    string
		values []pathValue
		want   string // authority and target, "" for an error
	}{
		"plain":                       {"http://a.example/x?y=1", nil, "a.example /x?y=1"},
		"no path":                     {"http://a.example", nil, "a.example /"},
		"query without a path":        {"http://a.example?q=1", nil, "a.example /?q=1"},
		"path variable":               {"http://a.example/p/{id}", []pathValue{{name: "id", text: "a b/c"}}, "a.example /p/a%20b/c"},
		"greedy in the URI":           {"http://a.example/{proxy+}", []pathValue{{name: "proxy", text: "x/y"}}, "a.example /x/y"},
		"raw keeps coded slashes":     {"http://a.example/{p}", []pathValue{{name: "p", text: "a%2fb/%7ec", raw: true}}, "a.example /a%2Fb/~c"},
		"percent is encoded":          {"http://a.example/{p}", []pathValue{{name: "p", text: "100%"}}, "a.example /100%25"},
		"question mark and hash":      {"http://a.example/{p}", []pathValue{{name: "p", text: "a?b#c"}}, "a.example /a%3Fb%23c"},
		"in the query":                {"http://a.example/?q={p}", []pathValue{{name: "p", text: "a b&c=d"}}, "a.example /?q=a%20b%26c%3Dd"},
		"without a value":             {"http://a.example/{p}", nil, "a.example /%7Bp%7D"},
		"the last value wins":         {"http://a.example/{p}", []pathValue{{name: "p", text: "1"}, {name: "p", text: "2"}}, "a.example /2"},
		"a value that climbs":         {"http://a.example/x/{p}", []pathValue{{name: "p", text: "../../admin"}}, ""},
		"climbs behind a slash":       {"http://a.example/x/{p}", []pathValue{{name: "p", text: "a%2f..%2F..%2fadmin", raw: true}}, ""},
		"climbs behind a backslash":   {"http://a.example/x/{p}", []pathValue{{name: "p", text: `a\..\..\admin`}}, ""},
		"climbs behind a coded one":   {"http://a.example/x/{p}", []pathValue{{name: "p", text: "a%5C..%5c..%5Cadmin", raw: true}}, ""},
		"climbs with parameters":      {"http://a.example/x/{p}", []pathValue{{name: "p", text: "a/..;x=y/admin", raw: true}}, ""},
		"climbs with coded ones":      {"http://a.example/x/{p}", []pathValue{{name: "p", text: "%2E.%3b/admin", raw: true}}, ""},
		"stays where it is":           {"http://a.example/x/{p}", []pathValue{{name: "p", text: "a%2F.;/y", raw: true}}, ""},
		"dots in names":               {"http://a.example/x/{p}", []pathValue{{name: "p", text: "..a/b../.../v1.;2", raw: true}}, "a.example /x/..a/b../.../v1.;2"},
		"coded twice":                 {"http://a.example/x/{p}", []pathValue{{name: "p", text: "%252e%252e/x", raw: true}}, "a.example /x/%252e%252e/x"},
		"NUL":                         {"http://a.example/x/{p}", []pathValue{{name: "p", text: "a%00", raw: true}}, ""},
		"a line end":                  {"http://a.example/x/{p}", []pathValue{{name: "p", text: "a\r\nb"}}, ""},
		"a coded line end":            {"http://a.example/x/{p}", []pathValue{{name: "p", text: "a%0Ab", raw: true}}, ""},
		"all of them in the query":    {"http://a.example/?q={p}", []pathValue{{name: "p", text: "../\n"}}, "a.example /?q=..%2F%0A"},
		"stage variables":             {"http://${stageVariables.host}/${stageVariables.v}/x", nil, "b.example:8080 /v2/x"},
		"unknown stage variable":      {"http://a.example/${stageVariables.nope}x", nil, "a.example /x"},
		"variable in the host":        {"http://{tenant}.example/x", []pathValue{{name: "tenant", text: "t1"}}, "t1.example /x"},
		"a host that a value ends":    {"http://{h}.example/x", []pathValue{{name: "h", text: "evil.test/"}}, ""},
		"one that a coded one ends":   {"http://{h}.example/x", []pathValue{{name: "h", text: "evil.test%2F", raw: true}}, ""},
		"one that many end":           {"http://{h}.example/{h}", []pathValue{{name: "h", text: "evil.test/y", raw: true}}, ""},
		"one that a query ends":       {"http://{h}.example/x", []pathValue{{name: "h", text: "evil.test?"}}, ""},
		"one that userinfo hides":     {"http://{h}.example/x", []pathValue{{name: "h", text: "evil.test:80@"}}, ""},
		"a whole URI":                 {"{h}", []pathValue{{name: "h", text: "http://evil.test/"}}, ""},
		"a path behind such a host":   {"http://{h}.example/x/{p}", []pathValue{{name: "h", text: "t1"}, {name: "p", text: "a/b"}}, "t1.example /x/a/b"},
		"a query behind such a host":  {"http://{h}.example?q={p}", []pathValue{{name: "h", text: "t1"}, {name: "p", text: "a/b"}}, "t1.example /?q=a%2Fb"},
		"host that is no host":        {"http://${stageVariables.nope}/x", nil, ""},
		"begins with two slashes":     {"http://a.example/{p}", []pathValue{{name: "p", text: "/a//b", raw: true}}, ""},
		"by an override":              {"http://a.example/{p}", []pathValue{{name: "p", text: "/a"}}, ""},
		"by a value that is empty":    {"http://a.example/{p}/{q}", []pathValue{{name: "p", text: ""}, {name: "q", text: "a"}}, ""},
		"by two that are":             {"http://a.example/{p}/{q}", []pathValue{{name: "p"}, {name: "q"}}, ""},
		"behind a host that varies":   {"http://{h}.example/{p}", []pathValue{{name: "h", text: "t1"}, {name: "p", text: "/a"}}, ""},
		"two slashes later on":        {"http://a.example/x/{p}", []pathValue{{name: "p", text: "/a//b", raw: true}}, "a.example /x//a//b"},
		"two coded ones":              {"http://a.example/{p}", []pathValue{{name: "p", text: "%2F%2fa", raw: true}}, "a.example /%2F%2Fa"},
		"two of the definition":       {"http://a.example//x/{p}", []pathValue{{name: "p", text: "a"}}, "a.example //x/a"},
		"braces that are no variable": {"http://a.example/{}", nil, "a.example /{}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			target := newTarget(parseURI(tt.uri), vars, nil)
			endpoint, path, err := target.resolve(nil, tt.values)
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

func TestClientQuery(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"clean":              {"a=1&b=%20x+y", "a=1&b=%20x+y"},
		"semicolon splits":   {"a=1;b=2", "a=1&b=2"},
		"bad escape":         {"a=%zz&b=%2", "a=%25zz&b=%252"},
		"braces and quotes":  {`a={"x"}`, "a=%7B%22x%22%7D"},
		"bytes above ASCII":  {"a=é", "a=%C3%A9"},
		"a bare hash cannot": {"a#b", "a%23b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(appendClientQuery(nil, tt.in)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTraceID(t *testing.T) {
	const hex = "[0-9a-f]"
	tests := map[string]struct{ in, want string }{
		"none":             {"", "Root=1-65abcdef-" + hex + "{24};Parent=" + hex + "{16};Sampled=0"},
		"all":              {"Root=1-a-b;Parent=c;Sampled=1", "Root=1-a-b;Parent=c;Sampled=1"},
		"root only":        {"Root=1-a-b", "Root=1-a-b;Parent=" + hex + "{16};Sampled=0"},
		"without sampled":  {"Root=1-a-b;Parent=c", "Root=1-a-b;Parent=c;Sampled=1"},
		"other fields":     {"Root=1-a-b;Parent=c;Sampled=1;Lineage=x:0", "Root=1-a-b;Parent=c;Sampled=1;Lineage=x:0"},
		"no fields at all": {"hello", "Root=1-65abcdef-" + hex + "{24};Parent=" + hex + "{16};Sampled=0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := newTraceID(tt.in, 0x65abcdef); !regexp.MustCompile("^" + tt.want + "$").MatchString(got) {
				t.Errorf("got %q, want %q", got, tt.want)
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
		if _, err := unescape(value); raw && (err != nil || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f })) {
			return // refused at the door
		}
		target := newTarget(parseURI(uri), map[string]string{"v": "v1"}, nil)
		endpoint, got, err := target.resolve(nil, []pathValue{{name: "p", text: value, raw: raw}})
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
		other, _, err := target.resolve(nil, []pathValue{{name: "p", text: "x"}})
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
