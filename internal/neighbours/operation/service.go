package operation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Host is what all services of a server have in common.
type Host struct {
	// Authenticate returns what finds out who has signed a request for a service, see
	// wire.ServerOptions. It must be set.
	Authenticate func(service string) func(r *http.Request, op string) (wire.Identify, error)

	// Authorize refuses what a caller has no permission for. Nil lets everyone do
	// everything.
	Authorize func(ctx context.Context, who *wire.Caller, p Permission) error

	Trail wire.Trail // gets one line a call; its Log must be set

	// Bodies bounds the bodies of all requests together and lends the memory for them.
	// It must be set.
	Bodies *httpmsg.Budget
}

// A Service is one of AWS's services. It is an http.Handler for the requests that are
// for it, safe for concurrent use, once it is started.
type Service struct {
	Name       string // in the scope of signatures, and before the actions of policies
	Protocol   Protocol
	Operations map[string]Operation

	MaxBody int           // of a request, in bytes; 0 means 1 MiB
	MaxTime time.Duration // of a call once its body is there; 0 means 90 s

	// Bodies are the memory of the service's requests; nil means that of the host.
	Bodies *httpmsg.Budget

	host         *Host
	authenticate func(*http.Request, string) (wire.Identify, error)
}

// Defaults of a Service.
const (
	defaultMaxBody = 1 << 20
	defaultMaxTime = 90 * time.Second
)

// Start makes the service one of a server. It is called once, before the first call.
func (s *Service) Start(h *Host) *Service {
	s.host, s.authenticate = h, h.Authenticate(s.Name)
	if s.MaxBody == 0 {
		s.MaxBody = defaultMaxBody
	}
	if s.MaxTime == 0 {
		s.MaxTime = defaultMaxTime
	}
	if s.Bodies == nil {
		s.Bodies = h.Bodies
	}
	return s
}

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{RequestID: httpmsg.NewRequestID(), Now: time.Now(), Request: r, service: s}
	e := &wire.Entry{Request: r, RequestID: c.RequestID}
	out, err := s.call(w, c)
	if err == nil {
		e.Status = s.Protocol.Answer(w, c, out)
	} else {
		known := &wire.Error{Status: http.StatusInternalServerError, Type: "InternalFailure", Message: "Internal server error"}
		errors.As(err, &known)
		e.Status = s.Protocol.Refuse(w, c, known)
	}
	e.Err, e.Who, e.Took = err, c.Who, time.Since(c.Now)
	if c.Operation != "" {
		e.Operation = s.Name + ":" + c.Operation
	}
	s.host.Trail.Write(e)
}

// call takes a request up to what its operation returns. A panic becomes an error.
func (s *Service) call(w http.ResponseWriter, c *Call) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	r := c.Request
	if r.ContentLength > int64(s.MaxBody) {
		return nil, s.tooLarge()
	}
	identify, err := s.authenticate(r, "")
	if err != nil {
		return nil, err
	}
	body := []byte{}
	if r.ContentLength != 0 {
		buf, err := s.read(w, r)
		if err != nil {
			return nil, err
		}
		defer buf.Free()
		body = buf.Bytes()
	}
	if c.Who, err = identify(body); err != nil {
		return nil, err
	}
	name, bind, err := s.Protocol.Read(r, body, s.Operations)
	if err != nil {
		return nil, err
	}
	c.Operation = name
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.MaxTime, errTime)
	defer cancel()
	out, err = s.operate(ctx, c, bind)
	if err != nil && errors.Is(err, ctx.Err()) {
		err = errTime // or the client has left, and nobody reads it
	}
	return out, err
}

// operate runs the operation of a call for a caller who is known. What an input is made
// of is a copy of the body, which goes back when this returns.
func (s *Service) operate(ctx context.Context, c *Call, bind func(any) error) (any, error) {
	op := s.Operations[c.Operation]
	in := reflect.New(op.in).Interface()
	if err := bind(in); err != nil {
		return nil, err
	}
	if op.needs != nil && s.host.Authorize != nil {
		for _, p := range op.needs(c, in) {
			if err := s.host.Authorize(ctx, c.Who, p); err != nil {
				return nil, err
			}
		}
	}
	if wrong := op.checks.Check(in); len(wrong) > 0 {
		found := fmt.Sprintf("%d validation errors detected: ", len(wrong))
		if len(wrong) == 1 {
			found = "1 validation error detected: "
		}
		return nil, s.Protocol.Invalid(found + strings.Join(wrong, "; "))
	}
	return op.run(ctx, c, in)
}

// read reads the body of a request within the budget.
func (s *Service) read(w http.ResponseWriter, r *http.Request) (*httpmsg.Buffer, error) {
	buf, err := s.Bodies.ReadBody(http.MaxBytesReader(w, r.Body, int64(s.MaxBody)), r.ContentLength, s.MaxBody)
	switch {
	case err == nil:
		return buf, nil
	case errors.As(err, new(*http.MaxBytesError)), errors.Is(err, httpmsg.ErrTooLarge):
		return nil, s.tooLarge()
	case errors.Is(err, httpmsg.ErrBudget):
		return nil, wire.ServiceUnavailable("The server holds as many request bodies as it may")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &wire.Error{Status: http.StatusRequestTimeout, Type: "RequestTimeoutException", Message: "Request Timeout"}
	case errors.Is(err, io.ErrUnexpectedEOF), r.Context().Err() != nil:
		return nil, wire.BadRequest("The request body ended early.")
	}
	return nil, wire.BadRequest("The request body is malformed.") // as chunks that are none
}

func (s *Service) tooLarge() error {
	return &wire.Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLargeException",
		Message: fmt.Sprintf("Request must be smaller than %d bytes", s.MaxBody)}
}

var errTime = wire.ServiceUnavailable("The request took too long")
