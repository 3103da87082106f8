package openapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
)

// printed returns what the template language makes of a template that has nothing
// but text and unparsed blocks, and whether it has nothing else.
func printed(template string) (string, bool) {
	var out strings.Builder
	for {
		text, rest, ok := strings.Cut(template, "#[[")
		if strings.ContainsAny(text, "$#") {
			return "", false
		}
		out.WriteString(text)
		if !ok {
			return out.String(), true
		}
		block, rest, ok := strings.Cut(rest, "]]#")
		if !ok || strings.Contains(block, "#[[") {
			return "", false
		}
		out.WriteString(block)
		template = rest
	}
}

func TestVerbatim(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"plain":            {`{"a": [1, 2]}`, `{"a": [1, 2]}`},
		"empty":            {"", ""},
		"dollar":           {"$5", "#[[$5]]#"},
		"directive":        {"#set($x = 1)", "#[[#set($x = 1)]]#"},
		"end of a block":   {"a]]#b", "#[[a]]]#]#[[#]]##[[b]]#"},
		"start of a block": {"a#[[b", "#[[a#]]##[[[[b]]#"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := verbatim(tt.text); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	for _, s := range []string{"]]#[[", "#[[]]#", "]]]#", "#[[ x ]]# ]]#", "[[#", "#", "$", "]]", "##", "#[[#[[", "]]#]]#", "#]]#", "]#[[", "\x00$\x01"} {
		if got, ok := printed(verbatim(s)); !ok || got != s {
			t.Errorf("%q: %q prints %q, %v", s, verbatim(s), got, ok)
		}
	}
}

// TestVerbatimInTheEngine renders the templates of all short texts of the characters
// that matter.
func TestVerbatimInTheEngine(t *testing.T) {
	texts := []string{""}
	for first := 0; len(texts) < 3_000; {
		last := len(texts)
		for _, s := range texts[first:last] {
			for _, c := range "[]#$a" {
				texts = append(texts, s+string(c))
			}
		}
		first = last
	}
	for _, s := range texts {
		template, err := vtl.Parse("", verbatim(s), vtl.Options{Mode: vtl.APIGateway})
		if err != nil {
			t.Fatalf("%q: %q: %v", s, verbatim(s), err)
		}
		if got, err := template.RenderString(nil); err != nil || got != s {
			t.Fatalf("%q: %q prints %q, %v", s, verbatim(s), got, err)
		}
	}
}

func FuzzVerbatim(f *testing.F) {
	f.Add("#[[ ]]# $x ]]#[[#")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := printed(verbatim(s)); !ok || got != s {
			t.Errorf("%q: %q prints %q, %v", s, verbatim(s), got, ok)
		}
	})
}

