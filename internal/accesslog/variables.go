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

// append appends a variable's value.
func (r *Record) append(line []byte, name string) []byte {
	switch name {
	case "requestId":
		if r.ReplacedID {
			return append(line, invalidRequestID...)
		}
	case "status":
		return strconv.AppendInt(line, int64(r.Done.Status), 10)
	case "responseLength":
		return strconv.AppendInt(line, r.Done.AnswerBytes, 10)
	case "responseLatency":
		return appendMillis(line, r.Done.LastByte.Sub(r.Done.Received))
	case "error.messageString":
		return r.appendQuotedError(line)
	case "xrayTraceId":
		return appendText(line, r.Done.TraceID)
	case "endpointType":
		return append(line, r.EndpointType...)
	case "tlsVersion":
		if r.Peer != nil {
			line = append(line, tlsVersion(r.Peer.TLSVersion)...)
		}
		return line
	case "cipherSuite":
		if r.Peer != nil && r.Peer.CipherSuite != 0 {
			line = append(line, tls.CipherSuiteName(r.Peer.CipherSuite)...)
		}
		return line
	case "customDomain.basePathMatched":
		return appendText(line, r.Context.BasePathMatched)
	case "customDomain.routingRuleIdMatched":
		return appendText(line, r.Context.RoutingRuleIDMatched)
	case "integrationLatency", "integrationStatus", "integrationErrorMessage":
		return r.appendIntegration(line, name)
	}
	if strings.HasPrefix(name, "integration.") {
		return r.appendIntegration(line, name)
	}
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
