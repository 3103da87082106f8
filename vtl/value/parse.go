package value

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// Limits bounds what [Parse] reads. The zero Limits means the defaults.
type Limits struct {
	Bytes int // length of the text; default 10 MiB, what API Gateway takes
	Depth int // lists and objects within one another; default DefaultDepth

	// Memory is asked for what the values take beside the text; nil asks nobody.
	// Its error is returned as it is.
	Memory Meter
}

// DefaultDepth is how many lists and objects within one another [Parse] reads
// where Limits says nothing; it is json-smart's own bound.
const DefaultDepth = 400

const (
	defaultBytes = 10 << 20

	// maxNumber is the longest text of a number. Reading and printing a
	// number takes time in the square of its length.
	maxNumber = 4096
)

// check refuses a text of n bytes that is empty or too long.
func (l Limits) check(n int) error {
	most := cmp.Or(max(l.Bytes, 0), defaultBytes)
	switch {
	case n == 0:
		return &ParseError{0, "empty text"}
	case n > most:
		return &ParseError{most, fmt.Sprintf("longer than %d bytes", most)}
	}
	return nil
}

// A ParseError is why a text is not JSON.
type ParseError struct {
	Offset int    // in bytes, of the place where reading failed; a byte that is not UTF-8 counts as U+FFFD, three bytes
	Reason string // such as "unexpected end"
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("JSON: %s at offset %d", e.Reason, e.Offset)
}

// Parse reads JSON as json-smart 2 does in its permissive mode, which is how
// API Gateway's templates see a body [guess: they use Jayway's defaults].
// Beside JSON proper it takes strings in single quotes or in none, useless
// commas, leading zeros, raw control characters in strings, and ignores what
// follows the document; the text `not json` is a string. Lists are JSON lists,
// objects keep their order, and of members with the same name the last wins,
// in the place of the first. Integers are exact. A number with a fraction or
// an exponent is a Double, or with more than 18 characters a BigDecimal, which
// keeps all digits. Bytes that are not UTF-8 become U+FFFD.
//
// Strings of the result share the memory of text.
func Parse(text string, limits Limits) (Value, error) {
	if err := limits.check(len(text)); err != nil {
		return Value{}, err
	}
	if !utf8.ValidString(text) {
		var err error
		if text, err = replaceInvalid(text, limits.Memory); err != nil {
			return Value{}, err
		}
	}
	p := parsers.Get().(*parser)
	p.arena.meter = limits.Memory
	p.start(text, cmp.Or(max(limits.Depth, 0), DefaultDepth))
	v, err := p.document()
	p.reset()
	parsers.Put(p)
	return v, err
}

// ParseBytes is Parse for a text in a buffer, which it copies: the result
// shares nothing with text.
func ParseBytes(text []byte, limits Limits) (Value, error) {
	if err := limits.check(len(text)); err != nil {
		return Value{}, err
	}
	if limits.Memory != nil {
		if err := limits.Memory.Take(len(text)); err != nil {
			return Value{}, err
		}
	}
	return Parse(string(text), limits)
}

