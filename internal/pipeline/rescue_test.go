package pipeline

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// A bodySource is a body that the client sends when it is asked for.
type bodySource struct {
	budget *httpmsg.Budget
	text   string
	err    error
	read   int // how often it was asked for
	buf    *httpmsg.Buffer
}

func (s *bodySource) ReadBody() ([]byte, error) {
	s.read++
	if s.err != nil {
		return nil, s.err
	}
	var err error
	s.buf, err = s.budget.ReadBody(strings.NewReader(s.text), int64(len(s.text)), httpmsg.MaxBody)
	return s.buf.Bytes(), err
}

// sending is a request whose body is still at its client.
func sending(text string, from *bodySource) *httpmsg.Request {
	req := parseRequest(text)
	from.text, req.Body, req.Unread = string(req.Body), nil, from
	return req
}

// A call that panics is answered, logged and accounted for, and gives everything
// back.
func TestPanics(t *testing.T) {
	const internal, custom = "{\"message\": \"Internal server error\"}", "custom DEFAULT_5XX"
	at := func(i int, s step) func(*rig) {
		return func(r *rig) {
			m := r.stage.program.methods[0]
			m.steps = append(append(m.steps[:i:i], s), m.steps[i:]...)
		}
	}
	ouch := func(*call) error { panic("ouch") }
	customised := func(r *rig, template *mapping.GatewayTemplate) {
		r.stage.program.gateway[default5XX] = &gatewayResponse{templates: []gatewayTemplate{{"text/plain", template}}}
	}
	tests := map[string]struct {
		fault  func(*rig)
		status int
		body   string
		panics int // in the log, each once
	}{
		"before the body":        {at(0, ouch), 500, internal, 1},
		"behind the body":        {at(3, ouch), 500, internal, 1},
		"the last step":          {func(r *rig) { at(len(r.stage.program.methods[0].steps), ouch)(r) }, 500, internal, 1},
		"an index out of range":  {at(3, func(c *call) error { _ = c.values[len(c.values)]; return nil }), 500, internal, 1},
		"a customised answer":    {func(r *rig) { at(3, ouch)(r); customised(r, mapping.ParseGatewayTemplate(custom)) }, 500, custom, 1},
		"its template panics":    {func(r *rig) { at(3, ouch)(r); customised(r, nil) }, 500, internal, 2},
		"whoever gets the trace": {func(r *rig) { r.stage.services.Trace = func(*trace.Trace) { panic("ouch") } }, 200, "hello", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var log, access bytes.Buffer
			lines := observe.NewLines(&access, slog.New(slog.DiscardHandler))
			d := &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{mock(respond("hello"))}}
			services := &Services{
				Requests: httpmsg.NewBudget(1 << 20), Answers: httpmsg.NewBudget(1 << 20),
				Log: slog.New(slog.NewTextHandler(&log, nil)), AccessLog: func(string) *observe.Lines { return lines },
			}
			r := &rig{d, Bind(&snapshot.Stage{APIID: "abc", Name: "prod", AccessLog: &snapshot.AccessLog{Format: "$context.requestId $context.status $context.error.responseType"}}, Compile(d), services)}
			tt.fault(r)
			from := &bodySource{budget: services.Requests}
			resp := r.stage.Serve(sending("POST /x\nContent-Encoding: gzip\n\n"+pack(t, "gzip", `{"a": 1}`), from))
			id := resp.Header.Get("x-amzn-RequestId")
			if resp.Status != tt.status || string(resp.Body) != tt.body || !isUUID(id) {
				t.Errorf("got %s", show(resp))
			}
			deliver(resp)
			if from.buf != nil {
				from.buf.Free() // as whoever lent it does
			}
			if used := services.Requests.Used() + services.Answers.Used(); used != 0 {
				t.Errorf("%d bytes are still lent", used)
			}
			if n := strings.Count(log.String(), "reason=panic"); n != tt.panics || !strings.Contains(log.String(), "requestId="+id) || !strings.Contains(log.String(), "goroutine") {
				t.Errorf("%d panics in the log %s", n, &log)
			}
			lines.Close()
			want := id + " 200 -\n"
			if tt.status == 500 {
				want = id + " 500 DEFAULT_5XX\n"
			}
			if access.String() != want {
				t.Errorf("access log %q, want %q", access.String(), want)
			}
		})
	}
}

// An explosive log panics, and so does the stream of an explosive answer.
type explosive struct{ slog.Handler }

func (explosive) Enabled(context.Context, slog.Level) bool  { return true }
func (explosive) Handle(context.Context, slog.Record) error { panic("ouch") }
func (explosive) Read([]byte) (int, error)                  { panic("ouch") }
func (explosive) Close() error                              { panic("ouch") }

// A call that goes on panicking while it is answered is answered all the same, and
// gives everything back.
func TestPanicsOfAnswers(t *testing.T) {
	for name, fault := range map[string]step{
		"the log":            func(*call) error { panic("ouch") },
		"the answer's close": func(c *call) error { c.answer.Stream = explosive{}; panic("ouch") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mock(nil))
			services := *r.stage.services
			services.Log, services.Requests, services.Answers = slog.New(explosive{}), httpmsg.NewBudget(1<<20), httpmsg.NewBudget(1<<20)
			r.stage = Bind(r.stage.settings, r.stage.program, &services)
			m := r.stage.program.methods[0]
			m.steps = []step{func(c *call) error { _, err := c.lend(1000); return err }, fault}
			resp := r.call("GET /x")
			if resp.Status != 500 || string(resp.Body) != `{"message": "Internal server error"}` || !isUUID(resp.Header.Get("x-amzn-RequestId")) {
				t.Errorf("got %s", show(resp))
			}
			resp.Release()
			if used := services.Requests.Used() + services.Answers.Used(); used != 0 {
				t.Errorf("%d bytes are still lent", used)
			}
		})
	}
}

