package control_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func ofAccountID(id string) string { return snapshot.OfAccount(testAccount, testRegion, id) }

func (b *bench) key(value string) string {
	b.t.Helper()
	return *must(b.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Value: &value, Enabled: new(true)}))(b.t).ID
}

// plan makes a plan with stages of an API.
func (b *bench) plan(api string, stages ...string) string {
	b.t.Helper()
	in := &wire.CreateUsagePlanRequest{Name: "p"}
	for _, stage := range stages {
		in.APIStages = append(in.APIStages, wire.APIStage{APIID: &api, Stage: &stage})
	}
	return *must(b.CreateUsagePlan(ctx(), who, in))(b.t).ID
}

func (b *bench) join(plan, key string) {
	b.t.Helper()
	must(b.CreateUsagePlanKey(ctx(), who, &wire.CreateUsagePlanKeyRequest{UsagePlanID: plan, KeyID: key, KeyType: "API_KEY"}))(b.t)
}

// deploy makes stages of an API.
func (b *bench) deploy(api string, stages ...string) {
	b.t.Helper()
	for _, stage := range stages {
		must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: &stage}))(b.t)
	}
}

// A key's identifier tells nothing of its value, whatever generateDistinctId says.
func TestKeyIDs(t *testing.T) {
	b := newBench(t)
	for _, distinct := range []*bool{nil, new(true), new(false)} {
		k := must(b.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{GenerateDistinctID: distinct}))(t)
		if value := *k.Value; len(value) != 40 || strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("the value is %q", value)
		}
		if id := *k.ID; len(id) != 10 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || strings.Contains(strings.ToLower(*k.Value), id) {
			t.Errorf("the id is %q", id)
		}
	}
}

func TestServedAPIKey(t *testing.T) {
	b := newBench(t)
	k := must(b.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Name: new("n"), Value: new("12345678901234567890"), Enabled: new(true)}))(t)
	want := snapshot.APIKey{ID: *k.ID, Account: testAccount, Region: testRegion, Value: "12345678901234567890", Enabled: true}
	check := func() {
		t.Helper()
		if got, _ := served[snapshot.APIKey](b, snapshot.ServedAPIKey, ofAccountID(*k.ID)); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	check()
	must(b.UpdateAPIKey(ctx(), who, &wire.UpdateAPIKeyRequest{APIKey: *k.ID, PatchOperations: ops([3]string{"replace", "/enabled", "false"})}))(t)
	want.Enabled = false
	check()
	before := b.store.Revision()
	must(b.TagResource(ctx(), who, &wire.TagResourceRequest{ResourceARN: "arn:aws:apigateway:" + testRegion + "::/apikeys/" + *k.ID, Tags: map[string]string{"a": "b"}}))(t)
	if after := b.store.Revision(); after != before {
		t.Errorf("tags are served: revision %d became %d", before, after)
	}
	must(b.ImportAPIKeys(ctx(), who, &wire.ImportAPIKeysRequest{Format: "csv", Body: []byte("key,name\n12345678901234567890,m")}))(t)
	want.Enabled = true
	check()
	must(b.DeleteAPIKey(ctx(), who, &wire.DeleteAPIKeyRequest{APIKey: *k.ID}))(t)
	if _, ok := served[snapshot.APIKey](b, snapshot.ServedAPIKey, ofAccountID(*k.ID)); ok {
		t.Error("a deleted key is served")
	}
}

