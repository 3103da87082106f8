package httpmsg

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"time"
)

// An Interrupter is a transfer whose other end, a client or a backend, takes its own
// time.
type Interrupter interface {
	// Interrupt makes the read or write that is under way, and all that follow, fail
	// soon. It is called by another goroutine and must not wait.
	Interrupt()
}

// A Sender is a body that comes in its sender's own time: from a client, or from a
// backend.
type Sender interface {
	io.Reader
	Interrupter
	// Await waits until something of the body has come, or its end. Its error is what
	// Read's would be. Nothing is borrowed for a body before.
	Await() error
}

const (
	// lately is the time over which the rate of a body is measured, and how long a
	// body comes before it is judged by it.
	lately = time.Second / 2
	// tooSlow is how many seconds a body may take to send again what it holds, at
	// the rate at which it comes, when others need that memory. 10 MB at 1 MB a
	// second take 10; 16 KiB of which one byte comes a second, 16,384.
	tooSlow = 15
	// roomTime is how long a body waits, in all, for memory that slower ones may give
	// up: a body that has just begun is not slow before some seconds have passed.
	roomTime = 5 * time.Second
	// roomPause is how long it waits before it tries again.
	roomPause = 20 * time.Millisecond
)

// errCutOff is what becomes of a body that was too slow while others needed its
// memory. It is os.ErrDeadlineExceeded.
var errCutOff = fmt.Errorf("others needed the memory of a body that came too slowly: %w", os.ErrDeadlineExceeded)

// A transfer is a body on its way: an upload, which is what a Buffer knows of the
// Sender that fills it, or a Delivery. When others need its memory the budget cuts
// transfers off, the slowest first. Those that are too slow make room for anybody;
// for an upload that has come steadily, those do so, too, that began after it and hold
// as much.
type transfer struct {
	from  Interrupter // nil where there is nothing to cut off
	begun time.Time
	lent  bool // what it holds is counted until its holder gives it back, not until it is cut off

	mu      sync.Mutex
	rate    float64 // bytes a second, of late, at the time of the last ones
	at      time.Time
	held    int           // bytes of the budget
	waited  time.Duration // for memory, in all
	waiting bool          // for memory
	cut     error         // why what it held is no more counted
}

// came notes that bytes have come.
func (u *transfer) came(n int) {
	if u.from == nil {
		return
	}
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.rate = u.rateAt(now) + float64(n)/lately.Seconds()
	u.at = now
}

// rateAt is the rate when nothing has come since the last bytes. While a body waits
// for memory it does not fall.
func (u *transfer) rateAt(now time.Time) float64 {
	if u.waiting {
		return u.rate
	}
	return u.rate * math.Exp(-now.Sub(u.at).Seconds()/lately.Seconds())
}

// judge returns how many bytes are held, how many seconds it would take to send
// them again, and how long they have been coming, without the time in which the body
// waited for memory.
func (u *transfer) judge(now time.Time) (held int, seconds float64, age time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	age = now.Sub(u.begun) - u.waited
	if u.waiting {
		age -= now.Sub(u.at)
	}
	return u.held, float64(u.held) / (u.rateAt(now) + 1), age
}

// enter begins an upload into a buffer. leave must follow.
func (b *Budget) enter(buf *Buffer, from Sender) {
	now := time.Now()
	buf.upload = transfer{from: from, begun: now, at: now, held: cap(buf.data)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.transfers[&buf.upload] = struct{}{}
}

// leave ends an upload. An error says that it was cut off, and why; what its buffer
// holds is then counted no more.
func (b *Budget) leave(u *transfer) error {
	if u.from == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.transfers, u)
	cut := u.cut
	u.from, u.cut = nil, nil // the buffer's next holder is another
	return cut
}

