package pipeline

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const okAnswer = `{"statusCode":200}`

var randomIDs = regexp.MustCompile(`Root=1-[0-9a-f]{8}-[0-9a-f]{24}|"extendedRequestId":"[^"]*"|Self=1-[0-9a-f]{8}-[0-9a-f]{24}`)

// mask replaces what is random in an event.
func mask(event string) string {
	return randomIDs.ReplaceAllStringFunc(event, func(s string) string {
		name, _, _ := strings.Cut(s, "1-")
		if strings.HasPrefix(s, `"`) {
			name = `"extendedRequestId":"`
			return name + `…"`
		}
		return name + "…"
	})
}

// The order of members, the spelling of headers and the nulls are those of
// events that users printed on AWS (recorded).
func TestEvent(t *testing.T) {
	c := answering(t, okAnswer)
	r := newAWSRig(t, c, function("/helloworld"))
	got := r.event(t, c, fixed("POST /helloworld?name=John&city=Seattle&name=Jane\naccept: */*\ncontent-type: application/json\nday: Thursday\n"+
		"user-agent: curl/7.79.1\nDay: Friday\n\n{ \"time\": \"evening\" }"))
	want := `{"resource":"/helloworld","path":"/helloworld","httpMethod":"POST",` +
		`"headers":{"accept":"*/*","content-type":"application/json","day":"Friday","Host":"abc.execute-api.us-east-1.amazonaws.com",` +
		`"User-Agent":"curl/7.79.1","X-Amzn-RequestId":"a74a823e-8385-4f47-aa49-be10753ad073","X-Amzn-Trace-Id":"Root=…","X-Forwarded-For":"192.0.2.1","X-Forwarded-Port":"80","X-Forwarded-Proto":"http"},` +
		`"multiValueHeaders":{"accept":["*/*"],"content-type":["application/json"],"day":["Thursday","Friday"],"Host":["abc.execute-api.us-east-1.amazonaws.com"],` +
		`"User-Agent":["curl/7.79.1"],"X-Amzn-RequestId":["a74a823e-8385-4f47-aa49-be10753ad073"],"X-Amzn-Trace-Id":["Root=…"],"X-Forwarded-For":["192.0.2.1"],"X-Forwarded-Port":["80"],"X-Forwarded-Proto":["http"]},` +
		`"queryStringParameters":{"city":"Seattle","name":"Jane"},"multiValueQueryStringParameters":{"city":["Seattle"],"name":["John","Jane"]},` +
		`"pathParameters":null,"stageVariables":{"env":"test"},` +
		`"requestContext":{"resourceId":"r1","resourcePath":"/helloworld","httpMethod":"POST","extendedRequestId":"…",` +
		`"requestTime":"04/Mar/2020:19:15:17 +0000","path":"/prod/helloworld","accountId":"000000000000","protocol":"HTTP/1.1","stage":"prod",` +
		`"domainPrefix":"abc","requestTimeEpoch":1583349317123,"requestId":"a74a823e-8385-4f47-aa49-be10753ad073",` +
		`"identity":{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"192.0.2.1",` +
		`"principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,` +
		`"userAgent":"curl/7.79.1","user":null},"domainName":"abc.execute-api.us-east-1.amazonaws.com","deploymentId":"d1","apiId":"abc"},` +
		`"body":"{ \"time\": \"evening\" }","isBase64Encoded":false}`
	want = strings.ReplaceAll(want, "X-Amzn-RequestId", "x-amzn-RequestId")
	if got = mask(got); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestEventParts(t *testing.T) {
	tests := map[string]struct {
		path    string // of the resource
		request string
		want    []string // parts of the event
	}{
		"nothing":                 {"/x", "GET /x", []string{`"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":null`, `"body":null,"isBase64Encoded":false}`}},
		"greedy variable":         {"/{proxy+}", "GET /a/b%2Fc%20d/", []string{`"resource":"/{proxy+}","path":"/a/b%2Fc%20d/"`, `"pathParameters":{"proxy":"a/b%2Fc%20d"}`}},
		"variables":               {"/{a}/{b}", "GET /1/%32", []string{`"pathParameters":{"a":"1","b":"%32"}`}},
		"query is decoded":        {"/x", "GET /x?a%20b=c+d&e=%C3%A9", []string{`"queryStringParameters":{"a b":"c d","e":"é"}`}},
		"query without a value":   {"/x", "GET /x?flag", []string{`"multiValueQueryStringParameters":{"flag":[""]}`}},
		"query of other case":     {"/x", "GET /x?a=1&A=2", []string{`{"A":"2","a":"1"}`}},
		"forwarded":               {"/x", "GET /x\nX-Forwarded-For: 1.1.1.1\nX-Forwarded-Port: 4431\nX-Forwarded-Proto: gopher", []string{`"X-Forwarded-For":"1.1.1.1, 192.0.2.1","X-Forwarded-Port":"80","X-Forwarded-Proto":"http"}`}},
		"door":                    {"/x", "GET /x\nConnection: close\nContent-Length: 0\nTE: x\nVia: 1.1 proxy", []string{`"headers":{"Host":"abc.execute-api.us-east-1.amazonaws.com","Via":"1.1 proxy","X-Amzn-Trace-Id"`}},
		"authorization":           {"/x", "GET /x\nauthorization: Bearer x", []string{`"headers":{"Authorization":"Bearer x","Host"`}},
		"signature":               {"/x", "GET /x\nauthorization: AWS4-HMAC-SHA256 Credential=…", []string{`"headers":{"Host"`}},
		"spelling of the first":   {"/x", "GET /x\nX-a: 1\nx-A: 2", []string{`"X-a":"2"`, `"X-a":["1","2"]`}},
		"trace of the client":     {"/x", "GET /x\nX-Amzn-Trace-Id: Root=1-5c755b5d-07b29b94e632d3da19d88789;Parent=61e6466ca210cdf8;Sampled=1", []string{`"X-Amzn-Trace-Id":"Self=…;Root=…;Parent=61e6466ca210cdf8;Sampled=1"`}},
		"control characters":      {"/x", "POST /x\n\n\x01\x1f\"\\\b\f\r\t\x7f/é😀", []string{`"body":"\u0001\u001F\"\\\b\f\r\t` + "\x7f" + `/é😀"`}},
		"body that is no UTF-8":   {"/x", "POST /x\n\na\xffb\xc3", []string{"\"body\":\"a\uFFFDb\uFFFD\",\"isBase64Encoded\":false"}},
		"body, no binary types":   {"/x", "POST /x\nContent-Type: image/png\n\nhello", []string{`"body":"hello","isBase64Encoded":false`}},
		"no user agent":           {"/x", "GET /x", []string{`"userAgent":null`}},
		"method of an ANY method": {"/x", "PATCH /x", []string{`"httpMethod":"PATCH","headers"`, `"resourcePath":"/x","httpMethod":"PATCH"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, okAnswer)
			got := mask(newAWSRig(t, c, function(tt.path)).event(t, c, parseRequest(tt.request)))
			if !json.Valid([]byte(got)) {
				t.Errorf("not JSON: %s", got)
			}
			for _, part := range tt.want {
				if !strings.Contains(got, part) {
					t.Errorf("got:\n%s\nwithout:\n%s", got, part)
				}
			}
		})
	}
}

// Behind a custom domain name functions are told the path with the base path
// (recorded), and $context has the path as it was sent.
func TestEventOfCustomDomain(t *testing.T) {
	tests := map[string]struct {
		sent   string
		domain httpmsg.CustomDomain
		want   string
	}{
		"a base path":              {"/delivery/attachments", httpmsg.CustomDomain{BasePath: "delivery"}, `"path":"/delivery/attachments"`},
		"slashes around it":        {"//delivery/attachments/", httpmsg.CustomDomain{BasePath: "delivery"}, `"path":"/delivery/attachments/"`},
		"none":                     {"/attachments", httpmsg.CustomDomain{}, `"path":"/attachments"`},
		"a stage behind it":        {"/delivery/prod/attachments", httpmsg.CustomDomain{BasePath: "delivery", StageInPath: true}, `"path":"/delivery/attachments"`},
		"a stage and no such path": {"/prod/attachments", httpmsg.CustomDomain{StageInPath: true}, `"path":"/attachments"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, okAnswer)
			req := parseRequest("GET /attachments")
			req.Host, req.Sent, req.Domain = "api.example.com", tt.sent, &tt.domain
			if strings.HasSuffix(tt.sent, "/") {
				req.Path += "/"
			}
			got := newAWSRig(t, c, function("/attachments")).event(t, c, req)
			for _, want := range []string{`{"resource":"/attachments",` + tt.want + `,"httpMethod"`, `"path":"` + tt.sent + `","accountId"`, `"domainName":"api.example.com"`, `"domainPrefix":"api"`} {
				if !strings.Contains(got, want) {
					t.Errorf("got:\n%s\nwithout:\n%s", got, want)
				}
			}
		})
	}
}

