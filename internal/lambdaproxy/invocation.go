package lambdaproxy

import (
	"errors"
	"io"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/eventstream"
)

// A FunctionError says that a function failed while it streamed.
type FunctionError struct {
	Code    string // of Lambda's, such as Unhandled
	Message string // of the function's; "" where it said nothing
}

// Error gives both.
func (e *FunctionError) Error() string {
	if e.Message == "" {
		return "the function failed: " + e.Code
	}
	return "the function failed: " + e.Code + ": " + e.Message
}

// errIncomplete says that Lambda's response ended without saying that the function is
// through.
var errIncomplete = errors.New("the response of Lambda ended before InvokeComplete")

// errNoPayload says that Lambda's response goes on without anything of the function's.
var errNoPayload = errors.New("the response of Lambda has too many events in a row that carry no payload")

// maxIdle is how many events in a row may carry no payload. What bounds a stream counts
// its payload, and would not see the others.
const maxIdle = 1000

// bodyTime is how long the end of Lambda's response may take once Lambda has said that
// the function is through. It only decides whether the connection serves another call.
const bodyTime = time.Second

// A Limiter is a body whose reads can be given an end in time.
type Limiter interface {
	// LimitTo makes reads fail that wait beyond t.
	LimitTo(t time.Time)
}

// An Invocation reads the payload that a function streams from the response to
// InvokeWithResponseStream, as it comes. It holds none of it.
type Invocation struct {
	in    *eventstream.Reader
	body  io.Reader
	chunk bool // in is within one of the payload
	idle  int  // events in a row without payload
	err   error
}

// NewInvocation returns a reader of a response's body. Of one that is a Limiter, the
// end is not waited for long when Lambda has said that the function is through.
func NewInvocation(body io.Reader) *Invocation {
	return &Invocation{in: eventstream.NewReader(body), body: body}
}

// Read implements io.Reader. io.EOF comes when Lambda has said that the function is
// through; a *FunctionError says that it failed. Other errors are those of the body and
// of its form.
func (v *Invocation) Read(p []byte) (int, error) {
	for v.err == nil {
		if !v.chunk {
			if v.idle > maxIdle {
				v.err = errNoPayload
				break
			}
			v.idle++
			v.chunk, v.err = v.next()
			continue
		}
		n, err := v.in.Read(p)
		if n > 0 {
			v.idle = 0
		}
		if err == io.EOF {
			v.chunk, err = false, nil
		}
		v.err = err
		if n > 0 || len(p) == 0 {
			return n, nil // what is wrong comes with the next call
		}
	}
	return 0, v.err
}

// next goes on to the next message, and reports whether it is one of the payload.
func (v *Invocation) next() (chunk bool, err error) {
	switch err := v.in.Next(); {
	case err == io.EOF:
		return false, errIncomplete
	case err != nil:
		return false, err
	}
	switch v.in.Header(":message-type") {
	case "event":
		switch v.in.Header(":event-type") {
		case "PayloadChunk":
			return true, nil
		case "InvokeComplete":
			return false, v.complete()
		}
		return false, nil // one of a later version
	case "error":
		return false, &FunctionError{v.in.Header(":error-code"), v.in.Header(":error-message")}
	}
	text, err := v.text()
	if err != nil {
		return false, err
	}
	return false, &FunctionError{v.in.Header(":exception-type"), InvokeErrorMessage(text)}
}

// complete reads how the function ended.
func (v *Invocation) complete() error {
	text, err := v.text()
	if err != nil {
		return err
	}
	if code := stringMember(text, "ErrorCode"); code != "" {
		details := []byte(stringMember(text, "ErrorDetails"))
		message := ErrorMessage(details)
		if message == "" {
			message = string(details)
		}
		return &FunctionError{code, message}
	}
	if body, ok := v.body.(Limiter); ok {
		body.LimitTo(time.Now().Add(bodyTime))
	}
	if v.in.Next() == nil { // the end of the body frees its connection
		return errIncomplete
	}
	return io.EOF
}

// maxText is how much of a message that is not of the payload is read, in bytes.
const maxText = 64 << 10

// text is the payload of a message that is not of the function's, as far as anybody
// wants it.
func (v *Invocation) text() ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(v.in, maxText))
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, v.in)
	return text, err
}
