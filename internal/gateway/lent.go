package gateway

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A lentBody is a request's body in the hands of a handler, for as long as that runs. A
// handler may have others read it, such as the transport of a client to which it passes
// the request on, and these may go on when the handler has returned: what they would read
// then is the next request.
type lentBody struct {
	body body // the handler's readers alone use it until takeBack

	mu   sync.Mutex // is held by who reads
	over bool

	left  atomic.Int64 // as body knows it
	whole atomic.Bool
}

func (l *lentBody) start(a *arrival, timeout time.Duration) {
	l.body.start(a, timeout)
	l.note()
}

// note makes known what has become of the body.
func (l *lentBody) note() {
	l.left.Store(l.body.left)
	l.whole.Store(!l.body.unread())
}

// Read implements io.Reader.
func (l *lentBody) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return 0, http.ErrBodyReadAfterClose
	}
	defer l.note()
	return l.body.Read(p)
}

// Close implements io.Closer.
func (l *lentBody) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	return nil
}

// takeBack lets the handler's readers read no more. It reports whether none was reading:
// one that waits for the client is interrupted, and the connection serves no other request.
func (l *lentBody) takeBack(t *talk) bool {
	free := l.mu.TryLock()
	if !free {
		t.interrupt()
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	l.over = true
	return free
}

// unread reports whether there is a body of which something may still come.
func (l *lentBody) unread() bool { return !l.whole.Load() }

// endless is body.endless, while others may read.
func (l *lentBody) endless(a *arrival) bool {
	left := l.left.Load()
	return l.unread() && (left < 0 || left >= smallRest || a.expects)
}
