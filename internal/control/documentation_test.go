package control_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// documentationOf has what an API's parts say, by where they say it, and their ids.
func documentationOf(t *testing.T, c *apigateway.Client, api string) (said, ids map[string]string) {
	t.Helper()
	said, ids = map[string]string{}, map[string]string{}
	for position := (*string)(nil); ; {
		page, err := c.GetDocumentationParts(ctx(), &apigateway.GetDocumentationPartsInput{RestApiId: &api, Limit: aws.Int32(2), Position: position})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			l := p.Location
			at := strings.Join([]string{string(l.Type), aws.ToString(l.Path), aws.ToString(l.Method), aws.ToString(l.StatusCode), aws.ToString(l.Name)}, " ")
			said[at], ids[at] = *p.Properties, *p.Id
		}
		if position = page.Position; position == nil {
			return said, ids
		}
	}
}

// documented is a definition with documentation in JSON behind a path.
func documented(path, parts string) []byte {
	return []byte(`{"openapi": "3.0.1", "info": {"title": "Shop"}, "paths": {"` + path + `": {}}, "x-amazon-apigateway-documentation": {"version": "9", "documentationParts": [` + parts + `]}}`)
}

const (
	ofTheAPI = `{"location": {"type": "API"}, "properties": {"a": 1, "b": {"c": "d"}}}`
	ofAModel = `{"location": {"type": "MODEL", "name": "M"}, "properties": {"x": true}}`
)

// What ImportRestApi and PutRestApi do with the documentation of a definition.
func TestImportedDocumentation(t *testing.T) {
	was := map[string]string{"API    ": `{"a":1,"b":{"c":"d"}}`, "MODEL    M": `{"x":true}`}
	next := `{"location": {"type": "RESOURCE"}, "properties": {"new": []}}, {"location": {"type": "API"}, "properties": {"a": 2}}`
	for name, tt := range map[string]struct {
		mode   types.PutMode
		params map[string]string
		body   []byte
		want   map[string]string
	}{
		"merge":           {mode: "merge", body: documented("/b", next), want: map[string]string{"API    ": `{"a":2,"b":{"c":"d"}}`, "MODEL    M": `{"x":true}`, "RESOURCE /   ": `{"new":[]}`}},
		"overwrite":       {mode: "overwrite", body: documented("/b", next), want: map[string]string{"API    ": `{"a":2}`, "RESOURCE /   ": `{"new":[]}`}},
		"merge nothing":   {mode: "merge", body: documented("/b", ""), want: was},
		"overwrite all":   {mode: "overwrite", body: []byte(`{"openapi": "3.0.1", "info": {"title": "Shop"}, "paths": {}}`), want: map[string]string{}},
		"merge ignored":   {mode: "merge", params: map[string]string{"ignore": "documentation"}, body: documented("/b", next), want: was},
		"replace ignored": {mode: "overwrite", params: map[string]string{"ignore": "documentation"}, body: documented("/b", next), want: was},
		"one twice":       {mode: "overwrite", body: documented("/b", ofAModel+`, {"location": {"type": "MODEL", "name": "M"}, "properties": {"y": 2}}`), want: map[string]string{"MODEL    M": `{"x":true,"y":2}`}},
		"the same again":  {mode: "overwrite", body: documented("/b", ofAModel+","+ofTheAPI), want: was},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: documented("/a", ofTheAPI+","+ofAModel)})
			if err != nil {
				t.Fatal(err)
			}
			said, before := documentationOf(t, c, *api.Id)
			if d := cmp.Diff(was, said); d != "" {
				t.Fatal("imported -want +got", d)
			}
			if _, err := c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: api.Id, Mode: tt.mode, Parameters: tt.params, Body: tt.body}); err != nil {
				t.Fatal(err)
			}
			said, after := documentationOf(t, c, *api.Id)
			if d := cmp.Diff(tt.want, said); d != "" {
				t.Error("-want +got", d)
			}
			for at, id := range before {
				if after[at] != "" && after[at] != id {
					t.Errorf("%s has a new id", at)
				}
			}
			versions, err := c.GetDocumentationVersions(ctx(), &apigateway.GetDocumentationVersionsInput{RestApiId: api.Id})
			if err != nil || len(versions.Items) > 0 {
				t.Errorf("an import made %d versions, error %v", len(versions.Items), err)
			}
		})
	}
	c := newClient(t)
	api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: documented("/a", ofTheAPI), Parameters: map[string]string{"ignore": "documentation"}})
	if err != nil {
		t.Fatal(err)
	}
	if said, _ := documentationOf(t, c, *api.Id); len(said) > 0 {
		t.Errorf("documentation that is ignored was imported: %v", said)
	}
}

