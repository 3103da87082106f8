package pipeline

import (
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

var update = flag.Bool("update", false, "rewrite the golden files of traces")

// volatileParts are what differs from call to call in a log or a block.
var volatileParts = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}`), "{date}"},
	{regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT`), "{http date}"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "{id}"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "{backend}"},
	{regexp.MustCompile(`\d+(\.\d)? ms`), "{n} ms"},
	{regexp.MustCompile(`Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;Parent=[0-9a-f]{16};Sampled=0)?`), "{trace}"},
	{regexp.MustCompile(`(Authorization[=:] ?)\*+[0-9a-f]{6}`), "$1{masked}"},
	{regexp.MustCompile(`(X-Amz-Content-Sha256[=:] ?)[0-9a-f]{64}`), "$1{hash}"},
	{regexp.MustCompile(`\d{8}T\d{6}Z`), "{amz date}"},
	{regexp.MustCompile(`"extendedRequestId":"[^"]*"`), `"extendedRequestId":"{extended id}"`},
	{regexp.MustCompile(`"requestTime(Epoch)?":("[^"]*"|\d+)`), `"requestTime$1":{time}`},
}

func steady(text string) string {
	for _, v := range volatileParts {
		text = v.pattern.ReplaceAllString(text, v.name)
	}
	return text
}

// trace serves one call and returns what happened.
func (r *rig) trace(t *testing.T, request string) *trace.Trace {
	t.Helper()
	return r.traceOf(t, parseRequest(request))
}

// traceOf serves a request and returns what happened.
func (r *rig) traceOf(t *testing.T, req *httpmsg.Request) *trace.Trace {
	t.Helper()
	var got *trace.Trace
	services := *r.stage.services
	services.Trace = func(t *trace.Trace) { got = t }
	s := *r.stage
	s.services = &services
	resp := s.Serve(req)
	resp.Release()
	if got == nil {
		t.Fatal("nothing was traced")
	}
	return got
}

// tracedBackend answers with a text and few headers.
func tracedBackend(t testing.TB, status int, text string) string {
	return newCloud(t, func(w http.ResponseWriter, _ seen) {
		w.Header().Del("X-Amzn-Requestid")
		w.Header().Set("X-Tag", "tag")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}).url
}

// httpMethod is a resource with an HTTP integration that uses all there is.
func httpMethod(uri string) snapshot.Resource {
	return snapshot.Resource{ID: "r1", Path: "/pets/{id}", Methods: []snapshot.Method{{
		HTTPMethod: "POST", AuthorizationType: "NONE",
		Integration: snapshot.Integration{
			Type: "HTTP", HTTPMethod: "PUT", URI: uri, TimeoutMillis: 29000, PassthroughBehavior: "WHEN_NO_MATCH",
			RequestParameters: map[string]string{
				"integration.request.path.id": "method.request.path.id", "integration.request.header.X-Cid": "method.request.header.X-Cid",
				"integration.request.querystring.stage": "context.stage", "integration.request.header.X-None": "method.request.header.Nope",
			},
			RequestTemplates: map[string]string{"application/json": "#set($context.requestOverride.header.X-Over = 'ride')\n{\"n\": \"$input.path('$.name')\", \"m\": \"$input.path('$.nmae')\"}"},
			Responses: []snapshot.IntegrationResponse{
				{StatusCode: "404", SelectionPattern: `4\d{2}`, Parameters: map[string]string{"method.response.header.X-Tag": "integration.response.header.X-Tag"},
					Templates: map[string]string{"application/json": `{"no": $input.json('$.error')}`}},
				{StatusCode: "200"},
			},
		},
		Responses: map[string]snapshot.MethodResponse{"200": {}, "404": {}},
	}}}
}

const traceRequest = "POST /pets/7?a=1&b=2&a=3\nAccept: application/json\nAuthorization: Bearer 0123456789abcdef\nX-Cid: c-1\nX-Cid: c-2\nx-api-key: k\n\n{\"name\": \"Rex\"}"

