package control

import (
	"context"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An AuthorizerTest is a question to one authorizer that TestInvokeAuthorizer asks.
type AuthorizerTest struct {
	Deployment   *snapshot.Deployment // holds the one authorizer, and no resources
	AuthorizerID string
	Request      *httpmsg.Request // Received is the callee's to set
	Caller       *wire.Caller

	StageVariables map[string]string // stand in for a stage's; a test has no stage
	Context        map[string]string // further values of $context
}

// An AuthorizerTestResult is what came of an AuthorizerTest.
type AuthorizerTestResult struct {
	ClientStatus int // what a client would get, 0 where the authorizer worked
	Latency      time.Duration
	Log          string

	PrincipalID, Policy string              // of a function's answer
	Authorization       map[string][]string // the context that came with it
	Claims              map[string]string   // of a user pool's token
}

// TestInvokeAuthorizer asks an authorizer as it is defined now, under no stage and
// without answers that were kept. What the authorizer fails with is a result, not an
// error.
func (s *Service) TestInvokeAuthorizer(ctx context.Context, who *wire.Caller, in *wire.TestInvokeAuthorizerRequest) (*wire.TestInvokeAuthorizerResponse, error) {
	if s.invokeAuthorizer == nil {
		return nil, unserved("TestInvokeAuthorizer", "(it has no data plane)")
	}
	test, err := read(ctx, s, who, in.RestAPIID, func(t *tx) (*AuthorizerTest, error) { return t.authorizerTest(in) })
	if err != nil {
		return nil, err
	}
	r := s.invokeAuthorizer(ctx, test)
	return &wire.TestInvokeAuthorizerResponse{
		ClientStatus: new(int32(r.ClientStatus)), Log: &r.Log, Latency: new(r.Latency.Milliseconds()),
		PrincipalID: given(&r.PrincipalID), Policy: given(&r.Policy), Authorization: r.Authorization, Claims: r.Claims,
	}, nil
}

// authorizerTest reads the authorizer and makes the question to it.
func (t *tx) authorizerTest(in *wire.TestInvokeAuthorizerRequest) (*AuthorizerTest, error) {
	a, err := t.authorizer(in.AuthorizerID)
	if err != nil {
		return nil, err
	}
	if err := checkTestRequest(in.PathWithQueryString, in.Headers, in.MultiValueHeaders, in.StageVariables); err != nil {
		return nil, err
	}
	if err := t.checkVariableRole(text(a.AuthorizerCredentials), in.StageVariables); err != nil {
		return nil, err
	}
	src := &source{Authorizers: []wire.Authorizer{*a}}
	if err := t.loadSettings(src); err != nil {
		return nil, err
	}
	if err := t.loadGatewayResponses(src); err != nil {
		return nil, err
	}
	req := &httpmsg.Request{
		Method: "GET", Scheme: "https", Proto: "HTTP/1.1", Header: testHeader(in.Headers, in.MultiValueHeaders), Body: []byte(text(in.Body)),
	}
	req.Path, req.Query = testTarget(text(in.PathWithQueryString), "/")
	return &AuthorizerTest{
		Deployment: t.freeze(&wire.Deployment{ID: new(""), CreatedDate: &t.now}, src), AuthorizerID: *a.ID,
		Request: req, Caller: t.who, StageVariables: in.StageVariables, Context: in.AdditionalContext,
	}, nil
}
