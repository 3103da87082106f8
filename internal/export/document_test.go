package export

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// compact is a document's JSON with single spaces for white space.
func compact(o *object) string {
	return strings.Join(strings.Fields(string(written(o, (*writer).writeJSON))), " ")
}

func TestSchemas(t *testing.T) {
	const url = "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/"
	tests := map[string]struct{ schema, swagger, oas30 string }{
		"order": {
			`{"title": "t", "x-a": 1, "properties": {"type": {"maximum": 3, "type": "integer", "minimum": 1}}, "type": "object", "required": ["type"]}`,
			`{ "type" : "object", "required" : [ "type" ], "properties" : { "type" : { "type" : "integer", "minimum" : 1, "maximum" : 3 } }, "title" : "t", "x-a" : 1 }`,
			`{ "title" : "t", "required" : [ "type" ], "type" : "object", "properties" : { "type" : { "maximum" : 3, "minimum" : 1, "type" : "integer" } }, "x-a" : 1 }`,
		},
		"another model": {
			`{"items": {"$ref": "` + url + `Other"}}`,
			`{ "items" : { "$ref" : "#/definitions/Other" } }`,
			`{ "items" : { "$ref" : "#/components/schemas/Other" } }`,
		},
		"another model, by the word of Swagger": {
			`{"allOf": [{"$ref": "#/definitions/Other"}]}`,
			`{ "allOf" : [ { "$ref" : "#/definitions/Other" } ] }`,
			`{ "allOf" : [ { "$ref" : "#/components/schemas/Other" } ] }`,
		},
		"a definition of its own": {
			`{"definitions": {"Other": {"type": "string"}}, "not": {"$ref": "#/definitions/Other"}}`,
			`{ "not" : { "$ref" : "#/definitions/MOther" } }`,
			`{ "not" : { "$ref" : "#/components/schemas/MOther" } }`,
		},
		"itself": {
			`{"properties": {"next": {"$ref": "#"}, "first": {"$ref": "#/properties/next"}}}`,
			`{ "properties" : { "next" : { "$ref" : "#/definitions/M" }, "first" : { "$ref" : "#/definitions/M/properties/next" } } }`,
			`{ "properties" : { "next" : { "$ref" : "#/components/schemas/M" }, "first" : { "$ref" : "#/components/schemas/M/properties/next" } } }`,
		},
		"values that look like schemas": {
			`{"$schema": "http://json-schema.org/draft-04/schema#", "id": "x", "enum": [{"$ref": "#"}, "id"], "properties": {"$ref": {"type": "string"}, "id": {"type": "string"}}}`,
			`{ "properties" : { "$ref" : { "type" : "string" }, "id" : { "type" : "string" } }, "enum" : [ { "$ref" : "#" }, "id" ] }`,
			`{ "properties" : { "$ref" : { "type" : "string" }, "id" : { "type" : "string" } }, "enum" : [ { "$ref" : "#" }, "id" ] }`,
		},
		"text behind it": {`{"type": "object"}}`, `{ "type" : "object" }`, `{ "type" : "object" }`},
		"no object":      {`true`, `{ }`, `{ }`},
		"no JSON":        {`<a/>`, `{ }`, `{ }`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src := &Source{Models: []wire.Model{{Name: new("M"), ContentType: new("application/json"), Schema: &tt.schema}}}
			for format, want := range map[Format]string{Swagger: tt.swagger, OpenAPI30: tt.oas30} {
				schema := newExporter(src, Options{Format: format}).schemas().get("M").(*object)
				if got := compact(schema); got != want {
					t.Errorf("%s: got\n%s\nwant\n%s", format, got, want)
				}
			}
		})
	}
}

