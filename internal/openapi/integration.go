package openapi

import (
	"cmp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// integrationKeys are the members of x-amazon-apigateway-integration, without
// those for HTTP APIs.
var integrationKeys = keys(`$ref type uri httpMethod credentials passthroughBehavior contentHandling
	timeoutInMillis connectionType connectionId integrationTarget cacheNamespace cacheKeyParameters
	requestParameters requestTemplates responses tlsConfig responseTransferMode`)

// readIntegration reads the extension of that name. What the service fills in
// when an integration is put is left nil.
func (im *importer) readIntegration(m *Method, r *route, c *cursor) *wire.Integration {
	im.integrationMembers(c)
	if !im.readable(r, c) {
		return nil
	}
	im.checkValues(c, integrationValues)
	where := " of resource '" + r.shown + "' and method '" + *m.HTTPMethod + "'"
	in := &wire.Integration{
		Type:                 upper(im.optional(c, "type", c.key)),
		HTTPMethod:           upper(im.optional(c, "httpMethod", c.key)),
		URI:                  im.optional(c, "uri", c.key),
		Credentials:          im.optional(c, "credentials", c.key),
		ConnectionType:       upper(im.optional(c, "connectionType", c.key)),
		ConnectionID:         im.optional(c, "connectionId", c.key),
		IntegrationTarget:    im.optional(c, "integrationTarget", c.key),
		PassthroughBehavior:  upper(im.optional(c, "passthroughBehavior", c.key)),
		ContentHandling:      upper(im.optional(c, "contentHandling", c.key)),
		ResponseTransferMode: upper(im.optional(c, "responseTransferMode", c.key)),
		CacheNamespace:       im.optional(c, "cacheNamespace", c.key),
		RequestParameters:    im.textMap(c.get("requestParameters"), where),
		RequestTemplates:     im.templates(c.get("requestTemplates"), where),
	}
	if v := c.get("timeoutInMillis"); v != nil {
		in.TimeoutInMillis = im.integer(v, v.key)
	}
	if v := c.get("cacheKeyParameters"); v != nil {
		in.CacheKeyParameters = im.texts(v, v.key)
	}
	tls := im.object(c.get("tlsConfig"), "tlsConfig")
	im.checkMembers(tls, "tlsConfig", tlsConfigKeys)
	if v := tls.get("insecureSkipVerification"); v != nil {
		in.TLSConfig = &wire.TLSConfig{InsecureSkipVerification: im.truth(v, v.key)}
	}
	in.HTTPMethod = integrationMethod(in, *m.HTTPMethod)
	r.renameMappings(in)
	im.readIntegrationResponses(in, c.get("responses"), where)
	im.integrationExtras(in, c)
	return in
}

// integrationTexts are the members of an integration that are text.
var integrationTexts = strings.Fields(`type uri httpMethod credentials connectionType connectionId integrationTarget
	passthroughBehavior contentHandling responseTransferMode cacheNamespace`)

// readable reports whether c can be an integration at all: it is an object with
// a type, and what has to be text is neither object nor list. The service fails
// the whole import for one that is not (measured: a URI that is an object, no
// type).
func (im *importer) readable(r *route, c *cursor) bool {
	wrong := c
	if c.is(object) {
		if wrong = nil; c.str("type") == "" {
			wrong = c
		}
		for _, name := range integrationTexts {
			if member := c.get(name); member.is(object) || member.is(list) {
				wrong = member
				break
			}
		}
	}
	if wrong == nil {
		return true
	}
	text := "Unable to parse API definition because of a malformed integration at path " + r.path + "."
	switch {
	case !im.opts.Lenient:
		im.note(Error, wrong, "%s", text)
	case isIntrinsic(wrong.node): // which has been told
	case wrong != c:
		im.note(Error, wrong, "%s %s has to be text", text, wrong.key)
	case c.is(object):
		im.note(Error, wrong, "%s It has no type", text)
	default:
		im.note(Error, wrong, "%s It has to be an object", text)
	}
	im.malformed = cmp.Or(im.malformed, text)
	return false
}

// integrationMethod returns the verb of an integration. Without one it is that of
// the method, or POST for a Lambda function; MOCK has none.
func integrationMethod(in *wire.Integration, verb string) *string {
	kind := ""
	if in.Type != nil {
		kind = *in.Type
	}
	switch {
	case kind == "MOCK":
		return nil
	case in.HTTPMethod != nil:
		return in.HTTPMethod
	case kind == "AWS_PROXY":
		verb = "POST"
	}
	return &verb
}

// renameMappings follows the variables of a path that are served under another
// name.
func (r *route) renameMappings(in *wire.Integration) {
	const prefix = "method.request.path."
	for key, value := range in.RequestParameters {
		if name, ok := strings.CutPrefix(value, prefix); ok {
			in.RequestParameters[key] = prefix + r.rename(name)
		}
	}
	for i, value := range in.CacheKeyParameters {
		if name, ok := strings.CutPrefix(value, prefix); ok {
			in.CacheKeyParameters[i] = prefix + r.rename(name)
		}
	}
}

// readIntegrationResponses reads the responses of an integration, whose keys are
// the patterns that select them.
func (im *importer) readIntegrationResponses(in *wire.Integration, responses *cursor, where string) {
	im.object(responses, "responses")
	for pattern, c := range responses.members() {
		if strings.HasPrefix(pattern, "x-") && c.get("statusCode") == nil { // an extension of somebody's, and no pattern
			continue
		}
		im.checkMembers(c, "an integration response", integrationResponseKeys)
		im.checkValues(c, integrationResponseValues)
		out := wire.IntegrationResponse{
			StatusCode:         im.optional(c, "statusCode", c.key),
			ContentHandling:    upper(im.optional(c, "contentHandling", c.key)),
			ResponseParameters: im.textMap(c.get("responseParameters"), where),
			ResponseTemplates:  im.templates(c.get("responseTemplates"), where),
		}
		if pattern != "default" {
			out.SelectionPattern = &pattern
		}
		if out.ContentHandling != nil {
			im.feature(FeatureContentHandling, c.get("contentHandling"))
		}
		im.addIntegrationResponse(in, c, out)
	}
}

// addIntegrationResponse adds one response to those of in, which are known by
// their status codes: a later one takes the place of an earlier.
func (im *importer) addIntegrationResponse(in *wire.Integration, c *cursor, out wire.IntegrationResponse) {
	if out.StatusCode == nil {
		im.warn(c, "Parse issue: attribute %s.statusCode is missing", c.key)
		return
	}
	if _, ok := in.IntegrationResponses[*out.StatusCode]; ok {
		im.drop(c, "it takes the place of another response with status code %s", *out.StatusCode)
	}
	if in.IntegrationResponses == nil {
		in.IntegrationResponses = make(map[string]wire.IntegrationResponse)
	}
	in.IntegrationResponses[*out.StatusCode] = out
}

// integrationExtras records the features that an integration uses and what of it
// is not read.
func (im *importer) integrationExtras(in *wire.Integration, c *cursor) {
	if in.ContentHandling != nil {
		im.feature(FeatureContentHandling, c.get("contentHandling"))
	}
	if in.Credentials != nil {
		im.feature(FeatureCredentials, c.get("credentials"))
	}
	if len(in.CacheKeyParameters) > 0 {
		im.feature(FeatureCacheKeys, c.get("cacheKeyParameters"))
	}
	if in.TLSConfig != nil {
		im.feature(FeatureTLSConfig, c.get("tlsConfig"))
	}
	if in.ConnectionType != nil && *in.ConnectionType == "VPC_LINK" {
		im.feature(FeatureVPCLink, c.get("connectionType"))
	}
	if in.ResponseTransferMode != nil && *in.ResponseTransferMode == "STREAM" {
		im.feature(FeatureStreaming, c.get("responseTransferMode"))
	}
}

// integrationMembers tells of the members of an integration that are not read.
func (im *importer) integrationMembers(c *cursor) {
	for name, member := range c.members() {
		switch {
		case integrationKeys[name]:
		case name == "payloadFormatVersion" || name == "integrationSubtype":
			if s, _ := member.text(); s != "1.0" {
				im.drop(member, "%s is for HTTP APIs", name)
			}
		case strings.HasPrefix(name, "x-"):
			im.checkNested(member)
		default:
			im.unknownMember(member, "an integration", integrationKeys)
		}
	}
}
