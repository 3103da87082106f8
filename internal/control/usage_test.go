package control_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
)

// A counted stands for the data plane's counts: each key has made no calls, and
// has as many left as somebody set.
type counted struct {
	remaining map[string]int64 // by plan and key
	asked     []string         // keys, in the order of the last call
	err       error
}

func (c *counted) Days(_ context.Context, account, region, plan string, keys []string, from, to time.Time) (map[string][][2]int64, error) {
	c.asked = keys
	out := map[string][][2]int64{}
	for _, key := range keys {
		left, ok := c.remaining[account+region+plan+key]
		if !ok {
			continue
		}
		for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
			out[key] = append(out[key], [2]int64{0, left})
		}
	}
	return out, c.err
}

func (c *counted) SetRemaining(_ context.Context, account, region, plan, key string, remaining int64) error {
	if c.remaining == nil {
		c.remaining = map[string]int64{}
	}
	c.remaining[account+region+plan+key] = remaining
	return c.err
}

// usageClient is the Go SDK against a control plane that has counts, at noon of
// 1 March 2026.
func usageClient(t *testing.T, c *counted) *apigateway.Client {
	t.Helper()
	return clientFor(newServerWith(t, testAccount, control.Options{Usage: c, Now: func() time.Time { return patchedAt }}).URL, "AKIAEXAMPLE")
}

// planOf makes a plan with a quota of 10 a month, with n keys, and returns their
// ids in the order in which they came.
func planOf(t *testing.T, c *apigateway.Client, n int) (plan *string, keys []string) {
	t.Helper()
	p, err := c.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: aws.String("p"), Quota: &types.QuotaSettings{Limit: 10, Period: types.QuotaPeriodTypeMonth}})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		k, err := c.CreateApiKey(ctx(), &apigateway.CreateApiKeyInput{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateUsagePlanKey(ctx(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: p.Id, KeyId: k.Id, KeyType: aws.String("API_KEY")}); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, *k.Id)
	}
	return p.Id, keys
}

func TestUpdateUsage(t *testing.T) {
	c := &counted{}
	client := usageClient(t, c)
	plan, keys := planOf(t, client, 2)
	out, err := client.UpdateUsage(ctx(), &apigateway.UpdateUsageInput{UsagePlanId: plan, KeyId: &keys[1], PatchOperations: patch("replace", "/remaining", "3")})
	if err != nil {
		t.Fatal(err)
	}
	if *out.StartDate != "2026-03-01" || *out.EndDate != "2026-03-01" || *out.UsagePlanId != *plan {
		t.Errorf("got %+v", out)
	}
	if d := cmp.Diff(map[string][][]int64{keys[1]: {{0, 3}}}, out.Items); d != "" {
		t.Error("-want +got", d)
	}
	got, err := client.GetUsage(ctx(), &apigateway.GetUsageInput{UsagePlanId: plan, StartDate: aws.String("2026-02-28"), EndDate: aws.String("2026-03-01")})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string][][]int64{keys[0]: {{0, 10}, {0, 10}}, keys[1]: {{0, 3}, {0, 3}}}, got.Items); d != "" {
		t.Error("-want +got", d)
	}
	_, err = client.UpdateUsage(ctx(), &apigateway.UpdateUsageInput{UsagePlanId: plan, KeyId: &keys[1], PatchOperations: patch("add", "/extension", "3")})
	wantError(t, err, "BadRequest", "Invalid patch path  '/extension' specified for op 'add'. Must be one of: []")

	free, err := client.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: aws.String("free")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateUsagePlanKey(ctx(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: free.Id, KeyId: &keys[0], KeyType: aws.String("API_KEY")}); err != nil {
		t.Fatal(err)
	}
	_, err = client.UpdateUsage(ctx(), &apigateway.UpdateUsageInput{UsagePlanId: free.Id, KeyId: &keys[0], PatchOperations: patch("replace", "/remaining", "3")})
	wantError(t, err, "BadRequest", "Usage Plan "+*free.Id+" does not have a quota")
}

// The pages of GetUsage have the keys of the plan in the order in which they came
// into it, and the data plane is asked for those of the page alone.
func TestUsagePages(t *testing.T) {
	c := &counted{}
	client := usageClient(t, c)
	plan, keys := planOf(t, client, 7)
	in := &apigateway.GetUsageInput{UsagePlanId: plan, StartDate: aws.String("2026-03-01"), EndDate: aws.String("2026-03-01"), Limit: aws.Int32(3)}
	var seen []string
	for pages := apigateway.NewGetUsagePaginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx())
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) != len(c.asked) || len(page.Items) > 3 {
			t.Errorf("asked for %v, answered %v", c.asked, page.Items)
		}
		seen = append(seen, c.asked...)
	}
	if !slices.Equal(seen, keys) {
		t.Errorf("got %v, want %v", seen, keys)
	}
}

// A data plane that cannot tell is a failure, not a usage of nothing.
func TestUsageFails(t *testing.T) {
	c := &counted{err: errors.New("the disk is full")}
	client := usageClient(t, c)
	plan, keys := planOf(t, client, 1)
	if out, err := client.GetUsage(ctx(), &apigateway.GetUsageInput{UsagePlanId: plan, StartDate: aws.String("2026-03-01"), EndDate: aws.String("2026-03-01")}); err == nil {
		t.Errorf("got %+v", out)
	}
	if out, err := client.UpdateUsage(ctx(), &apigateway.UpdateUsageInput{UsagePlanId: plan, KeyId: &keys[0], PatchOperations: patch("replace", "/remaining", "3")}); err == nil {
		t.Errorf("got %+v", out)
	}
}
