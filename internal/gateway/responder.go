package gateway

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

const (
	// shortBody is how long an answer of a handler may be, in bytes, for its length to be
	// told where the handler does not tell it.
	shortBody = 2 << 10
	// manyBytes is how much of a longer one is held for one write.
	manyBytes = 4 << 10
	// sniffed is how much of a body http.DetectContentType looks at, in bytes.
	sniffed = 512
)

// respond has next answer a request that http1 has read, as net/http's server would.
func (g *Gateway) respond(a *arrival, next http.Handler) {
	ctx, client := newWatch(a.talk)
	defer client.end()
	r, lent := a.talk.request().WithContext(ctx), new(lentBody)
	if lent.start(a, g.opts.ReadTimeout); lent.body.from == nil {
		client.begin()
	} else {
		r.Body, lent.body.read = lent, client.begin
	}
	out := &responder{from: a, body: lent, dates: &g.dates, header: make(http.Header), closing: a.closes}
	defer lent.takeBack(a.talk) // also from a handler that panics
	next.ServeHTTP(out, r)
	out.closing = !lent.takeBack(a.talk) || out.closing
	out.finish()
	lent.body.dismiss(out.closing)
	a.talk.closing = out.closing
}

// request makes net/http's form of the request that has arrived, without its body.
func (t *talk) request() *http.Request {
	a := &t.now
	r := &http.Request{
		Method: a.method, RequestURI: a.target, Host: a.host, Proto: a.proto, ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: a.length, Body: http.NoBody, Close: a.closes, RemoteAddr: t.guest.RemoteAddr().String(), TLS: t.state,
		Header: make(http.Header, len(a.lines)),
	}
	if a.old {
		r.ProtoMinor = 0
	}
	if a.length < 0 {
		r.TransferEncoding = []string{"chunked"}
	}
	r.URL, _ = url.ParseRequestURI(a.target) // http1 has seen to it that this works
	for i := range a.lines {
		name := textproto.CanonicalMIMEHeaderKey(a.lines[i].Name)
		r.Header[name] = append(r.Header[name], a.lines[i].Value)
	}
	return r
}

// A responder is the ResponseWriter of a handler whose request http1 has read. What it
// does is what net/http documents, but that the connection is never handed over
// (Hijacker) and no protocol switched to (101), that there are no trailers, and that an answer may overtake the request's
// body. finish must be called when the handler has returned.
type responder struct {
	from  *arrival
	body  *lentBody
	dates *dates

	header  http.Header
	status  int         // of the answer, 0 before it begins
	sent    http.Header // header, as it was then
	length  int64       // of the answer, below 0 where the handler does not tell
	written int64       // bytes of it

	held    []byte // of the answer, not in wire yet
	wire    []byte // what goes out next
	passes  bool   // the head is in wire, or out
	told    bool   // length is ours to tell
	chunked bool
	closing bool // the connection ends behind the answer
	err     error
}

// Header implements http.ResponseWriter.
func (w *responder) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *responder) WriteHeader(status int) {
	switch {
	case status < 100 || status > 999 || status == http.StatusSwitchingProtocols: // there is none to switch to
		panic("invalid WriteHeader code " + strconv.Itoa(status))
	case w.status != 0:
		return
	case status < http.StatusOK:
		w.inform(status)
		return
	}
	w.status, w.sent, w.length = status, w.header.Clone(), -1
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		w.length = n
	} else {
		w.sent.Del("Content-Length")
	}
}

// noBody are the header lines that an answer without a body does not have; unchanged
// are those of one that says the client has the body.
var (
	noBody    = map[string]bool{"Content-Length": true, "Transfer-Encoding": true, "Connection": true}
	unchanged = map[string]bool{"Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Content-Type": true}
	ofHop     = map[string]bool{"Transfer-Encoding": true, "Connection": true}
)

// inform sends an informational answer, behind which another one comes.
func (w *responder) inform(status int) {
	if w.from.old {
		return
	}
	out := append(appendLines(appendStatus(nil, status, false), w.header, noBody), "\r\n"...)
	if w.err == nil {
		w.err = w.from.talk.h1.Body().Inform(out, status == http.StatusContinue)
	}
}

// Write implements http.ResponseWriter.
func (w *responder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case !allowsBody(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.length >= 0 && w.written+int64(len(p)) > w.length:
		return 0, http.ErrContentLength
	case w.err != nil:
		return 0, w.err
	}
	w.written += int64(len(p))
	most := shortBody
	if w.passes {
		most = manyBytes
	}
	if len(w.held)+len(p) <= most {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	w.pass(p)
	w.frame(p)
	w.flush()
	return len(p), w.err
}

// FlushError is what http.ResponseController finds.
func (w *responder) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.pass(nil)
	w.flush()
	return w.err
}

