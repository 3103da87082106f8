package gateway

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A location is where a URL points to.
type location struct {
	api   string // in the URL's spelling
	stage string // "" when the URL ends before it
	path  string // what is left, raw, starts with "/"
}

const (
	awsPrefix   = "/_aws/execute-api/"
	apisPrefix  = "/restapis/"
	userRequest = "_user_request_"
)

// apiHeader is where a caller of a VPC endpoint names the API, whose id its host does
// not have.
const apiHeader = "X-Apigw-Api-Id"

// locateHost takes the Host of a request apart, and the path behind it. It reports
// false for a host of none of the forms that stages have:
//
//	{api}.execute-api.{anything}          /{stage}/{path}
//	{api}-vpce-{id}.execute-api.{anything} /{stage}/{path}
//	vpce-{name}.execute-api.{anything}    /{stage}/{path}, the API in x-apigw-api-id
//
// More slashes than one before the stage count as one (recorded). header is what
// x-apigw-api-id says; other hosts do not read it.
func locateHost(host, path, header string) (location, bool) {
	api, vpce, ok := httpmsg.SplitStageHost(host)
	if !ok {
		return location{}, false
	}
	if api == "" && vpce != "" {
		api = header
	}
	return staged(api, path), true
}

// locatePath takes a raw path apart that stands for a stage at any host. It reports
// false for one of no such form:
//
//	/_aws/execute-api/{api}/{stage}/{path}
//	/restapis/{api}/{stage}/_user_request_/{path}
func locatePath(path string) (location, bool) {
	if rest, ok := strings.CutPrefix(path, awsPrefix); ok {
		var at location
		at.api, rest = cutSegment(rest)
		at.stage, at.path = cutSegment(strings.TrimLeft(rest, "/"))
		return at, true
	}
	if rest, ok := strings.CutPrefix(path, apisPrefix); ok {
		var at location
		at.api, rest = cutSegment(rest)
		at.stage, rest = cutSegment(rest[1:])
		var mark string
		mark, at.path = cutSegment(rest[1:])
		return at, mark == userRequest // without it the control plane's resource
	}
	return location{}, false
}

// staged is where a path leads whose first segment is the stage.
func staged(api, path string) location {
	at := location{api: api}
	at.stage, at.path = cutSegment(strings.TrimLeft(path, "/"))
	return at
}

// namedAPI is the API that a request names in its header, "" for none, and where it
// names several.
func namedAPI(a *arrival) string {
	named, lines := "", 0
	for value := range a.values(apiHeader) {
		named = value
		lines++
	}
	if lines > 1 {
		return ""
	}
	return named
}

// cutSegment parts a path, given without its leading slash, behind its first
// segment. rest starts with "/", added when the path ends there.
func cutSegment(path string) (segment, rest string) {
	if at := strings.IndexByte(path, '/'); at >= 0 {
		return path[:at], path[at:]
	}
	return path, "/"
}
