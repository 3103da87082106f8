package control_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// exports are the documents that a round trip takes: all that an import reads is in
// testdata/export, the shapes that people publish in testdata/import and testdata/corpus.
func exports(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, dir := range []string{"export", "import", "corpus"} {
		found, err := filepath.Glob("testdata/" + dir + "/*")
		if err != nil || len(found) == 0 {
			t.Fatalf("no documents: %v", err)
		}
		names = append(names, found...)
	}
	return names
}

// noSwagger are the documents that say what Swagger has no place for: models of
// several media types, or keywords of models that an import of Swagger leaves out.
var noSwagger = map[string]bool{
	"everything.yaml": true, "health.yaml": true, "media-types.yaml": true, "payments.yaml": true, "two-versions.yaml": true, "validation-sample.yaml": true,
}

// TestExportRoundTrip imports what was exported over the API that it was exported of.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	for _, file := range exports(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			exportBenchOn(t, newBench(t), text).roundTrips(t, noSwagger[filepath.Base(file)], accepts)
		})
	}
}

// accepts are the media types in which a document is exported.
var accepts = []string{"application/json", "application/yaml"}

// roundTrips makes the round trip of each format, and another API of what an export says.
// Exports as OpenAPI follow the standard. noSwagger says that the API says what Swagger
// has no place for.
func (b *exportBench) roundTrips(t *testing.T, noSwagger bool, accepts []string) {
	t.Helper()
	doc := b.export(t, "oas30", "application/json")
	checkStandard(t, doc)
	other := exportBenchOn(t, b.bench, doc)
	here, ids := b.readWithIDs(t)
	there, _ := other.readWithIDs(t)
	wantSame(t, "another API", here, withNames(there, ids)) // caches have names that were ids
	for _, format := range []string{"oas30", "swagger"} {
		for _, accept := range accepts {
			if format == "swagger" && noSwagger {
				b.put(t, b.export(t, format, accept))
			}
			b.roundTrip(t, format, accept)
		}
	}
}

// A model that has definitions of its own is exported as several, which an import takes
// without a warning: they say the same, and so does their export.
func TestExportOfDefinitionsWithinModels(t *testing.T) {
	e := exportBenchOn(t, newBench(t), []byte(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}}`))
	schema := `{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "definitions": {"size": {"type": "integer"}, "box": {"type": "object", "properties": {"in": {"$ref": "#/definitions/box"}, "size": {"$ref": "#/definitions/size"}}}},
		"properties": {"box": {"$ref": "#/definitions/box"}, "more": {"type": "array", "items": {"$ref": "#"}}}}`
	done(e.CreateModel(ctx(), who, &wire.CreateModelRequest{RestAPIID: e.api, Name: "Parcel", ContentType: "application/json", Schema: &schema}))(t)
	e.publish(t)
	e.put(t, e.export(t, "oas30", "application/json"))
	models := done(e.GetModels(ctx(), who, &wire.GetModelsRequest{RestAPIID: e.api}))(t)
	var names []string
	for _, m := range models.Items {
		names = append(names, *m.Name)
	}
	if slices.Sort(names); !slices.Equal(names, []string{"Parcel", "Parcelbox", "Parcelsize"}) {
		t.Errorf("got models %v", names)
	}
	e.roundTrips(t, false, accepts)
}

// A parameter of several values is exported as the parameter that it is, which mappings
// of all its values take, and as required as it was.
func TestExportOfParametersWithSeveralValues(t *testing.T) {
	for _, format := range []string{"oas30", "swagger"} {
		e := exportBenchOn(t, newBench(t), []byte(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/": {"post": {"x-amazon-apigateway-integration": {"type": "mock"}}}}}`))
		root := *done(e.GetResources(ctx(), who, &wire.GetResourcesRequest{RestAPIID: e.api}))(t).Items[0].ID
		done(e.PutMethod(ctx(), who, &wire.PutMethodRequest{
			RestAPIID: e.api, ResourceID: root, HTTPMethod: "GET", AuthorizationType: "NONE", RequestParameters: map[string]bool{
				"method.request.multivaluequerystring.tag": true, "method.request.multivalueheader.X-A": false,
				"method.request.querystring.both": false, "method.request.multivaluequerystring.both": true,
			},
		}))(t)
		done(e.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{
			RestAPIID: e.api, ResourceID: root, HTTPMethod: "GET", Type: "HTTP", IntegrationHTTPMethod: new("GET"), URI: new("http://backend.example"),
			RequestParameters:  map[string]string{"integration.request.querystring.tags": "method.request.multivaluequerystring.tag", "integration.request.header.a": "method.request.multivalueheader.X-A"},
			CacheKeyParameters: []string{"method.request.multivaluequerystring.tag"},
		}))(t)
		e.publish(t)
		e.put(t, e.export(t, format, "application/json"))
		m := done(e.GetMethod(ctx(), who, &wire.GetMethodRequest{RestAPIID: e.api, ResourceID: root, HTTPMethod: "GET"}))(t)
		want := map[string]bool{"method.request.querystring.tag": true, "method.request.header.X-A": false, "method.request.querystring.both": true}
		if d := cmp.Diff(want, m.RequestParameters); d != "" {
			t.Errorf("%s: -want +got %s", format, d)
		}
		e.roundTrips(t, false, accepts)
	}
}

