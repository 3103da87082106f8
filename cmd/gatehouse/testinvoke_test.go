package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/smithy-go"
)

const testedAPI = `
openapi: 3.0.1
info: {title: tested, version: "1"}
paths:
  /pets/{petId}:
    get:
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      security: [{sigv4: []}]
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration: &http
        type: http
        httpMethod: GET
        uri: BACKEND/pets/{petId}
        requestParameters: {integration.request.path.petId: method.request.path.petId}
        responses: {default: {statusCode: "200"}}
    post:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration:
        type: http
        httpMethod: GET
        uri: http://${stageVariables.host}/
        responses: {default: {statusCode: "200"}}
  /mock:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{statusCode: 200}'}
        responses:
          default:
            statusCode: "200"
            responseTemplates: {application/json: "$context.stage $context.identity.sourceIp $context.identity.apiKey $context.identity.apiKeyId $context.domainName $context.domainPrefix $context.path [$context.deploymentId] $stageVariables.a"}
  /any:
    x-amazon-apigateway-any-method:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{statusCode: 200}'}
        responses: {default: {statusCode: "200", responseTemplates: {application/json: $context.httpMethod}}}
  /status:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{}'}, responses: {default: {statusCode: "200"}}}
  /unmatched:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{statusCode: 404}'}
        responses: {"200": {statusCode: "200"}}
  /undeclared:
    get:
      responses: {}
      x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{statusCode: 200}'}, responses: {default: {statusCode: "200"}}}
  /untransformed:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '#if('}, responses: {default: {statusCode: "200"}}}
  /illegal:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: BACKEND/
        requestParameters: {integration.request.header.Transfer-Encoding: "'x'"}
  /lambda/{name}:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.function}/invocations
components:
  securitySchemes:
    sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
`

// testedBackend answers pets, and the functions that a test names.
func testedBackend(t *testing.T) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.Contains(r.URL.Path, "function:hello/"):
			_, _ = io.WriteString(w, `"hello world"`)
		case strings.Contains(r.URL.Path, "function:denied/"):
			w.WriteHeader(http.StatusForbidden)
		case strings.Contains(r.URL.Path, "function:throws/"):
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			w.Header().Set("x-amzn-RequestId", "f-1")
			_, _ = io.WriteString(w, `{"errorMessage": "boom"}`)
		case strings.Contains(r.URL.Path, "function:"):
			_, _ = io.WriteString(w, `{"statusCode": 201, "headers": {"x-made": "yes"}, "body": "made"}`)
		default:
			_, _ = fmt.Fprintf(w, `{"path": %q}`, r.RequestURI)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

