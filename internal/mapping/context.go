package mapping

import (
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A Context is what $context shows, by AWS's names. Members that are empty are
// absent in templates.
type Context struct {
	AccountID            string // of the API's owner
	APIID                string
	AWSEndpointRequestID string // request id of an AWS backend
	RoutingRuleIDMatched string // of a custom domain name; for logs alone, as the next
	BasePathMatched      string // of a custom domain name; for logs alone: Lookup does not know it
	DeploymentID         string
	DomainName           string // Host header
	DomainPrefix         string // its first label; taken from DomainName when empty
	ExtendedRequestID    string // x-amz-apigw-id
	HTTPMethod           string
	IsCanaryRequest      string // "true" or "false", "" without a canary
	Path                 string // as the client sent it: with the stage or, at a custom domain name, with the base path
	Protocol             string // HTTP/1.1
	RequestID            string // x-amzn-RequestId
	RequestTime          int64  // milliseconds since 1970; requestTime and requestTimeEpoch print it
	ResourceID           string
	ResourcePath         string // template, such as /pets/{id}
	Stage                string
	WAFResponseCode      string
	WebACLARN            string

	Identity   // identity.*
	Authorizer Authorizer

	Given map[string]string // by a test: what stands before all else that Lookup finds
	Error ContextError
}

// An Identity is $context.identity: who calls.
type Identity struct {
	AccessKey                     string
	AccountID                     string // of the caller; Context.AccountID is the owner's
	APIKey                        string
	APIKeyID                      string
	Caller                        string
	CognitoAuthenticationProvider string
	CognitoAuthenticationType     string
	CognitoIdentityID             string
	CognitoIdentityPoolID         string
	PrincipalOrgID                string
	SourceIP                      string
	User                          string
	UserAgent                     string
	UserARN                       string
	VPCEID                        string
	VPCID                         string
	ClientCert                    ClientCert
}

// A ClientCert is $context.identity.clientCert: the certificate of a client
// that used mutual TLS.
type ClientCert struct {
	PEM          string // clientCertPem
	SubjectDN    string
	IssuerDN     string
	SerialNumber string
	NotBefore    string // validity.notBefore
	NotAfter     string // validity.notAfter
}

// An Authorizer is $context.authorizer. All values are text, numbers and
// booleans of an authorizer's answer included.
type Authorizer struct {
	PrincipalID string
	Values      []Param // the authorizer's context
	Claims      []Param // of a Cognito token

	// Custom says that a Lambda authorizer has answered, and IntegrationLatency in how
	// many milliseconds: 0 where its answer was kept from before.
	Custom             bool
	IntegrationLatency int64
}

// A ContextError is $context.error, set while a gateway response is made.
type ContextError struct {
	Message          string // absent when HasMessage is false: messageString prints null
	HasMessage       bool
	ResponseType     string
	ValidationString string
}

// Lookup returns the text of a dotted path without "$context.", such as
// identity.sourceIp. ok is false for what is absent and for what is no text:
// identity, authorizer and authorizer.claims themselves.
func (c *Context) Lookup(path string) (text string, ok bool) {
	if given, ok := c.Given[path]; ok {
		return given, true
	}
	first, rest, dotted := strings.Cut(path, ".")
	if dotted {
		switch first {
		case "identity":
			text = c.Identity.text(rest)
		case "authorizer":
			return c.Authorizer.lookup(rest)
		case "error":
			return c.Error.lookup(rest)
		}
		return text, text != ""
	}
	switch path {
	case "requestTime":
		return c.requestTime(), c.RequestTime != 0
	case "requestTimeEpoch":
		return strconv.FormatInt(c.RequestTime, 10), c.RequestTime != 0
	}
	text = c.text(path)
	return text, text != ""
}

// requestTime is the time in the form of Apache's access log.
func (c *Context) requestTime() string {
	var room [32]byte
	return string(c.AppendRequestTime(room[:0]))
}

// AppendRequestTime appends what $context.requestTime prints, such as
// 05/Apr/2018:13:07:54 +0000: nothing where RequestTime is 0.
func (c *Context) AppendRequestTime(dst []byte) []byte {
	if c.RequestTime == 0 {
		return dst
	}
	at := time.UnixMilli(c.RequestTime).UTC()
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	if year < 0 || year > 9999 {
		return at.AppendFormat(dst, "02/Jan/2006:15:04:05 -0700")
	}
	dst = append(appendTwo(dst, day), '/')
	dst = append(append(dst, month.String()[:3]...), '/')
	dst = append(appendTwo(appendTwo(dst, year/100), year%100), ':')
	dst = append(appendTwo(dst, hour), ':')
	dst = append(appendTwo(dst, minute), ':')
	return append(appendTwo(dst, second), " +0000"...)
}

// appendTwo appends the two digits of a number below 100.
func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// AppendRequestTimeEpoch appends what $context.requestTimeEpoch prints: nothing where
// RequestTime is 0.
func (c *Context) AppendRequestTimeEpoch(dst []byte) []byte {
	if c.RequestTime == 0 {
		return dst
	}
	return strconv.AppendInt(dst, c.RequestTime, 10)
}

// contextNames are the members of $context that may be there, in the order in
// which a template that loops over $context meets them (recorded without an
// authorizer; authorizer and isCanaryRequest are where events have them).
var contextNames = [...]string{
	"resourceId", "authorizer", "resourcePath", "httpMethod", "extendedRequestId", "isCanaryRequest", "requestTime",
	"path", "accountId", "protocol", "requestOverride", "stage", "domainPrefix", "requestTimeEpoch", "requestId",
	"identity", "domainName", "deploymentId", "responseOverride", "apiId",
	"awsEndpointRequestId", "wafResponseCode", "webaclArn",
}

// text returns a member that is plain text, "" for any other name.
func (c *Context) text(name string) string {
	switch name {
	case "accountId":
		return c.AccountID
	case "apiId":
		return c.APIID
	case "awsEndpointRequestId":
		return c.AWSEndpointRequestID
	case "deploymentId":
		return c.DeploymentID
	case "domainName":
		return c.DomainName
	case "domainPrefix":
		if c.DomainPrefix == "" {
			prefix, _, _ := strings.Cut(c.DomainName, ".")
			return prefix
		}
		return c.DomainPrefix
	case "extendedRequestId":
		return c.ExtendedRequestID
	case "httpMethod":
		return c.HTTPMethod
	case "isCanaryRequest":
		return c.IsCanaryRequest
	case "path":
		return c.Path
	case "protocol":
		return c.Protocol
	case "requestId":
		return c.RequestID
	case "resourceId":
		return c.ResourceID
	case "resourcePath":
		return c.ResourcePath
	case "stage":
		return c.Stage
	case "wafResponseCode":
		return c.WAFResponseCode
	case "webaclArn":
		return c.WebACLARN
	}
	return ""
}

// identityNames are the members of $context.identity in the order in which a
// template that loops over it meets them: twelve that are always there, empty or
// not (recorded).
var identityNames = [...]string{
	"cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller", "sourceIp", "principalOrgId", "accessKey",
	"cognitoAuthenticationType", "cognitoAuthenticationProvider", "userArn", "userAgent", "user",
}

// moreIdentityNames are the members in their order where there is one more than
// those twelve: with an API key, a client certificate or a VPC endpoint, whose
// own members are there if they have a value. The order is that of events.
var moreIdentityNames = [...]string{
	"cognitoIdentityPoolId", "cognitoIdentityId", "clientCert", "vpceId", "apiKey", "principalOrgId",
	"cognitoAuthenticationType", "userArn", "apiKeyId", "userAgent", "accountId", "caller", "sourceIp", "accessKey",
	"cognitoAuthenticationProvider", "vpcId", "user",
}

// names returns the members that are there, in their order.
func (id *Identity) names() []string {
	if id.APIKey == "" && id.APIKeyID == "" && id.VPCID == "" && id.VPCEID == "" && id.ClientCert == (ClientCert{}) {
		return identityNames[:]
	}
	names := make([]string, 0, len(moreIdentityNames))
	for _, name := range moreIdentityNames {
		switch name {
		case "clientCert":
			if id.ClientCert == (ClientCert{}) {
				continue
			}
		case "vpceId", "vpcId", "apiKey", "apiKeyId":
			if id.text(name) == "" {
				continue
			}
		}
		names = append(names, name)
	}
	return names
}

// text returns a member by its dotted path, "" for any other name.
func (id *Identity) text(name string) string {
	switch name {
	case "accessKey":
		return id.AccessKey
	case "accountId":
		return id.AccountID
	case "apiKey":
		return id.APIKey
	case "apiKeyId":
		return id.APIKeyID
	case "caller":
		return id.Caller
	case "cognitoAuthenticationProvider":
		return id.CognitoAuthenticationProvider
	case "cognitoAuthenticationType":
		return id.CognitoAuthenticationType
	case "cognitoIdentityId":
		return id.CognitoIdentityID
	case "cognitoIdentityPoolId":
		return id.CognitoIdentityPoolID
	case "principalOrgId":
		return id.PrincipalOrgID
	case "sourceIp":
		return id.SourceIP
	case "user":
		return id.User
	case "userAgent":
		return id.UserAgent
	case "userArn":
		return id.UserARN
	case "vpcId":
		return id.VPCID
	case "vpceId":
		return id.VPCEID
	}
	if rest, ok := strings.CutPrefix(name, "clientCert."); ok {
		return id.ClientCert.text(rest)
	}
	return ""
}

func (c *ClientCert) text(name string) string {
	switch name {
	case "clientCertPem":
		return c.PEM
	case "subjectDN":
		return c.SubjectDN
	case "issuerDN":
		return c.IssuerDN
	case "serialNumber":
		return c.SerialNumber
	case "validity.notBefore":
		return c.NotBefore
	case "validity.notAfter":
		return c.NotAfter
	}
	return ""
}

// latencyName is the member that says how long a Lambda authorizer took.
const latencyName = "integrationLatency"

// lookup finds a member; claims are reached one by one.
func (a *Authorizer) lookup(name string) (string, bool) {
	if claim, ok := strings.CutPrefix(name, "claims."); ok {
		return lookup(a.Claims, claim)
	}
	switch name {
	case "principalId":
		if a.Custom || a.PrincipalID != "" { // it wins over a value of that name
			return a.PrincipalID, a.PrincipalID != ""
		}
	case latencyName:
		if a.Custom {
			return strconv.FormatInt(a.IntegrationLatency, 10), true
		}
	}
	return lookup(a.Values, name)
}

func (e *ContextError) lookup(name string) (string, bool) {
	switch name {
	case "message":
		return e.Message, e.HasMessage
	case "messageString":
		if !e.HasMessage {
			return "null", true
		}
		return string(value.AppendQuoted(nil, e.Message)), true
	case "responseType":
		return e.ResponseType, e.ResponseType != ""
	case "validationErrorString":
		return e.ValidationString, e.ValidationString != ""
	}
	return "", false
}

// MaskSecret leaves the last six characters of a secret; one that has no more has
// none to show.
func MaskSecret(secret string) string {
	const shown = 6
	if len(secret) <= shown {
		return strings.Repeat("*", len(secret))
	}
	hidden := len(secret) - shown
	return strings.Repeat("*", hidden) + secret[hidden:]
}
