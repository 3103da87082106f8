package control_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What is read back is what was sent plus AWS's defaults, for every kind.

// maybe draws a value or nothing.
func maybe[T any](t *rapid.T, label string, g *rapid.Generator[T]) *T {
	if !rapid.Bool().Draw(t, label+"?") {
		return nil
	}
	return new(g.Draw(t, label))
}

// maybeMap draws a map with some of the keys, empty or nil ones too.
func maybeMap[V any](t *rapid.T, label string, keys []string, g *rapid.Generator[V]) map[string]V {
	n := rapid.IntRange(-1, len(keys)).Draw(t, label)
	if n < 0 {
		return nil
	}
	out := map[string]V{}
	for _, k := range rapid.Permutation(keys).Draw(t, label+" keys")[:n] {
		out[k] = g.Draw(t, k)
	}
	return out
}

// unlessEmpty is how most maps are kept.
func unlessEmpty[V any](m map[string]V) map[string]V {
	if len(m) == 0 {
		return nil
	}
	return m
}

func unlessBlank(s *string) *string {
	if s == nil || *s == "" {
		return nil
	}
	return s
}

func orElse[T any](v *T, def T) *T {
	if v == nil {
		return &def
	}
	return v
}

var (
	free       = rapid.StringOfN(rapid.RuneFrom([]rune("aZ0 é世\"\\/~{}<>&\n\t")), 0, 12, -1)
	filledText = rapid.StringOfN(rapid.RuneFrom([]rune("aZ0 é世\"\\/~{}<>&")), 1, 12, -1)
	flag       = rapid.Bool()
	mediaTypes = []string{"application/json", "text/plain", "application/vnd.a+json", "$default"}
	headers    = []string{"A", "x-b", "C_1.$"}
)

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + n
	}
	return out
}

// same compares what a call answered and what is read back with what was
// expected.
func same[T any](t *rapid.T, expected T, answered *T, err error) func(read *T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	if d := cmp.Diff(&expected, answered); d != "" {
		t.Fatalf("-expected +answered\n%s", d)
	}
	return func(read *T, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if d := cmp.Diff(&expected, read); d != "" {
			t.Fatalf("-expected +read\n%s", d)
		}
	}
}

func TestRoundTripRestAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"EDGE", "REGIONAL", "PRIVATE"}).Draw(t, "kind")
		in := &wire.CreateRestAPIRequest{
			Name: "n" + free.Draw(t, "name"), Description: maybe(t, "description", filledText), Version: maybe(t, "version", free),
			BinaryMediaTypes: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"image/png", "*/*", "-"}), 0, 3, rapid.ID).Draw(t, "binary"), MinimumCompressionSize: maybe(t, "compression", rapid.Int32Range(0, 10485760)),
			APIKeySource: maybe(t, "source", rapid.SampledFrom([]string{"HEADER", "AUTHORIZER"})), DisableExecuteAPIEndpoint: maybe(t, "disable", flag),
			EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{kind}}, Tags: maybeMap(t, "tags", []string{"a", "b:c/d", "é"}, free),
		}
		if kind == "PRIVATE" {
			in.EndpointConfiguration.VPCEndpointIDs = []string{"vpce-2", "vpce-1"}
		} else {
			in.EndpointConfiguration.IPAddressType = maybe(t, "ip", rapid.SampledFrom([]string{"ipv4", "dualstack"}))
		}
		out, err := b.CreateRestAPI(ctx(), who, in)
		if err != nil {
			t.Fatal(err)
		}
		ip := "ipv4"
		if kind == "PRIVATE" {
			ip = "dualstack"
		}
		expected := wire.RestAPI{
			ID: out.ID, CreatedDate: out.CreatedDate, RootResourceID: out.RootResourceID,
			Name: &in.Name, Description: in.Description, Version: unlessBlank(in.Version), Tags: unlessEmpty(in.Tags),
			APIKeySource: orElse(in.APIKeySource, "HEADER"), DisableExecuteAPIEndpoint: orElse(in.DisableExecuteAPIEndpoint, false),
			EndpointConfiguration: &wire.EndpointConfiguration{Types: in.EndpointConfiguration.Types, VPCEndpointIDs: in.EndpointConfiguration.VPCEndpointIDs, IPAddressType: orElse(in.EndpointConfiguration.IPAddressType, ip)},
		}
		expected.MinimumCompressionSize = in.MinimumCompressionSize
		if len(in.BinaryMediaTypes) > 0 {
			expected.BinaryMediaTypes = in.BinaryMediaTypes
		}
		same(t, expected, out, err)
		if expected.Tags == nil {
			expected.Tags = map[string]string{} // Get always shows them
		}
		read, err := b.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: *out.ID})
		same(t, expected, read, err)
	})
}

