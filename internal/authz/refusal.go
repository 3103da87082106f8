package authz

// A Kind says which gateway response a refused call gets.
type Kind int

// The kinds of refusals. AWS's names of the gateway responses are written beside
// them.
const (
	AccessDenied        Kind = iota // ACCESS_DENIED, 403
	Unauthorized                    // UNAUTHORIZED, 401
	AuthorizerFailure               // AUTHORIZER_FAILURE, 500
	AuthorizerConfig                // AUTHORIZER_CONFIGURATION_ERROR, 500
	MissingToken                    // MISSING_AUTHENTICATION_TOKEN, 403
	InvalidSignature                // INVALID_SIGNATURE, 403
	ExpiredToken                    // EXPIRED_TOKEN, 403
	IncompleteSignature             // DEFAULT_4XX, 403
)

// A Refusal is the error of a call that may not go on.
type Refusal struct {
	Kind      Kind
	Message   string // the client's; "" is JSON's null
	ErrorType string // x-amzn-ErrorType, where it is not the kind's own
	Line      string // of the execution log, where it is not Message
	Reason    string // for the log and traces, never for the client
	Cause     error  // for the log
}

// Error is the text of the log.
func (r *Refusal) Error() string {
	text := r.Message
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	if r.Cause != nil {
		text += ": " + r.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.Cause }
