package control_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// limited is the Go SDK against a control plane with quotas and rates.
func limited(t *testing.T, limits control.Limits, rates control.Rates) *apigateway.Client {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	start := time.Now()
	throttle := control.NewThrottle(rates, func() time.Time { return start }) // so that what is told to wait does not depend on the machine
	svc := control.New(control.Options{Store: st, Limits: limits, Throttle: throttle})
	h, err := wire.NewServer(wire.ServerOptions{
		Handlers: svc.Handlers(), Authenticate: control.OpenAuthenticator(testAccount, testRegion), Authorize: throttle.Authorize, Log: slog.New(slog.DiscardHandler),
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
	}, control.Rates{})
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
	want := control.Limits{RegionalAPIs: 600, EdgeAPIs: 120, PrivateAPIs: 600, VPCLinks: 20, ClientCertificates: 60, ResourcesPerAPI: 300, StagesPerAPI: 10, PolicyLength: 8192, VariablesPerStage: 100, IntegrationTimeout: 29000}
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
			f := fixtureOn(t, limited(t, tt.limits, control.Rates{}))
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

// authorize asks for n calls at once and returns how many pass, and the
// seconds to wait that the first refusal tells.
func authorize(l *control.Throttle, account, op string, n int) (passed, retryAfter int) {
	for range n {
		err := l.Authorize(context.Background(), &wire.Caller{Account: account}, &wire.Operation{Name: op}, "")
		var answer *wire.Error
		switch {
		case err == nil:
			passed++
		case errors.As(err, &answer) && answer.Status == 429 && answer.Type == "TooManyRequestsException" && answer.Message == "Too Many Requests":
			if retryAfter == 0 {
				retryAfter = answer.RetryAfter
			}
		default:
			panic(err)
		}
	}
	return passed, retryAfter
}

func TestThrottle(t *testing.T) {
	tests := map[string]struct {
		op         string
		burst      int           // calls that pass at once
		retryAfter int           // what the next one is told
		pause      time.Duration // after which
		again      int           // as many pass again
	}{
		"only the total":    {"GetRestApi", 40, 1, time.Second, 10},
		"the total fills":   {"GetRestApi", 40, 1, time.Hour, 40},
		"five a second":     {"CreateResource", 5, 1, 200 * time.Millisecond, 1},
		"five in two":       {"GetResources", 5, 1, 2 * time.Second, 5},
		"one in five":       {"CreateDeployment", 1, 5, 5 * time.Second, 1},
		"not yet":           {"CreateDeployment", 1, 5, 4900 * time.Millisecond, 0},
		"one in thirty":     {"DeleteRestApi", 1, 30, 30 * time.Second, 1},
		"not in the table":  {"UpdateStage", 40, 1, 0, 0},
		"one in twenty":     {"UpdateAccount", 1, 20, time.Hour, 1},
		"one second at all": {"PutRestApi", 1, 1, time.Second, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := control.NewThrottle(control.AWSRates(), nil)
				passed, retryAfter := authorize(l, "1", tt.op, tt.burst+1)
				if passed != tt.burst || retryAfter != tt.retryAfter {
					t.Errorf("got %d calls and %d s to wait, want %d and %d", passed, retryAfter, tt.burst, tt.retryAfter)
				}
				if passed, _ := authorize(l, "2", tt.op, 1); passed != 1 {
					t.Error("another account has to wait too")
				}
				time.Sleep(tt.pause)
				if passed, _ := authorize(l, "1", tt.op, tt.again+1); passed != tt.again {
					t.Errorf("after %v got %d calls, want %d", tt.pause, passed, tt.again)
				}
			})
		})
	}
}

// A call that is refused for one reason takes nothing for another.
func TestThrottleTakesAllOrNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := control.NewThrottle(control.AWSRates(), nil)
		if passed, _ := authorize(l, "1", "DeleteRestApi", 100); passed != 1 {
			t.Errorf("got %d deletes, want 1", passed)
		}
		if passed, _ := authorize(l, "1", "GetRestApi", 100); passed != 39 {
			t.Errorf("got %d calls, want the 39 that are left", passed)
		}
	})
}

// However many accounts call, buckets that are full again are forgotten.
func TestThrottleForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := control.NewThrottle(control.AWSRates(), nil)
		for i := range 50000 {
			authorize(l, fmt.Sprint(i), "GetRestApi", 1)
			if i%1000 == 0 {
				time.Sleep(time.Minute)
			}
		}
		if n := control.Buckets(l); n > 20000 {
			t.Errorf("%d buckets are kept", n)
		}
	})
}

func TestNoThrottle(t *testing.T) {
	var none *control.Throttle
	for _, l := range []*control.Throttle{none, control.NewThrottle(control.Rates{}, nil)} {
		if passed, _ := authorize(l, "1", "DeleteRestApi", 1000); passed != 1000 {
			t.Errorf("%d of 1000 calls pass", passed)
		}
	}
}

// Over the wire: the type, Retry-After, and the two kinds of new API.
func TestThrottleOverTheWire(t *testing.T) {
	c := limited(t, control.Limits{}, control.AWSRates())
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
