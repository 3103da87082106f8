package pipeline

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

var (
	logDate   = regexp.MustCompile(`(?m)^\w{3} \w{3} \d\d [\d:]{8} UTC \d{4} : `)
	logHeader = regexp.MustCompile(`(?m)^(Endpoint request headers: ).*$`)
)

// testLog is the log of a test of an authorizer, without what is never the same.
func testLog(t *testing.T, c *cloud, a snapshot.Authorizer, request string) (*AuthorizerResult, string) {
	t.Helper()
	r := guarded(t, c, a)
	result := TestAuthorizer(t.Context(), r.deployment, "auth01", parseRequest(request), &Test{Variables: map[string]string{"env": "test"}}, r.stage.services)
	log := logHeader.ReplaceAllString(logDate.ReplaceAllString(result.Trace.ExecutionLog(), ""), "${1}…")
	return result, strings.ReplaceAll(strings.ReplaceAll(log, result.Trace.RequestID, "ID"), c.url, "URL")
}

// TestAuthorizerLog has the log of tests in AWS's words (recorded, but for what follows a
// refusal).
func TestAuthorizerLog(t *testing.T) {
	const (
		event = `{"type":"TOKEN","methodArn":"arn:aws:execute-api:us-east-1:000000000000:abc/ESTestInvoke-stage/GET/","authorizationToken":"Bearer abcdefgh"}`
		asked = "Execution log for request ID\nStarting authorizer: auth01 for request: ID\nIncoming identity: *********cdefgh\n" +
			"Endpoint request URI: URL/2015-03-31/functions/" + testFunction + "/invocations\nEndpoint request headers: …\n" +
			"Endpoint request body after transformations: " + event + "\nSending request to URL/2015-03-31/functions/" + testFunction + "/invocations\n"
	)
	allow, deny := says("Allow", testAPI+"*"), says("Deny", "*")
	tests := map[string]struct {
		c         *cloud
		edit      func(*snapshot.Authorizer)
		request   string
		status    int
		principal string
		log       string
	}{
		"allowed": {c: answering(t, allow), principal: "user", log: asked + "Authorizer result body before parsing: " + allow +
			"\nUsing valid authorizer policy for principal: ****\nSuccessfully completed authorizer execution\n"},
		"denied, which is no failure": {c: answering(t, deny), principal: "user", log: asked + "Authorizer result body before parsing: " + deny +
			"\nUsing valid authorizer policy for principal: ****\nSuccessfully completed authorizer execution\n"},
		"null": {c: answering(t, "null"), status: 500, log: asked + "Authorizer result body before parsing: null\n" +
			"Execution failed due to configuration error: Could not parse policy\nAuthorizerConfigurationException\n"},
		"an error": {c: failing(t, `{"errorType":"Runtime.ImportModuleError","errorMessage":"x"}`), status: 500, log: asked +
			`Authorizer result body before parsing: {"errorType":"Runtime.ImportModuleError","errorMessage":"x"}` + "\n" +
			`Execution failed due to configuration error: Invalid JSON in response: Unrecognized field "errorType" , not marked as ignorable` + "\nAuthorizerConfigurationException\n"},
		"the error Unauthorized": {c: failing(t, `{"errorMessage":"Unauthorized"}`), status: 401, log: asked +
			`Authorizer result body before parsing: {"errorMessage":"Unauthorized"}` + "\nUnauthorized request: ID\n"},
		"no token": {c: answering(t, allow), request: "GET /", status: 401, log: "Execution log for request ID\nStarting authorizer: auth01 for request: ID\nIncoming identity: \nUnauthorized request: ID\n"},
		"no permission": {c: refusing(t, 403), status: 500, log: asked +
			"Execution failed due to configuration error: Invalid permissions on Lambda function\nExecution failed due to configuration error: Authorizer error\nAuthorizerConfigurationException\n"},
		"a role that is not assumed": {c: refusing(t, 403), edit: func(a *snapshot.Authorizer) { a.Credentials = "arn:aws:iam::000000000000:role/r" }, status: 500,
			log: "Execution log for request ID\nStarting authorizer: auth01 for request: ID\nIncoming identity: *********cdefgh\nExecution failed due to configuration error: API Gateway does not have permission to assume the provided role arn:aws:iam::000000000000:role/r\n" +
				"Execution failed due to configuration error: Authorizer error\nAuthorizerConfigurationException\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			request := tt.request
			if request == "" {
				request = "GET /\nAuthorization: Bearer abcdefgh"
			}
			result, log := testLog(t, tt.c, tokens(tt.edit), request)
			if log != tt.log {
				t.Errorf("got\n%s\nwant\n%s", log, tt.log)
			}
			if result.ClientStatus != tt.status || result.PrincipalID != tt.principal || (result.Policy != "") != (tt.principal != "") || result.Latency <= 0 {
				t.Errorf("got %+v", result)
			}
		})
	}
}

// TestAuthorizerTestAnswers has what a test tells of an answer with a context.
func TestAuthorizerTestAnswers(t *testing.T) {
	result, _ := testLog(t, answering(t, told), requests(nil), "GET /a?b=c\nX: y")
	if result.ClientStatus != 0 || result.PrincipalID != "user|7" || !strings.HasPrefix(result.Policy, `{"Version": "2012-10-17"`) ||
		strings.Join(result.Authorization["number"], "|") != "1.50" || len(result.Authorization) != 6 {
		t.Errorf("got %+v", result)
	}
	missing := TestAuthorizer(t.Context(), &snapshot.Deployment{APIID: "abc"}, "none00", parseRequest("GET /"), &Test{}, &Services{})
	if missing.ClientStatus != 500 {
		t.Errorf("an authorizer that is not there gives %d", missing.ClientStatus)
	}
}

