package content

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// What contentHandling says of a payload. "" passes it on, which is not the same
// for text and binary payloads.
const (
	ToText   = "CONVERT_TO_TEXT"
	ToBinary = "CONVERT_TO_BINARY"
)

// Encode returns a payload as base64. Its only error is ErrBudget.
func Encode(budget *httpmsg.Budget, payload []byte) (*httpmsg.Buffer, error) {
	buf, err := budget.Buffer(base64.StdEncoding.EncodedLen(len(payload)))
	if err != nil {
		return nil, err
	}
	return filled(buf, base64.StdEncoding.AppendEncode(buf.Bytes(), payload))
}

// Decode returns the bytes that a payload is the base64 of. Its errors are
// ErrBudget and, of a payload that is no base64, those of encoding/base64.
func Decode(budget *httpmsg.Budget, payload []byte) (*httpmsg.Buffer, error) {
	payload = trimBase64(payload)
	buf, err := budget.Buffer(base64.RawStdEncoding.DecodedLen(len(payload)))
	if err != nil {
		return nil, err
	}
	out, err := base64.RawStdEncoding.AppendDecode(buf.Bytes(), payload)
	if err != nil {
		buf.Free()
		return nil, err
	}
	return filled(buf, out)
}

// trimBase64 drops what may stand around base64: blanks, the padding, and the
// quotes of a JSON string, in which Lambda functions return it.
func trimBase64(text []byte) []byte {
	text = bytes.TrimSpace(text)
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		text = text[1 : n-1]
	}
	for range 2 {
		text = bytes.TrimSuffix(text, []byte("="))
	}
	return text
}

// Text returns a payload as UTF-8, with U+FFFD in place of what is none. Its only
// error is ErrBudget.
func Text(budget *httpmsg.Budget, payload []byte) (*httpmsg.Buffer, error) {
	n := 0
	for rest := payload; len(rest) > 0; {
		size, ok := nextRune(rest)
		if rest = rest[size:]; !ok {
			size = len(replacement)
		}
		n += size
	}
	buf, err := budget.Buffer(n)
	if err != nil {
		return nil, err
	}
	out := buf.Bytes()
	for len(payload) > 0 {
		size, ok := nextRune(payload)
		if ok {
			out = append(out, payload[:size]...)
		} else {
			out = append(out, replacement...)
		}
		payload = payload[size:]
	}
	return filled(buf, out)
}

// filled makes text, which was appended to the empty buffer within its memory,
// what the buffer holds.
func filled(buf *httpmsg.Buffer, text []byte) (*httpmsg.Buffer, error) {
	_, err := buf.Write(text) // onto itself
	return buf, err
}

const replacement = "\uFFFD"

// nextRune returns the length of the character at the start of b, or of the
// bytes that Java replaces together: those that begin a character, up to the
// one that cannot continue it.
func nextRune(b []byte) (size int, ok bool) {
	if r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1 {
		return n, true
	}
	for size = 1; size < min(len(b), utf8.UTFMax-1) && !utf8.FullRune(b[:size+1]); size++ {
	}
	return size, false
}
