package main

func templateCases() []conformanceCase {
	// prints renders a template over a body, in the answer of an HTTP integration
	// whose backend sent the body.
	prints := func(name, template, body, want string) conformanceCase {
		return conformanceCase{name: name, method: ofHTTP("/", says(template)), send: "POST {x}?q=1 HTTP/1.1", answer: "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + body,
			want: "200\n" + jsonType + "X-Amzn-Trace-Id: {trace}\n\n" + want}
	}
	value := func(variant, body, path, want string) conformanceCase {
		c := prints("how values of $input.path print", `#set($result = $input.path('`+path+`'))$result $result.toString()`, body, want+" "+want)
		c.variant = variant
		return c
	}
	sends := func(name, template, send, saw string) conformanceCase {
		return conformanceCase{name: name, method: ofHTTP("/{p}", asks(template)), send: send, saw: saw, want: "200\n…"}
	}
	const parts = `$input.json('$') #foreach($p in $input.path('$').split('&'))$p,#end [$input.path('$.a')] $input.json('$.a')`
	noJSON := func(variant, template, body, saw string) conformanceCase {
		return conformanceCase{name: "a request that is no JSON document is one string", variant: variant, method: ofHTTP("/", asks(template)),
			send: "POST {x} HTTP/1.1\n\n" + body, saw: "POST / HTTP/1.1\n…\n\n" + saw, want: "200\n…"}
	}
	util := func(name, template, want string) conformanceCase {
		return conformanceCase{name: name, method: ofMock(says(template)), send: "GET {x} HTTP/1.1", want: okEmpty + want}
	}
	types := ofMock(tree{"requestTemplates": tree{"application/json": `{"statusCode": 200}`, "text/plain": `{"statusCode": 201}`},
		"responses": tree{"200": tree{"statusCode": "200"}, "201": tree{"statusCode": "201"}, "default": tree{"statusCode": "202"}}})
	accepts := ofMock(tree{"responses": responses("200", tree{"responseTemplates": tree{"application/json": "json", "text/plain": "plain"}})})
	other := ofMock(tree{"responses": responses("200", tree{"responseTemplates": tree{"text/plain": "plain", "text/z": "z"}})})
	fallback := ofMock(tree{"requestTemplates": tree{"$default": `{"statusCode": 201}`}, "responses": responses("201", nil)})
	failing := func(name string, edit tree, log string) conformanceCase {
		return conformanceCase{name: name, method: ofHTTP("/", edit), send: "POST {x} HTTP/1.1", want: internalErrorAnswer, log: log}
	}
	failing2 := func(name, variant, template string) conformanceCase {
		c := failing(name, asks(template), "Unable to transform request")
		c.variant = variant
		return c
	}
	cases := []conformanceCase{
		{name: "request template by Content-Type", method: types, send: "POST {x} HTTP/1.1\nContent-Type: text/plain; charset=utf-8\n\nx", want: "201\n" + jsonType + "\n"},
		{name: "request template without Content-Type", method: types, send: "POST {x} HTTP/1.1\n\nx", want: okEmpty},
		{name: "request template under $default", method: fallback, send: "POST {x} HTTP/1.1\nContent-Type: text/x\n\nx", want: "201\n" + jsonType + "\n"},
		{name: "response template by the first type of Accept", method: accepts, send: "GET {x} HTTP/1.1\nAccept: text/plain;q=0.1, application/json", want: okEmpty + "plain"},
		{name: "response template without Accept", method: accepts, send: "GET {x} HTTP/1.1", want: okEmpty + "json"},
		{name: "response template for an unknown Accept", method: accepts, send: "GET {x} HTTP/1.1\nAccept: image/png", want: okEmpty + "json"},
		{name: "response template, the first", method: other, send: "GET {x} HTTP/1.1\nAccept: image/png", want: okEmpty + "plain"},
		{name: "no response template, HTTP", method: ofHTTP("/"), send: "POST {x} HTTP/1.1", answer: `{"a": 1}`, want: "200\n" + jsonType + "X-Amzn-Trace-Id: {trace}\n\n" + `{"a": 1}`},
		{name: "an empty response template", method: ofHTTP("/", says("")), send: "POST {x} HTTP/1.1", answer: `{"a": 1}`, want: "200\n" + jsonType + "X-Amzn-Trace-Id: {trace}\n\n" + `{"a": 1}`},
		{name: "no response template, MOCK", method: ofMock(asks(`{"statusCode": 200, "more": "x"}`)), send: "GET {x} HTTP/1.1", want: okEmpty},

		prints("$input.body of an empty body", `$input.body`, "", "{}"),
		{name: "$input.body of an empty request", method: ofHTTP("/", asks(`$input.body`)), send: "POST {x} HTTP/1.1", saw: "POST / HTTP/1.1\n…\n\n{}", want: "200\n…"},
		prints("$input.body as it came", `$input.body`, `{"n": 10.00}`, `{"n": 10.00}`),
		prints("members of $input.body", `[$input.body.a]`, `{"a": 1}`, "[]"),
		prints("$input.json", `$input.json('$.s') $input.json('$.o')`, `{"s": "a", "o": {"b": [1, "c"]}}`, `"a" {"b":[1,"c"]}`),
		prints("$input.json of what is missing", `$input.json('$.x')`, `{}`, `""`),
		prints("$input.json of what is no JSON", `$input.json('$.x')`, `hello`, `""`),
		noJSON("a form", parts, "a=1&b=x%20y", `"a=1&b=x%20y" a=1,b=x%20y, [] ""`),
		noJSON("text", parts, "hello, {you}: 1", `"hello, {you}: 1" hello, {you}: 1, [] ""`),
		noJSON("XML", parts, "<a b='1'>x</a>", `"<a b='1'>x</a>" <a b='1'>x</a>, [] ""`),
		noJSON("a blueprint's form", `{ "body": $input.json("$") }`, "token=a&text=b", `{ "body": "token=a&text=b" }`),
		prints("a response that is no JSON document is one string", `$input.json('$') $input.path('$').length() [$input.path('$.a')] $input.json('$.a')`, "<html>1</html>", `"<html>1</html>" 14 [] ""`),
		prints("$input.path", `#set($v = $input.path('$.l'))$v.size() $v[0].n #foreach($k in $v[0].keySet())$k#end`, `{"l": [{"n": 7}]}`, "1 7 n"),
		prints("$input.path of what is missing", `#set($v = $input.path('$.x'))[$v]#if($v == "") empty#end#if($v == $null) null#end`, `{}`, "[] empty null"),
		prints("$input.path of null", `#set($v = $input.path('$.x'))[$v]#if($v == "") empty#end#if($v == $null) null#end`, `{"x": null}`, "[] empty null"),
		prints("$input.path of an empty list", `#set($v = $input.path('$.x'))$v#if($v == "") empty#end#if($v == $null) null#end`, `{"x": []}`, "[]"),
		{name: "$input.params() has the headers of an event", method: ofMock(says(`#foreach($h in $input.params().header.keySet())$h=$input.params().header.get($h);#end`)),
			send: "GET {x} HTTP/1.1\nzeta: 1\nUser-Agent: me\naccept: a/b\nX-Forwarded-For: 192.0.2.9\nbeta: 2\nzeta: 3",
			want: "200\n" + jsonType + "Content-Length: {number}\n\naccept=a/b;beta=2;Host={host};User-Agent=me;X-Amzn-Trace-Id={root};X-Forwarded-For=192.0.2.9, 127.0.0.1;X-Forwarded-Port=80;X-Forwarded-Proto=http;zeta=3;"},
		{name: "$input.params() has the headers of an event", variant: "a trace of the client", method: ofMock(says(`$input.params('x-amzn-trace-id') $input.params('X-Forwarded-Proto')`)),
			send: "GET {x} HTTP/1.1\nX-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793", want: "200\n" + jsonType + "Content-Length: {number}\n\n{self};Root=1-5759e988-bd862e3fe1be46a994272793 http"},
		prints("$input.params of what is missing", `[$input.params('none')]`, `{}`, "[]"),
		{name: "$input.params", path: "/{id}", method: ofMock(says(`$input.params('id') $input.params('q') $input.params('X-A') $input.params('both') $input.params().path.id $input.params().querystring.q $input.params().header.get('X-A')`)),
			send: "GET {x}/7?q=8&both=query HTTP/1.1\nX-A: 9\nboth: header", want: okEmpty + "7 8 9 query 7 8 9"},
		value("object", `{"foo":"bar"}`, "$", `{foo=bar}`),
		value("object of three", `{"bigger":"dict","to":"test","with":"separators"}`, "$", `{bigger=dict, to=test, with=separators}`),
		value("list", `[{"foo":"bar"}]`, "$", `[{"foo":"bar"}]`),
		value("list in an object", `{"foo":[{"nested":"bar"}]}`, "$", `{foo=[{"nested":"bar"}]}`),
		value("element", `[{"foo":"bar"}]`, "$[0]", `{foo=bar}`),
		value("list in a list", `[[{"foo":"bar"}]]`, "$[0]", `[{"foo":"bar"}]`),

		util("$util.escapeJavaScript", `$util.escapeJavaScript('*/* "a" \\')`, `*\/* \"a\" \\\\`),
		util("$util.escapeJavaScript of a quote", `$util.escapeJavaScript("it's")`, `it\'s`),
		util("$util.parseJson", `#set($o = $util.parseJson('{"key1":"a","key2":{"arr":[7]}}'))$o.key1 $o.key2.arr[0]`, `a 7`),
		util("$util.urlEncode", `$util.urlEncode('{"some": "value"}')`, `%7B%22some%22%3A+%22value%22%7D`),
		util("$util.urlEncode of nothing", `[$util.urlEncode('')][$util.urlEncode($input.params('none'))]`, `[][]`),
		util("$util.urlDecode", `$util.urlDecode('a+b%20%C3%A9')`, `a b é`),
		util("$util.base64Encode and base64Decode", `$util.base64Encode('é') $util.base64Decode('w6k=')`, `w6k= é`),
		util("base64Decode into parseJson", `$util.parseJson($util.base64Decode('eyJhIjogMX0=')).a`, `1`),

		sends("request overrides", `#set($context.requestOverride.header.X-A = "h")#set($context.requestOverride.path.p = "pa th")#set($context.requestOverride.querystring.q = "v w")`,
			"POST {x} HTTP/1.1", "POST /pa%20th?q=v%20w HTTP/1.1\nX-A: h\n…"),
		sends("forms of an override", `#set($n = "a")#set($context.requestOverride.querystring[$n] = "1")#set($context["requestOverride"].querystring["b"] = "2")`+
			`[$context.requestOverride.querystring.put("c", "3")]#set($context.requestOverride.path.p = "")`, "POST {x} HTTP/1.1", "POST /?a=1&b=2&c=3 HTTP/1.1\n…\n\n[]"),
		sends("a list as an override", `#set($context.requestOverride.header.X-A = ["a", "b"])#set($context.requestOverride.path.p = "")`, "POST {x} HTTP/1.1", "POST / HTTP/1.1\nX-A: a,b\n…"),
		{name: "an override wins over a mapping", method: ofHTTP("/", asks(`#set($context.requestOverride.header.X-A = "override")`), mappings(tree{"header.X-A": "'mapped'"})),
			send: "POST {x} HTTP/1.1", saw: "POST / HTTP/1.1\nX-A: override\n…", want: "200\n…"},
		{name: "response overrides", method: ofMock(says(`#set($context.responseOverride.status = 418)#set($context.responseOverride.header.X-A = "h")tea`)), send: "GET {x} HTTP/1.1",
			want: "418\n" + jsonType + "X-A: h\n\ntea"},
		{name: "response overrides in the request template", method: ofMock(asks(`#set($context.responseOverride.status = 444)#set($context.responseOverride.header.X-A = "h"){"statusCode": 200}`)),
			send: "GET {x} HTTP/1.1", want: "444\n" + jsonType + "X-A: h\n\n"},
		{name: "an override that is no status", method: ofMock(says(`#set($context.responseOverride.status = 600)x`)), send: "GET {x} HTTP/1.1", want: okEmpty + "x"},
		{name: "free keys under responseOverride", method: ofMock(asks(`#set($context.responseOverride.custom = "x"){"statusCode": 200}`), says(`$context.responseOverride.custom`)),
			send: "GET {x} HTTP/1.1", want: okEmpty + "x"},
		{name: "requestOverride reaches the response template", method: ofMock(asks(`#set($context.requestOverride.path.a = "x"){"statusCode": 200}`), says(`$context.requestOverride.path.a`)),
			send: "GET {x} HTTP/1.1", want: okEmpty + "x"},
		{name: "other members of $context end with the template", method: ofMock(asks(`#set($context.mine = "x"){"statusCode": 200}`), says(`[$context.mine]`)),
			send: "GET {x} HTTP/1.1", want: okEmpty + "[]"},

		util("an undefined reference", `[$nothing][$nothing.a.b][$!{nothing}][$input.nope]`, `[][][][]`),
		util("#set of null", `#set($v = $nothing)[$v]`, `[]`),
		util("#foreach", `#foreach($i in ["a", "b"])$velocityCount$foreach.index$foreach.count$i#if($foreach.hasNext),#end#end`, `101a,212b`),
		util("#define, #macro, #break, #stop", `#define($d)d#end#macro(m $a)m$a#end$d#m("x")#foreach($i in [1..3])$i#break#end#stop never`, `dmx1`),
		failing2("#include and #parse", "include", `#include("x.vm")`),
		failing2("#include and #parse", "parse", `#parse("x.vm")`),
		util("classes reach nothing", `[$input.class][$util.class.forName("java.lang.Runtime")]`, `[][]`),
		util("references of gateway responses", `[$method.request.querystring.q][$integration.status][$context.error.message]`, `[][][]`),
		util("methods of Java", `#set($l = ["b"])#set($u = $l.add("c"))$l.size()$l.contains("b")#set($m = {"k": "v"})$m.get("k")$m.keySet()$m.entrySet()$m.isEmpty() $m.put("k", "w") $m.k `+
			`$l.get(0).replaceAll("b", "x") #set($s = "hello")$s.substring(1, 3) $s.split("l")[0] $s.toString()`, `2truev[k][k=v]false v w xel he hello`),
		failing("a request template that fails", asks(`#set($l = [1])$l[9]`), "Unable to transform request"),
		failing("a response template that fails", says(`#set($l = [1])$l[9]`), "Unable to transform response"),
		util("stage variables", `$stageVariables.env $stageVariables['env'] ${stageVariables['env']} ${stageVariables.env}`, `test test test test`),
		failing("a loop of more than 1000", asks(`#foreach($i in [1..1001])x#end`), "Unable to transform request"),
		{name: "$context.awsEndpointRequestId", method: ofLambda(says("$context.awsEndpointRequestId")), send: "POST {x} HTTP/1.1", answer: "HTTP/1.1 200 OK\nx-amzn-RequestId: f-1\n\n{}",
			want: "200\n" + jsonType + "X-Amzn-Trace-Id: {trace}\n\nf-1"},
		{name: "$context", path: "/{id}", method: ofMock(says(`$context.accountId $context.apiId $context.deploymentId $context.domainName $context.domainPrefix $context.extendedRequestId $context.httpMethod ` +
			`$context.identity.sourceIp $context.identity.userAgent $context.path $context.protocol $context.requestId $context.requestTime $context.requestTimeEpoch $context.resourceId $context.resourcePath $context.stage`)),
			send: "GET {x}/7 HTTP/1.1\nUser-Agent: me",
			want: "200\n" + jsonType + "Content-Length: {number}\n\n000000000000 {api} {key} {host} {api} {extended} GET 127.0.0.1 me {x}/7 HTTP/1.1 {uuid} {time} {number} {key} {res}/{id} dev"},
		util("the keys of $context", `#foreach($k in $context.keySet())$k #end`, "resourceId resourcePath httpMethod extendedRequestId requestTime path accountId protocol requestOverride stage domainPrefix requestTimeEpoch requestId identity domainName deploymentId responseOverride apiId "),
		{name: "the keys of $context.identity", method: ofMock(says(`#foreach($k in $context.identity.keySet())$k=$context.identity.get($k) #end`)), send: "GET {x} HTTP/1.1\nUser-Agent: me",
			want: okEmpty + "cognitoIdentityPoolId= accountId= cognitoIdentityId= caller= sourceIp=127.0.0.1 principalOrgId= accessKey= cognitoAuthenticationType= cognitoAuthenticationProvider= userArn= userAgent=me user= "},
		util("the keys of the overrides", `#foreach($k in $context.requestOverride.keySet())$k #end#foreach($k in $context.responseOverride.keySet())$k #end`, "path header querystring header "),
		util("a map of $context printed whole", `#set($s = "$context.requestOverride")[$context.get("identity")][$s][$context.requestOverride.get("path")][$context.identity][$context.responseOverride]`, "[][][][][]"),
		util("the keys of $context.authorizer without one", `[#foreach($k in $context.authorizer.keySet())$k#end]`, "[]"),
		util("what $context lacks here", `[$context.authorizer.claims][$context.authorizer.principalId][$context.identity.apiKey][$context.identity.user][$context.isCanaryRequest][$context.wafResponseCode][$context.HTTPMethod]`, `[][][][][][][]`),
	}
	return append(cases, passthroughCases()...)
}

