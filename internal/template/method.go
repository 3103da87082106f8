package template

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// methods makes the paths and methods of AWS::ApiGateway::Resource and Method.
func (a *apiBuilder) methods() {
	parts := make(map[string]*resource)
	for _, r := range a.children("AWS::ApiGateway::Resource") {
		parts[r.name] = r
	}
	paths := make(map[string]string)
	for _, r := range a.children("AWS::ApiGateway::Resource") {
		p := a.of(r)
		p.silently("RestApiId", "ParentId", "PathPart")
		p.rest()
		if path := a.pathOf(r.name, parts, paths, r); path != "" {
			a.at(path, a.ref(r))
		}
	}
	made := make(map[string]bool)
	for _, r := range a.children("AWS::ApiGateway::Method") {
		p := a.of(r)
		path := a.pathOf(text(p.get("ResourceId")), parts, paths, r)
		if path == "" {
			continue // which has been told
		}
		m := a.method(p, r)
		if made[*m.HTTPMethod+path] {
			a.note(openapi.Error, r.at, p.path, "%s %s is defined multiple times", brief(*m.HTTPMethod), brief(path))
		}
		made[*m.HTTPMethod+path] = true
		a.put(path, m)
		p.silently("RestApiId")
		p.refuseRest(r.kind)
	}
}

// pathOf is the path of the resource of that id, "" where it has none, which is told at
// the resource that names it.
func (a *apiBuilder) pathOf(id string, parts map[string]*resource, known map[string]string, at *resource) string {
	if id == rootOf(a.resource) {
		return "/"
	}
	if path, ok := known[id]; ok {
		if path == climbing {
			a.note(openapi.Error, at.at, "#/Resources/"+escape(at.name), "its ParentId leads in a circle")
			return ""
		}
		return path
	}
	r := parts[id]
	known[id] = climbing
	defer func() {
		if known[id] == climbing {
			known[id] = ""
		}
	}()
	if r == nil {
		a.note(openapi.Error, at.at, "#/Resources/"+escape(at.name), "its ParentId or ResourceId is no resource of this API")
		return ""
	}
	p := a.of(r)
	parent := a.pathOf(text(p.get("ParentId")), parts, known, r)
	part := text(p.get("PathPart"))
	if parent == "" || part == "" {
		return ""
	}
	path := strings.TrimSuffix(parent, "/") + "/" + part
	if len(path) > maxPath {
		a.note(openapi.Error, at.at, "#/Resources/"+escape(at.name), "its path is longer than %d characters", maxPath)
		return ""
	}
	known[id] = path
	return path
}

// climbing stands for the path of a resource whose parents are being looked up.
const climbing = "?"

// maxPath bounds the path of a resource, in bytes, as those of definitions are.
const maxPath = 10240

// method makes a method of its properties.
func (a *apiBuilder) method(p *object, r *resource) openapi.Method {
	m := openapi.Method{Ref: a.ref(r), Method: wire.Method{
		HTTPMethod:          new(strings.ToUpper(text(p.get("HttpMethod")))),
		APIKeyRequired:      p.truthOf("ApiKeyRequired"),
		OperationName:       optional(p.get("OperationName")),
		RequestParameters:   p.truthsOf("RequestParameters"),
		RequestModels:       p.textsOf("RequestModels"),
		AuthorizationScopes: texts(p.get("AuthorizationScopes")),
	}}
	m.Authorizer = a.named("AWS::ApiGateway::Authorizer", p, "AuthorizerId")
	kind := p.textOf("AuthorizationType")
	if kind == "" {
		if kind = "NONE"; m.Authorizer != "" {
			a.noteOf(openapi.Security, openapi.Error, r.at, p.path, "the method has an authorizer and no AuthorizationType: it would be open")
		}
	}
	m.AuthorizationType = &kind
	m.RequestValidator = a.named("AWS::ApiGateway::RequestValidator", p, "RequestValidatorId")
	for _, t := range p.each("MethodResponses") {
		status := text(t.get("StatusCode"))
		if m.MethodResponses == nil {
			m.MethodResponses = make(map[string]wire.MethodResponse)
		}
		m.MethodResponses[status] = wire.MethodResponse{
			StatusCode: &status, ResponseModels: textMap(t.get("ResponseModels")), ResponseParameters: t.truthsOf("ResponseParameters"),
		}
		t.rest()
	}
	if p.get("Integration") != nil {
		m.MethodIntegration = a.integration(p.within("Integration"), *m.HTTPMethod)
	}
	return m
}

// named is the name of the authorizer or validator that a method refers to, "" for none. One
// that is not there is an error: what it protects must not be open.
func (a *apiBuilder) named(kind string, p *object, property string) string {
	t := p.get(property)
	if t == nil {
		return ""
	}
	for _, r := range a.children(kind) {
		if r.name == text(t) {
			return a.partName(r)
		}
	}
	a.note(openapi.Error, t.Position, p.path+"/"+property, "%s is none of this API in the template", property)
	return ""
}

// partName is the name of an authorizer or validator, under which a definition has it:
// its own, unless another one has it.
func (a *apiBuilder) partName(r *resource) string {
	name := text(a.properties(r).Get("Name"))
	if name == "" {
		return r.name
	}
	for _, other := range a.children(r.kind) {
		if other == r {
			break
		}
		if text(a.properties(other).Get("Name")) == name {
			return r.name
		}
	}
	return name
}

// integration makes an integration of its properties.
func (a *apiBuilder) integration(p *object, verb string) *wire.Integration {
	in := &wire.Integration{
		Type:                 optional(p.get("Type")),
		HTTPMethod:           optional(p.get("IntegrationHttpMethod")),
		URI:                  optional(p.get("Uri")),
		ConnectionType:       optional(p.get("ConnectionType")),
		ConnectionID:         optional(p.get("ConnectionId")),
		Credentials:          optional(p.get("Credentials")),
		RequestParameters:    textMap(p.get("RequestParameters")),
		RequestTemplates:     templateMap(p.get("RequestTemplates")),
		PassthroughBehavior:  optional(p.get("PassthroughBehavior")),
		ContentHandling:      optional(p.get("ContentHandling")),
		TimeoutInMillis:      whole(p.get("TimeoutInMillis")),
		CacheNamespace:       optional(p.get("CacheNamespace")),
		CacheKeyParameters:   texts(p.get("CacheKeyParameters")),
		ResponseTransferMode: optional(p.get("ResponseTransferMode")),
		IntegrationTarget:    optional(p.get("IntegrationTarget")),
	}
	if in.HTTPMethod == nil && in.Type != nil && *in.Type != "MOCK" {
		in.HTTPMethod = &verb
	}
	for _, t := range p.each("IntegrationResponses") {
		status := text(t.get("StatusCode"))
		if in.IntegrationResponses == nil {
			in.IntegrationResponses = make(map[string]wire.IntegrationResponse)
		}
		in.IntegrationResponses[status] = wire.IntegrationResponse{
			StatusCode: &status, SelectionPattern: optional(t.get("SelectionPattern")), ContentHandling: optional(t.get("ContentHandling")),
			ResponseParameters: textMap(t.get("ResponseParameters")), ResponseTemplates: templateMap(t.get("ResponseTemplates")),
		}
		t.rest()
	}
	if p.get("TlsConfig") != nil {
		tls := p.within("TlsConfig")
		in.TLSConfig = &wire.TLSConfig{InsecureSkipVerification: tls.truthOf("InsecureSkipVerification")}
		tls.rest()
	}
	p.rest()
	return in
}
