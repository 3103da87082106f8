package jsonpath

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// unescape resolves the backslashes of a quoted name or text.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		switch b := s[i]; b {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			if len(s)-i <= 4 { // cut off: Jayway drops it
				return string(out), nil
			}
			r, err := hex4(s[i+1:])
			if err != nil {
				return "", err
			}
			i += 4
			if utf16.IsSurrogate(r) && strings.HasPrefix(s[i+1:], `\u`) && len(s)-i > 6 {
				if low, err := hex4(s[i+3:]); err == nil {
					if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
						r = pair
						i += 6
					}
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, b)
		}
	}
	return string(out), nil
}

func hex4(s string) (rune, error) {
	unit, ok := hexdigit.Unit(s)
	if !ok {
		return 0, errors.New("Unable to parse unicode value: " + s[:4])
	}
	return unit, nil
}
