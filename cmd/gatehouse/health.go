package main

import (
	"maps"
	"net/http"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/feed"
)

// health answers whether a server lives, and whether it is to get requests.
type health struct {
	feed    *feed.Feed
	cluster *cluster
	leaving atomic.Bool // a drain has begun
	empty   atomic.Bool // of dev: no version of its file is served yet
}

// The pages of health.
const (
	livePage  = "/_gatehouse/live"
	readyPage = "/_gatehouse/ready"
)

// before answers the two pages and leaves the rest to another handler.
func (h *health) before(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case reads && r.URL.Path == livePage:
			h.live(w, r)
		case reads && r.URL.Path == readyPage:
			h.ready(w, r)
		default:
			next(w, r)
		}
	})
}

func (h *health) register(mux *http.ServeMux) {
	mux.HandleFunc("GET "+livePage, h.live)
	mux.HandleFunc("GET "+readyPage, h.ready)
}

// live answers 200 for as long as the process answers at all.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "live"})
}

// ready answers 200 once what was deployed before is served again, which is when
// the listeners open, in dev once a version of its file is served, and 503 from the
// moment at which a drain begins: it is what a load balancer asks. A node that was stopped,
// or cut off, answers 503 until it has caught up with its database; one whose database is
// away serves on, and says so.
func (h *health) ready(w http.ResponseWriter, _ *http.Request) {
	if h.leaving.Load() {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "draining"})
		return
	}
	if h.empty.Load() {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "nothing deployed"})
		return
	}
	says := map[string]any{"status": "ready", "revision": h.feed.Position()}
	more, not := h.cluster.ready()
	maps.Copy(says, more)
	if not != "" {
		says["status"] = not
		writeJSON(w, http.StatusServiceUnavailable, says)
		return
	}
	writeJSON(w, http.StatusOK, says)
}
