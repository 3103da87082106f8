package control_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/google/go-cmp/cmp"
)

// All listings page through the SDK's paginators to the same items, whatever
// the size of the pages, and but for resources in the order of their creation.
func TestPaginators(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const n = 30
	resources := []string{f.root, f.pets}
	var apis, models, validators, authorizers, deployments []string
	f.mock(t, f.pets, "GET")
	apis = append(apis, f.api)
	models = append(models, "Empty", "Error")
	for i := range n {
		resources = append(resources, f.resource(t, f.root, fmt.Sprintf("r%d", i)))
		api, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("n")})
		if err != nil {
			t.Fatal(err)
		}
		apis = append(apis, *api.Id)
		m, err := f.CreateModel(ctx(), &apigateway.CreateModelInput{RestApiId: &f.api, Name: aws.String(fmt.Sprintf("m%d", i)), ContentType: aws.String("application/json"), Schema: aws.String("{}")})
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, *m.Name)
		v, err := f.CreateRequestValidator(ctx(), &apigateway.CreateRequestValidatorInput{RestApiId: &f.api, Name: aws.String("v")})
		if err != nil {
			t.Fatal(err)
		}
		validators = append(validators, *v.Id)
		authorizers = append(authorizers, *f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String(fmt.Sprintf("a%d", n-i))}).Id)
		d, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api})
		if err != nil {
			t.Fatal(err)
		}
		deployments = append(deployments, *d.Id)
	}
	for _, limit := range []int32{1, 7, 25, 29, 30, 31, 500} {
		l := &limit
		check := func(kind string, want []string, first func() (ids []string, more bool, err error)) {
			t.Helper()
			var got []string
			pages := 0
			for more := true; more; pages++ {
				var ids []string
				var err error
				if ids, more, err = first(); err != nil {
					t.Fatal(err)
				}
				if len(ids) > int(limit) {
					t.Errorf("%s: a page of %d, limit %d", kind, len(ids), limit)
				}
				got = append(got, ids...)
			}
			if want := (len(want) + int(limit) - 1) / int(limit); pages != want {
				t.Errorf("%s, limit %d: got %d pages, want %d", kind, limit, pages, want)
			}
			if kind == "resources" { // which are in order of their ids
				slices.Sort(got)
				slices.Sort(want)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s, limit %d: -want +got %s", kind, limit, d)
			}
		}
		ap := apigateway.NewGetRestApisPaginator(f, &apigateway.GetRestApisInput{Limit: l})
		check("APIs", apis, func() (ids []string, more bool, err error) {
			p, err := ap.NextPage(ctx())
			for _, i := range p.Items {
				ids = append(ids, *i.Id)
			}
			return ids, ap.HasMorePages(), err
		})
		rp := apigateway.NewGetResourcesPaginator(f, &apigateway.GetResourcesInput{RestApiId: &f.api, Limit: l})
		check("resources", resources, func() (ids []string, more bool, err error) {
			p, err := rp.NextPage(ctx())
			for _, i := range p.Items {
				ids = append(ids, *i.Id)
			}
			return ids, rp.HasMorePages(), err
		})
		mp := apigateway.NewGetModelsPaginator(f, &apigateway.GetModelsInput{RestApiId: &f.api, Limit: l})
		check("models", models, func() (ids []string, more bool, err error) {
			p, err := mp.NextPage(ctx())
			for _, i := range p.Items {
				ids = append(ids, *i.Name)
			}
			return ids, mp.HasMorePages(), err
		})
		dp := apigateway.NewGetDeploymentsPaginator(f, &apigateway.GetDeploymentsInput{RestApiId: &f.api, Limit: l})
		check("deployments", deployments, func() (ids []string, more bool, err error) {
			p, err := dp.NextPage(ctx())
			for _, i := range p.Items {
				ids = append(ids, *i.Id)
			}
			return ids, dp.HasMorePages(), err
		})
		var position *string
		check("validators", validators, func() (ids []string, more bool, err error) { // the SDK has no paginator for these and those below
			p, err := f.GetRequestValidators(ctx(), &apigateway.GetRequestValidatorsInput{RestApiId: &f.api, Limit: l, Position: position})
			for _, i := range p.Items {
				ids = append(ids, *i.Id)
			}
			position = p.Position
			return ids, position != nil, err
		})
		check("authorizers", authorizers, func() (ids []string, more bool, err error) {
			p, err := f.GetAuthorizers(ctx(), &apigateway.GetAuthorizersInput{RestApiId: &f.api, Limit: l, Position: position})
			for _, i := range p.Items {
				ids = append(ids, *i.Id)
			}
			position = p.Position
			return ids, position != nil, err
		})
	}
}

