package pipeline

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// invoke tests the rig's method as TestInvokeMethod does.
func (r *rig) invoke(request string) *TestResult {
	req := parseRequest(request)
	req.Host, req.SourceIP = "", ""
	return Invoke(context.Background(), r.deployment, req, &Test{
		Caller: mapping.Identity{
			AccountID: "262334296846", Caller: "262334296846", User: "262334296846", UserARN: "arn:aws:iam::262334296846:user/iam-user",
			AccessKey: "ASIAIOSFODNN7EXAMPLE", UserAgent: "aws-cli/2.15",
		},
		Variables: map[string]string{"env": "test"},
	}, r.stage.services)
}

// showTest is a test's answer as text.
func showTest(a *TestResult) string {
	return show(&httpmsg.Response{Status: a.Status, Header: a.Header, Body: a.Body})
}

func TestInvoke(t *testing.T) {
	guarded := mock(respond("in"))
	guarded.Methods[0].AuthorizationType, guarded.Methods[0].AuthorizerID, guarded.Methods[0].APIKeyRequired = "CUSTOM", "a1", true
	seenContext := mock(respond("$context.stage $context.path $context.identity.sourceIp $context.identity.apiKey $context.identity.apiKeyId " +
		"$context.identity.userAgent $context.identity.accountId $context.identity.caller $context.identity.user $context.identity.userArn " +
		"$context.identity.accessKey $context.domainName $context.domainPrefix [$context.deploymentId] $context.protocol $context.httpMethod " +
		"$context.resourcePath $context.resourceId $context.apiId $stageVariables.env [$input.params('Host')]"))
	ids := mock(respond("$input.params('id')|$input.params('q')"))
	ids.Path = "/pets/{id}"
	tests := map[string]struct {
		deployment *snapshot.Deployment
		request    string
		want       string
	}{
		"past all guards": {&snapshot.Deployment{
			EndpointType: "PRIVATE", Policy: "{}", EndpointAccessMode: "STRICT", DisableExecuteAPIEndpoint: true, Resources: []snapshot.Resource{guarded},
		}, "GET /x", emptyAnswer + "in"},
		"context (recorded)": {&snapshot.Deployment{Resources: []snapshot.Resource{seenContext}}, "GET /x?a=1\nUser-Agent: mine", emptyAnswer +
			"test-invoke-stage /x test-invoke-source-ip test-invoke-api-key test-invoke-api-key-id aws-cli/2.15 262334296846 262334296846 262334296846 " +
			"arn:aws:iam::262334296846:user/iam-user ASIAIOSFODNN7EXAMPLE testPrefix.testDomainName testPrefix [] HTTP/1.1 ANY /x r1 abc test []"},
		"path parameters":           {&snapshot.Deployment{Resources: []snapshot.Resource{ids}}, "GET /pets/7?q=a", emptyAnswer + "7|a"},
		"the template for a path":   {&snapshot.Deployment{Resources: []snapshot.Resource{ids}}, "GET /pets/{id}", emptyAnswer + "{id}|"},
		"a path that does not fit":  {&snapshot.Deployment{Resources: []snapshot.Resource{ids}}, "GET /cats/7/toys?q=a", emptyAnswer + "|a"},
		"a path that means another": {&snapshot.Deployment{Resources: []snapshot.Resource{ids}}, "GET /pets/..", "400\nx-amzn-ErrorType: BadRequestException\n\n{\"message\":\"Bad Request\"}"},
		"the error type alone (recorded)": {&snapshot.Deployment{Resources: []snapshot.Resource{mock(ask("{}"))}}, "GET /x",
			"500\nx-amzn-ErrorType: InternalServerErrorException\n\n{\"message\": \"Internal server error\"}"},
		"customised": {&snapshot.Deployment{Resources: []snapshot.Resource{mock(ask("{}"))}, GatewayResponses: map[string]snapshot.GatewayResponse{
			"API_CONFIGURATION_ERROR": {StatusCode: "503", Parameters: map[string]string{"gatewayresponse.header.X-Why": "'why'"}, Templates: map[string]string{"text/x": "sorry"}},
		}}, "GET /x", "503\nx-amzn-ErrorType: InternalServerErrorException\nX-Why: why\nContent-Type: text/x\n\nsorry"},
		"not compressed": {&snapshot.Deployment{MinimumCompressionSize: new(int32(1)), Resources: []snapshot.Resource{mock(respond("abcdef"))}},
			"GET /x\nAccept-Encoding: gzip", emptyAnswer + "abcdef"},
		"other content types are ignored": {&snapshot.Deployment{Resources: []snapshot.Resource{mock(func(m *snapshot.Method) {
			m.Integration.PassthroughBehavior = "NEVER"
		})}}, "POST /x\nContent-Type: text/xml\n\n<a/>", emptyAnswer},
		"JSON's is seen": {&snapshot.Deployment{Resources: []snapshot.Resource{mock(respond("$input.params('Content-Type')"))}},
			"POST /x\nContent-Type: application/json; charset=utf-8\n\n{}", emptyAnswer + "application/json; charset=utf-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.deployment.APIID, tt.deployment.Account, tt.deployment.Region = "abc", "000000000000", "us-east-1"
			a := newRigOf(t, tt.deployment).invoke(tt.request)
			if got := showTest(a); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if a.Latency < 0 || a.Trace == nil {
				t.Errorf("latency %v, trace %v", a.Latency, a.Trace)
			}
		})
	}
	if m := guarded.Methods[0]; m.AuthorizationType != "CUSTOM" || !m.APIKeyRequired {
		t.Error("the definition was changed")
	}
}