// The definitions within a model become models beside it, under names that no other has.
func TestDefinitionsWithinModels(t *testing.T) {
	schema := `{
		"definitions": {"a-b": {"definitions": {"c": {"items": {"$ref": "#"}}}, "properties": {"d": {"type": "string"}}}, "ab": {"$ref": "#/definitions/a-b/definitions/c/items"}, "": {}},
		"allOf": [{"$ref": "#/definitions/a-b"}, {"$ref": "#/definitions/a-b/properties/d"}, {"$ref": "#/definitions/a-b/definitions/c/"}, {"$ref": "#/definitions/ab"}, {"$ref": "#/definitions/Mab3"}],
		"items": [{"$ref": "#/allOf/0"}, {"definitions": {"e~f": {}}, "$ref": "#/items/1/definitions/e~0f"}],
		"properties": {"definitions": {"type": "string"}}
	}`
	empty := "{}"
	src := &Source{Models: []wire.Model{{Name: new("M"), Schema: &schema}, {Name: new("Mab3"), Schema: &empty}}}
	got := compact(newExporter(src, Options{Format: OpenAPI30}).schemas())
	const ref = `{ "$ref" : "#/components/schemas/`
	want := `{ "Mab2" : ` + ref + `Mc/items" }, "Mab3" : { }, "M2" : { }, "Mc" : { "items" : ` + ref + `M" } }, ` +
		`"M" : { "properties" : { "definitions" : { "type" : "string" } }, "items" : [ ` + ref + `M/allOf/0" }, ` + ref + `Mef" } ], ` +
		`"allOf" : [ ` + ref + `Mab" }, ` + ref + `Mab/properties/d" }, ` + ref + `Mc" }, ` + ref + `Mab2" }, ` + ref + `Mab3" } ] }, ` +
		`"Mab" : { "properties" : { "d" : { "type" : "string" } } }, "Mef" : { } }`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The models that every API has are exported where something refers to them.
func TestStockModels(t *testing.T) {
	stock := `{"$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object"}`
	own, refers := `{"type": "object"}`, `{"items": {"$ref": "https://apigateway.amazonaws.com/restapis/a/models/Empty"}}`
	tests := map[string]struct {
		models map[string]*string
		method wire.Method
		want   bool
	}{
		"unused":          {map[string]*string{"Empty": &stock}, wire.Method{}, false},
		"of a request":    {map[string]*string{"Empty": &stock}, wire.Method{RequestModels: map[string]string{"application/json": "Empty"}}, true},
		"of a model":      {map[string]*string{"Empty": &stock, "A": &refers}, wire.Method{}, true},
		"of a later one":  {map[string]*string{"Empty": &stock, "Zz": &refers}, wire.Method{}, true},
		"not the stock's": {map[string]*string{"Empty": &own}, wire.Method{}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src := &Source{Resources: []wire.Resource{{ID: new("r"), Path: new("/"), ResourceMethods: map[string]wire.Method{"GET": tt.method}}}}
			for name, schema := range tt.models {
				src.Models = append(src.Models, wire.Model{Name: &name, Schema: schema})
			}
			text, err := Document(src, Options{Format: Swagger})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(text), `"Empty" : {`); got != tt.want {
				t.Errorf("exported: %v\n%s", got, text)
			}
		})
	}
}

