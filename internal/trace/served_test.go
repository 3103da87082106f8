package trace

import (
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestServedLine(t *testing.T) {
	t.Parallel()
	received := time.Unix(0, 0)
	done := func(verb, resource string, status int) *httpmsg.Done {
		return &httpmsg.Done{Verb: verb, Resource: resource, Status: status, Received: received, LastByte: received.Add(3100 * time.Microsecond)}
	}
	hit, miss := done("GET", "/a", 200), done("GET", "/a", 504)
	hit.CacheHit, miss.CacheMiss = true, true
	broken := done("GET", "/a", 200)
	broken.Broken = true
	tests := map[string]struct {
		served  Served
		options TextOptions
		want    string
	}{
		"an answer":               {served: Served{"GET", "/pets/7", done("GET", "/pets/{id}", 200), nil}, want: "GET /pets/7  /pets/{id}  200  3.1 ms"},
		"a route of another verb": {served: Served{"PUT", "/a", done("ANY", "/a", 200), nil}, want: "PUT /a  ANY /a  200  3.1 ms"},
		"no route": {
			served: Served{"GET", "/a", done("", "", 403), &FailureEvent{Message: "Missing Authentication Token"}},
			want:   "GET /a  -  403  3.1 ms  Missing Authentication Token",
		},
		"a reason and its cause": {
			served: Served{"GET", "/a", done("GET", "/a", 500), &FailureEvent{Message: "Internal server error", Reason: "no template", Cause: "no end"}},
			want:   "GET /a  /a  500  3.1 ms  no template: no end",
		},
		"a cause that says it all": {
			served: Served{"GET", "/a", done("GET", "/a", 504), &FailureEvent{Message: "Network error", Cause: "network error: refused"}},
			want:   "GET /a  /a  504  3.1 ms  network error: refused",
		},
		"a place": {
			served:  Served{"GET", "/a", done("GET", "/a", 500), &FailureEvent{Reason: "wrong", Part: Part{Resource: "/a", Method: "GET", Field: "integration.uri"}}},
			options: TextOptions{Locate: func(Part) string { return "api.yaml:3:4" }},
			want:    "GET /a  /a  500  3.1 ms  wrong (api.yaml:3:4: GET /a integration.uri)",
		},
		"out of the cache":   {served: Served{"GET", "/a", hit, nil}, want: "GET /a  /a  200  3.1 ms  cache hit"},
		"not in the cache":   {served: Served{"GET", "/a", miss, &FailureEvent{Message: "Endpoint request timed out"}}, want: "GET /a  /a  504  3.1 ms  cache miss  Endpoint request timed out"},
		"a client that left": {served: Served{"GET", "/a", broken, nil}, want: "GET /a  /a  200  3.1 ms  the client went away before the end of the answer"},
		"no commands for the terminal": {
			served: Served{"GET", "/\x1b[2J\n", done("", "", 403), nil}, want: `GET /\x1b[2J\n  -  403  3.1 ms`,
		},
		"colours": {
			served: Served{"GET", "/a", done("GET", "/a", 200), nil}, options: TextOptions{Color: true},
			want: "\x1b[1mGET /a\x1b[0m  /a  \x1b[32m200\x1b[0m  3.1 ms",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.served.Line(tt.options); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}
