package iam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	account = "111122223333"
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	logging = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*"],"Resource":"arn:aws:logs:*:*:* +%/é"}]}`
	basic   = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
)

var ctx = context.Background()

// A rig is the service on a store of its own, with AWS's client of it.
type rig struct {
	*iam.Client
	store   *store.Store
	handler http.Handler

	partition string // of the caller
}

func newRig(t testing.TB) *rig {
	t.Helper()
	st, err := store.Open(ctx, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	r := &rig{store: st, partition: "aws"}
	host := &operation.Host{
		Authenticate: func(string) func(*http.Request, string) (wire.Identify, error) {
			return func(*http.Request, string) (wire.Identify, error) {
				return func([]byte) (*wire.Caller, error) {
					return &wire.Caller{Account: account, Region: "us-east-1", Principal: "arn:" + r.partition + ":iam::" + account + ":user/alice"}, nil
				}, nil
			}
		},
		Trail: wire.Trail{Log: slog.New(slog.DiscardHandler)}, Bodies: httpmsg.NewBudget(8 << 20),
	}
	r.handler = New(records.New(records.Options{Store: st}), func(_, name string) bool { return name == "OfFile" }).Start(host)
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	r.Client = iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, HTTPClient: sdktest.NewClient(), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("ALICE", "secret", ""),
	})
	return r
}

// problem is what a client is told of an error: status, code and message.
func problem(err error) string {
	var e smithy.APIError
	var resp *awshttp.ResponseError
	if !errors.As(err, &e) || !errors.As(err, &resp) {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%d %s: %s", resp.HTTPStatusCode(), e.ErrorCode(), e.ErrorMessage())
}

// must is the answer of a call that works.
func must[T any](out T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(problem(err))
		}
		return out
	}
}

// wants compares the error of a call.
func wants(t *testing.T, err error, want string) {
	t.Helper()
	if got := problem(err); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// unescaped is a document as Terraform reads it, and the other SDKs: both must come to the
// same.
func unescaped(t *testing.T, document *string) string {
	t.Helper()
	byQuery, err := url.QueryUnescape(aws.ToString(document))
	if byPath, _ := url.PathUnescape(aws.ToString(document)); err != nil || byPath != byQuery {
		t.Errorf("%s is read as %s and as %s", aws.ToString(document), byQuery, byPath)
	}
	return byQuery
}
