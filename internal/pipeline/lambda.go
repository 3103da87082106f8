package pipeline

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

var errNoFunction = errors.New("the URI of the proxy integration is not that of a Lambda function")

// buildEvent makes the invocation of a proxy integration's function.
func buildEvent(c *call) error {
	t, err := c.awsTarget()
	if err != nil {
		return err
	}
	if t.service.Function == "" {
		return configurationError("Invalid endpoint address", errNoFunction).at(uriField)
	}
	c.startOut()
	h := &c.out.Header
	h.Add("Accept", "application/json")
	h.Add("User-Agent", c.stage.userAgent)
	h.Add("Content-Type", "application/json")
	c.addServiceTrace()
	c.addInvocation(t)
	if err := c.makeEvent(t); err != nil {
		return err
	}
	return c.finishTarget("")
}

// largeBody is from which size a body is not written into the call's own memory.
const largeBody = 32 << 10

// makeEvent makes the event of the call its request's body. A large one is
// written into a buffer of the budget: escapes may make it six times as large.
func (c *call) makeEvent(t *awsTarget) error {
	body := c.scope.RequestBody
	if len(body) <= largeBody {
		c.body = c.appendEvent(c.body[:0], t)
		c.out.Body = c.body
		return nil
	}
	size := jsonLength(body)
	if c.binaryRequest() {
		size = base64.StdEncoding.EncodedLen(len(body))
	}
	room, err := c.lend(size + largeBody)
	if err != nil {
		return err
	}
	c.out.Body = c.appendEvent(room, t)
	return nil
}

// addInvocation adds the headers of an invocation of Lambda (recorded). The
// source is what a function's resource policy permits API Gateway to call it
// for; a role's call needs the role's permission alone, and names no source.
func (c *call) addInvocation(t *awsTarget) {
	h := &c.out.Header
	if t.role == "" {
		h.Set("X-Amz-Source-Arn", t.sourceARN)
	}
	h.Set("x-amzn-lambda-integration-tag", c.scope.Context.RequestID)
}

// readFunctionAnswer makes the answer of a proxy integration's function the
// client's.
func readFunctionAnswer(c *call) error {
	t, err := c.awsTarget()
	if err != nil {
		return err
	}
	if t.service.FunctionFailed(c.backend) {
		return c.integrationFailed(functionFailed(c.backend))
	}
	a := &c.function
	if err := c.readAnswer(a); err != nil {
		a.status = 0 // it said none that counts
		if f, ok := err.(*failure); ok {
			return c.integrationFailed(f)
		}
		return c.integrationFailed(badGateway("Malformed Lambda proxy response", err))
	}
	if a.base64 && c.binaryResponse() {
		if err := a.decode(); err != nil {
			return c.integrationFailed(configurationError(badBase64, err))
		}
	}
	c.answer.Status, c.answer.Body = a.status, a.body
	c.answer.Header = a.appendHeader(c.answer.Header)
	return nil
}

// readAnswer reads what the function answered. A large body goes into a buffer of
// the budget, which what its text says fits in.
func (c *call) readAnswer(a *functionAnswer) (err error) {
	if len(c.backend.Body) > largeBody {
		if a.body, err = c.lend(len(c.backend.Body)); err != nil {
			return err
		}
		return a.read(c.backend.Body)
	}
	a.body = c.rendered
	err = a.read(c.backend.Body)
	c.rendered = a.body
	return err
}

// selectServiceResponse finds the integration response of an AWS integration:
// for a function by the message of its error, "" without one, else by status.
func selectServiceResponse(c *call) error {
	t, err := c.awsTarget()
	if err != nil {
		return err
	}
	switch {
	case t.service.Function == "":
		return selectResponse(c)
	case t.service.FunctionFailed(c.backend):
		return c.selectBy(errorMessage(c.backend.Body), 0)
	}
	return c.selectBy("", 0)
}

// errorMessage returns the member errorMessage of a function's error, "" when
// there is none.
func errorMessage(body []byte) string { return stringMember(body, "errorMessage") }

// stringMember returns the text of a member of a JSON object.
func stringMember(body []byte, names ...string) string {
	var text []byte
	r := jsonReader{text: body}
	r.object(func(key []byte) bool {
		for _, name := range names {
			if string(key) == name && r.peek() == '"' {
				var ok bool
				text, ok = r.string(text[:0])
				return ok
			}
		}
		return r.skip(0)
	})
	return string(text)
}

// lambdaRefused is the answer when Lambda's API did not run the function.
func lambdaRefused(resp *httpmsg.Response) *failure {
	reason := stringMember(resp.Body, "message", "Message")
	cause := fmt.Errorf("Lambda answered %d: %s", resp.Status, reason) //nolint:staticcheck // a name
	if resp.Status == 403 || reason == "" {
		reason = noPermission
	}
	return &failure{kind: integrationFailure, status: 500, message: internalServerError, engine: true, field: uriField, reason: reason, cause: cause}
}

// noPermission is what AWS logs when Lambda does not let it invoke a function.
const noPermission = "Invalid permissions on Lambda function"

// functionFailed is the answer when the function of a proxy integration threw.
func functionFailed(resp *httpmsg.Response) *failure {
	const lead = "Lambda execution failed with status 200 due to customer function error: "
	f := badGateway(lead+errorMessage(resp.Body)+". Lambda request id: "+endpointRequestID(resp.Header), nil)
	f.line = f.reason
	return f
}

// badGateway is the 502 for a function that did not answer as it has to.
func badGateway(reason string, cause error) *failure {
	return &failure{kind: integrationFailure, status: 502, message: internalServerError, engine: true, reason: reason, cause: cause}
}

// endpointRequestID returns the id that a service gave a request.
func endpointRequestID(h httpmsg.Header) string {
	for _, name := range []string{"x-amzn-RequestId", "x-amz-request-id", "x-amz-requestid"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// serviceTrace is the trace id that AWS services get, in a header and in
// events: the new root alone, or what the client sent behind an id of this hop
// (recorded). full is the trace id of the answer.
func serviceTrace(incoming, full string, now int64) string {
	if root, _, _, _ := parseTrace(incoming); root != "" {
		return string(append(append(appendRoot([]byte("Self="), now), ';'), incoming...))
	}
	root, _, _ := strings.Cut(full, ";")
	return root
}
