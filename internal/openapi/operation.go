package openapi

import (
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// mappedName is what the service takes as the name of a parameter or header.
var mappedName = regexp.MustCompile(`^[a-zA-Z0-9._$-]+$`)

// Of the places of parameters: the words of mapping expressions, and the types of their
// documentation.
var (
	locations      = map[string]string{"query": "querystring", "header": "header", "path": "path"}
	parameterTypes = map[string]string{"query": "QUERY_PARAMETER", "header": "REQUEST_HEADER", "path": "PATH_PARAMETER"}
)

// A parameter is one of an operation, its reference followed.
type parameter struct {
	*cursor
	in, name string
}

// readParameters sets the request parameters of m.
func (im *importer) readParameters(m *Method, r *route, item, op *cursor, location string) {
	declared := make(map[string]bool)
	for _, p := range im.parameters(item, op, location) {
		place, ok := locations[p.in]
		switch {
		case p.in == "body" && im.dialect == swagger2:
			im.describe(p.cursor, r.entity("REQUEST_BODY", m), im.properties(p.cursor, "description"))
			im.readBody(m, r, op, p)
			continue
		case !ok:
			im.warn(p.cursor, "Parameter type %s for parameter %s not supported. Ignoring.", brief(p.in), brief(p.name))
			continue
		}
		name := p.name
		if p.in == "path" {
			name = r.rename(name)
		}
		if im.opts.Lenient && !im.canMap(p, name, declared) {
			continue
		}
		im.ignoredConstraints(p)
		required, given := p.get("required").bool()
		setParameter(m, place, name, required || p.in == "path" && !given)
		entity := r.entity(parameterTypes[p.in], m)
		entity.Name = name
		im.describe(p.cursor, entity, im.properties(p.cursor, "description"))
	}
	for _, name := range pathVariables(r.path) {
		if _, ok := m.RequestParameters["method.request.path."+name]; !ok {
			setParameter(m, "path", name, true)
		}
	}
}

func setParameter(m *Method, place, name string, required bool) {
	if m.RequestParameters == nil {
		m.RequestParameters = make(map[string]bool)
	}
	m.RequestParameters["method.request."+place+"."+name] = required
}

// canMap reports whether the service could have the parameter, which needs a name
// that mapping expressions can hold and that no other place uses.
func (im *importer) canMap(p parameter, name string, declared map[string]bool) bool {
	if !mappedName.MatchString(name) {
		im.drop(p.cursor, "parameter %s is left out: its name cannot be mapped", name)
		return false
	}
	if declared[name] {
		im.drop(p.cursor, "parameter %s is left out: another place has one of that name", name)
		return false
	}
	declared[name] = true
	return true
}

// constraints are what a parameter may say of its values and the service ignores.
var constraints = strings.Fields("enum pattern minimum maximum minLength maxLength multipleOf minItems maxItems default")

func (im *importer) ignoredConstraints(p parameter) {
	schema := p.get("schema")
	if schema == nil {
		schema = p.cursor
	}
	for _, key := range constraints {
		if c := schema.get(key); c != nil {
			im.drop(c, "%s of a parameter is not checked", key)
		}
	}
}

// parameters returns those of the operation, and those of its path that it does
// not declare itself.
func (im *importer) parameters(item, op *cursor, location string) []parameter {
	var out []parameter
	index := make(map[[2]string]int)
	for _, from := range []*cursor{item, op} {
		for _, c := range from.get("parameters").items() {
			if c = im.follow(c); c == nil {
				continue
			}
			p := parameter{cursor: c, in: c.str("in"), name: c.str("name")}
			if p.name == "" && p.in != "body" {
				im.warn(c, "Parse issue: attribute %s.parameters.name is missing", location)
				continue
			}
			im.check(c, inParameter, location+".parameters.["+brief(p.name)+"]")
			key := [2]string{p.in, p.name}
			if i, ok := index[key]; ok {
				out[i] = p
				continue
			}
			index[key] = len(out)
			out = append(out, p)
		}
	}
	return out
}

// readBody sets the request models of m from the body parameter of Swagger.
func (im *importer) readBody(m *Method, r *route, op *cursor, p parameter) {
	schema := p.get("schema")
	if schema == nil {
		return
	}
	model := im.usedModel(schema, "in body of method '"+r.method(*m.HTTPMethod)+"'")
	for _, mediaType := range im.mediaTypes(op, "consumes") {
		setModel(&m.RequestModels, mediaType, model)
	}
}

// mediaTypes returns the media types that the operation consumes or produces: its
// own, else the document's, else JSON.
func (im *importer) mediaTypes(op *cursor, key string) []string {
	c := op.get(key)
	if c == nil {
		c = im.doc.get(key)
	}
	var out []string
	if c != nil && im.spend(c.node.weight) {
		for _, s := range im.texts(c, key) {
			out = append(out, im.mediaType(s))
		}
	}
	if len(out) == 0 {
		return []string{"application/json"}
	}
	return out
}

// mediaType returns the media type as the key of models and templates. A lenient
// import makes one of ranges and parameters, which the service refuses.
func (im *importer) mediaType(s string) string {
	if !im.opts.Lenient {
		return s
	}
	s, _, _ = strings.Cut(s, ";")
	if s = strings.TrimSpace(s); !plainMediaType.MatchString(s) {
		return "application/json"
	}
	return s
}

var plainMediaType = regexp.MustCompile(`^[a-zA-Z0-9.+_-]+/[a-zA-Z0-9.+_-]+$`)

func setModel(models *map[string]string, mediaType, model string) {
	if model == "" {
		return
	}
	if *models == nil {
		*models = make(map[string]string)
	}
	(*models)[mediaType] = model
}

// readRequestBody sets the request models of m from the request body of OpenAPI 3.
func (im *importer) readRequestBody(m *Method, r *route, op *cursor, location string) {
	body := op.get("requestBody")
	if body == nil || im.dialect == swagger2 {
		return
	}
	if body = im.follow(body); body == nil {
		return
	}
	im.object(body, attribute{location, "requestBody"})
	im.check(body, inRequestBody, location+".requestBody")
	im.describe(body, r.entity("REQUEST_BODY", m), im.properties(body, "description"))
	im.readContent(&m.RequestModels, body, "in body of method '"+r.method(*m.HTTPMethod)+"'", location+".requestBody")
}

// readContent sets the models of the media types of a body.
func (im *importer) readContent(models *map[string]string, body *cursor, use, location string) {
	for name, media := range body.get("content").members() {
		at := location + ".content.'" + brief(name) + "'"
		if media = im.object(im.follow(media), at); media == nil {
			continue
		}
		im.check(media, inMediaType, at)
		if schema := media.get("schema"); schema != nil {
			setModel(models, im.mediaType(name), im.usedModel(schema, use))
		}
	}
}

// readResponses sets the method responses of m.
func (im *importer) readResponses(m *Method, r *route, op *cursor, location string) {
	for code, c := range op.get("responses").members() {
		if strings.HasPrefix(code, "x-") {
			continue
		}
		if code == "default" {
			im.warn(c, "API Gateway does not support Swagger's 'default' method response (found on '%s')", r.method(*m.HTTPMethod))
			continue
		}
		at := location + ".responses." + brief(code)
		if c = im.follow(c); c == nil {
			continue
		}
		if code = im.statusCode(code); m.MethodResponses == nil {
			m.MethodResponses = make(map[string]wire.MethodResponse)
		}
		if _, ok := m.MethodResponses[code]; ok {
			im.drop(c, "there is another response for %s", code)
			continue
		}
		m.MethodResponses[code] = im.readResponse(r, op, c, *m.HTTPMethod, code, at)
		im.describeResponse(c, r.entity("RESPONSE", m), code)
	}
}

// statusCode returns the code of a response. A lenient import makes 200 of 2XX.
func (im *importer) statusCode(code string) string {
	if im.opts.Lenient && len(code) == 3 && strings.EqualFold(code[1:], "XX") {
		return code[:1] + "00"
	}
	return code
}

func (im *importer) readResponse(r *route, op, c *cursor, verb, code, location string) wire.MethodResponse {
	im.object(c, location)
	im.check(c, inResponse, location)
	im.checkNamed(c.get("headers"), location+".headers")
	out := wire.MethodResponse{StatusCode: &code}
	use := "in " + brief(code) + " response to method '" + r.method(verb) + "'"
	if schema := c.get("schema"); schema != nil && im.dialect == swagger2 {
		model := im.usedModel(schema, use)
		for _, mediaType := range im.mediaTypes(op, "produces") {
			setModel(&out.ResponseModels, mediaType, model)
		}
	}
	if im.dialect != swagger2 {
		im.readContent(&out.ResponseModels, c, use, location)
	}
	for name, header := range c.get("headers").members() {
		im.checkKinds(header, inHeader, attribute{location + ".headers", name}.String())
		if im.opts.Lenient && !mappedName.MatchString(name) {
			im.drop(header, "header %s is left out: its name cannot be mapped", name)
			continue
		}
		if out.ResponseParameters == nil {
			out.ResponseParameters = make(map[string]bool)
		}
		out.ResponseParameters["method.response.header."+name] = false
	}
	return out
}

// describeResponse makes documentation of a response and of its headers. The description
// that exports write where there is none says nothing.
func (im *importer) describeResponse(c *cursor, entity apidoc.Location, code string) {
	if im.opts.IgnoreDocumentation {
		return
	}
	entity.StatusCode = code
	if c.str("description") != code+" response" {
		im.describe(c, entity, im.properties(c, "description"))
	}
	entity.Type = "RESPONSE_HEADER"
	for name, header := range c.get("headers").members() {
		if header = im.header(header); header != nil {
			entity.Name = name
			im.describe(header, entity, im.properties(header, "description"))
		}
	}
}

// header returns what a header's reference leads to, or the header itself. It is nil, and
// nothing is told, when there is none: of headers only the names are served.
func (im *importer) header(c *cursor) *cursor {
	ref := c.get("$ref")
	if !ref.is(text) {
		return c
	}
	to, err := im.docs.resolve(c.node.src, ref.node.value)
	if err != nil || !im.spend(to.node.weight) {
		return nil
	}
	return to
}
