package main

import "strings"

// routed is a set of methods that say which of them was called.
func routed(keys ...string) map[string]tree {
	out := make(map[string]tree)
	for _, key := range keys {
		out[key] = ofMock(says(strings.TrimSuffix(key, " ")))
	}
	return out
}

func routingCases() []conformanceCase {
	parts := routed("GET /part1", "GET /part1/hardcoded-value", "GET /{param+}")
	verbs := routed("POST /test", "ANY /test/any", "OPTIONS /{proxy+}")
	depth := routed("GET /proxy/{proxy+}", "GET /proxy/bar/{param}")
	pets := routed("GET /pets", "ANY /pets", "GET /pets/{id}")
	seen := map[string]tree{"GET /{p}": ofMock(says("[$input.params('p')] $context.path $context.resourcePath")), "GET ": ofMock(says("$context.path")),
		"GET /dev": ofMock(says("twice"))}
	to := func(name, variant string, methods map[string]tree, send, want string) conformanceCase {
		c := conformanceCase{name: name, variant: variant, methods: methods, send: send, want: missingTokenAnswer}
		if want != "" {
			c.want = okEmpty + want
		}
		return c
	}
	form := func(variant, send string) conformanceCase {
		return conformanceCase{name: "forms of a stage's URL", variant: variant, method: ofMock(says("here")), send: send, want: okEmpty + "here"}
	}
	const forbidden = "403\n" + jsonType + "x-amzn-ErrorType: ForbiddenException\n\n" + `{"message":"Forbidden"}`
	return []conformanceCase{
		to("no resource matches", "", pets, "GET {x}/nope HTTP/1.1", ""),
		to("no method matches", "", pets, "DELETE {x}/pets/1 HTTP/1.1", ""),
		{name: "no such stage", method: ofMock(), send: "GET /prod{res} HTTP/1.1", want: forbidden},
		{name: "the case of a stage counts", method: ofMock(), send: "GET /DEV{res} HTTP/1.1", want: forbidden},
		{name: "no stage in the URL", method: ofMock(), send: "GET / HTTP/1.1", want: forbidden},
		{name: "no such API", method: ofMock(), send: "GET /dev HTTP/1.1\nHost: nope.execute-api.localhost",
			want: "404\n" + jsonType + "x-amzn-ErrorType: NotFoundException\n\n" + `{"message": "The API id 'nope' does not correspond to a deployed API Gateway API"}`},
		{name: "the default endpoint is disabled", api: tree{"x-amazon-apigateway-endpoint-configuration": tree{"disableExecuteApiEndpoint": true}}, method: ofMock(), send: "GET {x} HTTP/1.1", want: forbidden},

		to("a literal", "", parts, "GET {x}/part1 HTTP/1.1", "GET /part1"),
		to("a literal below a literal", "", parts, "GET {x}/part1/hardcoded-value HTTP/1.1", "GET /part1/hardcoded-value"),
		to("what a segment may be", "written", routed("GET /a,b/c:d/e._-f", "GET /{p}/{q+}"), "GET {x}/a,b/c:d/e._-f HTTP/1.1", "GET /a,b/c:d/e._-f"),
		to("what a segment may be", "escaped", routed("GET /a,b", "GET /{p}"), "GET {x}/a%2cb HTTP/1.1", "GET /a,b"),
		to("the search leaves a branch", "", parts, "GET {x}/part1/random-value HTTP/1.1", "GET /{param+}"),
		to("a less specific resource that has the verb", "", verbs, "OPTIONS {x}/test HTTP/1.1", "OPTIONS /{proxy+}"),
		to("the more specific resource that has the verb", "", verbs, "POST {x}/test HTTP/1.1", "POST /test"),
		to("ANY of the more specific resource", "", verbs, "OPTIONS {x}/test/any HTTP/1.1", "ANY /test/any"),
		to("a variable before a greedy one", "", depth, "GET {x}/proxy/bar/foobar HTTP/1.1", "GET /proxy/bar/{param}"),
		to("a greedy variable where a variable is too short", "", depth, "GET {x}/proxy/bar/foobar/baz HTTP/1.1", "GET /proxy/{proxy+}"),
		to("a greedy variable is not empty", "", routed("GET /{proxy+}"), "GET {x} HTTP/1.1", ""),
		to("the verb before ANY", "GET", pets, "GET {x}/pets HTTP/1.1", "GET /pets"),
		to("the verb before ANY", "PUT", pets, "PUT {x}/pets HTTP/1.1", "ANY /pets"),
		to("ANY stands for seven verbs", "PATCH", pets, "PATCH {x}/pets HTTP/1.1", "ANY /pets"),
		to("ANY stands for seven verbs", "TRACE", pets, "TRACE {x}/pets HTTP/1.1", ""),
		to("ANY stands for seven verbs", "PROPFIND", pets, "PROPFIND {x}/pets HTTP/1.1", ""),
		{name: "HEAD is not GET", methods: pets, send: "HEAD {x}/pets/1 HTTP/1.1", want: "403\nx-amzn-ErrorType: MissingAuthenticationTokenException\n…"},
		to("OPTIONS is not made", "", pets, "OPTIONS {x}/pets/1 HTTP/1.1", ""),
		to("case counts", "", pets, "GET {x}/Pets HTTP/1.1", ""),
		to("a slash at the end", "", pets, "GET {x}/pets/ HTTP/1.1", "GET /pets"),
		to("slashes at the start", "", pets, "GET /dev//{res}/pets HTTP/1.1", "GET /pets"),
		to("slashes doubled before the stage and behind it", "before", pets, "GET /{x}/pets HTTP/1.1", "GET /pets"),
		to("slashes doubled before the stage and behind it", "behind", seen, "GET /dev/{res}/7 HTTP/1.1", "[7] /dev/{res}/7 {res}/{p}"),
		to("slashes doubled in a greedy value", "", map[string]tree{"GET /{p+}": ofMock(says("$input.params('p')"))}, "GET {x}/a//b HTTP/1.1", "a//b"),
		to("an escaped letter is the letter to a literal", "", pets, "GET {x}/p%65ts HTTP/1.1", "GET /pets"),
		to("an escaped slash parts no segments", "", seen, "GET {x}/a%2Fb HTTP/1.1", "[a/b] {x}/a%2Fb {res}/{p}"),
		to("$context.path and resourcePath", "", seen, "GET {x}/7?q=1 HTTP/1.1", "[7] {x}/7 {res}/{p}"),
		to("the stage is removed once", "", seen, "GET {x}/dev HTTP/1.1", "twice"),
		{name: "a semicolon parts query parameters", method: ofMock(says("$input.params('a') $input.params('b')")), send: "GET {x}?a=1;b=2 HTTP/1.1", want: okEmpty + "1 2"},
		{name: "brackets and bars in a query", method: ofProxy("/"), send: "GET {x}?a={b|c} HTTP/1.1", saw: "GET /?a=%7Bb%7Cc%7D HTTP/1.1\n…", want: "200\n…"},

		form("host", "GET {x} HTTP/1.1\nHost: {api}.execute-api.us-east-1.amazonaws.com"),
		form("host in China", "GET {x} HTTP/1.1\nHost: {api}.execute-api.cn-north-1.amazonaws.com.cn"),
		form("host with a VPC endpoint", "GET {x} HTTP/1.1\nHost: {api}-vpce-0123.execute-api.us-east-1.amazonaws.com"),
		form("local host with a port", "GET {x} HTTP/1.1\nHost: {api}.execute-api.localhost:4566"),
		form("host in upper case", "GET {x} HTTP/1.1\nHost: {API}.execute-api.localhost"),
		form("path", "GET /_aws/execute-api/{api}{x} HTTP/1.1\nHost: 127.0.0.1"),
		form("older path", "GET /restapis/{api}/dev/_user_request_{res} HTTP/1.1\nHost: 127.0.0.1"),
		{name: "a URL that is too long", method: ofMock(), send: "GET {x}?" + strings.Repeat("x", 10_240) + " HTTP/1.1", want: "413\n" + jsonType + "x-amzn-ErrorType: RequestTooLargeException\n\n" + `{"message":"Request Too Long"}`},
		{name: "a header that is too long", method: ofMock(), send: "GET {x} HTTP/1.1\nX-Long: " + strings.Repeat("x", 20_480), want: "413\n" + jsonType + "x-amzn-ErrorType: RequestTooLargeException\n\n" + `{"message":"Request Too Long"}`},
		{name: "a body that is too long", method: ofMock(), send: "POST {x} HTTP/1.1\nContent-Length: 10485761\n\nx", want: "413\n" + jsonType + "Connection: close\nx-amzn-ErrorType: RequestTooLargeException\n\n" + `{"message":"Request Too Long"}`},
	}
}
