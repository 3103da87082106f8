package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	typesv2 "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// sdkV2 is the Go SDK of apigatewayv2 at a server.
func sdkV2(url string) *apigatewayv2.Client {
	return apigatewayv2.New(apigatewayv2.Options{BaseEndpoint: &url, Region: "us-east-1", RetryMaxAttempts: 1, Credentials: aws.AnonymousCredentials{}})
}

// routingMode changes what a domain name asks.
func routingMode(t *testing.T, c *apigateway.Client, name, mode string) {
	t.Helper()
	if _, err := c.UpdateDomainName(t.Context(), &apigateway.UpdateDomainNameInput{DomainName: &name, PatchOperations: []types.PatchOperation{
		{Op: "replace", Path: aws.String("/routingMode"), Value: &mode},
	}}); err != nil {
		t.Fatal(err)
	}
}

// A ruleOf is a routing rule to be made.
type ruleOf struct {
	priority   int32
	api        string
	header     string // with a glob behind =
	second     string // as header
	base       string
	stripsBase bool
}

func (r ruleOf) create(t *testing.T, c *apigatewayv2.Client, name string) string {
	t.Helper()
	in := &apigatewayv2.CreateRoutingRuleInput{DomainName: &name, Priority: &r.priority, Conditions: []typesv2.RoutingRuleCondition{}, Actions: []typesv2.RoutingRuleAction{
		{InvokeApi: &typesv2.RoutingRuleActionInvokeApi{ApiId: &r.api, Stage: aws.String("prod"), StripBasePath: &r.stripsBase}},
	}}
	for _, text := range []string{r.header, r.second} {
		header, glob, ok := strings.Cut(text, "=")
		if !ok {
			continue
		}
		in.Conditions = append(in.Conditions, typesv2.RoutingRuleCondition{MatchHeaders: &typesv2.RoutingRuleMatchHeaders{AnyOf: []typesv2.RoutingRuleMatchHeaderValue{{Header: &header, ValueGlob: &glob}}}})
	}
	if r.base != "" {
		in.Conditions = append(in.Conditions, typesv2.RoutingRuleCondition{MatchBasePaths: &typesv2.RoutingRuleMatchBasePaths{AnyOf: []string{r.base}}})
	}
	out, err := c.CreateRoutingRule(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.RoutingRuleId
}

// TestRoutingRules leads requests by rules: at once after each call that changes them,
// after the server was killed, and beside mappings of several levels.
func TestRoutingRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, c, url := launchWith(t, dir, "data-dir: data\n")
	expect := func(target, header, want string) {
		t.Helper()
		if got := askRaw(t, strings.TrimPrefix(url, "http://"), "GET "+target+" HTTP/1.1\r\nHost: api.example.com\r\n"+header+"\r\n"); got != want {
			t.Errorf("%s %s: got %s, want %s", target, header, got, want)
		}
	}
	const name, forbidden, beta = "api.example.com", `403 {"message":"Forbidden"}`, "X-Version: beta-7\r\n"
	namedAPI(t, c, "shop", "")
	namedAPI(t, c, "other", "")
	domainName(t, c, name, "")
	v2 := sdkV2(url)
	if _, err := v2.CreateApiMapping(t.Context(), &apigatewayv2.CreateApiMappingInput{DomainName: aws.String(name), ApiId: aws.String("shop"), Stage: aws.String("prod"), ApiMappingKey: aws.String("orders/v1")}); err != nil {
		t.Fatal(err)
	}
	expect("/orders/v1/x", beta, "200 shop /orders/v1/x /{proxy+} api.example.com")
	routingMode(t, c, name, "ROUTING_RULE_THEN_BASE_PATH_MAPPING")
	id := ruleOf{priority: 10, api: "other", header: "x-version=beta*", base: "orders", stripsBase: true}.create(t, v2, name)
	expect("/orders/v1/x", beta, "200 other /orders/v1/x /{proxy+} api.example.com")
	expect("/orders", beta, "200 other /orders / api.example.com")
	expect("/orders/v1/x", "", "200 shop /orders/v1/x /{proxy+} api.example.com")
	expect("/else", beta, forbidden)
	routingMode(t, c, name, "ROUTING_RULE_ONLY")
	expect("/orders/v1/x", "", forbidden)
	if r, err := fetchReport(t.Context(), http.DefaultClient, url); err != nil || len(r.Findings) != 1 || r.Findings[0].Text != "the base path mapping api.example.com/orders/v1 has no effect: the routing mode of the domain name is ROUTING_RULE_ONLY" {
		t.Errorf("the doctor says %+v, %v", r, err)
	}

	p.kill()
	p, c, url = launchWith(t, dir, "data-dir: data\n")
	v2 = sdkV2(url)
	expect("/orders/v1/x", beta, "200 other /orders/v1/x /{proxy+} api.example.com")
	ruleOf{priority: 5, api: "shop"}.create(t, v2, name)
	expect("/orders/v1/x", beta, "200 shop /orders/v1/x /{proxy+} api.example.com")
	routingMode(t, c, name, "BASE_PATH_MAPPING_ONLY")
	expect("/orders/v1/x", beta, "200 shop /orders/v1/x /{proxy+} api.example.com")
	if r, err := fetchReport(t.Context(), http.DefaultClient, url); err != nil || len(r.Findings) != 2 || !strings.HasPrefix(r.Findings[0].Text, "the routing rule ") || !strings.HasSuffix(r.Findings[0].Text, " has no effect: the routing mode of the domain name is BASE_PATH_MAPPING_ONLY") {
		t.Errorf("the doctor says %+v, %v", r, err)
	}
	if _, err := v2.DeleteRoutingRule(t.Context(), &apigatewayv2.DeleteRoutingRuleInput{DomainName: aws.String(name), RoutingRuleId: &id}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteDomainName(t.Context(), &apigateway.DeleteDomainNameInput{DomainName: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	p.kill()
}
