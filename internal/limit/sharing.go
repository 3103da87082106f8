package limit

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// SharingOptions are what a Sharing works with.
type SharingOptions struct {
	Exchange Exchange
	Node     string     // of this process, in what was saved
	Nodes    func() int // how many share, this one too; less than 1 counts as 1

	// Refuse has everything refused that this node holds no token for while the store
	// is away. Else each node has its part of each rate, and of what was left of counts.
	Refuse bool

	// Saved returns what was saved of counts, in the order of ids and periods. It may
	// take long.
	Saved func(ctx context.Context, ids []string, periods []Period) ([]Saved, error)
}

// A Sharing is Limits that nodes share through an Exchange: it bounds what has a Share,
// and is Local for the rest.
//
// Tokens that a call takes have been taken from the shared bucket before, and a bucket
// has no room for tokens that nodes hold: what all nodes together let through in any time
// is at most what one bucket would. A call waits for the store where this node holds
// nothing, for patience at the most, together with all that came meanwhile. While the
// store is away or slower than that, a node goes on with its part of each rate, and tells
// the store later, which is then short of as many tokens.
type Sharing struct {
	o SharingOptions

	mu      sync.Mutex
	pending []*Share // that have a flight which is not under way
	holders []*Share // that have been given something, which they give back if they do not use it
	wake    chan struct{}
	unread  []*Share // of which what was saved is to be read, since the store is away
	read    chan struct{}

	epoch  atomic.Uint64 // odd while the store is away
	counts struct{ asks, given, waited, late, alone, refused atomic.Int64 }
}

// patience is how long a call waits for the store at the most.
const patience = 5 * time.Millisecond

const (
	askers    = 2                      // batches that are on their way at once
	askBatch  = 256                    // asks in one of them
	giveEvery = 500 * time.Millisecond // a share that was not used in so long gives back
)

// NewSharing returns a Sharing, which needs Run to be run.
func NewSharing(o SharingOptions) *Sharing {
	return &Sharing{o: o, wake: make(chan struct{}, askers), read: make(chan struct{}, 1)}
}

// SharingStats are numbers of a Sharing since it began.
type SharingStats struct {
	Asks    int64 // of the store, for one share each
	Given   int64 // tokens
	Waited  int64 // events that waited for the store
	Late    int64 // of them, those for which the store took too long
	Alone   int64 // events that were decided by this node's part alone
	Refused int64 // events that were refused because the store was away
}

// Stats returns what has happened so far.
func (s *Sharing) Stats() SharingStats {
	c := &s.counts
	return SharingStats{c.asks.Load(), c.given.Load(), c.waited.Load(), c.late.Load(), c.alone.Load(), c.refused.Load()}
}

func (s *Sharing) nodes() int {
	if s.o.Nodes == nil {
		return 1
	}
	return max(s.o.Nodes(), 1)
}

// Run asks the store for what is wanted, until ctx ends.
func (s *Sharing) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range askers {
		all.Go(func() { s.runAsker(ctx) })
	}
	all.Go(func() { s.runGiver(ctx) })
	all.Go(func() { s.runReader(ctx) })
	all.Wait()
}

func (s *Sharing) runAsker(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		for batch := s.batch(); len(batch) > 0; batch = s.batch() {
			s.exchange(ctx, batch)
		}
	}
}

// batch takes the shares that are next.
func (s *Sharing) batch() []*Share {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.pending), askBatch)
	batch := append([]*Share(nil), s.pending[:n]...)
	if s.pending = s.pending[n:]; len(s.pending) == 0 {
		s.pending = nil
	}
	return batch
}

// runGiver has shares give back what they hold and do not use, and follows whether the
// store is there.
func (s *Sharing) runGiver(ctx context.Context) {
	tick := time.NewTicker(giveEvery / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.away()
		s.mu.Lock()
		holders := s.holders
		s.holders = nil
		s.mu.Unlock()
		now := time.Now()
		for _, h := range holders {
			h.mu.Lock()
			h.settle = false
			switch {
			case h.flight != nil || now.Sub(h.since) < h.keeps() && !h.set:
				s.revisit(h)
			case h.set:
				if s.revisit(h); !s.away() {
					s.begin(h)
				}
			case now.Before(h.until) && (h.quota || h.held > h.small()): // few tokens come back by themselves
				s.begin(h)
			}
			h.mu.Unlock()
		}
	}
}

