package pipeline

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// The event of a Lambda proxy integration, payload version 1.0, in the order in
// which AWS writes its members (recorded). Header names are sorted without
// regard to case, as AWS's are; the other maps come from hash tables there and
// are sorted by name here.

// appendEvent appends the event of the call.
func (c *call) appendEvent(dst []byte, t *awsTarget) []byte {
	x := &c.scope.Context
	dst = appendMember(dst, `{"resource":`, x.ResourcePath)
	dst = appendMember(dst, `,"path":`, oneSlash(c.req.Path))
	dst = appendMember(dst, `,"httpMethod":`, x.HTTPMethod)
	c.listHeaders()
	dst = appendMaps(append(dst, `,"headers":`...), `,"multiValueHeaders":`, c.listed, httpmsg.EqualFold)
	c.listQuery()
	dst = appendMaps(append(dst, `,"queryStringParameters":`...), `,"multiValueQueryStringParameters":`, c.listed, sameText)
	dst = c.appendPathParameters(append(dst, `,"pathParameters":`...))
	dst = append(append(dst, `,"stageVariables":`...), t.variables...)
	dst = c.appendContext(append(dst, `,"requestContext":{`...))
	return append(c.appendBody(dst), '}')
}

// oneSlash is a path without all but one of the slashes that it begins with: the
// client may have doubled that behind the stage (measured; requestContext.path
// keeps both).
func oneSlash(path string) string {
	for strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	return path
}

func appendMember(dst []byte, name, value string) []byte {
	return appendJSON(append(dst, name...), value)
}

// appendNullable appends a member whose value is null when it is "".
func appendNullable(dst []byte, name, value string) []byte {
	if value == "" {
		return append(append(dst, name...), "null"...)
	}
	return appendMember(dst, name, value)
}

// appendBody appends the last two members: the body as text, or in base64 where
// the API takes its type for binary.
func (c *call) appendBody(dst []byte) []byte {
	switch body := c.scope.RequestBody; {
	case len(body) == 0:
		return append(dst, `,"body":null,"isBase64Encoded":false`...)
	case c.binaryRequest():
		dst = base64.StdEncoding.AppendEncode(append(dst, `,"body":"`...), body)
		return append(dst, `","isBase64Encoded":true`...)
	default:
		dst = appendJSON(append(dst, `,"body":`...), body)
		return append(dst, `,"isBase64Encoded":false`...)
	}
}

// listHeaders fills c.listed with the headers of the event, sorted.
func (c *call) listHeaders() {
	c.listed = slices.DeleteFunc(c.appendSeen(emptied(c.listed)), func(f httpmsg.Field) bool { // they were for the gateway
		return isSignature(&f) || httpmsg.EqualFold(f.Name, "X-HTTP-Method-Override")
	})
	if !c.test {
		c.listed.Add("Host", c.req.Host)
	}
	slices.SortStableFunc(c.listed, func(a, b httpmsg.Field) int { return httpmsg.CompareFold(a.Name, b.Name) })
}

// appendSeen appends the request's headers, but Host, as functions, templates
// and mappings see them: with what the front door adds. A test has no door that
// could (recorded).
func (c *call) appendSeen(dst httpmsg.Header) httpmsg.Header {
	forwarded := ""
	for _, f := range c.headers {
		switch {
		case httpmsg.EqualFold(f.Name, "X-Forwarded-For") && !c.test:
			if forwarded != "" {
				forwarded += ", "
			}
			forwarded += f.Value
			continue
		case setAtDoor.has(f.Name) && !c.test:
			continue
		case httpmsg.EqualFold(f.Name, "Authorization"):
			f.Name = "Authorization"
		case httpmsg.EqualFold(f.Name, "User-Agent"):
			f.Name = "User-Agent"
		}
		dst = append(dst, f)
	}
	if c.test {
		return dst
	}
	if forwarded != "" {
		forwarded += ", "
	}
	return append(dst,
		httpmsg.Field{Name: traceHeader, Value: c.seenTrace()},
		httpmsg.Field{Name: "X-Forwarded-For", Value: forwarded + c.req.SourceIP},
		httpmsg.Field{Name: "X-Forwarded-Port", Value: forwardedPort(c.req)},
		httpmsg.Field{Name: "X-Forwarded-Proto", Value: c.req.Scheme})
}

