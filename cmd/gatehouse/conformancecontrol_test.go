package main

import (
	"encoding/json"
	"strings"
)

// controlAnswer is what the control plane answers to a call that it refuses.
func controlAnswer(status, kind, message string) string {
	text, _ := json.Marshal(tree{"message": message})
	return status + "\n" + jsonType + "x-amzn-ErrorType: " + kind + "\n" + controlLines + "\n" + string(text)
}

// controlLines are where the control plane's answers differ from a stage's.
const controlLines = "Connection:\nx-amz-apigw-id:\n"

// putIntegrationCases are what PutIntegration says of integrations that could
// not be called.
func putIntegrationCases() []conformanceCase {
	put := func(name, variant, body, want string) conformanceCase {
		return conformanceCase{name: name, variant: variant, method: ofMock(), want: want,
			send: "PUT /restapis/{api}/resources/{rid}/methods/ANY/integration HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\n\n" + body}
	}
	bad := func(message string) string { return controlAnswer("400", "BadRequestException", message) }
	const (
		noPath   = "AWS ARN for integration must contain path or action"
		noMethod = "Enumeration value for HttpMethod must be non-empty"
		lambda   = `"uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/x/invocations"`
	)
	return []conformanceCase{
		put("PutIntegration without integrationHttpMethod", "HTTP", `{"type": "HTTP", "uri": "http://example.com"}`, bad(noMethod)),
		put("PutIntegration without integrationHttpMethod", "HTTP_PROXY", `{"type": "HTTP_PROXY", "uri": "http://example.com"}`, bad(noMethod)),
		put("PutIntegration without integrationHttpMethod", "AWS", `{"type": "AWS", `+lambda+`}`, bad(noMethod)),
		put("PutIntegration of a MOCK", "", `{"type": "MOCK"}`,
			"201\n"+jsonType+controlLines+"Content-Length: 127\n\n"+`{"type":"MOCK","passthroughBehavior":"WHEN_NO_MATCH","timeoutInMillis":29000,"cacheNamespace":"{key}","cacheKeyParameters":[]}`),
		put("PutIntegration of HTTP: the defaults", "", `{"type": "HTTP", "httpMethod": "GET", "uri": "http://example.com"}`,
			"201\n"+jsonType+controlLines+"Content-Length: 201\n\n"+`{"type":"HTTP","httpMethod":"GET","uri":"http://example.com","connectionType":"INTERNET","passthroughBehavior":"WHEN_NO_MATCH","timeoutInMillis":29000,"cacheNamespace":"{key}","cacheKeyParameters":[]}`),
		put("PutIntegration with a malformed URL", "", `{"type": "HTTP", "httpMethod": "GET", "uri": "example.com"}`, bad("Invalid HTTP endpoint specified for URI")),
		put("PutIntegration with a URI that is no ARN", "", `{"type": "AWS", "httpMethod": "POST", "uri": "http://example.com"}`, bad("Invalid ARN specified in the request")),
		put("PutIntegration with an ARN without path and action", "", `{"type": "AWS", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:s3:other/x"}`, bad("AWS ARN for integration must contain path or action")),
		put("PutIntegration of AWS_PROXY to S3", "", `{"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:s3:path/x"}`,
			bad("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.")),
		put("PutIntegration of a MOCK with a URI", "", `{"type": "MOCK", "uri": "http://example.com"}`,
			"201\n"+jsonType+controlLines+"Content-Length: 127\n\n"+`{"type":"MOCK","passthroughBehavior":"WHEN_NO_MATCH","timeoutInMillis":29000,"cacheNamespace":"{key}","cacheKeyParameters":[]}`),
		put("PutIntegration with an ARN without path and action", "a bucket", `{"type": "AWS", "httpMethod": "POST", "uri": "arn:aws:s3:::b"}`, bad(noPath)),
		put("PutIntegration with an ARN without path and action", "a function's own", `{"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:aws:lambda:us-east-1:000000000000:function:f"}`, bad(noPath)),
		put("PutIntegration with an ARN without path and action", "test", `{"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:lambda:test/2015-03-31/functions/x/invocations"}`, bad(noPath)),
		put("PutIntegration of AWS_PROXY to S3", "a path of Lambda that invokes nothing", `{"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/x"}`,
			bad("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.")),
		put("PutIntegration with a source that is not declared", "", `{"type": "HTTP", "httpMethod": "GET", "uri": "http://example.com", "requestParameters": {"integration.request.path.x": "method.request.path.x"}}`,
			bad("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.path.x]")),
	}
}

