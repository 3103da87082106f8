package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// A released is an API with a stage called prod, whose version its one method tells.
type released struct {
	*apigateway.Client
	api, url string
}

// newReleased makes such an API of version 1.
func newReleased(t *testing.T) *released {
	t.Helper()
	_, c, url := launchWith(t, t.TempDir(), "", "--in-memory")
	r := &released{c, "canaried", url + "/_aws/execute-api/canaried/prod/v"}
	if _, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": r.api}}); err != nil {
		t.Fatal(err)
	}
	r.write(t, 1)
	if _, err := r.deploy(t, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// write makes the API as it is edited tell a version.
func (r *released) write(t *testing.T, version int) {
	t.Helper()
	definition := fmt.Sprintf(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/v": {"get": {"responses": {"200": {"description": "ok"}},
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
			"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "v%d $stageVariables.a $context.isCanaryRequest"}}}}}}}}`, version)
	if _, err := r.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &r.api, Mode: types.PutModeOverwrite, Body: []byte(definition)}); err != nil {
		t.Fatal(err)
	}
}

// deploy deploys to the stage, or to its canary where there are settings of one.
func (r *released) deploy(t *testing.T, canary *types.DeploymentCanarySettings) (string, error) {
	out, err := r.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{
		RestApiId: &r.api, StageName: aws.String("prod"), Variables: map[string]string{"a": "own"}, CanarySettings: canary,
	})
	if err != nil {
		return "", err
	}
	return *out.Id, nil
}

// promotion is what AWS's guide says that a promotion is.
var promotion = []types.PatchOperation{
	{Op: types.OpReplace, Path: aws.String("/canarySettings/percentTraffic"), Value: aws.String("0.0")},
	{Op: types.OpCopy, From: aws.String("/canarySettings/stageVariableOverrides"), Path: aws.String("/variables")},
	{Op: types.OpCopy, From: aws.String("/canarySettings/deploymentId"), Path: aws.String("/deploymentId")},
}

func (r *released) patch(t *testing.T, operations ...types.PatchOperation) *apigateway.UpdateStageOutput {
	t.Helper()
	out, err := r.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &r.api, StageName: aws.String("prod"), PatchOperations: operations})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCanary takes a version through its life: a canary by CreateDeployment, more
// of the requests, the promotion, the end of the canary.
func TestCanary(t *testing.T) {
	r := newReleased(t)
	get := func(want string) {
		t.Helper()
		if got := exchange(t, "GET", r.url, nil); got.status != 200 || got.body != want {
			t.Errorf("got %v, want %q", got, want)
		}
	}
	get("v1 own ")
	r.write(t, 2)
	two, err := r.deploy(t, &types.DeploymentCanarySettings{PercentTraffic: 100, StageVariableOverrides: map[string]string{"a": "new"}})
	if err != nil {
		t.Fatal(err)
	}
	get("v2 new true")
	r.patch(t, stagePatch("/canarySettings/percentTraffic", "0")...)
	get("v1 own false")

	r.write(t, 3)
	if _, err := r.deploy(t, nil); err == nil || !strings.Contains(err.Error(), "Invalid deployment content specified.Non canary deployment not supported on stage prod because Canary is enabled. Provide CanarySettings in deploymentInput.") {
		t.Errorf("a deployment without a canary: %v", err)
	}
	get("v1 own false")
	if _, err := r.DeleteDeployment(t.Context(), &apigateway.DeleteDeploymentInput{RestApiId: &r.api, DeploymentId: &two}); err == nil || !strings.Contains(err.Error(), "Active stages with canary settings pointing to this deployment must be moved or deleted") {
		t.Errorf("the canary's deployment is deleted: %v", err)
	}

	st := r.patch(t, promotion...)
	if *st.DeploymentId != two || st.Variables["a"] != "new" || *st.CanarySettings.DeploymentId != two || st.CanarySettings.PercentTraffic != 0 {
		t.Errorf("promoted: %+v", st)
	}
	get("v2 new false")
	if st := r.patch(t, types.PatchOperation{Op: types.OpRemove, Path: aws.String("/canarySettings")}); st.CanarySettings != nil {
		t.Errorf("the canary is still there: %+v", st.CanarySettings)
	}
	get("v2 new ")
}

// TestPromotionUnderLoad promotes version after version while clients call: each of
// their requests is answered by a version that was deployed when it came.
func TestPromotionUnderLoad(t *testing.T) {
	const clients, versions = 4, 8
	r := newReleased(t)
	var first, last, answered atomic.Int64 // the versions that may answer; requests
	first.Store(1)
	last.Store(1)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				from := first.Load()
				resp, err := http.Get(r.url)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				var version int64
				if _, scanned := fmt.Sscanf(string(body), "v%d own ", &version); err != nil || scanned != nil || version < from || version > last.Load() {
					t.Errorf("status %d, %q, %v", resp.StatusCode, body, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	for version := int64(2); version <= versions; version++ {
		r.write(t, int(version))
		last.Store(version)
		if _, err := r.deploy(t, &types.DeploymentCanarySettings{PercentTraffic: 50}); err != nil {
			t.Fatal(err)
		}
		for enough := answered.Load() + 20; answered.Load() < enough && !t.Failed(); {
			exchange(t, "GET", r.url, nil)
			answered.Add(1)
		}
		r.patch(t, promotion...)
		first.Store(version)
		r.patch(t, types.PatchOperation{Op: types.OpRemove, Path: aws.String("/canarySettings")})
	}
	stop()
	wg.Wait()
}