// A page that was asked for before items came and went goes on where the one
// before it ended.
func TestPagesUnderChange(t *testing.T) {
	f := newFixture(t)
	f.mock(t, f.pets, "GET")
	var made []string
	create := func() {
		d, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, *d.Id)
	}
	remove := func(i int) {
		if _, err := f.DeleteDeployment(ctx(), &apigateway.DeleteDeploymentInput{RestApiId: &f.api, DeploymentId: &made[i]}); err != nil {
			t.Fatal(err)
		}
	}
	for range 6 {
		create()
	}
	first, err := f.GetDeployments(ctx(), &apigateway.GetDeploymentsInput{RestApiId: &f.api, Limit: aws.Int32(3)})
	if err != nil {
		t.Fatal(err)
	}
	remove(0)
	remove(2) // the one that the position is after
	remove(4)
	create()
	rest, err := f.GetDeployments(ctx(), &apigateway.GetDeploymentsInput{RestApiId: &f.api, Position: first.Position})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range append(first.Items, rest.Items...) {
		got = append(got, *d.Id)
	}
	if want := []string{made[0], made[1], made[2], made[3], made[5], made[6]}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// A position of another listing is refused.
	root, err := f.GetResources(ctx(), &apigateway.GetResourcesInput{RestApiId: &f.api, Limit: aws.Int32(1)})
	if err != nil || root.Position == nil {
		t.Fatal(err)
	}
	_, err = f.GetDeployments(ctx(), &apigateway.GetDeploymentsInput{RestApiId: &f.api, Position: root.Position})
	wantError(t, err, "BadRequest", "Invalid position parameter specified")
}

// Some clients look for the root on the first page alone.
func TestRootComesFirst(t *testing.T) {
	f := newFixture(t)
	for i := range 40 {
		f.resource(t, f.root, fmt.Sprintf("r%d", i))
	}
	for _, limit := range []*int32{nil, aws.Int32(1), aws.Int32(40)} {
		out, err := f.GetResources(ctx(), &apigateway.GetResourcesInput{RestApiId: &f.api, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if *out.Items[0].Path != "/" {
			t.Errorf("the first resource is %s", *out.Items[0].Path)
		}
	}
}

// Methods are on the resources of every page, with and without embedding.
func TestMethodsOnPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range 70 {
		f.method(t, f.resource(t, f.root, fmt.Sprintf("r%d", i)), []string{"GET", "POST"}[i%2])
	}
	for _, limit := range []int32{9, 25, 500} {
		for _, embed := range [][]string{nil, {"methods"}} {
			n := 0
			pages := apigateway.NewGetResourcesPaginator(f, &apigateway.GetResourcesInput{RestApiId: &f.api, Limit: &limit, Embed: embed})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx())
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Items {
					for verb, m := range r.ResourceMethods {
						n++
						if (embed != nil) != (m.HttpMethod != nil) || embed != nil && *m.HttpMethod != verb {
							t.Errorf("%s %s: got method %v, embed %v", verb, *r.Path, m.HttpMethod, embed)
						}
					}
				}
			}
			if n != 71 {
				t.Errorf("limit %d, embed %v: got %d methods, want 71", limit, embed, n)
			}
		}
	}
}

func TestBadPages(t *testing.T) {
	f := newFixture(t)
	_, err := f.GetResources(ctx(), &apigateway.GetResourcesInput{RestApiId: &f.api, Limit: aws.Int32(0)})
	wantError(t, err, "BadRequest", "Invalid limit parameter specified")
	_, err = f.GetRestApis(ctx(), &apigateway.GetRestApisInput{Position: aws.String("nope")})
	wantError(t, err, "BadRequest", "Invalid position parameter specified")
}

