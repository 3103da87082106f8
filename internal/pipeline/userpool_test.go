package pipeline

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const testPool = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI"

// newPoolRig serves a deployment whose authorizer auth takes the tokens of an issuer.
func newPoolRig(t testing.TB, d *snapshot.Deployment, edit func(*snapshot.Authorizer), issuers ...authz.PoolIssuer) *rig {
	t.Helper()
	a := snapshot.Authorizer{ID: "auth", Name: "pool", Type: "COGNITO_USER_POOLS", ProviderARNs: []string{testPool}, IdentitySource: "method.request.header.Authorization"}
	if edit != nil {
		edit(&a)
	}
	d.ID, d.APIID, d.Account, d.Region = "d1", "abc", "000000000000", "us-east-1"
	d.Authorizers = map[string]snapshot.Authorizer{a.ID: a}
	pools := authz.NewPools(authz.PoolOptions{Fetch: oidctest.Fetch})
	t.Cleanup(pools.Close)
	pools.Configure(&authz.PoolSettings{Issuers: issuers, Local: true})
	client := integration.NewClient(integration.Options{})
	t.Cleanup(client.Close)
	settings := &snapshot.Stage{APIID: "abc", Name: "prod", Account: d.Account, Region: d.Region, DeploymentID: "d1"}
	return &rig{d, Bind(settings, Compile(d), &Services{Client: client, Pools: pools})}
}

// issuedBy maps the test's pool to an issuer.
func issuedBy(i *oidctest.Issuer) authz.PoolIssuer {
	return authz.PoolIssuer{ARN: testPool, Issuer: i.URL}
}

// protected is a method of the authorizer that answers with some of the claims.
func protected(scopes ...string) snapshot.Resource {
	return mock(func(m *snapshot.Method) {
		m.AuthorizationType, m.AuthorizerID, m.AuthorizationScopes = "COGNITO_USER_POOLS", "auth", scopes
		m.Integration.Responses[0].Templates = map[string]string{"application/json": `$context.authorizer.claims.sub`}
	})
}

const (
	unauthorizedAnswer = "401\nx-amzn-ErrorType: UnauthorizedException\nContent-Type: application/json\n\n{\"message\":\"Unauthorized\"}"
	expiredAnswer      = "401\nx-amzn-ErrorType: UnauthorizedException\nContent-Type: application/json\n\n{\"message\":\"The incoming token has expired\"}"
	unreachableAnswer  = "500\nx-amzn-ErrorType: AuthorizerConfigurationException\nContent-Type: application/json\n\n{\"message\":null}"
	adaAnswer          = "200\nContent-Type: application/json\n\nada"
)

