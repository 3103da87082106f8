package control_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// limited is the Go SDK against a control plane with quotas and rates.
func limited(t *testing.T, limits control.Limits, rates throttle.Rates) *apigateway.Client {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	start := time.Now()
	rate := throttle.New(rates, func() time.Time { return start }) // so that what is told to wait does not depend on the machine
	svc := control.New(control.Options{Store: st, Limits: limits, Throttle: rate})
	h, err := wire.NewServer(wire.ServerOptions{
		Handlers: svc.Handlers(), Authenticate: control.OpenAuthenticator(testAccount, testRegion), Authorize: rate.Authorize, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return clientFor(srv.URL, "AKIAEXAMPLE")
}

// wantLimit checks for the answer that a quota is used up, and when to come
// again.
func wantLimit(t *testing.T, err error, message string) {
	t.Helper()
	wantError(t, err, "LimitExceeded", message)
	var limit *types.LimitExceededException
	if !errors.As(err, &limit) || aws.ToString(limit.RetryAfterSeconds) == "" {
		t.Errorf("no Retry-After in %v", err)
	}
}

func TestQuotas(t *testing.T) {
	c := limited(t, control.Limits{
		RegionalAPIs: 1, EdgeAPIs: 2, PrivateAPIs: 1, ResourcesPerAPI: 3, StagesPerAPI: 2, PolicyLength: 30, MethodResponsesPerMethod: 2, VariablesPerStage: 1,
	}, throttle.Rates{})
	f := &fixture{Client: c}
	api, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	f.api, f.root = *api.Id, *api.RootResourceId

	const resources = "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional Resources."
	f.pets = f.resource(t, f.root, "pets")
	f.resource(t, f.pets, "{id}")
	_, err = f.CreateResource(ctx(), &apigateway.CreateResourceInput{RestApiId: &f.api, ParentId: &f.root, PathPart: aws.String("x")})
	wantLimit(t, err, resources)
	_, err = f.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &f.api, Body: []byte(`{"swagger": "2.0", "info": {"title": "a"}, "paths": {"/y": {}}}`)})
	wantLimit(t, err, resources)

	const responses = "Maximum number of Method Responses for this Method has been reached.  Please contact AWS if you need additional Method Responses."
	f.method(t, f.pets, "GET")
	f.mock(t, f.pets, "GET")
	for _, status := range []string{"200", "201"} {
		if _, err := f.putResponse(status, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.putResponse("202", nil, nil)
	wantLimit(t, err, responses)
	_, err = f.putResponse("200", nil, nil)
	wantError(t, err, "Conflict", "Response already exists for this resource")
	_, err = f.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &f.api, Body: []byte(`{"swagger": "2.0", "info": {"title": "a"}, "paths": {"/pets": {"get": {"responses": {"200": {}, "201": {}, "202": {}}}}}}`)})
	wantLimit(t, err, responses)

	const stages = "Maximum number of Stages for this API has been reached.  Please contact AWS if you need additional Stages."
	var deployment *string
	for _, stage := range []string{"a", "b", "b"} {
		d, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: &stage})
		if err != nil {
			t.Fatal(err)
		}
		deployment = d.Id
	}
	_, err = f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: aws.String("c")})
	wantLimit(t, err, stages)
	_, err = f.CreateStage(ctx(), &apigateway.CreateStageInput{RestApiId: &f.api, StageName: aws.String("c"), DeploymentId: deployment})
	wantLimit(t, err, stages)
	_, err = f.UpdateStage(ctx(), &apigateway.UpdateStageInput{RestApiId: &f.api, StageName: aws.String("a"), PatchOperations: append(patch("replace", "/variables/a", "1"), patch("replace", "/variables/b", "1")...)})
	wantLimit(t, err, "Maximum number of Stage Variables for this Stage has been reached.  Please contact AWS if you need additional Stage Variables.")

	_, err = f.UpdateRestApi(ctx(), &apigateway.UpdateRestApiInput{RestApiId: &f.api, PatchOperations: patch("replace", "/policy", `{"Statement": [`+strings.Repeat(" ", 100)+`]}`)})
	if err != nil {
		t.Error("white space counts:", err)
	}
	_, err = f.UpdateRestApi(ctx(), &apigateway.UpdateRestApiInput{RestApiId: &f.api, PatchOperations: patch("replace", "/policy", `{"Statement":["`+strings.Repeat("x", 20)+`"]}`)})
	wantLimit(t, err, "The resource policy is longer than 30 characters")

	const apis = "Maximum number of APIs has been reached.  Please contact AWS if you need additional APIs."
	if _, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("b"), CloneFrom: &f.api}); err != nil {
		t.Fatal(err)
	}
	_, err = f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("c")})
	wantLimit(t, err, apis)
	_, err = f.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition(t, "petstore.openapi.yaml")})
	wantLimit(t, err, apis)
	regional := &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}}
	if _, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("r"), EndpointConfiguration: regional}); err != nil {
		t.Fatal(err)
	}
	_, err = f.UpdateRestApi(ctx(), &apigateway.UpdateRestApiInput{RestApiId: &f.api, PatchOperations: patch("replace", "/endpointConfiguration/types/0", "REGIONAL")})
	wantLimit(t, err, apis)
	if _, err = f.UpdateRestApi(ctx(), &apigateway.UpdateRestApiInput{RestApiId: &f.api, PatchOperations: patch("replace", "/endpointConfiguration/types/0", "PRIVATE")}); err != nil {
		t.Error(err)
	}
}

