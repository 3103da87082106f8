package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A metricsRig is a server with an API whose numbers are read at its admin listener.
type metricsRig struct {
	admin, url string // of the pages, and of the control plane
	stage      string
}

// metricsAPI has a method for each way in which a call can count. {backend} answers with
// the status that its path says, {down} does not answer.
const metricsAPI = `{"openapi":"3.0.1","info":{"title":"a","version":"1"},
"x-amazon-apigateway-gateway-responses":{"INVALID_API_KEY":{"statusCode":"200"}},
"paths":{
"/pets/{id}":{"get":{"responses":{},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"{backend}/200"}}},
"/gone":{"get":{"responses":{},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"{backend}/410"}}},
"/broken":{"get":{"responses":{},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"{backend}/503"}}},
"/down":{"get":{"responses":{},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"{down}/"}}},
"/often":{"get":{"responses":{},"x-amazon-apigateway-integration":{"type":"mock"}}},
"/keyed":{"get":{"security":[{"key":[]}],"responses":{},"x-amazon-apigateway-integration":{"type":"mock"}}}},
"components":{"securitySchemes":{"key":{"type":"apiKey","name":"x-api-key","in":"header"}}}}`

// newMetricsRig deploys metricsAPI to a stage that caches the answers for pets and has
// detailed metrics of them.
func newMetricsRig(t *testing.T) *metricsRig {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		w.WriteHeader(status)
		fmt.Fprint(w, "answer")
	}))
	t.Cleanup(backend.Close)
	down, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer down.Close()
	p, _, url := launchWith(t, t.TempDir(), "in-memory: true\nadmin-listen: 127.0.0.1:0\n")
	deployAPI(t, url, "counted", strings.NewReplacer("{backend}", backend.URL, "{down}", "http://"+down.Addr().String()).Replace(metricsAPI))
	patch := `{"patchOperations":[{"op":"replace","path":"/cacheClusterEnabled","value":"true"},{"op":"replace","path":"/cacheClusterSize","value":"0.5"},` +
		`{"op":"replace","path":"/pets~1{id}/GET/caching/enabled","value":"true"},{"op":"replace","path":"/pets~1{id}/GET/metrics/enabled","value":"true"},` +
		`{"op":"replace","path":"/often/GET/throttling/rateLimit","value":"0"}]}`
	if got := exchange(t, "PATCH", url+"/restapis/counted/stages/prod", []byte(patch)); got.status != 200 {
		t.Fatal(got)
	}
	return &metricsRig{
		admin: scriptURLs["_HEALTH"].FindStringSubmatch(p.printed())[1], url: url, stage: url + "/_aws/execute-api/counted/prod",
	}
}

// call makes n requests to a path of the stage and wants their status.
func (r *metricsRig) call(t *testing.T, n int, path string, status int) {
	t.Helper()
	for range n {
		if got := exchange(t, "GET", r.stage+path, nil); got.status != status {
			t.Fatalf("%s: got %v, want %d", path, got, status)
		}
	}
}

// scrape reads the numbers by their names with labels. Those of 0 are left out.
func (r *metricsRig) scrape(t *testing.T) map[string]string {
	t.Helper()
	got := exchange(t, "GET", r.admin+metricsPage, nil)
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("got %d %v", got.status, got.header)
	}
	out := make(map[string]string)
	for line := range strings.Lines(got.body) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			at := strings.LastIndexByte(line, ' ')
			if n := line[at+1:]; n != "0" {
				out[line[:at]] = n
			}
		}
	}
	return out
}

// expect wants numbers, which are counted when an answer has been written, that is after
// its client has it. Of the names that are wanted no other series has a number.
func (r *metricsRig) expect(t *testing.T, want map[string]string) {
	t.Helper()
	var diff []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		got := r.scrape(t)
		diff = nil
		names := make(map[string]bool)
		for series, n := range want {
			if got[series] != n {
				diff = append(diff, fmt.Sprintf("%s is %s, want %s", series, got[series], n))
			}
			name, _, _ := strings.Cut(series, "{")
			names[name] = true
		}
		for series, n := range got {
			if name, _, _ := strings.Cut(series, "{"); names[name] && want[series] == "" {
				diff = append(diff, series+" is "+n)
			}
		}
		if diff == nil {
			return
		}
	}
	t.Error(strings.Join(diff, "\n"))
}