// A clone has the parts of the API that it is made of, under ids of their own, and
// neither its versions nor what becomes of it later.
func TestClonedDocumentation(t *testing.T) {
	c := newClient(t)
	api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: documented("/a", ofTheAPI+","+ofAModel)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDocumentationVersion(ctx(), &apigateway.CreateDocumentationVersionInput{RestApiId: api.Id, DocumentationVersion: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	clone, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("clone"), CloneFrom: api.Id})
	if err != nil {
		t.Fatal(err)
	}
	want, old := documentationOf(t, c, *api.Id)
	if _, err := c.DeleteRestApi(ctx(), &apigateway.DeleteRestApiInput{RestApiId: api.Id}); err != nil {
		t.Fatal(err)
	}
	got, made := documentationOf(t, c, *clone.Id)
	if d := cmp.Diff(want, got); d != "" {
		t.Error("-want +got", d)
	}
	for at, id := range made {
		if old[at] == id {
			t.Errorf("%s has the id of the original", at)
		}
	}
	_, err = c.GetDocumentationVersion(ctx(), &apigateway.GetDocumentationVersionInput{RestApiId: clone.Id, DocumentationVersion: aws.String("1")})
	wantError(t, err, "NotFound", "Invalid Documentation version specified")
}

// The quota holds for each way in which an API comes to parts; what an import
// changes or replaces does not count twice.
func TestDocumentationQuota(t *testing.T) {
	const full = "Maximum number of Documentation Parts for this API has been reached.  Please contact AWS if you need additional Documentation Parts."
	c := limited(t, control.Limits{DocumentationPartsPerAPI: 2}, throttle.Rates{})
	api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: documented("/a", ofTheAPI+","+ofAModel)})
	if err != nil {
		t.Fatal(err)
	}
	third := `{"location": {"type": "MODEL", "name": "N"}, "properties": {}}`
	_, err = c.CreateDocumentationPart(ctx(), &apigateway.CreateDocumentationPartInput{RestApiId: api.Id, Location: &types.DocumentationPartLocation{Type: "METHOD"}, Properties: aws.String("{}")})
	wantLimit(t, err, full)
	_, err = c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: documented("/a", ofTheAPI+","+ofAModel+","+third)})
	wantLimit(t, err, full)
	described := &apigateway.PutRestApiInput{RestApiId: api.Id, Body: []byte(`{"openapi": "3.0.1", "info": {"title": "Shop", "version": "1", "description": "one"},
		"paths": {"/a": {"description": "two", "get": {"summary": "three", "x-amazon-apigateway-integration": {"type": "mock"}}}}}`)}
	_, err = c.PutRestApi(ctx(), described)
	wantLimit(t, err, full)
	described.Parameters = map[string]string{"ignore": "documentation"}
	if _, err := c.PutRestApi(ctx(), described); err != nil {
		t.Error(err)
	}
	put := &apigateway.ImportDocumentationPartsInput{RestApiId: api.Id, Mode: types.PutModeMerge, Body: documented("/a", ofAModel+","+third)}
	_, err = c.ImportDocumentationParts(ctx(), put)
	wantLimit(t, err, full)
	put.Mode = types.PutModeOverwrite
	for range 2 {
		if _, err := c.ImportDocumentationParts(ctx(), put); err != nil {
			t.Error(err)
		}
	}
	said, _ := documentationOf(t, c, *api.Id)
	if got := slices.Sorted(maps.Keys(said)); !slices.Equal(got, []string{"MODEL    M", "MODEL    N"}) {
		t.Errorf("got %v", got)
	}
}