// keeps is for how long a share that asks for nothing keeps what it holds.
func (h *Share) keeps() time.Duration {
	if h.quota {
		return 16 * giveEvery
	}
	return giveEvery
}

// revisit has a share looked at again. Its lock is held.
func (s *Sharing) revisit(h *Share) {
	if h.settle {
		return
	}
	h.settle = true
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holders = append(s.holders, h)
}

// begin begins a flight of a share that has none. Its lock is held.
func (s *Sharing) begin(h *Share) {
	h.flight = &flight{done: make(chan struct{})}
	s.mu.Lock()
	s.pending = append(s.pending, h)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // all are awake, or will be
	}
}

// away reports whether the store is away. Each time of being away has a number.
func (s *Sharing) away() bool {
	away := s.o.Exchange.Away()
	if e := s.epoch.Load(); away != (e%2 == 1) {
		s.epoch.CompareAndSwap(e, e+1)
	}
	return away
}

// exchange asks for a batch, and once more for the counts of which the store knows
// nothing, with what was saved of them.
func (s *Sharing) exchange(ctx context.Context, batch []*Share) {
	unknown := s.exchangeOnce(ctx, batch)
	if len(unknown) == 0 {
		return
	}
	ids, periods := make([]string, len(unknown)), make([]Period, len(unknown))
	for i, h := range unknown {
		h.mu.Lock()
		ids[i], periods[i] = h.id, h.period
		h.mu.Unlock()
	}
	saved, err := s.o.Saved(ctx, ids, periods)
	for i, h := range unknown {
		if err == nil {
			h.mu.Lock()
			h.saved = &saved[i]
			h.mu.Unlock()
		} else {
			h.land(time.Now(), &Ask{}, nil, err)
		}
	}
	if err == nil {
		s.exchangeOnce(ctx, unknown)
	}
}

var errFailed = errors.New("the store has no answer for a share")

// exchangeOnce asks for a batch. It returns the counts of which nothing is known, whose
// flights go on.
func (s *Sharing) exchangeOnce(ctx context.Context, batch []*Share) (unknown []*Share) {
	nodes, now := s.nodes(), time.Now()
	asks, of := make([]Ask, 0, len(batch)), make([]*Share, 0, len(batch))
	for _, h := range batch {
		h.mu.Lock()
		if h.quota && !h.known && h.saved == nil && s.o.Saved != nil {
			unknown = append(unknown, h)
		} else {
			asks, of = append(asks, h.ask(now, nodes)), append(of, h)
		}
		h.mu.Unlock()
	}
	if len(asks) == 0 {
		return unknown
	}
	s.counts.asks.Add(int64(len(asks)))
	answers, err := s.o.Exchange.Exchange(ctx, asks)
	for i, h := range of {
		if err != nil {
			h.land(now, &asks[i], nil, err)
			continue
		}
		if answers[i].Failed {
			h.land(now, &asks[i], nil, errFailed)
			continue
		}
		if answers[i].Unknown && asks[i].Saved == nil && s.o.Saved != nil {
			h.mu.Lock()
			h.known = false
			h.mu.Unlock()
			unknown = append(unknown, h)
			continue
		}
		s.counts.given.Add(answers[i].Given)
		h.land(now, &asks[i], &answers[i], nil)
		if answers[i].Given > 0 {
			h.mu.Lock()
			s.revisit(h)
			h.mu.Unlock()
		}
	}
	return unknown
}

// Take implements Limits.
func (s *Sharing) Take(b Bucket, n int, now time.Time) bool {
	h := b.Share
	if h == nil || b.free() || b.Rate.closed() {
		return Local{}.Take(b, n, now)
	}
	h.mu.Lock()
	h.used += int64(n)
	if h.rate != b.Rate || h.level != b.Level {
		h.rate, h.level = b.Rate, b.Level
	}
	if h.takes(int64(n), now) {
		if h.held < h.low && h.flight == nil && !now.Before(h.next) && !s.away() {
			s.begin(h)
		}
		h.mu.Unlock()
		return true
	}
	taken, decided := s.wait(h, int64(n), now)
	h.mu.Unlock()
	if decided {
		return taken
	}
	if s.o.Refuse {
		s.counts.refused.Add(1)
		return false
	}
	s.counts.alone.Add(1)
	return b.Level.take(b.Rate.among(s.nodes()), n, now)
}

