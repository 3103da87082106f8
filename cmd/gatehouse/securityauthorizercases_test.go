package main

import "strings"

func judgeGroups() []judgeGroup {
	return []judgeGroup{
		{"nothing", soundJudgements()}, {"token", judgedTokens()}, {"expression", judgedExpressions()}, {"path", judgedPaths()},
		{"another method", judgedMethods()}, {"identity sources", judgedPairs()}, {"answer", judgedAnswers()}, {"status", judgedStatuses()},
	}
}

// sending is a case that sends a request with header lines.
func sending(name, request, got string, calls int, lines ...string) judgeCase {
	text := request + "\n"
	for _, l := range lines {
		text += l + "\r\n"
	}
	return judgeCase{name: name, send: text, got: got, calls: calls}
}

func soundJudgements() []judgeCase {
	return []judgeCase{
		sending("a token", "GET /p/x", "200", 1, "Authorization: all"),
		sending("again, out of the cache", "GET /p/y", "200", 0, "Authorization: all"),
		sending("of one method", "GET /p/one", "200", 1, "Authorization: one"),
		sending("two identity sources", "GET /pair?b=3", "200", 1, "A: 12"),
		sending("nothing is kept", "GET /fresh", "200", 1, "Authorization: all"),
		sending("nothing is kept, again", "GET /fresh", "200", 1, "Authorization: all"),
	}
}

