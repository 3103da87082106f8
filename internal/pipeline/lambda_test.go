package pipeline

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const (
	plain500 = "500\nx-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n\n{\"message\": \"Internal server error\"}"
	plain502 = "502\nx-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n\n{\"message\": \"Internal server error\"}"
	plain200 = "200\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"
)

func TestFunctionAnswer(t *testing.T) {
	tests := map[string]struct{ answer, want string }{
		"all members": {`{"isBase64Encoded":false,"statusCode":201,"headers":{"X-A":"1"},"multiValueHeaders":{"X-B":["2","3"]},"body":"{\"a\":1}"}`,
			"201\nX-B: 2\nX-B: 3\nX-A: 1\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n{\"a\":1}"},
		"no members":                {`{}`, plain200},
		"nulls":                     {` { "isBase64Encoded" : null , "statusCode":null,"headers":null,"multiValueHeaders":null,"body":null } `, plain200},
		"another member":            {`{"statusCode":200,"cookies":[]}`, plain502},
		"member of another case":    {`{"StatusCode":200}`, plain502},
		"status as text":            {`{"statusCode":"200"}`, plain200},
		"status with a fraction":    {`{"statusCode":200.0}`, plain200},
		"status not a number":       {`{"statusCode":"ok"}`, plain502},
		"status an object":          {`{"statusCode":{}}`, plain502},
		"status out of range":       {`{"statusCode":99}`, plain502},
		"status NaN":                {`{"statusCode":"NaN"}`, plain502},
		"status too large":          {`{"statusCode":1e99}`, plain502},
		"boolean header":            {`{"headers":{"X-A":true,"X-B":false}}`, "200\nX-A: true\nX-B: false\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"null header":               {`{"headers":{"X-A":null}}`, plain200},
		"number header":             {`{"headers":{"X-A":1,"X-B":-1.50e2}}`, "200\nX-A: 1\nX-B: -1.50e2\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"number that is none":       {`{"headers":{"X-A":01}}`, plain502},
		"list header":               {`{"headers":{"X-A":["1"]}}`, plain502},
		"object header":             {`{"headers":{"X-A":{}}}`, plain502},
		"headers a list":            {`{"headers":[]}`, plain502},
		"multi-value header a text": {`{"multiValueHeaders":{"X-A":"1"}}`, plain502},
		"multi-value header a number in the list": {`{"multiValueHeaders":{"X-A":[1,"2"]}}`, "200\nX-A: 1\nX-A: 2\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"body an object":         {`{"body":{}}`, plain502},
		"body a number":          {`{"body":1}`, plain502},
		"text":                   {`"hello world"`, plain502},
		"null":                   {`null`, plain502},
		"list":                   {`[]`, plain502},
		"nothing":                {``, plain502},
		"not JSON":               {`hello`, plain502},
		"lenient JSON":           {`{'statusCode':200}`, plain502},
		"more behind":            {`{} {}`, plain502},
		"cut short":              {`{"statusCode":200`, plain502},
		"flag as text":           {`{"isBase64Encoded":"false"}`, plain200},
		"flag a number":          {`{"isBase64Encoded":0}`, plain502},
		"line break in a value":  {`{"headers":{"X-A":"a\r\nX-B: b"}}`, plain502},
		"name that is no token":  {`{"headers":{"X A":"a"}}`, plain502},
		"same header":            {`{"headers":{"x-a":"1","X-C":"3"},"multiValueHeaders":{"X-A":["2"]}}`, "200\nX-A: 2\nX-A: 1\nX-C: 3\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"same header and value":  {`{"headers":{"x-a":"1"},"multiValueHeaders":{"X-A":["1"]}}`, "200\nX-A: 1\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"type of its own":        {`{"headers":{"content-type":"text/html"},"body":"<p>"}`, "200\ncontent-type: text/html\nX-Amzn-Trace-Id: ...\n\n<p>"},
		"error type":             {`{"statusCode":404,"headers":{"X-Amzn-ErrorType":"NotFound"}}`, "404\nX-Amzn-ErrorType: NotFound\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"remapped and dropped":   {`{"headers":{"Connection":"a","Content-Length":"1","Date":"d","Server":"s","WWW-Authenticate":"w","Transfer-Encoding":"chunked","X-Amzn-RequestId":"i","Content-Encoding":"gzip","Via":"v","Host":"h"}}`, "200\nx-amzn-Remapped-Connection: a\nx-amzn-Remapped-Content-Length: 1\nx-amzn-Remapped-Date: d\nx-amzn-Remapped-Server: s\nx-amzn-Remapped-WWW-Authenticate: w\nx-amzn-Remapped-X-Amzn-RequestId: i\nContent-Encoding: gzip\nVia: v\nHost: h\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"cookies":                {`{"multiValueHeaders":{"Set-Cookie":["a=1","b=2"]}}`, "200\nSet-Cookie: a=1\nSet-Cookie: b=2\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n"},
		"escapes":                {`{"body":"\u00e9\ud83d\ude00\ud800x\n\t\/"}`, plain200 + "é😀?x\n\t/"},
		"half a pair and a pair": {`{"body":"\ud800\ud83d\ude00"}`, plain200 + "?😀"},
		"base64 not asked for":   {`{"isBase64Encoded":true,"body":"aGVsbG8="}`, plain200 + "aGVsbG8="},
		"the last of two holds":  {`{"statusCode":500,"body":"a","statusCode":200,"body":"b"}`, plain200 + "b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			newAWSRig(t, answering(t, tt.answer), function("/x")).want(t, "GET /x", tt.want)
		})
	}
}

func TestFunctionAnswerInBase64(t *testing.T) {
	tests := map[string]struct {
		accept, body, want string
	}{
		"first type matches":  {"image/png, text/html", "aGVsbG8=", plain200 + "hello"},
		"second type matches": {"text/html, image/png", "aGVsbG8=", plain200 + "aGVsbG8="},
		"without padding":     {"image/png", "aGVsbG8", plain200 + "hello"},
		"broken":              {"image/png", "***", plain500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newAWSRig(t, answering(t, `{"isBase64Encoded":true,"body":"`+tt.body+`"}`), function("/x"))
			r.deployment.BinaryMediaTypes = []string{"image/png"}
			r.want(t, "GET /x\nAccept: "+tt.accept, tt.want)
		})
	}
}

// The headers of an invocation, and the source ARN with the verb and path as
// configured (recorded).
func TestInvocation(t *testing.T) {
	c := answering(t, okAnswer)
	root := function("/")
	r := newAWSRig(t, c, function("/{resource+}"), root)
	r.call("GET /user_info?x=1").Release()
	asked := c.last(t)
	if want := "/2015-03-31/functions/" + testFunction + "/invocations"; asked.Method != "POST" || asked.Target != want {
		t.Errorf("asked %s %s, want POST %s", asked.Method, asked.Target, want)
	}
	want := map[string]string{
		"Accept": "application/json", "User-Agent": "AmazonAPIGateway_abc", "Content-Type": "application/json",
		"X-Amz-Source-Arn":         "arn:aws:execute-api:us-east-1:000000000000:abc/prod/ANY/{resource+}",
		"X-Amzn-Apigateway-Api-Id": "abc", "X-Amz-Security-Token": "token",
	}
	for name, value := range want {
		if got := asked.Header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	for name, form := range map[string]string{
		"X-Amzn-Lambda-Integration-Tag": "-", "X-Amz-Date": "T", "X-Amz-Content-Sha256": "", "X-Amzn-Trace-Id": "Root=1-",
		"Authorization": "AWS4-HMAC-SHA256 Credential=AKID/",
	} {
		if got := asked.Header.Get(name); got == "" || !strings.Contains(got, form) {
			t.Errorf("%s is %q", name, got)
		}
	}
	r.call("GET /").Release()
	if got := c.last(t).Header.Get("X-Amz-Source-Arn"); got != "arn:aws:execute-api:us-east-1:000000000000:abc/prod/ANY/" {
		t.Errorf("at the root the source ARN is %s", got)
	}
}

// The answer's trace id is Lambda's own where it has one.
func TestTraceOfLambda(t *testing.T) {
	const trace = "Root=1-5c755b5d-07b29b94e632d3da19d88789;Parent=61e6466ca210cdf8;Sampled=0;Lineage=1:a87bd80c:0"
	c := newCloud(t, func(w http.ResponseWriter, _ seen) {
		w.Header().Set("X-Amzn-Trace-Id", trace)
		_, _ = io.WriteString(w, okAnswer)
	})
	resp := newAWSRig(t, c, function("/x")).call("GET /x")
	defer resp.Release()
	if got := resp.Header.Get("X-Amzn-Trace-Id"); got != trace {
		t.Errorf("got %s", got)
	}
}

// reasons serves with a log and returns what it holds after a call.
func reasons(t *testing.T, r *rig, request, want string) string {
	t.Helper()
	var log bytes.Buffer
	r.stage.services.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.want(t, request, want)
	return log.String()
}

// Failures of a proxy integration, with the lines that AWS logs.
func TestFunctionFailures(t *testing.T) {
	refused := func(status int, body string) func(http.ResponseWriter, seen) {
		return func(w http.ResponseWriter, _ seen) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	tests := map[string]struct {
		cloud *cloud
		want  string
		log   string
	}{
		"throws": {failing(t, `{"errorMessage": "'LambdaContext' object has no attribute 'succeed'", "errorType": "AttributeError", "stackTrace": ["  File \"/var/task/web.py\"\n", {"a":[1,-2.5e3,null,true,false]}]}`), plain502,
			"Lambda execution failed with status 200 due to customer function error: 'LambdaContext' object has no attribute 'succeed'. Lambda request id: lambda-id"},
		"throws without a message": {failing(t, ``), plain502, "due to customer function error: . Lambda request id: lambda-id"},
		"malformed":                {answering(t, `"hello world"`), plain502, "Malformed Lambda proxy response"},
		"not permitted":            {newCloud(t, refused(403, `{"Message":"User: x is not authorized to perform: lambda:InvokeFunction"}`)), plain500, "Invalid permissions on Lambda function"},
		"throttled":                {newCloud(t, refused(429, `{"Reason":"TooManyRequests","Type":"User","message":"Rate Exceeded."}`)), plain500, `reason="Rate Exceeded."`},
		"missing":                  {newCloud(t, refused(404, `{"Message":"Function not found: f","Type":"User"}`)), plain500, "Function not found: f"},
		"refused without words":    {newCloud(t, refused(500, `<html>`)), plain500, "Lambda answered 500"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			log := reasons(t, newAWSRig(t, tt.cloud, function("/x")), "GET /x", tt.want)
			if !strings.Contains(log, tt.log) || !strings.Contains(log, "type=INTEGRATION_FAILURE") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestFunctionOutOfReach(t *testing.T) {
	slow := function("/x")
	slow.Methods[0].Integration.TimeoutMillis = 50
	newAWSRig(t, &cloud{url: silent(t)}, slow).want(t, "GET /x",
		"504\nx-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n\n{\"message\": \"Endpoint request timed out\"}")
	newAWSRig(t, &cloud{url: gone(t)}, function("/x")).want(t, "GET /x",
		"504\nx-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n\n{\"message\": \"Network error communicating with endpoint\"}")
}

// The status stays under a customised gateway response without one of its own.
func TestFunctionFailureCustomised(t *testing.T) {
	c := failing(t, `{}`)
	r := newAWSRigOf(t, integration.AWSOptions{EndpointURL: c.url}, &snapshot.Deployment{
		Resources:        []snapshot.Resource{function("/x")},
		GatewayResponses: map[string]snapshot.GatewayResponse{"DEFAULT_5XX": {Templates: map[string]string{"application/json": `$context.error.responseType`}}},
	})
	r.want(t, "GET /x", "502\nx-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n\nINTEGRATION_FAILURE")
}

// Mappings of a proxy integration have no effect, and those of some headers
// fail every call (recorded).
func TestProxyMappings(t *testing.T) {
	c := answering(t, okAnswer)
	for _, name := range []string{"Authorization", "Connection", "Content-Length", "Expect", "Proxy-Authenticate", "TE", "transfer-encoding"} {
		x := function("/x")
		x.Methods[0].Integration.RequestParameters = map[string]string{"integration.request.header." + name: "'v'"}
		log := reasons(t, newAWSRig(t, c, x), "GET /x", plain500)
		if !strings.Contains(log, name+" header already present") {
			t.Errorf("%s: log: %s", name, log)
		}
	}
	x := function("/x")
	x.Methods[0].Integration.RequestParameters = map[string]string{"integration.request.header.X-Mapped": "'v'", "integration.request.querystring.q": "'v'",
		"integration.request.header.X-Amzn-Trace-Id": "'v'", "integration.request.path.proxy": "method.request.path.proxy"}
	r := newAWSRig(t, c, x)
	event := r.event(t, c, parseRequest("GET /x"))
	if asked := c.last(t); asked.Header.Get("X-Mapped") != "" || strings.Contains(asked.Target, "?") || strings.Contains(event, "X-Mapped") {
		t.Errorf("mapped: %+v", asked)
	}
}

// Functions are invoked by POST alone: AWS answers 500 (recorded).
func TestFunctionMethod(t *testing.T) {
	c := answering(t, okAnswer)
	get := awsMethod("/x", "GET", "AWS_PROXY", lambdaURI(testFunction), func(m *snapshot.Method) { m.Integration.HTTPMethod = "GET" })
	r := newAWSRig(t, c, get)
	if log := reasons(t, r, "GET /x", plain500); !strings.Contains(log, "type=INTEGRATION_FAILURE") {
		t.Error(log)
	}
	if p := r.stage.program.Problems(); len(p) != 1 || p[0].Field != "integration.httpMethod" {
		t.Errorf("problems: %v", p)
	}
	any := awsMethod("/x", "ANY", "AWS_PROXY", lambdaURI(testFunction), func(m *snapshot.Method) { m.Integration.HTTPMethod = "ANY" })
	r = newAWSRig(t, c, any)
	r.want(t, "POST /x", plain200)
	r.want(t, "GET /x", plain500)
}

// A URL takes the place of AWS for one function, unsigned; its errors are
// without the header that Lambda sends.
func TestFunctionURL(t *testing.T) {
	c := answering(t, okAnswer)
	emulator := c.url + "/2015-03-31/functions/function/invocations"
	for key, url := range map[string]string{
		testFunction: emulator, testFunction + ":live": emulator, "f": emulator, "f:live": emulator, "f ": c.url,
	} {
		r := newAWSRigOf(t, integration.AWSOptions{EndpointURL: gone(t), Functions: map[string]string{strings.TrimSpace(key): url}},
			&snapshot.Deployment{Resources: []snapshot.Resource{awsMethod("/x", "GET", "AWS_PROXY", lambdaURI(testFunction+":live"), nil)}})
		r.want(t, "GET /x", plain200)
		want := "/2015-03-31/functions/function/invocations"
		if url == c.url {
			want = "/2015-03-31/functions/" + testFunction + ":live/invocations"
		}
		if asked := c.last(t); asked.Target != want || asked.Header.Get("Authorization") != "" || asked.Header.Get("X-Amz-Source-Arn") == "" {
			t.Errorf("%s: asked %+v", key, asked)
		}
	}
	c = answering(t, `{"errorType":"Error","errorMessage":"failure","trace":["Error: failure"]}`)
	r := newAWSRigOf(t, integration.AWSOptions{Functions: map[string]string{"f": c.url}}, &snapshot.Deployment{Resources: []snapshot.Resource{function("/x")}})
	if log := reasons(t, r, "GET /x", plain502); !strings.Contains(log, "customer function error: failure") {
		t.Error(log)
	}
}

func TestFunctionOfStageVariable(t *testing.T) {
	c := answering(t, okAnswer)
	r := newAWSRig(t, c, awsMethod("/x", "GET", "AWS_PROXY", lambdaURI("arn:aws:lambda:us-east-1:000000000000:function:f-${stageVariables.env}"), nil),
		awsMethod("/y", "GET", "AWS_PROXY", "arn:aws:apigateway:us-east-1:${stageVariables.none}:path/x", nil),
		awsMethod("/z", "GET", "AWS_PROXY", "arn:aws:apigateway:us-east-1:s3:path/${stageVariables.none}", nil))
	r.want(t, "GET /x", plain200)
	if asked := c.last(t); !strings.Contains(asked.Target, ":function:f-test/") {
		t.Error(asked.Target)
	}
	r.want(t, "GET /y", plain500)
	r.want(t, "GET /z", plain500)
}

func TestNoAWS(t *testing.T) {
	newRig(t, function("/x")).want(t, "GET /x", plain500)
}
