package control

import (
	"cmp"
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// planKeyType is the only type of key that there is.
const planKeyType = "API_KEY"

func errPlanKey() error { return wire.NotFound("Invalid Usage Plan Key identifier specified") }

// A planKey says that a key is in a usage plan. What the key is called and its
// value are read from the key.
type planKey struct {
	PlanID string `json:"planId"`
	KeyID  string `json:"keyId"`
}

// keyPlanKeys are the keys of kindKeyPlan: it tells the plans of a key.
func keyPlanKeys(k *planKey) []string { return []string{k.KeyID} }

// servedPlanKey is what the data plane is told of a key's being in a plan.
func (t *tx) servedPlanKey(k *planKey) *snapshot.UsagePlanKey {
	return &snapshot.UsagePlanKey{Account: t.who.Account, Region: t.who.Region, PlanID: k.PlanID, KeyID: k.KeyID}
}

// shownPlanKey is a key as its plans show it, with its value.
func shownPlanKey(k *wire.APIKey) *wire.UsagePlanKey {
	return &wire.UsagePlanKey{ID: k.ID, Type: new(planKeyType), Value: k.Value, Name: k.Name}
}

// CreateUsagePlanKey puts a key into a usage plan.
func (s *Service) CreateUsagePlanKey(ctx context.Context, who *wire.Caller, in *wire.CreateUsagePlanKeyRequest) (*wire.UsagePlanKey, error) {
	return write(ctx, s, who, "", func(t *tx) (*wire.UsagePlanKey, error) {
		plan, err := t.usagePlan(in.UsagePlanID)
		if err != nil {
			return nil, err
		}
		if in.KeyType != planKeyType {
			return nil, wire.BadRequest("Invalid usage plan key type specified. Valid options are %s", planKeyType)
		}
		key, err := t.apiKey(in.KeyID)
		if err != nil {
			return nil, err
		}
		return shownPlanKey(key), t.addPlanKey(plan, in.KeyID)
	})
}

// addPlanKey puts a key that is there into a plan, unless another of its plans
// has one of the plan's stages: which plan would count a call must be plain. It
// takes as long as the key is in plans, however many keys and plans there are.
func (t *tx) addPlanKey(plan *wire.UsagePlan, key string) error {
	plans, err := t.plansWith(key)
	if err != nil {
		return err
	}
	if err := t.checkPlanAmong(plans, plan, key); err != nil {
		return err
	}
	return t.insertPlanKey(*plan.ID, key)
}

func errInPlan() error { return wire.Conflict("API Key already attached to the usage plan") }

// checkPlanAmong says why a key, which is in plans, cannot be in another plan, too.
func (t *tx) checkPlanAmong(plans []*wire.UsagePlan, plan *wire.UsagePlan, key string) error {
	stages := planStages(plan)
	for _, other := range plans {
		if *other.ID == *plan.ID {
			return errInPlan()
		}
		for _, st := range other.APIStages {
			if stages[stageKey(*st.APIID, *st.Stage)] {
				return errTwoPlans(*plan.ID, key, &st)
			}
		}
	}
	if over(len(plans)+1, t.svc.limits.UsagePlansPerKey) {
		return errQuota("Usage Plans", " for this API Key")
	}
	return nil
}

// errTwoPlans is AWS's answer to a key that would be in two plans of one stage.
// Its words are seen as far as the colon.
func errTwoPlans(plan, key string, st *wire.APIStage) error {
	return wire.Conflict("Usage Plan %s cannot be added because API Key %s cannot reference multiple Usage Plans with the same API Stage: %s:%s",
		plan, key, *st.APIID, *st.Stage)
}

// plansWith reads the plans that a key is in.
func (t *tx) plansWith(key string) ([]*wire.UsagePlan, error) {
	ids, err := t.plansOfKey(key)
	if err != nil {
		return nil, err
	}
	return loadMany[wire.UsagePlan](t, kindUsagePlan, ids, errUsagePlan())
}

// plansOfKey lists the ids of the plans that a key is in.
func (t *tx) plansOfKey(key string) ([]string, error) {
	entries, err := t.lookUp(kindKeyPlan, key+keyEnd)
	if err != nil {
		return nil, err
	}
	plans := make([]string, len(entries))
	for i, e := range entries {
		plans[i], _, _ = strings.Cut(e.ID, "/")
	}
	return plans, nil
}

// leavePlans takes a key that goes out of its plans. All keys of an account go with
// all of its plans, and then there is nothing to do.
func (t *tx) leavePlans(key string) error {
	if key == "" {
		return nil
	}
	plans, err := t.plansOfKey(key)
	if err != nil {
		return err
	}
	for _, plan := range plans {
		if err := t.remove(kindUsagePlanKey, snapshot.PlanKeyID(plan, key), errPlanKey()); err != nil {
			return err
		}
	}
	return nil
}

// keysOfPlan lists the ids of the keys in a plan.
func (t *tx) keysOfPlan(plan string) ([]string, error) {
	prefix := snapshot.PlanKeyID(plan, "")
	ids, err := t.ids(kindUsagePlanKey, prefix)
	for i := range ids {
		ids[i] = ids[i][len(prefix):]
	}
	return ids, err
}

// insertPlanKey puts a key into a plan that may have it.
func (t *tx) insertPlanKey(plan, key string) error {
	return t.insertServed(kindUsagePlanKey, snapshot.PlanKeyID(plan, key), &planKey{plan, key}, errInPlan())
}

// GetUsagePlanKey reads one key of a plan.
func (s *Service) GetUsagePlanKey(ctx context.Context, who *wire.Caller, in *wire.GetUsagePlanKeyRequest) (*wire.UsagePlanKey, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.UsagePlanKey, error) {
		if err := t.requirePlanKey(in.UsagePlanID, in.KeyID, errPlanKey()); err != nil {
			return nil, err
		}
		key, err := t.apiKey(in.KeyID)
		if err != nil {
			return nil, err
		}
		return shownPlanKey(key), nil
	})
}

