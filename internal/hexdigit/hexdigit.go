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
