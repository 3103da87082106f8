package control_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// What package openapi hands on as it stands, the control plane refuses where it is of a
// wrong type: schemas, parts of documentation and policies.
func TestImportOfWrongTypes(t *testing.T) {
	schemas := map[string]string{
		"format": `[1]`, "pattern": `[1]`, "title": `[1]`, "description": `[1]`, "required": `[1]`, "enum": `"a"`, "minLength": `"a"`, "maxLength": `[1]`,
		"minimum": `"a"`, "maximum": `[1]`, "multipleOf": `"a"`, "minItems": `"a"`, "maxItems": `[1]`, "uniqueItems": `"a"`, "minProperties": `"a"`, "maxProperties": `[1]`,
		"exclusiveMaximum": `"a"`,
	}
	documents := map[string]string{
		"a policy":                `"x-amazon-apigateway-policy": [1]`,
		"a policy's text":         `"x-amazon-apigateway-policy": "wrong"`,
		"a policy's statements":   `"x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": "wrong"}`,
		"a policy's version":      `"x-amazon-apigateway-policy": {"Version": [1], "Statement": []}`,
		"a documentation part":    `"x-amazon-apigateway-documentation": {"documentationParts": [1]}`,
		"a part's location":       `"x-amazon-apigateway-documentation": {"documentationParts": [{"location": "wrong", "properties": {}}]}`,
		"a location's type":       `"x-amazon-apigateway-documentation": {"documentationParts": [{"location": {"type": [1]}, "properties": {}}]}`,
		"a part's properties":     `"x-amazon-apigateway-documentation": {"documentationParts": [{"location": {"type": "API"}, "properties": [1]}]}`,
		"a part's bad properties": `"x-amazon-apigateway-documentation": {"documentationParts": [{"location": {"type": "API"}, "properties": "wrong"}]}`,
	}
	for keyword, wrong := range schemas {
		documents[keyword+" of a schema"] = `"components": {"schemas": {"A": {"` + keyword + `": ` + wrong + `, "maximum": 1}}}`
		if keyword == "maximum" {
			documents[keyword+" of a schema"] = `"components": {"schemas": {"A": {"maximum": [1]}}}`
		}
	}
	c := newClient(t)
	for name, member := range documents {
		t.Run(name, func(t *testing.T) {
			body := `{"openapi": "3.0.1", "info": {"title": "A", "version": "1"}, "paths": {}, ` + member + `}`
			if !json.Valid([]byte(body)) {
				t.Fatal(body)
			}
			out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(body)})
			if err == nil && len(out.Warnings) == 0 {
				t.Error("neither refused nor warned of")
			}
		})
	}
}
