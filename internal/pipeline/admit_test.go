package pipeline

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// keyValue is the value of the API key k1 in tests.
const keyValue = "0123456789abcdefghij"

// wantKey makes a method want an API key.
func wantKey(m *snapshot.Method) { m.APIKeyRequired = true }

// keyed serves resources as stage prod of API abc, with the key k1 in plan p1, which
// opens the stage, the disabled key k2, the key k3 without a plan, and k4 in a plan
// of another stage.
func keyed(t testing.TB, edit func(*snapshot.UsagePlan), resources ...snapshot.Resource) *rig {
	t.Helper()
	return newRig(t, resources...).withKeys(t, edit)
}

// withKeys is what keyed says of another rig.
func (r *rig) withKeys(t testing.TB, edit func(*snapshot.UsagePlan)) *rig {
	t.Helper()
	plans := usageplan.New(usageplan.Options{})
	served := func(id string) string { return snapshot.OfAccount("000000000000", "us-east-1", id) }
	for i, enabled := range []bool{true, false, true, true} {
		id := fmt.Sprint("k", i+1)
		if err := plans.SetKey(served(id), &snapshot.APIKey{ID: id, Value: strings.Replace(keyValue, "0", fmt.Sprint(i), 1), Enabled: enabled}); err != nil {
			t.Fatal(err)
		}
	}
	plan := &snapshot.UsagePlan{Stages: []snapshot.PlanStage{{APIID: "abc", Stage: "prod"}}}
	if edit != nil {
		edit(plan)
	}
	other := &snapshot.UsagePlan{Stages: []snapshot.PlanStage{{APIID: "abc", Stage: "dev"}, {APIID: "other", Stage: "prod"}}}
	for id, p := range map[string]*snapshot.UsagePlan{"p1": plan, "p2": other} {
		if err := plans.SetPlan(served(id), p); err != nil {
			t.Fatal(err)
		}
	}
	var rows []usageplan.PlanKey
	for _, id := range []string{"p1/k1", "p1/k2", "p2/k4"} {
		rows = append(rows, usageplan.PlanKey{Served: served(id)})
	}
	if err := plans.SetPlanKeys(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	r.stage.services.Plans = plans
	settings := *r.stage.settings
	settings.Region = "us-east-1"
	r.stage = Bind(&settings, r.stage.program, r.stage.services)
	return r
}

const (
	forbiddenKey = "403\nx-amzn-ErrorType: ForbiddenException\nContent-Type: application/json\n\n" + `{"message":"Forbidden"}`
	tooMany      = "429\nx-amzn-ErrorType: TooManyRequestsException\nContent-Type: application/json\n\n" + `{"message":"Too Many Requests"}`
	usedUp       = "429\nx-amzn-ErrorType: LimitExceededException\nContent-Type: application/json\n\n" + `{"message":"Limit Exceeded"}`
)

func TestAPIKey(t *testing.T) {
	const ok = "200\nContent-Type: application/json\n\n"
	tests := map[string]struct{ request, want string }{
		"its value":                    {"GET /x\nx-api-key: " + keyValue, ok},
		"in a header of any spelling":  {"GET /x\nX-API-Key: " + keyValue, ok},
		"on a path with parameters":    {"GET /pets/7\nx-api-key: " + keyValue, ok},
		"on a greedy path":             {"GET /any/thing/at/all\nx-api-key: " + keyValue, ok},
		"none":                         {"GET /x", forbiddenKey},
		"none, with path parameters":   {"GET /pets/7", forbiddenKey},
		"none, on a greedy path":       {"GET /any/thing/at/all", forbiddenKey},
		"an empty one":                 {"GET /x\nx-api-key: ", forbiddenKey},
		"one that is not known":        {"GET /x\nx-api-key: 0123456789abcdefghijk", forbiddenKey},
		"in another case":              {"GET /x\nx-api-key: " + strings.ToUpper(keyValue), forbiddenKey},
		"one that is disabled":         {"GET /x\nx-api-key: 1123456789abcdefghij", forbiddenKey},
		"one in no plan":               {"GET /x\nx-api-key: 2123456789abcdefghij", forbiddenKey},
		"one in a plan without it":     {"GET /x\nx-api-key: 3123456789abcdefghij", forbiddenKey},
		"one too long to be one":       {"GET /x\nx-api-key: " + strings.Repeat("x", 5000), forbiddenKey},
		"its id":                       {"GET /x\nx-api-key: k1", forbiddenKey},
		"the last of two counts":       {"GET /x\nx-api-key: nobody's\nX-Api-Key: " + keyValue, ok},
		"in the query":                 {"GET /x?x-api-key=" + keyValue, forbiddenKey},
		"any, where the method has no": {"GET /open\nx-api-key: nobody's", ok},
	}
	greedy, params, open := mock(wantKey), mock(wantKey), mock(nil)
	greedy.Path, params.Path, open.Path = "/any/{proxy+}", "/pets/{id}", "/open"
	r := keyed(t, nil, mock(wantKey), greedy, params, open)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { r.want(t, tt.request, tt.want) })
	}
}

