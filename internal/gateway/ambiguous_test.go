package gateway

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestAmbiguous(t *testing.T) {
	h := func(name string, values ...string) http.Header { return http.Header{name: values} }
	tests := map[string]struct {
		major        int
		target, host string
		header       http.Header
		want         bool
	}{
		"plain":                    {1, "/x?y=z", "a.example:80", nil, false},
		"plain, HTTP/2":            {2, "/x?y=z", "[::1]:80", h("Content-Length", "5"), false},
		"asterisk":                 {2, "*", "a", nil, false},
		"no host":                  {1, "/", "", nil, false},
		"fragment":                 {1, "/x#y", "a", nil, true},
		"fragment in the query":    {2, "/x?y#z", "a", nil, true},
		"host with a path":         {2, "/", "a/b", nil, true},
		"host with userinfo":       {1, "/", "u@a", nil, true},
		"host with a quote":        {1, "/", `a"b`, nil, true},
		"host above ASCII":         {2, "/", "\xe9", nil, true},
		"absolute form":            {1, "http://a/x", "a", nil, false}, // http1 has compared the hosts
		"absolute form, HTTP/2":    {2, "http://a/x", "a", nil, true},
		"space, HTTP/2":            {2, "/x HTTP/1.1", "a", nil, true},
		"two lengths, HTTP/2":      {2, "/", "a", h("Content-Length", "5", "5"), true},
		"list of lengths, HTTP/2":  {2, "/", "a", h("Content-Length", "5, 5"), true},
		"signed length, HTTP/2":    {2, "/", "a", h("Content-Length", "+5"), true},
		"empty length, HTTP/2":     {2, "/", "a", h("Content-Length", ""), true},
		"Host as authority":        {2, "/", "a", h("Host", "a"), false},
		"Host and other authority": {2, "/", "a", h("Host", "b"), true},
		"two Hosts":                {2, "/", "a", h("Host", "a", "a"), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := streamed(nil, &http.Request{RequestURI: tt.target, Host: tt.host, Header: tt.header})
			if tt.major == 1 {
				a.stream = nil
			}
			if got := ambiguous(&a); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// FuzzTarget holds where a request goes to what the lines say that a proxy in
// front of us reads: the stage is that of the Host line, the path is the one that
// net/url reads.
func FuzzTarget(f *testing.F) {
	for _, seed := range [][2]string{
		{"/dev/x?y", "abc.execute-api.localhost:80"}, {"http://ABC.execute-api.localhost/dev", "abc.execute-api.localhost"},
		{"http://evil/_aws/execute-api/abc/dev/", "evil"}, {"/_aws/execute-api/abc/dev/../x", "localhost"}, {"//evil/dev", "abc.execute-api.x"},
		{"/restapis/abc/dev/_user_request_/%2e", "a"}, {"*", "abc.execute-api.x"}, {"/x#y", "a"}, {"http://a?x=http://b/c", "a"}, {"/\\x", "[::1]:80"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, target, host string) {
		if strings.ContainsAny(target+host, "\r\n") {
			return
		}
		var h1 http1.Conn
		h1.Reset(newTalk(&script{in: []byte("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")}, &guest{door: newDoor(new(Options))}, nil))
		defer h1.Close()
		q, err := h1.Next()
		if err != nil {
			return
		}
		r := (&talk{}).comes(q)
		if ambiguous(&r) {
			return
		}
		if line := httpmsg.TrimValue(host); !httpmsg.EqualFold(r.host, line) {
			t.Fatalf("host %q of the line %q", r.host, line)
		}
		path, query := splitTarget(r.target)
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path+query, " #\r\n\x00") {
			t.Fatalf("path %q, query %q", path, query)
		}
		if u, err := url.ParseRequestURI(target); err == nil && target != "*" {
			plain, err := url.PathUnescape(path)
			if err != nil || plain != u.Path && !(u.Path == "" && path == "/") || query != u.RawQuery {
				t.Fatalf("path %q and query %q, net/url reads %q and %q", path, query, u.Path, u.RawQuery)
			}
		}
		api, _, ofStage := httpmsg.SplitStageHost(r.host)
		at, ours := locate(r.host, path, "")
		if ofStage && (!ours || at.api != api) {
			t.Fatalf("%s is of stage %s, not %+v", r.host, api, at)
		}
		if ours && !ofStage && !strings.HasPrefix(path, awsPrefix) && !strings.HasPrefix(path, apisPrefix) {
			t.Fatalf("%s%s leads to %+v", r.host, path, at)
		}
	})
}
