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
	return filled(budget, base64.StdEncoding.EncodedLen(len(payload)), func(dst []byte) ([]byte, error) {
		return base64.StdEncoding.AppendEncode(dst, payload), nil
	})
}

// Decode returns the bytes that a payload is the base64 of. Its errors are
// ErrBudget and, of a payload that is no base64, those of encoding/base64.
func Decode(budget *httpmsg.Budget, payload []byte) (*httpmsg.Buffer, error) {
	payload = trimBase64(payload)
	return filled(budget, base64.RawStdEncoding.DecodedLen(len(payload)), func(dst []byte) ([]byte, error) {
		return base64.RawStdEncoding.AppendDecode(dst, payload)
	})
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
	return filled(budget, n, func(dst []byte) ([]byte, error) {
		for len(payload) > 0 {
			size, ok := nextRune(payload)
			if ok {
				dst = append(dst, payload[:size]...)
			} else {
				dst = append(dst, replacement...)
			}
			payload = payload[size:]
		}
		return dst, nil
	})
}

// filled returns a buffer with what add appends to it, n bytes at the most. It is
// given back on an error, and when add panics.
func filled(budget *httpmsg.Budget, n int, add func([]byte) ([]byte, error)) (*httpmsg.Buffer, error) {
	buf, err := budget.Buffer(n)
	if err != nil {
		return nil, err
	}
	whole := false
	defer func() {
		if !whole {
			buf.Free()
		}
	}()
	text, err := add(buf.Bytes())
	if err != nil {
		return nil, err
	}
	if _, err = buf.Write(text); err != nil { // onto itself
		return nil, err
	}
	whole = true
	return buf, nil
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
