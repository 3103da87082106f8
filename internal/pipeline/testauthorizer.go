package pipeline

import (
	"context"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// An AuthorizerResult is what came of a test of an authorizer.
type AuthorizerResult struct {
	// ClientStatus is what a client would get, 0 where the authorizer worked, even if
	// what it says lets nobody in.
	ClientStatus int
	Latency      time.Duration

	PrincipalID   string              // of a Lambda authorizer
	Policy        string              // its policy document, as the function wrote it
	Authorization map[string][]string // the context that came with it
	Claims        map[string]string   // of a token
	Trace         *trace.Trace
}

// testedStage is the stage in the ARN that an authorizer under test is told (recorded).
const testedStage = "ESTestInvoke-stage"

// TestAuthorizer asks an authorizer of d about a request as if a method had named it,
// under no stage and without answers kept from before. The call ends when ctx has to.
func TestAuthorizer(ctx context.Context, d *snapshot.Deployment, authorizerID string, req *httpmsg.Request, test *Test, services *Services, checks ...Check) *AuthorizerResult {
	p := &Program{deployment: d, checks: checks}
	p.compileGatewayResponses()
	method := &snapshot.Method{HTTPMethod: "GET", AuthorizationType: "CUSTOM", AuthorizerID: authorizerID}
	if d.Authorizers[authorizerID].Type == "COGNITO_USER_POOLS" {
		method.AuthorizationType = "COGNITO_USER_POOLS"
	}
	steps := (&compiler{program: p, resource: "/", method: method}).identification()
	s := Bind(&snapshot.Stage{
		APIID: d.APIID, Name: testedStage, Account: d.Account, Region: d.Region, Variables: test.Variables,
	}, p, services.forTest())
	if deadline, ok := ctx.Deadline(); ok {
		req.Deadline = deadline
	}
	req.Received = time.Now()
	c := s.newCall(req)
	c.asTest(test)
	c.startTrace()
	c.method = &Method{verb: "GET", resourcePath: "/"}
	c.scope.Context.HTTPMethod, c.scope.Context.ResourcePath = "GET", "/"
	result := &AuthorizerResult{Trace: c.trace}
	if err := c.attempt(func(c *call) error { return c.take(steps) }); err != nil {
		c.complete(err)
		result.ClientStatus = c.answer.Status
	}
	result.Latency = time.Since(req.Received)
	c.describeCaller(result)
	c.answer.Release()
	return result
}

// describeCaller fills in what the authorizer said.
func (c *call) describeCaller(r *AuthorizerResult) {
	if answer := c.access.answer; answer != nil {
		r.PrincipalID, r.Policy = answer.PrincipalID, answer.Document
		for _, p := range answer.Context {
			if r.Authorization == nil {
				r.Authorization = make(map[string][]string)
			}
			r.Authorization[p.Name] = append(r.Authorization[p.Name], p.Value)
		}
	}
	for _, p := range c.scope.Context.Authorizer.Claims {
		if r.Claims == nil {
			r.Claims = make(map[string]string)
		}
		r.Claims[p.Name] = p.Value
	}
}