// requirePlanKey returns missing for a key that is not in a plan.
func (t *tx) requirePlanKey(plan, key string, missing error) error {
	if err := t.require(kindUsagePlan, plan, errUsagePlan()); err != nil {
		return err
	}
	return t.require(kindUsagePlanKey, snapshot.PlanKeyID(plan, key), missing)
}

// GetUsagePlanKeys lists the keys of a plan whose names begin with nameQuery, in
// the order in which they came into it.
func (s *Service) GetUsagePlanKeys(ctx context.Context, who *wire.Caller, in *wire.GetUsagePlanKeysRequest) (*wire.UsagePlanKeys, error) {
	return readPage(ctx, s, who, "", func(t *tx) (*wire.UsagePlanKeys, error) {
		if err := t.require(kindUsagePlan, in.UsagePlanID, errUsagePlan()); err != nil {
			return nil, err
		}
		keys := make(map[string]*wire.APIKey)
		var failed error
		items, position, err := pageOf(t, kindUsagePlanKey, snapshot.PlanKeyID(in.UsagePlanID, ""), in.Position, in.Limit, func(p *planKey) bool {
			key, err := t.apiKey(p.KeyID)
			if err != nil {
				failed = err
				return false
			}
			if !strings.HasPrefix(text(key.Name), text(in.NameQuery)) {
				return false
			}
			keys[p.KeyID] = key
			return true
		})
		if failed != nil || err != nil {
			return nil, cmp.Or(failed, err)
		}
		out := &wire.UsagePlanKeys{Items: make([]wire.UsagePlanKey, len(items)), Position: position}
		for i := range items {
			out.Items[i] = *shownPlanKey(keys[items[i].KeyID])
		}
		return out, nil
	})
}

// DeleteUsagePlanKey takes a key out of a plan; the key stays.
func (s *Service) DeleteUsagePlanKey(ctx context.Context, who *wire.Caller, in *wire.DeleteUsagePlanKeyRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, "", func(t *tx) error {
		if err := t.requirePlanKey(in.UsagePlanID, in.KeyID, errPlanKey()); err != nil {
			return err
		}
		return t.remove(kindUsagePlanKey, snapshot.PlanKeyID(in.UsagePlanID, in.KeyID), errPlanKey())
	})
}
