package template

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// auth protects the API as the property Auth of SAM and those of its events say.
func (a *apiBuilder) auth(p *object, authorizers []serverlessAuthorizer) {
	scopes := make(map[string][]string) // of authorizers
	for _, of := range authorizers {
		scopes[*of.Name] = of.scopes
		a.def.Authorizers = append(a.def.Authorizers, openapi.Authorizer{Authorizer: of.Authorizer, Ref: a.home + of.path})
	}
	standard := p.textOf("DefaultAuthorizer")
	preflight := func(name string) bool { b := p.truthOf(name); return b == nil || *b }
	onPreflight, keyOnPreflight := preflight("AddDefaultAuthorizerToCorsPreflight"), preflight("AddApiKeyRequiredToCorsPreflight")
	required := p.truthOf("ApiKeyRequired")
	keys := required != nil && *required
	events := a.eventAuth()
	for i := range a.def.Resources {
		for j := range a.def.Resources[i].Methods {
			m := &a.def.Resources[i].Methods[j]
			options := *m.HTTPMethod == "OPTIONS"
			own := events[a.def.Resources[i].Path+" "+*m.HTTPMethod]
			if standard != "" && (!options || onPreflight) && own.authorizer == "" && *m.AuthorizationType == "NONE" && !m.Open {
				a.authorize(m, standard, scopes[standard], a.resource.at)
			}
			if keys && (!options || keyOnPreflight) && m.APIKeyRequired == nil {
				m.APIKeyRequired = new(true)
			}
			a.eventAuthorize(m, own, scopes)
		}
	}
	a.tellStrayAuth()
	a.resourcePolicy(p.within("ResourcePolicy"), string(quoted("execute-api:/*")))
	a.serverlessPlan(p)
	p.without("functions are called with the credentials of this server", "InvokeRole")
	p.refuseRest("Auth")
}

// An eventAuth is what an event says of who may call its method.
type eventAuth struct {
	authorizer string // NONE for nobody in particular, "" where nothing is said
	keys       *bool
	scopes     *openapi.Tree
	at         openapi.Position
}

// eventAuth has what the events of the API say, by path and verb. Where the API has a
// definition of its own, SAM passes those over that do not override its Auth.
func (a *apiBuilder) eventAuth() map[string]eventAuth {
	out := make(map[string]eventAuth)
	for i := range a.calls {
		e := &a.calls[i]
		if e.api != a.resource || !a.merged && !a.overrides(e) {
			continue
		}
		properties := a.ofEvent(e)
		t := properties.get("Auth")
		if t == nil {
			continue
		}
		p := properties.within("Auth")
		at, verb := route(properties)
		own := eventAuth{p.textOf("Authorizer"), p.truthOf("ApiKeyRequired"), p.get("AuthorizationScopes"), t.Position}
		if m := a.has(at, verb); !a.merged && m != nil {
			a.keepOwn(m, &own, p.path)
		}
		out[at+" "+verb] = own
		a.resourcePolicy(p.within("ResourcePolicy"), a.methodsAt(at))
		p.without("functions are called with the credentials of this server", "InvokeRole")
		p.silently("OverrideApiAuth")
		p.refuseRest("Auth")
	}
	return out
}

// overrides reports whether an event says who may call a method of the API's definition.
func (a *apiBuilder) overrides(e *event) bool {
	p := a.ofEvent(e)
	at, verb := route(p)
	m := a.has(at, verb)
	return m != nil && *m.HTTPMethod == verb && isTrue(p.get("Auth").Get("OverrideApiAuth"))
}

// keepOwn takes from what an event says of a method what would open it where the definition
// protects it: the event's word is for what protects all methods by default.
func (a *apiBuilder) keepOwn(m *openapi.Method, own *eventAuth, path string) {
	if *m.AuthorizationType != "NONE" && own.authorizer != "" && own.authorizer != m.Authorizer {
		a.noteOf(openapi.Security, openapi.Warning, own.at, path, "Authorizer has no effect: the definition of the API has another one for the method")
		own.authorizer = ""
	}
	if m.APIKeyRequired != nil && *m.APIKeyRequired {
		own.keys = nil
	}
}

// tellStrayAuth tells of the Auth of events whose API has a definition of its own, which alone
// says there who may call. A method that it leaves open against the event's word is an error.
func (a *apiBuilder) tellStrayAuth() {
	for i := range a.calls {
		e := &a.calls[i]
		if e.api != a.resource || a.merged || a.overrides(e) {
			continue
		}
		p := a.ofEvent(e)
		t := p.get("Auth")
		m := a.has(route(p))
		if t == nil || m == nil {
			continue
		}
		severity, authorizer := openapi.Warning, text(t.Get("Authorizer"))
		open := *m.AuthorizationType == "NONE" && (m.APIKeyRequired == nil || !*m.APIKeyRequired)
		if open && (authorizer != "" && authorizer != "NONE" || isTrue(t.Get("ApiKeyRequired"))) || t.Get("ResourcePolicy") != nil {
			severity = openapi.Error
		}
		a.noteOf(openapi.Security, severity, t.Position, p.path+"/Auth", "Auth has no effect: the definition of the API says who may call its methods, unless the event has OverrideApiAuth: true")
	}
}

