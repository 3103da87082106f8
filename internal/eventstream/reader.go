// Package eventstream reads the messages of AWS's event streams
// (application/vnd.amazon.eventstream) as they come.
//
// A message has a head of bounded size, and a payload that is passed on while it comes:
// however long it is, a [Reader] holds none of it. The SDK's own reader holds each
// message whole, of up to 16 MB.
package eventstream

import (
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
)

const (
	preludeSize  = 12 // length, length of the headers, and their checksum
	checksumSize = 4
	// MaxHeaders is how long the headers of a message may be, in bytes. The format
	// has room for 128 KiB; those of a service are a few hundred.
	MaxHeaders = 8 << 10
)

var (
	errChecksum = errors.New("eventstream: a checksum is wrong")
	errLengths  = errors.New("eventstream: the lengths of a message do not fit")
	errHeaders  = errors.New("eventstream: the headers of a message are malformed")
)

// A Reader reads one message after the other. It is for one goroutine.
type Reader struct {
	from    io.Reader
	sum     hash.Hash32
	left    int64 // bytes of the payload that have not been read; below 0 there is no message
	headers []byte
	fixed   [preludeSize]byte
	err     error
}

// NewReader returns a reader of a stream. It reads no more of it than it has to, in
// small pieces where those are small.
func NewReader(from io.Reader) *Reader {
	return &Reader{from: from, sum: crc32.NewIEEE(), left: -1}
}

// Next goes on to the next message, behind what is left of the last one, and reads its
// headers. It returns io.EOF where the stream ends between two messages, and
// io.ErrUnexpectedEOF where it ends within one.
func (r *Reader) Next() error {
	if r.err != nil {
		return r.err
	}
	r.err = r.next()
	return r.err
}

func (r *Reader) next() error {
	if r.left >= 0 {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
	}
	r.headers = r.headers[:0]
	r.sum.Reset()
	if _, err := io.ReadFull(r.from, r.fixed[:]); err != nil {
		return err
	}
	total, headers := binary.BigEndian.Uint32(r.fixed[0:]), binary.BigEndian.Uint32(r.fixed[4:])
	if crc32.ChecksumIEEE(r.fixed[:8]) != binary.BigEndian.Uint32(r.fixed[8:]) {
		return errChecksum
	}
	payload := int64(total) - int64(headers) - preludeSize - checksumSize
	if payload < 0 || headers > MaxHeaders {
		return errLengths
	}
	_, _ = r.sum.Write(r.fixed[:])
	if err := r.readHeaders(int(headers)); err != nil {
		return err
	}
	if r.left = payload; payload == 0 {
		return r.check()
	}
	return nil
}

// readHeaders reads the headers, of n bytes, and checks their form.
func (r *Reader) readHeaders(n int) error {
	if cap(r.headers) < n {
		r.headers = make([]byte, n)
	}
	r.headers = r.headers[:n]
	if _, err := io.ReadFull(r.from, r.headers); err != nil {
		return unexpected(err)
	}
	_, _ = r.sum.Write(r.headers)
	for rest := r.headers; len(rest) > 0; {
		var ok bool
		if _, _, rest, ok = cutHeader(rest); !ok {
			return errHeaders
		}
	}
	return nil
}

// check reads the checksum behind the payload.
func (r *Reader) check() error {
	r.left = -1
	sum := r.fixed[:checksumSize]
	if _, err := io.ReadFull(r.from, sum); err != nil {
		return unexpected(err)
	}
	if binary.BigEndian.Uint32(sum) != r.sum.Sum32() {
		return errChecksum
	}
	return nil
}

// Read reads the payload of the message. io.EOF comes only behind a payload whose
// checksum is right: what was read before it comes may turn out to be wrong.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.left < 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.left)])
	_, _ = r.sum.Write(p[:n])
	if r.left -= int64(n); r.left == 0 {
		r.err = r.check()
		return n, r.err
	}
	if err != nil {
		r.err = unexpected(err)
	}
	return n, r.err
}

// Header returns the value of a header that is text, "" where the message has none.
func (r *Reader) Header(name string) string {
	for rest := r.headers; len(rest) > 0; {
		header, value, left, ok := cutHeader(rest)
		if !ok {
			return ""
		}
		if string(header) == name {
			return string(value)
		}
		rest = left
	}
	return ""
}

// Types of header values.
const (
	typeTrue = iota
	typeFalse
	typeByte
	typeShort
	typeInteger
	typeLong
	typeBytes
	typeText
	typeTime
	typeUUID
)

// cutHeader takes the first header off a list. value is nil where it is no text.
func cutHeader(b []byte) (name, value, rest []byte, ok bool) {
	name, b, ok = cut(b, 1)
	if !ok || len(name) == 0 || len(b) == 0 {
		return nil, nil, nil, false
	}
	kind := b[0]
	b = b[1:]
	size := 0
	switch kind {
	case typeTrue, typeFalse:
	case typeByte:
		size = 1
	case typeShort:
		size = 2
	case typeInteger:
		size = 4
	case typeLong, typeTime:
		size = 8
	case typeUUID:
		size = 16
	case typeBytes, typeText:
		value, rest, ok = cut(b, 2)
		if kind == typeBytes {
			value = nil
		}
		return name, value, rest, ok
	default:
		return nil, nil, nil, false
	}
	if len(b) < size {
		return nil, nil, nil, false
	}
	return name, nil, b[size:], true
}

// cut takes what is behind its own length off b; the length has so many bytes.
func cut(b []byte, digits int) (value, rest []byte, ok bool) {
	if len(b) < digits {
		return nil, nil, false
	}
	n := int(b[0])
	if digits == 2 {
		n = n<<8 | int(b[1])
	}
	if b = b[digits:]; len(b) < n {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// unexpected makes the end of a stream within a message an error of its own.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
