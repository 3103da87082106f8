package wire

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/smithy-go"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// newSDKV2 returns AWS's own client of the second service for a server.
func newSDKV2(url string) *apigatewayv2.Client {
	return apigatewayv2.New(apigatewayv2.Options{
		BaseEndpoint:     aws.String(url),
		Region:           "us-east-1",
		RetryMaxAttempts: 1,
		HTTPClient:       sdktest.NewClient(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// The operations of the second service go over the wire as those of the first do.
func TestSDKRoundTripV2(t *testing.T) {
	var rec recording
	options := testOptions(nil)
	options.HandlersV2 = recordEach(&rec, recordersV2)
	srv := httptest.NewServer(newTestServer(t, options))
	defer srv.Close()
	roundTrip(t, newSDKV2(srv.URL), OperationsV2(), &rec)
}

// The SDK reads the errors of the second service, also of what the server does not
// have of it.
func TestSDKErrorsV2(t *testing.T) {
	var rec recording
	options := testOptions(nil)
	options.HandlersV2 = recordEach(&rec, recordersV2)
	srv := httptest.NewServer(newTestServer(t, options))
	defer srv.Close()
	sdk := newSDKV2(srv.URL)

	rec.err = NotFound("Invalid API mapping identifier specified")
	_, err := sdk.GetApiMapping(t.Context(), &apigatewayv2.GetApiMappingInput{ApiMappingId: aws.String("a"), DomainName: aws.String("b")})
	if missing, ok := errors.AsType[*types.NotFoundException](err); !ok || missing.ErrorMessage() != "Invalid API mapping identifier specified" {
		t.Errorf("got %v", err)
	}
	_, err = sdk.CreateApi(t.Context(), &apigatewayv2.CreateApiInput{Name: aws.String("a"), ProtocolType: types.ProtocolTypeHttp})
	if unknown, ok := errors.AsType[smithy.APIError](err); !ok || unknown.ErrorCode() != "NotImplementedException" || unknown.ErrorMessage() != "The operation CreateApi is not implemented." {
		t.Errorf("got %v", err)
	}
}

// What a rule lacks is said by its place, as in the model.
func TestRequiredInLists(t *testing.T) {
	options := testOptions(nil)
	options.HandlersV2 = recordEach(new(recording), recordersV2)
	s := newTestServer(t, options)
	for body, want := range map[string]string{
		`{"priority":0,"conditions":[],"actions":[]}`: "",
		`{}`: "3 validation errors detected: Value null at 'createRoutingRuleInput.actions' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'createRoutingRuleInput.conditions' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'createRoutingRuleInput.priority' failed to satisfy constraint: Member must not be null",
		`{"priority":1,"conditions":[{"matchHeaders":{"anyOf":[{"header":"a"}]}},{"matchBasePaths":{}}],"actions":[{},{"invokeApi":{"stage":"b"}}]}`: "4 validation errors detected: " +
			"Value null at 'createRoutingRuleInput.actions.1.member.invokeApi' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'createRoutingRuleInput.actions.2.member.invokeApi.apiId' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'createRoutingRuleInput.conditions.1.member.matchHeaders.anyOf.1.member.valueGlob' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'createRoutingRuleInput.conditions.2.member.matchBasePaths.anyOf' failed to satisfy constraint: Member must not be null",
	} {
		r := send(s, "POST", "/v2/domainnames/a/routingrules", body)
		got := readAll(t, r)
		if want == "" && r.StatusCode != 201 || want != "" && got != `{"message":"`+want+`"}` {
			t.Errorf("%s: %d %s", body, r.StatusCode, got)
		}
	}
}
