package policy

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/percent"
)

// Decoded returns an ARN with the percent-escapes of its path decoded, once. Escapes
// of what is no UTF-8 stay, in upper case.
func Decoded(arn string) string {
	if strings.IndexByte(arn, '%') < 0 {
		return arn
	}
	return string(appendDecoded(make([]byte, 0, len(arn)), arn))
}

// appendDecoded decodes the escapes of an ARN, or of the text of a pattern, whose
// wildcards and variables stay what they are: no escape turns into one.
func appendDecoded(dst []byte, text string) []byte {
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case variable:
			n := min(i+2, len(text))
			dst = append(dst, text[i:n]...)
			i = n
		case '%':
			var n int
			dst, n = appendRune(dst, text[i:])
			i += n
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// appendRune appends the character whose escapes a text begins with, and returns how
// much of the text they take.
func appendRune(dst []byte, text string) (_ []byte, n int) {
	var buf [utf8.UTFMax]byte
	char := buf[:0]
	for len(char) < utf8.UTFMax {
		c, ok := percent.Decode(text[n:])
		if !ok {
			break
		}
		char, n = append(char, c), n+3
		if utf8.FullRune(char) {
			break
		}
	}
	if r, size := utf8.DecodeRune(char); size == len(char) && (r != utf8.RuneError || size > 1) {
		return append(dst, char...), n
	}
	if len(char) == 0 {
		return append(dst, '%'), 1 // it begins no escape
	}
	return percent.AppendByte(dst, char[0]), 3
}

// decodedPatterns is a list of patterns for ARNs with their escapes decoded, nil where
// there are none.
func decodedPatterns(list []arnPattern) []arnPattern {
	var out []arnPattern
	for i, a := range list {
		last := len(a.parts) - 1
		if strings.IndexByte(a.parts[last].text, '%') < 0 {
			continue
		}
		if out == nil {
			out = append(out, list...)
		}
		out[i].parts = append([]pattern(nil), a.parts...)
		out[i].parts[last].text = string(appendDecoded(nil, a.parts[last].text))
	}
	return out
}
