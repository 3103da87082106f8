//go:build !race

package lineartest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/keyfile"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// repeats are texts that are one thing again and again, or within itself, for any
// reader.
func repeats(things ...string) map[string]func(size int) string {
	out := make(map[string]func(int) string)
	for _, thing := range things {
		out[thing] = func(n int) string { return repeated(thing, n) }
	}
	return out
}

// with adds shapes to others.
func with(shapes map[string]func(int) string, more map[string]func(int) string) map[string]func(int) string {
	for name, shape := range more {
		shapes[name] = shape
	}
	return shapes
}

// characters is a class of n bytes, each of its members different.
func characters(format string) func(int) string {
	return func(n int) string {
		return "[" + many(n, "", func(i int) string { return fmt.Sprintf(format, 0x4e00+2*i) }) + "]"
	}
}

var patterns = with(repeats("a", "a*", "(a)", "(a*)*", "(?:a|b)", "a{2}", "a{2,}", "a{1000}", ".*", "\\w", "(?U)\\w", "\\pL", "\\p{L}", "[\\pL]", "[^\\pL]", "\\R", "\\b", "(?=a)", "(?<=a)", "\\1", "(?<a>a)",
	"a|", "^", "$", "(?i)a", "(?iu)[a-z]", "(?iu)é", "[a[b]]", "[\\w&&\\d]", "[a-z&&[^b]]", "\\Qa\\E", "(?x) #a\n", "(", "[", "\\", "{", "*", ")", "é", "(?>a+)", "a++", "(a+)+", "\\x{1F600}"),
	map[string]func(int) string{
		"a class":                       characters(`%c`),
		"a class without case":          func(n int) string { return "(?iu)" + characters(`%c`)(n) },
		"a class of ranges":             characters(`%[1]c-%[1]c`),
		"a class of escapes":            characters(`\u%04x`),
		"a class of ranges and no case": func(n int) string { return "(?iu)[" + repeated("a-z", n) + "]" },
		"a class of properties":         func(n int) string { return "[" + repeated(`\pL\pN`, n) + "]" },
		"a class of complements":        func(n int) string { return "[" + repeated(`\PL`, n) + "]" },
		"a class of words":              func(n int) string { return "(?U)[" + repeated(`\w\D`, n) + "]" },
		"a class of classes":            func(n int) string { return "[" + repeated("[a]", n) + "]" },
		"intersections":                 func(n int) string { return "[a" + repeated("&&[^b]", n) + "]" },
		"groups within groups":          func(n int) string { return repeated(strings.Repeat("(", 150)+"a"+strings.Repeat(")", 150), n) },
		"repeats within repeats":        func(n int) string { return repeated(strings.Repeat("(?:", 150)+"a"+strings.Repeat(")+", 150), n) },
		"behind within behind":          func(n int) string { return repeated(strings.Repeat("(?<=", 150)+"a"+strings.Repeat(")", 150), n) },
		"names":                         func(n int) string { return many(n, "", func(i int) string { return fmt.Sprintf("(?<a%d>a)", i) }) },
		"back references":               func(n int) string { return "(a)" + repeated(`\1`, n) },
		"a long name":                   func(n int) string { return `\p{Is` + strings.Repeat("a", n) + `}` },
		"alternatives of one beginning": func(n int) string { return many(n, "|", func(i int) string { return fmt.Sprintf("aaaa%d", i) }) },
	})

// TestPatterns compiles each pattern and looks for it. A pattern has 64 KiB at most.
func TestLinearPatterns(t *testing.T) {
	for name, shape := range patterns {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 8<<10, shape, func(doc string) {
				if re, err := javaregexp.Compile(doc); err == nil {
					_, _ = re.Find("a", javaregexp.Bounds{})
					_, _ = re.Matches("a", javaregexp.Bounds{})
				}
			})
		})
	}
}

