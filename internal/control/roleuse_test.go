package control_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Where the data plane assumes no roles but for the function "local", nothing
// that needs one is deployed, and no stage is led to it.
func TestRolesAreChecked(t *testing.T) {
	st, err := store.Open(ctx(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	assumes := true
	s := control.New(control.Options{Store: st, CheckRole: func(uri, role string) error {
		if assumes || strings.HasSuffix(uri, ":local/invocations") || strings.Contains(uri, "${") {
			return nil
		}
		return errors.New("no " + role)
	}})
	const role = "arn:aws:iam::000000000000:role/r"
	const function = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:"
	a := must(s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "a"}))(t)
	put := func(kind, uri, role string) {
		t.Helper()
		must(s.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{
			RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET", Type: kind, IntegrationHTTPMethod: new("POST"), URI: &uri, Credentials: &role,
		}))(t)
	}
	deploy := func(stage string, variables map[string]string) (*wire.Deployment, error) {
		in := &wire.CreateDeploymentRequest{RestAPIID: *a.ID, Variables: variables}
		if stage != "" {
			in.StageName = &stage
		}
		return s.CreateDeployment(ctx(), who, in)
	}
	update := func(stage string, op [3]string) error {
		_, err := s.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: *a.ID, StageName: stage, PatchOperations: ops(op)})
		return err
	}
	refused := func(err error) {
		t.Helper()
		var answer *wire.Error
		if !errors.As(err, &answer) || answer.Status != 400 || answer.Type != "BadRequestException" || answer.Message != "GET /: no "+role {
			t.Errorf("got %v", err)
		}
	}
	must(s.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET", AuthorizationType: "NONE"}))(t)

	put("AWS", "arn:aws:apigateway:us-east-1:sqs:path/q", role)
	allowed := must(deploy("old", nil))(t) // before the configuration changed
	assumes = false
	for _, stage := range []string{"", "new", "old"} {
		_, err := deploy(stage, nil)
		refused(err)
	}
	if n := len(must(s.GetDeployments(ctx(), who, &wire.GetDeploymentsRequest{RestAPIID: *a.ID}))(t).Items); n != 1 {
		t.Errorf("%d deployments are kept", n)
	}
	_, err = s.CreateStage(ctx(), who, &wire.CreateStageRequest{RestAPIID: *a.ID, StageName: "new", DeploymentID: *allowed.ID})
	refused(err)
	if err := update("old", [3]string{"replace", "/description", "d"}); err != nil {
		t.Error("what brings nothing about:", err)
	}

	// Nobody calls AWS, or not under a role, or a function that needs none.
	put("HTTP", "http://localhost", role)
	must(deploy("", nil))(t)
	put("AWS_PROXY", function+"f/invocations", "")
	must(deploy("", nil))(t)
	put("AWS_PROXY", function+"local/invocations", role)
	must(deploy("new", nil))(t)
	refused(update("new", [3]string{"replace", "/deploymentId", *allowed.ID}))

	// It is up to the stage.
	put("AWS_PROXY", function+"${stageVariables.f}/invocations", role)
	must(deploy("", nil))(t)
	must(deploy("new", map[string]string{"f": "local"}))(t)
	_, err = deploy("other", map[string]string{"f": "f"})
	refused(err)
	_, err = deploy("other", nil)
	refused(err)
	refused(update("new", [3]string{"replace", "/variables/f", "f"}))
	refused(update("new", [3]string{"remove", "/variables/f", ""}))
	if got := must(s.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: *a.ID, StageName: "new"}))(t).Variables["f"]; got != "local" {
		t.Errorf("the variable is %q", got)
	}
}

// Authorizers that methods name are held to the same; others may have any role, since
// nobody is to assume it.
func TestRolesOfAuthorizersAreChecked(t *testing.T) {
	st, err := store.Open(ctx(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	s := control.New(control.Options{Store: st, CheckRole: func(uri, role string) error {
		if strings.HasSuffix(uri, ":local/invocations") || strings.Contains(uri, "${") {
			return nil
		}
		return errors.New("no " + role)
	}})
	const role = "arn:aws:iam::000000000000:role/r"
	a := must(s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "a"}))(t)
	authorizer := must(s.CreateAuthorizer(ctx(), who, &wire.CreateAuthorizerRequest{
		RestAPIID: *a.ID, Name: "auth", Type: "TOKEN", IdentitySource: new(authHeader), AuthorizerURI: new(authorizerURI), AuthorizerCredentials: new(role),
	}))(t)
	must(s.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET", AuthorizationType: "NONE"}))(t)
	must(s.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET", Type: "MOCK"}))(t)
	deploy := func(stage, function string) error {
		in := &wire.CreateDeploymentRequest{RestAPIID: *a.ID}
		if stage != "" {
			in.StageName, in.Variables = &stage, map[string]string{"f": function}
		}
		_, err := s.CreateDeployment(ctx(), who, in)
		return err
	}
	led := func(uri string) {
		t.Helper()
		must(s.UpdateAuthorizer(ctx(), who, &wire.UpdateAuthorizerRequest{RestAPIID: *a.ID, AuthorizerID: *authorizer.ID, PatchOperations: ops([3]string{"replace", "/authorizerUri", uri})}))(t)
	}
	refused := func(err error) {
		t.Helper()
		var answer *wire.Error
		if !errors.As(err, &answer) || answer.Status != 400 || answer.Message != "authorizer auth: no "+role {
			t.Errorf("got %v", err)
		}
	}
	allowed := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	allowed(deploy("", ""))
	must(s.UpdateMethod(ctx(), who, &wire.UpdateMethodRequest{RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET",
		PatchOperations: ops([3]string{"replace", "/authorizationType", "CUSTOM"}, [3]string{"replace", "/authorizerId", *authorizer.ID})}))(t)
	refused(deploy("", ""))
	led(strings.Replace(authorizerURI, ":auth/", ":local/", 1))
	allowed(deploy("", ""))
	led(strings.Replace(authorizerURI, ":auth/", ":${stageVariables.f}/", 1))
	allowed(deploy("", ""))
	allowed(deploy("dev", "local"))
	refused(deploy("dev", "auth"))
	refused(deploy("other", "auth"))
}
