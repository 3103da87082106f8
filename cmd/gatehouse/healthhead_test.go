package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/feed"
)

// Load balancers may ask by HEAD, at each of the listeners that have the two pages.
func TestHealthIsAskedByHead(t *testing.T) {
	h := &health{feed: new(feed.Feed)}
	mux := http.NewServeMux()
	h.register(mux)
	for name, at := range map[string]http.Handler{"beside others": h.before(http.NotFound), "the control plane": mux} {
		for _, page := range []string{livePage, readyPage} {
			for method, want := range map[string]int{http.MethodGet: 200, http.MethodHead: 200} {
				w := httptest.NewRecorder()
				at.ServeHTTP(w, httptest.NewRequest(method, page, nil))
				if w.Code != want {
					t.Errorf("%s: %s %s: got %d, want %d", name, method, page, w.Code, want)
				}
			}
		}
	}
	w := httptest.NewRecorder()
	h.before(http.NotFound).ServeHTTP(w, httptest.NewRequest(http.MethodPost, readyPage, nil))
	if w.Code != 404 {
		t.Errorf("POST: got %d", w.Code)
	}
}
