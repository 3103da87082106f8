package control_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A crowd is a service with many keys in some plans, all of one stage of an API.
type crowd struct {
	*bench
	api   string
	plans []string
	keys  []string // of the first plan
}

func newCrowd(t *testing.T, plans, keysEach int) *crowd {
	t.Helper()
	c := &crowd{bench: newBench(t)}
	c.api, _ = c.bench.api()
	c.deploy(c.api, "dev", "prod")
	var file strings.Builder
	file.WriteString("key,name,usageplanids\n")
	for p := range plans {
		c.plans = append(c.plans, c.plan(c.api, "dev"))
		for k := range keysEach {
			fmt.Fprintf(&file, "%020d,n%d,%s\n", p*keysEach+k, k, c.plans[p])
		}
	}
	ids := must(c.ImportAPIKeys(ctx(), who, &wire.ImportAPIKeysRequest{Format: "csv", Body: []byte(file.String())}))(t)
	if len(ids.IDs) != plans*keysEach || len(ids.Warnings) > 0 {
		t.Fatalf("%d keys were made, warnings %v", len(ids.IDs), ids.Warnings)
	}
	c.keys = ids.IDs[:keysEach]
	return c
}

// What a call about keys and plans does, counted in allocations, does not grow with
// the keys of the account, where it is not a list of them; and that grows as they
// do.
func TestCallersScale(t *testing.T) {
	const few, many = 20, 200 // plans with ten keys each
	small, large := newCrowd(t, few, 10), newCrowd(t, many, 10)
	n := 0
	calls := map[string]struct {
		most float64 // times as much with ten times as many keys and plans
		call func(c *crowd)
	}{
		"CreateApiKey": {1.5, func(c *crowd) { must(c.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Name: new("x")}))(t) }},
		"a value that is taken": {1.5, func(c *crowd) {
			if _, err := c.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Value: new("00000000000000000000")}); err == nil {
				t.Error("a value was given twice")
			}
		}},
		"UpdateApiKey": {1.5, func(c *crowd) {
			must(c.UpdateAPIKey(ctx(), who, &wire.UpdateAPIKeyRequest{APIKey: c.keys[0], PatchOperations: ops([3]string{"replace", "/description", "d"})}))(t)
		}},
		"CreateUsagePlanKey": {1.5, func(c *crowd) {
			c.join(c.plans[0], *must(c.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{}))(t).ID)
		}},
		"a key in two plans": {1.5, func(c *crowd) {
			if _, err := c.CreateUsagePlanKey(ctx(), who, &wire.CreateUsagePlanKeyRequest{UsagePlanID: c.plans[1], KeyID: c.keys[1], KeyType: "API_KEY"}); err == nil {
				t.Error("a key is in two plans of a stage")
			}
		}},
		"UpdateUsagePlan": {1.5, func(c *crowd) {
			n++
			must(c.UpdateUsagePlan(ctx(), who, &wire.UpdateUsagePlanRequest{UsagePlanID: c.plans[2], PatchOperations: ops([3]string{"replace", "/throttle/burstLimit", fmt.Sprint(n)})}))(t)
		}},
		"GetUsagePlanKeys": {1.5, func(c *crowd) {
			must(c.GetUsagePlanKeys(ctx(), who, &wire.GetUsagePlanKeysRequest{UsagePlanID: c.plans[3], NameQuery: new("n1")}))(t)
		}},
		"GetUsage": {1.5, func(c *crowd) {
			must(c.GetUsage(ctx(), who, &wire.GetUsageRequest{UsagePlanID: c.plans[3], StartDate: "2026-03-01", EndDate: "2026-03-01"}))(t)
		}},
		"GetUsagePlans of a key": {12, func(c *crowd) { must(c.GetUsagePlans(ctx(), who, &wire.GetUsagePlansRequest{KeyID: &c.keys[2]}))(t) }},
		"GetApiKeys by name":     {12, func(c *crowd) { must(c.GetAPIKeys(ctx(), who, &wire.GetAPIKeysRequest{NameQuery: new("nobody")}))(t) }},
		"a stage in all plans": {12, func(c *crowd) {
			plan := c.plan("")
			c.join(plan, *must(c.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{}))(t).ID)
			must(c.UpdateUsagePlan(ctx(), who, &wire.UpdateUsagePlanRequest{UsagePlanID: plan, PatchOperations: ops([3]string{"add", "/apiStages", c.api + ":dev"})}))(t)
			must(c.UpdateUsagePlan(ctx(), who, &wire.UpdateUsagePlanRequest{UsagePlanID: plan, PatchOperations: ops([3]string{"remove", "/apiStages", c.api + ":dev"})}))(t)
			must(c.DeleteUsagePlan(ctx(), who, &wire.DeleteUsagePlanRequest{UsagePlanID: plan}))(t)
		}},
	}
	for name, tt := range calls {
		t.Run(name, func(t *testing.T) {
			count := func(c *crowd) float64 { return testing.AllocsPerRun(3, func() { tt.call(c) }) }
			if a, b := count(small), count(large); b > tt.most*a+100 {
				t.Errorf("%d plans take %v, %d take %v: more than %v times as much", few, a, many, b, tt.most)
			}
		})
	}
}

// A stage that all plans have goes in one call, and so does its API.
func TestDeleteStageOfManyPlans(t *testing.T) {
	c := newCrowd(t, 200, 1)
	must(c.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: c.api, StageName: "dev"}))(t)
	for _, id := range c.plans {
		if p := must(c.GetUsagePlan(ctx(), who, &wire.GetUsagePlanRequest{UsagePlanID: id}))(t); len(p.APIStages) > 0 {
			t.Errorf("plan %s has %v", id, p.APIStages)
		}
	}
}

// A file of many keys is imported by one call, and its keys are listed page by page.
func TestImportOfManyKeys(t *testing.T) {
	c := newCrowd(t, 10, 200)
	keys := 0
	for position := (*string)(nil); ; {
		page := must(c.GetAPIKeys(ctx(), who, &wire.GetAPIKeysRequest{Limit: new(int32(500)), Position: position}))(t)
		keys += len(page.Items)
		if position = page.Position; position == nil {
			break
		}
	}
	if keys != 2000 {
		t.Errorf("%d keys", keys)
	}
}

// A file of many keys is imported while others make keys and put them into the same
// plan: what it does not depend on does not overtake it.
func TestImportWhileOthersWrite(t *testing.T) {
	c := newCrowd(t, 1, 1)
	var file strings.Builder
	file.WriteString("key,name,usageplanids\n")
	const keys = 4000
	for k := range keys {
		fmt.Fprintf(&file, "imported-%020d,n,%s\n", k, c.plans[0])
	}
	ctx, stop := context.WithCancel(ctx())
	var others sync.WaitGroup
	others.Go(func() {
		for ctx.Err() == nil {
			k, err := c.CreateAPIKey(ctx, who, &wire.CreateAPIKeyRequest{Enabled: new(true)})
			if err == nil {
				_, err = c.CreateUsagePlanKey(ctx, who, &wire.CreateUsagePlanKeyRequest{UsagePlanID: c.plans[0], KeyID: *k.ID, KeyType: "API_KEY"})
			}
			if err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	out, err := c.ImportAPIKeys(ctx, who, &wire.ImportAPIKeysRequest{Format: "csv", Body: []byte(file.String())})
	stop()
	others.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if len(out.IDs) != keys {
		t.Errorf("%d keys", len(out.IDs))
	}
}
