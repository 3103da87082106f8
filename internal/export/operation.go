package export

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const jsonType = "application/json"

// An operation is a method on its way to be written.
type operation struct {
	*exporter
	*wire.Method
	path, verb string
	out        *object
}

// operation returns the operation of a method.
func (e *exporter) operation(r *wire.Resource, verb string, m *wire.Method) (*object, error) {
	op := &operation{exporter: e, Method: m, path: text(r.Path), verb: verb, out: sized(8)}
	if len(m.RequestModels) > 0 && m.RequestModels[jsonType] == "" {
		return nil, wire.BadRequest("Only found non-JSON body models for %s %s", verb, wire.Truncated(op.path)) // what follows "for" is a guess
	}
	about := e.about(op.entity("METHOD"))
	about.copy(op.out, "tags", "summary", "description", "externalDocs")
	op.out.text("operationId", m.OperationName)
	if e.Format == Swagger {
		op.out.texts("consumes", op.consumes())
		op.out.texts("produces", op.produces())
	}
	op.parameters()
	op.responses()
	op.security()
	about.copy(op.out, "deprecated")
	about.extensions(op.out)
	if name := e.validators[text(m.RequestValidatorID)]; name != "" && e.Extensions.Validators {
		op.out.set(extensionPrefix+"request-validator", name)
	}
	if e.Extensions.Integrations && m.MethodIntegration != nil {
		op.out.set(extensionPrefix+"integration", e.integration(m.MethodIntegration, text(r.ID)))
	}
	return op.out, nil
}

// entity is the location of a part of the operation.
func (op *operation) entity(kind string) apidoc.Location {
	return apidoc.Location{Type: kind, Path: op.path, Method: op.verb}
}

// consumes is the media types of the models and templates of a request.
func (op *operation) consumes() []string {
	types := sorted(op.RequestModels)
	if i := op.MethodIntegration; i != nil {
		types = append(types, sorted(i.RequestTemplates)...)
	}
	return unique(types)
}

// produces is the media types of the models and templates of responses.
func (op *operation) produces() []string {
	var types []string
	for _, r := range op.MethodResponses {
		types = append(types, sorted(r.ResponseModels)...)
	}
	if i := op.MethodIntegration; i != nil {
		for _, r := range i.IntegrationResponses {
			types = append(types, sorted(r.ResponseTemplates)...)
		}
	}
	return unique(types)
}

func unique(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// A place is one of the places of parameters.
type place struct{ expression, in, kind string }

var places = []place{
	{"method.request.header.", "header", "REQUEST_HEADER"},
	{"method.request.path.", "path", "PATH_PARAMETER"},
	{"method.request.querystring.", "query", "QUERY_PARAMETER"},
}

// parameters writes the parameters and the body of the request.
func (op *operation) parameters() {
	var all list
	declared := singleValued(op.RequestParameters)
	for _, expression := range javaOrder(declared) {
		for _, p := range places {
			if name, ok := strings.CutPrefix(expression, p.expression); ok {
				all = append(all, op.parameter(p, name, declared[expression]))
			}
		}
	}
	model := op.RequestModels[jsonType]
	if model != "" && op.Format == Swagger {
		body := newObject("in", "body", "name", model)
		op.about(op.entity("REQUEST_BODY")).copy(body, "description")
		body.set("required", true)
		body.set("schema", op.ref(model))
		all = append(all, body)
	}
	if len(all) > 0 {
		op.out.set("parameters", all)
	}
	if model != "" && op.Format != Swagger {
		body := new(object)
		op.about(op.entity("REQUEST_BODY")).copy(body, "description")
		body.set("content", op.content(op.RequestModels))
		body.set("required", true)
		op.out.set("requestBody", body)
	}
}

// singleValued lists the parameters that a method declares, those of several values under
// the names that they have with one: a document has no other place for them, and mappings
// take either form of a parameter that the method declares in one.
func singleValued(parameters map[string]bool) map[string]bool {
	out := make(map[string]bool, len(parameters))
	for expression, required := range parameters {
		if rest, ok := strings.CutPrefix(expression, "method.request.multivalue"); ok {
			expression = "method.request." + rest
		}
		out[expression] = out[expression] || required
	}
	return out
}

func (op *operation) parameter(p place, name string, required bool) *object {
	out := newObject("name", name, "in", p.in)
	entity := op.entity(p.kind)
	entity.Name = name
	about := op.about(entity)
	about.copy(out, "description")
	if op.Format == Swagger || required || p.in == "path" { // an import takes one of the path for required that does not say
		out.set("required", required)
	}
	op.typed(out)
	about.extensions(out)
	return out
}

// typed says that a parameter or header is text.
func (e *exporter) typed(out *object) {
	if e.Format == Swagger {
		out.set("type", "string")
	} else {
		out.set("schema", newObject("type", "string"))
	}
}

// content is the body of a request or response by media type.
func (e *exporter) content(models map[string]string) *object {
	out := sized(len(models))
	for _, mediaType := range sorted(models) {
		out.set(mediaType, newObject("schema", e.ref(models[mediaType])))
	}
	return out
}

// responses writes the method responses. Published exports of methods without any
// have an empty object in Swagger and nothing in OpenAPI.
func (op *operation) responses() {
	all := new(object)
	for _, status := range statusOrder(op.MethodResponses) {
		r := op.MethodResponses[status]
		all.set(status, op.response(status, &r))
	}
	if len(all.members) > 0 || op.Format == Swagger {
		op.out.set("responses", all)
	}
}

func (op *operation) response(status string, r *wire.MethodResponse) *object {
	entity := op.entity("RESPONSE")
	entity.StatusCode = status
	about, out := op.about(entity), new(object)
	about.copy(out, "description")
	if !out.has("description") {
		out.set("description", status+" response")
	}
	headers := op.headers(status, r)
	if op.Format == Swagger {
		if model := responseModel(r); model != "" {
			out.set("schema", op.ref(model))
		}
		out.fill("headers", headers)
	} else {
		out.fill("headers", headers)
		out.set("content", op.content(r.ResponseModels))
	}
	about.extensions(out)
	return out
}

// responseModel is the one model that Swagger has for a response: that for JSON, or
// else the first.
func responseModel(r *wire.MethodResponse) string {
	if model := r.ResponseModels[jsonType]; model != "" {
		return model
	}
	for _, mediaType := range sorted(r.ResponseModels) {
		return r.ResponseModels[mediaType]
	}
	return ""
}

func (op *operation) headers(status string, r *wire.MethodResponse) *object {
	names := make(map[string]bool)
	for expression := range r.ResponseParameters {
		if name, ok := strings.CutPrefix(expression, "method.response.header."); ok {
			names[name] = true
		}
	}
	out := new(object)
	for _, name := range javaOrder(names) {
		entity := op.entity("RESPONSE_HEADER")
		entity.StatusCode, entity.Name = status, name
		about, header := op.about(entity), new(object)
		about.copy(header, "description")
		op.typed(header)
		about.extensions(header)
		out.set(name, header)
	}
	return out
}
