package openapi

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// readSettings reads the extensions at the top of the document.
func (im *importer) readSettings() {
	api, ext := &im.api.RestAPI, im.extension
	im.checkValues(im.doc, settingValues)
	if c := ext("api-key-source"); c != nil {
		im.feature(FeatureAPIKeySource, c)
		api.APIKeySource = upper(im.optional(im.doc, c.key, ""))
	}
	if c := ext("binary-media-types"); c != nil {
		im.feature(FeatureBinaryMediaTypes, c)
		api.BinaryMediaTypes = im.texts(c, c.key)
	}
	if c := ext("minimum-compression-size"); c != nil {
		im.feature(FeatureCompression, c)
		api.MinimumCompressionSize = im.integer(c, c.key)
	}
	if c := ext("policy"); c != nil {
		im.feature(FeaturePolicy, c)
		api.Policy = jsonOrText(c)
	}
	if c := ext("security-policy"); c != nil {
		im.feature(FeatureSecurityPolicy, c)
		api.SecurityPolicy = im.optional(im.doc, c.key, "")
	}
	if c := ext("endpoint-access-mode"); c != nil {
		im.feature(FeatureEndpointAccessMode, c)
		api.EndpointAccessMode = upper(im.optional(im.doc, c.key, ""))
	}
	im.readEndpointConfiguration()
	im.readValidators()
	im.readGatewayResponses()
	im.readDocumentation()
	im.describeAPI()
}

// extension returns the extension of that name at the top of the document.
func (im *importer) extension(name string) *cursor { return im.doc.get(extensionPrefix + name) }

// object returns c, or nil after a warning when it is neither an object nor null.
// location is as wrongType takes it.
func (im *importer) object(c *cursor, location any) *cursor {
	if c != nil && !c.is(object) && !c.is(null) {
		im.wrongType(c, location, object)
		return nil
	}
	return c
}

// readEndpointConfiguration reads the extension that Swagger has at the top and
// OpenAPI 3 in its server.
func (im *importer) readEndpointConfiguration() {
	c := im.extension("endpoint-configuration")
	if c == nil {
		for _, server := range im.doc.get("servers").items() {
			c = server.get(extensionPrefix + "endpoint-configuration")
			break
		}
	}
	const name = extensionPrefix + "endpoint-configuration"
	c = im.object(c, name)
	im.checkMembers(c, name, endpointSettingsKeys)
	if v := c.get("disableExecuteApiEndpoint"); v != nil {
		im.feature(FeatureDisableEndpoint, v)
		im.api.RestAPI.DisableExecuteAPIEndpoint = im.truth(v, v.key)
	}
	endpoint := new(wire.EndpointConfiguration)
	if v := c.get("vpcEndpointIds"); v != nil {
		im.feature(FeatureVPCEndpoints, v)
		endpoint.VPCEndpointIDs = im.texts(v, v.key)
		im.api.RestAPI.EndpointConfiguration = endpoint
	}
	if v := c.get("types"); v != nil && im.opts.Lenient { // the service takes it as a parameter of the import
		for _, name := range im.texts(v, v.key) {
			endpoint.Types = append(endpoint.Types, strings.ToUpper(name))
		}
		im.api.RestAPI.EndpointConfiguration = endpoint
	}
	if v := c.get("ipAddressType"); v != nil {
		im.drop(v, "ipAddressType is for HTTP APIs")
	}
}

// readValidators reads the request validators.
func (im *importer) readValidators() {
	im.validators = make(map[string]bool)
	const validators = extensionPrefix + "request-validators"
	for name, c := range im.object(im.extension("request-validators"), validators).members() {
		if c = im.object(c, attribute{validators, name}); c == nil {
			continue
		}
		im.validators[name] = true
		im.checkMembers(c, "a request validator", validatorKeys)
		validator := wire.RequestValidator{Name: &name}
		if v := c.get("validateRequestBody"); v != nil {
			validator.ValidateRequestBody = im.truth(v, v.key)
		}
		if v := c.get("validateRequestParameters"); v != nil {
			validator.ValidateRequestParameters = im.truth(v, v.key)
		}
		im.api.RequestValidators = append(im.api.RequestValidators, validator)
	}
}

