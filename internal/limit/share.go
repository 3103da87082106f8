package limit

import (
	"math"
	"sync"
	"time"
)

// A Share is the part that this node has of tokens, or of a count, that nodes share. It
// holds tokens that the others cannot take: it was given them for a short time. It is
// safe for concurrent use.
type Share struct {
	id    string
	quota bool

	mu    sync.Mutex
	held  int64     // tokens
	until time.Time // from when on it does not hold them any more
	low   int64     // with less than this more are asked for, while calls go on

	used  int64     // tokens that were wanted since the last ask, whether they were there or not
	since time.Time // the last ask
	pace  float64   // tokens that are wanted a second
	short bool      // there was less than was needed
	next  time.Time // nothing is asked for before
	level *Level    // that is taken from while the store is away
	rate  Rate

	flight *flight
	settle bool // it is among those that are looked at again
	set    bool // somebody has set the count, which the store has to be told

	// Of a count:
	counter  *Counter
	period   Period
	others   int64         // what was counted elsewhere, as far as is known
	counted  int64         // by all nodes, without the base, as far as is known
	alone    int64         // up to which total this node counts while the store is away
	lone     uint64        // the time of being away that alone is of
	known    bool          // the store knows what was saved
	told     bool          // others was found out in this period, if not now
	reading  chan struct{} // closed when what was saved has been read; nil while nobody reads it
	again    time.Time     // it is not read before
	recalled uint64        // the time of being away in which it was read, one more
	saved    *Saved        // that it is told; nil where it need not be
}

// A flight is an ask that is on its way.
type flight struct {
	need int64   // of who waits for it
	sent bool    // who comes now waits for the next
	debt float64 // of the level, that is told
	done chan struct{}
	err  error
}

// NewShare returns this node's part of the tokens of an id.
func NewShare(id string) *Share { return &Share{id: id} }

// NewCountShare returns this node's part of a count by an id. others is what was counted
// elsewhere, as far as it is known.
func NewCountShare(id string, others int64) *Share {
	return &Share{id: id, quota: true, others: others}
}

// Others returns what was counted elsewhere in a period, as far as is known.
func (h *Share) Others(p Period) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.period.Number != 0 && h.period.Number < p.Number {
		return 0
	}
	return h.others
}

// Lease is how long tokens that were given are held. A node gives back before what it
// does not need, and one that dies, or does not run for a time, has none left.
const Lease = 2 * time.Second

// horizon is for how long a node asks for tokens at a time, as far as they are there, and
// low is for how long those have to last that are left when it asks again.
const (
	horizon = time.Second
	longer  = 5 * time.Second // of counts, which others need less soon
	lowTime = 20 * time.Millisecond
	smooth  = 200 * time.Millisecond
)

// takes takes tokens that are held. The lock is held.
func (h *Share) takes(n int64, now time.Time) bool {
	if h.held < n || !now.Before(h.until) {
		return false
	}
	h.held -= n
	if h.quota {
		h.counter.add(n, Period{Number: h.period.Number, Most: Unbounded})
	}
	return true
}

// ahead is how many tokens will be used soon. The lock is held.
func (h *Share) ahead() int64 {
	if h.quota {
		return max(int64(h.pace*longer.Seconds()), h.small())
	}
	return max(int64(h.pace*horizon.Seconds()), h.small())
}

// small is how many tokens are so few of all that a node may have them ahead however
// seldom it needs one: fewer questions are worth it. The lock is held.
func (h *Share) small() int64 {
	const most = 16
	if h.quota {
		return min(most, max(h.period.Most/1000, 0))
	}
	return int64(min(most, h.rate.Burst/100))
}

// measure reckons how many tokens are wanted a second. The lock is held.
func (h *Share) measure(now time.Time) {
	const longest = time.Minute
	passed := min(max(now.Sub(h.since), 0), longest)
	h.pace = (h.pace*smooth.Seconds() + float64(h.used)) / (smooth + passed).Seconds()
	if h.since.IsZero() {
		h.pace = 0
	}
	h.used, h.since = 0, now
}

