package pipeline

import (
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// What a trace records and a step does not have at hand is made here, for traced
// calls alone.

// startTrace begins to record the call.
func (c *call) startTrace() {
	c.trace = new(trace.Trace)
	c.describeTrace()
	c.scope.Hook = c.trace.TemplateStep
}

// describeTrace fills in which call the trace is of, and hides its credentials where the
// trace has what they could be in.
func (c *call) describeTrace() {
	t, st := c.trace, c.stage.settings
	t.APIID, t.Stage, t.RequestID, t.Method, t.Received = st.APIID, st.Name, c.scope.Context.RequestID, c.req.Method, c.req.Received
	if t.Brief {
		return
	}
	t.Target = c.req.Target()
	t.HideCredentials(c.req.Header, c.req.Query)
}

// traceEndpointRequest records the integration request, sent at a time.
func (c *call) traceEndpointRequest(at time.Time) {
	if !c.trace.Detailed() {
		return
	}
	h := slices.Clone(c.out.Header)
	if c.out.Host != "" {
		h.Add("Host", c.out.Host)
	}
	target := c.out.Target
	if c.method.uri != nil && target == "/" && !strings.HasSuffix(c.method.uri.String(), "/") && !c.method.service {
		target = "" // as the definition has it
	}
	c.trace.EndpointRequest(at, c.out.Method, c.out.endpoint.URL()+target, h, c.out.Body)
}

// traceResponse records the method response.
func (c *call) traceResponse() {
	if c.trace.Detailed() {
		c.trace.Response(c.methodHeader(), c.answer.Body)
	}
}

// methodHeader is the header of the method response: the answer's, before the
// front door treats it. AWS shows it so in logs and tests: names are not
// remapped yet, and only an integration with templates has a Content-Type by
// itself, with the trace id first (recorded).
func (c *call) methodHeader() httpmsg.Header {
	h := make(httpmsg.Header, 0, len(c.answer.Header)+1)
	for _, f := range c.answer.Header {
		if name, ok := strings.CutPrefix(f.Name, remappedPrefix); ok && (remappedFromProxy.has(name) || remappedWhenMapped.has(name)) {
			f.Name = name
		}
		h = append(h, f)
	}
	if c.method.kind == "HTTP_PROXY" || c.method.kind == "AWS_PROXY" {
		return h
	}
	if i := slices.IndexFunc(h, func(f httpmsg.Field) bool { return f.Name == traceHeader }); i > 0 {
		id := h[i]
		h = slices.Insert(slices.Delete(h, i, i+1), 0, id)
	}
	if !h.Has("Content-Type") {
		h.Add("Content-Type", "application/json")
	}
	return h
}

// traceFailure records why the call failed.
func (c *call) traceFailure(f *failure) {
	if c.trace != nil {
		c.trace.Failed(c.failureEvent(f))
	}
}

// failureEvent tells a failure to people.
func (c *call) failureEvent(f *failure) *trace.FailureEvent {
	e := &trace.FailureEvent{Type: string(f.kind), Message: f.message, Line: f.logLine(), Reason: firstSet(f.reason, f.detail)}
	if f.cause != nil {
		e.Cause = f.cause.Error()
	}
	if f.field != "" && c.method != nil {
		e.Part = trace.Part{Resource: c.method.resourcePath, Method: c.method.verb, Field: f.field}
		e.Part.Line, e.Part.Column = mapping.Position(f.cause)
	}
	return e
}
