package lambda

import (
	"strings"
	"testing"
)

func TestAllows(t *testing.T) {
	const source = "arn:aws:execute-api:us-east-1:111122223333:a1/prod/GET/pets/{id}"
	for name, tt := range map[string]struct {
		st   statement
		want bool
	}{
		"anything of API Gateway": {statement{Action: invokeAction, Principal: gateway}, true},
		"anyone":                  {statement{Action: "lambda:*", Principal: "*"}, true},
		"this API":                {statement{Action: invokeAction, Principal: gateway, ARN: "arn:aws:execute-api:us-east-1:111122223333:a1/*"}, true},
		"this method":             {statement{Action: invokeAction, Principal: gateway, ARN: "arn:aws:execute-api:us-east-1:111122223333:a1/*/GET/pets/*"}, true},
		"of any region":           {statement{Action: invokeAction, Principal: gateway, ARN: "arn:aws:execute-api:*:111122223333:a1/????/GET/pets/{id}"}, true},
		"another method":          {statement{Action: invokeAction, Principal: gateway, ARN: "arn:aws:execute-api:us-east-1:111122223333:a1/*/POST/*"}, false},
		"another API":             {statement{Action: invokeAction, Principal: gateway, ARN: "arn:aws:execute-api:us-east-1:111122223333:a2/*"}, false},
		"a star over colons":      {statement{Action: invokeAction, Principal: gateway, ARN: "arn:aws:*"}, false},
		"this account":            {statement{Action: invokeAction, Principal: gateway, Account: "111122223333"}, true},
		"another account":         {statement{Action: invokeAction, Principal: gateway, Account: "111122223334"}, false},
		"another service":         {statement{Action: invokeAction, Principal: "events.amazonaws.com"}, false},
		"another action":          {statement{Action: "lambda:GetFunction", Principal: gateway}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.st.allows(source); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
	if st := (statement{Action: invokeAction, Principal: gateway, Account: "111122223333"}); st.allows("") {
		t.Error("nobody calls for an account")
	}
}

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"a*c", "abc", true}, {"a*c", "abcb", false}, {"?", "", false}, {"a?c", "abc", true},
		{"*a*b", "xaybzb", true}, {"**", "x", true}, {"a*", "b", false}, {strings.Repeat("*a", 200) + "b", strings.Repeat("a", 2000), false},
	} {
		if got := like(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%.20s %.20s: %v", tt.pattern, tt.text, got)
		}
	}
}

func TestParseReference(t *testing.T) {
	for text, want := range map[string]reference{
		"arn:aws:lambda:us-east-1:111122223333:function:a":          {"111122223333", "us-east-1", "a", ""},
		"arn:aws:lambda:us-east-1:111122223333:function:a:$LATEST":  {"111122223333", "us-east-1", "a", "$LATEST"},
		"arn:aws-cn:lambda:cn-north-1:111122223333:function:a:live": {"111122223333", "cn-north-1", "a", "live"},
		"a": {}, "arn:aws:lambda:us-east-1:1:function:a": {}, "arn:aws:sqs:us-east-1:111122223333:a": {}, "arn:aws:lambda:us-east-1:111122223333:function:a:b:c": {},
	} {
		if got, ok := parseARN(text); got != want || ok != (want != reference{}) {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
}