// ask is what is asked for of the share now. It begins the flight: who comes from now on
// is not counted in it. The lock is held.
func (h *Share) ask(now time.Time, nodes int) Ask {
	h.measure(now)
	h.flight.sent = true
	if !now.Before(h.until) {
		h.held = 0
	}
	surplus := int64(0) // that is given back
	if h.flight.need == 0 {
		surplus = max(h.held-int64(h.pace*horizon.Seconds()), 0)
		h.held -= surplus
	}
	a := Ask{ID: h.id, Held: h.held, Need: h.flight.need, Nodes: nodes}
	if surplus == 0 && !h.set {
		a.Extra = max(h.ahead()-h.held-a.Need, 0)
	}
	if h.short { // what comes is gone at once: who is refused now stands for who comes soon
		a.Need = max(a.Need, min(int64(h.pace*h.wait().Seconds()), int64(math.Ceil(h.rate.PerSecond*h.wait().Seconds()))))
	}
	if h.quota {
		a.Period, a.Count, a.Saved = h.period, h.counter.Count(Period{Number: h.period.Number}), h.saved
		return a
	}
	a.Rate = h.rate
	if h.level != nil {
		h.flight.debt = h.level.debt(h.rate.among(nodes), now)
	}
	a.Debt = h.flight.debt - float64(surplus)
	return a
}

// longestWait is for how long a node refuses at the most, before it asks again.
const longestWait = 100 * time.Millisecond

// wait is for how long nothing is asked for where there was too little: a part of the
// time in which the bucket fills, within bounds. The lock is held.
func (h *Share) wait() time.Duration {
	if h.quota {
		return longestWait
	}
	fills := time.Duration(float64(h.rate.Burst) / h.rate.PerSecond / 2 * float64(time.Second))
	return min(max(fills, time.Millisecond), 10*time.Millisecond)
}

// land takes what an ask has brought. asked is when it was made: what was given is held
// from then on, so that this node ends it before the store does.
func (h *Share) land(asked time.Time, a *Ask, got *Answer, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.flight
	h.flight = nil
	defer close(f.done)
	if f.err = err; err != nil {
		h.known = false // what is set meanwhile is found in what was saved
		return
	}
	if h.quota && !h.landCount(a, got) {
		return
	}
	if f.debt > 0 {
		h.level.pay(f.debt)
	}
	h.until = asked.Add(Lease)
	if h.quota { // which count as used until this node says that they are not
		h.until = asked.Add(5 * Lease)
	}
	h.held += got.Given
	h.low = min(got.Given/2, max(int64(h.pace*lowTime.Seconds()), 1)) // from the last one on, so that no call waits
	if h.short = got.Given < a.Need; h.short {
		wait := h.wait()
		if !h.quota {
			wait = min(max(wait, time.Duration((1-got.Left)/h.rate.PerSecond*float64(time.Second))), longestWait)
		}
		h.next = time.Now().Add(wait)
	}
}

// landCount takes what is known of a count. It reports false for an answer that is of
// no use: of a period that is over, or of a count that was set meanwhile.
func (h *Share) landCount(a *Ask, got *Answer) bool {
	if a.Period.Number != h.period.Number {
		return false
	}
	if got.Unknown {
		h.known = false
		return false
	}
	if a.Saved == nil && !h.known {
		return false // it was forgotten while the ask was on its way
	}
	h.known, h.told, h.saved, h.set = true, true, nil, false
	if missing := got.Count - a.Count; missing > 0 { // a process before this one has counted and not saved
		h.counter.add(missing, Period{Number: h.period.Number, Most: Unbounded})
	}
	h.others, h.counted = got.Total-max(got.Count, a.Count), got.Counted
	return true
}

// among is the part of a rate that each of some nodes has.
func (r Rate) among(nodes int) Rate {
	if nodes <= 1 || !r.bounds() || r.closed() {
		return r
	}
	return Rate{r.PerSecond / float64(nodes), max(r.Burst/nodes, 1)}
}

// debt is how many tokens of a rate were taken and have not come back yet.
func (l *Level) debt(rate Rate, now time.Time) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == (Rate{}) {
		return 0
	}
	l.fill(now)
	l.adopt(rate)
	return max(float64(rate.Burst)-l.tokens, 0)
}

// pay gives back tokens that were taken, as the others know of them now.
func (l *Level) pay(tokens float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = min(l.tokens+tokens, float64(l.rate.Burst))
}