// TestTraces compares execution logs and blocks for people with files; what
// differs from run to run stands in braces there.
func TestTraces(t *testing.T) {
	silentMethod := httpMethod(silent(t) + "/{id}")
	silentMethod.Methods[0].Integration.TimeoutMillis = 500 // a busy machine takes its time to dial
	broken := httpMethod("http://127.0.0.1/")
	broken.Methods[0].Integration.RequestTemplates["application/json"] = "{\n  #if($x"
	noMatch := httpMethod(tracedBackend(t, 500, "oops"))
	noMatch.Methods[0].Integration.Responses = noMatch.Methods[0].Integration.Responses[:1]
	noResponse := mock(func(m *snapshot.Method) { m.Responses = nil })
	unresolved := newRig(t, httpMethod("http://nowhere.invalid/"))
	unresolved.stage.services.Client = integration.NewClient(integration.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}
	}})
	function502 := answering(t, `"hello world"`)
	tests := map[string]struct {
		rig     *rig
		request string
	}{
		"mock":         {newRig(t, mock(respond(`{"id": "$input.params('id')"}`))), "GET /x?id=7"},
		"mock_status":  {newRig(t, mock(ask(`{}`))), "GET /x"},
		"http":         {newRig(t, httpMethod(tracedBackend(t, 200, `{"ok": true}`)+"/p/{id}")), traceRequest},
		"http_404":     {newRig(t, httpMethod(tracedBackend(t, 404, `{"error": "no such pet"}`)+"/p/{id}")), traceRequest},
		"http_timeout": {newRig(t, silentMethod), traceRequest},
		"http_gone":    {newRig(t, httpMethod(gone(t)+"/")), traceRequest},
		"http_address": {unresolved, traceRequest},
		"http_parse":   {newRig(t, broken), traceRequest},
		"http_nomatch": {newRig(t, noMatch), traceRequest},
		"no_response":  {newRig(t, noResponse), "GET /x"},
		"illegal_header": {newRig(t, proxy("/x", "GET", "GET", "http://127.0.0.1/", map[string]string{"integration.request.header.Transfer-Encoding": "'x'"})),
			"GET /x"},
		"http_proxy": {newRig(t, proxy("/{p+}", "ANY", "ANY", tracedBackend(t, 200, "line one\nline two\x1b[31m")+"/up/{p}", map[string]string{"integration.request.path.p": "method.request.path.p"})),
			"PUT /a/b?q=%20x\nUser-Agent: me\n\n\xff\xfe"},
		"lambda":           {newAWSRig(t, answering(t, `{"statusCode": 201, "headers": {"X-A": "b", "Date": "then"}, "body": "made"}`), function("/x")), "POST /x\n\nhi"},
		"lambda_malformed": {newAWSRig(t, function502, function("/x")), "GET /x"},
		"lambda_throws":    {newAWSRig(t, failing(t, `{"errorMessage": "no such table"}`), function("/x")), "GET /x"},
		"lambda_denied": {newAWSRig(t, newCloud(t, func(w http.ResponseWriter, _ seen) {
			w.WriteHeader(403)
			_, _ = io.WriteString(w, `{"Message": "not authorized to perform: lambda:InvokeFunction"}`)
		}), function("/x")), "GET /x"},
		"no_role": {newAWSRigOf(t, integration.AWSOptions{}, &snapshot.Deployment{Resources: []snapshot.Resource{
			awsMethod("/x", "GET", "AWS", "arn:aws:apigateway:us-east-1:sqs:path/q", func(m *snapshot.Method) { m.Integration.Credentials = "arn:aws:iam::000000000000:role/r" }),
		}}), "GET /x"},
		"invalid_body": {newRigOf(t, validated(func(_ *snapshot.Deployment, m *snapshot.Method) { m.RequestModels = models1("Pet") })), "POST /x/7\n\n{}"},
		"missing_parameters": {newRigOf(t, validated(func(_ *snapshot.Deployment, m *snapshot.Method) {
			m.RequestParameters = map[string]bool{"method.request.querystring.q": true}
		})), "POST /x/7\n\n{}"},
		"media_type": {newRig(t, mock(func(m *snapshot.Method) { m.Integration.PassthroughBehavior = "NEVER" })), "POST /x\nContent-Type: text/plain\n\nhi"},
		"no_route":   {newRig(t, mock(nil)), "GET /nowhere"},
		"dots":       {newRig(t, mock(nil)), "GET /../x"},
		"customised": {newRigOf(t, &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{mock(ask("{}"))}, GatewayResponses: map[string]snapshot.GatewayResponse{
			"DEFAULT_5XX": {StatusCode: "503", Parameters: map[string]string{"gatewayresponse.header.X-Why": "'why'"}, Templates: map[string]string{"application/json": "sorry"}},
		}}), "GET /x"},
		"compressed": {newRigOf(t, &snapshot.Deployment{APIID: "abc", MinimumCompressionSize: new(int32(10)), Resources: []snapshot.Resource{mock(respond(strings.Repeat("long ", 400)))}}),
			"GET /x\nAccept-Encoding: gzip"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.rig.trace(t, tt.request)
			golden(t, filepath.Join("testdata", "trace", name+".txt"),
				steady("-- log --\n"+got.ExecutionLog()+"-- text --\n"+got.Text(trace.TextOptions{})))
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

// A function's URI is Lambda's own (recorded).
func TestTraceOfFunctionURI(t *testing.T) {
	r := newAWSRigOf(t, integration.AWSOptions{}, &snapshot.Deployment{Resources: []snapshot.Resource{function("/x")}})
	client := integration.NewClient(integration.Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }})
	t.Cleanup(client.Close)
	service, err := integration.NewAWS(client, integration.AWSOptions{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")})
	if err != nil {
		t.Fatal(err)
	}
	r.stage.services.AWS = service
	const uri = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/" + testFunction + "/invocations\n"
	log := r.trace(t, "GET /x").ExecutionLog()
	for _, want := range []string{" : Endpoint request URI: " + uri, " : Sending request to " + uri} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in\n%s", want, log)
		}
	}
}

