package wire

import (
	"context"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// newSDK returns AWS's own client for a server.
func newSDK(url string) *apigateway.Client {
	return apigateway.New(apigateway.Options{
		BaseEndpoint:     aws.String(url),
		Region:           "us-east-1",
		RetryMaxAttempts: 1,
		HTTPClient:       sdktest.NewClient(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// Every operation of AWS's SDK, called with every member set, arrives at its
// handler with those members, and the SDK reads every member of the answer.
func TestSDKRoundTrip(t *testing.T) {
	var rec recording
	srv := httptest.NewServer(newTestServer(t, testOptions(recordAll(&rec))))
	defer srv.Close()
	roundTrip(t, newSDK(srv.URL), Operations(), &rec)
}

// roundTrip calls operations through an SDK of a server whose handlers note in rec.
func roundTrip(t *testing.T, sdk any, ops []Operation, rec *recording) {
	client := reflect.ValueOf(sdk)
	for _, op := range ops {
		t.Run(op.Name, func(t *testing.T) {
			*rec = recording{}
			call := client.MethodByName(op.Name)
			if !call.IsValid() {
				t.Fatal("the SDK has no such operation")
			}
			in := reflect.New(call.Type().In(1).Elem())
			fill(in.Elem(), "")
			results := call.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
			if err := results[1].Interface(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(canon(in), canon(reflect.ValueOf(rec.in))); diff != "" {
				t.Errorf("input, sent (-) and bound (+):\n%s", diff)
			}
			answered := canon(reflect.ValueOf(rec.out))
			if op.Name == "GetSdkTypes" {
				delete(answered.(map[string]any), "position") // this SDK does not have it
			}
			if diff := cmp.Diff(answered, canon(results[0])); diff != "" {
				t.Errorf("output, answered (-) and decoded (+):\n%s", diff)
			}
		})
	}
}

// canon turns a value into plain maps, lists and scalars by lower-case field
// names, the same for our shapes and the SDK's.
func canon(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return canon(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.Unix()
		}
		m := make(map[string]any)
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Name == "ResultMetadata" {
				continue
			}
			if x := canon(v.Field(i)); x != nil {
				m[strings.ToLower(f.Name)] = x
			}
		}
		return m
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		if b, ok := v.Interface().([]byte); ok {
			return string(b)
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = canon(v.Index(i))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := make(map[string]any)
		for _, key := range v.MapKeys() {
			m[key.String()] = canon(v.MapIndex(key))
		}
		return m
	case reflect.String:
		if at, err := time.Parse(time.RFC3339, v.String()); err == nil && v.Type() == reflect.TypeFor[DateTime]() {
			return at.Unix()
		}
		return v.String()
	case reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Float64:
		return v.Float()
	}
	return v.Interface()
}
