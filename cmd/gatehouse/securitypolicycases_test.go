package main

import "strings"

// A policyCase is a call of an API whose resource policy is to keep it out, or in, and
// what becomes of it. Calls come from 127.0.0.1, which is a trusted proxy of the gateway
// unless direct is set.
type policyCase struct {
	name   string
	api    string // one of policyAPIs
	call   string // verb and path within the stage prod
	lines  string // header lines with \n between them; {host} in them is Host's
	got    string // "" is 403
	direct bool   // to a gateway that trusts no proxy
}

// A policyGroup is cases of one kind.
type policyGroup struct {
	name  string
	cases []policyCase
}

// policyAPIs are the policies of the APIs, by id. Each has the methods GET and POST of
// /admin and /pets, and ANY of all paths.
var policyAPIs = map[string]string{
	"deny":      `Allow *; Deny execute-api:/prod/GET/admin; Deny execute-api:/prod/*/secret/*; Deny execute-api:/prod/GET/docs/a%2Cb; Deny execute-api:/prod/GET/docs/%C3%A9`,
	"allow":     `Allow execute-api:/prod/GET/pets; Allow execute-api:/prod/GET/pets/*; Allow execute-api:/prod/POST/pets`,
	"except":    `Allow! execute-api:/prod/GET/admin`,
	"only":      `Allow *; Deny! execute-api:/prod/GET/pets`,
	"bare":      `Allow arn:aws:execute-api:us-east-1:000000000000:bare`,
	"other":     `Allow arn:aws:execute-api:us-east-1:000000000000:allow/*`,
	"stage":     `Allow execute-api:/dev/*; Allow execute-api:/PROD/*; Allow execute-api:/pro/*`,
	"single":    `Allow execute-api:/????/GET/?ets`,
	"office":    `Allow * {"IpAddress": {"aws:SourceIp": ["10.1.0.0/16", "2001:db8:1::/48"]}}`,
	"blocked":   `Allow *; Deny * {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8:bad::/48"]}}`,
	"inside":    `Allow *; Deny * {"NotIpAddress": {"aws:SourceIp": "10.1.0.0/16"}}`,
	"referer":   `Allow * {"StringLike": {"aws:Referer": "https://shop.example/*"}}`,
	"agent":     `Allow *; Deny * {"StringLike": {"aws:UserAgent": "*bot*"}}`,
	"secure":    `Allow *; Deny * {"Bool": {"aws:SecureTransport": "false"}}`,
	"variable":  `Allow execute-api:/prod/GET/home/${aws:Referer}/*; Deny execute-api:/prod/GET/home/${aws:UserAgent}/key`,
	"vpce":      `Allow * {"StringEquals": {"aws:SourceVpce": "vpce-1"}}`,
	"vpceif":    `Allow * {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}`,
	"vpcenot":   `Allow *; Deny * {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}`,
	"null":      `Allow * {"Null": {"aws:Referer": "false"}}`,
	"notnull":   `Allow * {"Null": {"aws:Referer": "true"}}`,
	"every":     `Allow * {"ForAllValues:StringEquals": {"aws:Referer": "https://shop.example/"}}`,
	"any":       `Allow * {"ForAnyValue:StringEquals": {"aws:Referer": "https://shop.example/"}}`,
	"past":      `Allow * {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}`,
	"present":   `Allow * {"DateGreaterThan": {"aws:EpochTime": "1577836800"}}`,
	"signed":    `Allow * {"StringLike": {"aws:PrincipalArn": "*"}}`,
	"named":     `Allow * {"StringLike": {"aws:username": "*"}}`,
	"mfa":       `Allow *; Deny * {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`,
	"source":    `Allow * {"ArnLike": {"aws:SourceArn": "*"}}`,
	"private":   `Allow * {"StringEquals": {"aws:SourceVpce": "vpce-1"}}`,
	"privateip": `Allow * {"IpAddress": {"aws:VpcSourceIp": "10.1.0.0/16"}}`,
	"privateno": `Allow *; Deny * {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`,
}

// policyDocument writes out a policy of the table.
func policyDocument(short string) string {
	var statements []string
	for part := range strings.SplitSeq(short, "; ") {
		effect, rest, _ := strings.Cut(part, " ")
		resource, condition, conditional := strings.Cut(rest, " ")
		member := "Resource"
		if strings.HasSuffix(effect, "!") {
			member = "NotResource"
		}
		s := `{"Effect": "` + strings.TrimSuffix(effect, "!") + `", "Principal": "*", "Action": "execute-api:Invoke", "` + member + `": "` + resource + `"`
		if conditional {
			s += `, "Condition": ` + condition
		}
		statements = append(statements, s+"}")
	}
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
}