func TestEventOfBinaryBody(t *testing.T) {
	tests := map[string]struct {
		types []string
		kind  string
		want  string
	}{
		"match":                {[]string{"image/png"}, "image/png; q=1", `"body":"aGVsbG8=","isBase64Encoded":true`},
		"family":               {[]string{"image/*"}, "image/png", `"body":"aGVsbG8=","isBase64Encoded":true`},
		"all":                  {[]string{"*/*"}, "", `"body":"aGVsbG8=","isBase64Encoded":true`},
		"case":                 {[]string{"Image/PNG"}, "image/png", `"body":"aGVsbG8=","isBase64Encoded":true`},
		"other":                {[]string{"image/png"}, "application/json", `"body":"hello","isBase64Encoded":false`},
		"no type":              {[]string{"image/png"}, "", `"body":"hello","isBase64Encoded":false`},
		"family by its letter": {[]string{"image/*"}, "images/png", `"body":"hello","isBase64Encoded":false`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, okAnswer)
			r := newAWSRig(t, c, function("/x"))
			r.deployment.BinaryMediaTypes = tt.types
			request := "POST /x\n\nhello"
			if tt.kind != "" {
				request = "POST /x\nContent-Type: " + tt.kind + "\n\nhello"
			}
			if got := r.event(t, c, parseRequest(request)); !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%s\nwithout:\n%s", got, tt.want)
			}
		})
	}
}

func TestEventOperationName(t *testing.T) {
	c := answering(t, okAnswer)
	r := newAWSRig(t, c, awsMethod("/x", "GET", "AWS_PROXY", lambdaURI(testFunction), func(m *snapshot.Method) { m.OperationName = "GetX" }))
	if got := r.event(t, c, parseRequest("GET /x")); !strings.Contains(got, `"resourcePath":"/x","operationName":"GetX","httpMethod":"GET"`) {
		t.Error(got)
	}
}
