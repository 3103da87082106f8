package gateway

import (
	"net/http"
	"testing"
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
			r := &http.Request{ProtoMajor: tt.major, RequestURI: tt.target, Host: tt.host, Header: tt.header}
			if got := ambiguous(r); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}
