package value

import (
	"unicode/utf8"
	"unsafe"
)

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

	meter   Meter // nil for none
	owed    int   // bytes that it was not asked for yet
	refused error // why it gave no more

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
	a.take(sizeOfFirstChunk)
	c := new(firstChunk)
	a.valueSlab, a.stringSlab = c.values[:], c.strings[:]
	a.listSlab, a.mapSlab, a.shapeSlab = c.lists[:], c.maps[:], c.shapes[:]
	a.usedValues, a.usedStrings = len(c.values), len(c.strings)
	a.usedLists, a.usedMaps, a.usedShapes = len(c.lists), len(c.maps), len(c.shapes)
}

const sizeOfFirstChunk = int(unsafe.Sizeof(firstChunk{}))

const (
	firstSlab = 8
	lastSlab  = 512
)

// slabSize returns the size of a new slab that has to hold n elements now, each
// of so many bytes, and takes memory for it. From the used elements of the part
// of the document that was read it guesses how many are to come.
func (a *arena) slabSize(used *int, n, each int) int {
	guess := firstSlab
	if a.read > 0 {
		guess = int(int64(*used) * int64(a.left) / int64(a.read))
		guess += guess/8 + 1
	}
	size := max(n, min(max(guess, firstSlab), lastSlab))
	*used += size
	a.take(size * each)
	return size
}

// values returns a copy of vs, nil when there is no memory for it.
func (a *arena) values(vs []Value) []Value {
	n := len(vs)
	if n == 0 {
		return nil
	}
	if n > len(a.valueSlab) {
		size := a.slabSize(&a.usedValues, n, sizeOfValue)
		if a.refused != nil {
			return nil
		}
		a.valueSlab = make([]Value, size)
	}
	out := a.valueSlab[:n:n]
	a.valueSlab = a.valueSlab[n:]
	copy(out, vs)
	return out
}

// strings returns a copy of ss, nil when there is no memory for it.
func (a *arena) strings(ss []string) []string {
	n := len(ss)
	if n > len(a.stringSlab) {
		size := a.slabSize(&a.usedStrings, n, sizeOfString)
		if a.refused != nil {
			return nil
		}
		a.stringSlab = make([]string, size)
	}
	out := a.stringSlab[:n:n]
	a.stringSlab = a.stringSlab[n:]
	copy(out, ss)
	return out
}

func (a *arena) shape() *shape {
	if len(a.shapeSlab) == 0 {
		a.shapeSlab = make([]shape, a.slabSize(&a.usedShapes, 1, sizeOfShape))
	}
	s := &a.shapeSlab[0]
	a.shapeSlab = a.shapeSlab[1:]
	return s
}

func (a *arena) list() *List {
	if len(a.listSlab) == 0 {
		a.listSlab = make([]List, a.slabSize(&a.usedLists, 1, sizeOfList))
	}
	l := &a.listSlab[0]
	a.listSlab = a.listSlab[1:]
	return l
}

func (a *arena) mapping() *Map {
	if len(a.mapSlab) == 0 {
		a.mapSlab = make([]Map, a.slabSize(&a.usedMaps, 1, sizeOfMap))
	}
	m := &a.mapSlab[0]
	a.mapSlab = a.mapSlab[1:]
	return m
}

// textChunk is the size of the buffers for strings with escapes.
const textChunk = 1 << 10

// text returns the buffer for a string with escapes, of which at most n bytes
// can be left in the document.
func (a *arena) text(n int) []byte {
	if cap(a.buf)-len(a.buf) < min(n, textChunk/4) {
		size := min(n+utf8.UTFMax, textChunk)
		a.take(size)
		a.buf = make([]byte, 0, size)
	}
	return a.buf
}

// moreText moves what there is of a string, of which at most n bytes are to
// come, to a larger buffer; nil when there is no memory for one.
func (a *arena) moreText(part []byte, n int) []byte {
	size := max(textChunk, min(2*len(part), len(part)+n+utf8.UTFMax))
	if !a.take(size) {
		return nil
	}
	if len(part) >= textChunk { // nothing else is in the buffer that it leaves
		a.take(-cap(part))
	}
	return append(make([]byte, 0, size), part...)
}
