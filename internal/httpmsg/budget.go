package httpmsg

import (
	"errors"
	"sync"
	"sync/atomic"
)

// MaxBody is the largest body that a stage takes or answers with, in bytes.
const MaxBody = 10_485_760

var (
	// ErrBudget says that the process holds as many body bytes as it may.
	ErrBudget = errors.New("the budget of buffered body bytes is used up")
	// ErrTooLarge says that a body is longer than its reader allows.
	ErrTooLarge = errors.New("the body is too large")
)

// A Budget bounds the bytes of bodies that a process holds at one time and
// lends the buffers that hold them, pooled by size. What counts is the
// capacity lent, not the bytes in use. It never waits: who cannot have a
// buffer gets ErrBudget at once and refuses the call. Large bodies leave room
// for small ones (see headroom). All methods are safe for concurrent use.
type Budget struct {
	limit int64
	used  atomic.Int64
	pools [classes]sync.Pool
}

// NewBudget makes a budget of limit bytes; 0 or less means no limit.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit}
}

// Used returns the bytes lent at the moment.
func (b *Budget) Used() int64 { return b.used.Load() }

// headroom is what must stay free behind a buffer of n bytes: sixteen times as
// much again, up to an eighth of the budget. However many large bodies there
// are, and however long they take to come, small ones are still served.
func (b *Budget) headroom(n int) int64 { return min(16*int64(n), b.limit/8) }

// Buffer lends an empty buffer with room for at least size bytes. The caller
// gives it back with Free.
func (b *Budget) Buffer(size int) (*Buffer, error) {
	class, room := classFor(size)
	if err := b.acquire(room); err != nil {
		return nil, err
	}
	if class < classes {
		if buf, ok := b.pools[class].Get().(*Buffer); ok {
			return buf, nil
		}
	}
	buf := &Buffer{budget: b, data: make([]byte, 0, room)}
	buf.free = buf.Free
	return buf, nil
}

func (b *Budget) acquire(n int) error {
	if used := b.used.Add(int64(n)); b.limit > 0 && used > b.limit-b.headroom(n) {
		b.used.Add(-int64(n))
		return ErrBudget
	}
	return nil
}

// put takes back a buffer of a given capacity.
func (b *Budget) put(buf *Buffer) {
	room := cap(buf.data)
	b.used.Add(-int64(room))
	if class, size := classFor(room); class < classes && size == room {
		buf.data = buf.data[:0]
		b.pools[class].Put(buf)
	}
}
