package pipeline

import (
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/accesslog"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// A call is one request on its way through the steps of its method. It is
// made at the start of Serve, belongs to one goroutine at a time, and goes back
// to a pool when its response is released.
type call struct {
	state
	match    match
	scope    mapping.Scope
	texts    texts
	recycle  func()                // bound once, so that Release costs no allocation
	finished func(*httpmsg.Done)   // bound once, too
	logTrace trace.Trace           // of a call that is recorded for its log alone
	see      func() httpmsg.Header // fills in seen; bound once too

	conditions func(key string) []string        // values of condition keys; bound once too
	header     func(name string) (string, bool) // of the request, for them
}

// A state is what a call knows of its request so far. It starts anew with each
// request; see reset for the memory that it keeps.
type state struct {
	stage  *Stage
	method *Method // nil until a route is found
	req    *httpmsg.Request

	headers httpmsg.Header // of the request, without what is dropped at the door
	seen    httpmsg.Header // of the request as the scope has them, made when first needed
	trail   trail          // the request's place in a trace
	spans   spans          // of the call in that trace
	traceID string         // of the answer; "" until an integration has one

	access          access
	phases          accesslog.Access       // what came of it, where the access log tells that
	asked           outgoing               // the request to the function of an authorizer
	asking          httpmsg.AuthorizerDone // what came of it
	validParameters bool                   // the required parameters are there: that was looked at before the body came
	cached          *cachedMethod          // how the method is cached; nil where it is not
	cacheUse        cacheUse
	due             time.Time // when the integration must have answered, where that is settled; else zero

	out      outgoing            // the integration request
	values   []string            // buffer of evalAll
	constant *mockRequest        // in place of out.Body, where nothing had to be rendered
	coding   string              // of the request's body, where it stays as it is
	told     lambdaproxy.Request // what a function is told of the request

	backend  *httpmsg.Response    // what the integration answered; nil for MOCK
	status   int                  // what the integration answered, or MOCK's template said
	chosen   *integrationResponse // which integration response applies
	rendered []byte               // rendered response body, and buffer for it
	output   lambdaproxy.Output   // what a proxy integration's function answered

	integrationStart time.Time          // of the call of the backend
	integrationTime  time.Duration      // how long the backend took; 0 when none was called
	integrationError string             // what logs say of its failure
	timing           integration.Timing // when its response came, where the access log tells that
	logLine          []byte             // buffer of the access log
	trace            *trace.Trace       // what has happened; nil unless somebody wants to know
	log              *methodLog         // where and how that is logged; nil for nowhere
	test             bool               // it is TestInvokeMethod's
	panicked         bool               // its memory is not used again
	failed           *failure           // what ended it; nil unless something did

	requestMemory httpmsg.Charge // pays for what is made of the request: parsed, rendered
	answerMemory  httpmsg.Charge // pays for what is made of the backend's response

	borrowed []*httpmsg.Buffer // of payloads that were converted, or are large
	answer   httpmsg.Response
	flow     answerStream // answer.Stream, where the answer is streamed
}

// reset empties the state. What is named here keeps its memory, unless a large
// call made it grow.
func (s *state) reset() {
	s.out.reset()
	s.asked.reset()
	s.access.who.Reset()
	s.told.Reset()
	s.output.Reset()
	*s = state{
		headers: emptied(s.headers), seen: emptied(s.seen), values: emptied(s.values), borrowed: emptied(s.borrowed),
		rendered: unlessLarge(s.rendered), logLine: unlessLarge(s.logLine),
		access: access{arn: s.access.arn[:0], who: s.access.who}, out: s.out, asked: s.asked, told: s.told, output: s.output, answer: httpmsg.Response{Header: emptied(s.answer.Header)},
		cacheUse: cacheUse{maker: s.cacheUse.maker},
	}
}

// emptied forgets what a list holds and keeps its memory, unless that is much.
func emptied[S ~[]E, E any](list S) S {
	if cap(list) > 256 {
		return nil
	}
	clear(list)
	return list[:0]
}

// unlessLarge returns a buffer emptied, or nil where it has grown large.
func unlessLarge(buf []byte) []byte {
	if cap(buf) > 64<<10 {
		return nil
	}
	return buf[:0]
}

// newCall takes a call from the pool and fills in what the request says.
func (s *Stage) newCall(req *httpmsg.Request) *call {
	c, _ := s.calls.Get().(*call)
	if c == nil {
		c = new(call)
		c.recycle, c.finished = c.giveBack, c.done
		c.see = func() httpmsg.Header {
			c.seen = c.appendSeen(c.seen[:0])
			return c.seen
		}
		c.conditions = c.access.facts.Values
		c.header = func(name string) (string, bool) { return c.req.Header.Last(name) }
	}
	c.stage, c.req = s, req
	c.answer.OnRelease(c.recycle)
	c.answer.OnDone(c.finished)
	c.requestMemory.Open(s.requests)
	c.answerMemory.Open(s.answers)
	c.dropAtDoor()
	c.joinTrace()
	c.initScope()
	if s.services.Trace != nil {
		c.startTrace()
	}
	return c
}

// giveBack returns what the call has borrowed, and the call to its pool.
func (c *call) giveBack() {
	if c.backend != nil {
		if from := c.backend.Stream; from != nil {
			_ = from.Close() // unless that was done
		}
		c.backend.Release()
	}
	c.letGoOfCached()
	c.requestMemory.Release()
	c.answerMemory.Release()
	for _, buf := range c.borrowed {
		buf.Free()
	}
	if c.panicked {
		return
	}
	if c.log != nil {
		c.logTrace.Restart()
	}
	pool := c.stage.calls
	c.state.reset()
	c.match.reset()
	c.scope.Reset()
	pool.Put(c)
}

// budget is what pays for a conversion: that of requests until the backend has
// answered, then that of answers.
func (c *call) budget() *httpmsg.Budget {
	if c.backend != nil || c.chosen != nil {
		return c.stage.answers
	}
	return c.stage.requests
}

// lend borrows an empty buffer with room for size bytes until the call ends.
func (c *call) lend(size int) ([]byte, error) { return c.lent(c.budget().Buffer(size)) }

// lent keeps a buffer until the call ends, unless there was an error: no memory,
// or a payload that is no base64.
func (c *call) lent(buf *httpmsg.Buffer, err error) ([]byte, error) {
	if err != nil {
		return nil, unlessBusy(err, configurationError(badBase64, err))
	}
	c.borrowed = append(c.borrowed, buf)
	return buf.Bytes(), nil
}

// dropAtDoor takes over the headers that the stage may see.
func (c *call) dropAtDoor() {
	for i := range c.req.Header {
		if f := &c.req.Header[i]; !droppedAtDoor.has(f.Name) {
			c.headers = append(c.headers, *f)
		}
	}
}

// initScope fills in what templates and expressions can see before routing.
func (c *call) initScope() {
	st, x := c.stage.settings, &c.scope.Context
	describe(x, st, c.req)
	var room [36]byte
	if x.RequestID = c.req.Header.Get(requestIDHeader); !isUUID(x.RequestID) {
		x.RequestID = c.texts.of(httpmsg.AppendRequestID(room[:0]))
	}
	x.ExtendedRequestID = c.texts.of(httpmsg.AppendExtendedRequestID(room[:0]))
	x.IsCanaryRequest = c.stage.isCanary
	if by := c.req.VPCEndpoint; by != nil && c.stage.program.private() {
		x.VPCEID, x.VPCID = by.ID, by.VPC
	}
	s := &c.scope
	s.RequestMemory, s.ResponseMemory = &c.requestMemory, &c.answerMemory
	s.Host, s.SeeHeaders, s.RawQuery, s.StageVariables, s.RequestBody = c.req.Host, c.see, c.req.Query, st.Variables, c.req.Body
}

// describe fills in what of $context the stage and the request say.
func describe(x *mapping.Context, st *snapshot.Stage, req *httpmsg.Request) {
	x.AccountID, x.APIID, x.Stage, x.DeploymentID = st.Account, st.APIID, st.Name, st.DeploymentID
	x.Protocol, x.SourceIP, x.DomainName = "HTTP/1.1", req.SourceIP, req.Host
	if req.Domain == nil {
		x.Path = stagedPath(st.Name, req)
	} else {
		x.Path = req.SentPath()
		if x.RoutingRuleIDMatched = req.Domain.RoutingRuleID; x.RoutingRuleIDMatched == "" {
			x.BasePathMatched = req.Domain.BasePath
		}
	}
	if cert := req.ClientCert; cert != nil {
		x.ClientCert = mapping.ClientCert{
			PEM: cert.PEM, SubjectDN: cert.SubjectDN, IssuerDN: cert.IssuerDN, SerialNumber: cert.SerialNumber, NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		}
	}
	x.RequestTime = req.Received.UnixMilli()
	x.UserAgent, _ = req.Header.Last("User-Agent")
}

// stagedPath is the path of a request with its stage. Mostly it is what the client sent, or
// the end of that.
func stagedPath(stage string, req *httpmsg.Request) string {
	if at := len(req.Sent) - len(req.Path) - len(stage) - 1; at >= 0 && req.Sent[at] == '/' && req.Sent[at+1:at+1+len(stage)] == stage && req.Sent[at+1+len(stage):] == req.Path {
		return req.Sent[at:]
	}
	return "/" + stage + req.Path
}

// requestIDHeader is the header with a request's id, of the answer and, from some
// clients, of the request.
const requestIDHeader = "x-amzn-RequestId"

// run routes the call and takes it through its method's steps.
func (c *call) run() error {
	if err := checkPath(c.req.Path); err != nil {
		return badRequest(err)
	}
	if refused := c.stage.program.refuses(c.req); refused != nil {
		return refused
	}
	verb := c.req.Method
	if v := c.req.Header.Get("X-HTTP-Method-Override"); v != "" {
		verb = strings.ToUpper(v)
	}
	if !c.stage.program.router.find(c.req.Path, verb, &c.match) {
		return c.unmatched()
	}
	return c.execute(c.match.method, verb)
}

// execute takes the call through the steps of a method, until one answers or
// fails, and its answer through the finishing ones.
func (c *call) execute(m *Method, verb string) error {
	c.method = m
	if logs := c.stage.logs; logs != nil {
		c.beginLog(logs[m.ordinal])
	}
	c.trace.Route(m.resourcePath, m.verb, m.kind)
	if err := c.enter(verb); err != nil {
		return err
	}
	steps := m.steps
	if all := c.stage.cached; all != nil {
		if cached := all[m.ordinal]; cached != nil && cached.appliesTo(verb) {
			c.cached, steps = cached, cached.steps
		}
	}
	if err := c.take(steps); err != nil && err != errAnswered {
		return err
	}
	return c.take(m.finishing)
}

// take takes the call through steps until one ends it.
func (c *call) take(steps []step) error {
	for _, step := range steps {
		if err := step(c); err != nil {
			return err
		}
	}
	return nil
}

// deadline is when the integration must have answered. A call that has waited for the
// answer to another one has no more time for that.
func (c *call) deadline() time.Time { return c.deadlineFrom(time.Now()) }

// deadlineFrom is deadline where the integration is called now.
func (c *call) deadlineFrom(now time.Time) time.Time {
	if !c.due.IsZero() {
		return c.due
	}
	d := now.Add(c.method.timeout)
	if !c.req.Deadline.IsZero() && c.req.Deadline.Before(d) {
		return c.req.Deadline
	}
	return d
}
