package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

const testRole = "arn:aws:iam::000000000000:role/orders"

func newLambda(url string) *lambda.Client {
	return newLambdaOf(url, "test", "test")
}

func newLambdaOf(url, key, secret string) *lambda.Client {
	return lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{}, HTTPClient: sdktest.NewClient(),
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// testArchive is an archive of the test function, which prints a word when it starts.
func testArchive(t *testing.T, says string) []byte {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "testfunction") // testscript.Main dispatches on it
	if err := os.Symlink(exe, name); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = fmt.Fprintf(w, "#!/bin/sh\necho %s $WORD\nexec '%s'\n", says, name)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func createInput(name string, archive []byte) *lambda.CreateFunctionInput {
	return &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Role: aws.String(testRole),
		Code: &types.FunctionCode{ZipFile: archive}, Environment: &types.Environment{Variables: map[string]string{"WORD": "hello"}},
	}
}

// wantCode wants an error of AWS with a code, and a part of its message.
func wantCode(t *testing.T, err error, code, says string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != code || !strings.Contains(refused.ErrorMessage(), says) {
		t.Errorf("got %v, want %s: %s", err, code, says)
	}
}

// TestServerlessSequence makes an API with a function from nothing: code, function,
// permission, integration, call. The server is then killed, and serves it again.
func TestServerlessSequence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, api, url := launchWith(t, dir, "allow-functions: true\naccess-log: /dev/null\ndata-dir: "+filepath.Join(dir, "data")+"\n")
	ctx, c, name := t.Context(), newLambda(url), aws.String("orders")
	made, err := c.CreateFunction(ctx, createInput("orders", testArchive(t, "one")))
	if err != nil {
		t.Fatal(err)
	}
	if *made.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:orders" || made.State != types.StateActive || *made.Version != "$LATEST" {
		t.Errorf("made %s %s %s", *made.FunctionArn, made.State, *made.Version)
	}
	deployFunctionsAPI(t, api, "c1", "orders")
	get := func(path string) string {
		t.Helper()
		resp, err := http.Get(url + "/_aws/execute-api/c1/prod" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		return fmt.Sprintf("%d %s", resp.StatusCode, text)
	}
	if got := get("/proxy/a"); !strings.HasPrefix(got, "500 ") {
		t.Errorf("without a permission: %s", got)
	}
	permit := func(id, source string) {
		t.Helper()
		if _, err := c.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: name, StatementId: &id, Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com"), SourceArn: &source}); err != nil {
			t.Fatal(err)
		}
	}
	permit("other", "arn:aws:execute-api:us-east-1:000000000000:c2/*")
	permit("stage", "arn:aws:execute-api:us-east-1:000000000000:c1/*/GET/token")
	if got := get("/proxy/a"); !strings.HasPrefix(got, "500 ") {
		t.Errorf("with the permission of others: %s", got)
	}
	permit("mine", "arn:aws:execute-api:us-east-1:000000000000:c1/*")
	if got := get("/proxy/a"); !strings.HasPrefix(got, `201 {"resource":"/proxy/{p+}"`) {
		t.Errorf("with the permission: %s", got)
	}
	if got := get("/stream"); got != "203 one two" {
		t.Errorf("a stream: %s", got)
	}
	p.kill()
	_, _, url = launchWith(t, dir, "allow-functions: true\naccess-log: /dev/null\ndata-dir: "+filepath.Join(dir, "data")+"\n")
	if got := get("/proxy/a"); !strings.HasPrefix(got, `201 {"resource":"/proxy/{p+}"`) {
		t.Errorf("after a kill: %s", got)
	}
	c = newLambda(url)
	if _, err := c.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	if got := get("/proxy/a"); !strings.HasPrefix(got, "500 ") {
		t.Errorf("deleted: %s", got)
	}
}

