package control_test

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

const sdkExample = `{"swagger": "2.0", "info": {"title": "a", "version": "1"}, "paths": {
	"/pets/{petId}": {"get": {"parameters": [{"name": "full", "in": "query", "required": true, "type": "string"}], "x-amazon-apigateway-integration": {"type": "mock"}}}}}`

// clientFile generates a client of the stage test and returns one of its files.
func clientFile(t *testing.T, c *apigateway.Client, api, sdkType string, parameters map[string]string, name string) string {
	t.Helper()
	out, err := c.GetSdk(ctx(), &apigateway.GetSdkInput{RestApiId: &api, StageName: aws.String("test"), SdkType: &sdkType, Parameters: parameters})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Body), int64(len(out.Body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The answer is as in published ones.
func TestSdkAnswer(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, sdkExample)
	out, err := c.GetSdk(ctx(), &apigateway.GetSdkInput{RestApiId: &api, StageName: aws.String("test"), SdkType: aws.String("javascript")})
	if err != nil {
		t.Fatal(err)
	}
	if *out.ContentType != "application/octet-stream" || !regexp.MustCompile(`^attachment; filename="javascript_20\d\d-\d\d-\d\d_\d\d-\d\dZ\.zip"$`).MatchString(*out.ContentDisposition) {
		t.Errorf("got %s, %s", *out.ContentType, *out.ContentDisposition)
	}
}

// The client is of what the stage serves, and not of the API as it is edited.
func TestSdkIsOfTheDeployment(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, sdkExample)
	put := &apigateway.PutRestApiInput{RestApiId: &api, Mode: types.PutModeMerge, Body: []byte(strings.ReplaceAll(sdkExample, "/pets/{petId}", "/users"))}
	if _, err := c.PutRestApi(ctx(), put); err != nil {
		t.Fatal(err)
	}
	const file, pets = "apiGateway-js-sdk/apigClient.js", `client.petsPetIdGet = call("GET", "/pets/{petId}", { query: ["full"], required: ["full"] });`
	if text := clientFile(t, c, api, "javascript", nil, file); !strings.Contains(text, pets) || strings.Contains(text, "users") {
		t.Error(text)
	}
	deploy(t, c, api)
	if text := clientFile(t, c, api, "javascript", nil, file); !strings.Contains(text, pets) || !strings.Contains(text, "client.usersGet = ") {
		t.Error(text)
	}
}

func TestSdkParameters(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, sdkExample)
	parameters := map[string]string{"invokeUrl": "https://api.example.com/v1", "packageName": "shop", "modulePath": "example.com/shop"}
	for name, want := range map[string]string{"go.mod": "module example.com/shop\n", "client.go": `InvokeURL = "https://api.example.com/v1"`, "methods.go": "package shop\n"} {
		if text := clientFile(t, c, api, "go", parameters, "apiGateway-go-sdk/"+name); !strings.Contains(text, want) {
			t.Errorf("%s: got %s", name, text)
		}
	}
}

func TestSdkRefuses(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, sdkExample)
	tests := map[string]struct {
		api, stage, of string
		parameters     map[string]string
		code, message  string
	}{
		"unknown API":         {"nope", "test", "javascript", nil, "NotFound", "Invalid stage identifier specified"},
		"unknown stage":       {api, "nope", "javascript", nil, "NotFound", "Invalid stage identifier specified"},
		"unknown type":        {api, "test", "cobol", nil, "BadRequest", "Invalid SDK type specified: cobol"},
		"without a parameter": {api, "test", "android", map[string]string{"groupId": "a"}, "BadRequest", "Missing required parameter for SDK type android: invokerPackage"},
		"not generated":       {api, "test", "objectivec", map[string]string{"classPrefix": "A"}, "BadRequest", "This server does not generate SDKs of type objectivec. It generates go, javascript, python"},
		"unknown parameter":   {api, "test", "javascript", map[string]string{"groupId": "a"}, "BadRequest", "Invalid parameter specified: groupId. SDKs of type javascript have the parameters invokeUrl"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := c.GetSdk(ctx(), &apigateway.GetSdkInput{RestApiId: &tt.api, StageName: &tt.stage, SdkType: &tt.of, Parameters: tt.parameters})
			wantError(t, err, tt.code, tt.message)
		})
	}
}

func TestSdkTypes(t *testing.T) {
	c := newClient(t)
	var ids []string
	all, err := c.GetSdkTypes(ctx(), &apigateway.GetSdkTypesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range all.Items {
		ids = append(ids, *of.Id)
		one, err := c.GetSdkType(ctx(), &apigateway.GetSdkTypeInput{Id: of.Id})
		if err != nil || *one.FriendlyName != *of.FriendlyName || *one.Description != *of.Description || len(one.ConfigurationProperties) != len(of.ConfigurationProperties) {
			t.Errorf("%s: got %v, %v", *of.Id, one, err)
		}
	}
	if want := []string{"android", "javascript", "objectivec", "swift", "java", "ruby", "python", "go"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	java, err := c.GetSdkType(ctx(), &apigateway.GetSdkTypeInput{Id: aws.String("java")})
	if err != nil {
		t.Fatal(err)
	}
	p := java.ConfigurationProperties[1]
	if *p.Name != "java.package-name" || *p.FriendlyName != "Java Package Name" || *p.Description != "Name of the Java package your code will be generated under" || !p.Required || p.DefaultValue != nil {
		t.Errorf("got %v", p)
	}
	_, err = c.GetSdkType(ctx(), &apigateway.GetSdkTypeInput{Id: aws.String("cobol")})
	wantError(t, err, "NotFound", "Invalid SDK type identifier specified")
	_, err = c.GetSdkTypes(ctx(), &apigateway.GetSdkTypesInput{Limit: aws.Int32(0)})
	wantError(t, err, "BadRequest", "Invalid limit parameter specified")
	_, err = c.GetSdkTypes(ctx(), &apigateway.GetSdkTypesInput{Position: aws.String("nope")})
	wantError(t, err, "BadRequest", "Invalid position parameter specified")
}
