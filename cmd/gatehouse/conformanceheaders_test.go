package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A headerRow is what becomes of a request header on its way to a backend: by
// itself and, behind the comma, when it is mapped. "client" is the client's
// value, "mapped" the mapped one, "-" that there is none, "illegal" that the
// call fails; anything else is the text that arrives. "" is not looked at.
type headerRow struct {
	name   string
	client string // what the client sends, "" for nothing
	http   string
	proxy  string
	aws    string
	event  string
}

// mappedValue is what headers are mapped to.
const mappedValue = "mapped"

// requestHeaders are in the order of docs/conformance.md.
var requestHeaders = []headerRow{
	{"Accept", "text/x", "application/json,mapped", "client,mapped", "application/json,mapped", "client,client"},
	{"Accept-Charset", "utf-8", "-,mapped", "client,mapped", "-,mapped", "client,client"},
	{"Accept-Encoding", "gzip", "-,mapped", "client,mapped", "-,mapped", "client,client"},
	{"Age", "1", "-,mapped", "client,mapped", "-,mapped", "client,client"},
	{"Authorization", "Bearer x", "-,mapped", "client,mapped", "AWS4-HMAC-SHA256 …,illegal", "client,illegal"},
	{"Connection", "keep-alive", "-,-", "-,-", "-,illegal", "-,illegal"},
	{"Content-Encoding", "identity", "-,mapped", "-,mapped", "-,mapped", "client,client"},
	{"Content-Length", "", "0,illegal", "-,illegal", "0,illegal", "-,illegal"},
	{"Content-MD5", "x", "-,mapped", "-,mapped", "-,mapped", "-,-"},
	{"Content-Type", "text/x", "client,mapped", "client,mapped", "client,mapped", "client,client"},
	{"Date", "now", "-,mapped", "client,mapped", "-,mapped", "client,client"},
	{"Expect", "100-continue", "-,-", "-,-", "-,illegal", "-,illegal"},
	{"Host", "", "{backend},mapped", "{backend},mapped", "{backend},{backend}", "{host},{host}"},
	{"Max-Forwards", "1", "-,mapped", "-,mapped", "-,mapped", "-,-"},
	{"Pragma", "x", "-,mapped", "client,mapped", "-,mapped", "client,client"},
	{"Proxy-Authenticate", "x", "-,-", "-,-", "-,illegal", "-,illegal"},
	{"Range", "bytes=0-1", "-,mapped", "client,mapped", "-,mapped", "client,client"},
	{"Referer", "x", "-,mapped", "client,mapped", "-,-", "client,client"},
	{"Server", "x", "-,mapped", "-,mapped", "-,mapped", "-,-"},
	{"TE", "trailers", "-,-", "-,-", "-,illegal", "-,illegal"},
	{"Trailer", "x", "-,mapped", "-,mapped", "-,mapped", "-,-"},
	{"Transfer-Encoding", "", "-,illegal", "-,illegal", "-,illegal", "-,illegal"},
	{"Upgrade", "x", "-,mapped", "-,mapped", "-,mapped", "-,-"},
	{"User-Agent", "me", "AmazonAPIGateway_{api},mapped", "client,mapped", "AmazonAPIGateway_{api},mapped", "client,client"},
	{"Via", "1.1 x", "-,-", "-,-", "-,-", "client,client"},
	{"Warn", "x", "-,mapped", "client,mapped", "-,mapped", "client,client"},
	{"WWW-Authenticate", "x", "-,mapped", "-,mapped", "-,mapped", "-,-"},
	{"X-Amzn-Apigateway-Api-Id", "", "{api},", "{api},", "", "-,"},
	{"X-Amzn-Trace-Id", "", "{trace},illegal", "{trace},illegal", "{root},illegal", "{root},{root}"},
	{"X-Forwarded-For", "", "-,", "-,", "-,", "127.0.0.1,127.0.0.1"},
	{"X-Forwarded-Port", "", "-,", "-,", "-,", "80,80"},
	{"X-Forwarded-Proto", "", "-,", "-,", "-,", "http,http"},
}

