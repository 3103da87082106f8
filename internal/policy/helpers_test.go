package policy

import (
	"strings"
	"testing"
)

const (
	testARN  = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/pets/7"
	testUser = "arn:aws:iam::111122223333:user/alice"
)

// mustParse compiles a document of a test.
func mustParse(t testing.TB, text string, kind Kind) *Policy {
	t.Helper()
	p, err := Parse(text, Options{Kind: kind})
	if err != nil {
		t.Fatalf("Parse %s: %v", text, err)
	}
	return p
}

// one is a document of one statement that has everything but what is given.
func one(effect, rest string) string {
	text := `{"Version": "2012-10-17", "Statement": {"Effect": "` + effect + `"`
	if !strings.Contains(rest, "Action") {
		text += `, "Action": "execute-api:Invoke"`
	}
	if !strings.Contains(rest, "Resource") {
		text += `, "Resource": "*"`
	}
	if rest != "" {
		text += ", " + rest
	}
	return text + "}}"
}

// context makes the context of a request from keys and values.
func context(values map[string][]string) func(string) []string {
	return func(key string) []string { return values[key] }
}

// matches matches a compiled pattern, with as many steps as one request has.
func matches(pattern, s string, fold bool) bool {
	e := evaluation{steps: maxSteps}
	return e.match(pattern, s, fold)
}
