package pipeline

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// What of a client's header goes on to the backend of an HTTP_PROXY.
func TestProxyDropsHeaders(t *testing.T) {
	const signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=abc"
	tests := map[string]struct {
		sent   string
		params map[string]string
		want   map[string]string // "" for none
	}{
		"a bearer token":          {sent: "Authorization: Bearer abc", want: map[string]string{"Authorization": "Bearer abc"}},
		"basic":                   {sent: "authorization: Basic YTpi", want: map[string]string{"Authorization": "Basic YTpi"}},
		"a signature":             {sent: "Authorization: " + signed, want: map[string]string{"Authorization": ""}},
		"a signature, lower case": {sent: "authorization: " + signed, want: map[string]string{"Authorization": ""}},
		"one of several regions":  {sent: "Authorization: AWS4-ECDSA-P256-SHA256 Credential=x", want: map[string]string{"Authorization": ""}},
		"a token that names it":   {sent: "Authorization: Bearer AWS4-HMAC-SHA256", want: map[string]string{"Authorization": "Bearer AWS4-HMAC-SHA256"}},
		"a signature that is mapped": {sent: "Authorization: AWS4-HMAC-SHA256 x", params: map[string]string{"integration.request.header.Authorization": "method.request.header.Authorization"},
			want: map[string]string{"Authorization": "AWS4-HMAC-SHA256 x"}},
		"method override": {sent: "X-HTTP-Method-Override: GET", want: map[string]string{"X-Http-Method-Override": ""}},
		"method override, mapped": {sent: "x-http-method-override: GET", params: map[string]string{"integration.request.header.X-HTTP-Method-Override": "method.request.header.X-HTTP-Method-Override"},
			want: map[string]string{"X-Http-Method-Override": "GET"}},
		"Connection names a header":    {sent: "Connection: close, x-foo\nX-Foo: 1\nX-Bar: 2", want: map[string]string{"X-Foo": "", "X-Bar": "2", "Connection": ""}},
		"two lines of Connection":      {sent: "Connection: X-Foo\nX-Foo: 1\nconnection: X-Bar ,\nX-Bar: 2\nX-Foo: 3", want: map[string]string{"X-Foo": "", "X-Bar": ""}},
		"Connection names what is not": {sent: "Connection: keep-alive, X-Nope,,\nX-Foo: 1", want: map[string]string{"X-Foo": "1"}},
		"Connection names ours":        {sent: "Connection: X-Amzn-Apigateway-Api-Id, X-Amzn-Trace-Id", want: map[string]string{"X-Amzn-Apigateway-Api-Id": "abc"}},
		"Connection names what is mapped": {sent: "Connection: X-Foo\nX-Foo: 1", params: map[string]string{"integration.request.header.X-Bar": "method.request.header.X-Foo", "integration.request.header.X-Foo": "'own'"},
			want: map[string]string{"X-Foo": "own", "X-Bar": "1"}},
	}
	backend := newBackend(t) + "/"
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, proxy("/x", "GET", "GET", backend, tt.params))
			got := decodeSeen(t, r.call("GET /x\n"+tt.sent))
			for name, want := range tt.want {
				if v := got.Header.Get(name); v != want {
					t.Errorf("backend got %s %q, want %q", name, v, want)
				}
			}
		})
	}
}

// A Connection header is looked at within bounds.
func TestConnectionNamesTooMany(t *testing.T) {
	backend := newBackend(t) + "/"
	for n, want := range map[int]int{32: 200, 33: 400} {
		resp := newRig(t, proxy("/x", "GET", "GET", backend, nil)).call("GET /x\nConnection: close" + strings.Repeat(", x", n))
		if resp.Status != want {
			t.Errorf("%d names: got %d, want %d", n, resp.Status, want)
		}
		resp.Release()
	}
}

// An HTTP integration and a template may read the header that overrode the
// method; an event lacks it, since nothing maps it.
func TestMethodOverrideIsRead(t *testing.T) {
	const request = "POST /x\nX-HTTP-Method-Override: PUT"
	resource := overriding(newBackend(t)+"/", `{"m":"$input.params('X-HTTP-Method-Override')"}`, map[string]string{
		"integration.request.header.X-HTTP-Method-Override": "method.request.header.X-HTTP-Method-Override"})
	resource.Methods[0].HTTPMethod = "PUT"
	got := decodeSeen(t, newRig(t, resource).call(request))
	if got.Header.Get("X-Http-Method-Override") != "PUT" || got.Body != `{"m":"PUT"}` {
		t.Errorf("backend got %q %s", got.Header, got.Body)
	}
	c := answering(t, "{}")
	if event := newAWSRig(t, c, function("/x")).event(t, c, parseRequest(request)); strings.Contains(event, "verride") || !strings.Contains(event, `"httpMethod":"PUT"`) {
		t.Errorf("the event is %s", event)
	}
}

// The gateway's own ids stand alone in every answer.
func TestOwnIDsStandAlone(t *testing.T) {
	const theirs = "x-amzn-RequestId: theirs\r\nX-AMZ-APIGW-ID: theirs\r\n"
	mapped := map[string]string{"method.response.header.X-Amzn-RequestId": "'theirs'", "method.response.header.x-amz-apigw-id": "'theirs'"}
	answer := func(w http.ResponseWriter, _ seen) {
		_, _ = io.WriteString(w, `{"headers":{"x-amzn-requestid":"theirs","x-amz-apigw-id":"theirs"}}`)
	}
	tests := map[string]*rig{
		"HTTP_PROXY": newRig(t, proxy("/x", "GET", "GET", canned(t, "HTTP/1.1 200 OK\r\n"+theirs+"Content-Length: 0\r\n\r\n"), nil)),
		"AWS_PROXY":  newAWSRig(t, newCloud(t, answer), function("/x")),
		"MOCK": newRig(t, mock(func(m *snapshot.Method) {
			respond(`#set($context.responseOverride.header.x-amz-apigw-id = "theirs")`)(m)
			m.Integration.Responses[0].Parameters = mapped
		})),
		"gateway response": newRigOf(t, &snapshot.Deployment{APIID: "abc", GatewayResponses: map[string]snapshot.GatewayResponse{
			"DEFAULT_4XX": {Parameters: map[string]string{"gatewayresponse.header.x-amzn-RequestId": "'theirs'", "gatewayresponse.header.x-amz-apigw-id": "'theirs'"}},
		}}),
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			resp := r.call("GET /x")
			defer resp.Release()
			for _, name := range []string{"x-amzn-RequestId", "x-amz-apigw-id"} {
				if got := resp.Header.Values(name); len(got) != 1 || got[0] == "theirs" {
					t.Errorf("%s is %q", name, got)
				}
			}
			if !isUUID(resp.Header.Get("x-amzn-RequestId")) {
				t.Errorf("x-amzn-RequestId is %q", resp.Header.Get("x-amzn-RequestId"))
			}
		})
	}
}
