package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// iamKeys is a file with somebody who may do all, and somebody who may read of IAM alone.
const iamKeys = `
- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333", principal: "arn:aws:iam::111122223333:user/alice"}
- {accessKeyId: BOB, secretAccessKey: bob-secret-bob-secret, account: "111122223333", principal: "arn:aws:iam::111122223333:user/bob",
   policy: {Statement: {Effect: Allow, Action: "iam:Get*", Resource: "arn:aws:iam::111122223333:role/team/*"}}}
- {role: "arn:aws:iam::111122223333:role/Deploy", trust: ["111122223333"]}
`

func iamClient(url, key, secret, token string) *iam.Client {
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: &url, HTTPClient: sdktest.NewClient(), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, token),
	})
}

// Roles that IAM makes are assumed, and who has the session of one may call of both planes
// what the role's policies say at the time, also after a restart.
func TestIAMRoles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "keys.yaml"), []byte(iamKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	config := "data-dir: " + filepath.Join(dir, "data") + "\ncredentials: " + filepath.Join(dir, "keys.yaml") + "\n"
	server, _, url := launchWith(t, dir, config)
	admin := iamClient(url, "ALICE", "alice-secret-alice", "")
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(problem(err))
		}
	}
	trust := `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": "sts:AssumeRole"}}`
	made, err := admin.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("caller"), Path: aws.String("/team/"), AssumeRolePolicyDocument: &trust})
	must(made, err)
	_, err = admin.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("deploy"), AssumeRolePolicyDocument: &trust})
	if got := problem(err); got != "409 EntityAlreadyExists: Role with name deploy already exists." {
		t.Errorf("a role of the credentials file's name: %s", got)
	}
	bob := iamClient(url, "BOB", "bob-secret-bob-secret", "")
	must(bob.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("caller")}))
	_, err = bob.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("caller")})
	if want := "403 AccessDenied: User: arn:aws:iam::111122223333:user/bob is not authorized to perform: iam:DeleteRole on resource: arn:aws:iam::111122223333:role/team/caller because no identity-based policy allows the iam:DeleteRole action"; problem(err) != want {
		t.Errorf("bob deletes a role: %s", problem(err))
	}

	out, err := stsClient(url, "ALICE", "alice-secret-alice", "").AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: made.Role.Arn, RoleSessionName: aws.String("ci")})
	must(out, err)
	session := out.Credentials
	deployIAMAPI(t, signedClient(url, "us-east-1", "ALICE", "alice-secret-alice", ""))
	who, err := stsClient(url, *session.AccessKeyId, *session.SecretAccessKey, *session.SessionToken).GetCallerIdentity(t.Context(), nil)
	must(who, err)
	if *who.UserId != *made.Role.RoleId+":ci" || *who.Arn != "arn:aws:sts::111122223333:assumed-role/caller/ci" {
		t.Errorf("the session is %s, %s", *who.UserId, *who.Arn)
	}
	may := func(url string) (control, data bool) {
		t.Helper()
		c := signedClient(url, "us-east-1", *session.AccessKeyId, *session.SecretAccessKey, *session.SessionToken)
		_, err := c.GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
		status := callSigned(t, url+"/_aws/execute-api/iamroles01/prod/", *session.AccessKeyId, *session.SecretAccessKey, *session.SessionToken)
		return err == nil, status == 200
	}
	check := func(after string, wantControl, wantData bool) {
		t.Helper()
		if control, data := may(url); control != wantControl || data != wantData {
			t.Errorf("%s: it may call the control plane %v, the stage %v; want %v, %v", after, control, data, wantControl, wantData)
		}
	}
	check("without policies", false, false)
	role := made.Role.RoleName
	must(admin.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("read"), PolicyDocument: aws.String(`{"Statement": {"Effect": "Allow", "Action": "apigateway:GET", "Resource": "*"}}`)}))
	check("with a policy of its own", true, false)
	must(admin.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess")}))
	check("with one of AWS", true, true)
	must(admin.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess")}))
	check("within a boundary", false, true)
	must(admin.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: role}))
	must(admin.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess")}))
	p, err := admin.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("all"), PolicyDocument: aws.String(`{"Statement": {"Effect": "Allow", "Action": "execute-api:*", "Resource": "*"}}`)})
	must(p, err)
	must(admin.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: p.Policy.Arn}))
	check("with one that is attached", true, true)

	server.kill()
	_, _, url = launchWith(t, dir, config)
	check("after a restart", true, true)
	admin = iamClient(url, "ALICE", "alice-secret-alice", "")
	must(admin.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: p.Policy.Arn, SetAsDefault: true, PolicyDocument: aws.String(`{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}`)}))
	check("with another version of it", false, false)
	must(admin.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: p.Policy.Arn}))
	check("without it", true, false)
	must(admin.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("read")}))
	must(admin.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: role}))
	again, err := admin.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: role, Path: aws.String("/team/"), AssumeRolePolicyDocument: &trust})
	must(again, err)
	must(admin.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))
	check("a session of a role that was deleted", false, false)
}

// deployIAMAPI makes an API whose root asks for a signature.
func deployIAMAPI(t *testing.T, c *apigateway.Client) {
	t.Helper()
	doc := `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/": {"get": {"security": [{"sigv4": []}],
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}},
		"responses": {"200": {"description": "ok"}}}}},
		"components": {"securitySchemes": {"sigv4": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}}}}`
	api, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": "iamroles01"}})
	if err == nil {
		_, err = c.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: api.Id, Mode: "overwrite", Body: []byte(doc)})
	}
	if err == nil {
		_, err = c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: aws.String("prod")})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// callSigned calls a stage as AWS's clients sign it, and returns the status.
func callSigned(t *testing.T, url, key, secret, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	const emptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	who := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}
	if err := v4.NewSigner().SignHTTP(t.Context(), who, r, emptyBody, "execute-api", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
