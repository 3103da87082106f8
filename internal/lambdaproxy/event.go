package lambdaproxy

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// A Request is what a function is told of a request to a method. Its lists are
// the caller's to fill in and keep their memory over Reset, unless that is much.
type Request struct {
	Path           string          // behind the stage, with a custom domain name's base path, as the client spelled it
	Headers        []httpmsg.Field // with Host, in the order of arrival
	Query          []httpmsg.Field // decoded, in the order of arrival
	PathVariables  []httpmsg.Field // in the order of the path, as the client spelled them
	StageVariables []byte          // of AppendVariables
	OperationName  string          // of the method; "" for none
	Context        *mapping.Context
}

// Reset empties the request for the next call.
func (r *Request) Reset() {
	*r = Request{Headers: emptied(r.Headers), Query: emptied(r.Query), PathVariables: emptied(r.PathVariables)}
}

// emptied forgets what a list holds and keeps its memory, unless that is much.
func emptied(list []httpmsg.Field) []httpmsg.Field {
	if cap(list) > 256 {
		return nil
	}
	clear(list)
	return list[:0]
}

// AppendEvent appends the event of a proxy integration, payload version 1.0, in
// the order in which AWS writes its members (recorded). A binary body is told in
// base64, another as text. It sorts the lists of the request: names of headers
// without regard to case, as AWS's are; the other maps come from hash tables
// there and are sorted by name here.
func (r *Request) AppendEvent(dst, body []byte, binary bool) []byte {
	dst = r.appendRequest(append(dst, '{'))
	return append(appendBody(dst, body, binary), '}')
}

// AppendAuthorizerEvent appends the event of a REQUEST authorizer, which is that of a
// proxy integration without what says the body. It sorts the lists of the request, too.
func (r *Request) AppendAuthorizerEvent(dst []byte, methodARN string) []byte {
	dst = appendMember(dst, `{"type":"REQUEST","methodArn":`, methodARN)
	return append(r.appendRequest(append(dst, ',')), '}')
}

// AppendTokenEvent appends the event of a TOKEN authorizer. AWS has written its members
// in this order since 2023 at the latest, and the token before the ARN in 2017 (both
// recorded).
func AppendTokenEvent(dst []byte, token, methodARN string) []byte {
	dst = appendMember(dst, `{"type":"TOKEN","methodArn":`, methodARN)
	return append(appendMember(dst, `,"authorizationToken":`, token), '}')
}

// appendRequest appends the members that tell of the request, from resource to
// requestContext.
func (r *Request) appendRequest(dst []byte) []byte {
	dst = appendMember(dst, `"resource":`, r.Context.ResourcePath)
	dst = appendMember(dst, `,"path":`, OneSlash(r.Path))
	dst = appendMember(dst, `,"httpMethod":`, r.Context.HTTPMethod)
	slices.SortStableFunc(r.Headers, func(a, b httpmsg.Field) int { return httpmsg.CompareFold(a.Name, b.Name) })
	dst = appendMaps(append(dst, `,"headers":`...), `,"multiValueHeaders":`, r.Headers, httpmsg.EqualFold)
	slices.SortStableFunc(r.Query, func(a, b httpmsg.Field) int { return strings.Compare(a.Name, b.Name) })
	dst = appendMaps(append(dst, `,"queryStringParameters":`...), `,"multiValueQueryStringParameters":`, r.Query, sameText)
	dst = appendPathParameters(append(dst, `,"pathParameters":`...), r.PathVariables)
	dst = append(append(dst, `,"stageVariables":`...), r.StageVariables...)
	return r.appendContext(append(dst, `,"requestContext":{`...))
}

// OneSlash is a path without all but one of the slashes that it begins with: the
// client may have doubled that behind the stage (measured; requestContext.path
// keeps both).
func OneSlash(path string) string {
	for strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	return path
}

// BodySize is how many bytes of an event a body takes that is not empty, or a few
// more.
func BodySize(body []byte, binary bool) int {
	if binary {
		return base64.StdEncoding.EncodedLen(len(body)) + len(`""`)
	}
	return jsonLength(body)
}

// appendBody appends the last two members.
func appendBody(dst, body []byte, binary bool) []byte {
	switch {
	case len(body) == 0:
		return append(dst, `,"body":null,"isBase64Encoded":false`...)
	case binary:
		dst = base64.StdEncoding.AppendEncode(append(dst, `,"body":"`...), body)
		return append(dst, `","isBase64Encoded":true`...)
	default:
		dst = appendJSON(append(dst, `,"body":`...), body)
		return append(dst, `,"isBase64Encoded":false`...)
	}
}

func sameText(a, b string) bool { return a == b }

// appendMaps appends two maps made of a sorted list: one of each name's last
// value, and under between one of all values; null for an empty list.
func appendMaps(dst []byte, between string, list []httpmsg.Field, same func(a, b string) bool) []byte {
	if len(list) == 0 {
		return append(append(append(dst, "null"...), between...), "null"...)
	}
	sep := byte('{')
	for i := range list {
		if i+1 < len(list) && same(list[i].Name, list[i+1].Name) {
			continue
		}
		first := i
		for first > 0 && same(list[first-1].Name, list[i].Name) {
			first--
		}
		dst = append(appendJSON(append(dst, sep), list[first].Name), ':')
		dst = appendJSON(dst, list[i].Value)
		sep = ','
	}
	dst = append(append(dst, '}'), between...)
	for i := range list {
		switch {
		case i == 0:
			dst = append(appendJSON(append(dst, '{'), list[i].Name), ":["...)
		case same(list[i-1].Name, list[i].Name):
			dst = append(dst, ',')
		default:
			dst = append(appendJSON(append(dst, "],"...), list[i].Name), ":["...)
		}
		dst = appendJSON(dst, list[i].Value)
	}
	return append(dst, "]}"...)
}

// appendPathParameters appends the path variables as the client spelled them:
// AWS decodes them for mappings and not for events. Its documentation says
// "decoded"; functions get %20 and %40 all the same, and frameworks for them
// (Chalice, the Serverless Framework) tell of it as a bug.
func appendPathParameters(dst []byte, list []httpmsg.Field) []byte {
	if len(list) == 0 {
		return append(dst, "null"...)
	}
	return appendObject(dst, list)
}

// AppendVariables appends a stage's variables as an object, or null.
func AppendVariables(dst []byte, vars map[string]string) []byte {
	if len(vars) == 0 {
		return append(dst, "null"...)
	}
	list := make([]httpmsg.Field, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		list = append(list, httpmsg.Field{Name: name, Value: vars[name]})
	}
	return appendObject(dst, list)
}

// appendObject appends named values, at least one, as an object.
func appendObject[P httpmsg.Field | mapping.Param](dst []byte, list []P) []byte {
	for i := range list {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		p := httpmsg.Field(list[i])
		dst = appendJSON(append(appendJSON(append(dst, sep), p.Name), ':'), p.Value)
	}
	return append(dst, '}')
}
