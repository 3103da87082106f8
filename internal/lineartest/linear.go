// Package lineartest tests that a reader of strangers' bytes takes time and
// memory in proportion to them. Its table has a row for every reader that other
// packages can call; those that only their own package can call are tested there.
// The race detector changes what things cost, so that the tests leave it out.
package lineartest

import (
	"runtime"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

const (
	// growth is how much more a document of four times the size may cost: four
	// times, the logarithm of a sort, and what caches lose.
	growth = 6

	// largeGrowth is the same of the documents of CheckTo, which no cache holds.
	largeGrowth = 9

	// Below these nothing is compared, since the clock and the runtime have their
	// own costs.
	floorTime  = 50 * time.Millisecond
	floorBytes = 4 << 20

	// What a document may cost at most, whatever the growth is, and each byte of it:
	// a shape that is linear can still be too dear.
	maxTime, maxTimePerByte   = time.Second, 10 * time.Microsecond
	maxBytes, maxBytesPerByte = 64 << 20, 1000

	repeats = 3 // of a reading that costs too much

	// enough is what a document costs of which CheckTo makes no larger ones.
	enough = 60 * time.Millisecond
)

// A cost is what one reading took, by all goroutines of the process.
type cost struct {
	time  time.Duration // of the processor, not of the clock
	bytes uint64        // allocated
}

// Check reads the documents that shape makes of about size, twice and four times
// size bytes, in long runs sixteen times, too. It fails where the costs grow faster than the documents or are out
// of all proportion. Tests that use it must not run in parallel, since the costs
// are those of the whole process. read may refuse a document.
func Check(t *testing.T, size int, shape func(size int) string, read func(doc string)) {
	t.Helper()
	most := 4 * size
	if soak.Long() {
		most *= 4
	}
	CheckTo(t, size, most, shape, read)
}

// CheckTo is Check with larger documents, each four times as large as the last, up
// to the most that the reader is given: a cost that grows with the square of a
// document may be too small to be seen in a short one. It ends when a document
// costs enough to be compared with, in long runs later.
func CheckTo(t *testing.T, size, most int, shape func(size int) string, read func(doc string)) {
	t.Helper()
	first := check(t, cost{}, growth, shape(size), read)
	check(t, first, growth, shape(2*size), read)
	last := check(t, first, growth, shape(4*size), read)
	for n := 4 * size; n < most && last.time < soak.Times(enough); {
		n = min(4*n, most)
		last = check(t, last, largeGrowth, shape(n), read)
	}
}

// check reads a document and returns what it cost, which may be growth times what
// one of at least a quarter of the size has cost. last is that, or nothing.
func check(t *testing.T, last cost, growth int, doc string, read func(doc string)) cost {
	t.Helper()
	most := cost{maxTime + time.Duration(len(doc))*maxTimePerByte, maxBytes + uint64(len(doc))*maxBytesPerByte}
	if last != (cost{}) {
		most.time = min(most.time, time.Duration(growth)*max(last.time, floorTime))
		most.bytes = min(most.bytes, uint64(growth)*max(last.bytes, floorBytes))
	}
	c := measure(doc, read, most)
	t.Logf("%8d bytes took %8v and %11d allocated", len(doc), c.time.Round(10*time.Microsecond), c.bytes)
	if !c.within(most) {
		t.Fatalf("the last took more than %v or %d allocated", most.time, most.bytes)
	}
	return c
}

func (c cost) within(most cost) bool { return c.time <= most.time && c.bytes <= most.bytes }

// measure returns what reading a document costs. A cost that is not within most is
// measured again, since what disturbs one reading seldom disturbs all, unless it is
// one to wait for.
func measure(doc string, read func(string), most cost) cost {
	c := once(doc, read)
	for range repeats {
		if c.within(most) || c.time > 5*time.Second {
			break
		}
		again := once(doc, read)
		c = cost{min(c.time, again.time), min(c.bytes, again.bytes)}
	}
	return c
}

func once(doc string, read func(string)) cost {
	runtime.GC() // of what came before
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := spent()
	read(doc)
	took := spent() - start
	runtime.ReadMemStats(&after)
	return cost{took, after.TotalAlloc - before.TotalAlloc}
}
