package gateway

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// AWS's own example of base paths of several levels, but for the request that its page
// sends to a mapping that it does not begin with.
func TestBasePathsOfSeveralLevels(t *testing.T) {
	s := open(t, Options{}, byDomain)
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		s.Apply(stage("api"+n, "s"+n, "d"))
	}
	s.setDomain("api.example.com", " api1/s1", "orders api2/s2", "orders/v1/items api3/s3", "orders/v2/items api4/s4", "orders/v1/items/categories api5/s5", "open api1/", "open/more api2/")
	s.setDomain("few.example.com", "a/b api1/s1", "a api2/s2")
	const public = " [REGIONAL] false"
	for target, want := range map[string]string{
		"api.example.com/orders":                         `s2 / /orders by "orders"` + public,
		"api.example.com/orders/":                        `s2 / /orders/ by "orders"` + public,
		"api.example.com/orders/v1/items":                `s3 / /orders/v1/items by "orders/v1/items"` + public,
		"api.example.com/orders/v2/items":                `s4 / /orders/v2/items by "orders/v2/items"` + public,
		"api.example.com/orders/v1/items/123":            `s3 /123 /orders/v1/items/123 by "orders/v1/items"` + public,
		"api.example.com/orders/v1/items/categories/5":   `s5 /5 /orders/v1/items/categories/5 by "orders/v1/items/categories"` + public,
		"api.example.com/customers":                      `s1 /customers /customers by ""` + public,
		"api.example.com/ordersandmore":                  `s2 /andmore /ordersandmore by "orders"` + public,
		"api.example.com/orders/v1/itemsandmore/5":       `s3 /andmore/5 /orders/v1/itemsandmore/5 by "orders/v1/items"` + public,
		"api.example.com/orders/v1":                      `s2 /v1 /orders/v1 by "orders"` + public,
		"api.example.com//orders/v1/items/7":             `s3 /7 //orders/v1/items/7 by "orders/v1/items"` + public,
		"api.example.com/orders//v1/items/7":             `s2 //v1/items/7 /orders//v1/items/7 by "orders"` + public,
		"api.example.com/orders%2Fv1%2Fitems/7":          `s2 /%2Fv1%2Fitems/7 /orders%2Fv1%2Fitems/7 by "orders"` + public,
		"api.example.com/orders/v1%2Fitems/7":            `s2 /v1%2Fitems/7 /orders/v1%2Fitems/7 by "orders"` + public,
		"api.example.com/Orders/v1/items/7":              `s1 /Orders/v1/items/7 /Orders/v1/items/7 by ""` + public,
		"api.example.com/orders/v1/items/../../v2/items": `s3 /../../v2/items /orders/v1/items/../../v2/items by "orders/v1/items"` + public,
		"api.example.com/open/s1/x":                      `s1 /x /open/x by "open"` + public,
		"api.example.com/open/more/s2/x":                 `s2 /x /open/more/x by "open/more"` + public,
		"few.example.com/a/b/c":                          `s1 /c /a/b/c by "a/b"` + public,
		"few.example.com/a/c":                            `s2 /c /a/c by "a"` + public,
		"few.example.com/b":                              "403",
		"few.example.com/":                               "403",
	} {
		s.expectLed(t, target, want)
	}
}

// The longest base path that a path begins with is found as by looking at all.
func TestLongestBasePath(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func() string {
		var b strings.Builder
		for range 1 + rng.IntN(6) {
			b.WriteByte("ab/"[rng.IntN(3)])
		}
		return strings.Trim(b.String(), "/")
	}
	for range 500 {
		mappings := map[string]*mapping{"a/b": {api: "a/b"}}
		for range rng.IntN(20) {
			if base := draw(); base != "" {
				mappings[base] = &mapping{api: base}
			}
		}
		found := newBasePaths(mappings)
		for range 20 {
			path, want := draw(), ""
			for base := range mappings {
				if strings.HasPrefix(path, base) && len(base) > len(want) {
					want = base
				}
			}
			got := ""
			if m, _ := found.find(path); m != nil {
				got = m.api
			}
			if got != want {
				t.Fatalf("%q among %v: got %q, want %q", path, mappings, got, want)
			}
		}
	}
}

func BenchmarkBasePaths(b *testing.B) {
	mappings := make(map[string]*mapping)
	for i := range 10_000 {
		mappings[fmt.Sprintf("orders/v%d/items", i)] = &mapping{}
	}
	paths := newBasePaths(mappings)
	b.ReportAllocs()
	for b.Loop() {
		if m, rest := paths.find("orders/v7077/items/1"); m == nil || rest != "/1" {
			b.Fatal("not found")
		}
	}
}

// A domain name with base paths of several levels has the names of headers in lower
// case, whichever of its mappings leads on; others have them as they were sent.
func TestLowerHeaders(t *testing.T) {
	s := open(t, Options{}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		var names []string
		for _, f := range req.Header {
			names = append(names, f.Name)
		}
		return &httpmsg.Response{Status: 200, Body: []byte(strings.Join(names, " "))}
	})
	s.setDomain("levels.example.com", " abc123/dev", "a/b abc123/dev")
	s.setDomain("plain.example.com", " abc123/dev", "a abc123/dev")
	for target, want := range map[string]string{
		"levels.example.com/":    "x-one x-two user-agent",
		"levels.example.com/a/b": "x-one x-two user-agent",
		"plain.example.com/a/b":  "X-One x-Two USER-agent",
	} {
		host, path, _ := strings.Cut(target, "/")
		resp, body := s.call(t, "GET /"+path+" HTTP/1.1\r\nHost: "+host+"\r\nX-One: 1\r\nx-Two: 2\r\nUSER-agent: 3\r\n\r\n")
		if resp.StatusCode != 200 || body != want {
			t.Errorf("%s: got %d %s, want %s", target, resp.StatusCode, body, want)
		}
	}
}
