package gateway

import (
	"encoding/json"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// The front door's own answers. They are for requests that reach no stage, so
// no stage can customise them. AWS's front door writes {"message":"…"}, its
// engine {"message": "…"} with a space.

func answer(status int, errorType, message string) *httpmsg.Response {
	text, _ := json.Marshal(message) // a string always works
	return withBody(status, errorType, append(append([]byte(`{"message":`), text...), '}'))
}

func withBody(status int, errorType string, body []byte) *httpmsg.Response {
	return &httpmsg.Response{
		Status: status,
		Header: httpmsg.Header{
			{Name: "x-amzn-RequestId", Value: httpmsg.NewRequestID()},
			{Name: "x-amz-apigw-id", Value: httpmsg.NewExtendedRequestID()},
			{Name: "x-amzn-ErrorType", Value: errorType},
			{Name: "Content-Type", Value: "application/json"},
		},
		Body: body,
	}
}

// forbidden is the answer for a stage that does not exist.
func forbidden() *httpmsg.Response {
	return answer(403, "ForbiddenException", "Forbidden")
}

// unknownAPI is ours alone: at AWS such a host does not resolve.
func unknownAPI(api string) *httpmsg.Response {
	id := string(appendLower(nil, api))
	text, _ := json.Marshal("The API id '" + id + "' does not correspond to a deployed API Gateway API")
	return withBody(404, "NotFoundException", append(append([]byte(`{"message": `), text...), '}'))
}

// badRequest is the answer to what is no request, or not one alone.
func badRequest() *httpmsg.Response {
	return answer(400, "BadRequestException", "Bad Request")
}

// tooLong is the answer to a URL, header or body over its limit.
func tooLong() *httpmsg.Response {
	return answer(413, "RequestTooLargeException", "Request Too Long")
}

// internalError is the answer when the failure is ours.
func internalError() *httpmsg.Response {
	return withBody(500, "InternalServerErrorException", []byte(`{"message": "Internal server error"}`))
}
