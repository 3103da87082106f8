package control_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"
)

// shop is a definition that says of each entity what OpenAPI has a place for.
const shop = `{
	"openapi": "3.0.1",
	"info": {"title": "Shop", "version": "1", "description": "# Shop\n\nAll of it.", "termsOfService": "https://shop.example/terms", "contact": {"email": "shop@example.com"}, "license": {"name": "MIT"}},
	"tags": [{"name": "orders", "description": "What was bought."}], "externalDocs": {"url": "https://shop.example/docs"},
	"paths": {
		"/": {"get": {"responses": {"200": {"description": "200 response"}}, "x-amazon-apigateway-integration": {"type": "mock"}}},
		"/orders/{id}": {
			"description": "One order.",
			"parameters": [{"in": "path", "name": "id", "required": true, "description": "Its number.", "schema": {"type": "string"}}],
			"post": {
				"tags": ["orders"], "summary": "Change an order", "description": "Changes it.", "deprecated": true, "operationId": "change", "externalDocs": {"url": "https://shop.example/change"},
				"parameters": [
					{"in": "query", "name": "dry", "description": "Change nothing.", "schema": {"type": "string"}},
					{"in": "header", "name": "X-Why", "description": "The reason.", "schema": {"type": "string"}},
					{"in": "header", "name": "X-Silent", "schema": {"type": "string"}}
				],
				"requestBody": {"description": "What to change.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
				"responses": {
					"200": {"description": "Changed.", "headers": {"ETag": {"description": "Its version.", "schema": {"type": "string"}}}},
					"404": {"description": "404 response"}
				},
				"security": [{"token": []}],
				"x-amazon-apigateway-integration": {"type": "mock"}
			}
		}
	},
	"components": {
		"schemas": {
			"Order": {"title": "An order", "description": "What was bought.", "type": "object", "properties": {"id": {"type": "string", "description": "Its number."}}},
			"Empty": {"title": "Empty Schema", "type": "object"}
		},
		"securitySchemes": {
			"token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Whoever buys.", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": {"type": "token",
				"authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"}},
			"api_key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "No part is about it."}
		}
	}
}`

// What a definition says of its entities is their documentation, which exports write
// where it was.
func TestDocumentationOfDefinition(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, shop)
	said, _ := documentationOf(t, c, api)
	want := map[string]string{
		"API    ": `{"info":{"description":"# Shop\n\nAll of it.","termsOfService":"https://shop.example/terms","contact":{"email":"shop@example.com"},"license":{"name":"MIT"}},` +
			`"tags":[{"name":"orders","description":"What was bought."}],"externalDocs":{"url":"https://shop.example/docs"}}`,
		"RESOURCE /orders/{id}   ":                   `{"description":"One order."}`,
		"METHOD /orders/{id} POST  ":                 `{"tags":["orders"],"summary":"Change an order","description":"Changes it.","externalDocs":{"url":"https://shop.example/change"},"deprecated":true}`,
		"PATH_PARAMETER /orders/{id} POST  id":       `{"description":"Its number."}`,
		"QUERY_PARAMETER /orders/{id} POST  dry":     `{"description":"Change nothing."}`,
		"REQUEST_HEADER /orders/{id} POST  X-Why":    `{"description":"The reason."}`,
		"REQUEST_BODY /orders/{id} POST  ":           `{"description":"What to change."}`,
		"RESPONSE /orders/{id} POST 200 ":            `{"description":"Changed."}`,
		"RESPONSE_HEADER /orders/{id} POST 200 ETag": `{"description":"Its version."}`,
		"MODEL    Order":                             `{"title":"An order","description":"What was bought."}`,
		"AUTHORIZER    token":                        `{"description":"Whoever buys."}`,
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Error("-want +got", d)
	}
	if _, err := c.CreateDocumentationVersion(ctx(), &apigateway.CreateDocumentationVersionInput{RestApiId: &api, DocumentationVersion: aws.String("1"), StageName: aws.String("test")}); err != nil {
		t.Fatal(err)
	}
	in, out := jsonObject(t, []byte(shop)), exported(t, c, api, "oas30", "documentation")
	for _, way := range [][]string{
		{"info", "description"}, {"info", "contact"}, {"info", "license"}, {"info", "termsOfService"}, {"tags"}, {"externalDocs"},
		{"paths", "/orders/{id}", "post", "tags"}, {"paths", "/orders/{id}", "post", "summary"}, {"paths", "/orders/{id}", "post", "description"},
		{"paths", "/orders/{id}", "post", "externalDocs"}, {"paths", "/orders/{id}", "post", "deprecated"}, {"paths", "/orders/{id}", "post", "requestBody", "description"},
		{"paths", "/orders/{id}", "post", "responses", "200", "description"}, {"paths", "/orders/{id}", "post", "responses", "200", "headers", "ETag"},
		{"components", "securitySchemes", "token", "description"}, {"components", "schemas", "Order"},
	} {
		if d := cmp.Diff(at(in, way), at(out, way)); d != "" {
			t.Errorf("%v: -imported +exported %s", way, d)
		}
	}
}

