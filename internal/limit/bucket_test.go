package limit

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	tests := map[string]struct {
		rate  float64
		burst int
		at    []time.Duration // of each event after the start
		want  string          // one letter an event: y or n
	}{
		"burst, then nothing":       {10, 3, []time.Duration{0, 0, 0, 0}, "yyyn"},
		"a token comes back":        {10, 3, []time.Duration{0, 0, 0, 0, 99 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond}, "yyynnyn"},
		"it never holds more":       {10, 2, []time.Duration{time.Hour, time.Hour, time.Hour}, "yyn"},
		"less than one a second":    {0.5, 1, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}, "ynyn"},
		"rate of 0":                 {0, 5, []time.Duration{0}, "n"},
		"burst of 0":                {5, 0, []time.Duration{0}, "n"},
		"negative is no bound":      {-1, -1, []time.Duration{0, 0}, "yy"},
		"refusals take no tokens":   {10, 1, []time.Duration{0, 0, 0, 100 * time.Millisecond}, "ynny"},
		"a clock that goes back":    {10, 2, []time.Duration{time.Second, 0, 0}, "ynn"},
		"huge numbers do not wrap":  {1e-9, 1 << 30, []time.Duration{0, 0}, "yy"},
		"a million a second passes": {1e6, 1, []time.Duration{0, time.Microsecond, 2 * time.Microsecond}, "yyy"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := NewBucket(tt.rate, tt.burst)
			got := ""
			for _, d := range tt.at {
				got += map[bool]string{true: "y", false: "n"}[b.Allow(start.Add(d))]
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestBucketConcurrently(t *testing.T) {
	b := NewBucket(1, 1000)
	now := time.Now()
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if b.Allow(now) {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := passed.Load(); n != 1000 {
		t.Errorf("%d passed, want 1000", n)
	}
}

func BenchmarkAllow(b *testing.B) {
	bucket := NewBucket(1e9, 1<<30)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		bucket.Allow(now)
	}
}
