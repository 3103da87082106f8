package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// A client that GetSdk generates has a URL at which its stage answers, wherever stages
// are served.
func TestClientsKnowTheStage(t *testing.T) {
	for name, config := range map[string]string{"one listener": "", "listeners of their own": "gateway-listen: 127.0.0.1:0\n"} {
		t.Run(name, func(t *testing.T) {
			_, c, control := launchWith(t, t.TempDir(), "in-memory: true\n"+config)
			doc := `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/": {"get": {"x-amazon-apigateway-integration": {
				"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}, "responses": {"200": {"description": "ok"}}}}}}`
			api, err := c.ImportRestApi(context.Background(), &apigateway.ImportRestApiInput{Body: []byte(doc)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.CreateDeployment(context.Background(), &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: aws.String("prod")}); err != nil {
				t.Fatal(err)
			}
			url := invokeURL(t, c, *api.Id)
			resp, err := http.Get(url + "/")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if shared := url == control+"/_aws/execute-api/"+*api.Id+"/prod"; resp.StatusCode != http.StatusOK || shared != (config == "") {
				t.Errorf("%s answers %s, the control plane is at %s", url, resp.Status, control)
			}
		})
	}
}

// invokeURL is the URL in a generated client of the stage prod.
func invokeURL(t *testing.T, c *apigateway.Client, api string) string {
	t.Helper()
	out, err := c.GetSdk(context.Background(), &apigateway.GetSdkInput{RestApiId: &api, StageName: aws.String("prod"), SdkType: aws.String("go")})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Body), int64(len(out.Body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := archive.Open("apiGateway-go-sdk/client.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`InvokeURL = "(.*)"`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s", text)
	}
	return string(found[1])
}