// The rows of the table of user pools, with AWS's texts.
func TestUserPool(t *testing.T) {
	issuer, other := oidctest.New(t), oidctest.New(t)
	id := issuer.Token(nil)
	hourAgo := time.Now().Add(-time.Hour).Unix()
	audience := func(a *snapshot.Authorizer) { a.IdentityValidation = "client-[0-9]" }
	header := func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.header.X-Token" }
	tests := map[string]struct {
		edit    func(*snapshot.Authorizer)
		scopes  []string
		headers string
		want    string
	}{
		"an ID token":                      {headers: "Authorization: " + id, want: adaAnswer},
		"with Bearer":                      {headers: "Authorization: Bearer " + id, want: adaAnswer},
		"with bearer":                      {headers: "authorization: bearer " + id, want: adaAnswer},
		"in another header":                {edit: header, headers: "x-token: " + id, want: adaAnswer},
		"in the wrong header":              {edit: header, headers: "Authorization: " + id, want: unauthorizedAnswer},
		"no token":                         {headers: "Accept: */*", want: unauthorizedAnswer},
		"an empty token":                   {headers: "Authorization: ", want: unauthorizedAnswer},
		"no JWT":                           {headers: "Authorization: hello", want: unauthorizedAnswer},
		"an expired token":                 {headers: "Authorization: " + issuer.Token(map[string]any{"exp": hourAgo}), want: expiredAnswer},
		"an expired token of somebody":     {headers: "Authorization: " + oidctest.OtherRSA("k1", "RS256").Token(issuer.Claims(map[string]any{"exp": hourAgo})), want: unauthorizedAnswer},
		"of another issuer":                {headers: "Authorization: " + other.Token(nil), want: unauthorizedAnswer},
		"of another key":                   {headers: "Authorization: " + oidctest.OtherRSA("k1", "RS256").Token(issuer.Claims(nil)), want: unauthorizedAnswer},
		"an access token, no scopes":       {headers: "Authorization: " + issuer.AccessToken("pets/read"), want: unauthorizedAnswer},
		"an access token with the scope":   {scopes: []string{"pets/read"}, headers: "Authorization: " + issuer.AccessToken("pets/read"), want: adaAnswer},
		"any of the scopes suffices":       {scopes: []string{"pets/write", "pets/read"}, headers: "Authorization: " + issuer.AccessToken("openid pets/read email"), want: adaAnswer},
		"none of the scopes":               {scopes: []string{"pets/write"}, headers: "Authorization: " + issuer.AccessToken("pets/read"), want: unauthorizedAnswer},
		"a scope that begins like it":      {scopes: []string{"pets/read"}, headers: "Authorization: " + issuer.AccessToken("pets/readall"), want: unauthorizedAnswer},
		"an ID token at scopes":            {scopes: []string{"pets/read"}, headers: "Authorization: " + issuer.Token(map[string]any{"scope": "pets/read"}), want: unauthorizedAnswer},
		"the audience matches":             {edit: audience, headers: "Authorization: " + id, want: adaAnswer},
		"one of the audiences matches":     {edit: audience, headers: "Authorization: " + issuer.Token(map[string]any{"aud": []string{"x", "client-2"}}), want: adaAnswer},
		"the audience matches in part":     {edit: audience, headers: "Authorization: " + issuer.Token(map[string]any{"aud": "client-10"}), want: unauthorizedAnswer},
		"an access token has no audience":  {edit: audience, scopes: []string{"s"}, headers: "Authorization: " + issuer.AccessToken("s"), want: unauthorizedAnswer},
		"a second pool":                    {edit: func(a *snapshot.Authorizer) { a.ProviderARNs = []string{testPool + "2", testPool} }, headers: "Authorization: " + id, want: adaAnswer},
		"a pool that nobody has set":       {edit: func(a *snapshot.Authorizer) { a.ProviderARNs = []string{testPool + "2"} }, headers: "Authorization: " + cognitoToken(testPool+"2"), want: unreachableAnswer},
		"an ARN that is none":              {edit: func(a *snapshot.Authorizer) { a.ProviderARNs = []string{"arn:aws:s3:::b"} }, headers: "Authorization: " + id, want: unreachableAnswer},
		"an identity source that is none":  {edit: func(a *snapshot.Authorizer) { a.IdentitySource = "method.request.querystring.token" }, headers: "Authorization: " + id, want: unreachableAnswer},
		"an expression that does not work": {edit: func(a *snapshot.Authorizer) { a.IdentityValidation = "(" }, headers: "Authorization: " + id, want: unreachableAnswer},
		"an authorizer of another type":    {edit: func(a *snapshot.Authorizer) { a.Type = "TOKEN" }, headers: "Authorization: " + id, want: unreachableAnswer},
		"an authorizer that is not there":  {edit: func(a *snapshot.Authorizer) { a.ID = "other" }, headers: "Authorization: " + id, want: unreachableAnswer},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newPoolRig(t, &snapshot.Deployment{Resources: []snapshot.Resource{protected(tt.scopes...)}}, tt.edit, issuedBy(issuer))
			for range 2 { // the second time out of what is kept
				r.want(t, "GET /x\n"+tt.headers, tt.want)
			}
		})
	}
}

// cognitoToken is a token that says to be of a pool of Cognito's own.
func cognitoToken(arn string) string {
	id := arn[strings.LastIndex(arn, "/")+1:]
	return oidctest.RSA("k1", "RS256").Token(oidctest.Claims("https://cognito-idp.us-east-1.amazonaws.com/"+id, nil))
}

// What Cognito puts into tokens is text in templates, with dates as Java prints them
// (recorded).
func TestClaimsInTemplates(t *testing.T) {
	issuer := oidctest.New(t)
	resource := protected()
	resource.Methods[0].Integration.Responses[0].Templates["application/json"] = `$context.authorizer.claims.exp|$context.authorizer.claims['custom:role']|$context.authorizer.claims.email_verified|$context.authorizer.claims['cognito:groups']|$context.authorizer.claims.none`
	r := newPoolRig(t, &snapshot.Deployment{Resources: []snapshot.Resource{resource}}, nil, issuedBy(issuer))
	r.want(t, "GET /x\nAuthorization: "+issuer.Token(map[string]any{"exp": 4081906038, "custom:role": "keeper", "email_verified": true, "cognito:groups": []string{"a", "b"}}),
		"200\nContent-Type: application/json\n\nFri May 08 06:47:18 UTC 2099|keeper|true|a,b|")
}

