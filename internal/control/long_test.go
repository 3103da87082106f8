package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// newService is a service on a store in memory, and an API of it.
func newService(t *testing.T) (*Service, *wire.Caller, string) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := New(Options{Store: db, CheckRole: func(string, string) error { return nil }})
	who := &wire.Caller{Account: "111122223333", Region: "us-east-1"}
	api, err := s.CreateRestAPI(t.Context(), who, &wire.CreateRestAPIRequest{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	return s, who, *api.ID
}

// Callers whose calls take long keep nobody from small operations, not even
// those of their own account.
func TestSmallCallsNeedNoPlace(t *testing.T) {
	s, who, api := newService(t)
	resources, err := s.GetResources(t.Context(), who, &wire.GetResourcesRequest{RestAPIID: api})
	if err != nil {
		t.Fatal(err)
	}
	root := *resources.Items[0].ID
	works := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx := t.Context()
	_, err = s.PutMethod(ctx, who, &wire.PutMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", AuthorizationType: "NONE"})
	works("PutMethod", err)
	_, err = s.PutIntegration(ctx, who, &wire.PutIntegrationRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", Type: "MOCK"})
	works("PutIntegration", err)
	d, err := s.CreateDeployment(ctx, who, &wire.CreateDeploymentRequest{RestAPIID: api})
	if err != nil {
		t.Fatal(err)
	}
	for i := range placesAtOnce {
		account := who.Account
		if i > 0 {
			account = fmt.Sprint(i)
		}
		_, leave, err := s.long.enter(ctx, account)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	_, err = s.CreateStage(ctx, who, &wire.CreateStageRequest{RestAPIID: api, StageName: "prod", DeploymentID: *d.ID})
	works("CreateStage", err)
	_, err = s.UpdateStage(ctx, who, &wire.UpdateStageRequest{RestAPIID: api, StageName: "prod", PatchOperations: []wire.PatchOperation{{Op: new("replace"), Path: new("/variables/a"), Value: new("b")}}})
	works("UpdateStage", err)
	_, err = s.CreateModel(ctx, who, &wire.CreateModelRequest{RestAPIID: api, Name: "M", ContentType: "application/json", Schema: new(`{"type": "object"}`)})
	works("CreateModel", err)
	_, err = s.UpdateModel(ctx, who, &wire.UpdateModelRequest{RestAPIID: api, ModelName: "M", PatchOperations: []wire.PatchOperation{{Op: new("replace"), Path: new("/schema"), Value: new(`{}`)}}})
	works("UpdateModel", err)
	r, err := s.CreateResource(ctx, who, &wire.CreateResourceRequest{RestAPIID: api, ParentID: root, PathPart: "a"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.UpdateResource(ctx, who, &wire.UpdateResourceRequest{RestAPIID: api, ResourceID: *r.ID, PatchOperations: []wire.PatchOperation{{Op: new("replace"), Path: new("/pathPart"), Value: new("b")}}})
	works("UpdateResource", err)
	_, err = s.DeleteResource(ctx, who, &wire.DeleteResourceRequest{RestAPIID: api, ResourceID: *r.ID})
	works("DeleteResource", err)
}

// deployLarge serves a deployment that is too large to be looked through in a turn,
// with a method through a VPC link that nobody has.
func deployLarge(t *testing.T, s *Service, who *wire.Caller, api string) {
	t.Helper()
	src := &source{
		Models: []wire.Model{{Description: new(strings.Repeat("a", briefSource))}},
		Resources: []wire.Resource{{ID: new("r"), ResourceMethods: map[string]wire.Method{
			"GET": {MethodIntegration: &wire.Integration{ConnectionType: new("VPC_LINK"), ConnectionID: new("another")}},
		}}},
	}
	_, err := writeEmpty(t.Context(), s, who, api, func(t *tx) error {
		return errors.Join(
			t.save(kindDeployment, "large", &wire.Deployment{ID: new("large"), CreatedDate: &t.now}),
			t.save(kindDeploymentSource, "large", src),
			t.save(kindStage, "prod", &wire.Stage{StageName: new("prod"), DeploymentID: new("large")}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is large waits for a place, and so does a definition before it is read.
func TestLargeCallsNeedAPlace(t *testing.T) {
	s, who, api := newService(t)
	deployLarge(t, s, who, api)
	link, err := s.CreateVPCLink(t.Context(), who, &wire.CreateVPCLinkRequest{Name: "link", TargetARNs: []string{"arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/a/1"}})
	if err != nil {
		t.Fatal(err)
	}
	_, leave, err := s.long.enter(t.Context(), who.Account)
	if err != nil {
		t.Fatal(err)
	}
	schema := `{"description": "` + strings.Repeat("a", briefSchema) + `"}`
	calls := map[string]func(context.Context) error{
		"CreateModel": func(ctx context.Context) error {
			_, err := s.CreateModel(ctx, who, &wire.CreateModelRequest{RestAPIID: api, Name: "Large", ContentType: "application/json", Schema: &schema})
			return err
		},
		"DeleteVpcLink": func(ctx context.Context) error {
			_, err := s.DeleteVPCLink(ctx, who, &wire.DeleteVPCLinkRequest{VPCLinkID: *link.ID})
			return err
		},
		"ImportRestApi": func(ctx context.Context) error {
			_, err := s.ImportRestAPI(ctx, who, &wire.ImportRestAPIRequest{Body: []byte("not even a definition")})
			return err
		},
		"PutRestApi": func(ctx context.Context) error {
			_, err := s.PutRestAPI(ctx, who, &wire.PutRestAPIRequest{RestAPIID: api, Body: []byte("not even a definition")})
			return err
		},
		"ImportDocumentationParts": func(ctx context.Context) error {
			_, err := s.ImportDocumentationParts(ctx, who, &wire.ImportDocumentationPartsRequest{RestAPIID: api, Body: []byte("not even a definition")})
			return err
		},
		"CreateDocumentationVersion": func(ctx context.Context) error {
			_, err := s.CreateDocumentationVersion(ctx, who, &wire.CreateDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: "1"})
			return err
		},
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		var answer *wire.Error
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) && !(errors.As(err, &answer) && answer.Status == 503) {
			t.Errorf("%s did not wait: %v", name, err)
		}
		cancel()
	}
	leave()
	for _, name := range []string{"CreateModel", "DeleteVpcLink", "CreateDocumentationVersion"} {
		if err := calls[name](t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var answer *wire.Error
	for name, message := range map[string]string{
		"ImportRestApi": "Invalid OpenAPI input.", "PutRestApi": "Invalid OpenAPI input.", "ImportDocumentationParts": "Unable to build importer with provided input.",
	} {
		if err := calls[name](t.Context()); !errors.As(err, &answer) || answer.Message != message {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What reads all that an API defines waits for a place among those of large listings.
func TestLargeReadsNeedAPlace(t *testing.T) {
	s, who, api := newService(t)
	s.invoke = func(context.Context, *Test) *TestResult { return &TestResult{} }
	for range ownPages {
		_, leave, err := s.pages.enter(t.Context(), who.Account)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	for name, call := range map[string]func(context.Context) error{
		"TestInvokeMethod": func(ctx context.Context) error {
			_, err := s.TestInvokeMethod(ctx, who, &wire.TestInvokeMethodRequest{RestAPIID: api, ResourceID: "none", HTTPMethod: "GET"})
			return err
		},
		"GetDeployment with its summary": func(ctx context.Context) error {
			_, err := s.GetDeployment(ctx, who, &wire.GetDeploymentRequest{RestAPIID: api, DeploymentID: "none", Embed: []string{"apisummary"}})
			return err
		},
		"GetDocumentationParts": func(ctx context.Context) error {
			_, err := s.GetDocumentationParts(ctx, who, &wire.GetDocumentationPartsRequest{RestAPIID: api})
			return err
		},
		"Draft": func(ctx context.Context) error { _, err := s.Draft(ctx, who, api); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s did not wait: %v", name, err)
		}
		cancel()
	}
	if _, err := s.GetDeployment(t.Context(), who, &wire.GetDeploymentRequest{RestAPIID: api, DeploymentID: "none"}); err == nil || err.Error() != errDeployment().Error() {
		t.Errorf("GetDeployment waits without its summary: %v", err)
	}
}

// Whoever keeps changing what a long call reads makes that call fail, as on AWS.
func TestOvertakenCall(t *testing.T) {
	if err := tookTooLong(store.ErrOvertaken); err.Error() != "ConflictException: Unable to complete operation due to concurrent modification. Please try again later." {
		t.Errorf("got %v", err)
	}
}

// What an export makes of models and documentation is held with the trees of imports: it
// takes many times as much memory as the texts.
func TestExportsAreHeld(t *testing.T) {
	s, who, api := newService(t)
	deployLarge(t, s, who, api)
	export := func() error {
		_, err := s.GetExport(t.Context(), who, &wire.GetExportRequest{RestAPIID: api, StageName: "prod", ExportType: "oas30"})
		return err
	}
	properties := `{"a": [` + strings.Repeat("0,", 30_000) + `0]}`
	if _, err := s.CreateDocumentationPart(t.Context(), who, &wire.CreateDocumentationPartRequest{RestAPIID: api, Location: &wire.DocumentationPartLocation{Type: "API"}, Properties: properties}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateDocumentationVersion(t.Context(), who, &wire.CreateDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: "1", StageName: new("prod")}); err != nil {
		t.Fatal(err)
	}
	s.trees = httpmsg.NewBudget(1 << 20)
	var answer *wire.Error
	if err := export(); !errors.As(err, &answer) || answer.Status != 503 {
		t.Errorf("with 1 MiB: got %v", err)
	}
	s.trees = httpmsg.NewBudget(3 << 20)
	for range 3 { // each gives back what it took
		if err := export(); err != nil {
			t.Errorf("with 3 MiB: %v", err)
		}
	}
}
