package control_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// The Go SDK makes documentation parts and versions, lists, changes and deletes them.
func TestDocumentationBySDK(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, sdkExample)
	stage := aws.String("test")
	part, err := c.CreateDocumentationPart(ctx(), &apigateway.CreateDocumentationPartInput{RestApiId: &api, Location: &types.DocumentationPartLocation{Type: types.DocumentationPartTypeApi}, Properties: aws.String(`{"a":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	replace := func(path, value string) []types.PatchOperation {
		return []types.PatchOperation{{Op: types.OpReplace, Path: &path, Value: &value}}
	}
	updated, err := c.UpdateDocumentationPart(ctx(), &apigateway.UpdateDocumentationPartInput{RestApiId: &api, DocumentationPartId: part.Id, PatchOperations: replace("/properties", `{"a":2}`)})
	if err != nil || *updated.Properties != `{"a":2}` {
		t.Fatal(updated, err)
	}
	read, err := c.GetDocumentationPart(ctx(), &apigateway.GetDocumentationPartInput{RestApiId: &api, DocumentationPartId: part.Id})
	if err != nil || *read.Properties != `{"a":2}` || read.Location.Type != types.DocumentationPartTypeApi {
		t.Errorf("got %v, %v", read, err)
	}
	for status, want := range map[types.LocationStatusType]int{types.LocationStatusTypeDocumented: 1, types.LocationStatusTypeUndocumented: 6} {
		parts, err := c.GetDocumentationParts(ctx(), &apigateway.GetDocumentationPartsInput{RestApiId: &api, LocationStatus: status})
		if err != nil || len(parts.Items) != want {
			t.Errorf("%s: got %v, %v", status, parts, err)
		}
	}
	if _, err = c.CreateDocumentationVersion(ctx(), &apigateway.CreateDocumentationVersionInput{RestApiId: &api, DocumentationVersion: aws.String("1"), StageName: stage}); err != nil {
		t.Fatal(err)
	}
	version, err := c.UpdateDocumentationVersion(ctx(), &apigateway.UpdateDocumentationVersionInput{RestApiId: &api, DocumentationVersion: aws.String("1"), PatchOperations: replace("/description", "first")})
	if err != nil || *version.Description != "first" {
		t.Errorf("got %v, %v", version, err)
	}
	if got, err := c.GetDocumentationVersion(ctx(), &apigateway.GetDocumentationVersionInput{RestApiId: &api, DocumentationVersion: aws.String("1")}); err != nil || *got.Description != "first" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := c.GetDocumentationVersions(ctx(), &apigateway.GetDocumentationVersionsInput{RestApiId: &api}); err != nil || len(got.Items) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := c.DeleteDocumentationPart(ctx(), &apigateway.DeleteDocumentationPartInput{RestApiId: &api, DocumentationPartId: part.Id}); err != nil {
		t.Error(err)
	}
	if _, err := c.UpdateStage(ctx(), &apigateway.UpdateStageInput{RestApiId: &api, StageName: stage, PatchOperations: replace("/documentationVersion", "")}); err != nil {
		t.Error(err)
	}
	if _, err := c.DeleteDocumentationVersion(ctx(), &apigateway.DeleteDocumentationVersionInput{RestApiId: &api, DocumentationVersion: aws.String("1")}); err != nil {
		t.Error(err)
	}
}

// The documented errors of these operations are those that the Go SDK knows.
func TestDocumentationErrorsBySDK(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, sdkExample)
	no, one, empty := aws.String("nope"), aws.String("1"), aws.String("{}")
	at := &types.DocumentationPartLocation{Type: types.DocumentationPartTypeApi}
	create := func(api string, l *types.DocumentationPartLocation, properties *string) error {
		_, err := c.CreateDocumentationPart(ctx(), &apigateway.CreateDocumentationPartInput{RestApiId: &api, Location: l, Properties: properties})
		return err
	}
	version := func(api string, version *string) error {
		_, err := c.CreateDocumentationVersion(ctx(), &apigateway.CreateDocumentationVersionInput{RestApiId: &api, DocumentationVersion: version})
		return err
	}
	for _, err := range []error{create(api, at, empty), version(api, one)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const noPart, noVersion = "Invalid Documentation part identifier specified", "Invalid Documentation version specified"
	const noAPI = "Invalid API identifier specified 000000000000:nope"
	wantError(t, create("nope", at, empty), "NotFound", noAPI)
	wantError(t, create(api, at, empty), "Conflict", "Documentation part already exists for the specified location: type 'API'")
	wantError(t, create(api, at, aws.String("x")), "BadRequest", "Documentation part properties must be a JSON object: it is no JSON: invalid character 'x' where { is expected")
	wantError(t, version("nope", one), "NotFound", noAPI)
	wantError(t, version(api, one), "Conflict", "Documentation version already exists")
	wantError(t, version(api, aws.String(" ")), "BadRequest", "Documentation version cannot be blank")
	_, err := c.GetDocumentationPart(ctx(), &apigateway.GetDocumentationPartInput{RestApiId: &api, DocumentationPartId: no})
	wantError(t, err, "NotFound", noPart)
	_, err = c.UpdateDocumentationPart(ctx(), &apigateway.UpdateDocumentationPartInput{RestApiId: &api, DocumentationPartId: no})
	wantError(t, err, "NotFound", noPart)
	_, err = c.DeleteDocumentationPart(ctx(), &apigateway.DeleteDocumentationPartInput{RestApiId: &api, DocumentationPartId: no})
	wantError(t, err, "NotFound", noPart)
	_, err = c.GetDocumentationVersion(ctx(), &apigateway.GetDocumentationVersionInput{RestApiId: &api, DocumentationVersion: no})
	wantError(t, err, "NotFound", noVersion)
	_, err = c.UpdateDocumentationVersion(ctx(), &apigateway.UpdateDocumentationVersionInput{RestApiId: &api, DocumentationVersion: no})
	wantError(t, err, "NotFound", noVersion)
	_, err = c.DeleteDocumentationVersion(ctx(), &apigateway.DeleteDocumentationVersionInput{RestApiId: &api, DocumentationVersion: no})
	wantError(t, err, "NotFound", noVersion)
	_, err = c.GetDocumentationParts(ctx(), &apigateway.GetDocumentationPartsInput{RestApiId: no})
	wantError(t, err, "NotFound", noAPI)
	_, err = c.GetDocumentationVersions(ctx(), &apigateway.GetDocumentationVersionsInput{RestApiId: no})
	wantError(t, err, "NotFound", noAPI)
	_, err = c.ImportDocumentationParts(ctx(), &apigateway.ImportDocumentationPartsInput{RestApiId: no, Body: []byte("x")})
	wantError(t, err, "BadRequest", "Unable to build importer with provided input.")
	_, err = c.GetSdkType(ctx(), &apigateway.GetSdkTypeInput{Id: no})
	wantError(t, err, "NotFound", "Invalid SDK type identifier specified")
}
