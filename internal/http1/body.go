package http1

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// ErrMalformed is the error of a body in chunks that are none, or that two readers could
// take for different ones.
var ErrMalformed = errors.New("malformed chunks of a body")

const (
	// maxLine is the longest line of a chunk's size, and the most that the trailer may
	// have, in bytes.
	maxLine = 4 << 10
	// maxWaste is by how much the lines of the chunks' sizes may exceed twice the body
	// and 16 bytes for each: chunks of a byte with long extensions are no body.
	maxWaste = 16 << 10
)

// A Body is the body of the request that is being answered. Reading it reads from the
// connection; its end is io.EOF, behind which nothing is read. Any other error says that
// the connection cannot be used for another request.
type Body struct {
	conn  *Conn
	phase phase
	left  int64 // bytes of the body, or of the chunk
	waste int64
	trail int   // bytes of the trailer so far
	err   error // what every further read returns; nil for none

	mu    sync.Mutex // for waits, and the interim answer to it
	waits bool       // the client may wait for 100 (Continue)
}

// A phase is what a body expects next.
type phase uint8

const (
	bodyBytes phase = iota // left bytes, and then its end
	chunkSize              // the line of a chunk's size
	chunkData              // left bytes of a chunk
	chunkEnd               // the CRLF behind them
	trailer                // a trailer line, or the empty one
)

func (b *Body) begin(q *Request) {
	*b = Body{conn: b.conn, left: q.Length, waits: q.waits}
	switch q.Length {
	case 0:
		b.err = io.EOF
	case -1:
		b.phase = chunkSize
		b.left = 0
	}
}

// Whole reports whether the body has been read to its end.
func (b *Body) Whole() bool { return b.err == io.EOF }

// Close implements io.Closer. It does nothing: who answers decides what becomes of the
// rest.
func (b *Body) Close() error { return nil }

// Answered says that the answer begins: a client that waits is not told to go on any
// more. It may be called while another goroutine reads.
func (b *Body) Answered() {
	b.mu.Lock()
	b.waits = false
	b.mu.Unlock()
}

// Inform writes an interim answer, and nothing else meanwhile. A client that is told to go
// on by it is not told again. It may be called while another goroutine reads.
func (b *Body) Inform(answer []byte, goesOn bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits = b.waits && !goesOn
	_, err := b.conn.from.Write(answer)
	return err
}

// goOn tells a client that waits to go on.
func (b *Body) goOn() (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waits {
		b.waits = false
		_, err = io.WriteString(b.conn.from, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	return err
}

// Read implements io.Reader. The first one tells a client that waits for it to go on.
func (b *Body) Read(p []byte) (n int, err error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	b.err = b.goOn()
	for n == 0 && b.err == nil {
		n, b.err = b.step(p)
	}
	return n, b.err
}

// step takes what comes next.
func (b *Body) step(p []byte) (n int, err error) {
	switch b.phase {
	case bodyBytes:
		if n, err = b.data(p); err == nil && b.left == 0 {
			err = io.EOF
		}
	case chunkData:
		if n, err = b.data(p); b.left == 0 {
			b.phase = chunkEnd
		}
	case chunkSize:
		var line []byte
		if line, err = b.line(); err == nil {
			err = b.size(line)
		}
	case chunkEnd:
		var line []byte
		if line, err = b.line(); err == nil && len(line) > 0 {
			err = ErrMalformed
		}
		b.phase = chunkSize
	case trailer:
		var line []byte
		if line, err = b.line(); err == nil {
			err = b.trailerLine(line)
		}
	}
	return n, err
}

// data reads some of the left bytes.
func (b *Body) data(p []byte) (int, error) {
	n, err := b.conn.some(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if n > 0 {
		err = nil // it comes again
	}
	return n, cutShort(err)
}

// cutShort is the error of a body that ends before its end.
func cutShort(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// some reads what has come, or comes next: at once into p where nothing is held.
func (c *Conn) some(p []byte) (int, error) {
	if c.r == c.w {
		if len(p) >= bufferSize/4 {
			return c.from.Read(p)
		}
		c.r, c.w = 0, 0
		if err := c.fill(bufferSize); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.buf.data[c.r:c.w])
	c.r += n
	return n, nil
}

// line returns the next line without its CRLF. It is valid until the next read.
func (b *Body) line() ([]byte, error) {
	c, seen := b.conn, 0
	for {
		if at := indexLF(c.buf.data[c.r+seen : c.w]); at >= 0 {
			line := c.buf.data[c.r : c.r+seen+at]
			c.r += len(line) + 1
			if len(line) == 0 || line[len(line)-1] != '\r' {
				return nil, ErrMalformed
			}
			return line[:len(line)-1], nil
		}
		if seen = c.w - c.r; seen >= maxLine || b.phase == chunkEnd && !bytes.HasPrefix(crlf, c.buf.data[c.r:c.w]) {
			return nil, ErrMalformed
		}
		if err := c.fill(bufferSize); err != nil {
			return nil, cutShort(err)
		}
	}
}

var crlf = []byte("\r\n")

// size takes the line of a chunk's size: hexadecimal digits, and perhaps an extension,
// which nobody uses.
func (b *Body) size(line []byte) error {
	size, digits := httpmsg.ChunkSize(line)
	if digits == 0 || !validExtension(string(line[digits:])) {
		return ErrMalformed
	}
	b.waste = max(0, b.waste+int64(len(line)+len("\r\n"))-16-2*size)
	if b.waste > maxWaste {
		return ErrMalformed
	}
	if b.left, b.phase = size, chunkData; size == 0 {
		b.phase = trailer
	}
	return nil
}

// validExtension reports whether text can stand behind a chunk's size. A quoted string
// that does not end in it is refused: some readers look for its end behind the line's.
func validExtension(text string) bool {
	if text == "" {
		return true
	}
	open := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			open = !open
		case text[i] == '\\' && open:
			i++
		}
	}
	return text[0] == ';' && !open && httpmsg.ValidText(text)
}

// trailerLine takes a line of the trailer, which is dropped, or the empty one behind it.
func (b *Body) trailerLine(line []byte) error {
	if len(line) == 0 {
		return io.EOF
	}
	if b.trail += len(line) + len(crlf); b.trail > maxLine {
		return ErrMalformed
	}
	name, value, ok := strings.Cut(string(line), ":")
	if !ok || !httpmsg.ValidName(name) || !httpmsg.ValidText(value) {
		return ErrMalformed
	}
	return nil
}
