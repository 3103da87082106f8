package gateway

import (
	"sync"
	"time"
)

// Bounds on what is read, and thrown away, from a client that goes on sending when
// it has had its answer.
const (
	lingerBytes = 64 << 20
	lingerTime  = 30 * time.Second
	silence     = 5 * time.Second
)

// linger ends the connection of a client that is still sending. Most look for
// the answer only when all is sent, and lose it to the reset of a connection that
// is closed before. What comes is thrown away. Meanwhile the connection counts as
// idle: at the bound of connections it goes before those at work.
func (t *talk) linger() {
	if half, ok := t.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	t.guest.muted.Store(true)
	t.guest.idle.Store(t.guest.door.clock())
	end := time.Now().Add(lingerTime)
	for n := 0; n < lingerBytes; {
		next := time.Now().Add(silence)
		if end.Before(next) {
			next = end
		}
		_ = t.guest.Conn.SetReadDeadline(next)
		got, err := t.guest.Conn.Read(t.early[:]) // beneath TLS
		if err != nil {
			return
		}
		n += got + t.guest.throwAway()
	}
}

// discards are buffers for what nobody reads. A connection has one only while
// something comes.
var discards = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// throwAway reads what has come, and how much that was.
func (g *guest) throwAway() (n int) {
	buf := discards.Get().(*[32 << 10]byte)
	defer discards.Put(buf)
	for {
		_ = g.Conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		got, err := g.Conn.Read(buf[:])
		if n += got; err != nil || got < len(buf) || n >= 1<<20 {
			return n
		}
	}
}
