package gateway

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

const (
	// streamBuffer is how much of a stream is read at a time, in bytes.
	streamBuffer = 16 << 10
	// piece is how much of a body is written within one WriteTimeout, in bytes.
	piece = 256 << 10
)

// An egress writes the answer to one request. Its time bounds each write, so
// that a client who does not read holds no memory for long.
type egress struct {
	from    *arrival
	timeout time.Duration
	closing bool // the connection ends behind the answer

	delivery *delivery // nil for an answer that is not worth it

	began, ended time.Time // of the writing
	sent         int64     // bytes of the body
	broken       bool      // the client did not get all of it
}

// unsendable is why resp cannot be written as it is: its status and its header are to be
// ones that HTTP has. It is nil where it can be. It names header lines, and does not say
// what is in them: that may be a secret.
func unsendable(resp *httpmsg.Response) error {
	if resp.Status < 200 || resp.Status > 999 {
		return fmt.Errorf("status %d is that of no answer", resp.Status)
	}
	for i := range resp.Header {
		switch f := &resp.Header[i]; {
		case !httpmsg.ValidName(f.Name):
			return fmt.Errorf("%.80q is no name of a header line", f.Name)
		case !httpmsg.ValidText(f.Value):
			return fmt.Errorf("the header line %.80s holds a control character", f.Name)
		}
	}
	return nil
}

// send writes resp over HTTP/2 and closes its stream. It does not release it.
func (e *egress) send(resp *httpmsg.Response) {
	e.began = time.Now()
	defer func() { e.ended = time.Now() }()
	e.header(resp)
	e.extend()
	if resp.Stream != nil {
		defer resp.Stream.Close()
		e.from.stream.w.WriteHeader(resp.Status)
		if e.hasBody(resp.Status) {
			e.stream(resp.Stream)
		}
		return
	}
	e.from.stream.w.WriteHeader(resp.Status)
	if e.hasBody(resp.Status) {
		e.write(resp.Body)
	}
}

// speak writes resp over HTTP/1 and closes its stream. It does not release it.
func (e *egress) speak(c *call, resp *httpmsg.Response, dates *dates) {
	t := e.from.talk
	e.began = time.Now()
	f := form{old: e.from.old, date: dates.at(e.began), length: e.length(resp)}
	if f.length < 0 && resp.Stream != nil && e.hasBody(resp.Status) {
		f.chunked = !f.old
	}
	e.closing = e.closing || e.from.closes || f.old && f.length < 0 && e.hasBody(resp.Status)
	f.closing, t.closing = e.closing, e.closing
	t.h1.Body().Answered()
	c.wire = appendHead(c.wire[:0], resp, f)
	if resp.Stream != nil {
		e.relay(c, resp, f)
		return
	}
	body := resp.Body
	if !e.hasBody(resp.Status) {
		body = nil
	}
	e.sent = int64(t.answer(c, body, e.began))
	e.broken, e.ended = t.broken != nil, time.Now()
}

// chunkHead is how much room a chunk's size takes at the most, in bytes, with its CRLF.
const chunkHead = len("4000\r\n")

// relay writes a stream behind its head, which is in c.wire, over HTTP/1. Where the source or the client breaks off, the connection ends.
func (e *egress) relay(c *call, resp *httpmsg.Response, f form) {
	t := e.from.talk
	defer func() {
		_ = resp.Stream.Close()
		e.ended, t.closing = time.Now(), t.closing || e.broken
	}()
	if _, t.broken = t.put(c.wire, e.began); t.broken != nil || !e.hasBody(resp.Status) {
		e.broken = t.broken != nil
		return
	}
	buf := make([]byte, chunkHead+streamBuffer+len("\r\n"))
	for {
		n, err := resp.Stream.Read(buf[chunkHead : chunkHead+streamBuffer])
		if f.length >= 0 && e.sent+int64(n) > f.length {
			n, err = int(f.length-e.sent), io.ErrShortWrite
		}
		if n > 0 && !e.piece(buf, n, f.chunked) {
			return
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			e.broken = true
			return
		}
	}
	if e.broken = f.length >= 0 && e.sent < f.length; f.chunked {
		_, t.broken = t.Write([]byte("0\r\n\r\n"))
		e.broken = t.broken != nil
	}
}

// piece writes n bytes of a stream, which stand in buf behind the room for a chunk's
// head, and reports whether the client takes more.
func (e *egress) piece(buf []byte, n int, chunked bool) bool {
	t, from, to := e.from.talk, chunkHead, chunkHead+n
	if chunked {
		var size [chunkHead]byte
		head := append(strconv.AppendInt(size[:0], int64(n), 16), "\r\n"...)
		from -= copy(buf[chunkHead-len(head):], head)
		to += copy(buf[to:], "\r\n")
	}
	took, err := t.Write(buf[from:to])
	e.sent += int64(min(max(0, took-(chunkHead-from)), n))
	t.broken, e.broken = err, err != nil
	return !e.broken
}

