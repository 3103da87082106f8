package wire

import (
	"net/http"
	"strings"
	"testing"
)

// Literals of the service, recorded, and what follows from them.
func TestValidationErrors(t *testing.T) {
	const (
		gatewayResponses = "REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN"
		methodResponse   = "/restapis/a/resources/b/methods/GET/responses/"
	)
	tests := map[string]struct {
		method, target, body string
		want                 string
	}{
		"recorded: integration type": {"PUT", "/restapis/a/resources/b/methods/GET/integration", `{"type":"HTTPS_PROXY"}`,
			`1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]`},
		"recorded: status code label": {"GET", "/restapis/a/resources/b/methods/GET/integration/responses/wrong", "",
			`1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d`},
		"recorded: gateway response type": {"GET", "/restapis/a/gatewayresponses/FAKE_RESPONSE_TYPE", "",
			`1 validation error detected: Value 'FAKE_RESPONSE_TYPE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [` + gatewayResponses + `]`},
		"recorded: patch op": {"PATCH", methodResponse + "200", `{"patchOperations":[{"op":"wrong_op","path":"/a"}]}`,
			`1 validation error detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]`},
		"recorded: two bad things": {"PATCH", methodResponse + "wrong", `{"patchOperations":[{"op":"wrong_op","path":"/a"}]}`,
			`2 validation errors detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]; Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d`},
		"recorded: documentation location": {"POST", "/restapis/a/documentation/parts", `{"location":{"type":"INVALID"},"properties":"{}"}`,
			`1 validation error detected: Value 'INVALID' at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER]`},
		"recorded: ipAddressType": {"POST", "/restapis", `{"name":"a","endpointConfiguration":{"ipAddressType":"wrong"}}`,
			`1 validation error detected: Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]`},
		"recorded: endpoint types": {"POST", "/restapis", `{"name":"a","endpointConfiguration":{"types":["wrong"]}}`,
			`1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]`},
		"recorded: types before ipAddressType": {"POST", "/restapis", `{"name":"a","endpointConfiguration":{"ipAddressType":"wrong","types":["wrong"]}}`,
			`2 validation errors detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]; Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]`},
		"recorded: missing member": {"POST", "/restapis/a/authorizers", `{"type":"TOKEN"}`,
			`1 validation error detected: Value null at 'createAuthorizerInput.name' failed to satisfy constraint: Member must not be null`},
		"several endpoint types": {"POST", "/restapis", `{"name":"a","endpointConfiguration":{"types":["EDGE","x","y"]}}`,
			`1 validation error detected: Value '[EDGE, x, y]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]`},
		"missing structure": {"POST", "/restapis/a/documentation/parts", `{"properties":"{}"}`,
			`1 validation error detected: Value null at 'createDocumentationPartInput.location' failed to satisfy constraint: Member must not be null`},
		"missing in a structure": {"POST", "/restapis/a/documentation/parts", `{"location":{},"properties":"{}"}`,
			`1 validation error detected: Value null at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must not be null`},
		"body member pattern": {"POST", "/restapis/a/documentation/parts", `{"location":{"type":"API","statusCode":"600"},"properties":"{}"}`,
			`1 validation error detected: Value '600' at 'createDocumentationPartInput.location.statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([1-5]\d\d|\*|\s*)$`},
		"pattern wants the whole value": {"GET", methodResponse + "2000", "",
			`1 validation error detected: Value '2000' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d`},
		"pattern and a line end": {"GET", methodResponse + "200%0A", "",
			"1 validation error detected: Value '200\n' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d"},
		"all in the model's order": {"POST", "/restapis/a/authorizers", `{"type":"x"}`,
			`2 validation errors detected: Value null at 'createAuthorizerInput.name' failed to satisfy constraint: Member must not be null; Value 'x' at 'createAuthorizerInput.type' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST, COGNITO_USER_POOLS, TOKEN]`},
		"third patch operation": {"PATCH", "/account", `{"patchOperations":[{"op":"add"},{},{"op":"ADD"}]}`,
			`1 validation error detected: Value 'ADD' at 'updateAccountInput.patchOperations.3.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]`},
		"query enumeration": {"PUT", "/restapis/a?mode=x", "{}",
			`1 validation error detected: Value 'x' at 'mode' failed to satisfy constraint: Member must satisfy enum value set: [overwrite, merge]`},
		"query required": {"GET", "/usageplans/a/usage?endDate=2026-01-01", "",
			`1 validation error detected: Value null at 'startDate' failed to satisfy constraint: Member must not be null`},
		"query list required": {"DELETE", "/tags/arn", "",
			`1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null`},
		"long value": {"POST", "/restapis", `{"name":"a","apiKeySource":"` + strings.Repeat("é", 600) + `"}`,
			`1 validation error detected: Value '` + strings.Repeat("é", 512) + `...' at 'createRestApiInput.apiKeySource' failed to satisfy constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]`},
	}
	s := newTestServer(t, testOptions(recordAll(&recording{})))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			checkError(t, send(s, tt.method, tt.target, tt.body), http.StatusBadRequest, "ValidationException", tt.want)
		})
	}
}

// What the constraints allow goes through.
func TestValidationPasses(t *testing.T) {
	tests := map[string]struct{ method, target, body string }{
		"documentation part, any status": {"POST", "/restapis/a/documentation/parts", `{"location":{"type":"RESPONSE","statusCode":"*"},"properties":"{}"}`},
		"documentation part, no status":  {"POST", "/restapis/a/documentation/parts", `{"location":{"type":"RESPONSE","statusCode":" \u000b"},"properties":"{}"}`},
		"empty name":                     {"POST", "/restapis", `{"name":""}`},
		"patch without op":               {"PATCH", "/account", `{"patchOperations":[{"path":"/a"}]}`},
		"no patch":                       {"PATCH", "/account", `{}`},
		"no endpoint types":              {"POST", "/restapis", `{"name":"a","endpointConfiguration":{"types":[]}}`},
		"empty query value":              {"GET", "/usageplans/a/usage?startDate=&endDate=", ""},
		"verb that is none":              {"PUT", "/restapis/a/resources/b/methods/nope", `{"authorizationType":"none"}`},
	}
	s := newTestServer(t, testOptions(recordAll(&recording{})))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if r := send(s, tt.method, tt.target, tt.body); r.StatusCode >= 300 {
				t.Errorf("answered %d %s", r.StatusCode, readAll(t, r))
			}
		})
	}
}

// A client cannot make us repeat more than a bounded part of what it sent.
func TestValidationIsBounded(t *testing.T) {
	s := newTestServer(t, testOptions(recordAll(&recording{})))
	r := send(s, "PATCH", "/account", `{"patchOperations":[`+strings.Repeat(`{"op":"x"},`, 999)+`{"op":"x"}]}`)
	body := readAll(t, r)
	if !strings.HasPrefix(body, `{"message":"1000 validation errors detected: `) || strings.Count(body, "Value 'x'") != maxViolations {
		t.Errorf("answered %.200s… of %d bytes", body, len(body))
	}
}