// passthroughCases are AWS's table of passthroughBehavior.
func passthroughCases() []conformanceCase {
	const pass, refuse, template = "pass", "415", "template"
	rows := []struct {
		templates, contentType string
		byBehavior             [3]string
	}{
		{"application/json", "", [3]string{template, template, template}},
		{"application/json", "application/json", [3]string{template, template, template}},
		{"application/json", "application/xml", [3]string{pass, refuse, refuse}},
		{"application/xml", "", [3]string{pass, refuse, refuse}},
		{"application/xml", "application/json", [3]string{pass, refuse, refuse}},
		{"application/xml", "application/xml", [3]string{template, template, template}},
		{"", "application/json", [3]string{pass, pass, refuse}},
		{"", "text/x", [3]string{pass, pass, refuse}},
		{"", "", [3]string{pass, pass, refuse}},
	}
	var cases []conformanceCase
	for _, row := range rows {
		for i, behavior := range []string{"when_no_match", "when_no_templates", "never"} {
			c := conformanceCase{name: "passthroughBehavior", variant: "templates " + row.templates + ", sent " + row.contentType + ", " + behavior,
				method: ofHTTP("/", tree{"passthroughBehavior": behavior}), send: "POST {x} HTTP/1.1\n", saw: "POST / HTTP/1.1\n…\n\nclient's", want: "200\n…"}
			if row.templates != "" {
				c.method["requestTemplates"] = tree{row.templates: "template's"}
			}
			if row.contentType != "" {
				c.send += "Content-Type: " + row.contentType + "\n"
			}
			c.send += "\nclient's"
			switch row.byBehavior[i] {
			case template:
				c.saw = "POST / HTTP/1.1\n…\n\ntemplate's"
			case refuse:
				c.saw, c.want = nothing, unsupportedAnswer
			}
			cases = append(cases, c)
		}
	}
	return cases
}
