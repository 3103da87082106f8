package value

// An arena hands out the arrays of one document from larger ones, so that a
// document costs a few allocations and not one a list. Arrays are cut with
// their capacity: appending to one copies it.
type arena struct {
	valueSlab []Value
	entrySlab []entry
	listSlab  []List
	mapSlab   []Map
	buf       []byte // strings that had escapes, one after the other

	nextValues, nextEntries, nextLists, nextMaps int
}

const (
	firstSlab = 8
	lastSlab  = 512
)

// slabSize returns the size of the next slab, which has to hold n elements,
// and doubles the size to come.
func slabSize(next *int, n int) int {
	size := max(*next, firstSlab)
	*next = min(2*size, lastSlab)
	return max(size, n)
}

// values returns a copy of vs.
func (a *arena) values(vs []Value) []Value {
	n := len(vs)
	if n == 0 {
		return nil
	}
	if n > len(a.valueSlab) {
		if n >= lastSlab {
			return append([]Value(nil), vs...)
		}
		a.valueSlab = make([]Value, slabSize(&a.nextValues, n))
	}
	out := a.valueSlab[:n:n]
	a.valueSlab = a.valueSlab[n:]
	copy(out, vs)
	return out
}

// entries returns a copy of es.
func (a *arena) entries(es []entry) []entry {
	n := len(es)
	if n == 0 {
		return nil
	}
	if n > len(a.entrySlab) {
		if n >= lastSlab {
			return append([]entry(nil), es...)
		}
		a.entrySlab = make([]entry, slabSize(&a.nextEntries, n))
	}
	out := a.entrySlab[:n:n]
	a.entrySlab = a.entrySlab[n:]
	copy(out, es)
	return out
}

func (a *arena) list() *List {
	if len(a.listSlab) == 0 {
		a.listSlab = make([]List, slabSize(&a.nextLists, 1)/4)
	}
	l := &a.listSlab[0]
	a.listSlab = a.listSlab[1:]
	return l
}

func (a *arena) mapping() *Map {
	if len(a.mapSlab) == 0 {
		a.mapSlab = make([]Map, slabSize(&a.nextMaps, 1)/4)
	}
	m := &a.mapSlab[0]
	a.mapSlab = a.mapSlab[1:]
	return m
}

// text returns the buffer for a string with escapes, of which at most n bytes
// can be left in the document.
func (a *arena) text(n int) []byte {
	const chunk = 1 << 10
	if cap(a.buf)-len(a.buf) < min(n, chunk/4) {
		a.buf = make([]byte, 0, min(n, chunk))
	}
	return a.buf
}
