package otlp

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Share is the part of the calls that is sampled beyond the first of each second, as
// X-Ray's default rule has it (documented).
const Share = 0.05

// A Sampler draws the calls that are traced: the first of each second, and Share of the
// others. The zero Sampler is ready. It is safe for concurrent use and takes no lock.
type Sampler struct {
	second atomic.Int64 // of the last call that was drawn for being the first
	draw   func() float64
}

// Sample reports whether a call that came at a time is drawn. Calls come a little out of
// order; one that is more than a second behind the last says that the clock was set back.
func (s *Sampler) Sample(now time.Time) bool {
	second := now.Unix()
	if last := s.second.Load(); (last < second || second < last-1) && s.second.CompareAndSwap(last, second) {
		return true
	}
	if s.draw != nil {
		return s.draw() < Share
	}
	return rand.Float64() < Share
}
