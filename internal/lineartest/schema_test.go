//go:build !race

package lineartest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/jsonschema"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
)

// variants is a schema with n alternatives of one kind, each of another object.
func variants(n int, kind string) string {
	schemas := make([]string, n)
	for i := range schemas {
		schemas[i] = fmt.Sprintf(`{"type":"object","properties":{"kind":{"type":"string"},"items":{"type":"array","uniqueItems":true,"minItems":%d}},"required":["items"]}`, i%2)
	}
	return `{"` + kind + `":[` + strings.Join(schemas, ",") + `]}`
}

// TestValidations validates documents of each shape against schemas that make much
// of them.
func TestLinearValidations(t *testing.T) {
	schemas := map[string]string{
		"alternatives with unique items": variants(12, "oneOf"),
		"any of those":                   variants(12, "anyOf"),
		"unique items":                   `{"uniqueItems":true,"items":{"uniqueItems":true}}`,
		"all of many":                    `{"allOf":[` + strings.Repeat(`{"uniqueItems":true},`, 50) + `{}]}`,
		"alternatives of itself":         `{"oneOf":[{"items":{"$ref":"#"}},{"additionalProperties":{"$ref":"#"}},{"items":{"$ref":"#"}}]}`,
		"an enum":                        `{"items":{"enum":[{"a":1},[1],1.5,2,"a"]},"additionalProperties":{"enum":[1.25]}}`,
		"bounds":                         `{"maximum":1e400,"multipleOf":0.3,"items":{"$ref":"#"},"additionalProperties":{"$ref":"#"}}`,
		"patterns":                       `{"patternProperties":{"(a*)*b":{},"a{1,50}":{},"^a":{}},"pattern":"(a*)*b","additionalProperties":false}`,
		"dependencies":                   `{"dependencies":{"a0":["a1","b"],"a1":{"required":["c"]}},"required":["x","y"],"additionalProperties":false}`,
		"lengths":                        `{"maxLength":5,"minLength":1,"items":{"maxLength":1},"additionalProperties":{"minLength":2}}`,
		"formats":                        `{"format":"uri","items":{"format":"email"},"additionalProperties":{"format":"date-time"}}`,
		"not":                            `{"not":{"not":{"uniqueItems":true}},"items":{"not":{"$ref":"#"}}}`,
	}
	shapes := with(map[string]func(int) string{
		"items of a member": func(n int) string {
			return `{"kind":"a","items":[` + many(n, ",", func(i int) string { return fmt.Sprint(i) }) + `]}`
		},
		"objects": func(n int) string {
			return "[" + many(n, ",", func(i int) string { return fmt.Sprintf(`{"a":%d}`, i) }) + "]"
		},
		"equal objects": func(n int) string { return "[" + many(n, ",", func(i int) string { return `{"a":1}` }) + "]" },
		"long texts": func(n int) string {
			return "[" + many(n, ",", func(i int) string { return `"` + strings.Repeat("a", 1000) + fmt.Sprint(i) + `"` }) + "]"
		},
		"a text":      func(n int) string { return `"` + strings.Repeat("a", n) + `"` },
		"a long name": func(n int) string { return `{"` + strings.Repeat("a", n) + `":1}` },
		"large numbers": func(n int) string {
			return "[" + many(n, ",", func(i int) string { return "1" + strings.Repeat("0", 1000) + fmt.Sprint(i) }) + "]"
		},
	}, documents)
	for kind, schema := range schemas {
		compiled, err := jsonschema.NewCompiler(func(string) (string, bool) { return schema, true }).Compile("a")
		if err != nil {
			t.Fatal(kind, err)
		}
		for name, shape := range shapes {
			t.Run(kind+"/"+name, func(t *testing.T) {
				lineartest.Check(t, 30<<10, shape, func(doc string) { _ = compiled.Validate([]byte(doc)) })
			})
		}
	}
}

// TestSchemas compiles the schemas of models.
func TestLinearSchemas(t *testing.T) {
	for name, shape := range modelSchemas {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 60<<10, shape, func(schema string) {
				compiled, err := jsonschema.NewCompiler(func(uri string) (string, bool) { return schema, uri == "a" }).Compile("a")
				if err == nil {
					_ = compiled.Validate([]byte(`{"a":[{"b":1}],"c":[1,2,3]}`))
				}
			})
		})
	}
}
