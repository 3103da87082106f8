package pipeline

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// told is an answer with a context of each kind of value.
const told = `{"principalId": "user|7", "context": {"text": "a\"b", "number": 1.50, "big": 12345678901234567890, "yes": true, "no": false,
	"none": null, "empty": "", "principalId": "somebody else"},
	"policyDocument": {"Version": "2012-10-17", "Statement": {"Action": "*", "Effect": "Allow", "Resource": "*"}}}`

// TestAuthorizerContext has what templates, mappings and gateway responses see of an
// answer: text alone.
func TestAuthorizerContext(t *testing.T) {
	const template = `{"statusCode": 200}#set($context.responseOverride.header.X-Seen = "$context.authorizer.principalId $context.authorizer.text $context.authorizer.number $context.authorizer.big $context.authorizer.yes $context.authorizer.no ($context.authorizer.none)($!context.authorizer.empty)($!context.authorizer.integrationLatency)")`
	resource := mock(func(m *snapshot.Method) {
		m.Integration.RequestTemplates["application/json"] = template
		m.Integration.Responses[0].Parameters = map[string]string{
			"method.response.header.X-Mapped": "context.authorizer.number", "method.response.header.X-Who": "context.authorizer.principalId",
			"method.response.header.X-None": "context.authorizer.none", "method.response.header.X-Other": "context.authorizer.other",
		}
		m.Responses["200"] = snapshot.MethodResponse{Parameters: map[string]bool{
			"method.response.header.X-Mapped": true, "method.response.header.X-Who": true, "method.response.header.X-None": true, "method.response.header.X-Other": true,
		}}
	})
	r := guarded(t, answering(t, told), tokens(nil), resource)
	seen := ""
	for range 2 { // the second by the answer that is kept, which took no time
		resp := r.call("GET /x\nAuthorization: t")
		seen = resp.Header.Get("X-Seen")
		got := resp.Header.Get("X-Mapped") + " " + resp.Header.Get("X-Who")
		if got != "1.50 user|7" || resp.Header.Has("X-None") || resp.Header.Has("X-Other") {
			t.Errorf("got %s", show(resp))
		}
		resp.Release()
	}
	if want := `user|7 a"b 1.50 12345678901234567890 true false ()()(0)`; seen != want {
		t.Errorf("a template sees %s, want %s", seen, want)
	}
}

// TestAuthorizerDenialTemplate has a gateway response that tells what the authorizer
// said of a caller whom it denies.
func TestAuthorizerDenialTemplate(t *testing.T) {
	r := guarded(t, answering(t, strings.Replace(told, "Allow", "Deny", 1)), tokens(nil))
	r.deployment.GatewayResponses = map[string]snapshot.GatewayResponse{"ACCESS_DENIED": {StatusCode: "404", Templates: map[string]string{
		"application/json": `{"who": "$context.authorizer.principalId", "why": "$context.authorizer.number", "text": $context.error.messageString}`,
	}}}
	r.stage = Bind(r.stage.settings, Compile(r.deployment), r.stage.services)
	r.want(t, "GET /x\nAuthorization: t", "404\nx-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json\n\n"+
		`{"who": "user|7", "why": "1.50", "text": "User is not authorized to access this resource with an explicit deny in an identity-based policy"}`)
}

// TestAuthorizerInEvent has what the function of a proxy integration is told: a flat
// object of text, but for the latency (reported).
func TestAuthorizerInEvent(t *testing.T) {
	const other = "arn:aws:lambda:us-east-1:000000000000:function:other"
	c := newCloud(t, func(w http.ResponseWriter, asked seen) {
		if strings.Contains(asked.Target, "other") {
			_, _ = io.WriteString(w, okAnswer)
			return
		}
		_, _ = io.WriteString(w, told)
	})
	r := guarded(t, c, tokens(nil), awsMethod("/x", "ANY", "AWS_PROXY", lambdaURI(other), nil))
	r.event(t, c, fixed("GET /x\nAuthorization: t"))
	event := r.event(t, c, fixed("GET /x\nAuthorization: t")) // by the answer that is kept, which took no time
	want := `"requestContext":{"resourceId":"r1","authorizer":{"text":"a\"b","number":"1.50","big":"12345678901234567890","yes":"true","no":"false","empty":"","principalId":"user|7","integrationLatency":0},"resourcePath":"/x"`
	if !strings.Contains(event, want) {
		t.Errorf("got\n%s\nwant in it\n%s", event, want)
	}
}

