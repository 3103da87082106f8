package wire

import (
	"fmt"
	"net/http"
)

// An Error is an answer that the service gives on purpose. Any other error of
// a handler becomes a 500 whose text stays in the log.
type Error struct {
	Status     int    // HTTP status, 400 to 503
	Type       string // what x-amzn-ErrorType says, such as "NotFoundException"
	Message    string // shown to the client, word for word as the service says it
	RetryAfter int    // seconds for Retry-After; 0 sends none
}

// Error returns the type and the message.
func (e *Error) Error() string { return e.Type + ": " + e.Message }

// retryAfter is the Retry-After of errors that go away by themselves, in seconds.
const retryAfter = 1

// BadRequest reports an input that an operation does not take.
func BadRequest(format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Type: "BadRequestException", Message: fmt.Sprintf(format, args...)}
}

// Unauthorized reports a request that the service does not accept from this
// caller's account.
func Unauthorized(format string, args ...any) error {
	return &Error{Status: http.StatusUnauthorized, Type: "UnauthorizedException", Message: fmt.Sprintf(format, args...)}
}

// NotFound reports that a resource the client named does not exist.
func NotFound(format string, args ...any) error {
	return &Error{Status: http.StatusNotFound, Type: "NotFoundException", Message: fmt.Sprintf(format, args...)}
}

// Conflict reports a resource that exists already or that is in use.
func Conflict(format string, args ...any) error {
	return &Error{Status: http.StatusConflict, Type: "ConflictException", Message: fmt.Sprintf(format, args...)}
}

// LimitExceeded reports a quota that is used up.
func LimitExceeded(format string, args ...any) error {
	return &Error{Status: http.StatusTooManyRequests, Type: "LimitExceededException", Message: fmt.Sprintf(format, args...), RetryAfter: retryAfter}
}

// TooManyRequests reports a caller who is over a rate.
func TooManyRequests(format string, args ...any) error {
	return &Error{Status: http.StatusTooManyRequests, Type: "TooManyRequestsException", Message: fmt.Sprintf(format, args...), RetryAfter: retryAfter}
}

// ServiceUnavailable reports that the service cannot answer for a while.
func ServiceUnavailable(format string, args ...any) error {
	return &Error{Status: http.StatusServiceUnavailable, Type: "ServiceUnavailableException", Message: fmt.Sprintf(format, args...), RetryAfter: retryAfter}
}

// AccessDenied reports that a policy does not let the caller do this.
func AccessDenied(format string, args ...any) error {
	return &Error{Status: http.StatusForbidden, Type: "AccessDeniedException", Message: fmt.Sprintf(format, args...)}
}

// NotImplemented reports an operation that this server does not have.
func NotImplemented(operation string) error {
	return &Error{Status: http.StatusNotImplemented, Type: "NotImplementedException", Message: fmt.Sprintf("The operation %s is not implemented.", operation)}
}

// Validation reports an input that breaks the constraints of the service's
// model. The server makes these itself before a handler runs.
func Validation(format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Type: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// Serialization reports a request that cannot be read as the operation's
// input. The server makes these itself before a handler runs.
func Serialization(format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Type: "SerializationException", Message: fmt.Sprintf(format, args...)}
}
