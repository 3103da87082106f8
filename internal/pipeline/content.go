package pipeline

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
)

// What contentHandling says of a payload. "" passes it on, which is not the
// same for text and binary payloads: see convertRequest and convertResponse.
const (
	convertToText   = "CONVERT_TO_TEXT"
	convertToBinary = "CONVERT_TO_BINARY"
)

const badBase64 = "Unable to base64 decode the body."

// convertRequest gives the request's body the form that the integration's
// contentHandling asks for, and reports whether that is binary: a template
// cannot read such a body.
func (c *call) convertRequest() (binary bool, err error) {
	body := &c.scope.RequestBody
	switch handling := c.method.request.handling; {
	case c.binaryRequest():
		if handling != convertToText {
			return true, nil
		}
		*body, err = c.encode(*body)
		return false, err
	case handling == convertToBinary && len(*body) > 0:
		*body, err = c.decode(*body)
		return true, err
	}
	*body, err = c.text(*body)
	return false, err
}

// convertProxied is convertRequest for HTTP_PROXY, which passes bytes through:
// only a binary body that is asked for as text changes.
func (c *call) convertProxied() (err error) {
	if c.method.request.handling == convertToText && c.binaryRequest() {
		c.scope.RequestBody, err = c.encode(c.scope.RequestBody)
	}
	return err
}

// convertResponse gives the backend's payload the form that the integration
// response and the client ask for, and reports whether that is binary.
func (c *call) convertResponse() (binary bool, err error) {
	payload := &c.scope.ResponseBody
	handling, wanted := c.chosen.handling, c.binaryResponse()
	switch {
	case len(*payload) == 0:
	case c.isBinary(c.backend.Header, "Content-Type"):
		if handling == convertToBinary || handling == "" && wanted {
			return true, nil
		}
		*payload, err = c.encode(*payload)
	case handling == convertToBinary || handling == "" && wanted:
		*payload, err = c.decode(*payload)
		return true, err
	case !c.backend.Header.Has("Content-Encoding"):
		*payload, err = c.text(*payload)
	}
	return false, err
}

// encode returns a payload as base64.
func (c *call) encode(payload []byte) ([]byte, error) {
	room, err := c.lend(base64.StdEncoding.EncodedLen(len(payload)))
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.AppendEncode(room, payload), nil
}

// decode returns the bytes that a payload is the base64 of.
func (c *call) decode(payload []byte) ([]byte, error) {
	payload = trimBase64(payload)
	room, err := c.lend(base64.RawStdEncoding.DecodedLen(len(payload)))
	if err != nil {
		return nil, err
	}
	out, err := base64.RawStdEncoding.AppendDecode(room, payload)
	if err != nil {
		return nil, configurationError(badBase64, err)
	}
	return out, nil
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

// text returns a payload as UTF-8: as it is, or with U+FFFD in place of what
// is none.
func (c *call) text(payload []byte) ([]byte, error) {
	if utf8.Valid(payload) {
		return payload, nil
	}
	n := 0
	for rest := payload; len(rest) > 0; {
		size, ok := nextRune(rest)
		if rest = rest[size:]; !ok {
			size = len(replacement)
		}
		n += size
	}
	out, err := c.lend(n)
	if err != nil {
		return nil, err
	}
	for len(payload) > 0 {
		size, ok := nextRune(payload)
		if ok {
			out = append(out, payload[:size]...)
		} else {
			out = append(out, replacement...)
		}
		payload = payload[size:]
	}
	return out, nil
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
