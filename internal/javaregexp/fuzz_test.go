package javaregexp

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// FuzzCompile looks for patterns that panic, that hang, or that the two
// engines understand differently where both may be used.
func FuzzCompile(f *testing.F) {
	for _, p := range []string{
		`4\d\d`, `(?s).*Error.*`, `[a-z&&[^aeiou]]+`, `(a|ab)(c|bcd)(d*)`, `(?i)k[^x]`, `\Qa.b\E+`, `a{2,3}?b`,
		`(?<n>a)\k<n>`, `(?x) a # b`, `(?m)^a$`, `\p{L}\R`, `(?<=a)b++`, `(a?)*`, `x*|\z`,
	} {
		f.Add(p, "xab\nAbc")
	}
	f.Fuzz(func(t *testing.T, pattern, input string) {
		if len(pattern) > 200 || len(input) > 200 {
			return
		}
		start := time.Now()
		re, err := Compile(pattern)
		if err != nil {
			return
		}
		if _, err := re.Matches(input, Bounds{}); err != nil {
			return
		}
		if _, err := re.ReplaceAll(input, "$0", Bounds{}); err != nil && err != ErrLimit {
			t.Errorf("%q: %v", pattern, err)
		}
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%q on %q took %v", pattern, input, d)
		}
		compareEngines(t, pattern, input)
	})
}

func compareEngines(t *testing.T, pattern, input string) {
	root, _, err := parse(pattern)
	if err != nil || !simple(root) || root.has(func(n *node) bool { return n.op == opAssert }) {
		return
	}
	var b strings.Builder
	emit(&b, root)
	std, err := regexp.Compile(b.String())
	if err != nil {
		return
	}
	other, err := regexp2.Compile(b.String())
	if err != nil {
		t.Fatalf("%q as %q: %v", pattern, b.String(), err)
	}
	other.MatchTimeout = matchLimit
	want, errWant := collect(backtracker{other}, input)
	got, _ := collect(stdMatcher{std, 1}, input)
	if timed, _ := collect(stdMatcher{std, quick + 1}, input); !reflect.DeepEqual(timed, got) {
		t.Errorf("%q on %q\nstd     %v\non time %v", pattern, input, got, timed)
	}
	if errWant == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%q on %q\nstd     %v\nregexp2 %v", pattern, input, got, want)
	}
}

func collect(m matcher, input string) (out [][]int, err error) {
	err = m.each(input, true, &Bounds{}, func(loc []int) error {
		out = append(out, append([]int(nil), loc...))
		return nil
	})
	return out, err
}

func TestLimits(t *testing.T) {
	tests := map[string]string{
		"nested groups":  strings.Repeat("(", 10_000) + strings.Repeat(")", 10_000),
		"nested classes": strings.Repeat("[", 10_000) + "a" + strings.Repeat("]", 10_000),
		"nested repeats": "(((a{1000}){1000}){1000}){1000}",
		"long":           strings.Repeat("a", maxPattern+1),
		"not UTF-8":      "a\xff",
	}
	for name, pattern := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Compile(pattern); err == nil {
				t.Error("compiled")
			}
		})
	}
}

func TestRunawayMatchEnds(t *testing.T) {
	re, err := Compile(`(?=(a+)+b)(a+)+c`)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := re.Matches(strings.Repeat("a", 100), Bounds{}); err != ErrLimit {
		t.Errorf("got %v, want %v", err, ErrLimit)
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestSyntaxErrorPosition(t *testing.T) {
	_, err := Compile("ab*c**")
	want := "Dangling meta character '*' near index 5"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func BenchmarkMatches(b *testing.B) {
	for name, pattern := range map[string]string{
		"literal":   "404",
		"std":       `4\d{2}`,
		"lookahead": `^(?!200)\d+$`,
	} {
		re, err := Compile(pattern)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				re.Matches("404", Bounds{})
			}
		})
	}
}

func BenchmarkReplaceAll(b *testing.B) {
	re, err := Compile(`\\'`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		re.ReplaceAll(`it\'s a \'quoted\' text`, "'", Bounds{})
	}
}
