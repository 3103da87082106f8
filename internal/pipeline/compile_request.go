package pipeline

import (
	"slices"
	"sort"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A requestSide is how a method request becomes an integration request.
type requestSide struct {
	handling    string      // of a body's content: "", content.ToText or content.ToBinary
	templates   []*template // by media type; empty when there are none
	fallback    *template   // under $default; nil when there is none
	passthrough string      // WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER
	headers     []mapped
	query       []mapped
	paths       []mapped
	illegal     *nameSet // headers that may not be mapped; nil for MOCK
	ignored     *nameSet // headers whose mapping has no effect
}

// A template is a mapping template under its media type. Its text is empty
// where the body passes through; err is set where it cannot run.
type template struct {
	field     string // of the definition
	mediaType string // lower case
	compiled  *mapping.Template
	err       error
	constant  *mockRequest // what compiled makes of every call of a MOCK; nil where that differs or names no status
}

// A mockRequest is the rendered request of a MOCK.
type mockRequest struct {
	body   []byte
	status int // that it names
}

// A mapped is one parameter mapping.
type mapped struct {
	field string // of the definition
	name  string // of the target
	expr  *mapping.Expression
	param string // of the path variable that is the source, whose own spelling is kept; else ""
	err   error  // why it cannot run
}

// http compiles what HTTP and HTTP_PROXY integrations have in common.
func (c *compiler) http(m *Method) {
	in := &c.method.Integration
	m.request.illegal, m.request.ignored = illegalInRequest, ignoredInRequest
	m.insecure = in.InsecureSkipVerify
	if in.ConnectionType == "VPC_LINK" {
		m.link, m.balancer = target.ParseURI(in.ConnectionID), in.IntegrationTarget
	}
	m.outgoing(in)
	c.requestParameters(m)
}

// outgoing takes over where a request goes, and its method.
func (m *Method) outgoing(in *snapshot.Integration) {
	m.uri = target.ParseURI(in.URI)
	if m.outVerb = in.HTTPMethod; m.outVerb == "ANY" {
		m.outVerb = ""
	}
}

// requestParameters compiles the mappings of a request.
func (c *compiler) requestParameters(m *Method) {
	in := &c.method.Integration
	for _, key := range sorted(in.RequestParameters) {
		c.requestParameter(m, key, in.RequestParameters[key])
	}
}

// requestParameter compiles one mapping of integration.request.….
func (c *compiler) requestParameter(m *Method, key, text string) {
	field := "integration.requestParameters." + key
	location, name, ok := strings.Cut(strings.TrimPrefix(key, "integration.request."), ".")
	if !ok {
		c.problem(field, 0, 0, "not integration.request.{path,querystring,header}.{name}")
		return
	}
	p := mapped{field: field, name: name, param: pathParameter(text)}
	if p.expr, p.err = mapping.ParseExpression(text, mapping.IntegrationRequest); p.err != nil {
		c.problem(field, 0, 0, "%v", p.err)
	}
	switch location {
	case "path":
		m.request.paths = append(m.request.paths, p)
	case "querystring":
		m.request.query = append(m.request.query, p)
	case "header":
		if m.request.illegal.has(name) {
			c.illegal(field, name)
			return
		}
		if !m.request.ignored.has(name) {
			m.request.headers = append(m.request.headers, p)
		}
	}
}

// illegal notes the mapping of a header that fails every call.
func (c *compiler) illegal(field, name string) {
	c.problem(field, 0, 0, "AWS fails every call that maps the header %s", name)
	c.fail(field, name+" header already present")
}

// pathParameter returns the path variable that an expression passes on whole.
func pathParameter(text string) string {
	name, _ := strings.CutPrefix(text, "method.request.path.")
	if len(name) == len(text) {
		return ""
	}
	return name
}

// requestTemplates compiles the templates of a request.
func (c *compiler) requestTemplates(m *Method) {
	in := &c.method.Integration
	m.request.passthrough = in.PassthroughBehavior
	for _, t := range c.templates("integration.requestTemplates.", in.RequestTemplates) {
		if t.mediaType == "$default" {
			m.request.fallback = t
			continue
		}
		m.request.templates = append(m.request.templates, t)
	}
}

// foldStatus renders the request templates of a MOCK that are the same for every
// call, so that no call has to.
func (r *requestSide) foldStatus() {
	for _, t := range append(slices.Clone(r.templates), r.fallback) {
		if t == nil || t.compiled == nil {
			continue
		}
		text, ok := t.compiled.Constant()
		if !ok {
			continue
		}
		if status, ok, err := parseMockStatus([]byte(text), value.Limits{}); ok && err == nil {
			t.constant = &mockRequest{[]byte(text), status}
		}
	}
}

// templates compiles templates in order of their media type.
func (c *compiler) templates(field string, texts map[string]string) []*template {
	var out []*template
	for _, key := range sorted(texts) {
		t := &template{field: field + key, mediaType: content.MediaType(key)}
		if text := texts[key]; text != "" {
			if t.compiled, t.err = mapping.ParseTemplate(field+key, text); t.err != nil {
				line, column := mapping.Position(t.err)
				c.problem(field+key, line, column, "%s", mapping.Reason(t.err))
			}
		}
		out = append(out, t)
	}
	return out
}

// sorted returns a map's keys in order, so that compiling is the same every
// time.
func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// pick chooses the template for a request's media type. ok is false when
// AWS answers 415; a nil template passes the body through.
func (r *requestSide) pick(want string) (t *template, ok bool) {
	i := slices.IndexFunc(r.templates, func(t *template) bool { return t.mediaType == want })
	switch {
	case i >= 0:
		return r.templates[i], true
	case r.fallback != nil:
		return r.fallback, true
	case r.passthrough == "NEVER":
		return nil, false
	case r.passthrough == "WHEN_NO_TEMPLATES":
		return nil, len(r.templates) == 0
	}
	return nil, true
}
