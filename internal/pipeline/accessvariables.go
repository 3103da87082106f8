package pipeline

import (
	"crypto/tls"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
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

// appendLogVariable appends a variable's value.
func (c *call) appendLogVariable(line []byte, name string) []byte {
	switch name {
	case "requestId":
		if sent := c.req.Header.Get("x-amzn-RequestId"); sent != "" && sent != c.scope.Context.RequestID {
			return append(line, invalidRequestID...)
		}
	case "status":
		return strconv.AppendInt(line, int64(c.answer.Status), 10)
	case "responseLength":
		return strconv.AppendInt(line, int64(len(c.answer.Body)), 10)
	case "responseLatency":
		return appendMillis(line, time.Since(c.req.Received))
	case "error.messageString":
		return c.appendQuotedError(line)
	case "xrayTraceId":
		return appendLogText(line, c.traceID)
	case "endpointType":
		return append(line, c.stage.program.deployment.EndpointType...)
	case "tlsVersion":
		return append(line, tlsVersion(c.req.TLSVersion)...)
	case "cipherSuite":
		if id := c.req.CipherSuite; id != 0 {
			line = append(line, tls.CipherSuiteName(id)...)
		}
		return line
	case "integrationLatency", "integrationStatus", "integrationErrorMessage":
		return c.appendIntegration(line, name)
	}
	if strings.HasPrefix(name, "integration.") {
		return c.appendIntegration(line, name)
	}
	if text, ok := c.scope.Overrides.Lookup(name); ok {
		return appendLogText(line, text)
	}
	text, _ := c.scope.Context.Lookup(name)
	return appendLogText(line, text)
}

// appendIntegration appends what is known of the integration.
func (c *call) appendIntegration(line []byte, name string) []byte {
	switch name {
	case "integration.latency", "integrationLatency":
		if c.integrationTime != 0 {
			return appendMillis(line, c.integrationTime)
		}
	case "integration.status":
		if status := c.codeStatus(); status != 0 {
			return strconv.AppendInt(line, int64(status), 10)
		}
	case "integration.integrationStatus", "integrationStatus":
		if c.backend != nil {
			return strconv.AppendInt(line, int64(c.backend.Status), 10)
		}
	case "integration.error", "integrationErrorMessage":
		return appendLogText(line, c.integrationError)
	case "integration.requestId":
		return appendLogText(line, c.scope.Context.AWSEndpointRequestID)
	case "integration.responseTransferMode":
		if c.method != nil {
			return append(line, "BUFFERED"...)
		}
	case timeToAllHeaders:
		return c.appendSince(line, c.timing.Header)
	case timeToFirstContent:
		return c.appendSince(line, c.timing.Content)
	}
	return line
}

// codeStatus is the status that a backend or a function's own code answered, or
// that a MOCK's template said; 0 for none.
func (c *call) codeStatus() int {
	if c.method != nil && c.method.kind == "AWS_PROXY" {
		return c.function.Status
	}
	return c.status
}

// appendSince appends the time from the start of the integration's call.
func (c *call) appendSince(line []byte, at time.Time) []byte {
	if at.IsZero() {
		return line
	}
	return appendMillis(line, at.Sub(c.integrationStart))
}

// timingAsked is where the client of backends notes the times that the access
// log tells; nil where it tells none.
func (c *call) timingAsked() *integration.Timing {
	if log := c.stage.accessLog; log == nil || !log.timed {
		return nil
	}
	return &c.timing
}

// appendQuotedError appends the error message as the JSON string that it is,
// so that a format can have it without quotes.
func (c *call) appendQuotedError(line []byte) []byte {
	if c.scope.Context.Error.ResponseType == "" {
		return line
	}
	text, _ := c.scope.Context.Lookup("error.messageString")
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
