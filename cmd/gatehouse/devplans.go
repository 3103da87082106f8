package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// devCallers are the API keys and usage plans that dev has made of a file.
type devCallers struct {
	made   []byte // what the file said of them, as JSON
	keyIDs []string
	ids    []string // of plans
}

// callPlans makes the API keys and usage plans of the file, in place of those that
// were made of it before, unless it says the same of them. Counts begin anew with
// new ones.
func (d *developer) callPlans(ctx context.Context, def *openapi.API) {
	says, err := json.Marshal(def.UsagePlans)
	if err != nil || bytes.Equal(says, d.callers.made) {
		return
	}
	d.forgetPlans(ctx)
	d.callers.made = says
	for i := range def.UsagePlans {
		p := &def.UsagePlans[i]
		if err := d.makePlan(ctx, p); err != nil {
			fmt.Fprintf(d.out, "%s: usage plan %s: %s\n", d.file, p.Name, d.problems(err)[0].Text)
		}
	}
}

func (d *developer) makePlan(ctx context.Context, p *openapi.UsagePlan) error {
	control := d.server.control
	plan, err := control.CreateUsagePlan(ctx, d.who, &wire.CreateUsagePlanRequest{
		Name: p.Name, Throttle: p.Throttle, Quota: p.Quota, APIStages: []wire.APIStage{{APIID: &d.api, Stage: &d.stage, Throttle: p.Methods}},
	})
	if err != nil {
		return err
	}
	d.callers.ids = append(d.callers.ids, *plan.ID)
	for i, value := range p.Keys {
		key, err := control.CreateAPIKey(ctx, d.who, &wire.CreateAPIKeyRequest{Name: new(fmt.Sprint(p.Name, " ", i+1)), Value: &value, Enabled: new(true)})
		if err != nil {
			return err
		}
		d.callers.keyIDs = append(d.callers.keyIDs, *key.ID)
		if _, err := control.CreateUsagePlanKey(ctx, d.who, &wire.CreateUsagePlanKeyRequest{UsagePlanID: *plan.ID, KeyID: *key.ID, KeyType: "API_KEY"}); err != nil {
			return err
		}
	}
	return nil
}

// forgetPlans deletes what was made of the file before. What a client has deleted
// meanwhile is gone already.
func (d *developer) forgetPlans(ctx context.Context) {
	control := d.server.control
	for _, id := range d.callers.keyIDs {
		_, _ = control.DeleteAPIKey(ctx, d.who, &wire.DeleteAPIKeyRequest{APIKey: id})
	}
	stage := d.api + ":" + d.stage
	for _, id := range d.callers.ids {
		_, _ = control.UpdateUsagePlan(ctx, d.who, &wire.UpdateUsagePlanRequest{
			UsagePlanID: id, PatchOperations: []wire.PatchOperation{{Op: new("remove"), Path: new("/apiStages"), Value: &stage}},
		})
		_, _ = control.DeleteUsagePlan(ctx, d.who, &wire.DeleteUsagePlanRequest{UsagePlanID: id})
	}
	d.callers = devCallers{}
}