func TestServedUsagePlan(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	b.deploy(api, "dev", "prod")
	th := func(rate float64, burst int32) *wire.ThrottleSettings {
		return &wire.ThrottleSettings{RateLimit: new(wire.Double(rate)), BurstLimit: &burst}
	}
	p := must(b.CreateUsagePlan(ctx(), who, &wire.CreateUsagePlanRequest{
		Name: "p", Throttle: th(2.5, 7), Quota: &wire.QuotaSettings{Limit: new(int32(10)), Offset: new(int32(2)), Period: new("WEEK")},
		APIStages: []wire.APIStage{{APIID: &api, Stage: new("dev"), Throttle: map[string]wire.ThrottleSettings{
			"/pets/{id}/GET": *th(1, 0), "//GET": *th(2, 2), "/POST": *th(3, 3), "~1a~1b/ANY": {RateLimit: new(wire.Double(4))},
		}}, {APIID: &api, Stage: new("prod")}},
	}))(t)
	frozen := func(rate float64, burst int32) snapshot.Throttle {
		return snapshot.Throttle{RateLimit: &rate, BurstLimit: &burst}
	}
	want := snapshot.UsagePlan{
		ID: *p.ID, Account: testAccount, Region: testRegion, Throttle: new(frozen(2.5, 7)), Quota: &snapshot.Quota{Limit: 10, Offset: 2, Period: "WEEK"},
		Stages: []snapshot.PlanStage{{APIID: api, Stage: "dev", Throttles: map[string]snapshot.Throttle{
			"/pets/{id}/GET": frozen(1, 0), "//GET": frozen(2, 2), "//POST": frozen(3, 3), "/a/b/ANY": {RateLimit: new(4.0)},
		}}, {APIID: api, Stage: "prod"}},
	}
	check := func() {
		t.Helper()
		got, _ := served[snapshot.UsagePlan](b, snapshot.ServedUsagePlan, ofAccountID(*p.ID))
		if d := cmp.Diff(want, got); d != "" {
			t.Error("-want +got", d)
		}
	}
	check()
	k := b.key("12345678901234567890")
	b.join(*p.ID, k)
	id := ofAccountID(snapshot.PlanKeyID(*p.ID, k))
	if got, _ := served[snapshot.UsagePlanKey](b, snapshot.ServedUsagePlanKey, id); got != (snapshot.UsagePlanKey{Account: testAccount, Region: testRegion, PlanID: *p.ID, KeyID: k}) {
		t.Errorf("got %+v", got)
	}

	must(b.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: api, StageName: "dev"}))(t)
	want.Stages = want.Stages[1:]
	check()
	must(b.UpdateUsagePlan(ctx(), who, &wire.UpdateUsagePlanRequest{UsagePlanID: *p.ID, PatchOperations: ops([3]string{"remove", "/quota", ""}, [3]string{"remove", "/throttle", ""})}))(t)
	want.Quota, want.Throttle = nil, nil
	check()
	must(b.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: api}))(t)
	want.Stages = nil
	check()
	must(b.DeleteUsagePlan(ctx(), who, &wire.DeleteUsagePlanRequest{UsagePlanID: *p.ID}))(t)
	if _, ok := served[snapshot.UsagePlan](b, snapshot.ServedUsagePlan, ofAccountID(*p.ID)); ok {
		t.Error("a deleted plan is served")
	}
	if _, ok := served[snapshot.UsagePlanKey](b, snapshot.ServedUsagePlanKey, id); ok {
		t.Error("a key of a deleted plan is served")
	}
	if k := must(b.GetAPIKey(ctx(), who, &wire.GetAPIKeyRequest{APIKey: k}))(t); !*k.Enabled {
		t.Error("the key of a deleted plan is another")
	}
}

// Whatever ends a key's being in a plan ends its service.
func TestServedUsagePlanKeyEnds(t *testing.T) {
	for name, end := range map[string]func(b *bench, plan, key string) error{
		"DeleteUsagePlanKey": func(b *bench, plan, key string) error {
			_, err := b.DeleteUsagePlanKey(ctx(), who, &wire.DeleteUsagePlanKeyRequest{UsagePlanID: plan, KeyID: key})
			return err
		},
		"DeleteApiKey": func(b *bench, plan, key string) error {
			_, err := b.DeleteAPIKey(ctx(), who, &wire.DeleteAPIKeyRequest{APIKey: key})
			return err
		},
		"DeleteUsagePlan": func(b *bench, plan, key string) error {
			_, err := b.DeleteUsagePlan(ctx(), who, &wire.DeleteUsagePlanRequest{UsagePlanID: plan})
			return err
		},
		"Reset": func(b *bench, plan, key string) error { return b.Reset(ctx()) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			plan, key := b.plan(""), b.key("12345678901234567890")
			b.join(plan, key)
			if err := end(b, plan, key); err != nil {
				t.Fatal(err)
			}
			if _, ok := served[snapshot.UsagePlanKey](b, snapshot.ServedUsagePlanKey, ofAccountID(snapshot.PlanKeyID(plan, key))); ok {
				t.Error("it is served")
			}
			// Nothing is left of it that would be in the way.
			again, other := b.plan(""), b.key("abcdefghijabcdefghij")
			b.join(again, other)
			if plans := must(b.GetUsagePlans(ctx(), who, &wire.GetUsagePlansRequest{KeyID: &other}))(t); len(plans.Items) != 1 || *plans.Items[0].ID != again {
				t.Errorf("the plans of another key are %v", plans.Items)
			}
		})
	}
}

