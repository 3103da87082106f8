package control_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// exports are the documents that a round trip takes: all that an import reads is in
// testdata/export, the shapes that people publish in testdata/import.
func exports(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, dir := range []string{"export", "import"} {
		found, err := filepath.Glob("testdata/" + dir + "/*")
		if err != nil || len(found) == 0 {
			t.Fatalf("no documents: %v", err)
		}
		names = append(names, found...)
	}
	return names
}

// noSwagger are the documents that say what Swagger has no place for: models of
// several media types.
var noSwagger = map[string]bool{"everything.yaml": true}

// TestExportRoundTrip imports what was exported over the API that it was exported of.
// The API stays what it was, and so does its export.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	for _, file := range exports(t) {
		for _, format := range []string{"oas30", "swagger"} {
			for _, accept := range []string{"application/json", "application/yaml"} {
				name := filepath.Base(file)
				t.Run(name+" "+format+" "+accept, func(t *testing.T) {
					t.Parallel()
					text, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					b := exportBenchOn(t, newBench(t), text)
					before, first := b.read(t), b.export(t, format, accept)
					b.put(t, first)
					if after := b.read(t); !noSwagger[name] || format != "swagger" {
						if d := cmp.Diff(before, after); d != "" {
							t.Errorf("the API: -before +after\n%s\n%s", d, first)
						}
					} else {
						first, before = b.export(t, format, accept), after
						b.put(t, first)
						if d := cmp.Diff(before, b.read(t)); d != "" {
							t.Errorf("the API, a second time: -before +after\n%s", d)
						}
					}
					if d := cmp.Diff(string(first), string(b.export(t, format, accept))); d != "" {
						t.Errorf("the export: -before +after\n%s", d)
					}
				})
			}
		}
	}
}

// An exportBench is an API that is served as the stage prod, with its documentation.
type exportBench struct {
	*bench
	api string
}

func exportBenchOn(t rapid.TB, b *bench, definition []byte) *exportBench {
	t.Helper()
	api := done(b.ImportRestAPI(ctx(), who, &wire.ImportRestAPIRequest{Body: definition, FailOnWarnings: new(true)}))(t)
	e := &exportBench{bench: b, api: *api.ID}
	e.publish(t)
	return e
}

// done is must for the tests of properties.
func done[T any](v *T, err error) func(rapid.TB) *T {
	return func(t rapid.TB) *T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// publish deploys the API and its documentation as they are.
func (b *exportBench) publish(t rapid.TB) {
	t.Helper()
	done(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: b.api, StageName: new("prod")}))(t)
	if _, err := b.GetDocumentationVersion(ctx(), who, &wire.GetDocumentationVersionRequest{RestAPIID: b.api, DocumentationVersion: "1"}); err == nil {
		done(b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: b.api, StageName: "prod", PatchOperations: []wire.PatchOperation{
			{Op: new("replace"), Path: new("/documentationVersion"), Value: new("")},
		}}))(t)
		done(b.DeleteDocumentationVersion(ctx(), who, &wire.DeleteDocumentationVersionRequest{RestAPIID: b.api, DocumentationVersion: "1"}))(t)
	}
	done(b.CreateDocumentationVersion(ctx(), who, &wire.CreateDocumentationVersionRequest{RestAPIID: b.api, DocumentationVersion: "1", StageName: new("prod")}))(t)
}

func (b *exportBench) export(t rapid.TB, format, accept string) []byte {
	t.Helper()
	out := done(b.GetExport(ctx(), who, &wire.GetExportRequest{
		RestAPIID: b.api, StageName: "prod", ExportType: format, Parameters: map[string]string{"extensions": "apigateway"}, Accepts: &accept,
	}))(t)
	return withoutTime(out.Body)
}

// withoutTime takes the time at which the documentation was published out of a
// document.
func withoutTime(doc []byte) []byte {
	lines := strings.SplitAfter(string(doc), "\n")
	for i, line := range lines {
		if strings.Contains(line, "createdDate") {
			lines[i] = ""
		}
	}
	return []byte(strings.Join(lines, ""))
}

// put lays a document over the API, as its new definition.
func (b *exportBench) put(t rapid.TB, doc []byte) {
	t.Helper()
	_, err := b.PutRestAPI(ctx(), who, &wire.PutRestAPIRequest{RestAPIID: b.api, Body: doc, Mode: new("overwrite"), FailOnWarnings: new(true)})
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	b.publish(t)
}

// read returns all that the API says, with names and paths for ids.
func (b *exportBench) read(t rapid.TB) string {
	t.Helper()
	limit, api := new(int32(500)), b.api
	a := done(b.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: api}))(t)
	models := done(b.GetModels(ctx(), who, &wire.GetModelsRequest{RestAPIID: api, Limit: limit}))(t)
	validators := done(b.GetRequestValidators(ctx(), who, &wire.GetRequestValidatorsRequest{RestAPIID: api, Limit: limit}))(t)
	authorizers := done(b.GetAuthorizers(ctx(), who, &wire.GetAuthorizersRequest{RestAPIID: api, Limit: limit}))(t)
	responses := done(b.GetGatewayResponses(ctx(), who, &wire.GetGatewayResponsesRequest{RestAPIID: api, Limit: limit}))(t)
	parts := done(b.GetDocumentationParts(ctx(), who, &wire.GetDocumentationPartsRequest{RestAPIID: api, Limit: limit}))(t)
	resources := done(b.GetResources(ctx(), who, &wire.GetResourcesRequest{RestAPIID: api, Limit: limit, Embed: []string{"methods"}}))(t)

	names := map[string]string{}
	all := map[string]any{"api": a}
	for i := range models.Items {
		m := &models.Items[i]
		names[*m.ID] = "model " + *m.Name
		var schema any
		if err := json.Unmarshal([]byte(*m.Schema), &schema); err != nil {
			t.Fatal(err)
		}
		m.Schema = nil
		all["model "+*m.Name] = []any{m, schema}
	}
	for i := range validators.Items {
		names[*validators.Items[i].ID] = "validator " + *validators.Items[i].Name
		all[names[*validators.Items[i].ID]] = validators.Items[i]
	}
	for i := range authorizers.Items {
		names[*authorizers.Items[i].ID] = "authorizer " + *authorizers.Items[i].Name
		all[names[*authorizers.Items[i].ID]] = authorizers.Items[i]
	}
	for _, r := range responses.Items {
		all["gateway response "+*r.ResponseType] = r
	}
	for i := range parts.Items {
		p := &parts.Items[i]
		p.ID = nil
		var properties any
		if err := json.Unmarshal([]byte(*p.Properties), &properties); err != nil {
			t.Fatal(err)
		}
		p.Properties = nil
		at, err := json.Marshal(p.Location)
		if err != nil {
			t.Fatal(err)
		}
		all["part "+string(at)] = []any{p, properties}
	}
	for i := range resources.Items {
		names[*resources.Items[i].ID] = "resource " + *resources.Items[i].Path
		all[names[*resources.Items[i].ID]] = resources.Items[i]
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	out := string(text)
	for id, name := range names {
		out = strings.ReplaceAll(out, `"`+id+`"`, `"`+name+`"`)
	}
	return out
}
