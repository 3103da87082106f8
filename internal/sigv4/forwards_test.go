package sigv4

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestForwards: a Verifier of requests that go on to another server takes any service and
// what only the server behind can check of a body, S3's path in its one encoding, and
// presigned URLs of S3, which sign no body.
func TestForwards(t *testing.T) {
	const chunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	tests := map[string]struct {
		service, path, hash string
		presigned           bool
		tamper              func(*http.Request)
		payload             string // that the claim tells, "" where it has to see the body
		reason              Reason
	}{
		"JSON":                       {service: "dynamodb", path: "/"},
		"a hash":                     {service: "sqs", path: "/", hash: EmptyBody, payload: EmptyBody},
		"a path of S3":               {service: "s3", path: "/bucket/a%20b%2Fc/%C3%A9//d", hash: EmptyBody, payload: EmptyBody},
		"S3, unsigned":               {service: "s3", path: "/bucket/key", hash: unsignedPayload, payload: unsignedPayload},
		"S3, in chunks":              {service: "s3", path: "/bucket/key", hash: chunks, payload: chunks},
		"S3, in chunks, another key": {service: "s3", path: "/bucket/key", hash: chunks, tamper: func(r *http.Request) { r.URL.Path = "/bucket/other" }, reason: WrongSignature},
		"S3, presigned":              {service: "s3", path: "/bucket/a%20key", hash: unsignedPayload, presigned: true, payload: unsignedPayload},
		"presigned, another key":     {service: "s3", path: "/bucket/key", hash: unsignedPayload, presigned: true, tamper: func(r *http.Request) { r.URL.Path = "/bucket/other" }, reason: WrongSignature},
	}
	credential := Credential{SecretAccessKey: testSecret}
	options := testOptions("", credential)
	options.Forwards = true
	v := NewVerifier(options)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = tt.service == "s3" })
			req, _ := http.NewRequest("PUT", "http://h"+tt.path, nil)
			key, hash := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}, tt.hash
			if hash == "" {
				hash = EmptyBody
			}
			if tt.presigned {
				q := req.URL.Query()
				q.Set("X-Amz-Expires", "60")
				req.URL.RawQuery = q.Encode()
				uri, _, err := signer.PresignHTTP(context.Background(), key, req, hash, tt.service, testRegion, testTime)
				if err != nil {
					t.Fatal(err)
				}
				req, _ = http.NewRequest("PUT", uri, nil)
			} else {
				if tt.hash != "" {
					req.Header.Set("X-Amz-Content-Sha256", tt.hash)
				}
				if err := signer.SignHTTP(context.Background(), key, req, hash, tt.service, testRegion, testTime.Add(time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			if tt.tamper != nil {
				tt.tamper(req)
			}
			c, err := v.Claim(&Request{Method: "PUT", Path: req.URL.EscapedPath(), Query: req.URL.RawQuery, Host: "h", Header: func(yield func(string, string) bool) {
				for name, lines := range req.Header {
					if !yield(name, strings.Join(lines, ",")) {
						return
					}
				}
			}})
			if reasonOf(err) != tt.reason {
				t.Fatalf("got %v, want reason %d", err, tt.reason)
			}
			if err != nil {
				return
			}
			if c.Payload() != tt.payload {
				t.Errorf("payload %q, want %q", c.Payload(), tt.payload)
			}
			if scope, err := c.Verify(nil); err != nil || scope.Service != tt.service {
				t.Errorf("%+v, %v", scope, err)
			}
		})
	}
}