// testInvokeCases are calls of TestInvokeMethod.
func testInvokeCases() []conformanceCase {
	test := func(name, variant string, method tree, body string, parts ...string) conformanceCase {
		return conformanceCase{name: name, variant: variant, method: method, path: "/{id}", answer: `{"body": "made"}`,
			send: "POST /restapis/{api}/resources/{rid}/methods/ANY HTTP/1.1\nHost: 127.0.0.1\nUser-Agent: aws-internal/3\nContent-Type: application/json\n\n" + body,
			want: "200\n" + jsonType + controlLines + "Content-Length: {number}\n\n…" + strings.Join(parts, "…") + "…"}
	}
	const of7 = `{"pathWithQueryString": "{res}/7?q=1", "headers": {"X-A": "1", "Authorization": "Bearer abcdefgh"}, "stageVariables": {"env": "mine"}}`
	contexts := ofMock(says("$context.stage|$context.identity.sourceIp|$context.identity.apiKey|$context.identity.apiKeyId|$context.identity.userAgent|" +
		"$context.domainName|$context.domainPrefix|$context.path|$context.requestId|$context.protocol|$context.requestTime|$context.requestTimeEpoch|" +
		"$context.extendedRequestId|$context.resourceId|$context.resourcePath|$context.apiId|$context.httpMethod|$stageVariables.env"))
	binary := test("binary media types do not count in a test", "", ofMock(says("hello")), `{"pathWithQueryString": "{res}/7", "body": "x"}`, `{"status":200,"body":"hello"`)
	binary.api = binaryAPI("*/*")
	long := strings.Repeat("x", 2000)
	caller := test("the caller in a test", "", ofMock(says("$context.identity.accessKey|$context.identity.accountId|$context.identity.caller|$context.identity.user|$context.identity.userArn")), `{}`, `"body":"AKIAIOSFODNN7EXAMPLE|000000000000|000000000000|000000000000|arn:aws:iam::000000000000:root"`)
	caller.send = strings.Replace(caller.send, "Content-Type:", "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=0\nContent-Type:", 1)
	const lines = `\n{day-of-log} : `
	head := `"log":"Execution log for request {uuid}` + lines + `Starting execution for request: {uuid}` + lines + `HTTP Method: ANY, Resource Path: {res}/7` + lines + `Method request path: {id=7}` +
		lines + `Method request query string: {q=1}` + lines + `Method request headers: {Authorization=*********cdefgh, X-A=1}` + lines + `Method request body before transformations: `
	done := func(status string) string { return lines + `Method completed with status: ` + status + `\n"` }
	good := lines + `Successfully completed execution` + done("200")
	return []conformanceCase{
		binary,
		caller,
		test("long lines are cut", "", ofMock(), `{"pathWithQueryString": "{res}/7", "body": "`+long+`"}`, `Method request body before transformations: `+long[:1024-len("Method request body before transformations: ")]+` [TRUNCATED]\n`),
		test("secrets are masked", "", ofMock(), `{"pathWithQueryString": "{res}/7", "headers": {"x-api-key": "0123456789"}}`, `Method request headers: {x-api-key=****456789}`),
		test("several values of a header", "", ofMock(), `{"pathWithQueryString": "{res}/7", "multiValueHeaders": {"X-A": ["1", "2"]}}`, `Method request headers: {X-A=1,2}`),
		test("$context in a test", "", contexts, of7, `"body":"test-invoke-stage|test-invoke-source-ip|test-invoke-api-key|test-invoke-api-key-id|aws-internal/3|testPrefix.testDomainName|testPrefix|{res}/7|{uuid}|HTTP/1.1|{time}|{number}|{extended}|{key}|{res}/{id}|{api}|ANY|mine"`),
		test("the log of a MOCK", "", ofMock(says("hello")), of7, head+lines+`Method response body after transformations: hello`+lines+`Method response headers: {Content-Type=application/json}`+good),
		test("the log of a function", "", ofFunction(), of7, head+lines+`Endpoint request URI: http://{backend}`+invokePath+lines+`Endpoint request headers: {`, `X-Amz-Source-Arn=arn:aws:execute-api:us-east-1:000000000000:{api}/test-invoke-stage/ANY{res}/{id}`,
			lines+`Endpoint request body after transformations: {\"resource\":\"{res}/{id}\"`, lines+`Sending request to http://{backend}`+invokePath+lines+`Received response. Status: 200, Integration latency: {number} ms`+
				lines+`Endpoint response headers: {Content-Type=application/json, Content-Length=16}`+lines+`Endpoint response body before transformations: {\"body\": \"made\"}`+
				lines+`Method response body after transformations: made`+lines+`Method response headers: {X-Amzn-Trace-Id={trace}}`+good),
	}
}