// TestSubjects looks for patterns that are hard to find in texts of any length.
func TestLinearSubjects(t *testing.T) {
	for _, pattern := range []string{"a", "(a*)*b", "(a|a)*b", "(?:a+)+$", "a{1,100}b", "^a*$", "(?=a)b", "(?<=a)b", `(a)\1b`, "(?>a*)b", `\bb`, "(?i)B", ".*.*.*b", "[^b]*b"} {
		t.Run(pattern, func(t *testing.T) {
			re, err := javaregexp.Compile(pattern)
			if err != nil {
				t.Fatal(err)
			}
			lineartest.CheckTo(t, 16<<10, httpmsg.MaxBody, func(n int) string { return strings.Repeat("a", n) }, func(doc string) {
				_, _ = re.Find(doc, javaregexp.Bounds{})
				_, _ = re.Matches(doc, javaregexp.Bounds{})
			})
		})
	}
}

var paths = with(repeats(".a", "..a", "[0]", "['a']", "[*]", ".*", "[0,1]", "[0:1]", "[?(@.a)]", "[?(@.a==1)]", "[?(@.a=~/a/)]", ".length()", "[?(@[?(@.a)])]", "[", "(", "'", "\\", "..", ".", "[?(", "[?(@.a && ", "[?(!"),
	map[string]func(int) string{
		"indexes": func(n int) string { return "[" + many(n, ",", func(i int) string { return fmt.Sprint(i) }) + "]" },
		"names": func(n int) string {
			return "[" + many(n, ",", func(i int) string { return fmt.Sprintf("'%d'", i) }) + "]"
		},
		"a long name":  func(n int) string { return "['" + strings.Repeat("a", n) + "']" },
		"escapes":      func(n int) string { return "['" + repeated(`\'`, n) + "']" },
		"conditions":   func(n int) string { return "[?(" + repeated("@.a == 1 && ", n) + "@.a)]" },
		"alternatives": func(n int) string { return "[?(" + repeated("@.a == 1 || ", n) + "@.a)]" },
		"negations":    func(n int) string { return "[?(" + repeated("!", n) + "@.a)]" },
		"brackets":     func(n int) string { return "[?" + nested("(", "@.a", ")", n) + "]" },
		"a pattern":    func(n int) string { return "[?(@.a =~ /" + strings.Repeat("a", n) + "/)]" },
		"a list": func(n int) string {
			return "[?(@.a in [" + many(n, ",", func(i int) string { return fmt.Sprint(i) }) + "])]"
		},
		"arguments":    func(n int) string { return ".concat(" + many(n, ",", func(i int) string { return `"a"` }) + ")" },
		"paths within": func(n int) string { return ".sum(" + nested("$.sum(", "$.a", ")", n) + ")" },
		"spaces":       func(n int) string { return strings.Repeat(" ", n) },
	})

// TestPaths compiles paths and looks them up.
func TestLinearPaths(t *testing.T) {
	doc, err := value.Parse(`{"a":[{"a":1},{"a":{"a":[1,2,3]}}]}`, value.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for name, shape := range paths {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 32<<10, shape, func(text string) {
				if path, err := jsonpath.Compile("$" + text); err == nil {
					_, _ = path.Get(doc)
				}
			})
		})
	}
}