// SetReadDeadline is what http.ResponseController finds. A body has a time of its own for
// each of its pieces (see body).
func (w *responder) SetReadDeadline(t time.Time) error { return w.from.talk.SetReadDeadline(t) }

// SetWriteDeadline is what http.ResponseController finds. Every write has its time,
// whoever makes it (see talk.put).
func (w *responder) SetWriteDeadline(time.Time) error { return nil }

// EnableFullDuplex is what http.ResponseController finds. It is so always.
func (w *responder) EnableFullDuplex() error { return nil }

// finish ends the answer.
func (w *responder) finish() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.passes && w.length < 0 && (w.from.method != http.MethodHead || len(w.held) > 0) {
		w.length = w.written
		if allowsBody(w.status) {
			w.told = true
		}
	}
	w.pass(nil)
	if w.chunked {
		w.wire = append(w.wire, "0\r\n\r\n"...)
	}
	w.flush()
	w.closing = w.closing || w.err != nil || w.hasBody() && w.length > w.written
}

// pass lets out what is held, behind the head. next is what follows it.
func (w *responder) pass(next []byte) {
	if !w.passes {
		w.passes = true
		w.head(next)
	}
	w.frame(w.held)
	w.held = w.held[:0]
}

// head writes the head. next is what follows the bytes that are held.
func (w *responder) head(next []byte) {
	w.from.talk.h1.Body().Answered()
	h, hidden := w.sent, ofHop
	w.closing = w.closing || w.body.endless(w.from) || httpmsg.EqualFold(h.Get("Connection"), "close") || w.from.talk.guest.door.closing.Load()
	var more []byte // lines that the handler has not set
	if h["Date"] == nil {
		more = append(append(more, "Date: "...), w.dates.at(time.Now())...)
		more = append(more, "\r\n"...)
	}
	switch {
	case w.status == http.StatusNotModified:
		hidden = unchanged
	case !allowsBody(w.status):
		hidden = noBody
	case w.told:
		more = append(strconv.AppendInt(append(more, "Content-Length: "...), w.length, 10), "\r\n"...)
	case w.length < 0 && w.hasBody():
		w.chunked = !w.from.old
		w.closing = w.closing || w.from.old || w.body.unread() // who is to wait for its rest may never see the next answer
	}
	if sample := append(w.held, next[:min(len(next), sniffed)]...); len(sample) > 0 && allowsBody(w.status) { // net/http looks, too
		if _, typed := h["Content-Type"]; !typed && h.Get("Content-Encoding") == "" {
			more = append(append(append(more, "Content-Type: "...), http.DetectContentType(sample)...), "\r\n"...)
		}
	}
	switch {
	case w.closing:
		more = append(more, "Connection: close\r\n"...)
	case w.from.old:
		more = append(more, "Connection: keep-alive\r\n"...)
	}
	if w.chunked {
		more = append(more, "Transfer-Encoding: chunked\r\n"...)
	}
	w.wire = appendStatus(w.wire, w.status, w.from.old)
	w.wire = appendLines(w.wire, h, hidden)
	w.wire = append(append(w.wire, more...), "\r\n"...)
}

// appendLines appends a header in net/http's order, but for some lines, behind a status
// line.
func appendLines(dst []byte, h http.Header, hidden map[string]bool) []byte {
	out := bytes.NewBuffer(append(dst, "\r\n"...))
	_ = h.WriteSubset(out, hidden) // a buffer takes all
	return out.Bytes()
}

func (w *responder) hasBody() bool {
	return w.from.method != http.MethodHead && allowsBody(w.status)
}

// frame writes a part of the body, in pieces.
func (w *responder) frame(p []byte) {
	for len(p) > 0 && w.hasBody() && w.err == nil {
		n := min(len(p), streamBuffer)
		if w.chunked {
			w.wire = append(strconv.AppendInt(w.wire, int64(n), 16), "\r\n"...)
		}
		if w.wire = append(w.wire, p[:n]...); w.chunked {
			w.wire = append(w.wire, "\r\n"...)
		}
		if p = p[n:]; len(p) > 0 {
			w.flush()
		}
	}
}

// flush writes what goes out next.
func (w *responder) flush() {
	if len(w.wire) > 0 && w.err == nil {
		_, w.err = w.from.talk.Write(w.wire)
	}
	w.wire = w.wire[:0]
}
