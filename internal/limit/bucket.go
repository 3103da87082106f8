// Package limit bounds how often something may happen, with token buckets that are
// local to the process.
package limit

import (
	"sync"
	"time"
)

// A Rate bounds events: Burst at once, and PerSecond of them in the long run.
// When either is 0, nothing may happen.
type Rate struct {
	PerSecond float64
	Burst     int
}

// bounds reports whether r is a bound: AWS says with a negative number that
// there is none.
func (r Rate) bounds() bool { return r.PerSecond >= 0 && r.Burst >= 0 }

// closed reports whether r lets nothing happen.
func (r Rate) closed() bool { return r.PerSecond == 0 || r.Burst == 0 }

// A Bucket is a token bucket under a rate: it holds Burst tokens, gets PerSecond
// of them a second, and every event takes one. The tokens are the registry's:
// all buckets of one key share them, whatever their rates. It is safe for
// concurrent use; a nil Bucket bounds nothing.
type Bucket struct {
	rate  Rate
	level *level // nil when nothing may happen
}

// A level is how many tokens there are for one key.
type level struct {
	epoch time.Time // of at; a time that is measured from it is not changed by a clock that is set

	mu     sync.Mutex
	rate   Rate // that tokens are reckoned under; the zero Rate before the first
	tokens float64
	at     time.Duration
}

// Take takes a token and reports whether there was one. It costs no allocation.
func (b *Bucket) Take(now time.Time) bool {
	if b == nil {
		return true
	}
	if b.level == nil {
		return false
	}
	l := b.level
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fill(now)
	l.adopt(b.rate)
	const whole = 1 - 1e-9 // sums of parts may miss 1 by so little
	if l.tokens < whole {
		return false
	}
	l.tokens = max(l.tokens-1, 0)
	return true
}

// fill adds the tokens that have come. Events that were later noted first add
// nothing.
func (l *level) fill(now time.Time) {
	at := now.Sub(l.epoch)
	if passed := at - l.at; passed > 0 {
		l.tokens = min(l.tokens+l.rate.PerSecond*passed.Seconds(), float64(l.rate.Burst))
		l.at = at
	}
}

// adopt goes on under another rate. What was full stays so, what was empty too,
// and anything between keeps its share.
func (l *level) adopt(rate Rate) {
	switch {
	case l.rate == rate:
		return
	case l.rate == Rate{}:
		l.tokens = float64(rate.Burst)
	default:
		l.tokens *= float64(rate.Burst) / float64(l.rate.Burst)
	}
	l.rate = rate
}