func TestRoundTripMethod(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	v := must(b.CreateRequestValidator(ctx(), who, &wire.CreateRequestValidatorRequest{RestAPIID: api}))(t)
	params := append(append(prefixed("method.request.header.", headers), "method.request.querystring.q", "method.request.multivaluequerystring.m"), "method.request.path.p")
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.PutMethodRequest{
			RestAPIID: api, ResourceID: root, HTTPMethod: "POST", AuthorizationType: rapid.SampledFrom([]string{"NONE", "AWS_IAM"}).Draw(t, "type"),
			APIKeyRequired: maybe(t, "key", flag), OperationName: maybe(t, "operation", free), RequestValidatorID: maybe(t, "validator", rapid.SampledFrom([]string{*v.ID, ""})),
			RequestParameters: maybeMap(t, "params", params, flag), RequestModels: maybeMap(t, "models", mediaTypes, rapid.SampledFrom([]string{"Empty", "Error"})),
		}
		expected := wire.Method{
			HTTPMethod: &in.HTTPMethod, AuthorizationType: &in.AuthorizationType, APIKeyRequired: orElse(in.APIKeyRequired, false),
			OperationName: unlessBlank(in.OperationName), RequestValidatorID: unlessBlank(in.RequestValidatorID),
			RequestParameters: unlessEmpty(in.RequestParameters), RequestModels: unlessEmpty(in.RequestModels),
		}
		out, err := b.PutMethod(ctx(), who, in)
		defer b.DeleteMethod(ctx(), who, &wire.DeleteMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "POST"})
		same(t, expected, out, err)(b.GetMethod(ctx(), who, &wire.GetMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "POST"}))

		r := &wire.PutMethodResponseRequest{
			RestAPIID: api, ResourceID: root, HTTPMethod: "POST", StatusCode: "200",
			ResponseParameters: maybeMap(t, "response params", prefixed("method.response.header.", headers), flag),
			ResponseModels:     maybeMap(t, "response models", mediaTypes, rapid.SampledFrom([]string{"Empty", "Error"})),
		}
		answered, err := b.PutMethodResponse(ctx(), who, r)
		same(t, wire.MethodResponse{StatusCode: new("200"), ResponseParameters: r.ResponseParameters, ResponseModels: r.ResponseModels}, answered, err)(
			b.GetMethodResponse(ctx(), who, &wire.GetMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "POST", StatusCode: "200"}))
	})
}