var templates = with(repeats("a", "$a", "${a}", "$!a", "$a.b", "$a.b()", "$a[0]", "#set($a=1)", "#if(true)#end", "#if(true)", "#elseif(1)", "#else", "#foreach($a in [1])#end", "#foreach($a in [1])", "#end", "#macro(a)#end", "##a\n", "#*a*#", "#*", "#[[a]]#", "#[[", "\\$a", "\\", "#", "$", "{", "#set($a = \"$a\")",
	"#set($a=[1..1000])", "#set($a=$a+$a)", "#set($a=\"$a$a\")", "#set($a={\"a\":$a})", "#set($a=[$a,$a])", "#{if}(1)#{end}", "\n", "é",
	"##", "$!", `"`, "'", "(", ")", "[", " ", "#set", "$a.", "$a.b(", "*#", `\\#if`, "$a[", "#x(", "#if(", `"$a`, "..", "1"),
	map[string]func(int) string{
		"brackets":       func(n int) string { return "#set($a=" + nested("(", "1", ")", n) + ")" },
		"lists":          func(n int) string { return "#set($a=" + nested("[", "1", "]", n) + ")" },
		"maps":           func(n int) string { return "#set($a=" + nested(`{"a":`, "1", "}", n) + ")" },
		"negations":      func(n int) string { return "#set($a=" + strings.Repeat("!", n) + "true)" },
		"sums":           func(n int) string { return "#set($a=" + repeated("1+", n) + "1)" },
		"conditions":     func(n int) string { return "#if(" + repeated("1==1 && ", n) + "true)a#end" },
		"indexes":        func(n int) string { return "$" + nested("a[$", "a", "]", n) },
		"calls":          func(n int) string { return "$" + nested("a.b($", "a", ")", n) },
		"members":        func(n int) string { return "$a" + repeated(".b", n) },
		"texts in texts": func(n int) string { return `#set($a="` + repeated(`#set($b=1)`, n) + `")` },
		"an open text":   func(n int) string { return `#set($a="` + strings.Repeat("a", n) },
		"open texts":     func(n int) string { return repeated(`#set($a="`, n) },
		"open brackets":  func(n int) string { return repeated("$a.b(", n) },
		"a long number":  func(n int) string { return "#set($a=1" + strings.Repeat("0", n) + ")" },
		"a long name":    func(n int) string { return "$" + strings.Repeat("a", n) },
		"many names":     func(n int) string { return many(n, "", func(i int) string { return fmt.Sprintf("#set($a%d=1)", i) }) },
		"macros": func(n int) string {
			return many(n, "", func(i int) string { return fmt.Sprintf("#macro(a%d)#a%d()#end", i, i) })
		},
		"ifs": func(n int) string { return nested("#if(1)", "a", "#end", n) },
	})

// TestTemplates parses templates. What they do is bounded by the limits of a call.
func TestLinearTemplates(t *testing.T) {
	for name, shape := range templates {
		t.Run(name, func(t *testing.T) {
			lineartest.CheckTo(t, 16<<10, 300<<10, shape, func(text string) { _, _ = vtl.Parse("t", text, vtl.Options{}) })
		})
	}
}

var documents = with(repeats("[", "{", "[[],", `{"a":`, "1,", `"`, `\`, "[1,2],"),
	map[string]func(int) string{
		"empty objects":   func(n int) string { return "[" + many(n, ",", func(int) string { return "{}" }) + "]" },
		"empty lists":     func(n int) string { return "[" + many(n, ",", func(int) string { return "[]" }) + "]" },
		"numbers":         func(n int) string { return "[" + many(n, ",", func(i int) string { return fmt.Sprint(i % 10) }) + "]" },
		"a long number":   func(n int) string { return "1" + strings.Repeat("0", n) },
		"a long fraction": func(n int) string { return "1." + strings.Repeat("1", n) },
		"an exponent":     func(n int) string { return "1e" + strings.Repeat("9", n) },
		"fractions": func(n int) string {
			return "[" + many(n, ",", func(int) string { return "1.2345678901234567890123e5" }) + "]"
		},
		"members": func(n int) string {
			return "{" + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":1`, i) }) + "}"
		},
		"duplicates":     func(n int) string { return "{" + many(n, ",", func(int) string { return `"a":1` }) + "}" },
		"nested":         func(n int) string { return nested("[", "", "]", n) },
		"nested objects": func(n int) string { return nested(`{"a":`, "1", "}", n) },
		"escapes":        func(n int) string { return `"` + repeated(`\u00e9`, n) + `"` },
		"surrogates":     func(n int) string { return `"` + repeated(`\ud83d`, n) + `"` },
		"spaces":         func(n int) string { return strings.Repeat(" ", n) + "1" },
	})

// TestValues parses JSON as templates do, and by the letter.
func TestLinearValues(t *testing.T) {
	for name, shape := range documents {
		t.Run(name, func(t *testing.T) {
			lineartest.CheckTo(t, 64<<10, httpmsg.MaxBody, shape, func(text string) {
				v, err := value.Parse(text, value.Limits{})
				if err == nil {
					_, _ = v.AppendJSONMax(nil, 10<<20)
				}
				_, _ = value.ParseStrict(text, value.Limits{})
				r := jsontext.NewReader([]byte(text), value.DefaultDepth, '?')
				_ = r.Skip()
				r = jsontext.NewReader([]byte(text), 1, '?')
				_ = r.Array(func() error { _, err := r.Text(); return err })
			})
		})
	}
}

// a statement of a policy with elements besides those that it needs.
func policyOf(elements string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"` + elements + `}]}`
}

