package metrics

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// done is what came of a call with a status.
func done(status int) *httpmsg.Done {
	now := time.Now()
	return &httpmsg.Done{Status: status, Received: now, LastByte: now.Add(3 * time.Millisecond), Integration: httpmsg.IntegrationDone{Latency: time.Millisecond}}
}

// counted reads the requests that were counted, by the labels that name them and the
// class of their status.
func counted(t *testing.T, c *Calls) map[string]float64 {
	t.Helper()
	families, err := NewRegistry(c, "test").Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]float64)
	for _, f := range families {
		if f.GetName() != "gatehouse_requests_total" {
			continue
		}
		for _, m := range f.Metric {
			if n := m.Counter.GetValue(); n > 0 {
				out[named(m.Label)] = n
			}
		}
	}
	return out
}

func named(labels []*dto.LabelPair) string {
	byName := make(map[string]string)
	for _, l := range labels {
		byName[l.GetName()] = l.GetValue()
	}
	return strings.TrimSpace(strings.Join([]string{byName["api"], byName["stage"], byName["method"], byName["resource"], byName["canary"], byName["code"]}, " "))
}

func expect(t *testing.T, c *Calls, want map[string]float64) {
	t.Helper()
	got := counted(t, c)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSeriesAreBounded has more stages and methods called than there may be series.
func TestSeriesAreBounded(t *testing.T) {
	c := NewCalls(3)
	first, second, third := c.Stage("a", "prod"), c.Stage("b", "prod"), c.Stage("c", "prod")
	first.Count(done(200))
	for _, resource := range []string{"/x", "/y", "/z", "/z2"} {
		first.Slot("GET", resource, "").Count(done(200))
	}
	second.Count(done(404))
	third.Slot("GET", "/", "").Count(done(500))
	expect(t, c, map[string]float64{
		"a prod    2xx": 1, "a prod GET /x  2xx": 1, "a prod GET /y  2xx": 1, "a prod (overflow) (overflow)  2xx": 2,
		"(overflow) (overflow)    4xx": 1, "(overflow) (overflow)    5xx": 1,
	})
	if c.used() != 3 {
		t.Errorf("%d series are used", c.used())
	}

	c.Forget("a", "prod")
	first.Slot("GET", "/late", "").Count(done(200)) // of a call that ends behind its stage
	fourth := c.Stage("d", "prod")
	fourth.Slot("GET", "/", "true").Count(done(200))
	got := counted(t, c)
	if got["d prod GET / true 2xx"] != 1 || got["a prod GET /late  2xx"] != 0 || c.used() != 1 {
		t.Errorf("got %v", got)
	}
}

// TestCountsOutliveSettings binds a stage a second time: its numbers go on, but for
// those of methods that are counted apart no more.
func TestCountsOutliveSettings(t *testing.T) {
	c := NewCalls(10)
	c.Stage("a", "prod").Slot("GET", "/x", "").Count(done(200))
	c.Stage("a", "prod").Slot("GET", "/y", "").Count(done(200))
	again := c.Stage("a", "prod")
	again.Keep(func(_, resource string) bool { return resource == "/x" })
	again.Slot("GET", "/x", "").Count(done(200))
	expect(t, c, map[string]float64{"a prod GET /x  2xx": 2})
	if c.used() != 1 {
		t.Errorf("%d series are used", c.used())
	}
}

// TestNothingIsCounted has the counters of a process in which nobody reads them.
func TestNothingIsCounted(t *testing.T) {
	var none *Calls
	s := none.Stage("a", "prod")
	s.Count(done(200))
	s.Slot("GET", "/", "").Count(done(200))
	s.Keep(nil)
	none.Forget("a", "prod")
}

// TestCountTakesNoMemory counts calls of every kind.
func TestCountTakesNoMemory(t *testing.T) {
	slot := NewCalls(10).Stage("a", "prod").Slot("GET", "/", "")
	d := done(429)
	d.ErrorType, d.CacheMiss, d.Authorizer.Kept = "THROTTLED", true, true
	if n := testing.AllocsPerRun(100, func() { slot.Count(d) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestReadWhileCounting reads while calls are counted: no number goes back, and the
// classic buckets never have more than all.
func TestReadWhileCounting(t *testing.T) {
	c := NewCalls(10)
	slot := c.Stage("a", "prod").Slot("GET", "/", "")
	var counting sync.WaitGroup
	for range 4 {
		counting.Go(func() {
			for range 5000 {
				slot.Count(done(200))
			}
		})
	}
	var before uint64
	for range 200 {
		for _, s := range c.all() {
			h := s.latency.read()
			if last := h.Bucket[len(h.Bucket)-1].GetCumulativeCount(); last > h.GetSampleCount() {
				t.Fatalf("%d in the classic buckets, %d in all", last, h.GetSampleCount())
			}
			if s.api == "a" {
				if h.GetSampleCount() < before {
					t.Fatalf("%d after %d", h.GetSampleCount(), before)
				}
				before = h.GetSampleCount()
			}
		}
	}
	counting.Wait()
	expect(t, c, map[string]float64{"a prod GET /  2xx": 20_000})
}

func BenchmarkCount(b *testing.B) {
	b.Run("one", func(b *testing.B) {
		slot, d := NewCalls(10).Stage("a", "prod").Slot("GET", "/", ""), done(200)
		b.ReportAllocs()
		for b.Loop() {
			slot.Count(d)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		slot := NewCalls(10).Stage("a", "prod").Slot("GET", "/", "")
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for d := done(200); pb.Next(); {
				slot.Count(d)
			}
		})
	})
	b.Run("off", func(b *testing.B) {
		var none *Calls
		slot, d := none.Stage("a", "prod").Slot("GET", "/", ""), done(200)
		for b.Loop() {
			slot.Count(d)
		}
	})
}