// at is the value that the names lead to.
func at(v any, names []string) any {
	for _, name := range names {
		members, _ := v.(map[string]any)
		v = members[name]
	}
	return v
}

// Where the extension has a part, its members stand before what the definition says
// elsewhere, and what an export has written from a part for many is no part of its own.
func TestDocumentationBesideTheExtension(t *testing.T) {
	for name, tt := range map[string]struct {
		parts  string
		params map[string]string
		want   map[string]string
	}{
		"nothing": {want: map[string]string{"METHOD /a GET  ": `{"summary":"s","description":"d"}`, "RESPONSE /a GET 400 ": `{"description":"Bad."}`}},
		"another member of the method": {
			parts: `{"location": {"type": "METHOD", "path": "/a", "method": "GET"}, "properties": {"x": 1, "summary": "S"}}`,
			want:  map[string]string{"METHOD /a GET  ": `{"x":1,"summary":"S","description":"d"}`, "RESPONSE /a GET 400 ": `{"description":"Bad."}`},
		},
		"properties as text": {
			parts: `{"location": {"type": "METHOD", "path": "/a", "method": "GET"}, "properties": "{\"summary\":\"S\",\"description\":\"D\"}"}`,
			want:  map[string]string{"METHOD /a GET  ": `{"summary":"S","description":"D"}`, "RESPONSE /a GET 400 ": `{"description":"Bad."}`},
		},
		"the same of all responses": {
			parts: `{"location": {"type": "RESPONSE", "statusCode": "400"}, "properties": {"description": "Bad.", "other": 1}}`,
			want:  map[string]string{"METHOD /a GET  ": `{"summary":"s","description":"d"}`, "RESPONSE   400 ": `{"description":"Bad.","other":1}`},
		},
		"something else of all responses": {
			parts: `{"location": {"type": "RESPONSE", "statusCode": "400"}, "properties": {"description": "Worse."}}`,
			want:  map[string]string{"METHOD /a GET  ": `{"summary":"s","description":"d"}`, "RESPONSE   400 ": `{"description":"Worse."}`, "RESPONSE /a GET 400 ": `{"description":"Bad."}`},
		},
		"ignored": {params: map[string]string{"ignore": "documentation"}, want: map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			body := `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"get": {"summary": "s", "description": "d",
				"responses": {"200": {"description": "200 response"}, "400": {"description": "Bad."}, "default": {"description": "Not served."}}, "x-amazon-apigateway-integration": {"type": "mock"}}}},
				"x-amazon-apigateway-documentation": {"documentationParts": [` + tt.parts + `]}}`
			api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(body), Parameters: tt.params})
			if err != nil {
				t.Fatal(err)
			}
			said, _ := documentationOf(t, c, *api.Id)
			if d := cmp.Diff(tt.want, said); d != "" {
				t.Error("-want +got", d)
			}
		})
	}
}
