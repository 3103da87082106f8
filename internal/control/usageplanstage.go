package control

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// planStageKeys are the keys of kindPlanStage: it tells the plans of a stage.
func planStageKeys(p *wire.UsagePlan) []string {
	keys := make([]string, len(p.APIStages))
	for i, st := range p.APIStages {
		keys[i] = stageKey(*st.APIID, *st.Stage)
	}
	return keys
}

// planStages is planStageKeys as a set.
func planStages(p *wire.UsagePlan) map[string]bool {
	set := make(map[string]bool, len(p.APIStages))
	for _, key := range planStageKeys(p) {
		set[key] = true
	}
	return set
}

// addPlanStage gives a plan a stage; one that it has stays as it is.
func (t *tx) addPlanStage(p *wire.UsagePlan, api, stage string, throttle map[string]wire.ThrottleSettings) error {
	if err := t.of(api).require(kindStage, stage, wire.NotFound("API Stage not found: %s:%s", wire.Truncated(api), wire.Truncated(stage))); err != nil {
		return err
	}
	if planStage(p, api, stage) == nil {
		if len(p.APIStages) == patch.MaxMembers { // looking through more for each would take too long
			return patch.ErrTooMany("apiStages", patch.MaxMembers)
		}
		p.APIStages = append(p.APIStages, wire.APIStage{APIID: &api, Stage: &stage, Throttle: throttle})
	}
	return nil
}

// planStage finds a stage of a plan, nil for none.
func planStage(p *wire.UsagePlan, api, stage string) *wire.APIStage {
	i := slices.IndexFunc(p.APIStages, func(st wire.APIStage) bool { return *st.APIID == api && *st.Stage == stage })
	if i < 0 {
		return nil
	}
	return &p.APIStages[i]
}

// checkNewStages wants of the stages that a plan did not have before that none of
// its keys has them by another plan. It takes as long as there are keys in the
// plans of these stages, of which it looks through each once.
func (t *tx) checkNewStages(p *wire.UsagePlan, before map[string]bool) error {
	shared := make(map[string]*wire.APIStage) // by the id of the plan with which
	for i := range p.APIStages {
		key := stageKey(*p.APIStages[i].APIID, *p.APIStages[i].Stage)
		if before[key] {
			continue
		}
		others, err := t.lookUp(kindPlanStage, key+keyEnd)
		if err != nil {
			return err
		}
		for _, other := range others {
			shared[other.ID] = &p.APIStages[i]
		}
	}
	delete(shared, *p.ID)
	if len(shared) == 0 {
		return nil
	}
	keys, err := t.keySetOf(*p.ID)
	if err != nil || len(keys) == 0 {
		return err
	}
	for _, other := range sortedKeys(shared) {
		ids, err := t.keysOfPlan(other)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if keys[id] {
				return errTwoPlans(*p.ID, id, shared[other])
			}
		}
	}
	return nil
}

func (t *tx) keySetOf(plan string) (map[string]bool, error) {
	ids, err := t.keysOfPlan(plan)
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set, err
}

// dropStage takes a stage of the API that goes, or with "" all of its stages, out
// of the usage plans and the keys that name it. So does AWS: a stage that is made
// again is in no plan.
func (t *tx) dropStage(stage string) error {
	prefix := stageKey(t.api, stage)
	gone := func(key string) bool { return strings.HasPrefix(key, prefix) }
	if stage != "" {
		key := prefix
		gone = func(other string) bool { return other == key }
		prefix += keyEnd
	}
	plans, err := t.lookUpDocs(kindPlanStage, prefix)
	if err != nil {
		return err
	}
	for _, id := range plans {
		p, err := t.usagePlan(id)
		if err != nil {
			return err
		}
		p.APIStages = slices.DeleteFunc(p.APIStages, func(st wire.APIStage) bool { return gone(stageKey(*st.APIID, *st.Stage)) })
		if err := t.saveServed(kindUsagePlan, id, p); err != nil {
			return err
		}
	}
	keys, err := t.lookUpDocs(kindKeyStage, prefix)
	if err != nil {
		return err
	}
	for _, id := range keys {
		k, err := t.apiKey(id)
		if err != nil {
			return err
		}
		k.StageKeys = slices.DeleteFunc(k.StageKeys, gone)
		if err := t.save(kindAPIKey, id, k); err != nil {
			return err
		}
	}
	return nil
}

// lookUpDocs lists the documents of the entries whose ids begin so, once each.
func (t *tx) lookUpDocs(index kind, prefix string) ([]string, error) {
	entries, err := t.lookUp(index, prefix)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
