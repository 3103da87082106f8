package policy

import (
	"strings"
	"testing"
)

// TestEvaluate holds what one document says of one request.
func TestEvaluate(t *testing.T) {
	deny := func(rest string) string { // beside an Allow of everything
		d := one("Deny", rest)
		d = d[strings.Index(d, `"Statement": `)+len(`"Statement": `) : len(d)-1]
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, ` + d + `]}`
	}
	tests := map[string]struct {
		text    string
		context map[string][]string
		request Request // testUser invoking testARN when empty
		want    Decision
	}{
		"no statements":             {text: `{"Statement": []}`, want: ImplicitDeny},
		"allow":                     {text: one("Allow", ""), want: Allow},
		"deny":                      {text: one("Deny", ""), want: ExplicitDeny},
		"deny wins":                 {text: deny(""), want: ExplicitDeny},
		"deny of something else":    {text: deny(`"Action": "execute-api:ManageConnections"`), want: Allow},
		"action in another case":    {text: one("Allow", `"Action": "EXECUTE-API:invoke"`), want: Allow},
		"action wildcard":           {text: one("Allow", `"Action": "execute-api:I*"`), want: Allow},
		"action question mark":      {text: one("Allow", `"Action": "execute-api:Invok?"`), want: Allow},
		"any action":                {text: one("Allow", `"Action": "*"`), want: Allow},
		"list of actions":           {text: one("Allow", `"Action": ["a:b", "execute-api:Invoke"]`), want: Allow},
		"other action":              {text: one("Allow", `"Action": "execute-api:InvalidateCache"`), want: ImplicitDeny},
		"longer action":             {text: one("Allow", `"Action": "execute-api:InvokeX"`), want: ImplicitDeny},
		"not action":                {text: one("Allow", `"NotAction": "execute-api:InvalidateCache"`), want: Allow},
		"not this action":           {text: one("Allow", `"NotAction": "execute-api:Invoke"`), want: ImplicitDeny},
		"resource":                  {text: one("Allow", `"Resource": "`+testARN+`"`), want: Allow},
		"resource in another case":  {text: one("Allow", `"Resource": "`+strings.Replace(testARN, "prod", "Prod", 1)+`"`), want: ImplicitDeny},
		"resource of another stage": {text: one("Allow", `"Resource": "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/dev/*"`), want: ImplicitDeny},
		"wildcard across slashes":   {text: one("Allow", `"Resource": "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/*7"`), want: Allow},
		"wildcard in the region":    {text: one("Allow", `"Resource": "arn:aws:execute-api:us-*:*:a1b2c3/prod/GET/*"`), want: Allow},
		"question mark":             {text: one("Allow", `"Resource": "arn:aws:execute-api:us-east-?:*:a1b2c3/prod/GET/pets/?"`), want: Allow},
		"ARN without an end":        {text: one("Allow", `"Resource": "arn:aws:execute-api:*"`), want: Allow},
		"ARN without an end, other": {text: one("Allow", `"Resource": "arn:aws:lambda:*"`), want: ImplicitDeny},
		"any text in an ARN":        {text: one("Allow", `"Resource": "*/GET/pets/*"`), want: Allow},
		"list of resources":         {text: one("Allow", `"Resource": ["arn:aws:a:b:c:d", "*"]`), want: Allow},
		"not resource":              {text: one("Allow", `"NotResource": "arn:aws:a:b:c:d"`), want: Allow},
		"not this resource":         {text: one("Allow", `"NotResource": "arn:aws:execute-api:*"`), want: ImplicitDeny},
		"deny but one resource":     {text: deny(`"NotResource": "arn:aws:execute-api:*:*:a1b2c3/prod/*"`), want: Allow},
		"resource is no ARN":        {text: one("Allow", `"Resource": "arn:aws:execute-api:*:*:*"`), request: Request{Action: "execute-api:Invoke", Resource: "a1b2c3"}, want: ImplicitDeny},
		"path that looks like an account": {text: one("Allow", `"Resource": "arn:aws:execute-api:*:111122223333:a1b2c3/*"`),
			request: Request{Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:999999999999:zzz/prod/GET/:111122223333:a1b2c3/x"}, want: ImplicitDeny},

		"variable": {text: one("Allow", `"Resource": "arn:aws:execute-api:*:*:*/prod/GET/${aws:Username}/*"`),
			context: map[string][]string{"aws:username": {"pets"}}, want: Allow},
		"variable of another value": {text: one("Allow", `"Resource": "arn:aws:execute-api:*:*:*/prod/GET/${aws:username}/*"`),
			context: map[string][]string{"aws:username": {"dogs"}}, want: ImplicitDeny},
		"variable without a value": {text: one("Allow", `"Resource": "arn:aws:execute-api:*:*:*/prod/GET/${aws:username}*"`), want: ImplicitDeny},
		"variable with a wildcard in it": {text: one("Allow", `"Resource": "arn:aws:execute-api:*:*:*/prod/GET/${aws:username}/7"`),
			context: map[string][]string{"aws:username": {"*"}}, want: ImplicitDeny},
		"variable with a default":    {text: one("Allow", `"Resource": "arn:aws:execute-api:*:*:*/prod/GET/${aws:PrincipalTag/kind, 'pets'}/7"`), want: Allow},
		"variable with two values":   {text: one("Allow", `"Resource": "*${aws:username}"`), context: map[string][]string{"aws:username": {"7", "7"}}, want: ImplicitDeny},
		"not a resource of no value": {text: one("Allow", `"NotResource": "*${aws:username}"`), want: ImplicitDeny},
		"deny but one of no value":   {text: deny(`"NotResource": "*${aws:username}"`), want: ExplicitDeny},
		"variable as the account": {text: one("Allow", `"Resource": "arn:aws:execute-api:*:${aws:PrincipalAccount}:a1b2c3/*"`),
			context: map[string][]string{"aws:principalaccount": {"111122223333"}}, want: Allow},
		"not some, the first of no value": {text: one("Allow", `"NotResource": ["*${aws:username}", "arn:aws:a:b:c:d"]`), want: ImplicitDeny},
		"literal star":                    {text: one("Allow", `"Resource": "arn:aws:execute-api:*:*:*/pets/${*}"`), want: ImplicitDeny},
		"no variables in old version":     {text: `{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*${aws:username}"}}`, context: map[string][]string{"aws:username": {"7"}}, want: ImplicitDeny},
		"no version is the old one":       {text: `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*${aws:username}"}}`, context: map[string][]string{"aws:username": {"7"}}, want: ImplicitDeny},

		"conditions are joined by and": {text: one("Allow", `"Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:username": "alice"}}`),
			context: map[string][]string{"aws:securetransport": {"true"}, "aws:username": {"bob"}}, want: ImplicitDeny},
		"keys are joined by and": {text: one("Allow", `"Condition": {"StringEquals": {"aws:username": "alice", "aws:userid": "A"}}`),
			context: map[string][]string{"aws:username": {"alice"}}, want: ImplicitDeny},
		"values are joined by or": {text: one("Allow", `"Condition": {"StringEquals": {"aws:username": ["bob", "alice"]}}`),
			context: map[string][]string{"aws:username": {"alice"}}, want: Allow},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := tt.request
			if r.Action == "" {
				r = Request{Principal: testUser, Action: "execute-api:Invoke", Resource: testARN}
			}
			if tt.context != nil {
				r.Context = context(tt.context)
			}
			if got := mustParse(t, tt.text, IdentityPolicy).Evaluate(&r); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := (*Policy)(nil).Evaluate(&Request{}); got != ImplicitDeny {
		t.Errorf("nil policy: %v", got)
	}
}

