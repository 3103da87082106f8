package control_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// who is the caller of tests that call the service without HTTP.
var who = &wire.Caller{Account: testAccount, Region: testRegion}

// A bench is a service on a store of its own that tests look into.
type bench struct {
	t testing.TB
	*control.Service
	store   *store.Store
	applied store.Revision // highest that a call waited for
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return newBenchAt(t, time.Now)
}

// withKeys has secrets sealed under keys, nil for none.
func (b *bench) withKeys(keys *secrets.Keyring) {
	b.Service = control.New(control.Options{Store: b.store, Secrets: keys, Applied: func(_ context.Context, _ store.Scope, rev store.Revision) error {
		b.applied = max(b.applied, rev)
		return nil
	}})
}

// newBenchAt is newBench with a clock.
func newBenchAt(t testing.TB, now func() time.Time) *bench {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	b := &bench{t: t, store: st}
	var mu sync.Mutex
	b.Service = control.New(control.Options{Store: st, Now: now, Applied: func(_ context.Context, _ store.Scope, rev store.Revision) error {
		mu.Lock()
		defer mu.Unlock()
		b.applied = max(b.applied, rev)
		return nil
	}})
	return b
}

// must returns v unless err.
func must[T any](v *T, err error) func(testing.TB) *T {
	return func(t testing.TB) *T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// api makes an API with a MOCK on its root.
func (b *bench) api() (id, root string) {
	b.t.Helper()
	a := must(b.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "a"}))(b.t)
	must(b.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET", AuthorizationType: "NONE"}))(b.t)
	must(b.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET", Type: "MOCK"}))(b.t)
	return *a.ID, *a.RootResourceID
}

// served reads what is published; ok is false for nothing.
func served[T any](b *bench, kind, id string) (out T, ok bool) {
	b.t.Helper()
	row, err := b.store.Served(ctx(), kind, id)
	if err != nil {
		return out, false
	}
	if row.Revision > b.applied {
		b.t.Errorf("%s %s: revision %d was answered before it was applied (%d)", kind, id, row.Revision, b.applied)
	}
	if err := json.Unmarshal(row.Data, &out); err != nil {
		b.t.Fatal(err)
	}
	return out, true
}

func ops(list ...[3]string) []wire.PatchOperation {
	var out []wire.PatchOperation
	for _, o := range list {
		out = append(out, wire.PatchOperation{Op: &o[0], Path: &o[1], Value: &o[2]})
	}
	return out
}

// What stands behind the document of a schema is kept, and not served.
func TestServedSchema(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	for name, contentType := range map[string]string{"Json": "application/json", "Xml": "application/xml"} {
		must(b.CreateModel(ctx(), who, &wire.CreateModelRequest{RestAPIID: api, Name: name, ContentType: contentType, Schema: new(" {\"type\": \"object\"}\n}")}))(t)
	}
	d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t)
	got, _ := served[snapshot.Deployment](b, snapshot.ServedDeployment, snapshot.ServedID(api, *d.ID))
	if json, xml := got.Models["Json"].Schema, got.Models["Xml"].Schema; json != ` {"type": "object"}` || xml != " {\"type\": \"object\"}\n}" {
		t.Errorf("got JSON %q, XML %q", json, xml)
	}
}

