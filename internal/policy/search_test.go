package policy

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSearch compares the search of long parts with one that tries each place.
func TestSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(n int, letters ...string) string {
		var b strings.Builder
		for range n {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	found := 0
	for range 5000 {
		part := draw(1+r.IntN(140), "a", "a", "é", string(rune(0xfffd)), "\xfe", "\xfe")
		s := draw(r.IntN(300), "a", "a", "a", "é", string(rune(0xfffd)), "\xff")
		if r.IntN(2) == 0 {
			s += strings.ReplaceAll(part, "\xfe", "漢") + draw(r.IntN(70), "a", "b")
		}
		want := -1
		for i := 0; i <= len(s) && want < 0; {
			if n, ok := matchAt(part, s[i:], false); ok {
				want = i + n
			}
			_, n := character(s[i:])
			i += max(n, 1)
		}
		if got := newSearch(part, s).find(s); got != want {
			t.Fatalf("%q in %q: ends at %d, want %d", part, s, got, want)
		}
		if want >= 0 {
			found++
		}
	}
	if found < 1000 || found > 4900 {
		t.Errorf("%d of 5000 are found", found)
	}
}

// TestPolicyOfALongHeaderIsFast: values that repeat what a client sends cost no minutes.
func TestPolicyOfALongHeaderIsFast(t *testing.T) {
	values := strings.Repeat(strconv.Quote("*${aws:UserAgent}?b*")+",", 340) + `"x"`
	p, err := Parse(`{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
		"Condition": {"StringLike": {"aws:Referer": [`+values+`]}}}}`, Options{Kind: ResourcePolicy})
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string][]string{"aws:useragent": {strings.Repeat("a", 7000)}, "aws:referer": {strings.Repeat("a", 13_000)}}
	start := time.Now()
	if d := p.Evaluate(&Request{Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111122223333:a/b/GET/", Context: func(key string) []string { return sent[key] }}); d != ImplicitDeny {
		t.Errorf("the decision is %v", d)
	}
	t.Log(time.Since(start))
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}
