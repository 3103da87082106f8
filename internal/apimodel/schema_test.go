package apimodel

import (
	"strings"
	"testing"

	oracle "github.com/santhosh-tekuri/jsonschema/v6"
)

// What is a schema of draft 4 is what another implementation takes for one.
func TestSchemaIsDraft4(t *testing.T) {
	var texts []string
	keywords := strings.ReplaceAll(plainKeywords, "$schema", "") // of which the other asks to be absolute
	for _, keyword := range strings.Fields(keywords + "allOf anyOf oneOf not items additionalItems additionalProperties properties patternProperties definitions dependencies") {
		for _, value := range []string{
			`null`, `true`, `"a"`, `"object"`, `0`, `-1`, `2.5`, `12345678901234567890`, `[]`, `{}`, `["a"]`, `["a","a"]`, `["string","null"]`, `["string","string"]`, `[1,1.0]`, `[{}]`, `[{},3]`, `[{"type":"x"}]`,
			`{"a":{}}`, `{"a":3}`, `{"a":["b"]}`, `{"a":[]}`, `{"a":{"minLength":-1}}`, `{"not":{"enum":[]}}`, `{"properties":{"required":{"required":["x"]}}}`,
		} {
			texts = append(texts, `{"`+keyword+`":`+value+`}`)
		}
	}
	texts = append(texts, `[]`, `3`, `null`, `{"minimum":1,"exclusiveMinimum":true}`, `{"maximum":1,"exclusiveMaximum":3}`, `{"exclusiveMaximum":true}`,
		`{"pattern":"^(?!a)b++$"}`, `{"properties":{"$ref":{"type":"string"}}}`, `{"items":{"allOf":[{"anyOf":[{"not":{"items":[{"type":[]}]}}]}]}}`)

	c := oracle.NewCompiler()
	meta, err := c.Compile("http://json-schema.org/draft-04/schema")
	if err != nil {
		t.Fatal(err)
	}
	checker := NewChecker()
	if checker.err != nil {
		t.Fatal(checker.err)
	}
	for _, text := range texts {
		doc, err := oracle.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "(?!") { // Java's, which the other does not know
			doc = map[string]any{}
		}
		got := checker.meta.Validate([]byte(text))
		if want := meta.Validate(doc); (got == nil) != (want == nil) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// FuzzSchema checks any text: it is taken or refused, in no time.
func FuzzSchema(f *testing.F) {
	for _, seed := range []string{`{"type":"object","properties":{"a":{"$ref":"https://apigateway.amazonaws.com/restapis/a/models/B"}}}`, `{"items":[{"enum":[1,1.0]}]}`, strings.Repeat(`{"not":`, 200)} {
		f.Add("application/json", seed)
	}
	checker := NewChecker()
	f.Fuzz(func(t *testing.T, contentType, schema string) {
		refs, err := checker.Check(contentType, schema)
		if err != nil && refs != nil {
			t.Errorf("refused with references %q", refs)
		}
	})
}