// TestMetricsOfCalls makes calls of every kind and wants the numbers that AWS's metrics
// would have: a gateway response counts by its kind, whatever status the API gives it
// (documented for 4XXError), a throttled call counts, a test and a request for no stage
// do not (documented). metricsEnabled has the calls of a method counted apart.
func TestMetricsOfCalls(t *testing.T) {
	r := newMetricsRig(t)
	r.call(t, 3, "/pets/1", 200) // once by the backend
	r.call(t, 2, "/gone", 410)
	r.call(t, 1, "/broken", 503)
	r.call(t, 1, "/down", 504)
	r.call(t, 4, "/often", 429)
	r.call(t, 1, "/keyed", 200) // a 403 that the API answers with 200
	r.call(t, 2, "/no/such/path", 403)
	tested := exchange(t, "GET", r.url+"/restapis/counted/resources", nil)
	var resources struct {
		Item []struct{ ID, Path string }
	}
	if err := json.Unmarshal([]byte(tested.body), &resources); err != nil {
		t.Fatal(err)
	}
	id := ""
	for _, resource := range resources.Item {
		if resource.Path == "/pets/{id}" {
			id = resource.ID
		}
	}
	if got := exchange(t, "POST", r.url+"/restapis/counted/resources/"+id+"/methods/GET", []byte(`{"pathWithQueryString":"/pets/1"}`)); got.status != 200 {
		t.Fatal(got)
	}
	for _, stage := range []string{"/_aws/execute-api/counted/none/", "/_aws/execute-api/nobody/prod/"} {
		exchange(t, "GET", r.url+stage, nil)
	}
	const pets, others = `{api="counted",canary="",method="GET",resource="/pets/{id}",stage="prod"`, `{api="counted",canary="",method="",resource="",stage="prod"`
	class := func(of, code string) string {
		at := strings.Index(of, `,method=`)
		return "gatehouse_requests_total" + of[:at] + `,code="` + code + `"` + of[at:] + "}"
	}
	own := func(kind string) string {
		return "gatehouse_gateway_responses_total" + others + `,type="` + kind + `"}`
	}
	r.expect(t, map[string]string{
		class(pets, "2xx"): "3", class(others, "4xx"): "9", class(others, "5xx"): "2",
		"gatehouse_request_duration_seconds_count" + pets + "}":       "3",
		"gatehouse_request_duration_seconds_count" + others + "}":     "11",
		"gatehouse_integration_duration_seconds_count" + pets + "}":   "1",
		"gatehouse_integration_duration_seconds_count" + others + "}": "4",
		"gatehouse_cache_hits_total" + pets + "}":                     "2",
		"gatehouse_cache_misses_total" + pets + "}":                   "1",
		own("THROTTLED"): "4", own("INVALID_API_KEY"): "1", own("MISSING_AUTHENTICATION_TOKEN"): "2", own("INTEGRATION_FAILURE"): "1",
		`gatehouse_refusals_total{cause="no_stage"}`:         "2",
		`gatehouse_backend_failures_total{cause="network"}`:  "1",
		`gatehouse_metrics_series`:                           "2",
		`gatehouse_metrics_series_limit`:                     "1000",
		`gatehouse_response_body_bytes_total` + pets + "}":   "18",
		`gatehouse_backend_connections{state="idle"}`:        "1",
		`gatehouse_compile_duration_seconds_count`:           "1",
		`gatehouse_programs`:                                 "1",
		`gatehouse_response_body_bytes_total` + others + "}": fmt.Sprint(2*6 + 6 + len(`{"message": "Network error communicating with endpoint"}`) + 4*len(`{"message":"Too Many Requests"}`) + len(`{"message":"Forbidden"}`) + 2*len(`{"message":"Missing Authentication Token"}`)),
	})
}

// TestMetricsOfStagesEnd takes a stage away: its numbers go with it.
func TestMetricsOfStagesEnd(t *testing.T) {
	r := newMetricsRig(t)
	r.call(t, 1, "/gone", 410)
	r.expect(t, map[string]string{"gatehouse_metrics_series": "1"})
	if got := exchange(t, "DELETE", r.url+"/restapis/counted/stages/prod", nil); got.status != 202 {
		t.Fatal(got)
	}
	for series := range r.scrape(t) {
		if strings.Contains(series, `api="counted"`) {
			t.Errorf("%s is left", series)
		}
	}
}

// TestMetricsAreAtTheAdminListener asks for them elsewhere, and otherwise.
func TestMetricsAreAtTheAdminListener(t *testing.T) {
	r := newMetricsRig(t)
	if got := exchange(t, "GET", r.url+metricsPage, nil); got.status != 404 {
		t.Errorf("the control plane answers %v", got)
	}
	if got := exchange(t, "POST", r.admin+metricsPage, nil); got.status != 404 {
		t.Errorf("a POST is answered %v", got)
	}
	if got := exchange(t, "GET", r.admin+metricsPage, nil, "Origin: https://evil.example"); got.status != 403 {
		t.Errorf("a web page of another site is answered %v", got)
	}
	req, _ := http.NewRequest("GET", r.admin+metricsPage, nil)
	req.Host = "evil.example"
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != 403 {
		t.Errorf("a web page whose name leads to this machine is answered %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
	req.Host = ""
	req.Header.Set("Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/vnd.google.protobuf") || len(body) == 0 {
		t.Errorf("got %v, %d bytes, %v", resp.Header, len(body), err)
	}
}
