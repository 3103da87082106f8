package control_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Whoever calls an open control plane is taken for somebody: for the account
// and the region that the server has, but for what a signature's scope says.
func TestOpenAuthenticator(t *testing.T) {
	const signed = "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host, Signature=0"
	tests := map[string]struct {
		authorization, query string
		account, region, key string
	}{
		"nobody":               {account: testAccount, region: testRegion},
		"a key":                {authorization: "AKIAEXAMPLE/20260101/eu-west-1/apigateway/aws4_request", account: testAccount, region: "eu-west-1", key: "AKIAEXAMPLE"},
		"a key of 12 digits":   {authorization: "123456789012/20260101/us-east-1/apigateway/aws4_request", account: "123456789012", region: testRegion, key: "123456789012"},
		"a key of 13 digits":   {authorization: "1234567890123/20260101/us-east-1/apigateway/aws4_request", account: testAccount, region: testRegion, key: "1234567890123"},
		"a presigned URL":      {query: "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=123456789012%2F20260101%2Fap-south-1%2Fapigateway%2Faws4_request&X-Amz-Signature=0", account: "123456789012", region: "ap-south-1", key: "123456789012"},
		"the header counts":    {authorization: "A/1/eu-west-1/apigateway/aws4_request", query: "X-Amz-Credential=B%2F1%2Feu-west-2%2Fapigateway%2Faws4_request", account: testAccount, region: "eu-west-1", key: "A"},
		"no region":            {authorization: "A/1//apigateway/aws4_request", account: testAccount, region: testRegion, key: "A"},
		"a region that is not": {authorization: "A/1/MARS/apigateway/aws4_request", account: testAccount, region: testRegion, key: "A"},
		"half a scope":         {authorization: "123456789012/20260101", account: testAccount, region: testRegion},
		"no scope":             {authorization: "", query: "X-Amz-Credential=", account: testAccount, region: testRegion},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/restapis?"+tt.query, nil)
			if tt.authorization != "" {
				r.Header.Set("Authorization", fmt.Sprintf(signed, tt.authorization))
			}
			r.Header.Set("User-Agent", "curl")
			who := openCaller(t, r)
			if who.Account != tt.account || who.Region != tt.region || who.AccessKey != tt.key || who.Principal != "arn:aws:iam::"+tt.account+":root" || who.UserAgent != "curl" {
				t.Errorf("got %+v", who)
			}
		})
	}
}

// openCaller is who a server that asks for no credentials takes for a request's
// sender.
func openCaller(t *testing.T, r *http.Request) *wire.Caller {
	t.Helper()
	identify, err := control.OpenAuthenticator(testAccount, testRegion)(r, "GetRestApis")
	if err != nil {
		t.Fatal(err)
	}
	return must(identify(nil))(t)
}

// Other schemes, and signatures of which only the scope is there, as people
// write by hand, are no reason to refuse anybody.
func TestOpenAuthenticatorTakesAll(t *testing.T) {
	for authorization, account := range map[string]string{
		"AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/apigateway/aws4_request": "123456789012",
		"Bearer 123456789012/1/us-east-1/apigateway/aws4_request":                             testAccount,
		"AWS4-HMAC-SHA256 nonsense": testAccount,
	} {
		r := httptest.NewRequest("GET", "/restapis", nil)
		r.Header.Set("Authorization", authorization)
		if who := openCaller(t, r); who.Account != account {
			t.Errorf("%s: got %+v, want account %s", authorization, who, account)
		}
	}
}

// A role must be of the caller's account, where that is known: the account of
// callers of whom nothing is known has no roles.
func TestRoleOfAnotherAccount(t *testing.T) {
	const stranger, real, other = "AKIAEXAMPLE", "123456789012", "111111111111"
	tests := map[string]struct {
		account string // of callers that name none
		key     string
		role    string // its account
		refused bool
	}{
		"nothing is known":                    {testAccount, stranger, other, false},
		"the key is an account":               {testAccount, real, other, true},
		"the key is the role's account":       {testAccount, real, real, false},
		"the server has an account":           {real, stranger, other, true},
		"the server has the role's account":   {real, stranger, real, false},
		"the key's account before the server": {other, real, other, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := fixtureOn(t, clientFor(newServerOf(t, tt.account).URL, tt.key))
			role := "arn:aws:iam::" + tt.role + ":role/r"
			_, err := f.PutIntegration(ctx(), &apigateway.PutIntegrationInput{
				RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeAws, IntegrationHttpMethod: aws.String("GET"),
				Uri: aws.String("arn:aws:apigateway:us-east-1:s3:path/b/k"), Credentials: &role,
			})
			if tt.refused {
				wantError(t, err, "AccessDenied", "Cross-account pass role is not allowed.")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
