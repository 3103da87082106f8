package usageplan

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// value is a key's value in the length that keys are made in.
func value(i int) string { return fmt.Sprintf("%040x", i) }

// newCrowd is a registry of many keys, a hundred in each plan.
func newCrowd(t testing.TB, keys int) *rig {
	r := newRig(t)
	var rows []PlanKey
	for i := range keys {
		id := fmt.Sprintf("key%07d", i)
		r.key(id, value(i))
		rows = append(rows, PlanKey{Served: served(snapshot.PlanKeyID(fmt.Sprint("plan", i/100), id))})
	}
	for i := range (keys + 99) / 100 {
		r.plan(fmt.Sprint("plan", i), func(p *snapshot.UsagePlan) {
			p.Throttle, p.Quota = throttle(1e9, 1<<30), &snapshot.Quota{Limit: 1 << 30, Period: "MONTH"}
			p.Stages[0].Throttles = map[string]snapshot.Throttle{"/x/GET": *throttle(1e9, 1<<30)}
		})
	}
	if err := r.SetPlanKeys(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return r
}

// BenchmarkFind looks for keys at random, out of all that there are: what a look-up
// needs of them is in no cache of the processor. The value that is looked for is at
// hand, as one that was just read from a connection.
func BenchmarkFind(b *testing.B) {
	for _, keys := range []uint32{100, 100_000} {
		r := newCrowd(b, int(keys))
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			b.ReportAllocs()
			text := []byte(value(0))
			sought := unsafe.String(&text[0], len(text)) // a string per look-up would be measured, too
			random := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				n := random.Uint32N(keys)
				for i := len(text) - 1; i >= len(text)-5; i-- {
					text[i] = "0123456789abcdef"[n%16]
					n /= 16
				}
				if _, ok := r.stage.Find(sought); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}

// The key, four throttles, the quota and the count.
func BenchmarkAdmit(b *testing.B) {
	r := newCrowd(b, 100_000)
	r.stage.account = limit.Bucket{Rate: limit.Rate{PerSecond: 1e9, Burst: 1 << 30}, Level: new(limit.Level)}
	own := limit.Bucket{Rate: limit.Rate{PerSecond: 1e9, Burst: 1 << 30}, Level: new(limit.Level)}
	key, now := value(42), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		a, ok := r.stage.Find(key)
		if !ok || r.stage.Admit(&a, "/x/GET", own, now).Outcome != Admitted {
			b.Fatal("refused")
		}
	}
}

func BenchmarkAdmitParallel(b *testing.B) {
	r := newCrowd(b, 100_000)
	now := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		i := 0
		for pb.Next() {
			a, _ := r.stage.Find(value(i % 1000))
			r.stage.Admit(&a, "/x/GET", limit.Bucket{}, now)
			i++
		}
	})
}

// A hundred thousand keys take a bounded part of memory.
func TestMemoryOfManyKeys(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := time.Now()
	r := newCrowd(t, 100_000)
	took := time.Since(begin)
	runtime.GC()
	runtime.ReadMemStats(&after)
	size := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d bytes, %v", size, took)
	if size > 100<<20 {
		t.Errorf("%d bytes", size)
	}
	runtime.KeepAlive(r)
}

// Looking for a key and taking it through all limits costs no memory.
func TestAdmitAllocates(t *testing.T) {
	r := newCrowd(t, 1000)
	key, now := value(42), time.Now()
	if n := testing.AllocsPerRun(1000, func() {
		a, _ := r.stage.Find(key)
		r.stage.Admit(&a, "/x/GET", limit.Bucket{}, now)
		r.stage.Find("nobody's key, which nobody has published")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
