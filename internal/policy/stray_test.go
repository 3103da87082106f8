package policy

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStrays: names that stand for nothing are found where they make a policy deny less,
// and nowhere else.
func TestStrays(t *testing.T) {
	const api = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3"
	actions := []string{"execute-api:Invoke", "execute-api:InvalidateCache"}
	methods := []string{api + "/prod/GET/pets", api + "/prod/GET/pets/{}", api + "/prod/*/admin", api + "/dev/GET/pets", api + "/dev/GET/pets/{}", api + "/dev/*/admin", api + "/prod/*/caf\u00e9"}
	about := func(effect, rest string) string {
		text := `{"Sid": "s", "Effect": "` + effect + `", "Principal": "*"`
		if rest != "" {
			text += ", " + rest
		}
		if !strings.Contains(rest, "Action") {
			text += `, "Action": "*"`
		}
		if !strings.Contains(rest, "Resource") {
			text += `, "Resource": "*"`
		}
		return text + "}"
	}
	resource := func(name string) string { return `"Resource": "` + api + name + `"` }
	tests := map[string]struct {
		statement string
		want      []Stray
	}{
		"all":                             {about("Deny", ""), nil},
		"the action":                      {about("Deny", `"Action": "Execute-API:invok?"`), nil},
		"a misspelt action":               {about("Deny", `"Action": "execute-api:Invok"`), []Stray{{"Statement[1].Action", "execute-api:invok"}}},
		"one of two":                      {about("Deny", `"Action": ["execute-api:Invoke", "execute-api:InvalidatCache*"]`), []Stray{{"Statement[1].Action", "execute-api:invalidatcache*"}}},
		"a misspelt action that is let":   {about("Allow", `"Action": "execute-api:Invok"`), nil},
		"all actions but a misspelt one":  {about("Allow", `"NotAction": "execute-api:Invok"`), []Stray{{"Statement[1].NotAction", "execute-api:invok"}}},
		"denied but a misspelt one":       {about("Deny", `"NotAction": "execute-api:Invok"`), nil},
		"a method":                        {about("Deny", resource("/prod/GET/pets")), nil},
		"with a slash behind it":          {about("Deny", resource("/prod/GET/pets/")), nil},
		"by another verb of ANY":          {about("Deny", resource("/prod/PURGE/admin")), nil},
		"in escapes":                      {about("Deny", resource("/prod/GET/%61dmin")), nil},
		"a letter with an accent":         {about("Deny", resource("/prod/GET/caf?")), nil},
		"the same in escapes":             {about("Deny", resource("/prod/GET/caf%C3%A9")), nil},
		"what a variable may be":          {about("Deny", resource("/*/GET/pets/7")), nil},
		"what a policy's variable may be": {about("Deny", resource("/prod/GET/${aws:username}/7")), nil},
		"any of them":                     {about("Deny", resource("/*pets*")), nil},
		"a misspelt path":                 {about("Deny", resource("/prod/GET/amdin")), []Stray{{"Statement[1].Resource", api + "/prod/GET/amdin"}}},
		"a misspelt path and a letter":    {about("Deny", resource("/prod/GET/amdi?")), []Stray{{"Statement[1].Resource", api + "/prod/GET/amdi?"}}},
		"a misspelt path of any stage":    {about("Deny", resource("/*/GET/pet")), []Stray{{"Statement[1].Resource", api + "/*/GET/pet"}}},
		"an unknown stage":                {about("Deny", resource("/prd/*")), []Stray{{"Statement[1].Resource", api + "/prd/*"}}},
		"another verb":                    {about("Deny", resource("/prod/POST/pets")), []Stray{{"Statement[1].Resource", api + "/prod/POST/pets"}}},
		"the ARN of the API":              {about("Deny", resource("")), []Stray{{"Statement[1].Resource", api}}},
		"another API":                     {about("Deny", `"Resource": "arn:aws:execute-api:us-east-1:111122223333:other/*"`), []Stray{{"Statement[1].Resource", "arn:aws:execute-api:us-east-1:111122223333:other/*"}}},
		"a start":                         {about("Deny", `"Resource": "arn:aws:execute-api:*"`), nil},
		"let, and misspelt":               {about("Allow", resource("/prd/*")), nil},
		"let but for a misspelt one":      {about("Allow", `"NotResource": "`+api+`/prod/GET/amdin"`), []Stray{{"Statement[1].NotResource", api + "/prod/GET/amdin"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, `{"Version": "2012-10-17", "Statement": [`+about("Allow", "")+", "+tt.statement+`]}`, ResourcePolicy)
			if d := cmp.Diff(tt.want, p.Strays(actions, methods)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if got := p.Strays(nil, nil); got != nil {
				t.Errorf("of nothing: %v", got)
			}
		})
	}
	if got := (*Policy)(nil).Strays(actions, methods); got != nil {
		t.Errorf("no policy: %v", got)
	}
	if s := (Stray{Element: "Statement[1].NotAction"}); s.Pointer() != "/Statement/1/NotAction" {
		t.Errorf("the pointer is %s", s.Pointer())
	}
}

// TestOverlap compares with a search for a text that both patterns match.
func TestOverlap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(letters string, n int) string {
		b := make([]byte, r.IntN(n))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	var texts []string
	for n, level := 0, []string{""}; n < 9; n++ {
		texts = append(texts, level...)
		var longer []string
		for _, s := range level {
			longer = append(longer, s+"a", s+"/")
		}
		level = longer
	}
	expression := strings.NewReplacer("*", ".*", "?", ".", "{", "[^/]*")
	compiled := strings.NewReplacer("*", star, "?", "\xfe", "{", segment)
	met := 0
	for range 2000 {
		a, b := draw("a/?*", 6), draw("a/*{", 6)
		first, second := regexp.MustCompile("^"+expression.Replace(a)+"$"), regexp.MustCompile("^"+expression.Replace(b)+"$")
		want := slices.ContainsFunc(texts, func(s string) bool { return first.MatchString(s) && second.MatchString(s) })
		if got := overlap(wildRunes(compiled.Replace(a)), wildRunes(compiled.Replace(b)), &evaluation{steps: maxSteps}); got != want {
			t.Fatalf("%q and %q: %t, want %t", a, b, got, want)
		}
		if want {
			met++
		}
	}
	if met < 200 || met > 1800 {
		t.Errorf("%d of 2000 overlap", met)
	}
}

// TestStraysAreBounded: a policy that would take too long is said nothing of.
func TestStraysAreBounded(t *testing.T) {
	p := mustParse(t, `{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "arn:*:*:*:*:`+strings.Repeat("?*", 3000)+`~"}}`, ResourcePolicy)
	methods := make([]string, 10)
	for i := range methods {
		methods[i] = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/prod/GET/" + strings.Repeat("x", 6000)
	}
	if got := p.Strays(nil, methods); got != nil {
		t.Errorf("got %v", got)
	}
}
