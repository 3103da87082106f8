package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// deployed imports a definition and serves it as the stage test.
func deployed(t *testing.T, c *apigateway.Client, definition string) string {
	t.Helper()
	api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(definition), FailOnWarnings: true})
	if err != nil {
		t.Fatal(err)
	}
	deploy(t, c, *api.Id)
	return *api.Id
}

func deploy(t *testing.T, c *apigateway.Client, api string) {
	t.Helper()
	if _, err := c.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &api, StageName: aws.String("test")}); err != nil {
		t.Fatal(err)
	}
}

// exported returns the export of the stage test as JSON values.
func exported(t *testing.T, c *apigateway.Client, api, format, extensions string) map[string]any {
	t.Helper()
	in := &apigateway.GetExportInput{RestApiId: &api, StageName: aws.String("test"), ExportType: &format, Accepts: aws.String("application/json")}
	if extensions != "" {
		in.Parameters = map[string]string{"extensions": extensions}
	}
	out, err := c.GetExport(ctx(), in)
	if err != nil {
		t.Fatal(err)
	}
	return jsonObject(t, out.Body)
}

func jsonObject(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return doc
}

// An export in the form of published ones is exported as it was imported, byte for byte,
// but for where it is served.
func TestExportIsAsPublished(t *testing.T) {
	c := newClient(t)
	for file, format := range map[string]string{"petstore.swagger.json": "swagger", "petstore.oas30.json": "oas30"} {
		t.Run(file, func(t *testing.T) {
			text := definition(t, "../export/"+file)
			api := deployed(t, c, string(text))
			out, err := c.GetExport(ctx(), &apigateway.GetExportInput{
				RestApiId: &api, StageName: aws.String("test"), ExportType: &format, Parameters: map[string]string{"extensions": "integrations"},
			})
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(string(text), "a1b2c3d4e5", api)
			if d := cmp.Diff(want, string(out.Body)+"\n"); d != "" {
				t.Error("-want +got", d)
			}
		})
	}
}

// guideExample is the API of the developer guide's example of an export with
// documentation.
const guideExample = `{
	"swagger": "2.0", "info": {"title": "doc", "version": "2016-11-22T22:39:14Z"},
	"paths": {"/": {"get": {
		"produces": ["application/json"],
		"responses": {"200": {"description": "200 response", "schema": {"$ref": "#/definitions/Empty"}}},
		"x-amazon-apigateway-integration": {"type": "mock"}
	}}},
	"definitions": {"Empty": {"type": "object", "title": "Empty Schema"}},
	"x-amazon-apigateway-documentation": {"version": "1.0.0", "documentationParts": [
		{"location": {"type": "API"}, "properties": {"description": "API description", "foo": "API foo", "x-bar": "API x-bar",
			"info": {"description": "API info description", "version": "API info version", "foo": "API info foo", "x-bar": "API info x-bar"}}},
		{"location": {"type": "METHOD", "method": "GET"}, "properties": {"description": "Method description.", "x-example": "x- Method example", "foo": "Method foo",
			"info": {"version": "method info version", "description": "method info description", "foo": "method info foo"}}},
		{"location": {"type": "RESOURCE"}, "properties": {"description": "resource description", "foo": "resource foo", "x-bar": "resource x-bar"}}
	]}
}`

