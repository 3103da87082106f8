package control_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	typesv2 "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/gatehouse-gw/gatehouse/internal/control"
)

// withRules is withRegionalDomain under a routing mode that asks rules.
func withRules(t *testing.T, o control.Options) (create func(priority int32, conditions ...typesv2.RoutingRuleCondition) error, c *apigatewayv2.Client) {
	t.Helper()
	f, c := withRegionalDomain(t, o)
	if _, err := f.UpdateDomainName(ctx(), &apigateway.UpdateDomainNameInput{DomainName: aws.String(regionalName), PatchOperations: patch("replace", "/routingMode", "ROUTING_RULE_ONLY")}); err != nil {
		t.Fatal(err)
	}
	return func(priority int32, conditions ...typesv2.RoutingRuleCondition) error {
		_, err := c.CreateRoutingRule(ctx(), &apigatewayv2.CreateRoutingRuleInput{
			DomainName: aws.String(regionalName), Priority: &priority, Conditions: append([]typesv2.RoutingRuleCondition{}, conditions...),
			Actions: []typesv2.RoutingRuleAction{{InvokeApi: &typesv2.RoutingRuleActionInvokeApi{ApiId: &f.api, Stage: aws.String("dev")}}},
		})
		return err
	}, c
}

func headerIs(header, glob string) typesv2.RoutingRuleCondition {
	return typesv2.RoutingRuleCondition{MatchHeaders: &typesv2.RoutingRuleMatchHeaders{AnyOf: []typesv2.RoutingRuleMatchHeaderValue{{Header: &header, ValueGlob: &glob}}}}
}

func pathIs(paths ...string) typesv2.RoutingRuleCondition {
	return typesv2.RoutingRuleCondition{MatchBasePaths: &typesv2.RoutingRuleMatchBasePaths{AnyOf: paths}}
}

