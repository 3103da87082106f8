package control_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// authorizerDefinition is a definition with one TOKEN authorizer and GET /pets, which
// requires security.
func authorizerDefinition(name, security string) string {
	return fmt.Sprintf(`{"swagger": "2.0", "info": {"title": "shop"},
		"paths": {"/pets": {"get": {"responses": {}, "security": [%s], "x-amazon-apigateway-integration": {"type": "mock"}}}},
		"securityDefinitions": {%q: {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "oauth2",
			"x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": %q, "authorizerResultTtlInSeconds": 60}}}}`, security, name, authorizerURI)
}

// protected are the authorizers of an API by name, and its GETs by path.
func protected(t *testing.T, c *apigateway.Client, api *string) (map[string]types.Authorizer, map[string]types.Method) {
	t.Helper()
	list, err := c.GetAuthorizers(ctx(), &apigateway.GetAuthorizersInput{RestApiId: api})
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]types.Authorizer)
	for _, a := range list.Items {
		all[*a.Name] = a
	}
	resources, err := c.GetResources(ctx(), &apigateway.GetResourcesInput{RestApiId: api, Embed: []string{"methods"}})
	if err != nil {
		t.Fatal(err)
	}
	methods := make(map[string]types.Method)
	for _, r := range resources.Items {
		if m, ok := r.ResourceMethods["GET"]; ok {
			methods[*r.Path] = m
		}
	}
	return all, methods
}

// An import makes an authorizer of each scheme that has one, used or not, and
// operations name those that they require. TTLs are there where they were given
// (recorded).
func TestImportAuthorizers(t *testing.T) {
	const schemes = `{
		"key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
		"sigv4": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"},
		"token": {"type": "apiKey", "name": "X-Token", "in": "header", "x-amazon-apigateway-authtype": "oauth2", "x-amazon-apigateway-authorizer":
			{"type": "token", "authorizerUri": "` + authorizerURI + `", "authorizerCredentials": "arn:aws:iam::000000000000:role/r", "identityValidationExpression": "^x-[a-z]+", "authorizerResultTtlInSeconds": 60}},
		"request": {"type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer":
			{"type": "request", "authorizerUri": "` + authorizerURI + `", "identitySource": "method.request.header.A, method.request.querystring.q"}},
		"pool": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools", "x-amazon-apigateway-authorizer":
			{"type": "cognito_user_pools", "providerARNs": ["` + poolARN + `"]}}}`
	get := func(security string) string {
		return `{"get": {"responses": {"200": {"description": "d"}}, "x-amazon-apigateway-integration": {"type": "mock"}, "security": ` + security + `}}`
	}
	paths := `"paths": {"/open": ` + get(`[]`) + `, "/token": ` + get(`[{"token": []}]`) + `, "/both": ` + get(`[{"key": [], "request": []}]`) +
		`, "/scopes": ` + get(`[{"pool": ["a/b", "c/d"]}]`) + `, "/signed": ` + get(`[{"sigv4": []}]`) + `}`
	for name, body := range map[string]string{
		"Swagger": `{"swagger": "2.0", "info": {"title": "a"}, ` + paths + `, "securityDefinitions": ` + schemes + `}`,
		"OpenAPI": `{"openapi": "3.0.1", "info": {"title": "a"}, ` + paths + `, "components": {"securitySchemes": ` + schemes + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(body), FailOnWarnings: true})
			if err != nil {
				t.Fatal(err)
			}
			made, methods := protected(t, c, api.Id)
			ids := make(map[string]*string)
			for name, a := range made {
				ids[name], a.Id = a.Id, nil
				made[name] = a
			}
			want := map[string]types.Authorizer{
				"token": {Name: aws.String("token"), Type: "TOKEN", AuthType: aws.String("oauth2"), AuthorizerUri: aws.String(authorizerURI), IdentitySource: aws.String("method.request.header.X-Token"),
					AuthorizerCredentials: aws.String("arn:aws:iam::000000000000:role/r"), IdentityValidationExpression: aws.String("^x-[a-z]+"), AuthorizerResultTtlInSeconds: aws.Int32(60)},
				"request": {Name: aws.String("request"), Type: "REQUEST", AuthType: aws.String("custom"), AuthorizerUri: aws.String(authorizerURI), IdentitySource: aws.String("method.request.header.A, method.request.querystring.q")},
				"pool":    {Name: aws.String("pool"), Type: "COGNITO_USER_POOLS", AuthType: aws.String("cognito_user_pools"), IdentitySource: aws.String(authHeader), ProviderARNs: []string{poolARN}},
			}
			if d := cmp.Diff(want, made, cmpopts.IgnoreUnexported(types.Authorizer{})); d != "" {
				t.Error("-want +got", d)
			}
			for path, want := range map[string]string{
				"/open": "NONE  key=false []", "/token": "CUSTOM " + *ids["token"] + " key=false []", "/both": "CUSTOM " + *ids["request"] + " key=true []",
				"/scopes": "COGNITO_USER_POOLS " + *ids["pool"] + " key=false [a/b c/d]", "/signed": "AWS_IAM  key=false []",
			} {
				m := methods[path]
				if got := fmt.Sprintf("%s %s key=%t %v", *m.AuthorizationType, aws.ToString(m.AuthorizerId), *m.ApiKeyRequired, m.AuthorizationScopes); got != want {
					t.Errorf("%s: got %s, want %s", path, got, want)
				}
			}
		})
	}
}

