package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// A domainCase is a request, byte for byte, and what becomes of it.
type domainCase struct {
	name string
	send string // its request line and headers, with \n for the ends of lines
	got  string // status and body
}

// What domain cases have for answers.
const (
	noDomain    = `403 {"message":"Host \"%s\" is not a name of this server; start it with --allow-host to make it one"}`
	notAllowed  = `403 {"message":"Forbidden"}`
	notARequest = "400 {\"message\":\"Bad Request\"}"
)

// domainCases are requests to a server whose two planes share a port, which goes by
// gatehouse.example.com. The root of api.example.com leads to the API open, and its
// base path admin to inner; *.wild.example.com and *.example.com lead to open, too, and
// the default endpoint of inner is disabled.
func domainCases() []domainCase {
	get := func(name, host, target, got string) domainCase {
		return domainCase{name, "GET " + target + " HTTP/1.1\nHost: " + host + "\n\n", got}
	}
	open := func(path, host string) string {
		resource := "/{proxy+}"
		if path == "/" {
			resource = "/"
		}
		return "200 open " + path + " " + resource + " " + host
	}
	const api = "api.example.com"
	return []domainCase{
		get("a host in upper case", "API.Example.COM", "/admin/x", "200 inner /admin/x /{proxy+} API.Example.COM"),
		get("a host with a port", "api.example.com:8443", "/admin/x", "200 inner /admin/x /{proxy+} api.example.com:8443"),
		get("a host with a dot at its end", "api.example.com.", "/admin/x", "200 inner /admin/x /{proxy+} api.example.com."),
		get("a host with two dots at its end", "api.example.com..", "/x", fmt.Sprintf(noDomain, "api.example.com..")),
		get("a host with two ports", "api.example.com:80:90", "/admin/x", fmt.Sprintf(noDomain, "api.example.com:80:90")),
		get("a host that begins with the name", "api.example.com.evil.test", "/x", fmt.Sprintf(noDomain, "api.example.com.evil.test")),
		get("a host that ends in the name", "xapi.example.org", "/x", fmt.Sprintf(noDomain, "xapi.example.org")),
		get("the wildcard itself as host", "*.wild.example.com", "/x", fmt.Sprintf(noDomain, "*.wild.example.com")),
		get("an empty label before a wildcard", ".wild.example.com", "/x", fmt.Sprintf(noDomain, ".wild.example.com")),
		get("an empty label in the midst", "a..wild.example.com", "/x", fmt.Sprintf(noDomain, "a..wild.example.com")),
		get("the name below a wildcard", "wild.example.com", "/x", open("/x", "wild.example.com")),
		get("several labels for a wildcard", "a.b.wild.example.com", "/x", open("/x", "a.b.wild.example.com")),
		get("escapes in a host", "api%2eexample%2ecom", "/x", fmt.Sprintf(noDomain, "api%2eexample%2ecom")),
		get("letters outside ASCII in a host", "\u212api.example.com", "/x", notARequest),
		get("letters of an IDN in a host", "xn--bcher-kva.wild.example.com", "/x", open("/x", "xn--bcher-kva.wild.example.com")),
		get("a user before the host", "api.example.com@evil.test", "/x", notARequest),
		{"two hosts", "GET /x HTTP/1.1\nHost: api.example.com\nHost: evil.test\n\n", notARequest},
		{"a host in the target that is another", "GET http://api.example.com/admin/x HTTP/1.1\nHost: evil.test\n\n", notARequest},
		{"the host that a proxy has had", "GET /admin/x HTTP/1.1\nHost: evil.test\nX-Forwarded-Host: api.example.com\nForwarded: host=api.example.com\n\n", fmt.Sprintf(noDomain, "evil.test")},
		{"no host", "GET /admin/x HTTP/1.0\n\n", `403 {"message":"Missing Authentication Token"}`},

		get("a base path", api, "/admin/x", "200 inner /admin/x /{proxy+} "+api),
		get("a base path alone", api, "/admin", "200 inner /admin / "+api),
		get("more slashes before a base path", api, "///admin/x", "200 inner ///admin/x /{proxy+} "+api),
		get("more slashes behind a base path", api, "/admin//x", "200 inner /admin//x /{proxy+} "+api),
		get("an escaped slash behind a base path", api, "/admin%2Fx", open("/admin%2Fx", api)),
		get("an escaped slash before a base path", api, "/%2Fadmin/x", open("/%2Fadmin/x", api)),
		get("an escaped letter of a base path", api, "/%61dmin/x", open("/%61dmin/x", api)),
		get("a base path in upper case", api, "/Admin/x", open("/Admin/x", api)),
		get("what goes on behind a base path", api, "/administrator", open("/administrator", api)),
		get("parameters behind a base path", api, "/admin;a=b/x", open("/admin;a=b/x", api)),
		get("a backslash before a base path", api, `/\admin/x`, open(`/\admin/x`, api)),
		get("a dot segment before a base path", api, "/./admin/x", notARequest),
		get("a way out of another path into a base path", api, "/x/../admin/x", notARequest),
		get("a way out of a base path", api, "/admin/../x", notARequest),
		get("an escaped way out of a base path", api, "/admin/%2e%2e/x", notARequest),
		get("a base path in the query", api, "/?/admin/x", open("/", api)),
		get("the stage in the path of a mapping that has one", api, "/admin/prod/x", "200 inner /admin/prod/x /{proxy+} "+api),

		get("the disabled endpoint of an API with a domain name", "inner.execute-api.localhost", "/prod/x", notAllowed),
		get("the same by the form of a path", "localhost", "/_aws/execute-api/inner/prod/x", notAllowed),
		get("the form of a path at a domain name", api, "/_aws/execute-api/inner/prod/x", open("/_aws/execute-api/inner/prod/x", api)),
		get("the other form of a path at a domain name", api, "/restapis/inner/prod/_user_request_/x", open("/restapis/inner/prod/_user_request_/x", api)),
		get("the control plane at a domain name", api, "/restapis", open("/restapis", api)),
		{"a page of the server at a domain name", "POST /_gatehouse/reset HTTP/1.1\nHost: api.example.com\nContent-Length: 0\n\n", open("/_gatehouse/reset", api)},
		{"another API by a header", "GET /x HTTP/1.1\nHost: api.example.com\nx-apigw-api-id: inner\n\n", open("/x", api)},
		get("the server's own name below a wildcard", "gatehouse.example.com", "/x", `403 {"message":"Missing Authentication Token"}`),
		get("localhost", "localhost", "/x", `403 {"message":"Missing Authentication Token"}`),
		get("an address", "127.0.0.1", "/x", `403 {"message":"Missing Authentication Token"}`),
	}
}

