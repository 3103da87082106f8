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
	case ours && isExtension(name):
		im.dropOf(Serving, member, "%s is not read here by REST APIs", brief(name))
	case ours:
		im.drop(member, "%s is not read here by REST APIs", brief(name))
	}
}

// checkName tells of a member that is near to a name of its place and is not it. It is false
// when there is none, when the import is not lenient, and in places that other versions
// of the specification give other members, as schemas are. A misspelt method of a path
// is an error, since a route is lost with it.
func (im *importer) checkName(member *cursor, in place, known keySet) bool {
	if !im.opts.Lenient || in != inRoot && in != inPathItem && in != inOperation && in != inRequestBody {
		return false
	}
	meant, ok := spelling.Nearest(member.key, known.sorted())
	switch {
	case !ok:
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
	endpointSettingsKeys = keys("disableExecuteApiEndpoint vpcEndpointIds ipAddressType types")
)

// checkMembers tells of the members of an extension's object that the service does not
// read. what is the object.
func (im *importer) checkMembers(c *cursor, what string, known keySet) {
	for name, member := range c.members() {
		if !known[name] && !strings.HasPrefix(name, "x-") {
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
