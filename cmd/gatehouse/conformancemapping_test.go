package main

func mappingCases() []conformanceCase {
	example := ofProxy("?testVar={pathVar}&testQs={qsVar}", mappings(tree{
		"header.headerVar": "method.request.header.foobar", "path.qsVar": "method.request.querystring.testVar",
		"path.pathVar": "method.request.path.pathVariable", "querystring.queryString": "method.request.querystring.testQueryString",
		"querystring.testQs": "method.request.querystring.testQueryString", "querystring.testEmptyQs": "method.request.header.emptyheader",
	}))
	to := func(name string, parameters tree, send, saw string) conformanceCase {
		return conformanceCase{name: name, method: ofHTTP("/", mappings(parameters)), send: send, saw: saw, want: "200\n…"}
	}
	back := func(name string, headers tree, want string) conformanceCase {
		return conformanceCase{name: name, method: ofHTTP("/", gives(headers)), send: "POST {x} HTTP/1.1",
			answer: "HTTP/1.1 200 OK\nX-Many: one\nX-Many: two\nX-One: 1\n\n" + `{"a": {"b": [1, "x"]}, "n": null}`, want: want}
	}
	return []conformanceCase{
		{name: "the example of HTTP_PROXY", path: "/{pathVariable}", method: example,
			send: "POST {x}/foobar?testQueryString=foo&testVar=bar HTTP/1.1\nfoobar: mapped-value\nheaderVar: request-value\n\nbody",
			saw:  "POST /?testVar=foobar&testQs=bar&testQueryString=foo&testVar=bar&queryString=foo&testQs=foo HTTP/1.1\nheaderVar: mapped-value\nfoobar: mapped-value\n…\n\nbody",
			want: "200\n…"},
		to("what is absent is not sent", tree{"header.X-A": "method.request.header.X-None", "querystring.q": "method.request.querystring.none", "querystring.c": "context.authorizer.none"},
			"POST {x} HTTP/1.1", "POST / HTTP/1.1\nX-A:\n…"),
		to("what is no text is not sent", tree{"header.X-A": "context.identity", "querystring.q": "context.authorizer"}, "POST {x} HTTP/1.1", "POST / HTTP/1.1\nX-A:\n…"),
		to("what is empty is not sent", tree{"querystring.q": "method.request.querystring.e"}, "POST {x}?e= HTTP/1.1", "POST / HTTP/1.1\n…"),
		{name: "a mapped header replaces the client's", method: ofProxy("/", mappings(tree{"header.X-A": "'mapped'"})), send: "GET {x} HTTP/1.1\nX-A: mine",
			saw: "GET / HTTP/1.1\nX-A: mapped\n…", want: "200\n…"},
		{name: "a mapped query parameter is added to the client's", method: ofProxy("/", mappings(tree{"querystring.q": "'mapped'"})), send: "GET {x}?q=mine HTTP/1.1",
			saw: "GET /?q=mine&q=mapped HTTP/1.1\n…", want: "200\n…"},
		{name: "AWS_PROXY ignores mappings", method: ofFunction(mappings(tree{"header.X-A": "'mapped'", "querystring.q": "'mapped'"})), answer: `{"body": "ok"}`,
			send: "GET {x} HTTP/1.1", saw: "POST /2015-03-31/functions/" + functionARN + "f/invocations HTTP/1.1\nX-A:\n…", want: "200\n…\n\nok"},
		{name: "AWS_PROXY fails for a forbidden header", method: ofFunction(mappings(tree{"header.Authorization": "'mapped'"})),
			send: "GET {x} HTTP/1.1", saw: nothing, want: internalErrorAnswer, log: "Authorization header already present"},
		{name: "MOCK ignores mappings", method: ofMock(mappings(tree{"header.Content-Length": "'1'", "querystring.q": "'mapped'"}), says(`[$input.params('q')]`)),
			send: "GET {x} HTTP/1.1", want: okEmpty + "[]"},
		{name: "HTTP sends what is mapped and nothing else", method: ofHTTP("/"), send: "POST {x}?q=1 HTTP/1.1\nX-A: 1\nCookie: a=b\nAccept-Language: en", want: "200\n…",
			saw: "POST / HTTP/1.1\nHost: {backend}\nAccept: application/json\nUser-Agent: AmazonAPIGateway_{api}\nX-Amzn-Trace-Id: {trace}\nX-Amzn-Apigateway-Api-Id: {api}\nContent-Length: 0"},

		to("request: static, stage variables", tree{"querystring.p": "'static'", "header.X-A": "stageVariables.env"}, "POST {x} HTTP/1.1", "POST /?p=static HTTP/1.1\nX-A: test\n…"),
		{name: "request: a greedy path", path: "/{proxy+}", method: ofHTTP("/up/{p}", mappings(tree{"path.p": "method.request.path.proxy"})),
			send: "POST {x}/a/b%20c/ HTTP/1.1", saw: "POST /up/a/b%20c HTTP/1.1\n…", want: "200\n…"},
		to("request: the last value", tree{"querystring.q": "method.request.querystring.q", "header.X-B": "method.request.header.X-A"},
			"POST {x}?q=1&q=2 HTTP/1.1\nX-A: 1\nX-A: 2", "POST /?q=2 HTTP/1.1\nX-B: 2\n…"),
		to("request: headers that the front door adds", tree{"header.X-A": "method.request.header.X-Amzn-Trace-Id", "header.X-B": "method.request.header.X-Forwarded-For", "header.X-C": "method.request.header.X-Forwarded-Proto"},
			"POST {x} HTTP/1.1\nX-Forwarded-For: 192.0.2.9", "POST / HTTP/1.1\nX-A: {root}\nX-B: 192.0.2.9, 127.0.0.1\nX-C: http\nX-Amzn-Trace-Id: {trace}\n…"),
		to("header names are found in any spelling, their own first", tree{"header.X-B": "method.request.header.x-a", "header.X-C": "method.request.header.X-A"},
			"POST {x} HTTP/1.1\nx-a: 1\nX-A: 2", "POST / HTTP/1.1\nX-B: 1\nX-C: 2\n…"),
		to("header names are found in any spelling, any other next", tree{"header.X-B": "method.request.header.x-a"}, "POST {x} HTTP/1.1\nX-A: 1", "POST / HTTP/1.1\nX-B: 1\n…"),
		to("request: all values", tree{"querystring.q": "method.request.multivaluequerystring.q", "header.X-B": "method.request.multivalueheader.X-A"},
			"POST {x}?q=1&q=2 HTTP/1.1\nX-A: 1\nX-A: 2", "POST /?q=1&q=2 HTTP/1.1\nX-B: 1,2\n…"),
		to("request: the body", tree{"header.X-B": "method.request.body", "querystring.name": "method.request.body.petstore.pets[0].name", "querystring.all": "method.request.body.petstore.pets"},
			"POST {x} HTTP/1.1\n\n"+`{"petstore":{"pets":[{"name":"Rex"}]}}`,
			"POST /?all=%5B%7B%22name%22%3A%22Rex%22%7D%5D&name=Rex HTTP/1.1\nX-B: {\"petstore\":{\"pets\":[{\"name\":\"Rex\"}]}}\n…"),
		to("request: the context", tree{"header.X-B": "context.identity.sourceIp", "querystring.m": "context.httpMethod"}, "POST {x} HTTP/1.1", "POST /?m=POST HTTP/1.1\nX-B: 127.0.0.1\n…"),
		{name: "a body that should be JSON", method: ofHTTP("/", mappings(tree{"header.X-B": "method.request.body.a"})), send: "POST {x} HTTP/1.1\n\n{a", saw: nothing,
			want: "400\n" + jsonType + "x-amzn-ErrorType: BadRequestException\n\n" + `{"message": "Invalid JSON in request body"}`},
		to("a body that does not look like JSON", tree{"header.X-B": "method.request.body.a", "header.X-C": "method.request.body"}, "POST {x} HTTP/1.1\n\nhello", "POST / HTTP/1.1\nX-B:\nX-C: hello\n…"),
		to("an empty body is {}, mapped", tree{"header.X-B": "method.request.body.a", "header.X-C": "method.request.body"}, "POST {x} HTTP/1.1", "POST / HTTP/1.1\nX-B:\nX-C: {}\n…"),
		{name: "a variable of the URI without a mapping stays", path: "/{id}", method: ofProxy("/up/{id}"), send: "GET {x}/7 HTTP/1.1", saw: "GET /up/%7Bid%7D HTTP/1.1\n…", want: "200\n…"},

		back("response: headers, last and all", tree{"A": "integration.response.header.X-Many", "B": "integration.response.multivalueheader.X-Many", "C": "integration.response.header.X-None"},
			"200\nA: two\nB: one,two\nC:\n…\n\n…"),
		back("response: the body", tree{"A": "integration.response.body.a.b[1]", "B": "integration.response.body.a", "C": "integration.response.body.n"},
			"200\nA: x\nB: {\"b\":[1,\"x\"]}\nC:\n…\n\n…"),
		back("response: static, context, stage variables", tree{"A": "'it is'", "B": "context.stage", "C": "stageVariables.env"}, "200\nA: it is\nB: dev\nC: test\n…\n\n…"),
		{name: "response: headers that differ in case", method: ofHTTP("/", gives(tree{"x-tag": "integration.response.header.x-tag", "X-Tag": "integration.response.header.X-Tag", "x-many": "integration.response.header.x-many"})),
			send: "POST {x} HTTP/1.1", answer: "HTTP/1.1 200 OK\nx-tag: lower\nX-Tag: upper\nX-Many: other\n\n{}", want: "200\nX-Tag: upper\nx-tag: lower\n…\n\n…"},
		{name: "a response that should be JSON", method: ofHTTP("/", gives(tree{"A": "integration.response.body.a"})), send: "POST {x} HTTP/1.1", answer: "{a", want: internalErrorAnswer},

		{name: "query: decoded and encoded again", method: ofHTTP("/", mappings(tree{"querystring.q": "method.request.querystring.a"})), send: "POST {x}?a=%2B%26+c%C3%A9 HTTP/1.1", want: "200\n…", saw: "POST /?q=%2B%26%20c%C3%A9 HTTP/1.1\n…"},
		{name: "path: % becomes %25", path: "/{id}", method: ofHTTP("/{id}", mappings(tree{"path.id": "method.request.path.id"})), send: "POST {x}/50%25%2F HTTP/1.1", want: "200\n…", saw: "POST /50%25%2F HTTP/1.1\n…"},
		{name: "a static value is sent as it is written", method: ofHTTP("/", mappings(tree{"header.X-A": "'a%20b'"})), send: "POST {x} HTTP/1.1", want: "200\n…", saw: "POST / HTTP/1.1\nX-A: a%20b\n…"},
	}
}
