package pipeline

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const testAPI = "arn:aws:execute-api:us-east-1:000000000000:abc/prod/"

// says is the answer of a function that has one statement.
func says(effect, resource string) string {
	return fmt.Sprintf(`{"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": %q, "Resource": %q}]}}`, effect, resource)
}

// tokens is a TOKEN authorizer that keeps answers, changed by edit.
func tokens(edit func(*snapshot.Authorizer)) snapshot.Authorizer {
	a := snapshot.Authorizer{
		ID: "auth01", Name: "tokens", Type: "TOKEN", URI: lambdaURI(testFunction),
		IdentitySource: "method.request.header.Authorization", ResultTTLSeconds: 300,
	}
	if edit != nil {
		edit(&a)
	}
	return a
}

// requests is a REQUEST authorizer that keeps no answers, changed by edit.
func requests(edit func(*snapshot.Authorizer)) snapshot.Authorizer {
	return tokens(func(a *snapshot.Authorizer) {
		a.Type, a.Name, a.IdentitySource, a.ResultTTLSeconds = "REQUEST", "requests", "", 0
		if edit != nil {
			edit(a)
		}
	})
}

// guarded serves resources that an authorizer guards, whose function c stands in for.
func guarded(t testing.TB, c *cloud, a snapshot.Authorizer, resources ...snapshot.Resource) *rig {
	t.Helper()
	if resources == nil {
		resources = []snapshot.Resource{mock(nil)}
	}
	for i := range resources {
		for j := range resources[i].Methods {
			resources[i].Methods[j].AuthorizationType, resources[i].Methods[j].AuthorizerID = "CUSTOM", "auth01"
		}
	}
	return withAuthorizers(t, c, map[string]snapshot.Authorizer{"auth01": a}, resources...)
}

// withAuthorizers serves resources of an API that has authorizers.
func withAuthorizers(t testing.TB, c *cloud, list map[string]snapshot.Authorizer, resources ...snapshot.Resource) *rig {
	t.Helper()
	if resources == nil {
		resources = []snapshot.Resource{mock(func(m *snapshot.Method) { m.AuthorizationType, m.AuthorizerID = "CUSTOM", "auth01" })}
	}
	return newAWSRigOf(t, integration.AWSOptions{EndpointURL: c.url}, &snapshot.Deployment{Resources: resources, Authorizers: list})
}

// count is how many times functions were called.
func (c *cloud) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.asked)
}

const (
	mockOK      = "200\nContent-Type: application/json\n\n"
	notLetIn    = "401\nx-amzn-ErrorType: UnauthorizedException\nContent-Type: application/json\n\n" + `{"message":"Unauthorized"}`
	badConfig   = "500\nx-amzn-ErrorType: AuthorizerConfigurationException\nContent-Type: application/json\n\n" + `{"message":null}`
	badFunction = "500\nx-amzn-ErrorType: AuthorizerFailureException\nContent-Type: application/json\n\n" + `{"message":null}`
	deniedText  = "403\nx-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json\n\n" + `{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}`
	silentText  = "403\nx-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json\n\n" + `{"Message":"User is not authorized to access this resource"}`
)

