package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// devPlans are the API keys and usage plans of a file, those of all APIs of a template: a
// plan can be for several of them, and a key in several plans.
type devPlans struct {
	server *server
	file   string
	who    *wire.Caller

	said   []apiPlans        // in the order of the APIs
	made   []byte            // what was made, as JSON
	keyIDs map[string]string // by their values
	ids    []madePlan
}

// apiPlans are those that a file has for an API.
type apiPlans struct {
	api   string
	plans []devPlan
}

// A devPlan is a usage plan with its stages.
type devPlan struct {
	openapi.UsagePlan
	Stages []wire.APIStage
}

// A madePlan is one that there is.
type madePlan struct {
	id     string
	stages []string // API:stage
}

// call makes the keys and plans of an API. It returns what is wrong with some.
func (p *devPlans) call(ctx context.Context, api, stage string, plans []openapi.UsagePlan) []error {
	own := apiPlans{api: api}
	for _, plan := range plans {
		own.plans = append(own.plans, devPlan{plan, []wire.APIStage{{APIID: &api, Stage: &stage, Throttle: plan.Methods}}})
	}
	if i := p.index(api); i >= 0 {
		p.said[i] = own
	} else {
		p.said = append(p.said, own)
	}
	return p.renew(ctx)
}

// renew makes the keys and plans of all APIs, in place of those that were made of the file
// before, unless that says the same of them. Counts begin anew with new ones. It returns what
// is wrong with some.
func (p *devPlans) renew(ctx context.Context) (wrong []error) {
	all := p.all()
	says, err := json.Marshal(all)
	if err != nil || bytes.Equal(says, p.made) {
		return nil
	}
	p.forget(ctx)
	p.made = says
	for i := range all {
		if err := p.make(ctx, &all[i]); err != nil {
			wrong = append(wrong, fmt.Errorf("usage plan %s: %w", all[i].Name, plainAnswer(err)))
		}
	}
	return wrong
}

// index is where an API is in what the file has said, -1 where it is not.
func (p *devPlans) index(api string) int {
	return slices.IndexFunc(p.said, func(of apiPlans) bool { return of.api == api })
}

// all are the plans of all APIs, each once with the stages that it has. What the last API says
// of one counts, as in SAM's shared plan.
func (p *devPlans) all() []devPlan {
	var out []devPlan
	for _, of := range p.said {
		for _, plan := range of.plans {
			i := slices.IndexFunc(out, func(other devPlan) bool { return plan.ID != "" && other.ID == plan.ID })
			if i < 0 {
				out = append(out, plan)
				continue
			}
			was := &out[i]
			was.Name, was.Throttle, was.Quota = plan.Name, cmp.Or(plan.Throttle, was.Throttle), cmp.Or(plan.Quota, was.Quota)
			was.Stages = slices.Concat(was.Stages, plan.Stages)
		}
	}
	return out
}

func (p *devPlans) make(ctx context.Context, of *devPlan) error {
	control := p.server.control
	plan, err := control.CreateUsagePlan(ctx, p.who, &wire.CreateUsagePlanRequest{
		Name: of.Name, Throttle: of.Throttle, Quota: of.Quota, APIStages: of.Stages,
	})
	if err != nil {
		return err
	}
	made := madePlan{id: *plan.ID}
	for _, stage := range of.Stages {
		made.stages = append(made.stages, *stage.APIID+":"+*stage.Stage)
	}
	p.ids = append(p.ids, made)
	for i, value := range of.Keys {
		key, err := p.key(ctx, fmt.Sprint(of.Name, " ", i+1), value)
		if err != nil {
			return err
		}
		if _, err := control.CreateUsagePlanKey(ctx, p.who, &wire.CreateUsagePlanKeyRequest{UsagePlanID: *plan.ID, KeyID: key, KeyType: "API_KEY"}); err != nil {
			return err
		}
	}
	return nil
}

// key is the id of the key of a value, which is made when it is asked for first.
func (p *devPlans) key(ctx context.Context, name, value string) (string, error) {
	if id := p.keyIDs[value]; id != "" {
		return id, nil
	}
	key, err := p.server.control.CreateAPIKey(ctx, p.who, &wire.CreateAPIKeyRequest{Name: &name, Value: &value, Enabled: new(true)})
	if err != nil {
		return "", err
	}
	if p.keyIDs == nil {
		p.keyIDs = make(map[string]string)
	}
	p.keyIDs[value] = *key.ID
	return *key.ID, nil
}

// drop forgets what the file said of an API, and makes the plans again that others had with it: they
// may be served as they were, for an error of their own. It returns what is wrong with some.
func (p *devPlans) drop(ctx context.Context, api string) []error {
	if i := p.index(api); i >= 0 {
		p.said = slices.Delete(p.said, i, i+1)
	}
	return p.renew(ctx)
}

// forget deletes what was made, for it to be made again. What a client has deleted meanwhile is gone already.
func (p *devPlans) forget(ctx context.Context) {
	control := p.server.control
	for _, id := range p.keyIDs {
		_, _ = control.DeleteAPIKey(ctx, p.who, &wire.DeleteAPIKeyRequest{APIKey: id})
	}
	for _, plan := range p.ids {
		for i := range plan.stages {
			_, _ = control.UpdateUsagePlan(ctx, p.who, &wire.UpdateUsagePlanRequest{
				UsagePlanID: plan.id, PatchOperations: []wire.PatchOperation{{Op: new("remove"), Path: new("/apiStages"), Value: &plan.stages[i]}},
			})
		}
		_, _ = control.DeleteUsagePlan(ctx, p.who, &wire.DeleteUsagePlanRequest{UsagePlanID: plan.id})
	}
	p.made, p.keyIDs, p.ids = nil, nil, nil
}

// reset is for a server that has forgotten all that was made.
func (p *devPlans) reset() { p.said, p.made, p.keyIDs, p.ids = nil, nil, nil, nil }
