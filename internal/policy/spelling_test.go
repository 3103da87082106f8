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
