package gateway

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// watchAfter is how long a request has to take for its client to be watched: most are
// answered sooner, and cost a timer.
const watchAfter = 20 * time.Millisecond

// A watch learns of a client of HTTP/1 that closes its connection while its
// request is answered, and ends the request's context then. It
// waits for the next byte on the connection, which may be that of the next
// request and is kept for it. Behind that byte it asks the system now and then: the
// rest of what has come stays unread, and the end behind it would not be seen
// otherwise. A client that closes only its own side counts as gone, as it does for
// net/http.
type watch struct {
	talk *talk
	left context.CancelFunc

	mu      sync.Mutex
	timer   *time.Timer
	over    bool
	ended   chan struct{} // closed by end
	reading chan struct{} // closed when nothing is read any more; nil before that begins
}

// newWatch makes the watch over the client of a connection, and the context that it ends.
// begin is to be called when the body has been read to its end, and end when the request
// has been answered. Over HTTP/2 net/http does it all.
func newWatch(t *talk) (context.Context, *watch) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, &watch{talk: t, left: cancel, ended: make(chan struct{})}
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
	_ = w.talk.nc.SetReadDeadline(time.Time{})
	w.mu.Unlock()
	defer close(done)
	if !w.talk.came { // else the watch over a request before this one has read a byte that nobody has taken
		n, err := w.talk.nc.Read(w.talk.early[:])
		if w.talk.came = n > 0; !w.talk.came {
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				w.left()
			}
			return
		}
	}
	w.poll()
}

// hangUpPause is how often the system is asked whether a client has gone that has sent
// more than its request.
const hangUpPause = 250 * time.Millisecond

// poll waits for the end of the client behind what it has sent, until end.
func (w *watch) poll() {
	tick := time.NewTicker(hangUpPause)
	defer tick.Stop()
	for {
		select {
		case <-w.ended:
			return
		case <-tick.C:
		}
		if w.talk.guest.hasHungUp() {
			w.left()
			return
		}
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
	close(w.ended)
	if w.timer != nil {
		w.timer.Stop()
	}
	reading := w.reading
	w.mu.Unlock()
	if reading == nil {
		return
	}
	_ = w.talk.nc.SetReadDeadline(longAgo)
	<-reading
	w.talk.reads.have = longAgo
}

// longAgo is a deadline that ends a read at once.
var longAgo = time.Unix(1, 0)
