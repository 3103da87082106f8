package openapi_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// Values of wrong types whose place says nothing to the service, or that are handed on as
// they stand: a table of package control's tests shows that it refuses these.
var unread = regexp.MustCompile(`/(?:examples?|default|callbacks|links|encoding|xml|discriminator|externalDocs)/` +
	`|/(?:contact|license)/|^/tags/0/|/variables/basePath/enum/|^/paths/.*/servers/|-documentation/createdDate$` +
	`|/(?:parameters|headers)/.*/(?:schema|items|content)/|/components/(?:requestBodies/b|headers/h)/` +
	`|/parameters/.*/(?:default|example|enum/0|pattern|m(?:in|ax)(?:imum|Items|Length)|multipleOf)$|/content/application/json/example$|/value$` +
	`|/(?:schemas|definitions)/Pet/.*(?:deprecated|discriminator|example|externalDocs|xml|default|nullable|readOnly|writeOnly)$`)

var handedOn = regexp.MustCompile(`/(?:schemas|definitions)/Pet/.*(?:description|title|format|pattern|required/0|enum|enum/0|uniqueItems|m(?:in|ax)(?:imum|Items|Length|Properties)|multipleOf)$` +
	`|x-amazon-apigateway-policy|-documentation/documentationParts/`)

// Each value of a definition that is not of the type which its place wants is told of:
// nothing of it is left out in silence.
func TestWrongTypes(t *testing.T) {
	for _, dialect := range []string{"openapi", "swagger"} {
		t.Run(dialect, func(t *testing.T) {
			text, err := os.ReadFile("testdata/wrongtypes/" + dialect + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var doc any
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			before := told(t, doc)
			looked := 0
			eachValue(doc, "", func(path string, was any, set func(any)) {
				if unread.MatchString(path) || handedOn.MatchString(path) {
					return
				}
				defer set(was)
				wrong := wrongFor(was)
				set(wrong)
				looked++
				if !slices.ContainsFunc(told(t, doc), func(f string) bool { return !slices.Contains(before, f) }) {
					t.Errorf("%s: nothing is told of %v", path, wrong)
				}
			})
			if looked < 200 {
				t.Errorf("looked at %d values", looked)
			}
		})
	}
}

// What a definition that leaves its operations open would be, were it imported, is refused.
func TestWrongTypesOfProtection(t *testing.T) {
	for name, scheme := range map[string]string{
		"authtype":   `"x-amazon-apigateway-authtype": ["awsSigv4"]`,
		"authorizer": `"x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": "wrong"`,
		"type":       `"x-amazon-apigateway-authorizer": {"type": ["token"]}`,
	} {
		api, err := openapi.Parse([]byte(`{"openapi": "3.0.1", "info": {"title": "T"}, "paths": {"/": {"get": {"security": [{"s": []}]}}},
			"components": {"securitySchemes": {"s": {"type": "apiKey", "name": "A", "in": "header", `+scheme+`}}}}`), openapi.Options{})
		if err != nil || len(api.Errors) == 0 {
			t.Errorf("%s: error %v, errors %q", name, err, api.Errors)
		}
	}
	api, err := openapi.Parse([]byte(`{"openapi": "3.0.1", "info": {"title": "T"}, "paths": {"/": {"get": {"x-amazon-apigateway-request-validator": ["all"]}}},
		"x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": true}}}`), openapi.Options{})
	if err != nil || len(api.Errors) == 0 {
		t.Errorf("validator: error %v, errors %q", err, api.Errors)
	}
}

// told lists what an import tells, the error of one that fails at once included.
func told(t *testing.T, doc any) []string {
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	api, err := openapi.Parse(text, openapi.Options{})
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, f := range api.Findings {
		out = append(out, f.Path+" "+f.Text)
	}
	return out
}

// wrongFor is a value of another kind than v is of. A text can be any scalar.
func wrongFor(v any) any {
	switch v.(type) {
	case []any:
		return map[string]any{"wrong": 1}
	case float64, bool:
		return "wrong"
	}
	return []any{1}
}

// eachValue visits the members and items of v, at any depth; set replaces one.
func eachValue(v any, path string, visit func(path string, was any, set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			visit(path+"/"+key, member, func(to any) { v[key] = to })
			eachValue(member, path+"/"+key, visit)
		}
	case []any:
		for i, item := range v {
			visit(fmt.Sprint(path, "/", i), item, func(to any) { v[i] = to })
			eachValue(item, fmt.Sprint(path, "/", i), visit)
		}
	}
}
