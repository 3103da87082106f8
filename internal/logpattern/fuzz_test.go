package logpattern

import "testing"

// FuzzParse: no pattern and no message is more than an error or an answer, and a pattern
// answers the same each time.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{`ERROR -"a b"`, `?a ?b`, `%^[a-z]{2,}\x41|b$%`, `{ ($.a[0].b = "x*" || $.* != 1e3) && $.['c d'] NOT EXISTS }`, `{ $.a IS NULL }`, `[..., a=1 || a>2, b=%x%]`, `{`, `[`, `"\`, `{$.a[`, `{$.a=%`} {
		f.Add(pattern, trail)
		f.Add(pattern, access)
	}
	f.Fuzz(func(t *testing.T, pattern, message string) {
		p, err := Parse(pattern)
		if err != nil {
			return
		}
		once, again := p.Match(message), p.Match(message)
		if p.Cost() < 0 || once != again {
			t.Error(pattern, message)
		}
	})
}
