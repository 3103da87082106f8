package export

import (
	"cmp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/freename"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// nameSchemes gives names to the security schemes: authorizers have their own, and the
// two others those of the service unless an authorizer has them.
func (e *exporter) nameSchemes() {
	e.schemes = make(map[string]string, len(e.src.Authorizers))
	var names freename.Set
	for i := range e.src.Authorizers {
		a := &e.src.Authorizers[i]
		e.schemes[text(a.ID)] = text(a.Name)
		names.Take(text(a.Name))
	}
	e.apiKey, e.iam = names.Free("api_key"), names.Free("sigv4")
}

// security writes what a call of the operation needs: each scheme in an item of its
// own, as published exports have them, though all are needed.
func (op *operation) security() {
	var all list
	scheme, scopes := "", op.AuthorizationScopes
	switch text(op.AuthorizationType) {
	case "AWS_IAM":
		scheme, scopes, op.uses.iam = op.iam, nil, true
	case "CUSTOM", "COGNITO_USER_POOLS":
		// Where there is no such authorizer the scheme is one that the document lacks, so
		// that an import is refused rather than the method open.
		scheme = cmp.Or(op.schemes[text(op.AuthorizerID)], text(op.AuthorizerID), "authorizer")
	}
	if scheme != "" {
		all = append(all, newObject(scheme, textList(scopes)))
	}
	if isTrue(op.APIKeyRequired) {
		op.uses.apiKey = true
		all = append(all, newObject(op.apiKey, list{}))
	}
	if len(all) > 0 {
		op.out.set("security", all)
	}
}

// securitySchemes lists the schemes that methods require, and all authorizers: an
// import makes one of each scheme, whether it is used or not. Paths come first.
func (e *exporter) securitySchemes() *object {
	out := new(object)
	for i := range e.src.Authorizers {
		a := &e.src.Authorizers[i]
		if !out.has(text(a.Name)) {
			out.set(text(a.Name), e.authorizerScheme(a))
		}
	}
	if e.uses.iam {
		out.set(e.iam, newObject("type", "apiKey", "name", "Authorization", "in", "header", extensionPrefix+"authtype", "awsSigv4"))
	}
	if e.uses.apiKey {
		out.set(e.apiKey, newObject("type", "apiKey", "name", "x-api-key", "in", "header"))
	}
	return out
}

// authorizerScheme is the scheme of an authorizer. A document without the details of
// authorizers still says what kind each is.
func (e *exporter) authorizerScheme(a *wire.Authorizer) *object {
	out, about := newObject("type", "apiKey"), e.about(apidoc.Location{Type: "AUTHORIZER", Name: text(a.Name)})
	about.copy(out, "description")
	name, in := credential(a)
	out.set("name", name)
	out.set("in", in)
	out.text(extensionPrefix+"authtype", a.AuthType)
	about.extensions(out)
	if e.Extensions.Authorizers {
		out.set(extensionPrefix+"authorizer", e.authorizer(a))
	}
	return out
}

// credential is where a scheme says that the credential is: the one header or query
// parameter that identifies callers, or else a name that means nothing (documented).
func credential(a *wire.Authorizer) (name, in string) {
	source := text(a.IdentitySource)
	for _, p := range []struct{ expression, in string }{{"method.request.header.", "header"}, {"method.request.querystring.", "query"}} {
		if name, ok := strings.CutPrefix(source, p.expression); ok && !strings.Contains(source, ",") {
			return name, p.in
		}
	}
	return "Unused", "header"
}

func (e *exporter) authorizer(a *wire.Authorizer) *object {
	kind := strings.ToLower(text(a.Type))
	out := new(object)
	if e.Format != Swagger {
		out.set("type", kind)
	}
	out.text("authorizerUri", a.AuthorizerURI)
	out.text("authorizerCredentials", a.AuthorizerCredentials)
	if a.AuthorizerResultTTLInSeconds != nil {
		out.set("authorizerResultTtlInSeconds", *a.AuthorizerResultTTLInSeconds)
	}
	out.text("identityValidationExpression", a.IdentityValidationExpression)
	if kind == "request" { // the others have it in the scheme
		out.text("identitySource", a.IdentitySource)
	}
	out.texts("providerARNs", a.ProviderARNs)
	if e.Format == Swagger {
		out.set("type", kind)
	}
	return out
}