func TestRoundTripIntegration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	must(b.PutMethodResponse(ctx(), who, &wire.PutMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200",
		ResponseParameters: map[string]bool{"method.response.header.A": false, "method.response.header.x-b": false, "method.response.header.C_1.$": true}}))(t)
	must(b.UpdateMethod(ctx(), who, &wire.UpdateMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", PatchOperations: ops([3]string{"add", "/requestParameters/method.request.header.A", "false"})}))(t)
	values := rapid.SampledFrom([]string{"'static'", "''", "context.requestId", "stageVariables.v"})
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"MOCK", "HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"}).Draw(t, "kind")
		handling := rapid.SampledFrom([]string{"CONVERT_TO_TEXT", "CONVERT_TO_BINARY"})
		in := &wire.PutIntegrationRequest{
			RestAPIID: api, ResourceID: root, HTTPMethod: "GET", Type: kind,
			PassthroughBehavior: maybe(t, "passthrough", rapid.SampledFrom([]string{"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"})),
			TimeoutInMillis:     maybe(t, "timeout", rapid.Int32Range(50, 29000)), CacheNamespace: maybe(t, "namespace", free),
			RequestParameters: maybeMap(t, "params", prefixed("integration.request.header.", headers), values),
			RequestTemplates:  maybeMap(t, "templates", mediaTypes, rapid.Ptr(free, true)),
			ConnectionType:    maybe(t, "connection", rapid.Just("INTERNET")), ResponseTransferMode: maybe(t, "mode", rapid.Just("BUFFERED")),
			ContentHandling: maybe(t, "handling", handling), CacheKeyParameters: rapid.SampledFrom([][]string{nil, {}, {"method.request.header.A"}}).Draw(t, "cache keys"),
		}
		if flag.Draw(t, "tls") {
			in.TLSConfig = &wire.TLSConfig{InsecureSkipVerification: maybe(t, "insecure", flag)}
		}
		var connection *string
		switch kind {
		case "HTTP", "HTTP_PROXY":
			in.URI, in.IntegrationHTTPMethod, connection = new("http://127.0.0.1/x?y"), new("PUT"), new("INTERNET")
		case "AWS", "AWS_PROXY":
			in.URI, in.IntegrationHTTPMethod = new("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"), new("POST")
			in.Credentials = maybe(t, "credentials", rapid.Just("arn:aws:iam::000000000000:role/r"))
		}
		expected := wire.Integration{
			Type: &kind, HTTPMethod: in.IntegrationHTTPMethod, URI: in.URI, ConnectionType: connection, CacheKeyParameters: append([]string{}, in.CacheKeyParameters...),
			PassthroughBehavior: orElse(in.PassthroughBehavior, "WHEN_NO_MATCH"), TimeoutInMillis: orElse(in.TimeoutInMillis, 29000),
			CacheNamespace: orElse(unlessBlank(in.CacheNamespace), root), RequestParameters: in.RequestParameters, RequestTemplates: nullWhereBlank(in.RequestTemplates),
			TLSConfig: in.TLSConfig, ResponseTransferMode: in.ResponseTransferMode, ContentHandling: in.ContentHandling, Credentials: in.Credentials,
		}
		out, err := b.PutIntegration(ctx(), who, in)
		same(t, expected, out, err)(b.GetIntegration(ctx(), who, &wire.GetIntegrationRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET"}))

		r := &wire.PutIntegrationResponseRequest{
			RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200", SelectionPattern: maybe(t, "pattern", free), ContentHandling: maybe(t, "response handling", handling),
			ResponseParameters: maybeMap(t, "response params", prefixed("method.response.header.", headers), values),
			ResponseTemplates:  maybeMap(t, "response templates", mediaTypes, rapid.Ptr(free, true)),
		}
		answered, err := b.PutIntegrationResponse(ctx(), who, r)
		same(t, wire.IntegrationResponse{StatusCode: new("200"), SelectionPattern: r.SelectionPattern, ResponseParameters: r.ResponseParameters, ResponseTemplates: nullWhereBlank(r.ResponseTemplates), ContentHandling: r.ContentHandling}, answered, err)(
			b.GetIntegrationResponse(ctx(), who, &wire.GetIntegrationResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200"}))
	})
}

// nullWhereBlank is how templates are kept: an empty one comes back as null.
func nullWhereBlank(m map[string]*string) map[string]*string {
	if m == nil {
		return nil
	}
	out := map[string]*string{}
	for k, v := range m {
		out[k] = unlessBlank(v)
	}
	return out
}

func TestRoundTripModel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.CreateModelRequest{
			RestAPIID: api, Name: "M", Description: maybe(t, "description", free), ContentType: rapid.SampledFrom([]string{"application/json", "application/xml"}).Draw(t, "type"),
			Schema: new(rapid.SampledFrom([]string{`{}`, " {\n\"title\" : \"\u00e9<&>\"}", `{"type":"object","properties":{"a":{"type":"string"}}}`}).Draw(t, "schema")),
		}
		out, err := b.CreateModel(ctx(), who, in)
		defer b.DeleteModel(ctx(), who, &wire.DeleteModelRequest{RestAPIID: api, ModelName: "M"})
		if err != nil {
			t.Fatal(err)
		}
		same(t, wire.Model{ID: out.ID, Name: &in.Name, Description: unlessBlank(in.Description), ContentType: &in.ContentType, Schema: in.Schema}, out, err)(
			b.GetModel(ctx(), who, &wire.GetModelRequest{RestAPIID: api, ModelName: "M"}))
	})
}

func TestRoundTripValidator(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.CreateRequestValidatorRequest{RestAPIID: api, Name: new("v" + free.Draw(t, "name")), ValidateRequestBody: maybe(t, "body", flag), ValidateRequestParameters: maybe(t, "params", flag)}
		out, err := b.CreateRequestValidator(ctx(), who, in)
		if err != nil {
			t.Fatal(err)
		}
		expected := wire.RequestValidator{ID: out.ID, Name: in.Name, ValidateRequestBody: orElse(in.ValidateRequestBody, false), ValidateRequestParameters: orElse(in.ValidateRequestParameters, false)}
		same(t, expected, out, err)(b.GetRequestValidator(ctx(), who, &wire.GetRequestValidatorRequest{RestAPIID: api, RequestValidatorID: *out.ID}))
	})
}

