package pipeline

import (
	"log/slog"
	"maps"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// versioned is a MOCK deployment whose one method answers with a status, under the
// method's throttle where the stage has one.
func versioned(id, status string, paths ...string) *snapshot.Deployment {
	d := &snapshot.Deployment{APIID: "abc", ID: id}
	for _, path := range paths {
		d.Resources = append(d.Resources, snapshot.Resource{ID: path, Path: path, Methods: []snapshot.Method{{
			HTTPMethod: "GET", AuthorizationType: "NONE", Integration: snapshot.Integration{
				Type: "MOCK", RequestTemplates: map[string]string{"application/json": `{"statusCode": ` + status + `}`},
				Responses: []snapshot.IntegrationResponse{{StatusCode: status, SelectionPattern: status}},
			},
			Responses: map[string]snapshot.MethodResponse{status: {}},
		}}})
	}
	return d
}

// A draw below the share of the canary has it serve the call, and nothing of a call
// is of both programs.
func TestCanaryServesItsShare(t *testing.T) {
	settings := &snapshot.Stage{APIID: "abc", Name: "prod", DeploymentID: "d1", Canary: &snapshot.Canary{DeploymentID: "d2", PercentTraffic: 25}}
	main, canary := Compile(versioned("d1", "201", "/x")), Compile(versioned("d2", "202", "/x", "/new"))
	var drawn float64
	s := Prepare(new(Services).Settings(settings), main, canary, &Services{Draw: func() float64 { return drawn }})(true)
	for _, tt := range []struct {
		drawn  float64
		path   string
		status int
	}{{0, "/x", 202}, {0.2499, "/x", 202}, {0.25, "/x", 201}, {0.99, "/x", 201}, {0, "/new", 202}, {0.5, "/new", 403}} {
		drawn = tt.drawn
		resp := s.Serve(parseRequest("GET " + tt.path))
		if resp.Status != tt.status {
			t.Errorf("drawn %v, %s: status %d, want %d", tt.drawn, tt.path, resp.Status, tt.status)
		}
		resp.Release()
	}
}

// Without a draw of a test's the share is about what it says.
func TestCanaryDrawsAtRandom(t *testing.T) {
	settings := &snapshot.Stage{APIID: "abc", Name: "prod", Canary: &snapshot.Canary{PercentTraffic: 50}}
	s := Prepare(new(Services).Settings(settings), Compile(versioned("d1", "201", "/x")), Compile(versioned("d2", "202", "/x")), &Services{})(true)
	served := map[int]int{}
	for range 1000 {
		resp := s.Serve(parseRequest("GET /x"))
		served[resp.Status]++
		resp.Release()
	}
	if served[201] < 300 || served[202] < 300 {
		t.Errorf("served %v", served)
	}
}

// The methods that a stage and its canary both have share their tokens, and the
// other methods of each keep theirs.
func TestCanarySharesThrottles(t *testing.T) {
	settings := &snapshot.Stage{
		APIID: "abc", Name: "prod", Canary: &snapshot.Canary{PercentTraffic: 50},
		MethodSettings: map[string]snapshot.MethodSetting{"*/*": {ThrottlingRateLimit: new(0.001), ThrottlingBurstLimit: new(int32(2))}},
	}
	drawn := 0.0
	s := Prepare(new(Services).Settings(settings), Compile(versioned("d1", "201", "/x", "/old")), Compile(versioned("d2", "202", "/x", "/new")), &Services{Draw: func() float64 { return drawn }})(true)
	for i, tt := range []struct {
		drawn  float64
		path   string
		status int
	}{{0, "/x", 202}, {0.9, "/x", 201}, {0, "/x", 429}, {0.9, "/x", 429}, {0, "/new", 202}, {0.9, "/old", 201}} {
		drawn = tt.drawn
		resp := s.Serve(parseRequest("GET " + tt.path))
		if resp.Status != tt.status {
			t.Errorf("call %d: status %d, want %d", i, resp.Status, tt.status)
		}
		resp.Release()
	}
}

// shown is a MOCK deployment whose one method answers with what a template renders.
func shown(id, template string) *snapshot.Deployment {
	d := versioned(id, "200", "/x")
	d.Resources[0].Methods[0].Integration.Responses[0].Templates = map[string]string{"application/json": template}
	return d
}

// A canary sees the variables of its stage under its own, and every call of a stage
// that has a canary says which of the two it is.
func TestCanaryContext(t *testing.T) {
	const template = `$context.deploymentId $context.isCanaryRequest $stageVariables.both $stageVariables.own $stageVariables.more`
	st := &snapshot.Stage{APIID: "abc", Name: "prod", DeploymentID: "d1", Variables: map[string]string{"both": "1", "own": "2"},
		Canary: &snapshot.Canary{DeploymentID: "d2", PercentTraffic: 50, StageVariableOverrides: map[string]string{"both": "3", "more": "4"}}}
	drawn := 0.0
	services := &Services{Draw: func() float64 { return drawn }}
	show := func(s *Stage, want string) {
		t.Helper()
		resp := s.Serve(parseRequest("GET /x"))
		defer resp.Release()
		if string(resp.Body) != want {
			t.Errorf("got %q, want %q", resp.Body, want)
		}
	}
	s := Prepare(services.Settings(st), Compile(shown("d1", template)), Compile(shown("d2", template)), services)(true)
	show(s, "d2 true 3 2 4")
	drawn = 0.5
	show(s, "d1 false 1 2 ")

	alone := *st
	alone.Canary = nil
	show(Bind(&alone, Compile(shown("d1", template)), services), "d1  1 2 ")
}

// Of 10,000 calls the canary serves its share, within four standard deviations.
func TestCanaryShare(t *testing.T) {
	const calls = 10_000
	for _, percent := range []float64{0, 0.5, 10.5, 50, 99, 100} {
		settings := &snapshot.Stage{APIID: "abc", Name: "prod", Canary: &snapshot.Canary{PercentTraffic: percent}}
		s := Prepare(new(Services).Settings(settings), Compile(versioned("d1", "201", "/x")), Compile(versioned("d2", "202", "/x")), &Services{})(true)
		served := 0
		for range calls {
			resp := s.Serve(parseRequest("GET /x"))
			if resp.Status == 202 {
				served++
			}
			resp.Release()
		}
		share := percent / 100
		if want, deviation := calls*share, math.Sqrt(calls*share*(1-share)); math.Abs(float64(served)-want) > 4*deviation {
			t.Errorf("%v %%: the canary served %d of %d", percent, served, calls)
		}
	}
}

// What a canary serves stands in its stage's access log, and in a log of its own
// where there is one.
func TestCanaryAccessLog(t *testing.T) {
	const group = "arn:aws:logs:us-east-1:111122223333:log-group:prod"
	for name, tt := range map[string]struct {
		destination string
		files       map[string]string // by destination; others have none
		want        map[string]string // by file
	}{
		"a log of its own":   {group, map[string]string{group: "a", group + "/Canary": "b"}, map[string]string{"a": "d1 false\nd2 true\n", "b": "d2 true\n"}},
		"all of a group":     {group + ":*", map[string]string{group + ":*": "a", group + "/Canary:*": "b"}, map[string]string{"a": "d1 false\nd2 true\n", "b": "d2 true\n"}},
		"the same file":      {group, map[string]string{group: "a", group + "/Canary": "a"}, map[string]string{"a": "d1 false\nd2 true\n"}},
		"only the stage's":   {group, map[string]string{group: "a"}, map[string]string{"a": "d1 false\nd2 true\n"}},
		"only the canary's":  {group, map[string]string{group + "/Canary": "b"}, map[string]string{"b": "d2 true\n"}},
		"of another service": {"arn:aws:firehose:us-east-1:111122223333:deliverystream/x", map[string]string{}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, opened := t.TempDir(), map[string]*observe.Lines{}
			drawn := 0.9
			services := &Services{
				Draw: func() float64 { return drawn },
				AccessLog: func(arn string) *observe.Lines {
					file, ok := tt.files[arn]
					if !ok {
						return nil
					}
					if opened[file] == nil {
						opened[file] = observe.OpenLines(filepath.Join(dir, file), slog.New(slog.DiscardHandler))
					}
					return opened[file]
				},
			}
			st := &snapshot.Stage{APIID: "abc", Name: "prod", DeploymentID: "d1", Canary: &snapshot.Canary{DeploymentID: "d2", PercentTraffic: 50},
				AccessLog: &snapshot.AccessLog{DestinationARN: tt.destination, Format: "$context.deploymentId $context.isCanaryRequest"}}
			s := Prepare(services.Settings(st), Compile(versioned("d1", "201", "/x")), Compile(versioned("d2", "202", "/x")), services)(true)
			for _, drawn = range []float64{0.9, 0.1} {
				resp := s.Serve(parseRequest("GET /x"))
				done := httpmsg.Done{}
				resp.Done(&done)
				if done.Canary != (drawn < 0.5) {
					t.Errorf("drawn %v: done %+v", drawn, done)
				}
				resp.Release()
			}
			got := map[string]string{}
			for file, lines := range opened {
				lines.Close()
				data, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				got[file] = string(data)
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
