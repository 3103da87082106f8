// Package limit bounds how often something may happen: token buckets, later
// quotas. Buckets are local to the process.
package limit

import (
	"math"
	"sync/atomic"
	"time"
)

// A Bucket is a token bucket: it holds burst tokens, gets rate of them a
// second, and every event takes one. It is safe for concurrent use and never
// blocks.
//
// The state is one number, the time at which the bucket will be full again
// (the generic cell rate algorithm): that time less now, divided by the time
// that a token takes to come, is how many tokens are missing.
type Bucket struct {
	perToken int64 // nanoseconds; 0 for a rate of 0
	depth    int64 // nanoseconds that burst tokens take to come
	full     atomic.Int64
}

// NewBucket returns a full bucket. A rate or a burst of 0 or less lets nothing
// through, except that a negative one, AWS's way of saying so, is no bound:
// then the result is nil, which allows everything.
func NewBucket(rate float64, burst int) *Bucket {
	if rate < 0 || burst < 0 {
		return nil
	}
	b := new(Bucket)
	if rate > 0 && burst > 0 {
		b.perToken = max(int64(float64(time.Second)/rate), 1)
		b.depth = int64(math.Min(float64(b.perToken)*float64(burst), math.MaxInt64/4))
	}
	return b
}

// Allow takes a token and reports whether there was one.
func (b *Bucket) Allow(now time.Time) bool {
	if b == nil {
		return true
	}
	if b.perToken == 0 {
		return false
	}
	t := now.UnixNano()
	for {
		full := b.full.Load()
		next := max(full, t) + b.perToken
		if next-t > b.depth {
			return false
		}
		if b.full.CompareAndSwap(full, next) {
			return true
		}
	}
}
