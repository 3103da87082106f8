package limit

import (
	"sync"
	"time"
)

// A Rate bounds events: Burst at once, and PerSecond of them in the long run.
// When either is 0, nothing may happen; when either is negative, AWS says that
// there is no bound.
type Rate struct {
	PerSecond float64
	Burst     int
}

// AWSDefault is AWS's throttle of an account in a region, and what a throttle has
// that sets only one of its bounds for the other.
func AWSDefault() Rate { return Rate{10000, 5000} }

// bounds reports whether r is a bound.
func (r Rate) bounds() bool { return r.PerSecond >= 0 && r.Burst >= 0 }

// closed reports whether r lets nothing happen.
func (r Rate) closed() bool { return r.PerSecond == 0 || r.Burst == 0 }

// A Bucket is a token bucket: a level under a rate. It holds Burst tokens, gets
// PerSecond of them a second, and every event takes one. All buckets of one level
// share its tokens, whatever their rates. The zero Bucket bounds nothing.
type Bucket struct {
	Rate  Rate
	Level *Level // nil bounds nothing
	Share *Share // of the tokens, where nodes share them; nil where they do not
}

// free reports whether a bucket bounds nothing.
func (b Bucket) free() bool { return b.Level == nil || !b.Rate.bounds() }

// A Level is how many tokens there are for what is limited. The zero Level is
// full, whatever rate it is first used under. It is safe for concurrent use.
type Level struct {
	mu     sync.Mutex
	rate   Rate // that tokens are reckoned under; the zero Rate before the first
	tokens float64
	at     time.Time // whose monotonic part counts: a clock that is set changes nothing
}

// Adopt goes on under another rate. What was full stays so, what was empty too,
// and anything between keeps its share: no change of a limit fills a bucket. A rate
// that is no bound, or lets nothing happen, leaves the tokens for another to come,
// and a level that was not used yet stays full.
func (l *Level) Adopt(rate Rate, now time.Time) {
	if !rate.bounds() || rate.closed() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate != (Rate{}) {
		l.fill(now)
		l.adopt(rate)
	}
}

// take takes n tokens, all or none. It costs no allocation.
func (l *Level) take(rate Rate, n int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == (Rate{}) {
		l.rate, l.tokens, l.at = rate, float64(rate.Burst), now
	}
	l.fill(now)
	l.adopt(rate)
	const short = 1e-9 // sums of parts may miss a token by so little
	if l.tokens < float64(n)-short {
		return false
	}
	l.tokens = max(l.tokens-float64(n), 0)
	return true
}

// give gives n tokens back.
func (l *Level) give(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = min(l.tokens+float64(n), float64(l.rate.Burst))
}

// fill adds the tokens that have come. Events that were later noted first add
// nothing.
func (l *Level) fill(now time.Time) {
	if passed := now.Sub(l.at); passed > 0 {
		l.tokens = min(l.tokens+l.rate.PerSecond*passed.Seconds(), float64(l.rate.Burst))
		l.at = now
	}
}

// adopt is Adopt for a level that was used.
func (l *Level) adopt(rate Rate) {
	if l.rate != rate {
		l.tokens *= float64(rate.Burst) / float64(l.rate.Burst)
		l.rate = rate
	}
}
