package pipeline

import (
	"regexp"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const phaseFormat = "$context.authenticate.status $context.authenticate.latency $context.authenticate.error|" +
	"$context.authorizer.status $context.authorizer.latency $context.authorizer.error $context.authorizer.integrationStatus $context.authorizer.integrationLatency $context.authorizer.requestId|" +
	"$context.authorize.status $context.authorize.latency $context.authorize.error"

// TestAccessLogOfPhases has what access logs tell of how a call was allowed, or not: one
// that does not come to a phase has none.
func TestAccessLogOfPhases(t *testing.T) {
	const (
		none     = "- - -|- - - - - -|- - -"
		noBearer = "- - -|200 T - 200 T lambda-id|"
		wrongKey = "403 T The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
		denial   = "User is not authorized to access this resource with an explicit deny in an identity-based policy"
	)
	latency := regexp.MustCompile(`((?:^|\|)(?:\d{3}|gold) )\d+\b|\b\d+( lambda-id)`)
	iam := newSignedRig(t, signers, nil)
	sign := func(s toSign) *httpmsg.Request { req, _ := s.signed(t); return req }
	token := func(answer string) *rig { return guarded(t, answering(t, answer), tokens(nil)) }
	withToken := func() *httpmsg.Request { return parseRequest("GET /x\nAuthorization: t") }
	allow := says("Allow", "*")
	tests := map[string]struct {
		rig     *rig
		request *httpmsg.Request
		want    string
	}{
		"open":                  {newRig(t, mock(nil)), parseRequest("GET /x"), none},
		"no method":             {newRig(t, mock(nil)), parseRequest("GET /none"), none},
		"signed":                {iam.rig, sign(toSign{}), "200 T -|- - - - - -|200 T -"},
		"signed with a body":    {iam.rig, sign(toSign{method: "POST", body: "b"}), "200 T -|- - - - - -|200 T -"},
		"a wrong signature":     {iam.rig, sign(toSign{secret: "another-secret-of-hers"}), wrongKey + "|- - - - - -|- - -"},
		"not signed":            {iam.rig, parseRequest("GET /x"), "403 T Missing Authentication Token|- - - - - -|- - -"},
		"a signer's policy":     {iam.rig, sign(toSign{id: "READER", method: "POST"}), "200 T -|- - - - - -|403 T User: arn:aws:iam::111122223333:user/reader is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********3333:abc/prod/POST/x"},
		"a Lambda authorizer":   {token(allow), withToken(), noBearer + "200 T -"},
		"that denies":           {token(says("Deny", "*")), withToken(), noBearer + "403 T " + denial},
		"without a token":       {token(allow), parseRequest("GET /x"), "- - -|401 T Unauthorized - - -|- - -"},
		"that answers nonsense": {token("nonsense"), withToken(), "- - -|500 T Could not parse policy 200 T lambda-id|- - -"},
		"that is not there":     {guarded(t, refusing(t, 404), tokens(nil)), withToken(), "- - -|500 T Invalid permissions on Lambda function 404 T lambda-id|- - -"},
		"whose context goes first": {token(`{"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "*", "Effect": "Allow", "Resource": "*"}]}, "context": {"status": "gold"}}`),
			withToken(), "- - -|gold T - 200 T lambda-id|200 T -"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := latency.ReplaceAllString(tt.rig.logged(t, phaseFormat, tt.request), "${1}T${2}")
			if got != tt.want+"\n" {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
	kept := guarded(t, answering(t, allow), tokens(nil))
	services := *kept.stage.services
	services.Authorizers = authz.NewCache(authz.DefaultCacheBytes)
	kept.stage = Bind(kept.stage.settings, kept.stage.program, &services)
	kept.call("GET /x\nAuthorization: t").Release()
	if got := kept.logged(t, "$context.authorizer.status $context.authorizer.integrationStatus $context.authorizer.requestId $context.authorize.status", withToken()); got != "200 - - 200\n" {
		t.Errorf("an answer that is kept: got %s", got)
	}
}

// TestPhasesOfPools has tokens of user pools, whose calls no policy is asked about.
func TestPhasesOfPools(t *testing.T) {
	r := withAuthorizers(t, answering(t, ""), map[string]snapshot.Authorizer{"auth01": {ID: "auth01", Type: "COGNITO_USER_POOLS", ProviderARNs: []string{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_a"}}},
		mock(func(m *snapshot.Method) { m.AuthorizationType, m.AuthorizerID = "COGNITO_USER_POOLS", "auth01" }))
	if got := r.logged(t, "$context.authenticate.status $context.authorizer.status $context.authorize.status", parseRequest("GET /x\nAuthorization: t")); got != "- 500 -\n" {
		t.Errorf("got %s", got)
	}
}
