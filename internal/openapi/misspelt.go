package openapi

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/spelling"
)

// What the service passes over without a word can be a misspelling that costs a
// route its backend or its protection. A lenient import, whose reader is the author,
// refuses what is near to a name that is read, and otherwise says that it is not
// read.

// extensionNames are the extensions that are read in each kind of object, with their
// prefix.
var extensionNames = func() (names [places][]string) {
	for in, set := range extensionKeys {
		for name := range set {
			names[in] = append(names[in], extensionPrefix+name)
		}
		slices.Sort(names[in])
	}
	return names
}()

// allExtensions are those of all kinds of objects.
var allExtensions = slices.Compact(slices.Sorted(slices.Values(slices.Concat(extensionNames[:]...))))

// sorted returns the names in order.
func (s keySet) sorted() []string { return slices.Sorted(maps.Keys(s)) }

// isExtension reports whether the service has an extension of that name, wherever it
// is read.
func isExtension(name string) bool {
	for in := range extensionKeys {
		if extensionKeys[in][strings.TrimPrefix(name, extensionPrefix)] {
			return true
		}
	}
	return false
}

// checkExtension tells of a member that is called x-… and is none of the extensions
// that its place has.
func (im *importer) checkExtension(member *cursor, in place) {
	name := member.key
	ours := strings.HasPrefix(name, extensionPrefix)
	if im.opts.Lenient {
		if im.checkOwn(member, in) {
			return
		}
		if meant, ok := spelling.Nearest(name, extensionNames[in]); ok {
			im.note(Error, member, "%s is no extension of API Gateway; did you mean %s?", brief(name), meant)
			return
		}
		if meant, ok := spelling.Nearest(name, allExtensions); ok {
			im.note(Error, member, "%s is no extension of API Gateway; did you mean %s, which is not read here?", brief(name), meant)
			return
		}
	}
	switch {
	case im.opts.Lenient && protectingExtensions[name]:
		im.note(Error, member, "%s is not read here and protects nothing", name)
	case ours && isExtension(name):
		im.dropOf(Serving, member, "%s is not read here by REST APIs", brief(name))
	case ours:
		im.drop(member, "%s is not read here by REST APIs", brief(name))
	}
}

// ownPrefix begins the names of this project's extensions.
const ownPrefix = "x-gatehouse-"

// checkOwn reports whether a member is called as this project's extension is or nearly
// so, and tells of one that is not it or does not stand where it is read.
func (im *importer) checkOwn(member *cursor, in place) bool {
	name := member.key
	if name == UsagePlansKey {
		if in != inRoot {
			im.note(Error, member, "%s is read at the top of the document alone", name)
		}
		return true
	}
	_, near := spelling.Nearest(name, []string{UsagePlansKey})
	switch {
	case near:
		im.note(Error, member, "%s is no extension of Gatehouse; did you mean %s?", brief(name), UsagePlansKey)
	case strings.HasPrefix(name, ownPrefix):
		im.note(Error, member, "%s is no extension of Gatehouse, which has %s at the top of the document", brief(name), UsagePlansKey)
	default:
		return false
	}
	return true
}

// checkNested tells of a member that is called x-… of an object in an extension.
func (im *importer) checkNested(member *cursor) {
	if im.opts.Lenient {
		im.checkOwn(member, places)
	}
}

// suggestion ends the text about a name that is none of those known: the one that it is
// near to, else all.
func suggestion(name string, known []string) string {
	if meant, ok := spelling.Nearest(name, known); ok {
		return "; did you mean " + meant + "?"
	}
	return ", which has " + strings.Join(known, ", ")
}

// protecting are the members without which an operation is open to everybody.
var protecting = keys("security securityDefinitions securitySchemes")

// protectingExtensions are those that protect an API, or an operation, in their place.
var protectingExtensions = keys(`x-amazon-apigateway-policy x-amazon-apigateway-auth x-amazon-apigateway-authtype x-amazon-apigateway-authorizer
	x-amazon-apigateway-endpoint-configuration x-amazon-apigateway-endpoint-access-mode`)

// schemeKeys are those members of a security scheme by which API Gateway knows one that
// protects.
var schemeKeys = keys("type name in")

// checkName tells of a member that is near to a name of its place and is not it. It is false
// when there is none, when the import is not lenient, and in places that other versions
// of the specification give other members, as schemas are. A misspelt method of a path
// is an error, since a route is lost with it, and so is what protects, misspelt or in a
// place where nobody reads it.
func (im *importer) checkName(member *cursor, in place, known keySet) bool {
	if !im.opts.Lenient {
		return false
	}
	if protecting[member.key] {
		im.note(Error, member, "%s is not read here and protects nothing", member.key)
		return true
	}
	meant, ok := spelling.Nearest(member.key, known.sorted())
	switch {
	case !ok:
		return false
	case protecting[meant] || in == inSecurityScheme && schemeKeys[meant]:
		im.note(Error, member, "%s is not read here and protects nothing; did you mean %s?", brief(member.key), meant)
	case in != inRoot && in != inPathItem && in != inOperation && in != inRequestBody:
		return false
	case in == inPathItem:
		im.note(Error, member, "%s is no member of a path; did you mean %s?", brief(member.key), meant)
	default:
		im.noteOf(Serving, Warning, member, "%s is not read here; did you mean %s?", brief(member.key), meant)
	}
	return true
}

// Members of the objects that extensions hold, beside integrationKeys.
var (
	integrationResponseKeys = keys("$ref statusCode selectionPattern contentHandling responseParameters responseTemplates")
	tlsConfigKeys           = keys("insecureSkipVerification")
	authorizerKeys          = keys(`$ref type authorizerUri authorizerCredentials identitySource identityValidationExpression
		authorizerResultTtlInSeconds providerARNs jwtConfiguration authorizerPayloadFormatVersion enableSimpleResponses`)
	authKeys             = keys("type")
	validatorKeys        = keys("validateRequestBody validateRequestParameters")
	gatewayResponseKeys  = keys("statusCode responseParameters responseTemplates")
	documentationKeys    = keys("version createdDate documentationParts") // the date is an export's
	partKeys             = keys("location properties")
	locationKeys         = keys("type path method statusCode name")
	endpointSettingsKeys = keys("disableExecuteApiEndpoint vpcEndpointIds ipAddressType types")
)

// checkMembers tells of the members of an extension's object that the service does not
// read. what is the object.
func (im *importer) checkMembers(c *cursor, what string, known keySet) {
	for name, member := range c.members() {
		switch {
		case strings.HasPrefix(name, "x-"):
			im.checkNested(member)
		case !known[name]:
			im.unknownMember(member, what, known)
		}
	}
}

// unknownMember tells of one of them.
func (im *importer) unknownMember(member *cursor, what string, known keySet) {
	if im.opts.Lenient {
		if meant, ok := spelling.Nearest(member.key, known.sorted()); ok {
			im.note(Error, member, "%s is no member of %s; did you mean %s?", brief(member.key), what, meant)
			return
		}
	}
	im.dropOf(Serving, member, "%s is no member of %s", brief(member.key), what)
}
