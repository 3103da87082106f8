package functions

import "math/rand/v2"

// A mark is a number by which all that a worker has started is known. The marks of a set
// have the same beginning, which no other gateway of the machine has.
type mark uint64

const (
	// markBits is how many bits a mark has: the most that the system takes for a bound.
	markBits = 62
	// countBits is how many of them, the last ones, count the workers of a set.
	countBits = 28
)

// newSetMark is the mark that those of a set's workers begin with.
func newSetMark() mark {
	return mark(1<<(markBits-1)|rand.Uint64N(1<<(markBits-1))) >> countBits << countBits
}

// worker is the mark of the n-th worker of a set.
func (m mark) worker(n int) mark { return m | mark(n)&(1<<countBits-1) }

// ofSet reports whether a mark begins with that of a set.
func (m mark) ofSet(set mark) bool { return m>>countBits == set>>countBits }
