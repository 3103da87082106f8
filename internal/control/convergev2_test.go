package control_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// clientV2 is the Go SDK of the second service.
func clientV2(url string) *apigatewayv2.Client {
	return apigatewayv2.New(apigatewayv2.Options{
		Region: testRegion, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", ""),
		Retryer: aws.NopRetryer{}, HTTPClient: sdktest.NewClient(),
	})
}

const regionalName = "api.example.com"

// withRegionalDomain is a control plane with an API that has the stages dev and prod,
// and a regional domain name.
func withRegionalDomain(t *testing.T, o control.Options) (*fixture, *apigatewayv2.Client) {
	t.Helper()
	url := newServerWith(t, testAccount, o).URL
	f := fixtureOn(t, clientFor(url, "AKIAEXAMPLE"))
	f.mock(t, f.pets, "GET")
	for _, stage := range []string{"dev", "prod"} {
		if _, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: &stage}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.CreateDomainName(ctx(), &apigateway.CreateDomainNameInput{
		DomainName: aws.String(regionalName), RegionalCertificateArn: aws.String(acm + "a"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}},
	}); err != nil {
		t.Fatal(err)
	}
	return f, clientV2(url)
}

// Of a mapping the provider updates what has changed, and always sends the API.
func TestConvergeAPIMapping(t *testing.T) {
	t.Parallel()
	f, c := withRegionalDomain(t, control.Options{})
	type settings struct{ key, stage string }
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(label string) settings {
			return settings{rapid.SampledFrom([]string{"", "orders", "orders/v1", "a/b/c"}).Draw(rt, label+" key"), rapid.SampledFrom([]string{"dev", "prod"}).Draw(rt, label+" stage")}
		}
		from, to := draw("from"), draw("to")
		in := &apigatewayv2.CreateApiMappingInput{DomainName: aws.String(regionalName), ApiId: &f.api, Stage: &from.stage}
		if from.key != "" {
			in.ApiMappingKey = &from.key
		}
		made, err := c.CreateApiMapping(ctx(), in)
		if err != nil {
			rt.Fatal(err)
		}
		id := made.ApiMappingId
		expect := func(want settings) {
			rt.Helper()
			got, err := c.GetApiMapping(ctx(), &apigatewayv2.GetApiMappingInput{DomainName: in.DomainName, ApiMappingId: id})
			if err != nil || *got.ApiMappingKey != want.key || *got.Stage != want.stage || *got.ApiId != f.api || *got.ApiMappingId != *id {
				rt.Fatalf("got %+v, %v, want %v", got, err, want)
			}
		}
		expect(from)
		change := &apigatewayv2.UpdateApiMappingInput{DomainName: in.DomainName, ApiMappingId: id, ApiId: &f.api}
		if to.key != from.key {
			change.ApiMappingKey = &to.key
		}
		if to.stage != from.stage {
			change.Stage = &to.stage
		}
		if _, err := c.UpdateApiMapping(ctx(), change); err != nil {
			rt.Fatal(err)
		}
		expect(to)
		gone := &apigatewayv2.DeleteApiMappingInput{DomainName: in.DomainName, ApiMappingId: id}
		if _, err := c.DeleteApiMapping(ctx(), gone); err != nil {
			rt.Fatal(err)
		}
		if _, err := c.DeleteApiMapping(ctx(), gone); err == nil {
			rt.Fatal("it goes twice")
		}
	})
}
