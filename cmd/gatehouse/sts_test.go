package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// TestCallerIdentity asks who one is, as every tool of AWS's does first: of a server
// that asks for credentials, with those of a user, a session, a stranger and somebody
// who has the secret wrong.
func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := `- {accessKeyId: ALICE, secretAccessKey: alice-secret-alice, account: "111122223333", principal: "arn:aws:iam::111122223333:user/path/alice"}
- {accessKeyId: SESSION, secretAccessKey: session-secret-session, sessionToken: token, account: "111122223333", principal: "arn:aws:sts::111122223333:assumed-role/deploy/ci"}
- {accessKeyId: DISABLED, secretAccessKey: disabled-secret-disabled, account: "111122223333", disabled: true}
`
	if err := os.WriteFile(filepath.Join(dir, "keys.yaml"), []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, url := launchWith(t, dir, "in-memory: true\ncredentials: "+filepath.Join(dir, "keys.yaml")+"\n")
	for name, tt := range map[string]struct{ key, secret, token, arn, id, code string }{
		"a user":           {key: "ALICE", secret: "alice-secret-alice", arn: "arn:aws:iam::111122223333:user/path/alice", id: "alice"},
		"a session":        {key: "SESSION", secret: "session-secret-session", token: "token", arn: "arn:aws:sts::111122223333:assumed-role/deploy/ci", id: "deploy:ci"},
		"a stranger":       {key: "NOBODY", secret: "x", code: "InvalidClientTokenId"},
		"a wrong secret":   {key: "ALICE", secret: "x", code: "SignatureDoesNotMatch"},
		"a disabled key":   {key: "DISABLED", secret: "disabled-secret-disabled", code: "InvalidClientTokenId"},
		"no session token": {key: "SESSION", secret: "session-secret-session", code: "InvalidClientTokenId"},
	} {
		t.Run(name, func(t *testing.T) {
			client := sts.New(sts.Options{
				Region: "eu-west-1", BaseEndpoint: &url, HTTPClient: sdktest.NewClient(), Retryer: aws.NopRetryer{},
				Credentials: credentials.NewStaticCredentialsProvider(tt.key, tt.secret, tt.token),
			})
			out, err := client.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
			var refused smithy.APIError
			switch {
			case tt.code != "":
				if !errors.As(err, &refused) || refused.ErrorCode() != tt.code {
					t.Errorf("got %v, want %s", err, tt.code)
				}
			case err != nil:
				t.Error(err)
			case *out.Arn != tt.arn || *out.UserId != tt.id || *out.Account != "111122223333":
				t.Errorf("got %s %s %s", *out.Arn, *out.UserId, *out.Account)
			}
		})
	}
}
