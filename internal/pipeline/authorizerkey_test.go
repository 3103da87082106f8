package pipeline

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// TestUsageKey has methods that want an API key of an API whose keys its authorizers
// name: what callers send counts for nothing.
func TestUsageKey(t *testing.T) {
	allow := says("Allow", testAPI+"*")
	names := func(key string) string { return strings.Replace(allow, "{", `{"usageIdentifierKey": `+key+`, `, 1) }
	tests := map[string]struct {
		answer string
		method func(*snapshot.Method)
		want   string
	}{
		"a key in the plan":                   {names(`"` + keyValue + `"`), nil, mockOK},
		"no key":                              {allow, nil, forbiddenKey},
		"null":                                {names("null"), nil, forbiddenKey},
		"an empty key":                        {names(`""`), nil, forbiddenKey},
		"a key that is not known":             {names(`"0123456789abcdefghijk"`), nil, forbiddenKey},
		"one that is disabled":                {names(`"1123456789abcdefghij"`), nil, forbiddenKey},
		"one in no plan":                      {names(`"2123456789abcdefghij"`), nil, forbiddenKey},
		"one of another stage":                {names(`"3123456789abcdefghij"`), nil, forbiddenKey},
		"a list of keys":                      {names(`["` + keyValue + `"]`), nil, badConfig},
		"a key that the method does not want": {names(`"nobody's"`), func(m *snapshot.Method) { m.APIKeyRequired = false }, mockOK},
		"a key and a Deny":                    {strings.Replace(names(`"`+keyValue+`"`), "Allow", "Deny", 1), nil, deniedText},
		"no authorizer":                       {names(`"` + keyValue + `"`), func(m *snapshot.Method) { m.AuthorizationType = "NONE" }, forbiddenKey},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answering(t, tt.answer)
			resource := mock(func(m *snapshot.Method) {
				m.AuthorizationType, m.AuthorizerID, m.APIKeyRequired = "CUSTOM", "auth01", true
				if tt.method != nil {
					tt.method(m)
				}
			})
			r := newAWSRigOf(t, integration.AWSOptions{EndpointURL: c.url}, &snapshot.Deployment{
				APIKeySource: "AUTHORIZER", Resources: []snapshot.Resource{resource}, Authorizers: map[string]snapshot.Authorizer{"auth01": tokens(nil)},
			}).withKeys(t, nil)
			for range 2 { // the second by the answer that is kept
				r.want(t, "GET /x\nAuthorization: t", tt.want)
			}
			r.want(t, "GET /x\nAuthorization: t\nx-api-key: "+keyValue, tt.want)
		})
	}
}

// TestTraceOfMissingUsageKey has what a developer sees of a key that the authorizer does
// not name: where to look for it, which is not the header.
func TestTraceOfMissingUsageKey(t *testing.T) {
	c := answering(t, says("Allow", testAPI+"*"))
	resource := mock(func(m *snapshot.Method) {
		m.AuthorizationType, m.AuthorizerID, m.APIKeyRequired = "CUSTOM", "auth01", true
	})
	r := newAWSRigOf(t, integration.AWSOptions{EndpointURL: c.url}, &snapshot.Deployment{
		APIKeySource: "AUTHORIZER", Resources: []snapshot.Resource{resource}, Authorizers: map[string]snapshot.Authorizer{"auth01": tokens(nil)},
	}).withKeys(t, nil)
	text := r.trace(t, "GET /x\nAuthorization: t\nx-api-key: "+keyValue).Text(trace.TextOptions{})
	if want := "there is none in usageIdentifierKey of the authorizer's answer"; !strings.Contains(text, want) {
		t.Errorf("got\n%s\nwant %q in it", text, want)
	}
}

// TestSentKeyWithAuthorizer has an API whose keys are sent: what an authorizer names
// counts for nothing.
func TestSentKeyWithAuthorizer(t *testing.T) {
	c := answering(t, strings.Replace(says("Allow", testAPI+"*"), "{", `{"usageIdentifierKey": "`+keyValue+`", `, 1))
	r := guarded(t, c, tokens(nil), mock(wantKey)).withKeys(t, nil)
	r.want(t, "GET /x\nAuthorization: t", forbiddenKey)
	r.want(t, "GET /x\nAuthorization: t\nx-api-key: "+keyValue, mockOK)
}