// TestAuthorizerOutcomes has what clients get of each answer of a function, and whether
// it is asked again for the next call.
func TestAuthorizerOutcomes(t *testing.T) {
	fails := func(text string) func(http.ResponseWriter, seen) {
		return func(w http.ResponseWriter, _ seen) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, text)
		}
	}
	status := func(code int, text string) func(http.ResponseWriter, seen) {
		return func(w http.ResponseWriter, _ seen) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, text)
		}
	}
	text := func(text string) func(http.ResponseWriter, seen) {
		return func(w http.ResponseWriter, _ seen) { _, _ = io.WriteString(w, text) }
	}
	allow := says("Allow", testAPI+"*")
	tests := map[string]struct {
		function func(http.ResponseWriter, seen)
		want     string
		kept     bool
	}{
		"allowed":                            {text(allow), mockOK, true},
		"denied":                             {text(says("Deny", testAPI+"*")), deniedText, true},
		"silent":                             {text(says("Allow", testAPI+"GET/other")), silentText, true},
		"no statements":                      {text(`{"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": []}}`), silentText, true},
		"another stage":                      {text(says("Allow", strings.Replace(testAPI, "prod", "dev", 1)+"*")), silentText, true},
		"another API":                        {text(says("Allow", strings.Replace(testAPI, "abc", "abd", 1)+"*")), silentText, true},
		"another action":                     {text(strings.Replace(allow, "execute-api:Invoke", "execute-api:InvalidateCache", 1)), silentText, true},
		"the error Unauthorized":             {fails(`{"errorMessage": "Unauthorized", "errorType": "Exception", "stackTrace": []}`), notLetIn, false},
		"of Node":                            {fails(`{"errorType": "Error", "errorMessage": "Unauthorized", "trace": ["Error: Unauthorized"]}`), notLetIn, false},
		"the same, without a header":         {text(`{"errorMessage": "Unauthorized"}`), notLetIn, false},
		"in another case":                    {fails(`{"errorMessage": "unauthorized"}`), badConfig, false},
		"with more text":                     {fails(`{"errorMessage": "Error: Unauthorized"}`), badConfig, false},
		"any other error":                    {fails(`{"errorMessage": "boom"}`), badConfig, false},
		"an error with a policy":             {fails(allow), badConfig, false},
		"null":                               {text(`null`), badConfig, false},
		"nothing":                            {text(``), badConfig, false},
		"text":                               {text(`"unauthorized"`), badConfig, false},
		"a list":                             {text(`[` + allow + `]`), badConfig, false},
		"no JSON":                            {text(allow[1:]), badConfig, false},
		"two answers":                        {text(allow + allow), badConfig, false},
		"an empty object":                    {text(`{}`), badConfig, false},
		"no policyDocument":                  {text(`{"principalId": "user"}`), badConfig, false},
		"a policyDocument that is null":      {text(`{"principalId": "user", "policyDocument": null}`), badConfig, false},
		"a policyDocument that is text":      {text(`{"principalId": "user", "policyDocument": "{}"}`), badConfig, false},
		"no principalId":                     {text(strings.Replace(allow, `"principalId": "user", `, "", 1)), badConfig, false},
		"an empty principalId":               {text(strings.Replace(allow, `"user"`, `""`, 1)), mockOK, true},
		"a principalId that is a number":     {text(strings.Replace(allow, `"user"`, `7`, 1)), mockOK, true},
		"an answer of HTTP APIs":             {text(`{"isAuthorized": true}`), badConfig, false},
		"a member too many":                  {text(strings.Replace(allow, "{", `{"statusCode": 200, `, 1)), badConfig, false},
		"a policy twice":                     {text(strings.Replace(allow, "{", `{"policyDocument": null, "policyDocument": {"Statement": []}, `, 1)), badConfig, false},
		"Allow in another case":              {text(strings.Replace(allow, "Allow", "ALLOW", 1)), badConfig, false},
		"a statement without an action":      {text(strings.Replace(allow, `"Action": "execute-api:Invoke", `, "", 1)), badConfig, false},
		"a condition that nobody knows":      {text(strings.Replace(allow, `"Effect"`, `"Condition": {"Bool": {"aws:Nonsense": "true"}}, "Effect"`, 1)), badConfig, false},
		"context with an object":             {text(strings.Replace(allow, "{", `{"context": {"a": {}}, `, 1)), badConfig, false},
		"context with a list":                {text(strings.Replace(allow, "{", `{"context": {"a": ["b"]}, `, 1)), badConfig, false},
		"context that is text":               {text(strings.Replace(allow, "{", `{"context": "a", `, 1)), badConfig, false},
		"context that is null":               {text(strings.Replace(allow, "{", `{"context": null, `, 1)), mockOK, true},
		"too long":                           {text(strings.Repeat(" ", authz.MaxAnswer) + allow), badConfig, false},
		"no permission":                      {status(403, `{"Message": "User is not authorized to perform: lambda:InvokeFunction"}`), badConfig, false},
		"no such function":                   {status(404, `{"Message": "Function not found"}`), badConfig, false},
		"throttled":                          {status(429, `{"Message": "Rate exceeded"}`), badFunction, false},
		"Lambda fails":                       {status(500, allow), badFunction, false},
		"Lambda is not there":                {status(503, allow), badFunction, false},
		"accepted for later":                 {status(202, allow), badConfig, false},
		"a policy under a status of its own": {status(201, allow), badConfig, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t, tt.function)
			r := guarded(t, c, tokens(nil))
			for range 2 {
				r.want(t, "GET /x\nAuthorization: t", tt.want)
			}
			if got, want := c.count(), map[bool]int{true: 1, false: 2}[tt.kept]; got != want {
				t.Errorf("the function was called %d times, want %d", got, want)
			}
		})
	}
}

