package gateway

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An arrival is a request whose head has come, before anybody knows where it leads: over
// HTTP/1 by a talk, or over HTTP/2 by a stream. The other one is nil.
type arrival struct {
	method, target, host, proto string

	received time.Time // when its head had come

	length  int64 // of the body, -1 where that is not told
	old     bool  // it is one of HTTP/1.0
	expects bool  // its client may wait to be told to send the body
	closes  bool  // its client wants the connection to end behind the answer

	lines  httpmsg.Header // over HTTP/1; what the stream has is in its request
	talk   *talk
	stream *stream
}

// A stream is a request in net/http's form, with what answers it: one of HTTP/2, one that
// a handler answers as the front door does, or one of a test.
type stream struct {
	w http.ResponseWriter
	r *http.Request
}

// streamed is a request that net/http has read.
func streamed(w http.ResponseWriter, r *http.Request) arrival {
	return arrival{
		method: r.Method, target: r.RequestURI, host: r.Host, proto: r.Proto,
		length: r.ContentLength, expects: r.Header["Expect"] != nil, received: time.Now(), stream: &stream{w, r},
	}
}

// comes is a request that http1 has read.
func (t *talk) comes(q *http1.Request) arrival {
	a := arrival{
		method: q.Method, target: q.Target, host: q.Host, proto: "HTTP/1.1",
		length: q.Length, old: q.HTTP10, expects: q.Expects, closes: q.Close,
		lines: q.Header, received: orNow(t.at), talk: t,
	}
	if a.old {
		a.proto = "HTTP/1.0"
	}
	return a
}

// values yields what the header lines of a name say, whose spelling is net/http's.
func (a *arrival) values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if a.stream != nil {
			for _, value := range a.stream.r.Header[name] {
				if !yield(value) {
					return
				}
			}
			return
		}
		for i := range a.lines {
			if f := &a.lines[i]; httpmsg.EqualFold(f.Name, name) && !yield(f.Value) {
				return
			}
		}
	}
}

// headerSize is that of the lines over HTTP/1.
func (a *arrival) headerSize() int { return headerSize(a.host, a.lines) }

// guest is the connection that the request came by, nil for one that came by no listener
// of ours.
func (a *arrival) guest() *guest {
	if a.talk != nil {
		return a.talk.guest
	}
	g, _ := a.stream.r.Context().Value(guestKey{}).(*guest)
	return g
}

// peer returns who is at the other end of the connection.
func (a *arrival) peer() *httpmsg.Peer {
	if g := a.guest(); g != nil {
		return &g.peer
	}
	p := &httpmsg.Peer{Address: withoutPort(a.stream.r.RemoteAddr)} // the request came by no listener of ours
	if a.stream.r.TLS != nil {
		shookHands(p, a.stream.r.TLS)
	}
	return p
}

// context ends when the request's client leaves, where net/http sees that.
func (a *arrival) context() context.Context {
	if a.stream == nil {
		return context.Background()
	}
	return a.stream.r.Context()
}

// control sets the times of the connection's reads.
func (a *arrival) control() interface{ SetReadDeadline(time.Time) error } {
	if a.talk != nil {
		return a.talk
	}
	return http.NewResponseController(a.stream.w)
}
