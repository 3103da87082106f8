package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExplain has the statement that decides, and why others do not.
func TestExplain(t *testing.T) {
	const resource = `"Resource": "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/*"`
	statement := func(effect, rest string) string {
		return `{"Effect": "` + effect + `", "Principal": "*", "Action": "execute-api:Invoke", ` + rest + `}`
	}
	office := statement("Allow", resource+`, "Sid": "office", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}`)
	tests := map[string]struct {
		statements string
		want       Explanation
	}{
		"a name":                 {statement("Allow", resource+`, "Sid": "everybody"`), Explanation{Decision: Allow, Statement: "everybody"}},
		"no name":                {statement("Allow", resource), Explanation{Decision: Allow, Statement: "Statement[0]"}},
		"the second allows":      {office + "," + statement("Allow", resource), Explanation{Decision: Allow, Statement: "Statement[1]", Misses: []Miss{{"office", `Condition IpAddress aws:SourceIp does not hold for "203.0.113.9"`}}}},
		"the first that allows":  {statement("Allow", resource) + "," + statement("Allow", `"Resource": "*"`), Explanation{Decision: Allow, Statement: "Statement[0]"}},
		"a Deny behind an Allow": {statement("Allow", resource) + "," + statement("Deny", resource+`, "Sid": "nobody"`), Explanation{Decision: ExplicitDeny, Statement: "nobody"}},
		"nothing":                {office, Explanation{Misses: []Miss{{"office", `Condition IpAddress aws:SourceIp does not hold for "203.0.113.9"`}}}},
		"a key that is missing":  {statement("Allow", resource+`, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}`), Explanation{Misses: []Miss{{"Statement[0]", "Condition StringEquals aws:SourceVpce does not hold: the call has no such value"}}}},
		"another resource":       {statement("Allow", `"Resource": "arn:aws:execute-api:us-east-1:111122223333:other/*"`), Explanation{Misses: []Miss{{"Statement[0]", "Resource does not name " + testARN}}}},
		"all but the resource":   {statement("Allow", `"NotResource": "*"`), Explanation{Misses: []Miss{{"Statement[0]", "NotResource names " + testARN}}}},
		"another action":         {`{"Effect": "Allow", "Principal": "*", "Action": "execute-api:InvalidateCache", ` + resource + `}`, Explanation{Misses: []Miss{{"Statement[0]", "Action does not name execute-api:Invoke"}}}},
		"another principal":      {`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", ` + resource + `}`, Explanation{Misses: []Miss{{"Statement[0]", "Principal does not name anonymous"}}}},
		"an account":             {`{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", ` + resource + `}`, Explanation{Misses: []Miss{{"Statement[0]", "Principal names the account of " + testUser + ", whose own policies do not allow it"}}}},
	}
	source := []string{"203.0.113.9"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, `{"Version": "2012-10-17", "Statement": [`+tt.statements+`]}`, ResourcePolicy)
			r := &Request{Action: "execute-api:Invoke", Resource: testARN, Context: context(map[string][]string{"aws:sourceip": source})}
			if name == "an account" {
				r.Principal, r.ByName = testUser, true
			}
			if d := cmp.Diff(tt.want, p.Explain(r)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if got := p.Evaluate(r); got != tt.want.Decision {
				t.Errorf("Evaluate says %v", got)
			}
		})
	}
}
