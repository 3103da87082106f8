package openapi

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A scheme is what a security scheme of the document does for the methods that
// require it.
type scheme struct {
	apiKey     bool   // the method requires an API key
	iam        bool   // the method requires AWS_IAM
	authorizer string // the name of the authorizer, "" for none
	cognito    bool   // it is a user pool
	ignored    bool   // the service knows no such scheme and said so
}

// readSecuritySchemes reads the schemes of the document. Each with an authorizer
// makes one, whether it is used or not.
func (im *importer) readSecuritySchemes() {
	im.schemes = make(map[string]scheme)
	for _, s := range im.opts.Schemes {
		im.schemes[s.Name] = given(s)
	}
	schemes := im.component("securityDefinitions", "securitySchemes")
	for name, c := range schemes.members() {
		if _, ok := im.schemes[name]; ok {
			continue
		}
		location := attribute{schemes.location(), name}.String()
		if c = im.follow(c); c == nil {
			continue
		}
		im.check(c, inSecurityScheme, location)
		im.schemes[name] = im.readScheme(name, c)
	}
}

// given is a scheme that the document has from elsewhere.
func given(s SecurityScheme) scheme {
	switch s.Kind {
	case "API_KEY":
		return scheme{apiKey: true}
	case "AWS_IAM":
		return scheme{iam: true}
	}
	return scheme{authorizer: s.Name, cognito: s.Kind == "COGNITO_USER_POOLS"}
}

func (im *importer) readScheme(name string, c *cursor) scheme {
	authorizer := c.get(extensionPrefix + "authorizer")
	authType := c.str(extensionPrefix + "authtype")
	if !im.readableScheme(name, c, authorizer) {
		return scheme{ignored: true}
	}
	switch {
	case strings.HasPrefix(strings.ToLower(authType), "aws"):
		return scheme{iam: true}
	case authorizer != nil:
		return im.readAuthorizer(name, c, authorizer)
	case authType != "":
		im.fail(c, "Unable to create authorizer from security definition: '%s'. Extension x-amazon-apigateway-authorizer is required. "+
			"Any methods with security: '%s' will not be created. If this security definition is not a custom authorizer, "+
			"remove the x-amazon-apigateway-authtype extension and it will be ignored.", brief(name), brief(name))
		return scheme{ignored: true}
	case c.str("type") != "apiKey":
		im.warn(c, "Unsupported security definition type '%s' for '%s'. Ignoring.", brief(c.str("type")), brief(name))
		return scheme{ignored: true}
	case !strings.EqualFold(c.str("name"), "x-api-key") || c.str("in") != "header":
		im.drop(c, "an API key is read from the header x-api-key only: this scheme protects nothing")
		return scheme{ignored: true}
	}
	return scheme{apiKey: true}
}

// readableScheme reports whether the extensions of a scheme can be read. An import fails
// where they cannot, in words that are ours: it must not leave operations open.
func (im *importer) readableScheme(name string, c, authorizer *cursor) bool {
	for _, part := range []struct {
		*cursor
		want kind
	}{{c.get(extensionPrefix + "authtype"), text}, {authorizer, object}, {authorizer.get("type"), text}} {
		if part.cursor != nil && !part.reads(part.want) {
			im.fail(part.cursor, "Unable to create authorizer from security definition: '%s'. Attribute %s is not of type `%s`.", brief(name), part.key, part.want)
			return false
		}
	}
	return true
}

