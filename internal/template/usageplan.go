package template

import (
	"math"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// usagePlans makes the plans of the template that have the API's stage, with their keys.
func (a *apiBuilder) usagePlans() {
	for _, r := range a.resources {
		if r.kind != kindUsagePlan {
			continue
		}
		p := a.of(r)
		methods, of := a.planStages(r, p)
		if !of {
			continue
		}
		plan := openapi.UsagePlan{
			ID: r.name, Name: text(p.get("UsagePlanName")), Throttle: throttle(p.within("Throttle")), Quota: quota(p.within("Quota")), Methods: methods, Keys: a.keysOf(r),
		}
		if plan.Name == "" {
			plan.Name = r.name
		}
		p.silently("ApiStages", "Description", "Tags")
		p.rest()
		a.def.UsagePlans = append(a.def.UsagePlans, plan)
	}
}

// tellUnusedPlans tells of the usage plans that no API has.
func (s *stack) tellUnusedPlans() {
	for _, r := range s.resources {
		if r.kind == kindUsagePlan && !r.used {
			s.noteOf(openapi.Serving, openapi.Warning, r.at, "#/Resources/"+escape(r.name), "the usage plan is for none of the APIs: its ApiStages name no API of the template")
		}
	}
}

// planStages reports whether a plan has a stage of this API, with the throttles of its
// methods.
func (a *apiBuilder) planStages(plan *resource, p *object) (map[string]wire.ThrottleSettings, bool) {
	for _, t := range p.each("ApiStages") {
		if text(t.get("ApiId")) != a.resource.id {
			continue
		}
		plan.used = true
		if stage := text(t.get("Stage")); stage != "" && a.out.Stage != "" && stage != a.out.Stage {
			a.noteOf(openapi.Serving, openapi.Warning, t.tree.Position, t.path, "the usage plan is for the stage %s, which is not served: it lets nobody call the stage %s", brief(stage), brief(a.out.Stage))
			continue
		}
		var out map[string]wire.ThrottleSettings
		methods := t.within("Throttle")
		for _, m := range members(methods.tree) {
			if of := throttle(methods.within(m.Name)); of != nil {
				if out == nil {
					out = make(map[string]wire.ThrottleSettings)
				}
				out[m.Name] = *of
			}
		}
		t.rest()
		return out, true
	}
	return nil, false
}

// keysOf are the values of the keys that a plan has.
func (a *apiBuilder) keysOf(plan *resource) []string {
	var out []string
	for _, r := range a.resources {
		if r.kind != "AWS::ApiGateway::UsagePlanKey" || text(a.properties(r).Get("UsagePlanId")) != a.nameOf(plan) {
			continue
		}
		id := text(a.properties(r).Get("KeyId"))
		key := a.byName[id]
		if key == nil || key.kind != kindAPIKey {
			a.note(openapi.Warning, r.at, "#/Resources/"+escape(r.name), "its KeyId is no API key of the template")
			continue
		}
		out = append(out, a.keyValue(key)...)
	}
	return out
}

// keyValue is the value of a key, none where it has none or is not enabled.
func (a *apiBuilder) keyValue(key *resource) []string {
	p := a.of(key)
	value := text(p.get("Value"))
	if enabled := truth(p.get("Enabled")); enabled == nil || !*enabled { // CloudFormation's default is false
		a.note(openapi.Warning, key.at, "#/Resources/"+escape(key.name), "the key is not enabled: calls with it answer 403")
		return nil
	}
	p.silently("Name", "Description", "StageKeys", "GenerateDistinctId", "Tags", "CustomerId")
	p.rest()
	if value == "" && a.o.KeyValue != nil {
		value = a.o.KeyValue(key.name)
	}
	if value == "" {
		return nil
	}
	return []string{value}
}

// serverlessPlan makes the usage plan that SAM would for Auth, with a key: one of the API's own,
// or that which it has with others of the template.
func (a *apiBuilder) serverlessPlan(auth *object) {
	p := auth.within("UsagePlan")
	if p.tree == nil {
		return
	}
	id, key := a.resource.name+"UsagePlan", a.resource.name+"ApiKey"
	switch kind := p.textOf("CreateUsagePlan"); kind {
	case "PER_API":
	case "SHARED":
		id, key = "ServerlessUsagePlan", "ServerlessApiKey"
	case "NONE":
		return
	default:
		a.noteOf(openapi.Security, openapi.Error, p.tree.Position, p.path, "CreateUsagePlan is %q, which is none of PER_API, SHARED, NONE", brief(kind))
		return
	}
	plan := openapi.UsagePlan{ID: id, Name: text(p.get("UsagePlanName")), Throttle: throttle(p.within("Throttle")), Quota: quota(p.within("Quota"))}
	if plan.Name == "" {
		plan.Name = id
	}
	if a.o.KeyValue != nil {
		plan.Keys = []string{a.o.KeyValue(key)}
	}
	p.silently("Description", "Tags")
	p.rest()
	a.def.UsagePlans = append(a.def.UsagePlans, plan)
}

func throttle(p *object) *wire.ThrottleSettings {
	if p.tree == nil {
		return nil
	}
	defer p.rest()
	return &wire.ThrottleSettings{RateLimit: p.rateOf("RateLimit"), BurstLimit: p.wholeOf("BurstLimit")}
}

// rateOf is the number of a member that bounds, nil where there is none.
func (o *object) rateOf(name string) *wire.Double {
	t := o.get(name)
	if t == nil {
		return nil
	}
	f, err := strconv.ParseFloat(text(t), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		o.mistyped(name, t, "number")
		return nil
	}
	return new(wire.Double(f))
}

func quota(p *object) *wire.QuotaSettings {
	if p.tree == nil {
		return nil
	}
	defer p.rest()
	return &wire.QuotaSettings{Limit: p.wholeOf("Limit"), Offset: p.wholeOf("Offset"), Period: optional(p.get("Period"))}
}
