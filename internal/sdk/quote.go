package sdk

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// quoteJavaScript writes a text as a literal of JavaScript: ASCII, and without what would
// end a literal, a line or the script in a page.
func quoteJavaScript(text string) string {
	return quote(text, func(out []byte, r rune) []byte {
		if r > 0xFFFF {
			a, b := utf16.EncodeRune(r)
			return appendHex(appendHex(out, 'u', a, 4), 'u', b, 4)
		}
		return appendHex(out, 'u', r, 4)
	})
}

// quotePython writes a text as a literal of Python.
func quotePython(text string) string {
	return quote(text, func(out []byte, r rune) []byte {
		if r > 0xFFFF {
			return appendHex(out, 'U', r, 8)
		}
		return appendHex(out, 'u', r, 4)
	})
}

// quote writes a text between double quotes. What is not plain is escaped; what is no
// UTF-8 is U+FFFD.
func quote(text string, escape func([]byte, rune) []byte) string {
	out := append(make([]byte, 0, len(text)+2), '"')
	for _, r := range text {
		if plain(r) {
			out = append(out, byte(r))
		} else {
			out = escape(out, r)
		}
	}
	return string(append(out, '"'))
}

// appendHex appends an escape of so many digits.
func appendHex(out []byte, letter byte, r rune, digits int) []byte {
	out = append(out, '\\', letter)
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		out = append(out, "0123456789abcdef"[r>>shift&15])
	}
	return out
}

// plain reports whether a character stands for itself in the literals of every language.
func plain(r rune) bool {
	return ' ' <= r && r <= '~' && !strings.ContainsRune("\"'\\`<>&$", r)
}

// quoteGo writes a text as a literal of Go.
func quoteGo(text string) string { return strconv.QuoteToASCII(strings.ToValidUTF8(text, "\uFFFD")) }

// list writes texts as a list.
func list(texts []string, open, end string, quote func(string) string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = quote(t)
	}
	return open + strings.Join(quoted, ", ") + end
}
