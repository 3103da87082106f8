package apimodel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// models are schemas of an API by the names of their models.
type models map[string]string

func (m models) Model(name string) (*wire.Model, error) {
	schema, ok := m[name]
	if !ok {
		return nil, fmt.Errorf("no model %s", name)
	}
	return &wire.Model{Name: &name, ContentType: new("application/json"), Schema: &schema}, nil
}

func (m models) HasModel(name string) (bool, error) {
	_, ok := m[name]
	return ok, nil
}

func ref(name string) string {
	return `{"$ref":"https://apigateway.amazonaws.com/restapis/api/models/` + name + `"}`
}

// of is the models as those of an API, and one of them.
func (m models) of(t *testing.T, name string) (API, *wire.Model) {
	t.Helper()
	model, err := m.Model(name)
	if err != nil {
		t.Fatal(err)
	}
	return API{ID: "api", Models: m}, model
}

func TestTemplate(t *testing.T) {
	tests := map[string]struct{ schema, want string }{
		"scalars": {`{"properties": {"a": {"type": "number"}, "b": {"type": "integer"}, "c": {"type": "boolean"}, "d": {"type": "string"}, "e": {"type": "null"}, "f": {}}}`,
			"{\n  \"a\" : 3.1415,\n  \"b\" : 42,\n  \"c\" : true,\n  \"d\" : \"foo\",\n  \"e\" : null,\n  \"f\" : { }\n}"},
		"nested": {`{"properties": {"o": {"type": "object", "properties": {"x": {"type": "string"}}}}}`,
			"{\n  \"o\" : {\n    \"x\" : \"foo\"\n  }\n}"},
		"list in an object": {`{"properties": {"tags": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "string"}}}}}}`,
			"{\n  \"tags\" : [\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot.tags)\n {\n    \"n\" : \"foo\"\n  } \n#if($foreach.hasNext),#end\n#end\n  ]\n}"},
		"list in a list": {`{"type": "array", "items": [{"type": "array", "items": {"type": "integer"}}]}`,
			"[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot)\n [\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $elem)\n 42 \n#if($foreach.hasNext),#end\n#end\n] \n#if($foreach.hasNext),#end\n#end\n]"},
		"references": {`{"properties": {"l": {"$ref": "#/definitions/a~1b"}, "m": ` + ref("Error") + `, "gone": {"$ref": "#/nowhere"}}, "definitions": {"a/b": {"type": "boolean"}}}`,
			"{\n  \"l\" : true,\n  \"m\" : {\n    \"message\" : \"foo\"\n  },\n  \"gone\" : { }\n}"},
		"a circle": {`{"$ref": "#"}`, "{ }"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			api, m := models{"M": tt.schema, "Error": `{"type": "object", "properties": {"message": {"type": "string"}}}`}.of(t, "M")
			got, err := api.Template(m)
			if want := "#set($inputRoot = $input.path('$'))\n" + tt.want; got != want || err != nil {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
			}
		})
	}
}

// A model that contains itself many times over is refused, soon.
func TestTemplateIsBounded(t *testing.T) {
	var members []string
	for i := range 20 {
		members = append(members, fmt.Sprintf(`"m%d": {"$ref": "#"}`, i))
	}
	api, m := models{"M": `{"properties": {` + strings.Join(members, ",") + `}}`}.of(t, "M")
	if _, err := api.Template(m); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got error %v", err)
	}
}

func TestFlatten(t *testing.T) {
	api, m := models{
		"Leaf":   `{"properties":{"own":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":"string"}}}`,
		"Middle": `{"properties":{"leaf":` + ref("Leaf") + `}}`,
		"Top":    `{"definitions":{"mine":{}},"properties":{"self":{"$ref":"#"},"a":` + ref("Middle") + `,"b":` + ref("Leaf") + `}}`,
	}.of(t, "Top")
	if err := api.Flatten(m); err != nil {
		t.Fatal(err)
	}
	want := `{"definitions":{"mine":{},` +
		`"Middle":{"properties":{"leaf":{"$ref":"#/definitions/Leaf"}}},` +
		`"Leaf":{"properties":{"own":{"$ref":"#/definitions/Leaf/definitions/x"}},"definitions":{"x":{"type":"string"}}}},` +
		`"properties":{"self":{"$ref":"#"},"a":{"$ref":"#/definitions/Middle"},"b":{"$ref":"#/definitions/Leaf"}}}`
	if *m.Schema != want {
		t.Errorf("got  %s\nwant %s", *m.Schema, want)
	}
}

// FuzzModel flattens two schemas that may refer to each other and makes a template
// of them: what comes out is bounded, whatever they say.
func FuzzModel(f *testing.F) {
	f.Add(`{"properties":{"a":`+ref("B")+`,"b":{"$ref":"#/properties/a"}}}`, `{"items":`+ref("A")+`,"definitions":{"a/b":{"$ref":"#/definitions/a~1b"}}}`)
	f.Add(`{"type":"array","items":[{"$ref":"#"}]}`, `{"definitions":3}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		api, m := models{"A": a, "B": b}.of(t, "A")
		if template, err := api.Template(m); err == nil && len(template) > maxTemplate {
			t.Errorf("a template of %d bytes", len(template))
		}
		if err := api.Flatten(m); err == nil && len(*m.Schema) > max(len(a), maxFlattened) {
			t.Errorf("a schema of %d bytes", len(*m.Schema))
		}
	})
}