func TestTextOptions(t *testing.T) {
	r := newRig(t, mock(respond("#set($l = [1])$l[9]")))
	got := r.trace(t, "GET /x")
	if text := got.Text(trace.TextOptions{}); strings.Contains(text, "\x1b") {
		t.Errorf("colours: %q", text)
	}
	text := got.Text(trace.TextOptions{Color: true, Locate: func(p trace.Part) string {
		if p.Resource != "/x" || p.Method != "ANY" || p.Field != "integration.responses.200.responseTemplates.application/json" || p.Line != 1 || p.Column != 17 {
			t.Errorf("asked for %+v", p)
		}
		return "api.yaml:12:7"
	}})
	for _, want := range []string{"\x1b[31m500\x1b[0m", "\x1b[31mUnable to transform response\x1b[0m",
		"\x1b[36mapi.yaml:12:7: ANY /x integration.responses.200.responseTemplates.application/json, line 1, column 17\x1b[0m"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%q", want, text)
		}
	}
}

// No line of a block shows a secret that another masks.
func TestTextKeepsSecrets(t *testing.T) {
	r := newRig(t, proxy("/x", "GET", "GET", newBackend(t)+"/", map[string]string{
		"integration.request.header.Authorization": "method.request.header.Authorization", "integration.request.header.X-Key": "method.request.header.x-api-key"}))
	text := r.trace(t, "GET /x\nAuthorization: Bearer topsecret-123456\nx-api-key: mysecret-123456").Text(trace.TextOptions{})
	backend := text[strings.Index(text, "  receive"):] // it answers with what it was sent
	if text = strings.TrimSuffix(text, backend); strings.Contains(text, "secret") || !strings.Contains(text, "→ ***123456") {
		t.Errorf("got\n%s", text)
	}
}

// BenchmarkMockTraced is BenchmarkMock for somebody who wants to know.
func BenchmarkMockTraced(b *testing.B) {
	r := newRig(b, mock(respond(`{"id":"$input.params('id')","stage":"$context.stage","q":"$input.params('q')"}`)))
	r.stage.services.Trace = func(*trace.Trace) {}
	req := parseRequest("GET /x?q=1\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: key")
	b.ReportAllocs()
	for b.Loop() {
		resp := r.stage.Serve(req)
		if resp.Status != 200 {
			b.Fatal(show(resp))
		}
		resp.Release()
	}
}

// BenchmarkInvoke is a whole test of a method, its compilation and log
// included.
func BenchmarkInvoke(b *testing.B) {
	r := newRig(b, mock(respond(`{"id":"$input.params('id')","stage":"$context.stage","q":"$input.params('q')"}`)))
	b.ReportAllocs()
	for b.Loop() {
		if a := r.invoke("GET /x?q=1"); a.Status != 200 || len(a.Trace.ExecutionLog()) == 0 {
			b.Fatal(showTest(a))
		}
	}
}