// TestInvokeMethod survives a panic, too.
func TestPanicOfATest(t *testing.T) {
	d := &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{mock(nil)}}
	p := Compile(d)
	p.methods[0].steps = []step{func(*call) error { panic("ouch") }}
	c := Bind(&snapshot.Stage{}, p, &Services{}).newCall(parseRequest("GET /x"))
	c.startTrace()
	c.complete(c.attempt((*call).runTest))
	c.trace.Complete(c.answer.Status)
	log := c.trace.ExecutionLog()
	if c.answer.Status != 500 || !strings.Contains(log, "Execution failed due to an internal error") || strings.Contains(log, "goroutine") {
		t.Errorf("status %d, log\n%s", c.answer.Status, log)
	}
}

// A body is read by a method that takes it, once, and by no other.
func TestBodiesOnDemand(t *testing.T) {
	closed := func(m *snapshot.Method) { m.AuthorizationType = "TELEPATHY" }
	tests := map[string]struct {
		request string
		edit    func(*snapshot.Method)
		err     error
		read    int
		want    string // what the answer begins with
		body    string
	}{
		"a method that takes it":     {"POST /x", respond("hello"), nil, 1, "200", "hello"},
		"no route":                   {"POST /nope", nil, nil, 0, "403", `{"message":"Missing Authentication Token"}`},
		"no path at all":             {"POST /../x", nil, nil, 0, "400", `{"message":"Bad Request"}`},
		"a method that is closed":    {"POST /x", closed, nil, 0, "403", `{"Message":"Forbidden"}`},
		"a coding that nobody reads": {"POST /x\nContent-Encoding: br\nContent-Length: 2", nil, nil, 0, "415", `{"message": "Unsupported Media Type"}`},
		"one that is too long":       {"POST /x", nil, httpmsg.ErrTooLarge, 1, "413", `{"message":"Request Too Long"}`},
		"no memory for it":           {"POST /x", nil, httpmsg.ErrBudget, 1, "503", `{"message": "Service Unavailable"}`},
		"a client that is too slow":  {"POST /x", nil, os.ErrDeadlineExceeded, 1, "408", `{"message":"Request Timeout"}`},
		"one that is malformed":      {"POST /x", nil, errors.New("invalid byte in chunk length"), 1, "400", `{"message":"Bad Request"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mock(tt.edit))
			from := &bodySource{budget: r.stage.requests, err: tt.err}
			resp := r.stage.Serve(sending(tt.request+"\n\n{}", from))
			defer resp.Release()
			if got := show(resp); !strings.HasPrefix(got, tt.want+"\n") || !strings.HasSuffix(got, "\n\n"+tt.body) || from.read != tt.read {
				t.Errorf("read %d times, got %s", from.read, got)
			}
		})
	}
	for _, tt := range []struct {
		request string
		read    int
		want    int
	}{
		{"POST /x", 0, 400},
		{"POST /x\nContent-Encoding: gzip", 1, 415}, // its body is none: that comes first
		{"POST /x?must=1", 1, 200},
	} {
		t.Run("a parameter that must be there: "+tt.request, func(t *testing.T) {
			d := &snapshot.Deployment{APIID: "abc", Validators: map[string]snapshot.Validator{"v": {Parameters: true}}, Resources: []snapshot.Resource{mock(func(m *snapshot.Method) {
				m.RequestValidatorID, m.RequestParameters = "v", map[string]bool{"method.request.querystring.must": true}
			})}}
			r, from := newRigOf(t, d), new(bodySource)
			from.budget = r.stage.requests
			resp := r.stage.Serve(sending(tt.request+"\n\n{}", from))
			defer resp.Release()
			if resp.Status != tt.want || from.read != tt.read {
				t.Errorf("read %d times, got %s", from.read, show(resp))
			}
		})
	}
	t.Run("a throttled method", func(t *testing.T) {
		r := newRig(t, mock(nil))
		settings := *r.stage.settings
		settings.MethodSettings = map[string]snapshot.MethodSetting{"*/*": {ThrottlingRateLimit: new(float64), ThrottlingBurstLimit: new(int32)}}
		from := new(bodySource)
		resp := Bind(&settings, r.stage.program, r.stage.services).Serve(sending("POST /x\n\n{}", from))
		defer resp.Release()
		if resp.Status != 429 || from.read != 0 {
			t.Errorf("read %d times, got %s", from.read, show(resp))
		}
	})
	t.Run("gateway responses and access logs know of refused bodies", func(t *testing.T) {
		d := &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{mock(nil)}, GatewayResponses: map[string]snapshot.GatewayResponse{
			"REQUEST_TOO_LARGE": {Parameters: map[string]string{"gatewayresponse.header.X-Why": "context.error.message"}, Templates: map[string]string{"application/json": "not used"}},
		}}
		r := newRigOf(t, d)
		from := &bodySource{err: httpmsg.ErrTooLarge}
		resp := r.stage.Serve(sending("POST /x\n\n{}", from))
		defer resp.Release()
		if resp.Status != 413 || resp.Header.Get("X-Why") != "Request Too Long" || string(resp.Body) != `{"message":"Request Too Long"}` {
			t.Errorf("got %s", show(resp))
		}
		line := r.logged(t, "$context.status $context.error.responseType $context.resourcePath", sending("POST /x\n\n{}", from))
		if line != "413 REQUEST_TOO_LARGE /x\n" {
			t.Errorf("access log %q", line)
		}
	})
}
