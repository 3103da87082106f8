package control_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// newAuthorizerBench is an API whose questions to authorizers come to last, and are
// answered with result.
func newAuthorizerBench(t *testing.T) (f *fixture, last **control.AuthorizerTest, result *control.AuthorizerTestResult) {
	t.Helper()
	last, result = new(*control.AuthorizerTest), new(control.AuthorizerTestResult)
	url := newServerWith(t, testAccount, control.Options{InvokeAuthorizer: func(_ context.Context, test *control.AuthorizerTest) *control.AuthorizerTestResult {
		*last = test
		return result
	}}).URL
	return fixtureOn(t, clientFor(url, "AKIAEXAMPLE")), last, result
}

func TestTestInvokeAuthorizer(t *testing.T) {
	f, last, result := newAuthorizerBench(t)
	a := f.authorizer(t, apigateway.CreateAuthorizerInput{IdentityValidationExpression: aws.String("^a")})
	f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String("other")})
	if _, err := f.PutGatewayResponse(ctx(), &apigateway.PutGatewayResponseInput{RestApiId: &f.api, ResponseType: "UNAUTHORIZED", StatusCode: aws.String("418")}); err != nil {
		t.Fatal(err)
	}
	*result = control.AuthorizerTestResult{
		ClientStatus: 0, Latency: 1500 * time.Millisecond, Log: "what\nhappened\n", PrincipalID: "me", Policy: `{"Version":"2012-10-17"}`,
		Authorization: map[string][]string{"role": {"admin"}}, Claims: map[string]string{"sub": "1"},
	}
	in := &apigateway.TestInvokeAuthorizerInput{
		RestApiId: &f.api, AuthorizerId: a.Id, PathWithQueryString: aws.String("/pets/7?a=1"), Body: aws.String("hi"),
		Headers: map[string]string{"Authorization": "abc"}, MultiValueHeaders: map[string][]string{"X-A": {"1", "2"}},
		StageVariables: map[string]string{"env": "test"}, AdditionalContext: map[string]string{"identity.sourceIp": "10.0.0.1"},
	}
	out, err := f.TestInvokeAuthorizer(ctx(), in)
	if err != nil {
		t.Fatal(err)
	}
	if out.ClientStatus != 0 || out.Latency != 1500 || *out.Log != "what\nhappened\n" || *out.PrincipalId != "me" || *out.Policy != `{"Version":"2012-10-17"}` ||
		!cmp.Equal(out.Authorization, result.Authorization) || !cmp.Equal(out.Claims, result.Claims) {
		t.Errorf("got %+v", out)
	}

	test := *last
	want := &httpmsg.Request{
		Method: "GET", Path: "/pets/7", Query: "a=1", Scheme: "https", Proto: "HTTP/1.1", Body: []byte("hi"),
		Header: httpmsg.Header{{Name: "Authorization", Value: "abc"}, {Name: "X-A", Value: "1"}, {Name: "X-A", Value: "2"}},
	}
	if d := cmp.Diff(want, test.Request); d != "" {
		t.Error("-want +got", d)
	}
	if test.AuthorizerID != *a.Id || test.Caller.AccessKey != "AKIAEXAMPLE" || test.StageVariables["env"] != "test" || test.Context["identity.sourceIp"] != "10.0.0.1" {
		t.Errorf("the test is %+v", test)
	}
	authorizers := map[string]snapshot.Authorizer{*a.Id: {
		ID: *a.Id, Name: "auth", Type: "TOKEN", URI: authorizerURI, IdentitySource: authHeader, IdentityValidation: "^a", ResultTTLSeconds: 300,
	}}
	if d := cmp.Diff(authorizers, test.Deployment.Authorizers); d != "" {
		t.Error("-want +got", d)
	}
	if d := test.Deployment; len(d.Resources) != 0 || d.APIID != f.api || d.GatewayResponses["UNAUTHORIZED"].StatusCode != "418" {
		t.Errorf("the definition is %+v", d)
	}

	// What there is not is not in the answer, and a failure has its status.
	*result = control.AuthorizerTestResult{ClientStatus: 401}
	in.PathWithQueryString = nil
	out, err = f.TestInvokeAuthorizer(ctx(), in)
	if err != nil || out.ClientStatus != 401 || out.PrincipalId != nil || out.Policy != nil || out.Authorization != nil || out.Claims != nil || (*last).Request.Path != "/" {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestTestInvokeAuthorizerErrors(t *testing.T) {
	f, last, _ := newAuthorizerBench(t)
	a := f.authorizer(t, apigateway.CreateAuthorizerInput{})
	tests := map[string]struct {
		edit          func(*apigateway.TestInvokeAuthorizerInput)
		code, message string
	}{
		"unknown API":        {func(in *apigateway.TestInvokeAuthorizerInput) { in.RestApiId = aws.String("nope") }, "NotFound", "Invalid Authorizer identifier specified"},
		"unknown authorizer": {func(in *apigateway.TestInvokeAuthorizerInput) { in.AuthorizerId = aws.String("nope") }, "NotFound", "Invalid Authorizer identifier specified"},
		"a header's name":    {func(in *apigateway.TestInvokeAuthorizerInput) { in.Headers = map[string]string{"X A": "b"} }, "BadRequest", "Invalid header specified: X A"},
		"a header's values": {func(in *apigateway.TestInvokeAuthorizerInput) {
			in.MultiValueHeaders = map[string][]string{"X-A": {"b", "c\r\nEvil: d"}}
		}, "BadRequest", "Invalid header specified: X-A"},
		"a variable": {func(in *apigateway.TestInvokeAuthorizerInput) { in.StageVariables = map[string]string{"a b": "c"} }, "BadRequest",
			"Invalid stage variable name: a b.  Please use names with only word characters."},
		"too long a path": {func(in *apigateway.TestInvokeAuthorizerInput) {
			in.PathWithQueryString = aws.String(strings.Repeat("a", 10_241))
		}, "BadRequest", "Invalid path specified: it has more than 10240 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := &apigateway.TestInvokeAuthorizerInput{RestApiId: &f.api, AuthorizerId: a.Id}
			tt.edit(in)
			_, err := f.TestInvokeAuthorizer(ctx(), in)
			wantError(t, err, tt.code, tt.message)
			if *last != nil {
				t.Error("the authorizer was asked")
			}
		})
	}
	alone := newFixture(t)
	a = alone.authorizer(t, apigateway.CreateAuthorizerInput{})
	_, err := alone.TestInvokeAuthorizer(ctx(), &apigateway.TestInvokeAuthorizerInput{RestApiId: &alone.api, AuthorizerId: a.Id})
	wantError(t, err, "BadRequest", "This server does not support TestInvokeAuthorizer (it has no data plane) yet")
}
