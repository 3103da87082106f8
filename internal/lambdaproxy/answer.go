package lambdaproxy

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
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
	r := jsontext.NewReader(text, maxDepth, '?')
	err := r.Object(func(name []byte) error { return a.member(&r, name) })
	if err != nil || r.End() != nil {
		return errMalformed
	}
	return a.check()
}

// maxDepth is deeper than any answer is: an object, its headers, their values.
const maxDepth = 3

// member reads the value of one member. Of one that comes twice the last holds.
func (a *Answer) member(r *jsontext.Reader, name []byte) (err error) {
	kind, err := r.Peek()
	if err != nil {
		return err
	}
	null := kind == jsontext.Null
	switch string(name) {
	case "statusCode":
		if a.Status = 200; !null {
			a.Status, err = readStatus(r, kind)
			return err
		}
	case "isBase64Encoded":
		if a.Base64 = false; !null {
			a.Base64, err = readBool(r, kind)
			return err
		}
	case "headers":
		if a.single = a.single[:0]; !null {
			a.single, err = readHeaders(r, a.single)
			return err
		}
	case "multiValueHeaders":
		if a.multi = a.multi[:0]; !null {
			a.multi, err = readMultiHeaders(r, a.multi)
			return err
		}
	case "body":
		if a.Body = a.Body[:0]; !null {
			a.Body, err = r.AppendText(a.Body)
			return err
		}
	default:
		return errMalformed
	}
	return r.Null()
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
func readStatus(r *jsontext.Reader, kind jsontext.Kind) (status int, err error) {
	var text []byte
	if kind == jsontext.String {
		text, err = r.Bytes()
	} else {
		text, err = r.Number()
	}
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if f != f {
		err = errMalformed
	}
	return int(min(max(f, -1), 1000)), err
}

// readBool reads true, false, or text that says either.
func readBool(r *jsontext.Reader, kind jsontext.Kind) (bool, error) {
	if kind != jsontext.String {
		return r.Bool()
	}
	text, err := r.Bytes()
	if string(text) != "true" && string(text) != "false" {
		return false, errMalformed
	}
	return string(text) == "true", err
}

// Bounds on each of the two maps of headers, as on the head of any backend's
// answer.
const (
	maxAnsweredHead  = 64 << 10 // bytes of names and values
	maxAnsweredLines = 1000
)

// readHeaders reads an object of header values. Members that are null are left
// out.
func readHeaders(r *jsontext.Reader, into httpmsg.Header) (httpmsg.Header, error) {
	size := 0
	err := r.Object(func(key []byte) (err error) {
		name := string(key)
		if kind, _ := r.Peek(); kind == jsontext.Null {
			return r.Null()
		}
		into, err = readHeader(r, into, name, &size)
		return err
	})
	return into, err
}

// readMultiHeaders reads an object of lists of header values.
func readMultiHeaders(r *jsontext.Reader, into httpmsg.Header) (httpmsg.Header, error) {
	size := 0
	err := r.Object(func(key []byte) error {
		name := string(key)
		if kind, _ := r.Peek(); kind == jsontext.Null {
			return r.Null()
		}
		return r.Array(func() (err error) {
			into, err = readHeader(r, into, name, &size)
			return err
		})
	})
	return into, err
}

// readHeader reads a value of the header called name and appends a line to a map
// whose names and values have size bytes up to now.
func readHeader(r *jsontext.Reader, into httpmsg.Header, name string, size *int) (httpmsg.Header, error) {
	value, err := readHeaderValue(r)
	if err != nil {
		return into, err
	}
	if *size += len(name) + len(value); *size > maxAnsweredHead || len(into) == maxAnsweredLines {
		return into, errMalformed
	}
	return append(into, httpmsg.Field{Name: name, Value: value}), nil
}

// readHeaderValue reads text, a boolean, or a number, which goes out as it is
// written. That numbers do is known from functions: widely used adaptors give
// Content-Length as one, and the public types of an answer list all three.
func readHeaderValue(r *jsontext.Reader) (string, error) {
	kind, err := r.Peek()
	if err != nil {
		return "", err
	}
	switch kind {
	case jsontext.String:
		return r.Text()
	case jsontext.Bool:
		value, err := r.Bool()
		return strconv.FormatBool(value), err
	}
	number, err := r.Number()
	return string(number), err
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
