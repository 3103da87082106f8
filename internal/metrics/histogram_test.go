package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/testing/protocmp"
)

// durations are where buckets begin and end, and some from everywhere between.
func durations() []time.Duration {
	list := []time.Duration{0, 1, 7629, 7630, 7631, time.Hour}
	for _, b := range bounds {
		list = append(list, b-1, b, b+1)
	}
	for exp := lowest; exp < highest; exp++ {
		list = append(list, time.Duration(math.Exp2(float64(exp))*1e9), time.Duration(math.Exp2(float64(exp)+0.125)*1e9))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		list = append(list, time.Duration(math.Exp2(random.Float64()*float64(highest-lowest)+lowest)*1e9))
	}
	return list
}

// nativeBuckets takes the native buckets out of a histogram and lists those that have
// something by their index: runs may have empty buckets in them.
func nativeBuckets(h *dto.Histogram) map[int32]int64 {
	out := make(map[int32]int64)
	at, n, next := int32(0), int64(0), 0
	for _, run := range h.PositiveSpan {
		at += run.GetOffset()
		for range run.GetLength() {
			if n += h.PositiveDelta[next]; n != 0 {
				out[at] = n
			}
			at++
			next++
		}
	}
	h.PositiveSpan, h.PositiveDelta = nil, nil
	return out
}

// TestHistogram compares the buckets with those of Prometheus's own histogram.
func TestHistogram(t *testing.T) {
	classic := make([]float64, 0, len(bounds))
	for _, b := range bounds {
		classic = append(classic, b.Seconds())
	}
	judge := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "h", Buckets: classic, NativeHistogramBucketFactor: 1.1, NativeHistogramZeroThreshold: math.Exp2(lowest), NativeHistogramMaxBucketNumber: 10_000,
	})
	ours := new(Histogram)
	compare := func(after string) {
		t.Helper()
		var want dto.Metric
		if err := judge.Write(&want); err != nil {
			t.Fatal(err)
		}
		want.Histogram.CreatedTimestamp = nil
		got := ours.read()
		if math.Abs(got.GetSampleSum()-want.Histogram.GetSampleSum()) > 1e-6*want.Histogram.GetSampleSum() {
			t.Errorf("%s: the sum is %v, want %v", after, got.GetSampleSum(), want.Histogram.GetSampleSum())
		}
		got.SampleSum, want.Histogram.SampleSum = nil, nil
		if diff := cmp.Diff(nativeBuckets(want.Histogram), nativeBuckets(got)); diff != "" {
			t.Fatalf("%s: want -, got +:\n%s", after, diff)
		}
		if diff := cmp.Diff(want.Histogram, got, protocmp.Transform()); diff != "" {
			t.Fatalf("%s: want -, got +:\n%s", after, diff)
		}
	}
	compare("nothing")
	for i, d := range durations() {
		judge.Observe(d.Seconds())
		ours.Observe(d)
		if i < 200 {
			compare(d.String())
		}
	}
	compare("all")
}

// TestHistogramEnds has what lies beyond the buckets.
func TestHistogramEnds(t *testing.T) {
	h := new(Histogram)
	h.Observe(-time.Second)
	h.Observe(math.MaxInt64)
	got := h.read()
	if got.GetSampleCount() != 2 || got.GetZeroCount() != 1 || len(got.PositiveSpan) != 1 || got.PositiveSpan[0].GetOffset() != highest*perOctave {
		t.Errorf("got %v", got)
	}
}
