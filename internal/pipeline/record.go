package pipeline

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/vtl"
)

// What the steps of a traced call record. Callers look first whether the call
// is traced, so that one that is not pays a comparison.

// startTrace begins to record the call.
func (c *call) startTrace() {
	st, x := c.stage.settings, &c.scope.Context
	c.trace = &Trace{
		APIID: st.APIID, Stage: st.Name, RequestID: x.RequestID,
		Method: c.req.Method, Target: c.req.Target(), Received: c.req.Received,
	}
	c.scope.Hook = c.trace.empty.note
}

// endTrace records the answer and returns what happened.
func (c *call) endTrace() *Trace {
	t := c.trace
	t.add(&CompleteEvent{c.answer.Status})
	t.Took = time.Since(t.Received)
	return t
}

func (t *Trace) add(data EventData) { t.addAt(time.Now(), data) }

func (t *Trace) addAt(at time.Time, data EventData) { t.Events = append(t.Events, Event{at, data}) }

// request records the method request.
func (t *Trace) request(c *call) {
	t.add(&RequestEvent{
		Method: c.scope.Context.HTTPMethod, Path: c.req.Path,
		Params: slices.Clone(c.scope.PathParams), Query: slices.Clone(c.scope.Query()),
		Header: slices.Clone(c.headers), Body: newPayload(c.scope.RequestBody),
	})
}

// converted records that a body has changed, unless it has not.
func (t *Trace) converted(which, how string, from, to []byte) {
	if len(from) != len(to) || len(to) > 0 && &from[0] != &to[0] {
		t.add(&ConvertEvent{which, how, len(from), len(to)})
	}
}

// rendered records the result of a template; nil is that none applies to the
// media type.
func (t *Trace) rendered(from *template, mediaType string, result []byte) {
	e := &TemplateEvent{Type: mediaType, Result: newPayload(result)}
	if from != nil && from.compiled != nil {
		e.Field, e.Empty = from.field, t.empty.take()
	}
	t.add(e)
}

// mapped records a parameter mapping. What a validator looks at is none.
func (t *Trace) mapped(p *mapped, values ...string) {
	if p.field == "" {
		return
	}
	_, target, _ := strings.Cut(p.field, "Parameters.")
	e := &MappingEvent{Target: target, Value: strings.Join(values, ","), Absent: strings.Join(values, "") == ""}
	if p.expr != nil {
		e.Expression = p.expr.String()
	}
	t.add(e)
}

// overridden records what templates set under $context.requestOverride or
// responseOverride; place is the member that holds the values.
func (t *Trace) overridden(target, place string, values []mapping.Param) {
	for _, p := range values {
		t.add(&MappingEvent{Target: target + p.Name, Expression: "$context." + place + "." + p.Name, Value: p.Value})
	}
}

// overriddenResponse records what templates set under
// $context.responseOverride.
func (t *Trace) overriddenResponse(o *mapping.Overrides) {
	if o.ResponseStatus != 0 {
		t.add(&MappingEvent{Target: "method.response.status", Expression: "$context.responseOverride.status", Value: strconv.Itoa(o.ResponseStatus)})
	}
	t.overridden("method.response.header.", "responseOverride.header", o.ResponseHeader)
}

// endpointRequest records the integration request, sent at a time.
func (t *Trace) endpointRequest(c *call, at time.Time) {
	h := slices.Clone(c.out.Header)
	if c.out.Host != "" {
		h.Add("Host", c.out.Host)
	}
	target := c.out.Target
	if c.method.uri != nil && target == "/" && !strings.HasSuffix(c.method.uri.text, "/") && !c.method.service {
		target = "" // as the definition has it
	}
	t.addAt(at, &EndpointRequestEvent{c.out.Method, c.endpoint.URL() + target, h, newPayload(c.out.Body)})
}

// endpointResponse records the integration's answer.
func (t *Trace) endpointResponse(c *call, denied bool) {
	t.add(&EndpointResponseEvent{c.backend.Status, c.integrationTime, slices.Clone(c.backend.Header), newPayload(c.backend.Body), denied})
}

// selected records which integration response applies to a value.
func (t *Trace) selected(r *integrationResponse, value string) {
	e := &SelectEvent{Status: strconv.Itoa(r.status), Value: value}
	if r.pattern != nil {
		e.Pattern = r.pattern.String()
	}
	t.add(e)
}

// response records the method response, once.
func (t *Trace) response(c *call) {
	if t.responded {
		return
	}
	t.responded = true
	t.add(&ResponseEvent{c.methodHeader(), newPayload(c.answer.Body)})
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

// failed records why the call failed.
func (t *Trace) failed(c *call, f *failure) {
	e := &FailureEvent{Type: string(f.kind), Message: f.message, Line: f.logLine(), Reason: f.reason}
	if e.Reason == "" && f.detail != "" {
		e.Reason = f.detail
	}
	if f.cause != nil {
		e.Cause = f.cause.Error()
	}
	if f.field != "" && c.method != nil {
		e.Place = Problem{Resource: c.method.resourcePath, Method: c.method.verb, Field: f.field, Text: firstSet(f.reason, f.message)}
		e.Place.Line, e.Place.Column = mapping.Position(f.cause)
	}
	t.add(e)
}

// gatewayResponse records the answer to a call that failed.
func (t *Trace) gatewayResponse(c *call, f *failure, customised bool) {
	t.add(&GatewayResponseEvent{string(f.kind), customised, slices.Clone(c.answer.Header), newPayload(c.answer.Body)})
}

// emptyReferences notes references without a value while a template renders.
type emptyReferences struct {
	list []EmptyReference
	mark int // what stands before the condition that is being evaluated
}

// maxEmpty bounds how many references without a value are noted.
const maxEmpty = 8

// note is told of each step of a render. A reference in a condition may well
// have no value.
func (e *emptyReferences) note(step vtl.Event) error {
	switch {
	case step.Kind == vtl.EventDirective:
		e.mark = len(e.list)
	case step.Kind == vtl.EventCondition:
		e.list = e.list[:e.mark]
	case step.Kind == vtl.EventReference && step.Value.IsNull() && len(e.list) < maxEmpty:
		r := EmptyReference{step.Text, step.Line, step.Col}
		if !slices.Contains(e.list, r) {
			e.list = append(e.list, r)
		}
	}
	return nil
}

// take returns what was noted and starts anew.
func (e *emptyReferences) take() []EmptyReference {
	list := e.list
	*e = emptyReferences{}
	return list
}
