package integration

import (
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// limits are until when reads and writes of a connection may last. The system is told
// of a deadline at the cost of a timer, so it is not told each call's: one that it was
// told before stays while half of the call's time is left until then. Who is woken by it
// too early sets it anew and goes on.
type limits struct {
	end  time.Time   // of what is under way
	told time.Time   // what the system knows, which is not later; zero for what nobody knows
	cut  atomic.Bool // what is under way is to end, and the connection serves no other call
}

// limit ends reads and writes at end.
func (cn *conn) limit(now, end time.Time) error {
	l := &cn.limits
	l.end = end
	if left := l.told.Sub(now); cn.plain && left > end.Sub(now)/2 && !l.told.After(end) {
		return nil
	}
	return cn.tell(end)
}

// limitExactly is limit for who cannot go on where it stopped.
func (cn *conn) limitExactly() error {
	if cn.limits.told.Equal(cn.limits.end) {
		return nil
	}
	return cn.tell(cn.limits.end)
}

// limitReads ends reads at end, also later than limit did.
func (cn *conn) limitReads(end time.Time) {
	cn.limits.end, cn.limits.told = end, time.Time{}
	_ = cn.SetReadDeadline(end)
	cn.endIfCut()
}

func (cn *conn) tell(end time.Time) error {
	cn.limits.told = end
	err := cn.SetDeadline(end)
	cn.endIfCut()
	return err
}

// interrupt ends what is under way, and whatever follows. Any goroutine may call it.
func (cn *conn) interrupt() {
	cn.limits.cut.Store(true)
	cn.endIfCut()
}

// endIfCut ends what is under way if that is wanted. Who has set another deadline calls it
// behind that, as interrupt may have come in between.
func (cn *conn) endIfCut() {
	if cn.limits.cut.Load() {
		_ = cn.SetDeadline(longAgo)
	}
}

// tooEarly reports whether a read or a write failed by a deadline before its time, and may
// go on.
func (cn *conn) tooEarly(err error) bool {
	if !cn.plain || err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || cn.limits.cut.Load() || !time.Now().Before(cn.limits.end) {
		return false
	}
	return cn.tell(cn.limits.end) == nil
}

// Read implements net.Conn.
func (cn *conn) Read(p []byte) (int, error) {
	n, err := cn.Conn.Read(p)
	for n == 0 && cn.tooEarly(err) {
		n, err = cn.Conn.Read(p)
	}
	return n, err
}

// Write implements net.Conn.
func (cn *conn) Write(p []byte) (int, error) {
	n, err := cn.Conn.Write(p)
	for cn.tooEarly(err) {
		var more int
		more, err = cn.Conn.Write(p[n:])
		n += more
	}
	return n, err
}
