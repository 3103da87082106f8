package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"
)

func (f *fixture) putResponse(status string, params map[string]bool, models map[string]string) (*apigateway.PutMethodResponseOutput, error) {
	return f.PutMethodResponse(ctx(), &apigateway.PutMethodResponseInput{
		RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), StatusCode: &status,
		ResponseParameters: params, ResponseModels: models,
	})
}

func TestPutMethodResponseEchoes(t *testing.T) {
	tests := map[string]struct {
		params map[string]bool
		models map[string]string
	}{
		"nothing sent":    {},
		"empty maps stay": {params: map[string]bool{}, models: map[string]string{}},
		"all": {
			params: map[string]bool{"method.response.header.X-A": true, "method.response.header.x-b": false},
			models: map[string]string{"application/json": "Empty", "application/xml": "Error"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			out, err := f.putResponse("200", tt.params, tt.models)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.params, out.ResponseParameters); d != "" {
				t.Error("put: responseParameters", d)
			}
			if d := cmp.Diff(tt.models, out.ResponseModels); d != "" {
				t.Error("put: responseModels", d)
			}
			got, err := f.GetMethodResponse(ctx(), &apigateway.GetMethodResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), StatusCode: aws.String("200")})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.params, got.ResponseParameters); d != "" {
				t.Error("get: responseParameters", d)
			}
			if *got.StatusCode != "200" {
				t.Error("get: statusCode", *got.StatusCode)
			}
		})
	}
}

func TestPutMethodResponseRefuses(t *testing.T) {
	const mapping = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: "
	tests := map[string]struct {
		status        string
		params        map[string]bool
		models        map[string]string
		code, message string
	}{
		"status of two digits": {status: "20", code: "Validation",
			message: `1 validation error detected: Value '20' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d`},
		"status of six hundred": {status: "600", code: "Validation",
			message: `1 validation error detected: Value '600' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d`},
		"unknown model":       {status: "200", models: map[string]string{"application/json": "Pet"}, code: "BadRequest", message: "Invalid model identifier specified: Pet"},
		"key without a place": {status: "200", params: map[string]bool{"X-A": true}, code: "BadRequest", message: mapping + "X-A]"},
		"key of the request":  {status: "200", params: map[string]bool{"method.request.header.X-A": true}, code: "BadRequest", message: mapping + "method.request.header.X-A]"},
		"key without a name":  {status: "200", params: map[string]bool{"method.response.header.": true}, code: "BadRequest", message: mapping + "method.response.header.]"},
		"name with a space":   {status: "200", params: map[string]bool{"method.response.header.X A": true}, code: "BadRequest", message: mapping + "method.response.header.X A]"},
		"body is no place":    {status: "200", params: map[string]bool{"method.response.body.a": true}, code: "BadRequest", message: mapping + "method.response.body.a]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			_, err := f.putResponse(tt.status, tt.params, tt.models)
			wantError(t, err, tt.code, tt.message)
			_, err = f.GetMethodResponse(ctx(), &apigateway.GetMethodResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), StatusCode: aws.String("200")})
			wantError(t, err, "NotFound", "Invalid Response status code specified")
		})
	}
}