func TestPrincipals(t *testing.T) {
	const session = "arn:aws:sts::111122223333:assumed-role/app/i-1"
	tests := map[string]struct {
		principal string // the element and its value
		caller    string
		want      bool
	}{
		"everyone":                     {`"Principal": "*"`, testUser, true},
		"everyone, anonymous":          {`"Principal": "*"`, "", true},
		"every AWS principal":          {`"Principal": {"AWS": "*"}`, "", true},
		"the user":                     {`"Principal": {"AWS": "` + testUser + `"}`, testUser, true},
		"another user":                 {`"Principal": {"AWS": "` + testUser + `2"}`, testUser, false},
		"the user, anonymous":          {`"Principal": {"AWS": "` + testUser + `"}`, "", false},
		"the account":                  {`"Principal": {"AWS": "111122223333"}`, testUser, true},
		"the account by its root":      {`"Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}`, session, true},
		"another account":              {`"Principal": {"AWS": "999999999999"}`, testUser, false},
		"the role of a session":        {`"Principal": {"AWS": "arn:aws:iam::111122223333:role/team/app"}`, session, true},
		"another role":                 {`"Principal": {"AWS": "arn:aws:iam::111122223333:role/ap"}`, session, false},
		"role of another account":      {`"Principal": {"AWS": "arn:aws:iam::999999999999:role/app"}`, session, false},
		"role of another partition":    {`"Principal": {"AWS": "arn:aws-cn:iam::111122223333:role/app"}`, session, false},
		"the session":                  {`"Principal": {"AWS": "` + session + `"}`, session, true},
		"another session":              {`"Principal": {"AWS": "` + session + `2"}`, session, false},
		"a service":                    {`"Principal": {"Service": "apigateway.amazonaws.com"}`, "apigateway.amazonaws.com", false},
		"a service, or the user":       {`"Principal": {"Service": ["a", "b"], "AWS": "` + testUser + `"}`, testUser, true},
		"not the user":                 {`"NotPrincipal": {"AWS": "` + testUser + `"}`, testUser, false},
		"not the user, somebody else":  {`"NotPrincipal": {"AWS": "` + testUser + `"}`, session, true},
		"not the user, anonymous":      {`"NotPrincipal": {"AWS": "` + testUser + `"}`, "", true},
		"nobody":                       {`"NotPrincipal": "*"`, testUser, false},
		"caller that is no ARN":        {`"Principal": {"AWS": "111122223333"}`, "111122223333", false},
		"caller with an account later": {`"Principal": {"AWS": "111122223333"}`, "a:b:c:d", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, one("Allow", tt.principal), ResourcePolicy)
			want := ImplicitDeny
			if tt.want {
				want = Allow
			}
			if got := p.Evaluate(&Request{Principal: tt.caller, Action: "execute-api:Invoke", Resource: testARN}); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestAccounts: an account that a statement names stands for what its own policies may
// hand on, for everyone in it, or for itself alone.
func TestAccounts(t *testing.T) {
	const account, root = `{"AWS": "111122223333"}`, "arn:aws:iam::111122223333:root"
	both := `{"AWS": ["111122223333", "` + testUser + `"]}`
	tests := map[string]struct {
		effect, element string
		caller          string
		silent          bool // the caller's own policies do not allow it
		want            Decision
	}{
		"allowed":                           {"Allow", `"Principal": ` + account, testUser, false, Allow},
		"allowed, and handed to nobody":     {"Allow", `"Principal": ` + account, testUser, true, ImplicitDeny},
		"allowed, the account itself":       {"Allow", `"Principal": ` + account, root, true, Allow},
		"allowed by name":                   {"Allow", `"Principal": ` + both, testUser, true, Allow},
		"denied":                            {"Deny", `"Principal": ` + account, testUser, false, ExplicitDeny},
		"denied, and handed to nobody":      {"Deny", `"Principal": ` + account, testUser, true, ExplicitDeny},
		"all others allowed":                {"Allow", `"NotPrincipal": ` + account, testUser, false, ImplicitDeny},
		"all others allowed, none handed":   {"Allow", `"NotPrincipal": ` + account, testUser, true, ImplicitDeny},
		"all others denied":                 {"Deny", `"NotPrincipal": ` + account, testUser, false, ExplicitDeny},
		"all others denied, handed on":      {"Deny", `"NotPrincipal": ` + account, testUser, true, ExplicitDeny},
		"all others denied, by name":        {"Deny", `"NotPrincipal": ` + both, testUser, false, ImplicitDeny},
		"all others denied, account itself": {"Deny", `"NotPrincipal": ` + account, root, false, ImplicitDeny},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, one(tt.effect, tt.element), ResourcePolicy)
			if got := p.Evaluate(&Request{Principal: tt.caller, ByName: tt.silent, Action: "execute-api:Invoke", Resource: testARN}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestCombine holds the tables of AWS's guide, row by row.
func TestCombine(t *testing.T) {
	const allow, silent, deny = Allow, ImplicitDeny, ExplicitDeny
	tests := []struct{ identity, resource, same, cross Decision }{
		{allow, allow, Allow, Allow},
		{allow, silent, Allow, ImplicitDeny},
		{allow, deny, ExplicitDeny, ExplicitDeny},
		{silent, allow, Allow, ImplicitDeny},
		{silent, silent, ImplicitDeny, ImplicitDeny},
		{silent, deny, ExplicitDeny, ExplicitDeny},
		{deny, allow, ExplicitDeny, ExplicitDeny},
		{deny, silent, ExplicitDeny, ExplicitDeny},
		{deny, deny, ExplicitDeny, ExplicitDeny},
	}
	for _, tt := range tests {
		if got := CombineSameAccount(tt.identity, tt.resource); got != tt.same {
			t.Errorf("same account, %v and %v: %v, want %v", tt.identity, tt.resource, got, tt.same)
		}
		if got := CombineCrossAccount(tt.identity, tt.resource); got != tt.cross {
			t.Errorf("other account, %v and %v: %v, want %v", tt.identity, tt.resource, got, tt.cross)
		}
	}
}

// TestDenial holds AWS's words. The first is as users report it.
func TestDenial(t *testing.T) {
	const resource = "arn:aws:execute-api:us-west-2:111122222543:vd2gh6uqw3/api/GET/"
	const control = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3"
	tests := map[string]struct {
		denial Denial
		want   string
	}{
		"anonymous": {Denial{Action: "execute-api:Invoke", Resource: resource},
			"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-west-2:********2543:vd2gh6uqw3/api/GET/"},
		"anonymous, denied": {Denial{Action: "execute-api:Invoke", Resource: resource, Decision: ExplicitDeny},
			"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-west-2:********2543:vd2gh6uqw3/api/GET/ with an explicit deny"},
		"caller": {Denial{Principal: testUser, Action: "apigateway:PUT", Resource: control, Basis: IdentityBased},
			"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: apigateway:PUT on resource: arn:aws:apigateway:eu-west-1::/restapis/a1b2c3 because no identity-based policy allows the apigateway:PUT action"},
		"caller, denied": {Denial{Principal: testUser, Action: "apigateway:PUT", Resource: control, Basis: IdentityBased, Decision: ExplicitDeny},
			"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: apigateway:PUT on resource: arn:aws:apigateway:eu-west-1::/restapis/a1b2c3 with an explicit deny in an identity-based policy"},
		"another service": {Denial{Principal: testUser, Action: "lambda:GetFunction", Resource: "arn:aws:lambda:us-west-2:111122222543:function:f", Basis: IdentityBased},
			"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:us-west-2:111122222543:function:f because no identity-based policy allows the lambda:GetFunction action"},
		"API": {Denial{Action: "execute-api:Invoke", Resource: resource, Basis: ResourceBased},
			"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-west-2:********2543:vd2gh6uqw3/api/GET/ because no resource-based policy allows the execute-api:Invoke action"},
		"API, denied": {Denial{Action: "execute-api:Invoke", Resource: resource, Basis: ResourceBased, Decision: ExplicitDeny},
			"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-west-2:********2543:vd2gh6uqw3/api/GET/ with an explicit deny in a resource-based policy"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.denial.String(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	if got, want := AuthorizerDenial(ImplicitDeny), "User is not authorized to access this resource"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := AuthorizerDenial(ExplicitDeny), "User is not authorized to access this resource with an explicit deny in an identity-based policy"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExpand(t *testing.T) {
	api := API{Region: "eu-west-1", Account: "111122223333", ID: "a1b2c3"}
	const arn = `"arn:aws:execute-api:eu-west-1:111122223333:a1b2c3`
	tests := map[string]struct{ text, want string }{
		"all":            {`{"Statement": {"Resource": "execute-api:/*"}}`, `{"Statement": {"Resource": ` + arn + `/*"}}`},
		"one method":     {`{"Statement": [{"Resource": ["execute-api:/prod/GET/pets", "*"]}]}`, `{"Statement": [{"Resource": [` + arn + `/prod/GET/pets", "*"]}]}`},
		"several":        {`{"Statement":[{"NotResource":"execute-api:/a"},{"Resource" : "execute-api:/b" }]}`, `{"Statement":[{"NotResource":` + arn + `/a"},{"Resource" : ` + arn + `/b" }]}`},
		"escaped slash":  {`{"Statement": {"Resource": "execute-api:\/a&<é\u00e9"}}`, `{"Statement": {"Resource": ` + arn + `/a&<éé"}}`},
		"elsewhere":      {`{"Statement": {"Sid": "execute-api:/*", "Action": "execute-api:/x"}}`, `{"Statement": {"Sid": "execute-api:/*", "Action": "execute-api:/x"}}`},
		"whole ARN":      {`{"Statement": {"Resource": "arn:aws:execute-api:*"}}`, `{"Statement": {"Resource": "arn:aws:execute-api:*"}}`},
		"no statement":   {`{}`, `{}`},
		"not a resource": {`{"Statement": {"Resource": {"a": 1}}}`, `{"Statement": {"Resource": {"a": 1}}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Expand(tt.text, api)
			if err != nil || got != tt.want {
				t.Errorf("got\n%s, %v\nwant\n%s", got, err, tt.want)
			}
		})
	}
	if _, err := Expand(`{`, api); err == nil {
		t.Error("text that is no JSON is taken")
	}
}

func TestAPIARN(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1":     "arn:aws:execute-api:us-east-1:1:x",
		"cn-north-1":    "arn:aws-cn:execute-api:cn-north-1:1:x",
		"us-gov-west-1": "arn:aws-us-gov:execute-api:us-gov-west-1:1:x",
	} {
		if got := (API{region, "1", "x"}).ARN(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
