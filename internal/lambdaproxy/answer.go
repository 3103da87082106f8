package lambdaproxy

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An Answer is what a function of a proxy integration answered:
//
//	{"isBase64Encoded": bool, "statusCode": int, "headers": {}, "multiValueHeaders": {}, "body": "…"}
//
// All members may be left out or null; any other makes the answer malformed, and
// so do more headers than the head of a backend's answer may have.
type Answer struct {
	Status int    // from 200 to 599; 200 where the function names none
	Base64 bool   // Body is text in base64; see Decode
	Body   []byte // in the memory that it had before Read

	single, multi httpmsg.Header
}

// Reset empties the answer for the next call and keeps the memory of its lists,
// not that of Body.
func (a *Answer) Reset() { *a = Answer{single: emptied(a.single), multi: emptied(a.multi)} }

// errMalformed says that a function's answer is none of a proxy integration.
var errMalformed = errors.New("not an object of isBase64Encoded, statusCode, headers, multiValueHeaders and body, or a value of the wrong type")

// Read reads what a function answered; text is not kept. Body is appended to the
// memory that Body has, for which len(text) bytes are enough. An error says that
// the answer is malformed, and no member but Body's memory means anything then.
func (a *Answer) Read(text []byte) error {
	a.Status, a.Base64 = 200, false
	a.single, a.multi, a.Body = a.single[:0], a.multi[:0], a.Body[:0]
	r := jsonReader{text: text}
	if !r.object(func(key []byte) bool { return a.member(&r, key) }) || !r.end() {
		return errMalformed
	}
	return a.check()
}

// member reads the value of one member. Of one that comes twice the last holds.
func (a *Answer) member(r *jsonReader, key []byte) (ok bool) {
	null := r.peek() == 'n'
	switch string(key) {
	case "statusCode":
		if a.Status = 200; !null {
			a.Status, ok = readStatus(r)
			return ok
		}
	case "isBase64Encoded":
		if a.Base64 = false; !null {
			a.Base64, ok = readBool(r)
			return ok
		}
	case "headers":
		if a.single = a.single[:0]; !null {
			a.single, ok = readHeaders(r, a.single)
			return ok
		}
	case "multiValueHeaders":
		if a.multi = a.multi[:0]; !null {
			a.multi, ok = readMultiHeaders(r, a.multi)
			return ok
		}
	case "body":
		if a.Body = a.Body[:0]; !null {
			a.Body, ok = r.string(a.Body)
			return ok
		}
	default:
		return false
	}
	return r.literal("null")
}

// check refuses what could not be sent.
func (a *Answer) check() error {
	if a.Status < 200 || a.Status > 599 {
		return errors.New("statusCode is not from 200 to 599")
	}
	for _, list := range []httpmsg.Header{a.single, a.multi} {
		for i := range list {
			if !httpmsg.ValidName(list[i].Name) || !httpmsg.ValidText(list[i].Value) {
				return errors.New("a header's name or value cannot be sent")
			}
		}
	}
	return nil
}

// readStatus reads a number, or text that says one.
func readStatus(r *jsonReader) (int, bool) {
	text, ok := r.key[:0], false
	if r.peek() == '"' {
		text, ok = r.string(text)
	} else {
		text, ok = r.number()
	}
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return int(min(max(f, -1), 1000)), err == nil && f == f
}

// readBool reads true, false, or text that says either.
func readBool(r *jsonReader) (value, ok bool) {
	switch {
	case r.literal("true"), r.literal(`"true"`):
		return true, true
	case r.literal("false"), r.literal(`"false"`):
		return false, true
	}
	return false, false
}

// Bounds on each of the two maps of headers, as on the head of any backend's
// answer.
const (
	maxAnsweredHead  = 64 << 10 // bytes of names and values
	maxAnsweredLines = 1000
)

// readHeaders reads an object of header values. Members that are null are left
// out.
func readHeaders(r *jsonReader, into httpmsg.Header) (httpmsg.Header, bool) {
	size := 0
	ok := r.object(func(key []byte) bool {
		name := string(key)
		if r.literal("null") {
			return true
		}
		value, ok := readHeaderValue(r)
		into = append(into, httpmsg.Field{Name: name, Value: value})
		size += len(name) + len(value)
		return ok && size <= maxAnsweredHead && len(into) <= maxAnsweredLines
	})
	return into, ok
}

// readMultiHeaders reads an object of lists of header values.
func readMultiHeaders(r *jsonReader, into httpmsg.Header) (httpmsg.Header, bool) {
	size := 0
	ok := r.object(func(key []byte) bool {
		name := string(key)
		return r.literal("null") || r.array(func() bool {
			value, ok := readHeaderValue(r)
			into = append(into, httpmsg.Field{Name: name, Value: value})
			size += len(name) + len(value)
			return ok && size <= maxAnsweredHead && len(into) <= maxAnsweredLines
		})
	})
	return into, ok
}

// readHeaderValue reads text, a boolean, or a number, which goes out as it is
// written. That numbers do is known from functions: widely used adaptors give
// Content-Length as one, and the public types of an answer list all three.
func readHeaderValue(r *jsonReader) (string, bool) {
	switch {
	case r.literal("true"):
		return "true", true
	case r.literal("false"):
		return "false", true
	}
	if r.peek() != '"' {
		text, ok := r.number()
		return string(text), ok
	}
	var ok bool
	r.key, ok = r.string(r.key[:0])
	return string(r.key), ok
}

// AppendHeader appends the header lines of the answer, as the function gave them:
// of a name in both maps the list's values come first, under the list's spelling,
// and a value that the list has is not repeated.
func (a *Answer) AppendHeader(dst httpmsg.Header) httpmsg.Header {
	dst = append(dst, a.multi...)
	for _, f := range a.single {
		at := slices.IndexFunc(a.multi, func(m httpmsg.Field) bool { return httpmsg.EqualFold(m.Name, f.Name) })
		if at >= 0 {
			f.Name = a.multi[at].Name
			if slices.Contains(a.multi, f) {
				continue
			}
		}
		dst = append(dst, f)
	}
	return dst
}

// Decode turns Body from base64 to bytes, in place.
func (a *Answer) Decode() error {
	text := a.Body
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	n, err := base64.RawStdEncoding.Decode(a.Body, text)
	a.Body = a.Body[:n]
	return err
}