// Names of headers are case-sensitive; AWS's own sample of a proxy of S3
// declares and maps both of these.
func TestHeadersThatDifferInCase(t *testing.T) {
	const body = `{"swagger": "2.0", "info": {"title": "S3", "version": "1"}, "paths": {"/{folder}/{item}": {"get": {
		"parameters": [{"name": "folder", "in": "path", "required": true, "type": "string"}, {"name": "item", "in": "path", "required": true, "type": "string"}],
		"responses": {"200": {"description": "d", "headers": {"content-type": {"type": "string"}, "Content-Type": {"type": "string"}}}},
		"x-amazon-apigateway-integration": {"type": "aws", "httpMethod": "GET", "uri": "arn:aws:apigateway:us-west-2:s3:path/{bucket}/{object}",
			"credentials": "arn:aws:iam::` + testAccount + `:role/r",
			"requestParameters": {"integration.request.path.bucket": "method.request.path.folder", "integration.request.path.object": "method.request.path.item"},
			"responses": {"default": {"statusCode": "200", "responseParameters": {
				"method.response.header.content-type": "integration.response.header.content-type",
				"method.response.header.Content-Type": "integration.response.header.Content-Type"}}}}}}}}`
	both := map[string]bool{"method.response.header.content-type": false, "method.response.header.Content-Type": false}
	c := newClient(t)
	out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(body), FailOnWarnings: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: out.Id, StageName: aws.String("S3")}); err != nil {
		t.Error(err)
	}
	if got := dump(t, c, *out.Id); !strings.Contains(got, fmt.Sprintf("response 200 params=%v ", both)) {
		t.Errorf("the headers %v are not declared:\n%s", both, got)
	}

	f := newFixture(t)
	r, err := f.putResponse("200", both, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(both, r.ResponseParameters); d != "" {
		t.Error("-want +got", d)
	}
}

func TestPutMethodResponseTwice(t *testing.T) {
	f := newFixture(t)
	if _, err := f.putResponse("200", map[string]bool{"method.response.header.X-A": true}, nil); err != nil {
		t.Fatal(err)
	}
	_, err := f.putResponse("200", map[string]bool{"method.response.header.X-B": true}, nil)
	wantError(t, err, "Conflict", "Response already exists for this resource")
	got, err := f.GetMethodResponse(ctx(), &apigateway.GetMethodResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), StatusCode: aws.String("200")})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]bool{"method.response.header.X-A": true}, got.ResponseParameters); d != "" {
		t.Error("the refused call changed something", d)
	}
}

func TestMethodResponseParents(t *testing.T) {
	f := newFixture(t)
	tests := map[string]struct{ api, resource, verb, message string }{
		"unknown API":       {"nope", f.pets, "GET", "Invalid Resource identifier specified"},
		"unknown resource":  {f.api, "nope", "GET", "Invalid Resource identifier specified"},
		"unknown method":    {f.api, f.pets, "POST", "Invalid Method identifier specified"},
		"verb that is none": {f.api, f.pets, "FETCH", "Invalid Method identifier specified"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := f.PutMethodResponse(ctx(), &apigateway.PutMethodResponseInput{RestApiId: &tt.api, ResourceId: &tt.resource, HttpMethod: &tt.verb, StatusCode: aws.String("200")})
			wantError(t, err, "NotFound", tt.message)
			_, err = f.GetMethodResponse(ctx(), &apigateway.GetMethodResponseInput{RestApiId: &tt.api, ResourceId: &tt.resource, HttpMethod: &tt.verb, StatusCode: aws.String("200")})
			wantError(t, err, "NotFound", tt.message)
			_, err = f.DeleteMethodResponse(ctx(), &apigateway.DeleteMethodResponseInput{RestApiId: &tt.api, ResourceId: &tt.resource, HttpMethod: &tt.verb, StatusCode: aws.String("200")})
			wantError(t, err, "NotFound", tt.message)
		})
	}
}

func op(kind types.Op, path, value string) types.PatchOperation {
	return types.PatchOperation{Op: kind, Path: &path, Value: &value}
}