// readAuthorizer reads the authorizer of a security scheme.
func (im *importer) readAuthorizer(name string, c, ext *cursor) scheme {
	im.feature(FeatureAuthorizer, ext)
	im.checkMembers(ext, "an authorizer", authorizerKeys)
	authorizerType := strings.ToUpper(ext.str("type"))
	a := wire.Authorizer{
		Name:                         &name,
		Type:                         &authorizerType,
		AuthType:                     authType(c, authorizerType),
		AuthorizerURI:                im.optional(ext, "authorizerUri", ext.key),
		AuthorizerCredentials:        im.optional(ext, "authorizerCredentials", ext.key),
		IdentitySource:               im.optional(ext, "identitySource", ext.key),
		IdentityValidationExpression: im.optional(ext, "identityValidationExpression", ext.key),
	}
	if v := ext.get("authorizerResultTtlInSeconds"); v != nil {
		a.AuthorizerResultTTLInSeconds = im.integer(v, v.key)
	}
	if v := ext.get("providerARNs"); v != nil {
		a.ProviderARNs = im.texts(v, v.key)
	}
	if authorizerType != "REQUEST" {
		source := "method.request.header." + c.str("name")
		im.tellIdentitySource(ext, a.IdentitySource, source)
		a.IdentitySource = &source
	}
	for _, key := range []string{"jwtConfiguration", "authorizerPayloadFormatVersion", "enableSimpleResponses"} {
		if v := ext.get(key); v != nil {
			im.drop(v, "%s is for HTTP APIs", key)
		}
	}
	im.api.Authorizers = append(im.api.Authorizers, Authorizer{a, ext.reference()})
	im.describe(c, apidoc.Location{Type: "AUTHORIZER", Name: name}, im.properties(c, "description"))
	return scheme{authorizer: name, cognito: authorizerType == "COGNITO_USER_POOLS"}
}

// tellIdentitySource tells of an identitySource that has no effect, because only request
// authorizers have one (documented): a token is where the scheme's name says.
func (im *importer) tellIdentitySource(ext *cursor, said *string, source string) {
	if said != nil && !strings.EqualFold(*said, source) {
		im.dropOf(Security, ext.get("identitySource"), "identitySource is for authorizers of type request: the token is read from %s, by the name of the scheme", brief(source))
	}
}

// authType returns the free text by which a definition calls its kind of
// authorizer, else the service's word for it.
func authType(c *cursor, authorizerType string) *string {
	s := c.str(extensionPrefix + "authtype")
	switch {
	case s != "":
	case authorizerType == "COGNITO_USER_POOLS":
		s = "cognito_user_pools"
	default:
		s = "custom"
	}
	return &s
}

// readSecurity sets what authorizes the calls of a method.
func (im *importer) readSecurity(m *Method, op *cursor, location string) {
	none := "NONE"
	m.AuthorizationType = &none
	im.readAuth(m, op.get(extensionPrefix+"auth"), location)
	security := op.get("security")
	im.checkSecurity(security, location)
	if security == nil && *m.AuthorizationType == none {
		im.unsecured++
	}
	for _, requirement := range security.items() {
		for name, scopes := range requirement.members() {
			im.require(m, name, scopes)
		}
	}
	im.tellOptional(m, security)
}

// tellOptional tells of a requirement of nothing, by which OpenAPI makes the others
// optional. The service knows no such thing.
func (im *importer) tellOptional(m *Method, security *cursor) {
	if *m.AuthorizationType == "NONE" && m.APIKeyRequired == nil {
		return
	}
	for _, requirement := range security.items() {
		if requirement.is(object) && len(requirement.node.fields) == 0 {
			im.dropOf(Security, requirement, "security is not optional here: the operation wants what the other items require")
			return
		}
	}
}

// tellTopSecurity tells of security at the top of the document, which the service does
// not apply, and of how many operations it leaves open: those that say nothing of their
// own.
func (im *importer) tellTopSecurity() {
	security := im.doc.get("security")
	if !security.is(list) || len(security.node.items) == 0 {
		return
	}
	text := "security at the top is not applied: operations need their own"
	switch im.unsecured {
	case 0:
	case 1:
		text += ", and the one without is open"
	default:
		text += fmt.Sprintf(", and the %d without are open", im.unsecured)
	}
	im.dropOf(Security, security, "%s", text)
}