// headerTreatmentCases are the rows of the tables of headers, both ways.
func headerTreatmentCases() []conformanceCase {
	var cases []conformanceCase
	for _, row := range requestHeaders {
		for i, kind := range []string{"HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"} {
			own, mapped, _ := strings.Cut([]string{row.http, row.proxy, row.aws, row.event}[i], ",")
			if own != "" {
				cases = append(cases, row.toBackend(kind, own, false))
			}
			if mapped != "" {
				cases = append(cases, row.toBackend(kind, mapped, true))
			}
		}
	}
	for _, row := range responseHeaders {
		for _, kind := range []string{"HTTP", "HTTP_PROXY", "AWS_PROXY"} {
			if c, ok := row.toClient(kind); ok {
				cases = append(cases, c)
			}
		}
	}
	return append(cases, doorCases()...)
}

// toBackend is one cell of a row.
func (row *headerRow) toBackend(kind, cell string, mapped bool) conformanceCase {
	c := conformanceCase{name: "request: " + row.name, variant: kind, send: "GET {x} HTTP/1.1\n", want: "200\n…"}
	var edits []tree
	if mapped {
		c.variant += ", mapped"
		edits = []tree{mappings(tree{"header." + row.name: "'" + mappedValue + "'"})}
	}
	if row.client != "" {
		c.send += row.name + ": " + row.client + "\n"
	}
	if cell = map[string]string{"client": row.client, "mapped": mappedValue}[cell] + strings.TrimPrefix(strings.TrimPrefix(cell, "client"), "mapped"); cell == "-" {
		cell = ""
	}
	line := strings.TrimSpace(row.name + ": " + cell)
	switch kind {
	case "HTTP":
		c.method, c.saw = ofHTTP("/", edits...), "POST / HTTP/1.1\n"+line+"\n…"
	case "HTTP_PROXY":
		c.method, c.saw = ofProxy("/", edits...), "GET / HTTP/1.1\n"+line+"\n…"
	case "AWS":
		c.method, c.saw = ofLambda(edits...), "POST "+invokePath+" HTTP/1.1\n"+line+"\n…"
	case "AWS_PROXY":
		c.method, c.answer = ofFunction(edits...), "{}"
		c.saw = eventOf(fmt.Sprintf(`"multiValueHeaders":{%s"%s":["%s"]`, "…", row.name, cell))
		if cell == "" {
			c.saw = eventOf(`"headers":{"Host":"{host}","X-Amzn-Trace-Id":"{root}","X-Forwarded-For":"127.0.0.1","X-Forwarded-Port":"80","X-Forwarded-Proto":"http"}`)
		}
	}
	if cell == "illegal" {
		c.saw, c.want, c.log = nothing, internalErrorAnswer, row.name+" header already present"
	}
	return c
}

// An answerRow is what becomes of a header on its way to the client: "pass",
// "remapped" (as x-amzn-Remapped-…), "dropped", "" for not looked at.
type answerRow struct{ name, mapped, proxy, event string }

const (
	pass     = "pass"
	remapped = "remapped"
	dropped  = "dropped"
)

// responseHeaders are in the order of docs/conformance.md.
var responseHeaders = []answerRow{
	{"Accept", pass, pass, pass},
	{"Accept-Charset", pass, pass, pass},
	{"Accept-Encoding", pass, pass, pass},
	{"Access-Control-Allow-Origin", pass, pass, pass},
	{"Age", pass, pass, pass},
	{"Authorization", remapped, pass, pass},
	{"Connection", remapped, remapped, remapped},
	{"Content-Encoding", pass, pass, pass},
	{"Content-Length", remapped, remapped, remapped},
	{"Content-MD5", remapped, pass, pass},
	{"Content-Type", pass, pass, pass},
	{"Date", remapped, remapped, remapped},
	{"Expect", remapped, pass, pass},
	{"Host", remapped, pass, pass},
	{"Max-Forwards", remapped, pass, pass},
	{"Pragma", pass, pass, pass},
	{"Proxy-Authenticate", remapped, remapped, remapped},
	{"Range", pass, pass, pass},
	{"Referer", pass, pass, pass},
	{"Server", remapped, remapped, remapped},
	{"TE", pass, pass, pass},
	{"Trailer", remapped, remapped, remapped},
	{"Transfer-Encoding", dropped, dropped, dropped},
	{"Upgrade", remapped, remapped, remapped},
	{"User-Agent", remapped, pass, pass},
	{"Via", pass, dropped, pass},
	{"WWW-Authenticate", remapped, remapped, remapped},
	{"Warn", pass, pass, pass},
	{"X-Other", pass, pass, pass},
	{"x-amzn-RequestId", "", remapped, remapped},
}