func TestUpdateMethodResponse(t *testing.T) {
	tests := map[string]struct {
		ops           []types.PatchOperation
		params        map[string]bool
		models        map[string]string
		code, message string
	}{
		"no operations": {params: map[string]bool{"method.response.header.X-A": true}, models: map[string]string{"application/json": "Empty"}},
		"add and replace": {
			ops:    []types.PatchOperation{op("add", "/responseParameters/method.response.header.X-B", "true"), op("replace", "/responseModels/application~1json", "Error")},
			params: map[string]bool{"method.response.header.X-A": true, "method.response.header.X-B": true},
			models: map[string]string{"application/json": "Error"},
		},
		"not a boolean is false": {ops: []types.PatchOperation{op("replace", "/responseParameters/method.response.header.X-A", "whatever")},
			params: map[string]bool{"method.response.header.X-A": false}, models: map[string]string{"application/json": "Empty"}},
		"removing the last entry removes the map": {ops: []types.PatchOperation{op("remove", "/responseParameters/method.response.header.X-A", "")},
			models: map[string]string{"application/json": "Empty"}},
		"replace what is not there": {ops: []types.PatchOperation{op("replace", "/responseParameters/method.response.header.X-Z", "true")},
			code: "NotFound", message: "Invalid parameter name specified"},
		"remove what is not there": {ops: []types.PatchOperation{op("remove", "/responseModels/text~1plain", "")},
			code: "NotFound", message: "Content-Type specified was not found"},
		"unknown path": {ops: []types.PatchOperation{op("replace", "/wrong/method.response.header.my-header", "true")},
			code: "BadRequest", message: "Invalid patch path /wrong/method.response.header.my-header"},
		"slash not escaped": {ops: []types.PatchOperation{op("replace", "/responseModels/application/json", "Error")},
			code: "BadRequest", message: "Invalid patch path /responseModels/application/json"},
		"unknown model": {ops: []types.PatchOperation{op("replace", "/responseModels/application~1json", "Pet")},
			code: "BadRequest", message: "Invalid model identifier specified: Pet"},
		"all or nothing": {ops: []types.PatchOperation{op("remove", "/responseParameters/method.response.header.X-A", ""), op("replace", "/nope", "")},
			code: "BadRequest", message: "Invalid patch path /nope"},
		"test is in the enumeration and supported nowhere": {ops: []types.PatchOperation{op("test", "/responseParameters/method.response.header.X-A", "true")},
			code: "BadRequest", message: "Invalid patch operation specified. Must be one of: [add, remove, replace]"},
		"two bad things": {ops: []types.PatchOperation{op("wrong_op", "/responseModels/application~1json", "Error")}, code: "Validation",
			message: "1 validation error detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			before := map[string]bool{"method.response.header.X-A": true}
			if _, err := f.putResponse("200", before, map[string]string{"application/json": "Empty"}); err != nil {
				t.Fatal(err)
			}
			out, err := f.UpdateMethodResponse(ctx(), &apigateway.UpdateMethodResponseInput{
				RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), StatusCode: aws.String("200"), PatchOperations: tt.ops})
			if tt.code != "" {
				wantError(t, err, tt.code, tt.message)
				got, err := f.GetMethodResponse(ctx(), &apigateway.GetMethodResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), StatusCode: aws.String("200")})
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(before, got.ResponseParameters); d != "" {
					t.Error("the refused call changed something", d)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.params, out.ResponseParameters); d != "" {
				t.Error("responseParameters", d)
			}
			if d := cmp.Diff(tt.models, out.ResponseModels); d != "" {
				t.Error("responseModels", d)
			}
		})
	}
}

func TestDeleteMethodResponse(t *testing.T) {
	f := newFixture(t)
	if _, err := f.putResponse("200", nil, nil); err != nil {
		t.Fatal(err)
	}
	in := &apigateway.DeleteMethodResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), StatusCode: aws.String("200")}
	if _, err := f.DeleteMethodResponse(ctx(), in); err != nil {
		t.Fatal(err)
	}
	_, err := f.DeleteMethodResponse(ctx(), in)
	wantError(t, err, "NotFound", "Invalid Response status code specified")
	m, err := f.GetMethod(ctx(), &apigateway.GetMethodInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET")})
	if err != nil {
		t.Fatal(err)
	}
	if m.MethodResponses != nil {
		t.Error("methodResponses is still there:", m.MethodResponses)
	}
}
