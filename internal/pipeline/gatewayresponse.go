package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sort"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A gatewayResponse is a customised gateway response, compiled.
type gatewayResponse struct {
	status    int // 0 keeps the type's own
	headers   []mapped
	templates []gatewayTemplate // in order of media type
}

type gatewayTemplate struct {
	mediaType string
	compiled  *mapping.GatewayTemplate
}

// compileGatewayResponses compiles what the API customised.
func (p *Program) compileGatewayResponses() {
	p.gateway = make(map[responseType]*gatewayResponse, len(p.deployment.GatewayResponses))
	for name, from := range p.deployment.GatewayResponses {
		p.gateway[responseType(name)] = p.compileGatewayResponse(name, &from)
	}
}

func (p *Program) compileGatewayResponse(name string, from *snapshot.GatewayResponse) *gatewayResponse {
	r := &gatewayResponse{}
	if status := parseStatus(from.StatusCode); status >= 200 { // below are those of interim answers
		r.status = status
	}
	for _, key := range sorted(from.Parameters) {
		const prefix = "gatewayresponse.header."
		if len(key) <= len(prefix) || key[:len(prefix)] != prefix {
			continue // .path. and .querystring. are taken and have no effect
		}
		h := mapped{name: key[len(prefix):]}
		if h.expr, h.err = mapping.ParseExpression(from.Parameters[key], mapping.GatewayResponse); h.err != nil {
			p.problems = append(p.problems, Problem{Field: "gatewayResponses." + name + ".responseParameters." + key, Text: h.err.Error()})
			continue
		}
		r.headers = append(r.headers, h)
	}
	for key, text := range from.Templates {
		r.templates = append(r.templates, gatewayTemplate{content.MediaType(key), mapping.ParseGatewayTemplate(text)})
	}
	sort.Slice(r.templates, func(i, j int) bool { return r.templates[i].mediaType < r.templates[j].mediaType })
	return r
}

// gatewayResponseFor finds the definition that applies to a type: its own, else
// the DEFAULT of its family, else none.
func (p *Program) gatewayResponseFor(t responseType, status int) *gatewayResponse {
	if len(p.gateway) == 0 {
		return nil
	}
	if r := p.gateway[t]; r != nil {
		return r
	}
	return p.gateway[t.family(status)]
}

// complete makes the answer of a call whose steps ended with err.
func (c *call) complete(err error) {
	defer func() {
		if fault := recover(); fault != nil {
			c.answerPlainly(c.caught(fault))
		}
	}()
	if err != nil {
		c.fail(err)
	} else {
		c.traceResponse()
	}
	c.finish()
}

// fail turns an error into the answer: the gateway response of its type.
func (c *call) fail(err error) {
	f := new(failure)
	if !errors.As(err, &f) {
		f = engineError("unexpected", err)
	}
	c.logFailure(f)
	c.failed = f
	c.traceFailure(f)
	c.replaceAnswer(f)
	custom := c.stage.program.gatewayResponseFor(f.kind, c.answer.Status)
	if custom == nil {
		c.answer.Body = c.defaultBody(f)
	} else {
		c.customise(custom, f)
	}
	c.trace.GatewayResponse(string(f.kind), custom != nil, &c.answer)
}

// replaceAnswer puts a failure in the place of the answer, all but its body.
func (c *call) replaceAnswer(f *failure) {
	if c.answer.Stream != nil {
		_ = c.answer.Stream.Close()
	}
	c.answer.Header, c.answer.Body, c.answer.Stream, c.answer.Length = c.answer.Header[:0], nil, nil, 0
	def := gatewayDefaultOf(f.kind)
	c.answer.Status = firstSet(f.status, def.status, 500)
	c.answer.Header.Add("x-amzn-ErrorType", firstSet(f.errType, def.errorType))
	x := &c.scope.Context.Error
	x.ResponseType, x.ValidationString = string(f.kind), f.detail
	if x.HasMessage = f.message != ""; x.HasMessage {
		x.Message = f.message
	}
}

// firstSet returns the first argument that is not zero.
func firstSet[T comparable](vs ...T) T {
	var zero T
	for _, v := range vs {
		if v != zero {
			return v
		}
	}
	return zero
}

// defaultBody is the built-in body. The engine's has a space after the colon,
// the front door's none, and the key of a policy's denial is capital (recorded).
func (c *call) defaultBody(f *failure) []byte {
	key := `{"message":`
	switch {
	case f.kind == accessDenied && f.errType == "":
		key = `{"Message":`
	case f.engine:
		key = `{"message": `
	}
	body := append(c.rendered[:0], key...)
	if f.message == "" {
		body = append(body, "null"...)
	} else {
		body = value.AppendQuoted(body, f.message)
	}
	c.rendered = append(body, '}')
	return c.rendered
}

