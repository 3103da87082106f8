package pipeline

import (
	"testing"

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
