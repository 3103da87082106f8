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

	// Below these nothing is compared, since the clock and the runtime have their
	// own costs.
	floorTime  = 50 * time.Millisecond
	floorBytes = 4 << 20

	// What a document may cost at most, whatever the growth is, and each byte of it:
	// a shape that is linear can still be too dear.
	maxTime, maxTimePerByte   = time.Second, 20 * time.Microsecond
	maxBytes, maxBytesPerByte = 64 << 20, 1000

	repeats = 3 // of a reading that costs too much
)

// A cost is what one reading took, by all goroutines of the process.
type cost struct {
	time  time.Duration // of the processor, not of the clock
	bytes uint64        // allocated
}

// Check reads the documents that shape makes of about size, twice and four times
// size bytes, in long runs eight times size, too. It fails where the costs grow faster than the documents or are out
// of all proportion. Tests that use it must not run in parallel, since the costs
// are those of the whole process. read may refuse a document.
func Check(t *testing.T, size int, shape func(size int) string, read func(doc string)) {
	t.Helper()
	var least cost
	sizes := []int{size, 2 * size, 4 * size}
	if soak.Long() {
		sizes = append(sizes, 8*size)
	}
	for _, n := range sizes {
		doc := shape(n)
		most := cost{maxTime + time.Duration(len(doc))*maxTimePerByte, maxBytes + uint64(len(doc))*maxBytesPerByte}
		if n > size {
			fours := max(1, n/(4*size))
			most.time = min(most.time, time.Duration(growth*fours)*max(least.time, floorTime))
			most.bytes = min(most.bytes, uint64(growth*fours)*max(least.bytes, floorBytes))
		}
		c := measure(doc, read, most)
		t.Logf("%8d bytes took %8v and %11d allocated", len(doc), c.time.Round(10*time.Microsecond), c.bytes)
		if !c.within(most) {
			t.Fatalf("the last took more than %v or %d allocated", most.time, most.bytes)
		}
		if n == size {
			least = c
		}
	}
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