// ParseStrict reads JSON as RFC 8259 defines it, with the values of Parse.
func ParseStrict(text string, limits Limits) (Value, error) {
	v, err := Parse(text, limits)
	if err != nil {
		return Value{}, err
	}
	err = jsontext.Check([]byte(text), cmp.Or(max(limits.Depth, 0), DefaultDepth))
	if syntax, ok := errors.AsType[*jsontext.SyntaxError](err); ok {
		return Value{}, &ParseError{syntax.Offset, syntax.Problem}
	}
	if deep, ok := errors.AsType[*jsontext.DepthError](err); ok {
		return Value{}, &ParseError{deep.Offset, deep.Error()}
	}
	return v, nil
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

// eoi stands for the end of the text. It is the control character SUB, which
// json-smart takes for the end too.
const eoi = 0x1A

// A stopSet is the characters that end an unquoted text in some place.
type stopSet uint8

const (
	stopTop   stopSet = iota // at top level nothing does
	stopKey                  // : after a key
	stopValue                // , } after a member's value
	stopItem                 // , ] after an element
)

func (s stopSet) has(c byte) bool {
	switch s {
	case stopKey:
		return c == ':' || c == eoi
	case stopValue:
		return c == ',' || c == '}' || c == eoi
	case stopItem:
		return c == ',' || c == ']' || c == eoi
	}
	return c == eoi
}

// A parser reads one document. Elements, members' values and keys of the lists
// and objects that are still open wait on stacks; when one closes they are
// copied to an array of the right size, cut from a larger one.
type parser struct {
	text     string
	pos      int
	c        byte // text[pos], eoi after the end
	depth    int
	maxDepth int
	err      *ParseError

	vals       []Value
	keys       []string
	mostValues int // that vals ever had
	mostKeys   int

	shapes [maxShapes]*shape // of the last object at each depth
	arena  arena
}

// maxShapes is to which depth objects share shapes.
const maxShapes = 8

func (p *parser) start(text string, maxDepth int) {
	p.text, p.maxDepth, p.pos = text, maxDepth, -1
	p.next()
}

// keptStack is up to which size a parser keeps its stacks for the next document.
const keptStack = 1 << 14

// overgrown reports whether the stacks are too large to keep.
func (p *parser) overgrown() bool { return cap(p.vals) > keptStack || cap(p.keys) > keptStack }

// reset forgets the document, so that the pool does not keep it alive.
func (p *parser) reset() {
	vals, keys := p.vals[:0], p.keys[:0]
	if p.overgrown() {
		vals, keys = nil, nil
	} else {
		clear(vals[:max(p.mostValues, len(p.vals))])
		clear(keys[:max(p.mostKeys, len(p.keys))])
	}
	*p = parser{vals: vals, keys: keys}
}

func (p *parser) next() {
	p.pos++
	if p.pos < len(p.text) {
		p.c = p.text[p.pos]
	} else {
		p.c = eoi
	}
}

// seek makes pos the current position.
func (p *parser) seek(pos int) {
	p.pos = pos - 1
	p.next()
}

// skipSpace skips every control character, as json-smart does.
func (p *parser) skipSpace() {
	for p.c <= ' ' && p.c != eoi {
		p.next()
	}
}

func (p *parser) fail(reason string) Value {
	if p.err == nil {
		p.err = &ParseError{min(p.pos, len(p.text)), reason}
	}
	return Value{}
}

func (p *parser) unexpected() Value {
	if p.c == eoi {
		return p.fail("unexpected end")
	}
	return p.fail(fmt.Sprintf("unexpected %q", p.c))
}

// document reads the whole text; what follows the first value is ignored.
func (p *parser) document() (Value, error) {
	for p.c == ' ' || p.c == '\r' || p.c == '\n' || p.c == '\t' {
		p.next()
	}
	var v Value
	if p.c == eoi {
		v = String("")
	} else {
		v = p.value(stopTop)
	}
	if p.overgrown() {
		p.arena.take(-cap(p.vals)*sizeOfValue - cap(p.keys)*sizeOfString)
	}
	p.arena.settle()
	switch {
	case p.arena.refused != nil:
		return Value{}, p.arena.refused
	case p.err != nil:
		return Value{}, p.err
	}
	return v, nil
}

// value reads a value whose unquoted form ends at stop.
func (p *parser) value(stop stopSet) Value {
	for {
		switch p.c {
		case ' ', '\r', '\n', '\t':
			p.next()
		case '{':
			return p.object()
		case '[':
			return p.list()
		case '"', '\'':
			return String(p.quoted())
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-':
			return p.number(stop)
		case 'n', 't', 'f', 'N':
			return word(p.unquoted(stop))
		case ':', '}', ']', eoi:
			return p.unexpected()
		default:
			return String(p.unquoted(stop))
		}
	}
}

// list reads a list, whose commas are all optional.
func (p *parser) list() Value {
	if !p.enter() {
		return Value{}
	}
	base := len(p.vals)
	p.next()
	for p.err == nil {
		switch p.c {
		case ' ', '\r', '\n', '\t', ',':
			p.next()
		case ']':
			p.next()
			p.depth--
			l := p.closeList(base)
			if p.arena.refused != nil {
				return p.fail(noMemory)
			}
			return FromList(l)
		default:
			v := p.value(stopItem)
			p.pushValue(v)
		}
	}
	return Value{}
}

// object reads an object.
func (p *parser) object() Value {
	if !p.enter() {
		return Value{}
	}
	o := p.open()
	for p.next(); p.err == nil; p.next() {
		switch p.c {
		case ' ', '\r', '\n', '\t', ',':
			continue
		case '}':
			return p.close(&o)
		case ':', ']', '[', '{':
			return p.unexpected()
		}
		p.member(&o)
		if p.err == nil && p.c == '}' {
			return p.close(&o)
		}
	}
	return Value{}
}

// member reads a key, its value and what follows, which must be a comma or
// the object's end.
func (p *parser) member(o *openObject) {
	if p.c == eoi {
		p.unexpected()
		return
	}
	var key string
	if p.c == '"' || p.c == '\'' {
		key = p.quoted()
	} else {
		key = p.unquoted(stopKey)
	}
	p.skipSpace()
	if p.c != ':' || p.err != nil {
		p.unexpected()
		return
	}
	p.next()
	v := p.value(stopValue)
	if p.err != nil {
		return // the stacks hold what was left behind
	}
	p.add(o, key, v)
	p.skipSpace()
	if p.c != '}' && p.c != ',' {
		p.unexpected()
	}
}

func (p *parser) enter() bool {
	if p.arena.usedLists == 0 {
		p.arena.begin()
	}
	p.depth++
	if p.depth > p.maxDepth {
		p.fail(fmt.Sprintf("nested more than %d deep", p.maxDepth))
		return false
	}
	return true
}

func (p *parser) closeList(base int) *List {
	p.arena.read, p.arena.left = p.pos, len(p.text)-p.pos
	l := p.arena.list()
	l.json = true
	l.vals = p.popValues(base)
	return l
}

// popValues takes the values from base on from the stack, into an array of
// their own. That of many is the stack's, which begins anew: a copy would take
// as much again.
func (p *parser) popValues(base int) []Value {
	p.mostValues = max(p.mostValues, len(p.vals))
	top := p.vals[base:]
	if len(top) <= keptStack || base > len(top)/8 {
		out := p.arena.values(top)
		p.vals = p.vals[:base]
		return out
	}
	size := max(base+base/4, 16)
	if p.afford(size * sizeOfValue) {
		p.vals = append(make([]Value, 0, size), p.vals[:base]...)
	}
	p.mostValues = base
	return top[:len(top):len(top)]
}

// word returns the literal that an unquoted text may be.
func word(s string) Value {
	switch s {
	case "null":
		return Value{}
	case "true":
		return Bool(true)
	case "false":
		return Bool(false)
	case "NaN":
		return Float(nan32())
	}
	return String(s)
}
