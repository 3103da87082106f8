package wire

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// defaultMaxBody is the service's own bound of a request body, in bytes.
const defaultMaxBody = 10 << 20

// ServerOptions are the parts of a Server.
type ServerOptions struct {
	// Handlers has the handler of each operation of V1 by the operation's name, and
	// HandlersV2 those of V2. Operations without one answer NotImplementedException.
	Handlers, HandlersV2 map[string]Handler

	// Authenticate refuses a request for the operation op before a byte of its
	// body is read, or returns what finds out who sent it, or refuses it, when
	// the whole body is there. That must not keep the body. It must be set.
	Authenticate func(r *http.Request, op string) (Identify, error)

	// Authorize, when set, refuses calls that the caller may not make. resource
	// is the path of the call in the form in which policies name it: with its
	// labels unescaped, such as "/restapis/a1b2c3/stages/prod", but for ARNs,
	// which are escaped however they were sent: "/tags/arn%3Aaws%3Aapigateway…".
	Authorize func(ctx context.Context, who *Caller, op *Operation, resource string) error

	// Log gets one line a request. It must be set.
	Log *slog.Logger

	// Audit gets the same lines, and more in them: see Trail. Nil is for none.
	Audit *slog.Logger

	// MaxBody bounds request bodies, in bytes. Zero means 10 MB.
	MaxBody int64

	// Budget bounds the bodies of all requests together and lends the memory for
	// them; beyond it requests get a 503. Nil means 64 MiB.
	Budget *httpmsg.Budget

	// Answers bounds what clients have not yet taken of all answers over 64 KiB
	// together; an account may have half of it. Beyond it requests get a 503, beyond
	// its half an account a 429. Nil means 128 MiB.
	Answers *httpmsg.Budget

	// MaxTime is how long a call may take once its body is there. Then the context
	// of its handler ends, and the client gets a 503. Zero means 90 s.
	MaxTime time.Duration
}

// An Identify says who sent a request with this body.
type Identify func(body []byte) (*Caller, error)

// defaultMaxTime lies above all that a call can be waiting for by itself: the
// minute of a transaction, or the backends of TestInvokeMethod.
const defaultMaxTime = 90 * time.Second

// defaultBudget is how many bytes of bodies a Server holds at one time.
const defaultBudget = 64 << 20

// defaultAnswers is how many bytes of answers a Server holds at one time. The
// largest, an export, is about as large as a document of the store.
const defaultAnswers = 128 << 20

// A Server answers the service's HTTP requests. It is an http.Handler for the
// whole of the control plane's URL space and safe for concurrent use.
type Server struct {
	options ServerOptions
	router  *router
	answers *answers
}

// NewServer makes a Server. It reports handlers of unknown operations and
// handlers whose input or output is not that of their operation.
func NewServer(options ServerOptions) (*Server, error) {
	if options.Authenticate == nil || options.Log == nil {
		return nil, errors.New("wire: Authenticate and Log must be set")
	}
	if options.MaxBody == 0 {
		options.MaxBody = defaultMaxBody
	}
	if options.Budget == nil {
		options.Budget = httpmsg.NewBudget(defaultBudget)
	}
	if options.Answers == nil {
		options.Answers = httpmsg.NewBudget(defaultAnswers)
	}
	if options.MaxTime == 0 {
		options.MaxTime = defaultMaxTime
	}
	if err := checkHandlers(operations[:], options.Handlers); err != nil {
		return nil, err
	}
	if err := checkHandlers(operationsV2[:], options.HandlersV2); err != nil {
		return nil, err
	}
	return &Server{options: options, router: newRouter(operations[:], operationsV2[:]), answers: newAnswers(options.Answers)}, nil
}

// checkHandlers wants each handler to be that of an operation of a table whose shapes
// are known.
func checkHandlers(ops []Operation, handlers map[string]Handler) error {
	known := make(map[string]bool)
	for i := range ops {
		op := &ops[i]
		known[op.Name] = op.input != &unread
		if h, ok := handlers[op.Name]; ok && known[op.Name] {
			if err := h.check(op); err != nil {
				return err
			}
		}
	}
	for name := range handlers {
		if !known[name] {
			return fmt.Errorf("wire: no operation %q", name)
		}
	}
	return nil
}

// handler is that of an operation, if there is one.
func (s *Server) handler(op *Operation) (Handler, bool) {
	handlers := s.options.Handlers
	if op.Service == V2 {
		handlers = s.options.HandlersV2
	}
	h, ok := handlers[op.Name]
	return h, ok
}

// A call is one request on its way through the server.
type call struct {
	id    string // request id
	route *route // nil until one is found
	who   *Caller
	api   string // id of the API that it is about, "" for none
	made  string // id of what it has created, "" for none
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{id: newRequestID()}
	out, err := s.run(c, w, r)
	status := 0
	if err == nil {
		status, err = s.answer(w, c, out)
	}
	if err != nil {
		status = writeError(w, c, err)
	}
	e := &Entry{Request: r, RequestID: c.id, API: c.api, Made: c.made, Who: c.who, Status: status, Took: time.Since(start), Err: err}
	if c.route != nil {
		e.Operation = c.route.op.Name
	}
	Trail{s.options.Log, s.options.Audit}.Write(e)
}

