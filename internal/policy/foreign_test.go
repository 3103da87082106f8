package policy

import (
	"strconv"
	"strings"
	"testing"
)

// A policy that is written for all of AWS reads condition keys that are not known here: what
// it allows by them it does not allow, and what it denies by them is denied.
func TestForeign(t *testing.T) {
	const org = `"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}`
	const both = `"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/bob"}}`
	allow := one("Allow", "")
	tests := map[string]struct {
		text string
		want Decision
	}{
		"allows by an unknown key":                  {one("Allow", org), ImplicitDeny},
		"denies by an unknown key":                  {one("Deny", org), ExplicitDeny},
		"denies another action by an unknown key":   {one("Deny", `"Action": "s3:*", `+org), ImplicitDeny},
		"denies another resource by an unknown key": {one("Deny", `"Resource": "arn:aws:s3:::b/*", `+org), ImplicitDeny},
		"a known condition beside it does not hold": {one("Deny", both), ImplicitDeny},
		"denies resources by an unknown variable":   {one("Deny", `"Resource": "arn:aws:execute-api:*:*:${aws:PrincipalTag/api}"`), ExplicitDeny},
		"allows resources by an unknown variable":   {one("Allow", `"Resource": "arn:aws:execute-api:*:*:${aws:PrincipalTag/api}"`), ImplicitDeny},
		"an unknown variable in a condition":        {one("Deny", `"Condition": {"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalTag/x}"}}`), ExplicitDeny},
		"a Null condition of an unknown key":        {one("Allow", `"Condition": {"Null": {"aws:PrincipalTag/x": "true"}}`), ImplicitDeny},
		"an IfExists condition of an unknown key":   {one("Allow", `"Condition": {"StringEqualsIfExists": {"aws:PrincipalTag/x": "y"}}`), ImplicitDeny},
		"without any": {allow, Allow},
		"one of two statements has an unknown key":        {`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*", ` + org + `}]}`, ExplicitDeny},
		"the other of two statements has an unknown key":  {`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", ` + org + `}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}`, ImplicitDeny},
		"a variable of a value that is known has no harm": {one("Allow", `"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/alice"}}`), Allow},
	}
	facts := Facts{Signer: Signer{ARN: testUser}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := Parse(tt.text, Options{Kind: IdentityPolicy, Foreign: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Evaluate(&Request{Principal: testUser, Action: "execute-api:Invoke", Resource: testARN, Context: facts.Values}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// A policy that reads many keys that are not known takes little more to compile for that.
func TestForeignLinear(t *testing.T) {
	const conditions = 400
	keys := make([]string, conditions)
	for i := range keys {
		keys[i] = `"aws:PrincipalTag/` + strconv.Itoa(i) + `": "true"`
	}
	text := one("Deny", `"Condition": {"Null": {`+strings.Join(keys, ", ")+`}}`)
	compile := func(foreign bool) float64 {
		return testing.AllocsPerRun(1, func() {
			if _, err := Parse(text, Options{Kind: IdentityPolicy, Foreign: foreign}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if open, plain := compile(true), compile(false); open > 2*plain {
		t.Errorf("%v allocations, and %v where such keys are not looked for", open, plain)
	}
}

// Policies that count together are one: a Deny of any of them counts, then an Allow of any.
func TestJoin(t *testing.T) {
	allow, deny, other := mustParse(t, one("Allow", ""), IdentityPolicy), mustParse(t, one("Deny", ""), IdentityPolicy), mustParse(t, one("Allow", `"Action": "s3:*"`), IdentityPolicy)
	for name, tt := range map[string]struct {
		all  []*Policy
		want Decision
	}{
		"none":         {nil, ImplicitDeny},
		"one of them":  {[]*Policy{other, nil, allow}, Allow},
		"none of them": {[]*Policy{other, other}, ImplicitDeny},
		"denied":       {[]*Policy{allow, deny}, ExplicitDeny},
	} {
		if got := Join(tt.all...).Evaluate(&Request{Principal: testUser, Action: "execute-api:Invoke", Resource: testARN}); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// A service of AWS is a principal that a trust policy names.
func TestServicePrincipal(t *testing.T) {
	p := mustParse(t, `{"Statement": {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com"]}, "Action": "sts:AssumeRole"}}`, TrustPolicy)
	for service, want := range map[string]Decision{"lambda.amazonaws.com": Allow, "ec2.amazonaws.com": ImplicitDeny, "": ImplicitDeny} {
		if got := p.Evaluate(&Request{Service: service, Action: "sts:AssumeRole"}); got != want {
			t.Errorf("%s: got %v, want %v", service, got, want)
		}
	}
}