// Return implements Limits.
func (s *Sharing) Return(b Bucket, n int) {
	h := b.Share
	if h == nil || b.free() || b.Rate.closed() {
		Local{}.Return(b, n)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held += int64(n)
	h.used = max(h.used-int64(n), 0)
}

// Add implements Limits.
func (s *Sharing) Add(c *Counter, n int64, p Period, now time.Time) bool {
	h := p.Share
	if h == nil {
		return c.add(n, p)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used += n
	h.turn(c, p)
	if h.takes(n, now) {
		if h.held < h.low && h.flight == nil && !now.Before(h.next) && !s.away() {
			s.begin(h)
		}
		return true
	}
	taken, decided := s.wait(h, n, now)
	if decided {
		return taken
	}
	if s.o.Refuse {
		s.counts.refused.Add(1)
		return false
	}
	s.counts.alone.Add(1)
	epoch := s.epoch.Load()
	s.recall(h, epoch)
	return h.addAlone(n, epoch, s.nodes())
}

// Forget forgets what is known of a count in a period, c being this node's part, since
// somebody has set what was saved of it. The store is told of that, soon or when it is
// there again.
func (s *Sharing) Forget(h *Share, c *Counter, p Period) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn(c, p)
	h.known, h.told, h.saved, h.held, h.next, h.lone, h.set = false, false, nil, 0, time.Time{}, 0, true
	s.revisit(h)
	if h.flight == nil && !s.away() {
		s.begin(h)
	}
}

// Counted returns what all nodes have counted in a period, c being this node's part,
// without the base, as far as the store has been told. It asks the store and waits for
// that until ctx ends; it reports false where the store has nothing to say.
func (s *Sharing) Counted(ctx context.Context, h *Share, c *Counter, p Period) (int64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn(c, p)
	for range 3 { // one that is on its way may be older than the question
		if s.away() {
			return 0, false
		}
		if h.flight == nil {
			s.begin(h)
		}
		f, late := h.flight, h.flight.sent
		h.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
		}
		h.mu.Lock()
		if ctx.Err() != nil || f.err != nil {
			return 0, false
		}
		if !late && h.known && h.period.Number == p.Number {
			return h.counted, true
		}
	}
	return 0, false
}

// turn begins a period, of which nothing is known yet. The lock is held.
func (h *Share) turn(c *Counter, p Period) {
	if h.counter != c || p.Number > h.period.Number {
		if h.period.Number != 0 {
			h.others = 0
		}
		h.counter, h.known, h.told, h.saved, h.held, h.next, h.lone = c, false, false, nil, 0, time.Time{}, 0
		h.period.Number = p.Number
		c.add(0, Period{Number: p.Number, Most: Unbounded})
	}
	h.period.Most, h.period.First = p.Most, p.First
}

// addAlone counts on what this node knows, up to its part of what was left when the store
// went away. The lock is held.
func (h *Share) addAlone(n int64, epoch uint64, nodes int) bool {
	own := Period{Number: h.period.Number, Most: Unbounded}
	total := h.others + h.counter.Count(own)
	if h.lone != epoch+1 {
		left := max(h.period.Most-total, 0)
		h.lone, h.alone = epoch+1, total+(left+int64(nodes)-1)/int64(nodes)
	}
	if total+n > min(h.alone, h.period.Most) {
		return false
	}
	return h.counter.add(n, own)
}

// wait has a share that holds too little ask for more, and waits for that. It reports
// false for decided where the store has nothing to say. The lock is held, but not while
// it waits.
func (s *Sharing) wait(h *Share, n int64, now time.Time) (taken, decided bool) {
	var end *time.Timer
	for {
		if s.away() {
			return false, false
		}
		if h.flight == nil {
			if now.Before(h.next) {
				return false, true
			}
			s.begin(h)
		}
		f, counted := h.flight, !h.flight.sent
		if counted {
			f.need += n
		}
		if end == nil {
			end = time.NewTimer(patience)
			defer end.Stop()
			s.counts.waited.Add(1)
		}
		h.mu.Unlock()
		late := false
		select {
		case <-f.done:
		case <-end.C:
			late = true
		}
		h.mu.Lock()
		now = time.Now()
		switch {
		case h.takes(n, now):
			return true, true
		case late:
			s.counts.late.Add(1)
			return false, false
		case f.err != nil:
			return false, false
		case counted && now.Before(h.next):
			return false, true
		}
	}
}
