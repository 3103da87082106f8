package policy

import "testing"

// TestTrustPolicy evaluates who may assume a role: with principals, without resources.
func TestTrustPolicy(t *testing.T) {
	trust := func(principal string) string {
		return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": ` + principal + `, "Action": "sts:AssumeRole"}}`
	}
	tests := map[string]struct {
		text   string
		byName bool
		want   Decision
	}{
		"the caller":                       {trust(`{"AWS": "` + testUser + `"}`), false, Allow},
		"the caller, by name":              {trust(`{"AWS": "` + testUser + `"}`), true, Allow},
		"another":                          {trust(`{"AWS": "arn:aws:iam::111122223333:user/bob"}`), false, ImplicitDeny},
		"the caller's account":             {trust(`{"AWS": "111122223333"}`), false, Allow},
		"the caller's account, by name":    {trust(`{"AWS": "111122223333"}`), true, ImplicitDeny},
		"the account's root, by name":      {trust(`{"AWS": "arn:aws:iam::111122223333:root"}`), true, ImplicitDeny},
		"everyone, by name":                {trust(`"*"`), true, Allow},
		"a service":                        {trust(`{"Service": "apigateway.amazonaws.com"}`), false, ImplicitDeny},
		"all but the account, of which it": {`{"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}}`, false, ImplicitDeny},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, tt.text, TrustPolicy)
			if got := p.Evaluate(&Request{Principal: testUser, Action: "sts:AssumeRole", ByName: tt.byName}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	for text, want := range map[string]string{
		one("Allow", `"Principal": "*"`):                                 "Statement.Resource: has no place in a policy of this kind",
		`{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}`: "Statement.Principal: is missing",
	} {
		if _, err := Parse(text, Options{Kind: TrustPolicy}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