// Which headers a test shows of a method response, by integration (recorded,
// those of HTTP_PROXY through a VPC link).
func TestInvokeHeaders(t *testing.T) {
	backend := tracedBackend(t, 200, "hi")
	dateMapped := httpMethod(backend)
	dateMapped.Methods[0].Integration.Responses[1].Parameters = map[string]string{"method.response.header.Date": "'then'"}
	tests := map[string]struct {
		rig  *rig
		want []string
	}{
		"MOCK":       {newRig(t, mock(nil)), []string{"Content-Type"}},
		"HTTP":       {newRig(t, dateMapped), []string{"X-Amzn-Trace-Id", "Date", "Content-Type"}},
		"HTTP_PROXY": {newRig(t, proxy("/x", "GET", "GET", backend, nil)), []string{"Content-Type", "X-Tag", "Date", "Content-Length"}},
		"AWS":        {newAWSRig(t, answering(t, `{}`), awsMethod("/x", "POST", "AWS", lambdaURI(testFunction), nil)), []string{"X-Amzn-Trace-Id", "Content-Type"}},
		"AWS_PROXY": {newAWSRig(t, answering(t, `{"headers": {"date": "then", "content-length": "2"}, "body": "hi"}`), function("/x")),
			[]string{"date", "content-length", "X-Amzn-Trace-Id"}},
		"AWS_PROXY without headers": {newAWSRig(t, answering(t, okAnswer), function("/x")), []string{"X-Amzn-Trace-Id"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range tt.rig.invoke("POST /x").Header {
				got = append(got, f.Name)
			}
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestInvokedEvent is an event that a user printed on AWS when he tested his
// method (recorded), the names changed.
func TestInvokedEvent(t *testing.T) {
	c := answering(t, okAnswer)
	r := newAWSRig(t, c, function("/"))
	r.deployment.Resources[0].ID, r.deployment.Account = "5zlqdhz4ef", "262334296846"
	r.deployment.Resources[0].Methods[0].HTTPMethod = "GET"
	a := r.invoke("GET /")
	if a.Status != 200 {
		t.Fatal(showTest(a), a.Trace.ExecutionLog())
	}
	asked := c.last(t)
	want := `{"resource":"/","path":"/","httpMethod":"GET","headers":null,"multiValueHeaders":null,"queryStringParameters":null,` +
		`"multiValueQueryStringParameters":null,"pathParameters":null,"stageVariables":{"env":"test"},"requestContext":{"resourceId":"5zlqdhz4ef",` +
		`"resourcePath":"/","httpMethod":"GET","extendedRequestId":"{extended id}","requestTime":{time},"path":"/","accountId":"262334296846",` +
		`"protocol":"HTTP/1.1","stage":"test-invoke-stage","domainPrefix":"testPrefix","requestTimeEpoch":{time},"requestId":"{id}",` +
		`"identity":{"cognitoIdentityPoolId":null,"cognitoIdentityId":null,"apiKey":"test-invoke-api-key","principalOrgId":null,` +
		`"cognitoAuthenticationType":null,"userArn":"arn:aws:iam::262334296846:user/iam-user","apiKeyId":"test-invoke-api-key-id",` +
		`"userAgent":"aws-cli/2.15","accountId":"262334296846","caller":"262334296846","sourceIp":"test-invoke-source-ip",` +
		`"accessKey":"ASIAIOSFODNN7EXAMPLE","cognitoAuthenticationProvider":null,"user":"262334296846"},` +
		`"domainName":"testPrefix.testDomainName","apiId":"abc"},"body":null,"isBase64Encoded":false}`
	if got := steady(asked.Body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := asked.Header.Get("X-Amz-Source-Arn"), "arn:aws:execute-api:us-east-1:262334296846:abc/test-invoke-stage/GET/"; got != want {
		t.Errorf("source ARN %s, want %s", got, want)
	}
}

// Headers that a test is given are those of the event, and no others.
func TestInvokedEventHeaders(t *testing.T) {
	c := answering(t, okAnswer)
	newAWSRig(t, c, function("/x")).invoke("GET /x\nHost: shop.example\nX-B: 2\nx-a: 1\nX-B: 3\nX-Forwarded-For: 192.0.2.9")
	want := `"headers":{"Host":"shop.example","x-a":"1","X-B":"3","X-Forwarded-For":"192.0.2.9"},` +
		`"multiValueHeaders":{"Host":["shop.example"],"x-a":["1"],"X-B":["2","3"],"X-Forwarded-For":["192.0.2.9"]}`
	if got := c.last(t).Body; !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
}

// TestInvokeLog compares the log of a test with a file.
func TestInvokeLog(t *testing.T) {
	r := newAWSRig(t, answering(t, `{"statusCode": 200, "body": "{}"}`), function("/todos"))
	r.deployment.Resources[0].Methods[0].HTTPMethod = "GET"
	golden(t, filepath.Join("testdata", "trace", "test.txt"), steady(r.invoke("GET /todos?limit=10").Trace.ExecutionLog()))
}

// The deadline of who asks ends a test.
func TestInvokeDeadline(t *testing.T) {
	r := newRig(t, proxy("/x", "GET", "GET", silent(t), nil))
	ctx, cancel := context.WithTimeout(context.Background(), 1e9)
	defer cancel()
	a := Invoke(ctx, r.deployment, parseRequest("GET /x"), &Test{}, r.stage.services)
	if a.Status != 504 || !strings.HasSuffix(a.Trace.ExecutionLog(), "Execution failed due to a timeout error\n"+lastLine(a)) {
		t.Errorf("%d %s", a.Status, a.Trace.ExecutionLog())
	}
}

func lastLine(a *TestResult) string {
	log := strings.TrimSuffix(a.Trace.ExecutionLog(), "\n")
	return log[strings.LastIndexByte(log, '\n')+1:] + "\n"
}

// FuzzInvoke tests methods with paths that nobody would send.
func FuzzInvoke(f *testing.F) {
	for _, seed := range []string{"/", "/pets/7", "/pets/{id}?a=1", "/pets/%zz", "/pets/..", "/pets/%2e%2e/x", "//", "/pets/\xff?\xff=\n", "/" + strings.Repeat("a/", 100), "/pets/7?a;b&&=&%"} {
		f.Add(seed)
	}
	l := newCloud(f, func(w http.ResponseWriter, _ seen) { _, _ = io.WriteString(w, okAnswer) })
	one := mock(respond("$input.params('id') $input.params().querystring $context.path"))
	one.Path = "/pets/{id}"
	rigs := []*rig{newRig(f, one), newAWSRig(f, l, function("/pets/{id+}"))}
	f.Fuzz(func(t *testing.T, target string) {
		path, query, _ := strings.Cut(target, "?")
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		for _, r := range rigs {
			req := &httpmsg.Request{Method: "GET", Path: path, Query: query, Scheme: "https", Proto: "HTTP/1.1"}
			a := Invoke(context.Background(), r.deployment, req, &Test{}, r.stage.services)
			if a.Status != 200 && a.Status != 400 {
				t.Errorf("%q: status %d\n%s", target, a.Status, a.Trace.ExecutionLog())
			}
			for line := range strings.Lines(a.Trace.ExecutionLog()) {
				if len(line) > len("Mon Jan 02 15:04:05 UTC 2006 : ")+trace.MaxLogLine+len(" [TRUNCATED]\n") {
					t.Errorf("%q: a line of %d bytes", target, len(line))
				}
			}
			if text := a.Trace.Text(trace.TextOptions{}); strings.ContainsAny(text, "\x1b\x00\r\u202e") {
				t.Errorf("%q: %q reaches the terminal", target, text)
			}
		}
	})
}

// A stage may have the name that tests show: they leave its cache and its tokens alone.
func TestTestsLeaveStagesAlone(t *testing.T) {
	for name, test := range map[string]struct {
		stage string
		run   func(*rig)
	}{
		"a method's": {testStage, func(r *rig) { r.invoke("GET /any") }},
		"an authorizer's": {testedStage, func(r *rig) {
			TestAuthorizer(t.Context(), r.deployment, "none00", parseRequest("GET /any"), new(Test), r.stage.services)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			kept := cache.New(1 << 20)
			defer kept.Close()
			d, st := cachedDeployment("d1"), caching()
			d.Resources = d.Resources[3:] // a test is of one method
			st.Name = test.stage
			st.MethodSettings["*/*"] = snapshot.MethodSetting{CachingEnabled: true, ThrottlingRateLimit: new(0.001), ThrottlingBurstLimit: new(int32(2))}
			services := &Services{Cache: kept, Limits: limit.NewRegistry()}
			r := &rig{d, Bind(st, Compile(d), services)}
			first, _ := r.ask(t, "GET /any")
			test.run(r)
			r.stage = Bind(st, Compile(d), services) // as another change of the stage does
			if again, _ := r.ask(t, "GET /any"); again != first {
				t.Error("the stage's cache is empty")
			}
			resp := r.call("GET /any")
			if resp.Status != 429 {
				t.Errorf("the stage has its tokens again: status %d", resp.Status)
			}
			resp.Release()
		})
	}
}
