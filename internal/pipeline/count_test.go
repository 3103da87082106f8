package pipeline

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// countedRequests reads how many requests were counted, by verb, resource and canary.
func countedRequests(t *testing.T, calls *metrics.Calls) map[string]float64 {
	t.Helper()
	families, err := metrics.NewRegistry(calls, "test").Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]float64)
	for _, f := range families {
		if f.GetName() != "gatehouse_requests_total" {
			continue
		}
		for _, m := range f.Metric {
			of := make(map[string]string)
			for _, l := range m.Label {
				of[l.GetName()] = l.GetValue()
			}
			out[of["method"]+" "+of["resource"]+" "+of["canary"]] += m.Counter.GetValue()
		}
	}
	return out
}

// finish takes an answer to its end, as the front door does.
func finish(resp *httpmsg.Response) {
	now := time.Now()
	resp.Done(&httpmsg.Done{Status: resp.Status, Received: now, LastByte: now})
	resp.Release()
}

// TestPathsMakeNoSeries calls a method with detailed metrics, and none, by 100,000
// paths and under as many names of other kinds.
func TestPathsMakeNoSeries(t *testing.T) {
	pets := mock(nil)
	pets.Path = "/pets/{proxy+}"
	r := newRig(t, pets)
	calls := metrics.NewCalls(10)
	r.stage.services.Metrics = calls
	settings := *r.stage.settings
	settings.MethodSettings = map[string]snapshot.MethodSetting{"*/*": {MetricsEnabled: true}}
	r.stage = Bind(&settings, r.stage.program, r.stage.services)
	const paths = 50_000
	for i := range paths {
		finish(r.call(fmt.Sprintf("GET /pets/%d\nX-Amzn-Trace-Id: Root=%d\nUser-Agent: a%d", i, i, i)))
		finish(r.call(fmt.Sprintf("VERB%d /%d?q=%d", i, i, i)))
	}
	got := countedRequests(t, calls)
	if want := map[string]float64{"ANY /pets/{proxy+} ": paths, "  ": paths}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestCountsOfCanaries counts the calls of a stage and of its canary apart, and those of
// their methods where the settings of both say so.
func TestCountsOfCanaries(t *testing.T) {
	r := newRig(t, mock(nil))
	services, calls, draw := r.stage.services, metrics.NewCalls(10), 0.
	services.Metrics, services.Draw = calls, func() float64 { return draw }
	settings := *r.stage.settings
	settings.Canary = &snapshot.Canary{DeploymentID: "d2", PercentTraffic: 50}
	settings.MethodSettings = map[string]snapshot.MethodSetting{"/x/ANY": {MetricsEnabled: true}}
	r.stage = Prepare(services.Settings(&settings), r.stage.program, Compile(r.deployment), services)(true)
	for _, draw = range []float64{0.1, 0.9, 0.9} {
		finish(r.call("GET /x"))
		finish(r.call("GET /none"))
	}
	got := countedRequests(t, calls)
	if want := map[string]float64{"ANY /x true": 1, "ANY /x false": 2, "  true": 1, "  false": 2}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// BenchmarkCounted is a call with all that is counted of it, and without.
func BenchmarkCounted(b *testing.B) {
	for name, calls := range map[string]*metrics.Calls{"metrics=off": nil, "metrics=on": metrics.NewCalls(10)} {
		b.Run(name, func(b *testing.B) {
			r := newRig(b, mock(nil))
			r.stage.services.Metrics = calls
			r.stage = Bind(r.stage.settings, r.stage.program, r.stage.services)
			req := parseRequest("GET /x?q=1\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: key")
			var d httpmsg.Done
			b.ReportAllocs()
			for b.Loop() {
				resp := r.stage.Serve(req)
				now := time.Now()
				d = httpmsg.Done{Status: resp.Status, Received: req.Received, LastByte: now}
				resp.Done(&d)
				resp.Release()
			}
		})
	}
}
