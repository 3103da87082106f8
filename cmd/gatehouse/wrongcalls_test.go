package main

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// A wrongCall is a request to the control plane's port, with all that its answer says.
type wrongCall struct {
	method, path, body string
	header             string // NAME: value
	status             int
	want               string // in the body
}

// wrongCalls are those whose words are ours; those of API Gateway's own operations are
// AWS's, and tested where they are.
var wrongCalls = map[string]wrongCall{
	"a page that is none":        {"GET", "/_gatehouse/nope", "", "", 404, `{"message":"no page at \"/_gatehouse/nope\""}`},
	"another site":               {"GET", "/restapis", "", "Origin: https://evil.example", 403, `Origin \"https://evil.example\" may not call this server; start it with --allow-origin to let it`},
	"another site, unnamed":      {"GET", "/restapis", "", "Sec-Fetch-Site: cross-site", 403, `a web page of another site may not call this server`},
	"another name":               {"GET", "/restapis", "", "Host: evil.example", 403, `Host \"evil.example\" is not a name of this server; start it with --allow-host to make it one`},
	"DynamoDB":                   {"POST", "/", "{}", "X-Amz-Target: DynamoDB_20120810.ListTables", 501, "This server speaks " + spokenServices + `, not DynamoDB_20120810: let AWS_ENDPOINT_URL_API_GATEWAY name it, and not AWS_ENDPOINT_URL, or start it with --upstream`},
	"S3":                         {"GET", "/", "", "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00", 501, "This server speaks " + spokenServices + `, not s3`},
	"an operation that is none":  {"GET", "/nothing", "", "", 403, `Missing Authentication Token`},
	"no name":                    {"POST", "/restapis", `{}`, "", 400, `Value null at 'createRestApiInput.name' failed to satisfy constraint: Member must not be null`},
	"a name that is a number":    {"POST", "/restapis", `{"name":1}`, "", 400, `can not be converted to an String`},
	"an API that is none":        {"GET", "/restapis/nope", "", "", 404, `Invalid API identifier specified 000000000000:nope`},
	"a custom id that cannot be": {"POST", "/restapis", `{"name":"a","tags":{"_custom_id_":"A B"}}`, "", 400, `Invalid value of tag _custom_id_`},
	"a definition that is none":  {"POST", "/restapis?mode=import", `hello`, "", 400, `Invalid OpenAPI input.`},
	"OpenAPI 3.1":                {"POST", "/restapis?mode=import", "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}", "", 400, `Invalid OpenAPI input: OpenAPI 3.1.0 is not supported: 3.0 is`},
	"an intrinsic":               {"POST", "/restapis?mode=import", "openapi: 3.0.1\ninfo: {title: !Ref Title, version: '1'}\npaths: {}", "", 400, `Invalid OpenAPI input: !Ref is an intrinsic of CloudFormation, which a definition cannot have`},
	"a stage that is none":       {"GET", "/_aws/execute-api/nope/prod/", "", "", 404, `The API id 'nope' does not correspond to a deployed API Gateway API`},
}

// TestWrongCalls sends each of them.
func TestWrongCalls(t *testing.T) {
	c := defaults()
	c.Listen, c.InMemory = "127.0.0.1:0", true
	s, err := start(t.Context(), c, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()
	for name, tt := range wrongCalls {
		t.Run(name, func(t *testing.T) {
			args := []string{tt.method, baseURL(s.ports.main) + tt.path, tt.body}
			if tt.header != "" {
				args = append(args, tt.header)
			}
			got, err := request(args)
			if err != nil || !strings.HasPrefix(got, itoa(tt.status)+"\n") || !strings.Contains(got, tt.want) {
				t.Errorf("got %v %s\nwant %d (%s) %s", err, got, tt.status, http.StatusText(tt.status), tt.want)
			}
		})
	}
}
