package openapi

import (
	"fmt"
	"strings"
	"testing"
)

// Documentation that references make many times as long as the definition has an end, of
// which the import tells once. What is too long or too deep for a part is left out, and
// the rest of the definition is not.
func TestBoundsOfDocumentation(t *testing.T) {
	shared := func(description string, operations int) string {
		var b strings.Builder
		b.WriteString(`{"openapi":"3.0.1","info":{"title":"t","version":"1"},"components":{"parameters":{"P":{"in":"query","name":"a","description":"` + description + `"}}},"paths":{`)
		for i := range operations {
			b.WriteString(strings.Repeat(",", min(i, 1)))
			fmt.Fprintf(&b, `"/%d":{"get":{"parameters":[{"$ref":"#/components/parameters/P"}]}}`, i)
		}
		return b.String() + "}}"
	}
	ofPaths := func(description string, paths int) string {
		var b strings.Builder
		b.WriteString(`{"openapi":"3.0.1","info":{"title":"t","version":"1"},"paths":{`)
		for i := range paths {
			b.WriteString(strings.Repeat(",", min(i, 1)))
			fmt.Fprintf(&b, `"/%d":{"parameters":[{"in":"query","name":"a","description":"%s"}],"get":{},"put":{},"post":{},"delete":{},"options":{},"head":{},"patch":{}}`, i, description)
		}
		return b.String() + "}}"
	}
	deep := `{"openapi":"3.0.1","info":{"title":"t","version":"1","description":"d","contact":` + strings.Repeat(`{"x":`, 95) + "1" + strings.Repeat("}", 95) + `},"paths":{}}`
	rest := "documentation is left out from here on: there is more than 20000 parts or 8388608 bytes of it"
	for name, tt := range map[string]struct {
		doc     string
		parts   int
		finding string
	}{
		"many parts":    {shared("d", 20_001), 20_000, rest},
		"many bytes":    {ofPaths(strings.Repeat("d", 60_000), 21), 139, rest},
		"one too long":  {shared(strings.Repeat("d", 65_520), 2), 0, "documentation of more than 65536 bytes is left out"},
		"just enough":   {shared(strings.Repeat("d", 65_518), 2), 2, ""},
		"one too deep":  {deep, 1, "documentation is nested too deeply and left out"},
		"no parameters": {shared("", 2), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{})
			if err != nil {
				t.Fatal(err)
			}
			parts := 0
			if api.Documentation != nil {
				parts = len(api.Documentation.Parts)
			}
			if parts != tt.parts {
				t.Errorf("got %d parts, want %d", parts, tt.parts)
			}
			var told []string
			for _, f := range api.Findings {
				told = append(told, f.Text)
			}
			if got := strings.Join(told, "\n"); got != tt.finding {
				t.Errorf("got findings %q, want %q", got, tt.finding)
			}
			if len(api.Warnings)+len(api.Errors) > 0 {
				t.Errorf("got warnings %q, errors %q", api.Warnings, api.Errors)
			}
		})
	}
}
