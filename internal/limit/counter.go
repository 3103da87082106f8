package limit

import (
	"math"
	"sync/atomic"
)

// A Counter counts events of one period at a time: the first one of a later period
// begins at 0. The zero Counter has counted nothing. It is safe for concurrent use.
type Counter struct {
	word atomic.Uint64 // period above countBits, count below
}

// A count has 48 bits and a sign; a period, 16.
const (
	countBits = 48
	maxPeriod = 1<<(64-countBits) - 1

	// MaxCount is the highest count; none is below -MaxCount.
	MaxCount = 1<<(countBits-1) - 1
)

// A Period is what a counter counts in.
type Period struct {
	// Number tells periods apart and grows with time; it is above 0 and below 65,536.
	// A counter that has seen a later period counts on in that.
	Number int

	// First is what counts as counted already in the first period that a counter sees.
	First int64

	// Most is the highest count that there may be.
	Most int64

	// Share is this node's part of the count, where nodes share it; nil where they do not.
	// The counter has what this node has counted then.
	Share *Share
}

// Unbounded is the Most of a period in which everything is counted.
const Unbounded = math.MaxInt64

func pack(period int, count int64) uint64 {
	period, count = min(max(period, 0), maxPeriod), min(max(count, -MaxCount), MaxCount)
	return uint64(period)<<countBits | uint64(count)&(1<<countBits-1)
}

func unpack(word uint64) (period int, count int64) {
	return int(word >> countBits), int64(word<<(64-countBits)) >> (64 - countBits)
}

// add implements Limits.Add. A refusal begins the first period, too, which there
// would else be no second of.
func (c *Counter) add(n int64, p Period) bool {
	for {
		word := c.word.Load()
		period, count := p.at(word)
		fits := count+n <= p.Most && count+n <= MaxCount
		if fits {
			count += n
		}
		if !fits && word != 0 || c.word.CompareAndSwap(word, pack(period, count)) {
			return fits
		}
	}
}

// at returns the period that a counter counts in when p has come, and its count.
func (p Period) at(word uint64) (period int, count int64) {
	period, count = unpack(word)
	switch {
	case period == 0:
		return p.Number, p.First
	case p.Number > period:
		return p.Number, 0
	}
	return period, count
}

// Count returns what has been counted when a period has come.
func (c *Counter) Count(p Period) int64 {
	_, count := p.at(c.word.Load())
	return count
}

// State returns the period that is counted in, 0 for none, and its count.
func (c *Counter) State() (period int, count int64) { return unpack(c.word.Load()) }

// Set makes count what has been counted in a period.
func (c *Counter) Set(period int, count int64) { c.word.Store(pack(period, count)) }

// Move makes count what has been counted in a period, unless something was counted
// since State returned before and was. It reports whether it did.
func (c *Counter) Move(before int, was int64, period int, count int64) bool {
	return c.word.CompareAndSwap(pack(before, was), pack(period, count))
}

// Turn begins a period at 0, unless the counter is in it or in a later one. It
// returns what was counted in the one before, whose number is 0 for none, and
// reports whether it began one.
func (c *Counter) Turn(to int) (period int, count int64, turned bool) {
	for {
		word := c.word.Load()
		if period, count = unpack(word); period >= to {
			return period, count, false
		}
		if c.word.CompareAndSwap(word, pack(to, 0)) {
			return period, count, true
		}
	}
}
