package value

import (
	"unicode/utf8"
	"unsafe"
)

// A Meter is asked for memory before something of a stranger's making takes
// it: the tree of a document is many times as large as its text. Who lends the
// memory takes it back when the values are forgotten.
type Meter interface {
	// Take asks for n more bytes. An error says that they are not to be had; what
	// asked ends with that error. n below zero gives bytes back, without an error.
	Take(n int) error
}

// What the parts of a tree take, in bytes.
const (
	sizeOfValue  = int(unsafe.Sizeof(Value{}))
	sizeOfString = int(unsafe.Sizeof(""))
	sizeOfShape  = int(unsafe.Sizeof(shape{}))
	sizeOfList   = int(unsafe.Sizeof(List{}))
	sizeOfMap    = int(unsafe.Sizeof(Map{}))

	sizeOfIndexed = 56 // a key in a shape's index, with the room that Go's maps keep free
	sizeOfBig     = 96 // a BigInteger or BigDecimal without its digits
)

// askStep is for how many bytes a meter is asked at once.
const askStep = 16 << 10

// take notes n bytes that are about to be made and reports whether they may be;
// n below zero gives bytes back.
func (a *arena) take(n int) bool {
	a.owed += n
	if a.owed >= askStep || a.owed <= -askStep {
		a.settle()
	}
	return a.refused == nil
}

// settle asks the meter for what was noted.
func (a *arena) settle() {
	if a.meter != nil && a.refused == nil && a.owed != 0 {
		a.refused = a.meter.Take(a.owed)
	}
	a.owed = 0
}

const noMemory = "no memory for its values"

// afford is take, with what it refuses as the document's error.
func (p *parser) afford(n int) bool {
	if !p.arena.take(n) {
		p.fail(noMemory)
	}
	return p.err == nil
}

// pushValue puts a value on its stack.
func (p *parser) pushValue(v Value) {
	if len(p.vals) == cap(p.vals) && !p.growValues() {
		return
	}
	p.vals = append(p.vals, v)
}

// growValues makes room on the stack of values. From the part of the document
// that was read it guesses how many are to come, for a stack of millions leaves
// as much garbage behind.
func (p *parser) growValues() bool {
	old := cap(p.vals)
	size := grownSize(old, p.pos, len(p.text))
	if !p.afford(size * sizeOfValue) {
		return false
	}
	p.vals = append(make([]Value, 0, size), p.vals...)
	p.arena.take(-old * sizeOfValue)
	return true
}

// pushKey puts a key on its stack.
func (p *parser) pushKey(key string) {
	if len(p.keys) == cap(p.keys) {
		old := cap(p.keys)
		size := grownSize(old, p.pos, len(p.text))
		if !p.afford(size * sizeOfString) {
			return
		}
		p.keys = append(make([]string, 0, size), p.keys...)
		p.arena.take(-old * sizeOfString)
	}
	p.keys = append(p.keys, key)
}

// grownSize returns the size of a full stack's next array, from a quarter more
// to twice as large.
func grownSize(old, read, total int) int {
	if old < 1<<10 {
		return max(2*old, 16)
	}
	guess := int(int64(old) * int64(total) / int64(max(read, 1)))
	return min(max(guess+guess/16, old+old/4), 2*old)
}

// replaceInvalid replaces each byte that is not part of a UTF-8 character.
func replaceInvalid(s string, memory Meter) (string, error) {
	n := 0
	for _, r := range s {
		n += utf8.RuneLen(r)
	}
	if memory != nil {
		if err := memory.Take(n); err != nil {
			return "", err
		}
	}
	out := make([]byte, 0, n)
	for _, r := range s {
		out = utf8.AppendRune(out, r)
	}
	return bytesString(out), nil
}