// eventAuthorize protects a method as its event says.
func (a *apiBuilder) eventAuthorize(m *openapi.Method, own eventAuth, scopes map[string][]string) {
	if own.keys != nil {
		m.APIKeyRequired = own.keys
	}
	switch own.authorizer {
	case "":
	case "NONE":
		m.AuthorizationType, m.Authorizer, m.AuthorizationScopes = new("NONE"), "", nil
	default:
		a.authorize(m, own.authorizer, scopes[own.authorizer], own.at)
	}
	if own.scopes != nil && m.Authorizer != "" {
		m.AuthorizationScopes = texts(own.scopes)
	}
}

// authorize has an authorizer decide who may call a method.
func (a *apiBuilder) authorize(m *openapi.Method, name string, scopes []string, at openapi.Position) {
	if name == "AWS_IAM" {
		m.AuthorizationType, m.Authorizer, m.AuthorizationScopes = new("AWS_IAM"), "", nil
		return
	}
	for i := range a.def.Authorizers {
		if *a.def.Authorizers[i].Name != name {
			continue
		}
		m.Authorizer, m.AuthorizationType = name, new("CUSTOM")
		if *a.def.Authorizers[i].Type == "COGNITO_USER_POOLS" {
			m.AuthorizationType, m.AuthorizationScopes = new("COGNITO_USER_POOLS"), scopes
		}
		return
	}
	a.noteOf(openapi.Security, openapi.Error, at, m.Ref, "the API has no authorizer %q", brief(name))
}

// cors answers preflights at the paths that have no method for them.
func (a *apiBuilder) cors(api *object) {
	t := api.get("Cors")
	if t == nil {
		return
	}
	origin, p := text(t), new(object)
	if t.Kind == openapi.ObjectTree {
		p = api.within("Cors")
		if origin = text(p.get("AllowOrigin")); origin == "" {
			origin = "'*'"
		}
	} else {
		p.read = make(map[string]bool)
	}
	get := func(name string) string { return text(p.get(name)) }
	credentials := isTrue(p.get("AllowCredentials"))
	if origin == "'*'" && credentials {
		a.note(openapi.Error, t.Position, api.path+"/Cors", "AllowCredentials cannot be true when AllowOrigin is '*' or not set")
	}
	common := map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Headers": get("AllowHeaders"), "Access-Control-Max-Age": get("MaxAge")}
	if credentials {
		common["Access-Control-Allow-Credentials"] = "'true'"
	}
	methods := get("AllowMethods")
	p.refuseRest("Cors")
	for i := range a.def.Resources {
		r := &a.def.Resources[i]
		if len(r.Methods) == 0 || slices.ContainsFunc(r.Methods, func(m openapi.Method) bool { return *m.HTTPMethod == "OPTIONS" }) {
			continue
		}
		headers := maps.Clone(common)
		if headers["Access-Control-Allow-Methods"] = methods; methods == "" {
			headers["Access-Control-Allow-Methods"] = "'" + strings.Join(verbsOf(r), ",") + "'"
		}
		r.Methods = append(r.Methods, preflight(headers, r.Methods[0].Ref))
	}
}

// verbsOf are the verbs that a path answers, OPTIONS among them, in order.
func verbsOf(r *openapi.Resource) []string {
	out := []string{"OPTIONS"}
	for _, m := range r.Methods {
		if *m.HTTPMethod == "ANY" {
			return []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
		}
		out = append(out, *m.HTTPMethod)
	}
	slices.Sort(out)
	return out
}

// preflight is a method that answers with the headers of CORS, those that are said.
func preflight(headers map[string]string, ref string) openapi.Method {
	declared, mapped := make(map[string]bool), make(map[string]string)
	for name, value := range headers {
		if value != "" {
			declared["method.response.header."+name], mapped["method.response.header."+name] = false, value
		}
	}
	status := "200"
	return openapi.Method{Preflight: true, Ref: ref, Method: wire.Method{
		HTTPMethod: new("OPTIONS"), AuthorizationType: new("NONE"),
		MethodResponses: map[string]wire.MethodResponse{status: {StatusCode: &status, ResponseParameters: declared}},
		MethodIntegration: &wire.Integration{
			Type: new("MOCK"), RequestTemplates: map[string]*string{"application/json": new("{\n  \"statusCode\" : 200\n}\n")},
			IntegrationResponses: map[string]wire.IntegrationResponse{status: {
				StatusCode: &status, ResponseParameters: mapped, ResponseTemplates: map[string]*string{"application/json": new("{}\n")},
			}},
		},
	}}
}