// await is Buffer for a body on its way: it waits until others have made room. most is
// how long the body may wait in all, over all its calls. u is the upload; nil is a
// body that has no memory yet, or one that comes from no Sender.
func (b *Budget) await(u *transfer, size int, most time.Duration) (*Buffer, error) {
	_, room := classFor(size)
	if b.acquireFor(u, room) == nil {
		return b.lend(room), nil
	}
	if b.never(room) {
		return nil, b.refusal(room)
	}
	begun := time.Now()
	end := begun.Add(most - u.waits(true))
	defer func() { u.waits(false) }()
	for time.Now().Before(end) && u.ended() == nil {
		time.Sleep(roomPause)
		if b.acquireFor(u, room) == nil {
			return b.lend(room), nil
		}
	}
	return nil, b.refusal(room)
}

// waits notes that an upload waits for memory or does so no more, and returns how
// long it has waited in all.
func (u *transfer) waits(waiting bool) time.Duration {
	if u == nil {
		return 0
	}
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.rate = u.rateAt(now); u.waiting {
		u.waited += now.Sub(u.at)
	}
	u.waiting, u.at = waiting, now
	return u.waited
}

// ended is why an upload was cut off, if it was.
func (u *transfer) ended() error {
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cut
}

// holds notes what an upload holds from now on, unless it has been cut off.
func (u *transfer) holds(n int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cut == nil {
		u.held = n
	}
	return u.cut
}

// A candidate is a transfer that may be cut off.
type candidate struct {
	*transfer
	held    int
	seconds float64
	slow    bool
}

// makeRoom cuts off transfers until there is room for n bytes, and a little more, so
// that in a flood not every body that comes has to look through all of them. by is
// the upload that asks, nil for anything else. Where cutting off all that may be cut
// off would not suffice, it reports false and cuts off none.
func (b *Budget) makeRoom(by *transfer, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	steady := by.steady(now)
	if !steady && now.Sub(b.barren) < roomPause {
		return false
	}
	short, held := b.used.Load()+int64(n)-(b.limit-b.headroom(n))-b.leaving.Load(), int64(0)
	if short <= 0 {
		return true
	}
	found := b.candidates(by, steady, now)
	for _, c := range found {
		held += int64(c.held)
	}
	if held < short {
		b.barren = now
		return false
	}
	slices.SortFunc(found, func(x, y candidate) int { return cmp.Compare(y.seconds, x.seconds) })
	freed := int64(0)
	for _, c := range found {
		if freed >= short+b.limit/64 || freed >= short && !c.slow {
			break
		}
		freed += b.cutOff(c)
	}
	return true
}

// steady reports whether an upload has come for a while, and not slowly.
func (u *transfer) steady(now time.Time) bool {
	if u == nil {
		return false
	}
	_, seconds, age := u.judge(now)
	return seconds <= tooSlow && age >= lately
}

// candidates are the transfers that are slow and, for an upload that is steady, those
// that began after it and hold as much: what a small body has just begun to send looks
// slow beside it, and would make little room.
func (b *Budget) candidates(by *transfer, steady bool, now time.Time) (found []candidate) {
	own := 0
	if steady {
		own, _, _ = by.judge(now)
	}
	for u := range b.transfers {
		switch held, seconds, age := u.judge(now); {
		case u == by:
		case seconds > tooSlow && age >= lately:
			found = append(found, candidate{u, held, seconds, true})
		case steady && held >= own && u.begun.After(by.begun):
			found = append(found, candidate{u, held, seconds, false})
		}
	}
	return found
}

// cutOff ends a transfer and returns how many bytes it held. What an upload held is
// counted no more from here on, though its goroutine lets go of the memory only when
// it learns of this. What a delivery holds is counted until its goroutine gives it
// back.
func (b *Budget) cutOff(c candidate) int64 {
	b.cuts.Add(1)
	c.mu.Lock()
	held := c.transfer.held
	if c.cut = ErrBudget; c.slow {
		c.cut = errCutOff
	}
	if c.lent {
		b.leaving.Add(int64(held))
	} else {
		c.transfer.held = 0
		b.used.Add(-int64(held))
	}
	c.mu.Unlock()
	delete(b.transfers, c.transfer)
	c.from.Interrupt()
	return int64(held)
}