// TestAuthorizersSeeNoBody has a test with a body, of which the functions of authorizers
// are told as little as by calls: their events have none (documented).
func TestAuthorizersSeeNoBody(t *testing.T) {
	for _, a := range []snapshot.Authorizer{tokens(nil), requests(nil)} {
		c := answering(t, told)
		r := guarded(t, c, a)
		req := parseRequest("POST /x\nAuthorization: t")
		req.Body = []byte("the body of a test")
		result := TestAuthorizer(t.Context(), r.deployment, "auth01", req, &Test{}, r.stage.services)
		if event := c.last(t).Body; result.ClientStatus != 0 || strings.Contains(event, "the body") || strings.Contains(event, `"body"`) {
			t.Errorf("%s: got %d, the function %s", a.Type, result.ClientStatus, event)
		}
	}
}

// TestAuthorizerTrace has what a developer sees of two calls, the second by the answer
// that is kept: who was judged and which statement let the call in, and no secret.
func TestAuthorizerTrace(t *testing.T) {
	r := guarded(t, answering(t, says("Allow", testAPI+"GET/x")), tokens(nil))
	for i, want := range [][]string{
		{"authorizer auth01 judges ***cdefgh", "is taken for user", `"authorizationToken":"***cdefgh"`, "Allow"},
		{"authorizer auth01 judges ***cdefgh", "as the function said before", "Allow"},
	} {
		text := r.trace(t, "GET /x\nAuthorization: Bearer abcdefgh").Text(trace.TextOptions{})
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("call %d: got\n%s\nwant %q in it", i+1, text, w)
			}
		}
	}
	text := r.trace(t, "GET /x").Text(trace.TextOptions{})
	if !strings.Contains(text, "authorizer auth01 is not asked: an identity source is missing") {
		t.Errorf("got\n%s", text)
	}
	if log := r.trace(t, "POST /x\nAuthorization: Bearer abcdefgh").ExecutionLog(); !strings.Contains(log, "The client is not authorized to perform this operation.\n") {
		t.Errorf("got\n%s", log)
	}
}

// No line of a block shows a secret of the call: not the event that a function is sent,
// nor the answer to a wrong signature, which repeats the request.
func TestTraceHidesSecrets(t *testing.T) {
	const token = "session/token+0123456789=="
	lambda := mock(func(m *snapshot.Method) {
		m.Integration = snapshot.Integration{Type: "AWS_PROXY", HTTPMethod: "POST", URI: lambdaURI(testFunction)}
	})
	asks := requests(func(a *snapshot.Authorizer) {
		a.IdentitySource = "method.request.querystring.key,method.request.header.X-Who"
	})
	iam := newSignedRig(t, strings.Replace(signers, "token+/=", token, 1), nil)
	sign := func(s toSign) *httpmsg.Request { req, _ := s.signed(t); return req }
	presigned := sign(toSign{id: "STATIC", secret: "another-secret-of-hers", token: token, presign: true})
	_, signature, _ := strings.Cut(presigned.Query, "X-Amz-Signature=")
	tests := map[string]struct {
		rig     *rig
		request *httpmsg.Request
		shows   []string
		secrets []string
	}{
		"a token": {guarded(t, answering(t, told), tokens(nil), lambda), parseRequest("GET /x\nAuthorization: Bearer abcdefghijkl"),
			[]string{`"authorizationToken":"***ghijkl"`, "is taken for user|7"}, []string{"abcdef"}},
		"the identity of a request": {guarded(t, answering(t, told), asks, lambda), parseRequest("GET /x?key=k%2F123456789\nX-Who: someone-secret\nCookie: theme=dark"),
			[]string{`"X-Who":"***secret"`, "theme=dark", "GET /x?key=***456789"}, []string{"someone", "k/123", "k%2F"}},
		"an identity in escapes of the client's own": {guarded(t, answering(t, told), asks, lambda), parseRequest("GET /x?other=1;key=k%2f1%32+456789&key2=k%2f1%32+456789\nX-Who: Bearer  someone-secret"),
			[]string{"GET /x?other=1;key=***456789&key2=***456789"}, []string{"k/12", "k%2f", "k%2F", "someone"}},
		"a token behind two spaces": {guarded(t, answering(t, told), tokens(nil), lambda), parseRequest("GET /x?also=abcdefghijkl\nAuthorization: Bearer  abcdefghijkl"), []string{"also=***ghijkl"}, []string{"abcdef"}},
		"a wrong signature":         {iam.rig, sign(toSign{id: "STATIC", secret: "another-secret-of-hers", token: token}), []string{"The Canonical String", "x-amz-security-token:***"}, []string{"session/"}},
		"a wrong presigned one": {iam.rig, presigned,
			[]string{"The Canonical String", "X-Amz-Security-Token=***"}, []string{"session/", "session%2F", signature[:20]}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := tt.rig.traceOf(t, tt.request).Text(trace.TextOptions{})
			for _, w := range tt.shows {
				if !strings.Contains(text, w) {
					t.Errorf("got\n%s\nwant %q in it", text, w)
				}
			}
			for _, s := range tt.secrets {
				if strings.Contains(text, s) {
					t.Errorf("got\n%s\nwith %q in it", text, s)
				}
			}
		})
	}
}

// refusing is a cloud that answers everything with a status.
func refusing(t testing.TB, status int) *cloud {
	return newCloud(t, func(w http.ResponseWriter, _ seen) { w.WriteHeader(status) })
}
