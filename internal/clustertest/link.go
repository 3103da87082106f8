package clustertest

import (
	"errors"
	"net"
	"sync"
	"testing"
)

// A Link is a way by TCP from one process to another, which can be cut as a broken network
// is: nothing is closed, and nobody is told.
type Link struct {
	Addr string // where it listens

	ln net.Listener

	mu    sync.Mutex
	cond  *sync.Cond
	to    string
	cut   [2]bool // there, and back
	ended bool
	conns map[net.Conn]bool
}

// Which ways a link is cut.
const (
	There = 1 << iota // from who dials
	Back              // to who dials
	Both  = There | Back
)

// NewLink makes a link to an address that ends with the test.
func NewLink(t testing.TB, to string) *Link {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{Addr: ln.Addr().String(), to: to, ln: ln, conns: map[net.Conn]bool{}}
	l.cond = sync.NewCond(&l.mu)
	t.Cleanup(l.end)
	go l.accept()
	return l
}

// Cut stops what goes the ways, until Heal. What is under way arrives then.
func (l *Link) Cut(ways int) { l.set([2]bool{ways&There != 0, ways&Back != 0}) }

// Heal lets everything through again.
func (l *Link) Heal() { l.set([2]bool{}) }

// Move has connections that are made from now on go to another address, if the link led to
// one that is gone.
func (l *Link) Move(gone, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == gone {
		l.to = to
	}
}

func (l *Link) target() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to
}

func (l *Link) set(cut [2]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	l.cond.Broadcast()
}

func (l *Link) end() {
	_ = l.ln.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for c := range l.conns {
		_ = c.Close()
	}
	l.cond.Broadcast()
}

func (l *Link) accept() {
	for {
		from, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			go l.join(from)
		}
	}
}

// join joins a connection with one to the other end, until either ends.
func (l *Link) join(from net.Conn) {
	defer from.Close()
	if !l.through(0) {
		return
	}
	to, err := net.Dial("tcp", l.target())
	if err != nil {
		return
	}
	defer to.Close()
	if !l.keep(from, to) {
		return
	}
	defer l.forget(from, to)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.copy(from, to, 1)
	}()
	l.copy(to, from, 0)
	<-done
}

// copy copies one way, and ends both connections at the end of it: nobody here ends one
// way alone.
func (l *Link) copy(to, from net.Conn, way int) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !l.through(way) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// through waits until the link lets things through. It returns false at its end.
func (l *Link) through(way int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.cut[way] && !l.ended {
		l.cond.Wait()
	}
	return !l.ended
}

func (l *Link) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		l.conns[c] = true
	}
	return !l.ended
}

func (l *Link) forget(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		delete(l.conns, c)
	}
}
