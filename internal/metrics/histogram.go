package metrics

import (
	"math"
	"sync/atomic"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// bounds are the upper bounds of the classic buckets: from what a gateway adds to a call
// by itself to beyond the longest time that an integration has by default.
var bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// The native buckets: 8 to an octave, so that the error of a quantile is 4.5 % at the
// most, from 2^lowest to 2^highest seconds, 7.6 µs to 68 minutes. Shorter times are in the zero
// bucket, longer ones in the last.
const (
	schema    = 3
	perOctave = 1 << schema
	lowest    = -17
	highest   = 12
	native    = (highest - lowest) * perOctave
)

// octave has the upper bounds of the native buckets within an octave, for fractions
// from 0.5 up to 1.
var octave = func() (list [perOctave]float64) {
	for i := range list {
		list[i] = math.Exp2(float64(i)/perOctave - 1)
	}
	return list
}()

// A Histogram counts durations, in classic and native buckets at once. The zero
// Histogram is ready. It is safe for concurrent use; Observe takes no lock and no
// memory.
type Histogram struct {
	sum     atomic.Int64 // nanoseconds
	classic [len(bounds)]atomic.Uint64
	zero    atomic.Uint64
	native  [native]atomic.Uint64
}

// Observe counts a duration; one below 0, which a clock that was set can make, counts
// as 0.
func (h *Histogram) Observe(d time.Duration) {
	d = max(d, 0)
	h.sum.Add(int64(d))
	if at := bucketOf(d); at < 0 {
		h.zero.Add(1)
	} else {
		h.native[at].Add(1)
	}
	for i := range bounds { // behind the native buckets: see read
		if d <= bounds[i] {
			h.classic[i].Add(1)
			break
		}
	}
}

// bucketOf returns the native bucket of a duration, below 0 for the zero bucket. Bucket
// 0 is the one above 2^lowest seconds.
func bucketOf(d time.Duration) int {
	if d == 0 {
		return -1
	}
	frac, exp := math.Frexp(d.Seconds())
	within := 0
	for within < perOctave && octave[within] < frac {
		within++
	}
	return min(within+(exp-1-lowest)*perOctave-1, native-1)
}

// read returns the histogram as it is now. The native buckets say how many observations
// there are. An observation under way is in them before it is in the classic ones, which
// are read first: so none of these has more than all, and no number ever goes back,
// which Prometheus would take for a restart.
func (h *Histogram) read() *dto.Histogram {
	out := &dto.Histogram{Bucket: make([]*dto.Bucket, 0, len(bounds))}
	below := uint64(0)
	for i := range bounds {
		below += h.classic[i].Load()
		out.Bucket = append(out.Bucket, &dto.Bucket{CumulativeCount: new(below), UpperBound: new(bounds[i].Seconds())})
	}
	out.SampleCount = new(h.readNative(out))
	out.SampleSum = new(time.Duration(h.sum.Load()).Seconds())
	return out
}

// readNative adds the native buckets, and returns how many observations they have: runs
// of those that have some, and of each bucket the difference to the one before.
func (h *Histogram) readNative(out *dto.Histogram) (count uint64) {
	count = h.zero.Load()
	out.Schema, out.ZeroThreshold, out.ZeroCount = new(int32(schema)), new(math.Exp2(lowest)), new(count)
	next, before := -lowest*perOctave-1, int64(0) // the bucket behind the last run; at first the one from which Prometheus counts
	for i := range h.native {
		n := h.native[i].Load()
		if n == 0 {
			continue
		}
		count += n
		if runs := len(out.PositiveSpan); runs > 0 && i == next {
			*out.PositiveSpan[runs-1].Length++
		} else {
			out.PositiveSpan = append(out.PositiveSpan, &dto.BucketSpan{Offset: new(int32(i - next)), Length: new(uint32(1))})
		}
		out.PositiveDelta = append(out.PositiveDelta, int64(n)-before)
		next, before = i+1, int64(n)
	}
	return count
}
