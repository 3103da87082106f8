// Package limit bounds how often something may happen, with token buckets, and how
// many times, with counters of periods.
package limit

import "time"

// Limits says whether something may happen once more. Levels and counters are what
// this process knows of the tokens and counts; Local, which needs no more than them,
// is the one implementation.
//
// No call waits for another process. An implementation that shares tokens and
// counts between processes answers from the part of them that this one holds, and
// asks for more of them, and tells what was counted, beside the calls. What it
// promises while the shared store is away: a process goes on with the part of each
// rate that it had, so that all of them together let through no more than the rate;
// and it counts what it lets through on the last count that it knew, so that a
// bound can be passed by what the others have counted since, and by no more. Nothing
// that was counted is lost: it is told when the store is back.
type Limits interface {
	// Take takes n tokens from a bucket, all of them or none, and reports whether
	// they were there. now is when the event came, as time.Now returned it.
	Take(b Bucket, n int, now time.Time) bool

	// Return gives back n tokens that were taken for an event which something else
	// has refused. The bucket never holds more than its burst.
	Return(b Bucket, n int)

	// Add adds n to a counter unless the sum would be above the period's bound, and
	// reports whether it did. The bound is exact, however many add at once.
	Add(c *Counter, n int64, p Period) bool
}

// Local is Limits of one process alone. A Registry is one, too.
type Local struct{}

// Take implements Limits. It costs no allocation.
func (Local) Take(b Bucket, n int, now time.Time) bool {
	return b.free() || !b.Rate.closed() && b.Level.take(b.Rate, n, now)
}

// Return implements Limits.
func (Local) Return(b Bucket, n int) {
	if !b.free() && !b.Rate.closed() {
		b.Level.give(n)
	}
}

// Add implements Limits.
func (Local) Add(c *Counter, n int64, p Period) bool { return c.add(n, p) }
