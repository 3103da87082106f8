package pipeline

import (
	"errors"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// A responseType names one of AWS's gateway responses.
type responseType string

// The gateway responses of AWS. Their built-in status and error type are in
// gatewayDefaultOf.
const (
	accessDenied               responseType = "ACCESS_DENIED"
	apiConfigurationError      responseType = "API_CONFIGURATION_ERROR"
	authorizerConfigError      responseType = "AUTHORIZER_CONFIGURATION_ERROR"
	authorizerFailure          responseType = "AUTHORIZER_FAILURE"
	badRequestParameters       responseType = "BAD_REQUEST_PARAMETERS"
	badRequestBody             responseType = "BAD_REQUEST_BODY"
	default4XX                 responseType = "DEFAULT_4XX"
	default5XX                 responseType = "DEFAULT_5XX"
	expiredToken               responseType = "EXPIRED_TOKEN"
	integrationFailure         responseType = "INTEGRATION_FAILURE"
	integrationTimeout         responseType = "INTEGRATION_TIMEOUT"
	invalidAPIKey              responseType = "INVALID_API_KEY"
	invalidSignature           responseType = "INVALID_SIGNATURE"
	missingAuthenticationToken responseType = "MISSING_AUTHENTICATION_TOKEN"
	quotaExceeded              responseType = "QUOTA_EXCEEDED"
	requestTooLarge            responseType = "REQUEST_TOO_LARGE"
	resourceNotFound           responseType = "RESOURCE_NOT_FOUND"
	throttled                  responseType = "THROTTLED"
	unauthorized               responseType = "UNAUTHORIZED"
	unsupportedMediaType       responseType = "UNSUPPORTED_MEDIA_TYPE"
	wafFiltered                responseType = "WAF_FILTERED"
)

// gatewayDefault is the built-in form of one gateway response.
type gatewayDefault struct {
	status    int    // 0 for the two DEFAULT types, which have none of their own
	errorType string // x-amzn-ErrorType
}

// gatewayDefaultOf returns what AWS answers for a type that nobody customised.
func gatewayDefaultOf(t responseType) gatewayDefault {
	switch t {
	case accessDenied:
		return gatewayDefault{403, "AccessDeniedException"}
	case apiConfigurationError, integrationFailure, integrationTimeout:
		status := 504
		if t == apiConfigurationError {
			status = 500
		}
		return gatewayDefault{status, "InternalServerErrorException"}
	case authorizerConfigError:
		return gatewayDefault{500, "AuthorizerConfigurationException"}
	case authorizerFailure:
		return gatewayDefault{500, "AuthorizerFailureException"}
	case badRequestParameters, badRequestBody:
		return gatewayDefault{400, "BadRequestException"}
	case expiredToken:
		return gatewayDefault{403, "ExpiredTokenException"}
	case invalidAPIKey, wafFiltered:
		return gatewayDefault{403, "ForbiddenException"}
	case invalidSignature:
		return gatewayDefault{403, "InvalidSignatureException"}
	case missingAuthenticationToken:
		return gatewayDefault{403, "MissingAuthenticationTokenException"}
	case quotaExceeded:
		return gatewayDefault{429, "LimitExceededException"}
	case requestTooLarge:
		return gatewayDefault{413, "RequestTooLargeException"}
	case resourceNotFound:
		return gatewayDefault{404, "ResourceNotFoundException"}
	case throttled:
		return gatewayDefault{429, "TooManyRequestsException"}
	case unauthorized:
		return gatewayDefault{401, "UnauthorizedException"}
	case unsupportedMediaType:
		return gatewayDefault{415, "BadRequestException"}
	case default4XX:
		return gatewayDefault{0, "BadRequestException"}
	}
	return gatewayDefault{0, "InternalServerErrorException"}
}

// A failure ends a call with a gateway response.
type failure struct {
	kind    responseType
	message string // $context.error.message
	status  int    // in place of the type's own; 0 keeps it
	errType string // in place of the type's own x-amzn-ErrorType
	engine  bool   // raised by the execution engine, whose default body has a space after the colon
	reason  string // for the log and traces, never for the client
	detail  string // $context.error.validationErrorString
	field   string // of the definition that is at fault, such as integration.uri; "" where none is known
	line    string // of an execution log, where logLine's is another
	cause   error  // for the log
}

// Error makes a failure an error; the text is the log's.
func (f *failure) Error() string {
	text := string(f.kind) + ": " + f.message
	if f.reason != "" {
		text += ": " + f.reason
	}
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.cause }

// at names the part of the definition that is at fault.
func (f *failure) at(field string) *failure {
	f.field = field
	return f
}

// logLine is what an execution log says of the failure. Those of a timeout,
// a broken connection and a definition at fault are recorded.
func (f *failure) logLine() string {
	const lead = "Execution failed due to "
	switch {
	case f.line != "":
		return f.line
	case f.kind == integrationTimeout:
		return lead + "a timeout error"
	case f.reason != "" && (f.kind == apiConfigurationError || f.kind == integrationFailure):
		return lead + "configuration error: " + f.reason
	case f.kind == integrationFailure:
		return lead + "a network error communicating with endpoint: " + networkCause(f.cause)
	case f.kind.family(f.status) == default5XX:
		return lead + "an internal error"
	}
	return f.message
}

// networkCause is why a backend was not reached, without where it is.
func networkCause(err error) string {
	var failed *integration.Error
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return "Connection is closed"
}

const internalServerError = "Internal server error"

// configurationError is AWS's answer to a definition that cannot work: 500,
// with the reason kept for the log.
func configurationError(reason string, cause error) *failure {
	return &failure{kind: apiConfigurationError, message: internalServerError, engine: true, reason: reason, cause: cause}
}

// engineError is the engine's general 500.
func engineError(reason string, cause error) *failure {
	return &failure{kind: default5XX, status: 500, message: internalServerError, engine: true, reason: reason, cause: cause}
}

// badRequest is a 400 of the front door for a request that no backend may see.
func badRequest(cause error) *failure {
	return &failure{kind: default4XX, status: 400, message: "Bad Request", reason: "malformed request", cause: cause}
}

// requestTimeout is a 408 of the front door for a body that comes too slowly.
func requestTimeout(cause error) *failure {
	return &failure{kind: default4XX, status: 408, errType: "RequestTimeoutException", message: "Request Timeout", cause: cause}
}

// bodyTooLarge is the answer to a body over the limit, as sent or inflated.
func bodyTooLarge() *failure {
	return &failure{kind: requestTooLarge, message: "Request Too Long"}
}

// forbidden closes a method whose protection is not enforced yet: the request
// fails rather than pass unprotected.
func forbidden(reason string) *failure {
	return &failure{kind: accessDenied, message: "Forbidden", reason: reason}
}

func missingToken() *failure {
	return &failure{kind: missingAuthenticationToken, message: "Missing Authentication Token"}
}

func unsupportedMedia() *failure {
	return &failure{kind: unsupportedMediaType, message: "Unsupported Media Type", engine: true}
}

// busy is the answer when the process holds as many bytes of bodies as it may.
func busy(cause error) *failure {
	return &failure{kind: default5XX, status: 503, message: "Service Unavailable", engine: true, cause: cause}
}

// unlessBusy is busy where err says that there is no memory, else f.
func unlessBusy(err error, f *failure) error {
	if errors.Is(err, httpmsg.ErrBudget) {
		return busy(err)
	}
	return f
}

// family returns the DEFAULT type that a type falls back to.
func (t responseType) family(status int) responseType {
	if s := gatewayDefaultOf(t).status; s != 0 {
		status = s
	}
	if t == default5XX || status >= 500 {
		return default5XX
	}
	return default4XX
}

// parseStatus reads a status code of a definition, 0 when it is none.
func parseStatus(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 100 || n > 599 {
		return 0
	}
	return n
}