// What a part may say is bounded, and so is what a version may freeze; a page ends
// before it is too large. None of it changes anything.
func TestLargeDocumentation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	part := func(i, size int) error {
		_, err := b.CreateDocumentationPart(ctx(), who, &wire.CreateDocumentationPartRequest{
			RestAPIID: api, Location: &wire.DocumentationPartLocation{Type: "MODEL", Name: new(fmt.Sprint("m", i))}, Properties: `{"a":"` + strings.Repeat("x", size-8) + `"}`,
		})
		return err
	}
	if err := part(0, 64<<10+1); err == nil || !strings.Contains(err.Error(), "Invalid properties specified: a text cannot be longer than 65536 bytes") {
		t.Errorf("got error %v for a part that is too large", err)
	}
	for i := range 256 {
		if err := part(i, 64<<10); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.CreateDocumentationVersion(ctx(), who, &wire.CreateDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: "1"})
	if err == nil || !strings.Contains(err.Error(), "The documentation of an API cannot be longer than 16777216 bytes") {
		t.Errorf("got error %v for a version that is too large", err)
	}
	if _, err := b.GetDocumentationVersion(ctx(), who, &wire.GetDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: "1"}); err == nil {
		t.Error("a version that was refused is there")
	}
	size, seen := 0, 0
	for position := (*string)(nil); ; {
		page := must(b.GetDocumentationParts(ctx(), who, &wire.GetDocumentationPartsRequest{RestAPIID: api, Limit: new(int32(500)), Position: position}))(t)
		size = 0
		for i := range page.Items {
			size += len(*page.Items[i].Properties)
		}
		if size > 3<<20 {
			t.Errorf("a page has %d bytes", size)
		}
		seen += len(page.Items)
		if position = page.Position; position == nil {
			break
		}
	}
	if seen != 256 {
		t.Errorf("the pages have %d parts", seen)
	}
}

// entityTypes has the fields that AWS's table gives each type.
var entityTypes = map[string]string{
	"API": "", "AUTHORIZER": "name", "MODEL": "name", "RESOURCE": "path", "METHOD": "path method", "PATH_PARAMETER": "path method name", "QUERY_PARAMETER": "path method name",
	"REQUEST_HEADER": "path method name", "REQUEST_BODY": "path method", "RESPONSE": "path method statusCode", "RESPONSE_HEADER": "path method statusCode name", "RESPONSE_BODY": "path method statusCode",
}

// drawLocation draws a location as Terraform sends it: what is not set is "".
func drawLocation(t *rapid.T, label string) *wire.DocumentationPartLocation {
	kind := rapid.SampledFrom(slices.Sorted(maps.Keys(entityTypes))).Draw(t, label+" type")
	l := &wire.DocumentationPartLocation{Type: kind, Path: new(""), Method: new(""), StatusCode: new(""), Name: new("")}
	for _, f := range []struct {
		name   string
		to     *string
		values []string
	}{
		{"path", l.Path, []string{"", "/", "/pets/{id}"}}, {"method", l.Method, []string{"", "*", "GET"}}, {"statusCode", l.StatusCode, []string{"", "*", "200"}}, {"name", l.Name, []string{"n", "é/x"}},
	} {
		if strings.Contains(entityTypes[kind], f.name) {
			*f.to = rapid.SampledFrom(f.values).Draw(t, label+" "+f.name)
		}
	}
	return l
}

var properties = rapid.SampledFrom([]string{`{}`, " {\n\t\"description\" : \"é<&>\"}\n", `{"tags":["a"],"x":null}`})