func TestServedDeployment(t *testing.T) {
	b := newBench(t)
	api, root := b.api()
	v := must(b.CreateRequestValidator(ctx(), who, &wire.CreateRequestValidatorRequest{RestAPIID: api, Name: new("v"), ValidateRequestBody: new(true)}))(t)
	must(b.PutMethod(ctx(), who, &wire.PutMethodRequest{
		RestAPIID: api, ResourceID: root, HTTPMethod: "POST", AuthorizationType: "AWS_IAM", APIKeyRequired: new(true), RequestValidatorID: v.ID, OperationName: new("op"),
		RequestParameters: map[string]bool{"method.request.header.A": true}, RequestModels: map[string]string{"application/json": "Empty"},
	}))(t)
	must(b.PutMethodResponse(ctx(), who, &wire.PutMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "POST", StatusCode: "200", ResponseParameters: map[string]bool{"method.response.header.B": false}}))(t)
	must(b.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{
		RestAPIID: api, ResourceID: root, HTTPMethod: "POST", Type: "HTTP", IntegrationHTTPMethod: new("PUT"), URI: new("http://localhost/x"), TimeoutInMillis: new(int32(50)),
		RequestParameters: map[string]string{"integration.request.header.C": "method.request.header.A"}, RequestTemplates: map[string]*string{"a/b": nil, "c/d": new("t")},
		TLSConfig: &wire.TLSConfig{InsecureSkipVerification: new(true)},
	}))(t)
	for _, r := range []wire.PutIntegrationResponseRequest{{StatusCode: "500", SelectionPattern: new("5.*")}, {StatusCode: "200", ResponseParameters: map[string]string{"method.response.header.B": "'b'"}, ResponseTemplates: map[string]*string{"e/f": new("u")}}} {
		r.RestAPIID, r.ResourceID, r.HTTPMethod = api, root, "POST"
		must(b.PutIntegrationResponse(ctx(), who, &r))(t)
	}
	must(b.PutGatewayResponse(ctx(), who, &wire.PutGatewayResponseRequest{RestAPIID: api, ResponseType: "THROTTLED", ResponseParameters: map[string]string{"gatewayresponse.header.D": "'d'"}}))(t)
	must(b.PutGatewayResponse(ctx(), who, &wire.PutGatewayResponseRequest{RestAPIID: api, ResponseType: "DEFAULT_5XX", StatusCode: new("599")}))(t)
	must(b.UpdateRestAPI(ctx(), who, &wire.UpdateRestAPIRequest{RestAPIID: api, PatchOperations: ops(
		[3]string{"replace", "/policy", `{"Statement": []}`}, [3]string{"replace", "/disableExecuteApiEndpoint", "true"}, [3]string{"replace", "/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"}, [3]string{"replace", "/endpointAccessMode", "STRICT"})}))(t)
	d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t)

	got, ok := served[snapshot.Deployment](b, snapshot.ServedDeployment, snapshot.ServedID(api, *d.ID))
	if !ok {
		t.Fatal("nothing is served")
	}
	template := map[string]string{"application/json": `{"message":$context.error.messageString}`}
	want := snapshot.Deployment{
		Format: snapshot.DeploymentFormat, ID: *d.ID, APIID: api, Account: testAccount, Region: testRegion, Created: int64(*d.CreatedDate),
		Models: got.Models, Validators: map[string]snapshot.Validator{*v.ID: {Body: true}},
		GatewayResponses: map[string]snapshot.GatewayResponse{
			"THROTTLED":   {Parameters: map[string]string{"gatewayresponse.header.D": "'d'"}, Templates: template},
			"DEFAULT_5XX": {StatusCode: "599", Templates: template},
		},
		APIKeySource: "HEADER", DisableExecuteAPIEndpoint: true, EndpointType: "EDGE", EndpointAccessMode: "STRICT", Policy: `{"Statement":[]}`,
		Resources: []snapshot.Resource{{ID: root, Path: "/", Methods: []snapshot.Method{
			{HTTPMethod: "GET", AuthorizationType: "NONE", Integration: snapshot.Integration{Type: "MOCK", PassthroughBehavior: "WHEN_NO_MATCH", TimeoutMillis: 29000, CacheNamespace: root}},
			{HTTPMethod: "POST", AuthorizationType: "AWS_IAM", APIKeyRequired: true, RequestValidatorID: *v.ID, OperationName: "op",
				RequestParameters: map[string]bool{"method.request.header.A": true}, RequestModels: map[string]string{"application/json": "Empty"},
				Responses: map[string]snapshot.MethodResponse{"200": {Parameters: map[string]bool{"method.response.header.B": false}}},
				Integration: snapshot.Integration{Type: "HTTP", HTTPMethod: "PUT", URI: "http://localhost/x", ConnectionType: "INTERNET", TimeoutMillis: 50, PassthroughBehavior: "WHEN_NO_MATCH", CacheNamespace: root, InsecureSkipVerify: true,
					RequestParameters: map[string]string{"integration.request.header.C": "method.request.header.A"}, RequestTemplates: map[string]string{"a/b": "", "c/d": "t"},
					Responses: []snapshot.IntegrationResponse{
						{StatusCode: "200", Parameters: map[string]string{"method.response.header.B": "'b'"}, Templates: map[string]string{"e/f": "u"}},
						{StatusCode: "500", SelectionPattern: "5.*"},
					}}},
		}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("-want +got", d)
	}
	if len(got.Models) != 2 || got.Models["Empty"].ContentType != "application/json" {
		t.Errorf("got models %v", got.Models)
	}
}

// What is deployed stays as it was, whatever happens to the draft.
func TestDraftIsNotServed(t *testing.T) {
	b := newBench(t)
	api, root := b.api()
	d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("dev")}))(t)
	before, _ := served[snapshot.Deployment](b, snapshot.ServedDeployment, snapshot.ServedID(api, *d.ID))
	must(b.DeleteMethod(ctx(), who, &wire.DeleteMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET"}))(t)
	must(b.UpdateRestAPI(ctx(), who, &wire.UpdateRestAPIRequest{RestAPIID: api, PatchOperations: ops([3]string{"replace", "/disableExecuteApiEndpoint", "true"})}))(t)
	after, _ := served[snapshot.Deployment](b, snapshot.ServedDeployment, snapshot.ServedID(api, *d.ID))
	if d := cmp.Diff(before, after); d != "" {
		t.Error("-before +after", d)
	}
}

func TestServedStage(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	one := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t)
	two := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t)
	must(b.CreateStage(ctx(), who, &wire.CreateStageRequest{RestAPIID: api, StageName: "dev", DeploymentID: *one.ID, Variables: map[string]string{"a": "1"}}))(t)
	tests := []struct {
		name string
		ops  []wire.PatchOperation
		want snapshot.Stage
	}{
		{"as made", nil, snapshot.Stage{DeploymentID: *one.ID, Variables: map[string]string{"a": "1"}}},
		{"moved", ops([3]string{"replace", "/deploymentId", *two.ID}, [3]string{"replace", "/variables/a", "2"}), snapshot.Stage{DeploymentID: *two.ID, Variables: map[string]string{"a": "2"}}},
		{"only what was set acts", ops([3]string{"replace", "/*/*/throttling/rateLimit", "2.5"}), snapshot.Stage{DeploymentID: *two.ID, Variables: map[string]string{"a": "2"},
			MethodSettings: map[string]snapshot.MethodSetting{"*/*": {ThrottlingRateLimit: new(2.5)}}}},
		{"a method of its own, its path in three spellings", ops([3]string{"replace", "/pets/GET/throttling/burstLimit", "7"}, [3]string{"replace", "/~1pets~1{id}/ANY/metrics/enabled", "true"},
			[3]string{"replace", "/~1/POST/logging/dataTrace", "true"}, [3]string{"replace", "/~1/POST/logging/loglevel", "OFF"}), snapshot.Stage{DeploymentID: *two.ID, Variables: map[string]string{"a": "2"},
			MethodSettings: map[string]snapshot.MethodSetting{
				"*/*":            {ThrottlingRateLimit: new(2.5)},
				"/pets/GET":      {ThrottlingRateLimit: new(2.5), ThrottlingBurstLimit: new(int32(7))},
				"/pets/{id}/ANY": {ThrottlingRateLimit: new(2.5), MetricsEnabled: true},
				"//POST":         {ThrottlingRateLimit: new(2.5), DataTraceEnabled: true, LoggingLevel: "OFF"},
			}}},
		{"minus one is no limit", ops([3]string{"replace", "/*/*/throttling/rateLimit", "-1.000000"}, [3]string{"remove", "/pets/GET", ""}, [3]string{"remove", "/~1pets~1{id}/ANY", ""}, [3]string{"replace", "/~1/POST/throttling/rateLimit", "-1"}),
			snapshot.Stage{DeploymentID: *two.ID, Variables: map[string]string{"a": "2"},
				MethodSettings: map[string]snapshot.MethodSetting{"*/*": {}, "//POST": {DataTraceEnabled: true, LoggingLevel: "OFF"}}}},
	}
	made, _ := served[snapshot.Stage](b, snapshot.ServedStage, snapshot.ServedID(api, "dev"))
	for _, tt := range tests {
		if tt.ops != nil {
			must(b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: api, StageName: "dev", PatchOperations: tt.ops}))(t)
		}
		tt.want.APIID, tt.want.Name, tt.want.Account, tt.want.Region = api, "dev", testAccount, testRegion
		tt.want.EndpointType = "EDGE"
		tt.want.AuthorizerAnswers = made.AuthorizerAnswers // drawn, and kept by updates
		got, _ := served[snapshot.Stage](b, snapshot.ServedStage, snapshot.ServedID(api, "dev"))
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: -want +got %s", tt.name, d)
		}
	}
	must(b.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: api, StageName: "dev"}))(t)
	if _, ok := served[snapshot.Stage](b, snapshot.ServedStage, snapshot.ServedID(api, "dev")); ok {
		t.Error("a deleted stage is served")
	}
	must(b.DeleteDeployment(ctx(), who, &wire.DeleteDeploymentRequest{RestAPIID: api, DeploymentID: *one.ID}))(t)
	if _, ok := served[snapshot.Deployment](b, snapshot.ServedDeployment, snapshot.ServedID(api, *one.ID)); ok {
		t.Error("a deleted deployment is served")
	}
	must(b.CreateStage(ctx(), who, &wire.CreateStageRequest{RestAPIID: api, StageName: "dev", DeploymentID: *two.ID}))(t)
	must(b.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: api}))(t)
	if _, ok := served[snapshot.Stage](b, snapshot.ServedStage, snapshot.ServedID(api, "dev")); ok {
		t.Error("a stage of a deleted API is served")
	}
	if _, ok := served[snapshot.Deployment](b, snapshot.ServedDeployment, snapshot.ServedID(api, *two.ID)); ok {
		t.Error("a deployment of a deleted API is served")
	}
}