// What an import says of an authorizer of a name that is there changes that one,
// whose id stays. In an overwrite the others go.
func TestPutAuthorizers(t *testing.T) {
	for mode, want := range map[types.PutMode][]string{"merge": {"kept", "other"}, "overwrite": {"kept"}} {
		t.Run(string(mode), func(t *testing.T) {
			f := newFixture(t)
			kept := f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String("kept"), IdentitySource: aws.String("method.request.header.Old")}).Id
			f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String("other")})
			put := func(body string) error {
				_, err := f.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &f.api, Mode: mode, Body: []byte(body)})
				return err
			}
			if err := put(authorizerDefinition("kept", `{"kept": []}`)); err != nil {
				t.Fatal(err)
			}
			made, methods := protected(t, f.Client, &f.api)
			if got := slices.Sorted(maps.Keys(made)); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if a := made["kept"]; *a.Id != *kept || *a.IdentitySource != authHeader || *a.AuthType != "oauth2" {
				t.Errorf("got %s %s %s", *a.Id, *a.IdentitySource, *a.AuthType)
			}
			if m := methods["/pets"]; *m.AuthorizationType != "CUSTOM" || *m.AuthorizerId != *kept {
				t.Errorf("the method is %s %s", *m.AuthorizationType, aws.ToString(m.AuthorizerId))
			}
			if err := put(authorizerDefinition("kept", "")); err != nil {
				t.Fatal(err)
			}
			if _, err := f.DeleteAuthorizer(ctx(), &apigateway.DeleteAuthorizerInput{RestApiId: &f.api, AuthorizerId: kept}); err != nil {
				t.Error("nothing requires it any more:", err)
			}
		})
	}
}

// An authorizer that AWS would not make fails the import, with the methods that
// require it, in AWS's words (reported); nothing of it is left open.
func TestImportRefusesAuthorizers(t *testing.T) {
	c := newClient(t)
	wrong := strings.Replace(authorizerDefinition("a", `{"a": []}`), `"type": "token"`, `"type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:{AWS::Region}:{AWS::AccountId}:userpool/{Pool}"]`, 1)
	_, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(wrong)})
	wantError(t, err, "BadRequest", "Errors found during import:\n\tUnable to create authorizer 'a': ProviderARNs need to be valid Cognito Userpools. Invalid ARNs-\n"+
		"arn:aws:cognito-idp:{AWS::Region}:{AWS::AccountId}:userpool/{Pool}\n\tUnable to put method 'GET' on resource at path '/pets': "+noSuchAuth)
	if apis, err := c.GetRestApis(ctx(), &apigateway.GetRestApisInput{}); err != nil || len(apis.Items) != 0 {
		t.Errorf("%d APIs are left, %v", len(apis.Items), err)
	}
}

// Security at the top of a document protects nothing at AWS. The answer says so.
func TestImportOfSecurityAtTheTop(t *testing.T) {
	c := newClient(t)
	body := strings.Replace(authorizerDefinition("a", ""), `"security": [], `, "", 1)
	api, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(strings.Replace(body, `"paths"`, `"security": [{"a": []}], "paths"`, 1))})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Ignored #/security: security at the top is not applied: operations need their own, and the one without is open"}; !slices.Equal(api.Warnings, want) {
		t.Errorf("got %q, want %q", api.Warnings, want)
	}
	if _, methods := protected(t, c, api.Id); *methods["/pets"].AuthorizationType != "NONE" {
		t.Errorf("GET /pets asks for %s", *methods["/pets"].AuthorizationType)
	}
}

// A clone has authorizers of its own, which its methods name.
func TestCloneAuthorizers(t *testing.T) {
	c := newClient(t)
	src, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(authorizerDefinition("a", `{"a": []}`))})
	if err != nil {
		t.Fatal(err)
	}
	clone, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("clone"), CloneFrom: src.Id})
	if err != nil {
		t.Fatal(err)
	}
	of, _ := protected(t, c, src.Id)
	made, methods := protected(t, c, clone.Id)
	is, was := made["a"], of["a"]
	if *is.Id == *was.Id || *methods["/pets"].AuthorizerId != *is.Id {
		t.Errorf("the original's is %s, the clone's %s, and its method names %s", *was.Id, *is.Id, *methods["/pets"].AuthorizerId)
	}
	is.Id = was.Id
	if d := cmp.Diff(was, is, cmpopts.IgnoreUnexported(types.Authorizer{})); d != "" {
		t.Error("-original +clone", d)
	}
}
