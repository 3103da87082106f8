package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	// fewStreams and manyStreams bound how many requests may be under way over HTTP/2
	// beside the first one of each connection: between them as many as there may be
	// connections. Each takes some 25 KB before anything is known of it.
	fewStreams  = 1 << 10
	manyStreams = 16 << 10
	// maxRefusals is how many requests of a connection are being told that there are
	// too many. Others are reset: who does not read costs no more than that.
	maxRefusals = 8
	// resetRest is how long a request whose stream the client has reset keeps its
	// place among the requests of its connection. The call of the backend has ended
	// by then. Without it a client could begin and reset requests as fast as it can
	// write, each of them a call; net/http ends a connection on which many wait.
	resetRest = time.Second
)

// guestKey finds the guest of a connection of HTTP/2 in the context of its requests.
type guestKey struct{}

// withGuest is net/http's hook for the context of a connection.
func withGuest(ctx context.Context, nc net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, guestOf(nc))
}

// track is net/http's hook for changes of a connection's state.
func track(nc net.Conn, state http.ConnState) {
	switch g := guestOf(nc); state {
	case http.StateActive:
		g.began()
	case http.StateIdle:
		g.idle.Store(g.door.clock())
	}
}

// guestOf returns the guest that is behind a connection of net/http's.
func guestOf(nc net.Conn) *guest { return nc.(*tls.Conn).NetConn().(*guest) }

// bounded answers requests over HTTP/2 as h does, those that may be under way.
func bounded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Value(guestKey{}).(*guest).serve(h, w, r)
	})
}

// serve answers a request over HTTP/2 as h does, if it may be under way.
func (g *guest) serve(h http.Handler, w http.ResponseWriter, r *http.Request) {
	defer g.rest(r)
	served, refusals := g.enter()
	defer g.leave(served)
	switch {
	case served:
		h.ServeHTTP(w, r)
	case refusals > maxRefusals:
		g.door.refuses(busy)
		panic(http.ErrAbortHandler) // the way to have net/http reset it
	default:
		resp := g.door.refuses(busy).answer()
		resp.Body = nil // it would wait for a client that does not read
		a := streamed(w, r)
		out := egress{from: &a, timeout: silence}
		out.send(resp)
	}
}

// rest waits where the client has reset r's stream, unless its connection is closed.
func (g *guest) rest(r *http.Request) {
	if r.Context().Err() == nil {
		return
	}
	timer := time.NewTimer(resetRest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.gone:
	}
}

// enter counts a handler, and reports whether it may serve its request. Otherwise
// it tells how many may not just now. A connection may have one request under way
// whatever others do, and another one while it has fewer than there is room for.
func (g *guest) enter() (served bool, refusals int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handlers++
	g.settle()
	if g.streams == 0 || g.door.oneMore(g.streams) {
		g.streams++
		return true, 0
	}
	return false, g.handlers - g.streams
}

// leave ends what enter began. With the last handler of a connection that is
// closed it makes room for another.
func (g *guest) leave(served bool) {
	g.mu.Lock()
	g.handlers--
	if served {
		if g.streams--; g.streams > 0 {
			g.door.moreStreams.Add(-1)
		}
	}
	g.settle()
	over := g.closed && g.handlers == 0
	g.mu.Unlock()
	if over {
		g.door.forget(g)
	}
}

// awaits notes that a request over HTTP/2 waits for more of its body, or does so no more.
func (g *guest) awaits(begins bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.awaiting--; begins {
		g.awaiting += 2
	}
	g.settle()
}

// settle notes since when all handlers of the connection wait for its client, or that they
// do not. The caller holds g.mu.
func (g *guest) settle() {
	switch idle := g.idle.Load(); {
	case idle == 0 && g.awaiting > 0 && g.awaiting == g.handlers:
		g.idle.CompareAndSwap(0, -g.door.clock())
	case idle < 0:
		g.idle.CompareAndSwap(idle, 0)
	}
}

// oneMore counts one more request of a connection that has so many under way, if
// there is room for it.
func (d *door) oneMore(streams int) bool {
	room := int64(manyStreams)
	if d.limit > 0 {
		room = int64(min(max(d.limit, fewStreams), manyStreams))
	}
	for {
		more := d.moreStreams.Load()
		if int64(streams) > room-more {
			return false
		}
		if d.moreStreams.CompareAndSwap(more, more+1) {
			return true
		}
	}
}
