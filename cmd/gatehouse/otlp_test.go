package main

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	pb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A testCollector takes traces over HTTP and reads them by OpenTelemetry's own types.
type testCollector struct {
	url string

	mu     sync.Mutex
	spans  []*pb.Span
	wrong  []string
	status int // that it answers; 0 for 200
}

func newTestCollector(t *testing.T) *testCollector {
	t.Helper()
	c := new(testCollector)
	server := httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *testCollector) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var data pb.TracesData // on the wire what an ExportTraceServiceRequest is
	err = cmp.Or(err, proto.Unmarshal(body, &data))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || r.Method != "POST" || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("Authorization") != "Bearer hush" {
		c.wrong = append(c.wrong, fmt.Sprint(err, r.Method, r.URL, r.Header))
	}
	if c.status != 0 {
		w.WriteHeader(c.status)
		return
	}
	for _, resource := range data.ResourceSpans {
		if name := resource.Resource.Attributes[0]; name.Key != "service.name" || name.Value.GetStringValue() != "gatehouse" {
			c.wrong = append(c.wrong, name.String())
		}
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// take waits until n spans have come, and returns them by their names.
func (c *testCollector) await(t *testing.T, n int) map[string]*pb.Span {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		c.mu.Lock()
		all, wrong := c.spans, c.wrong
		if len(all) >= n {
			c.spans = nil
		}
		c.mu.Unlock()
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		if len(all) < n {
			continue
		}
		if len(all) > n {
			t.Fatalf("%d spans have come: %v", len(all), all)
		}
		byName := make(map[string]*pb.Span)
		for _, s := range all {
			byName[s.Name] = s
		}
		return byName
	}
	t.Fatalf("%d spans have come of %d", len(c.spans), n)
	return nil
}

// spanText is what a span says of itself, without ids and times.
func spanText(s *pb.Span) string {
	text := s.Kind.String()
	if s.Status.GetCode() == pb.Status_STATUS_CODE_ERROR {
		text += " failed"
	}
	var list []string
	for _, a := range s.Attributes {
		value := a.Value.GetStringValue()
		if a.Value.GetIntValue() != 0 {
			value = fmt.Sprint(a.Value.GetIntValue())
		}
		switch a.Key {
		case "server.address", "client.address", "aws.request_id", "url.scheme":
		default:
			list = append(list, a.Key+"="+value)
		}
	}
	slices.Sort(list)
	return text + " " + strings.Join(list, " ")
}

// tracedAPI has a method with a Lambda authorizer in front of an HTTP backend, and one
// that calls a function.
const tracedAPI = `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{
"/pets/{id}":{"get":{"security":[{"judge":[]}],"responses":{},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"{backend}/pets"}}},
"/function":{"post":{"responses":{},"x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST","uri":"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"}}},
"/mock":{"get":{"responses":{"200":{"description":"ok"}},"x-amazon-apigateway-integration":{"type":"mock","requestTemplates":{"application/json":"{\"statusCode\": 200}"},"responses":{"default":{"statusCode":"200"}}}}}},
"components":{"securitySchemes":{"judge":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"custom",
"x-amazon-apigateway-authorizer":{"type":"token","authorizerResultTtlInSeconds":300,"authorizerUri":"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:judge/invocations"}}}}}`

// A tracedBackend notes which traces reach it, as backend, function and authorizer.
type tracedBackend struct {
	mu   sync.Mutex
	seen map[string]http.Header // by path
}

func (b *tracedBackend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.seen[r.URL.Path] = r.Header.Clone()
	b.mu.Unlock()
	switch r.URL.Path {
	case "/judge":
		fmt.Fprint(w, `{"principalId":"p","policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}]}}`)
	case "/f":
		fmt.Fprint(w, `{"statusCode":200,"body":"function"}`)
	default:
		w.WriteHeader(http.StatusBadGateway)
	}
}

func (b *tracedBackend) header(path, name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[path].Get(name)
}

