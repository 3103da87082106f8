// Package limit bounds how often something may happen, with token buckets, and how
// many times, with counters of periods.
package limit

import "time"

// Limits says whether something may happen once more. Levels and counters are what
// this process knows of the tokens and counts. Local needs no more than them; Sharing
// has them in common with other processes.
//
// A Sharing answers from the part of tokens and counts that this process holds, and asks
// for more of them, and tells what was counted, beside the calls. Where it holds nothing a
// call waits for the shared store, for some milliseconds at the most. While the store is
// away a process goes on with its part of each rate, so that all of them together let
// through no more than the rate, and with its part of what was left of a count when it
// knew that last. Nothing that was counted is lost: it is told when the store is back.
type Limits interface {
	// Take takes n tokens from a bucket, all of them or none, and reports whether
	// they were there. now is when the event came, as time.Now returned it.
	Take(b Bucket, n int, now time.Time) bool

	// Return gives back n tokens that were taken for an event which something else
	// has refused. The bucket never holds more than its burst.
	Return(b Bucket, n int)

	// Add adds n to a counter unless the sum would be above the period's bound, and
	// reports whether it did. The bound is exact, however many add at once. now is when
	// the event came.
	Add(c *Counter, n int64, p Period, now time.Time) bool
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
func (Local) Add(c *Counter, n int64, p Period, _ time.Time) bool { return c.add(n, p) }
