package control_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/gatehouse-gw/gatehouse/internal/control"
)

// A quota bounds the base paths of several levels, and those alone; they may move.
func TestMultiLevelQuota(t *testing.T) {
	f, c := withRegionalDomain(t, control.Options{Limits: control.Limits{MultiLevelMappings: 2}})
	create := func(key string) (*apigatewayv2.CreateApiMappingOutput, error) {
		return c.CreateApiMapping(ctx(), &apigatewayv2.CreateApiMappingInput{DomainName: aws.String(regionalName), ApiId: &f.api, Stage: aws.String("dev"), ApiMappingKey: &key})
	}
	made := make(map[string]*string)
	for _, key := range []string{"a/b", "a", "a/b/c", ""} {
		out, err := create(key)
		if err != nil {
			t.Fatal(err)
		}
		made[key] = out.ApiMappingId
	}
	const full = "Maximum number of multi-level API mappings for this domain name has been reached.  Please contact AWS if you need additional multi-level API mappings."
	_, err := create("a/c")
	wantError(t, err, "TooManyRequests", full)
	move := func(id *string, key string) error {
		_, err := c.UpdateApiMapping(ctx(), &apigatewayv2.UpdateApiMappingInput{DomainName: aws.String(regionalName), ApiMappingId: id, ApiId: &f.api, ApiMappingKey: &key})
		return err
	}
	wantError(t, move(made["a"], "x/y"), "TooManyRequests", full)
	if err := move(made["a/b"], "x/y"); err != nil {
		t.Error(err)
	}
}

// All pages of a listing are read by their tokens.
func TestAPIMappingPages(t *testing.T) {
	f, c := withRegionalDomain(t, control.Options{})
	made := []string{"a", "b/c", "d", "e/f/g", ""}
	for _, key := range made {
		if _, err := c.CreateApiMapping(ctx(), &apigatewayv2.CreateApiMappingInput{DomainName: aws.String(regionalName), ApiId: &f.api, Stage: aws.String("dev"), ApiMappingKey: &key}); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for token, more := (*string)(nil), true; more; more = token != nil {
		page, err := c.GetApiMappings(ctx(), &apigatewayv2.GetApiMappingsInput{DomainName: aws.String(regionalName), MaxResults: aws.String("2"), NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			keys = append(keys, *m.ApiMappingKey)
		}
		token = page.NextToken
	}
	if !slices.Equal(keys, made) {
		t.Errorf("got %q, want %q", keys, made)
	}
}
