package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	aliceKey    = "AKIAALICE"
	aliceSecret = "alice-secret-of-40-characters-or-so-long"
)

// credentialText is an entry that lacks nothing, and more lines for it.
func credentialText(lines ...string) string {
	return "- accessKeyId: " + aliceKey + "\n  secretAccessKey: " + aliceSecret + "\n  account: \"111122223333\"\n" +
		strings.Join(append(lines, ""), "\n")
}

// credentialServer is a control plane of a few operations behind credentials.
func credentialServer(t *testing.T, text string) string {
	t.Helper()
	keys, err := credentials.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	known := credentials.New(credentials.NewKey())
	known.Use(keys)
	api, err := wire.NewServer(wire.ServerOptions{
		Authenticate: authenticator(known, "apigateway", nil),
		Authorize:    authorize(permitted(known, nil)),
		Log:          slog.New(slog.DiscardHandler),
		Handlers: map[string]wire.Handler{
			"GetRestApi": wire.Op(func(_ context.Context, who *wire.Caller, in *wire.GetRestAPIRequest) (*wire.RestAPI, error) {
				return &wire.RestAPI{ID: &in.RestAPIID, Name: new(who.Account + " " + who.Region + " " + who.Principal)}, nil
			}),
			"CreateRestApi": wire.Op(func(_ context.Context, _ *wire.Caller, in *wire.CreateRestAPIRequest) (*wire.RestAPI, error) {
				return &wire.RestAPI{ID: new("a1b2c3"), Name: &in.Name}, nil
			}),
			"TagResource": wire.Op(func(_ context.Context, _ *wire.Caller, in *wire.TagResourceRequest) (*wire.Empty, error) {
				return &wire.Empty{}, nil
			}),
			"UntagResource": wire.Op(func(_ context.Context, _ *wire.Caller, in *wire.UntagResourceRequest) (*wire.Empty, error) {
				return &wire.Empty{}, nil
			}),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server.URL
}

// signedClient is AWS's client with credentials.
func signedClient(url, region, key, secret, token string) *apigateway.Client {
	return apigateway.New(apigateway.Options{
		BaseEndpoint: &url, Region: region, RetryMaxAttempts: 1, HTTPClient: sdktest.NewClient(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}, nil
		}),
	})
}

// problem is the type, the status and the message of an SDK's error.
func problem(err error) string {
	var api smithy.APIError
	var status interface{ HTTPStatusCode() int }
	if !errors.As(err, &api) || !errors.As(err, &status) {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%d %s: %s", status.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage())
}

// TestSignedCalls: AWS's client calls with credentials over a real socket.
func TestSignedCalls(t *testing.T) {
	ctx := context.Background()
	url := credentialServer(t, credentialText(
		"- accessKeyId: TEMPORARY", "  secretAccessKey: "+aliceSecret, "  account: '999988887777'", "  sessionToken: a//+==",
		"  principal: arn:aws:sts::999988887777:assumed-role/deploy/ci",
		"- accessKeyId: GONE", "  secretAccessKey: "+aliceSecret, "  account: '111122223333'", "  disabled: true",
	))
	alice := signedClient(url, "eu-west-1", aliceKey, aliceSecret, "")
	got, err := alice.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String("é/x y*")})
	if want := "111122223333 eu-west-1 arn:aws:iam::111122223333:user/AKIAALICE"; err != nil || *got.Name != want || *got.Id != "é/x y*" {
		t.Errorf("GetRestApi = %+v, %v, want %s", got, err, want)
	}
	if _, err := alice.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("pets")}); err != nil {
		t.Errorf("with a body: %v", err)
	}
	arn := aws.String("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3")
	if _, err := alice.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "b"}}); err != nil {
		t.Errorf("with an ARN in the path: %v", err)
	}
	if _, err := alice.UntagResource(ctx, &apigateway.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"ü b", "a+b/c"}}); err != nil {
		t.Errorf("with a list in the query: %v", err)
	}
	if got, err := signedClient(url, "us-east-1", "TEMPORARY", aliceSecret, "a//+==").GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String("x")}); err != nil ||
		*got.Name != "999988887777 us-east-1 arn:aws:sts::999988887777:assumed-role/deploy/ci" {
		t.Errorf("with a session token: %+v, %v", got, err)
	}
	refused := map[string]struct{ region, key, secret, token, want string }{
		"unknown key":   {"us-east-1", "NOBODY", aliceSecret, "", "403 UnrecognizedClientException: The security token included in the request is invalid."},
		"wrong secret":  {"us-east-1", aliceKey, "another secret of the same kind", "", "403 InvalidSignatureException: The request signature we calculated does not match"},
		"wrong token":   {"us-east-1", "TEMPORARY", aliceSecret, "other", "403 UnrecognizedClientException: The security token included in the request is invalid."},
		"disabled":      {"us-east-1", "GONE", aliceSecret, "", "401 UnauthorizedException: The request is denied because the caller has insufficient permissions."},
		"not its owner": {"us-east-1", "GONE", aliceSecret + "x", "", "403 InvalidSignatureException: The request signature we calculated does not match"},
		"no region":     {"EU-west", aliceKey, aliceSecret, "", "403 InvalidSignatureException: Credential should be scoped to a valid region. "},
	}
	for name, tt := range refused {
		t.Run(name, func(t *testing.T) {
			_, err := signedClient(url, tt.region, tt.key, tt.secret, tt.token).GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String("x")})
			if got := problem(err); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestOtherSignatures: requests that no SDK would make.
func TestOtherSignatures(t *testing.T) {
	url := credentialServer(t, credentialText())
	const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	credential := aws.Credentials{AccessKeyID: aliceKey, SecretAccessKey: aliceSecret}
	sign := func(service string, at time.Time) func(*http.Request) {
		return func(r *http.Request) {
			if err := v4.NewSigner().SignHTTP(context.Background(), credential, r, emptyHash, service, "us-east-1", at); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		change func(*http.Request)
		status int
		typ    string
		text   string
	}{
		"unsigned":      {func(*http.Request) {}, 403, "MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`},
		"signed":        {sign("apigateway", time.Now()), 200, "", `"id":"x"`},
		"other service": {sign("execute-api", time.Now()), 403, "InvalidSignatureException", `{"message":"Credential should be scoped to correct service: 'apigateway'. "}`},
		"old":           {sign("apigateway", time.Now().Add(-6*time.Minute)), 403, "InvalidSignatureException", `{"message":"Signature expired: `},
		"future":        {sign("apigateway", time.Now().Add(6*time.Minute)), 403, "InvalidSignatureException", `{"message":"Signature not yet current: `},
		"bearer":        {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 403, "IncompleteSignatureException", `{"message":"Invalid key=value pair (missing equal-sign)`},
		"another path": {func(r *http.Request) {
			sign("apigateway", time.Now())(r)
			r.URL.Path = "/restapis/y"
		}, 403, "InvalidSignatureException", `{"message":"The request signature we calculated does not match`},
		"presigned": {func(r *http.Request) {
			r.URL.RawQuery = "X-Amz-Expires=60"
			target, _, err := v4.NewSigner().PresignHTTP(context.Background(), credential, r, emptyHash, "apigateway", "us-east-1", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			r.URL, _ = r.URL.Parse(target)
		}, 200, "", `"id":"x"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest("GET", url+"/restapis/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			tt.change(r)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got := resp.Header.Get("x-amzn-ErrorType"); resp.StatusCode != tt.status || got != tt.typ || !strings.Contains(string(body), tt.text) {
				t.Errorf("got %d %s %s, want %d %s %s", resp.StatusCode, got, body, tt.status, tt.typ, tt.text)
			}
		})
	}
}

// TestCallerPolicies: the caller's policy decides about each call.
func TestCallerPolicies(t *testing.T) {
	ctx := context.Background()
	get := func(policy, id string) error {
		url := credentialServer(t, credentialText("  principal: arn:aws:iam::111122223333:user/team/alice", "  policy: '"+policy+"'"))
		_, err := signedClient(url, "eu-west-1", aliceKey, aliceSecret, "").GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: &id})
		return err
	}
	const who = "403 AccessDeniedException: User: arn:aws:iam::111122223333:user/team/alice is not authorized to perform: apigateway:GET on resource: arn:aws:apigateway:eu-west-1::/restapis/"
	document := func(statements string) string { return `{"Version": "2012-10-17", "Statement": [` + statements + `]}` }
	tests := map[string]struct{ policy, id, want string }{
		"allowed":        {document(`{"Effect": "Allow", "Action": "apigateway:GET", "Resource": "arn:aws:apigateway:*::/restapis/*"}`), "x", ""},
		"nothing":        {document(``), "x", who + "x because no identity-based policy allows the apigateway:GET action"},
		"other method":   {document(`{"Effect": "Allow", "Action": "apigateway:P*", "Resource": "*"}`), "x", who + "x because no identity-based policy allows the apigateway:GET action"},
		"other API":      {document(`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:apigateway:*::/restapis/y"}`), "x", who + "x because no identity-based policy allows the apigateway:GET action"},
		"other region":   {document(`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:apigateway:us-east-1::*"}`), "x", who + "x because no identity-based policy allows the apigateway:GET action"},
		"denied":         {document(`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "apigateway:*", "Resource": "arn:aws:apigateway:*::/restapis/x"}`), "x", who + "x with an explicit deny in an identity-based policy"},
		"own name":       {document(`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:apigateway:*::/restapis/${aws:username}-*"}`), "alice-1", ""},
		"another's name": {document(`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:apigateway:*::/restapis/${aws:username}-*"}`), "bob-1", who + "bob-1 because no identity-based policy allows the apigateway:GET action"},
		"conditions": {document(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1", "aws:PrincipalAccount": "111122223333",
			"aws:PrincipalType": "User"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/team/*"}, "DateGreaterThan": {"aws:CurrentTime": "2020-01-01", "aws:EpochTime": "2020-01-01T00:00:00Z"}}}`), "x", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := get(strings.ReplaceAll(tt.policy, "\n", " "), tt.id)
			if tt.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if got := problem(err); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestTagPolicies: to tag a resource needs PUT on its tags, named by the
// escaped ARN, and PATCH on the resource.
func TestTagPolicies(t *testing.T) {
	const (
		api  = "arn:aws:apigateway:eu-west-1::/restapis/x"
		tags = "arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Frestapis%2Fx"
		who  = "403 AccessDeniedException: User: arn:aws:iam::111122223333:user/AKIAALICE is not authorized to perform: "
	)
	allow := func(action, resource string) string {
		return `{"Effect": "Allow", "Action": "apigateway:` + action + `", "Resource": "` + resource + `"}`
	}
	denyTags := `, {"Effect": "Deny", "Action": "apigateway:PUT", "Resource": "` + tags + `"}`
	tests := map[string]struct{ statements, arn, tag, untag string }{
		"both":              {allow("PUT", tags) + ", " + allow("PATCH", api), api, "", who + "apigateway:DELETE on resource: " + tags + " because no identity-based policy allows the apigateway:DELETE action"},
		"no tags":           {allow("PATCH", "*"), api, who + "apigateway:PUT on resource: " + tags + " because no identity-based policy allows the apigateway:PUT action", "-"},
		"no resource":       {allow("PUT", "*"), api, who + "apigateway:PATCH on resource: " + api + " because no identity-based policy allows the apigateway:PATCH action", "-"},
		"other resource":    {allow("PUT", "*") + ", " + allow("PATCH", api+"/*"), api, who + "apigateway:PATCH on resource: " + api + " because no identity-based policy allows the apigateway:PATCH action", "-"},
		"unescaped":         {allow("*", "arn:aws:apigateway:*::/tags/arn:aws:*"), api, who + "apigateway:PUT on resource: " + tags + " because no identity-based policy allows the apigateway:PUT action", "-"},
		"denied":            {allow("*", "*") + denyTags, api, who + "apigateway:PUT on resource: " + tags + " with an explicit deny in an identity-based policy", ""},
		"with an account":   {allow("*", "*") + denyTags, "arn:aws:apigateway:eu-west-1:111122223333:/restapis/x", who + "apigateway:PUT on resource: " + tags + " with an explicit deny in an identity-based policy", ""},
		"another partition": {allow("*", "*") + denyTags, "arn:aws-cn:apigateway:eu-west-1::/restapis/x", who + "apigateway:PUT on resource: " + tags + " with an explicit deny in an identity-based policy", ""},
		"untag alone":       {allow("DELETE", tags), api, "-", ""},
		"no ARN at all":     {allow("*", "*") + denyTags, "x/y", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			url := credentialServer(t, credentialText(`  policy: '{"Version": "2012-10-17", "Statement": [`+tt.statements+`]}'`))
			alice := signedClient(url, "eu-west-1", aliceKey, aliceSecret, "")
			check := func(op, want string, err error) {
				got := ""
				if err != nil {
					got = problem(err)
				}
				if want != "-" && got != want {
					t.Errorf("%s: got\n%s\nwant\n%s", op, got, want)
				}
			}
			_, err := alice.TagResource(t.Context(), &apigateway.TagResourceInput{ResourceArn: &tt.arn, Tags: map[string]string{"a": "b"}})
			check("TagResource", tt.tag, err)
			_, err = alice.UntagResource(t.Context(), &apigateway.UntagResourceInput{ResourceArn: &tt.arn, TagKeys: []string{"a"}})
			check("UntagResource", tt.untag, err)
		})
	}
}
