// Package percent encodes and decodes the percent-escapes of URIs (RFC 3986
// section 2.1).
//
// Which bytes may stand unescaped depends on the place in the URI and on who
// reads it; a [Set] says it. Readers differ in what a malformed escape means,
// so that reading escape by escape, with [Decode], is here beside [Unescape].
package percent

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// A Set has true for each byte that stays as it is.
type Set [256]bool

// Letters returns the set of the letters and digits of ASCII and others.
func Letters(others string) *Set {
	var s Set
	for c := range s {
		b := byte(c)
		s[c] = 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte(others, b) >= 0
	}
	return &s
}

var (
	// Unreserved has the bytes that mean themselves anywhere in a URI.
	Unreserved = Letters("-._~")
	// Segment has the bytes that a segment of a path may hold.
	Segment = Letters("-._~!$&'()*+,;=:@")
)

// Append appends s with an escape, in upper case, for each byte that is not in
// keep.
func Append[T string | []byte](dst []byte, s T, keep *Set) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; keep[c] {
			dst = append(dst, c)
		} else {
			dst = AppendByte(dst, c)
		}
	}
	return dst
}

// AppendByte appends the escape of c.
func AppendByte(dst []byte, c byte) []byte {
	return append(dst, '%', hexdigit.Upper[c>>4], hexdigit.Upper[c&15])
}

// Decode returns the byte of the escape that s begins with. It is false when
// s begins with none.
func Decode(s string) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, ok1 := hexdigit.Value(s[1])
	low, ok2 := hexdigit.Value(s[2])
	return high<<4 | low, ok1 && ok2
}

// Unescape decodes the escapes in s, once; "+" stays. It is false when a percent
// sign begins none.
func Unescape(s string) (text string, ok bool) {
	first := strings.IndexByte(s, '%')
	if first < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	out = append(out, s[:first]...)
	for i := first; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if c, ok = Decode(s[i:]); !ok {
				return "", false
			}
			i += 2
		}
		out = append(out, c)
	}
	return string(out), true
}
