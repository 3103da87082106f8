package value

// An arena hands out the arrays of one document from larger ones, so that a
// document costs a few allocations and not one a list. Arrays are cut with
// their capacity: appending to one copies it.
type arena struct {
	valueSlab  []Value
	stringSlab []string
	shapeSlab  []shape
	listSlab   []List
	mapSlab    []Map
	buf        []byte // strings that had escapes, one after the other

	read, left int // bytes of the document before and after the place at hand

	usedValues, usedStrings, usedShapes, usedLists, usedMaps int
}

// A firstChunk is the first slabs of a document in one piece, which is all
// that a small one needs.
type firstChunk struct {
	values  [12]Value
	strings [12]string
	lists   [3]List
	maps    [3]Map
	shapes  [3]shape
}

// begin makes the first slabs.
func (a *arena) begin() {
	c := new(firstChunk)
	a.valueSlab, a.stringSlab = c.values[:], c.strings[:]
	a.listSlab, a.mapSlab, a.shapeSlab = c.lists[:], c.maps[:], c.shapes[:]
	a.usedValues, a.usedStrings = len(c.values), len(c.strings)
	a.usedLists, a.usedMaps, a.usedShapes = len(c.lists), len(c.maps), len(c.shapes)
}

const (
	firstSlab = 8
	lastSlab  = 512
)

// slabSize returns the size of a new slab that has to hold n elements now. From
// the used elements of the part of the document that was read it guesses how
// many are to come.
func (a *arena) slabSize(used *int, n int) int {
	guess := firstSlab
	if a.read > 0 {
		guess = int(int64(*used) * int64(a.left) / int64(a.read))
		guess += guess/8 + 1
	}
	size := max(n, min(max(guess, firstSlab), lastSlab))
	*used += size
	return size
}

// values returns a copy of vs.
func (a *arena) values(vs []Value) []Value {
	n := len(vs)
	if n == 0 {
		return nil
	}
	if n > len(a.valueSlab) {
		a.valueSlab = make([]Value, a.slabSize(&a.usedValues, n))
	}
	out := a.valueSlab[:n:n]
	a.valueSlab = a.valueSlab[n:]
	copy(out, vs)
	return out
}

// strings returns a copy of ss.
func (a *arena) strings(ss []string) []string {
	n := len(ss)
	if n > len(a.stringSlab) {
		a.stringSlab = make([]string, a.slabSize(&a.usedStrings, n))
	}
	out := a.stringSlab[:n:n]
	a.stringSlab = a.stringSlab[n:]
	copy(out, ss)
	return out
}

func (a *arena) shape() *shape {
	if len(a.shapeSlab) == 0 {
		a.shapeSlab = make([]shape, a.slabSize(&a.usedShapes, 1))
	}
	s := &a.shapeSlab[0]
	a.shapeSlab = a.shapeSlab[1:]
	return s
}

func (a *arena) list() *List {
	if len(a.listSlab) == 0 {
		a.listSlab = make([]List, a.slabSize(&a.usedLists, 1))
	}
	l := &a.listSlab[0]
	a.listSlab = a.listSlab[1:]
	return l
}

func (a *arena) mapping() *Map {
	if len(a.mapSlab) == 0 {
		a.mapSlab = make([]Map, a.slabSize(&a.usedMaps, 1))
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
