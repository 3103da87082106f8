package control_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A cache walks through AWS's states, and is another one after each change that
// empties it.
func TestCacheStates(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	b := newBenchAt(t, func() time.Time { return now })
	id, _ := b.api()
	d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: id}))(t)
	lives := map[string]bool{}
	cached := func() *snapshot.Cache {
		st, _ := served[snapshot.Stage](b, snapshot.ServedStage, snapshot.ServedID(id, "cached"))
		return st.Cache
	}
	patch := func(path, value string) string {
		return *must(b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: id, StageName: "cached", PatchOperations: ops([3]string{"replace", path, value})}))(t).CacheClusterStatus
	}
	expect := func(what, got, during, after string, last time.Duration, bytes int64) {
		t.Helper()
		read := func() string {
			st := must(b.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: id, StageName: "cached"}))(t)
			for _, listed := range must(b.GetStages(ctx(), who, &wire.GetStagesRequest{RestAPIID: id}))(t).Item {
				if *listed.CacheClusterStatus != *st.CacheClusterStatus {
					t.Errorf("%s: %s in the list, %s alone", what, *listed.CacheClusterStatus, *st.CacheClusterStatus)
				}
			}
			return *st.CacheClusterStatus
		}
		seen := []string{got, read()}
		now = now.Add(last - time.Millisecond)
		seen = append(seen, read())
		now = now.Add(time.Millisecond)
		seen = append(seen, read())
		if diff := cmp.Diff([]string{during, during, during, after}, seen); diff != "" {
			t.Errorf("%s: -want +got %s", what, diff)
		}
		switch c := cached(); {
		case bytes == 0 && c == nil:
		case c == nil || c.Bytes != bytes || lives[c.Life]:
			t.Errorf("%s: what is served is %+v, known %v", what, c, lives)
		default:
			lives[c.Life] = true
		}
	}
	flush := func() string {
		must(b.FlushStageCache(ctx(), who, &wire.FlushStageCacheRequest{RestAPIID: id, StageName: "cached"}))(t)
		return "FLUSH_IN_PROGRESS"
	}
	create := func(in wire.CreateStageRequest) string {
		in.RestAPIID, in.StageName, in.DeploymentID = id, "cached", *d.ID
		return *must(b.CreateStage(ctx(), who, &in))(t).CacheClusterStatus
	}
	expect("without a cache", create(wire.CreateStageRequest{}), "NOT_AVAILABLE", "NOT_AVAILABLE", time.Second, 0)
	expect("on", patch("/cacheClusterEnabled", "true"), "CREATE_IN_PROGRESS", "AVAILABLE", time.Second, 1<<29)
	life := cached().Life
	expect("larger", patch("/cacheClusterSize", "118"), "CREATE_IN_PROGRESS", "AVAILABLE", time.Second, 118<<30)
	expect("flushed", flush(), "FLUSH_IN_PROGRESS", "AVAILABLE", time.Second, 118<<30)
	last := cached().Life
	if got := patch("/description", "d"); got != "AVAILABLE" || cached().Life != last || last == life {
		t.Errorf("another change: %s, the cache is %+v", got, cached())
	}
	expect("off", patch("/cacheClusterEnabled", "false"), "DELETE_IN_PROGRESS", "NOT_AVAILABLE", time.Minute, 0)
	expect("on again", patch("/cacheClusterEnabled", "true"), "CREATE_IN_PROGRESS", "AVAILABLE", time.Second, 118<<30)
	must(b.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: id, StageName: "cached"}))(t)
	expect("made anew", create(wire.CreateStageRequest{CacheClusterEnabled: new(true), CacheClusterSize: new("118")}), "CREATE_IN_PROGRESS", "AVAILABLE", time.Second, 118<<30)
}

