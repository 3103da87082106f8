package accesslog

import (
	"crypto/tls"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// The variables of access logs are those that templates see, and the ones
// below. An empty value stands for one that is unknown.

// invalidRequestID is what access logs show, as AWS's do, where a client sent a
// request id that is no UUID. The request has another one everywhere else.
const invalidRequestID = "UUID_REPLACED_INVALID_REQUEST_ID"

const (
	timeToAllHeaders   = "integration.timeToAllHeaders"
	timeToFirstContent = "integration.timeToFirstContent"
)

// A kind is a variable, or a group of them, by a number that is found when a format is taken
// apart: a line is made without a look for names.
type kind uint8

const (
	literal kind = iota // no variable
	seen                // what templates see, or may see, by its name
	integrationPart

	// These say more than templates see, or something else.
	requestID
	status
	responseLength
	responseLatency
	errorMessageString
	traceID
	endpointType
	tlsVersionName
	cipherSuite
	basePathMatched
	routingRuleIDMatched

	// These are seen as well, and asked for often.
	apiID
	domainName
	extendedRequestID
	httpMethod
	caller
	sourceIP
	user
	userAgent
	path
	protocol
	requestTime
	requestTimeEpoch
	resourcePath
	stage
)

var kinds = map[string]kind{
	"requestId": requestID, "status": status, "responseLength": responseLength, "responseLatency": responseLatency,
	"error.messageString": errorMessageString, "xrayTraceId": traceID, "endpointType": endpointType, "tlsVersion": tlsVersionName, "cipherSuite": cipherSuite,
	"customDomain.basePathMatched": basePathMatched, "customDomain.routingRuleIdMatched": routingRuleIDMatched,
	"integrationLatency": integrationPart, "integrationStatus": integrationPart, "integrationErrorMessage": integrationPart,

	"apiId": apiID, "domainName": domainName, "extendedRequestId": extendedRequestID, "httpMethod": httpMethod,
	"identity.caller": caller, "identity.sourceIp": sourceIP, "identity.user": user, "identity.userAgent": userAgent,
	"path": path, "protocol": protocol, "requestTime": requestTime, "requestTimeEpoch": requestTimeEpoch, "resourcePath": resourcePath, "stage": stage,
}

func kindOf(name string) kind {
	if k, ok := kinds[name]; ok {
		return k
	}
	if strings.HasPrefix(name, "integration.") {
		return integrationPart
	}
	return seen
}

// append appends the value of a variable.
func (r *Record) append(line []byte, k kind, name string) []byte {
	switch k {
	case seen:
		return r.appendSeen(line, name)
	case integrationPart:
		return r.appendIntegration(line, name)
	case requestID:
		if r.ReplacedID {
			return append(line, invalidRequestID...)
		}
		return r.appendFrequent(line, k, name)
	case status:
		return strconv.AppendInt(line, int64(r.Done.Status), 10)
	case responseLength:
		return strconv.AppendInt(line, r.Done.AnswerBytes, 10)
	case responseLatency:
		return appendMillis(line, r.Done.LastByte.Sub(r.Done.Received))
	case errorMessageString:
		return r.appendQuotedError(line)
	case traceID:
		return appendText(line, r.Done.TraceID)
	case endpointType:
		return append(line, r.EndpointType...)
	case tlsVersionName:
		if r.Peer != nil {
			line = append(line, tlsVersion(r.Peer.TLSVersion)...)
		}
		return line
	case cipherSuite:
		if r.Peer != nil && r.Peer.CipherSuite != 0 {
			line = append(line, tls.CipherSuiteName(r.Peer.CipherSuite)...)
		}
		return line
	case basePathMatched:
		return appendText(line, r.Context.BasePathMatched)
	case routingRuleIDMatched:
		return appendText(line, r.Context.RoutingRuleIDMatched)
	}
	return r.appendFrequent(line, k, name)
}

// appendFrequent appends a variable that templates see as well. What a test gives goes
// first, and is found by its name.
func (r *Record) appendFrequent(line []byte, k kind, name string) []byte {
	x := r.Context
	if x.Given != nil {
		return r.appendSeen(line, name)
	}
	switch k {
	case requestID:
		return appendText(line, x.RequestID)
	case apiID:
		return appendText(line, x.APIID)
	case domainName:
		return appendText(line, x.DomainName)
	case extendedRequestID:
		return appendText(line, x.ExtendedRequestID)
	case httpMethod:
		return appendText(line, x.HTTPMethod)
	case caller:
		return appendText(line, x.Caller)
	case sourceIP:
		return appendText(line, x.SourceIP)
	case user:
		return appendText(line, x.User)
	case userAgent:
		return appendText(line, x.UserAgent)
	case path:
		return appendText(line, x.Path)
	case protocol:
		return appendText(line, x.Protocol)
	case requestTime:
		return x.AppendRequestTime(line)
	case requestTimeEpoch:
		return x.AppendRequestTimeEpoch(line)
	case resourcePath:
		return appendText(line, x.ResourcePath)
	case stage:
		return appendText(line, x.Stage)
	}
	return r.appendSeen(line, name)
}

// appendSeen appends a variable that templates see, or may see.
func (r *Record) appendSeen(line []byte, name string) []byte {
	if r.Overrides != nil {
		if text, ok := r.Overrides.Lookup(name); ok {
			return appendText(line, text)
		}
	}
	text, ok := r.Context.Lookup(name)
	if !ok && r.Access != nil && isPhase(name) { // what an authorizer answers under the same name goes first, as in templates
		return r.Access.appendPhase(line, name)
	}
	if name == "identity.apiKey" {
		text = mapping.MaskSecret(text)
	}
	return appendText(line, text)
}

// appendIntegration appends what is known of the integration.
func (r *Record) appendIntegration(line []byte, name string) []byte {
	in := &r.Done.Integration
	switch name {
	case "integration.latency", "integrationLatency":
		if in.Latency != 0 {
			return appendMillis(line, in.Latency)
		}
	case "integration.status":
		return appendStatus(line, in.CodeStatus)
	case "integration.integrationStatus", "integrationStatus":
		return appendStatus(line, in.Status)
	case "integration.error", "integrationErrorMessage":
		return appendText(line, in.Error)
	case "integration.requestId":
		return appendText(line, in.RequestID)
	case "integration.responseTransferMode":
		switch {
		case r.Streamed:
			return append(line, "STREAMED"...)
		case r.Routed:
			return append(line, "BUFFERED"...)
		}
	case timeToAllHeaders:
		return appendSince(line, in.Began, in.Header)
	case timeToFirstContent:
		return appendSince(line, in.Began, in.Content)
	}
	return line
}

// appendStatus appends a status; 0 is none.
func appendStatus(line []byte, status int) []byte {
	if status == 0 {
		return line
	}
	return strconv.AppendInt(line, int64(status), 10)
}

// appendSince appends the time between two times; the second may be none.
func appendSince(line []byte, from, to time.Time) []byte {
	if to.IsZero() {
		return line
	}
	return appendMillis(line, to.Sub(from))
}

// appendQuotedError appends the error message as the JSON string that it is,
// so that a format can have it without quotes.
func (r *Record) appendQuotedError(line []byte) []byte {
	if r.Context.Error.ResponseType == "" {
		return line
	}
	text, _ := r.Context.Lookup("error.messageString")
	return append(line, text...)
}

// tlsVersion is a version as AWS writes it elsewhere, in CloudTrail (documented);
// "" without TLS.
func tlsVersion(version uint16) string {
	switch version {
	case tls.VersionTLS13:
		return "TLSv1.3"
	case tls.VersionTLS12:
		return "TLSv1.2"
	case 0:
		return ""
	}
	return tls.VersionName(version)
}

// appendMillis appends a duration in milliseconds.
func appendMillis(line []byte, d time.Duration) []byte {
	return strconv.AppendInt(line, d.Milliseconds(), 10)
}
