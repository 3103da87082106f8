package main

import (
	"strconv"
	"strings"
)

// chosenBy has integration responses by their patterns, "default" for none, all
// of whose method responses are declared.
func chosenBy(statuses map[string]string) tree {
	list := make(tree)
	for pattern, status := range statuses {
		list[pattern] = tree{"statusCode": status, "responseTemplates": tree{"application/json": status}}
	}
	return tree{"responses": list}
}

func integrationCases() []conformanceCase {
	const traced = "X-Amzn-Trace-Id: {trace}\n"
	chosen := func(name, variant string, statuses map[string]string, backend, want string) conformanceCase {
		status, _ := strconv.Atoi(want)
		c := conformanceCase{name: name, variant: variant, method: ofHTTP("/", chosenBy(statuses)), send: "POST {x} HTTP/1.1",
			answer: "HTTP/1.1 " + backend + " It\n\n", want: want + "\n" + jsonType + traced + "\n" + want}
		if status == 0 {
			c.want, c.log = internalErrorAnswer, want
		}
		return c
	}
	mocked := func(name, variant, template, want string) conformanceCase {
		c := conformanceCase{name: name, variant: variant, method: ofMock(asks(template)), send: "GET {x} HTTP/1.1", want: want}
		if want == internalErrorAnswer {
			c.log = "Unable to parse statusCode. It should be an integer that is defined in the request template."
		}
		return c
	}
	failure := func(name, target, answer, want, log string) conformanceCase {
		method := ofProxy(target)
		if answer == silence {
			method["timeoutInMillis"] = 50
		}
		if strings.Contains(target, "://") {
			method["uri"] = target
		}
		return conformanceCase{name: name, method: method, send: "GET {x} HTTP/1.1", answer: answer, want: want, log: log}
	}
	const head504 = "504\n" + jsonType + "x-amzn-ErrorType: InternalServerErrorException\n\n"
	twoOnly := map[string]string{"default": "200", `4\d{2}`: "400"}
	mediaSent := "Content-Type: text/plain\nAccept: application/xml\nAccept-Encoding: gzip\nUser-Agent: me\nX-Mine: 1\n\nbody"
	return []conformanceCase{
		{name: "HTTP: what the backend gets", method: ofHTTP("/"), send: "POST {x} HTTP/1.1\n" + mediaSent, want: "200\n…",
			saw: "POST / HTTP/1.1\nHost: {backend}\nAccept: application/json\nUser-Agent: AmazonAPIGateway_{api}\nX-Amzn-Apigateway-Api-Id: {api}\nX-Amzn-Trace-Id: {trace}\nContent-Type: text/plain\nContent-Length: 4\n\nbody"},
		{name: "HTTP: a method without body", method: ofHTTP("/", tree{"httpMethod": "GET"}), send: "POST {x} HTTP/1.1\n" + mediaSent, want: "200\n…",
			saw: "GET / HTTP/1.1\nHost: {backend}\nAccept: application/json\nUser-Agent: AmazonAPIGateway_{api}\nX-Amzn-Apigateway-Api-Id: {api}\nX-Amzn-Trace-Id: {trace}"},
		{name: "HTTP_PROXY: what the backend gets", method: ofProxy("/"), send: "POST {x} HTTP/1.1\n" + mediaSent, want: "200\n…",
			saw: "POST / HTTP/1.1\nHost: {backend}\nAccept: application/xml\nAccept-Encoding: gzip\nUser-Agent: me\nContent-Type: text/plain\nX-Mine: 1\nX-Amzn-Apigateway-Api-Id: {api}\nX-Amzn-Trace-Id: {trace}\nContent-Length: 4\n\nbody"},
		{name: "ANY with integration method POST", variant: "PUT", method: ofProxy("/", tree{"httpMethod": "POST"}), send: "PUT {x} HTTP/1.1\n\nx", saw: "POST / HTTP/1.1\n…\n\nx", want: "200\n…"},
		{name: "ANY with integration method POST", variant: "GET", method: ofProxy("/", tree{"httpMethod": "POST"}), send: "GET {x} HTTP/1.1", saw: "POST / HTTP/1.1\n…", want: "200\n…"},
		{name: "integration method ANY", method: ofProxy("/"), send: "DELETE {x} HTTP/1.1", saw: "DELETE / HTTP/1.1\n…", want: "200\n…"},
		{name: "HTTP_PROXY: the answer as it is", method: ofProxy("/"), send: "GET {x} HTTP/1.1",
			answer: "HTTP/1.1 418 I'm a teapot\nContent-Type: text/plain\nX-Many: 1\nX-Many: 2\nAccess-Control-Allow-Origin: *\nDate: then\nServer: it\nConnection: keep-alive\n\ntea",
			want:   "418\nContent-Type: text/plain\nX-Many: 1\nX-Many: 2\nAccess-Control-Allow-Origin: *\nx-amzn-Remapped-Date: then\nx-amzn-Remapped-Server: it\nx-amzn-Remapped-Connection: keep-alive\nx-amzn-Remapped-Content-Length: 3\n\ntea"},
		{name: "HTTP_PROXY: no Content-Type is JSON's", method: ofProxy("/"), send: "GET {x} HTTP/1.1", answer: "HTTP/1.1 200 OK\n\nx",
			want: "200\n" + jsonType + "x-amzn-Remapped-Content-Length: 1\n\nx"},
		{name: "redirects go to the client", method: ofProxy("/"), send: "GET {x} HTTP/1.1", answer: "HTTP/1.1 302 Found\nLocation: /there\n\n",
			saw: "GET / HTTP/1.1\n…", want: "302\n" + jsonType + "Location: /there\nx-amzn-Remapped-Content-Length: 0\n\n"},
		{name: "stage variables in the URI", method: ofProxy("/${stageVariables.env}/x"), send: "GET {x} HTTP/1.1", saw: "GET /test/x HTTP/1.1\n…", want: "200\n…"},
		{name: "an unknown stage variable is empty", method: ofProxy("/a${stageVariables.none}b"), send: "GET {x} HTTP/1.1", saw: "GET /ab HTTP/1.1\n…", want: "200\n…"},

		chosen("only the default, and the backend answers 400", "", map[string]string{"default": "200"}, "400", "200"),
		chosen("a default and 4\\d{2}", "404", twoOnly, "404", "400"),
		chosen("a default and 4\\d{2}", "201", twoOnly, "201", "200"),
		chosen("the whole status has to match", "40", map[string]string{"default": "200", "40": "400"}, "404", "200"),
		chosen("the whole status has to match", "04", map[string]string{"default": "200", "04": "400"}, "404", "200"),
		chosen("the first that matches", "", map[string]string{`4\d\d`: "400", `\d+`: "500"}, "404", "400"),
		chosen("the one with the backend's own status goes first", "404", map[string]string{`\d{3}`: "201", `4\d{2}`: "400", "40[34]": "404"}, "404", "404"),
		chosen("the one with the backend's own status goes first", "403 has none of its own", map[string]string{`\d{3}`: "201", `4\d{2}`: "400", "40[34]": "404"}, "403", "201"),
		{name: "the one with the backend's own status goes first", variant: "MOCK", method: ofMock(chosenBy(map[string]string{`\d{3}`: "201", `4\d{2}`: "400", "40[34]": "404"}), asks(`{"statusCode": 404}`)), send: "GET {x} HTTP/1.1", want: "404\n" + jsonType + "\n404"},
		chosen(".* shadows the default", "", map[string]string{"default": "200", ".*": "400"}, "200", "400"),
		chosen("nothing matches and there is no default", "", map[string]string{"200": "200"}, "404", "No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 404"),
		chosen("no integration responses", "", nil, "200", "No match for output mapping"),
		{name: "no method response for the status", method: ofHTTP("/"), op: tree{"responses": tree{"201": tree{"description": "ok"}}}, send: "POST {x} HTTP/1.1",
			want: internalErrorAnswer, log: "Output mapping refers to an invalid method response: 200"},
		{name: "HTTP: headers that are not mapped end here", method: ofHTTP("/"), send: "POST {x} HTTP/1.1", answer: "HTTP/1.1 200 OK\nContent-Type: text/plain\nX-A: 1\n\nx",
			want: "200\n" + jsonType + traced + "\nx"},

		failure("time out", "/", silence, head504+`{"message": "Endpoint request timed out"}`, "type=INTEGRATION_TIMEOUT"),
		failure("the backend hangs up", "/", hangsUp, head504+`{"message": "Network error communicating with endpoint"}`, "type=INTEGRATION_FAILURE"),
		failure("connection refused", "http://127.0.0.1:1/", "", head504+`{"message": "Network error communicating with endpoint"}`, "type=INTEGRATION_FAILURE"),
		failure("no TLS", "https://{backend}/", "", head504+`{"message": "Network error communicating with endpoint"}`, "type=INTEGRATION_FAILURE"),
		failure("no address", "http://${stageVariables.none}/", "", internalErrorAnswer, "Invalid endpoint address"),
		failure("an answer of more than 10 MB", "/", "HTTP/1.1 200 OK\nContent-Length: 10485761\n\nx", internalErrorAnswer, "too large"),

		mocked("MOCK reads JSON leniently", "unquoted key", `{statusCode: 200}`, okEmpty),
		mocked("MOCK reads JSON leniently", "single quotes", `{'statusCode': 200}`, okEmpty),
		mocked("MOCK takes any integer", "large", `{"statusCode": 1000}`, okEmpty),
		mocked("MOCK takes any integer", "negative", `{"statusCode": -1}`, okEmpty),
		mocked("MOCK without a statusCode", "", `{}`, internalErrorAnswer),
		mocked("MOCK with a statusCode that is none", "text", `{"statusCode": "200"}`, internalErrorAnswer),
		mocked("MOCK with a statusCode that is none", "no JSON", `hello`, internalErrorAnswer),
		{name: "MOCK answers with the response template", method: ofMock(says(`{"a": 1}`)), send: "GET {x} HTTP/1.1", want: okEmpty + `{"a": 1}`},
		{name: "MOCK gives mapped headers and no trace id", method: ofMock(gives(tree{"X-A": "'1'"})), send: "GET {x} HTTP/1.1\nX-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793\nX-B: 2",
			want: "200\n" + jsonType + "X-A: 1\n\n"},
		{name: "MOCK without a template reads the body", method: ofMock(tree{"requestTemplates": tree{}}), send: "POST {x} HTTP/1.1\n\n" + `{"statusCode": 200}`, want: okEmpty},
	}
}
