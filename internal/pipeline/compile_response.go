package pipeline

import (
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A responseSide is how integration responses become method responses.
type responseSide struct {
	responses []*integrationResponse // those with a pattern, then the default
}

// An integrationResponse is one compiled integration response.
type integrationResponse struct {
	field     string // of the definition
	status    int
	pattern   *javaregexp.Regexp // nil for the default
	err       error              // the pattern cannot run
	declared  bool               // the method response exists
	handling  string             // of the payload's content: "", content.ToText or content.ToBinary
	headers   []mapped
	templates []*template
}

// responseSide compiles a method's integration responses.
func (c *compiler) responseSide(m *Method) {
	var fallback *integrationResponse
	for i := range c.method.Integration.Responses {
		r := c.integrationResponse(&c.method.Integration.Responses[i])
		if r.pattern == nil && r.err == nil {
			if fallback == nil {
				fallback = r
			}
			continue
		}
		m.responses.responses = append(m.responses.responses, r)
	}
	if fallback != nil {
		m.responses.responses = append(m.responses.responses, fallback)
	}
}

func (c *compiler) integrationResponse(from *snapshot.IntegrationResponse) *integrationResponse {
	field := "integration.responses." + from.StatusCode
	r := &integrationResponse{field: field, status: parseStatus(from.StatusCode), handling: from.ContentHandling}
	_, r.declared = c.method.Responses[from.StatusCode]
	if from.SelectionPattern != "" {
		if r.pattern, r.err = javaregexp.Compile(from.SelectionPattern); r.err != nil {
			c.problem(field+".selectionPattern", 0, 0, "%v", r.err)
		}
	}
	for _, key := range sorted(from.Parameters) {
		if h, ok := c.responseParameter(field+".responseParameters."+key, key, from.Parameters[key]); ok {
			r.headers = append(r.headers, h)
		}
	}
	r.templates = c.templates(field+".responseTemplates.", from.Templates)
	return r
}

// responseParameter compiles one mapping of method.response.header.{name}. It
// reports false for a header that AWS drops.
func (c *compiler) responseParameter(field, key, text string) (mapped, bool) {
	h := mapped{field: field, name: strings.TrimPrefix(key, "method.response.header.")}
	if httpmsg.EqualFold(h.name, "Transfer-Encoding") {
		return h, false
	}
	if remappedWhenMapped.has(h.name) {
		h.name = remappedPrefix + h.name
	}
	if h.expr, h.err = mapping.ParseExpression(text, mapping.MethodResponse); h.err != nil {
		c.problem(field, 0, 0, "%v", h.err)
	}
	return h, true
}

// choose finds the integration response for a value: the first whose pattern
// matches all of it, else the default, else nil. Of several whose patterns match
// a status, the one that answers with that very status goes before the first
// (measured on AWS, with a MOCK). status is 0 where the value is no status.
func (r *responseSide) choose(value string, status int) (*integrationResponse, error) {
	b := javaregexp.Bounds{Until: time.Now().Add(mapping.MaxTime)} // of all patterns together
	for i, ir := range r.responses {
		ok, err := ir.selects(value, b)
		if err != nil {
			return nil, err
		}
		if ok {
			return ir.orOwn(r.responses[i+1:], value, status, b), nil
		}
	}
	return nil, nil
}

// selects reports whether the response is for a value; the default is for all.
func (r *integrationResponse) selects(value string, b javaregexp.Bounds) (bool, error) {
	if r.err != nil || r.pattern == nil {
		return r.err == nil, r.err
	}
	return r.pattern.Matches(value, b)
}

// orOwn returns the later response whose own status is the one at hand and whose
// pattern matches it; where there is none, it returns r. A pattern that cannot run
// matches nothing here.
func (r *integrationResponse) orOwn(later []*integrationResponse, value string, status int, b javaregexp.Bounds) *integrationResponse {
	if r.status == status || status == 0 {
		return r
	}
	for _, own := range later {
		if own.status == status && own.pattern != nil {
			if ok, err := own.selects(value, b); ok && err == nil {
				return own
			}
		}
	}
	return r
}

// pick chooses the template for a request's Accept: its first media type,
// else application/json, else the first template; nil when there is none.
func (r *integrationResponse) pick(headers httpmsg.Header) *template {
	if len(r.templates) == 0 {
		return nil
	}
	if accept, ok := headers.Last("Accept"); ok {
		if t := r.find(content.FirstMediaType(accept)); t != nil {
			return t
		}
	}
	if t := r.find("application/json"); t != nil {
		return t
	}
	return r.templates[0]
}

func (r *integrationResponse) find(mediaType string) *template {
	i := slices.IndexFunc(r.templates, func(t *template) bool { return t.mediaType == mediaType })
	if i < 0 {
		return nil
	}
	return r.templates[i]
}
