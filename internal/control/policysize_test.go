package control_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
)

// TestPolicyThatIsTakenStays sets a policy that is as long as it may be and becomes
// longer where its resources are completed. Whatever is then changed besides keeps
// it.
func TestPolicyThatIsTakenStays(t *testing.T) {
	c := limited(t, control.Limits{PolicyLength: 1000}, throttle.Rates{})
	statement := `{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":["execute-api:/*` + strings.Repeat(`","execute-api:/a`, 45) + `"]}`
	policy := `{"Version":"2012-10-17","Statement":` + statement + `}`
	api, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Policy: &policy})
	if err != nil {
		t.Fatal(err)
	}
	if len(*api.Policy) <= 1000 {
		t.Fatalf("the policy has only %d characters", len(*api.Policy))
	}
	want := strings.ReplaceAll(*api.Policy, `\"`, `"`)
	shown := func(t *testing.T, id, from string) {
		t.Helper()
		got, err := c.GetRestApi(ctx(), &apigateway.GetRestApiInput{RestApiId: &id})
		if err != nil {
			t.Fatal(err)
		}
		if p := strings.ReplaceAll(strings.ReplaceAll(aws.ToString(got.Policy), `\"`, `"`), ":"+id+"/", ":"+from+"/"); p != want {
			t.Errorf("got  %s\nwant %s", p, want)
		}
	}
	update := func(path, value string) error {
		_, err := c.UpdateRestApi(ctx(), &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: []types.PatchOperation{
			{Op: types.OpReplace, Path: &path, Value: &value},
		}})
		return err
	}
	t.Run("another member", func(t *testing.T) {
		if err := update("/description", "d"); err != nil {
			t.Fatal(err)
		}
		shown(t, *api.Id, *api.Id)
	})
	t.Run("the policy that it has", func(t *testing.T) {
		if err := update("/policy", want); err != nil {
			t.Fatal(err)
		}
		shown(t, *api.Id, *api.Id)
	})
	t.Run("an import without a policy", func(t *testing.T) {
		if _, err := c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: api.Id, Body: []byte(`{"swagger":"2.0","info":{"title":"t","version":"1"},"paths":{}}`)}); err != nil {
			t.Fatal(err)
		}
		shown(t, *api.Id, *api.Id)
	})
	t.Run("a clone", func(t *testing.T) {
		clone, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("b"), CloneFrom: api.Id})
		if err != nil {
			t.Fatal(err)
		}
		shown(t, *clone.Id, *api.Id)
	})
	t.Run("a longer policy", func(t *testing.T) {
		err := update("/policy", strings.Replace(want, "Invoke", "Invoke*", 1))
		wantLimit(t, err, "The resource policy is longer than 1000 characters")
	})
}
