package openapi

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	// maxTemplate is the size of the largest mapping template the service takes.
	maxTemplate = 300 << 10
	// maxTemplates bounds the bodies that are made for one definition.
	maxTemplates = 64 << 20
)

// mock gives the operation an integration of type MOCK that answers as the
// operation's examples say, and as mock servers do.
func (im *importer) mock(m *Method, r *route, op *cursor) {
	code, response := im.chooseResponse(op)
	if m.MethodResponses == nil {
		m.MethodResponses = make(map[string]wire.MethodResponse)
	}
	answers := map[string]wire.IntegrationResponse{code: im.mockAnswer(m, r, op, code, response)}
	others := im.otherResponses(m, r, op, answers)
	kind, passthrough := "MOCK", "NEVER"
	m.Mocked = true
	m.MethodIntegration = &wire.Integration{
		Type:                 &kind,
		PassthroughBehavior:  &passthrough,
		RequestTemplates:     im.mockRequests(op, preferredCode(code, others)),
		IntegrationResponses: answers,
	}
	im.validateAll(m, mockValidator)
}

// mockAnswer makes the answer with a status code from the response that declares it,
// nil for none.
func (im *importer) mockAnswer(m *Method, r *route, op *cursor, code string, response *cursor) wire.IntegrationResponse {
	declared, ok := m.MethodResponses[code]
	if !ok {
		declared = wire.MethodResponse{StatusCode: &code}
		if response != nil {
			declared = im.readResponse(r, op, response, *m.HTTPMethod, code, response.location())
		}
	}
	answer := wire.IntegrationResponse{StatusCode: &code}
	im.mockHeaders(&answer, declared, response)
	if mediaType, body := im.mockBody(op, response); mediaType != "" && code != "204" && code != "304" {
		im.setBody(&answer, &declared, response, mediaType, body)
	}
	allowOrigin(&answer, &declared)
	m.MethodResponses[code] = declared
	return answer
}

// chooseResponse returns the response with the lowest 2xx code, else the default
// one as 200, else that with the lowest 3xx code. Without any of them it is 200
// and nil: an operation that declares only what can go wrong works.
func (im *importer) chooseResponse(op *cursor) (string, *cursor) {
	best, found := "", (*cursor)(nil)
	rank := func(code string) string {
		if code == "default" {
			return "2default"
		}
		return code
	}
	for code, c := range op.get("responses").members() {
		code = im.statusCode(code)
		if code != "default" && !successCode.MatchString(code) {
			continue
		}
		if found == nil || rank(code) < rank(best) {
			best, found = code, c
		}
	}
	if found != nil {
		found = im.follow(found)
	}
	if best == "" || best == "default" {
		best = "200"
	}
	return best, found
}

// answerCode matches the codes of answers that HTTP lets an operation give.
var answerCode = regexp.MustCompile(`^[2-5][0-9][0-9]$`)

var successCode = regexp.MustCompile(`^[23][0-9][0-9]$`)

// mockRequests returns the request template that gives the status code for each
// media type that the operation reads. Others are refused with 415.
func (im *importer) mockRequests(op *cursor, template string) map[string]*string {
	out := map[string]*string{"application/json": &template}
	body := op.get("requestBody")
	if body != nil {
		body = im.follow(body)
	}
	for name := range body.get("content").members() {
		out[im.mediaType(name)] = &template
	}
	if im.dialect == swagger2 {
		for _, name := range im.mediaTypes(op, "consumes") {
			out[name] = &template
		}
	}
	return out
}

// mockHeaders maps the declared headers of a response to their examples.
func (im *importer) mockHeaders(answer *wire.IntegrationResponse, declared wire.MethodResponse, response *cursor) {
	for name, header := range response.get("headers").members() {
		key := "method.response.header." + name
		if _, ok := declared.ResponseParameters[key]; !ok || strings.EqualFold(name, "Content-Type") {
			continue
		}
		if header = im.follow(header); header == nil {
			continue
		}
		value, ok := im.headerExample(header)
		if !ok {
			im.drop(header, "header %s is left out: it has no example that can be sent", name)
			continue
		}
		setMapping(answer, key, value)
	}
}

func setMapping(answer *wire.IntegrationResponse, key, value string) {
	if answer.ResponseParameters == nil {
		answer.ResponseParameters = make(map[string]string)
	}
	answer.ResponseParameters[key] = "'" + value + "'"
}

// headerExample returns the example of a header, and false when it is none that a
// static value can hold.
func (im *importer) headerExample(header *cursor) (string, bool) {
	value := im.givenValue(header)
	if value == nil {
		schema := header.get("schema")
		if schema == nil {
			schema = header // Swagger has the schema's members here
		}
		value = im.example(schema)
	}
	if value == nil || value.kind == list || value.kind == object {
		return "", false
	}
	for _, c := range value.value {
		if c < ' ' || c > '~' || c == '\'' {
			return "", false
		}
	}
	return value.value, value.value != ""
}

// givenValue returns the example that a media type or header has beside its
// schema: the first when there are several.
func (im *importer) givenValue(c *cursor) *node {
	if n := c.node.get("example"); n != nil {
		return n
	}
	for _, named := range c.get("examples").members() {
		if named = im.follow(named); named == nil {
			continue
		}
		if n := named.node.get("value"); n != nil {
			return n
		}
	}
	return nil
}

