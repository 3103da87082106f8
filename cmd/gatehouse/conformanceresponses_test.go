package main

import "strings"

func gatewayResponseCases() []conformanceCase {
	// A failure is how a type of gateway response comes about.
	type failure struct {
		kind, message string
		status, error string
		spaced        bool // the body is the engine's, with a space behind the colon
		op            tree
		method        tree
		send          string
		answer        string
		throttled     bool
	}
	request := func(status, kind, error, message string, op, method tree, send string) failure {
		return failure{kind: kind, message: message, status: status, error: error, spaced: true, op: op, method: method, send: send}
	}
	long := "GET {x} HTTP/1.1\nX-Long: " + strings.Repeat("x", 20_480)
	fault := "InternalServerErrorException"
	failures := []failure{
		request("500", "API_CONFIGURATION_ERROR", fault, "Internal server error", nil, ofMock(asks(`{}`)), "GET {x} HTTP/1.1"),
		request("400", "BAD_REQUEST_PARAMETERS", "BadRequestException", "Missing required request parameters: [q]", validatedOp("", [2]string{"query", "q"}), ofMock(), "GET {x} HTTP/1.1"),
		request("400", "BAD_REQUEST_BODY", "BadRequestException", "Invalid request body", validatedOp("Pet"), ofMock(), "GET {x} HTTP/1.1"),
		request("500", "DEFAULT_5XX", fault, "Internal server error", nil, ofProxy("/"), "GET {x} HTTP/1.1"),
		request("504", "INTEGRATION_FAILURE", fault, "Network error communicating with endpoint", nil, ofProxy("/"), "GET {x} HTTP/1.1"),
		request("504", "INTEGRATION_TIMEOUT", fault, "Endpoint request timed out", nil, ofProxy("/", tree{"timeoutInMillis": 50}), "GET {x} HTTP/1.1"),
		request("415", "UNSUPPORTED_MEDIA_TYPE", "BadRequestException", "Unsupported Media Type", nil, ofMock(tree{"passthroughBehavior": "never"}), "GET {x} HTTP/1.1\nContent-Type: a/b"),
		{kind: "MISSING_AUTHENTICATION_TOKEN", message: "Missing Authentication Token", status: "403", error: "MissingAuthenticationTokenException", method: ofMock(), send: "GET {x}/nope HTTP/1.1"},
		{kind: "THROTTLED", message: "Too Many Requests", status: "429", error: "TooManyRequestsException", method: ofMock(), send: "GET {x} HTTP/1.1", throttled: true},
	}
	failures[3].answer = "HTTP/1.1 200 OK\nContent-Length: 10485761\n\nx"
	failures[4].answer, failures[5].answer = hangsUp, silence
	custom := func(members tree) tree {
		api := tree{"x-amazon-apigateway-gateway-responses": members}
		for k, v := range validatedAPI {
			api[k] = v
		}
		return api
	}
	showing := tree{"responseTemplates": tree{"application/json": "$context.error.responseType $context.error.message $context.error.messageString"}}
	custom1 := custom(tree{"DEFAULT_4XX": showing, "DEFAULT_5XX": showing})
	var cases []conformanceCase
	for _, f := range failures {
		head := f.status + "\n" + jsonType + "x-amzn-ErrorType: " + f.error + "\n\n"
		body := `{"message":"` + f.message + `"}`
		if f.spaced {
			body = `{"message": "` + f.message + `"}`
		}
		c := conformanceCase{name: f.kind, variant: "built in", api: validatedAPI, op: f.op, send: f.send, answer: f.answer, throttled: f.throttled, want: head + body,
			methods: map[string]tree{"GET ": f.method}}
		cases = append(cases, c)
		c.variant, c.api, c.want = "customised", custom1, head+f.kind+" "+f.message+` "`+f.message+`"`
		cases = append(cases, c)
	}
	const tooLong = "413\n" + jsonType + "x-amzn-ErrorType: RequestTooLargeException\n\n" + `{"message":"Request Too Long"}`
	broken := ofMock(asks(`{}`))
	of := func(name string, responses tree, send, want string) conformanceCase {
		return conformanceCase{name: name, api: custom(responses), path: "/{id}", method: broken, send: send, want: want}
	}
	template := func(text string) tree {
		return tree{"API_CONFIGURATION_ERROR": tree{"responseTemplates": tree{"application/json": text}}}
	}
	const typed = "x-amzn-ErrorType: InternalServerErrorException\n"
	return append(cases,
		conformanceCase{name: "36 bytes", method: broken, send: "GET {x} HTTP/1.1",
			want: "500\nContent-Type: application/json\nContent-Length: 36\nx-amzn-ErrorType: InternalServerErrorException\nX-Amzn-Trace-Id:\n\n" + `{"message": "Internal server error"}`},
		conformanceCase{name: "REQUEST_TOO_LARGE", variant: "built in", method: ofMock(), send: long, want: tooLong},
		conformanceCase{name: "REQUEST_TOO_LARGE", variant: "customised", api: custom1, method: ofMock(), send: long, want: tooLong},
		of("a status in DEFAULT_4XX", tree{"DEFAULT_4XX": tree{"statusCode": 418}}, "GET /dev/nope HTTP/1.1", "418\n"+jsonType+"x-amzn-ErrorType: MissingAuthenticationTokenException\n\n"+`{"message":"Missing Authentication Token"}`),
		of("a type's own definition goes first", tree{"DEFAULT_4XX": tree{"statusCode": 418}, "MISSING_AUTHENTICATION_TOKEN": tree{"statusCode": 404}}, "GET /dev/nope HTTP/1.1",
			"404\n"+jsonType+"x-amzn-ErrorType: MissingAuthenticationTokenException\n\n"+`{"message":"Missing Authentication Token"}`),
		of("an own definition without a status", tree{"MISSING_AUTHENTICATION_TOKEN": showing}, "GET /dev/nope HTTP/1.1",
			"403\n"+jsonType+"x-amzn-ErrorType: MissingAuthenticationTokenException\n\n"+`MISSING_AUTHENTICATION_TOKEN Missing Authentication Token "Missing Authentication Token"`),
		of("a definition with headers alone", tree{"DEFAULT_4XX": tree{"responseParameters": tree{"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}}}, "GET /dev/nope HTTP/1.1",
			"403\n"+jsonType+"Access-Control-Allow-Origin: *\nx-amzn-ErrorType: MissingAuthenticationTokenException\n\n"+`{"message":"Missing Authentication Token"}`),
		of("headers of a gateway response", tree{"API_CONFIGURATION_ERROR": tree{"responseParameters": tree{
			"gatewayresponse.header.A": "'static'", "gatewayresponse.header.B": "method.request.header.X-B", "gatewayresponse.header.C": "method.request.path.id",
			"gatewayresponse.header.D": "method.request.querystring.q", "gatewayresponse.header.E": "method.request.multivaluequerystring.q", "gatewayresponse.header.F": "method.request.multivalueheader.X-B",
			"gatewayresponse.header.G": "context.stage", "gatewayresponse.header.H": "stageVariables.env", "gatewayresponse.header.I": "method.request.header.X-None", "gatewayresponse.querystring.J": "'x'"}}},
			"GET {x}/7?q=1&q=2 HTTP/1.1\nX-B: 3\nX-B: 4",
			"500\n"+jsonType+typed+"A: static\nB: 4\nC: 7\nD: 2\nE: 1,2\nF: 3,4\nG: dev\nH: test\n\n"+`{"message":"Internal server error"}`),
		of("templates of gateway responses are no VTL", template(`#set($a = 1)#if(true)$a $util.urlEncode('a b') $input.body#end`), "GET {x}/7 HTTP/1.1",
			"500\n"+jsonType+typed+"\n"+`#set($a = 1)#if(true)$a $util.urlEncode('a b') $input.body#end`),
		of("what templates of gateway responses see", template(`$context.stage $stageVariables.env $method.request.header.X-B $method.request.path.id $method.request.querystring.q method.request.header.X-B ${context.httpMethod} [$context.none]`),
			"GET {x}/7?q=1 HTTP/1.1\nX-B: 2", "500\n"+jsonType+typed+"\ndev test 2 7 1 2 GET []"),
		of("the template of a gateway response by Accept", tree{"API_CONFIGURATION_ERROR": tree{"responseTemplates": tree{"application/json": "json", "text/plain": "plain"}}}, "GET {x}/7 HTTP/1.1\nAccept: text/plain, */*",
			"500\nContent-Type: text/plain\n"+typed+"\nplain"),
		of("the template of a gateway response without Accept", tree{"API_CONFIGURATION_ERROR": tree{"responseTemplates": tree{"application/json": "json", "text/plain": "plain"}}}, "GET {x}/7 HTTP/1.1",
			"500\n"+jsonType+typed+"\njson"),
		conformanceCase{name: "$context.error.validationErrorString", api: custom(tree{"BAD_REQUEST_BODY": tree{"responseTemplates": tree{"application/json": "$context.error.validationErrorString"}}}), op: validatedOp("Pet"), method: ofMock(),
			send: "POST {x} HTTP/1.1\n\n" + `{"n": 1}`, want: "400\n" + jsonType + "x-amzn-ErrorType: BadRequestException\n\n" + `[object has missing required properties (["name"])]`},
		conformanceCase{name: "$context.error is for gateway responses", method: ofMock(says(`[$context.error.message]`)), send: "GET {x} HTTP/1.1", want: okEmpty + "[]"},
		conformanceCase{name: "gateway responses are those of the deployment", api: custom1, method: ofMock(), edited: tree{"statusCode": "418"}, send: "GET {x}/nope HTTP/1.1",
			want: "403\n" + jsonType + "x-amzn-ErrorType: MissingAuthenticationTokenException\n\n" + `MISSING_AUTHENTICATION_TOKEN Missing Authentication Token "Missing Authentication Token"`},
	)
}