// By default nothing is bounded, AWS's quotas are a value that can be changed.
func TestLimitsAreSettings(t *testing.T) {
	limits := control.AWSLimits()
	want := control.Limits{RegionalAPIs: 600, EdgeAPIs: 120, PrivateAPIs: 600, VPCLinks: 20, ClientCertificates: 60, APIKeys: 10_000, UsagePlans: 300, DomainNames: 120, PrivateDomainNames: 50, AccessAssociations: 100, MultiLevelMappings: 200, RoutingRules: 50, UsagePlansPerKey: 10, ThrottlesPerPlanStage: 20, ResourcesPerAPI: 300, StagesPerAPI: 10, AuthorizersPerAPI: 10, DocumentationPartsPerAPI: 2000, PolicyLength: 8192, VariablesPerStage: 100, IntegrationTimeout: 29000}
	if d := cmp.Diff(want, limits); d != "" {
		t.Error("-want +got", d)
	}
	b := newBench(t)
	api, _ := b.api()
	d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t)
	for i := range 11 {
		must(b.CreateStage(ctx(), who, &wire.CreateStageRequest{RestAPIID: api, StageName: fmt.Sprint("s", i), DeploymentID: *d.ID}))(t)
	}
}

// The longest timeout of an integration is AWS's, with and without AWS's other
// quotas, until it is raised; AWS's refusal has the raised one.
func TestTimeoutQuota(t *testing.T) {
	tests := map[string]struct {
		limits control.Limits
		most   int32
	}{
		"nobody set it": {control.Limits{}, 29000},
		"AWS's quotas":  {control.AWSLimits(), 29000},
		"raised":        {control.Limits{IntegrationTimeout: 300_000}, 300_000},
		"lowered":       {control.Limits{IntegrationTimeout: 1000}, 29000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := fixtureOn(t, limited(t, tt.limits, throttle.Rates{}))
			refusal := fmt.Sprintf("Timeout should be between 50 ms and %d ms", tt.most)
			put := func(millis *int32) error {
				_, err := f.PutIntegration(ctx(), &apigateway.PutIntegrationInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeMock, TimeoutInMillis: millis})
				return err
			}
			update := func(value string) error {
				_, err := f.UpdateIntegration(ctx(), &apigateway.UpdateIntegrationInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), PatchOperations: patch("replace", "/timeoutInMillis", value)})
				return err
			}
			wantTimeout := func(err error, want int32) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				out, err := f.GetIntegration(ctx(), &apigateway.GetIntegrationInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET")})
				if err != nil || out.TimeoutInMillis != want {
					t.Fatalf("got %d, %v, want %d", out.TimeoutInMillis, err, want)
				}
			}
			imported := func(millis int32) error {
				_, err := f.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: fmt.Appendf(nil, `{"swagger": "2.0", "info": {"title": "a"}, "paths": {"/": {"get": {"responses": {}, "x-amazon-apigateway-integration": {"type": "mock", "timeoutInMillis": %d}}}}}`, millis)})
				return err
			}
			wantTimeout(put(nil), 29000)
			wantTimeout(put(&tt.most), tt.most)
			wantError(t, put(aws.Int32(tt.most+1)), "BadRequest", refusal)
			for _, value := range []string{fmt.Sprint(tt.most + 1), "49", "long"} {
				wantError(t, update(value), "BadRequest", refusal)
			}
			wantTimeout(update(fmt.Sprint(tt.most-1)), tt.most-1)
			if err := imported(tt.most); err != nil {
				t.Error("imported:", err)
			}
			wantError(t, imported(tt.most+1), "BadRequest", "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/': "+refusal)
		})
	}
}

// Over the wire: the type, Retry-After, and the two kinds of new API.
func TestThrottleOverTheWire(t *testing.T) {
	c := limited(t, control.Limits{}, throttle.AWSRates())
	create := func(endpoint types.EndpointType) error {
		_, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{endpoint}}})
		return err
	}
	for _, endpoint := range []types.EndpointType{"EDGE", "REGIONAL"} {
		if err := create(endpoint); err != nil {
			t.Fatal(err)
		}
	}
	for endpoint, seconds := range map[types.EndpointType]string{"EDGE": "30", "REGIONAL": "3", "PRIVATE": "3"} {
		err := create(endpoint)
		wantError(t, err, "TooManyRequests", "Too Many Requests")
		var slow *types.TooManyRequestsException
		if !errors.As(err, &slow) || aws.ToString(slow.RetryAfterSeconds) != seconds {
			t.Errorf("%s: got Retry-After %v, want %s", endpoint, slow.RetryAfterSeconds, seconds)
		}
	}
	_, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a")})
	wantError(t, err, "TooManyRequests", "Too Many Requests")
	_, err = c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition(t, "petstore.openapi.yaml")})
	wantError(t, err, "TooManyRequests", "Too Many Requests")
}

// Every member of Limits can be configured, each under a name of its own.
func TestQuotasAreAll(t *testing.T) {
	var limits control.Limits
	seen := make(map[string]bool)
	for i, q := range control.Quotas() {
		*q.Of(&limits) = i + 1
		if seen[q.Name] || q.What == "" {
			t.Errorf("%s is there twice, or says nothing", q.Name)
		}
		seen[q.Name] = true
	}
	v := reflect.ValueOf(limits)
	if v.NumField() != len(seen) {
		t.Errorf("%d quotas for %d members", len(seen), v.NumField())
	}
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("no quota is %s", v.Type().Field(i).Name)
		}
	}
}