// headersFile makes a file of the headers that a testCollector wants.
func headersFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(name, []byte("# for the collector\nAuthorization: Bearer hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// launchTraced starts a server that sends traces to a collector, with tracedAPI deployed.
func launchTraced(t *testing.T, c *testCollector) (stage string, b *tracedBackend, url string) {
	t.Helper()
	b = &tracedBackend{seen: make(map[string]http.Header)}
	backend := httptest.NewServer(b)
	t.Cleanup(backend.Close)
	_, _, url = launchWith(t, t.TempDir(), "in-memory: true\notlp-endpoint: "+c.url+"\notlp-headers: "+headersFile(t)+"\nlambda-functions: {f: '"+backend.URL+"/f', judge: '"+backend.URL+"/judge'}\n")
	deployAPI(t, url, "traced", strings.ReplaceAll(tracedAPI, "{backend}", backend.URL))
	return url + "/_aws/execute-api/traced/prod", b, url
}

// TestTraces sends calls of sampled traces through a server whose stage traces passively,
// and then actively: the collector has their spans, with the parents that they have, and
// backends are told of the spans that call them.
func TestTraces(t *testing.T) {
	t.Parallel()
	c := newTestCollector(t)
	stage, b, url := launchTraced(t, c)
	const trace, caller = "58406520a006649127e371903a2de979", "00f067aa0ba902b7"

	got := exchange(t, "GET", stage+"/pets/1?secret=hush", nil, "Authorization: token", "traceparent: 00-"+trace+"-"+caller+"-01")
	if got.status != 502 {
		t.Fatal(got)
	}
	spans := c.await(t, 3)
	call, judge, integration := spans["GET /pets/{id}"], spans["authorizer"], spans["integration HTTP_PROXY"]
	if call == nil || judge == nil || integration == nil {
		t.Fatal(spans)
	}
	for _, s := range spans {
		if hex.EncodeToString(s.TraceId) != trace || s.StartTimeUnixNano == 0 || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("got %v", s)
		}
		if s != call && string(s.ParentSpanId) != string(call.SpanId) {
			t.Errorf("%s is not the call's", s.Name)
		}
	}
	if hex.EncodeToString(call.ParentSpanId) != caller {
		t.Errorf("the call's parent is %x", call.ParentSpanId)
	}
	for s, want := range map[*pb.Span]string{
		call:        "SPAN_KIND_SERVER failed aws:api_id=traced aws:api_stage=prod http.request.method=GET http.response.status_code=502 http.route=/pets/{id} url.path=/_aws/execute-api/traced/prod/pets/1",
		judge:       "SPAN_KIND_CLIENT ",
		integration: "SPAN_KIND_CLIENT failed http.request.method=GET http.response.status_code=502",
	} {
		if text := spanText(s); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
	if got, want := b.header("/pets", "traceparent"), "00-"+trace+"-"+hex.EncodeToString(integration.SpanId)+"-01"; got != want {
		t.Errorf("the backend has traceparent %s, want %s", got, want)
	}
	root := "Root=1-" + trace[:8] + "-" + trace[8:] + ";Parent="
	for path, of := range map[string]*pb.Span{"/pets": integration, "/judge": judge} {
		if got, want := b.header(path, "X-Amzn-Trace-Id"), root+hex.EncodeToString(of.SpanId)+";Sampled=1"; got != want {
			t.Errorf("%s has X-Amzn-Trace-Id %s, want %s", path, got, want)
		}
	}

	// The authorizer's answer is kept, and its function not called.
	exchange(t, "GET", stage+"/pets/1", nil, "Authorization: token", "X-Amzn-Trace-Id: "+root+caller+";Sampled=1")
	if spans = c.await(t, 2); spans["authorizer"] != nil || hex.EncodeToString(spans["GET /pets/{id}"].ParentSpanId) != caller {
		t.Errorf("got %v", spans)
	}

	// Nobody has sampled these.
	exchange(t, "GET", stage+"/mock", nil)
	exchange(t, "GET", stage+"/mock", nil, "traceparent: 00-"+trace+"-"+caller+"-00")

	if got := exchange(t, "PATCH", url+"/restapis/traced/stages/prod", []byte(`{"patchOperations":[{"op":"replace","path":"/tracingEnabled","value":"true"}]}`)); got.status != 200 {
		t.Fatal(got)
	}
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // the first of a second is drawn
	got = exchange(t, "POST", stage+"/function", nil)
	spans = c.await(t, 2)
	call, integration = spans["POST /function"], spans["integration AWS_PROXY"]
	if call == nil || integration == nil || len(call.ParentSpanId) != 0 {
		t.Fatal(spans)
	}
	id := hex.EncodeToString(call.TraceId)
	want := "Root=1-" + id[:8] + "-" + id[8:] + ";Parent=" + hex.EncodeToString(integration.SpanId) + ";Sampled=1"
	if b.header("/f", "X-Amzn-Trace-Id") != want || got.header.Get("X-Amzn-Trace-Id") != want {
		t.Errorf("the function has %s, the client %s, want %s", b.header("/f", "X-Amzn-Trace-Id"), got.header.Get("X-Amzn-Trace-Id"), want)
	}
}

// TestDeadCollector calls while the collector fails: calls go on, and the log says it
// once, without the secret.
func TestDeadCollector(t *testing.T) {
	t.Parallel()
	c := newTestCollector(t)
	c.status = 503
	dir := t.TempDir()
	p, _, url := launchWith(t, dir, "in-memory: true\notlp-endpoint: "+c.url+"\notlp-headers: "+headersFile(t)+"\n")
	deployAPI(t, url, "traced", strings.ReplaceAll(tracedAPI, "{backend}", "http://127.0.0.1:1"))
	for range 20 {
		if got := exchange(t, "GET", url+"/_aws/execute-api/traced/prod/mock", nil, "X-Amzn-Trace-Id: Root=1-58406520-a006649127e371903a2de979;Sampled=1"); got.status != 200 {
			t.Fatal(got)
		}
	}
	if err := p.waitFor(`the collector takes no spans: they are dropped" error="it answered 503`); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.printed(), "hush") {
		t.Errorf("the log has the secret: %s", p.printed())
	}
}

// TestSpansSurviveTheEnd stops a server that has spans to send.
func TestSpansSurviveTheEnd(t *testing.T) {
	t.Parallel()
	c := newTestCollector(t)
	p, _, url := launchWith(t, t.TempDir(), "in-memory: true\notlp-endpoint: "+c.url+"\notlp-headers: "+headersFile(t)+"\n")
	deployAPI(t, url, "traced", strings.ReplaceAll(tracedAPI, "{backend}", "http://127.0.0.1:1"))
	exchange(t, "GET", url+"/_aws/execute-api/traced/prod/mock", nil, "X-Amzn-Trace-Id: Root=1-58406520-a006649127e371903a2de979;Sampled=1")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
	c.await(t, 1)
}

// TestOTLPSettings refuses what cannot be.
func TestOTLPSettings(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"no URL":         {"otlp-endpoint: 127.0.0.1:4318\n", "otlp-endpoint: "},
		"a file":         {"otlp-endpoint: file:///x\n", "otlp-endpoint: "},
		"a password":     {"otlp-endpoint: http://u:hush@127.0.0.1\n", "a collector's URL has no user"},
		"the whole path": {"otlp-endpoint: http://127.0.0.1:4318/v1/traces\n", "/v1/traces is added"},
		"no collector":   {"otlp-headers: " + headersFile(t) + "\n", "has no effect without otlp-endpoint"},
		"no file":        {"otlp-endpoint: http://127.0.0.1:4318\notlp-headers: /no/such/file\n", "no such file"},
		"no series":      {"admin-listen: 127.0.0.1:0\nmetrics-series: 0\n", "0 is not from 1 to 100000"},
		"many series":    {"admin-listen: 127.0.0.1:0\nmetrics-series: 100001\n", "100001 is not from 1 to 100000"},
		"series alone":   {"metrics-series: 10\n", "has no effect without admin-listen, where metrics are read"},
	} {
		c, err := loaded(t, inServe, nil, nil, tt.file)
		text := fmt.Sprint(err, c.warnings)
		if !strings.Contains(text, tt.want) || strings.Contains(text, "hush") {
			t.Errorf("%s: got %s, want %s", name, text, tt.want)
		}
	}
}
