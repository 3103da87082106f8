package policy

import (
	"strconv"
	"strings"
	"testing"
)

// repeated is a policy of one statement with a condition that has a value so often that
// the document has 8192 characters.
func repeated(t *testing.T, effect, operator, value string) *Policy {
	t.Helper()
	text := `{"Version": "2012-10-17", "Statement": {"Effect": "` + effect + `", "Principal": "*", "Action": "*", "Resource": "*",
		"Condition": {"` + operator + `": {"aws:Referer": [`
	item := strconv.Quote(value) + ","
	text += strings.Repeat(item, (8192-len(text)-len(`"x"]}}}}`))/len(item)) + `"x"]}}}}`
	if operator == "NumericEquals" || operator == "DateEquals" || operator == "Bool" {
		text = strings.Replace(text, `"x"`, strconv.Quote(value), 1)
	}
	return mustParse(t, text, ResourcePolicy)
}

// TestSteps: a policy of as many characters as AWS takes decides about calls with long
// headers, and one that compares them with themselves gives up: its Deny denies then, and
// its Allow does not allow.
func TestSteps(t *testing.T) {
	const header = 10_000
	long, words := strings.Repeat("a", header), strings.Repeat("https://example.com/a?b=c ", header/26)
	tests := map[string]struct {
		operator, value string
		referer         string
		gives           bool // up
	}{
		"values":                 {"StringEquals", "https://example.com/", words, false},
		"values without case":    {"StringEqualsIgnoreCase", "https://example.com/", words, false},
		"parts":                  {"StringLike", "*not.example.com*", words, false},
		"many short parts":       {"StringLike", "*~*", words, false},
		"parts with ?":           {"StringLike", "*exampl?.org*", words, false},
		"many *":                 {"StringLike", "h*t*t*p*x", words, false},
		"a header in the value":  {"StringLike", "*${aws:UserAgent}*", words, false},
		"one that nearly fits":   {"StringLike", "*aaaaaaaaaaaaaaaaaaaaaaaa?b*", long, true},
		"the header with itself": {"StringLike", "*${aws:UserAgent}?b*", long, true},
		"a header many times":    {"StringEquals", strings.Repeat("${aws:UserAgent}", 90), long, false},
		"no number":              {"NumericEquals", "1", words, true},
		"no date":                {"DateEquals", "2026", words, true},
	}
	for name, tt := range tests {
		for effect, given := range map[string]Decision{"Allow": ImplicitDeny, "Deny": ExplicitDeny} {
			t.Run(name+"/"+effect, func(t *testing.T) {
				p := repeated(t, effect, tt.operator, tt.value)
				sent := map[string][]string{"aws:referer": {tt.referer}, "aws:useragent": {long[:header/2]}}
				r := &Request{Action: "execute-api:Invoke", Resource: testARN, Context: context(sent)}
				want := ImplicitDeny
				if tt.gives {
					want = given
				}
				if got := p.Evaluate(r); got != want {
					t.Errorf("got %v, want %v", got, want)
				}
				if why := p.Explain(r); why.Decision != want || why.Undecided != tt.gives {
					t.Errorf("explained as %.300v", why)
				}
			})
		}
	}
}

// TestStepsAreOfAllStatements: what one statement has used up, those behind it lack.
func TestStepsAreOfAllStatements(t *testing.T) {
	const about = `"Principal": "*", "Action": "*", "Resource": "*"`
	p := mustParse(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "costly", "Effect": "Allow", `+about+`, "Condition": {"StringLike": {"aws:Referer": "*${aws:UserAgent}?b*"}}},
		{"Sid": "free", "Effect": "Allow", `+about+`},
		{"Sid": "other", "Effect": "Deny", `+about+`, "Condition": {"StringEquals": {"aws:Referer": "x"}}}]}`, ResourcePolicy)
	ask := func(n int) Explanation {
		long := strings.Repeat("a", n)
		return p.Explain(&Request{Action: "a:b", Resource: testARN, Context: context(map[string][]string{"aws:referer": {long}, "aws:useragent": {long[:n/2]}})})
	}
	if got := ask(100); got.Decision != Allow || got.Statement != "free" || got.Undecided {
		t.Errorf("got %+v", got)
	}
	got := ask(10_000)
	if got.Decision != ExplicitDeny || got.Statement != "other" || !got.Undecided || len(got.Misses) != 2 || got.Misses[1] != (Miss{"free", TooManySteps}) {
		t.Errorf("got %+v", got)
	}
}
