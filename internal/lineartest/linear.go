// Package lineartest tests that a reader of strangers' bytes takes time and
// memory in proportion to them. Its table has a row for every reader that other
// packages can call; those that only their own package can call are tested there.
package lineartest

import (
	"runtime"
	"testing"
	"time"
)

const (
	// growth is how much more a document of four times the size may cost: four
	// times, the logarithm of a sort, and what caches lose.
	growth = 6

	// Below these nothing is compared, since the clock and the runtime have their
	// own costs.
	floorTime  = 15 * time.Millisecond
	floorBytes = 1 << 20

	// What a byte may cost at most, whatever the growth is: a shape that is
	// linear can still be too dear.
	maxTimePerByte  = 20 * time.Microsecond
	maxBytesPerByte = 2000

	repeats = 3
)

// A cost is what one reading took.
type cost struct {
	time  time.Duration // of the processor, not of the clock
	bytes uint64        // allocated
}

// Check reads the documents that shape makes of about size, twice and four times
// size bytes. It fails where the costs grow faster than the documents or are out
// of all proportion. Tests that use it must not run in parallel: memory is
// counted for the whole process. read may refuse a document.
func Check(t *testing.T, size int, shape func(size int) string, read func(doc string)) {
	t.Helper()
	var least cost
	for _, n := range []int{size, 2 * size, 4 * size} {
		doc := shape(n)
		c := measure(doc, read)
		t.Logf("%8d bytes: %10v %12d allocated", len(doc), c.time.Round(10*time.Microsecond), c.bytes)
		if n == size {
			least = c
		}
		if most := max(floorTime, time.Duration(len(doc))*maxTimePerByte); c.time > most {
			t.Fatalf("%d bytes took %v of the processor's time, more than %v", len(doc), c.time, most)
		}
		if most := max(floorBytes, uint64(len(doc))*maxBytesPerByte); c.bytes > most {
			t.Fatalf("%d bytes had %d allocated, more than %d", len(doc), c.bytes, most)
		}
		if most := growth * max(least.time, floorTime); c.time > most {
			t.Errorf("%d bytes took %v, and %d bytes %v", size, least.time, len(doc), c.time)
		}
		if most := growth * max(least.bytes, floorBytes); c.bytes > most {
			t.Errorf("%d bytes had %d allocated, and %d bytes %d", size, least.bytes, len(doc), c.bytes)
		}
	}
}

// measure returns the smallest cost of several readings, since what disturbs one
// seldom disturbs all. One that takes long is not repeated.
func measure(doc string, read func(string)) cost {
	var out cost
	for i := range repeats {
		c := once(doc, read)
		if i == 0 {
			out = c
		}
		out = cost{min(out.time, c.time), min(out.bytes, c.bytes)}
		if c.time < floorTime || c.time > time.Second {
			break
		}
	}
	return out
}

func once(doc string, read func(string)) cost {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC() // of what came before
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := threadTime()
	read(doc)
	spent := threadTime() - start
	runtime.ReadMemStats(&after)
	return cost{spent, after.TotalAlloc - before.TotalAlloc}
}
