package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
)

// An authorizerTester tests the authorizers of an API that is deployed nowhere.
type authorizerTester struct {
	*tester
	authorizers map[string]string // name to id
	asked       atomic.Int64      // calls of functions
	issuer      *oidctest.Issuer  // of the user pool
}

const testedPool = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Shop"

// judge is a function that says what the token, or the query, wants it to say.
func (a *authorizerTester) judge(w http.ResponseWriter, r *http.Request) {
	a.asked.Add(1)
	w.Header()["Date"] = nil
	var event struct {
		AuthorizationToken, MethodArn string
		QueryStringParameters         map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	fails := func(message string) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = fmt.Fprintf(w, `{"errorMessage": %q}`, message)
	}
	policy := `{"principalId":"user-1234567","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"%s","Resource":"` + event.MethodArn + `"}]},"context":{"role":"admin","level":7}}`
	switch event.AuthorizationToken + event.QueryStringParameters["q"] {
	case "allow-me":
		_, _ = fmt.Fprintf(w, policy, "Allow")
	case "deny":
		_, _ = fmt.Fprintf(w, policy, "Deny")
	case "none":
		_, _ = io.WriteString(w, `null`)
	case "unauthorized":
		fails("Unauthorized")
	default:
		fails("boom")
	}
}

func newAuthorizerTester(t *testing.T) *authorizerTester {
	a := &authorizerTester{authorizers: make(map[string]string), issuer: oidctest.New(t)}
	functions := httptest.NewServer(http.HandlerFunc(a.judge))
	t.Cleanup(functions.Close)
	p, err := launch(t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--in-memory", "--aws-endpoint-url", functions.URL, "--identity-pools", testedPool+"="+a.issuer.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	a.tester = &tester{Client: newSDK(urlLine.FindStringSubmatch(p.printed())[2])}
	api, err := a.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("tested")})
	if err != nil {
		t.Fatal(err)
	}
	a.api = *api.Id
	uri := aws.String(strings.Replace(aFunctionURI, ":f/", ":${stageVariables.fn}/", 1))
	for name, in := range map[string]apigateway.CreateAuthorizerInput{
		"token":   {Type: "TOKEN", AuthorizerUri: uri, IdentitySource: aws.String("method.request.header.Auth"), IdentityValidationExpression: aws.String("[a-z-]+")},
		"request": {Type: "REQUEST", AuthorizerUri: uri, IdentitySource: aws.String("method.request.querystring.q, context.httpMethod, stageVariables.fn")},
		"pool":    {Type: "COGNITO_USER_POOLS", ProviderARNs: []string{testedPool}, IdentitySource: aws.String("method.request.header.Authorization")},
	} {
		in.RestApiId, in.Name = api.Id, &name
		out, err := a.CreateAuthorizer(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		a.authorizers[name] = *out.Id
	}
	return a
}