// exampleOf returns the JSON of the example of a schema, which is given as YAML.
func exampleOf(t *testing.T, schema string) string {
	t.Helper()
	doc := "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n" +
		"        '200':\n          description: ok\n          content:\n            application/json:\n              schema: " + schema + "\n"
	api, err := Parse([]byte(doc), Options{Lenient: true})
	if err != nil {
		t.Fatal(err, err.(*InputError).Findings)
	}
	template := api.Resources[1].Methods[0].MethodIntegration.IntegrationResponses["200"].ResponseTemplates["application/json"]
	if template == nil {
		return ""
	}
	body, _ := printed(*template)
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func TestExamples(t *testing.T) {
	tests := map[string]struct{ schema, want string }{
		"text":                  {"{type: string}", `"string"`},
		"whole number":          {"{type: integer}", `1`},
		"number":                {"{type: number}", `1.5`},
		"boolean":               {"{type: boolean}", `true`},
		"array":                 {"{type: array, items: {type: boolean}}", `[true]`},
		"array without items":   {"{type: array}", `[]`},
		"no type":               {"{}", `{}`},
		"type by its keywords":  {"{properties: {a: {minimum: 3}, b: {maxLength: 2}, c: {items: {}}}}", `{"a":3,"b":"st","c":[{}]}`},
		"example wins":          {"{type: string, example: e, default: d, enum: [f]}", `"e"`},
		"default before enum":   {"{type: string, default: d, enum: [f]}", `"d"`},
		"enum":                  {"{type: integer, enum: [7, 8]}", `7`},
		"a null example":        {"{type: string, nullable: true, example: null}", `null`},
		"minimum":               {"{type: integer, minimum: 18}", `18`},
		"exclusive minimum":     {"{type: integer, minimum: 18, exclusiveMinimum: true}", `19`},
		"maximum":               {"{type: integer, maximum: 0}", `0`},
		"exclusive maximum":     {"{type: number, maximum: 1, exclusiveMaximum: true}", `0.5`},
		"multiple":              {"{type: integer, minimum: 11, multipleOf: 5}", `15`},
		"length":                {"{type: string, minLength: 12, maxLength: 14}", `"stringstring"`},
		"maximum length":        {"{type: string, format: uuid, maxLength: 8}", `"123e4567"`},
		"pattern that fits":     {"{type: string, pattern: '^s'}", `"string"`},
		"pattern":               {"{type: string, pattern: '^(red|blue)-[0-9]{3}$'}", `"red-111"`},
		"pattern with a class":  {"{type: string, pattern: '^[a-f]+[^a-z]?\\.x+$'}", `"a.x"`},
		"pattern of Java alone": {"{type: string, pattern: '^(?=x)x++$'}", `"string"`},
		"unknown format":        {"{type: string, format: colour}", `"string"`},
		"items":                 {"{type: array, minItems: 3, items: {type: integer}}", `[1,1,1]`},
		"no items":              {"{type: array, maxItems: 0, items: {type: integer}}", `[]`},
		"free members":          {"{type: object, additionalProperties: {type: integer}, minProperties: 2}", `{"key1":1,"key2":1}`},
		"closed object":         {"{type: object, additionalProperties: false}", `{}`},
		"write only":            {"{type: object, properties: {a: {type: string, writeOnly: true}, b: {type: string, readOnly: true}}}", `{"b":"string"}`},
		"all of":                {"{allOf: [{type: object, properties: {a: {type: string}, b: {type: string}}}, {properties: {b: {type: integer}}}], properties: {c: {type: boolean}}}", `{"a":"string","b":1,"c":true}`},
		"all of one scalar":     {"{allOf: [{type: string, format: date}]}", `"2024-01-31"`},
		"one of":                {"{oneOf: [{type: integer}, {type: string}]}", `1`},
		"any of with own":       {"{anyOf: [{type: object, properties: {a: {type: integer}}}], properties: {b: {type: integer}}}", `{"a":1,"b":1}`},
		"itself, optional":      {"&s {type: object, properties: {a: {type: integer}, b: {$ref: '#/paths/~1a/get/responses/200/content/application~1json/schema'}}}", `{"a":1}`},
		"itself, required":      {"&s {type: object, required: [b], properties: {b: {$ref: '#/paths/~1a/get/responses/200/content/application~1json/schema'}}}", `{"b":null}`},
		"itself in an array":    {"{type: array, items: {$ref: '#/paths/~1a/get/responses/200/content/application~1json/schema'}}", `[]`},
		"lost reference":        {"{$ref: '#/nowhere'}", ``},
		"text that is no block": {"{type: string, example: 'a]]#b$c#[[d'}", `"a]]#b$c#[[d"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := exampleOf(t, tt.schema); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestWideExample checks that a schema which multiplies at each level has an
// example of bounded size.
func TestWideExample(t *testing.T) {
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\ninfo: {title: t, version: '1'}\ncomponents:\n  schemas:\n")
	for i := range 20 {
		letter := string(rune('A' + i))
		next := "{$ref: '#/components/schemas/" + string(rune('A'+i+1)) + "'}"
		if i == 19 {
			next = "{type: string}"
		}
		b.WriteString("    " + letter + ": {type: object, properties: {l: " + next + ", r: " + next + "}}\n")
	}
	b.WriteString("paths: {/a: {get: {responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}\n")
	api, err := Parse([]byte(b.String()), Options{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	checkAPI(t, api, true)
}

// TestManyExamples checks that the examples of a definition have an end together.
func TestManyExamples(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "definitions: {S: {type: object, properties: {")
	for i := range 2000 {
		fmt.Fprintf(&b, "p%d: {type: string, example: x%050d}, ", i, i)
	}
	b.WriteString("z: {type: string}}}}\npaths:\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "  /p%d: {get: {responses: {200: {schema: {$ref: S}}}}}\n", i)
	}
	api, err := Parse([]byte(b.String()), Options{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	bytes := 0
	for _, r := range api.Resources {
		for _, m := range r.Methods {
			bytes += len(text0(m.MethodIntegration.IntegrationResponses["200"].ResponseTemplates["application/json"]))
		}
	}
	if bytes == 0 || bytes > maxTemplates+maxTemplate {
		t.Errorf("examples of %d bytes", bytes)
	}
	if !slices.ContainsFunc(api.Findings, func(f Finding) bool { return strings.Contains(f.Text, "examples are too many") }) {
		t.Error("nothing tells that examples are missing")
	}
}

// TestSamplePattern checks that what is made from a pattern matches it.
func TestSamplePattern(t *testing.T) {
	for _, pattern := range []string{
		`^\d{4}-\d{2}$`, `^[A-Z]{2}[0-9]+$`, `^a*b+c?$`, `^(?:x|y)z$`, `^[^a-z]$`, `^.{3}$`, `^\w+@\w+\.com$`, `^$`, `^[\p{Greek}]$`, `^(?i)abc$`,
	} {
		got, ok := samplePattern(pattern, "string")
		if !ok || !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("%s: got %q, %v", pattern, got, ok)
		}
	}
	for _, pattern := range []string{`(`, `^x\by$`, strings.Repeat("a", 2000), `^(a{1000}){1000}$`} {
		if got, ok := samplePattern(pattern, "string"); ok {
			t.Errorf("%.20s: got %.20q", pattern, got)
		}
	}
}

// TestTextExamples checks bodies that are no JSON, and JSON that is written as text.
func TestTextExamples(t *testing.T) {
	tests := map[string]struct{ content, mediaType, want string }{
		"plain text":           {"text/plain: {example: hello}", "text/plain", "hello"},
		"XML given":            {"application/xml: {example: '<a/>'}", "application/xml", "<a/>"},
		"JSON before XML":      {"application/xml: {example: '<a/>'}\n              application/json: {example: {a: 1}}", "application/json", "{\n  \"a\": 1\n}"},
		"JSON as text":         {"application/json: {schema: {type: object}, example: '{\"a\":1}'}", "application/json", `{"a":1}`},
		"a text that is JSON":  {"application/json: {schema: {type: string}, example: '{\"a\":1}'}", "application/json", `"{\"a\":1}"`},
		"any type":             {"'*/*': {example: 1}", "application/json", "1"},
		"problem":              {"application/problem+json: {example: {a: b}}", "application/problem+json", "{\n  \"a\": \"b\"\n}"},
		"object in plain text": {"text/plain: {example: {a: 1}}", "text/plain", "{\n  \"a\": 1\n}"},
		"XML to be made":       {"application/xml: {schema: {type: object}}", "application/xml", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			doc := "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n" +
				"        '200':\n          description: ok\n          content:\n              " + tt.content + "\n"
			api, err := Parse([]byte(doc), Options{Lenient: true})
			if err != nil {
				t.Fatal(err, err.(*InputError).Findings)
			}
			m := api.Resources[1].Methods[0]
			answer := m.MethodIntegration.IntegrationResponses["200"]
			if got := text0(answer.ResponseTemplates[tt.mediaType]); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			header := answer.ResponseParameters["method.response.header.Content-Type"]
			if tt.mediaType != "application/json" && header != "'"+tt.mediaType+"'" {
				t.Errorf("Content-Type is %s", header)
			}
			for key := range answer.ResponseParameters {
				if _, ok := m.MethodResponses["200"].ResponseParameters[key]; !ok {
					t.Errorf("%s is not declared", key)
				}
			}
		})
	}
}

// TestQuote compares our JSON text with that of encoding/json.
func TestQuote(t *testing.T) {
	for _, s := range []string{"", "a\"b\\c/", "\n\r\t\b\f\x00\x1f", "é😀\u2028", "\xff\xfe a", "\x7f"} {
		var got string
		if err := json.Unmarshal([]byte(compact(newText(s))), &got); err != nil || got != strings.ToValidUTF8(s, "\ufffd") && got != string([]rune(s)) {
			t.Errorf("%q: got %q, %v", s, got, err)
		}
	}
}

// A model that the service would refuse costs a document that was not written
// for it the model and those that refer to it, no more; one that was is refused.
func TestRefusedModels(t *testing.T) {
	const doc = `
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /pets:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Pets'}}}}
        '404': {description: d, content: {application/json: {schema: {type: object, properties: {a: {$ref: nowhere.yaml}}}}}}
        '500': {description: d, content: {application/json: {schema: {$ref: 'gone.yaml#/Problem'}}}}
components:
  schemas:
    Good: {type: object, properties: {name: {type: string, example: Rex}}}
    Tag: {type: object, properties: {label: {$ref: '#/components/schemas/Gone'}, color: {type: string, example: red}}}
    Pet: {type: object, properties: {tag: {$ref: '#/components/schemas/Tag'}, good: {$ref: '#/components/schemas/Good'}}}
    Pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}
`
	api, err := Parse([]byte(doc), Options{Lenient: true, APIID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	var names, told []string
	for _, m := range api.Models {
		names = append(names, *m.Name)
	}
	for _, f := range api.Findings {
		told = append(told, fmt.Sprintf("%s %d %s", f.Severity, f.Concern, f.Text))
	}
	want := []string{
		"warning 1 AWS would refuse the model MODELc4326f: cannot follow nowhere.yaml: references to other files are not followed",
		"warning 1 cannot follow gone.yaml#/Problem: references to other files are not followed",
		`warning 1 AWS would refuse the model Tag: cannot follow #/components/schemas/Gone: there is no "Gone" in #/components/schemas`,
	}
	if !slices.Equal(names, []string{"Good"}) || len(api.Errors) > 0 || !slices.Equal(told, want) {
		t.Errorf("got models %v, errors %v, findings\n%s", names, api.Errors, strings.Join(told, "\n"))
	}
	m := api.Resources[1].Methods[0]
	if len(m.RequestModels) > 0 || len(m.MethodResponses["200"].ResponseModels) > 0 || len(m.MethodResponses["404"].ResponseModels) > 0 {
		t.Errorf("got uses %v, %v", m.RequestModels, m.MethodResponses)
	}
	if got, _ := printed(*m.MethodIntegration.IntegrationResponses["200"].ResponseTemplates["application/json"]); !strings.Contains(got, `"color": "red"`) || !strings.Contains(got, `"name": "Rex"`) {
		t.Errorf("the mock answers %s", got)
	}
	for name, o := range map[string]Options{"written for the service": {Lenient: true}, "import": {}} {
		text := doc
		if o.Lenient {
			text += "x-amazon-apigateway-api-key-source: HEADER\n"
		}
		api, err := Parse([]byte(text), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(api.Errors) != 2 || !strings.HasPrefix(api.Errors[0], "Unable to create model for 'Tag': Invalid model specified: ") {
			t.Errorf("%s: got errors %q", name, api.Errors)
		}
	}
}
