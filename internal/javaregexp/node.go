package javaregexp

// An op says what a node of a parsed pattern does.
type op uint8

const (
	opEmpty   op = iota // matches ""
	opNever             // matches nothing
	opSet               // one code point of set
	opConcat            // subs one after the other
	opAlt               // the first of subs that leads to a match
	opCapture           // subs[0], remembered as group n
	opRepeat            // subs[0], min to max times; max -1 is no limit
	opAtomic            // subs[0] without backtracking into it
	opLook              // subs[0] ahead of or behind here, consuming nothing
	opBackref           // what group n captured
	opAssert            // a position, see assertion
)

// An assertion is a condition on a position that consumes nothing.
type assertion uint8

const (
	atBegin       assertion = iota // \A, and ^ without MULTILINE
	atLineBegin                    // ^ with MULTILINE
	atUnixBegin                    // ^ with MULTILINE and UNIX_LINES
	atEnd                          // \z
	atFinalEnd                     // \Z, and $ without MULTILINE
	atUnixFinal                    // the same with UNIX_LINES
	atLineEnd                      // $ with MULTILINE
	atUnixEnd                      // $ with MULTILINE and UNIX_LINES
	atBoundary                     // \b
	atNonBoundary                  // \B
)

type node struct {
	op     op
	set    runeSet
	subs   []*node
	n      int // group number
	min    int
	max    int
	lazy   bool
	behind bool // opLook
	negate bool // opLook
	assert assertion

	lineEnding bool // this opAlt is a \R
}

func empty() *node { return &node{op: opEmpty} }

func charNode(set runeSet) *node {
	if len(set) == 0 {
		return &node{op: opNever}
	}
	return &node{op: opSet, set: set}
}

func concat(subs ...*node) *node {
	switch len(subs) {
	case 0:
		return empty()
	case 1:
		return subs[0]
	}
	return &node{op: opConcat, subs: subs}
}

func alternate(subs ...*node) *node {
	if len(subs) == 1 {
		return subs[0]
	}
	return &node{op: opAlt, subs: subs}
}

// width is the least and the greatest number of code points that n consumes.
// The greatest is -1 when there is no limit that Java finds obvious.
func (n *node) width() (least, most int) {
	switch n.op {
	case opSet:
		return 1, 1
	case opBackref:
		return 0, -1
	case opConcat:
		for _, sub := range n.subs {
			a, b := sub.width()
			least = addWidth(least, a)
			most = addWidth(most, b)
		}
		return least, most
	case opAlt:
		least, most = n.subs[0].width()
		for _, sub := range n.subs[1:] {
			a, b := sub.width()
			least = min(least, a)
			if most < 0 || b < 0 {
				most = -1
			} else {
				most = max(most, b)
			}
		}
		return least, most
	case opCapture, opAtomic:
		return n.subs[0].width()
	case opRepeat:
		a, b := n.subs[0].width()
		least = mulWidth(a, n.min)
		if n.max < 0 || b < 0 {
			return least, -1
		}
		return least, mulWidth(b, n.max)
	}
	return 0, 0
}

const maxWidth = 1 << 30

func addWidth(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return min(a+b, maxWidth)
}

func mulWidth(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	if a > maxWidth/b {
		return maxWidth
	}
	return a * b
}

// deterministic reports whether Java takes n to match in one way at most. It
// does not look back into such a node once it repeats it, and is wrong to do
// so for \R, which may be two characters or one.
func (n *node) deterministic() bool {
	return !n.has(func(x *node) bool {
		return x.op == opAlt && !x.lineEnding || x.op == opRepeat && x.min != x.max
	})
}

// walk calls visit for n and all below it until visit says false.
func (n *node) walk(visit func(*node) bool) bool {
	if !visit(n) {
		return false
	}
	for _, sub := range n.subs {
		if !sub.walk(visit) {
			return false
		}
	}
	return true
}

// has reports whether ok holds for n or a node below it.
func (n *node) has(ok func(*node) bool) bool {
	return !n.walk(func(x *node) bool { return !ok(x) })
}

// size is how large the text of an assertion is, which the engines know little
// of, compared with a character.
func (a assertion) size() int {
	switch a {
	case atBoundary, atNonBoundary:
		return 128
	case atFinalEnd, atLineEnd, atLineBegin:
		return 48
	}
	return 4
}

// size estimates how large the program is that an engine makes of n: counted
// repeats are copied out.
func (n *node) size() int {
	size := 1 + len(n.set)/8
	switch {
	case n.op == opAssert:
		size = n.assert.size()
	case n.lineEnding:
		size = 24
	}
	for _, sub := range n.subs {
		size = min(size+sub.size(), maxWidth)
	}
	if n.op == opRepeat {
		size = mulWidth(size, max(n.min, n.max, 1))
	}
	return size
}
