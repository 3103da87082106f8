package integration

import (
	"bytes"
	"io"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// maxInterim is how many 1xx responses may come before the real one.
const maxInterim = 8

// A received is a response with the memory of its header, which the next response has
// when it is released.
type received struct {
	httpmsg.Response
	body   *httpmsg.Buffer // nil for none
	client *Client
	free   func() // giveBack, bound once so that no call costs an allocation
	lines  [usualLines]httpmsg.Field
}

// usualLines is how many header lines cost no allocation, those included that whoever gets
// the response may add.
const usualLines = 24

// received is memory for a response.
func (c *Client) received() *received {
	r, ok := c.responses.Get().(*received)
	if !ok {
		r = &received{client: c}
		r.free = r.giveBack
	}
	r.OnRelease(r.free)
	return r
}

func (r *received) giveBack() {
	if r.body != nil {
		r.body.Free()
	}
	*r = received{client: r.client, free: r.free} // who looks at it later finds nothing
	r.client.responses.Put(r)
}

// receive reads one response. keep says that the connection can carry another
// exchange.
func (c *Client) receive(x *exchange, cn *conn, req *Request) (resp *httpmsg.Response, keep bool, err error) {
	r := c.received()
	h, err := x.in.readHead(r.lines[:0])
	if err != nil {
		return nil, false, err
	}
	if req.Timing != nil {
		*req.Timing = Timing{Header: time.Now()}
	}
	resp = &r.Response
	resp.Status, resp.Header = h.status, h.header
	keep = !h.close && h.version == 1
	switch {
	case req.Method == "HEAD" || h.status == 204 || h.status == 304:
		return resp, keep && x.in.buffered() == 0, nil
	case h.length == 0:
		return resp, keep && x.in.buffered() == 0, nil
	}
	x.body.start(&h)
	if req.streams(h.status) {
		resp.Stream = &Stream{exchange: x, length: h.length}
		return resp, keep && x.body.kind != untilClose, nil
	}
	var body io.Reader = &x.body
	if req.Timing != nil {
		body = &timedBody{body, req.Timing}
	}
	if x.body.kind != byLength || h.length > int64(x.in.buffered()) {
		x.arrival = arrival{from: body, conn: cn}
		body = &x.arrival
	}
	buf, err := c.opts.Budget.ReadBody(body, h.length, c.opts.MaxBody)
	if err != nil {
		return nil, false, err
	}
	r.body = buf
	resp.Body = buf.Bytes()
	return resp, keep && x.body.kind != untilClose && x.in.buffered() == 0, nil
}

// An arrival is a body that comes in the backend's own time, httpmsg.Sender to the
// budget: one that comes slowly gives way when others need its memory.
type arrival struct {
	from  io.Reader
	conn  *conn
	first [1]byte // read by Await
	ahead bool    // first is still to be delivered
	over  bool    // from has given its end
}

// Await implements httpmsg.Sender.
func (a *arrival) Await() error {
	n, err := a.from.Read(a.first[:])
	if a.ahead = n > 0; err == io.EOF {
		a.over, err = true, nil
	}
	return err
}

// Read implements io.Reader.
func (a *arrival) Read(p []byte) (int, error) {
	switch {
	case a.ahead && len(p) > 0:
		a.ahead = false
		return copy(p, a.first[:]), nil
	case a.over:
		return 0, io.EOF
	}
	return a.from.Read(p)
}

// Interrupt implements httpmsg.Sender. The connection serves no other call.
func (a *arrival) Interrupt() { a.conn.interrupt() }

// A timedBody notes when the first bytes of a body come.
type timedBody struct {
	io.Reader
	timing *Timing
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n > 0 && b.timing.Content.IsZero() {
		b.timing.Content = time.Now()
	}
	return n, err
}

// readHead reads to the head of the final response, whose lines go into room if they fit.
func (s *source) readHead(room httpmsg.Header) (head, error) {
	for range maxInterim {
		b, err := s.head(maxHead)
		if err != nil {
			return head{}, err
		}
		h, err := parseHead(b, room)
		if err != nil || h.status >= 200 {
			return h, err
		}
		if h.status == 101 {
			return h, errSwitched
		}
	}
	return head{}, errInterim
}

// How the end of a body is known.
const (
	byLength = iota
	byChunks
	untilClose
)

// maxChunkExtra bounds what a chunked body may carry besides data: chunk
// extensions, leading zeros of sizes, and trailers, each, in bytes.
const maxChunkExtra = 2 << 10

// A bodyReader reads one body from a source and ends at its end.
type bodyReader struct {
	src   *source
	kind  int
	left  int64 // bytes of the body, or of the chunk
	extra int   // bytes of extensions yet allowed
	first bool  // no chunk has been read
}

func (b *bodyReader) start(h *head) {
	b.left, b.extra, b.first = h.length, maxChunkExtra, true
	switch {
	case h.chunked:
		b.kind, b.left = byChunks, 0
	case h.length >= 0:
		b.kind = byLength
	default:
		b.kind = untilClose
	}
}

// Read implements io.Reader. io.EOF comes only at the body's proper end. Of small chunks it
// gives as many as have come: who passes them on would write each on its own.
func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.piece(p)
	for err == nil && n < len(p) && b.left == 0 && b.kind == byChunks && b.holdsAnother() {
		var more int
		more, err = b.piece(p[n:])
		n += more
	}
	return n, err
}

