package openapi

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// httpAPIs are extensions that mean nothing to REST APIs.
var httpAPIs = keys("importexport-version integrations")

// Each extension does in Swagger 2.0 what it does in OpenAPI 3.0: two documents that have
// all of them make the same API.
func TestExtensionsInBothDialects(t *testing.T) {
	var apis []*API
	for _, name := range []string{"openapi", "swagger"} {
		text, err := os.ReadFile("testdata/wrongtypes/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for in := range extensionKeys {
			for extension := range extensionKeys[in] {
				if !httpAPIs[extension] && !bytes.Contains(text, []byte(`"`+extensionPrefix+extension+`"`)) {
					t.Errorf("%s has no %s", name, extension)
				}
			}
		}
		for member := range integrationKeys {
			if member != "$ref" && member != "integrationTarget" && !bytes.Contains(text, []byte(`"`+member+`"`)) {
				t.Errorf("%s has no %s", name, member)
			}
		}
		api, err := Parse(text, Options{APIID: "a"})
		if err != nil || len(api.Errors) > 0 {
			t.Fatal(err, api.Errors)
		}
		apis = append(apis, api)
	}
	if d := cmp.Diff(served(t, apis[0]), served(t, apis[1])); d != "" {
		t.Errorf("-OpenAPI +Swagger %s", d)
	}
	get := apis[0].Resources[2].Methods[0]
	if get.RequestValidator != "all" || get.Authorizer != "auth" || get.APIKeyRequired == nil || !*get.APIKeyRequired || len(get.AuthorizationScopes) != 1 {
		t.Errorf("got validator %q, authorizer %q, API key %v, scopes %q", get.RequestValidator, get.Authorizer, get.APIKeyRequired, get.AuthorizationScopes)
	}
}

// served is what an API has of extensions, as JSON values: its settings, and of its methods
// who may call them, what validates them and where they lead.
func served(t *testing.T, api *API) any {
	t.Helper()
	out := map[string]any{
		"settings": api.RestAPI, "authorizers": api.Authorizers, "validators": api.RequestValidators, "gateway responses": api.GatewayResponses,
		"documentation": api.Documentation.Parts[:2],
	}
	for _, r := range api.Resources {
		for _, m := range r.Methods {
			out[*m.HTTPMethod+" "+r.Path] = []any{m.AuthorizationType, m.Authorizer, m.AuthorizationScopes, m.APIKeyRequired, m.RequestValidator, m.MethodIntegration}
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var values any
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	return values
}
