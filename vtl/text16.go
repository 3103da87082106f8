package vtl

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Java's strings are made of UTF-16 units, and its indexes count those. Ours
// are UTF-8; half a surrogate pair becomes U+FFFD.

// length16 returns the number of UTF-16 units of s.
func length16(s string) int {
	n := 0
	for i := range len(s) {
		c := s[i]
		if c < 0x80 || c >= 0xC0 {
			n++
		}
		if c >= 0xF0 {
			n++
		}
	}
	return n
}

// isASCII reports whether bytes and units of s are the same.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// slice16 returns units from to to of s; false when they are out of range.
func slice16(s string, from, to int64) (string, bool) {
	if from < 0 || to < from {
		return "", false
	}
	if isASCII(s) {
		if to > int64(len(s)) {
			return "", false
		}
		return s[from:to], true
	}
	units := utf16.Encode([]rune(s))
	if to > int64(len(units)) {
		return "", false
	}
	return string(utf16.Decode(units[from:to])), true
}

// unit16 returns unit i of s.
func unit16(s string, i int64) (uint16, bool) {
	if i < 0 {
		return 0, false
	}
	if isASCII(s) {
		if i >= int64(len(s)) {
			return 0, false
		}
		return uint16(s[i]), true
	}
	units := utf16.Encode([]rune(s))
	if i >= int64(len(units)) {
		return 0, false
	}
	return units[i], true
}

// skip16 returns s without its first n units.
func skip16(s string, n int64) string {
	if n <= 0 {
		return s
	}
	out, ok := slice16(s, n, int64(length16(s)))
	if !ok {
		return ""
	}
	return out
}

// index16 returns the unit at which sub is first found from unit from on, or -1.
func index16(s, sub string, from int64) int64 {
	from = max(from, 0)
	if n := int64(length16(s)); from > n {
		if sub == "" {
			return n
		}
		return -1
	}
	rest := skip16(s, from)
	i := strings.Index(rest, sub)
	if i < 0 {
		return -1
	}
	return from + int64(length16(rest[:i]))
}

// lastIndex16 returns the unit at which sub is last found, beginning at unit
// from at the latest, or -1.
func lastIndex16(s, sub string, from int64) int64 {
	if from < 0 {
		return -1
	}
	end := from + int64(length16(sub))
	if head, ok := slice16(s, 0, end); ok {
		s = head
	}
	i := strings.LastIndex(s, sub)
	if i < 0 {
		return -1
	}
	return int64(length16(s[:i]))
}

// compare16 is String.compareTo.
func compare16(a, b string) int64 {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return int64(x[i]) - int64(y[i])
		}
	}
	return int64(len(x) - len(y))
}

// foldCase maps characters that compareToIgnoreCase and equalsIgnoreCase take
// for the same to one.
func foldCase(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s)
}

// hash16 is String.hashCode.
func hash16(s string) int32 {
	var h int32
	for _, r := range s {
		if r >= 0x10000 {
			hi, lo := utf16.EncodeRune(r)
			h = (h*31+hi)*31 + lo
			continue
		}
		h = h*31 + r
	}
	return h
}

// cutLast returns s without its last character.
func cutLast(s string) string {
	_, n := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-n]
}

// upper is String.toUpperCase, with the letters that become several.
func upper(s string) string {
	if isASCII(s) {
		return mapASCII(s, 'a', 'z')
	}
	var b strings.Builder
	for _, r := range s {
		if special, ok := upperSpecial[r]; ok {
			b.WriteString(special)
		} else {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// mapASCII returns s, which is ASCII, with the letters in a range in the other
// case.
func mapASCII(s string, from, to byte) string {
	i := 0
	for i < len(s) && (s[i] < from || s[i] > to) {
		i++
	}
	if i == len(s) {
		return s
	}
	var short [64]byte // most strings fit: only the result is allocated
	out := append(short[:0], s...)
	for ; i < len(out); i++ {
		if c := out[i]; from <= c && c <= to {
			out[i] = c ^ 0x20
		}
	}
	return string(out)
}

var upperSpecial = map[rune]string{
	'ß': "SS", 'ŉ': "ʼN", 'ǰ': "J̌", 'ΐ': "Ϊ́", 'ΰ': "Ϋ́", 'և': "ԵՒ", 'ẖ': "H̱", 'ẗ': "T̈", 'ẘ': "W̊", 'ẙ': "Y̊", 'ẚ': "Aʾ",
	'ﬀ': "FF", 'ﬁ': "FI", 'ﬂ': "FL", 'ﬃ': "FFI", 'ﬄ': "FFL", 'ﬅ': "ST", 'ﬆ': "ST",
	'ﬓ': "ՄՆ", 'ﬔ': "ՄԵ", 'ﬕ': "ՄԻ", 'ﬖ': "ՎՆ", 'ﬗ': "ՄԽ",
}

// lower is String.toLowerCase: a sigma at the end of a word is a final one.
func lower(s string) string {
	if isASCII(s) {
		return mapASCII(s, 'A', 'Z')
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == 'İ':
			b.WriteString("i̇")
		case r == 'Σ' && endsWord(s, i):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// endsWord reports whether the sigma at s[i] follows a letter and precedes none.
func endsWord(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+len("Σ"):])
	return unicode.IsLetter(before) && !unicode.IsLetter(after)
}

// trim is String.trim: it drops spaces and control characters.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// isJavaSpace is Character.isWhitespace.
func isJavaSpace(r rune) bool {
	switch {
	case r <= ' ':
		return '\t' <= r && r <= '\r' || 0x1C <= r && r <= ' '
	case r == 0x00A0 || r == 0x2007 || r == 0x202F:
		return false
	}
	return unicode.In(r, unicode.Z)
}
