package pipeline

import (
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// enter fills in what is known once the route is: the path variables and the
// rest of $context.
func (c *call) enter(verb string) error {
	m, s := c.method, &c.scope
	x := &s.Context
	x.HTTPMethod, x.ResourceID, x.ResourcePath = verb, m.resourceID, m.resourcePath
	for i := range c.match.n {
		value, err := unescape(c.match.values[i])
		if err != nil {
			return badRequest(err)
		}
		s.PathParams = append(s.PathParams, mapping.Param{Name: c.match.names[i], Value: value})
	}
	return nil
}

// appendSeen appends the request's headers, but Host, as functions, templates
// and mappings see them: with what the front door adds. TestInvokeMethod has no
// front door, and adds nothing (recorded).
func (c *call) appendSeen(dst httpmsg.Header) httpmsg.Header {
	forwarded := ""
	for _, f := range c.headers {
		switch {
		case httpmsg.EqualFold(f.Name, "X-Forwarded-For") && !c.test:
			if forwarded != "" {
				forwarded += ", "
			}
			forwarded += f.Value
			continue
		case setAtDoor.has(f.Name) && !c.test:
			continue
		case httpmsg.EqualFold(f.Name, "Authorization"):
			f.Name = "Authorization"
		case httpmsg.EqualFold(f.Name, "User-Agent"):
			f.Name = "User-Agent"
		}
		dst = append(dst, f)
	}
	if c.test {
		return dst
	}
	if forwarded != "" {
		forwarded += ", "
	}
	forwarded += c.req.SourceIP
	if by := c.req.ForwardedBy; by != "" {
		forwarded += ", " + by
	}
	return append(dst,
		httpmsg.Field{Name: traceHeader, Value: c.seenTrace()},
		httpmsg.Field{Name: "X-Forwarded-For", Value: forwarded},
		httpmsg.Field{Name: "X-Forwarded-Port", Value: forwardedPort(c.req)},
		httpmsg.Field{Name: "X-Forwarded-Proto", Value: c.req.Scheme})
}

// forwardedPort is the port that the client called.
func forwardedPort(req *httpmsg.Request) string {
	if at := strings.LastIndexByte(req.Host, ':'); at > strings.LastIndexByte(req.Host, ']') {
		return req.Host[at+1:]
	}
	if req.Scheme == "https" {
		return "443"
	}
	return "80"
}

// transformRequest renders the request template that applies, or passes the
// body through.
func transformRequest(c *call) error {
	mediaType := c.contentType()
	t, ok := c.method.request.pick(mediaType)
	if !ok {
		return unsupportedMedia()
	}
	field, sent := "", c.scope.RequestBody
	binary, err := c.convertRequest()
	if err != nil {
		return err
	}
	c.trace.Converted("request", "", "converted", sent, c.scope.RequestBody)
	switch {
	case t == nil || t.compiled == nil && t.err == nil:
		c.out.Body = c.scope.RequestBody
	case t.err != nil || binary:
		return configurationError("Unable to transform request", t.err).at(t.field)
	case t.constant != nil:
		field, c.constant, c.out.Body = t.field, t.constant, t.constant.body
	default:
		if c.out.body, err = t.compiled.Render(c.out.body[:0], &c.scope, mapping.RequestSide); err != nil {
			return unlessBusy(err, configurationError("Unable to transform request", err).at(t.field))
		}
		field, c.out.Body = t.field, c.out.body
	}
	c.trace.Rendered(field, mediaType, c.out.Body)
	return nil
}

// eval evaluates one mapping.
func (c *call) eval(p *mapped) (text string, ok bool, err error) {
	if p.err != nil {
		return "", false, configurationError("parameter mapping of "+p.name, p.err).at(p.field)
	}
	text, ok, err = p.expr.Eval(&c.scope)
	c.trace.Mapped(p.field, p.expr, text)
	return text, ok, err
}

// evalAll evaluates one mapping to all of its values, which live until the next
// call of evalAll.
func (c *call) evalAll(p *mapped) (values []string, err error) {
	if p.err != nil {
		return nil, configurationError("parameter mapping of "+p.name, p.err).at(p.field)
	}
	c.values, err = p.expr.EvalAll(c.values[:0], &c.scope)
	c.trace.Mapped(p.field, p.expr, c.values...)
	return c.values, err
}

// mapRequest evaluates the request's mappings into the call.
func (c *call) mapRequest() error {
	m := &c.method.request
	for i := range m.paths {
		if err := c.mapPath(&m.paths[i]); err != nil {
			return err
		}
	}
	for i := range m.headers {
		v, ok, err := c.eval(&m.headers[i])
		if err != nil {
			return invalidRequestBody(m.headers[i].field, err)
		}
		if ok {
			c.setOutHeader(m.headers[i].name, v)
		}
	}
	o := &c.scope.Overrides
	c.trace.OverriddenRequest(o)
	for _, p := range o.RequestPath {
		c.out.paths = append(c.out.paths, target.Value{Name: p.Name, Text: p.Value})
	}
	for _, h := range o.RequestHeader {
		if m.illegal.has(h.Name) {
			return configurationError(h.Name+" header already present", nil)
		}
		if !m.ignored.has(h.Name) {
			c.setOutHeader(h.Name, h.Value)
		}
	}
	return nil
}

// mapPath notes the value of one {variable} of the URI. A path variable of
// the request keeps the client's own spelling.
func (c *call) mapPath(p *mapped) error {
	if p.param != "" {
		for i := range c.match.n {
			if c.match.names[i] == p.param {
				c.out.paths = append(c.out.paths, target.Value{Name: p.name, Text: c.match.values[i], Raw: true})
				c.trace.Mapped(p.field, p.expr, c.match.values[i])
				return nil
			}
		}
		return nil
	}
	v, ok, err := c.eval(p)
	if err != nil {
		return invalidRequestBody(p.field, err)
	}
	if ok {
		c.out.paths = append(c.out.paths, target.Value{Name: p.name, Text: v})
	}
	return nil
}

// setOutHeader sets a header of the integration request in place of one of
// the same name.
func (c *call) setOutHeader(name, value string) {
	if httpmsg.EqualFold(name, "Host") {
		c.out.Host = value
		return
	}
	c.out.Header.Set(name, value)
}

// invalidRequestBody is the 400 for a body mapping over a body that is not
// JSON; a failure of another kind stays what it is.
func invalidRequestBody(field string, err error) error {
	if f, ok := err.(*failure); ok {
		return f
	}
	if !errors.Is(err, mapping.ErrNotJSON) {
		return unlessBusy(err, configurationError("Unable to transform request", err).at(field))
	}
	return &failure{kind: default4XX, status: 400, message: "Invalid JSON in request body", engine: true, field: field, cause: err}
}
