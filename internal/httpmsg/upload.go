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

// A Sender is a body that a client sends in its own time.
type Sender interface {
	io.Reader
	// Await waits until something of the body has come, or its end. Its error is what
	// Read's would be. Nothing is borrowed for a body before.
	Await() error
	// Interrupt makes the Read that is under way, and all that follow, fail soon.
	// It is called by another goroutine and must not wait.
	Interrupt()
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

// An upload is what a Buffer knows of the Sender that fills it. The budget cuts
// it off when others need its memory: the slowest first, for anybody those that
// are too slow, for one that has come steadily also those that began behind it.
type upload struct {
	from  Sender // nil where nobody can be cut off
	begun time.Time

	mu      sync.Mutex
	rate    float64 // bytes a second, of late, at the time of the last ones
	at      time.Time
	held    int           // bytes of the budget
	waited  time.Duration // for memory, in all
	waiting bool          // for memory
	cut     error         // why what it held is no more counted
}

// came notes that bytes have come.
func (u *upload) came(n int) {
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
func (u *upload) rateAt(now time.Time) float64 {
	if u.waiting {
		return u.rate
	}
	return u.rate * math.Exp(-now.Sub(u.at).Seconds()/lately.Seconds())
}

// judge returns how many bytes are held, how many seconds it would take to send
// them again, and how long they have been coming, the time not counted in which
// the body waited.
func (u *upload) judge(now time.Time) (held int, seconds float64, age time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	age = now.Sub(u.begun) - u.waited
	if u.waiting {
		age -= now.Sub(u.at)
	}
	return u.held, float64(u.held) / (u.rateAt(now) + 1), age
}

// enter begins an upload into a buffer.
func (b *Budget) enter(buf *Buffer, from Sender) {
	now := time.Now()
	buf.upload = upload{from: from, begun: now, at: now, held: cap(buf.data)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.uploads[&buf.upload] = struct{}{}
}

// leave ends an upload. Its error says why it was cut off: then its buffer is
// counted no more.
func (b *Budget) leave(u *upload) error {
	if u.from == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.uploads, u)
	u.from = nil
	return u.cut
}

// await is Buffer for a body on its way, which may wait until others have made
// room. u is nil before it has any memory.
func (b *Budget) await(u *upload, size int) (*Buffer, error) {
	_, room := classFor(size)
	if b.acquireFor(u, room) == nil {
		return b.lend(room), nil
	}
	if int64(room) > b.limit-b.headroom(room) {
		return nil, ErrBudget
	}
	begun := time.Now()
	end := begun.Add(roomTime - u.waits(true))
	defer func() { u.waits(false) }()
	for time.Now().Before(end) && u.ended() == nil {
		time.Sleep(roomPause)
		if b.acquireFor(u, room) == nil {
			return b.lend(room), nil
		}
	}
	return nil, ErrBudget
}

// waits notes that an upload waits for memory or does so no more, and returns how
// long it has waited in all.
func (u *upload) waits(waiting bool) time.Duration {
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
func (u *upload) ended() error {
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cut
}

// holds notes what an upload holds from now on, unless it has been cut off.
func (u *upload) holds(n int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cut == nil {
		u.held = n
	}
	return u.cut
}

// A candidate is an upload that may be cut off.
type candidate struct {
	*upload
	held    int
	seconds float64
	slow    bool
}

// makeRoom cuts off uploads until there is room for n bytes, and a little more, so
// that a flood does not look through all of them for each of its own. by is the
// upload that asks, nil for others. It reports false, and cuts off none, where
// that would not suffice.
func (b *Budget) makeRoom(by *upload, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	steady := by.steady(now)
	if !steady && now.Sub(b.barren) < roomPause {
		return false
	}
	short, held := b.used.Load()+int64(n)-(b.limit-b.headroom(n)), int64(0)
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
func (u *upload) steady(now time.Time) bool {
	if u == nil {
		return false
	}
	_, seconds, age := u.judge(now)
	return seconds <= tooSlow && age >= lately
}

// candidates are the uploads that are slow, and for one that is steady those that
// began behind it.
func (b *Budget) candidates(by *upload, steady bool, now time.Time) (found []candidate) {
	for u := range b.uploads {
		switch held, seconds, age := u.judge(now); {
		case u == by:
		case seconds > tooSlow && age >= lately:
			found = append(found, candidate{u, held, seconds, true})
		case steady && u.begun.After(by.begun):
			found = append(found, candidate{u, held, seconds, false})
		}
	}
	return found
}

// cutOff ends an upload and counts what it held no more. Its own goroutine lets go
// of the memory as soon as it learns of it.
func (b *Budget) cutOff(c candidate) int64 {
	c.mu.Lock()
	held := c.upload.held
	c.upload.held, c.cut = 0, ErrBudget
	if c.slow {
		c.cut = errCutOff
	}
	c.mu.Unlock()
	b.used.Add(-int64(held))
	delete(b.uploads, c.upload)
	c.from.Interrupt()
	return int64(held)
}
