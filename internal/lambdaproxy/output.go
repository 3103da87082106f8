package lambdaproxy

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// An Output is what a function of a proxy integration returned, in the format that
// AWS calls its output:
//
//	{"isBase64Encoded": bool, "statusCode": int, "headers": {}, "multiValueHeaders": {}, "body": "…"}
//
// All members may be left out or null; any other makes the output malformed, and
// so do more headers than the head of a backend's response may have.
type Output struct {
	Status int    // from 200 to 599; 200 where the function names none
	Base64 bool   // Body is text in base64; see Decode
	Body   []byte // in the memory that it had before Read

	single, multi httpmsg.Header
	cookies       httpmsg.Header // lines of Set-Cookie, of a streamed output
}

// Reset empties the output for the next call and keeps the memory of its lists,
// not that of Body.
func (o *Output) Reset() {
	*o = Output{single: emptied(o.single), multi: emptied(o.multi), cookies: emptied(o.cookies)}
}

// errMalformed says that what a function returned is no output of a proxy integration.
var errMalformed = errors.New("not an object of isBase64Encoded, statusCode, headers, multiValueHeaders and body")

// A memberError says that a member of an output is not what it has to be. Its text is
// put together when somebody wants it.
type memberError struct{ name, rule string }

func (e *memberError) Error() string { return e.name + " is not " + e.rule }

// What the members have to be.
var (
	badStatus       = &memberError{"statusCode", "a number, or text that says one"}
	badBase64       = &memberError{"isBase64Encoded", "true or false"}
	badHeaders      = &memberError{"headers", "an object of texts, numbers and booleans, within the bounds of a head"}
	badMultiHeaders = &memberError{"multiValueHeaders", "an object of lists of texts, numbers and booleans, within the bounds of a head"}
	badBody         = &memberError{"body", "text"}
)

// unknownMember is the error of a member that no output has; of says which ones have
// what members.
func unknownMember(name []byte, of string) error {
	const most = 100
	return &memberError{strconv.Quote(string(name[:min(len(name), most)])), "a member of " + of}
}

// orBad is bad where there is an error.
func orBad(err error, bad *memberError) error {
	if err != nil {
		return bad
	}
	return nil
}

// Read reads what a function returned; text is not kept. Body is appended to the
// memory that Body has, for which len(text) bytes are enough. An error says that
// the output is malformed, and no member but Body's memory means anything then.
//
// A function that streams may be invoked as one that does not: of its output the
// metadata count, and what comes behind their delimiter is passed over (documented).
func (o *Output) Read(text []byte) error {
	o.Status, o.Base64 = 200, false
	o.single, o.multi, o.cookies, o.Body = o.single[:0], o.multi[:0], o.cookies[:0], o.Body[:0]
	r := jsontext.NewReader(text, maxDepth, '?')
	err := r.Object(func(name []byte) error { return o.member(&r, name) })
	if bad, ok := err.(*memberError); ok {
		return bad
	}
	if err != nil || r.End() != nil && !bytes.HasPrefix(text[r.Offset():], delimiter) {
		return errMalformed
	}
	return o.check()
}

// maxDepth is how deep an output is: an object, its headers, their values.
const maxDepth = 3

// member reads the value of one member. Of one that comes twice the last holds.
func (o *Output) member(r *jsontext.Reader, name []byte) (err error) {
	kind, err := r.Peek()
	if err != nil {
		return err
	}
	null := kind == jsontext.Null
	switch string(name) {
	case "statusCode":
		if o.Status = 200; !null {
			o.Status, err = readStatus(r, kind)
			return orBad(err, badStatus)
		}
	case "isBase64Encoded":
		if o.Base64 = false; !null {
			o.Base64, err = readBool(r, kind)
			return orBad(err, badBase64)
		}
	case "headers":
		if o.single = o.single[:0]; !null {
			o.single, err = readHeaders(r, o.single)
			return orBad(err, badHeaders)
		}
	case "multiValueHeaders":
		if o.multi = o.multi[:0]; !null {
			o.multi, err = readMultiHeaders(r, o.multi)
			return orBad(err, badMultiHeaders)
		}
	case "body":
		if o.Body = o.Body[:0]; !null {
			o.Body, err = r.AppendText(o.Body)
			return orBad(err, badBody)
		}
	default:
		return unknownMember(name, "a function's output, which are isBase64Encoded, statusCode, headers, multiValueHeaders and body")
	}
	return r.Null()
}

// check refuses what could not be sent.
func (o *Output) check() error {
	if o.Status < 200 || o.Status > 599 {
		return &memberError{"statusCode", "from 200 to 599"}
	}
	for _, list := range []httpmsg.Header{o.single, o.multi, o.cookies} {
		for i := range list {
			if !httpmsg.ValidName(list[i].Name) || !httpmsg.ValidText(list[i].Value) {
				return &memberError{"the header " + strconv.Quote(list[i].Name), "one whose name and value can be sent"}
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
// response.
const (
	maxHead  = 64 << 10 // bytes of names and values
	maxLines = 1000
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
	if *size += len(name) + len(value); *size > maxHead || len(into) == maxLines {
		return into, errMalformed
	}
	return append(into, httpmsg.Field{Name: name, Value: value}), nil
}

// readHeaderValue reads text, a boolean, or a number, which goes out as it is
// written. That numbers do is known from functions: widely used adaptors give
// Content-Length as one, and the public types of an output list all three.
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

// AppendHeader appends the header lines of the output, as the function gave them:
// of a name in both maps the list's values come first, under the list's spelling,
// and a value that the list has is not repeated. Cookies come last.
func (o *Output) AppendHeader(dst httpmsg.Header) httpmsg.Header {
	dst = append(dst, o.multi...)
	for _, f := range o.single {
		at := slices.IndexFunc(o.multi, func(m httpmsg.Field) bool { return httpmsg.EqualFold(m.Name, f.Name) })
		if at >= 0 {
			f.Name = o.multi[at].Name
			if slices.Contains(o.multi, f) {
				continue
			}
		}
		dst = append(dst, f)
	}
	return append(dst, o.cookies...)
}

// Decode turns Body from base64 to bytes, in place.
func (o *Output) Decode() error {
	text := o.Body
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	n, err := base64.RawStdEncoding.Decode(o.Body, text)
	o.Body = o.Body[:n]
	return err
}