// write writes a body. A client that goes away is no failure of ours.
func (e *egress) write(body []byte) {
	end := time.Now().Add(answerTime)
	for due := piece; len(body) > 0; {
		n := min(len(body), stretch)
		if !e.put(body[:n]) {
			return
		}
		body = body[n:]
		if e.delivery != nil {
			e.delivery.took(n)
		}
		if due -= n; due <= 0 {
			due = piece
			e.extendUntil(end)
		}
	}
}

// put writes a part of a body, and reports whether the client takes more.
func (e *egress) put(p []byte) bool {
	n, err := e.from.stream.w.Write(p)
	e.sent += int64(n)
	e.broken = err != nil
	return !e.broken
}

// header sets the header lines. They go into the map under their own spelling,
// which net/http then writes.
func (e *egress) header(resp *httpmsg.Response) {
	h := e.from.stream.w.Header()
	h["Content-Type"] = nil                         // net/http is not to guess one
	values := make([]string, 0, len(resp.Header)+2) // of all lines, in one piece of memory
	add := func(name, value string) {
		if had := h[name]; had != nil {
			h[name] = append(had, value)
			return
		}
		n := len(values)
		values = append(values, value)
		h[name] = values[n : n+1 : n+1]
	}
	for i := range resp.Header {
		if f := &resp.Header[i]; !ownedByListener(f.Name) {
			add(f.Name, f.Value)
		}
	}
	if n := e.length(resp); n >= 0 {
		add("Content-Length", strconv.FormatInt(n, 10))
	}
	if e.closing {
		add("Connection", "close") // net/http tells a client of HTTP/2 to go
	}
}

// ownedByListener reports whether a header line is of this connection alone,
// or says what the listener itself says.
func ownedByListener(name string) bool {
	switch len(name) {
	case len("Date"):
		return httpmsg.EqualFold(name, "Date")
	case len("Trailer"): // and Upgrade
		return httpmsg.EqualFold(name, "Trailer") || httpmsg.EqualFold(name, "Upgrade")
	case len("Connection"): // and Keep-Alive
		return httpmsg.EqualFold(name, "Connection") || httpmsg.EqualFold(name, "Keep-Alive")
	case len("Content-Length"):
		return httpmsg.EqualFold(name, "Content-Length")
	case len("Proxy-Connection"):
		return httpmsg.EqualFold(name, "Proxy-Connection")
	case len("Transfer-Encoding"):
		return httpmsg.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

// length is what Content-Length says, below 0 where it says nothing.
func (e *egress) length(resp *httpmsg.Response) int64 {
	switch {
	case !allowsBody(resp.Status), resp.Stream != nil && resp.Length <= 0:
		return -1
	case resp.Stream != nil:
		return resp.Length
	case resp.Length != 0 && e.from.method == http.MethodHead:
		return resp.Length
	}
	return int64(len(resp.Body))
}

func (e *egress) hasBody(status int) bool {
	return e.from.method != http.MethodHead && allowsBody(status)
}

func allowsBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// stream copies from as it comes, behind the header, which goes out at once. A source
// that breaks off breaks the connection off too, or the stream of HTTP/2, so that the
// client does not take a part for the whole.
func (e *egress) stream(from io.Reader) {
	control := http.NewResponseController(e.from.stream.w)
	if e.broken = control.Flush() != nil; e.broken {
		return
	}
	buf := make([]byte, streamBuffer)
	for {
		_ = control.SetWriteDeadline(time.Time{}) // on HTTP/2 it would run while the source is silent
		n, err := from.Read(buf)
		e.extend()
		if n > 0 {
			if !e.put(buf[:n]) {
				return
			}
			if e.broken = control.Flush() != nil; e.broken {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			e.broken = true
			panic(http.ErrAbortHandler) // the way to say so to net/http
		}
	}
}

// extendUntil is extend that goes no further than end.
func (e *egress) extendUntil(end time.Time) {
	e.extend()
	if e.timeout > time.Until(end) {
		http.NewResponseController(e.from.stream.w).SetWriteDeadline(end)
	}
}

// extend gives the client its time anew. net/http lifts the limit behind each
// request, so that it binds no other handler's answer.
func (e *egress) extend() {
	if e.timeout > 0 {
		http.NewResponseController(e.from.stream.w).SetWriteDeadline(time.Now().Add(e.timeout)) // only a test's recorder cannot
	}
}