// TestInvokeAuthorizer holds tests of authorizers to AWS's results, lines and their
// order, nothing of the API deployed.
func TestInvokeAuthorizer(t *testing.T) {
	a := newAuthorizerTester(t)
	const (
		began   = "Execution log for request {id}\n{date} : Starting authorizer: {authorizer} for request: {id}\n{date} : Incoming identity: "
		refused = "{date} : Unauthorized request: {id}\n"
		asked   = "{date} : Endpoint request URI: http://{backend}/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:judge/invocations\n" +
			"{date} : Endpoint request headers: …X-Amz-Source-Arn=arn:aws:execute-api:us-east-1:000000000000:{api}/authorizers/{authorizer}, …\n{date} : Endpoint request body after transformations: "
		sent   = "\n{date} : Sending request to http://{backend}/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:judge/invocations\n{date} : Authorizer result body before parsing: "
		arn    = "arn:aws:execute-api:us-east-1:000000000000:{api}/ESTestInvoke-stage/GET/pets/7"
		policy = `{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"` + arn + `"}]}`
		judged = `{"principalId":"user-1234567","policyDocument":` + policy + `,"context":{"role":"admin","level":7}}`
		valid  = "\n{date} : Using valid authorizer policy for principal: ******234567\n{date} : Successfully completed authorizer execution\n"
		wrong  = "\n{date} : Execution failed due to configuration error: Could not parse policy\n{date} : AuthorizerConfigurationException\n"
	)
	token := func(token, masked string) (string, string) {
		return token, began + masked + "\n" + asked + `{"type":"TOKEN","methodArn":"` + arn + `","authorizationToken":"` + token + `"}` + sent
	}
	allow, allowed := token("allow-me", "**low-me")
	deny, denied := token("deny", "****")
	none, parsed := token("none", "****")
	_, thrown := token("unauthorized", "******orized")
	said := map[string][]string{"role": {"admin"}, "level": {"7"}}
	issued := a.issuer.Token(map[string]any{"sub": "ada"})
	for name, tt := range map[string]struct {
		authorizer string
		token      string
		query      string
		context    map[string]string
		status     int32
		principal  string
		policy     string
		said       map[string][]string
		asks       int64
		log        string // "" is not looked at
	}{
		"no token":                      {authorizer: "token", status: 401, log: began + "\n" + refused},
		"a token that is not validated": {authorizer: "token", token: "X1", status: 401, log: began + "**\n" + refused},
		"allowed":                       {authorizer: "token", token: allow, principal: "user-1234567", policy: policy, said: said, asks: 1, log: allowed + judged + valid},
		"denied, which is a result": {authorizer: "token", token: deny, principal: "user-1234567", policy: strings.Replace(policy, "Allow", "Deny", 1), said: said, asks: 1,
			log: denied + strings.Replace(judged, "Allow", "Deny", 1) + valid},
		"no policy":                     {authorizer: "token", token: none, status: 500, asks: 1, log: parsed + "null" + wrong},
		"the function refuses":          {authorizer: "token", token: "unauthorized", status: 401, asks: 1, log: thrown + `{"errorMessage": "Unauthorized"}` + "\n" + refused},
		"the function fails":            {authorizer: "token", token: "boom", status: 500, asks: 1},
		"a source is missing":           {authorizer: "request", status: 401, log: began + "{…}\n" + refused},
		"all sources are there":         {authorizer: "request", query: "?q=allow-me", principal: "user-1234567", policy: policy, said: said, asks: 1},
		"a source of further context":   {authorizer: "request", query: "?q=allow-me", context: map[string]string{"httpMethod": "PUT"}, principal: "user-1234567", policy: policy, said: said, asks: 1},
		"a source of blank context":     {authorizer: "request", query: "?q=allow-me", context: map[string]string{"httpMethod": ""}, status: 401},
		"no token of a pool":            {authorizer: "pool", status: 401, log: began + "\n" + refused},
		"a token of no pool":            {authorizer: "pool", token: "allow-me", status: 401, log: began + "**low-me\n" + refused},
		"a token of the pool":           {authorizer: "pool", token: issued, log: began + "{…}" + issued[len(issued)-6:] + "\n{date} : Successfully completed authorizer execution\n"},
		"a token with a word before it": {authorizer: "pool", token: "Bearer " + issued},
	} {
		t.Run(name, func(t *testing.T) {
			before := a.asked.Load()
			in := &apigateway.TestInvokeAuthorizerInput{
				RestApiId: &a.api, AuthorizerId: aws.String(a.authorizers[tt.authorizer]), PathWithQueryString: aws.String("/pets/7" + tt.query),
				StageVariables: map[string]string{"fn": "judge"}, AdditionalContext: tt.context,
			}
			if tt.token != "" {
				in.Headers = map[string]string{"Auth": tt.token, "Authorization": tt.token}
			}
			out, err := a.TestInvokeAuthorizer(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			named := strings.NewReplacer("{api}", a.api, "{authorizer}", a.authorizers[tt.authorizer])
			if out.ClientStatus != tt.status || aws.ToString(out.PrincipalId) != tt.principal || aws.ToString(out.Policy) != named.Replace(tt.policy) || !cmp.Equal(out.Authorization, tt.said) {
				t.Errorf("got %d %s %s %v", out.ClientStatus, aws.ToString(out.PrincipalId), aws.ToString(out.Policy), out.Authorization)
			}
			if n := a.asked.Load() - before; n != tt.asks {
				t.Errorf("the function was called %d times, want %d", n, tt.asks)
			}
			if sub := out.Claims["sub"]; (sub == "ada") != (tt.authorizer == "pool" && tt.status == 0) || sub != "" && !claimDate.MatchString(out.Claims["exp"]) {
				t.Errorf("claims %v", out.Claims)
			}
			want := named.Replace(tt.log)
			if got := endpointHeaders.ReplaceAllString(steadyLog(*out.Log), "…$1, …"); tt.log != "" && !fits(want, got) {
				t.Errorf("log\n%s\nwant\n%s", got, want)
			}
			if tt.token != "" && len(tt.token) > 12 && strings.Contains(*out.Log, tt.token) && tt.authorizer == "pool" {
				t.Errorf("the token is in the log\n%s", *out.Log)
			}
		})
	}
}

var (
	claimDate       = regexp.MustCompile(`^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$`) // recorded
	endpointHeaders = regexp.MustCompile(`\{Accept=.*(X-Amz-Source-Arn=[^,]*), .*\}`)
)

// fits reports whether a log is as it is wanted; {…} stands for the rest of a line.
func fits(want, got string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(want), regexp.QuoteMeta("{…}"), ".*") + "$").MatchString(got)
}