// TestLambdaAsTerraform makes the calls of Terraform's aws_lambda_function and
// aws_lambda_permission: create, read, change, destroy, gone.
func TestLambdaAsTerraform(t *testing.T) {
	t.Parallel()
	_, _, url := launchWith(t, t.TempDir(), "in-memory: true\nallow-functions: true\n")
	ctx, c, name := t.Context(), newLambda(url), aws.String("orders")
	in := createInput("orders", testArchive(t, "one"))
	in.Timeout, in.MemorySize, in.PackageType, in.Architectures = aws.Int32(7), aws.Int32(256), types.PackageTypeZip, []types.Architecture{types.ArchitectureX8664}
	in.Description, in.Tags, in.Publish = aws.String("of orders"), map[string]string{"team": "a"}, true
	in.TracingConfig, in.EphemeralStorage = &types.TracingConfig{Mode: types.TracingModePassThrough}, &types.EphemeralStorage{Size: aws.Int32(512)}
	if _, err := c.CreateFunction(ctx, in); err != nil {
		t.Fatal(err)
	}
	read := func() *lambda.GetFunctionOutput {
		t.Helper()
		out, err := c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
		if err != nil || out.Code == nil {
			t.Fatal(err)
		}
		if _, err := c.GetFunctionCodeSigningConfig(ctx, &lambda.GetFunctionCodeSigningConfigInput{FunctionName: name}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	latestOf := func() string {
		t.Helper()
		out, err := c.ListVersionsByFunction(ctx, &lambda.ListVersionsByFunctionInput{FunctionName: name, MaxItems: aws.Int32(10000)})
		if err != nil || out.NextMarker != nil {
			t.Fatal(err)
		}
		return *out.Versions[len(out.Versions)-1].FunctionArn
	}
	first := read()
	told := func(f *types.FunctionConfiguration) string {
		f.LastModified, f.RevisionId = nil, nil
		text, _ := json.Marshal(f)
		return string(text)
	}
	f := first.Configuration
	if *f.Timeout != 7 || *f.MemorySize != 256 || *f.Description != "of orders" || *f.Handler != "bootstrap" || f.Runtime != types.RuntimeProvidedal2023 || *f.Role != testRole ||
		f.Environment.Variables["WORD"] != "hello" || f.State != types.StateActive || f.LastUpdateStatus != types.LastUpdateStatusSuccessful || f.TracingConfig.Mode != types.TracingModePassThrough ||
		*f.EphemeralStorage.Size != 512 || f.PackageType != types.PackageTypeZip || f.LoggingConfig.LogFormat != types.LogFormatText || len(f.Layers) != 0 || f.VpcConfig != nil || first.Tags["team"] != "a" || first.Concurrency != nil {
		t.Errorf("read %s", told(f))
	}
	if got := latestOf(); got != "arn:aws:lambda:us-east-1:000000000000:function:orders:1" {
		t.Errorf("the latest version is %s", got)
	}
	if a, b := told(first.Configuration), told(read().Configuration); a != b {
		t.Errorf("read %s, then %s", a, b)
	}

	permission := &lambda.AddPermissionInput{
		FunctionName: name, StatementId: aws.String("gateway"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com"),
		SourceArn: aws.String("arn:aws:execute-api:us-east-1:000000000000:c1/*"), SourceAccount: aws.String("000000000000"),
	}
	if _, err := c.AddPermission(ctx, permission); err != nil {
		t.Fatal(err)
	}
	_, err := c.AddPermission(ctx, permission)
	wantCode(t, err, "ResourceConflictException", "The statement id (gateway) provided already exists")
	policy, err := c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: name})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"gateway","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:000000000000:function:orders","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:execute-api:us-east-1:000000000000:c1/*"},"StringEquals":{"AWS:SourceAccount":"000000000000"}}}]}`
	if *policy.Policy != want {
		t.Errorf("policy %s", *policy.Policy)
	}

	if _, err := c.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(9), Environment: &types.Environment{Variables: map[string]string{}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: testArchive(t, "two")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(3)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	arn := first.Configuration.FunctionArn
	if _, err := c.UntagResource(ctx, &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{"team"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TagResource(ctx, &lambda.TagResourceInput{Resource: arn, Tags: map[string]string{"stage": "b"}}); err != nil {
		t.Fatal(err)
	}
	second := read()
	if f := second.Configuration; *f.Timeout != 9 || f.Environment != nil || *f.CodeSha256 == *first.Configuration.CodeSha256 || *second.Concurrency.ReservedConcurrentExecutions != 3 || len(second.Tags) != 1 || second.Tags["stage"] != "b" {
		t.Errorf("changed to %s", told(f))
	}
	if got := latestOf(); !strings.HasSuffix(got, ":orders:2") {
		t.Errorf("the latest version is %s", got)
	}
	if old, err := c.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: name, Qualifier: aws.String("1")}); err != nil || *old.Timeout != 7 || *old.CodeSha256 != *first.Configuration.CodeSha256 {
		t.Errorf("version 1: %v", err)
	}

	if _, err := c.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("gateway")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: name})
	wantCode(t, err, "ResourceNotFoundException", "The resource you requested does not exist.")
	if _, err := c.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	wantCode(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:000000000000:function:orders")
}

// TestLambdaInvoke calls a function in each of the ways that there are.
func TestLambdaInvoke(t *testing.T) {
	t.Parallel()
	_, _, url := launchWith(t, t.TempDir(), "in-memory: true\nallow-functions: true\n")
	ctx, c, name := t.Context(), newLambda(url), aws.String("orders")
	in := createInput("orders", testArchive(t, "one"))
	in.Publish = true
	if _, err := c.CreateFunction(ctx, in); err != nil {
		t.Fatal(err)
	}
	out, err := c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Payload: []byte(`{"a": 1}`), LogType: types.LogTypeTail})
	if err != nil || out.StatusCode != 200 || string(out.Payload) != `{"a": 1}` || *out.ExecutedVersion != "$LATEST" || out.FunctionError != nil {
		t.Fatalf("got %+v, %v", out, err)
	}
	if log, _ := base64.StdEncoding.DecodeString(*out.LogResult); !strings.Contains(string(log), "Version: $LATEST\n") || !strings.Contains(string(log), "one hello\n") || !strings.Contains(string(log), "\nREPORT RequestId: ") {
		t.Errorf("log %s", log)
	}
	if out, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Payload: []byte(`{"path": "/fail"}`)}); err != nil || out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), `"boom"`) {
		t.Errorf("got %+v, %v", out, err)
	}
	if out, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent, Payload: []byte(`{}`)}); err != nil || out.StatusCode != 202 {
		t.Errorf("got %+v, %v", out, err)
	}
	if out, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeDryRun}); err != nil || out.StatusCode != 204 {
		t.Errorf("got %+v, %v", out, err)
	}
	_, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Payload: []byte(`{`)})
	wantCode(t, err, "InvalidRequestContentException", "Could not parse request body into json")
	_, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("orders:live")})
	wantCode(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:000000000000:function:orders:live")

	if _, err := c.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	if out, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("live"), Payload: []byte(`{"path": "/environment"}`)}); err != nil || *out.ExecutedVersion != "1" || !strings.Contains(string(out.Payload), `AWS_LAMBDA_FUNCTION_VERSION=1\n`) {
		t.Errorf("got %+v, %v", out, err)
	}
	stream, err := c.InvokeWithResponseStream(ctx, &lambda.InvokeWithResponseStreamInput{FunctionName: name, Payload: []byte(`{"path": "/stream"}`)})
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	complete := false
	for event := range stream.GetStream().Events() {
		switch e := event.(type) {
		case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
			text = append(text, e.Value.Payload...)
		case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
			complete = e.Value.ErrorCode == nil
		}
	}
	if !strings.HasSuffix(string(text), "one two") || !complete || stream.GetStream().Err() != nil {
		t.Errorf("got %q, %v, %v", text, complete, stream.GetStream().Err())
	}
	if _, err := c.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name})
	wantCode(t, err, "TooManyRequestsException", "Rate Exceeded.")
}

// Where code may not be run nothing can be created, and what was does not run.
func TestLambdaNotAllowed(t *testing.T) {
	t.Parallel()
	_, api, url := launchWith(t, t.TempDir(), "in-memory: true\n")
	_, err := newLambda(url).CreateFunction(t.Context(), createInput("orders", testArchive(t, "one")))
	wantCode(t, err, "AccessDeniedException", "start it with --allow-functions to let clients create them")
	if _, err := api.GetRestApis(t.Context(), &apigateway.GetRestApisInput{}); err != nil {
		t.Error(err)
	}
}

// TestLambdaOfCallers has callers do what their policies say, the function what its role
// may, and integrations what theirs may.
func TestLambdaOfCallers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := `
- {accessKeyId: AKIAADMINADMINADMIN1, secretAccessKey: secret-secret-secret-secret, account: "000000000000", principal: "arn:aws:iam::000000000000:user/admin",
   policy: {Statement: [{Effect: Allow, Action: ["apigateway:*", "lambda:*", "iam:PassRole"], Resource: "*"}]}}
- {accessKeyId: AKIAREADERREADERRE01, secretAccessKey: secret-secret-secret-secret, account: "000000000000", principal: "arn:aws:iam::000000000000:user/reader",
   policy: {Statement: [{Effect: Allow, Action: "lambda:Get*", Resource: "*"}]}}
- {role: "arn:aws:iam::000000000000:role/orders", trust: ["arn:aws:iam::000000000000:user/admin"], policy: {Statement: [{Effect: Allow, Action: "lambda:InvokeFunction", Resource: "*"}]}}
- {accessKeyId: AKIAOTHEROTHEROTHER1, secretAccessKey: secret-secret-secret-secret, account: "111122223333", principal: "arn:aws:iam::111122223333:user/other"}
- {role: "arn:aws:iam::111122223333:role/orders", trust: ["arn:aws:iam::111122223333:user/other"], policy: {Statement: [{Effect: Allow, Action: "lambda:InvokeFunction", Resource: "*"}]}}
- {role: "arn:aws:iam::000000000000:role/powerless", trust: ["arn:aws:iam::000000000000:user/admin"], policy: {Statement: [{Effect: Allow, Action: "apigateway:GET", Resource: "*"}]}}
`
	if err := os.WriteFile(filepath.Join(dir, "keys.yaml"), []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, url := launchWith(t, dir, "in-memory: true\ncredentials: keys.yaml\nallow-functions: true\naws: false\n")
	const secret = "secret-secret-secret-secret"
	ctx, name := t.Context(), aws.String("orders")
	admin, reader := newLambdaOf(url, "AKIAADMINADMINADMIN1", secret), newLambdaOf(url, "AKIAREADERREADERRE01", secret)
	in := createInput("orders", testArchive(t, "one"))
	_, err := reader.CreateFunction(ctx, in)
	wantCode(t, err, "AccessDeniedException", "User: arn:aws:iam::000000000000:user/reader is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:orders")
	_, err = newLambdaOf(url, "AKIAADMINADMINADMIN1", "wrong").CreateFunction(ctx, in)
	wantCode(t, err, "InvalidSignatureException", "")
	in.Role = aws.String("arn:aws:iam::000000000000:role/nobody")
	_, err = admin.CreateFunction(ctx, in)
	wantCode(t, err, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
	in.Role = aws.String(testRole)
	if _, err := admin.CreateFunction(ctx, in); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name}); err != nil {
		t.Error(err)
	}
	_, err = reader.Invoke(ctx, &lambda.InvokeInput{FunctionName: name})
	wantCode(t, err, "AccessDeniedException", "lambda:InvokeFunction")
	out, err := admin.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Payload: []byte(`{"path": "/environment"}`)})
	if err != nil || !strings.Contains(string(out.Payload), `AWS_SESSION_TOKEN=`) {
		t.Errorf("the function has no credentials: %v", err)
	}

	for role, want := range map[string]int{"orders": 201, "powerless": 500, "another": 500} {
		key, arn := "AKIAADMINADMINADMIN1", "arn:aws:iam::000000000000:role/"+role
		if role == "another" { // whose own account lets it call everything
			key, arn = "AKIAOTHEROTHEROTHER1", "arn:aws:iam::111122223333:role/orders"
		}
		api := apigateway.New(apigateway.Options{Region: "us-east-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{}, HTTPClient: sdktest.NewClient(), Credentials: credentials.NewStaticCredentialsProvider(key, secret, "")})
		body := strings.Replace(functionsAPI("orders"), `"type": "aws_proxy", `, `"type": "aws_proxy", "credentials": "`+arn+`", `, 1)
		if _, err := api.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: &role, Tags: map[string]string{"_custom_id_": role}}); err != nil {
			t.Fatal(err)
		}
		if _, err := api.PutRestApi(ctx, &apigateway.PutRestApiInput{RestApiId: &role, Mode: "overwrite", Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		if _, err := api.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &role, StageName: aws.String("prod")}); err != nil {
			t.Fatal(err)
		}
		resp, err := http.Get(url + "/_aws/execute-api/" + role + "/prod/proxy/a")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("by the role %s: %d, want %d", role, resp.StatusCode, want)
		}
	}
}