// readAuth sets what the extension auth of an operation says of who may call it.
func (im *importer) readAuth(m *Method, auth *cursor, location string) {
	if auth == nil || !im.protects(auth, auth.key, location, object) {
		return
	}
	im.checkMembers(auth, auth.key, authKeys)
	c := auth.get("type")
	if c == nil {
		if im.opts.Lenient {
			im.note(Error, auth, "%s has no type and protects nothing", auth.key)
		}
		return
	}
	s, ok := c.text()
	if !ok {
		im.protects(c, c.key, location, text)
	}
	s = strings.ToUpper(s)
	if m.AuthorizationType = &s; s == "AWS_IAM" {
		im.feature(FeatureAWSIAM, c)
	}
}

// checkSecurity tells of a member security, or an item of it, that cannot be read.
func (im *importer) checkSecurity(security *cursor, location string) {
	if security == nil || !im.protects(security, "security", location, list) {
		return
	}
	for i, requirement := range security.items() {
		im.protects(requirement, fmt.Sprintf("security item %d", i+1), location, object)
	}
}

// protects reports whether c, a part of what protects operations, is of the kind that
// is read, and tells of one that is not. The author of a file is refused, because an
// operation would be open; the service's clients are warned, since it is not known what
// the service does. what is how errors call c.
func (im *importer) protects(c *cursor, what, location string, want kind) bool {
	switch {
	case c.is(want):
		return true
	case im.opts.Lenient:
		im.note(Error, c, "%s is not of type `%s` and protects nothing", what, want)
	case c.at == nil: // an item
		im.wrongType(c, attribute{location, c.up.key}, want)
	default:
		im.wrongType(c, attribute{location, c.key}, want)
	}
	return false
}

// require makes one scheme a requirement of m. The service wants all schemes that
// an operation lists, alternatives too.
func (im *importer) require(m *Method, name string, scopes *cursor) {
	s, ok := im.schemes[name]
	yes := true
	switch {
	case !ok && name == "NONE": // how SAM writes that a method is open
		m.Open = true
	case !ok:
		// Not known what the service does. Leaving the method open is out of
		// the question.
		im.fail(scopes, "Security definition '%s' not found", brief(name))
	case s.ignored:
		im.dropOf(Security, scopes, "security scheme %q is not supported: it does not protect this operation", brief(name))
	case s.apiKey:
		im.checkScopes(name, scopes)
		im.feature(FeatureAPIKeyRequired, scopes)
		m.APIKeyRequired = &yes
	case s.iam:
		im.checkScopes(name, scopes)
		im.feature(FeatureAWSIAM, scopes)
		im.authorize(m, scopes, "AWS_IAM", "")
	default:
		kind := "CUSTOM"
		if s.cognito {
			kind = "COGNITO_USER_POOLS"
		}
		im.authorize(m, scopes, kind, s.authorizer)
		if im.checkScopes(name, scopes) && len(scopes.node.items) > 0 {
			im.feature(FeatureAuthorizationScope, scopes)
			m.AuthorizationScopes = im.texts(scopes, brief(name))
		}
	}
}

// checkScopes reports whether the scopes of a requirement are a list, and tells of those
// that are not.
func (im *importer) checkScopes(name string, scopes *cursor) bool {
	return !scopes.is(null) && im.protects(scopes, brief(name), "", list)
}

// authorize sets who says whether a method may be called. The service has one for
// each method; which of several it takes is not known, and the last one is ours.
func (im *importer) authorize(m *Method, scopes *cursor, kind, authorizer string) {
	was, is := cmp.Or(m.Authorizer, *m.AuthorizationType), cmp.Or(authorizer, kind)
	if was != "NONE" && was != is {
		im.dropOf(Security, scopes, "an operation has one authorization: %q takes the place of %q", brief(is), brief(was))
	}
	m.AuthorizationType, m.Authorizer, m.AuthorizationScopes = &kind, authorizer, nil
}