// customise lays an API's own definition over the answer.
func (c *call) customise(r *gatewayResponse, f *failure) {
	if r.status != 0 {
		c.answer.Status = r.status
	}
	for i := range r.headers {
		if v, ok, err := r.headers[i].expr.Eval(&c.scope); ok && err == nil {
			_ = c.overrideHeader(r.headers[i].name, v) // what cannot be sent is left out: the call has failed already
		}
	}
	t := r.pick(c)
	if t == nil || f.kind == requestTooLarge { // its body cannot be customised
		c.answer.Body = c.defaultBody(f)
		return
	}
	var err error
	if c.rendered, err = t.compiled.Append(c.rendered[:0], &c.scope); err != nil {
		c.answer.Body = c.defaultBody(f)
		return
	}
	c.answer.Body = c.rendered
	if !c.answer.Header.Has("Content-Type") {
		c.answer.Header.Add("Content-Type", t.mediaType)
	}
}

// pick chooses a template by Accept, else application/json, else the first.
func (r *gatewayResponse) pick(c *call) *gatewayTemplate {
	if len(r.templates) == 0 {
		return nil
	}
	accept, _ := c.headers.Last("Accept")
	want, json := content.FirstMediaType(accept), -1
	for i := range r.templates {
		switch r.templates[i].mediaType {
		case want:
			return &r.templates[i]
		case "application/json":
			json = i
		}
	}
	return &r.templates[max(json, 0)]
}

// logFailure writes the one line of a call that failed by the fault of the
// definition, the backend or this program; what clients do wrong is not logged.
func (c *call) logFailure(f *failure) {
	if c.stage.services.Log == nil || f.byClient() {
		return
	}
	attrs := []any{
		slog.String("requestId", c.scope.Context.RequestID), slog.String("api", c.stage.settings.APIID), slog.String("stage", c.stage.settings.Name),
		slog.String("type", string(f.kind)), slog.String("message", f.message),
	}
	if c.method != nil {
		attrs = append(attrs, slog.String("method", c.method.verb), slog.String("resource", c.method.resourcePath))
	}
	attrs = c.appendService(attrs)
	if f.reason != "" {
		attrs = append(attrs, slog.String("reason", f.reason))
	}
	if f.cause != nil {
		attrs = append(attrs, slog.String("cause", f.cause.Error()))
	}
	level := slog.LevelWarn
	if c.stage.services.Served != nil { // who watches has a line of the call that says why
		level = slog.LevelDebug
	}
	c.stage.services.Log.Log(context.Background(), level, "call failed", attrs...)
}

// byClient reports whether a failure is what a client does wrong: it has gone, or what
// it sent is refused. Why who calls is not let in, traces tell.
func (f *failure) byClient() bool {
	switch f.kind {
	case default4XX, unauthorized, missingAuthenticationToken, invalidSignature, expiredToken:
		return true
	}
	return errors.Is(f.cause, integration.ErrGone) || f.reason == "" && f.kind.family(f.status) == default4XX
}

// appendService appends the function or the service that the call's method calls, and
// the key under which the configuration has the function's URL.
func (c *call) appendService(attrs []any) []any {
	if c.method == nil || !c.method.service {
		return attrs
	}
	t := c.stage.target(c.method)
	switch {
	case t.aws == nil:
	case t.aws.service.Function == "":
		attrs = append(attrs, slog.String("service", t.aws.service.Name))
	case t.aws.service.Key == "":
		attrs = append(attrs, slog.String("function", t.aws.service.Function))
	default:
		attrs = append(attrs, slog.String("function", t.aws.service.Function), slog.String("lambda-functions", t.aws.service.Key))
	}
	return attrs
}

// functionKey is the key of the configuration by which a call went to the function that
// failed it; "" for none.
func (c *call) functionKey(f *failure) string {
	if c.method == nil || !c.method.service || f.byClient() {
		return ""
	}
	if t := c.stage.target(c.method); t.aws != nil {
		return t.aws.service.Key
	}
	return ""
}

// finish adds what every answer has. Ids that a backend or a mapping has set are
// replaced by the call's own, which is the one that the logs have.
func (c *call) finish() {
	h := &c.answer.Header
	if !h.Has("Content-Type") {
		h.Add("Content-Type", "application/json")
	}
	if c.method != nil && c.method.skipped != "" {
		h.Set(UnprotectedHeader, c.method.skipped)
	}
	h.Set(requestIDHeader, c.scope.Context.RequestID)
	h.Set("x-amz-apigw-id", c.scope.Context.ExtendedRequestID)
}