// Names are looked for by how they begin, in the list of all keys and in that of a
// plan's, page by page.
func TestNameQuery(t *testing.T) {
	c := newClient(t)
	p, err := c.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: aws.String("p")})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"red-1", "blue-1", "red-2", "blue-red", "red-3"} {
		k, err := c.CreateApiKey(ctx(), &apigateway.CreateApiKeyInput{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateUsagePlanKey(ctx(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: p.Id, KeyId: k.Id, KeyType: aws.String("API_KEY")}); err != nil {
			t.Fatal(err)
		}
	}
	var all, ofPlan []string
	for pages := apigateway.NewGetApiKeysPaginator(c, &apigateway.GetApiKeysInput{NameQuery: aws.String("red"), Limit: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range page.Items {
			all = append(all, *k.Name)
		}
	}
	for pages := apigateway.NewGetUsagePlanKeysPaginator(c, &apigateway.GetUsagePlanKeysInput{UsagePlanId: p.Id, NameQuery: aws.String("red"), Limit: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range page.Items {
			ofPlan = append(ofPlan, *k.Name)
		}
	}
	if want := []string{"red-1", "red-2", "red-3"}; !slices.Equal(all, want) || !slices.Equal(ofPlan, want) {
		t.Errorf("got %v and of the plan %v, want %v", all, ofPlan, want)
	}
}

// Keys and plans are those of an account in a region; two accounts may have one
// value.
func TestCallersAreIsolated(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	b.deploy(api, "dev")
	plan, key := b.plan(api, "dev"), b.key("12345678901234567890")
	for _, other := range []*wire.Caller{{Account: "111111111111", Region: testRegion}, {Account: testAccount, Region: "eu-west-1"}} {
		_, err := b.GetAPIKey(ctx(), other, &wire.GetAPIKeyRequest{APIKey: key})
		_, err2 := b.GetUsagePlan(ctx(), other, &wire.GetUsagePlanRequest{UsagePlanID: plan})
		_, err3 := b.CreateUsagePlan(ctx(), other, &wire.CreateUsagePlanRequest{Name: "x", APIStages: []wire.APIStage{{APIID: &api, Stage: new("dev")}}})
		if err == nil || err2 == nil || err3 == nil {
			t.Errorf("%v sees them: %v, %v, %v", other, err, err2, err3)
		}
		must(b.CreateAPIKey(ctx(), other, &wire.CreateAPIKeyRequest{Value: new("12345678901234567890")}))(t)
		keys := must(b.GetAPIKeys(ctx(), other, &wire.GetAPIKeysRequest{}))(t)
		plans := must(b.GetUsagePlans(ctx(), other, &wire.GetUsagePlansRequest{}))(t)
		if len(keys.Items) != 1 || len(plans.Items) > 0 {
			t.Errorf("%v lists %v %v", other, keys, plans)
		}
	}
}

func TestCallerQuotas(t *testing.T) {
	c := limited(t, control.Limits{APIKeys: 3, UsagePlans: 3, UsagePlansPerKey: 2, ThrottlesPerPlanStage: 1}, throttle.Rates{})
	f := fixtureOn(t, c)
	f.mock(t, f.pets, "GET")
	if _, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: aws.String("dev")}); err != nil {
		t.Fatal(err)
	}
	var plans []*string
	for range 3 {
		p, err := c.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: aws.String("p")})
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p.Id)
	}
	_, err := c.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: aws.String("p")})
	wantLimit(t, err, "Maximum number of Usage Plans has been reached.  Please contact AWS if you need additional Usage Plans.")
	k, err := c.CreateApiKey(ctx(), &apigateway.CreateApiKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	for i, plan := range plans {
		_, err = c.CreateUsagePlanKey(ctx(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: plan, KeyId: k.Id, KeyType: aws.String("API_KEY")})
		if (err != nil) != (i == 2) {
			t.Errorf("plan %d: %v", i, err)
		}
	}
	wantLimit(t, err, "Maximum number of Usage Plans for this API Key has been reached.  Please contact AWS if you need additional Usage Plans.")
	const keys = "Maximum number of API Keys has been reached.  Please contact AWS if you need additional API Keys."
	importing := func(n int) error {
		body := "key,name\n"
		for i := range n {
			body += fmt.Sprintf("%020d,x\n", i)
		}
		_, err := c.ImportApiKeys(ctx(), &apigateway.ImportApiKeysInput{Format: "csv", Body: []byte(body)})
		return err
	}
	wantLimit(t, importing(3), keys)
	if err := importing(2); err != nil {
		t.Error(err)
	}
	if err := importing(2); err != nil { // which are there
		t.Error(err)
	}
	_, err = c.CreateApiKey(ctx(), &apigateway.CreateApiKeyInput{})
	wantLimit(t, err, keys)
	_, err = c.UpdateUsagePlan(ctx(), &apigateway.UpdateUsagePlanInput{UsagePlanId: plans[0], PatchOperations: slices.Concat(
		patch("add", "/apiStages", f.api+":dev"), patch("add", "/throttle/rateLimit", "1"), patch("add", "/apiStages/"+f.api+":dev/throttle", `{"/pets/GET": {}, "/pets/PUT": {}}`))})
	wantLimit(t, err, "Maximum number of Method Throttles for this API Stage has been reached.  Please contact AWS if you need additional Method Throttles.")
}

