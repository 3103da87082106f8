package gateway

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"
)

// watchAfter is how long a request has to take for its client to be watched: most are
// answered sooner, and cost a timer.
const watchAfter = 20 * time.Millisecond

// A watch learns of a client of HTTP/1 that closes its connection while its
// request is answered, and ends the request's context then. It does what
// conn.isBackground keeps net/http from doing, where that is worth its cost: it
// waits for the next byte on the connection, which may be that of the next
// request and is kept for it. A client that closes only its own side counts as
// gone, as it does for net/http.
type watch struct {
	conn *conn
	left context.CancelFunc

	mu      sync.Mutex
	timer   *time.Timer
	over    bool
	reading chan struct{} // closed when the read has returned; nil before it begins
}

// watched returns a request whose context ends when its client leaves, and what
// must be called when it has been answered. A body must have been read to its end
// before: begin is called then. On HTTP/2, where nc is nil, net/http does it all.
func watched(r *http.Request, nc *conn) (*http.Request, *watch) {
	if nc == nil {
		return r, nil
	}
	ctx, w := newWatch(r, nc)
	return r.WithContext(ctx), w
}

// newWatch makes the watch over the client of r, and the context that it ends.
func newWatch(r *http.Request, nc *conn) (context.Context, *watch) {
	ctx, cancel := context.WithCancel(r.Context())
	return ctx, &watch{conn: nc, left: cancel}
}

// begin is called once the connection has nothing more of the request.
func (w *watch) begin() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil && !w.over {
		w.timer = time.AfterFunc(watchAfter, w.run)
	}
}

func (w *watch) run() {
	w.mu.Lock()
	if w.over {
		w.mu.Unlock()
		return
	}
	done := make(chan struct{})
	w.reading = done
	_ = w.conn.Conn.SetReadDeadline(time.Time{})
	w.mu.Unlock()
	defer close(done)
	n, err := w.conn.Conn.Read(w.conn.early[:])
	w.conn.came = n > 0
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		w.left()
	}
}

// end returns when nobody reads the connection any more.
func (w *watch) end() {
	if w == nil {
		return
	}
	defer w.left()
	w.mu.Lock()
	w.over = true
	if w.timer != nil {
		w.timer.Stop()
	}
	reading := w.reading
	w.mu.Unlock()
	if reading == nil {
		return
	}
	_ = w.conn.Conn.SetReadDeadline(longAgo)
	<-reading
	w.conn.reads.have = longAgo
}

// longAgo is a deadline that ends a read at once.
var longAgo = time.Unix(1, 0)