// TestIdentitySources has who is refused without a call of the function, and which calls
// share an answer.
func TestIdentitySources(t *testing.T) {
	const first = "GET /x\nAuthorization: a"
	sources := func(text string) snapshot.Authorizer {
		return requests(func(a *snapshot.Authorizer) { a.IdentitySource, a.ResultTTLSeconds = text, 300 })
	}
	two := sources("method.request.header.A,method.request.header.B")
	tests := map[string]struct {
		authorizer snapshot.Authorizer
		requests   []string
		want       string
		calls      int
	}{
		"a token":                      {tokens(nil), []string{first}, mockOK, 1},
		"the same again":               {tokens(nil), []string{first, first}, mockOK, 1},
		"in a header of any spelling":  {tokens(nil), []string{first, "GET /x\nauthorization: a"}, mockOK, 1},
		"another token":                {tokens(nil), []string{first, "GET /x\nAuthorization: b"}, mockOK, 2},
		"a token in another case":      {tokens(nil), []string{first, "GET /x\nAuthorization: A"}, mockOK, 2},
		"kept for no time":             {tokens(func(a *snapshot.Authorizer) { a.ResultTTLSeconds = 0 }), []string{first, first}, mockOK, 2},
		"no token":                     {tokens(nil), []string{"GET /x"}, notLetIn, 0},
		"no token, nothing is kept":    {tokens(func(a *snapshot.Authorizer) { a.ResultTTLSeconds = 0 }), []string{"GET /x"}, notLetIn, 0},
		"an empty token":               {tokens(nil), []string{"GET /x\nAuthorization: "}, notLetIn, 0},
		"a blank token":                {tokens(nil), []string{"GET /x\nAuthorization:   "}, notLetIn, 0},
		"two tokens":                   {tokens(nil), []string{"GET /x\nAuthorization: a\nAuthorization: b"}, notLetIn, 0},
		"the same token twice":         {tokens(nil), []string{first + "\nauthorization: a"}, notLetIn, 0},
		"a token in the query":         {tokens(nil), []string{"GET /x?Authorization=a"}, notLetIn, 0},
		"a token as it has to be":      {tokens(func(a *snapshot.Authorizer) { a.IdentityValidation = "Bearer [a-z]+" }), []string{"GET /x\nAuthorization: Bearer abc"}, mockOK, 1},
		"part of it":                   {tokens(func(a *snapshot.Authorizer) { a.IdentityValidation = "Bearer [a-z]+" }), []string{"GET /x\nAuthorization: Bearer abc1"}, notLetIn, 0},
		"with anchors":                 {tokens(func(a *snapshot.Authorizer) { a.IdentityValidation = "^Bearer [a-z]+$" }), []string{"GET /x\nAuthorization: Bearer abc"}, mockOK, 1},
		"a possessive quantifier":      {tokens(func(a *snapshot.Authorizer) { a.IdentityValidation = "[a-z]++\\d" }), []string{"GET /x\nAuthorization: abc1"}, mockOK, 1},
		"an expression that runs away": {tokens(func(a *snapshot.Authorizer) { a.IdentityValidation = "(a|a)*+b\\1" }), []string{"GET /x\nAuthorization: " + strings.Repeat("a", 5000)}, notLetIn, 0},
		"no sources, nothing is kept":  {requests(nil), []string{"GET /x", "GET /x"}, mockOK, 2},
		"missing, nothing is kept":     {requests(func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.header.A" }), []string{"GET /x"}, mockOK, 1},
		"a validation is not for them": {requests(func(a *snapshot.Authorizer) { a.IdentityValidation = "x" }), []string{first}, mockOK, 1},
		"two sources":                  {two, []string{"GET /x\nA: 1\nB: 2", "GET /x\nB: 2\nA: 1"}, mockOK, 1},
		"the second is missing":        {two, []string{"GET /x\nA: 1"}, notLetIn, 0},
		"the second is blank":          {two, []string{"GET /x\nA: 1\nB:  "}, notLetIn, 0},
		"that concatenate alike":       {two, []string{"GET /x\nA: 12\nB: 3", "GET /x\nA: 1\nB: 23"}, mockOK, 2},
		"the other way round":          {two, []string{"GET /x\nA: 1\nB: 2", "GET /x\nA: 2\nB: 1"}, mockOK, 2},
		"with commas":                  {two, []string{"GET /x\nA: 1,2\nB: 3", "GET /x\nA: 1\nB: 2,3"}, mockOK, 2},
		"one twice":                    {two, []string{"GET /x\nA: 1\nB: 2", "GET /x\nA: 0\nA: 1\nB: 2"}, mockOK, 2},
		"values that change places":    {two, []string{"GET /x\nA: 1\nA: 2\nB: 3", "GET /x\nA: 1\nB: 2\nB: 3"}, mockOK, 2},
		"white space between sources":  {sources(" method.request.header.A , method.request.header.B "), []string{"GET /x\nA: 1\nB: 2"}, mockOK, 1},
		"a query parameter":            {sources("method.request.querystring.t"), []string{"GET /x?t=1", "GET /x?t=1&u=2", "GET /x?t=%31"}, mockOK, 1},
		"no query parameter":           {sources("method.request.querystring.t"), []string{"GET /x?T=1"}, notLetIn, 0},
		"one without a value":          {sources("method.request.querystring.t"), []string{"GET /x?t="}, notLetIn, 0},
		"one that is blank":            {sources("method.request.querystring.t"), []string{"GET /x?t=%20"}, notLetIn, 0},
		"one that comes twice":         {sources("method.request.querystring.t"), []string{"GET /x?t=1", "GET /x?t=2&t=1"}, mockOK, 2},
		"NUL in it":                    {sources("method.request.querystring.t"), []string{"GET /x?t=1", "GET /x?t=1%00"}, mockOK, 2},
		"what is no UTF-8":             {sources("method.request.querystring.t"), []string{"GET /x?t=%FF", "GET /x?t=%FE", "GET /x?t=%EF%BF%BD"}, mockOK, 3},
		"a stage variable":             {sources("stageVariables.env"), []string{"GET /x", "GET /x"}, mockOK, 1},
		"a stage variable not set":     {sources("stageVariables.nothing"), []string{"GET /x"}, notLetIn, 0},
		"the context":                  {sources("context.httpMethod,context.path"), []string{"GET /x", "POST /x", "GET /x/", "GET /x"}, mockOK, 3},
		"the address":                  {sources("context.identity.sourceIp"), []string{"GET /x", "GET /x\nX-Forwarded-For: 203.0.113.9"}, mockOK, 1},
		"context that is not there":    {sources("context.nothing"), []string{"GET /x"}, notLetIn, 0},
		"the host":                     {sources("method.request.header.Host"), []string{"GET /x", "GET /x\nHost: evil.example"}, mockOK, 1},
		"a header that is added to":    {sources("method.request.header.X-Forwarded-For"), []string{"GET /x", "GET /x\nX-Forwarded-For: 203.0.113.9"}, mockOK, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, says("Allow", testAPI+"*"))
			r := guarded(t, c, tt.authorizer)
			for _, request := range tt.requests {
				r.want(t, request, tt.want)
			}
			if got := c.count(); got != tt.calls {
				t.Errorf("the function was called %d times, want %d", got, tt.calls)
			}
		})
	}
}