// callsOf makes a case of each call of an API.
func callsOf(api, got string, list ...string) (out []policyCase) {
	for _, call := range list {
		out = append(out, policyCase{name: api, api: api, call: call, got: got})
	}
	return out
}

// sends makes a case of each set of header lines of a GET of /pets.
func sends(api, got string, list ...string) (out []policyCase) {
	for _, lines := range list {
		out = append(out, policyCase{name: api, api: api, call: "GET /pets", lines: lines, got: got})
	}
	return out
}

// froms makes a case of each client's address, as a trusted proxy says it.
func froms(api, got string, list ...string) []policyCase {
	for i := range list {
		list[i] = "X-Forwarded-For: " + list[i]
	}
	return sends(api, got, list...)
}

// policyGroups are all cases.
func policyGroups() []policyGroup {
	join := func(lists ...[]policyCase) (out []policyCase) {
		for _, l := range lists {
			out = append(out, l...)
		}
		return out
	}
	return []policyGroup{
		{"a path that is denied, spelled otherwise", join(
			callsOf("deny", "", "GET /admin", "GET /admin/", "GET //admin", "GET ///admin/", "GET /%61dmin", "GET /%61%64%6d%69%6e", "GET /%61%64%6D%69%6E/", "GET /admin?x=1", "GET /admin/?", "GET /admi%6E?/x",
				"GET /secret/x", "POST /secret/x", "GET /secret/", "GET /secret//x", "GET /secret%2Fx", "GET /secret%2fx", "GET /s%65cret/x", "GET /%73ecret%2f", "GET /%73ecret/", "POST /s%65cret//", "GET //%73ecret/", "DELETE /secret/a/b/c", "HEAD /secret/x",
				"GET /docs/a,b", "GET /docs/a%2Cb", "GET /docs/a%2cb", "GET /docs/%61%2cb", "GET /docs/a,b/", "GET /docs/%C3%A9", "GET /docs/%c3%a9", "GET /docs/é"),
			callsOf("except", "", "GET /admin", "GET /admin/", "GET //admin", "GET /%61dmin", "GET /%61dmin/"),
			callsOf("only", "", "GET /admin", "GET /pets/", "GET /%70ets", "GET /pets/x", "POST /pets", "GET /pets%2F"),
		)},
		{"a path that two readers could take for another", join(
			callsOf("deny", "400", "GET /x/../admin", "GET /./admin", "GET /x/%2e%2e/admin", "GET /x/%2E./admin", "GET /%zz", "GET /admin%"),
			callsOf("allow", "400", "GET /pets/../admin", "GET /pets/%2e%2e/admin", "GET /pets/."),
		)},
		{"a path that is another one", join(
			callsOf("deny", "200", "GET /Admin", "GET /ADMIN", "GET /admin;x=1", "GET /admin;", "GET /admin%3B", "GET /admin%00", "GET /admin%20", "GET /administrator", "GET /x/admin", "GET /admin%2Fx", "GET /%2561dmin", "GET /ａdmin", "GET /x//admin", `GET /x\admin`, "GET /docs/a%252Cb", "GET /Secret/x"),
		)},
		{"a path that is allowed, and its neighbours", join(
			callsOf("allow", "200", "GET /pets", "POST /pets", "GET /pets/7", "GET /pets/7/", "GET /pets/a%2Fb", "GET /pets/", "GET /pets/%2e%2e%2fadmin"),
			callsOf("allow", "", "GET /admin", "GET /pet", "GET /petsy", "GET /%70ets", "GET /p%65ts/7", "GET /PETS", "GET /pets;x", "GET /pets%2F7", "GET /x/pets", "GET /x//GET/pets/7", "GET /", "GET //", "DELETE /pets", "POST /pets/", "POST /pets/7", "GET /GET/pets"),
			callsOf("single", "200", "GET /pets", "GET /bets"), callsOf("single", "", "GET /etss", "GET /ppets", "GET /pets/", "GET /%70ets", "POST /pets", "GET //ets"),
		)},
		{"an ARN that is not the method's", join(
			callsOf("bare", "", "GET /pets", "GET /", "GET /admin"), callsOf("other", "", "GET /pets", "POST /admin"), callsOf("stage", "", "GET /pets", "POST /pets", "GET /dev/GET/pets", "GET /"),
		)},
		{"a verb", join(
			callsOf("allow", "", "OPTIONS /pets", "HEAD /pets", "PUT /pets", "PATCH /pets", "TRACE /pets", "get /pets", "Get /pets", "GETS /pets"),
			sends("allow", "", "X-HTTP-Method-Override: DELETE", "X-HTTP-Method-Override: OPTIONS", "x-http-method-override: delete", "X-HTTP-Method-Override: HEAD", "X-HTTP-Method-Override: GET/pets/POST"),
			sends("allow", "200", "X-HTTP-Method-Override: POST", "X-HTTP-Method-Override: post", "X-Method-Override: DELETE", "X-HTTP-Method: DELETE"),
			[]policyCase{
				{name: "deny", api: "deny", call: "POST /admin", lines: "X-HTTP-Method-Override: GET"},
				{name: "deny", api: "deny", call: "OPTIONS /admin/", lines: "X-HTTP-Method-Override: get"},
				{name: "deny", api: "deny", call: "GET /admin", lines: "X-HTTP-Method-Override: POST", got: "200"},
			},
		)},
		{"an address", join(
			froms("office", "200", "10.1.2.3", "10.1.2.3:5555", "::ffff:10.1.2.3", "[::ffff:10.1.2.3]:80", "2001:db8:1::7", "2001:DB8:0001:0:0::7", "[2001:db8:1::7]:443", "192.0.2.9, 10.1.2.3", "10.1.2.3, 127.0.0.1", " 10.1.2.3\t"),
			froms("office", "", "10.2.0.1", "10.1.2.3, 192.0.2.9", "10.1.2.3,192.0.2.9,127.0.0.1", "10.1.2.3, unknown", "010.1.2.3", "10.1.2", "10.1.2.3.4", "0x0a010203", "167838211", "10.1.2.3%eth0", "::10.1.2.3", "2002:0a01:0203::", "64:ff9b::10.1.2.3", "2001:db8:2::7", "", "_hidden", "10.1.2.3, ", "10.1.2.3;", "\"10.1.2.3\"", "１０.1.2.3"),
			froms("blocked", "", "192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:207", "0:0:0:0:0:ffff:192.0.2.7", "[::ffff:192.0.2.7]:99", "2001:db8:bad::1", "2001:0DB8:0bad:0000::1", "10.1.2.3, 192.0.2.7", "192.0.2.7:80", "192.0.2.7, 127.0.0.1", "2001:db8:bad::1%25eth0, 2001:db8:bad::1"),
			froms("blocked", "200", "198.51.100.7", "192.0.2.7, 198.51.100.7"),
			froms("inside", "", "10.2.0.1", "::ffff:10.2.0.1", "192.0.2.7", "2001:db8:1::7", "10.1.2.3, 10.2.0.1", "nobody"), froms("inside", "200", "10.1.0.1", "::ffff:10.1.0.1"),
			sends("office", "", "", "X-Real-IP: 10.1.2.3", "Forwarded: for=10.1.2.3", "X-Client-IP: 10.1.2.3", "True-Client-IP: 10.1.2.3", "CF-Connecting-IP: 10.1.2.3", "X_Forwarded_For: 10.1.2.3", "X-Forwarded-For-: 10.1.2.3", "X-Forwarded-For: 192.0.2.9\nX-Real-IP: 10.1.2.3", "X-Forwarded-For: 10.1.2.3\nX-Forwarded-For: 192.0.2.9", "X-Forwarded-For: 192.0.2.9\nForwarded: for=10.1.2.3"),
			sends("office", "200", "X-Forwarded-For: 192.0.2.9\nX-Forwarded-For: 10.1.2.3"),
			[]policyCase{
				{name: "office", api: "office", call: "GET /pets", lines: "X-Forwarded-For: 10.1.2.3", direct: true},
				{name: "inside", api: "inside", call: "GET /pets", lines: "X-Forwarded-For: 10.1.2.3", direct: true},
				{name: "blocked", api: "blocked", call: "GET /pets", lines: "X-Forwarded-For: 192.0.2.7", got: "200", direct: true},
			},
		)},
		{"a transport", join(
			sends("secure", "", "", "X-Forwarded-Proto: http", "X-Forwarded-Proto: HTTPS", "X-Forwarded-Proto: https, http", "X-Forwarded-Proto: wss", "X-Forwarded-Ssl: on", "Front-End-Https: on", "X-Forwarded-Proto: https\nX-Forwarded-Proto: http", "Forwarded: proto=https"),
			sends("secure", "200", "X-Forwarded-Proto: https"),
			[]policyCase{{name: "secure", api: "secure", call: "GET /pets", lines: "X-Forwarded-Proto: https", direct: true}},
		)},
		{"what a client says of itself", join(
			sends("referer", "", "", "Referer:", "Referer: https://shop.example", "Referer: https://shop.example.evil/", "Referer: HTTPS://shop.example/x", "Referer: x https://shop.example/", "Referrer: https://shop.example/x", "Referer: https://shop.example/x\nReferer: https://evil.example/"),
			sends("referer", "200", "Referer: https://shop.example/x", "referer: https://shop.example/", "Referer: https://evil.example/\nReferer: https://shop.example/x"),
			sends("agent", "", "User-Agent: bot", "User-Agent: Mozilla/5.0 (compatible; evilbot/1)", "user-agent: bot", "User-Agent: x\nUser-Agent: bot"),
			sends("agent", "200", "", "User-Agent: Bot", "User-Agent: curl/8"),
		)},
		{"a policy variable", []policyCase{
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: ann", got: "200"},
			{name: "variable", api: "variable", call: "GET /home/ann/x"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer:"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: *"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: a?n"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: ${*}"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: ${aws:Referer}"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: \xff"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: \xfd!"},
			{name: "variable", api: "variable", call: "GET /home/ann/x", lines: "Referer: bob"},
			{name: "variable", api: "variable", call: "GET /home/ann/key", lines: "Referer: ann\nUser-Agent: ann"},
			{name: "variable", api: "variable", call: "GET /home/%61nn/key", lines: "Referer: %61nn\nUser-Agent: ann"},
			{name: "variable", api: "variable", call: "GET /home/ann/key", lines: "Referer: ann\nUser-Agent: *", got: "200"},
		}},
		{"a key that the call has not", join(
			sends("vpce", "", "", "X-Forwarded-For: 10.1.2.3", "X-Vpce-Id: vpce-1", "X-Amz-Vpc-Endpoint: vpce-1", "aws:SourceVpce: vpce-1", "X-Amzn-Vpce-Id: vpce-1\nX-Amzn-Vpce-Config: 1", "Host: vpce-vpce-1.execute-api.localhost\nx-apigw-api-id: vpce"),
			sends("vpcenot", "", "", "X-Forwarded-For: 10.1.2.3"), sends("vpceif", "200", ""),
			sends("null", "", ""), sends("null", "200", "Referer: x", "Referer:"), sends("notnull", "200", ""), sends("notnull", "", "Referer: x", "Referer:"),
			sends("every", "200", "", "Referer: https://shop.example/"), sends("every", "", "Referer: https://evil.example/"),
			sends("any", "", "", "Referer: https://evil.example/"), sends("any", "200", "Referer: https://shop.example/"),
			sends("past", "", "", "Date: Tue, 01 Jan 2019 00:00:00 GMT", "X-Amz-Date: 20190101T000000Z"), sends("present", "200", ""),
			sends("signed", "", "", "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00"),
			sends("named", "", "", "X-Amzn-User: alice"), sends("mfa", "", ""), sends("source", "", "", "X-Amz-Source-Arn: arn:aws:lambda:us-east-1:000000000000:function:f"),
		)},
		{"a private API", join(
			froms("private", "200", "10.1.2.3", "::ffff:10.1.2.3", "192.0.2.9, 10.1.2.3"),
			froms("private", "", "10.2.0.1", "192.0.2.9", "10.1.2.3, 192.0.2.9", "nobody", ""),
			sends("private", "", "", "X-Vpce-Id: vpce-1", "Host: private-vpce-1.execute-api.localhost", "Host: vpce-1.execute-api.localhost\nx-apigw-api-id: private", "X-Real-IP: 10.1.2.3", "X-Forwarded-For: 10.2.0.1\nHost: private-vpce-1.execute-api.localhost", "X-Forwarded-For: 10.1.2.3\nHost: private-vpce-2.execute-api.localhost", "X-Forwarded-For: 10.1.2.3\nHost: private-vpce-1.execute-api.localhost"),
			sends("private", "200", "X-Forwarded-For: 10.1.2.3\nHost: vpce-1-x.execute-api.localhost\nx-apigw-api-id: private", "X-Forwarded-For: 10.1.2.3\nHost: vpce-9.execute-api.localhost\nx-apigw-api-id: PRIVATE"),
			sends("private", "404", "X-Forwarded-For: 10.1.2.3\nHost: vpce-1.execute-api.localhost\nx-apigw-api-id: private\nx-apigw-api-id: vpce", "X-Forwarded-For: 10.1.2.3\nHost: vpce-1.execute-api.localhost", "X-Forwarded-For: 10.1.2.3\nHost: vpce-1.execute-api.localhost\nx-apigw-api-id: private/prod"),
			froms("privateip", "200", "10.1.2.3"), froms("privateip", "", "10.3.0.1", "10.2.0.1", "10.1.2.3, 10.2.0.1"), froms("privateno", "", "10.1.2.3", "10.2.0.1"),
			[]policyCase{
				{name: "private", api: "private", call: "GET /pets", lines: "X-Forwarded-For: 10.1.2.3", direct: true},
				{name: "private", api: "private", call: "GET /pets", lines: "Host: private-vpce-1.execute-api.localhost", direct: true},
			},
		)},
	}
}
