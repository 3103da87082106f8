package policy

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b", true}, {"**", "x", true},
		{"?", "", false}, {"?", "é", true}, {"?", "ab", false}, {"??", "é漢", true},
		{"a*", "a", true}, {"a*", "ba", false}, {"*a", "ba", true}, {"*a", "ab", false},
		{"a*b*c", "axbxbc", true}, {"a*b*c", "acb", false}, {"a*a", "a", false}, {"a*a", "aa", true},
		{"*ab*ab", "abab", true}, {"*ab*ab", "ab", false}, {"*ab*ab", "xabyab", true},
		{"*?b", "ab", true}, {"*?b", "b", false}, {"*?b*", "aab", true}, {"a?*c", "abc", true}, {"a?*c", "ac", false},
		{"*é?", "aéx", true}, {"*é?", "aé", false}, {"*.?.*", "x.y.z", true}, {"*.?.*", "x.yy.z", false},
	}
	for _, tt := range tests {
		p, err := compile(tt.pattern, true, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := matches(p.text, tt.s, false); got != tt.want {
			t.Errorf("%q matches %q: %v, want %v", tt.pattern, tt.s, got, tt.want)
		}
	}
}

// TestMatchIsLinear: patterns that make other matchers try every way, which takes
// them for ever, take a step for each byte, or two.
func TestMatchIsLinear(t *testing.T) {
	s := strings.Repeat("a", 100_000)
	for _, text := range []string{strings.Repeat("a*", 200) + "b", strings.Repeat("*a", 200) + "*b*", "*" + strings.Repeat("?*", 200) + "b"} {
		p, err := compile(text, true, false)
		if err != nil {
			t.Fatal(err)
		}
		e := evaluation{steps: maxSteps}
		if e.match(p.text, s, false) {
			t.Errorf("%.20s… matches", text)
		}
		if n := maxSteps - e.steps; n > 2*len(s)+len(text) {
			t.Errorf("%.20s… takes %d steps for %d bytes", text, n, len(s))
		}
	}
}

// FuzzMatch compares with a regular expression.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{{"a*b", "axxb"}, {"?*?", "é"}, {"*a?c*", "xxabcx"}, {"A*", "a"}} {
		f.Add(s[0], s[1], false)
		f.Add(s[0], s[1], true)
	}
	f.Fuzz(func(t *testing.T, pattern, s string, fold bool) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(s) || len(pattern) > 100 || len(s) > 1000 {
			return
		}
		flags := "(?s)"
		if fold {
			pattern, flags = lower(pattern), "(?s)"
			if strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 }) {
				return // only ASCII letters fold
			}
		}
		p, err := compile(pattern, true, false)
		if err != nil {
			t.Fatal(err)
		}
		re := regexp.MustCompile(flags + "^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$")
		subject := s
		if fold {
			subject = lower(s)
		}
		if got, want := matches(p.text, s, fold), re.MatchString(subject); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, s, got, want)
		}
	})
}

// FuzzParse: a document is refused with a SyntaxError or evaluates, whatever
// it is asked.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "{}", `{"Statement": [[]]}`, one("Allow", ""), one("Deny", `"Principal": {"AWS": ["*"]}`),
		one("Allow", `"NotResource": "arn:aws:execute-api:*:*:${aws:username, 'x'}/*", "Condition": {"ForAllValues:NumericLessThanIfExists": {"a:b": [1, "2e3"]}, "Null": {"c:d": true}}`),
		one("Deny", `"NotAction": "a:*", "Condition": {"DateLessThan": {"a:b": "2026-01-02"}, "NotIpAddress": {"a:b": "::/0"}, "ArnLike": {"a:b": "arn:*"}}`),
	} {
		f.Add(s, "execute-api:Invoke", testARN, testUser, "value")
	}
	f.Fuzz(func(t *testing.T, text, action, resource, principal, value string) {
		for _, kind := range []Kind{IdentityPolicy, ResourcePolicy, AuthorizerPolicy} {
			p, err := Parse(text, Options{Kind: kind})
			if err != nil {
				if _, ok := err.(*SyntaxError); !ok {
					t.Fatalf("%T: %v", err, err)
				}
				continue
			}
			p.Evaluate(&Request{Principal: principal, Action: action, Resource: resource, Context: func(string) []string { return []string{value} }})
			decision := p.Evaluate(&Request{Principal: principal, Action: action, Resource: resource})
			foreign, err := Parse(text, Options{Kind: kind, Foreign: true})
			if err != nil {
				t.Fatal(err)
			}
			// Where all keys are known it is the same, and else it allows nothing more.
			got := foreign.Evaluate(&Request{Principal: principal, Action: action, Resource: resource})
			if p.CheckKeys() == nil && got != decision || got == Allow && decision == ExplicitDeny {
				t.Fatalf("decided %v, and as one of all of AWS %v", decision, got)
			}
			p.Strays([]string{action}, []string{resource, "*"})
		}
	})
}

// FuzzExpand: what Expand leaves has no short form, and stays what it is when
// expanded again.
func FuzzExpand(f *testing.F) {
	f.Add(`{"Statement": [{"Resource": ["execute-api:/*", "execute-api:\/a"]}, {"NotResource" :"execute-api:/"}]}`)
	f.Add(`{"Statement": {"Resource": "execute-api:/\u0000\""}}`)
	f.Fuzz(func(t *testing.T, text string) {
		api := API{Region: "us-east-1", Account: "111122223333", ID: "a1b2c3"}
		out, err := Expand(text, api)
		if err != nil {
			return
		}
		doc, err := readJSON(out)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, out, err)
		}
		for _, n := range resourceNodes(doc) {
			if strings.HasPrefix(n.text, "execute-api:/") {
				t.Fatalf("%q became %q", text, out)
			}
		}
		if again, err := Expand(out, api); err != nil || again != out {
			t.Fatalf("%q, then %q, %v", out, again, err)
		}
	})
}
