package trace

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// The methods below record what the steps of a call do. They take what a step has
// at hand: whatever costs memory is made here, behind the look at a nil Trace.

// Detailed reports whether the trace keeps the data of steps: headers, bodies, mappings.
func (t *Trace) Detailed() bool { return t != nil && !t.Brief }

// Stepwise reports whether the trace keeps how steps go on.
func (t *Trace) Stepwise() bool { return t != nil && !t.Failures }

// Restart forgets the call, and keeps the memory of its events for another, unless there
// were many.
func (t *Trace) Restart() {
	const many = 256
	events := t.Events
	clear(events)
	*t = Trace{}
	if cap(events) <= many {
		t.Events = events[:0]
	}
}

func (t *Trace) add(data EventData) { t.addAt(time.Now(), data) }

func (t *Trace) addAt(at time.Time, data EventData) { t.Events = append(t.Events, Event{at, data}) }

// Route records which method serves the call, by its resource's path template,
// its verb in the definition and its integration's type.
func (t *Trace) Route(resource, verb, integration string) {
	if t.Detailed() {
		t.add(&RouteEvent{resource, verb, integration})
	}
}

// Key records the look at a call's API key, which it masks.
func (t *Trace) Key(e *KeyEvent) {
	if t.Stepwise() || t != nil && e.Required && !e.Found {
		e.Key = mapping.MaskSecret(e.Key)
		t.add(e)
	}
}

// Admitted records that a call was let in, and masks its key.
func (t *Trace) Admitted(e *AdmitEvent) {
	if t.Stepwise() {
		e.Key = mapping.MaskSecret(e.Key)
		t.add(e)
	}
}

// Authorizer records that an authorizer has the call to judge, and masks who calls.
func (t *Trace) Authorizer(e *AuthorizerEvent) {
	if t.Stepwise() {
		if !t.Brief {
			e.Identity = mapping.MaskSecret(e.Identity)
		}
		t.add(e)
	}
}

// AuthorizerAnswer records what the function of an authorizer answered.
func (t *Trace) AuthorizerAnswer(body []byte) {
	if t.Detailed() {
		t.add(&AuthorizerAnswerEvent{newPayload(body)})
	}
}

// Authorized records whom an authorizer takes the caller for.
func (t *Trace) Authorized(e *AuthorizedEvent) {
	if t.Stepwise() {
		t.add(e)
	}
}

// AuthorizerFailed records why an authorizer did not work.
func (t *Trace) AuthorizerFailed(reason string) {
	if t != nil && reason != "" {
		t.add(&AuthorizerFailedEvent{reason})
	}
}

// Request records the method request: its path within the stage, its header
// without what the front door drops, and what the scope has of it.
func (t *Trace) Request(path string, header httpmsg.Header, scope *mapping.Scope) {
	if !t.Stepwise() {
		return
	}
	if t.Brief {
		t.add(&RequestEvent{Method: scope.Context.HTTPMethod, Path: path})
		return
	}
	t.add(&RequestEvent{
		Method: scope.Context.HTTPMethod, Path: path,
		Params: slices.Clone(scope.PathParams), Query: slices.Clone(scope.Query()),
		Header: slices.Clone(header), Body: newPayload(scope.RequestBody),
	})
}

// Converted records that the body of the "request" or "response" has changed,
// unless it has not. coding is the content coding that was put on or taken off,
// "" where there was none.
func (t *Trace) Converted(body, coding, how string, from, to []byte) {
	if !t.Detailed() || len(from) == len(to) && (len(to) == 0 || &from[0] == &to[0]) {
		return
	}
	if coding != "" {
		how = coding + " " + how
	}
	t.add(&ConvertEvent{body, how, len(from), len(to)})
}

// Valid records that a part of the request, its "parameters" or its "body", passed
// the method's request validator.
func (t *Trace) Valid(what string) {
	if t.Detailed() {
		t.add(&ValidateEvent{what})
	}
}

// Rendered records the result of a template. field is its place in the definition,
// "" where none applies to the media type and the body passes through.
func (t *Trace) Rendered(field, mediaType string, result []byte) {
	if !t.Detailed() {
		return
	}
	e := &TemplateEvent{Field: field, Type: mediaType, Result: newPayload(result)}
	if field != "" {
		e.Empty = t.empty.take()
	}
	t.add(e)
}

