package limit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

var stage = OwnerStage("abc", "prod")

// start is when the events of a test begin.
var start = time.Now()

// bucket returns a full bucket of a method.
func bucket(r *Registry, name string, rate float64, burst int) Bucket {
	return r.Buckets(stage, map[string]Rate{name: {rate, burst}}, start)[name]
}

func TestBucket(t *testing.T) {
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
		"noted late":                {10, 2, []time.Duration{time.Second, 0, 0}, "yyn"},
		"huge numbers do not wrap":  {1e-9, 1 << 30, []time.Duration{0, 0}, "yy"},
		"a million a second passes": {1e6, 1, []time.Duration{0, time.Microsecond, 2 * time.Microsecond}, "yyy"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := NewRegistry()
			b := bucket(r, "m", tt.rate, tt.burst)
			got := ""
			for _, d := range tt.at {
				got += map[bool]string{true: "y", false: "n"}[r.Take(b, 1, start.Add(d))]
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// setBack is now as time.Now returns it when the clock has been set back.
func setBack(now time.Time, by time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&now)) -= uint64(by/time.Second) << 30 // the seconds of the clock stand above its nanoseconds
	return now
}

// A clock that is set changes nothing, in either direction.
func TestClockIsSet(t *testing.T) {
	r := NewRegistry()
	now := time.Now()
	if back := setBack(now, time.Hour); now.Unix()-back.Unix() != 3600 || now.Sub(back) != 0 {
		t.Fatalf("%v set back is %v", now, back)
	}
	b := bucket(r, "m", 1, 2)
	for i, want := range []bool{true, false, true, false} {
		at := now
		switch {
		case i == 0:
			r.Take(b, 1, now)
		case i >= 2:
			at = setBack(now.Add(time.Second), time.Hour)
		}
		if got := r.Take(b, 1, at); got != want {
			t.Errorf("take %d: %v, want %v", i, got, want)
		}
	}
}

// However many ask, and however often the limit is set anew meanwhile, what
// passes between any two moments is at most burst + rate × time + 1, and no
// token that had come is kept back.
func TestRateHolds(t *testing.T) {
	for _, rate := range []Rate{{50, 10}, {3, 1}, {333.3, 100}, {0.7, 5}} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, start := NewRegistry(), time.Now()
				b := bucket(r, "m", rate.PerSecond, rate.Burst)
				const clients, lasts = 64, 10 * time.Second
				var mu sync.Mutex
				var passed []time.Duration
				var wg sync.WaitGroup
				for i := range clients {
					random := rand.New(rand.NewPCG(1, uint64(i)))
					wg.Go(func() {
						b := b
						for time.Since(start) < lasts {
							if random.IntN(20) == 0 {
								b = r.Buckets(stage, map[string]Rate{"m": rate}, time.Now())["m"]
							}
							now := time.Now()
							if r.Take(b, 1, now) {
								mu.Lock()
								passed = append(passed, now.Sub(start))
								mu.Unlock()
							}
							time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
						}
					})
				}
				wg.Wait()
				slices.Sort(passed)
				for i := range passed {
					for j := i; j < len(passed); j++ {
						most := float64(rate.Burst) + rate.PerSecond*(passed[j]-passed[i]).Seconds() + 1
						if n := j - i + 1; float64(n) > most {
							t.Fatalf("%d passed between %v and %v, want %.1f at most", n, passed[i], passed[j], most)
						}
					}
				}
				if least := float64(rate.Burst) + rate.PerSecond*(lasts-100*time.Millisecond).Seconds() - 2; float64(len(passed)) < least {
					t.Errorf("%d passed, want %.1f at least", len(passed), least)
				}
			})
		})
	}
}

func TestTakeAllocates(t *testing.T) {
	var limits Limits = Local{}
	b := Bucket{Rate: Rate{1e9, 1 << 30}, Level: new(Level)}
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() { limits.Take(b, 1, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTake(b *testing.B) {
	var limits Limits = Local{}
	bucket := Bucket{Rate: Rate{1e9, 1 << 30}, Level: new(Level)}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		limits.Take(bucket, 1, now)
	}
}

func BenchmarkTakeParallel(b *testing.B) {
	var limits Limits = Local{}
	bucket := Bucket{Rate: Rate{1e9, 1 << 30}, Level: new(Level)}
	now := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			limits.Take(bucket, 1, now)
		}
	})
}
