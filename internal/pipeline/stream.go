package pipeline

import (
	"cmp"
	"errors"
	"io"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
)

// How long a backend whose answers are streamed may be silent (documented).
const (
	streamIdle     = 5 * time.Minute
	streamIdleEdge = 30 * time.Second // behind an edge-optimized endpoint
)

// transferField is the part of a definition that says whether answers are streamed.
const transferField = "integration.responseTransferMode"

// streaming returns how the backend's responses are streamed, nil where they are
// buffered. Of Lambda's API a failure comes whole.
func (c *compiler) streaming() *integration.Streaming {
	in := &c.method.Integration
	if in.ResponseTransferMode != "STREAM" {
		return nil
	}
	s := &integration.Streaming{Idle: streamIdle}
	if c.program.deployment.EndpointType == "EDGE" {
		s.Idle = streamIdleEdge
	}
	switch in.Type {
	case "HTTP_PROXY":
	case "AWS_PROXY":
		s.Status = 200
	default:
		c.problem(transferField, 0, 0, "only HTTP_PROXY and AWS_PROXY integrations can be streamed")
		c.fail(transferField, "the answers of an integration of type "+in.Type+" cannot be streamed")
	}
	return s
}

// An answerStream is the answer of a call on its way from the backend to the client:
// the call's answer.Stream.
type answerStream struct {
	call   *call
	from   io.Reader // the payload
	ahead  []byte    // of it, read with what stood before
	length int64     // that was announced; 0 or below for none
	sent   int64
	pace   pace
	begun  bool
	over   bool // the backend's part has ended
}

// stream makes what comes from a reader the answer's body. length is how long that is,
// 0 or below where nobody knows. The request is done with by now, and gives its memory
// back where the backend has it all.
func (c *call) stream(from io.Reader, ahead []byte, length int64) {
	s := &c.flow
	*s = answerStream{call: c, from: from, ahead: ahead, length: length, begun: true}
	s.pace.start(c.stage.services.StreamRate)
	if c.timing.Header.IsZero() {
		c.timing.Header = time.Now()
	}
	c.answer.Stream, c.answer.Length, c.answer.KeepsRequest = s, length, true
	if backend, ok := c.backend.Stream.(interface{ Sent() bool }); ok && backend.Sent() {
		c.answer.KeepsRequest = false
		c.dropRequest()
	}
}

// dropRequest gives back the memory of the request's body.
func (c *call) dropRequest() {
	for _, buf := range c.borrowed {
		buf.Free()
	}
	c.borrowed = emptied(c.borrowed)
	c.requestMemory.Release()
	c.requestMemory.Open(c.stage.requests)
	c.scope.RequestBody, c.out.Body, c.out.body = nil, nil, nil
}

var (
	errShortStream = errors.New("the response ended before its Content-Length")
	errLongStream  = errors.New("the response is longer than its Content-Length")
)

// Read implements io.Reader. It is called by who writes the answer, and waits for the
// backend, or until the rate of streams lets more pass. The end of the client is the
// end of the backend's call.
func (s *answerStream) Read(p []byte) (n int, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			n, err = 0, s.call.caught(fault)
			s.end(err)
		}
	}()
	if err := s.pace.wait(s.call.req.Client); err != nil {
		s.end(err)
		return 0, err
	}
	p = s.pace.bound(p)
	if len(s.ahead) > 0 {
		n = copy(p, s.ahead)
		s.ahead = s.ahead[n:]
	} else {
		n, err = s.from.Read(p)
	}
	return s.passed(n, err)
}

// passed notes that n bytes have come, and returns how many of them the answer has room
// for, and what is wrong with them.
func (s *answerStream) passed(n int, err error) (int, error) {
	if n > 0 && s.sent == 0 {
		s.call.timing.Content = time.Now()
	}
	if s.length > 0 && s.sent+int64(n) > s.length { // no client may get more
		n, err = int(s.length-s.sent), errLongStream
	}
	s.sent += int64(n)
	s.pace.took(n)
	if s.length > 0 && s.sent < s.length && err == io.EOF {
		err = errShortStream
	}
	if err != nil {
		s.end(err)
	}
	return n, err
}

// end notes how the backend's part ended. The client has the head of the answer by
// then, and learns of a failure by the end of its connection; the logs say why.
func (s *answerStream) end(err error) {
	c := s.call
	if s.over {
		return
	}
	s.over = true
	c.integrationTime = time.Since(c.integrationStart)
	if err == io.EOF || errors.Is(err, integration.ErrGone) {
		return
	}
	f := c.streamFailure(err)
	c.integrationError, c.failed = f.logLine(), f
	c.logFailure(f)
	c.traceFailure(f)
}

// streamFailure is what the logs say of a stream that broke off.
func (c *call) streamFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if failed, ok := errors.AsType[*lambdaproxy.FunctionError](err); ok {
		return functionFailed(cmp.Or(failed.Message, failed.Code), c.backend.Header)
	}
	if _, ok := errors.AsType[*integration.Error](err); ok {
		return integrationError(err)
	}
	return &failure{kind: integrationFailure, message: "Network error communicating with endpoint", engine: true, field: uriField, cause: &integration.Error{Kind: integration.ErrNetwork, Op: "read", Endpoint: c.out.endpoint.Authority(), Err: err}}
}

// Close ends the backend's call. It is called when the answer has been written, or is
// not to be.
func (s *answerStream) Close() error {
	s.end(io.EOF)
	return s.call.backend.Stream.Close()
}

// landStream ends the trace of a call whose answer was streamed.
func (c *call) landStream() {
	if c.flow.begun && c.answer.Stream != nil {
		c.trace.Streamed(c.flow.sent, c.integrationTime)
		c.handOnTrace()
	}
}