// What one account has in one region, nobody else sees, under no operation.
func TestIsolation(t *testing.T) {
	srv := newServer(t)
	owner := clientFor(srv.URL, "111111111111")
	api, err := owner.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("mine")})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := func(o *apigateway.Options) { o.Region = "eu-west-1" }
	tests := map[string]struct {
		client  *apigateway.Client
		with    []func(*apigateway.Options)
		account string
	}{
		"another account": {clientFor(srv.URL, "222222222222"), nil, "222222222222"},
		"another region":  {owner, []func(*apigateway.Options){elsewhere}, "111111111111"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			all, err := tt.client.GetRestApis(ctx(), &apigateway.GetRestApisInput{}, tt.with...)
			if err != nil || len(all.Items) > 0 {
				t.Errorf("lists %d APIs, error %v", len(all.Items), err)
			}
			unknown := "Invalid API identifier specified " + tt.account + ":" + *api.Id
			_, err = tt.client.GetRestApi(ctx(), &apigateway.GetRestApiInput{RestApiId: api.Id}, tt.with...)
			wantError(t, err, "NotFound", unknown)
			_, err = tt.client.DeleteRestApi(ctx(), &apigateway.DeleteRestApiInput{RestApiId: api.Id}, tt.with...)
			wantError(t, err, "NotFound", unknown)
			_, err = tt.client.CreateResource(ctx(), &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: api.RootResourceId, PathPart: aws.String("x")}, tt.with...)
			wantError(t, err, "NotFound", "Invalid Resource identifier specified")
			_, err = tt.client.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("x"), CloneFrom: api.Id}, tt.with...)
			wantError(t, err, "NotFound", unknown)
			// Ids are one space on a server.
			_, err = tt.client.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("x"), Tags: map[string]string{"_custom_id_": *api.Id}}, tt.with...)
			wantError(t, err, "Conflict", "API id "+*api.Id+" is already in use")
		})
	}
	if _, err := owner.GetRestApi(ctx(), &apigateway.GetRestApiInput{RestApiId: api.Id}); err != nil {
		t.Error(err)
	}
}

