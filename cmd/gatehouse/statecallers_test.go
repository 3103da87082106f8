package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"pgregory.net/rapid"
)

// A planState is a usage plan: its stages of the API, in the order in which they
// came, and the names of its keys, sorted. Its slices are never changed.
type planState struct{ stages, keys []string }

// keepCallers gives a world the keys and plans of another.
func (w *world) keepCallers(of *world) {
	w.keys, w.plans = map[string]bool{}, map[string]planState{}
	maps.Copy(w.keys, of.keys)
	maps.Copy(w.plans, of.plans)
}

// dropStage takes a stage that goes out of the plans.
func (w *world) dropStage(stage string) {
	for name, p := range w.plans {
		p.stages = without(p.stages, stage)
		w.plans[name] = p
	}
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

func including(list []string, name string) []string { return append(slices.Clone(list), name) }

// shares reports whether two lists have something in common.
func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func (w *world) dumpCallers(out map[string]string) {
	for name, enabled := range w.keys {
		out["key "+name] = fmt.Sprint(enabled)
	}
	for name, p := range w.plans {
		out["plan "+name] = fmt.Sprintf("%q %q", p.stages, p.keys)
	}
}

// nameOf is what a key or a plan is called on the server, which others have, too.
func (s *session) nameOf(label string) *string { return aws.String(s.api + " " + label) }

// labelOf is the label in a name, ok for those of the session.
func (s *session) labelOf(name *string) (label string, ok bool) {
	return strings.CutPrefix(aws.ToString(name), s.api+" ")
}

// keyOf is the id of a key, and "nope" for "".
func (s *session) keyOf(label string) (*string, error) {
	if label == "" {
		return aws.String("nope"), nil
	}
	out, err := s.GetApiKeys(context.Background(), &apigateway.GetApiKeysInput{NameQuery: s.nameOf(label), Limit: largestPage})
	if err != nil {
		return nil, errUnsent{err}
	}
	for _, k := range out.Items {
		if *k.Name == *s.nameOf(label) {
			return k.Id, nil
		}
	}
	return nil, fmt.Errorf("there is no key %s", label)
}

// usagePlanOf is the id of a plan, and "nope" for "".
func (s *session) usagePlanOf(label string) (*string, error) {
	if label == "" {
		return aws.String("nope"), nil
	}
	out, err := s.GetUsagePlans(context.Background(), &apigateway.GetUsagePlansInput{Limit: largestPage})
	if err != nil {
		return nil, errUnsent{err}
	}
	for _, p := range out.Items {
		if *p.Name == *s.nameOf(label) {
			return p.Id, nil
		}
	}
	return nil, fmt.Errorf("there is no plan %s", label)
}

// readCallers reads the session's keys and plans.
func (s *session) readCallers(ctx context.Context, out map[string]string) error {
	keys, err := s.GetApiKeys(ctx, &apigateway.GetApiKeysInput{NameQuery: s.nameOf(""), Limit: largestPage})
	if err != nil {
		return err
	}
	for _, k := range keys.Items {
		if label, ok := s.labelOf(k.Name); ok {
			out["key "+label] = fmt.Sprint(k.Enabled)
		}
	}
	plans, err := s.GetUsagePlans(ctx, &apigateway.GetUsagePlansInput{Limit: largestPage})
	if err != nil {
		return err
	}
	for _, p := range plans.Items {
		label, ok := s.labelOf(p.Name)
		if !ok {
			continue
		}
		in, err := s.GetUsagePlanKeys(ctx, &apigateway.GetUsagePlanKeysInput{UsagePlanId: p.Id, Limit: largestPage})
		if err != nil {
			return err
		}
		var state planState
		for _, st := range p.ApiStages {
			state.stages = append(state.stages, *st.Stage)
		}
		for _, k := range in.Items {
			label, _ := s.labelOf(k.Name)
			state.keys = append(state.keys, label)
		}
		slices.Sort(state.keys)
		out["plan "+label] = fmt.Sprintf("%q %q", state.stages, state.keys)
	}
	return nil
}

func planKey(t *rapid.T, w *world, label string) plan {
	short := rapid.IntRange(0, 4).Draw(t, "short") == 0
	after, want := w.clone(), ""
	after.keys[label] = true
	if short {
		want = "BadRequest"
	}
	return plan{"CreateApiKey " + label, func(s *session) error {
		in := &apigateway.CreateApiKeyInput{Name: s.nameOf(label), Enabled: true}
		if short {
			in.Value = aws.String("short")
		}
		_, err := s.CreateApiKey(context.Background(), in)
		return err
	}, want, after}
}

func planChangeKey(t *rapid.T, w *world, _ string) plan {
	label, enabled := oneOf(t, "key", w.keys), rapid.Bool().Draw(t, "enabled")
	after := w.clone()
	after.keys[label] = enabled
	return plan{"UpdateApiKey " + label, func(s *session) error {
		id, err := s.keyOf(label)
		if err == nil {
			_, err = s.UpdateApiKey(context.Background(), &apigateway.UpdateApiKeyInput{ApiKey: id, PatchOperations: stagePatch("/enabled", fmt.Sprint(enabled))})
		}
		return err
	}, unlessThere(label != ""), after}
}

func planDeleteKey(t *rapid.T, w *world, _ string) plan { return deleteKey(w, oneOf(t, "key", w.keys)) }

func deleteKey(w *world, label string) plan {
	after := w.clone()
	delete(after.keys, label)
	for name, p := range after.plans {
		p.keys = without(p.keys, label)
		after.plans[name] = p
	}
	return plan{"DeleteApiKey " + label, func(s *session) error {
		id, err := s.keyOf(label)
		if err == nil {
			_, err = s.DeleteApiKey(context.Background(), &apigateway.DeleteApiKeyInput{ApiKey: id})
		}
		return err
	}, unlessThere(label != ""), after}
}

func planUsagePlan(t *rapid.T, w *world, label string) plan {
	stage := oneOf(t, "stage", w.stages)
	after := w.clone()
	after.plans[label] = planState{stages: []string{stage}}
	return plan{"CreateUsagePlan " + label + " " + stage, func(s *session) error {
		if stage == "" {
			stage = "nope"
		}
		_, err := s.CreateUsagePlan(context.Background(), &apigateway.CreateUsagePlanInput{Name: s.nameOf(label), ApiStages: []types.ApiStage{{ApiId: &s.api, Stage: &stage}}})
		return err
	}, unlessThere(stage != ""), after}
}

// planPlanStage adds a stage to a plan, or takes it out.
func planPlanStage(t *rapid.T, w *world, _ string) plan {
	label, stage, op := oneOf(t, "plan", w.plans), oneOf(t, "stage", w.stages), rapid.SampledFrom([]types.Op{types.OpAdd, types.OpRemove}).Draw(t, "op")
	after, want := w.clone(), ""
	p := w.plans[label]
	has := slices.Contains(p.stages, stage)
	switch {
	case label == "" || stage == "" || op == types.OpRemove && !has:
		want = "NotFound"
	case op == types.OpRemove:
		p.stages = without(p.stages, stage)
	case !has:
		for name, other := range w.plans {
			if name != label && slices.Contains(other.stages, stage) && shares(other.keys, p.keys) {
				want = "Conflict"
			}
		}
		p.stages = including(p.stages, stage)
	}
	after.plans[label] = p
	return plan{fmt.Sprintf("UpdateUsagePlan %s %s %s", label, op, stage), func(s *session) error {
		id, err := s.usagePlanOf(label)
		if err == nil {
			_, err = s.UpdateUsagePlan(context.Background(), &apigateway.UpdateUsagePlanInput{UsagePlanId: id,
				PatchOperations: []types.PatchOperation{{Op: op, Path: aws.String("/apiStages"), Value: aws.String(s.api + ":" + stage)}}})
		}
		return err
	}, want, after}
}

func planJoin(t *rapid.T, w *world, _ string) plan {
	label, key := oneOf(t, "plan", w.plans), oneOf(t, "key", w.keys)
	after, want := w.clone(), ""
	p := w.plans[label]
	switch {
	case label == "" || key == "":
		want = "NotFound"
	case slices.Contains(p.keys, key):
		want = "Conflict"
	default:
		for _, other := range w.plans {
			if slices.Contains(other.keys, key) && shares(other.stages, p.stages) {
				want = "Conflict"
			}
		}
	}
	p.keys = including(p.keys, key)
	slices.Sort(p.keys)
	after.plans[label] = p
	return ofPlanAndKey("CreateUsagePlanKey", label, key, want, after, func(s *session, plan, key *string) error {
		_, err := s.CreateUsagePlanKey(context.Background(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: plan, KeyId: key, KeyType: aws.String("API_KEY")})
		return err
	})
}

func planLeave(t *rapid.T, w *world, _ string) plan {
	label, key := oneOf(t, "plan", w.plans), oneOf(t, "key", w.keys)
	after := w.clone()
	p := w.plans[label]
	there := label != "" && slices.Contains(p.keys, key)
	p.keys = without(p.keys, key)
	after.plans[label] = p
	return ofPlanAndKey("DeleteUsagePlanKey", label, key, unlessThere(there), after, func(s *session, plan, key *string) error {
		_, err := s.DeleteUsagePlanKey(context.Background(), &apigateway.DeleteUsagePlanKeyInput{UsagePlanId: plan, KeyId: key})
		return err
	})
}

// ofPlanAndKey is a call on a plan and a key, which are found first.
func ofPlanAndKey(name, label, key, want string, after *world, call func(s *session, plan, key *string) error) plan {
	return plan{name + " " + label + " " + key, func(s *session) error {
		planID, err := s.usagePlanOf(label)
		if err != nil {
			return err
		}
		keyID, err := s.keyOf(key)
		if err != nil {
			return err
		}
		return call(s, planID, keyID)
	}, want, after}
}

func planDeletePlan(t *rapid.T, w *world, _ string) plan {
	return deletePlan(w, oneOf(t, "plan", w.plans))
}

func deletePlan(w *world, label string) plan {
	after, want := w.clone(), unlessThere(label != "")
	if len(w.plans[label].stages) > 0 {
		want = "BadRequest"
	}
	delete(after.plans, label)
	return plan{"DeleteUsagePlan " + label, func(s *session) error {
		id, err := s.usagePlanOf(label)
		if err == nil {
			_, err = s.DeleteUsagePlan(context.Background(), &apigateway.DeleteUsagePlanInput{UsagePlanId: id})
		}
		return err
	}, want, after}
}
