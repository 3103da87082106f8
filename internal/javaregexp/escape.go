package javaregexp

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// escape reads an escape sequence outside a class, after its backslash.
func (p *parser) escape() *node {
	c := p.raw()
	if set, ok := p.classEscape(c); ok {
		return charNode(p.count(set))
	}
	switch c {
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.backref()
	case 'A':
		return p.assertion(atBegin)
	case 'b':
		if p.pos+2 < len(p.toks) && p.toks[p.pos+1].r == '{' && p.toks[p.pos+2].r == 'g' {
			p.fail("Grapheme cluster boundaries are not supported")
			return empty()
		}
		return p.assertion(atBoundary)
	case 'B':
		return p.assertion(atNonBoundary)
	case 'z':
		return p.assertion(atEnd)
	case 'Z':
		p.pos++
		return p.dollar(false)
	case 'R':
		p.pos++
		crlf := concat(charNode(runes('\r')), charNode(runes('\n')))
		n := alternate(crlf, charNode(verticalSpace()))
		n.lineEnding = true
		return n
	case 'k':
		return p.namedBackref()
	case 'G', 'X', 'N':
		p.fail("\\" + string(c) + " is not supported")
		return empty()
	}
	return p.literal(p.charEscape())
}

func (p *parser) assertion(a assertion) *node {
	p.pos++
	return &node{op: opAssert, assert: a}
}

// classEscape reads an escape that stands for a set of characters. It reads
// nothing when c, the character after the backslash, begins no such escape.
func (p *parser) classEscape(c rune) (runeSet, bool) {
	switch c {
	case 'd', 'D', 's', 'S', 'w', 'W', 'h', 'H', 'v', 'V':
		p.pos++
		return p.look(string(c), p.predefined), true
	case 'p', 'P':
		p.pos++
		name := p.propertyName()
		if p.err != nil {
			return nil, true
		}
		return p.look(string(c)+name, p.property), true
	}
	return nil, false
}

// look returns the set that find makes of a name, the same for each use of it.
func (p *parser) look(name string, find func(name string) runeSet) runeSet {
	key := className{name, p.flags}
	set, ok := p.named[key]
	if !ok {
		set = find(name)
		p.named[key] = set
	}
	return set
}

// predefined returns the class that a letter stands for. A capital one is the
// complement of the small one.
func (p *parser) predefined(letter string) runeSet {
	switch letter {
	case "D", "S", "W", "H", "V":
		return p.predefined(strings.ToLower(letter)).negate()
	case "d":
		return p.digits()
	case "s":
		return p.spaces()
	case "w":
		return p.words()
	case "h":
		return horizontalSpace()
	}
	return verticalSpace()
}

// charEscape reads an escape that stands for one character.
func (p *parser) charEscape() rune {
	c := p.raw()
	if c == eof {
		p.fail("Unexpected internal error") // what Java says of a lone backslash
		return 0
	}
	p.pos++
	switch c {
	case '0':
		return p.octal()
	case 'a':
		return 0x07
	case 'c':
		if p.raw() == eof {
			p.fail("Illegal control escape sequence")
			return 0
		}
		p.pos++
		return p.toks[p.pos-1].r ^ 64
	case 'e':
		return 0x1b
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		return p.utf16Escape()
	case 'x':
		return p.hexEscape()
	}
	if isLetter(c) || isDigit(c) {
		p.pos--
		p.fail("Illegal/unsupported escape sequence")
	}
	return c
}

func (p *parser) octal() rune {
	value, digits := rune(0), 0
	for c := p.raw(); '0' <= c && c <= '7' && digits < 3 && value <= 037; c = p.raw() {
		value = value*8 + c - '0'
		digits++
		p.pos++
	}
	if digits == 0 {
		p.fail("Illegal octal escape sequence")
	}
	return value
}

func hexValue(r rune) (rune, bool) {
	if r < 0 || r >= 0x80 {
		return 0, false
	}
	v, ok := hexdigit.Value(byte(r))
	return rune(v), ok
}

// hex reads exactly n hexadecimal digits.
func (p *parser) hex(n int) (value rune, ok bool) {
	for range n {
		d, ok := hexValue(p.raw())
		if !ok {
			return 0, false
		}
		value = value<<4 | d
		p.pos++
	}
	return value, true
}

func (p *parser) hexEscape() rune {
	if p.raw() != '{' {
		r, ok := p.hex(2)
		if !ok {
			p.fail("Illegal hexadecimal escape sequence")
		}
		return r
	}
	p.pos++
	start, value := p.pos, rune(0)
	for d, ok := hexValue(p.raw()); ok; d, ok = hexValue(p.raw()) {
		if value = value<<4 | d; value > 0x10FFFF {
			p.fail("Hexadecimal codepoint is too big")
			return 0
		}
		p.pos++
	}
	if p.pos == start || p.raw() != '}' {
		p.fail("Unclosed hexadecimal escape sequence")
		return 0
	}
	p.pos++
	return value
}

// utf16Escape reads the digits of \uXXXX; two escapes may make a pair.
func (p *parser) utf16Escape() rune {
	r, ok := p.hex(4)
	if !ok {
		p.fail("Illegal Unicode escape sequence")
		return 0
	}
	if !utf16.IsSurrogate(r) {
		return r
	}
	start := p.pos
	if p.raw() == '\\' {
		if p.pos++; p.raw() == 'u' {
			p.pos++
			if low, ok := p.hex(4); ok {
				if pair := utf16.DecodeRune(r, low); pair != 0xFFFD {
					return pair
				}
			}
		}
	}
	p.pos = start
	return r // char refuses it
}

// backref reads a numbered reference. Further digits belong to it only while
// such a group exists already.
func (p *parser) backref() *node {
	n := int(p.raw() - '0')
	p.pos++
	for isDigit(p.raw()) {
		longer := n*10 + int(p.raw()-'0')
		if longer > p.groups {
			break
		}
		n = longer
		p.pos++
	}
	return p.reference(n)
}

func (p *parser) namedBackref() *node {
	p.pos++
	if p.raw() != '<' {
		p.fail("\\k is not followed by '<' for named capturing group")
		return empty()
	}
	p.pos++
	name := p.groupName()
	if p.err != nil {
		return empty()
	}
	n, ok := p.names[name]
	if !ok {
		p.fail("named capturing group <" + name + "> does not exist")
	}
	return p.reference(n)
}

func (p *parser) reference(n int) *node {
	if p.has(caseInsensitive) && n <= p.groups {
		p.fail("Back reference " + strconv.Itoa(n) + " without regard to case is not supported")
	}
	return &node{op: opBackref, n: n}
}
