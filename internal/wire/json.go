package wire

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// Bounds of a JSON body, far above what an operation takes.
const (
	maxDepth    = 100     // arrays and objects inside each other
	maxElements = 100_000 // elements of one array or members of one object
)

// A jsonKind is what sort of value comes next in a JSON text.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// A jsonReader reads one JSON text from front to back, strictly by RFC 8259.
// It reads values where decoder asks for them, so it needs no tree, and refuses
// invalid UTF-8 and unpaired surrogates.
type jsonReader struct {
	data  []byte
	pos   int
	depth int
}

// syntaxError reports that the text is no JSON. The service itself says
// nothing more than the type of the error.
func (r *jsonReader) syntaxError(what string) error {
	return Serialization("The request body is not valid JSON: %s at byte %d.", what, r.pos)
}

// space skips white space.
func (r *jsonReader) space() {
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// peek skips white space and returns the kind of the value that follows.
func (r *jsonReader) peek() (jsonKind, error) {
	r.space()
	if r.pos == len(r.data) {
		return 0, r.syntaxError("unexpected end")
	}
	switch c := r.data[r.pos]; {
	case c == '"':
		return jsonString, nil
	case c == '{':
		return jsonObject, nil
	case c == '[':
		return jsonArray, nil
	case c == 't' || c == 'f':
		return jsonBool, nil
	case c == 'n':
		return jsonNull, nil
	case c == '-' || isDigit(c):
		return jsonNumber, nil
	}
	return 0, r.syntaxError("unexpected character")
}

// literal reads the word that peek has promised.
func (r *jsonReader) literal(word string) error {
	if !bytes.HasPrefix(r.data[r.pos:], []byte(word)) {
		return r.syntaxError("unexpected character")
	}
	r.pos += len(word)
	return nil
}

// boolean reads true or false.
func (r *jsonReader) boolean() (bool, error) {
	if r.data[r.pos] == 't' {
		return true, r.literal("true")
	}
	return false, r.literal("false")
}

// number reads a number and returns its text, and whether that is an integer
// without fraction and exponent. The text is part of the data.
func (r *jsonReader) number() (text []byte, integer bool, err error) {
	start := r.pos
	integer = true
	r.accept('-')
	if !r.accept('0') && !r.digits() {
		return nil, false, r.syntaxError("bad number")
	}
	if r.accept('.') {
		integer = false
		if !r.digits() {
			return nil, false, r.syntaxError("bad number")
		}
	}
	if r.accept('e') || r.accept('E') {
		integer = false
		if !r.accept('+') {
			r.accept('-')
		}
		if !r.digits() {
			return nil, false, r.syntaxError("bad number")
		}
	}
	return r.data[start:r.pos], integer, nil
}

// accept skips c if it comes next.
func (r *jsonReader) accept(c byte) bool {
	if r.pos < len(r.data) && r.data[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

// digits skips digits and reports whether there were any.
func (r *jsonReader) digits() bool {
	start := r.pos
	for r.pos < len(r.data) && isDigit(r.data[r.pos]) {
		r.pos++
	}
	return r.pos > start
}

// str reads a string. The result is a copy.
func (r *jsonReader) str() (string, error) {
	r.pos++ // the quote that peek saw
	start, plain := r.pos, true
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; {
		case c == '"':
			raw := r.data[start:r.pos]
			r.pos++
			if !plain && !utf8.Valid(raw) {
				return "", Serialization("The request body is not valid UTF-8.")
			}
			return string(raw), nil
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			return "", r.syntaxError("control character in a string")
		case c >= utf8.RuneSelf:
			plain = false
		}
		r.pos++
	}
	return "", r.syntaxError("unexpected end")
}

// escaped reads the rest of a string that began at start and whose first
// escape comes next.
func (r *jsonReader) escaped(start int) (string, error) {
	text := append([]byte(nil), r.data[start:r.pos]...)
	for r.pos < len(r.data) {
		c := r.data[r.pos]
		switch {
		case c == '"':
			r.pos++
			if !utf8.Valid(text) {
				return "", Serialization("The request body is not valid UTF-8.")
			}
			return string(text), nil
		case c < ' ':
			return "", r.syntaxError("control character in a string")
		case c != '\\':
			text = append(text, c)
			r.pos++
			continue
		}
		var err error
		if text, err = r.escape(text); err != nil {
			return "", err
		}
	}
	return "", r.syntaxError("unexpected end")
}

// escape reads one escape and appends what it stands for.
func (r *jsonReader) escape(text []byte) ([]byte, error) {
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	r.pos++
	if r.pos == len(r.data) {
		return nil, r.syntaxError("unexpected end")
	}
	c := r.data[r.pos]
	if i := bytes.IndexByte([]byte(from), c); i >= 0 {
		r.pos++
		return append(text, to[i]), nil
	}
	if c != 'u' {
		return nil, r.syntaxError("bad escape")
	}
	unit, ok := r.hex4()
	if ok && utf16.IsSurrogate(unit) {
		ok = false
		if bytes.HasPrefix(r.data[r.pos:], []byte(`\u`)) {
			r.pos++
			low, _ := r.hex4()
			unit = utf16.DecodeRune(unit, low)
			ok = unit != utf8.RuneError
		}
	}
	if !ok {
		return nil, r.syntaxError("bad escape")
	}
	return utf8.AppendRune(text, unit), nil
}

// hex4 reads u and the four digits that follow it.
func (r *jsonReader) hex4() (rune, bool) {
	r.pos++
	if len(r.data)-r.pos < 4 {
		return 0, false
	}
	var n rune
	for _, c := range r.data[r.pos : r.pos+4] {
		digit, ok := hexdigit.Value(c)
		if !ok {
			return 0, false
		}
		n = n<<4 | rune(digit)
	}
	r.pos += 4
	return n, true
}

// array reads an array, calling element at the start of each element.
func (r *jsonReader) array(element func() error) error {
	return r.sequence(']', element)
}

// object reads an object, calling member with each name at the start of its
// value.
func (r *jsonReader) object(member func(name string) error) error {
	return r.sequence('}', func() error {
		r.space()
		if r.pos == len(r.data) || r.data[r.pos] != '"' {
			return r.syntaxError("member name expected")
		}
		name, err := r.str()
		if err != nil {
			return err
		}
		r.space()
		if !r.accept(':') {
			return r.syntaxError("colon expected")
		}
		return member(name)
	})
}

// sequence reads what array and object have in common: items between commas
// up to the closing character.
func (r *jsonReader) sequence(end byte, item func() error) error {
	if r.depth++; r.depth > maxDepth {
		return Serialization("The request body is nested deeper than %d levels.", maxDepth)
	}
	r.pos++ // the opening character that peek saw
	r.space()
	if !r.accept(end) {
		for n := 1; ; n++ {
			if n > maxElements {
				return Serialization("The request body has a list or map of more than %d elements.", maxElements)
			}
			if err := item(); err != nil {
				return err
			}
			r.space()
			if r.accept(end) {
				break
			}
			if !r.accept(',') {
				return r.syntaxError("comma or end expected")
			}
		}
	}
	r.depth--
	return nil
}

// skip reads a value and forgets it.
func (r *jsonReader) skip() error {
	kind, err := r.peek()
	if err != nil {
		return err
	}
	switch kind {
	case jsonNull:
		return r.literal("null")
	case jsonBool:
		_, err = r.boolean()
	case jsonNumber:
		_, _, err = r.number()
	case jsonString:
		_, err = r.str()
	case jsonArray:
		return r.array(r.skip)
	case jsonObject:
		return r.object(func(string) error { return r.skip() })
	}
	return err
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