// A request without a key is refused before its body is asked for.
func TestKeyBeforeBody(t *testing.T) {
	r := keyed(t, nil, mock(wantKey))
	req := parseRequest("POST /x")
	req.Unread = unwanted{t}
	r.stage.Serve(req).Release()
}

// An unwanted body must not be read.
type unwanted struct{ t *testing.T }

func (u unwanted) ReadBody() ([]byte, error) {
	u.t.Error("the body was read")
	return nil, nil
}

// An API says what those see who have no key.
func TestInvalidAPIKeyResponse(t *testing.T) {
	d := &snapshot.Deployment{APIID: "abc", Account: "000000000000", Region: "us-east-1", Resources: []snapshot.Resource{mock(wantKey)},
		GatewayResponses: map[string]snapshot.GatewayResponse{"INVALID_API_KEY": {StatusCode: "401", Templates: map[string]string{"application/json": `{"why":"$context.error.responseType"}`}}}}
	newRigOf(t, d).want(t, "GET /x", "401\nx-amzn-ErrorType: ForbiddenException\nContent-Type: application/json\n\n"+`{"why":"INVALID_API_KEY"}`)
}

// Templates and functions see the whole key; access logs, the log of a stage's calls
// and traces its last six characters.
func TestKeyIsSeen(t *testing.T) {
	const request = "GET /x\nx-api-key: " + keyValue
	r := keyed(t, nil, mock(func(m *snapshot.Method) {
		wantKey(m)
		respond("$context.identity.apiKey $context.identity.apiKeyId $context.identity.get('apiKey')")(m)
	}))
	r.want(t, request, "200\nContent-Type: application/json\n\n"+keyValue+" k1 "+keyValue)
	if got, want := r.logged(t, "$context.requestId $context.identity.apiKey $context.identity.apiKeyId", parseRequest(request)), " "+mapping.MaskSecret(keyValue)+" k1\n"; !strings.HasSuffix(got, want) {
		t.Errorf("access log %q, want %q at its end", got, want)
	}
	resource := function("/x")
	wantKey(&resource.Methods[0])
	event := ""
	lambda := newAWSRig(t, newCloud(t, func(_ http.ResponseWriter, r seen) { event = r.Body }), resource).withKeys(t, nil)
	lambda.call(request).Release()
	if !strings.Contains(event, `"apiKey":"`+keyValue+`"`) || !strings.Contains(event, `"apiKeyId":"k1"`) {
		t.Errorf("event %s", event)
	}
	got := keyed(t, nil, mock(wantKey)).trace(t, request)
	for _, text := range []string{got.ExecutionLog(), got.Text(trace.TextOptions{})} {
		if strings.Contains(text, keyValue) || !strings.Contains(text, "efghij") {
			t.Errorf("the key is not masked:\n%s", text)
		}
	}
}

// What the execution log of a call with a key says.
func TestKeyTraces(t *testing.T) {
	none := func(rate float64, burst int32) func(*snapshot.UsagePlan) {
		return func(p *snapshot.UsagePlan) { p.Throttle = &snapshot.Throttle{RateLimit: &rate, BurstLimit: &burst} }
	}
	const with = "GET /x\nx-api-key: " + keyValue
	tests := map[string]struct {
		rig     *rig
		request string
	}{
		"key":           {keyed(t, nil, mock(wantKey)), with},
		"key_missing":   {keyed(t, nil, mock(wantKey)), "GET /x"},
		"key_unknown":   {keyed(t, nil, mock(wantKey)), "GET /x\nx-api-key: an-unknown-key-123456"},
		"key_throttled": {keyed(t, none(1, 0), mock(wantKey)), with},
		"key_quota":     {keyed(t, func(p *snapshot.UsagePlan) { p.Quota = &snapshot.Quota{Period: "DAY"} }, mock(wantKey)), with},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.rig.trace(t, tt.request)
			golden(t, "testdata/trace/"+name+".txt", steady("-- log --\n"+got.ExecutionLog()+"-- text --\n"+got.Text(trace.TextOptions{})))
		})
	}
}