// The event has the claims as text, and nothing else of the authorizer.
func TestClaimsInEvents(t *testing.T) {
	issuer := oidctest.New(t)
	var event struct {
		RequestContext struct {
			Authorizer map[string]any `json:"authorizer"`
		} `json:"requestContext"`
	}
	resource := function("/x")
	resource.Methods[0].AuthorizationType, resource.Methods[0].AuthorizerID = "COGNITO_USER_POOLS", "auth"
	r := newPoolRig(t, &snapshot.Deployment{Resources: []snapshot.Resource{resource}}, nil, issuedBy(issuer))
	r.stage.services.AWS = newAWSRig(t, newCloud(t, func(w http.ResponseWriter, s seen) {
		_ = json.Unmarshal([]byte(s.Body), &event)
		_, _ = w.Write([]byte(`{"statusCode": 200}`))
	}), function("/x")).stage.services.AWS
	r.want(t, "GET /x\nAuthorization: "+issuer.Token(map[string]any{"iat": 1494139638, "exp": 4081906038, "auth_time": 1494139638, "amr": []string{"pwd"}}), "200\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n")
	got, _ := json.Marshal(event.RequestContext.Authorizer)
	want := `{"claims":{"amr":"pwd","aud":"client-1","auth_time":"1494139638","exp":"Fri May 08 06:47:18 UTC 2099","iat":"Sun May 07 06:47:18 UTC 2017","iss":"` + issuer.URL + `","sub":"ada","token_use":"id"}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A test of an authorizer says what a token claims, or what its client would get.
func TestTestAuthorizerOfPool(t *testing.T) {
	issuer := oidctest.New(t)
	r := newPoolRig(t, &snapshot.Deployment{Resources: []snapshot.Resource{protected()}}, nil, issuedBy(issuer))
	try := func(token string) *AuthorizerResult {
		return TestAuthorizer(t.Context(), r.deployment, "auth", parseRequest("GET /\nAuthorization: "+token), new(Test), r.stage.services)
	}
	token := issuer.Token(map[string]any{"exp": 4081906038})
	got := try(token)
	if got.ClientStatus != 0 || got.Claims["sub"] != "ada" || got.Claims["exp"] != "Fri May 08 06:47:18 UTC 2099" || got.PrincipalID != "" {
		t.Errorf("a good token: %+v", got)
	}
	log := steady(got.Trace.ExecutionLog())
	for _, want := range []string{" : Starting authorizer: auth for request: ", " : Incoming identity: *", token[len(token)-6:] + "\n", " : Successfully completed authorizer execution\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in\n%s", want, log)
		}
	}
	if strings.Contains(log, token) {
		t.Errorf("the log has the token:\n%s", log)
	}
	for token, want := range map[string]int{issuer.Token(map[string]any{"exp": 1}): 401, "": 401, "hello": 401, issuer.AccessToken("s"): 401} {
		if got := try(token); got.ClientStatus != want || got.Claims != nil || !strings.Contains(got.Trace.ExecutionLog(), " : Unauthorized request: ") {
			t.Errorf("%.20s: %+v\n%s", token, got, got.Trace.ExecutionLog())
		}
	}
	issuer.Answer(http.NotFound)
	down := newPoolRig(t, &snapshot.Deployment{Resources: []snapshot.Resource{protected()}}, nil, issuedBy(issuer))
	if got := TestAuthorizer(t.Context(), down.deployment, "auth", parseRequest("GET /\nAuthorization: "+token), new(Test), down.stage.services); got.ClientStatus != 500 {
		t.Errorf("an issuer without keys: %+v", got)
	}
}

// Beside a resource policy a token is not enough: the policy has to allow the call (table B).
func TestUserPoolAndPolicy(t *testing.T) {
	issuer := oidctest.New(t)
	statement := func(effect, resource string) string {
		return `{"Effect": "` + effect + `", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:us-east-1:000000000000:abc/` + resource + `"}`
	}
	tests := map[string]struct {
		statements, token string
		status            int
	}{
		"allow":                 {statement("Allow", "*"), issuer.Token(nil), 200},
		"silent":                {statement("Allow", "*/POST/x"), issuer.Token(nil), 403},
		"deny":                  {statement("Allow", "*") + "," + statement("Deny", "*/x"), issuer.Token(nil), 403},
		"allow without a token": {statement("Allow", "*"), "", 401},
		"deny without a token":  {statement("Deny", "*"), "", 401},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := &snapshot.Deployment{Resources: []snapshot.Resource{protected()}, Policy: `{"Version": "2012-10-17", "Statement": [` + tt.statements + `]}`}
			r := newPoolRig(t, d, nil, issuedBy(issuer))
			resp := r.call("GET /x\nAuthorization: " + tt.token)
			defer resp.Release()
			if resp.Status != tt.status {
				t.Errorf("got %s", show(resp))
			}
		})
	}
}

// A server that has no pools at all lets nobody in.
func TestNoPools(t *testing.T) {
	d := &snapshot.Deployment{Resources: []snapshot.Resource{protected()}}
	r := newPoolRig(t, d, nil)
	services := *r.stage.services
	services.Pools = nil
	r.stage = Bind(r.stage.settings, Compile(d), &services)
	r.want(t, "GET /x\nAuthorization: "+cognitoToken(testPool), unreachableAnswer)
}