// The conditions that a rule can have, by the guide's restrictions.
func TestConditions(t *testing.T) {
	create, _ := withRules(t, control.Options{})
	const forms = "A routing rule can have up to two matchHeaders conditions and one matchBasePaths condition"
	two := typesv2.RoutingRuleCondition{MatchHeaders: &typesv2.RoutingRuleMatchHeaders{AnyOf: append(headerIs("a", "b").MatchHeaders.AnyOf, headerIs("c", "d").MatchHeaders.AnyOf...)}}
	both := headerIs("a", "b")
	both.MatchBasePaths = pathIs("a").MatchBasePaths
	priority := int32(0)
	for name, tt := range map[string]struct {
		conditions []typesv2.RoutingRuleCondition
		want       string // "" for none
	}{
		"two headers and a path":   {[]typesv2.RoutingRuleCondition{headerIs("a", "b"), headerIs("a", "c"), pathIs("a")}, ""},
		"three headers":            {[]typesv2.RoutingRuleCondition{headerIs("a", "b"), headerIs("b", "c"), headerIs("c", "d")}, forms},
		"two paths":                {[]typesv2.RoutingRuleCondition{pathIs("a"), pathIs("b")}, forms},
		"two headers in one":       {[]typesv2.RoutingRuleCondition{two}, "anyOf of matchHeaders must have exactly one header"},
		"two paths in one":         {[]typesv2.RoutingRuleCondition{pathIs("a", "b")}, "anyOf of matchBasePaths must have exactly one base path"},
		"no path":                  {[]typesv2.RoutingRuleCondition{pathIs([]string{}...)}, ""},
		"both":                     {[]typesv2.RoutingRuleCondition{both}, "A condition must have exactly one of matchHeaders and matchBasePaths"},
		"a token of all letters":   {[]typesv2.RoutingRuleCondition{headerIs("aZ9?-!#$%&'.^_`|~", "a")}, "Invalid header name specified: aZ9?-!#$%&'.^_`|~"},
		"a name's letters":         {[]typesv2.RoutingRuleCondition{headerIs("aZ9-!#$%&'.^_`|~", "a")}, ""},
		"a name with a wildcard":   {[]typesv2.RoutingRuleCondition{headerIs("x-*", "a")}, "Invalid header name specified: x-*"},
		"a name with a colon":      {[]typesv2.RoutingRuleCondition{headerIs("a:b", "a")}, "Invalid header name specified: a:b"},
		"a long name":              {[]typesv2.RoutingRuleCondition{headerIs(strings.Repeat("a", 39), "a")}, ""},
		"a name that is too long":  {[]typesv2.RoutingRuleCondition{headerIs(strings.Repeat("a", 40), "a")}, "Invalid header name specified: " + strings.Repeat("a", 40)},
		"a long glob":              {[]typesv2.RoutingRuleCondition{headerIs("a", strings.Repeat("a", 126)+"*")}, ""},
		"a glob that is too long":  {[]typesv2.RoutingRuleCondition{headerIs("a", strings.Repeat("a", 128))}, "Invalid header value glob specified: " + strings.Repeat("a", 128)},
		"a long infix":             {[]typesv2.RoutingRuleCondition{headerIs("a", "*"+strings.Repeat("a", 37)+"*")}, ""},
		"an infix too long":        {[]typesv2.RoutingRuleCondition{headerIs("a", "*"+strings.Repeat("a", 38)+"*")}, "Invalid header value glob specified: *" + strings.Repeat("a", 38) + "*"},
		"a wildcard in the middle": {[]typesv2.RoutingRuleCondition{headerIs("a", "a*b")}, "Invalid header value glob specified: a*b"},
		"three wildcards":          {[]typesv2.RoutingRuleCondition{headerIs("a", "***")}, "Invalid header value glob specified: ***"},
		"no glob":                  {[]typesv2.RoutingRuleCondition{headerIs("a", "")}, "Invalid header value glob specified: "},
		"a glob with a line break": {[]typesv2.RoutingRuleCondition{headerIs("a", "b\r\nc")}, "Invalid header value glob specified: b\r\nc"},
		"the guide's globs":        {[]typesv2.RoutingRuleCondition{headerIs("Accept", "application/json,text/xml"), headerIs("Cookie", "*ux=beta*")}, ""},
		"a restricted header":      {[]typesv2.RoutingRuleCondition{headerIs("AUTHORIZATION", "*")}, "The header AUTHORIZATION is not supported in conditions of routing rules"},
		"a restricted beginning":   {[]typesv2.RoutingRuleCondition{headerIs("Access-Control-X", "*")}, "The header Access-Control-X is not supported in conditions of routing rules"},
		"nearly a restricted one":  {[]typesv2.RoutingRuleCondition{headerIs("x-amzx", "*"), headerIs("vias", "*")}, ""},
		"a path with a slash":      {[]typesv2.RoutingRuleCondition{pathIs("a/b-$_.+!*'()c")}, ""},
		"a slash at the start":     {[]typesv2.RoutingRuleCondition{pathIs("/a")}, "Invalid base path specified: /a"},
		"a slash at the end":       {[]typesv2.RoutingRuleCondition{pathIs("a/")}, "Invalid base path specified: a/"},
		"an escape":                {[]typesv2.RoutingRuleCondition{pathIs("a%2Fb")}, "Invalid base path specified: a%2Fb"},
		"dots":                     {[]typesv2.RoutingRuleCondition{pathIs("a/../b")}, "Invalid base path specified: a/../b"},
		"a long path":              {[]typesv2.RoutingRuleCondition{pathIs(strings.Repeat("a", 127))}, ""},
		"a path that is too long":  {[]typesv2.RoutingRuleCondition{pathIs(strings.Repeat("a", 128))}, "Invalid base path specified: " + strings.Repeat("a", 128)},
		"an empty path":            {[]typesv2.RoutingRuleCondition{pathIs("")}, "Invalid base path specified: "},
	} {
		if name == "no path" { // the SDK sends an empty list
			tt.want = "anyOf of matchBasePaths must have exactly one base path"
		}
		priority++
		err := create(priority, tt.conditions...)
		if tt.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if tt.want != "" {
			t.Run(name, func(t *testing.T) { wantError(t, err, "BadRequest", tt.want) })
		}
	}
}

// A domain name has so many rules and no more, with a quota and without, and the SDK's
// paginator lists all.
func TestRoutingRuleQuota(t *testing.T) {
	const full = "Maximum number of routing rules for this domain name has been reached.  Please contact AWS if you need additional routing rules."
	for _, tt := range []struct{ quota, most int32 }{{2, 2}, {0, 200}} {
		create, c := withRules(t, control.Options{Limits: control.Limits{RoutingRules: int(tt.quota)}})
		for i := range tt.most {
			if err := create(i+1, headerIs("a", "b")); err != nil {
				t.Fatal(err)
			}
		}
		wantError(t, create(1000), "TooManyRequests", full)
		listed := int32(0)
		for pages := apigatewayv2.NewListRoutingRulesPaginator(c, &apigatewayv2.ListRoutingRulesInput{DomainName: aws.String(regionalName), MaxResults: aws.Int32(100)}); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.RoutingRules {
				if listed++; *r.Priority != listed {
					t.Errorf("rule %d has priority %d", listed, *r.Priority)
				}
			}
		}
		if listed != tt.most {
			t.Errorf("%d are listed, want %d", listed, tt.most)
		}
	}
}
