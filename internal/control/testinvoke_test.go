package control_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A testBench is an API whose tests come to the bench.
type testBench struct {
	*fixture
	last   *control.Test
	result control.TestResult
}

func newTestBench(t *testing.T) *testBench {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	b := &testBench{result: control.TestResult{Status: 200}}
	svc := control.New(control.Options{Store: st, Invoke: func(_ context.Context, test *control.Test) *control.TestResult {
		b.last = test
		return &b.result
	}})
	h, err := wire.NewServer(wire.ServerOptions{
		Handlers: svc.Handlers(), Authenticate: control.OpenAuthenticator(testAccount, testRegion), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	b.fixture = fixtureOn(t, clientFor(srv.URL, "AKIAEXAMPLE"))
	return b
}

func (b *testBench) input(resource, verb string) *apigateway.TestInvokeMethodInput {
	return &apigateway.TestInvokeMethodInput{RestApiId: &b.api, ResourceId: &resource, HttpMethod: &verb}
}

func TestTestInvokeMethod(t *testing.T) {
	b := newTestBench(t)
	pet := b.resource(t, b.pets, "{id}")
	b.method(t, pet, "GET")
	b.mock(t, pet, "GET")
	b.method(t, pet, "ANY")
	b.mock(t, pet, "ANY")
	b.method(t, pet, "POST") // without an integration: only its own tests mind
	b.result = control.TestResult{
		Status: 404, Header: httpmsg.Header{{Name: "X-A", Value: "1"}, {Name: "X-A", Value: "2"}, {Name: "Content-Type", Value: "text/x"}},
		Body: []byte("none"), Log: "what\nhappened\n", Latency: 1500 * time.Millisecond,
	}
	in := b.input(pet, "GET")
	in.PathWithQueryString, in.Body = aws.String("/pets/7?a=1&b"), aws.String("hi")
	in.Headers = map[string]string{"X-B": "3", "x-a": "0"}
	in.MultiValueHeaders = map[string][]string{"X-B": {"1", "2", "3"}, "X-C": {"4"}}
	in.StageVariables = map[string]string{"env": "test"}
	out, err := b.TestInvokeMethod(ctx(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := apigateway.TestInvokeMethodOutput{
		Status: 404, Body: aws.String("none"), Log: aws.String("what\nhappened\n"), Latency: 1500,
		Headers:           map[string]string{"X-A": "2", "Content-Type": "text/x"},
		MultiValueHeaders: map[string][]string{"X-A": {"1", "2"}, "Content-Type": {"text/x"}},
	}
	if got := *out; got.Status != want.Status || *got.Body != *want.Body || *got.Log != *want.Log || got.Latency != want.Latency ||
		!cmp.Equal(got.Headers, want.Headers) || !cmp.Equal(got.MultiValueHeaders, want.MultiValueHeaders) {
		t.Errorf("got %+v", got)
	}
	r := b.last.Request
	wantRequest := &httpmsg.Request{
		Method: "GET", Path: "/pets/7", Query: "a=1&b", Scheme: "https", Proto: "HTTP/1.1", Body: []byte("hi"), Header: httpmsg.Header{
			{Name: "X-B", Value: "1"}, {Name: "X-B", Value: "2"}, {Name: "X-B", Value: "3"}, {Name: "X-C", Value: "4"}, {Name: "x-a", Value: "0"},
		},
	}
	if d := cmp.Diff(wantRequest, r); d != "" {
		t.Error(d)
	}
	who := b.last.Caller
	if who.AccessKey != "AKIAEXAMPLE" || !strings.Contains(who.UserAgent, "aws-sdk-go-v2") || who.Principal != "arn:aws:iam::000000000000:root" || b.last.StageVariables["env"] != "test" {
		t.Errorf("caller %+v, variables %v", who, b.last.StageVariables)
	}
	d := b.last.Deployment
	if len(d.Resources) != 1 || d.Resources[0].Path != "/pets/{id}" || len(d.Resources[0].Methods) != 1 || d.Resources[0].Methods[0].HTTPMethod != "GET" {
		t.Errorf("the definition holds %+v", d.Resources)
	}

	// What ANY answers can be tested, under the verb tested (recorded).
	if _, err := b.TestInvokeMethod(ctx(), b.input(pet, "PUT")); err != nil {
		t.Fatal(err)
	}
	if m := b.last.Deployment.Resources[0].Methods[0]; m.HTTPMethod != "PUT" || b.last.Request.Method != "PUT" || b.last.Request.Path != "/pets/{id}" {
		t.Errorf("tested %s %s", m.HTTPMethod, b.last.Request.Path)
	}
	if _, err := b.TestInvokeMethod(ctx(), b.input(pet, "ANY")); err != nil {
		t.Error(err)
	}
}

func TestTestInvokeMethodErrors(t *testing.T) {
	b := newTestBench(t)
	pet := b.resource(t, b.pets, "{id}")
	for _, verb := range []string{"GET", "POST"} {
		b.method(t, pet, verb)
	}
	b.mock(t, pet, "GET")
	tests := map[string]struct {
		edit          func(*apigateway.TestInvokeMethodInput)
		code, message string
	}{
		"unknown API (recorded)":      {func(in *apigateway.TestInvokeMethodInput) { in.RestApiId = aws.String("nope") }, "NotFound", "Invalid Resource identifier specified"},
		"unknown resource (recorded)": {func(in *apigateway.TestInvokeMethodInput) { in.ResourceId = aws.String("nope") }, "NotFound", "Invalid Resource identifier specified"},
		"no such method (recorded)":   {func(in *apigateway.TestInvokeMethodInput) { in.HttpMethod = aws.String("HEAD") }, "NotFound", "Invalid Method identifier specified"},
		"no verb at all":              {func(in *apigateway.TestInvokeMethodInput) { in.HttpMethod = aws.String("get") }, "NotFound", "Invalid Method identifier specified"},
		"no integration":              {func(in *apigateway.TestInvokeMethodInput) { in.HttpMethod = aws.String("POST") }, "BadRequest", "No integration defined for method"},
		"unknown certificate":         {func(in *apigateway.TestInvokeMethodInput) { in.ClientCertificateId = aws.String("nope") }, "NotFound", "Invalid client certificate identifier specified"},
		"header's name":               {func(in *apigateway.TestInvokeMethodInput) { in.Headers = map[string]string{"X A": "b"} }, "BadRequest", "Invalid header specified: X A"},
		"header's value":              {func(in *apigateway.TestInvokeMethodInput) { in.Headers = map[string]string{"X-A": "b\r\nEvil: c"} }, "BadRequest", "Invalid header specified: X-A"},
		"header's values": {func(in *apigateway.TestInvokeMethodInput) {
			in.MultiValueHeaders = map[string][]string{"X-A": {"b", "\n"}}
		}, "BadRequest", "Invalid header specified: X-A"},
		"variable": {func(in *apigateway.TestInvokeMethodInput) { in.StageVariables = map[string]string{"a b": "c"} }, "BadRequest", "Invalid stage variable name: a b.  Please use names with only word characters."},
		"path too long": {func(in *apigateway.TestInvokeMethodInput) {
			in.PathWithQueryString = aws.String(strings.Repeat("a", 10_241))
		}, "BadRequest", "Invalid path specified: it has more than 10240 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b.last = nil
			in := b.input(pet, "GET")
			tt.edit(in)
			_, err := b.TestInvokeMethod(ctx(), in)
			wantError(t, err, tt.code, tt.message)
			if b.last != nil {
				t.Error("the method was called")
			}
		})
	}
}

// A test sees a certificate that exists.
func TestTestInvokeMethodCertificate(t *testing.T) {
	b := newTestBench(t)
	b.mock(t, b.pets, "GET")
	c, err := b.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{})
	if err != nil {
		t.Fatal(err)
	}
	in := b.input(b.pets, "GET")
	in.ClientCertificateId = c.ClientCertificateId
	if _, err := b.TestInvokeMethod(ctx(), in); err != nil || b.last.ClientCertificateID != *c.ClientCertificateId {
		t.Error(err, b.last)
	}
}

// A control plane alone refuses tests by name.
func TestTestInvokeMethodWithoutDataPlane(t *testing.T) {
	f := newFixture(t)
	f.mock(t, f.pets, "GET")
	_, err := f.TestInvokeMethod(ctx(), &apigateway.TestInvokeMethodInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET")})
	wantError(t, err, "BadRequest", "This server does not support TestInvokeMethod (it has no data plane) yet")
}
