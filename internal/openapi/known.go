package openapi

import (
	"slices"
	"strings"
)

// A place is a kind of object in a document, by which its known members differ.
type place uint8

const (
	inRoot place = iota
	inInfo
	inServer
	inServerVariable
	inComponents
	inPathItem
	inOperation
	inParameter
	inRequestBody
	inMediaType
	inResponse
	inHeader
	inSecurityScheme
	inSchema
	places // their number
)

// A keySet holds names of members.
type keySet map[string]bool

func keys(names string) keySet {
	set := make(keySet)
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

const (
	schemaKeys = `$ref title description type format required properties additionalProperties
		items enum allOf not minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength
		maxLength pattern minItems maxItems uniqueItems minProperties maxProperties default readOnly
		discriminator xml externalDocs example`
	verbKeys = "get put post delete options head patch"
)

// swaggerKeys are the members that Swagger 2.0 gives to its objects.
var swaggerKeys = [places]keySet{
	inRoot: keys(`swagger info host basePath schemes consumes produces paths definitions parameters
		responses securityDefinitions security tags externalDocs`),
	inInfo:      keys("title description termsOfService contact license version"),
	inPathItem:  keys("$ref parameters " + verbKeys),
	inOperation: keys("tags summary description externalDocs operationId consumes produces parameters responses schemes deprecated security"),
	inParameter: keys(`$ref name in description required schema type format allowEmptyValue items
		collectionFormat default maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength
		pattern maxItems minItems uniqueItems enum multipleOf readOnly`),
	inResponse: keys("$ref description schema headers examples"),
	inHeader: keys(`description type format items collectionFormat default maximum exclusiveMaximum
		minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems enum multipleOf`),
	inSecurityScheme: keys("type description name in flow authorizationUrl tokenUrl scopes"),
	inSchema:         keys(schemaKeys),
}

// openapiKeys are the members that OpenAPI 3.0 gives to its objects.
var openapiKeys = [places]keySet{
	inRoot:           keys("openapi info servers paths components security tags externalDocs"),
	inInfo:           keys("title description termsOfService contact license version"),
	inServer:         keys("url description variables"),
	inServerVariable: keys("enum default description"),
	inComponents:     keys("schemas responses parameters examples requestBodies headers securitySchemes links callbacks"),
	inPathItem:       keys("$ref summary description trace servers parameters " + verbKeys),
	inOperation:      keys("tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers"),
	inParameter:      keys("$ref name in description required deprecated allowEmptyValue style explode allowReserved schema example examples content"),
	inRequestBody:    keys("$ref description content required"),
	inMediaType:      keys("$ref schema example examples encoding"),
	inResponse:       keys("$ref description headers content links"),
	inHeader:         keys("$ref description required deprecated allowEmptyValue style explode allowReserved schema example examples content"),
	inSecurityScheme: keys("$ref type description name in scheme bearerFormat flows openIdConnectUrl"),
	inSchema:         keys(schemaKeys + " oneOf anyOf nullable writeOnly deprecated"),
}

// openapi31Keys are those that OpenAPI 3.1 adds and that we read or that say
// nothing about what is served.
var openapi31Keys = [places]keySet{
	inRoot:       keys("jsonSchemaDialect"),
	inInfo:       keys("summary"),
	inComponents: keys("pathItems"),
}

const extensionPrefix = "x-amazon-apigateway-"

// extended reports whether a member of n, at any depth, is one of the service's
// extensions.
func extended(n *node) bool {
	for i := range n.fields {
		if strings.HasPrefix(n.fields[i].name, "x-amazon-") || extended(n.fields[i].value) {
			return true
		}
	}
	return slices.ContainsFunc(n.items, extended)
}

// extensionKeys are the extensions that REST APIs read, by the objects in which
// they are read.
var extensionKeys = [places]keySet{
	inRoot: keys(`api-key-source binary-media-types documentation endpoint-access-mode
		endpoint-configuration gateway-responses minimum-compression-size policy request-validator
		request-validators security-policy importexport-version`),
	inServer:         keys("endpoint-configuration"),
	inComponents:     keys("integrations"),
	inPathItem:       keys("any-method"),
	inOperation:      keys("auth integration request-validator"),
	inSecurityScheme: keys("authorizer authtype"),
}

// check tells of the members of c that its place in a document does not have.
// location is how the service's messages call c.
func (im *importer) check(c *cursor, in place, location string) {
	known := openapiKeys[in]
	if im.dialect == swagger2 {
		known = swaggerKeys[in]
	}
	for name, member := range c.members() {
		extension, ok := strings.CutPrefix(name, extensionPrefix)
		switch {
		case known[name]:
			im.checkKind(member, in, location)
		case ok && extensionKeys[in][extension]:
		case strings.HasPrefix(name, "x-"):
			im.checkExtension(member, in)
		case im.dialect == openapi31 && openapi31Keys[in][name]:
		case im.checkName(member, in, known):
		case im.dialect == openapi31:
			im.drop(member, "%s is not used", brief(name))
		default:
			im.warn(member, "Parse issue: attribute %s is unexpected", attribute{location, name})
		}
	}
}

// wrongType warns of a value that has not the type it needs. location is a string
// or prints itself.
func (im *importer) wrongType(c *cursor, location any, want kind) {
	im.warn(c, "Parse issue: attribute %s is not of type `%s`", location, want)
}

// An attribute is how the service's messages call the member name of the object
// that they call location. It is put together when it is printed.
type attribute struct{ location, name string }

// String returns the two with a dot between them.
func (a attribute) String() string {
	if a.location == "" {
		return brief(a.name)
	}
	return a.location + "." + brief(a.name)
}
