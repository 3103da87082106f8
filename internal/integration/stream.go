package integration

import (
	"errors"
	"io"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A Streaming is how a response is handed over while it still comes.
type Streaming struct {
	// Idle is how long the backend may be silent, before the head of its response
	// and between any two pieces of the body.
	Idle time.Duration
	// Status is that of the responses that are streamed; all others come whole, as
	// without a Streaming. 0 streams all.
	Status int
}

// streams reports whether a response of that status is streamed.
func (req *Request) streams(status int) bool {
	s := req.Stream
	return s != nil && (s.Status == 0 || s.Status == status)
}

// A Stream is the body of a response on its way: Response.Stream of a request with a
// Streaming. It takes nothing from the backend but what is read, so that a reader who
// is slow makes the backend wait. The call has its connection, and its place among
// the connections, until Close. It is for one goroutine.
type Stream struct {
	client   *Client
	exchange *exchange
	conn     *conn
	req      *Request
	stop     func() bool    // ends the watch over the client
	deadline time.Time      // for the whole response
	length   int64          // that the backend announced, below 0 for none
	keep     bool           // the connection can serve another call behind the body's end
	writing  <-chan written // what came of writing the request; nil where it is out
	err      error          // of the last Read; io.EOF at the proper end
}

// Length is how long the body is, in bytes; below 0 the backend did not say.
func (s *Stream) Length() int64 { return s.length }

// Sent reports whether the request is out, so that its body is no longer used.
// Otherwise the body is in use until Close: a backend may answer while it still reads.
func (s *Stream) Sent() bool {
	if s.writing == nil {
		return true
	}
	select {
	case w := <-s.writing:
		s.writing, s.keep = nil, s.keep && w.err == nil
		return true
	default:
		return false
	}
}

// Read implements io.Reader. It returns what there is, and waits where there is
// nothing. io.EOF comes only at the body's proper end; any other error is an *Error,
// as of Client.Do.
func (s *Stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	s.limitSilence() // also where something is there: it may be a part of what frames the body
	n, err := s.exchange.body.Read(p)
	if err != nil && err != io.EOF {
		err = orGone(s.req, failure("read", &s.conn.lane.key, err))
	}
	s.err = err
	return n, err
}

// limitSilence gives the backend its time for the next piece.
func (s *Stream) limitSilence() {
	limit := time.Now().Add(s.req.Stream.Idle)
	if s.deadline.Before(limit) {
		limit = s.deadline
	}
	s.conn.limitReads(limit)
}

// LimitTo ends the time for the response at t, where it does not end before.
func (s *Stream) LimitTo(t time.Time) {
	if t.Before(s.deadline) {
		s.deadline = t
	}
}

// errLeft is the error of a stream that has been closed.
var errLeft = errors.New("the stream has been closed")

// Close ends the call. A connection whose body has been read to its end is kept for
// another one, any other is closed, which tells the backend that nobody reads. When it
// returns, nothing uses the request. A second call does nothing.
func (s *Stream) Close() error {
	cn, x := s.conn, s.exchange
	if cn == nil {
		return nil
	}
	whole := s.Sent() && s.err == io.EOF && s.keep && x.in.buffered() == 0
	s.conn, s.exchange = nil, nil
	if s.err == nil {
		s.err = errLeft
	}
	if s.stop() && whole {
		s.client.pool.put(cn, time.Now())
	} else {
		s.client.pool.discard(cn)
	}
	if s.writing != nil {
		<-s.writing // the connection is closed
	}
	x.reset()
	s.client.scratch.Put(x)
	return nil
}

// hold makes the stream of resp, if it is one, the owner of the call's connection,
// which is kept for others behind the body's end if keep says so.
func (c *Client) hold(resp *httpmsg.Response, cn *conn, req *Request, stop func() bool, keep bool, deadline time.Time) bool {
	s, ok := streamOf(resp)
	if !ok {
		return false
	}
	s.client, s.conn, s.req, s.stop, s.keep, s.deadline = c, cn, req, stop, keep, deadline
	if s.Sent() {
		s.exchange.out = nil // it may hold the request's body
	}
	return true
}

// streamOf is the stream of a response that has one.
func streamOf(resp *httpmsg.Response) (*Stream, bool) {
	if resp == nil || resp.Stream == nil {
		return nil, false
	}
	s, ok := resp.Stream.(*Stream)
	return s, ok
}
