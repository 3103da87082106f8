package policy

import "testing"

// TestTwoSpellings asks about a resource that a caller has spelled in another way than
// its owner: no spelling gets round a Deny, nor into an Allow of all but some.
func TestTwoSpellings(t *testing.T) {
	const api = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/"
	tests := map[string]struct {
		statements string
		want       Decision
	}{
		"allowed as it was sent":       {`{"Effect": "Allow", "Action": "*", "Resource": "` + api + `%61dmin/"}`, Allow},
		"allowed as it is defined":     {`{"Effect": "Allow", "Action": "*", "Resource": "` + api + `admin"}`, ImplicitDeny},
		"denied as it was sent":        {`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "` + api + `%61*"}`, ExplicitDeny},
		"denied as it is defined":      {`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "` + api + `admin"}`, ExplicitDeny},
		"another is denied":            {`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "` + api + `other"}`, Allow},
		"all but it, as it was sent":   {`{"Effect": "Allow", "Action": "*", "NotResource": "` + api + `%61dmin/"}`, ImplicitDeny},
		"all but it, as it is defined": {`{"Effect": "Allow", "Action": "*", "NotResource": "` + api + `admin"}`, ImplicitDeny},
		"all but another":              {`{"Effect": "Allow", "Action": "*", "NotResource": "` + api + `other"}`, Allow},
		"denied but for it":            {`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "NotResource": "` + api + `admin"}`, ExplicitDeny},
		"denied but for both":          {`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "NotResource": "` + api + `*dmin*"}`, Allow},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, `{"Version": "2012-10-17", "Statement": [`+tt.statements+`]}`, AuthorizerPolicy)
			if got := p.Evaluate(&Request{Action: "execute-api:Invoke", Resource: api + "%61dmin/", Plain: api + "admin"}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestDecodedStatements asks about a resource that a statement spells with escapes: what
// it denies it denies in all spellings, and so what it does not leave out.
func TestDecodedStatements(t *testing.T) {
	const api = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/"
	const everything = `{"Effect": "Allow", "Action": "*", "Resource": "*"}, `
	deny := func(path string) string {
		return everything + `{"Effect": "Deny", "Action": "*", "Resource": "` + api + path + `"}`
	}
	tests := map[string]struct {
		statements, path, plain string
		want                    Decision
	}{
		"as it is written":            {deny("a%2Cb"), "a%2Cb", "a,b", ExplicitDeny},
		"decoded":                     {deny("a%2Cb"), "a,b", "", ExplicitDeny},
		"in lower case":               {deny("a%2Cb"), "a%2cb", "a,b", ExplicitDeny},
		"of no UTF-8, in lower case":  {deny("%FF"), "%ff", "%FF", ExplicitDeny},
		"of several bytes":            {deny("%C3%A9*"), "é/x", "", ExplicitDeny},
		"another":                     {deny("a%2Cb"), "a;b", "", Allow},
		"a wildcard's escape":         {deny("a%2A"), "ab", "", Allow},
		"its own escape":              {deny("a%2A"), "a*", "", ExplicitDeny},
		"of a byte that marks one":    {deny("a%FFb"), "axxb", "", Allow},
		"behind a slash at the end":   {deny("secret/*"), "%73ecret/", "secret", ExplicitDeny},
		"no slash at the end":         {deny("secret/*"), "%73ecret", "secret", Allow},
		"allowed as it is written":    {`{"Effect": "Allow", "Action": "*", "Resource": "` + api + `a%2Cb"}`, "a%2Cb", "a,b", Allow},
		"allowed, and sent decoded":   {`{"Effect": "Allow", "Action": "*", "Resource": "` + api + `a%2Cb"}`, "a,b", "", ImplicitDeny},
		"left out, and sent decoded":  {`{"Effect": "Allow", "Action": "*", "NotResource": "` + api + `a%2Cb"}`, "a,b", "", ImplicitDeny},
		"left out, and sent escaped":  {`{"Effect": "Allow", "Action": "*", "NotResource": "` + api + `a,b"}`, "a%2Cb", "a,b", ImplicitDeny},
		"half an escape in a pattern": {deny("a%4*"), "a%41", "aA", ExplicitDeny},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, `{"Version": "2012-10-17", "Statement": [`+tt.statements+`]}`, AuthorizerPolicy)
			r := &Request{Action: "execute-api:Invoke", Resource: api + tt.path}
			if r.Decoded = Decoded(r.Resource); r.Decoded == r.Resource {
				r.Decoded = ""
			}
			if tt.plain != "" {
				r.Plain = api + tt.plain
			}
			if got := p.Evaluate(r); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