// TestAuthorizerSettings has authorizers that cannot work: they let nobody in, and
// the problem is known before the first call.
func TestAuthorizerSettings(t *testing.T) {
	tests := map[string]struct {
		authorizer snapshot.Authorizer
		want       string // in the problem
	}{
		"none of that id":            {snapshot.Authorizer{ID: "other1"}, `authorizer "auth01" is missing`},
		"no type":                    {tokens(func(a *snapshot.Authorizer) { a.Type = "" }), `type "" is not`},
		"a pool":                     {tokens(func(a *snapshot.Authorizer) { a.Type = "COGNITO_USER_POOLS" }), "is not that of a Lambda authorizer"},
		"a type in lower case":       {tokens(func(a *snapshot.Authorizer) { a.Type = "token" }), "is not that of a Lambda authorizer"},
		"no identity source":         {tokens(func(a *snapshot.Authorizer) { a.IdentitySource = "" }), "is not one header"},
		"two identity sources":       {tokens(func(a *snapshot.Authorizer) { a.IdentitySource += ",method.request.header.B" }), "is not one header"},
		"a token in the query":       {tokens(func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.querystring.t" }), "is not one header"},
		"a path parameter":           {requests(func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.path.id" }), "is no identity source"},
		"the body":                   {requests(func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.body" }), "is no identity source"},
		"a source without a name":    {requests(func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.header." }), "is no identity source"},
		"one that everybody shares":  {requests(func(a *snapshot.Authorizer) { a.ResultTTLSeconds = 300 }), "all callers would share one"},
		"commas alone":               {requests(func(a *snapshot.Authorizer) { a.IdentitySource, a.ResultTTLSeconds = " , ,", 300 }), "all callers would share one"},
		"an expression that is none": {tokens(func(a *snapshot.Authorizer) { a.IdentityValidation = "(" }), "identityValidationExpression: "},
		"kept for too long":          {tokens(func(a *snapshot.Authorizer) { a.ResultTTLSeconds = 3601 }), "authorizerResultTtlInSeconds is 3601"},
		"kept for less than no time": {tokens(func(a *snapshot.Authorizer) { a.ResultTTLSeconds = -1 }), "authorizerResultTtlInSeconds is -1"},
		"a URI that is none":         {tokens(func(a *snapshot.Authorizer) { a.URI = "" }), ""},
		"a URI of another service":   {tokens(func(a *snapshot.Authorizer) { a.URI = "arn:aws:apigateway:us-east-1:sqs:path/000000000000/q" }), ""},
		"an address":                 {tokens(func(a *snapshot.Authorizer) { a.URI = "http://127.0.0.1/" }), ""},
		"a stage variable not set":   {tokens(func(a *snapshot.Authorizer) { a.URI = lambdaURI("${stageVariables.nothing}") }), ""},
		"credentials of the caller":  {tokens(func(a *snapshot.Authorizer) { a.Credentials = "arn:aws:iam::*:user/*" }), "identity of the caller"},
		"a role that is not text":    {tokens(func(a *snapshot.Authorizer) { a.Credentials = "x" }), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t, func(w http.ResponseWriter, asked seen) {
				if asked.Target == "/" || strings.Contains(asked.Body, "AssumeRole") {
					w.WriteHeader(403)
					return
				}
				_, _ = io.WriteString(w, says("Allow", "*"))
			})
			r := guarded(t, c, tt.authorizer)
			if name == "none of that id" {
				r = withAuthorizers(t, c, map[string]snapshot.Authorizer{"other1": tt.authorizer})
			}
			resp := r.call("GET /x\nAuthorization: t\nB: u")
			defer resp.Release()
			if show(resp) != badConfig {
				t.Errorf("got %s", show(resp))
			}
			problems := fmt.Sprint(r.stage.program.Problems())
			if tt.want != "" && !strings.Contains(problems, tt.want) {
				t.Errorf("the problems are %s, want %q among them", problems, tt.want)
			}
		})
	}
}

// TestUnreachable has functions that do not answer: everybody is kept out.
func TestUnreachable(t *testing.T) {
	tests := map[string]struct{ url, want string }{
		"nobody listens":     {gone(t), badConfig},
		"no such host":       {"http://nowhere.invalid", badConfig},
		"it hangs up":        {accepting(t, func(c net.Conn) { c.Close() }), badConfig},
		"it never answers":   {silent(t), badFunction},
		"it speaks no HTTP":  {canned(t, "SSH-2.0-OpenSSH_9.6\r\n"), badConfig},
		"it stops half way":  {canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"+says("Allow", "*")), badConfig},
		"it says no length":  {canned(t, "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"+says("Allow", "*")), badConfig},
		"it leads elsewhere": {canned(t, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), badConfig},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := guarded(t, &cloud{url: tt.url}, tokens(nil))
			for range 2 {
				req := parseRequest("GET /x\nAuthorization: t")
				req.Deadline = time.Now().Add(300 * time.Millisecond)
				resp := r.stage.Serve(req)
				got := show(resp)
				resp.Release()
				if got != tt.want && got != badFunction { // what takes longer than the call has is late
					t.Errorf("got %s", got)
				}
			}
		})
	}
}