// run takes a request through its steps up to the operation's output. A panic
// in any of them becomes an error.
func (s *Server) run(c *call, w http.ResponseWriter, r *http.Request) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	req := &request{header: r.Header}
	if req.query, err = parseQuery(r.URL.RawQuery); err != nil {
		return nil, err
	}
	var labels [maxLabels]string
	c.route, req.labels, err = s.router.match(r.Method, r.URL.EscapedPath(), req.query, labels[:0])
	if err != nil {
		return nil, err
	}
	if c.route == nil {
		return nil, unknownOperation(r)
	}
	c.api = apiOf(c.route, req.labels, nil)
	if r.ContentLength > s.options.MaxBody {
		return nil, s.tooLarge(c.route)
	}
	identify, err := s.options.Authenticate(r, c.route.op.Name)
	if err != nil {
		return nil, err
	}
	req.body = []byte{}
	if r.ContentLength != 0 { // what has no body needs none of the budget
		body, err := s.readBody(c.route, w, r)
		if err != nil {
			return nil, err
		}
		defer release(c.route, body)
		req.body = body.Bytes()
	}
	if c.who, err = identify(req.body); err != nil {
		return nil, err
	}
	if out, err = s.operate(c, r, req); err == nil {
		c.api, c.made = apiOf(c.route, req.labels, out), madeID(c.route, out)
	}
	return out, err
}

// operate runs the operation for a caller who is known, until its time is up or
// its client has left.
func (s *Server) operate(c *call, r *http.Request, req *request) (any, error) {
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.options.MaxTime, errTime)
	defer cancel()
	out, err := s.handle(ctx, c, req)
	switch {
	case err == nil || !errors.Is(err, ctx.Err()):
		return out, err
	case context.Cause(ctx) == errTime:
		return nil, errTime
	}
	return nil, errLeft
}

// The answers to calls whose context ended. Nobody reads the second.
var (
	errTime = ServiceUnavailable("The request took too long")
	errLeft = ServiceUnavailable("The client left")
)

func (s *Server) handle(ctx context.Context, c *call, req *request) (any, error) {
	op, who := c.route.op, c.who
	if s.options.Authorize != nil {
		if err := s.options.Authorize(ctx, who, op, c.route.resource(req.labels)); err != nil {
			return nil, err
		}
	}
	h, ok := s.handler(op)
	if !ok {
		return nil, NotImplemented(op.Name)
	}
	in := reflect.New(h.in)
	if err := c.route.bind(in.Elem(), req); err != nil {
		return nil, err
	}
	return h.call(ctx, who, in)
}

// resource is the path of an operation with its labels filled in, as
// ServerOptions.Authorize gets it.
func (rt *route) resource(labels []string) string {
	rest := rt.op.Path
	if rt.op.Service == V2 {
		rest = strings.TrimPrefix(rest, "/v2") // which policies leave out
	}
	if len(labels) == 0 {
		return rest
	}
	var b strings.Builder
	for _, label := range labels {
		before, after, _ := strings.Cut(rest, "{")
		var name string
		name, rest, _ = strings.Cut(after, "}")
		if isARN(name) {
			label = EscapeLabel(label)
		}
		b.WriteString(before + label)
	}
	return b.String() + rest
}

// unknownOperation is the answer to a path and method that are no operation.
// Unsigned requests get what the service answered a browser; signed ones what
// the services of the same framework say, which this one was not seen to do.
func unknownOperation(r *http.Request) error {
	if r.Header.Get("Authorization") == "" && !strings.Contains(r.URL.RawQuery, "X-Amz-Signature=") {
		return &Error{Status: http.StatusForbidden, Type: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
	}
	return AccessDenied("Unable to determine service/operation name to be authorized")
}

// readBody reads the body of a request within the budget.
func (s *Server) readBody(rt *route, w http.ResponseWriter, r *http.Request) (*httpmsg.Buffer, error) {
	limit := s.options.MaxBody
	buf, err := s.options.Budget.ReadBody(http.MaxBytesReader(w, r.Body, limit), r.ContentLength, int(limit))
	switch {
	case err == nil:
		return buf, nil
	case errors.As(err, new(*http.MaxBytesError)), errors.Is(err, httpmsg.ErrTooLarge):
		return nil, s.tooLarge(rt)
	case errors.Is(err, httpmsg.ErrBudget):
		return nil, ServiceUnavailable("The server holds as many request bodies as it may")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &Error{Status: http.StatusRequestTimeout, Type: "RequestTimeoutException", Message: "Request Timeout"}
	case errors.Is(err, io.ErrUnexpectedEOF), r.Context().Err() != nil:
		return nil, BadRequest("The request body ended early.")
	}
	return nil, BadRequest("The request body is malformed.") // as chunks that are none
}

// release gives a body back to the budget, and its memory, too, unless somebody
// may hold on to it. Inputs are made of copies, but for a payload, which is the
// body itself.
func release(rt *route, body *httpmsg.Buffer) {
	if rt.op.input.find(inPayload, "body") >= 0 {
		body.Leave()
		return
	}
	body.Free()
}

// tooLarge is the answer to a body over the bound.
func (s *Server) tooLarge(rt *route) error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLargeException",
		Message: fmt.Sprintf("Request must be smaller than %d bytes for the %s operation", s.options.MaxBody, rt.op.Name)}
}

// newRequestID returns a random UUID.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
