package functions

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
)

// A stream is the payload of a function that streams its response, on its way from the
// worker to the caller. It takes nothing from the worker but what is read, so that a
// caller who is slow makes the function wait. What comes when the caller has gone is
// read and thrown away, so that the function ends as it would at Lambda.
type stream struct {
	out  *io.PipeReader
	in   *io.PipeWriter
	stop func() bool // ends the watch over the client

	mu    sync.Mutex
	idle  time.Duration // how long the function may be silent
	end   time.Time     // when all must have come
	timer *time.Timer
	cause error // why the caller has given up; nil while it has not
}

func newStream() *stream {
	s := new(stream)
	s.out, s.in = io.Pipe()
	return s
}

// watch bounds the time that reads wait, and ends them when the client has gone.
func (s *stream) watch(req *integration.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end = req.Deadline
	if req.Stream != nil {
		s.idle = req.Stream.Idle
	}
	if req.Client != nil {
		s.stop = context.AfterFunc(req.Client, func() { s.giveUp(failed(integration.ErrGone, errLeft)) })
	}
}

// Sent reports that the event is out: nothing of the request is used any more.
func (s *stream) Sent() bool { return true }

// Read implements io.Reader. io.EOF comes when the function is through; a
// *lambdaproxy.FunctionError says that it failed, and an *integration.Error that it was
// silent for too long, or that the client has gone.
func (s *stream) Read(p []byte) (int, error) {
	s.limit()
	n, err := s.out.Read(p)
	if err != nil {
		s.rest()
	}
	if errors.Is(err, io.ErrClosedPipe) {
		s.mu.Lock()
		defer s.mu.Unlock()
		err = s.cause
	}
	return n, err
}

// giveUp ends the reading. The first cause counts.
func (s *stream) giveUp(cause error) {
	s.mu.Lock()
	if s.cause == nil {
		s.cause = cause
	}
	s.mu.Unlock()
	_ = s.out.Close()
}

// limit gives the function its time for the next piece.
func (s *stream) limit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.idle
	if left := time.Until(s.end); !s.end.IsZero() && (wait == 0 || left < wait) {
		wait = max(left, 1)
	}
	if wait == 0 {
		return
	}
	if s.timer != nil {
		s.timer.Reset(wait)
		return
	}
	s.timer = time.AfterFunc(wait, func() { s.giveUp(failed(integration.ErrTimeout, errSilent)) })
}

// rest ends what bounds the time.
func (s *stream) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
}

// Close says that nobody reads any more.
func (s *stream) Close() error {
	s.rest()
	s.mu.Lock()
	stop := s.stop
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	s.giveUp(errLeft)
	return nil
}

// pass hands on what a worker sends until its end, whose error it returns.
func (s *stream) pass(from io.Reader) error {
	_, err := io.Copy(s.in, from)
	if errors.Is(err, io.ErrClosedPipe) { // nobody reads
		_, err = io.Copy(io.Discard, from)
	}
	return err
}

// finish ends the stream; nil is its proper end.
func (s *stream) finish(failure *functionError) {
	if failure == nil {
		_ = s.in.Close()
		return
	}
	_ = s.in.CloseWithError(&lambdaproxy.FunctionError{Code: "Unhandled", Message: failure.Message})
}

var (
	errLeft   = errors.New("nobody waits for the function")
	errSilent = errors.New("the function said nothing for too long")
)

// failed is the error of a call that the gateway gave up.
func failed(kind, cause error) error {
	return &integration.Error{Kind: kind, Op: "invoke", Endpoint: "the function", Err: cause}
}

// streamed is an outcome as the caller reads it who has asked for a stream.
func streamed(o *outcome, req *integration.Request) io.ReadCloser {
	switch {
	case o.stream != nil:
		o.stream.watch(req)
		return o.stream
	case o.failed:
		var e functionError
		_ = json.Unmarshal(o.text, &e) // what is said of it, if anything
		return &wholeStream{err: &lambdaproxy.FunctionError{Code: "Unhandled", Message: e.Message}}
	case o.body != nil:
		return &wholeStream{rest: o.body.Bytes(), free: o.body.Free, err: io.EOF}
	}
	return &wholeStream{err: io.EOF}
}

// A wholeStream is the payload of a function that did not stream it.
type wholeStream struct {
	rest []byte
	free func() // nil where there is nothing to give back
	err  error  // behind rest
}

// Sent reports that the event is out.
func (s *wholeStream) Sent() bool { return true }

// Read implements io.Reader.
func (s *wholeStream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, s.err
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Close gives the memory back.
func (s *wholeStream) Close() error {
	if s.rest, s.err = nil, errLeft; s.free != nil {
		s.free()
		s.free = nil
	}
	return nil
}
