package pipeline

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// newCachingRigOf serves one resource, which is cached, with the backends of the rig.
func newCachingRigOf(t *testing.T, edit func(*snapshot.Deployment), resource snapshot.Resource) *rig {
	t.Helper()
	r := newRig(t, resource)
	if edit != nil {
		edit(r.deployment)
	}
	kept := cache.New(64 << 20)
	t.Cleanup(kept.Close)
	st, services := caching(), *r.stage.services
	services.Cache = kept
	r.stage = Bind(st, Compile(r.deployment), &services)
	return r
}

// Answers are kept as they were before the gateway compresses them for a client.
func TestCompressedHits(t *testing.T) {
	r := newCachingRigOf(t, func(d *snapshot.Deployment) { d.MinimumCompressionSize = new(int32(1)) }, mock(respond(strings.Repeat("abc", 100))))
	for _, tt := range []struct{ header, coding string }{{"", ""}, {"\nAccept-Encoding: gzip", "gzip"}, {"", ""}, {"\nAccept-Encoding: deflate", "deflate"}} {
		resp := r.call("GET /x" + tt.header)
		if got := resp.Header.Get("Content-Encoding"); got != tt.coding || (tt.coding == "") != (len(resp.Body) == 300) {
			t.Errorf("%q: got %q, %d bytes", tt.header, got, len(resp.Body))
		}
		resp.Release()
	}
}

// Accept chooses the template of the answer that is kept, for those who ask for another
// one as well, unless it is part of the key.
func TestAcceptIsNoPartOfTheKey(t *testing.T) {
	for _, keyed := range []bool{false, true} {
		r := newCachingRigOf(t, nil, mock(func(m *snapshot.Method) {
			m.Integration.Responses[0].Templates = map[string]string{"application/json": "json", "application/xml": "xml"}
			if keyed {
				m.Integration.CacheKeyParameters = []string{"method.request.header.Accept"}
			}
		}))
		for _, want := range []string{"json", "xml"} {
			resp := r.call("GET /x\nAccept: application/" + want)
			if !keyed {
				want = "json"
			}
			if string(resp.Body) != want {
				t.Errorf("Accept in the key: %t; got %s, want %s", keyed, resp.Body, want)
			}
			resp.Release()
		}
	}
}

// What a backend says of caches does not count: the stage's settings do.
func TestBackendsDoNotRuleTheCache(t *testing.T) {
	for _, header := range []string{"Cache-Control: no-store, private", "Cache-Control: max-age=0", "Vary: *", "Set-Cookie: a=b", "Expires: Thu, 01 Jan 1970 00:00:00 GMT"} {
		backend := canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"+header+"\r\nConnection: close\r\n\r\nhi")
		r := newCachingRigOf(t, nil, proxy("/x", "GET", "GET", backend, nil))
		name, value, _ := strings.Cut(header, ": ")
		for i := range 2 {
			resp := r.call("GET /x")
			if string(resp.Body) != "hi" || resp.Header.Get(name) != value {
				t.Errorf("%s, call %d: got %s", header, i, show(resp))
			}
			if hit := doneOf(resp).CacheHit; hit != (i > 0) {
				t.Errorf("%s, call %d: hit %t", header, i, hit)
			}
			resp.Release()
		}
	}
}

// Access logs have no variable of the cache. A hit is seen by what it has not: the
// latency of an integration.
func TestAccessLogOfHits(t *testing.T) {
	r := newCachingRigOf(t, nil, proxy("/x", "GET", "GET", newBackend(t), nil))
	const format = "$context.status $context.integrationLatency $context.integration.status $context.responseCached"
	for i, hit := range []bool{false, true} {
		line := strings.TrimSpace(r.logged(t, format, parseRequest("GET /x")))
		if miss := strings.HasPrefix(line, "200 ") && strings.HasSuffix(line, " 200 -"); hit && line != "200 - - -" || !hit && !miss {
			t.Errorf("call %d: %s", i, line)
		}
	}
}
