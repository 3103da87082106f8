// Package hexdigit has the digits of hexadecimal numbers, for escapes and
// lengths that are written and read a digit at a time. Whole texts are for
// encoding/hex.
package hexdigit

// Upper and Lower hold the digit of each value from 0 to 15.
const (
	Upper = "0123456789ABCDEF"
	Lower = "0123456789abcdef"
)

// Value returns the value of a digit in either case. It is false for any other
// byte.
func Value(c byte) (v byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// Only reports whether s is digits and nothing else.
func Only(s string) bool {
	for i := 0; i < len(s); i++ {
		if _, ok := Value(s[i]); !ok {
			return false
		}
	}
	return true
}

// Append appends the last digits of v, as many as width says, in digits, which is
// Upper or Lower.
func Append(dst []byte, v uint64, width int, digits string) []byte {
	for shift := (width - 1) * 4; shift >= 0; shift -= 4 {
		dst = append(dst, digits[v>>shift&15])
	}
	return dst
}

// AppendUnit appends the escape of a UTF-16 unit that JSON, Java and JavaScript have
// in common, such as \u001F.
func AppendUnit(dst []byte, unit rune, digits string) []byte {
	return Append(append(dst, '\\', 'u'), uint64(unit), 4, digits)
}

// Unit returns what the four digits of such an escape stand for, with which s
// begins. It is false when it does not.
func Unit(s string) (unit rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for i := range 4 {
		v, ok := Value(s[i])
		if !ok {
			return 0, false
		}
		unit = unit<<4 | rune(v)
	}
	return unit, true
}