// toClient is one cell of a row.
func (row *answerRow) toClient(kind string) (conformanceCase, bool) {
	c := conformanceCase{name: "response: " + row.name, variant: kind, send: "GET {x} HTTP/1.1\n"}
	value, cell := "v", map[string]string{"HTTP": row.mapped, "HTTP_PROXY": row.proxy, "AWS_PROXY": row.event}[kind]
	var lines string
	switch kind {
	case "HTTP":
		c.method = ofHTTP("/", gives(tree{row.name: "'v'"}))
		lines = "X-Amzn-Trace-Id: {trace}\n"
	case "HTTP_PROXY":
		c.method = ofProxy("/")
		c.answer = "HTTP/1.1 200 OK\n" + row.name + ": v\n\n{}"
		lines = "x-amzn-Remapped-Content-Length: 2\n"
		switch row.name {
		case "Content-Length":
			value, lines, c.answer = "2", "", "HTTP/1.1 200 OK\n\n{}"
		case "Transfer-Encoding":
			lines, c.answer = "", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\r\n{}\r\n0\r\n\r\n"
		}
	case "AWS_PROXY":
		c.method = ofFunction()
		text, _ := json.Marshal(tree{"headers": tree{row.name: "v"}, "body": "{}"})
		c.answer, lines = string(text), "X-Amzn-Trace-Id: {trace}\n"
	}
	switch cell {
	case pass:
		lines += row.name + ": " + value + "\n"
	case remapped:
		lines += "x-amzn-Remapped-" + row.name + ": " + value + "\n"
	}
	if row.name != "Content-Type" {
		lines += jsonType
	}
	c.want = "200\n" + lines + "\n{}"
	return c, cell != ""
}

// doorCases are what the stage sees of a request's headers, and what every
// answer has.
func doorCases() []conformanceCase {
	var cases []conformanceCase
	seen := func(name, header, value, want string) {
		cases = append(cases, conformanceCase{name: name, variant: header, method: ofMock(says("[$input.params('" + header + "')]")),
			send: "GET {x} HTTP/1.1\n" + header + ": " + value, want: okEmpty + "[" + want + "]"})
	}
	for _, header := range [][2]string{{"Connection", "keep-alive"}, {"Content-Length", "0"}, {"Content-MD5", "x"}, {"Expect", "100-continue"}, {"Max-Forwards", "1"},
		{"Proxy-Authenticate", "x"}, {"Server", "x"}, {"TE", "trailers"}, {"Upgrade", "x"}, {"WWW-Authenticate", "x"}} {
		seen("dropped at the door", header[0], header[1], "")
	}
	for _, name := range []string{"Accept", "Accept-Charset", "Accept-Encoding", "Age", "Authorization", "Content-Encoding", "Content-Type", "Date",
		"Pragma", "Range", "Referer", "User-Agent", "Via", "Warn"} {
		value := "x/y"
		if name == "Content-Type" {
			value = "application/json"
		}
		seen("seen by the stage", name, value, value)
	}
	host := ofMock(says("$input.params('Host')"))
	chunked := ofMock(says("[$input.params('Transfer-Encoding')$input.params('Trailer')]"))
	return append(cases,
		conformanceCase{name: "seen by the stage", variant: "Host", method: host, send: "GET {x} HTTP/1.1", want: okEmpty + "{host}"},
		conformanceCase{name: "dropped at the door", variant: "Transfer-Encoding and Trailer", method: chunked, send: "POST {x} HTTP/1.1\nTransfer-Encoding: chunked\nTrailer: X-End\n\n0\r\n\r\n", want: okEmpty + "[]"},
		conformanceCase{name: "X-HTTP-Method-Override is consumed", methods: map[string]tree{"PUT ": ofProxy("/")}, send: "POST {x} HTTP/1.1\nX-HTTP-Method-Override: PUT", saw: "PUT / HTTP/1.1\nX-HTTP-Method-Override:\n…", want: "200\n…"},
		conformanceCase{name: "HTTP_PROXY keeps the spelling of names", method: ofProxy("/"), send: "GET {x} HTTP/1.1\nx-miXed: 1\nACCEPT: a", saw: "GET / HTTP/1.1\nx-miXed: 1\nACCEPT: a\n…",
			answer: "HTTP/1.1 200 OK\nx-ANSWER: 1\n\n{}", want: "200\n" + jsonType + "x-ANSWER: 1\nx-amzn-Remapped-Content-Length: 2\n\n{}"},
		conformanceCase{name: "a remapped name is spelled as it came", method: ofProxy("/"), send: "GET {x} HTTP/1.1", answer: "HTTP/1.1 200 OK\nserver: it\nDATE: then\nX-AMZN-requestid: f-1\n\n{}",
			want: "200\n" + jsonType + "x-amzn-Remapped-server: it\nx-amzn-Remapped-DATE: then\nx-amzn-Remapped-X-AMZN-requestid: f-1\nx-amzn-Remapped-Content-Length: 2\n\n{}"},
		conformanceCase{name: "a UUID as request id", method: ofMock(says("$context.requestId")), send: "GET {x} HTTP/1.1\nx-amzn-RequestId: 0a1b2c3d-0000-4000-8000-000000000001",
			want: "200\n" + jsonType + "x-amzn-RequestId: 0a1b2c3d-0000-4000-8000-000000000001\n\n0a1b2c3d-0000-4000-8000-000000000001"},
		conformanceCase{name: "another text as request id", method: ofMock(), send: "GET {x} HTTP/1.1\nx-amzn-RequestId: mine", want: okEmpty},
		conformanceCase{name: "the headers of every answer", variant: "kept alive", method: ofMock(says("hello")), send: "GET {x} HTTP/1.1",
			want: "200\nContent-Type: application/json\nContent-Length: 5\nConnection: keep-alive\nDate: {date}\nx-amzn-RequestId: {uuid}\nx-amz-apigw-id: {extended}\n\nhello"},
		conformanceCase{name: "the headers of every answer", variant: "closed", method: ofMock(says("hello")), send: "GET {x} HTTP/1.1\nConnection: close",
			want: "200\nContent-Type: application/json\nContent-Length: 5\nConnection: close\nDate: {date}\nx-amzn-RequestId: {uuid}\nx-amz-apigw-id: {extended}\n\nhello"},
		conformanceCase{name: "HEAD has a length and no body", method: ofMock(says("hello")), send: "HEAD {x} HTTP/1.1", want: "200\nContent-Type: application/json\nContent-Length: 5\n…"},
	)
}