func TestServedAccount(t *testing.T) {
	b := newBench(t)
	must(b.UpdateAccount(ctx(), who, &wire.UpdateAccountRequest{PatchOperations: ops([3]string{"replace", "/cloudwatchRoleArn", "arn:aws:iam::1:role/r"})}))(t)
	got, _ := served[snapshot.Account](b, snapshot.ServedAccount, snapshot.ServedID(testAccount, testRegion))
	if d := cmp.Diff(snapshot.Account{Account: testAccount, Region: testRegion, CloudWatchRoleARN: "arn:aws:iam::1:role/r"}, got); d != "" {
		t.Error("-want +got", d)
	}
}

// Tags of a stage are not served: setting them waits for nobody.
func TestTagsAreNotServed(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("dev")}))(t)
	before := b.store.Revision()
	must(b.TagResource(ctx(), who, &wire.TagResourceRequest{ResourceARN: "arn:aws:apigateway:" + testRegion + "::/restapis/" + api + "/stages/dev", Tags: map[string]string{"a": "b"}}))(t)
	if after := b.store.Revision(); after != before {
		t.Errorf("revision %d became %d", before, after)
	}
}

func TestReset(t *testing.T) {
	b := newBench(t)
	other := &wire.Caller{Account: "111111111111", Region: "eu-west-1"}
	for range 3 {
		api, _ := b.api()
		must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("dev")}))(t)
		must(b.CreateRestAPI(ctx(), other, &wire.CreateRestAPIRequest{Name: "x", Tags: map[string]string{"_custom_id_": api + "x"}}))(t)
	}
	if err := b.Reset(ctx()); err != nil {
		t.Fatal(err)
	}
	for _, caller := range []*wire.Caller{who, other} {
		if all := must(b.GetRestAPIs(ctx(), caller, &wire.GetRestAPIsRequest{}))(t); len(all.Items) > 0 {
			t.Errorf("%d APIs are left", len(all.Items))
		}
	}
	changes, err := b.store.Changes(ctx(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if !c.Deleted {
			t.Errorf("%s %s is still served", c.Kind, c.ID)
		}
	}
	must(b.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "x"}))(t)
}

func TestDraft(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	d, err := b.Draft(ctx(), who, api)
	if err != nil || len(d.Resources) != 1 || d.ID != "" {
		t.Errorf("got %+v, error %v", d, err)
	}
	if b.store.Revision() != 0 {
		t.Error("a draft was published")
	}
}