// Names of a megabyte are refused with an error that says so, and none is a
// failure of the server.
func TestHugeNames(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mock(t, f.pets, "GET")
	huge := strings.Repeat("a", 1<<20)
	tests := map[string]struct {
		call func() error
		want string
	}{
		"API name": {func() error {
			_, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: &huge})
			return err
		}, "Name cannot be longer than"},
		"custom id": {func() error {
			_, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{"_custom_id_": huge[:200]}})
			return err
		}, "_custom_id_"},
		"clone from": {func() error {
			_, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a"), CloneFrom: &huge})
			return err
		}, "Invalid API identifier"},
		"tag": {func() error {
			_, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a"), Tags: map[string]string{huge: ""}})
			return err
		}, "Invalid tag key"},
		"path part": {func() error {
			_, err := f.CreateResource(ctx(), &apigateway.CreateResourceInput{RestApiId: &f.api, ParentId: &f.root, PathPart: &huge})
			return err
		}, "path part"},
		"model": {func() error {
			_, err := f.CreateModel(ctx(), &apigateway.CreateModelInput{RestApiId: &f.api, Name: &huge, ContentType: aws.String("application/json"), Schema: aws.String("{}")})
			return err
		}, "alphanumeric"},
		"content type": {func() error {
			_, err := f.CreateModel(ctx(), &apigateway.CreateModelInput{RestApiId: &f.api, Name: aws.String("m"), ContentType: &huge, Schema: aws.String("{}")})
			return err
		}, "Invalid content type"},
		"schema": {func() error {
			_, err := f.CreateModel(ctx(), &apigateway.CreateModelInput{RestApiId: &f.api, Name: aws.String("m"), ContentType: aws.String("application/json"), Schema: aws.String(`{"title": "` + huge + `"}`)})
			return err
		}, "larger than 409600 bytes"},
		"validator": {func() error {
			_, err := f.CreateRequestValidator(ctx(), &apigateway.CreateRequestValidatorInput{RestApiId: &f.api, Name: &huge})
			return err
		}, "longer than"},
		"stage": {func() error {
			_, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: &huge})
			return err
		}, "Stage name"},
		"variable": {func() error {
			_, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: aws.String("s"), Variables: map[string]string{huge: "1"}})
			return err
		}, "Invalid stage variable name"},
		"variable's value": {func() error {
			_, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: aws.String("s"), Variables: map[string]string{"a": huge}})
			return err
		}, "Invalid stage variable value"},
		"deployment id": {func() error {
			_, err := f.CreateStage(ctx(), &apigateway.CreateStageInput{RestApiId: &f.api, StageName: aws.String("s"), DeploymentId: &huge})
			return err
		}, "Deployment id does not exist"},
		"model reference": {func() error { _, err := f.putResponse("200", nil, map[string]string{"a/b": huge}); return err }, "Invalid model identifier"},
		"parameter": {func() error {
			_, err := f.putResponse("200", map[string]bool{"method.response.header." + huge: true}, nil)
			return err
		}, "Invalid mapping expression"},
		"template": {func() error {
			_, err := f.PutIntegration(ctx(), &apigateway.PutIntegrationInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), Type: "MOCK", RequestTemplates: map[string]string{"a/b": huge}})
			return err
		}, "larger than 307200 bytes"},
		"patch path": {func() error {
			_, err := f.UpdateRestApi(ctx(), &apigateway.UpdateRestApiInput{RestApiId: &f.api, PatchOperations: patch("replace", "/"+huge, "x")})
			return err
		}, "Invalid patch path"},
		"parent": {func() error {
			_, err := f.UpdateResource(ctx(), &apigateway.UpdateResourceInput{RestApiId: &f.api, ResourceId: &f.pets, PatchOperations: patch("replace", "/parentId", huge)})
			return err
		}, "Invalid Resource identifier"},
		"validator id": {func() error {
			_, err := f.UpdateMethod(ctx(), &apigateway.UpdateMethodInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), PatchOperations: patch("replace", "/requestValidatorId", huge)})
			return err
		}, "Invalid Request Validator"},
		"label": {func() error {
			_, err := f.GetModel(ctx(), &apigateway.GetModelInput{RestApiId: aws.String(huge[:2000]), ModelName: aws.String(huge[:2000])})
			return err
		}, "Invalid model name"},
		"log role": {func() error {
			_, err := f.UpdateAccount(ctx(), &apigateway.UpdateAccountInput{PatchOperations: patch("replace", "/cloudwatchRoleArn", "arn:"+huge)})
			return err
		}, "Invalid ARN"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := tt.call()
			if err == nil {
				t.Fatal("was taken")
			}
			if s := err.Error(); len(s) > 4000 || strings.Contains(s, "InternalFailure") || !strings.Contains(s, tt.want) {
				t.Errorf("got %.300s of %d bytes, want one with %q", s, len(s), tt.want)
			}
		})
	}
}

// A path is at most as long as a URL. Go's SDK is left out: now and then it
// closes the connection under an answer of more than 4 KB to a request with a
// body, whoever the server is.
func TestLongPaths(t *testing.T) {
	t.Parallel()
	url := newServer(t).URL
	const refusal = "BadRequestException A resource's path cannot be longer than 10240 characters"
	create := func(parent, part string) *answer {
		return send(t, "POST", url+"/restapis/shop/resources/"+parent, `{"pathPart": "`+part+`"}`)
	}
	root := member(t, send(t, "POST", url+"/restapis", `{"name": "a", "tags": {"_custom_id_": "shop"}}`), "rootResourceId")
	pets := member(t, create(root, "pets"), "id")
	parent := pets
	for range 9 {
		parent = member(t, create(parent, strings.Repeat("b", 1024)), "id")
	}
	if got := create(parent, strings.Repeat("c", 1024)).refusal(); got != refusal {
		t.Errorf("create: got %q, want %q", got, refusal)
	}
	longer := patchBody("replace", "/pathPart", strings.Repeat("d", 1024), "")
	if got := send(t, "PATCH", url+"/restapis/shop/resources/"+pets, longer).refusal(); got != refusal {
		t.Errorf("update: got %q, want %q", got, refusal)
	}
}

// Times are whole numbers: SDKs fail on anything else.
func TestTimesAreIntegers(t *testing.T) {
	srv := newServer(t)
	res, err := plainClient.Post(srv.URL+"/restapis", "application/json", strings.NewReader(`{"name": "a"}`))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	_, rest, ok := strings.Cut(string(body), `"createdDate":`)
	if digits := strings.TrimLeft(rest, "0123456789"); !ok || len(rest)-len(digits) != 10 || digits[0] != ',' {
		t.Errorf("createdDate is no integer: %s", body)
	}
}
