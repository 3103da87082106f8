package lambdaproxy

import (
	"bytes"
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// MaxMetadata is within how many bytes of a streamed output its metadata and the
// delimiter behind them have to come (documented).
const MaxMetadata = 16 << 10

// delimiter stands between the metadata of a streamed output and its payload.
var delimiter = make([]byte, 8)

// CutMetadata takes a streamed output apart whose first bytes are text, of which the
// first seen were looked at before: its metadata, and what has come of the payload. ok
// is false while the delimiter has not come.
func CutMetadata(text []byte, seen int) (metadata, payload []byte, ok bool) {
	from := max(0, seen-len(delimiter)+1)
	at := bytes.Index(text[from:], delimiter)
	if at < 0 {
		return nil, nil, false
	}
	at += from
	return text[:at], text[at+len(delimiter):], true
}

// ErrMetadata says that what a function streams does not begin with the metadata of a
// streamed output.
var ErrMetadata = errors.New("not an object of statusCode, headers, multiValueHeaders and cookies with eight NULs behind it, in the first 16 KB")

// badCookies is what the member cookies has to be.
var badCookies = &memberError{"cookies", "a list of texts that can be sent, within the bounds of a head"}

// ReadMetadata is Read for the metadata of a streamed output:
//
//	{"statusCode": int, "headers": {}, "multiValueHeaders": {}, "cookies": ["…"]}
//
// Body is not touched. text is not kept.
func (o *Output) ReadMetadata(text []byte) error {
	o.Status, o.Base64 = 200, false
	o.single, o.multi, o.cookies = o.single[:0], o.multi[:0], o.cookies[:0]
	r := jsontext.NewReader(text, maxDepth, '?')
	err := r.Object(func(name []byte) error {
		switch string(name) {
		case "cookies":
			return o.readCookies(&r)
		case "statusCode", "headers", "multiValueHeaders":
			return o.member(&r, name)
		}
		return unknownMember(name, "a streamed output's metadata, which are statusCode, headers, multiValueHeaders and cookies")
	})
	if bad, ok := err.(*memberError); ok {
		return bad
	}
	if err != nil || r.End() != nil {
		return ErrMetadata
	}
	return o.check()
}

// readCookies reads the values of Set-Cookie lines.
func (o *Output) readCookies(r *jsontext.Reader) error {
	o.cookies = o.cookies[:0]
	if kind, _ := r.Peek(); kind == jsontext.Null {
		return r.Null()
	}
	size := 0
	return orBad(r.Array(func() error {
		value, err := r.Text()
		if err != nil {
			return err
		}
		if size += len(value); size > maxHead || len(o.cookies) == maxLines {
			return errMalformed
		}
		o.cookies = append(o.cookies, httpmsg.Field{Name: "Set-Cookie", Value: value})
		return nil
	}), badCookies)
}
