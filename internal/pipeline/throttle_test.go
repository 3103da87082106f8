package pipeline

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

func TestThrottle(t *testing.T) {
	one, zero, unlimited := int32(1), int32(0), int32(-1)
	slow, none, negative := 0.001, 0.0, -1.0
	tests := map[string]struct {
		settings map[string]snapshot.MethodSetting
		want     []int
	}{
		"all methods": {map[string]snapshot.MethodSetting{"*/*": {ThrottlingBurstLimit: &one, ThrottlingRateLimit: &slow}}, []int{200, 429, 429}},
		"the method's own wins": {map[string]snapshot.MethodSetting{
			"*/*": {ThrottlingBurstLimit: &zero, ThrottlingRateLimit: &none}, "/x/ANY": {ThrottlingBurstLimit: &unlimited, ThrottlingRateLimit: &negative}}, []int{200, 200, 200}},
		"rate of 0":       {map[string]snapshot.MethodSetting{"/x/ANY": {ThrottlingRateLimit: &none}}, []int{429}},
		"another method":  {map[string]snapshot.MethodSetting{"/y/ANY": {ThrottlingRateLimit: &none}}, []int{200}},
		"nothing was set": {map[string]snapshot.MethodSetting{"*/*": {}}, []int{200}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mock(nil))
			settings := *r.stage.settings
			settings.MethodSettings = tt.settings
			r.stage = Bind(&settings, r.stage.program, r.stage.services)
			for i, want := range tt.want {
				resp := r.call("GET /x")
				if resp.Status != want {
					t.Errorf("call %d: got %d, want %d", i, resp.Status, want)
				}
				if want == 429 && show(resp) != "429\nx-amzn-ErrorType: TooManyRequestsException\nContent-Type: application/json\n\n"+`{"message":"Too Many Requests"}` {
					t.Errorf("got:\n%s", show(resp))
				}
			}
		})
	}
}

// A stage that changes, and one whose program is made again, goes on with the
// tokens that its methods had. A limit that changed acts on the next request.
func TestThrottleOutlivesBind(t *testing.T) {
	r := newRig(t, mock(nil), snapshot.Resource{ID: "r2", Path: "/y", Methods: mock(nil).Methods})
	r.stage.services.Limits = limit.NewRegistry()
	bind := func(rate float64, burst int32, variable string) {
		settings := *r.stage.settings
		settings.Variables = map[string]string{"v": variable}
		settings.MethodSettings = map[string]snapshot.MethodSetting{"*/*": {ThrottlingBurstLimit: &burst, ThrottlingRateLimit: &rate}}
		r.stage = Bind(&settings, Compile(r.deployment), r.stage.services)
	}
	expect := func(request string, want ...int) {
		t.Helper()
		for i, status := range want {
			resp := r.call(request)
			if resp.Status != status {
				t.Errorf("%s, call %d: got %d, want %d", request, i, resp.Status, status)
			}
			resp.Release()
		}
	}
	bind(0.001, 2, "")
	expect("GET /x", 200, 200, 429)
	bind(0.001, 2, "new")
	expect("GET /x", 429)
	expect("GET /y", 200)
	bind(0.001, 4, "new") // half of /y is left
	expect("GET /x", 429)
	expect("GET /y", 200, 200, 429)
	bind(0, 0, "new")
	expect("GET /x", 429)
	bind(0.001, 4, "new")
	expect("GET /x", 429)
	bind(-1, -1, "new")
	expect("GET /x", 200, 200, 200, 200, 200)
}

// A call that goes on under settings which the stage has no more, and which
// throttle nothing, leaves the stage's tokens as they are.
func TestThrottleOutlivesOldSettings(t *testing.T) {
	r := newRig(t, mock(nil))
	r.stage.services.Limits = limit.NewRegistry()
	old, rate, burst := *r.stage.settings, 0.001, int32(2)
	now := old
	now.MethodSettings = map[string]snapshot.MethodSetting{"*/*": {ThrottlingBurstLimit: &burst, ThrottlingRateLimit: &rate}}
	for i, want := range []int{200, 200, 429} {
		r.stage = Bind(&now, Compile(r.deployment), r.stage.services)
		resp := r.call("GET /x")
		if resp.Status != want {
			t.Errorf("call %d: got %d, want %d", i, resp.Status, want)
		}
		resp.Release()
		Prepare(r.stage.services.Settings(&old), Compile(r.deployment), nil, r.stage.services)(false)
	}
}