func TestRoundTripGatewayResponse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	stock := map[string]*string{"application/json": new(`{"message":$context.error.messageString}`)}
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.PutGatewayResponseRequest{
			RestAPIID: api, ResponseType: rapid.SampledFrom([]string{"THROTTLED", "DEFAULT_4XX"}).Draw(t, "type"), StatusCode: maybe(t, "status", rapid.SampledFrom([]string{"400", "599"})),
			ResponseParameters: maybeMap(t, "params", prefixed("gatewayresponse.header.", headers), rapid.SampledFrom([]string{"'a'", "method.request.header.x", "context.stage"})),
			ResponseTemplates:  maybeMap(t, "templates", mediaTypes, rapid.Ptr(filledText, false)),
		}
		expected := wire.GatewayResponse{ResponseType: &in.ResponseType, StatusCode: in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseTemplates: in.ResponseTemplates, DefaultResponse: new(false)}
		if in.StatusCode == nil && in.ResponseType == "THROTTLED" {
			expected.StatusCode = new("429")
		}
		if expected.ResponseParameters == nil {
			expected.ResponseParameters = map[string]string{}
		}
		if len(expected.ResponseTemplates) == 0 {
			expected.ResponseTemplates = stock
		}
		out, err := b.PutGatewayResponse(ctx(), who, in)
		same(t, expected, out, err)(b.GetGatewayResponse(ctx(), who, &wire.GetGatewayResponseRequest{RestAPIID: api, ResponseType: in.ResponseType}))
	})
}

// documentationVersions makes versions of an API's documentation.
func documentationVersions(t *testing.T, b *bench, api string) []string {
	t.Helper()
	versions := []string{"1", "é/<&>"}
	for _, v := range versions {
		must(b.CreateDocumentationVersion(ctx(), who, &wire.CreateDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: v}))(t)
	}
	return versions
}

func TestRoundTripStage(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := newBenchAt(t, func() time.Time { return now }) // a cache is still being made when it is read
	api, _ := b.api()
	d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t)
	versions := rapid.SampledFrom(append(documentationVersions(t, b, api), ""))
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.CreateStageRequest{
			RestAPIID: api, StageName: rapid.StringMatching(`[a-zA-Z0-9_-]{1,20}`).Draw(t, "name"), DeploymentID: *d.ID, Description: maybe(t, "description", free),
			Variables:            maybeMap(t, "variables", []string{"a", "B_2", "c9"}, rapid.StringMatching(`[A-Za-z0-9\-._~:/?#&=,]{1,20}`)),
			DocumentationVersion: maybe(t, "version", versions), TracingEnabled: maybe(t, "tracing", flag), CacheClusterEnabled: maybe(t, "cache", flag),
			CacheClusterSize: maybe(t, "size", rapid.SampledFrom([]string{"0.5", "237"})), Tags: maybeMap(t, "tags", []string{"a", "b"}, free),
		}
		var canary *wire.CanarySettings
		if rapid.Bool().Draw(t, "canary") {
			canary = &wire.CanarySettings{
				DeploymentID: maybe(t, "canary deployment", rapid.Just(*d.ID)), PercentTraffic: maybe(t, "percent", rapid.SampledFrom([]wire.Double{0, 0.5, 100})),
				UseStageCache: maybe(t, "canary cache", flag), StageVariableOverrides: maybeMap(t, "overrides", []string{"a", "d"}, rapid.SampledFrom([]string{"x", "y"})),
			}
			in.CanarySettings = new(*canary)
			canary.DeploymentID, canary.PercentTraffic = d.ID, orElse(canary.PercentTraffic, 0)
			canary.UseStageCache, canary.StageVariableOverrides = orElse(canary.UseStageCache, false), unlessEmpty(canary.StageVariableOverrides)
		}
		size, status := in.CacheClusterSize, "NOT_AVAILABLE"
		if *orElse(in.CacheClusterEnabled, false) {
			size, status = orElse(size, "0.5"), "CREATE_IN_PROGRESS"
		}
		out, err := b.CreateStage(ctx(), who, in)
		defer b.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: api, StageName: in.StageName})
		if err != nil {
			t.Fatal(err)
		}
		expected := wire.Stage{
			StageName: &in.StageName, DeploymentID: &in.DeploymentID, Description: unlessBlank(in.Description), Variables: unlessEmpty(in.Variables), DocumentationVersion: unlessBlank(in.DocumentationVersion),
			TracingEnabled: orElse(in.TracingEnabled, false), CacheClusterEnabled: orElse(in.CacheClusterEnabled, false), CacheClusterSize: size, CacheClusterStatus: &status, CanarySettings: canary,
			MethodSettings: map[string]wire.MethodSetting{}, Tags: unlessEmpty(in.Tags), CreatedDate: out.CreatedDate, LastUpdatedDate: out.LastUpdatedDate,
		}
		same(t, expected, out, err)(b.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: api, StageName: in.StageName}))
	})
}