// ruleCases are requests to rules.example.com, whose paths below admin lead to inner where
// a line of X-Role begins with admin- and X-Team ends in ops, and else to open; and to
// levels.example.com, whose base path admin/v1 leads to inner and the rest to open.
func ruleCases() []domainCase {
	ask := func(name, target, lines, got string) domainCase {
		return domainCase{name, "GET " + target + " HTTP/1.1\nHost: rules.example.com\n" + lines + "\n", got}
	}
	level := func(name, target, got string) domainCase {
		return domainCase{name, "GET " + target + " HTTP/1.1\nHost: levels.example.com\n\n", got}
	}
	const both = "X-Role: admin-1\nX-Team: dev-ops\n"
	open := func(path, host string) string { return "200 open " + path + " /{proxy+} " + host }
	inner := func(path, host string) string { return "200 inner " + path + " /{proxy+} " + host }
	const rules, levels = "rules.example.com", "levels.example.com"
	return []domainCase{
		ask("a rule", "/admin/x", both, inner("/admin/x", rules)),
		ask("a rule, the names of headers in other letters", "/admin/x", "x-ROLE: admin-1\nX-TEAM: ops\n", inner("/admin/x", rules)),
		ask("a rule, a value in other letters", "/admin/x", "X-Role: Admin-1\nX-Team: ops\n", open("/admin/x", rules)),
		ask("a rule, one header of two", "/admin/x", "X-Role: admin-1\n", open("/admin/x", rules)),
		ask("a rule, a wildcard sent as a value", "/admin/x", "X-Role: *\nX-Team: *\n", open("/admin/x", rules)),
		ask("a rule, one of several lines", "/admin/x", "X-Role: none\n"+both, inner("/admin/x", rules)),
		ask("a rule, a value behind a comma", "/admin/x", "X-Role: none, admin-1\nX-Team: ops\n", open("/admin/x", rules)),
		ask("a rule, a header with a space before its colon", "/admin/x", "X-Role : admin-1\nX-Team: ops\n", notARequest),
		ask("a rule, an underscore for a hyphen", "/admin/x", "X_Role: admin-1\nX_Team: ops\n", open("/admin/x", rules)),
		ask("a rule, its base path in other letters", "/Admin/x", both, open("/Admin/x", rules)),
		ask("a rule, an escaped letter of its base path", "/%61dmin/x", both, open("/%61dmin/x", rules)),
		ask("a rule, an escaped slash behind its base path", "/admin%2Fx", both, open("/admin%2Fx", rules)),
		ask("a rule, what goes on behind its base path", "/administrator", both, open("/administrator", rules)),
		ask("a rule, more slashes before its base path", "//admin/x", both, inner("//admin/x", rules)),
		ask("a rule, a way out of another path into its base path", "/x/../admin/x", both, notARequest),
		level("a base path of two levels", "/admin/v1/x", inner("/admin/v1/x", levels)),
		level("its first level alone", "/admin/x", open("/admin/x", levels)),
		level("an escaped slash between levels", "/admin%2Fv1/x", open("/admin%2Fv1/x", levels)),
		level("two slashes between levels", "/admin//v1/x", open("/admin//v1/x", levels)),
		level("what goes on behind the last level, as AWS takes it", "/admin/v1x", inner("/admin/v1x", levels)),
		level("a way out of a base path of two levels", "/admin/v1/../x", notARequest),
	}
}