var (
	logDates = regexp.MustCompile(`(?m)^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : `)
	logParts = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0|latency: \d+ ms|127\.0\.0\.1:\d+`)
)

// steadyLog is a log without what differs from test to test.
func steadyLog(log string) string {
	log = logDates.ReplaceAllString(log, "{date} : ")
	return logParts.ReplaceAllStringFunc(log, func(s string) string {
		switch {
		case strings.HasPrefix(s, "Root="):
			return "{trace}"
		case strings.HasPrefix(s, "latency"):
			return "latency: {n} ms"
		case strings.HasPrefix(s, "127."):
			return "{backend}"
		}
		return "{id}"
	})
}

// A tester tests the methods of one API.
type tester struct {
	*apigateway.Client
	api       string
	resources map[string]string // path to id
}

func newTester(t *testing.T) *tester {
	backend := testedBackend(t)
	p, err := launch(t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--in-memory", "--aws-endpoint-url", backend)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	c := &tester{Client: newSDK(urlLine.FindStringSubmatch(p.printed())[2]), resources: map[string]string{}}
	ctx := context.Background()
	api, err := c.ImportRestApi(ctx, &apigateway.ImportRestApiInput{Body: []byte(strings.ReplaceAll(testedAPI, "BACKEND", backend))})
	if err != nil {
		t.Fatal(err)
	}
	c.api = *api.Id
	list, err := c.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: api.Id})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list.Items {
		c.resources[*r.Path] = *r.Id
	}
	return c
}

// invoke tests a method; edit may be nil.
func (c *tester) invoke(verb, path string, edit func(*apigateway.TestInvokeMethodInput)) (*apigateway.TestInvokeMethodOutput, error) {
	in := &apigateway.TestInvokeMethodInput{RestApiId: &c.api, ResourceId: aws.String(c.resources[path]), HttpMethod: &verb}
	if edit != nil {
		edit(in)
	}
	return c.TestInvokeMethod(context.Background(), in)
}

// TestInvokeMethodLog holds logs to AWS's lines and their order, nothing of
// the API deployed.
func TestInvokeMethodLog(t *testing.T) {
	c := newTester(t)
	const begin = "Execution log for request {id}\n{date} : Starting execution for request: {id}\n"
	mocked := func(path string) string {
		return begin + "{date} : HTTP Method: GET, Resource Path: " + path + "\n{date} : Method request path: {}\n{date} : Method request query string: {}\n" +
			"{date} : Method request headers: {}\n{date} : Method request body before transformations: \n"
	}
	function := func(name string) func(*apigateway.TestInvokeMethodInput) {
		return func(in *apigateway.TestInvokeMethodInput) {
			in.PathWithQueryString, in.StageVariables = aws.String("/lambda/x"), map[string]string{"function": name}
		}
	}
	failure := func(status int, text string) string {
		return fmt.Sprintf("{date} : %s\n{date} : Method completed with status: %d\n", text, status)
	}
	tests := map[string]struct {
		verb, path string
		edit       func(*apigateway.TestInvokeMethodInput)
		status     int32
		headers    []string
		log        string // whole when it starts as a log does, else its end
	}{
		"HTTP": {"GET", "/pets/{petId}", func(in *apigateway.TestInvokeMethodInput) {
			in.PathWithQueryString, in.Body = aws.String("/pets/1?a=b"), aws.String("{}")
			in.Headers = map[string]string{"X-One": "1", "Authorization": "Bearer abcdefgh"}
			in.MultiValueHeaders = map[string][]string{"X-Two": {"a", "b"}}
		}, 200, []string{"Content-Type", "X-Amzn-Trace-Id"}, begin +
			"{date} : HTTP Method: GET, Resource Path: /pets/1\n" +
			"{date} : Method request path: {petId=1}\n" +
			"{date} : Method request query string: {a=b}\n" +
			"{date} : Method request headers: {Authorization=*********cdefgh, X-One=1, X-Two=a,b}\n" +
			"{date} : Method request body before transformations: {}\n" +
			"{date} : Endpoint request URI: http://{backend}/pets/1\n" +
			"{date} : Endpoint request headers: {Accept=application/json, User-Agent=AmazonAPIGateway_{api}, X-Amzn-Trace-Id={trace}, X-Amzn-Apigateway-Api-Id={api}}\n" +
			"{date} : Endpoint request body after transformations: \n" +
			"{date} : Sending request to http://{backend}/pets/1\n" +
			"{date} : Received response. Status: 200, Integration latency: {n} ms\n" +
			"{date} : Endpoint response headers: {Content-Type=application/json, Content-Length=19}\n" +
			"{date} : Endpoint response body before transformations: {\"path\": \"/pets/1\"}\n" +
			"{date} : Method response body after transformations: {\"path\": \"/pets/1\"}\n" +
			"{date} : Method response headers: {X-Amzn-Trace-Id={trace}, Content-Type=application/json}\n" +
			"{date} : Successfully completed execution\n" +
			"{date} : Method completed with status: 200\n"},
		"MOCK": {"GET", "/any", nil, 200, []string{"Content-Type"}, mocked("/any") +
			"{date} : Method response body after transformations: GET\n{date} : Method response headers: {Content-Type=application/json}\n" +
			"{date} : Successfully completed execution\n{date} : Method completed with status: 200\n"},
		"status":           {"GET", "/status", nil, 500, []string{"x-amzn-ErrorType"}, mocked("/status") + failure(500, "Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.")},
		"no match":         {"GET", "/unmatched", nil, 500, []string{"x-amzn-ErrorType"}, mocked("/unmatched") + failure(500, "Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 404")},
		"undeclared":       {"GET", "/undeclared", nil, 500, []string{"x-amzn-ErrorType"}, mocked("/undeclared") + failure(500, "Execution failed due to configuration error: Output mapping refers to an invalid method response: 200")},
		"not transformed":  {"GET", "/untransformed", nil, 500, []string{"x-amzn-ErrorType"}, mocked("/untransformed") + failure(500, "Execution failed due to configuration error: Unable to transform request")},
		"illegal header":   {"GET", "/illegal", nil, 500, []string{"x-amzn-ErrorType"}, mocked("/illegal") + failure(500, "Execution failed due to configuration error: Transfer-Encoding header already present")},
		"no address":       {"POST", "/pets/{petId}", nil, 500, []string{"x-amzn-ErrorType"}, failure(500, "Execution failed due to configuration error: Invalid endpoint address")},
		"function":         {"GET", "/lambda/{name}", function("fine"), 201, []string{"X-Amzn-Trace-Id", "x-made"}, "{date} : Method response body after transformations: made\n{date} : Method response headers: {x-made=yes, X-Amzn-Trace-Id={trace}}\n{date} : Successfully completed execution\n{date} : Method completed with status: 201\n"},
		"malformed answer": {"GET", "/lambda/{name}", function("hello"), 502, []string{"x-amzn-ErrorType"}, "{date} : Endpoint response body before transformations: \"hello world\"\n" + failure(502, "Execution failed due to configuration error: Malformed Lambda proxy response")},
		"no permission": {"GET", "/lambda/{name}", function("denied"), 500, []string{"x-amzn-ErrorType"}, "{date} : Sending request to http://{backend}/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:denied/invocations\n" +
			failure(500, "Execution failed due to configuration error: Invalid permissions on Lambda function")},
		"function throws": {"GET", "/lambda/{name}", function("throws"), 502, []string{"x-amzn-ErrorType"}, failure(502, "Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: f-1")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := c.invoke(tt.verb, tt.path, tt.edit)
			if err != nil {
				t.Fatal(err)
			}
			if out.Status != tt.status {
				t.Errorf("status %d, want %d", out.Status, tt.status)
			}
			if got := slices.Sorted(maps.Keys(out.Headers)); !slices.Equal(got, tt.headers) {
				t.Errorf("headers %q, want %q", got, tt.headers)
			}
			got, want := steadyLog(*out.Log), strings.ReplaceAll(tt.log, "{api}", c.api)
			if strings.HasPrefix(want, "Execution") && got != want || !strings.HasSuffix(got, want) {
				t.Errorf("log\n%s\nwant\n%s", got, want)
			}
			if tt.status == 500 && (*out.Body != `{"message": "Internal server error"}` || out.Headers["x-amzn-ErrorType"] != "InternalServerErrorException") {
				t.Errorf("body %s, headers %v", *out.Body, out.Headers)
			}
			if out.Latency < 0 || out.Latency > 10_000 {
				t.Errorf("latency %d", out.Latency)
			}
		})
	}
}

func TestInvokeMethodResults(t *testing.T) {
	c := newTester(t)
	pets := "/pets/{petId}"
	tests := map[string]struct {
		verb, path string
		edit       func(*apigateway.TestInvokeMethodInput)
		body       string
		log        string // part of it
	}{
		"no path is the resource's (recorded)": {"GET", pets, nil, `{"path": "/pets/%7BpetId%7D"}`, "Method request path: {petId={petId}}\n"},
		"a path that does not fit (recorded)": {"GET", pets, func(in *apigateway.TestInvokeMethodInput) { in.PathWithQueryString = aws.String("/cats/1/2") },
			`{"path": "/pets/%7BpetId%7D"}`, "Resource Path: /cats/1/2\n"},
		"context (recorded)": {"GET", "/mock", func(in *apigateway.TestInvokeMethodInput) {
			in.PathWithQueryString, in.StageVariables, in.Body = aws.String("/mock?x=1"), map[string]string{"a": "b"}, aws.String("hi")
		}, "test-invoke-stage test-invoke-source-ip test-invoke-api-key test-invoke-api-key-id testPrefix.testDomainName testPrefix /mock [] b", "HTTP Method: GET, Resource Path: /mock\n"},
		"ANY answers (recorded)": {"DELETE", "/any", nil, "DELETE", "HTTP Method: DELETE, Resource Path: /any\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := c.invoke(tt.verb, tt.path, tt.edit)
			if err != nil {
				t.Fatal(err)
			}
			if out.Status != 200 || *out.Body != tt.body || !strings.Contains(*out.Log, tt.log) {
				t.Errorf("status %d, body %q, want %q; log\n%s", out.Status, *out.Body, tt.body, *out.Log)
			}
			if got := out.MultiValueHeaders["Content-Type"]; !slices.Equal(got, []string{"application/json"}) {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
	_, err := c.invoke("HEAD", pets, nil)
	var answer smithy.APIError
	if !errors.As(err, &answer) || answer.ErrorCode() != "NotFoundException" || answer.ErrorMessage() != "Invalid Method identifier specified" {
		t.Errorf("HEAD: %v", err)
	}
}