// forwardedPort is the port that the client called.
func forwardedPort(req *httpmsg.Request) string {
	if at := strings.LastIndexByte(req.Host, ':'); at > strings.LastIndexByte(req.Host, ']') {
		return req.Host[at+1:]
	}
	if req.Scheme == "https" {
		return "443"
	}
	return "80"
}

// listQuery fills c.listed with the query parameters, sorted.
func (c *call) listQuery() {
	c.listed = emptied(c.listed)
	for _, p := range c.scope.Query() {
		c.listed = append(c.listed, httpmsg.Field{Name: p.Name, Value: p.Value})
	}
	slices.SortStableFunc(c.listed, func(a, b httpmsg.Field) int { return strings.Compare(a.Name, b.Name) })
}

func sameText(a, b string) bool { return a == b }

// appendMaps appends two maps made of a sorted list: one of each name's last
// value, and under between one of all values; null for an empty list.
func appendMaps(dst []byte, between string, list httpmsg.Header, same func(a, b string) bool) []byte {
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
func (c *call) appendPathParameters(dst []byte) []byte {
	if c.match.n == 0 {
		return append(dst, "null"...)
	}
	for i := range c.match.n {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		dst = append(appendJSON(append(dst, sep), c.match.names[i]), ':')
		dst = appendJSON(dst, c.match.values[i])
	}
	return append(dst, '}')
}

// appendContext appends the members of requestContext and its brace.
func (c *call) appendContext(dst []byte) []byte {
	x := &c.scope.Context
	dst = appendMember(dst, `"resourceId":`, x.ResourceID)
	dst = appendAuthorizer(dst, &x.Authorizer)
	dst = appendMember(dst, `,"resourcePath":`, x.ResourcePath)
	if name := c.method.operationName; name != "" {
		dst = appendMember(dst, `,"operationName":`, name)
	}
	dst = appendMember(dst, `,"httpMethod":`, x.HTTPMethod)
	dst = appendMember(dst, `,"extendedRequestId":`, x.ExtendedRequestID)
	if x.IsCanaryRequest != "" {
		dst = append(append(dst, `,"isCanaryRequest":`...), x.IsCanaryRequest...)
	}
	dst = append(dst, `,"requestTime":"`...)
	dst = time.UnixMilli(x.RequestTime).UTC().AppendFormat(dst, "02/Jan/2006:15:04:05 +0000")
	dst = appendMember(dst, `","path":`, x.Path)
	dst = appendMember(dst, `,"accountId":`, x.AccountID)
	dst = appendMember(dst, `,"protocol":`, x.Protocol)
	dst = appendMember(dst, `,"stage":`, x.Stage)
	prefix, _, _ := strings.Cut(x.DomainName, ".")
	dst = appendMember(dst, `,"domainPrefix":`, firstSet(x.DomainPrefix, prefix))
	dst = strconv.AppendInt(append(dst, `,"requestTimeEpoch":`...), x.RequestTime, 10)
	dst = appendMember(dst, `,"requestId":`, x.RequestID)
	dst = appendIdentity(append(dst, `,"identity":{`...), &x.Identity)
	dst = appendMember(dst, `,"domainName":`, x.DomainName)
	if x.DeploymentID != "" {
		dst = appendMember(dst, `,"deploymentId":`, x.DeploymentID)
	}
	return append(appendMember(dst, `,"apiId":`, x.APIID), '}')
}

// appendAuthorizer appends what an authorizer said, or nothing.
func appendAuthorizer(dst []byte, a *mapping.Authorizer) []byte {
	if len(a.Claims) == 0 && len(a.Values) == 0 && a.PrincipalID == "" {
		return dst
	}
	dst = append(dst, `,"authorizer":`...)
	if len(a.Claims) > 0 {
		return append(appendParams(append(dst, `{"claims":`...), a.Claims), '}')
	}
	if len(a.Values) == 0 {
		return append(appendMember(dst, `{"principalId":`, a.PrincipalID), '}')
	}
	dst = appendParams(dst, a.Values)
	return append(appendNullable(dst[:len(dst)-1], `,"principalId":`, a.PrincipalID), '}')
}

// appendParams appends named values, at least one, as an object.
func appendParams(dst []byte, list []mapping.Param) []byte {
	for i, p := range list {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		dst = appendJSON(append(appendJSON(append(dst, sep), p.Name), ':'), p.Value)
	}
	return append(dst, '}')
}

// appendIdentity appends the members of identity and its brace. The order is
// that of a Java hash table, which is another one when it grows beyond the
// twelve members that are always there (both recorded).
func appendIdentity(dst []byte, id *mapping.Identity) []byte {
	keyed, cert, private := id.APIKey != "" || id.APIKeyID != "", id.ClientCert.PEM != "", id.VPCID != "" || id.VPCEID != ""
	dst = appendNullable(dst, `"cognitoIdentityPoolId":`, id.CognitoIdentityPoolID)
	if !keyed && !cert && !private {
		dst = appendNullable(dst, `,"accountId":`, id.AccountID)
		dst = appendNullable(dst, `,"cognitoIdentityId":`, id.CognitoIdentityID)
		dst = appendNullable(dst, `,"caller":`, id.Caller)
		dst = appendNullable(dst, `,"sourceIp":`, id.SourceIP)
		dst = appendNullable(dst, `,"principalOrgId":`, id.PrincipalOrgID)
		dst = appendNullable(dst, `,"accessKey":`, id.AccessKey)
		dst = appendNullable(dst, `,"cognitoAuthenticationType":`, id.CognitoAuthenticationType)
		dst = appendNullable(dst, `,"cognitoAuthenticationProvider":`, id.CognitoAuthenticationProvider)
		dst = appendNullable(dst, `,"userArn":`, id.UserARN)
		dst = appendNullable(dst, `,"userAgent":`, id.UserAgent)
		return append(appendNullable(dst, `,"user":`, id.User), '}')
	}
	dst = appendNullable(dst, `,"cognitoIdentityId":`, id.CognitoIdentityID)
	if cert {
		dst = appendCert(append(dst, `,"clientCert":{`...), &id.ClientCert)
	}
	if private {
		dst = appendNullable(dst, `,"vpceId":`, id.VPCEID)
	}
	if keyed {
		dst = appendNullable(dst, `,"apiKey":`, id.APIKey)
	}
	dst = appendNullable(dst, `,"principalOrgId":`, id.PrincipalOrgID)
	dst = appendNullable(dst, `,"cognitoAuthenticationType":`, id.CognitoAuthenticationType)
	dst = appendNullable(dst, `,"userArn":`, id.UserARN)
	if keyed {
		dst = appendNullable(dst, `,"apiKeyId":`, id.APIKeyID)
	}
	dst = appendNullable(dst, `,"userAgent":`, id.UserAgent)
	dst = appendNullable(dst, `,"accountId":`, id.AccountID)
	dst = appendNullable(dst, `,"caller":`, id.Caller)
	dst = appendNullable(dst, `,"sourceIp":`, id.SourceIP)
	dst = appendNullable(dst, `,"accessKey":`, id.AccessKey)
	dst = appendNullable(dst, `,"cognitoAuthenticationProvider":`, id.CognitoAuthenticationProvider)
	if private {
		dst = appendNullable(dst, `,"vpcId":`, id.VPCID)
	}
	return append(appendNullable(dst, `,"user":`, id.User), '}')
}

// appendCert appends the members of clientCert and its brace.
func appendCert(dst []byte, c *mapping.ClientCert) []byte {
	dst = appendMember(dst, `"clientCertPem":`, c.PEM)
	dst = appendMember(dst, `,"subjectDN":`, c.SubjectDN)
	dst = appendMember(dst, `,"issuerDN":`, c.IssuerDN)
	dst = appendMember(dst, `,"serialNumber":`, c.SerialNumber)
	dst = appendMember(dst, `,"validity":{"notBefore":`, c.NotBefore)
	return append(appendMember(dst, `,"notAfter":`, c.NotAfter), "}}"...)
}