// What documentation says stands in the entities, as far as OpenAPI knows it, and whole
// in the extension: the developer guide's example.
func TestExportDocumentation(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, guideExample)
	bare := exported(t, c, api, "swagger", "documentation")
	if _, said := bare["x-amazon-apigateway-documentation"]; said {
		t.Errorf("documentation that is not published: %v", bare)
	}
	_, err := c.CreateDocumentationVersion(ctx(), &apigateway.CreateDocumentationVersionInput{RestApiId: &api, DocumentationVersion: aws.String("1.0.0"), StageName: aws.String("test")})
	if err != nil {
		t.Fatal(err)
	}
	want := jsonObject(t, []byte(guideExample))
	want["host"], want["basePath"], want["schemes"] = api+".execute-api.us-east-1.amazonaws.com", "/test", []any{"https"}
	want["info"] = map[string]any{"title": "doc", "version": "2016-11-22T22:39:14Z", "description": "API info description", "x-bar": "API info x-bar"}
	root := want["paths"].(map[string]any)["/"].(map[string]any)
	root["x-bar"] = "resource x-bar"
	get := root["get"].(map[string]any)
	get["description"], get["x-example"] = "Method description.", "x- Method example"
	delete(get, "x-amazon-apigateway-integration")
	want["x-bar"] = "API x-bar"
	for _, extensions := range []string{"", "documentation"} { // which is the default
		got := exported(t, c, api, "swagger", extensions)
		documentation := got["x-amazon-apigateway-documentation"].(map[string]any)
		if made, _ := documentation["createdDate"].(string); !strings.HasSuffix(made, "Z") {
			t.Errorf("got createdDate %q", made)
		}
		delete(documentation, "createdDate")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("extensions %q: -want +got %s", extensions, d)
		}
	}
}

// Each word adds its own extensions, wherever they stand.
func TestExportExtensions(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, string(exportSample(t)))
	const (
		always  = "x-amazon-apigateway-any-method x-amazon-apigateway-authtype"
		others  = " x-amazon-apigateway-api-key-source x-amazon-apigateway-binary-media-types x-amazon-apigateway-endpoint-configuration x-amazon-apigateway-minimum-compression-size x-amazon-apigateway-policy"
		checked = " x-amazon-apigateway-request-validator x-amazon-apigateway-request-validators"
	)
	for extensions, more := range map[string]string{
		"":                         "",
		"postman":                  "",
		"integrations":             " x-amazon-apigateway-integration",
		"authorizers":              " x-amazon-apigateway-authorizer",
		"integrations,authorizers": " x-amazon-apigateway-authorizer x-amazon-apigateway-integration",
		"validators":               checked,
		"gatewayresponses":         " x-amazon-apigateway-gateway-responses",
		"apigateway":               " x-amazon-apigateway-authorizer x-amazon-apigateway-integration x-amazon-apigateway-gateway-responses" + checked + others,
	} {
		for _, format := range []string{"swagger", "oas30"} {
			found := make(map[string]bool)
			collect(exported(t, c, api, format, extensions), found)
			var got []string
			for name := range found {
				got = append(got, name)
			}
			want := strings.Fields(always + more)
			slices.Sort(want)
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s %q: -want +got %s", format, extensions, d)
			}
		}
	}
}

// collect finds the service's extensions in a document.
func collect(v any, found map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if strings.HasPrefix(name, "x-amazon-") {
				found[name] = true
			}
			collect(member, found)
		}
	case []any:
		for _, item := range v {
			collect(item, found)
		}
	}
}

func exportSample(t *testing.T) []byte {
	t.Helper()
	return definition(t, "../export/everything.yaml")
}

// The stage's deployment is exported, and not the API as it is edited.
func TestExportIsOfTheDeployment(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, guideExample)
	before := exported(t, c, api, "oas30", "apigateway")
	_, err := c.UpdateRestApi(ctx(), &apigateway.UpdateRestApiInput{RestApiId: &api, PatchOperations: patch(types.OpReplace, "/name", "another")})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, exported(t, c, api, "oas30", "apigateway")); d != "" {
		t.Error("-before +after", d)
	}
	deploy(t, c, api)
	if got := exported(t, c, api, "oas30", "")["info"].(map[string]any)["title"]; got != "another" {
		t.Errorf("got title %v", got)
	}
}

