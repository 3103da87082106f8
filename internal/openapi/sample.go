package openapi

import (
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxSample bounds the characters of a text that is made for a schema.
const maxSample = 1000

// samples are texts of the formats that schemas know.
var samples = map[string]string{
	"date":                  "2024-01-31",
	"time":                  "12:30:00Z",
	"date-time":             "2024-01-31T12:30:00Z",
	"duration":              "PT1H",
	"uuid":                  "123e4567-e89b-42d3-a456-426614174000",
	"email":                 "user@example.com",
	"idn-email":             "user@example.com",
	"hostname":              "www.example.com",
	"idn-hostname":          "www.example.com",
	"ipv4":                  "192.0.2.1",
	"ipv6":                  "2001:db8::1",
	"uri":                   "https://example.com/",
	"url":                   "https://example.com/",
	"iri":                   "https://example.com/",
	"uri-reference":         "/path",
	"iri-reference":         "/path",
	"uri-template":          "/path/{id}",
	"json-pointer":          "/path/0",
	"relative-json-pointer": "0",
	"regex":                 "^[a-z]+$",
	"byte":                  "ZXhhbXBsZQ==",
	"binary":                "",
	"password":              "secret",
	"phone":                 "+15555550100",
}

// anyText is the sample of a text of which nothing is said.
const anyText = "string"

// sampleText returns a text that fits a schema of type string, as far as that can
// be told.
func sampleText(schema *cursor) string {
	s, ok := samples[schema.str("format")]
	if !ok {
		s = anyText
	}
	if pattern := schema.str("pattern"); pattern != "" {
		if made, ok := samplePattern(pattern, s); ok {
			return made
		}
	}
	if least, ok := schema.get("minLength").int32(); ok {
		want := int(min(least, maxSample))
		for n := utf8.RuneCountInString(s); n < want; n = utf8.RuneCountInString(s) {
			s += s + "x"
			if utf8.RuneCountInString(s) > want {
				s = string([]rune(s)[:want])
			}
		}
	}
	if most, ok := schema.get("maxLength").int32(); ok && most >= 0 && utf8.RuneCountInString(s) > int(most) {
		s = string([]rune(s)[:most])
	}
	return s
}

// samplePattern returns a text that matches pattern: the usual one when it does,
// else one made from the pattern. It is false when there is none.
func samplePattern(pattern, usual string) (string, bool) {
	if len(pattern) > maxSample {
		return "", false
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", false
	}
	if re.MatchString(usual) {
		return usual, true
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	generate(&b, tree)
	return b.String(), b.Len() <= maxSample && re.MatchString(b.String())
}

// generate appends the shortest text that the expression allows, taking the first
// of each choice.
func generate(b *strings.Builder, re *syntax.Regexp) {
	if b.Len() > maxSample {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			b.WriteRune(member(re.Rune))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus:
		generate(b, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			generate(b, sub)
		}
	case syntax.OpAlternate:
		generate(b, re.Sub[0])
	case syntax.OpRepeat:
		for range re.Min {
			generate(b, re.Sub[0])
		}
	}
}

// member returns a character of a class, which is a list of ranges: a letter or a
// digit where it has one.
func member(ranges []rune) rune {
	for _, want := range "aA1" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	return ranges[0]
}

// sampleNumber returns the text of a number that fits a schema: 1, or 1.5 where it
// need not be whole, moved into the bounds of the schema.
func sampleNumber(schema *cursor, whole bool) string {
	v, step := 1.5, 0.5
	if whole {
		v, step = 1, 1
	}
	if low, ok := bound(schema, "minimum", "exclusiveMinimum", step); ok && v < low {
		v = low
	}
	if high, ok := bound(schema, "maximum", "exclusiveMaximum", -step); ok && v > high {
		v = high
	}
	if multiple, ok := float(schema.get("multipleOf")); ok && multiple > 0 {
		v = math.Ceil(v/multiple) * multiple
	}
	if whole {
		v = math.Ceil(v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// bound returns the last value on the right side of a bound. It is exclusive when
// the second keyword is true, or a number as in OpenAPI 3.1; it is then moved by
// step.
func bound(schema *cursor, key, exclusive string, step float64) (float64, bool) {
	if v, ok := float(schema.get(exclusive)); ok && schema.get(exclusive).is(number) {
		return v + step, true
	}
	v, ok := float(schema.get(key))
	if yes, _ := schema.get(exclusive).bool(); yes {
		v += step
	}
	return v, ok
}

func float(c *cursor) (float64, bool) {
	s, ok := c.text()
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}