func (im *importer) readGatewayResponses() {
	const responses = extensionPrefix + "gateway-responses"
	for name, c := range im.object(im.extension("gateway-responses"), responses).members() {
		if c = im.object(c, attribute{responses, name}); c == nil {
			continue
		}
		im.feature(FeatureGatewayResponses, c)
		im.checkMembers(c, "a gateway response", gatewayResponseKeys)
		im.api.GatewayResponses = append(im.api.GatewayResponses, wire.GatewayResponse{
			ResponseType:       &name,
			StatusCode:         im.optional(c, "statusCode", name),
			ResponseParameters: im.textMap(c.get("responseParameters"), ""),
			ResponseTemplates:  im.templates(c.get("responseTemplates"), ""),
		})
	}
}

// texts returns the texts of a list.
func (im *importer) texts(c *cursor, location string) []string {
	if !c.is(list) {
		im.wrongType(c, location, list)
		return nil
	}
	out := make([]string, 0, len(c.node.items))
	for _, item := range c.items() {
		s, ok := item.text()
		if !ok {
			im.wrongType(item, location, text)
			continue
		}
		out = append(out, s)
	}
	return out
}

// integer returns the whole number that c is or spells, nil when it is none.
func (im *importer) integer(c *cursor, location string) *int32 {
	i, ok := c.int32()
	if !ok {
		im.warn(c, "Parse issue: attribute %s is not of type `integer`", location)
		return nil
	}
	return &i
}

// truth returns the truth of c, nil when it is no boolean.
func (im *importer) truth(c *cursor, location string) *bool {
	b, ok := c.bool()
	if !ok {
		im.wrongType(c, location, boolean)
		return nil
	}
	return &b
}

// textMap returns the members of c whose values are texts, nil when c is not
// there. The service warns of the others and leaves them out; what it says after
// the member's name is where.
func (im *importer) textMap(c *cursor, where string) map[string]string {
	if !im.isMap(c) {
		return nil
	}
	out := make(map[string]string, len(c.node.fields))
	for name, member := range c.members() {
		if member.is(text) {
			out[name] = member.node.value
		} else {
			im.notText(c, name, member, where)
		}
	}
	return out
}

// templates returns the members of c as textMap does, except that a template may
// be null. A lenient import takes a template that is written as JSON and not as
// text, which is easily done in YAML.
func (im *importer) templates(c *cursor, where string) map[string]*string {
	if !im.isMap(c) {
		return nil
	}
	out := make(map[string]*string, len(c.node.fields))
	for name, member := range c.members() {
		switch {
		case member.is(null):
			out[name] = nil
		case member.is(text) || im.opts.Lenient:
			out[name] = jsonOrText(member)
		default:
			im.notText(c, name, member, where)
		}
	}
	return out
}

func (im *importer) isMap(c *cursor) bool {
	if c != nil && !c.is(object) {
		im.wrongType(c, c.key, object)
	}
	return c.is(object)
}

func (im *importer) notText(c *cursor, name string, member *cursor, where string) {
	im.warn(member, "Invalid format for '%s'. Expected type string for property '%s'%s but got '%s'",
		brief(c.key), brief(name), where, excerpt{member})
}

// jsonOrText returns the text of c, or its JSON when it is an object.
func jsonOrText(c *cursor) *string {
	if c == nil {
		return nil
	}
	s := asText(c)
	return &s
}

// asText returns the characters of a scalar and the JSON of anything else.
func asText(c *cursor) string {
	if s, ok := c.text(); ok {
		return s
	}
	return compact(c.node)
}

// An excerpt is a value that messages print as asText does, cut off where that
// would be too long for them.
type excerpt struct{ *cursor }

// String returns the text.
func (e excerpt) String() string {
	const limit = 1000
	s, ok := e.text()
	if !ok {
		w := writer{limit: limit}
		w.value(e.node, 0)
		s = string(w.b)
	}
	return s[:min(len(s), limit)]
}

func upper(s *string) *string {
	if s == nil {
		return nil
	}
	u := strings.ToUpper(*s)
	return &u
}
