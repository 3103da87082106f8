package control_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// TestExportOfAnyDefinition is the round trip over drawn definitions: what was exported
// makes the API that it was exported of.
func TestExportOfAnyDefinition(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]string{"oas30", "swagger"}).Draw(t, "format")
		accept := rapid.SampledFrom([]string{"application/json", "application/yaml"}).Draw(t, "accept")
		e := exportBenchOn(t, b, drawDefinition(t, format))
		defer e.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: e.api}) //nolint:errcheck // it is there
		e.roundTrip(t, format, accept)
	})
}

// TestExportSaysWhatWasImported holds that an export describes each entity as the
// definition did, whatever documentation the extension has for several of them. One for an
// entity of its own has the say.
func TestExportSaysWhatWasImported(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(t *rapid.T) {
		text := drawDefinition(t, "oas30")
		e := exportBenchOn(t, b, text)
		defer e.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: e.api}) //nolint:errcheck // it is there
		want, got := descriptions(t, text), descriptions(t, e.export(t, "oas30", "application/json"))
		for entity, said := range want {
			if said != got[entity] && entity != "/a get description" {
				t.Errorf("%s: %q was imported, %q exported", entity, said, got[entity])
			}
		}
	})
}

// descriptions are what a definition says of its methods, their parameters and responses.
func descriptions(t *rapid.T, text []byte) map[string]string {
	type described struct{ In, Name, Description string }
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for path, item := range doc.Paths {
		for verb, text := range item {
			var op struct {
				Summary, Description string
				Parameters           []described
				Responses            map[string]struct {
					described
					Headers map[string]described
				}
			}
			if strings.HasPrefix(verb, "x-a") && verb != "x-amazon-apigateway-any-method" { // documentation's
				continue
			}
			if err := json.Unmarshal(text, &op); err != nil {
				t.Fatal(err)
			}
			at := path + " " + verb
			all[at+" summary"], all[at+" description"] = op.Summary, op.Description
			for _, p := range op.Parameters {
				all[at+" "+p.In+" "+p.Name] = p.Description
			}
			for status, r := range op.Responses {
				if r.Description != status+" response" {
					all[at+" "+status] = r.Description
				}
				for name, h := range r.Headers {
					all[at+" "+status+" "+name] = h.Description
				}
			}
		}
	}
	maps.DeleteFunc(all, func(_, said string) bool { return said == "" })
	return all
}

type members = map[string]any

// subset draws a list of some of the values.
func subset[T comparable](t *rapid.T, label string, values []T) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, len(values), rapid.ID).Draw(t, label)
}

// A drawing is a definition in the making.
type drawing struct {
	*rapid.T
	swagger                     bool     // the definition is to be exported as Swagger, which has no maxItems in models
	types                       []string // media types that bodies may have
	models, schemes, validators []string
}

