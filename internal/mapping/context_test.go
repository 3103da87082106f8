package mapping

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// Every name that a loop over $context meets is one that Get knows.
func TestContextNamesResolve(t *testing.T) {
	s := fullScope()
	for object, names := range map[value.Object][]string{
		(*contextObject)(s):    contextNames[:],
		(*identityObject)(s):   moreIdentityNames[:],
		(*certObject)(s):       certNames[:],
		(*validityObject)(s):   validityNames[:],
		(*authorizerObject)(s): {"principalId", "role"},
		(*claimsObject)(s):     {"sub"},
	} {
		entries := object.(value.Entries)
		if entries.Len() != len(names) {
			t.Errorf("%T: got %d entries, want %d", object, entries.Len(), len(names))
		}
		for i := range entries.Len() {
			name, v := entries.At(i)
			got, ok := object.Get(name)
			if !ok || got.IsNull() || v.Kind() != got.Kind() {
				t.Errorf("%T.%s: got %s, %v", object, name, got.Kind(), ok)
			}
		}
	}
}

// A field of the struct that no name leads to would be lost.
func TestContextFieldsDiffer(t *testing.T) {
	s := fullScope()
	seen := map[string]string{}
	for _, name := range append(contextNames[:], "identity.clientCert.clientCertPem", "identity.clientCert.subjectDN",
		"identity.clientCert.issuerDN", "identity.clientCert.serialNumber", "identity.clientCert.validity.notBefore",
		"identity.clientCert.validity.notAfter", "authorizer.principalId", "authorizer.role", "authorizer.claims.sub",
		"error.message", "error.messageString", "error.responseType", "error.validationErrorString") {
		text, ok := s.Context.Lookup(name)
		if !ok {
			switch name {
			case "authorizer", "identity", "requestOverride", "responseOverride":
				continue
			}
			t.Errorf("%s is absent", name)
		}
		if other := seen[text]; other != "" {
			t.Errorf("%s and %s are both %q", name, other, text)
		}
		seen[text] = name
	}
	for _, name := range identityNames {
		if text, ok := s.Context.Lookup("identity." + name); ok && text != name {
			t.Errorf("identity.%s: got %q", name, text)
		}
	}
}

func fullScope() *Scope {
	return &Scope{Context: Context{
		AccountID: "1", APIID: "2", AWSEndpointRequestID: "3", DeploymentID: "4", DomainName: "pre.5", ExtendedRequestID: "6",
		HTTPMethod: "7", IsCanaryRequest: "true", Path: "8", Protocol: "9", RequestID: "10", RequestTime: 11,
		ResourceID: "12", ResourcePath: "13", Stage: "14", WAFResponseCode: "15", WebACLARN: "16",
		Identity: Identity{
			AccessKey: "accessKey", AccountID: "accountId", APIKey: "apiKey", APIKeyID: "apiKeyId", Caller: "caller",
			CognitoAuthenticationProvider: "cognitoAuthenticationProvider", CognitoAuthenticationType: "cognitoAuthenticationType",
			CognitoIdentityID: "cognitoIdentityId", CognitoIdentityPoolID: "cognitoIdentityPoolId", PrincipalOrgID: "principalOrgId",
			SourceIP: "sourceIp", User: "user", UserAgent: "userAgent", UserARN: "userArn", VPCEID: "vpceId", VPCID: "vpcId",
			ClientCert: ClientCert{PEM: "17", SubjectDN: "18", IssuerDN: "19", SerialNumber: "20", NotBefore: "21", NotAfter: "22"},
		},
		Authorizer: Authorizer{PrincipalID: "23", Values: []Param{{"role", "24"}}, Claims: []Param{{"sub", "25"}}},
		Error:      ContextError{Message: "26", HasMessage: true, ResponseType: "27", ValidationString: "28"},
	}}
}

func TestScopeReset(t *testing.T) {
	s := newScope()
	s.param("q")
	s.distinctHeaders()
	(*contextObject)(s).Set("x", value.Int(1))
	s.Reset()
	if got := s.param("q") + s.param("id") + s.param("X-A"); got != "" {
		t.Errorf("got %q after Reset", got)
	}
	if n := len(s.distinctHeaders()); n != 0 {
		t.Errorf("got %d headers after Reset", n)
	}
	if _, ok := (*contextObject)(s).Get("x"); ok {
		t.Error("an extra survived Reset")
	}
}

func TestDistinct(t *testing.T) {
	for _, n := range []int{1, 50} { // with and without an index
		var list []Param
		for i := range n {
			list = append(list, Param{string(rune('a' + i%26)), "old"})
		}
		list = append(list, Param{"a", "new"})
		got := distinct(list)
		if len(got) != min(n, 26) || got[0] != (Param{"a", "new"}) {
			t.Errorf("%d: got %v", n, got)
		}
	}
}
