package gateway

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"

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
		"absolute form":            {1, "http://a/x", "a", nil, false}, // the scanner has compared the hosts
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
			r := &http.Request{ProtoMajor: tt.major, ProtoMinor: 1, RequestURI: tt.target, Host: tt.host, Header: tt.header}
			a := arrived(nil, r)
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
		var s scanner
		text := "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
		if _, err := s.scan([]byte(text)); err != nil || s.next != scanRequest || strings.ContainsAny(target+host, "\r\n") {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		if a := arrived(nil, r); ambiguous(&a) {
			return
		}
		if line := httpmsg.TrimValue(host); !httpmsg.EqualFold(r.Host, line) {
			t.Fatalf("host %q of the line %q", r.Host, line)
		}
		path, query := splitTarget(r.RequestURI)
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path+query, " #\r\n\x00") {
			t.Fatalf("path %q, query %q", path, query)
		}
		if u, err := url.ParseRequestURI(target); err == nil && target != "*" {
			plain, err := url.PathUnescape(path)
			if err != nil || plain != u.Path && !(u.Path == "" && path == "/") || query != u.RawQuery {
				t.Fatalf("path %q and query %q, net/url reads %q and %q", path, query, u.Path, u.RawQuery)
			}
		}
		api, _, ofStage := httpmsg.SplitStageHost(r.Host)
		at, ours := locate(r.Host, path, "")
		if ofStage && (!ours || at.api != api) {
			t.Fatalf("%s is of stage %s, not %+v", r.Host, api, at)
		}
		if ours && !ofStage && !strings.HasPrefix(path, awsPrefix) && !strings.HasPrefix(path, apisPrefix) {
			t.Fatalf("%s%s leads to %+v", r.Host, path, at)
		}
	})
}