// drawDefinition draws an OpenAPI document that an import takes without a warning.
// Swagger has one model for a body, whatever its media type.
func drawDefinition(t *rapid.T, format string) []byte {
	d := &drawing{T: t, swagger: format == "swagger", types: []string{"application/json"}}
	if !d.swagger {
		d.types = append(d.types, "application/xml", "text/plain")
	}
	d.models = subset(t, "models", []string{"Empty", "Pet", "Pets", "A1"})
	d.validators = subset(t, "validators", []string{"all", "Validate body", "none"})
	d.schemes = subset(t, "schemes", []string{"token", "request", "pool", "sigv4", "api_key"})
	doc := members{
		"openapi": "3.0.1",
		"info":    members{"title": "n" + free.Draw(t, "title"), "version": "v" + free.Draw(t, "version"), "description": filledText.Draw(t, "description")},
		"paths":   d.paths(),
		"components": members{
			"schemas": d.schemas(), "securitySchemes": d.securitySchemes(),
		},
		"x-amazon-apigateway-binary-media-types": subset(t, "binary", []string{"image/png", "*/*", "a/b"}),
		"x-amazon-apigateway-api-key-source":     rapid.SampledFrom([]string{"HEADER", "AUTHORIZER"}).Draw(t, "source"),
		"x-amazon-apigateway-documentation":      members{"version": "1", "documentationParts": d.parts()},
	}
	if len(d.validators) > 0 {
		all := members{}
		for _, name := range d.validators {
			all[name] = members{"validateRequestBody": flag.Draw(t, name+" body"), "validateRequestParameters": flag.Draw(t, name+" parameters")}
		}
		doc["x-amazon-apigateway-request-validators"] = all
	}
	if flag.Draw(t, "compression") {
		doc["x-amazon-apigateway-minimum-compression-size"] = rapid.Int32Range(0, 10485760).Draw(t, "size")
	}
	if kinds := subset(t, "gateway responses", []string{"DEFAULT_4XX", "ACCESS_DENIED", "THROTTLED"}); len(kinds) > 0 {
		all := members{}
		for _, kind := range kinds {
			all[kind] = members{
				"statusCode":         rapid.IntRange(400, 499).Draw(t, kind),
				"responseParameters": members{"gatewayresponse.header.x-a": "'" + kind + "'"},
				"responseTemplates":  members{"application/json": "t" + free.Draw(t, kind+" template")},
			}
		}
		doc["x-amazon-apigateway-gateway-responses"] = all
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// schemas draws the schema of each model, which may refer to all of them.
func (d *drawing) schemas() members {
	out := members{}
	for _, name := range d.models {
		out[name] = d.schema(name, 2)
	}
	return out
}

func (d *drawing) schema(label string, depth int) members {
	kind := rapid.SampledFrom([]string{"object", "array", "string", "integer", "reference", "all"}).Draw(d.T, label+" kind")
	if depth == 2 { // a model of its own
		kind = rapid.SampledFrom([]string{"object", "array"}).Draw(d.T, label+" kind of model")
	}
	switch {
	case kind == "reference" && len(d.models) > 0:
		return members{"$ref": "#/components/schemas/" + rapid.SampledFrom(d.models).Draw(d.T, label+" model")}
	case kind == "array" && depth > 0:
		out := members{"type": "array", "items": d.schema(label+" items", depth-1), "uniqueItems": true}
		if !d.swagger {
			out["maxItems"] = 3
		}
		return out
	case kind == "all" && depth > 0:
		return members{"allOf": []any{d.schema(label+" first", 0), members{"type": "object", "additionalProperties": flag.Draw(d.T, label+" more")}}}
	case kind == "object":
		properties := members{}
		for _, name := range subset(d.T, label+" properties", []string{"id", "type", "$ref", "a b"}) {
			if depth > 0 {
				properties[name] = d.schema(label+" "+name, depth-1)
			} else {
				properties[name] = members{"type": "string", "enum": []any{"a", "b" + free.Draw(d.T, label+" enum")}}
			}
		}
		return members{"type": "object", "title": "t" + free.Draw(d.T, label+" title"), "properties": properties}
	case kind == "integer":
		return members{"type": "integer", "minimum": 1, "maximum": 2.5, "exclusiveMaximum": true}
	}
	return members{"type": "string", "description": filledText.Draw(d.T, label+" description"), "pattern": "^a"}
}

// function is the URI of a Lambda function.
const exportedFunction = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"

func (d *drawing) securitySchemes() members {
	out := members{}
	for _, name := range d.schemes {
		scheme := members{"type": "apiKey", "in": "header", "name": "Auth"}
		lambda := members{"authorizerUri": exportedFunction, "authorizerResultTtlInSeconds": rapid.IntRange(0, 3600).Draw(d.T, name+" TTL")}
		switch name {
		case "token":
			lambda["type"], lambda["identityValidationExpression"] = "token", "^a"
			scheme["x-amazon-apigateway-authtype"], scheme["x-amazon-apigateway-authorizer"] = "oauth2", lambda
		case "request":
			sources := rapid.SampledFrom([]string{"method.request.header.Auth", "method.request.querystring.a", "method.request.header.A,context.identity.sourceIp"})
			lambda["type"], lambda["identitySource"] = "request", sources.Draw(d.T, "sources")
			scheme["x-amazon-apigateway-authtype"], scheme["x-amazon-apigateway-authorizer"] = "custom", lambda
		case "pool":
			scheme["x-amazon-apigateway-authtype"] = "cognito_user_pools"
			scheme["x-amazon-apigateway-authorizer"] = members{"type": "cognito_user_pools", "providerARNs": []string{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefghi"}}
		case "sigv4":
			scheme["x-amazon-apigateway-authtype"] = "awsSigv4"
		case "api_key":
			scheme["name"] = "x-api-key"
		}
		out[name] = scheme
	}
	return out
}

func (d *drawing) paths() members {
	out := members{"/": members{"get": members{"x-amazon-apigateway-integration": members{"type": "mock"}}}}
	for _, path := range subset(d.T, "paths", []string{"/a", "/a/{id}", "/a/{id}/b.c", "/d/{proxy+}", "/e:f"}) {
		item := members{}
		for _, verb := range subset(d.T, path, []string{"get", "post", "options", "x-amazon-apigateway-any-method"}) {
			item[verb] = d.operation(path, path+" "+verb)
		}
		out[path] = item
	}
	return out
}

func (d *drawing) operation(path, label string) members {
	parameters := []any{}
	for _, p := range subset(d.T, label+" parameters", []string{"query q", "query r", "header x-h", "header A"}) {
		in, name, _ := strings.Cut(p, " ")
		parameters = append(parameters, members{"in": in, "name": name, "required": flag.Draw(d.T, label+p), "schema": members{"type": "string"}, "description": d.description(label + p)})
	}
	if strings.Contains(path, "{id}") {
		parameters = append(parameters, members{"in": "path", "name": "id", "required": true, "schema": members{"type": "string"}})
	}
	responses := members{"200": members{"description": cmp.Or(d.description(label+" 200"), "200 response"), "content": d.content(label + " 200"), "headers": members{"X": members{"schema": members{"type": "string"}, "description": d.description(label + " X")}}}}
	if flag.Draw(d.T, label+" 404") {
		responses["404"] = members{"description": "404 response", "content": d.content(label + " 404")}
	}
	op := members{"parameters": parameters, "responses": responses, "x-amazon-apigateway-integration": d.integration(label)}
	if content := d.content(label + " body"); content["application/json"] != nil {
		op["requestBody"] = members{"content": content, "required": true}
	}
	if flag.Draw(d.T, label+" described") {
		op["summary"], op["description"], op["tags"], op["deprecated"] = d.description(label+" summary"), d.description(label), []string{"t"}, flag.Draw(d.T, label+" deprecated")
	}
	if flag.Draw(d.T, label+" id") {
		op["operationId"] = "o" + rapid.StringMatching("[a-z]{3}").Draw(d.T, label+" operation")
	}
	if len(d.schemes) > 0 && flag.Draw(d.T, label+" protected") {
		scheme := rapid.SampledFrom(d.schemes).Draw(d.T, label+" scheme")
		scopes := []string{}
		if scheme == "pool" {
			scopes = subset(d.T, label+" scopes", []string{"a/read", "a/write"})
		}
		op["security"] = []any{members{scheme: scopes}}
	}
	if len(d.validators) > 0 && flag.Draw(d.T, label+" validated") {
		op["x-amazon-apigateway-request-validator"] = rapid.SampledFrom(d.validators).Draw(d.T, label+" validator")
	}
	return op
}

// description draws one of few, so that parts for several entities say the same, or none.
func (d *drawing) description(label string) string {
	return rapid.SampledFrom([]string{"", "d", "e"}).Draw(d.T, label+" description")
}

// content draws the models of a body.
func (d *drawing) content(label string) members {
	out := members{}
	if len(d.models) == 0 {
		return out
	}
	for _, mediaType := range subset(d.T, label, d.types) {
		out[mediaType] = members{"schema": members{"$ref": "#/components/schemas/" + rapid.SampledFrom(d.models).Draw(d.T, label+" model")}}
	}
	return out
}

func (d *drawing) integration(label string) members {
	kind := rapid.SampledFrom([]string{"mock", "http", "http_proxy", "aws", "aws_proxy"}).Draw(d.T, label+" integration")
	in := members{"type": kind}
	switch kind {
	case "http", "http_proxy":
		in["httpMethod"], in["uri"] = "GET", "http://127.0.0.1:8081/"
		in["timeoutInMillis"] = rapid.SampledFrom([]int{50, 29000}).Draw(d.T, label+" timeout")
		in["requestParameters"] = members{"integration.request.header.x-a": "'a'", "integration.request.querystring.b": "context.requestId"}
	case "aws", "aws_proxy":
		in["httpMethod"], in["uri"] = "POST", exportedFunction
	}
	if kind == "mock" || kind == "http" || kind == "aws" {
		in["passthroughBehavior"] = rapid.SampledFrom([]string{"when_no_match", "when_no_templates", "never"}).Draw(d.T, label+" passthrough")
		in["requestTemplates"] = d.templates(label + " request")
		responses := members{"default": members{"statusCode": "200", "responseTemplates": d.templates(label + " response"), "responseParameters": members{"method.response.header.X": "'x'"}}}
		for i, pattern := range subset(d.T, label+" patterns", []string{`4\d{2}`, ".*é.*", "-"}) {
			responses[pattern] = members{"statusCode": fmt.Sprint(500 + i)}
		}
		in["responses"] = responses
	}
	if flag.Draw(d.T, label+" handling") && kind != "mock" {
		in["contentHandling"] = rapid.SampledFrom([]string{"CONVERT_TO_TEXT", "CONVERT_TO_BINARY"}).Draw(d.T, label+" content")
	}
	return in
}

func (d *drawing) templates(label string) members {
	out := members{}
	for _, mediaType := range subset(d.T, label, d.types) {
		out[mediaType] = "t" + free.Draw(d.T, label+mediaType)
	}
	return out
}

// parts draws what the extension says of entities.
func (d *drawing) parts() []any {
	out := []any{}
	for _, at := range subset(d.T, "parts", []string{
		`{"type": "METHOD", "path": "/a", "method": "GET"}`, `{"type": "METHOD", "path": "/"}`, `{"type": "RESOURCE", "path": "/a"}`, `{"type": "RESPONSE", "statusCode": "200"}`,
		`{"type": "QUERY_PARAMETER", "path": "/", "name": "q"}`, `{"type": "REQUEST_BODY", "path": "/a"}`, `{"type": "RESPONSE_HEADER", "statusCode": "200", "name": "X"}`,
	}) {
		properties := members{"description": cmp.Or(d.description(at), filledText.Draw(d.T, at)), "x-a": []any{1, members{"b": nil}}, "other": free.Draw(d.T, at+" other")}
		out = append(out, members{"location": json.RawMessage(at), "properties": properties})
	}
	return out
}
