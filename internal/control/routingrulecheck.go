package control

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What holds of a routing rule by itself. The bounds are documented; AWS's words for
// what is beyond them are not known, but for the framework's for a number.

const (
	maxPriority        = 1_000_000
	maxConditionHeader = 39  // characters of a header's name
	maxConditionGlob   = 127 // of a value's glob
	maxInfixGlob       = 39  // of a glob with a * on both sides
	maxConditionPath   = 127 // of a base path
	maxHeaderMatches   = 2
)

// checkRange is the framework's check of a number of the input.
func checkRange(n, least, most int, at string) error {
	switch {
	case n < least:
		return wire.Validation("1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to %d", n, at, least)
	case n > most:
		return wire.Validation("1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d", n, at, most)
	}
	return nil
}

func checkPriority(n int32, input string) error {
	return checkRange(int(n), 1, maxPriority, input+".priority")
}

// checkRule wants one action and conditions that a request can fulfil. A rule without
// conditions is for all requests.
func checkRule(r *routingRule) error {
	if len(r.Actions) != 1 {
		return wire.BadRequest("A routing rule must have exactly one action")
	}
	headers, paths := 0, 0
	for _, c := range r.Conditions {
		var err error
		switch {
		case (c.MatchHeaders == nil) == (c.MatchBasePaths == nil):
			err = wire.BadRequest("A condition must have exactly one of matchHeaders and matchBasePaths")
		case c.MatchHeaders != nil:
			headers++
			err = checkHeaderMatch(c.MatchHeaders.AnyOf)
		default:
			paths++
			err = checkPathMatch(c.MatchBasePaths.AnyOf)
		}
		if err != nil {
			return err
		}
	}
	if headers > maxHeaderMatches || paths > 1 {
		return wire.BadRequest("A routing rule can have up to two matchHeaders conditions and one matchBasePaths condition")
	}
	return nil
}

var (
	headerNamePattern = regexp.MustCompile("^[a-zA-Z0-9!#$%&'+.^_`|~-]+$")
	// headerGlobPattern takes what a header line can have. The guide lists letters, digits
	// and some other characters, and has conditions with more in its examples:
	// application/json, *ux=beta*.
	headerGlobPattern = regexp.MustCompile(`^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$`)
)

func checkHeaderMatch(anyOf []wire.RoutingRuleMatchHeaderValue) error {
	if len(anyOf) != 1 {
		return wire.BadRequest("anyOf of matchHeaders must have exactly one header")
	}
	name, glob := *anyOf[0].Header, *anyOf[0].ValueGlob
	switch inner, infix := innerGlob(glob); {
	case len(name) > maxConditionHeader || !headerNamePattern.MatchString(name):
		return wire.BadRequest("Invalid header name specified: %s", wire.Truncated(name))
	case isRestricted(name):
		return wire.BadRequest("The header %s is not supported in conditions of routing rules", wire.Truncated(name))
	case len(glob) > maxConditionGlob || !headerGlobPattern.MatchString(glob) || strings.Contains(inner, "*") || infix && len(glob) > maxInfixGlob:
		return wire.BadRequest("Invalid header value glob specified: %s", wire.Truncated(glob))
	}
	return nil
}

// innerGlob is what of a glob stands between a * at its start and one at its end, and
// whether both are there.
func innerGlob(glob string) (inner string, infix bool) {
	inner, before := strings.CutPrefix(glob, "*")
	inner, after := strings.CutSuffix(inner, "*")
	return inner, before && after
}

// restrictedHeaders are those that no condition may be of, in lower case; - at the end
// stands for all that begin so.
var restrictedHeaders = []string{
	"access-control-", "apigw-", "authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded", "keep-alive",
	"origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding", "upgrade", "via", "x-amz-", "x-amzn-",
	"x-apigw-api-id", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-restapi",
}

func isRestricted(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(restrictedHeaders, func(r string) bool {
		return name == r || strings.HasSuffix(r, "-") && strings.HasPrefix(name, r)
	})
}

func checkPathMatch(anyOf []string) error {
	if len(anyOf) != 1 {
		return wire.BadRequest("anyOf of matchBasePaths must have exactly one base path")
	}
	if path := anyOf[0]; path == "" || len(path) > maxConditionPath || !mappingKeyPattern.MatchString(path) || hasDotSegment(path) {
		return wire.BadRequest("Invalid base path specified: %s", wire.Truncated(path))
	}
	return nil
}
