package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// sessionKeys is a file with users and roles.
const sessionKeys = `
- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333", principal: "arn:aws:iam::111122223333:user/alice"}
- {accessKeyId: BOB, secretAccessKey: bob-secret-bob-secret, account: "111122223333", principal: "arn:aws:iam::111122223333:user/bob", policy: {Statement: []}}
- role: arn:aws:iam::111122223333:role/deploy
  trust: [arn:aws:iam::111122223333:user/alice]
  policy: {Statement: {Effect: Allow, Action: "apigateway:*", Resource: "*"}}
`

// stsClient is AWS's client of STS.
func stsClient(url, key, secret, token string) *sts.Client {
	return sts.New(sts.Options{
		Region: "eu-west-1", BaseEndpoint: &url, HTTPClient: sdktest.NewClient(), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, token),
	})
}

// TestSessions: AWS's clients get sessions from STS, and call with them the control
// plane, STS itself and, after a restart, the same again.
func TestSessions(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	keys := filepath.Join(dir, "keys.yaml")
	if err := os.WriteFile(keys, []byte(sessionKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	configuration := "data-dir: " + filepath.Join(dir, "data") + "\ncredentials: " + keys + "\n"
	server, _, url := launchWith(t, dir, configuration)
	alice := stsClient(url, "ALICE", "alice-secret-alice", "")
	role, err := alice.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::111122223333:role/deploy"), RoleSessionName: aws.String("ci"), DurationSeconds: aws.Int32(900),
		Policy: aws.String(`{"Statement": {"Effect": "Allow", "Action": "apigateway:GET", "Resource": "*"}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 older clients read it
	if *role.AssumedRoleUser.Arn != "arn:aws:sts::111122223333:assumed-role/deploy/ci" || *role.AssumedRoleUser.AssumedRoleId != "deploy:ci" || *role.PackedPolicySize < 1 {
		t.Errorf("got %s %s", *role.AssumedRoleUser.Arn, *role.AssumedRoleUser.AssumedRoleId)
	}
	if left := time.Until(*role.Credentials.Expiration); left > 15*time.Minute || left < 5*time.Minute {
		t.Errorf("the session lasts %s", left)
	}
	user, err := alice.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(*user.Credentials.Expiration); left > 12*time.Hour || left < 11*time.Hour {
		t.Errorf("the user's session lasts %s", left)
	}
	check := func(t *testing.T, url string) {
		t.Helper()
		for want, c := range map[string]*ststypes.Credentials{
			"arn:aws:sts::111122223333:assumed-role/deploy/ci": role.Credentials, "arn:aws:iam::111122223333:user/alice": user.Credentials,
		} {
			out, err := stsClient(url, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			if err != nil || *out.Arn != want || *out.Account != "111122223333" {
				t.Errorf("GetCallerIdentity: %v, %v, want %s", out, err, want)
			}
		}
		ci := signedClient(url, "eu-west-1", *role.Credentials.AccessKeyId, *role.Credentials.SecretAccessKey, *role.Credentials.SessionToken)
		if _, err := ci.GetRestApis(ctx, &apigateway.GetRestApisInput{}); err != nil {
			t.Error(err)
		}
		_, err := ci.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("a")})
		if want := "403 AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/deploy/ci is not authorized to perform: apigateway:POST on resource: arn:aws:apigateway:eu-west-1::/restapis because no identity-based policy allows the apigateway:POST action"; problem(err) != want {
			t.Errorf("beyond the session's policy: %s", problem(err))
		}
		altered := signedClient(url, "eu-west-1", *role.Credentials.AccessKeyId, *role.Credentials.SecretAccessKey, *user.Credentials.SessionToken)
		if _, err = altered.GetRestApis(ctx, &apigateway.GetRestApisInput{}); problem(err) != "403 UnrecognizedClientException: The security token included in the request is invalid." {
			t.Errorf("another session's token: %s", problem(err))
		}
	}
	check(t, url)
	server.kill()
	_, _, url = launchWith(t, dir, configuration)
	check(t, url)
}

// TestSTSErrors holds what STS answers, in AWS's words.
func TestSTSErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.yaml")
	if err := os.WriteFile(keys, []byte(sessionKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, closed := launchWith(t, dir, "in-memory: true\ncredentials: "+keys+"\n")
	_, _, open := launchWith(t, t.TempDir(), "in-memory: true\n")
	role := aws.String("arn:aws:iam::111122223333:role/deploy")
	tests := map[string]struct {
		url, key, secret string
		in               sts.AssumeRoleInput
		want             string
	}{
		"not trusted": {key: "BOB", secret: "bob-secret-bob-secret", in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci")},
			want: "403 AccessDenied: User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/deploy"},
		"a name of one character": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("c")},
			want: "400 ValidationError: 1 validation error detected: Value 'c' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2"},
		"a name with a slash": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("a/b")},
			want: `400 ValidationError: 1 validation error detected: Value 'a/b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		"too short": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci"), DurationSeconds: aws.Int32(899)},
			want: "400 ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		"too long and a bad name": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("c"), DurationSeconds: aws.Int32(43201)},
			want: "400 ValidationError: 2 validation errors detected: Value 'c' at 'roleSessionName'"},
		"longer than the role allows": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci"), DurationSeconds: aws.Int32(3601)},
			want: "400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		"a policy that is none": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci"), Policy: aws.String("{")}, want: "400 MalformedPolicyDocument: "},
		"a long policy": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci"), Policy: aws.String(strings.Repeat(" ", 2049))},
			want: "400 ValidationError: 1 validation error detected: Value '"},
		"managed policies": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci"), PolicyArns: []ststypes.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}}},
			want: "400 ValidationError: This server does not support the parameter PolicyArns.member.1.arn of AssumeRole."},
		"tags": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci"), Tags: []ststypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}},
			want: "400 ValidationError: This server does not support the parameter Tags.member.1.Key of AssumeRole."},
		"a second factor": {in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci"), SerialNumber: aws.String("arn:aws:iam::111122223333:mfa/a"), TokenCode: aws.String("123456")},
			want: "400 ValidationError: This server does not support the parameter SerialNumber of AssumeRole."},
		"a wrong secret": {secret: "x", in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci")}, want: "403 SignatureDoesNotMatch: "},
		"no credentials file": {url: open, in: sts.AssumeRoleInput{RoleSessionName: aws.String("ci")},
			want: "403 AccessDenied: This server has no credentials file, and so it knows no roles and gives no sessions: see --credentials."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			url, key, secret := closed, "ALICE", "alice-secret-alice"
			if tt.url != "" {
				url = tt.url
			}
			if tt.key != "" {
				key = tt.key
			}
			if tt.secret != "" {
				secret = tt.secret
			}
			tt.in.RoleArn = role
			_, err := stsClient(url, key, secret, "").AssumeRole(context.Background(), &tt.in)
			var refused smithy.APIError
			if !errors.As(err, &refused) || !strings.HasPrefix(problem(err), tt.want) {
				t.Errorf("got  %s\nwant %s", problem(err), tt.want)
			}
		})
	}
}
