package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// functionsAPI has routes that are functions, and functions that judge their callers.
func functionsAPI(function string) string {
	uri := "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:" + function + "/invocations"
	streaming := "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:000000000000:function:" + function + "/response-streaming-invocations"
	method := func(integration string, more string) string {
		return `{"x-amazon-apigateway-any-method": {` + more + `"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": ` + integration + `}}`
	}
	proxy := `{"type": "aws_proxy", "httpMethod": "POST", "uri": "` + uri + `"}`
	mock := `{"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "$context.authorizer.event"}}}}`
	authorizer := func(kind, source string) string {
		return `{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": {"type": "` + kind +
			`", "authorizerUri": "` + uri + `", "identitySource": "` + source + `", "authorizerResultTtlInSeconds": 0}}`
	}
	return `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {
		"/proxy/{p+}": ` + method(proxy, `"parameters": [{"name": "p", "in": "path", "required": true, "schema": {"type": "string"}}], `) + `,
		"/aws": ` + method(`{"type": "aws", "httpMethod": "POST", "uri": "`+uri+`", "requestTemplates": {"application/json": "{\"was\": $input.body}"},
			"responses": {"default": {"statusCode": "200"}}}`, "") + `,
		"/event": ` + method(`{"type": "aws", "httpMethod": "POST", "uri": "`+uri+`", "requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}, "responses": {"default": {"statusCode": "200"}}}`, "") + `,
		"/stream": ` + method(`{"type": "aws_proxy", "httpMethod": "POST", "responseTransferMode": "STREAM", "uri": "`+streaming+`"}`, "") + `,
		"/token": ` + method(mock, `"security": [{"token": []}], `) + `,
		"/request": ` + method(mock, `"security": [{"request": []}], `) + `},
		"components": {"securitySchemes": {"token": ` + authorizer("token", "method.request.header.Authorization") + `, "request": ` + authorizer("request", "method.request.querystring.q") + `}}}`
}

// deployFunctionsAPI makes an API of that id whose functions are one.
func deployFunctionsAPI(t *testing.T, c *apigateway.Client, id, function string) {
	t.Helper()
	if _, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": id}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &id, Mode: "overwrite", Body: []byte(functionsAPI(function))}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}); err != nil {
		t.Fatal(err)
	}
}

// What is of one call alone: ids, times and ports.
var ofOneCall = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}|"(requestTime|requestTimeEpoch|extendedRequestId|resourceId|deploymentId)\\*":\\*"?[^,}]+|(Root|Parent)=[\w-]+|(Date|X-Amz-Apigw-Id): .*`)

// answerText is an answer with all of its header lines, but for what is of one call.
func answerText(t *testing.T, method, url, body string, header http.Header) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for name, values := range resp.Header {
		lines = append(lines, name+": "+strings.Join(values, "|"))
	}
	slices.Sort(lines)
	return ofOneCall.ReplaceAllString(fmt.Sprint(resp.StatusCode)+"\n"+strings.Join(lines, "\n")+"\n"+string(text), "…")
}

// A function whose code is run gets the events, and its answers become what they do,
// that those of a function at a URL would, to the byte.
func TestFunctionsCode(t *testing.T) {
	t.Parallel()
	p, c, url := launchWith(t, t.TempDir(), "in-memory: true\nlambda-functions:\n  atthere: '"+testFunctionAt(t)+"'\n  runhere: {command: testfunction, environment: {OWN: value}}\n")
	for id, function := range map[string]string{"there": "atthere", "local": "runhere"} {
		deployFunctionsAPI(t, c, id, function)
	}
	tests := map[string]struct {
		method, path, body string
		header             http.Header
		want               string // in the answer
	}{
		"proxy":             {"POST", "/proxy/a%2Fb/c?x=1&x=2&y=%20", `{"some": "body"}`, http.Header{"X-Two": {"1", "2"}, "Content-Type": {"application/json"}}, "201\n"},
		"failed":            {"GET", "/proxy/fail", "", nil, "502\n"},
		"malformed":         {"GET", "/proxy/malformed", "", nil, "502\n"},
		"not proxied":       {"POST", "/aws", `{"some": "body"}`, http.Header{"Content-Type": {"application/json"}}, `{"was": {"some": "body"}}`},
		"streamed":          {"GET", "/stream", "", nil, "203\n"},
		"token":             {"GET", "/token", "", http.Header{"Authorization": {"let me in"}}, `"authorizationToken":"let me in"`},
		"token that fails":  {"GET", "/token", "", http.Header{"Authorization": {"fail"}}, "500\n"},
		"request":           {"GET", "/request?q=let+me+in", "", nil, `"q":"let me in"`},
		"request, no query": {"GET", "/request", "", nil, "200\n"},
	}
	for name, tt := range tests {
		at := func(id string) string {
			text := answerText(t, tt.method, url+"/_aws/execute-api/"+id+"/prod"+tt.path, tt.body, tt.header)
			return strings.NewReplacer("runhere", "atthere", "local", "there").Replace(text)
		}
		there, local := at("there"), at("local")
		if there != local || !strings.Contains(local, tt.want) {
			t.Errorf("%s: got\n%s\nwant as at a URL\n%s\nwith %q", name, local, there, tt.want)
		}
	}
	local := url + "/_aws/execute-api/local/prod"
	if text := answerText(t, "POST", local+"/event", "{}", nil); !strings.HasPrefix(text, "200\n") {
		t.Errorf("an event: got %s", text)
	}
	if text := answerText(t, "GET", local+"/proxy/looks-failed", "", nil); !strings.HasPrefix(text, "502\n") {
		t.Errorf("an output that looks like an error: got %s", text)
	}
	environment := answerText(t, "GET", local+"/proxy/environment", "", nil)
	for _, want := range []string{"AWS_ENDPOINT_URL=" + url, "AWS_ENDPOINT_URL_API_GATEWAY=" + url, "AWS_ENDPOINT_URL_APIGATEWAYV2=" + url, "AWS_ACCESS_KEY_ID=000000000000", "AWS_REGION=us-east-1", "AWS_LAMBDA_FUNCTION_NAME=runhere", "OWN=value"} {
		if !strings.Contains(environment, "\n"+want+"\n") {
			t.Errorf("the environment has no %s:\n%s", want, environment)
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// A change of the configuration is taken over at SIGHUP: a function that has not changed
// keeps its worker, which is its only one while that is there.
func TestFunctionsReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := "in-memory: true\nlambda-functions:\n  one: {command: testfunction, concurrency: 1}\n  two: {command: testfunction%s}\n"
	p, c, url := launchWith(t, dir, fmt.Sprintf(config, ""))
	for _, id := range []string{"one", "two"} {
		deployFunctionsAPI(t, c, id, id)
	}
	pid := func(id string) string {
		return answerText(t, "GET", url+"/_aws/execute-api/"+id+"/prod/proxy/pid", "", nil)
	}
	one, two := pid("one"), pid("two")
	if err := os.WriteFile(filepath.Join(dir, "gatehouse.yaml"), []byte(fmt.Sprintf(config, ", timeout: 5")), 0o600); err != nil {
		t.Fatal(err)
	}
	p.hangUp(t, takenOver)
	if again := pid("one"); again != one {
		t.Errorf("got another worker of a function that has not changed:\n%s\n%s", one, again)
	}
	if again := pid("two"); again == two {
		t.Errorf("got the worker of the old configuration: %s", again)
	}
}
