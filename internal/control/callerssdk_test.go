package control_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// One whole life of a key and a plan as the Go SDK sees it: each operation, and the
// errors by their types.
func TestCallersOfTheSDK(t *testing.T) {
	f := newFixture(t)
	f.mock(t, f.pets, "GET")
	if _, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: aws.String("dev")}); err != nil {
		t.Fatal(err)
	}
	same := func(what string, want, got any) {
		t.Helper()
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(types.UsagePlan{}, types.ApiStage{}, types.QuotaSettings{}, types.ThrottleSettings{}, types.UsagePlanKey{}, types.ApiKey{})); d != "" {
			t.Errorf("%s: -want +got\n%s", what, d)
		}
	}

	key, err := f.CreateApiKey(ctx(), &apigateway.CreateApiKeyInput{Name: aws.String("k"), Enabled: true, Tags: map[string]string{"a": "b"}})
	if err != nil {
		t.Fatal(err)
	}
	if key.CreatedDate == nil || key.LastUpdatedDate == nil || len(*key.Value) != 40 || key.StageKeys == nil {
		t.Errorf("got %+v", key)
	}
	read, err := f.GetApiKey(ctx(), &apigateway.GetApiKeyInput{ApiKey: key.Id, IncludeValue: aws.Bool(true)})
	if err != nil || *read.Value != *key.Value || !read.Enabled || !read.CreatedDate.Equal(*key.CreatedDate) {
		t.Errorf("got %+v, %v", read, err)
	}
	updated, err := f.UpdateApiKey(ctx(), &apigateway.UpdateApiKeyInput{ApiKey: key.Id, PatchOperations: patch("replace", "/enabled", "false")})
	if err != nil || updated.Value != nil || updated.Enabled || updated.Tags["a"] != "b" {
		t.Errorf("got %+v, %v", updated, err)
	}
	_, err = f.CreateApiKey(ctx(), &apigateway.CreateApiKeyInput{Value: key.Value})
	wantError(t, err, "Conflict", "API Key already exists")
	_, err = f.GetApiKey(ctx(), &apigateway.GetApiKeyInput{ApiKey: aws.String("nope")})
	wantError(t, err, "NotFound", "Invalid API Key identifier specified")
	imported, err := f.ImportApiKeys(ctx(), &apigateway.ImportApiKeysInput{Format: types.ApiKeysFormatCsv, Body: []byte("name,key\nm,12345678901234567890\nshort,1")})
	if err != nil || len(imported.Ids) != 1 || len(imported.Warnings) != 1 {
		t.Fatalf("got %+v, %v", imported, err)
	}
	keys, err := f.GetApiKeys(ctx(), &apigateway.GetApiKeysInput{})
	if err != nil || len(keys.Items) != 2 || *keys.Items[1].Id != imported.Ids[0] || keys.Items[1].Value != nil {
		t.Errorf("got %+v, %v", keys, err)
	}

	want := types.UsagePlan{
		Name: aws.String("p"), Throttle: &types.ThrottleSettings{RateLimit: 2.5, BurstLimit: 7}, Quota: &types.QuotaSettings{Limit: 10, Period: types.QuotaPeriodTypeDay},
		ApiStages: []types.ApiStage{{ApiId: &f.api, Stage: aws.String("dev"), Throttle: map[string]types.ThrottleSettings{"/pets/GET": {RateLimit: 1, BurstLimit: 2}}}},
	}
	plan, err := f.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: want.Name, Throttle: want.Throttle, Quota: want.Quota, ApiStages: want.ApiStages})
	if err != nil {
		t.Fatal(err)
	}
	want.Id = plan.Id
	plans, err := f.GetUsagePlans(ctx(), &apigateway.GetUsagePlansInput{})
	if err != nil {
		t.Fatal(err)
	}
	same("GetUsagePlans", []types.UsagePlan{want}, plans.Items)
	_, err = f.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: want.Name, ApiStages: []types.ApiStage{{ApiId: &f.api, Stage: aws.String("nope")}}})
	wantError(t, err, "NotFound", "API Stage not found: "+f.api+":nope")
	changed, err := f.UpdateUsagePlan(ctx(), &apigateway.UpdateUsagePlanInput{UsagePlanId: plan.Id, PatchOperations: patch("replace", "/quota/limit", "20")})
	if err != nil || changed.Quota.Limit != 20 || changed.Tags == nil {
		t.Errorf("got %+v, %v", changed, err)
	}

	in, err := f.CreateUsagePlanKey(ctx(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id, KeyType: aws.String("API_KEY")})
	if err != nil || *in.Id != *key.Id || *in.Type != "API_KEY" || *in.Value != *key.Value || *in.Name != "k" {
		t.Errorf("got %+v, %v", in, err)
	}
	if got, err := f.GetUsagePlanKey(ctx(), &apigateway.GetUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id}); err != nil || *got.Value != *key.Value {
		t.Errorf("got %+v, %v", got, err)
	}
	if list, err := f.GetUsagePlanKeys(ctx(), &apigateway.GetUsagePlanKeysInput{UsagePlanId: plan.Id}); err != nil || len(list.Items) != 1 {
		t.Errorf("got %+v, %v", list, err)
	}
	usage, err := f.GetUsage(ctx(), &apigateway.GetUsageInput{UsagePlanId: plan.Id, StartDate: aws.String("2026-02-28"), EndDate: aws.String("2026-03-01")})
	if err != nil {
		t.Fatal(err)
	}
	same("GetUsage", map[string][][]int64{*key.Id: {{0, 20}, {0, 20}}}, usage.Items)
	_, err = f.UpdateUsage(ctx(), &apigateway.UpdateUsageInput{UsagePlanId: plan.Id, KeyId: &imported.Ids[0]})
	wantError(t, err, "NotFound", "Invalid Key identifier specified")

	_, err = f.DeleteUsagePlan(ctx(), &apigateway.DeleteUsagePlanInput{UsagePlanId: plan.Id})
	wantError(t, err, "BadRequest", "Cannot delete Usage Plan "+*plan.Id+" because there are API Stages associated with it, including "+f.api+":dev")
	if _, err := f.DeleteUsagePlanKey(ctx(), &apigateway.DeleteUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id}); err != nil {
		t.Error(err)
	}
	if _, err := f.DeleteStage(ctx(), &apigateway.DeleteStageInput{RestApiId: &f.api, StageName: aws.String("dev")}); err != nil {
		t.Error(err)
	}
	if _, err := f.DeleteUsagePlan(ctx(), &apigateway.DeleteUsagePlanInput{UsagePlanId: plan.Id}); err != nil {
		t.Error(err)
	}
	for _, id := range []string{*key.Id, imported.Ids[0]} {
		if _, err := f.DeleteApiKey(ctx(), &apigateway.DeleteApiKeyInput{ApiKey: &id}); err != nil {
			t.Error(err)
		}
	}
}
