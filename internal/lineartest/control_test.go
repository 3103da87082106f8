//go:build !race

package lineartest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// modelSchemas are schemas of models, whose size the service bounds by 400 KiB.
var modelSchemas = map[string]func(size int) string{
	"a long name above many": func(n int) string {
		return `{"properties":{"` + strings.Repeat("a", n/2) + `":{"properties":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"p%d":{}`, i) }) + `}}}}`
	},
	"long names above many arrays": func(n int) string {
		return `{"properties":{"` + strings.Repeat("a", n/2) + `":{"properties":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"type":"array"}`, i) }) + `}}}}`
	},
	"references with a long pointer": func(n int) string {
		return `{"definitions":{"x":{"$ref":"#/definitions` + strings.Repeat("/a", n/4) + `"}},"properties":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"$ref":"#/definitions/x"}`, i) }) + `}}`
	},
	"references to a long name": func(n int) string {
		name := strings.Repeat("a", n/4)
		return `{"definitions":{"` + name + `":{},"x":{"$ref":"#/definitions/` + name + `"}},"properties":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"$ref":"#/definitions/x"}`, i) }) + `}}`
	},
	"fan-out of references": func(n int) string {
		return `{"$ref":"#/definitions/A0","definitions":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"A%d":{"properties":{"a":{"$ref":"#/definitions/A%d"},"b":{"$ref":"#/definitions/A%d"}}}`, i, i+1, i+1)
		}) + `}}`
	},
	"wide fan-out": func(n int) string {
		return `{"definitions":{"A":{"properties":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"$ref":"#/definitions/A"}`, i) }) + `}}},"$ref":"#/definitions/A"}`
	},
	"a chain of references": func(n int) string {
		return `{"$ref":"#/definitions/A0","definitions":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"A%d":{"$ref":"#/definitions/A%d"}`, i, i+1) }) + `}}`
	},
	"references to itself": func(n int) string {
		return `{"properties":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"$ref":"#"}`, i) }) + `}}`
	},
	"deep":              func(n int) string { return nested(`{"items":`, "{}", "}", n) },
	"deep alternatives": func(n int) string { return nested(`{"anyOf":[`, "{}", "]}", n) },
	"wide": func(n int) string {
		return `{"properties":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"type":"string"}`, i) }) + `}}`
	},
	"arrays": func(n int) string { return nested(`{"type":"array","items":`, "{}", "}", n) },
	"unknown keywords": func(n int) string {
		return `{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }) + `}`
	},
	"duplicate keys": func(n int) string { return `{` + many(n, ",", func(i int) string { return `"title":"a"` }) + `}` },
	"an enum": func(n int) string {
		return `{"enum":[` + many(n, ",", func(i int) string { return fmt.Sprintf(`{"a":%d}`, i) }) + `]}`
	},
	"required": func(n int) string {
		return `{"required":[` + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d"`, i) }) + `]}`
	},
	"dependencies": func(n int) string {
		return `{"dependencies":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":["b"]`, i) }) + `}}`
	},
	"alternatives": func(n int) string {
		return `{"oneOf":[` + many(n, ",", func(i int) string { return `{"enum":[1]}` }) + `]}`
	},
	"a long number":   func(n int) string { return `{"maximum":1` + strings.Repeat("0", n) + `}` },
	"a long fraction": func(n int) string { return `{"multipleOf":1.` + strings.Repeat("1", n) + `}` },
	"patterns": func(n int) string {
		return `{"patternProperties":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"[a-z]{%d}":{}`, i%1000) }) + `}}`
	},
	"a document and more": func(n int) string { return `{}` + strings.Repeat("}", n) },
	"models referred to": func(n int) string {
		return `{"properties":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"p%d":{"$ref":"https://apigateway.amazonaws.com/restapis/api/models/A%d"}`, i, i)
		}) + `}}`
	},
}

// plane is a control plane on a store in memory with an API.
type plane struct {
	*control.Service
	who *wire.Caller
	api string
}

func newPlane(t *testing.T) *plane {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	p := &plane{Service: control.New(control.Options{Store: st}), who: &wire.Caller{Account: "000000000000", Region: "us-east-1"}}
	api, err := p.CreateRestAPI(t.Context(), p.who, &wire.CreateRestAPIRequest{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	p.api = *api.ID
	return p
}

// TestModels stores each schema and reads it back in all forms.
func TestLinearModels(t *testing.T) {
	p := newPlane(t)
	for name, shape := range modelSchemas {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 60<<10, shape, func(schema string) {
				schema = strings.ReplaceAll(schema, "/restapis/api/", "/restapis/"+p.api+"/")
				_, err := p.CreateModel(t.Context(), p.who, &wire.CreateModelRequest{RestAPIID: p.api, Name: "A", ContentType: "application/json", Schema: &schema})
				if err != nil {
					return
				}
				_, _ = p.GetModelTemplate(t.Context(), p.who, &wire.GetModelTemplateRequest{RestAPIID: p.api, ModelName: "A"})
				_, _ = p.GetModel(t.Context(), p.who, &wire.GetModelRequest{RestAPIID: p.api, ModelName: "A", Flatten: new(true)})
				if _, err := p.DeleteModel(t.Context(), p.who, &wire.DeleteModelRequest{RestAPIID: p.api, ModelName: "A"}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestImports applies some of the definitions, which reading alone does not.
func TestLinearImports(t *testing.T) {
	p := newPlane(t)
	for name, shape := range definitions {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 16<<10, shape, func(doc string) {
				_, _ = p.PutRestAPI(t.Context(), p.who, &wire.PutRestAPIRequest{RestAPIID: p.api, Mode: new("overwrite"), Body: []byte(doc), Parameters: map[string]string{"basepath": "prepend"}})
			})
		})
	}
}
