package openapi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const templatesFile = `
openapi: 3.0.1
paths:
  /users/{user}:
    get:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: 'one'}
        responses:
          default: {statusCode: "200", responseTemplates: {application/json: 'ok', text/plain: 'plain'}}
          4\d{2}: {statusCode: 404, responseTemplates: {application/json: 'gone'}}
          empty: {statusCode: 500}
    put: {x-amazon-apigateway-integration: {$ref: '#/components/x-shared'}}
    post: {responses: {}}
    patch: {$ref: 'other.yaml#/op'}
    delete: {$ref: '#/paths/~1users~1{user}/delete'}
components:
  x-shared: {type: http, uri: 'http://x', requestTemplates: {application/json: 'shared', application/xml: 'xml'}}
  x-list: [1]
`

func TestLoadTemplate(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"api.yaml":   templatesFile,
		"other.yaml": "op:\n  x-amazon-apigateway-integration:\n    requestTemplates:\n      application/json: |\n        two\n        lines\n",
		"bad.yaml":   "a: [",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const user = "/paths/~1users~1{user}/"
	const integration = "/x-amazon-apigateway-integration"
	tests := map[string]struct {
		file, at string
		choice   TemplateChoice
		want     Template // Ref in short: after the method
		err      string
	}{
		"method":             {"", user + "get", TemplateChoice{}, Template{Text: "one", MediaType: "application/json", Route: "/users/{user}"}, ""},
		"percent-encoded":    {"", "/paths/~1users~1%7Buser%7D/get", TemplateChoice{}, Template{Text: "one", MediaType: "application/json", Route: "/users/{user}"}, ""},
		"the template":       {"", user + "get" + integration + "/requestTemplates/application~1json", TemplateChoice{}, Template{Text: "one", MediaType: "application/json", Route: "/users/{user}"}, ""},
		"response":           {"", user + "get", TemplateChoice{Status: "404"}, Template{Text: "gone", MediaType: "application/json", Response: true, Route: "/users/{user}"}, ""},
		"its media type":     {"", user + "get", TemplateChoice{Status: "200", MediaType: "Text/Plain"}, Template{Text: "plain", MediaType: "text/plain", Response: true, Route: "/users/{user}"}, ""},
		"response by itself": {"", user + "get" + integration + "/responses/default", TemplateChoice{MediaType: "text/plain"}, Template{Text: "plain", MediaType: "text/plain", Response: true, Route: "/users/{user}"}, ""},
		"shared integration": {"", user + "put", TemplateChoice{MediaType: "application/xml"}, Template{Text: "xml", MediaType: "application/xml", Route: "/users/{user}"}, ""},
		"another file":       {"", user + "patch", TemplateChoice{}, Template{Text: "two\nlines\n", MediaType: "application/json", Route: "/users/{user}"}, ""},

		"no file":             {"none.yaml", "/x", TemplateChoice{}, Template{}, "none.yaml: there is no such file"},
		"no YAML":             {"bad.yaml", "/x", TemplateChoice{}, Template{}, "bad.yaml:1:"},
		"no pointer":          {"", "paths", TemplateChoice{}, Template{}, "#paths is no JSON pointer"},
		"no path":             {"", "/paths/~1users/get", TemplateChoice{}, Template{}, `there is no "/users" in api.yaml#/paths`},
		"no method":           {"", user + "head", TemplateChoice{}, Template{}, `there is no "head" in api.yaml` + "#/paths/~1users~1{user}"},
		"a path":              {"", "/paths/~1users~1{user}", TemplateChoice{}, Template{}, "is a path: its methods are get, put, post, delete, patch"},
		"no integration":      {"", user + "post", TemplateChoice{}, Template{}, "/post has no x-amazon-apigateway-integration"},
		"no template":         {"", "/components/x-list", TemplateChoice{}, Template{}, "#/components/x-list has no x-amazon-apigateway-integration, and is no mapping template"},
		"no status":           {"", user + "get", TemplateChoice{Status: "400"}, Template{}, "/responses has no response with the status 400; there is 200, 404, 500"},
		"no responseTemplate": {"", user + "get", TemplateChoice{Status: "500"}, Template{}, "/responses/empty has no responseTemplates"},
		"no responses":        {"", user + "put", TemplateChoice{Status: "200"}, Template{}, "#/components/x-shared has no responses"},
		"several media types": {"", user + "put", TemplateChoice{}, Template{}, "several media types, one of which has to be named: application/json, application/xml"},
		"no media type":       {"", user + "put", TemplateChoice{MediaType: "text/css"}, Template{}, "has no template of media type text/css; there is application/json, application/xml"},
		"nothing to choose":   {"", user + "get" + integration + "/requestTemplates/application~1json", TemplateChoice{Status: "200"}, Template{}, "is one template"},
		"circle":              {"", user + "delete", TemplateChoice{}, Template{}, "circle"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := tt.file
			if file == "" {
				file = "api.yaml"
			}
			got, err := LoadTemplate(file, tt.at, tt.choice, Options{})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("got error %v, want %q", err, tt.err)
			}
			if err == nil && !strings.HasSuffix(got.Ref, "/"+strings.ReplaceAll(got.MediaType, "/", "~1")) {
				t.Errorf("reference %s", got.Ref)
			}
			if got.Ref = ""; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