// mockBody returns the media type and the text of the response's body, "" and ""
// when it has none.
func (im *importer) mockBody(op, response *cursor) (mediaType, body string) {
	schema, value := (*cursor)(nil), (*node)(nil)
	if im.dialect == swagger2 {
		mediaType, schema, value = im.swaggerBody(op, response)
	} else {
		mediaType, schema, value = im.contentBody(response)
	}
	given := value != nil
	if !given && schema != nil {
		value = im.example(schema)
	}
	switch {
	case value == nil:
		return "", ""
	case !isJSON(mediaType) && !given && value.kind != text:
		im.drop(response, "an example in %s is not made: give one", mediaType)
		return mediaType, ""
	case !given && isJSON(mediaType):
		return mediaType, im.exampleText(value)
	}
	return mediaType, im.givenText(mediaType, schema, value)
}

// givenText returns the text of an example that the document gives for a media type.
func (im *importer) givenText(mediaType string, schema *cursor, value *node) string {
	asItIs := !isJSON(mediaType) || holdsJSON(value.value) && schemaType(im.target(schema)) != "string"
	if value.kind == text && asItIs {
		return value.value
	}
	return im.exampleText(value)
}

// target follows the references of a schema.
func (im *importer) target(schema *cursor) *cursor {
	return (&exampler{im: im}).target(schema)
}

// exampleText returns the JSON text of an example.
func (im *importer) exampleText(value *node) string {
	w := writer{layout: manyLine, limit: maxTemplate}
	w.value(value, 0)
	return string(w.b)
}

// contentBody returns the media type of an OpenAPI 3 response that we answer with,
// its schema and the example beside it. Types that say nothing of their bodies
// come last.
func (im *importer) contentBody(response *cursor) (string, *cursor, *node) {
	media := make(map[string]*cursor)
	var types, empty []string
	for name, c := range response.get("content").members() {
		if c = im.follow(c); c == nil {
			continue
		}
		media[name] = c
		if c.get("schema") == nil && c.get("example") == nil && c.get("examples") == nil {
			empty = append(empty, name)
		} else {
			types = append(types, name)
		}
	}
	if len(types) == 0 {
		types = empty
	}
	name := preferred(types)
	c := media[name]
	if c == nil {
		return "", nil, nil
	}
	return im.mediaType(name), c.get("schema"), im.givenValue(c)
}

// swaggerBody returns the same of a Swagger response: a type that has an example,
// else one that the operation produces.
func (im *importer) swaggerBody(op, response *cursor) (string, *cursor, *node) {
	schema, examples := response.get("schema"), response.get("examples")
	var types []string
	for name := range examples.members() {
		types = append(types, name)
	}
	if name := preferred(types); name != "" {
		return im.mediaType(name), schema, examples.node.get(name)
	}
	if schema == nil {
		return "", nil, nil
	}
	return preferred(im.mediaTypes(op, "produces")), schema, nil
}

// preferred returns the media type that we answer with: JSON where it is offered.
func preferred(types []string) string {
	for _, ok := range []func(string) bool{
		func(s string) bool { return s == "application/json" },
		func(s string) bool {
			return strings.HasPrefix(s, "application/json") || s == "*/*" || s == "application/*"
		},
		isJSON,
	} {
		if i := slices.IndexFunc(types, ok); i >= 0 {
			return types[i]
		}
	}
	if len(types) == 0 {
		return ""
	}
	return types[0]
}

// isJSON reports whether bodies of that media type are JSON.
func isJSON(mediaType string) bool {
	s, _, _ := strings.Cut(mediaType, ";")
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.HasSuffix(s, "/json") || strings.HasSuffix(s, "+json")
}

// holdsJSON reports whether an example that is written as text looks like the JSON
// of an object or array.
func holdsJSON(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")
}

// setBody makes body the answer's template and mediaType its Content-Type.
func (im *importer) setBody(answer *wire.IntegrationResponse, declared *wire.MethodResponse, response *cursor, mediaType, body string) {
	if mediaType != "application/json" {
		const key = "method.response.header.Content-Type"
		if declared.ResponseParameters == nil {
			declared.ResponseParameters = make(map[string]bool)
		}
		declared.ResponseParameters[key] = false
		setMapping(answer, key, mediaType)
	}
	template := im.preferredBody(response, mediaType, body)
	im.bodies += len(template)
	if len(template) > maxTemplate || im.bodies > maxTemplates {
		im.drop(response, "the example is too large for a mapping template")
		template = ""
	}
	if template == "" { // which would pass the request on
		return
	}
	answer.ResponseTemplates = map[string]*string{mediaType: &template}
}

// verbatim returns a mapping template that prints s, whatever it holds: text that
// the template language would read is put into an unparsed block, and what
// begins or ends such a block inside s is divided between two.
func verbatim(s string) string {
	if !strings.ContainsAny(s, "$#") {
		return s
	}
	return unparsed(s)
}

// unparsed returns s within a block that the template language does not read.
func unparsed(s string) string {
	const open, end = "#[[", "]]#"
	divide := strings.NewReplacer(
		end, "]"+end+"]"+open+"#"+end+open,
		open, "#"+end+open+"[[",
	)
	return open + divide.Replace(s) + end
}
