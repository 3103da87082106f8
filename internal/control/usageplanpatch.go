package control

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// UpdateUsagePlan patches a plan; what it changes holds for the next call.
func (s *Service) UpdateUsagePlan(ctx context.Context, who *wire.Caller, in *wire.UpdateUsagePlanRequest) (*wire.UsagePlan, error) {
	return writeBriefly(ctx, s, who, "", func(t *tx) (*wire.UsagePlan, error) {
		p, err := t.usagePlan(in.UsagePlanID)
		if err != nil {
			return nil, err
		}
		before := planStages(p)
		if err := usagePlanPatch.Apply(t, p, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.checkUsagePlan(p); err != nil {
			return nil, err
		}
		if err := t.checkNewStages(p, before); err != nil {
			return nil, err
		}
		if err := t.saveServed(kindUsagePlan, *p.ID, p); err != nil {
			return nil, err
		}
		return fullUsagePlan(p), nil
	})
}

// The places of a stage in a plan, and of its throttle of one method. The first
// name is misspelt in AWS's errors.
const (
	stageThrottle  = "/apiStages/{apidId:stageName}/throttle"
	methodThrottle = stageThrottle + "/{resourcePath+}/{httpMethod}"
)

// usagePlanPatch is every path that UpdateUsagePlan takes. The order of those
// that can be removed is AWS's.
var usagePlanPatch = patchTable[wire.UsagePlan]{
	Dialect: usagePlanDialect,
	Paths: []patchPath[wire.UsagePlan]{
		{At: "/name", Replace: keepText(func(p *wire.UsagePlan) **string { return &p.Name })},
		{At: "/description", Replace: setText(func(p *wire.UsagePlan) **string { return &p.Description })},
		{At: "/apiStages", Add: addStageOfPlan, Remove: removeStageOfPlan},
		{At: "/quota", Remove: func(_ *tx, p *wire.UsagePlan, _ *patch.Op) error { p.Quota = nil; return nil }},
		{At: "/throttle", Remove: func(_ *tx, p *wire.UsagePlan, _ *patch.Op) error { p.Throttle = nil; return nil }},
		{At: "/productCode", Add: setProductCode, Replace: setProductCode,
			Remove: func(_ *tx, p *wire.UsagePlan, _ *patch.Op) error { p.ProductCode = nil; return nil }},
		{At: methodThrottle, Remove: removeMethodThrottle},
		{At: stageThrottle, Add: setStageThrottle, Replace: setStageThrottle, Remove: removeStageThrottle},
		addOrReplace(methodThrottle+"/rateLimit", ofMethodThrottle(setRateLimit)),
		addOrReplace(methodThrottle+"/burstLimit", ofMethodThrottle(setBurstLimit)),
		addOrReplace("/throttle/rateLimit", ofThrottle(setRateLimit)),
		addOrReplace("/throttle/burstLimit", ofThrottle(setBurstLimit)),
		addOrReplace("/quota/limit", setInt(func(p *wire.UsagePlan) **int32 { return &quotaOf(p).Limit }, badQuotaLimit)),
		addOrReplace("/quota/offset", setInt(func(p *wire.UsagePlan) **int32 { return &quotaOf(p).Offset }, badQuotaOffset)),
		addOrReplace("/quota/period", setOneOf(func(p *wire.UsagePlan) **string { return &quotaOf(p).Period }, []string{"DAY", "WEEK", "MONTH"}, badQuotaPeriod)),
	},
}

// addOrReplace is a path at which both do the same.
func addOrReplace[T any](at string, set patchSetter[T]) patchPath[T] {
	return patchPath[T]{At: at, Add: set, Replace: set}
}

// usagePlanDialect is the wording of UpdateUsagePlan: the names in its paths are
// in angle brackets.
func usagePlanDialect(op *patch.Op, known, paths []string) error {
	shown := slices.Clone(paths)
	for i := range shown {
		shown[i] = strings.NewReplacer("{", "<", "+}", ">", "}", ">").Replace(shown[i])
	}
	return patch.Listed(op, known, shown)
}

var setProductCode = setText(func(p *wire.UsagePlan) **string { return &p.ProductCode })

// quotaOf is a plan's quota, which the first patch of it makes; its offset is 0
// then (recorded).
func quotaOf(p *wire.UsagePlan) *wire.QuotaSettings {
	if p.Quota == nil {
		p.Quota = &wire.QuotaSettings{Offset: new(int32(0))}
	}
	return p.Quota
}

var (
	setRateLimit  = setDouble(func(th *wire.ThrottleSettings) **wire.Double { return &th.RateLimit }, badRateLimit)
	setBurstLimit = setInt(func(th *wire.ThrottleSettings) **int32 { return &th.BurstLimit }, badBurstLimit)
)

// ofThrottle sets a limit of a plan's throttle, which the first patch of it
// makes.
func ofThrottle(set patchSetter[wire.ThrottleSettings]) patchSetter[wire.UsagePlan] {
	return func(t *tx, p *wire.UsagePlan, op *patch.Op) error {
		if p.Throttle == nil {
			p.Throttle = new(wire.ThrottleSettings)
		}
		return set(t, p.Throttle, op)
	}
}

// stageOfPlan finds the stage that a text names, {apiId}:{stageName}. As AWS
// does, it ignores what follows a second colon.
func stageOfPlan(p *wire.UsagePlan, name string) (*wire.APIStage, error) {
	api, stage, err := cutAPIStage(name)
	if err != nil {
		return nil, err
	}
	st := planStage(p, api, stage)
	if st == nil {
		return nil, wire.NotFound("Invalid API Stage {api: %s, stage: %s} specified for usageplan %s", wire.Truncated(api), wire.Truncated(stage), *p.ID)
	}
	return st, nil
}

func cutAPIStage(name string) (api, stage string, err error) {
	parts := strings.SplitN(name, ":", 3)
	if len(parts) < 2 {
		return "", "", wire.BadRequest("Invalid API Stage specified")
	}
	return parts[0], parts[1], nil
}

func addStageOfPlan(t *tx, p *wire.UsagePlan, op *patch.Op) error {
	api, stage, err := cutAPIStage(text(op.Value))
	if err != nil {
		return err
	}
	return t.addPlanStage(p, api, stage, nil)
}

func removeStageOfPlan(_ *tx, p *wire.UsagePlan, op *patch.Op) error {
	gone, err := stageOfPlan(p, text(op.Value))
	if err != nil {
		return err
	}
	p.APIStages = slices.DeleteFunc(p.APIStages, func(st wire.APIStage) bool { return st.APIID == gone.APIID && st.Stage == gone.Stage })
	return nil
}

// setStageThrottle takes the throttles of a stage's methods as a JSON object.
func setStageThrottle(_ *tx, p *wire.UsagePlan, op *patch.Op) error {
	st, err := stageOfPlan(p, op.Names[0])
	if err != nil {
		return err
	}
	var all map[string]wire.ThrottleSettings
	if err := json.Unmarshal([]byte(text(op.Value)), &all); err != nil {
		return patch.ErrValue(op)
	}
	st.Throttle = filled(all)
	return nil
}

func removeStageThrottle(_ *tx, p *wire.UsagePlan, op *patch.Op) error {
	st, err := stageOfPlan(p, op.Names[0])
	if err == nil {
		st.Throttle = nil
	}
	return err
}

// throttleKey is the key of a method's throttle, the same as its path and verb
// have where a plan is made.
func throttleKey(op *patch.Op) string { return op.Names[1] + "/" + op.Names[2] }

// ofMethodThrottle sets a limit of a method's throttle, which the first patch of
// it makes.
func ofMethodThrottle(set patchSetter[wire.ThrottleSettings]) patchSetter[wire.UsagePlan] {
	return func(t *tx, p *wire.UsagePlan, op *patch.Op) error {
		st, err := stageOfPlan(p, op.Names[0])
		if err != nil {
			return err
		}
		th := st.Throttle[throttleKey(op)]
		if err := set(t, &th, op); err != nil {
			return err
		}
		if st.Throttle == nil {
			st.Throttle = make(map[string]wire.ThrottleSettings)
		}
		st.Throttle[throttleKey(op)] = th
		return nil
	}
}

// removeMethodThrottle takes a method's throttle back. What AWS says where there
// is none is not known.
func removeMethodThrottle(_ *tx, p *wire.UsagePlan, op *patch.Op) error {
	st, err := stageOfPlan(p, op.Names[0])
	if err != nil {
		return err
	}
	if _, ok := st.Throttle[throttleKey(op)]; !ok {
		return wire.NotFound("Invalid throttle specified: usage plan %s has none for %s", *p.ID, wire.Truncated(throttleKey(op)))
	}
	delete(st.Throttle, throttleKey(op))
	st.Throttle = filled(st.Throttle)
	return nil
}
