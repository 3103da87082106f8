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
	hostLabel    = "execute-api"
	endpointPart = "-vpce-"
	awsPrefix    = "/_aws/execute-api/"
	apisPrefix   = "/restapis/"
	userRequest  = "_user_request_"
)

// locate takes a request's Host and raw path apart. It reports false for a URL
// of none of the forms that stages have:
//
//	{api}.execute-api.{anything}          /{stage}/{path}
//	{api}-vpce-{id}.execute-api.{anything} /{stage}/{path}
//	/_aws/execute-api/{api}/{stage}/{path}
//	/restapis/{api}/{stage}/_user_request_/{path}
//
// More slashes than one before the stage count as one (recorded).
func locate(host, path string) (location, bool) {
	if api, ok := stageHost(host); ok {
		at := location{api: api}
		at.stage, at.path = cutSegment(strings.TrimLeft(path, "/"))
		return at, true
	}
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

// stageHost returns the API id of a host whose second label is execute-api.
func stageHost(host string) (api string, ok bool) {
	api, rest, _ := strings.Cut(host, ".")
	if len(rest) < len(hostLabel) || !httpmsg.EqualFold(rest[:len(hostLabel)], hostLabel) {
		return "", false
	}
	if rest = rest[len(hostLabel):]; rest != "" && rest[0] != '.' && rest[0] != ':' {
		return "", false
	}
	if at := strings.Index(api, endpointPart); at > 0 {
		api = api[:at]
	}
	return api, true
}

// cutSegment parts a path, given without its leading slash, behind its first
// segment. rest starts with "/", added when the path ends there.
func cutSegment(path string) (segment, rest string) {
	if at := strings.IndexByte(path, '/'); at >= 0 {
		return path[:at], path[at:]
	}
	return path, "/"
}
