package gateway

import (
	"encoding/json"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A refusal is an answer of the front door's own, to a request that reaches no
// stage. No API can customise it.
type refusal struct {
	status       int
	errorType    string // x-amzn-ErrorType
	responseType string // AWS's gateway response of that kind, for logs
	message      string
	engine       bool // it is worded as AWS's engine does, with a space behind the colon
	cause        Cause
}

var (
	// forbidden is for a stage that does not exist.
	forbidden = &refusal{403, "ForbiddenException", "", "Forbidden", false, NoStage}
	// misdirected is for a connection whose handshake was for another name than the
	// request is for, and was not one that this name takes: the client makes one of its own.
	misdirected = &refusal{421, "MisdirectedRequestException", "", "Misdirected Request", false, Misdirected}
	// badRequest is for bytes that are no request, or could be two.
	badRequest = &refusal{400, "BadRequestException", "DEFAULT_4XX", "Bad Request", false, Malformed}
	// requestTimeout is for a head that does not come in its time.
	requestTimeout = &refusal{408, "RequestTimeoutException", "DEFAULT_4XX", "Request Timeout", false, TooSlow}
	// tooLong is for a URL, header or body over its limit.
	tooLong = &refusal{413, "RequestTooLargeException", "REQUEST_TOO_LARGE", "Request Too Long", false, TooLarge}
	// busy is for a server that has no memory for the request just now.
	busy = &refusal{503, "ServiceUnavailableException", "DEFAULT_5XX", "Service Unavailable", false, Crowded}
	// stale is for a process that was stopped and does not know yet what others have done.
	stale = &refusal{503, "ServiceUnavailableException", "DEFAULT_5XX", "Service Unavailable", false, Failed}
	// internalError is for when the failure is ours.
	internalError = &refusal{500, "InternalServerErrorException", "DEFAULT_5XX", "Internal server error", true, Failed}
)

// unknownAPI is ours alone: at AWS such a host does not resolve.
func unknownAPI(api string) *refusal {
	id := string(appendLower(nil, api))
	return &refusal{404, "NotFoundException", "", "The API id '" + id + "' does not correspond to a deployed API Gateway API", true, NoStage}
}

// answer makes the answer, under a request id of its own.
func (f *refusal) answer() *httpmsg.Response {
	text, _ := json.Marshal(f.message) // a string always works
	lead := `{"message":`
	if f.engine {
		lead += " "
	}
	return &httpmsg.Response{
		Status: f.status,
		Header: httpmsg.Header{
			{Name: requestIDHeader, Value: httpmsg.NewRequestID()},
			{Name: extendedIDHeader, Value: httpmsg.NewExtendedRequestID()},
			{Name: "x-amzn-ErrorType", Value: f.errorType},
			{Name: "Content-Type", Value: "application/json"},
		},
		Body: append(append([]byte(lead), text...), '}'),
	}
}

// Header names of the ids that every answer has.
const (
	requestIDHeader  = "x-amzn-RequestId"
	extendedIDHeader = "x-amz-apigw-id"
)