// What is documented of models and of their properties stands in their schemas, in place
// of what those say themselves.
func TestDocumentedSchemas(t *testing.T) {
	schema := `{"properties": {"owner": {"properties": {"name": {"type": "string"}}}, "kind": {"$ref": "#"}, "id": {"description": "its own"}}}`
	src := &Source{Models: []wire.Model{{Name: new("Pet"), Schema: &schema}}, Documentation: &Documentation{}}
	for name, said := range map[string]string{
		"Pet": `{"description": "a pet", "x-a": 1, "other": 2}`, "Pet.owner.name": `{"description": "a name"}`,
		"Pet.kind": `{"description": "beside a reference"}`, "Pet.id": `{"description": "another"}`,
	} {
		src.Documentation.Parts = append(src.Documentation.Parts, wire.DocumentationPart{
			Location: &wire.DocumentationPartLocation{Type: "MODEL", Name: &name}, Properties: &said,
		})
	}
	got := compact(newExporter(src, Options{Format: OpenAPI30}).schemas())
	want := `{ "Pet" : { "properties" : { "owner" : { "properties" : { "name" : { "type" : "string", "description" : "a name" } } }, ` +
		`"kind" : { "$ref" : "#/components/schemas/Pet" }, "id" : { "description" : "another" } }, "description" : "a pet", "x-a" : 1 } }`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A method whose authorizer is not there is never exported as an open one.
func TestUnknownAuthorizer(t *testing.T) {
	for name, id := range map[string]*string{"unknown": new("abc123"), "none": nil} {
		t.Run(name, func(t *testing.T) {
			src := &Source{Resources: []wire.Resource{{ID: new("r"), Path: new("/"), ResourceMethods: map[string]wire.Method{
				"GET": {AuthorizationType: new("CUSTOM"), AuthorizerID: id},
			}}}}
			paths, err := newExporter(src, Options{Format: OpenAPI30}).paths()
			if err != nil {
				t.Fatal(err)
			}
			if got := compact(paths); !strings.Contains(got, `"security"`) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// The names of the service's schemes give way to those of authorizers.
func TestSchemeNames(t *testing.T) {
	src := &Source{Authorizers: []wire.Authorizer{
		{ID: new("1"), Name: new("api_key"), Type: new("REQUEST"), IdentitySource: new("method.request.querystring.key")},
		{ID: new("2"), Name: new("api_key2"), Type: new("TOKEN"), IdentitySource: new("method.request.header.Auth")},
		{ID: new("3"), Name: new("both"), Type: new("REQUEST"), IdentitySource: new("method.request.header.A,method.request.header.B")},
		{ID: new("4"), Name: new("context"), Type: new("REQUEST"), IdentitySource: new("context.identity.sourceIp")},
	}}
	e := newExporter(src, Options{Format: Swagger})
	e.uses = uses{apiKey: true, iam: true}
	got := compact(e.securitySchemes())
	want := `{ "api_key" : { "type" : "apiKey", "name" : "key", "in" : "query" }, ` +
		`"api_key2" : { "type" : "apiKey", "name" : "Auth", "in" : "header" }, ` +
		`"both" : { "type" : "apiKey", "name" : "Unused", "in" : "header" }, ` +
		`"context" : { "type" : "apiKey", "name" : "Unused", "in" : "header" }, ` +
		`"sigv4" : { "type" : "apiKey", "name" : "Authorization", "in" : "header", "x-amazon-apigateway-authtype" : "awsSigv4" }, ` +
		`"api_key3" : { "type" : "apiKey", "name" : "x-api-key", "in" : "header" } }`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestParseExtensions(t *testing.T) {
	tests := map[string]struct {
		words string
		want  Extensions
		err   bool
	}{
		"none":       {"", Extensions{Documentation: true}, false},
		"one":        {"integrations", Extensions{Integrations: true}, false},
		"several":    {"integrations, authorizers", Extensions{Integrations: true, Authorizers: true}, false},
		"all":        {"apigateway", everything, false},
		"more":       {"apigateway,postman", everything, false},
		"Postman":    {"postman", Extensions{}, false},
		"unknown":    {"integration", Extensions{}, true},
		"empty word": {"integrations,", Extensions{}, true},
		"other case": {"Integrations", Extensions{}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseExtensions(tt.words)
			if (err != nil) != tt.err || !tt.err && got != tt.want {
				t.Errorf("got %+v, error %v", got, err)
			}
		})
	}
	for word := range strings.SplitSeq(ExtensionNames, ",") {
		if extensions[word] == nil {
			t.Errorf("%s is not taken", word)
		}
	}
	if n := strings.Count(ExtensionNames, ",") + 1; n != len(extensions) {
		t.Errorf("%d of %d words are named", n, len(extensions))
	}
}

// Documents have schemas also where there are none.
func TestNoModels(t *testing.T) {
	doc, err := newExporter(new(Source), Options{Format: OpenAPI30}).document()
	if err != nil {
		t.Fatal(err)
	}
	if got := compact(doc.get("components").(*object)); got != `{ "schemas" : { } }` {
		t.Errorf("got %s", got)
	}
	if doc, err = newExporter(new(Source), Options{Format: Swagger}).document(); err != nil || doc.has("definitions") {
		t.Errorf("Swagger: got %s, error %v", compact(doc), err)
	}
}

// FuzzDocument writes what a stranger says in the schema of a model and in the
// documentation of all methods. Whatever it is, the document is one.
func FuzzDocument(f *testing.F) {
	f.Add(`{"definitions": {"a": {"$ref": "#/definitions/a/definitions/b"}}, "allOf": [{"$ref": "#"}, {"$ref": "#/allOf/0/"}], "items": [{"definitions": {"~": {}}}]}`)
	f.Add(`{"description": 1, "tags": null, "info": {"description": [{}], "x-a": 1}, "x-b": {"x-amazon-c": 2}, "externalDocs": "\u0000", "properties": {"a": {"properties": {"b": {}}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		src := &Source{
			Models:    []wire.Model{{Name: new("M"), Schema: &text}, {Name: new("Ma"), Schema: &text}},
			Resources: []wire.Resource{{ID: new("r"), Path: new("/"), ResourceMethods: map[string]wire.Method{"GET": {RequestModels: map[string]string{"application/json": "M"}}}}},
			Documentation: &Documentation{Parts: []wire.DocumentationPart{
				{Location: &wire.DocumentationPartLocation{Type: "API"}, Properties: &text},
				{Location: &wire.DocumentationPartLocation{Type: "METHOD"}, Properties: &text},
				{Location: &wire.DocumentationPartLocation{Type: "MODEL", Name: new("M")}, Properties: &text},
			}},
		}
		for _, format := range []Format{Swagger, OpenAPI30} {
			doc, err := Document(src, Options{Format: format, Extensions: everything})
			if err != nil || !json.Valid(doc) {
				t.Fatalf("%s: %v\n%s", format, err, doc)
			}
		}
	})
}
