package main

import "strings"

const invokePath = "/2015-03-31/functions/" + functionARN + "f/invocations"

// eventOf is a request of Lambda whose event holds a part.
func eventOf(part string) string {
	return "POST " + invokePath + " HTTP/1.1\n…\n\n…" + part + "…"
}

func functionCases() []conformanceCase {
	event := func(name, variant, send string, parts ...string) conformanceCase {
		return conformanceCase{name: name, variant: variant, method: ofFunction(), path: "/{proxy+}", send: send, answer: `{}`, saw: eventOf(strings.Join(parts, "…")), want: "200\n…"}
	}
	answered := func(name, variant, answer, want string) conformanceCase {
		return conformanceCase{name: name, variant: variant, method: ofFunction(), send: "GET {x} HTTP/1.1", answer: answer, want: want}
	}
	const traced = "X-Amzn-Trace-Id: {trace}\n"
	malformed := func(variant, answer string) conformanceCase {
		c := answered("what makes an answer malformed", variant, answer, badGatewayAnswer)
		c.log = "Malformed Lambda proxy response"
		return c
	}
	failed := func(name, status, header, body, want, log string) conformanceCase {
		c := answered(name, "", "HTTP/1.1 "+status+"\n"+header+"\n\n"+body, want)
		c.log = log
		return c
	}
	selected := func(variant, answer, want string) conformanceCase {
		if want != "200" {
			answer = "HTTP/1.1 200 OK\nX-Amz-Function-Error: Unhandled\n\n" + answer
		}
		return conformanceCase{name: "AWS: errorMessage selects", variant: variant, method: ofLambda(chosenBy(map[string]string{"default": "200", "Not found: .*": "404", "(\n|.)+": "500"})),
			send: "POST {x} HTTP/1.1", answer: answer, want: want + "\n" + jsonType + traced + "\n" + want}
	}
	cases := []conformanceCase{
		{name: "what Lambda gets", path: "/{resource+}", method: ofFunction(), send: "GET {x}/user_info HTTP/1.1", answer: `{}`, want: "200\n…",
			saw: "POST " + invokePath + " HTTP/1.1\nHost: {backend}\nAccept: application/json\nUser-Agent: AmazonAPIGateway_{api}\nContent-Type: application/json\n" +
				"X-Amzn-Trace-Id: {root}\nx-amzn-apigateway-api-id: {api}\nx-amzn-lambda-integration-tag: {uuid}\n" +
				"X-Amz-Source-Arn: arn:aws:execute-api:us-east-1:000000000000:{api}/dev/ANY{res}/{resource+}\n" +
				"X-Amz-Date: {stamp}\nX-Amz-Security-Token: TOKEN\nX-Amz-Content-Sha256: {hex}\n" +
				"Authorization: AWS4-HMAC-SHA256 Credential=AKID/{day}/us-east-1/lambda/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-source-arn, Signature={hex}\n" +
				"Content-Length: {number}\n\n…"},
		{name: "the source ARN of a verb", methods: map[string]tree{"GET /echo": ofFunction()}, send: "GET {x}/echo HTTP/1.1", answer: `{}`, want: "200\n…",
			saw: "POST " + invokePath + " HTTP/1.1\nX-Amz-Source-Arn: arn:aws:execute-api:us-east-1:000000000000:{api}/dev/GET{res}/echo\n…\n\n…"},
		{name: "the event", path: "/echo", method: ofFunction(), answer: `{}`, want: "200\n…",
			send: "POST {x}/echo?name=John&city=Seattle&name=Jane HTTP/1.1\nAccept: */*\nContent-Type: application/json\nDay: Thursday\nUser-Agent: curl/7.79.1\nDay: Friday\nVia: 1.1 x\nConnection: keep-alive\nTE: trailers\nContent-MD5: x\n\n" +
				`{ "time": "evening" }`,
			saw: "POST " + invokePath + " HTTP/1.1\n…\n\n" + `{"resource":"{res}/echo","path":"{res}/echo","httpMethod":"POST",` +
				`"headers":{"Accept":"*/*","Content-Type":"application/json","Day":"Friday","Host":"{host}","User-Agent":"curl/7.79.1","Via":"1.1 x","X-Amzn-Trace-Id":"{root}","X-Forwarded-For":"127.0.0.1","X-Forwarded-Port":"80","X-Forwarded-Proto":"http"},` +
				`"multiValueHeaders":{"Accept":["*/*"],"Content-Type":["application/json"],"Day":["Thursday","Friday"],"Host":["{host}"],"User-Agent":["curl/7.79.1"],"Via":["1.1 x"],"X-Amzn-Trace-Id":["{root}"],"X-Forwarded-For":["127.0.0.1"],"X-Forwarded-Port":["80"],"X-Forwarded-Proto":["http"]},` +
				`"queryStringParameters":{"city":"Seattle","name":"Jane"},"multiValueQueryStringParameters":{"city":["Seattle"],"name":["John","Jane"]},` +
				`"pathParameters":null,"stageVariables":{"env":"test","function":"f"},` +
				`"requestContext":{"resourceId":"{key}","resourcePath":"{res}/echo","httpMethod":"POST","extendedRequestId":"{extended}","requestTime":"{time}","path":"{x}/echo","accountId":"000000000000","protocol":"HTTP/1.1","stage":"dev",` +
				`"domainPrefix":"{api}","requestTimeEpoch":{number},"requestId":"{uuid}",` +
				`"identity":{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"127.0.0.1","principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,"userAgent":"curl/7.79.1","user":null},` +
				`"domainName":"{host}","deploymentId":"{key}","apiId":"{api}"},` +
				`"body":"{ \"time\": \"evening\" }","isBase64Encoded":false}`},
		event("the event of a request without anything", "", "GET {x}/a HTTP/1.1", `"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":{"proxy":"a"}`, `"body":null,"isBase64Encoded":false}`),
		event("a doubled slash behind the stage", "", "GET /dev/{res}/x HTTP/1.1", `"path":"{res}/x"`, `"path":"/dev/{res}/x"`),
		event("a slash at the end of the path", "", "GET {x}/rip/x/ HTTP/1.1", `"resource":"{res}/{proxy+}","path":"{res}/rip/x/"`, `"pathParameters":{"proxy":"rip/x"}`),
		event("the path of an event is the client's, escapes included", "", "GET {x}/a%2Fb%20c HTTP/1.1", `"path":"{res}/a%2Fb%20c"`, `"pathParameters":{"proxy":"a%2Fb%20c"}`),
		event("query parameters of an event are decoded", "", "GET {x}/a?b=c+d%26&%C3%A9=1 HTTP/1.1", `"queryStringParameters":{"b":"c d&","é":"1"}`),
		event("headers that an event lacks", "", "POST {x}/a HTTP/1.1\nConnection: keep-alive\nContent-Length: 1\nExpect: 100-continue\n\nx", `"headers":{"Host":"{host}","X-Amzn-Trace-Id":"{root}","X-Forwarded-For":"127.0.0.1","X-Forwarded-Port":"80","X-Forwarded-Proto":"http"},"multiValueHeaders":{"Host":`),
		event("header names of an event are the client's", "", "GET {x}/a HTTP/1.1\nx-miXed: 1\nX-Mixed: 2", `"X-Forwarded-Proto":"http","x-miXed":"2"}`, `"x-miXed":["1","2"]`),
		event("X-Forwarded-For is continued", "", "GET {x}/a HTTP/1.1\nX-Forwarded-For: 192.0.2.1", `"X-Forwarded-For":"192.0.2.1, 127.0.0.1"`),
		event("Content-Encoding without a body stays", "", "GET {x}/a HTTP/1.1\nContent-Encoding: deflate", `"headers":{"Content-Encoding":"deflate",`),
		event("Authorization and User-Agent are spelled so", "", "GET {x}/a HTTP/1.1\nauthorization: Bearer x\nuser-agent: me", `"headers":{"Authorization":"Bearer x",`, `"User-Agent":"me"`),
		event("a signature goes no further", "", "GET {x}/a HTTP/1.1\nauthorization: AWS4-HMAC-SHA256 Credential=x", `"headers":{"Host":`),

		answered("a whole answer", "", `{"isBase64Encoded": false, "statusCode": 201, "headers": {"X-A": "1"}, "multiValueHeaders": {"X-B": ["2", "3"]}, "body": "{\"a\": 1}"}`,
			"201\n"+jsonType+traced+"X-A: 1\nX-B: 2\nX-B: 3\n\n"+`{"a": 1}`),
		answered("an empty answer", "", `{}`, "200\n"+jsonType+traced+"\n"),
		answered("a status as text", "", `{"statusCode": "201"}`, "201\n"+jsonType+traced+"\n"),
		answered("a header that is a boolean", "", `{"headers": {"X-A": true}}`, "200\n"+jsonType+traced+"X-A: true\n\n"),
		answered("a header that is a number", "", `{"headers": {"X-A": 600}}`, "200\n"+jsonType+traced+"X-A: 600\n\n"),
		answered("a header in both maps", "", `{"headers": {"x-a": "1"}, "multiValueHeaders": {"X-A": ["2"]}}`, "200\n"+jsonType+traced+"X-A: 2\nX-A: 1\n\n"),
		answered("a Content-Type of its own", "", `{"headers": {"content-type": "text/html"}, "body": "<p>"}`, "200\ncontent-type: text/html\n"+traced+"\n<p>"),
		answered("an error type of its own", "", `{"statusCode": 404, "headers": {"X-Amzn-ErrorType": "NotFound"}}`, "404\n"+jsonType+traced+"X-Amzn-ErrorType: NotFound\n\n"),
		malformed("text", `"hello world"`),
		malformed("another member", `{"statusCode": 200, "cookies": []}`),
		malformed("a status that is no number", `{"statusCode": "ok"}`),
		malformed("a header that is a list", `{"headers": {"X-A": ["1"]}}`),
		malformed("a multi-value header that is no list", `{"multiValueHeaders": {"X-A": "1"}}`),
		malformed("a body that is an object", `{"body": {}}`),

		failed("the function throws", "200 OK", "X-Amz-Function-Error: Unhandled\nx-amzn-RequestId: f-1", `{"errorMessage": "boom", "errorType": "Error", "stackTrace": []}`, badGatewayAnswer,
			"Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: f-1"),
		failed("Lambda does not permit the call", "403 Forbidden", "Content-Type: application/json", `{"Message": "User is not authorized"}`, internalErrorAnswer, "Invalid permissions on Lambda function"),
		failed("Lambda refuses", "429 Too Many Requests", "Content-Type: application/json", `{"message": "Rate Exceeded."}`, internalErrorAnswer, "Rate Exceeded."),
		{name: "the function takes too long", method: ofFunction(tree{"timeoutInMillis": 50}), send: "GET {x} HTTP/1.1", answer: silence,
			want: "504\n" + jsonType + "x-amzn-ErrorType: InternalServerErrorException\n\n" + `{"message": "Endpoint request timed out"}`},
		{name: "functions are invoked by POST", method: ofFunction(tree{"httpMethod": "GET"}), send: "GET {x} HTTP/1.1", saw: nothing, want: internalErrorAnswer},
		{name: "stage variables in a function's ARN", method: ofFunction(tree{"uri": lambdaURI("${stageVariables.function}")}), send: "GET {x} HTTP/1.1", answer: `{}`, saw: "POST " + invokePath + " HTTP/1.1\n…", want: "200\n…"},

		selected("no error", `{"errorMessage": "Not found: returned"}`, "200"),
		selected("a match", `{"errorMessage": "Not found: 7"}`, "404"),
		selected("the whole message has to match", `{"errorMessage": "Oh! Not found: 7"}`, "500"),
		selected("a dot is no line end", `{"errorMessage": "Not found: 7\nor so"}`, "500"),
		{name: "AWS: an asynchronous invocation", method: ofLambda(mappings(tree{"header.X-Amz-Invocation-Type": "'Event'"})), send: "POST {x} HTTP/1.1\n\n{}", answer: "HTTP/1.1 202 Accepted\n\n",
			saw: "POST " + invokePath + " HTTP/1.1\nX-Amz-Invocation-Type: Event\n…\n\n{}", want: "200\n" + jsonType + traced + "\n"},
		{name: "AWS: what the function gets and gives", method: ofLambda(asks(`{"n": $input.json('$.a')}`), says(`$input.path('$.b')`)), send: "POST {x} HTTP/1.1\n\n" + `{"a": 1}`, answer: `{"b": 2}`,
			saw: "POST " + invokePath + " HTTP/1.1\n…\n\n" + `{"n": 1}`, want: "200\n" + jsonType + traced + "\n2"},
	}
	return cases
}
