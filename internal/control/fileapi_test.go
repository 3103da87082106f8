package control_test

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A stage that a file no longer names is in no usage plan, as if a client had
// deleted it.
func TestStageOfFileLeavesPlans(t *testing.T) {
	s := newOwned(t)
	const api = "petstore"
	if err := s.KeepFileAPI(ctx(), who, api, "petstore.yaml"); err != nil {
		t.Fatal(err)
	}
	root := must(s.GetResources(ctx(), who, &wire.GetResourcesRequest{RestAPIID: api}))(t).Items[0].ID
	must(s.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: api, ResourceID: *root, HTTPMethod: "GET", AuthorizationType: "NONE"}))(t)
	must(s.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{RestAPIID: api, ResourceID: *root, HTTPMethod: "GET", Type: "MOCK"}))(t)
	must(s.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("old")}))(t)
	plan := must(s.CreateUsagePlan(ctx(), who, &wire.CreateUsagePlanRequest{
		Name: "plan", APIStages: []wire.APIStage{{APIID: new(api), Stage: new("old")}},
	}))(t)
	must(s.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("new")}))(t)
	if err := s.KeepFileStage(ctx(), who, api, "new"); err != nil {
		t.Fatal(err)
	}
	left := must(s.GetUsagePlan(ctx(), who, &wire.GetUsagePlanRequest{UsagePlanID: *plan.ID}))(t).APIStages
	if len(left) != 0 {
		t.Errorf("the plan still has %s", *left[0].Stage)
	}
}