// TestTokenEvent has the event of a TOKEN authorizer, byte by byte, and how its function
// is called.
func TestTokenEvent(t *testing.T) {
	tests := map[string]struct{ request, want string }{
		"a token":          {"GET /pets/7?a=b\nAuthorization: Bearer abc", `{"type":"TOKEN","methodArn":"` + testAPI + `GET/pets/7","authorizationToken":"Bearer abc"}`},
		"the root":         {"POST /\nAuthorization: t", `{"type":"TOKEN","methodArn":"` + testAPI + `POST/","authorizationToken":"t"}`},
		"a slash":          {"GET /pets/7/\nAuthorization: t", `{"type":"TOKEN","methodArn":"` + testAPI + `GET/pets/7/","authorizationToken":"t"}`},
		"slashes":          {"GET //pets/7\nAuthorization: t", `{"type":"TOKEN","methodArn":"` + testAPI + `GET/pets/7","authorizationToken":"t"}`},
		"escapes":          {"GET /pets/a%20b%2Fc\nAuthorization: t", `{"type":"TOKEN","methodArn":"` + testAPI + `GET/pets/a%20b%2Fc","authorizationToken":"t"}`},
		"quotes":           {"GET /pets/7\nAuthorization: a\"b\\c", `{"type":"TOKEN","methodArn":"` + testAPI + `GET/pets/7","authorizationToken":"a\"b\\c"}`},
		"another verb":     {"POST /pets/7\nX-HTTP-Method-Override: delete\nAuthorization: t", `{"type":"TOKEN","methodArn":"` + testAPI + `DELETE/pets/7","authorizationToken":"t"}`},
		"what is no UTF-8": {"GET /pets/7\nAuthorization: a\xffb", `{"type":"TOKEN","methodArn":"` + testAPI + `GET/pets/7","authorizationToken":"a` + "\uFFFD" + `b"}`},
	}
	pets, root := mock(nil), mock(nil)
	pets.Path, root.Path = "/pets/{id}", "/"
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, says("Allow", testAPI+"*"))
			r := guarded(t, c, tokens(nil), pets, root)
			r.want(t, tt.request, mockOK)
			asked := c.last(t)
			if asked.Body != tt.want {
				t.Errorf("got\n%s\nwant\n%s", asked.Body, tt.want)
			}
			if got := asked.Header.Get("X-Amz-Source-Arn"); got != "arn:aws:execute-api:us-east-1:000000000000:abc/authorizers/auth01" {
				t.Errorf("the source is %q", got)
			}
			if got := asked.Method + " " + asked.Target; got != "POST /2015-03-31/functions/"+testFunction+"/invocations" {
				t.Errorf("got %s", got)
			}
			if sign := asked.Header.Get("Authorization"); !strings.HasPrefix(sign, "AWS4-HMAC-SHA256 Credential=AKID/") {
				t.Errorf("signed with %q", sign)
			}
		})
	}
}

// TestRequestEvent has the event of a REQUEST authorizer: that of a proxy integration
// without its body and without an authorizer.
func TestRequestEvent(t *testing.T) {
	const other = "arn:aws:lambda:us-east-1:000000000000:function:other"
	var events []string
	c := newCloud(t, func(w http.ResponseWriter, asked seen) {
		events = append(events, asked.Body)
		if strings.Contains(asked.Target, "other") {
			_, _ = io.WriteString(w, okAnswer)
			return
		}
		_, _ = io.WriteString(w, `{"policyDocument": {"Statement": {"Action": "*", "Effect": "Allow", "Resource": "*"}}}`)
	})
	r := guarded(t, c, requests(nil), awsMethod("/pets/{id}", "ANY", "AWS_PROXY", lambdaURI(other), nil))
	resp := r.stage.Serve(fixed("POST /pets/a%20b/?q=1&q=2&r=%41\nA: 1\na: 2\nAuthorization: Bearer t\n\n{\"body\": true}"))
	defer resp.Release()
	if resp.Status != 200 || len(events) != 2 {
		t.Fatalf("got %s after %d calls", show(resp), len(events))
	}
	_, rest, _ := strings.Cut(events[1], "{")
	rest, _, _ = strings.Cut(rest, `,"body":`)
	before, after, _ := strings.Cut(rest, `,"authorizer":{"principalId":"","integrationLatency":`)
	_, after, _ = strings.Cut(after, "}")
	want := `{"type":"REQUEST","methodArn":"` + testAPI + `POST/pets/a%20b/",` + before + after + "}"
	if got := events[0]; mask(got) != mask(want) {
		t.Errorf("got\n%s\nwant\n%s", mask(got), mask(want))
	}
}

// TestAuthorizerTarget has a function that a stage variable names, and a role that calls
// it.
func TestAuthorizerTarget(t *testing.T) {
	c := newCloud(t, func(w http.ResponseWriter, asked seen) {
		if strings.Contains(asked.Body, "Action=AssumeRole") {
			_, _ = io.WriteString(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>`+
				`<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
			return
		}
		_, _ = io.WriteString(w, says("Allow", testAPI+"*"))
	})
	r := guarded(t, c, tokens(func(a *snapshot.Authorizer) {
		a.URI, a.Credentials = lambdaURI("arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.env}"), "arn:aws:iam::000000000000:role/r"
	}))
	r.want(t, "GET /x\nAuthorization: t", mockOK)
	asked := c.last(t)
	if !strings.HasSuffix(asked.Target, ":function:test/invocations") || !strings.Contains(asked.Header.Get("Authorization"), "Credential=ROLE/") {
		t.Errorf("got %s, signed with %s", asked.Target, asked.Header.Get("Authorization"))
	}
	if got := asked.Header.Get("X-Amz-Source-Arn"); got != "" {
		t.Errorf("the role calls for %s", got)
	}
}
