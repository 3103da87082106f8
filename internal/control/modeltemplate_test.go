package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func (b *bench) model(api, name, schema string) {
	b.t.Helper()
	must(b.CreateModel(ctx(), who, &wire.CreateModelRequest{RestAPIID: api, Name: name, ContentType: "application/json", Schema: &schema}))(b.t)
}

func TestModelTemplate(t *testing.T) {
	const ref = `{"$ref": "https://apigateway.amazonaws.com/restapis/%s/models/%s"}`
	tests := map[string]struct{ schema, want string }{
		"scalars": {`{"properties": {"a": {"type": "number"}, "b": {"type": "integer"}, "c": {"type": "boolean"}, "d": {"type": "string"}, "e": {"type": "null"}, "f": {}}}`,
			"{\n  \"a\" : 3.1415,\n  \"b\" : 42,\n  \"c\" : true,\n  \"d\" : \"foo\",\n  \"e\" : null,\n  \"f\" : { }\n}"},
		"nested": {`{"properties": {"o": {"type": "object", "properties": {"x": {"type": "string"}}}}}`,
			"{\n  \"o\" : {\n    \"x\" : \"foo\"\n  }\n}"},
		"list in an object": {`{"properties": {"tags": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "string"}}}}}}`,
			"{\n  \"tags\" : [\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot.tags)\n {\n    \"n\" : \"foo\"\n  } \n#if($foreach.hasNext),#end\n#end\n  ]\n}"},
		"list in a list": {`{"type": "array", "items": [{"type": "array", "items": {"type": "integer"}}]}`,
			"[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot)\n [\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $elem)\n 42 \n#if($foreach.hasNext),#end\n#end\n] \n#if($foreach.hasNext),#end\n#end\n]"},
		"references": {`{"properties": {"l": {"$ref": "#/definitions/a~1b"}, "m": ` + ref + `, "gone": {"$ref": "#/nowhere"}}, "definitions": {"a/b": {"type": "boolean"}}}`,
			"{\n  \"l\" : true,\n  \"m\" : {\n    \"message\" : \"foo\"\n  },\n  \"gone\" : { }\n}"},
		"a circle": {`{"$ref": "#"}`, "{ }"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			api, _ := b.api()
			if strings.Contains(tt.schema, "%s") {
				tt.schema = fmt.Sprintf(tt.schema, api, "Error")
			}
			b.model(api, "M", tt.schema)
			got := must(b.GetModelTemplate(ctx(), who, &wire.GetModelTemplateRequest{RestAPIID: api, ModelName: "M"}))(t)
			if want := "#set($inputRoot = $input.path('$'))\n" + tt.want; *got.Value != want {
				t.Errorf("got\n%s\nwant\n%s", *got.Value, want)
			}
		})
	}
}

// A model that contains itself many times over is refused, soon.
func TestModelTemplateIsBounded(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	var members []string
	for i := range 20 {
		members = append(members, fmt.Sprintf(`"m%d": {"$ref": "#"}`, i))
	}
	b.model(api, "M", `{"properties": {`+strings.Join(members, ",")+`}}`)
	_, err := b.GetModelTemplate(ctx(), who, &wire.GetModelTemplateRequest{RestAPIID: api, ModelName: "M"})
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got error %v", err)
	}
}

func TestFlatten(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	ref := func(name string) string {
		return `{"$ref":"https://apigateway.amazonaws.com/restapis/` + api + `/models/` + name + `"}`
	}
	b.model(api, "Leaf", `{"properties":{"own":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":"string"}}}`)
	b.model(api, "Middle", `{"properties":{"leaf":`+ref("Leaf")+`}}`)
	b.model(api, "Top", `{"definitions":{"mine":{}},"properties":{"self":{"$ref":"#"},"a":`+ref("Middle")+`,"b":`+ref("Leaf")+`}}`)
	got := must(b.GetModel(ctx(), who, &wire.GetModelRequest{RestAPIID: api, ModelName: "Top", Flatten: new(true)}))(t)
	want := `{"definitions":{"mine":{},` +
		`"Middle":{"properties":{"leaf":{"$ref":"#/definitions/Leaf"}}},` +
		`"Leaf":{"properties":{"own":{"$ref":"#/definitions/Leaf/definitions/x"}},"definitions":{"x":{"type":"string"}}}},` +
		`"properties":{"self":{"$ref":"#"},"a":{"$ref":"#/definitions/Middle"},"b":{"$ref":"#/definitions/Leaf"}}}`
	if *got.Schema != want {
		t.Errorf("got  %s\nwant %s", *got.Schema, want)
	}
	stored := must(b.GetModel(ctx(), who, &wire.GetModelRequest{RestAPIID: api, ModelName: "Top"}))(t)
	if strings.Contains(*stored.Schema, "definitions/Leaf") {
		t.Error("flattening changed the model")
	}
}
