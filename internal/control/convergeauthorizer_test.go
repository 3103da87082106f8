package control_test

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Terraform's provider always sends identitySource and, if it is new, the TTL. Of
// user pools it adds the new ones before it removes the old ones; their credentials
// are sent in a patch after the creation.
func TestConvergeAuthorizer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	update := func(id string, ops []wire.PatchOperation) (*wire.Authorizer, error) {
		return b.UpdateAuthorizer(ctx(), who, &wire.UpdateAuthorizerRequest{RestAPIID: api, AuthorizerID: id, PatchOperations: ops})
	}
	c := convergence[wire.CreateAuthorizerRequest, wire.Authorizer]{
		draw: func(t *rapid.T, label string) *wire.CreateAuthorizerRequest {
			in := &wire.CreateAuthorizerRequest{
				RestAPIID: api, Name: "n" + filledText.Draw(t, label+" name"), Type: rapid.SampledFrom([]string{"TOKEN", "REQUEST", "COGNITO_USER_POOLS"}).Draw(t, label+" type"),
				IdentitySource: new(rapid.SampledFrom([]string{authHeader, "method.request.header.X-A"}).Draw(t, label+" source")), AuthorizerResultTTLInSeconds: new(rapid.Int32Range(0, 3600).Draw(t, label+" TTL")),
				AuthorizerCredentials:        maybe(t, label+" credentials", rapid.Just("arn:aws:iam::000000000000:role/r")),
				IdentityValidationExpression: maybe(t, label+" validation", rapid.Map(filledText, func(s string) string { return `\Q` + s + `\E` })),
			}
			if in.Type == "COGNITO_USER_POOLS" {
				in.ProviderARNs = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{poolARN, poolARN + "1", poolARN + "2"}), 1, 3, rapid.ID).Draw(t, label+" pools")
			} else {
				in.AuthorizerURI = new(authorizerURI)
			}
			return in
		},
		create: func(in *wire.CreateAuthorizerRequest) (string, error) {
			out, err := b.CreateAuthorizer(ctx(), who, in)
			if err != nil {
				return "", err
			}
			if in.Type == "COGNITO_USER_POOLS" && in.AuthorizerCredentials != nil {
				_, err = update(*out.ID, ops([3]string{"replace", "/authorizerCredentials", *in.AuthorizerCredentials}))
			}
			return *out.ID, err
		},
		change: func(from, to *wire.CreateAuthorizerRequest) (p patchList) {
			p.text("/authorizerUri", from.AuthorizerURI, to.AuthorizerURI)
			p.text("/identitySource", from.IdentitySource, to.IdentitySource)
			p.text("/name", &from.Name, &to.Name)
			p.text("/type", &from.Type, &to.Type)
			p.text("/authorizerCredentials", from.AuthorizerCredentials, to.AuthorizerCredentials)
			p.add("replace", "/authorizerResultTtlInSeconds", new(strconv.Itoa(int(*to.AuthorizerResultTTLInSeconds))))
			p.text("/identityValidationExpression", from.IdentityValidationExpression, to.IdentityValidationExpression)
			for op, lists := range map[string][2][]string{"add": {to.ProviderARNs, from.ProviderARNs}, "remove": {from.ProviderARNs, to.ProviderARNs}} {
				for _, arn := range lists[0] {
					if !slices.Contains(lists[1], arn) {
						p.add(op, "/providerARNs", &arn)
					}
				}
			}
			return p
		},
		update: update,
		read: func(id string) (*wire.Authorizer, error) {
			return b.GetAuthorizer(ctx(), who, &wire.GetAuthorizerRequest{RestAPIID: api, AuthorizerID: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteAuthorizer(ctx(), who, &wire.DeleteAuthorizerRequest{RestAPIID: api, AuthorizerID: id})
			return err
		},
		forget: func(a *wire.Authorizer) { a.ID = nil; slices.Sort(a.ProviderARNs) }, // a set
	}
	rapid.Check(t, c.check)
}

// The provider sends "" for an authorizer that a method has no more, and scopes one
// by one.
func TestConvergeMethodAuthorizer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	create := func(in wire.CreateAuthorizerRequest) string {
		in.RestAPIID, in.IdentitySource, in.AuthorizerURI = api, new(authHeader), new(authorizerURI)
		return *must(b.CreateAuthorizer(ctx(), who, &in))(t).ID
	}
	of := map[string]string{
		"CUSTOM": create(wire.CreateAuthorizerRequest{Name: "t", Type: "TOKEN"}), "COGNITO_USER_POOLS": create(wire.CreateAuthorizerRequest{Name: "p", Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN}}),
	}
	c := convergence[wire.PutMethodRequest, wire.Method]{
		draw: func(t *rapid.T, label string) *wire.PutMethodRequest {
			in := &wire.PutMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "PUT", AuthorizationType: rapid.SampledFrom([]string{"NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"}).Draw(t, label+" type")}
			if id, ok := of[in.AuthorizationType]; ok {
				in.AuthorizerID = &id
			}
			if in.AuthorizationType == "COGNITO_USER_POOLS" {
				in.AuthorizationScopes = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a/b", "c/d", "e"}), 0, 3, rapid.ID).Draw(t, label+" scopes")
			}
			return in
		},
		create: func(in *wire.PutMethodRequest) (string, error) {
			_, err := b.PutMethod(ctx(), who, in)
			return "", err
		},
		change: func(from, to *wire.PutMethodRequest) (p patchList) {
			p.text("/authorizationType", &from.AuthorizationType, &to.AuthorizationType)
			p.text("/authorizerId", from.AuthorizerID, to.AuthorizerID)
			for _, scope := range to.AuthorizationScopes {
				if !slices.Contains(from.AuthorizationScopes, scope) {
					p.add("add", "/authorizationScopes", &scope)
				}
			}
			for _, scope := range from.AuthorizationScopes {
				if !slices.Contains(to.AuthorizationScopes, scope) {
					p.add("remove", "/authorizationScopes", &scope)
				}
			}
			return p
		},
		update: func(_ string, ops []wire.PatchOperation) (*wire.Method, error) {
			return b.UpdateMethod(ctx(), who, &wire.UpdateMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "PUT", PatchOperations: ops})
		},
		read: func(string) (*wire.Method, error) {
			return b.GetMethod(ctx(), who, &wire.GetMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "PUT"})
		},
		remove: func(string) error {
			_, err := b.DeleteMethod(ctx(), who, &wire.DeleteMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "PUT"})
			return err
		},
		forget: func(m *wire.Method) { slices.Sort(m.AuthorizationScopes) }, // a set
	}
	rapid.Check(t, c.check)
}
