package pipeline

import (
	"io"
	"net/http"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// An answer that HTTP cannot carry is a failure of the definition, told as all
// others are: by the API's own gateway response.
func TestAnswerThatCannotBeSent(t *testing.T) {
	const broken = "500\nx-amzn-ErrorType: InternalServerErrorException\nX-Own: yes\nContent-Type: application/json\n\n" + `{"message": "Internal server error"}`
	maps := func(text string) func(*snapshot.Method) {
		return func(m *snapshot.Method) {
			respond(`{"a":1}`)(m)
			m.Integration.Responses[0].Parameters = map[string]string{"method.response.header.X-A": text}
		}
	}
	tests := map[string]struct {
		edit    func(*snapshot.Method)
		request string
		want    string
	}{
		"an override's value, line end":  {respond(`#set($context.responseOverride.header.X-A = $input.params('v'))x`), "GET /x?v=a%0d%0aEvil:1", broken},
		"an override's value, NUL":       {respond(`#set($context.responseOverride.header.X-A = $input.params('v'))x`), "GET /x?v=a%00", broken},
		"an override's value, remapped":  {respond(`#set($context.responseOverride.header.Date = $input.params('v'))x`), "GET /x?v=a%0a", broken},
		"an override's name, line end":   {respond(`#set($context.responseOverride.header[$input.params('v')] = "x")x`), "GET /x?v=a%0d%0aEvil", broken},
		"an override's name, empty":      {respond(`#set($context.responseOverride.header[""] = "x")x`), "GET /x", broken},
		"set while the request is made":  {ask(`#set($context.responseOverride.header.X-A = $input.params('v')){"statusCode": 200}`), "GET /x?v=a%0d", broken},
		"a framing header has no effect": {respond(`#set($context.responseOverride.header.Transfer-Encoding = $input.params('v'))x`), "GET /x?v=a%0d", emptyAnswer + "x"},
		"a status of interim answers":    {respond(`#set($context.responseOverride.status = 101)x`), "GET /x", broken},
		"such a status of the method": {func(m *snapshot.Method) {
			m.Integration.Responses[0].StatusCode = "100"
			m.Responses["100"] = snapshot.MethodResponse{}
		}, "GET /x", broken},
		"a mapped value":       {maps("context.path"), "GET /x", "200\nX-A: /prod/x\nContent-Type: application/json\n\n{\"a\":1}"},
		"a static value":       {maps("'a\nb'"), "GET /x", broken},
		"a value with a blank": {maps("' a\tb '"), "GET /x", "200\nX-A:  a\tb \nContent-Type: application/json\n\n{\"a\":1}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRigOf(t, &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{mock(tt.edit)}, GatewayResponses: map[string]snapshot.GatewayResponse{
				"DEFAULT_5XX": {Parameters: map[string]string{"gatewayresponse.header.X-Own": "'yes'"}},
			}})
			r.want(t, tt.request, tt.want)
		})
	}
}

// What a backend's body holds may be no header.
func TestMappedBodyThatCannotBeSent(t *testing.T) {
	c := newCloud(t, func(w http.ResponseWriter, _ seen) { _, _ = io.WriteString(w, `{"a":"b\r\nEvil: 1"}`) })
	r := newAWSRig(t, c, awsMethod("/x", "POST", "AWS", lambdaURI(testFunction), func(m *snapshot.Method) {
		m.Integration.Responses[0].Parameters = map[string]string{"method.response.header.X-A": "integration.response.body.a"}
	}))
	r.want(t, "POST /x", internalError)
}

// A gateway response leaves out a header that it cannot send: it is the answer
// to a failure already.
func TestGatewayResponseLeavesOut(t *testing.T) {
	r := newRigOf(t, &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{mock(nil)}, GatewayResponses: map[string]snapshot.GatewayResponse{
		"DEFAULT_4XX": {StatusCode: "101", Parameters: map[string]string{
			"gatewayresponse.header.X-A": "method.request.querystring.a", "gatewayresponse.header.X-B": "method.request.querystring.b"}},
	}})
	r.want(t, "GET /nope?a=1%0d%0aEvil:1&b=2", "403\nx-amzn-ErrorType: MissingAuthenticationTokenException\nX-B: 2\nContent-Type: application/json\n\n"+
		`{"message":"Missing Authentication Token"}`)
}

// The access log tells what was answered, under the id that the client has.
func TestAccessLogOfAnswerThatCannotBeSent(t *testing.T) {
	got := logged(t, "$context.status $context.error.responseType", "GET /x?v=%0a", mock(respond(`#set($context.responseOverride.header.X-A = $input.params('v'))x`)))
	if want := "500 API_CONFIGURATION_ERROR\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