// No log, no error and no report of the doctor has the value of a key.
func TestKeyValuesStay(t *testing.T) {
	const secret = "topsecret-topsecret-topsecret"
	st, err := store.Open(ctx(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var log bytes.Buffer
	s := control.New(control.Options{Store: st, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	k := must(s.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Value: new(secret)}))(t)
	long := strings.Repeat(secret, 10)
	body := func(lines ...string) []byte { return []byte(strings.Join(lines, "\n")) }
	for name, call := range map[string]func() error{
		"twice": func() error {
			_, err := s.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Value: new(secret)})
			return err
		},
		"too long": func() error {
			_, err := s.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Value: &long})
			return err
		},
		"too long a name": func() error {
			_, err := s.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{Value: new(secret + "1"), Name: new(strings.Repeat("n", 1025))})
			return err
		},
		"in a file": func() error {
			_, err := s.ImportAPIKeys(ctx(), who, &wire.ImportAPIKeysRequest{Body: body("key,name,usageplanids", long+",x,", secret+",x,nope"), FailOnWarnings: new(true)})
			return err
		},
		"without columns": func() error {
			_, err := s.ImportAPIKeys(ctx(), who, &wire.ImportAPIKeysRequest{Body: body(secret)})
			return err
		},
		"with a mistake": func() error {
			_, err := s.ImportAPIKeys(ctx(), who, &wire.ImportAPIKeysRequest{Body: body("key,name", `"`+secret+`"x`)})
			return err
		},
		"patched": func() error {
			_, err := s.UpdateAPIKey(ctx(), who, &wire.UpdateAPIKeyRequest{APIKey: *k.ID, PatchOperations: ops([3]string{"replace", "/value", secret})})
			return err
		},
	} {
		if err := call(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	kept, err := s.Kept(ctx())
	if err != nil || strings.Contains(fmt.Sprint(kept), "secret") || strings.Contains(log.String(), "secret") {
		t.Errorf("kept %v, %v; log %s", kept, err, log.String())
	}
	// Nor does the key of any document or row.
	err = st.Read(ctx(), func(tx *store.Tx) error {
		for _, kind := range []string{"apikey", "apikeyvalue", "keystage", "usageplankey"} {
			ids, err := tx.ListIDs(testAccount, testRegion, kind, "", "")
			if err != nil || strings.Contains(fmt.Sprint(ids), "secret") {
				t.Errorf("%s: %v, %v", kind, ids, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The doctor tells of what is set of keys and plans and has no effect.
func TestKeptOfCallers(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	b.deploy(api, "dev")
	k := must(b.CreateAPIKey(ctx(), who, &wire.CreateAPIKeyRequest{StageKeys: []wire.StageKey{{RestAPIID: &api, StageName: new("dev")}}}))(t)
	b.key("12345678901234567890")
	plan := b.plan("")
	must(b.UpdateUsagePlan(ctx(), who, &wire.UpdateUsagePlanRequest{UsagePlanID: plan, PatchOperations: ops([3]string{"add", "/productCode", "x"})}))(t)
	want := []control.Kept{
		{Account: testAccount, Region: testRegion, ID: *k.ID, Setting: "ApiKey.stageKeys", Value: api + "/dev", Why: "usage plans say which stages a key opens"},
		{Account: testAccount, Region: testRegion, ID: plan, Setting: "UsagePlan.productCode", Value: "x", Why: "there is no AWS Marketplace"},
	}
	if d := cmp.Diff(want, keptBy(t, b.Service)); d != "" {
		t.Error("-want +got", d)
	}
}
