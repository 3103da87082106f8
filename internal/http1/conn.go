package http1

import (
	"errors"
	"io"
	"os"
	"strconv"
)

// A Transport is the connection beneath. Its owner sees to it that every read and
// every write ends, with os.ErrDeadlineExceeded where its time is over.
type Transport interface {
	io.ReadWriter
	// Await waits until something comes, and reads it into a buffer that it takes
	// (NewBuffer) only then: a connection that is idle holds none. n is how many bytes
	// of it came, above 0 unless there is an error.
	Await() (buf *Buffer, n int, err error)
}

// A Refusal is the error for a request that is answered with an error, behind which
// the connection ends. It is the status of that answer.
type Refusal int

// Error names the status.
func (r Refusal) Error() string { return "request refused with " + strconv.Itoa(int(r)) }

// The refusals.
const (
	BadRequest        Refusal = 400 // what is no request, or could be two
	Timeout           Refusal = 408 // the head began and did not come in its time
	ExpectationFailed Refusal = 417 // Expect says something else than 100-continue
	HeadTooLarge      Refusal = 431 // the head has more than MaxHead bytes, or MaxLines lines
	NotImplemented    Refusal = 501 // a transfer coding other than chunked
	VersionNotServed  Refusal = 505 // neither HTTP/1.1 nor HTTP/1.0
)

// MaxHead is the most that a head may have, in bytes, the empty line included.
const MaxHead = 68 << 10

// MaxLines is the most header lines that a head may have. In memory a line takes many times
// its few bytes, for as long as the request is answered.
const MaxLines = 500

// A Conn is one connection as a server reads it. Its zero value, with Reset, is ready
// for use. It belongs to one goroutine at a time.
type Conn struct {
	from Transport
	buf  *Buffer // nil while nothing is held
	r, w int     // what has come and was not taken yet is between them

	req  Request
	body Body
	post bool // the request before was a POST
}

// Reset begins a connection.
func (c *Conn) Reset(from Transport) {
	*c = Conn{from: from}
	c.body.conn = c
}

// Buffered returns how many bytes have come behind what was taken.
func (c *Conn) Buffered() int { return c.w - c.r }

// Body returns the body of the request that Next has returned last.
func (c *Conn) Body() *Body { return &c.body }

// Release lets go of the memory that the last request has: its header must not be used
// any more. What has come of the next one stays.
func (c *Conn) Release() {
	c.req = Request{}
	if c.buf != nil && c.r == c.w {
		c.buf.Free()
		c.buf, c.r, c.w = nil, 0, 0
	}
}

// Next waits for the next request and returns its head. The body of the last one must
// have been read to its end. The request is valid until Release or Next is called, its
// strings for good. The error is a Refusal for what is to be answered, io.EOF where
// the client ends the connection between two requests, and the transport's otherwise.
func (c *Conn) Next() (*Request, error) {
	end, err := c.awaitHead()
	if err != nil {
		return nil, err
	}
	text := string(c.buf.data[c.r : c.r+end])
	c.r += end
	c.req.Header = c.buf.lines()
	refusal := c.req.parse(text)
	if c.buf.header = c.req.Header; refusal != 0 {
		return nil, refusal
	}
	c.post = c.req.Method == "POST"
	c.body.begin(&c.req)
	return &c.req, nil
}

// awaitHead reads until a head is there, and returns its length with the empty line.
func (c *Conn) awaitHead() (int, error) {
	seen, line, blanks := 0, 0, 0 // bytes looked at, where the line begins, empty lines in front
	if c.post {
		blanks = maxBlanks
	}
	for {
		if c.buf != nil {
			for at := indexLF(c.buf.data[c.r+seen : c.w]); at >= 0; at = indexLF(c.buf.data[c.r+seen : c.w]) {
				seen += at + 1
				switch length := seen - line - len("\r\n"); {
				case length < 0 && line == 0 && c.post:
					return 0, io.EOF // no request: an answer to it would be taken for that to the next one
				case length < 0 || c.buf.data[c.r+seen-2] != '\r':
					return 0, BadRequest
				case length > 0:
					line = seen
				case line > 0:
					return seen, nil
				case blanks == 0:
					return 0, BadRequest
				default:
					blanks--
					c.r += seen
					seen = 0
				}
			}
			seen = c.w - c.r
		}
		if seen >= MaxHead {
			return 0, HeadTooLarge
		}
		if err := c.fill(MaxHead); err != nil {
			return 0, c.unfinished(err)
		}
	}
}

// maxBlanks is how many empty lines may stand before a request behind a POST. Old
// clients send one too many there (RFC 9112 section 2.2).
const maxBlanks = 2

// unfinished is the error for a head whose rest does not come.
func (c *Conn) unfinished(err error) error {
	switch {
	case c.Buffered() == 0:
		return err
	case err == io.EOF:
		return BadRequest
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Timeout
	}
	return err
}

// fill reads what comes next behind what is held, of which there may be as much as
// most.
func (c *Conn) fill(most int) error {
	if c.buf == nil {
		buf, n, err := c.from.Await()
		c.buf, c.r, c.w = buf, 0, n
		if buf != nil && n == 0 {
			c.Release()
		}
		return err
	}
	if c.w == len(c.buf.data) {
		if c.r > 0 {
			copy(c.buf.data, c.buf.data[c.r:c.w])
			c.r, c.w = 0, c.w-c.r
		} else if len(c.buf.data) < most {
			c.buf.grow(most)
		}
	}
	n, err := c.from.Read(c.buf.data[c.w:])
	if c.w += n; n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// Close lets go of all memory. The connection beneath is its owner's to close.
func (c *Conn) Close() {
	c.r = c.w
	c.Release()
}