// ruledDomains makes the domain names of ruleCases.
func ruledDomains(t *testing.T, c *apigateway.Client, url string) {
	t.Helper()
	v2 := sdkV2(url)
	for _, name := range []string{"rules.example.com", "levels.example.com"} {
		domainName(t, c, name, "")
		mapped(t, c, name, "(none)", "open", "prod")
	}
	if _, err := v2.CreateApiMapping(t.Context(), &apigatewayv2.CreateApiMappingInput{DomainName: aws.String("levels.example.com"), ApiId: aws.String("inner"), Stage: aws.String("prod"), ApiMappingKey: aws.String("admin/v1")}); err != nil {
		t.Fatal(err)
	}
	routingMode(t, c, "rules.example.com", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")
	ruleOf{priority: 1, api: "inner", header: "x-role=admin-*", second: "X-Team=*ops", base: "admin"}.create(t, v2, "rules.example.com")
}

// TestSecurityDomains sends the cases, and tries to make domain names that would take
// the requests of others.
func TestSecurityDomains(t *testing.T) {
	t.Parallel()
	_, c, url := launchWith(t, t.TempDir(), "in-memory: true\nallow-host: [gatehouse.example.com]\n")
	namedAPI(t, c, "open", "")
	namedAPI(t, c, "inner", disabledEndpoint)
	for _, name := range []string{"api.example.com", "*.wild.example.com", "*.example.com"} {
		domainName(t, c, name, "")
		mapped(t, c, name, "(none)", "open", "prod")
	}
	mapped(t, c, "api.example.com", "admin", "inner", "prod")
	ruledDomains(t, c, url)
	for _, tt := range slices.Concat(domainCases(), ruleCases()) {
		t.Run(tt.name, func(t *testing.T) {
			if got := askRaw(t, strings.TrimPrefix(url, "http://"), strings.ReplaceAll(tt.send, "\n", "\r\n")); got != tt.got {
				t.Errorf("got %s, want %s", got, tt.got)
			}
		})
	}
	for _, name := range []string{
		"inner.execute-api.us-east-1.amazonaws.com", "inner.execute-api.localhost", "*.execute-api.localhost", "apigateway.us-east-1.amazonaws.com", "localhost", "api.localhost", "*.localhost",
		"127.0.0.1", "gatehouse.example.com", "localhost.localstack.cloud",
	} {
		_, err := c.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{DomainName: &name, CertificateArn: aws.String(aCertificate + "0")})
		if !strings.Contains(fmt.Sprint(err), "BadRequestException: Invalid domain name specified: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
