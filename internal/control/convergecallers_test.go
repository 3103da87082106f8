package control_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Of a key the provider sends an empty value where it has none, and reads the key
// with its value; a change of the value makes a new key.
func TestConvergeAPIKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := convergence[wire.CreateAPIKeyRequest, wire.APIKey]{
		draw: func(t *rapid.T, label string) *wire.CreateAPIKeyRequest {
			return &wire.CreateAPIKeyRequest{
				Name: new("n" + free.Draw(t, label+" name")), Description: orElse(maybe(t, label+" description", filledText), "Managed by Terraform"),
				Enabled: new(flag.Draw(t, label+" enabled")), Value: new(""), CustomerID: maybe(t, label+" customer", filledText),
			}
		},
		create: func(in *wire.CreateAPIKeyRequest) (string, error) {
			out, err := b.CreateAPIKey(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: func(from, to *wire.CreateAPIKeyRequest) (p patchList) {
			p.text("/customerId", from.CustomerID, to.CustomerID)
			p.text("/description", from.Description, to.Description)
			p.bool("/enabled", from.Enabled, to.Enabled)
			p.text("/name", from.Name, to.Name)
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.APIKey, error) {
			return b.UpdateAPIKey(ctx(), who, &wire.UpdateAPIKeyRequest{APIKey: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.APIKey, error) {
			out, err := b.GetAPIKey(ctx(), who, &wire.GetAPIKeyRequest{APIKey: id, IncludeValue: new(true)})
			if err == nil {
				if len(*out.Value) != 40 {
					t.Errorf("the value is %q", *out.Value)
				}
				out.Value = nil // which an update does not answer
			}
			return out, err
		},
		remove: func(id string) error {
			_, err := b.DeleteAPIKey(ctx(), who, &wire.DeleteAPIKeyRequest{APIKey: id})
			return err
		},
		forget: func(k *wire.APIKey) { k.ID, k.CreatedDate, k.LastUpdatedDate = nil, nil, nil },
	}
	rapid.Check(t, c.check)
}

// Of a plan the provider replaces all stages, those that stay too, and then the
// limits of their methods, whose paths it does not escape; a plan that is to go
// loses its stages first.
func TestConvergeUsagePlan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	stages := []string{"dev", "prod", "test"}
	b.deploy(api, stages...)
	throttle := rapid.Custom(func(t *rapid.T) wire.ThrottleSettings {
		return wire.ThrottleSettings{BurstLimit: new(rapid.Int32Range(0, 1000).Draw(t, "burst")), RateLimit: new(wire.Double(rapid.SampledFrom([]float64{0, 2.5, 10}).Draw(t, "rate")))}
	})
	c := convergence[wire.CreateUsagePlanRequest, wire.UsagePlan]{
		draw: func(t *rapid.T, label string) *wire.CreateUsagePlanRequest {
			in := &wire.CreateUsagePlanRequest{Name: "n" + free.Draw(t, label+" name"), Description: maybe(t, label+" description", filledText), Throttle: maybe(t, label+" throttle", throttle)}
			for _, stage := range rapid.SliceOfNDistinct(rapid.SampledFrom(stages), 0, 3, rapid.ID).Draw(t, label+" stages") {
				st := wire.APIStage{APIID: &api, Stage: &stage}
				if in.Throttle != nil {
					st.Throttle = unlessEmpty(maybeMap(t, label+stage, []string{"/pets/GET", "/GET", "/pets/{id}/{x}/ANY"}, throttle))
				}
				in.APIStages = append(in.APIStages, st)
			}
			if flag.Draw(t, label+" quota") {
				in.Quota = &wire.QuotaSettings{Limit: new(rapid.Int32Range(0, 1000).Draw(t, label+" limit")), Offset: new(int32(0)), Period: new(rapid.SampledFrom([]string{"DAY", "WEEK", "MONTH"}).Draw(t, label+" period"))}
				if *in.Quota.Period != "DAY" {
					in.Quota.Offset = new(rapid.Int32Range(0, 6).Draw(t, label+" offset"))
				}
			}
			return in
		},
		create: func(in *wire.CreateUsagePlanRequest) (string, error) {
			out, err := b.CreateUsagePlan(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: changeUsagePlan,
		update: func(id string, ops []wire.PatchOperation) (*wire.UsagePlan, error) {
			return b.UpdateUsagePlan(ctx(), who, &wire.UpdateUsagePlanRequest{UsagePlanID: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.UsagePlan, error) {
			return b.GetUsagePlan(ctx(), who, &wire.GetUsagePlanRequest{UsagePlanID: id})
		},
		remove: func(id string) error {
			p, err := b.GetUsagePlan(ctx(), who, &wire.GetUsagePlanRequest{UsagePlanID: id})
			if err != nil {
				return err
			}
			var gone patchList
			for _, st := range p.APIStages {
				gone.add("remove", "/apiStages", new(*st.APIID+":"+*st.Stage))
			}
			if _, err := b.UpdateUsagePlan(ctx(), who, &wire.UpdateUsagePlanRequest{UsagePlanID: id, PatchOperations: gone}); err != nil {
				return err
			}
			_, err = b.DeleteUsagePlan(ctx(), who, &wire.DeleteUsagePlanRequest{UsagePlanID: id})
			return err
		},
		forget: func(p *wire.UsagePlan) { p.ID = nil },
	}
	rapid.Check(t, c.check)
}

func changeUsagePlan(from, to *wire.CreateUsagePlanRequest) (p patchList) {
	p.text("/name", &from.Name, &to.Name)
	p.text("/description", from.Description, to.Description)
	for _, st := range from.APIStages {
		p.add("remove", "/apiStages", new(*st.APIID+":"+*st.Stage))
	}
	if to.Throttle != nil { // before what needs it
		p.add("replace", "/throttle/rateLimit", new(fmt.Sprintf("%f", float64(*to.Throttle.RateLimit))))
		p.add("replace", "/throttle/burstLimit", new(fmt.Sprint(*to.Throttle.BurstLimit)))
	} else if from.Throttle != nil {
		p.add("remove", "/throttle", nil)
	}
	for _, st := range to.APIStages {
		id := *st.APIID + ":" + *st.Stage
		p.add("add", "/apiStages", &id)
		for _, path := range slices.Sorted(maps.Keys(st.Throttle)) {
			at := "/apiStages/" + id + "/throttle/" + path
			p.add("replace", at+"/rateLimit", new(fmt.Sprintf("%f", float64(*st.Throttle[path].RateLimit))))
			p.add("replace", at+"/burstLimit", new(fmt.Sprint(*st.Throttle[path].BurstLimit)))
		}
	}
	if to.Quota != nil {
		p.add("replace", "/quota/limit", new(fmt.Sprint(*to.Quota.Limit)))
		p.add("replace", "/quota/offset", new(fmt.Sprint(*to.Quota.Offset)))
		p.add("replace", "/quota/period", to.Quota.Period)
	} else if from.Quota != nil {
		p.add("remove", "/quota", nil)
	}
	return p
}
