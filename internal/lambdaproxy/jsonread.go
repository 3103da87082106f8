package lambdaproxy

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// maxDepth bounds the nesting of what a jsonReader passes over.
const maxDepth = 512

// A jsonReader reads one JSON text, strictly, member by member, without
// building what nobody asked for. Its methods report false where the text is
// not what they read.
type jsonReader struct {
	text []byte
	at   int
	key  []byte // buffer of keys
}

// peek skips white space and returns the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take skips white space and one byte, if that is next.
func (r *jsonReader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

// end reports whether nothing but white space is left.
func (r *jsonReader) end() bool { return r.peek() == 0 && r.at == len(r.text) }

// object reads an object and hands each key to member, which reads the value.
// The key is valid until then.
func (r *jsonReader) object(member func(key []byte) bool) bool {
	if !r.take('{') {
		return false
	}
	if r.take('}') {
		return true
	}
	for {
		var ok bool
		if r.key, ok = r.string(r.key[:0]); !ok || !r.take(':') || !member(r.key) {
			return false
		}
		if r.take('}') {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

// array reads an array; element reads each of its values.
func (r *jsonReader) array(element func() bool) bool {
	if !r.take('[') {
		return false
	}
	if r.take(']') {
		return true
	}
	for {
		if !element() {
			return false
		}
		if r.take(']') {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

// literal takes null, true or false, when that is next.
func (r *jsonReader) literal(word string) bool {
	r.peek()
	if len(r.text)-r.at < len(word) || string(r.text[r.at:r.at+len(word)]) != word {
		return false
	}
	r.at += len(word)
	return true
}

// number reads a number and returns its text.
func (r *jsonReader) number() ([]byte, bool) {
	r.peek()
	start := r.at
	r.skipByte('-')
	if !r.skipByte('0') && r.digits() == 0 {
		return nil, false
	}
	if r.skipByte('.') && r.digits() == 0 {
		return nil, false
	}
	if r.skipByte('e') || r.skipByte('E') {
		if !r.skipByte('-') {
			r.skipByte('+')
		}
		if r.digits() == 0 {
			return nil, false
		}
	}
	return r.text[start:r.at], true
}

func (r *jsonReader) skipByte(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *jsonReader) digits() int {
	start := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at - start
}

// string reads a string and appends what it says to dst.
func (r *jsonReader) string(dst []byte) ([]byte, bool) {
	if !r.take('"') {
		return dst, false
	}
	start := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			dst = append(dst, r.text[start:r.at]...)
			r.at++
			return dst, true
		case c == '\\':
			var ok bool
			if dst, ok = r.escape(append(dst, r.text[start:r.at]...)); !ok {
				return dst, false
			}
			start = r.at
		case c < ' ':
			return dst, false
		default:
			r.at++
		}
	}
	return dst, false
}

// escape appends the character of one escape, or of two that are a surrogate
// pair. Half a pair becomes "?", as Java encodes it.
func (r *jsonReader) escape(dst []byte) ([]byte, bool) {
	if r.at++; r.at == len(r.text) {
		return dst, false
	}
	c := r.text[r.at]
	r.at++
	if c != 'u' {
		i := strings.IndexByte(`"\/bfnrt`, c)
		if i < 0 {
			return dst, false
		}
		return append(dst, "\"\\/\b\f\n\r\t"[i]), true
	}
	first, ok := r.unit()
	if !ok || !utf16.IsSurrogate(first) {
		return utf8.AppendRune(dst, first), ok
	}
	if len(r.text)-r.at >= 6 && r.text[r.at] == '\\' && r.text[r.at+1] == 'u' {
		back := r.at
		r.at += 2
		second, ok := r.unit()
		if !ok {
			return dst, false
		}
		if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
			return utf8.AppendRune(dst, pair), true
		}
		r.at = back
	}
	return append(dst, '?'), true
}

// unit reads the four digits of an escape.
func (r *jsonReader) unit() (rune, bool) {
	if len(r.text)-r.at < 4 {
		return 0, false
	}
	var v rune
	for _, c := range r.text[r.at : r.at+4] {
		digit, ok := hexdigit.Value(c)
		if !ok {
			return 0, false
		}
		v = v<<4 | rune(digit)
	}
	r.at += 4
	return v, true
}

// skip passes over one value.
func (r *jsonReader) skip(depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch r.peek() {
	case '{':
		return r.object(func([]byte) bool { return r.skip(depth + 1) })
	case '[':
		return r.array(func() bool { return r.skip(depth + 1) })
	case '"':
		var ok bool
		r.key, ok = r.string(r.key[:0])
		return ok
	case 'n':
		return r.literal("null")
	case 't':
		return r.literal("true")
	case 'f':
		return r.literal("false")
	}
	_, ok := r.number()
	return ok
}