// The plan's limits come before the stage's. A call that one of them refuses takes
// nothing of the others, and is not counted.
func TestOrderOfLimits(t *testing.T) {
	slow, one, two := 1e-6, int32(1), int32(2)
	bound := func(burst *int32) *snapshot.Throttle { return &snapshot.Throttle{RateLimit: &slow, BurstLimit: burst} }
	tests := map[string]struct {
		plan  func(*snapshot.UsagePlan)
		stage *snapshot.Throttle
		want  []string // of calls to /x, then of one to /y
	}{
		"no limit": {nil, nil, []string{"200", "200", "200", "200"}},
		"of the key and method": {func(p *snapshot.UsagePlan) {
			p.Stages[0].Throttles = map[string]snapshot.Throttle{"/x/ANY": *bound(&one)}
		}, nil, []string{"200", tooMany, tooMany, "200"}},
		"of the key":            {func(p *snapshot.UsagePlan) { p.Throttle = bound(&two) }, nil, []string{"200", "200", tooMany, tooMany}},
		"of the stage's method": {nil, bound(&one), []string{"200", tooMany, tooMany, "200"}},
		"the method's refusals leave the key's tokens": {func(p *snapshot.UsagePlan) {
			p.Throttle, p.Stages[0].Throttles = bound(&two), map[string]snapshot.Throttle{"/x/ANY": *bound(&one)}
		}, nil, []string{"200", tooMany, tooMany, "200"}},
		"the stage's refusals leave the key's tokens and quota": {func(p *snapshot.UsagePlan) {
			p.Throttle, p.Quota = bound(&two), &snapshot.Quota{Limit: 2, Period: "DAY"}
		}, bound(&one), []string{"200", tooMany, tooMany, "200"}},
		"of the quota": {func(p *snapshot.UsagePlan) { p.Quota = &snapshot.Quota{Limit: 1, Period: "DAY"} }, nil, []string{"200", usedUp, usedUp, usedUp}},
		"a throttle is first": {func(p *snapshot.UsagePlan) {
			p.Throttle, p.Quota = bound(&one), &snapshot.Quota{Limit: 1, Period: "MONTH"}
		}, nil, []string{"200", tooMany, tooMany, tooMany}},
		"a throttle of 0 and 0": {func(p *snapshot.UsagePlan) {
			p.Throttle = &snapshot.Throttle{RateLimit: new(float64), BurstLimit: new(int32)}
		}, nil, []string{tooMany, tooMany, tooMany, tooMany}},
		"a quota of 0": {func(p *snapshot.UsagePlan) { p.Quota = &snapshot.Quota{Period: "WEEK"} }, nil, []string{usedUp, usedUp, usedUp, usedUp}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			y, open := mock(wantKey), mock(nil)
			y.Path, open.Path = "/y", "/open"
			r := keyed(t, tt.plan, mock(wantKey), y, open)
			if tt.stage != nil {
				settings := *r.stage.settings
				settings.MethodSettings = map[string]snapshot.MethodSetting{"*/*": {ThrottlingBurstLimit: tt.stage.BurstLimit, ThrottlingRateLimit: tt.stage.RateLimit}}
				r.stage = Bind(&settings, r.stage.program, r.stage.services)
			}
			for i, want := range tt.want {
				path := "/x"
				if i == len(tt.want)-1 {
					path = "/y"
				}
				resp := r.call("GET " + path + "\nx-api-key: " + keyValue)
				got := show(resp)
				if want == "200" {
					got = fmt.Sprint(resp.Status)
				}
				if got != want {
					t.Errorf("call %d to %s: got %s, want %s", i, path, got, want)
				}
				resp.Release()
			}
			if tt.stage == nil { // plans leave a method without a key alone
				r.want(t, "GET /open\nx-api-key: "+keyValue, "200\nContent-Type: application/json\n\n")
			}
		})
	}
}

// The account's throttle is over all stages, and over methods without a key.
func TestAccountThrottle(t *testing.T) {
	r := newRig(t, mock(nil))
	r.stage.services.Plans = usageplan.New(usageplan.Options{Account: &limit.Rate{PerSecond: 1e-6, Burst: 3}})
	for i, want := range []string{"200", "200", "200", tooMany} {
		settings := *r.stage.settings
		settings.APIID = fmt.Sprint("api", i)
		resp := Bind(&settings, r.stage.program, r.stage.services).Serve(parseRequest("GET /x"))
		if got := show(resp); !strings.HasPrefix(got, want) {
			t.Errorf("call %d: got %s, want %s", i, got, want)
		}
		resp.Release()
	}
}

// A test of a method takes nothing of the account's throttle, and is not throttled.
func TestInvokeIsNotThrottled(t *testing.T) {
	r := newRig(t, mock(nil))
	r.stage.services.Plans = usageplan.New(usageplan.Options{Account: &limit.Rate{PerSecond: 1e-6, Burst: 1}})
	for range 2 {
		if got := Invoke(t.Context(), r.deployment, parseRequest("GET /x"), &Test{}, r.stage.services); got.Status != 200 {
			t.Errorf("test: got %d", got.Status)
		}
	}
	resp := Bind(r.stage.settings, r.stage.program, r.stage.services).Serve(parseRequest("GET /x"))
	if resp.Status != 200 {
		t.Errorf("call: got %d", resp.Status)
	}
	resp.Release()
}

// BenchmarkMockWithKey is BenchmarkMock with a key, a throttle and a quota.
func BenchmarkMockWithKey(b *testing.B) {
	rate, burst := 1e9, int32(1<<30)
	r := keyed(b, func(p *snapshot.UsagePlan) {
		p.Throttle, p.Quota = &snapshot.Throttle{RateLimit: &rate, BurstLimit: &burst}, &snapshot.Quota{Limit: 1 << 30, Period: "MONTH"}
	}, mock(wantKey))
	req := parseRequest("GET /x?q=1\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: " + keyValue)
	req.Received = time.Now()
	b.ReportAllocs()
	for b.Loop() {
		resp := r.stage.Serve(req)
		if resp.Status != 200 {
			b.Fatal(show(resp))
		}
		resp.Release()
	}
}