// The provider patches what a part says; a change of its location makes a new one.
func TestConvergeDocumentationPart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	var at *wire.DocumentationPartLocation
	c := convergence[wire.CreateDocumentationPartRequest, wire.DocumentationPart]{
		draw: func(t *rapid.T, label string) *wire.CreateDocumentationPartRequest {
			if label == "from" {
				at = drawLocation(t, "location")
			}
			return &wire.CreateDocumentationPartRequest{RestAPIID: api, Location: new(*at), Properties: properties.Draw(t, label+" properties")}
		},
		create: func(in *wire.CreateDocumentationPartRequest) (string, error) {
			out, err := b.CreateDocumentationPart(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: func(from, to *wire.CreateDocumentationPartRequest) (p patchList) {
			p.text("/properties", &from.Properties, &to.Properties)
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.DocumentationPart, error) {
			return b.UpdateDocumentationPart(ctx(), who, &wire.UpdateDocumentationPartRequest{RestAPIID: api, DocumentationPartID: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.DocumentationPart, error) {
			return b.GetDocumentationPart(ctx(), who, &wire.GetDocumentationPartRequest{RestAPIID: api, DocumentationPartID: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteDocumentationPart(ctx(), who, &wire.DeleteDocumentationPartRequest{RestAPIID: api, DocumentationPartID: id})
			return err
		},
		forget: func(p *wire.DocumentationPart) { p.ID = nil },
	}
	rapid.Check(t, c.check)
}

func TestConvergeDocumentationVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	c := convergence[wire.CreateDocumentationVersionRequest, wire.DocumentationVersion]{
		draw: func(t *rapid.T, label string) *wire.CreateDocumentationVersionRequest {
			return &wire.CreateDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: "1/é", Description: new(free.Draw(t, label+" description"))}
		},
		create: func(in *wire.CreateDocumentationVersionRequest) (string, error) {
			_, err := b.CreateDocumentationVersion(ctx(), who, in)
			return "1/é", err
		},
		change: func(_, to *wire.CreateDocumentationVersionRequest) (p patchList) {
			p.add("replace", "/description", to.Description) // sent even when it is ""
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.DocumentationVersion, error) {
			return b.UpdateDocumentationVersion(ctx(), who, &wire.UpdateDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.DocumentationVersion, error) {
			return b.GetDocumentationVersion(ctx(), who, &wire.GetDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteDocumentationVersion(ctx(), who, &wire.DeleteDocumentationVersionRequest{RestAPIID: api, DocumentationVersion: id})
			return err
		},
		forget: func(v *wire.DocumentationVersion) { v.CreatedDate = nil },
	}
	rapid.Check(t, c.check)
}

// A location comes back as it was sent: without what was not, but for the path of a
// resource. What it says is the very text.
func TestRoundTripDocumentationPart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	rapid.Check(t, func(t *rapid.T) {
		in := &wire.CreateDocumentationPartRequest{RestAPIID: api, Location: drawLocation(t, "location"), Properties: properties.Draw(t, "properties")}
		l := *in.Location
		want := wire.DocumentationPart{Properties: new(in.Properties), Location: &wire.DocumentationPartLocation{
			Type: l.Type, Path: unlessBlank(l.Path), Method: unlessBlank(l.Method), StatusCode: unlessBlank(l.StatusCode), Name: unlessBlank(l.Name),
		}}
		if l.Type == "RESOURCE" {
			want.Location.Path = orElse(want.Location.Path, "/")
		}
		out, err := b.CreateDocumentationPart(ctx(), who, in)
		if err != nil {
			t.Fatal(err)
		}
		defer b.DeleteDocumentationPart(ctx(), who, &wire.DeleteDocumentationPartRequest{RestAPIID: api, DocumentationPartID: *out.ID})
		want.ID = out.ID
		same(t, want, out, nil)(b.GetDocumentationPart(ctx(), who, &wire.GetDocumentationPartRequest{RestAPIID: api, DocumentationPartID: *out.ID}))
	})
}

// What the service warns of is told, or ends the import if the caller wants it to.
func TestDocumentationWarnings(t *testing.T) {
	c := newClient(t)
	api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: documented("/a", ofTheAPI)})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		body    []byte
		warning string
		ids     int
	}{
		"a name that is a list": {documented("/a", `{"location": {"type": "MODEL", "name": ["M"]}, "properties": {}}`), "Parse issue: attribute location.name is not of type `string`", 1},
		"parts that are none":   {[]byte(`{"swagger": "2.0", "x-amazon-apigateway-documentation": {"documentationParts": {}}}`), "Parse issue: attribute documentationParts is not of type `array`", 0},
	} {
		t.Run(name, func(t *testing.T) {
			in := &apigateway.ImportDocumentationPartsInput{RestApiId: api.Id, FailOnWarnings: true, Body: tt.body}
			_, err := c.ImportDocumentationParts(ctx(), in)
			wantError(t, err, "BadRequest", "Warnings found during import:\n\t"+tt.warning)
			in.FailOnWarnings = false
			out, err := c.ImportDocumentationParts(ctx(), in)
			if err != nil || len(out.Ids) != tt.ids || !slices.Equal(out.Warnings, []string{tt.warning}) {
				t.Errorf("got %+v, error %v", out, err)
			}
		})
	}
}