// Mapped records the values of a parameter mapping. field is its place in the
// definition; "" is an expression that maps nothing, and not recorded. A nil
// expression has no text to show.
func (t *Trace) Mapped(field string, expr *mapping.Expression, values ...string) {
	if !t.Detailed() || field == "" {
		return
	}
	_, target, _ := strings.Cut(field, "Parameters.")
	value := strings.Join(values, ",")
	e := &MappingEvent{Target: target, Value: value, Absent: strings.Join(values, "") == ""}
	if expr != nil {
		e.Expression = expr.String()
	}
	t.add(e)
}

// OverriddenRequest records what a template set under $context.requestOverride.
func (t *Trace) OverriddenRequest(o *mapping.Overrides) {
	if !t.Detailed() {
		return
	}
	t.overridden("integration.request.path.", "requestOverride.path", o.RequestPath)
	t.overridden("integration.request.header.", "requestOverride.header", o.RequestHeader)
	t.overridden("integration.request.querystring.", "requestOverride.querystring", o.RequestQuery)
}

// OverriddenResponse records what a template set under $context.responseOverride.
func (t *Trace) OverriddenResponse(o *mapping.Overrides) {
	if !t.Detailed() {
		return
	}
	if o.ResponseStatus != 0 {
		t.add(&MappingEvent{Target: "method.response.status", Expression: "$context.responseOverride.status", Value: strconv.Itoa(o.ResponseStatus)})
	}
	t.overridden("method.response.header.", "responseOverride.header", o.ResponseHeader)
}

// overridden records the values that member of $context holds.
func (t *Trace) overridden(target, member string, values []mapping.Param) {
	for _, p := range values {
		t.add(&MappingEvent{Target: target + p.Name, Expression: "$context." + member + "." + p.Name, Value: p.Value})
	}
}

// EndpointRequest records the integration request, sent at a time to a URI. The
// trace keeps the header, which must not be changed afterwards.
func (t *Trace) EndpointRequest(at time.Time, method, uri string, header httpmsg.Header, body []byte) {
	if t.Detailed() {
		t.addAt(at, &EndpointRequestEvent{method, uri, header, newPayload(body)})
	}
}

// EndpointResponse records the integration's answer. denied says that Lambda did
// not let the gateway invoke the function.
func (t *Trace) EndpointResponse(r *httpmsg.Response, latency time.Duration, denied bool) {
	if t.Detailed() {
		t.add(&EndpointResponseEvent{r.Status, latency, slices.Clone(r.Header), newPayload(r.Body), denied})
	}
}

// Selected records the status of the integration response that applies to a value,
// and the pattern that matched it; nil is the default's.
func (t *Trace) Selected(status int, pattern *javaregexp.Regexp, value string) {
	if !t.Detailed() {
		return
	}
	e := &SelectEvent{Status: strconv.Itoa(status), Value: value}
	if pattern != nil {
		e.Pattern = pattern.String()
	}
	t.add(e)
}

// Response records the method response. Only the first counts. The trace keeps
// the header, which must not be changed afterwards.
func (t *Trace) Response(header httpmsg.Header, body []byte) {
	if !t.Detailed() || t.responded {
		return
	}
	t.responded = true
	t.add(&ResponseEvent{header, newPayload(body)})
}

// Streamed records the end of an answer that was streamed.
func (t *Trace) Streamed(bytes int64, took time.Duration) {
	if t.Detailed() {
		t.add(&StreamedEvent{bytes, took})
	}
}

// Failed records why the call failed.
func (t *Trace) Failed(e *FailureEvent) {
	if t != nil {
		t.add(e)
	}
}

// GatewayResponse records the answer to a call that failed. customised says that
// the API has a definition of its own for the type.
func (t *Trace) GatewayResponse(responseType string, customised bool, answer *httpmsg.Response) {
	if t.Detailed() {
		t.add(&GatewayResponseEvent{responseType, customised, slices.Clone(answer.Header), newPayload(answer.Body)})
	}
}

// Complete ends the trace with the status of the answer.
func (t *Trace) Complete(status int) {
	if t == nil {
		return
	}
	t.add(&CompleteEvent{status})
	t.Took = time.Since(t.Received)
}

// AnswerHeader is the header of the method response, or of the gateway response
// in its place; nil before there is one.
func (t *Trace) AnswerHeader() httpmsg.Header {
	if t == nil {
		return nil
	}
	for i := range t.Events {
		switch e := t.Events[i].Data.(type) {
		case *ResponseEvent:
			return e.Header
		case *GatewayResponseEvent:
			return e.Header
		}
	}
	return nil
}
