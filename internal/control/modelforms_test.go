package control_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func (b *bench) model(api, name, schema string) {
	b.t.Helper()
	must(b.CreateModel(ctx(), who, &wire.CreateModelRequest{RestAPIID: api, Name: name, ContentType: "application/json", Schema: &schema}))(b.t)
}

// A model is shown with those that it refers to, and as a template, and stays as
// it was stored.
func TestFormsOfModel(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	schema := `{"properties":{"e":{"$ref":"https://apigateway.amazonaws.com/restapis/` + api + `/models/Error"}}}`
	b.model(api, "M", schema)
	flat := must(b.GetModel(ctx(), who, &wire.GetModelRequest{RestAPIID: api, ModelName: "M", Flatten: new(true)}))(t)
	if !strings.HasPrefix(*flat.Schema, `{"properties":{"e":{"$ref":"#/definitions/Error"}},"definitions":{"Error":{`) {
		t.Errorf("flattened: %s", *flat.Schema)
	}
	template := must(b.GetModelTemplate(ctx(), who, &wire.GetModelTemplateRequest{RestAPIID: api, ModelName: "M"}))(t)
	if want := "#set($inputRoot = $input.path('$'))\n{\n  \"e\" : {\n    \"message\" : \"foo\"\n  }\n}"; *template.Value != want {
		t.Errorf("template: %s", *template.Value)
	}
	stored := must(b.GetModel(ctx(), who, &wire.GetModelRequest{RestAPIID: api, ModelName: "M"}))(t)
	if *stored.Schema != schema {
		t.Errorf("flattening changed the model to %s", *stored.Schema)
	}
}
