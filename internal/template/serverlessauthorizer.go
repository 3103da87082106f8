package template

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A serverlessAuthorizer is one of the authorizers of SAM's Auth.
type serverlessAuthorizer struct {
	wire.Authorizer
	path   string   // leads to it in the template
	scopes []string // of the methods that it authorizes, unless they say others
}

// authorizers are those of Auth.
func (a *apiBuilder) authorizers(p *object) []serverlessAuthorizer {
	const name = "Authorizers"
	t := p.get(name)
	if t != nil && t.Kind != openapi.ObjectTree {
		a.noteOf(openapi.Security, openapi.Error, t.Position, p.path+"/"+name, "%s is no object of authorizers: methods that are called with signatures need DefaultAuthorizer: AWS_IAM alone", name)
	}
	var out []serverlessAuthorizer
	for _, m := range members(t) {
		if of, ok := a.readAuthorizer(m); ok {
			out = append(out, of)
		}
	}
	return out
}

// schemes are the security schemes that SAM adds for Auth to a definition.
func schemes(body *openapi.Tree, p *object, authorizers []serverlessAuthorizer) []openapi.SecurityScheme {
	var out []openapi.SecurityScheme
	for _, of := range authorizers {
		out = append(out, openapi.SecurityScheme{Name: *of.Name, Kind: *of.Type})
	}
	own := func(name string) bool {
		return body.Get("securityDefinitions").Get(name) != nil || body.Get("components").Get("securitySchemes").Get(name) != nil
	}
	if text(p.get("DefaultAuthorizer")) != "" && !own("AWS_IAM") {
		out = append(out, openapi.SecurityScheme{Name: "AWS_IAM", Kind: "AWS_IAM"})
	}
	if isTrue(p.get("ApiKeyRequired")) && !own("api_key") {
		out = append(out, openapi.SecurityScheme{Name: "api_key", Kind: "API_KEY"})
	}
	return out
}

// readAuthorizer reads one of the authorizers of Auth. It is false for one that is none, which
// has been told.
func (a *apiBuilder) readAuthorizer(m openapi.Member) (serverlessAuthorizer, bool) {
	path := "#/Resources/" + escape(a.resource.name) + "/Properties/Auth/Authorizers/" + escape(m.Name)
	p := &object{stack: a.stack, tree: m.Value, path: path, read: make(map[string]bool)}
	identity := p.within("Identity")
	header := text(identity.get("Header"))
	if header == "" {
		header = "Authorization"
	}
	w := wire.Authorizer{
		Name: new(m.Name), IdentitySource: new("method.request.header." + header),
		IdentityValidationExpression: optional(identity.get("ValidationExpression")),
		AuthorizerResultTTLInSeconds: identity.wholeOf("ReauthorizeEvery"),
	}
	function := text(p.get("FunctionArn"))
	switch {
	case p.get("UserPoolArn") != nil:
		w.Type, w.AuthType, w.ProviderARNs = new("COGNITO_USER_POOLS"), new("cognito_user_pools"), texts(p.get("UserPoolArn"))
	case function == "":
		a.noteOf(openapi.Security, openapi.Error, m.Position, path, "the authorizer has neither UserPoolArn nor FunctionArn")
		return serverlessAuthorizer{}, false
	case strings.EqualFold(text(p.get("FunctionPayloadType")), "REQUEST"):
		w.Type, w.IdentitySource = new("REQUEST"), identitySources(identity)
	default:
		w.Type = new("TOKEN")
	}
	if function != "" {
		w.AuthType, w.AuthorizerURI = new("custom"), new(a.invocation(function))
		w.AuthorizerCredentials = optional(p.get("FunctionInvokeRole"))
	}
	p.silently("AuthorizationScopes", "DisableFunctionDefaultPermissions", "FunctionPayloadType", "FunctionInvokeRole", "FunctionArn")
	identity.rest()
	p.rest()
	return serverlessAuthorizer{Authorizer: w, path: path, scopes: texts(p.get("AuthorizationScopes"))}, true
}

// identitySources joins what a request authorizer goes by.
func identitySources(identity *object) *string {
	var out []string
	for _, of := range [][2]string{{"Headers", "method.request.header."}, {"QueryStrings", "method.request.querystring."}, {"StageVariables", "stageVariables."}, {"Context", "context."}} {
		for _, name := range texts(identity.get(of[0])) {
			out = append(out, of[1]+name)
		}
	}
	if out == nil {
		return nil
	}
	return new(strings.Join(out, ", "))
}