// judgedTokens are requests whose token is missing, doubtful or not the one.
func judgedTokens() []judgeCase {
	const asked, not = 1, 0
	return []judgeCase{
		sending("none", "GET /p/x", "401", not),
		sending("empty", "GET /p/x", "401", not, "Authorization:"),
		sending("blank", "GET /p/x", "401", not, "Authorization:    "),
		sending("tabs", "GET /p/x", "401", not, "Authorization: \t\t"),
		sending("twice the same", "GET /p/x", "401", not, "Authorization: all", "Authorization: all"),
		sending("a good one behind a bad one", "GET /p/x", "401", not, "Authorization: bad", "Authorization: all"),
		sending("a bad one behind a good one", "GET /p/x", "401", not, "Authorization: all", "Authorization: bad"),
		sending("a good one behind an empty one", "GET /p/x", "401", not, "Authorization:", "Authorization: all"),
		sending("in another spelling, too", "GET /p/x", "401", not, "authorization: all", "AUTHORIZATION: all"),
		sending("in the query", "GET /p/x?Authorization=all", "401", not),
		sending("in a cookie", "GET /p/x", "401", not, "Cookie: Authorization=all"),
		sending("in a header like it", "GET /p/x", "401", not, "X-Authorization: all"),
		sending("in a header with an underscore", "GET /p/x", "401", not, "Author_ization: all"),
		sending("in Proxy-Authorization", "GET /p/x", "401", not, "Proxy-Authorization: all"),
		sending("in a header that Connection names", "GET /p/x", "200", not, "Authorization: all", "Connection: Authorization"),
		sending("in a trailer", "POST /p/x", "401", not, "Transfer-Encoding: chunked", "Trailer: Authorization", "", "0", "Authorization: all"),
		sending("in the body", "POST /p/x", "401", not, "Content-Length: 18", "", "Authorization: all"),
		sending("in capitals", "GET /p/x", "401", asked, "Authorization: ALL"),
		sending("longer", "GET /p/x", "401", asked, "Authorization: all2"),
		sending("shorter", "GET /p/x", "401", asked, "Authorization: al"),
		sending("with Bearer", "GET /p/x", "401", asked, "Authorization: Bearer all"),
		sending("with a comma", "GET /p/x", "401", asked, "Authorization: all,all"),
		sending("with a blank", "GET /p/x", "401", asked, "Authorization: all all"),
		sending("with a quote", "GET /p/x", "401", asked, `Authorization: all","methodArn":"x`),
		sending("with a backslash", "GET /p/x", "401", asked, `Authorization: all\`),
		sending("what is no UTF-8", "GET /p/x", "401", asked, "Authorization: all\xff"),
		sending("what is no UTF-8, another", "GET /p/x", "401", asked, "Authorization: all\xfe"),
		sending("a replacement character", "GET /p/x", "401", asked, "Authorization: all\uFFFD"),
		sending("a blank of Unicode", "GET /p/x", "401", not, "Authorization: \u00a0"),
		sending("a letter like it", "GET /p/x", "401", asked, "Authorization: \u0430ll"),
		sending("letters that compose", "GET /p/x", "401", asked, "Authorization: all\u0301"),
		sending("NUL", "GET /p/x", "400", not, "Authorization: all\x00"),
		sending("a line break", "GET /p/x", "400", not, "Authorization: all\r\n x"),
		sending("very long", "GET /p/x", "401", asked, "Authorization: "+strings.Repeat("all", 3000)),
		sending("a wildcard", "GET /p/x", "401", asked, "Authorization: *"),
		sending("a policy", "GET /p/x", "401", asked, "Authorization: "+strings.ReplaceAll(permit("Allow", "*"), "\n", " ")),
	}
}

// judgedExpressions are tokens that identityValidationExpression, which is [a-z]+, keeps
// from the function.
func judgedExpressions() []judgeCase {
	list := []judgeCase{sending("as it has to be", "GET /checked", "200", 1, "Authorization: all")}
	for _, token := range []string{"all1", "1all", "all all", "ALL", "all\xff", "Bearer all", "all$", "^all$", "all\u0301", "\u0430ll", "all.", "*"} {
		list = append(list, sending(token, "GET /checked", "401", 0, "Authorization: "+token))
	}
	return list
}

// judgedPaths are spellings of /p/admin, which the policy of the token denies.
func judgedPaths() []judgeCase {
	var list []judgeCase
	for _, path := range []string{
		"/p/admin", "/p/admin/", "//p/admin", "///p/admin/", "/p/%61dmin", "/%70/admin", "/p/%61%64%6D%69%6e", "/p/admi%6E/", "/p/admin%2F", "/p/x/admin", "/p/x%2Fadmin",
		"/p//admin", "/p/x//admin", "/p/admin?x=/y", "/p/admin?", "/p/%2Fadmin", "/p/%2fadmin/", "/p/a/../admin?", "/p/./admin",
	} {
		got := "403"
		if strings.Contains(path, "/.") {
			got = "400"
		}
		list = append(list, sending(path, "GET "+path, got, 0, "Authorization: all"))
	}
	for _, verb := range []string{"POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"} {
		list = append(list, sending(verb+" /p/admin", verb+" /p/admin", "403", 0, "Authorization: all"))
	}
	for _, path := range []string{"/p/Admin", "/p/admin2", "/p/admin/x", "/p/admi"} {
		list = append(list, sending(path+", which is another", "GET "+path, "200", 0, "Authorization: all"))
	}
	return list
}

// judgedMethods are methods that a kept answer does not speak of.
func judgedMethods() []judgeCase {
	list := []judgeCase{sending("the first call of all", "GET /p/a/b", "200", 1, "Authorization: methods")}
	for _, request := range []string{
		"GET /p/a", "GET /p/a/", "GET /p/a/b/", "GET /p/a/b/c", "GET /p/a%2Fb", "GET /p/A/b", "GET /p/a/%62", "POST /p/a/b", "HEAD /p/a/b", "GET /p/a//b", "GET /p/a/b%20", "GET /p/a/b;x", "GET /p/a/b%3F",
	} {
		list = append(list, sending(request, request, "403", 0, "Authorization: methods"))
	}
	return append(list,
		sending("another verb by a header", "GET /p/a/b", "403", 0, "Authorization: methods", "X-HTTP-Method-Override: POST"),
		sending("the verb by a header", "POST /p/a/b", "200", 0, "Authorization: methods", "X-HTTP-Method-Override: get"),
		sending("with a query", "GET /p/a/b?c=d", "200", 0, "Authorization: methods"),
		sending("a path that is too long for an ARN", "GET /p/"+strings.Repeat("x", 1600), "414", 0, "Authorization: methods"),
		sending("of the token of one method", "GET /p/two", "403", 0, "Authorization: one"),
		sending("of an authorizer that keeps nothing", "GET /fresh", "403", 1, "Authorization: one"),
	)
}

// judgedPairs are identity sources that are like those of an answer that is kept: 12 and 3.
func judgedPairs() []judgeCase {
	const asked, not = 1, 0
	return []judgeCase{
		sending("the same", "GET /pair?b=3", "200", not, "A: 12"),
		sending("they concatenate alike", "GET /pair?b=23", "401", asked, "A: 1"),
		sending("all in the first", "GET /pair?b=", "401", not, "A: 123"),
		sending("all in the second", "GET /pair?b=123", "401", not, "A:"),
		sending("the other way round", "GET /pair?b=12", "401", asked, "A: 3"),
		sending("the first is missing", "GET /pair?b=3", "401", not),
		sending("the second is missing", "GET /pair", "401", not, "A: 12"),
		sending("the second is blank", "GET /pair?b=%20", "401", not, "A: 12"),
		sending("the name in capitals", "GET /pair?B=3", "401", not, "A: 12"),
		sending("with a comma", "GET /pair?b=3", "401", asked, "A: 12,"),
		sending("with a comma for a border", "GET /pair?b=,3", "401", asked, "A: 1"),
		sending("a length in it", "GET /pair?b=3", "401", asked, "A: 2:12"),
		sending("NUL in it", "GET /pair?b=3%00", "401", asked, "A: 12"),
		sending("NUL for a border", "GET /pair?b=%0012", "401", asked, "A: 3"),
		sending("an escape", "GET /pair?b=%33", "200", not, "A: 12"),
		sending("a plus", "GET /pair?b=3+", "401", asked, "A: 12"),
		sending("a value too many", "GET /pair?b=4&b=3", "200", asked, "A: 12"),
		sending("another behind it", "GET /pair?b=3&b=4", "401", asked, "A: 12"),
		sending("an empty one behind it", "GET /pair?b=3&b=", "401", not, "A: 12"),
		sending("a header too many", "GET /pair?b=3", "401", asked, "A: 12", "A: 13"),
		sending("a header that changes places", "GET /pair?b=3", "401", asked, "A: 13", "A: 14"),
		sending("split by a semicolon", "GET /pair?b=3;b=5", "401", asked, "A: 12"),
	}
}

// judgedAnswers are answers of the function by which nobody gets in.
func judgedAnswers() []judgeCase {
	allow := permit("Allow", "*")
	answers := [][2]string{
		{"null", "null"}, {"text", `"Allow"`}, {"true", "true"}, {"a number", "200"}, {"a list", "[" + allow + "]"}, {"an empty object", "{}"},
		{"cut off", allow[:len(allow)-1]}, {"with more behind it", allow + "x"}, {"two of them", allow + allow}, {"in quotes", jsonText(allow)},
		{"of HTTP APIs", `{"isAuthorized": true}`}, {"of HTTP APIs, too", `{"isAuthorized": true, ` + allow[1:]},
		{"of a proxy integration", `{"statusCode": 200, "body": "ok"}`}, {"no policy", `{"principalId": "u"}`}, {"no principal", strings.Replace(allow, `"principalId": "u", `, "", 1)},
		{"principalId twice", strings.Replace(allow, "{", `{"principalId": "v", `, 1)}, {"the policy twice", strings.Replace(allow, "{", `{"policyDocument": {"Statement": []}, `, 1)},
		{"names in capitals", strings.Replace(allow, "policyDocument", "PolicyDocument", 1)}, {"Effect in capitals", strings.Replace(allow, `"Allow"`, `"ALLOW"`, 1)},
		{"Effect of a list", strings.Replace(allow, `"Allow"`, `["Allow"]`, 1)}, {"no Effect", strings.Replace(allow, `"Effect": "Allow", `, "", 1)},
		{"no Action", strings.Replace(allow, `"Action": "execute-api:Invoke", `, "", 1)}, {"no Resource", strings.Replace(allow, `, "Resource": "*"`, "", 1)},
		{"a Principal", strings.Replace(allow, `"Effect"`, `"Principal": "*", "Effect"`, 1)}, {"an unknown element", strings.Replace(allow, `"Effect"`, `"Unless": "x", "Effect"`, 1)},
		{"an unknown version", strings.Replace(allow, "2012-10-17", "2030-01-01", 1)}, {"an unknown condition", strings.Replace(allow, `"Effect"`, `"Condition": {"Sometimes": {"aws:SourceIp": "0.0.0.0/0"}}, "Effect"`, 1)},
		{"an unknown key", strings.Replace(allow, `"Effect"`, `"Condition": {"StringNotEquals": {"aws:Moon": "full"}}, "Effect"`, 1)},
		{"a Deny with an unknown key", strings.Replace(allow, `}]}}`, `}, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:Moon": "full"}}}]}}`, 1)},
		{"a Resource of 600 characters", permit("Allow", judgeARN+strings.Repeat("*", 600))}, {"a Resource that is no ARN", permit("Allow", "/p/x")},
		{"the short form of an ARN", permit("Allow", "execute-api:/*")}, {"context with an object", strings.Replace(allow, "{", `{"context": {"a": {"b": "c"}}, `, 1)},
		{"context with a list", strings.Replace(allow, "{", `{"context": {"a": [1]}, `, 1)}, {"context that is a list", strings.Replace(allow, "{", `{"context": [], `, 1)},
		{"a key of an object", strings.Replace(allow, "{", `{"usageIdentifierKey": {}, `, 1)}, {"what is no UTF-8", strings.Replace(allow, `"u"`, "\"\xff\"", 1)},
		{"nested deeply", strings.Replace(allow, `"*"}`, strings.Repeat("[", 5000)+`"*"`+strings.Repeat("]", 5000)+"}", 1)}, {"200 KB", allow + strings.Repeat(" ", 200<<10)},
		{"an error", `{"errorMessage": "boom", "errorType": "Error"}`}, {"an error with a policy", strings.Replace(allow, "{", `{"errorMessage": "boom", "errorType": "Error", `, 1)},
		{"HTML", "<html>ok</html>"},
	}
	var list []judgeCase
	for _, a := range answers {
		list = append(list, judgeCase{name: a[0], send: "GET /p/x\n", answer: a[1], got: "500", calls: 1})
	}
	for _, a := range [][2]string{
		{"a Deny", permit("Deny", "*")}, {"a Deny beside an Allow", strings.Replace(allow, `}]}}`, `}, {"Effect": "Deny", "Action": "execute-api:*", "Resource": "*"}]}}`, 1)},
		{"of another stage", permit("Allow", strings.Replace(judgeARN, "/prod/", "/dev/", 1)+"*")}, {"of another API", permit("Allow", strings.Replace(judgeARN, ":sec/", ":se/", 1)+"*")},
		{"of another account", permit("Allow", strings.Replace(judgeARN, "000000000000", "111111111111", 1)+"*")}, {"of another region", permit("Allow", strings.Replace(judgeARN, "us-east-1", "us-east-2", 1)+"*")},
		{"of another service", permit("Allow", "arn:aws:s3:::*")}, {"of another action", strings.Replace(allow, "execute-api:Invoke", "execute-api:ManageConnections", 1)},
		{"of another path", permit("Allow", judgeARN+"GET/p/y")}, {"of the path without its verb", permit("Allow", judgeARN+"p/x")}, {"of a path in capitals", permit("Allow", judgeARN+"GET/P/X")},
		{"of part of the path", permit("Allow", judgeARN+"GET/p")}, {"no statements", `{"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": []}}`},
		{"for another address", strings.Replace(allow, `"Effect"`, `"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "Effect"`, 1)},
		{"for another time", strings.Replace(allow, `"Effect"`, `"Condition": {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, "Effect"`, 1)},
	} {
		list = append(list, judgeCase{name: a[0], send: "GET /p/x\n", answer: a[1], got: "403", calls: 1})
	}
	return append(list, judgeCase{name: "the error Unauthorized", send: "GET /p/x\n", answer: `{"errorMessage": "Unauthorized", "errorType": "Error"}`, got: "401", calls: 1})
}

// judgedStatuses are statuses of the function's own that come with a policy.
func judgedStatuses() []judgeCase {
	var list []judgeCase
	for _, status := range []string{"201", "202", "204", "206", "301", "302", "304", "400", "401", "403", "404", "408", "413", "429", "500", "502", "503", "504"} {
		list = append(list, judgeCase{name: status, send: "GET /p/x\n", answer: status + "|" + permit("Allow", "*"), got: "500", calls: 1})
	}
	return list
}
