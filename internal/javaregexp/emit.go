package javaregexp

import (
	"strconv"
	"strings"
)

// Fragments of regexp2 syntax. Both engines read \x{...}.
const (
	lineEnds = `\n\x{85}\x{2028}\x{2029}` // with \r, Java's line terminators

	finalEnd  = `(?:(?=(?:\r\n|[\r\x{85}\x{2028}\x{2029}])?\z)|(?<!\r)(?=\n\z))`
	lineEnd   = `(?:\z|(?=[\r\x{85}\x{2028}\x{2029}])|(?<!\r)(?=\n))`
	lineBegin = `(?!\z)(?:\A|(?<=[` + lineEnds + `])|(?<=\r)(?!\n))`

	// A letter, a digit or "_" is in a word, and a mark that follows one.
	wordBefore  = `(?<=[\p{L}\p{Nd}_]|[\p{L}\p{Nd}]\p{Mn}+)`
	wordAfter   = `(?:(?=[\p{L}\p{Nd}_])|(?=\p{Mn})(?<=[\p{L}\p{Nd}]\p{Mn}*))`
	noneBefore  = `(?!` + wordBefore + `)`
	noneAfter   = `(?!` + wordAfter + `)`
	boundary    = `(?:` + wordBefore + noneAfter + `|` + noneBefore + wordAfter + `)`
	nonBoundary = `(?:` + wordBefore + wordAfter + `|` + noneBefore + noneAfter + `)`
)

// emit writes n in the syntax that both engines share, which is all they need
// for what simple holds of, and in regexp2's beyond that. No flag of either
// engine is relied on.
func emit(b *strings.Builder, n *node) {
	switch n.op {
	case opNever:
		b.WriteString(`(?!)`)
	case opSet:
		emitSet(b, n.set)
	case opConcat:
		for _, sub := range n.subs {
			if sub.op == opAlt {
				emitGroup(b, `(?:`, sub)
			} else {
				emit(b, sub)
			}
		}
	case opAlt:
		for i, sub := range n.subs {
			if i > 0 {
				b.WriteByte('|')
			}
			emit(b, sub)
		}
	case opCapture:
		emitGroup(b, `(`, n.subs[0])
	case opAtomic:
		emitGroup(b, `(?>`, n.subs[0])
	case opLook:
		emitGroup(b, lookOpening(n), n.subs[0])
	case opRepeat:
		emitRepeat(b, n)
	case opBackref:
		b.WriteString(`(?:\` + strconv.Itoa(n.n) + `)`)
	case opAssert:
		b.WriteString(assertText(n.assert))
	}
}

func emitGroup(b *strings.Builder, opening string, n *node) {
	b.WriteString(opening)
	emit(b, n)
	b.WriteByte(')')
}

func lookOpening(n *node) string {
	switch {
	case n.behind && n.negate:
		return `(?<!`
	case n.behind:
		return `(?<=`
	case n.negate:
		return `(?!`
	}
	return `(?=`
}

func emitRepeat(b *strings.Builder, n *node) {
	if sub := n.subs[0]; sub.op == opSet || sub.op == opCapture {
		emit(b, sub)
	} else {
		emitGroup(b, `(?:`, sub)
	}
	switch {
	case n.min == 0 && n.max < 0:
		b.WriteByte('*')
	case n.min == 1 && n.max < 0:
		b.WriteByte('+')
	case n.min == 0 && n.max == 1:
		b.WriteByte('?')
	default:
		b.WriteString("{" + strconv.Itoa(n.min))
		if n.max != n.min {
			b.WriteByte(',')
		}
		if n.max > n.min {
			b.WriteString(strconv.Itoa(n.max))
		}
		b.WriteByte('}')
	}
	if n.lazy {
		b.WriteByte('?')
	}
}

func assertText(a assertion) string {
	switch a {
	case atBegin:
		return `\A`
	case atLineBegin:
		return lineBegin
	case atUnixBegin:
		return `(?!\z)(?:\A|(?<=\n))`
	case atEnd:
		return `\z`
	case atFinalEnd:
		return finalEnd
	case atUnixFinal:
		return `(?=\n?\z)`
	case atLineEnd:
		return lineEnd
	case atUnixEnd:
		return `(?=\n|\z)`
	case atBoundary:
		return boundary
	}
	return nonBoundary
}

// emitSet writes a character alone, or the shorter of a class and its
// complement.
func emitSet(b *strings.Builder, set runeSet) {
	if r, ok := set.single(); ok {
		emitRune(b, r)
		return
	}
	b.WriteByte('[')
	if rest := set.negate(); len(rest) > 0 && len(rest) < len(set) {
		b.WriteByte('^')
		set = rest
	}
	for _, r := range set {
		emitRune(b, r.lo)
		if r.hi > r.lo {
			b.WriteByte('-')
			emitRune(b, r.hi)
		}
	}
	b.WriteByte(']')
}

func emitRune(b *strings.Builder, r rune) {
	switch {
	case isDigit(r) || isLetter(r):
		b.WriteRune(r)
	default:
		b.WriteString(`\x{` + strconv.FormatInt(int64(r), 16) + `}`)
	}
}

// simple reports whether the standard engine gives n the meaning that Java
// does: nothing beyond regular languages, and no repeat of what may be empty,
// where the two disagree about what was captured.
func simple(n *node) bool {
	return n.walk(func(n *node) bool {
		switch n.op {
		case opNever, opAtomic, opLook, opBackref:
			return false
		case opAssert:
			return n.assert == atBegin || n.assert == atEnd
		case opRepeat:
			least, _ := n.subs[0].width()
			return least > 0
		}
		return true
	})
}

// trimAnchors drops assertions that always hold when the whole input must
// match: ^ at the front and any kind of end at the back.
func trimAnchors(n *node) *node {
	return trimEdge(trimEdge(n, true), false)
}

func trimEdge(n *node, front bool) *node {
	switch n.op {
	case opAssert:
		if front && n.assert == atBegin || !front && n.assert.isEnd() {
			return empty()
		}
		return n
	case opConcat, opAlt, opCapture:
	default:
		return n
	}
	out := *n
	out.subs = append([]*node(nil), n.subs...)
	switch last := len(out.subs) - 1; {
	case n.op == opAlt:
		for i, sub := range out.subs {
			out.subs[i] = trimEdge(sub, front)
		}
	case front:
		out.subs[0] = trimEdge(out.subs[0], front)
	default:
		out.subs[last] = trimEdge(out.subs[last], front)
	}
	return &out
}

func (a assertion) isEnd() bool {
	switch a {
	case atEnd, atFinalEnd, atUnixFinal, atLineEnd, atUnixEnd:
		return true
	}
	return false
}

// literal returns the text that n stands for when it is nothing else.
func literal(n *node) (string, bool) {
	subs := n.subs
	switch n.op {
	case opSet:
		subs = []*node{n}
	case opConcat:
	default:
		return "", false
	}
	var b strings.Builder
	for _, sub := range subs {
		r, ok := sub.set.single()
		if sub.op != opSet || !ok {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), true
}
