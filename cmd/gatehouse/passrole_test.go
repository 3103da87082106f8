package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// passKeys has callers who may edit APIs: ALICE passes one role to API Gateway, LAMBDA all
// of them to Lambda.
const passKeys = `
- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333", principal: "arn:aws:iam::111122223333:user/alice",
   policy: {Statement: [{Effect: Allow, Action: "apigateway:*", Resource: "*"},
     {Effect: Allow, Action: "iam:PassRole", Resource: "arn:aws:iam::111122223333:role/mine", Condition: {StringEquals: {"iam:PassedToService": apigateway.amazonaws.com}}}]}}
- {accessKeyId: LAMBDA, secretAccessKey: lambda-secret-lambda, account: "111122223333", principal: "arn:aws:iam::111122223333:user/bob",
   policy: {Statement: [{Effect: Allow, Action: "apigateway:*", Resource: "*"},
     {Effect: Allow, Action: "iam:PassRole", Resource: "*", Condition: {StringEquals: {"iam:PassedToService": lambda.amazonaws.com}}}]}}
`

// Who may edit APIs has API Gateway call under the roles alone that the caller may pass to
// it. Files of the server's own are its operator's.
func TestPassRole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{"keys.yaml": passKeys, "a.json": `{"swagger": "2.0", "info": {"title": "a"}, "paths": {"/": {"get": {"x-amazon-apigateway-integration":
		{"type": "aws", "httpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sqs:path/q", "credentials": "arn:aws:iam::111122223333:role/theirs"}}}}}`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, _, url := launchWith(t, dir, "in-memory: true\ncredentials: keys.yaml\naccount: \"111122223333\"\nassume-roles: true\napi: [a.json=prod]\n")
	c := signedClient(url, "us-east-1", "ALICE", "alice-secret-alice", "")
	api, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a")})
	if err != nil {
		t.Fatal(problem(err))
	}
	method := &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")}
	if _, err := c.PutMethod(t.Context(), method); err != nil {
		t.Fatal(problem(err))
	}
	for _, tt := range []struct{ key, secret, user, role, want string }{
		{"ALICE", "alice-secret-alice", "alice", "mine", ""},
		{"ALICE", "alice-secret-alice", "alice", "theirs", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/theirs because no identity-based policy allows the iam:PassRole action"},
		{"LAMBDA", "lambda-secret-lambda", "bob", "mine", "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/mine because no identity-based policy allows the iam:PassRole action"},
	} {
		c := signedClient(url, "us-east-1", tt.key, tt.secret, "")
		role := aws.String("arn:aws:iam::111122223333:role/" + tt.role)
		_, integration := c.PutIntegration(t.Context(), &apigateway.PutIntegrationInput{
			RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeAws, IntegrationHttpMethod: aws.String("POST"),
			Uri: aws.String("arn:aws:apigateway:us-east-1:sqs:path/q"), Credentials: role,
		})
		_, authorizer := c.CreateAuthorizer(t.Context(), &apigateway.CreateAuthorizerInput{
			RestApiId: api.Id, Name: aws.String(tt.user + " " + tt.role), Type: types.AuthorizerTypeToken, IdentitySource: aws.String("method.request.header.A"), AuthorizerCredentials: role,
			AuthorizerUri: aws.String("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:f/invocations"),
		})
		_, imported := c.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: api.Id, Mode: types.PutModeMerge, Body: []byte(strings.Replace(files["a.json"], "role/theirs", "role/"+tt.role, 1))})
		for what, err := range map[string]error{"PutIntegration": integration, "CreateAuthorizer": authorizer} {
			want := "<nil>"
			if tt.want != "" {
				want = "403 AccessDeniedException: " + tt.want
			}
			if got := problem(err); got != want {
				t.Errorf("%s by %s: got %s, want %s", what, tt.key, got, want)
			}
		}
		if tt.want == "" && imported != nil || tt.want != "" && (imported == nil || !strings.Contains(imported.Error(), tt.want)) {
			t.Errorf("import by %s: %v, want %s", tt.key, imported, tt.want)
		}
	}
}