// A parameter of the path that is not required, which the standard does not have, stays
// what it is.
func TestExportOfPathParametersThatAreNotRequired(t *testing.T) {
	e := exportBenchOn(t, newBench(t), []byte(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/{a}": {"get": {
		"parameters": [{"name": "a", "in": "path", "required": false, "schema": {"type": "string"}}], "x-amazon-apigateway-integration": {"type": "mock"}}}}}`))
	for _, format := range []string{"oas30", "swagger"} {
		e.roundTrip(t, format, "application/json")
	}
}

// The variables of a definition are those of the caller's region, and so is the host of
// its export.
func TestExportOfAnotherPartition(t *testing.T) {
	b, caller := newBench(t), *who
	caller.Region = "cn-north-1"
	const doc = `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/": {"get": {"x-amazon-apigateway-integration": {"type": "aws_proxy",
		"uri": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f/invocations"}}}}}`
	api := *done(b.ImportRestAPI(ctx(), &caller, &wire.ImportRestAPIRequest{Body: []byte(doc)}))(t).ID
	done(b.CreateDeployment(ctx(), &caller, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("prod")}))(t)
	out := done(b.GetExport(ctx(), &caller, &wire.GetExportRequest{RestAPIID: api, StageName: "prod", ExportType: "swagger", Parameters: map[string]string{"extensions": "integrations"}}))(t)
	for _, want := range []string{
		`"host" : "` + api + `.execute-api.cn-north-1.amazonaws.com.cn"`,
		`"arn:aws-cn:apigateway:cn-north-1:lambda:path/2015-03-31/functions/arn:aws-cn:lambda:cn-north-1:` + caller.Account + `:function:f/invocations"`,
	} {
		if !strings.Contains(string(out.Body), want) {
			t.Errorf("no %s in\n%s", want, out.Body)
		}
	}
}

// roundTrip lays the API's export over it. The API stays what it was, and so does its
// export.
func (b *exportBench) roundTrip(t rapid.TB, format, accept string) {
	t.Helper()
	before, first := b.read(t), b.export(t, format, accept)
	b.put(t, first)
	wantSame(t, format+" "+accept+": the API", before, b.read(t))
	wantSame(t, format+" "+accept+": the export", string(first), string(b.export(t, format, accept)))
}

// wantSame reports where a text has changed.
func wantSame(t rapid.TB, what, before, after string) {
	t.Helper()
	if before != after {
		t.Fatalf("%s: -before +after\n%s", what, cmp.Diff(before, after))
	}
}

// An exportBench is an API that is served as the stage prod, with its documentation.
type exportBench struct {
	*bench
	api string
}

func exportBenchOn(t rapid.TB, b *bench, definition []byte) *exportBench {
	t.Helper()
	api := done(b.ImportRestAPI(ctx(), who, &wire.ImportRestAPIRequest{Body: definition}))(t)
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
	text, _ := b.readWithIDs(t)
	return text
}

// readWithIDs is read, with what the names are for.
func (b *exportBench) readWithIDs(t rapid.TB) (string, map[string]string) {
	t.Helper()
	limit, api := new(int32(500)), b.api
	a := done(b.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: api}))(t)
	models := done(b.GetModels(ctx(), who, &wire.GetModelsRequest{RestAPIID: api, Limit: limit}))(t)
	validators := done(b.GetRequestValidators(ctx(), who, &wire.GetRequestValidatorsRequest{RestAPIID: api, Limit: limit}))(t)
	authorizers := done(b.GetAuthorizers(ctx(), who, &wire.GetAuthorizersRequest{RestAPIID: api, Limit: limit}))(t)
	responses := done(b.GetGatewayResponses(ctx(), who, &wire.GetGatewayResponsesRequest{RestAPIID: api, Limit: limit}))(t)
	parts := done(b.GetDocumentationParts(ctx(), who, &wire.GetDocumentationPartsRequest{RestAPIID: api, Limit: limit}))(t)
	resources := done(b.GetResources(ctx(), who, &wire.GetResourcesRequest{RestAPIID: api, Limit: limit, Embed: []string{"methods"}}))(t)

	a.CreatedDate = nil
	names := map[string]string{api: "API"}
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
	return withNames(string(text), names), names
}

// withNames puts names in place of ids.
func withNames(text string, names map[string]string) string {
	for id, name := range names {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}
