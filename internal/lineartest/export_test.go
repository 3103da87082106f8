//go:build !race

package lineartest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/export"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// schemas are those of one model.
var schemas = map[string]func(size int) string{
	"many properties": func(n int) string {
		return `{"properties":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"type":"string"}`, i) }) + `}}`
	},
	"unknown keywords": func(n int) string {
		return `{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"x%d":1`, i) }) + `}`
	},
	"one keyword again and again": func(n int) string { return `{` + repeated(`"type":"a",`, n) + `"b":1}` },
	"a deep schema":               func(n int) string { return nested(`{"items":`, "{}", "}", min(n, 4000)) },
	"deep schemas": func(n int) string {
		return `{"allOf":[` + many(n, ",", func(int) string { return nested(`{"not":`, `{"title":"a"}`, "}", 2000) }) + `]}`
	},
	"definitions of one name": func(n int) string { // of which signs are left out
		return `{"definitions":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"%s":{}`, string(rune(0x4e00+i%20000))+strings.Repeat("-", i/20000))
		}) + `}}`
	},
	"definitions within definitions": func(n int) string { return nested(`{"definitions":{"a":`, "{}", "}}", min(n, 4000)) },
	"references to definitions": func(n int) string {
		return `{"definitions":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"d%d":{"$ref":"#/definitions/d%d"}`, i, i+1) }) + `},"allOf":[` +
			many(n/2, ",", func(i int) string { return fmt.Sprintf(`{"$ref":"#/definitions/d%d/properties/a"}`, i) }) + `]}`
	},
	"long pointers": func(n int) string {
		return `{"allOf":[` + many(n, ",", func(int) string { return `{"$ref":"#` + repeated("/allOf/0", 4000) + `"}` }) + `]}`
	},
	"a long pointer": func(n int) string { return `{"definitions":{"a":{}},"$ref":"#` + repeated("/definitions/a", n) + `"}` },
	"references to models": func(n int) string {
		return `{"allOf":[` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`{"$ref":"https://apigateway.amazonaws.com/restapis/a/models/M%d"}`, i)
		}) + `]}`
	},
	"no end": func(n int) string { return repeated(`{"items":[`, n) },
}

// TestExport writes documents of what strangers may have stored.
func TestLinearExport(t *testing.T) {
	for name, shape := range schemas {
		t.Run("schema: "+name, func(t *testing.T) {
			lineartest.Check(t, 100<<10, shape, func(text string) {
				exportBoth(t, &export.Source{Models: []wire.Model{{Name: new("M0"), Schema: &text}}})
			})
		})
	}
	const line = 60 // bytes of what a definition has for each
	for name, make := range map[string]func(n int) *export.Source{
		"models": func(n int) *export.Source {
			src := new(export.Source)
			for i := range n {
				src.Models = append(src.Models, wire.Model{Name: new(fmt.Sprint("M", i)), Schema: new(fmt.Sprintf(`{"definitions":{"a":{}},"items":{"$ref":"#/definitions/a"},"title":"%d"}`, i))})
			}
			return src
		},
		"authorizers of one name": func(n int) *export.Source {
			src := new(export.Source)
			for i := range n {
				src.Authorizers = append(src.Authorizers, wire.Authorizer{ID: new(fmt.Sprint(i)), Name: new("api_key"), Type: new("TOKEN")})
			}
			return src
		},
		"resources": func(n int) *export.Source {
			src := &export.Source{Resources: []wire.Resource{{ID: new("root"), Path: new("/")}}}
			for i := range n {
				src.Resources = append(src.Resources, wire.Resource{ID: new(fmt.Sprint(i)), ParentID: new("root"), Path: new(fmt.Sprint("/", i)), ResourceMethods: map[string]wire.Method{"GET": {}}})
			}
			return src
		},
		"parameters and responses": func(n int) *export.Source {
			m := wire.Method{RequestParameters: map[string]bool{}, MethodResponses: map[string]wire.MethodResponse{}}
			for i := range n {
				m.RequestParameters[fmt.Sprint("method.request.header.a", i)] = true
				m.MethodResponses[fmt.Sprint(i)] = wire.MethodResponse{ResponseParameters: map[string]bool{"method.response.header.A": false}}
			}
			return &export.Source{Resources: []wire.Resource{{ID: new("root"), Path: new("/"), ResourceMethods: map[string]wire.Method{"GET": m}}}}
		},
		"documentation": func(n int) *export.Source {
			src := &export.Source{Resources: []wire.Resource{{ID: new("root"), Path: new("/"), ResourceMethods: map[string]wire.Method{"GET": {}}}}, Documentation: new(export.Documentation)}
			for i := range n {
				at := &wire.DocumentationPartLocation{Type: "METHOD", Path: new(fmt.Sprint("/", i))}
				src.Documentation.Parts = append(src.Documentation.Parts, wire.DocumentationPart{Location: at, Properties: new(`{"description":"a"}`)})
			}
			return src
		},
		"documentation of deep paths": func(n int) *export.Source {
			src := &export.Source{Documentation: &export.Documentation{Parts: []wire.DocumentationPart{
				{Location: &wire.DocumentationPartLocation{Type: "RESPONSE"}, Properties: new(`{"description":"a"}`)},
			}}}
			const depth = 500 // a path of a resource has 10,240 bytes at most
			for i := range n / depth * 20 {
				src.Resources = append(src.Resources, wire.Resource{ID: new(fmt.Sprint(i)), Path: new(fmt.Sprint(strings.Repeat("/a", depth), i)), ResourceMethods: map[string]wire.Method{
					"GET": {MethodResponses: map[string]wire.MethodResponse{"200": {}, "400": {}}},
				}})
			}
			return src
		},
		"headers of a deep path": func(n int) *export.Source {
			src := &export.Source{Documentation: &export.Documentation{Parts: []wire.DocumentationPart{
				{Location: &wire.DocumentationPartLocation{Type: "RESPONSE"}, Properties: new(`{"description":"a"}`)},
			}}}
			m := wire.Method{MethodResponses: map[string]wire.MethodResponse{"200": {ResponseParameters: map[string]bool{}}}}
			for i := range n {
				m.MethodResponses["200"].ResponseParameters[fmt.Sprint("method.response.header.a", i)] = true
			}
			src.Resources = []wire.Resource{{ID: new("a"), Path: new(strings.Repeat("/a", 5000)), ResourceMethods: map[string]wire.Method{"GET": m}}}
			return src
		},
	} {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 100<<10, func(size int) string { return repeated("a", size) }, func(text string) { exportBoth(t, make(len(text)/line)) })
		})
	}
}

// exportBoth writes a document in each format. An export may be refused.
func exportBoth(t *testing.T, src *export.Source) {
	t.Helper()
	for _, o := range []export.Options{{Format: export.OpenAPI30}, {Format: export.Swagger, YAML: true}} {
		if o.Extensions, _ = export.ParseExtensions("apigateway"); !o.Extensions.Settings {
			t.Fatal("no extensions")
		}
		_, _ = export.Document(src, o)
	}
}
