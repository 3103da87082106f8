package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What is read of which entity, in the formats' own shapes.
func TestDescribedEntities(t *testing.T) {
	v3 := func(members string) string {
		return `{"openapi":"3.0.1","info":{"title":"t","version":"1"},` + members + `}`
	}
	v2 := func(members string) string {
		return `{"swagger":"2.0","info":{"title":"t","version":"1"},` + members + `}`
	}
	for name, tt := range map[string]struct {
		doc  string
		want []string
	}{
		"every method": {v3(`"paths":{"/a":{"x-amazon-apigateway-any-method":{"summary":"s"}}}`), []string{`METHOD /a ANY   {"summary":"s"}`}},
		"a body of Swagger": {
			v2(`"paths":{"/a":{"post":{"parameters":[{"in":"body","name":"b","description":"d"}]}}}`), []string{`REQUEST_BODY /a POST   {"description":"d"}`},
		},
		"a path of OpenAPI":       {v3(`"paths":{"/a":{"summary":"s","description":"d"}}`), []string{`RESOURCE /a    {"summary":"s","description":"d"}`}},
		"a path of Swagger":       {v2(`"paths":{"/a":{"description":"d"}}`), nil}, // which has no such member
		"a parameter for all":     {v3(`"paths":{"/{a}":{"parameters":[{"in":"path","name":"a","description":"d"}],"get":{},"put":{}}}`), []string{`PATH_PARAMETER /{a} GET  a {"description":"d"}`, `PATH_PARAMETER /{a} PUT  a {"description":"d"}`}},
		"a cookie":                {v3(`"paths":{"/a":{"get":{"parameters":[{"in":"cookie","name":"a","description":"d"}]}}}`), nil},
		"a header by reference":   {v3(`"components":{"headers":{"H":{"description":"d"}}},"paths":{"/a":{"get":{"responses":{"200":{"headers":{"A":{"$ref":"#/components/headers/H"},"B":{"$ref":"#/nowhere"}}}}}}}`), []string{`RESPONSE_HEADER /a GET 200 A {"description":"d"}`}},
		"nothing to say":          {v3(`"tags":[],"paths":{"/a":{"get":{"tags":[],"summary":"","description":null,"deprecated":false,"externalDocs":{}}}}`), nil},
		"other kinds":             {v3(`"tags":"a","externalDocs":"b","paths":{"/a":{"get":{"tags":{},"description":["d"],"deprecated":"true"}}}`), nil},
		"what exports say anyway": {v3(`"components":{"schemas":{"Empty":{"title":"Empty Schema"},"Error":{"title":"Error Schema"}}},"paths":{"/a":{"get":{"responses":{"200":{"description":"200 response"}}}}}`), nil},
		"another code's":          {v3(`"paths":{"/a":{"get":{"responses":{"201":{"description":"200 response"}}}}}`), []string{`RESPONSE /a GET 201  {"description":"200 response"}`}},
		"a model":                 {v3(`"components":{"schemas":{"A":{"type":"object","externalDocs":{"url":"u"},"properties":{"b":{"description":"in the model"}}},"B":{"$ref":"#/components/schemas/A"}}},"paths":{}`), []string{`MODEL    A {"externalDocs":{"url":"u"}}`}},
		"info beside that of the extension": {
			`{"openapi":"3.0.1","info":{"title":"t","version":"1","description":"d","contact":{"name":"n"}},"tags":[{"name":"a"}],"paths":{},
				"x-amazon-apigateway-documentation":{"documentationParts":[{"location":{"type":"API"},"properties":{"x":1,"info":{"description":"D"}}}]}}`,
			[]string{`API     {"x":1,"info":{"description":"D"}}`, `API     {"info":{"description":"D","contact":{"name":"n"}},"tags":[{"name":"a"}]}`},
		},
		"info that the extension has": {
			`{"openapi":"3.0.1","info":{"title":"t","version":"1","description":"d"},"paths":{},
				"x-amazon-apigateway-documentation":{"documentationParts":[{"location":{"type":"API"},"properties":{"info":{"description":"D"}}}]}}`,
			[]string{`API     {"info":{"description":"D"}}`},
		},
		"beneath another": {
			v3(`"x-amazon-apigateway-documentation":{"documentationParts":[{"location":{"type":"METHOD"},"properties":{"description":"B"}}]},
				"paths":{"/a/b":{"get":{"description":"B"}},"/a":{"get":{"description":"A"}},"/b":{"get":{"description":"B"}}}`),
			[]string{`METHOD     {"description":"B"}`, `METHOD /a GET   {"description":"A"}`, `METHOD /a/b GET   {"description":"B"}`},
		},
		"a model of the name only": {v3(`"components":{"schemas":{"Empty":{"title":"Mine"}}},"paths":{}`), []string{`MODEL    Empty {"title":"Mine"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if api.Documentation != nil {
				for _, p := range api.Documentation.Parts {
					l, or := p.Location, func(s *string) string { return *cmp.Or(s, new("")) }
					got = append(got, strings.Join([]string{l.Type, or(l.Path), or(l.Method), or(l.StatusCode), or(l.Name), *p.Properties}, " "))
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

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
