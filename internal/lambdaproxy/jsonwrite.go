package lambdaproxy

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// appendJSON appends s as a JSON string the way Jackson writes one: only
// quotes, backslashes and controls are escaped, and what is no UTF-8 becomes
// U+FFFD.
func appendJSON[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := decodeRune(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
		} else {
			dst = appendEscape(append(dst, s[start:i]...), c)
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// appendMember appends a name, with what stands around it, before a text.
func appendMember(dst []byte, name, value string) []byte {
	return appendJSON(append(dst, name...), value)
}

// appendNullable appends a member whose value is null when it is "".
func appendNullable(dst []byte, name, value string) []byte {
	if value == "" {
		return append(append(dst, name...), "null"...)
	}
	return appendMember(dst, name, value)
}

// jsonLength is how long appendJSON makes s, or a little more where that is no
// UTF-8.
func jsonLength(s []byte) int {
	n := len(s) + 2
	for _, c := range s {
		switch {
		case c < ' ':
			n += 5
		case c == '"' || c == '\\':
			n++
		}
	}
	if !utf8.Valid(s) {
		for _, c := range s {
			if c >= utf8.RuneSelf {
				n += 2
			}
		}
	}
	return n
}

// decodeRune decodes the first character of s.
func decodeRune[T string | []byte](s T) (rune, int) {
	var b [utf8.UTFMax]byte
	return utf8.DecodeRune(b[:copy(b[:], s)])
}

// appendEscape appends the escape of a quote, a backslash or a control.
func appendEscape(dst []byte, c byte) []byte {
	if i := strings.IndexByte("\b\t\n\f\r\"\\", c); i >= 0 {
		return append(dst, '\\', `btnfr"\`[i])
	}
	return hexdigit.AppendUnit(dst, rune(c), hexdigit.Upper)
}