var policies = map[string]func(size int) string{
	"statements": func(n int) string {
		return `{"Statement":[` + many(n, ",", func(int) string { return `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}` }) + `]}`
	},
	"resources": func(n int) string {
		return `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":[` + many(n, ",", func(int) string { return `"execute-api:/*"` }) + `]}}`
	},
	"actions": func(n int) string {
		return `{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*","Action":[` + many(n, ",", func(int) string { return `"a:*"` }) + `]}}`
	},
	"wildcards": func(n int) string {
		return `{"Statement":{"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"arn:aws:execute-api:a:1:b/` + repeated("*a?", n) + `"}}`
	},
	"principals": func(n int) string {
		return `{"Statement":{"Effect":"Allow","Resource":"*","Action":"*","Principal":{"AWS":[` + many(n, ",", func(i int) string { return `"123456789012"` }) + `]}}}`
	},
	"conditions": func(n int) string {
		return policyOf(`,"Condition":{"StringLike":{"aws:UserAgent":[` + many(n, ",", func(i int) string { return `"*a*b*"` }) + `]}}`)
	},
	"addresses": func(n int) string {
		return policyOf(`,"Condition":{"IpAddress":{"aws:SourceIp":[` + many(n, ",", func(i int) string { return `"10.0.0.0/8"` }) + `]}}`)
	},
	"variables": func(n int) string {
		return policyOf(`,"Condition":{"StringLike":{"aws:UserAgent":"` + repeated("${aws:a}", n) + `"}}`)
	},
	"open variables": func(n int) string {
		return policyOf(`,"Condition":{"StringLike":{"aws:UserAgent":"` + repeated("${", n) + `"}}`)
	},
	"members": func(n int) string {
		return "{" + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":1`, i) }) + "}"
	},
	"a long member": func(n int) string {
		return `{"` + strings.Repeat("a", n/2) + `":[` + many(n/2, ",", func(int) string { return "1" }) + `]}`
	},
	"long members": func(n int) string {
		return `{"` + strings.Repeat("a", n/2) + `":[` + many(n/2, ",", func(int) string { return `{"a":1}` }) + `]}`
	},
	"nested": func(n int) string { return nested("[", "", "]", n) },
}

// TestPolicies reads policies, completes them and asks what they allow.
func TestLinearPolicies(t *testing.T) {
	for name, shape := range policies {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 32<<10, shape, func(text string) {
				_, _ = policy.Expand(text, policy.API{Region: "us-east-1", Account: "123456789012", ID: "abc"})
				_, _ = policy.Parse(text, policy.Options{Kind: policy.ResourcePolicy, MaxLength: len(text)})
			})
		})
	}
}

// TestKeyFiles reads files of API keys.
func TestLinearKeyFiles(t *testing.T) {
	for name, shape := range repeats("'a'b", "'a,", `"a"`, `""`, "\n", "\r", ",", " ", "k,a,'b,c,'\n", "'','',\n", "k,\"a\nb\",c\n") {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 64<<10, func(size int) string { return "key,name,usageplanids\n" + shape(size) }, func(text string) {
				_, _ = keyfile.Parse([]byte(text))
			})
		})
	}
}

// TestAuthorizerAnswers reads what functions of authorizers answer, up to the longest that is
// read.
func TestLinearAuthorizerAnswers(t *testing.T) {
	for name, shape := range map[string]func(int) string{
		"context": func(n int) string {
			return `{"context":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":1`, i) }) + `}}`
		},
		"nulls": func(n int) string {
			return `{"context":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":null`, i) }) + `}}`
		},
		"nested":  func(n int) string { return `{"policyDocument":` + repeated("[", n) },
		"escapes": func(n int) string { return `{"principalId":"` + repeated(`\u0041`, n) + `"}` },
		"statements": func(n int) string {
			return `{"policyDocument":{"Statement":[` + many(n, ",", func(int) string { return `{"Effect":"Allow","Action":"*","Resource":"*"}` }) + `]}}`
		},
	} {
		t.Run(name, func(t *testing.T) {
			lineartest.CheckTo(t, 16<<10, authz.MaxAnswer, shape, func(text string) { _, _ = authz.ReadAnswer([]byte(text), false) })
		})
	}
}