// traceIDCases are the rules of X-Amzn-Trace-Id.
func traceIDCases() []conformanceCase {
	const root, parent = "Root=1-5759e988-bd862e3fe1be46a994272793", "Parent=53995c3f42cd8ad8"
	trace := func(variant, incoming, outgoing string) conformanceCase {
		c := conformanceCase{name: "trace ids to HTTP backends", variant: variant, method: ofHTTP("/"), send: "GET {x} HTTP/1.1", saw: "POST / HTTP/1.1\nX-Amzn-Trace-Id: " + outgoing + "\n…",
			want: "200\n" + jsonType + "X-Amzn-Trace-Id: " + outgoing + "\n\n{}"}
		if incoming != "" {
			c.send += "\nX-Amzn-Trace-Id: " + incoming
		}
		return c
	}
	return []conformanceCase{
		trace("none", "", "{trace}"),
		trace("whole", root+";"+parent+";Sampled=1", root+";"+parent+";Sampled=1"),
		trace("whole and more", root+";"+parent+";Sampled=1;Lineage=a:0", root+";"+parent+";Sampled=1;Lineage=a:0"),
		trace("root alone", root, root+";{parent};Sampled=0"),
		trace("without Sampled", root+";"+parent, root+";"+parent+";Sampled=1"),
		{name: "trace ids of HTTP_PROXY go to the backend alone", method: ofProxy("/"), send: "GET {x} HTTP/1.1", saw: "GET / HTTP/1.1\nX-Amzn-Trace-Id: {trace}\n…", want: "200\nX-Amzn-Trace-Id:\n…"},
		{name: "the trace id of an HTTP_PROXY backend", method: ofProxy("/"), send: "GET {x} HTTP/1.1", answer: "HTTP/1.1 200 OK\nX-Amzn-Trace-Id: mine\n\n{}", want: "200\nX-Amzn-Trace-Id: mine\n…"},
		{name: "trace ids of functions", method: ofFunction(), send: "GET {x} HTTP/1.1", answer: `{}`, saw: "POST " + invokePath + " HTTP/1.1\nX-Amzn-Trace-Id: {root}\n…", want: "200\n" + jsonType + "X-Amzn-Trace-Id: {trace}\n\n"},
		{name: "gateway responses have no trace id", method: ofHTTP("/", tree{"timeoutInMillis": 50}), send: "GET {x} HTTP/1.1", answer: silence, want: "504\nX-Amzn-Trace-Id:\n…"},
	}
}
