package trace

import (
	"strings"
	"unicode/utf8"
)

// A Payload is a body as a trace keeps it.
type Payload struct {
	Text   string // its beginning; "" where it is no text
	Size   int    // of all of it, in bytes
	Binary bool   // it is no text
}

// maxPayload is how much of a body a trace keeps, in bytes.
const maxPayload = 4 << 10

func newPayload(body []byte) Payload {
	p := Payload{Size: len(body)}
	text := string(body[:min(len(body), maxPayload)])
	if len(text) < len(body) {
		text = wholeRunes(text)
	}
	if p.Binary = !utf8.ValidString(text); !p.Binary {
		p.Text = text
	}
	return p
}

// wholeRunes drops a character at the end of text that was cut in two.
func wholeRunes(text string) string {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if tail := text[len(text)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return strings.TrimSuffix(text, tail)
			}
			break
		}
	}
	return text
}
