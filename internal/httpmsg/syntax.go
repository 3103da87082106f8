package httpmsg

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// ValidName reports whether s is a token: what HTTP allows as the name of a
// header line, and as a method.
func ValidName(s string) bool {
	for i := 0; i < len(s); i++ {
		if tokens[s[i]] == ' ' {
			return false
		}
	}
	return s != ""
}

// tokens has an x for each byte that a token may hold (RFC 9110 section
// 5.6.2), in four rows of 64.
const tokens = "                                 x xxxxx  xx xx xxxxxxxxxx      " +
	" xxxxxxxxxxxxxxxxxxxxxxxxxx   xxxxxxxxxxxxxxxxxxxxxxxxxxxxx x x " +
	"                                                                " +
	"                                                                "

// ValidValue reports whether s can stand as the value of a header line: no
// CR, LF, NUL or other control but tab, and no space or tab at either end,
// which a reader would strip. Bytes above 127 are allowed, as is "".
func ValidValue(s string) bool {
	if s == "" {
		return true
	}
	if blank(s[0]) || blank(s[len(s)-1]) {
		return false
	}
	return ValidText(s)
}

// ValidText reports whether s holds no control but tab: what may stand
// between the colon of a header line and its CRLF.
func ValidText(s string) bool {
	for len(s) >= 8 {
		if mayHoldControl(s[:8]) && !plainText(s[:8]) {
			return false
		}
		s = s[8:]
	}
	return plainText(s)
}

func plainText(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// mayHoldControl looks at eight bytes at once. It never misses a control and
// seldom sees one where there is none.
func mayHoldControl(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	del := x ^ 0x7f*ones
	return ((x-' '*ones)&^x|(del-ones)&^del)&high != 0
}

// ParseLength reads the value of a Content-Length line: up to 18 digits and
// nothing else. Signs and lists, which readers differ about, are refused.
func ParseLength[T string | []byte](value T) (n int64, ok bool) {
	if len(value) == 0 || len(value) > 18 {
		return 0, false
	}
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// ChunkSize reads the hexadecimal number that the line of a chunk's size begins
// with. digits is how many digits it has: 0 where there is none or the number
// has more than 15.
func ChunkSize(line []byte) (size int64, digits int) {
	for digits < len(line) {
		v, ok := hexdigit.Value(line[digits])
		if !ok {
			break
		}
		if digits++; digits > 15 {
			return 0, 0
		}
		size = size<<4 | int64(v)
	}
	return size, digits
}

// HasToken reports whether a list that commas part, as that of Connection, has a token,
// whatever its case.
func HasToken(list, token string) bool {
	for list != "" {
		var item string
		if item, list, _ = strings.Cut(list, ","); EqualFold(TrimValue(item), token) {
			return true
		}
	}
	return false
}

// TrimValue removes the spaces and tabs around a header value.
func TrimValue(s string) string {
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
