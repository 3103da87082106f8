package limit

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestCounter(t *testing.T) {
	day := func(n int, first, most int64) Period { return Period{Number: n, First: first, Most: most} }
	tests := map[string]struct {
		add  []Period
		want string // one letter an event: y or n
		left int64  // of the last period
	}{
		"up to the bound":                {[]Period{day(1, 0, 2), day(1, 0, 2), day(1, 0, 2)}, "yyn", 2},
		"a later period begins at 0":     {[]Period{day(1, 0, 1), day(1, 0, 1), day(2, 0, 1), day(2, 0, 1)}, "ynyn", 1},
		"an earlier one counts on":       {[]Period{day(2, 0, 2), day(1, 0, 2), day(1, 0, 2)}, "yyn", 2},
		"the first period has less":      {[]Period{day(1, 1, 2), day(1, 1, 2), day(2, 1, 2), day(2, 1, 2), day(2, 1, 2)}, "ynyyn", 2},
		"the first has nothing":          {[]Period{day(1, 5, 2), day(1, 5, 2), day(2, 5, 2)}, "nny", 1},
		"a bound of 0":                   {[]Period{day(1, 0, 0)}, "n", 0},
		"a bound below what was counted": {[]Period{day(1, 0, 3), day(1, 0, 3), day(1, 0, 1)}, "yyn", 2},
		"no bound":                       {[]Period{day(1, 0, Unbounded), day(1, 0, Unbounded)}, "yy", 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c Counter
			got := ""
			for _, p := range tt.add {
				got += map[bool]string{true: "y", false: "n"}[Local{}.Add(&c, 1, p, start)]
			}
			if n := c.Count(tt.add[len(tt.add)-1]); got != tt.want || n != tt.left {
				t.Errorf("got %s and %d, want %s and %d", got, n, tt.want, tt.left)
			}
		})
	}
}

// What was set is counted on, below 0 as well; what does not fit ends at the bounds
// of a count.
func TestCounterIsSet(t *testing.T) {
	for set, want := range map[int64]int64{0: 1, 41: 42, -3: -2, -MaxCount: 1 - MaxCount, -1 << 62: 1 - MaxCount, MaxCount - 1: MaxCount, 1 << 62: MaxCount} {
		var c Counter
		c.Set(20786, set)
		Local{}.Add(&c, 1, Period{Number: 20786, Most: Unbounded}, start)
		if period, n := c.State(); period != 20786 || n != want {
			t.Errorf("%d: got %d in %d, want %d", set, n, period, want)
		}
	}
}

// However many add at once, what was added is what was counted, and it ends at the
// bound, over the turn of a period too.
func TestCounterIsExact(t *testing.T) {
	const clients, each, most = 64, 1000, 10_000
	var c Counter
	var added [3]atomic.Int64
	var turned, before atomic.Int64
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for k := range each {
				day := 1
				if k >= each/2 {
					day = 2
				}
				if i%8 == 0 && k == each/2 {
					if _, n, ok := c.Turn(2); ok {
						turned.Add(1)
						before.Store(n)
					}
				}
				if (Local{}).Add(&c, 1, Period{Number: day, Most: most}, start) {
					added[day].Add(1)
				}
			}
		})
	}
	wg.Wait()
	if day, n := c.State(); day != 2 || n != most {
		t.Errorf("%d in period %d, want %d in 2", n, day, most)
	}
	if n := added[1].Load() + added[2].Load(); turned.Load() == 1 && n != before.Load()+most {
		t.Errorf("%d added, want %d", n, before.Load()+most)
	}
	if turned.Load() > 1 {
		t.Errorf("%d turns", turned.Load())
	}
}

func BenchmarkAdd(b *testing.B) {
	var limits Limits = Local{}
	var c Counter
	b.ReportAllocs()
	for b.Loop() {
		limits.Add(&c, 1, Period{Number: 1, Most: Unbounded}, start)
	}
}
