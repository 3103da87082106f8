package control_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// standardExceptions are what the service writes against the standard, each with what
// makes a path's operation right. A greedy variable is {proxy+} in the path and proxy in
// the parameters, variables of the path need not be among the parameters, and a method
// without responses is an operation without responses.
var standardExceptions = map[string]func(path string, operation members) (newPath string, wrong bool){
	"greedy variable": func(path string, _ members) (string, bool) {
		return strings.Replace(path, "+}", "}", 1), strings.Contains(path, "+}")
	},
	"variable that is no parameter": func(path string, operation members) (string, bool) {
		declared := make(map[string]bool)
		parameters, _ := operation["parameters"].([]any)
		for _, p := range parameters {
			declared[p.(members)["name"].(string)] = true
		}
		wrong := false
		for _, m := range pathVariable.FindAllStringSubmatch(path, -1) {
			if name := m[1]; !declared[name] {
				parameters, wrong = append(parameters, members{"name": name, "in": "path", "required": true, "schema": members{"type": "string"}}), true
			}
		}
		if wrong {
			operation["parameters"] = parameters
		}
		return path, wrong
	},
	"no responses": func(path string, operation members) (string, bool) {
		if _, ok := operation["responses"]; ok {
			return path, false
		}
		operation["responses"] = members{"default": members{"description": ""}}
		return path, true
	},
}

var pathVariable = regexp.MustCompile(`\{([^{}+]*)\+?\}`)

// Each exception is one that the library refuses, and the only ones: were it gone, the
// list would be too long.
func TestExportStandardExceptions(t *testing.T) {
	e := exportBenchOn(t, newBench(t), []byte(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {
		"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}},
		"/d/{e+}": {"get": {"responses": {"200": {"description": "d"}}, "x-amazon-apigateway-integration": {"type": "mock"}}},
		"/b/{c+}": {"get": {"responses": {"200": {"description": "d"}}, "parameters": [{"name": "c", "in": "path", "required": true, "schema": {"type": "string"}}],
			"x-amazon-apigateway-integration": {"type": "mock"}}}}}`))
	doc := e.export(t, "oas30", "application/json")
	if err := readStandard(t, doc); err == nil {
		t.Error("the library takes it as it is")
	}
	_, found := mendStandard(t, doc)
	for name := range standardExceptions {
		if !found[name] {
			t.Errorf("%s is not in the export", name)
		}
	}
	checkStandard(t, doc)
}

// checkStandard has a library read an export as OpenAPI 3.0, but for the exceptions.
func checkStandard(t *testing.T, doc []byte) {
	t.Helper()
	mended, _ := mendStandard(t, doc)
	if err := readStandard(t, mended); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
}

func readStandard(t *testing.T, doc []byte) error {
	t.Helper()
	parsed, err := openapi3.NewLoader().LoadFromData(doc)
	if err == nil {
		err = parsed.Validate(t.Context())
	}
	return err
}

// mendStandard makes a document right where it has an exception, and tells which.
func mendStandard(t *testing.T, text []byte) (mended []byte, found map[string]bool) {
	t.Helper()
	doc, paths, found := jsonObject(t, text), members{}, make(map[string]bool)
	for path, item := range doc["paths"].(members) {
		at := path
		for verb, operation := range item.(members) {
			if strings.HasPrefix(verb, "x-") {
				continue
			}
			for name, mend := range standardExceptions {
				if newPath, wrong := mend(path, operation.(members)); wrong {
					found[name] = true
					if newPath != path {
						at = newPath
					}
				}
			}
		}
		paths[at] = item
	}
	doc["paths"] = paths
	mended, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return mended, found
}
