package control_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	typesv2 "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
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

// A rule is read as the provider sent it, and replaced whole.
func TestConvergeRoutingRule(t *testing.T) {
	t.Parallel()
	f, c := withRegionalDomain(t, control.Options{})
	mode := func(value string) {
		t.Helper()
		if _, err := f.UpdateDomainName(ctx(), &apigateway.UpdateDomainNameInput{DomainName: aws.String(regionalName), PatchOperations: patch("replace", "/routingMode", value)}); err != nil {
			t.Fatal(err)
		}
	}
	mode("ROUTING_RULE_THEN_BASE_PATH_MAPPING")
	header := func(rt *rapid.T, label string) typesv2.RoutingRuleCondition {
		return typesv2.RoutingRuleCondition{MatchHeaders: &typesv2.RoutingRuleMatchHeaders{AnyOf: []typesv2.RoutingRuleMatchHeaderValue{{
			Header: aws.String(rapid.SampledFrom([]string{"Hello", "x-version", "Host"}).Draw(rt, label+" header")), ValueGlob: aws.String(rapid.SampledFrom([]string{"*", "a*", "*a", "*a/b=c*", "World"}).Draw(rt, label+" glob")),
		}}}}
	}
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(label string) *apigatewayv2.PutRoutingRuleInput {
			in := &apigatewayv2.PutRoutingRuleInput{DomainName: aws.String(regionalName), Priority: aws.Int32(rapid.Int32Range(1, 1_000_000).Draw(rt, label+" priority")), Conditions: []typesv2.RoutingRuleCondition{}}
			for range rapid.IntRange(0, 2).Draw(rt, label+" headers") {
				in.Conditions = append(in.Conditions, header(rt, label))
			}
			if path := rapid.SampledFrom([]string{"", "orders", "orders/v1"}).Draw(rt, label+" path"); path != "" {
				in.Conditions = append(in.Conditions, typesv2.RoutingRuleCondition{MatchBasePaths: &typesv2.RoutingRuleMatchBasePaths{AnyOf: []string{path}}})
			}
			in.Actions = []typesv2.RoutingRuleAction{{InvokeApi: &typesv2.RoutingRuleActionInvokeApi{
				ApiId: &f.api, Stage: aws.String(rapid.SampledFrom([]string{"dev", "prod"}).Draw(rt, label+" stage")), StripBasePath: aws.Bool(rapid.Bool().Draw(rt, label+" strip")),
			}}}
			return in
		}
		from, to := draw("from"), draw("to")
		made, err := c.CreateRoutingRule(ctx(), &apigatewayv2.CreateRoutingRuleInput{DomainName: from.DomainName, Priority: from.Priority, Conditions: from.Conditions, Actions: from.Actions})
		if err != nil {
			rt.Fatal(err)
		}
		expect := func(want *apigatewayv2.PutRoutingRuleInput) {
			rt.Helper()
			got, err := c.GetRoutingRule(ctx(), &apigatewayv2.GetRoutingRuleInput{DomainName: want.DomainName, RoutingRuleId: made.RoutingRuleId})
			if err != nil || *got.Priority != *want.Priority || !reflect.DeepEqual(got.Conditions, want.Conditions) || !reflect.DeepEqual(got.Actions, want.Actions) || *got.RoutingRuleArn != *made.RoutingRuleArn {
				rt.Fatalf("got %+v, %v, want %+v", got, err, want)
			}
		}
		expect(from)
		to.RoutingRuleId = made.RoutingRuleId
		if _, err := c.PutRoutingRule(ctx(), to); err != nil {
			rt.Fatal(err)
		}
		expect(to)
		mode("BASE_PATH_MAPPING_ONLY") // under which it stays
		expect(to)
		mode("ROUTING_RULE_ONLY")
		gone := &apigatewayv2.DeleteRoutingRuleInput{DomainName: to.DomainName, RoutingRuleId: to.RoutingRuleId}
		if _, err := c.DeleteRoutingRule(ctx(), gone); err != nil {
			rt.Fatal(err)
		}
		if _, err := c.DeleteRoutingRule(ctx(), gone); err == nil {
			rt.Fatal("it goes twice")
		}
	})
}
