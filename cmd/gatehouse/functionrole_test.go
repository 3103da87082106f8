package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// Where callers need credentials, a function has those of its role, and may what that
// may.
func TestFunctionRole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := `
- {accessKeyId: AKIAADMINADMINADMIN1, secretAccessKey: secret-secret-secret-secret, account: "111122223333", principal: "arn:aws:iam::111122223333:user/admin",
   policy: {Statement: [{Effect: Allow, Action: "apigateway:*", Resource: "*"}]}}
- {role: "arn:aws:iam::111122223333:role/reader", trust: ["arn:aws:iam::111122223333:user/admin"],
   policy: {Statement: [{Effect: Allow, Action: "apigateway:GET", Resource: "*"}]}}
`
	if err := os.WriteFile(filepath.Join(dir, "keys.yaml"), []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	config := "in-memory: true\ncredentials: keys.yaml\nlambda-functions:\n  f: {command: testfunction, role: 'arn:aws:iam::111122223333:role/reader'}\n  g: {command: testfunction}\n"
	p, _, url := launchWith(t, dir, config)
	client := func(key, secret, token string) *apigateway.Client {
		return apigateway.New(apigateway.Options{Region: "us-east-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{}, HTTPClient: sdktest.NewClient(),
			Credentials: credentials.NewStaticCredentialsProvider(key, secret, token)})
	}
	admin := client("AKIAADMINADMINADMIN1", "secret-secret-secret-secret", "")
	variables := func(function string) map[string]string {
		deployFunctionsAPI(t, admin, function, function)
		env := make(map[string]string)
		for line := range strings.Lines(answerText(t, "GET", url+"/_aws/execute-api/"+function+"/prod/proxy/environment", "", nil)) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			env[name] = value
		}
		return env
	}
	env := variables("f")
	if env["AWS_LAMBDA_FUNCTION_NAME"] != "f" {
		t.Fatalf("got %v", env)
	}
	who := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &url, HTTPClient: sdktest.NewClient(),
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"])})
	out, err := who.GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *out.Arn, "arn:aws:sts::111122223333:assumed-role/reader/f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	own := client(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"])
	if _, err := own.GetRestApis(t.Context(), nil); err != nil {
		t.Errorf("the role may read: %v", err)
	}
	if _, err := own.DeleteRestApi(t.Context(), &apigateway.DeleteRestApiInput{RestApiId: aws.String("f")}); err == nil {
		t.Error("the role may not delete, and has")
	}
	if env := variables("g"); env["AWS_ACCESS_KEY_ID"] != "" || env["AWS_LAMBDA_FUNCTION_NAME"] != "g" {
		t.Errorf("a function without a role has credentials: %v", env)
	}

	// A role that comes with the function which names it is there at once.
	for name, text := range map[string]string{
		"keys.yaml":      keys + "- {role: 'arn:aws:iam::111122223333:role/later', trust: ['arn:aws:iam::111122223333:user/admin'], policy: {Statement: []}}\n",
		"gatehouse.yaml": config + "  h: {command: testfunction, role: 'arn:aws:iam::111122223333:role/later'}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.hangUp(t, takenOver)
	if env := variables("h"); env["AWS_ACCESS_KEY_ID"] == "" || env["AWS_LAMBDA_FUNCTION_NAME"] != "h" {
		t.Errorf("a function with a role of the same SIGHUP has no credentials: %v", env)
	}
}
