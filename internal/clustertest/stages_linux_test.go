package clustertest

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// What a node with 10,000 stages may take.
const (
	readyTime   = 10 * time.Second // from its start until it is ready
	readyMemory = 1 << 10          // MiB, at the most
)

// TestManyStages starts three nodes with many stages, 10,000 with SOAK=20: from the database, one and
// all at once, from their disks, and from a disk without the database. No start compiles a
// deployment; the first call of a stage does so once, however many come. How long it takes
// and how much memory is judged where there are 10,000.
func TestManyStages(t *testing.T) {
	f := newFleet(t, soak.Times(500))
	one := f.gateways[0]
	f.judge("one, from the database", f.boot("follows", one), one)
	const compiled = "gatehouse_compile_duration_seconds_count"
	if n := one.metric(compiled); n != 0 {
		t.Errorf("a start compiles %v deployments", n)
	}
	took := f.firstCalls(one, f.stages)
	slices.Sort(took)
	t.Logf("first calls of %d stages: %v at the median, %v at the 99th percentile", f.stages, took[len(took)/2], took[len(took)*99/100])
	if n := one.metric(compiled); n != float64(f.stages) {
		t.Errorf("%d stages, of which each is called twice at once, have %v deployments compiled", f.stages, n)
	}
	f.judge("with all stages called", 0, one)

	f.halt(true, one)
	f.judge("all at once, from the database", f.boot("follows", f.gateways...), f.gateways...)
	begun := time.Now()
	for _, n := range f.gateways {
		f.within(10*time.Minute, n.name+" has everything on its disk", func() bool { return n.metric("gatehouse_served_unfetched") == 0 })
	}
	t.Logf("everything is on the disks after %v more", time.Since(begun).Round(time.Millisecond))
	f.halt(false, f.gateways...)
	f.judge("one, from its disk", f.boot("follows", one), one)
	f.halt(false, one)
	f.judge("all at once, from their disks", f.boot("follows", f.gateways...), f.gateways...)

	f.server.Halt(t)
	f.halt(false, one)
	f.judge("one, from its disk without the database", f.boot("away", one), one)
	f.firstCalls(one, 50)
	f.server.Restart(t)
	one.await()
}

// judge tells how long a start took and the memory that nodes have had at the most.
func (f *fleet) judge(what string, took time.Duration, nodes ...*node) {
	f.t.Helper()
	most := 0
	for _, n := range nodes {
		most = max(most, n.memory("VmHWM"))
	}
	f.t.Logf("%d stages, %s: ready in %v, %d MiB at the most", f.stages, what, took.Round(time.Millisecond), most)
	if soak.Long() && (took > readyTime || most > readyMemory) {
		f.t.Errorf("want %v and %d MiB", readyTime, readyMemory)
	}
}
