package httpmsg

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
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
// capacity lent, not the bytes in use. When it is used up, the bodies are cut off
// that come most slowly (see Sender), and the answers that clients take most slowly
// (see Delivery). While none is slow, a body on its way waits for a few seconds;
// anything else that needs memory gets ErrBudget, and its call is refused. Large
// bodies leave room for small ones (see headroom). All methods are safe for
// concurrent use.
type Budget struct {
	limit int64
	name  string // what errors call it
	used  atomic.Int64

	refusals, cuts atomic.Int64 // see Refused and CutOff

	pools [classes]sync.Pool

	mu        sync.Mutex
	transfers map[*transfer]struct{}
	leaving   atomic.Int64 // bytes of deliveries that have been cut off and are not back yet
	barren    time.Time    // when there was last nobody to cut off
}

// NewBudget makes a budget of limit bytes; 0 or less means no limit.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, transfers: make(map[*transfer]struct{})}
}

// Named gives the budget the name that errors call it by: the setting that makes its
// size, and what it is for. It is to be called before the budget is used.
func (b *Budget) Named(name string) *Budget {
	b.name = name
	return b
}

// A BudgetError is an ErrBudget that says what was asked for.
type BudgetError struct {
	Name        string // of the budget, "" where nobody gave it one
	Need        int64  // bytes that were asked for
	Used, Limit int64  // of the budget, then
	Never       bool   // so many bytes do not fit into the budget even when nothing else is in it
}

// Error names the budget and the sizes.
func (e *BudgetError) Error() string {
	name := cmp.Or(e.Name, "the budget of buffered bodies")
	if e.Never {
		return fmt.Sprintf("%s: %s never fit into %s, of which large bodies leave a part to small ones", name, sizeText(e.Need), sizeText(e.Limit))
	}
	return fmt.Sprintf("%s: %s more do not fit beside the %s of %s that are in use", name, sizeText(e.Need), sizeText(e.Used), sizeText(e.Limit))
}

// Is makes every BudgetError an ErrBudget.
func (e *BudgetError) Is(target error) bool { return target == ErrBudget }

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

// refusal is the error for n bytes that were asked for in vain.
func (b *Budget) refusal(n int) error {
	b.refusals.Add(1)
	return &BudgetError{Name: b.name, Need: int64(n), Used: b.used.Load(), Limit: b.limit, Never: b.never(n)}
}

// never reports whether n bytes cannot be lent however little is.
func (b *Budget) never(n int) bool { return b.limit > 0 && int64(n) > b.limit-b.headroom(n) }

// Limit returns how many bytes may be lent; 0 or less means any number.
func (b *Budget) Limit() int64 { return b.limit }

// Used returns the bytes lent at the moment.
func (b *Budget) Used() int64 { return b.used.Load() }

// Refused returns how many times somebody asked for memory in vain.
func (b *Budget) Refused() int64 { return b.refusals.Load() }

// CutOff returns how many bodies were cut off on their way, to make room for others.
func (b *Budget) CutOff() int64 { return b.cuts.Load() }

// headroom is what must stay free behind a buffer of n bytes: sixteen times as
// much again, up to an eighth of the budget. However many large bodies there
// are, and however long they take to come, small ones are still served.
func (b *Budget) headroom(n int) int64 { return min(16*int64(n), b.limit/8) }

// Buffer lends an empty buffer with room for at least size bytes. The caller
// gives it back with Free.
func (b *Budget) Buffer(size int) (*Buffer, error) {
	_, room := classFor(size)
	if err := b.acquire(room); err != nil {
		return nil, err
	}
	return b.lend(room), nil
}

// lend makes a buffer of memory that has been acquired.
func (b *Budget) lend(room int) *Buffer {
	if class, _ := classFor(room); class < classes {
		if buf, ok := b.pools[class].Get().(*Buffer); ok {
			return buf
		}
	}
	buf := &Buffer{budget: b, data: make([]byte, 0, room)}
	buf.free = buf.Free
	return buf
}

// acquire counts n bytes more, for which slow transfers make room. Where those are
// deliveries, it waits a little until they have given back what they hold.
func (b *Budget) acquire(n int) error { return b.acquireFor(nil, n) }

// acquireFor is acquire for an upload that grows; nil is anything else.
func (b *Budget) acquireFor(u *transfer, n int) error {
	if b.take(n) {
		return nil
	}
	if b.never(n) || !b.makeRoom(u, n) {
		return b.refusal(n)
	}
	for range leaveTime / leavePause {
		if b.take(n) {
			return nil
		}
		if b.leaving.Load() == 0 {
			break
		}
		time.Sleep(leavePause)
	}
	return b.refusal(n)
}

const (
	// leaveTime is how long acquire waits for the memory of deliveries that have been
	// cut off. On a busy machine over a thousand of them take a while to learn of it.
	leaveTime  = 2 * time.Second
	leavePause = time.Millisecond
)

// take counts n bytes more if there is room for them.
func (b *Budget) take(n int) bool {
	for {
		used := b.used.Load()
		if b.limit > 0 && used+int64(n) > b.limit-b.headroom(n) {
			return false
		}
		if b.used.CompareAndSwap(used, used+int64(n)) {
			return true
		}
	}
}

// put takes back a buffer of a given capacity.
func (b *Budget) put(buf *Buffer) {
	b.used.Add(-int64(cap(buf.data)))
	b.keep(buf)
}

// keep pools a buffer that is not counted.
func (b *Budget) keep(buf *Buffer) {
	room := cap(buf.data)
	if class, size := classFor(room); class < classes && size == room {
		buf.data = buf.data[:0]
		b.pools[class].Put(buf)
	}
}