func TestRoundTripResource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9._:-]{1,20}`), rapid.StringMatching(`\{[a-zA-Z0-9._-]{1,20}\+?\}`)).Draw(t, "part")
		out, err := b.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: api, ParentID: root, PathPart: part})
		if err != nil {
			t.Fatal(err)
		}
		defer b.DeleteResource(ctx(), who, &wire.DeleteResourceRequest{RestAPIID: api, ResourceID: *out.ID})
		same(t, wire.Resource{ID: out.ID, ParentID: &root, PathPart: &part, Path: new("/" + part)}, out, err)(
			b.GetResource(ctx(), who, &wire.GetResourceRequest{RestAPIID: api, ResourceID: *out.ID}))
	})
}

func TestRoundTripDeployment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.CreateDeploymentRequest{RestAPIID: api, Description: maybe(t, "description", free), StageName: maybe(t, "stage", rapid.SampledFrom([]string{"", "dev"}))}
		out, err := b.CreateDeployment(ctx(), who, in)
		if err != nil {
			t.Fatal(err)
		}
		same(t, wire.Deployment{ID: out.ID, CreatedDate: out.CreatedDate, Description: unlessBlank(in.Description)}, out, err)(
			b.GetDeployment(ctx(), who, &wire.GetDeploymentRequest{RestAPIID: api, DeploymentID: *out.ID}))
	})
}

func TestRoundTripVPCLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.CreateVPCLinkRequest{
			Name: "l" + free.Draw(t, "name"), Description: maybe(t, "description", free), Tags: maybeMap(t, "tags", []string{"a", "b"}, free),
			TargetARNs: []string{"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1"},
		}
		out, err := b.CreateVPCLink(ctx(), who, in)
		if err != nil {
			t.Fatal(err)
		}
		expected := wire.VPCLink{ID: out.ID, Name: &in.Name, Description: unlessBlank(in.Description), TargetARNs: in.TargetARNs, Status: new("PENDING"), Tags: unlessEmpty(in.Tags)}
		same(t, expected, out, err)
		expected.Status, expected.StatusMessage = new("AVAILABLE"), new("Your vpc link is ready for use")
		if expected.Tags == nil {
			expected.Tags = map[string]string{} // Get always shows them
		}
		read, err := b.GetVPCLink(ctx(), who, &wire.GetVPCLinkRequest{VPCLinkID: *out.ID})
		same(t, expected, read, err)
	})
}

func TestRoundTripClientCertificate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, in := range map[string]*wire.GenerateClientCertificateRequest{ // a key takes too long for many
		"nothing": {}, "empty": {Description: new(""), Tags: map[string]string{}}, "all": {Description: new("d"), Tags: map[string]string{"a": "", "b": "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := must(b.GenerateClientCertificate(ctx(), who, in))(t)
			expected := &wire.ClientCertificate{
				ClientCertificateID: out.ClientCertificateID, PEMEncodedCertificate: out.PEMEncodedCertificate, CreatedDate: out.CreatedDate, ExpirationDate: out.ExpirationDate,
				Description: unlessBlank(in.Description), Tags: unlessEmpty(in.Tags),
			}
			if d := cmp.Diff(expected, out); d != "" {
				t.Error("-expected +answered", d)
			}
			if expected.Tags == nil {
				expected.Tags = map[string]string{}
			}
			read := must(b.GetClientCertificate(ctx(), who, &wire.GetClientCertificateRequest{ClientCertificateID: *out.ClientCertificateID}))(t)
			if d := cmp.Diff(expected, read); d != "" || read.CreatedDate == nil || read.ExpirationDate == nil {
				t.Error("-expected +read", d)
			}
		})
	}
}

func TestRoundTripAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		role := maybe(t, "role", rapid.SampledFrom([]string{"", "arn:aws:iam::000000000000:role/a", "arn:aws:iam::000000000000:role/b/c"}))
		expected := wire.Account{
			CloudwatchRoleARN: unlessBlank(role), ThrottleSettings: &wire.ThrottleSettings{BurstLimit: new(int32(5000)), RateLimit: new(wire.Double(10000))},
			Features: []string{"UsagePlans"}, APIKeyVersion: new("4"),
		}
		out, err := b.UpdateAccount(ctx(), who, &wire.UpdateAccountRequest{PatchOperations: []wire.PatchOperation{{Op: new("replace"), Path: new("/cloudwatchRoleArn"), Value: role}}})
		same(t, expected, out, err)(b.GetAccount(ctx(), who, &wire.GetAccountRequest{}))
	})
}

// Clients that write to one API at the same time lose nothing: every change is
// there in the end, though all are parts of one document.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	const writers, each = 8, 20
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				n := w*each + i
				if _, err := b.PutMethodResponse(ctx(), who, &wire.PutMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: fmt.Sprint(200 + n)}); err != nil {
					t.Error(err)
				}
				if _, err := b.UpdateMethod(ctx(), who, &wire.UpdateMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET",
					PatchOperations: ops([3]string{"add", fmt.Sprintf("/requestParameters/method.request.header.h%d", n), "true"})}); err != nil {
					t.Error(err)
				}
				if _, err := b.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: api, ParentID: root, PathPart: fmt.Sprint("r", n)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	m := must(b.GetMethod(ctx(), who, &wire.GetMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET"}))(t)
	if len(m.MethodResponses) != writers*each || len(m.RequestParameters) != writers*each {
		t.Errorf("got %d responses and %d parameters, want %d of each", len(m.MethodResponses), len(m.RequestParameters), writers*each)
	}
	r := must(b.GetResources(ctx(), who, &wire.GetResourcesRequest{RestAPIID: api, Limit: new(int32(500))}))(t)
	if len(r.Items) != writers*each+1 {
		t.Errorf("got %d resources, want %d", len(r.Items), writers*each+1)
	}
}

// One of many who create the same thing succeeds, the others get a Conflict.
func TestConcurrentCreation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	var all sync.WaitGroup
	made := make(chan string, 100)
	for range 20 {
		all.Go(func() {
			if r, err := b.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: api, ParentID: root, PathPart: "same"}); err == nil {
				made <- *r.ID
			}
			if a, err := b.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "x", Tags: map[string]string{"_custom_id_": "same"}}); err == nil {
				made <- *a.ID
			}
		})
	}
	all.Wait()
	if len(made) != 2 {
		t.Errorf("%d were made, want a resource and an API", len(made))
	}
}

// Items that are there all the time are on exactly one page, whatever comes
// and goes while the pages are read.
func TestPagingUnderWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	stay := map[string]bool{"Empty": true, "Error": true}
	for i := range 60 {
		name := fmt.Sprintf("stay%02d", i)
		b.model(api, name, "{}")
		stay[name] = true
	}
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			name := fmt.Sprintf("%c%d", "azAZs"[i%5], i%13)
			_, _ = b.CreateModel(ctx(), who, &wire.CreateModelRequest{RestAPIID: api, Name: name, ContentType: "application/json", Schema: new("{}")}) // may be there
			_, _ = b.DeleteModel(ctx(), who, &wire.DeleteModelRequest{RestAPIID: api, ModelName: fmt.Sprintf("%c%d", "azAZs"[(i+3)%5], (i+7)%13)})     // may be gone
		}
	})
	for range 50 {
		seen := map[string]int{}
		var position *string
		for {
			page := must(b.GetModels(ctx(), who, &wire.GetModelsRequest{RestAPIID: api, Limit: new(int32(7)), Position: position}))(t)
			for _, m := range page.Items {
				seen[*m.Name]++
			}
			if position = page.Position; position == nil {
				break
			}
		}
		for name := range stay {
			if seen[name] != 1 {
				t.Fatalf("%s is on %d pages", name, seen[name])
			}
		}
	}
	close(done)
	writer.Wait()
}
