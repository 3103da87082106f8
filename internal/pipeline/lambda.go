package pipeline

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
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
	c.addInvocationHeaders(&c.out, t)
	c.traceID = c.fullTrace()
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
	body, binary := c.scope.RequestBody, c.binaryRequest()
	c.tell(t)
	if len(body) <= largeBody {
		c.out.body = c.told.AppendEvent(c.out.body[:0], body, binary)
		c.out.Body = c.out.body
		return nil
	}
	room, err := c.lend(lambdaproxy.BodySize(body, binary) + largeBody)
	if err != nil {
		return err
	}
	c.out.Body = c.told.AppendEvent(room, body, binary)
	return nil
}

// tell fills in c.told, which is what a function learns of the request.
func (c *call) tell(t *awsTarget) {
	r := &c.told
	r.Reset()
	r.Path, r.StageVariables, r.OperationName, r.Context = c.req.PublicPath(), t.variables, c.method.operationName, &c.scope.Context
	r.Headers = slices.DeleteFunc(c.appendSeen(r.Headers), func(f httpmsg.Field) bool { // they were for the gateway
		return isSignature(&f) || httpmsg.EqualFold(f.Name, "X-HTTP-Method-Override")
	})
	if !c.test {
		r.Headers = append(r.Headers, httpmsg.Field{Name: "Host", Value: c.req.Host})
	}
	for _, p := range c.scope.Query() {
		r.Query = append(r.Query, httpmsg.Field(p))
	}
	for i := range c.match.n {
		r.PathVariables = append(r.PathVariables, httpmsg.Field{Name: c.match.names[i], Value: c.match.values[i]})
	}
}

// addInvocationHeaders adds all headers of an invocation of Lambda.
func (c *call) addInvocationHeaders(o *outgoing, t *awsTarget) {
	o.Header.Add("Accept", "application/json")
	o.Header.Add("User-Agent", c.stage.userAgent)
	o.Header.Add("Content-Type", "application/json")
	c.addServiceTrace(o)
	c.addInvocation(o, t)
}

// addInvocation adds the headers that an invocation of Lambda has beside those of
// every service (recorded). The source is what a function's resource policy
// permits API Gateway to call it for; a role's call needs the role's permission
// alone, and names no source.
func (c *call) addInvocation(o *outgoing, t *awsTarget) {
	h := &o.Header
	if t.role == "" {
		h.Set("X-Amz-Source-Arn", t.sourceARN)
	}
	h.Set("x-amzn-lambda-integration-tag", c.scope.Context.RequestID)
}

// passOutput makes the output of a proxy integration's function the client's
// answer.
func passOutput(c *call) error {
	t, err := c.awsTarget()
	if err != nil {
		return err
	}
	if t.service.FunctionFailed(c.backend) {
		return c.integrationFailed(functionFailed(lambdaproxy.ErrorMessage(c.backend.Body), c.backend.Header))
	}
	o := &c.output
	if err := c.readOutput(o); err != nil {
		o.Status = 0 // it said none that counts
		if f, ok := err.(*failure); ok {
			return c.integrationFailed(f)
		}
		return c.integrationFailed(badGateway("Malformed Lambda proxy response", err))
	}
	if o.Base64 && c.binaryResponse() {
		if err := o.Decode(); err != nil {
			return c.integrationFailed(configurationError(badBase64, err))
		}
	}
	c.answer.Status, c.answer.Body = o.Status, o.Body
	c.answer.Header = outputHeader(o.AppendHeader(c.answer.Header))
	return nil
}

// outputHeader gives the header lines of a function's output the treatment that
// AWS gives them, in place.
func outputHeader(h httpmsg.Header) httpmsg.Header {
	kept := h[:0]
	for _, f := range h {
		switch {
		case httpmsg.EqualFold(f.Name, "Transfer-Encoding"):
			continue
		case remappedFromProxy.has(f.Name):
			f.Name = remappedName(f.Name)
		}
		kept = append(kept, f)
	}
	return kept
}

// readOutput reads what the function returned. That of a large response goes into a
// buffer of the budget as long as the response, which no body in it is longer than.
func (c *call) readOutput(o *lambdaproxy.Output) (err error) {
	if len(c.backend.Body) > largeBody {
		if o.Body, err = c.lend(len(c.backend.Body)); err != nil {
			return err
		}
		return o.Read(c.backend.Body)
	}
	o.Body = c.rendered
	err = o.Read(c.backend.Body)
	c.rendered = o.Body
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
		return c.selectBy(lambdaproxy.ErrorMessage(c.backend.Body), 0)
	}
	return c.selectBy("", 0)
}

// notInvoked is the failure when Lambda's API did not run the function.
func notInvoked(resp *httpmsg.Response) *failure {
	reason := lambdaproxy.InvokeErrorMessage(resp.Body)
	cause := fmt.Errorf("Lambda answered %d: %s", resp.Status, reason) //nolint:staticcheck // a name
	if resp.Status == 403 || reason == "" {
		reason = noPermission
	}
	return &failure{kind: integrationFailure, status: 500, message: internalServerError, engine: true, field: uriField, reason: reason, cause: cause}
}

// noPermission is what AWS logs when Lambda does not let it invoke a function.
const noPermission = "Invalid permissions on Lambda function"

// functionFailed is the answer when the function of a proxy integration threw, with a
// message and under the header of Lambda's response.
func functionFailed(message string, header httpmsg.Header) *failure {
	const lead = "Lambda execution failed with status 200 due to customer function error: "
	f := badGateway(lead+message+". Lambda request id: "+endpointRequestID(header), nil)
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