// What is served of the settings of caching is what a caller set. A method that has
// taken its caching over from that of all methods, because something else of it was
// set, is not told from them by it: only GET is cached there (documented).
func TestServedCaching(t *testing.T) {
	b := newBench(t)
	id, _ := b.api()
	must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: id, StageName: new("dev")}))(t)
	const path = "/methodSettings"
	ttl7, ttl0 := new(int32(7)), new(int32(0))
	for _, step := range []struct {
		what    string
		patches [][3]string
		want    map[string]snapshot.MethodSetting
	}{
		{"set for all, and for methods what is not caching", [][3]string{
			{"replace", "/*/*/caching/enabled", "true"}, {"replace", "/*/*/caching/ttlInSeconds", "7"},
			{"replace", "/pets/GET/caching/enabled", "false"}, {"replace", "/pets/POST/caching/requireAuthorizationForCacheControl", "false"},
			{"replace", "/pets/POST/caching/unauthorizedCacheControlHeaderStrategy", "FAIL_WITH_403"}, {"replace", "/pets/POST/caching/ttlInSeconds", "0"},
			{"replace", "/~1cats/ANY/throttling/rateLimit", "5"},
		}, map[string]snapshot.MethodSetting{
			"*/*":        {CachingEnabled: true, CacheTTLSeconds: ttl7},
			"/pets/GET":  {CacheTTLSeconds: ttl7},
			"/pets/POST": {CachingEnabled: true, CacheTTLSeconds: ttl0, FreeCacheControl: true, CacheControlStrategy: "FAIL_WITH_403"},
			"/cats/ANY":  {CachingEnabled: true, CacheTTLSeconds: ttl7, ThrottlingRateLimit: new(5.0)},
		}},
		{"set for methods", [][3]string{{"replace", "/~1cats/ANY/caching/enabled", "true"}, {"remove", "/pets/GET", ""}, {"remove", "/pets/POST", ""}}, map[string]snapshot.MethodSetting{
			"*/*":       {CachingEnabled: true, CacheTTLSeconds: ttl7},
			"/cats/ANY": {CachingEnabled: true, CachesEveryVerb: true, CacheTTLSeconds: ttl7, ThrottlingRateLimit: new(5.0)},
		}},
		{"taken back", [][3]string{{"remove", "/~1cats/ANY", ""}, {"replace", "/~1cats/ANY/throttling/rateLimit", "5"}}, map[string]snapshot.MethodSetting{
			"*/*":       {CachingEnabled: true, CacheTTLSeconds: ttl7},
			"/cats/ANY": {CachingEnabled: true, CacheTTLSeconds: ttl7, ThrottlingRateLimit: new(5.0)},
		}},
		{"all at once", [][3]string{{"replace", path, `{"*/*": {"cachingEnabled": true}, "a/PUT": {"cachingEnabled": true}, "b/PUT": {"throttlingRateLimit": 5}}`}}, map[string]snapshot.MethodSetting{
			"*/*":    {CachingEnabled: true},
			"/a/PUT": {CachingEnabled: true, CachesEveryVerb: true},
			"/b/PUT": {CachingEnabled: true, ThrottlingRateLimit: new(5.0)},
		}},
		{"all at once, others", [][3]string{{"replace", path, `{"*/*": {"cachingEnabled": true}, "a/PUT": {"throttlingRateLimit": 5}}`}}, map[string]snapshot.MethodSetting{
			"*/*":    {CachingEnabled: true},
			"/a/PUT": {CachingEnabled: true, ThrottlingRateLimit: new(5.0)},
		}},
	} {
		must(b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: id, StageName: "dev", PatchOperations: ops(step.patches...)}))(t)
		st, _ := served[snapshot.Stage](b, snapshot.ServedStage, snapshot.ServedID(id, "dev"))
		if diff := cmp.Diff(step.want, st.MethodSettings); diff != "" {
			t.Errorf("%s: -want +got %s", step.what, diff)
		}
	}
}

// A deployment to a canary has two kinds of variables: those of the stage, which its other
// requests see as well, and the canary's own.
func TestVariablesOfCanaryDeployments(t *testing.T) {
	b := newBench(t)
	id, _ := b.api()
	stage := new("dev")
	first := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: id, StageName: stage, Variables: map[string]string{"a": "1"}}))(t)
	for _, tt := range []struct{ variables, overrides, stage, canary map[string]string }{
		{nil, map[string]string{"a": "2"}, map[string]string{"a": "1"}, map[string]string{"a": "2"}},
		{map[string]string{"b": "3"}, nil, map[string]string{"b": "3"}, map[string]string{"a": "2"}},
	} {
		must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{
			RestAPIID: id, StageName: stage, Variables: tt.variables, CanarySettings: &wire.DeploymentCanarySettings{StageVariableOverrides: tt.overrides},
		}))(t)
		st := must(b.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: id, StageName: *stage}))(t)
		if *st.DeploymentID != *first.ID || !maps.Equal(st.Variables, tt.stage) || !maps.Equal(st.CanarySettings.StageVariableOverrides, tt.canary) {
			t.Errorf("variables %v, overrides %v: the stage has %v, the canary %v", tt.variables, tt.overrides, st.Variables, st.CanarySettings.StageVariableOverrides)
		}
	}
}