func TestExportAnswer(t *testing.T) {
	srv := newServer(t)
	c := clientFor(srv.URL, "AKIAEXAMPLE")
	api := deployed(t, c, guideExample)
	made, err := c.GetRestApi(ctx(), &apigateway.GetRestApiInput{RestApiId: &api})
	if err != nil {
		t.Fatal(err)
	}
	at := made.CreatedDate.UTC().Format("2006-01-02T15:04:05Z")
	tests := map[string]struct{ format, accept, file, begin string }{
		"JSON":    {"oas30", "application/json", "oas30_" + at + ".json", "{\n  \"openapi\" : \"3.0.1\","},
		"YAML":    {"oas30", "application/yaml", "oas30_" + at + ".yaml", "---\nopenapi: \"3.0.1\""},
		"Swagger": {"swagger", "", "swagger_" + at + ".json", "{\n  \"swagger\" : \"2.0\","},
		"several": {"swagger", "text/plain, application/yaml, application/json;q=0.9", "swagger_" + at + ".yaml", "---\nswagger: \"2.0\""},
		"neither": {"swagger", "text/plain", "swagger_" + at + ".json", "{\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(ctx(), http.MethodGet, srv.URL+"/restapis/"+api+"/stages/test/exports/"+tt.format, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept", tt.accept)
			resp, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%s %v: %s", resp.Status, err, body)
			}
			if got := resp.Header.Get("Content-Type"); got != "application/octet-stream" {
				t.Errorf("got Content-Type %s", got)
			}
			if got, want := resp.Header.Get("Content-Disposition"), `attachment; filename="`+tt.file+`"`; got != want {
				t.Errorf("got Content-Disposition %s, want %s", got, want)
			}
			if !strings.HasPrefix(string(body), tt.begin) {
				t.Errorf("got %.100s", body)
			}
		})
	}
}

// The header Accept has weights (RFC 9110). The Go SDK always sends application/json.
func TestExportFormatByAccept(t *testing.T) {
	e := exportBenchOn(t, newBench(t), []byte(`{"openapi": "3.0.1", "info": {"title": "A", "version": "1"}, "paths": {"/": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}}`))
	for accept, yaml := range map[string]bool{
		"application/yaml": true, "application/json": false, "text/html": false, "*/*": false, "APPLICATION/YAML": true,
		"application/yaml, application/json": true, "application/json, application/yaml": false,
		"application/json;q=0.5, application/yaml": true, "application/yaml;q=0.5, application/json": false, "application/json; q=0.5, application/yaml; charset=utf-8; Q=0.9": true,
		"application/yaml;q=0": false, "application/yaml;q=0.1, */*": false, "application/yaml, */*": true, "*/*;q=0.1, application/yaml;q=0.2": true,
		"application/yaml;q=x": true, "application/yaml;q=9, application/json;q=0.9": true,
	} {
		out, err := e.GetExport(ctx(), who, &wire.GetExportRequest{RestAPIID: e.api, StageName: "prod", ExportType: "oas30", Accepts: &accept})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Body[0] != '{'; got != yaml || strings.HasSuffix(*out.ContentDisposition, `.yaml"`) != yaml {
			t.Errorf("%s: YAML %v, %s", accept, got, *out.ContentDisposition)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, guideExample)
	xml := deployed(t, c, `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"post": {
		"requestBody": {"content": {"application/xml": {"schema": {"type": "object"}}}}, "x-amazon-apigateway-integration": {"type": "mock"}}}}}`)
	tests := map[string]struct{ api, stage, format, extensions, code, message string }{
		"unknown API":        {"nope", "test", "oas30", "", "NotFound", "Invalid stage identifier specified"},
		"unknown stage":      {api, "nope", "oas30", "", "NotFound", "Invalid stage identifier specified"},
		"unknown format":     {api, "test", "raml", "", "BadRequest", "Invalid export type specified: raml. Valid options are oas30,swagger"},
		"unknown extensions": {api, "test", "oas30", "integrations,nope", "BadRequest", "Invalid extensions specified: integrations,nope. Valid options are integrations,authorizers,documentation,validators,gatewayresponses,apigateway,postman"},
		"no JSON body":       {xml, "test", "swagger", "", "BadRequest", "Only found non-JSON body models for POST /a"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := &apigateway.GetExportInput{RestApiId: &tt.api, StageName: &tt.stage, ExportType: &tt.format}
			if tt.extensions != "" {
				in.Parameters = map[string]string{"extensions": tt.extensions}
			}
			_, err := c.GetExport(ctx(), in)
			wantError(t, err, tt.code, tt.message)
		})
	}
}
