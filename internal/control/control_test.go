package control_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	testAccount = "000000000000"
	testRegion  = "us-east-1"
)

// newServer starts a control plane on a store in memory.
func newServer(t testing.TB) *httptest.Server {
	t.Helper()
	return newServerOf(t, testAccount)
}

// newServerOf is newServer with an account for callers that name none.
func newServerOf(t testing.TB, account string) *httptest.Server {
	t.Helper()
	return newServerWith(t, account, control.Options{})
}

// newServerWith is newServerOf with more options than the store.
func newServerWith(t testing.TB, account string, o control.Options) *httptest.Server {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	o.Store = st
	svc := control.New(o)
	h, err := wire.NewServer(wire.ServerOptions{
		Handlers:     svc.Handlers(),
		HandlersV2:   svc.HandlersV2(),
		Authenticate: control.OpenAuthenticator(account, testRegion),
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

// newClient is the Go SDK against a control plane of its own.
func newClient(t testing.TB) *apigateway.Client {
	t.Helper()
	return clientFor(newServer(t).URL, "AKIAEXAMPLE")
}

func clientFor(url, key string) *apigateway.Client {
	return apigateway.New(apigateway.Options{
		Region:       testRegion,
		BaseEndpoint: &url,
		Credentials:  credentials.NewStaticCredentialsProvider(key, "secret", ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   sdktest.NewClient(),
	})
}

// wantError checks that err is an answer of that type, without the suffix
// Exception, and with that text.
func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got error %v, want %s", err, code)
	}
	if got := api.ErrorCode(); got != code+"Exception" {
		t.Errorf("got error type %s (%s), want %s", got, api.ErrorMessage(), code)
	}
	if got := api.ErrorMessage(); got != message {
		t.Errorf("got  %q\nwant %q", got, message)
	}
}

// A fixture is an API with the resource /pets and its GET.
type fixture struct {
	*apigateway.Client
	api, root, pets string
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	return fixtureOn(t, newClient(t))
}

// fixtureOn makes a fixture of a client.
func fixtureOn(t testing.TB, c *apigateway.Client) *fixture {
	t.Helper()
	api, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("shop")})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Client: c, api: *api.Id, root: *api.RootResourceId}
	f.pets = f.resource(t, f.root, "pets")
	f.method(t, f.pets, "GET")
	return f
}

func (f *fixture) resource(t testing.TB, parent, part string) string {
	t.Helper()
	r, err := f.CreateResource(ctx(), &apigateway.CreateResourceInput{RestApiId: &f.api, ParentId: &parent, PathPart: &part})
	if err != nil {
		t.Fatal(err)
	}
	return *r.Id
}

func (f *fixture) method(t testing.TB, resource, verb string) {
	t.Helper()
	_, err := f.PutMethod(ctx(), &apigateway.PutMethodInput{RestApiId: &f.api, ResourceId: &resource, HttpMethod: &verb, AuthorizationType: aws.String("NONE")})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) mock(t testing.TB, resource, verb string) {
	t.Helper()
	_, err := f.PutIntegration(ctx(), &apigateway.PutIntegrationInput{
		RestApiId: &f.api, ResourceId: &resource, HttpMethod: &verb, Type: types.IntegrationTypeMock,
		RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ctx() context.Context { return context.Background() }

// patch is a list of one operation.
func patch(op types.Op, path, value string) []types.PatchOperation {
	return []types.PatchOperation{{Op: op, Path: &path, Value: &value}}
}
