package gateway

import (
	"net/http"
	"strconv"
)

// shortAnswer is how long an answer may be, in bytes, for early to hold it until it is
// whole and its length can be told. net/http, which would do so, needs the handler to
// have returned for it, and then it is too late.
const shortAnswer = 4 << 10

// An early is the ResponseWriter of a handler that may answer before it has read the
// request's body, over HTTP/1: the answer then overtakes what is still to come. finish
// must be called when the handler has returned.
type early struct {
	http.ResponseWriter
	from *arrival
	body *body

	status  int // of the answer, 0 before it begins
	held    []byte
	passes  bool // what is written goes out as it comes
	closing bool // the connection ends behind the answer
}

// WriteHeader implements http.ResponseWriter.
func (e *early) WriteHeader(status int) {
	if status < http.StatusOK || e.status != 0 {
		e.ResponseWriter.WriteHeader(status)
		return
	}
	if e.status = status; !e.body.unread() {
		e.pass()
		return
	}
	e.body.overtake(e.from)
	e.closing = e.body.endless(e.from)
}

// Write implements http.ResponseWriter.
func (e *early) Write(p []byte) (int, error) {
	if e.status == 0 {
		e.WriteHeader(http.StatusOK)
	}
	if !e.passes {
		if len(e.held)+len(p) <= shortAnswer {
			e.held = append(e.held, p...)
			return len(p), nil
		}
		e.pass()
	}
	return e.ResponseWriter.Write(p)
}

// FlushError is what http.ResponseController finds: an answer that its handler flushes
// is held no longer.
func (e *early) FlushError() error {
	if e.status == 0 {
		e.WriteHeader(http.StatusOK)
	}
	if !e.passes {
		e.pass()
	}
	return http.NewResponseController(e.ResponseWriter).Flush()
}

// pass lets out what is held and all that follows. The end of an answer without a
// length goes out when the handler has returned, for which it cannot wait for the body.
func (e *early) pass() {
	e.passes = true
	if h := e.Header(); e.body.unread() {
		if e.closing = e.closing || h["Content-Length"] == nil && allowsBody(e.status); e.closing {
			h.Set("Connection", "close")
		}
	}
	e.ResponseWriter.WriteHeader(e.status)
	if len(e.held) > 0 {
		_, _ = e.ResponseWriter.Write(e.held) // who cannot have it cannot have the rest either
	}
}

// finish ends the answer, and then the body.
func (e *early) finish(nc *conn) {
	if e.status == 0 && e.body.unread() {
		e.WriteHeader(http.StatusOK)
	}
	if e.status != 0 && !e.passes {
		if h := e.Header(); allowsBody(e.status) && h["Content-Length"] == nil && (e.from.method != http.MethodHead || len(e.held) > 0) {
			h.Set("Content-Length", strconv.Itoa(len(e.held)))
		}
		e.pass()
	}
	if e.body.unread() {
		_ = http.NewResponseController(e.ResponseWriter).Flush()
	}
	e.body.dismiss(nc, e.closing)
}

// Unwrap gives http.ResponseController the writer behind it.
func (e *early) Unwrap() http.ResponseWriter { return e.ResponseWriter }
