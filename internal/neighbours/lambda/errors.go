package lambda

import (
	"fmt"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	notFoundType = "ResourceNotFoundException"
	conflictType = "ResourceConflictException"
	invalidType  = "InvalidParameterValueException"
)

// invalid is the error for a parameter that cannot be.
func invalid(format string, args ...any) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: invalidType, Message: fmt.Sprintf(format, args...)}
}

// notFound is the error for a function, version or alias that there is not, by its ARN.
func notFound(ref reference) error {
	return &wire.Error{Status: http.StatusNotFound, Type: notFoundType, Message: "Function not found: " + ref.qualified()}
}

func missing(format string, args ...any) error {
	return &wire.Error{Status: http.StatusNotFound, Type: notFoundType, Message: fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) error {
	return &wire.Error{Status: http.StatusConflict, Type: conflictType, Message: fmt.Sprintf(format, args...)}
}

// stale is the error for a change of what has changed since its caller looked.
func stale() error {
	return &wire.Error{Status: http.StatusPreconditionFailed, Type: "PreconditionFailedException",
		Message: "The RevisionId provided does not match the latest RevisionId for the Lambda function or alias. Call the GetFunction or the GetAlias API to retrieve the latest RevisionId for the resource."}
}
