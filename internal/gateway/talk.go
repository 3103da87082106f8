package gateway

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
)

// A talk is one connection of HTTP/1, plain or under TLS, whose requests http1 reads. But
// for interrupt it belongs to one goroutine at a time: the one that converses, or who reads
// a body for it.
type talk struct {
	nc    net.Conn // the guest, or TLS above it
	guest *guest
	state *tls.ConnectionState // nil without TLS
	h1    http1.Conn
	ready func() (*http1.Buffer, int, error) // waits without a buffer; nil where the system cannot
	until time.Time                          // when a connection ends that may rest; zero for one that may not

	now      arrival   // the request that is being answered
	delivery *delivery // of its answer; nil for none
	closing  bool      // the connection ends behind the answer
	broken   error     // why the answer could not be written; nil if it was
	unread   bool      // the client may still be sending what nobody reads

	reads  deadline
	writes deadline
	at     time.Time // when something came, or nothing more was to be done, and that is now; zero where it is not

	early [1]byte // what a watch has read
	came  bool    // early holds a byte that no read has returned yet

	interrupted atomic.Bool // nothing more is to be read, by whoever is about to
}

// newTalk begins to talk on a connection, which is that of a guest or TLS above it. It is
// idle from now on: what came before may have taken as long as the client is far away.
func newTalk(nc net.Conn, g *guest, state *tls.ConnectionState) *talk {
	t := &talk{nc: nc, guest: g, state: state}
	if sc, ok := g.Conn.(syscall.Conn); ok && state == nil {
		t.ready = whenReady(sc)
	}
	now := time.Now()
	t.reads.want = now.Add(g.door.headTime)
	g.idle.Store(g.door.clockAt(now))
	t.h1.Reset(t)
	return t
}

// Read implements http1.Transport.
func (t *talk) Read(p []byte) (int, error) {
	n, err := t.receive(p)
	t.at = time.Time{}
	t.begin(n)
	return n, err
}

// Await implements http1.Transport.
func (t *talk) Await() (buf *http1.Buffer, n int, err error) {
	if t.ready == nil || t.came {
		if n, err = t.receive(t.early[:]); n > 0 {
			buf = http1.NewBuffer()
			copy(buf.Bytes(), t.early[:])
		}
	} else if err = t.arm(); err == nil {
		buf, n, err = t.ready()
	}
	t.begin(n)
	if n == 0 && !t.until.IsZero() && errors.Is(err, os.ErrDeadlineExceeded) && !t.interrupted.Load() {
		err = errRests
	}
	return buf, n, err
}

// errRests is why a connection has no other request yet.
var errRests = errors.New("the connection rests")

// begin gives a request its time when the first bytes of it have come.
func (t *talk) begin(n int) {
	if n > 0 && t.guest.began() {
		t.at = time.Now()
		t.reads.want, t.until = t.at.Add(t.guest.door.headTime), time.Time{}
	}
}

// receive reads what has come, or comes until the deadline.
func (t *talk) receive(p []byte) (int, error) {
	if t.came {
		t.came = false
		return copy(p, t.early[:]), nil
	}
	if err := t.arm(); err != nil {
		return 0, err
	}
	g := t.guest
	if g.idle.Load() != 0 {
		return t.nc.Read(p)
	}
	g.idle.Store(-g.door.clockAt(orNow(t.at)))
	n, err := t.nc.Read(p)
	g.idle.Store(0)
	return n, err
}

// arm tells the system the deadline of the read that follows.
func (t *talk) arm() error {
	if t.reads.want == t.reads.have {
		return nil
	}
	if t.reads.due(orNow(t.at)) {
		_ = t.nc.SetReadDeadline(t.reads.have)
		if t.interrupted.Load() { // in that order: interrupt goes the other way round
			return os.ErrDeadlineExceeded
		}
	}
	return nil
}

// SetReadDeadline says until when the next read waits. One that waits already is not woken
// up.
func (t *talk) SetReadDeadline(end time.Time) error {
	t.reads.want, t.at = end, time.Time{}
	return nil
}

// orNow returns a time that is known, or looks.
func orNow(at time.Time) time.Time {
	if at.IsZero() {
		return time.Now()
	}
	return at
}

// interrupt ends a read that is under way on another goroutine. The connection serves no
// other request.
func (t *talk) interrupt() {
	t.interrupted.Store(true)
	_ = t.guest.Conn.SetReadDeadline(longAgo)
}

// restAfter is how long a connection has been idle when it begins to rest.
const restAfter = 2 * time.Second

// converse answers the requests of a connection, one behind the other, until it ends. While
// it rests it has another goroutine: this one's stack has grown.
func (g *Gateway) converse(t *talk, answer func(*arrival)) {
	if !g.answers(t, answer) {
		return
	}
	t.reads.want, t.until, t.at = t.until, time.Time{}, time.Time{}
	if t.arm() != nil {
		_ = t.nc.Close()
		return
	}
	go func() {
		if t.guest.awaitInput() != nil {
			_ = t.nc.Close()
			return
		}
		g.converse(t, answer)
	}()
}

// answers does what converse says, until the connection ends or rests.
func (g *Gateway) answers(t *talk, answer func(*arrival)) (rests bool) {
	defer g.hangUp(t, &rests)
	for {
		q, err := t.h1.Next()
		if err == errRests {
			return true
		}
		if err != nil {
			t.turnAway(err)
			return false
		}
		t.now, t.closing = t.comes(q), false
		answer(&t.now)
		if !t.goesOn() {
			return false
		}
		t.now = arrival{}
		t.h1.Release()
		t.rest(g.opts.IdleTimeout, g.restAfter)
	}
}

// rest begins the time in which the next request is to come.
func (t *talk) rest(idle, restAfter time.Duration) {
	t.at = time.Now()
	if t.h1.Buffered() > 0 {
		t.reads.want = t.at.Add(t.guest.door.headTime)
		return
	}
	t.reads.want = t.at.Add(idle)
	if t.guest.canRest() && restAfter < idle {
		t.until, t.reads.want = t.reads.want, t.at.Add(restAfter)
	}
	t.guest.idle.Store(t.guest.door.clockAt(t.at))
}

// turnAway answers what comes instead of a request, where something is to be said.
func (t *talk) turnAway(err error) {
	var refused http1.Refusal
	if !errors.As(err, &refused) {
		t.unread = t.h1.Buffered() > 0 // what is no request; the answer before it is not to be lost
		return
	}
	_, _ = t.Write(worded(t.guest.door.refuses(unreadable(refused))))
	t.unread = true // the client may still be sending
}

// goesOn reports whether another request can follow the one that has been answered.
func (t *talk) goesOn() bool {
	if !t.closing && !t.unread && t.broken == nil && t.h1.Body().Whole() {
		return true
	}
	t.unread = t.unread || t.broken == nil && (t.h1.Buffered() > 0 || t.guest.hasUnread())
	return false
}

// hangUp ends a connection that does not rest.
func (g *Gateway) hangUp(t *talk, rests *bool) {
	if *rests {
		return
	}
	g.tellFault(recover(), t.now.host)
	t.now = arrival{}
	t.h1.Close()
	if t.unread && !t.guest.given.Load() { // also while the server stops: the door soon closes who lingers
		t.linger()
	}
	_ = t.nc.Close()
}
