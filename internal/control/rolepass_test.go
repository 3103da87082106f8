package control_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	passed  = "arn:aws:iam::111122223333:role/app-1"
	barred  = "arn:aws:iam::111122223333:role/app-secret"
	varied  = "arn:aws:iam::111122223333:role/app-${stageVariables.role}"
	foreign = "arn:aws:iam::999988887777:role/app-1"
	queue   = "arn:aws:apigateway:us-east-1:sqs:path/q"
)

// A passRig is a service that lets callers pass the roles app-* but app-secret.
type passRig struct {
	*control.Service
	api, root, verb string
}

func newPassRig(t *testing.T) *passRig {
	t.Helper()
	st, err := store.Open(ctx(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	r := &passRig{verb: "GET", Service: control.New(control.Options{
		Store: st,
		MayPass: func(who *wire.Caller, role string) error {
			if !strings.HasPrefix(role, "arn:aws:iam::111122223333:role/app-") || role == barred {
				return wire.AccessDenied("%s may not pass %s", who.Principal, role)
			}
			return nil
		},
		Invoke: func(context.Context, *control.Test) *control.TestResult { return &control.TestResult{Status: 200} },
		InvokeAuthorizer: func(context.Context, *control.AuthorizerTest) *control.AuthorizerTestResult {
			return new(control.AuthorizerTestResult)
		},
	})}
	a := must(r.CreateRestAPI(ctx(), alice, &wire.CreateRestAPIRequest{Name: "a"}))(t)
	r.api, r.root = *a.ID, *a.RootResourceID
	must(r.PutMethod(ctx(), alice, &wire.PutMethodRequest{RestAPIID: r.api, ResourceID: r.root, HTTPMethod: r.verb, AuthorizationType: "NONE"}))(t)
	return r
}

var alice = &wire.Caller{Account: "111122223333", Region: testRegion, Principal: "alice", AccessKey: "ALICE"}

// put sets the role of the method's integration.
func (r *passRig) put(who *wire.Caller, role string) error {
	_, err := r.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{
		RestAPIID: r.api, ResourceID: r.root, HTTPMethod: r.verb, Type: "AWS", IntegrationHTTPMethod: new("POST"), URI: new(queue), Credentials: &role,
	})
	return err
}

// authorizer makes an authorizer with a role.
func (r *passRig) authorizer(who *wire.Caller, name, role string) (*wire.Authorizer, error) {
	return r.CreateAuthorizer(ctx(), who, &wire.CreateAuthorizerRequest{
		RestAPIID: r.api, Name: name, Type: "TOKEN", IdentitySource: new("method.request.header.A"), AuthorizerCredentials: &role,
		AuthorizerURI: new("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:f/invocations"),
	})
}

// wantPass compares an error's text with what is wanted, "" for none.
func wantPass(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil && want == "" {
		return
	}
	if err == nil || want == "" || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

// A role is given to API Gateway by those alone who may pass it, wherever it is named.
func TestPassRole(t *testing.T) {
	r := newPassRig(t)
	server := &wire.Caller{Account: "111122223333", Region: testRegion} // as which files are imported
	nobody := &wire.Caller{Account: control.UnknownAccount, Region: testRegion, Principal: "alice", AccessKey: "ALICE"}
	for i, tt := range []struct {
		who        *wire.Caller
		role, want string
	}{
		{alice, passed, ""},
		{alice, barred, "alice may not pass " + barred},
		{alice, foreign, "Cross-account pass role is not allowed."},
		{alice, "arn:aws:iam::*:user/*", ""},
		{alice, varied, ""},
		{alice, "arn:aws:iam::111122223333:role/${stageVariables.role}", "alice may not pass arn:aws:iam::111122223333:role/*"},
		{alice, "arn:aws:iam::${stageVariables.account}:role/app-1", "alice may not pass arn:aws:iam::*:role/app-1"},
		{alice, "arn:aws:iam::111122223333:role/app-${stageVariables.role+}", "Invalid ARN specified in the request"},
		{server, barred, ""},
		{server, foreign, "Cross-account pass role is not allowed."},
	} {
		wantPass(t, "integration under "+tt.role, r.put(tt.who, tt.role), tt.want)
		if _, err := r.authorizer(tt.who, fmt.Sprint("a", i), tt.role); !strings.HasSuffix(tt.role, "user/*") {
			wantPass(t, "authorizer under "+tt.role, err, tt.want)
		}
		def := strings.Replace(`{"swagger": "2.0", "info": {"title": "a"}, "paths": {"/": {"get": {"responses": {}, "x-amazon-apigateway-integration":
			{"type": "aws", "httpMethod": "POST", "uri": "`+queue+`", "credentials": "ROLE"}}}}}`, "ROLE", tt.role, 1)
		_, err := r.ImportRestAPI(ctx(), tt.who, &wire.ImportRestAPIRequest{Body: []byte(def), FailOnWarnings: new(true)})
		wantPass(t, "import under "+tt.role, err, tt.want)
	}
	// Where callers are told apart, an account that is nobody's at AWS is one like others.
	other := newPassRig(t)
	a := must(other.CreateRestAPI(ctx(), nobody, &wire.CreateRestAPIRequest{Name: "a"}))(t)
	must(other.PutMethod(ctx(), nobody, &wire.PutMethodRequest{RestAPIID: *a.ID, ResourceID: *a.RootResourceID, HTTPMethod: "GET", AuthorizationType: "NONE"}))(t)
	other.api, other.root = *a.ID, *a.RootResourceID
	wantPass(t, "account 0", other.put(nobody, passed), "Cross-account pass role is not allowed.")
}

// Who changes what calls under a role may pass it, and who copies it.
func TestPassRoleOfChanges(t *testing.T) {
	r := newPassRig(t)
	server := &wire.Caller{Account: "111122223333", Region: testRegion}
	wantPass(t, "put", r.put(server, barred), "")
	update := func(op [3]string) error {
		_, err := r.UpdateIntegration(ctx(), alice, &wire.UpdateIntegrationRequest{RestAPIID: r.api, ResourceID: r.root, HTTPMethod: r.verb, PatchOperations: ops(op)})
		return err
	}
	wantPass(t, "another URI under the role", update([3]string{"replace", "/uri", queue + "2"}), "may not pass")
	_, err := r.CreateRestAPI(ctx(), alice, &wire.CreateRestAPIRequest{Name: "b", CloneFrom: &r.api})
	wantPass(t, "clone", err, "may not pass")
	wantPass(t, "another role", update([3]string{"replace", "/credentials", passed}), "")
	wantPass(t, "back", update([3]string{"replace", "/credentials", barred}), "may not pass")
	a := must(r.authorizer(alice, "a", passed))(t)
	_, err = r.UpdateAuthorizer(ctx(), alice, &wire.UpdateAuthorizerRequest{RestAPIID: r.api, AuthorizerID: *a.ID, PatchOperations: ops([3]string{"replace", "/authorizerCredentials", barred})})
	wantPass(t, "an authorizer's", err, "may not pass")
}

// A role that a variable of a stage names is asked for when the variable is.
func TestPassRoleByVariable(t *testing.T) {
	r := newPassRig(t)
	wantPass(t, "put", r.put(alice, varied), "")
	a := must(r.authorizer(alice, "a", varied))(t)
	deploy := func(stage string, variables map[string]string) error {
		_, err := r.CreateDeployment(ctx(), alice, &wire.CreateDeploymentRequest{RestAPIID: r.api, StageName: &stage, Variables: variables})
		return err
	}
	wantPass(t, "deploy", deploy("bad", map[string]string{"role": "secret"}), "may not pass "+barred)
	wantPass(t, "deploy", deploy("prod", map[string]string{"role": "1"}), "")
	wantPass(t, "deploy without the variable", deploy("later", nil), "")
	for stage, want := range map[string]string{"prod": "may not pass " + barred, "later": "may not pass " + barred} {
		for _, op := range [][3]string{{"replace", "/variables/role", "secret"}, {"replace", "/canarySettings/stageVariableOverrides/role", "secret"}} {
			_, err := r.UpdateStage(ctx(), alice, &wire.UpdateStageRequest{RestAPIID: r.api, StageName: stage, PatchOperations: ops(op)})
			wantPass(t, stage+op[1], err, want)
		}
	}
	for value, want := range map[string]string{"1": "", "secret": "may not pass " + barred} {
		variables := map[string]string{"role": value}
		_, err := r.TestInvokeMethod(ctx(), alice, &wire.TestInvokeMethodRequest{RestAPIID: r.api, ResourceID: r.root, HTTPMethod: r.verb, StageVariables: variables})
		wantPass(t, "test of the method with "+value, err, want)
		_, err = r.TestInvokeAuthorizer(ctx(), alice, &wire.TestInvokeAuthorizerRequest{RestAPIID: r.api, AuthorizerID: *a.ID, StageVariables: variables})
		wantPass(t, "test of the authorizer with "+value, err, want)
	}
}
