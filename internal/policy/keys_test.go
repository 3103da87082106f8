package policy

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// allFacts are those of a call of which everything is known.
func allFacts() *Facts {
	return &Facts{
		Received: time.Date(2026, 8, 18, 17, 36, 14, 0, time.UTC), Scheme: "https", SourceIP: "192.0.2.1", VPC: "vpc-1", VPCEndpoint: "vpce-1", ViaDomain: "arn:aws:execute-api:eu-west-1:111122223333:/domainnames/a.example.com+1", Region: "eu-west-1",
		Header:     func(name string) (string, bool) { return "the " + name, true },
		Signer:     Signer{ARN: testUser, UserID: "AIDA", Session: true, Issued: time.Date(2026, 8, 18, 17, 0, 0, 0, time.UTC)},
		ExternalID: "x-1", RoleSessionName: "ci", PassedToService: "lambda.amazonaws.com",
	}
}

// TestFacts has the value of each condition key that policies may read, of a call of
// which everything is known and of one of which nothing is.
func TestFacts(t *testing.T) {
	tests := map[string]struct {
		private bool // the API is
		value   string
	}{
		"aws:currenttime": {value: "2026-08-18T17:36:14Z"}, "aws:epochtime": {value: "1787074574"},
		"aws:referer": {value: "the Referer"}, "aws:useragent": {value: "the User-Agent"}, "aws:securetransport": {value: "true"},
		"aws:sourceip": {value: "192.0.2.1"}, "aws:vpcsourceip": {private: true, value: "192.0.2.1"}, "aws:sourcearn": {},
		"aws:sourcevpc": {private: true, value: "vpc-1"}, "aws:sourcevpce": {private: true, value: "vpce-1"}, "aws:requestedregion": {value: "eu-west-1"},
		"execute-api:viadomainarn": {value: "arn:aws:execute-api:eu-west-1:111122223333:/domainnames/a.example.com+1"},
		"aws:principalaccount":     {value: "111122223333"}, "aws:principalarn": {value: testUser}, "aws:principaltype": {value: "User"},
		"aws:userid": {value: "AIDA"}, "aws:username": {value: "alice"}, "aws:tokenissuetime": {value: "2026-08-18T17:00:00Z"}, "aws:multifactorauthpresent": {value: "false"},
		"sts:externalid": {value: "x-1"}, "sts:rolesessionname": {value: "ci"}, "iam:passedtoservice": {value: "lambda.amazonaws.com"},
	}
	for key := range conditionKeys {
		tt, told := tests[key]
		if !told {
			t.Errorf("%s is not tested", key)
		}
		f := allFacts()
		f.Private = tt.private
		if got, ok := f.Value(key); got != tt.value || ok != (tt.value != "") {
			t.Errorf("%s is %q, %t, want %q", key, got, ok, tt.value)
		}
		if strings.Contains(key, "source") && tt.value != "" {
			f.Private = !tt.private
			if got := f.Values(key); got != nil {
				t.Errorf("%s is %q where private is %t", key, got, f.Private)
			}
		}
		if got := new(Facts).Values(key); got != nil {
			t.Errorf("%s is %q of a call of which nothing is known", key, got)
		}
	}
	for _, key := range []string{"aws:PrincipalArn", "aws:principaltag/team", ""} {
		if got := allFacts().Values(key); got != nil {
			t.Errorf("%s is %q", key, got)
		}
	}
	more := &Facts{Region: "eu-west-1", More: func(key string) (string, bool) { return "more of " + key, true }}
	for key, want := range map[string]string{"aws:requestedregion": "eu-west-1", "aws:referer": "more of aws:referer"} {
		if got := more.Values(key); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// TestPrincipalKeys has what follows from the ARN of who has signed.
func TestPrincipalKeys(t *testing.T) {
	tests := map[string]struct{ arn, key, want string }{
		"account":           {testUser, "aws:principalaccount", "111122223333"},
		"user":              {testUser, "aws:principalarn", testUser},
		"user name":         {"arn:aws:iam::111122223333:user/team/alice", "aws:username", "alice"},
		"type of a user":    {testUser, "aws:principaltype", "User"},
		"role of a session": {"arn:aws-cn:sts::111122223333:assumed-role/app/i-1", "aws:principalarn", "arn:aws-cn:iam::111122223333:role/app"},
		"session":           {"arn:aws:sts::111122223333:assumed-role/app/i-1", "aws:principaltype", "AssumedRole"},
		"name of a session": {"arn:aws:sts::111122223333:assumed-role/app/i-1", "aws:username", ""},
		"root":              {"arn:aws:iam::111122223333:root", "aws:principaltype", "Account"},
		"federated user":    {"arn:aws:sts::111122223333:federated-user/bob", "aws:principaltype", "FederatedUser"},
		"other key":         {testUser, "aws:sourceip", ""},
		"anonymous":         {"", "aws:principalarn", ""},
		"no ARN":            {"alice", "aws:principalarn", ""},
		"unknown kind":      {"arn:aws:iam::111122223333:group/x", "aws:principaltype", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := Facts{Signer: Signer{ARN: tt.arn}}
			if got, ok := f.Value(tt.key); ok != (tt.want != "") || ok && got != tt.want {
				t.Errorf("got %q, %v, want %q", got, ok, tt.want)
			}
		})
	}
	f := Facts{Signer: Signer{ARN: "arn:aws:sts::111122223333:assumed-role/app/i-1", Role: "arn:aws:iam::111122223333:role/team/app"}}
	if got, _ := f.Value("aws:principalarn"); got != f.Signer.Role {
		t.Errorf("the role of a session is %q", got)
	}
}

// TestCheckKeys: a key that nobody has a value for here is refused wherever a policy
// reads it, and a key of one kind of policy in another.
func TestCheckKeys(t *testing.T) {
	resource := func(rest string) string { return one("Deny", `"Principal": "*", `+rest) }
	equals := func(key string) string { return `"Condition": {"StringEquals": {"` + key + `": "x"}}` }
	tests := map[string]struct {
		text string
		kind Kind
		want string // "" for nothing
	}{
		"a key of every call":   {resource(equals("aws:UserAgent")), ResourcePolicy, ""},
		"a key of signers":      {resource(equals("AWS:userid")), ResourcePolicy, ""},
		"a tag":                 {resource(equals("aws:PrincipalTag/team")), ResourcePolicy, "Statement.Condition.StringEquals.aws:PrincipalTag/team: the condition key aws:principaltag/team is not supported: no call here has a value for it"},
		"an organization":       {resource(equals("aws:PrincipalOrgID")), ResourcePolicy, "Statement.Condition.StringEquals.aws:PrincipalOrgID: the condition key aws:principalorgid is not"},
		"its paths":             {resource(`"Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}`), ResourcePolicy, "Statement.Condition.ForAnyValue:StringLike.aws:PrincipalOrgPaths: the condition key"},
		"the age of a factor":   {resource(`"Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": 3600}}`), ResourcePolicy, "Statement.Condition.NumericGreaterThan.aws:MultiFactorAuthAge: the condition key"},
		"a variable":            {resource(`"Resource": "*/${aws:PrincipalTag/team, 'x'}"`), ResourcePolicy, "Statement.Resource: the condition key aws:principaltag/team is not"},
		"a variable of a value": {resource(`"Condition": {"StringLike": {"aws:UserAgent": ["*", "${x:y}"]}}`), ResourcePolicy, "Statement.Condition.StringLike.aws:UserAgent: the condition key x:y is not"},
		"a key of AssumeRole":   {resource(equals("sts:ExternalId")), ResourcePolicy, "Statement.Condition.StringEquals.sts:ExternalId: the condition key"},
		"the same, of a caller": {one("Deny", equals("sts:ExternalId")), IdentityPolicy, "Statement.Condition.StringEquals.sts:ExternalId: the condition key"},
		"the same, of a role":   {`{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", ` + equals("sts:ExternalId") + `}}`, TrustPolicy, ""},
		"a region":              {resource(equals("aws:RequestedRegion")), ResourcePolicy, "Statement.Condition.StringEquals.aws:RequestedRegion: the condition key"},
		"a region, of a caller": {one("Deny", equals("aws:RequestedRegion")), IdentityPolicy, ""},
		"a VPC":                 {one("Deny", equals("aws:SourceVpc")), AuthorizerPolicy, ""},
		"a VPC, of a role":      {`{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", ` + equals("aws:SourceVpc") + `}}`, TrustPolicy, "Statement.Condition.StringEquals.aws:SourceVpc: the condition key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := mustParse(t, tt.text, tt.kind).CheckKeys()
			if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if err := (*Policy)(nil).CheckKeys(); err != nil {
		t.Errorf("no policy: %v", err)
	}
}

// TestDocumentedKeys compares the lists of the documentation with the keys that policies
// may read.
func TestDocumentedKeys(t *testing.T) {
	for file, d := range map[string]struct {
		from, to string
		in       int
	}{
		"policies.md": {"| condition key | value |", "\n\n", inAPIs},
		"running.md":  {"Condition keys\nare ", "; for trust also", inCallers},
	} {
		page, err := os.ReadFile("../../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		_, list, found := strings.Cut(string(page), d.from)
		list, _, ended := strings.Cut(list, d.to)
		if !found || !ended {
			t.Fatalf("%s has no list of condition keys", file)
		}
		told := make(map[string]bool)
		for _, key := range regexp.MustCompile("`(aws|sts|iam|execute-api):[A-Za-z]+`").FindAllString(list, -1) {
			told[strings.ToLower(strings.Trim(key, "`"))] = true
		}
		want := make(map[string]bool)
		for key, k := range conditionKeys {
			if k.in&d.in != 0 {
				want[key] = true
			}
		}
		if got, want := slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
			t.Errorf("%s lists\n%s\nwant\n%s", file, got, want)
		}
	}
}
