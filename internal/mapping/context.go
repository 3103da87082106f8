package mapping

// A Context is what $context shows, by AWS's names. Members that are empty are
// absent in templates.
type Context struct {
	AccountID         string
	APIID             string
	DeploymentID      string
	DomainName        string // Host without port
	DomainPrefix      string // its first label
	ExtendedRequestID string // x-amz-apigw-id
	HTTPMethod        string
	Path              string // with the stage, as the client sent it
	Protocol          string // HTTP/1.1
	RequestID         string // x-amzn-RequestId
	RequestTime       int64  // milliseconds since 1970; requestTime and requestTimeEpoch print it
	ResourceID        string
	ResourcePath      string // template, such as /pets/{id}
	Stage             string
	SourceIP          string // identity.sourceIp
	UserAgent         string // identity.userAgent

	Error ContextError
}

// A ContextError is $context.error, set while a gateway response is made.
type ContextError struct {
	Message          string // absent when HasMessage is false: messageString prints null
	HasMessage       bool
	ResponseType     string
	ValidationString string
}
