package lambdaproxy

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// The order of members, the spelling of headers and the nulls are those of
// events that users printed on AWS (recorded).
func TestEvent(t *testing.T) {
	r := Request{
		Path: "//pets/7%20", StageVariables: AppendVariables(nil, map[string]string{"env": "test", "b": `"`}), OperationName: "GetPet",
		Headers:       []httpmsg.Field{{Name: "day", Value: "Thursday"}, {Name: "accept", Value: "*/*"}, {Name: "Day", Value: "Friday"}, {Name: "Host", Value: "h"}},
		Query:         []httpmsg.Field{{Name: "name", Value: "John"}, {Name: "city", Value: "Seattle"}, {Name: "name", Value: "Jane"}, {Name: "Name", Value: "É"}},
		PathVariables: []httpmsg.Field{{Name: "id", Value: "7%20"}},
		Context: &mapping.Context{
			AccountID: "000000000000", APIID: "abc", DeploymentID: "d1", DomainName: "abc.example.com", ExtendedRequestID: "x=", HTTPMethod: "GET",
			Path: "/prod//pets/7%20", Protocol: "HTTP/1.1", RequestID: "a74a823e", RequestTime: 1583349317123, ResourceID: "r1", ResourcePath: "/pets/{id}", Stage: "prod",
			Identity: mapping.Identity{SourceIP: "192.0.2.1", UserAgent: "curl/7.79.1"},
		},
	}
	const told = `{"resource":"/pets/{id}","path":"/pets/7%20","httpMethod":"GET",` +
		`"headers":{"accept":"*/*","day":"Friday","Host":"h"},"multiValueHeaders":{"accept":["*/*"],"day":["Thursday","Friday"],"Host":["h"]},` +
		`"queryStringParameters":{"Name":"É","city":"Seattle","name":"Jane"},"multiValueQueryStringParameters":{"Name":["É"],"city":["Seattle"],"name":["John","Jane"]},` +
		`"pathParameters":{"id":"7%20"},"stageVariables":{"b":"\"","env":"test"},` +
		`"requestContext":{"resourceId":"r1","resourcePath":"/pets/{id}","operationName":"GetPet","httpMethod":"GET","extendedRequestId":"x=",` +
		`"requestTime":"04/Mar/2020:19:15:17 +0000","path":"/prod//pets/7%20","accountId":"000000000000","protocol":"HTTP/1.1","stage":"prod",` +
		`"domainPrefix":"abc","requestTimeEpoch":1583349317123,"requestId":"a74a823e",` +
		`"identity":{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"192.0.2.1",` +
		`"principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,` +
		`"userAgent":"curl/7.79.1","user":null},"domainName":"abc.example.com","deploymentId":"d1","apiId":"abc"},`
	tests := map[string]struct {
		body   string
		binary bool
		want   string
	}{
		"none":   {"", true, `"body":null,"isBase64Encoded":false}`},
		"text":   {"a\xff\x1f\"", false, "\"body\":\"a\uFFFD\\u001F\\\"\",\"isBase64Encoded\":false}"},
		"binary": {"a\xff\x1f\"", true, `"body":"Yf8fIg==","isBase64Encoded":true}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(r.AppendEvent(nil, []byte(tt.body), tt.binary)); got != told+tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, told+tt.want)
			}
		})
	}
}

// A map without members is null.
func TestEventOfNothing(t *testing.T) {
	r := Request{StageVariables: AppendVariables(nil, nil), Context: new(mapping.Context)}
	const want = `{"resource":"","path":"","httpMethod":"","headers":null,"multiValueHeaders":null,"queryStringParameters":null,` +
		`"multiValueQueryStringParameters":null,"pathParameters":null,"stageVariables":null,"requestContext":{`
	if got := string(r.AppendEvent(nil, nil, false)); got[:len(want)] != want {
		t.Errorf("got:\n%s\nwant:\n%s…", got, want)
	}
}

// The orders are those of Java's hash tables; the one with an API key is
// recorded, from a test invocation.
func TestEventIdentity(t *testing.T) {
	tests := map[string]struct {
		identity mapping.Identity
		want     string
	}{
		"API key": {mapping.Identity{APIKey: "test-invoke-api-key", APIKeyID: "test-invoke-api-key-id", UserARN: "arn:aws:iam::1:root", UserAgent: "ua", SourceIP: "ip"},
			`"cognitoIdentityPoolId":null,"cognitoIdentityId":null,"apiKey":"test-invoke-api-key","principalOrgId":null,` +
				`"cognitoAuthenticationType":null,"userArn":"arn:aws:iam::1:root","apiKeyId":"test-invoke-api-key-id","userAgent":"ua","accountId":null,` +
				`"caller":null,"sourceIp":"ip","accessKey":null,"cognitoAuthenticationProvider":null,"user":null}`},
		"client certificate": {mapping.Identity{ClientCert: mapping.ClientCert{PEM: "pem", SubjectDN: "s", IssuerDN: "i", SerialNumber: "1", NotBefore: "b", NotAfter: "a"}},
			`"cognitoIdentityPoolId":null,"cognitoIdentityId":null,"clientCert":{"clientCertPem":"pem","subjectDN":"s","issuerDN":"i","serialNumber":"1",` +
				`"validity":{"notBefore":"b","notAfter":"a"}},"principalOrgId":null,"cognitoAuthenticationType":null,"userArn":null,"userAgent":null,"accountId":null,` +
				`"caller":null,"sourceIp":null,"accessKey":null,"cognitoAuthenticationProvider":null,"user":null}`},
		"private": {mapping.Identity{VPCID: "vpc-1", VPCEID: "vpce-1"},
			`"cognitoIdentityPoolId":null,"cognitoIdentityId":null,"vpceId":"vpce-1","principalOrgId":null,` +
				`"cognitoAuthenticationType":null,"userArn":null,"userAgent":null,"accountId":null,` +
				`"caller":null,"sourceIp":null,"accessKey":null,"cognitoAuthenticationProvider":null,"vpcId":"vpc-1","user":null}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(appendIdentity(nil, &tt.identity)); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestEventAuthorizer(t *testing.T) {
	tests := map[string]struct {
		authorizer mapping.Authorizer
		want       string
	}{
		"none":      {mapping.Authorizer{}, ``},
		"principal": {mapping.Authorizer{PrincipalID: "u"}, `,"authorizer":{"principalId":"u"}`},
		"context":   {mapping.Authorizer{PrincipalID: "u", Values: []mapping.Param{{Name: "tenant", Value: "1"}}}, `,"authorizer":{"tenant":"1","principalId":"u"}`},
		"claims":    {mapping.Authorizer{Claims: []mapping.Param{{Name: "sub", Value: "1"}, {Name: "cognito:groups", Value: "a,b"}}}, `,"authorizer":{"claims":{"sub":"1","cognito:groups":"a,b"}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(appendAuthorizer(nil, &tt.authorizer)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Calls of a stage that has a canary tell whether it serves them.
func TestEventOfCanary(t *testing.T) {
	for is, want := range map[string]string{"true": `"extendedRequestId":"x=","isCanaryRequest":true,`, "false": `"extendedRequestId":"x=","isCanaryRequest":false,`} {
		r := Request{Context: &mapping.Context{ExtendedRequestID: "x=", IsCanaryRequest: is}}
		if got := string(r.AppendEvent(nil, nil, false)); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", is, got)
		}
	}
}