// piece reads some of the body, of one chunk at the most.
func (b *bodyReader) piece(p []byte) (int, error) {
	if b.kind == untilClose {
		return b.src.Read(p)
	}
	if b.left == 0 {
		if b.kind == byLength {
			return 0, io.EOF
		}
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.src.Read(p)
	b.left -= int64(n)
	if err != nil {
		return n, unexpected(err)
	}
	if b.left == 0 && b.kind == byLength {
		return n, io.EOF
	}
	return n, nil
}

// holdsAnother reports whether the size of another chunk has come, and some of its bytes:
// nothing has to be waited for. The last chunk is none.
func (b *bodyReader) holdsAnother() bool {
	unread := b.src.buf[b.src.i:b.src.n]
	if len(unread) > maxChunkExtra {
		unread = unread[:maxChunkExtra]
	}
	rest, ended := bytes.CutPrefix(unread, crlf)
	line := bytes.IndexByte(rest, '\n')
	if !ended || line < 0 || line+1 == len(rest) {
		return false
	}
	size, digits := httpmsg.ChunkSize(rest[:line])
	return digits > 0 && size > 0
}

// nextChunk reads the line of the next chunk's size, behind the CRLF that ends
// the chunk before. After the last chunk it reads the trailer and gives io.EOF.
func (b *bodyReader) nextChunk() error {
	if !b.first {
		line, err := b.src.line(2)
		if err == errLong || len(line) > 0 {
			return errChunk
		}
		if err != nil {
			return chunkFault(err)
		}
	}
	b.first = false
	line, err := b.src.line(maxChunkExtra)
	if err != nil {
		return chunkFault(err)
	}
	size, digits := httpmsg.ChunkSize(line)
	if b.extra -= len(line) - digits; digits == 0 || b.extra < 0 {
		return errChunk
	}
	if digits > 8 { // leading zeros count as well
		b.extra -= digits - 8
	}
	if !validExtension(string(line[digits:])) {
		return errChunk
	}
	if b.left = size; size == 0 {
		return b.trailer()
	}
	return nil
}

// trailer reads and drops the lines behind the last chunk.
func (b *bodyReader) trailer() error {
	for room := maxChunkExtra; ; {
		line, err := b.src.line(room)
		if err != nil {
			return chunkFault(err)
		}
		if len(line) == 0 {
			return io.EOF
		}
		if _, _, ok := parseLine(string(line)); !ok {
			return errChunk
		}
		room -= len(line) + 2
	}
}

// validExtension takes what may follow a chunk's size: nothing, blanks, or a
// semicolon and text, of which nothing is used.
func validExtension(ext string) bool {
	rest := httpmsg.TrimValue(ext)
	return rest == "" || rest[0] == ';' && httpmsg.ValidText(rest)
}

// chunkFault says of an ill-formed line that it is one of a chunked body.
func chunkFault(err error) error {
	if err == errSyntax {
		return errChunk
	}
	return err
}
