package control_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	authorizerURI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations"
	authHeader    = "method.request.header.Authorization"
	poolARN       = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEf123"
	noSuchAuth    = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
)

// authorizerBody is a CreateAuthorizer of a TOKEN authorizer.
func authorizerBody(name string) string {
	return fmt.Sprintf(`{"name": %q, "type": "TOKEN", "authorizerUri": %q, "identitySource": %q}`, name, authorizerURI, authHeader)
}

var authorizerPatches = patched{
	operation: "UpdateAuthorizer", target: "/restapis/shop/authorizers/{authorizer}", status: 200, dialect: "table",
	listed: map[string]string{
		"replace": "/name, /type, /authorizerUri, /authorizerCredentials, /identityValidationExpression, /authType, /identitySource, /authorizerResultTtlInSeconds",
		"add":     "/identitySource, /providerARNs", "remove": "/identitySource, /providerARNs",
	},
	unknown: []string{"/id", "/tags/a", "/providerARNs/0", "/authorizerResultTTLInSeconds"},
	rows: []patchRow{
		{op: "replace", path: "/name", value: "n", member: "/name", want: `"n"`},
		{op: "replace", path: "/name", value: "", want: "! BadRequestException Authorizer name cannot be blank"},
		{op: "replace", path: "/name", value: "other", want: "! BadRequestException Authorizer name must be unique. Authorizer other already exists in this RestApi."},
		{op: "replace", path: "/authorizerUri", value: strings.Replace(authorizerURI, ":auth/", ":${stageVariables.auth}/", 1), member: "/authorizerUri", want: strconv.Quote(strings.Replace(authorizerURI, ":auth/", ":${stageVariables.auth}/", 1))},
		{op: "replace", path: "/authorizerUri", value: "http://a", want: "! BadRequestException Invalid Authorizer URI: http://a. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."},
		{op: "replace", path: "/authorizerCredentials", value: "arn:aws:iam::000000000000:role/r", member: "/authorizerCredentials", want: `"arn:aws:iam::000000000000:role/r"`},
		{op: "replace", path: "/authorizerCredentials", value: "r", want: "! BadRequestException Invalid ARN specified in the request"},
		{op: "replace", path: "/authorizerCredentials", value: "", member: "/authorizerCredentials"},
		{op: "replace", path: "/identityValidationExpression", value: "^x-[a-z]+", member: "/identityValidationExpression", want: `"^x-[a-z]+"`},
		{op: "replace", path: "/identityValidationExpression", value: "[a", want: "! BadRequestException Invalid identity validation expression: [a. Unclosed character class near index 2"},
		{op: "replace", path: "/identityValidationExpression", value: "null", member: "/identityValidationExpression"},
		{op: "replace", path: "/authType", value: "oauth2", member: "/authType", want: `"oauth2"`},
		{op: "replace", path: "/authType", value: "", member: "/authType", want: `"custom"`},
		{op: "replace", path: "/identitySource", value: "method.request.querystring.q", want: "! BadRequestException Invalid token source expression: method.request.querystring.q. The source must be a method request header, matching 'method.request.header.[a-zA-Z0-9._-]+'."},
		{op: "remove", path: "/identitySource", want: "! BadRequestException IdentitySource cannot be empty"},
		{op: "add", path: "/identitySource", value: "method.request.header.X-A", member: "/identitySource", want: `"method.request.header.X-A"`},
		{op: "replace", path: "/identitySource", value: authHeader, member: "/identitySource", want: strconv.Quote(authHeader)},
		{op: "replace", path: "/authorizerResultTtlInSeconds", value: "3601", want: "! BadRequestException " + badTTL},
		{op: "replace", path: "/authorizerResultTtlInSeconds", value: "-1", want: "! BadRequestException " + badTTL},
		{op: "replace", path: "/authorizerResultTtlInSeconds", value: "soon", want: "! BadRequestException " + badTTL},
		{op: "replace", path: "/authorizerResultTtlInSeconds", value: "3600", member: "/authorizerResultTtlInSeconds", want: `3600`},
		{op: "replace", path: "/authorizerResultTtlInSeconds", value: "0", member: "/authorizerResultTtlInSeconds", want: `0`},
		{op: "replace", path: "/type", value: "MAGIC", want: "! BadRequestException Invalid authorizer type specified. Valid options are TOKEN,REQUEST,COGNITO_USER_POOLS"},
		{op: "replace", path: "/type", value: "COGNITO_USER_POOLS", want: "! BadRequestException ProviderARNs cannot be empty"},
		{op: "replace", path: "/type", value: "REQUEST", member: "/type", want: `"REQUEST"`},
		{op: "replace", path: "/identitySource", value: "", member: "/identitySource"},
		{op: "add", path: "/providerARNs", value: poolARN, member: "/providerARNs"}, // not defined for this type
		{op: "remove", path: "/providerARNs", value: poolARN, member: "/providerARNs"},
	},
}

const badTTL = "Authorizer result TTL outside allowable range. TTL must be between 0 and 3600 seconds."

// authorizer makes an authorizer: what in says, and what it lacks to be made.
func (f *fixture) authorizer(t testing.TB, in apigateway.CreateAuthorizerInput) *apigateway.CreateAuthorizerOutput {
	t.Helper()
	out, err := f.CreateAuthorizer(ctx(), f.completed(in))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f *fixture) completed(in apigateway.CreateAuthorizerInput) *apigateway.CreateAuthorizerInput {
	in.RestApiId = &f.api
	if in.Name == nil {
		in.Name = aws.String("auth")
	}
	if in.Type == "" {
		in.Type = types.AuthorizerTypeToken
	}
	if in.Type != types.AuthorizerTypeCognitoUserPools && in.AuthorizerUri == nil {
		in.AuthorizerUri = aws.String(authorizerURI)
	}
	if in.IdentitySource == nil {
		in.IdentitySource = aws.String(authHeader)
	}
	return &in
}

// What AWS completes of an authorizer is there, and what it does not take is not.
func TestAuthorizerDefaults(t *testing.T) {
	f := newFixture(t)
	tests := map[string]struct {
		in   apigateway.CreateAuthorizerInput
		want types.Authorizer
	}{
		"TOKEN": {
			apigateway.CreateAuthorizerInput{Type: "TOKEN", ProviderARNs: []string{poolARN}},
			types.Authorizer{AuthType: aws.String("custom"), AuthorizerUri: aws.String(authorizerURI), IdentitySource: aws.String(authHeader), AuthorizerResultTtlInSeconds: aws.Int32(300)},
		},
		"nothing is kept": {
			apigateway.CreateAuthorizerInput{Type: "REQUEST", AuthorizerResultTtlInSeconds: aws.Int32(0), IdentitySource: aws.String(""), AuthType: aws.String("oauth2"),
				AuthorizerCredentials: aws.String("arn:aws:iam::000000000000:role/r")},
			types.Authorizer{AuthType: aws.String("oauth2"), AuthorizerUri: aws.String(authorizerURI), AuthorizerResultTtlInSeconds: aws.Int32(0),
				AuthorizerCredentials: aws.String("arn:aws:iam::000000000000:role/r")},
		},
		"several sources": {
			apigateway.CreateAuthorizerInput{Type: "REQUEST", IdentitySource: aws.String("method.request.header.A, method.request.querystring.q,stageVariables.v,context.identity.sourceIp")},
			types.Authorizer{AuthType: aws.String("custom"), AuthorizerUri: aws.String(authorizerURI), AuthorizerResultTtlInSeconds: aws.Int32(300),
				IdentitySource: aws.String("method.request.header.A, method.request.querystring.q,stageVariables.v,context.identity.sourceIp")},
		},
		"user pools": {
			apigateway.CreateAuthorizerInput{Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN, poolARN + "4"}, AuthorizerCredentials: aws.String("arn:aws:iam::000000000000:role/r"),
				IdentityValidationExpression: aws.String("client")},
			types.Authorizer{AuthType: aws.String("cognito_user_pools"), ProviderARNs: []string{poolARN, poolARN + "4"}, IdentitySource: aws.String(authHeader), IdentityValidationExpression: aws.String("client")},
		},
		"user pools for a minute": {
			apigateway.CreateAuthorizerInput{Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN}, AuthorizerResultTtlInSeconds: aws.Int32(60)},
			types.Authorizer{AuthType: aws.String("cognito_user_pools"), ProviderARNs: []string{poolARN}, IdentitySource: aws.String(authHeader), AuthorizerResultTtlInSeconds: aws.Int32(60)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.in.Name = &name
			id := f.authorizer(t, tt.in).Id
			got, err := f.GetAuthorizer(ctx(), &apigateway.GetAuthorizerInput{RestApiId: &f.api, AuthorizerId: id})
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Id, tt.want.Name, tt.want.Type = id, &name, tt.in.Type
			is := types.Authorizer{
				Id: got.Id, Name: got.Name, Type: got.Type, ProviderARNs: got.ProviderARNs, AuthType: got.AuthType, AuthorizerUri: got.AuthorizerUri, AuthorizerCredentials: got.AuthorizerCredentials,
				IdentitySource: got.IdentitySource, IdentityValidationExpression: got.IdentityValidationExpression, AuthorizerResultTtlInSeconds: got.AuthorizerResultTtlInSeconds,
			}
			if d := cmp.Diff(tt.want, is, cmpopts.IgnoreUnexported(types.Authorizer{})); d != "" {
				t.Error("-want +got", d)
			}
		})
	}
}

func TestAuthorizerRefusals(t *testing.T) {
	f := newFixture(t)
	f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String("taken")})
	type input = apigateway.CreateAuthorizerInput
	type refusal struct {
		in      input
		message string
	}
	uri := func(s string) refusal {
		return refusal{input{AuthorizerUri: &s}, "Invalid Authorizer URI: " + s + ". Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."}
	}
	token := func(s string) refusal {
		return refusal{input{IdentitySource: &s}, "Invalid token source expression: " + s + ". The source must be a method request header, matching 'method.request.header.[a-zA-Z0-9._-]+'."}
	}
	request := func(s string) refusal {
		return refusal{input{Type: "REQUEST", IdentitySource: &s}, "Invalid request identity source expression: " + s + ". The sources must be separated by comma, and each source must be either a request parameter, " +
			"matching 'method.request.querystring|header.[a-zA-Z0-9._-]+', or a stage variable, matching 'stageVariables.[a-zA-Z0-9._-]+', or a context parameter, matching 'context.[a-zA-Z0-9._-]+'"}
	}
	pools := func(invalid string, arns ...string) refusal {
		return refusal{input{Type: "COGNITO_USER_POOLS", ProviderARNs: arns}, "ProviderARNs need to be valid Cognito Userpools. Invalid ARNs-\n" + invalid}
	}
	allPools := "arn:aws:cognito-idp:us-east-1:000000000000:userpool/*"
	for name, tt := range map[string]refusal{
		"a name twice":    {input{Name: aws.String("taken")}, "Authorizer name must be unique. Authorizer taken already exists in this RestApi."},
		"no name":         {input{Name: aws.String(" ")}, "Authorizer name cannot be blank"},
		"too long a name": {input{Name: aws.String(strings.Repeat("n", 1025))}, "Authorizer name cannot be longer than 1024 characters"},

		"no URI":                  uri(""),
		"a function's ARN":        uri("arn:aws:lambda:us-east-1:000000000000:function:auth"),
		"a word for a region":     uri(strings.Replace(authorizerURI, "apigateway:us-east-1", "apigateway:region", 1)),
		"a variable for a region": uri(strings.Replace(authorizerURI, "apigateway:us-east-1", "apigateway:${stageVariables.r}", 1)),
		"another service":         uri("arn:aws:apigateway:us-east-1:sqs:path/queue"),
		"an action":               uri("arn:aws:apigateway:us-east-1:lambda:action/Invoke"),

		"no source of a token":        {input{IdentitySource: aws.String("")}, "IdentitySource cannot be empty"},
		"no source of a pool's token": {input{Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN}, IdentitySource: aws.String("")}, "IdentitySource cannot be empty"},
		"a token in the query":        token("method.request.querystring.key"),
		"a token in two headers":      token(authHeader + ",method.request.header.X"),
		"a nameless header":           token("method.request.header."),
		"a path parameter":            request("method.request.path.id"),
		"of HTTP APIs":                request("$request.header.Authorization"),
		"one of two":                  request(authHeader + ","),
		"kept without a source":       {input{Type: "REQUEST", IdentitySource: aws.String("")}, "Invalid request input"},
		"kept for too long":           {input{AuthorizerResultTtlInSeconds: aws.Int32(3601)}, badTTL},
		"kept for less than nothing":  {input{AuthorizerResultTtlInSeconds: aws.Int32(-1)}, badTTL},

		"no pool":               {input{Type: "COGNITO_USER_POOLS"}, "ProviderARNs cannot be empty"},
		"a function for a pool": pools(authorizerURI, poolARN, authorizerURI),
		"two that are none":     pools("a\nb", "a", poolARN, "b"),
		"a pattern for a pool":  pools(allPools, allPools),
		"a pool without its _":  pools(poolARN[:len(poolARN)-10], poolARN[:len(poolARN)-10]),

		"no expression": {input{IdentityValidationExpression: aws.String("(a")}, "Invalid identity validation expression: (a. Unclosed group near index 2"},
		"no expression of clients": {input{Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN}, IdentityValidationExpression: aws.String("*")},
			"Invalid identity validation expression: *. Dangling meta character '*' near index 0"},

		"no ARN of a role":      {input{AuthorizerCredentials: aws.String("role")}, "Invalid ARN specified in the request"},
		"the caller's identity": {input{AuthorizerCredentials: aws.String("arn:aws:iam::*:user/*")}, "Invalid ARN specified in the request"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.CreateAuthorizer(ctx(), f.completed(tt.in))
			wantError(t, err, "BadRequest", tt.message)
		})
	}
	list, err := f.GetAuthorizers(ctx(), &apigateway.GetAuthorizersInput{RestApiId: &f.api})
	if err != nil || len(list.Items) != 1 {
		t.Errorf("refused ones are there: %v, %v", list, err)
	}
}

// A method names an authorizer of its API that fits its authorization type, and an
// authorizer that a method names stays.
func TestAuthorizerOfMethod(t *testing.T) {
	f := newFixture(t)
	token := f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String("token")}).Id
	request := f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String("request"), Type: "REQUEST"}).Id
	pool := f.authorizer(t, apigateway.CreateAuthorizerInput{Name: aws.String("pool"), Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN}}).Id
	other := fixtureOn(t, f.Client)
	foreign := other.authorizer(t, apigateway.CreateAuthorizerInput{}).Id
	put := func(verb, kind string, authorizer *string, scopes ...string) (*apigateway.PutMethodOutput, error) {
		return f.PutMethod(ctx(), &apigateway.PutMethodInput{
			RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: &verb, AuthorizationType: &kind, AuthorizerId: authorizer, AuthorizationScopes: scopes,
		})
	}
	for name, tt := range map[string]struct {
		kind       string
		authorizer *string
	}{
		"no authorizer": {"CUSTOM", nil}, "an empty one": {"CUSTOM", aws.String("")}, "an unknown one": {"COGNITO_USER_POOLS", aws.String("abc123")},
		"another API's": {"CUSTOM", foreign}, "a pool's": {"CUSTOM", pool}, "a function's": {"COGNITO_USER_POOLS", token}, "a request's": {"cognito_user_pools", request},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := put("PUT", tt.kind, tt.authorizer)
			wantError(t, err, "BadRequest", noSuchAuth)
		})
	}
	const noScopes = "Invalid Method authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type"
	_, err := put("PUT", "CUSTOM", token, "a/b")
	wantError(t, err, "BadRequest", noScopes)

	for verb, m := range map[string]struct {
		kind       string
		authorizer *string
		scopes     []string
	}{"PUT": {"CUSTOM", token, nil}, "POST": {"CUSTOM", request, nil}, "DELETE": {"COGNITO_USER_POOLS", pool, []string{"a/b", "c/d"}}} {
		if _, err := put(verb, m.kind, m.authorizer, m.scopes...); err != nil {
			t.Fatal(err)
		}
		got, err := f.GetMethod(ctx(), &apigateway.GetMethodInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: &verb})
		if err != nil || *got.AuthorizationType != m.kind || *got.AuthorizerId != *m.authorizer || !slices.Equal(got.AuthorizationScopes, m.scopes) {
			t.Errorf("%s is %s %s %v, %v", verb, *got.AuthorizationType, aws.ToString(got.AuthorizerId), got.AuthorizationScopes, err)
		}
	}
	remove := func(id *string) error {
		_, err := f.DeleteAuthorizer(ctx(), &apigateway.DeleteAuthorizerInput{RestApiId: &f.api, AuthorizerId: id})
		return err
	}
	wantError(t, remove(token), "Conflict", "Cannot delete authorizer 'token', is referenced in method: PUT//pets")

	update := func(verb string, ops ...types.PatchOperation) error {
		_, err := f.UpdateMethod(ctx(), &apigateway.UpdateMethodInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: &verb, PatchOperations: ops})
		return err
	}
	replace := func(path, value string) types.PatchOperation {
		return types.PatchOperation{Op: "replace", Path: &path, Value: &value}
	}
	wantError(t, update("PUT", replace("/authorizerId", *pool)), "BadRequest", noSuchAuth)
	wantError(t, update("DELETE", replace("/authorizationType", "NONE")), "BadRequest", noScopes)
	for _, err := range []error{
		update("PUT", replace("/authorizationType", "COGNITO_USER_POOLS"), replace("/authorizerId", *pool)),
		update("PUT", types.PatchOperation{Op: "add", Path: aws.String("/authorizationScopes"), Value: aws.String("a/b")}),
		remove(token),
		update("POST", replace("/authorizationType", "NONE"), replace("/authorizerId", "")),
		remove(request),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	wantError(t, remove(request), "NotFound", "Invalid Authorizer identifier specified")
}

// Of AWS's ten authorizers, one more is refused: at an import, too.
func TestAuthorizerQuota(t *testing.T) {
	f := fixtureOn(t, limited(t, control.Limits{AuthorizersPerAPI: 2}, throttle.Rates{}))
	const full = "Maximum number of Authorizers for this API has been reached.  Please contact AWS if you need additional Authorizers."
	for _, name := range []string{"a", "b"} {
		f.authorizer(t, apigateway.CreateAuthorizerInput{Name: &name})
	}
	_, err := f.CreateAuthorizer(ctx(), f.completed(apigateway.CreateAuthorizerInput{Name: aws.String("c")}))
	wantLimit(t, err, full)
	put := func(mode types.PutMode, name string) error {
		_, err := f.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &f.api, Mode: mode, Body: []byte(authorizerDefinition(name, ""))})
		return err
	}
	wantLimit(t, put("merge", "c"), full)
	for _, err := range []error{put("merge", "b"), put("overwrite", "c")} {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := f.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("clone"), CloneFrom: &f.api}); err != nil {
		t.Error(err)
	}
}

// What a deployment freezes of authorizers stays as it was.
func TestAuthorizersAreServed(t *testing.T) {
	o := newBench(t)
	api := must(o.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop"}))(t)
	create := func(in wire.CreateAuthorizerRequest) string {
		in.RestAPIID, in.IdentitySource = *api.ID, new(authHeader)
		return *must(o.CreateAuthorizer(ctx(), who, &in))(t).ID
	}
	token := create(wire.CreateAuthorizerRequest{Name: "token", Type: "TOKEN", AuthorizerURI: new(authorizerURI), AuthorizerCredentials: new("arn:aws:iam::000000000000:role/r"), IdentityValidationExpression: new("^a")})
	off := create(wire.CreateAuthorizerRequest{Name: "off", Type: "REQUEST", AuthorizerURI: new(authorizerURI), AuthorizerResultTTLInSeconds: new(int32(0))})
	pool := create(wire.CreateAuthorizerRequest{Name: "pool", Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN}})
	must(o.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: *api.ID, ResourceID: *api.RootResourceID, HTTPMethod: "GET", AuthorizationType: "COGNITO_USER_POOLS", AuthorizerID: &pool, AuthorizationScopes: []string{"a/b"}}))(t)
	must(o.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{RestAPIID: *api.ID, ResourceID: *api.RootResourceID, HTTPMethod: "GET", Type: "MOCK"}))(t)
	for _, stage := range []string{"dev", "prod"} {
		must(o.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: *api.ID, StageName: &stage}))(t)
	}
	must(o.UpdateAuthorizer(ctx(), who, &wire.UpdateAuthorizerRequest{RestAPIID: *api.ID, AuthorizerID: token, PatchOperations: ops([3]string{"replace", "/name", "new"})}))(t)

	st, _ := served[snapshot.Stage](o, snapshot.ServedStage, snapshot.ServedID(*api.ID, "dev"))
	d, _ := served[snapshot.Deployment](o, snapshot.ServedDeployment, snapshot.ServedID(*api.ID, st.DeploymentID))
	want := map[string]snapshot.Authorizer{
		token: {ID: token, Name: "token", Type: "TOKEN", URI: authorizerURI, Credentials: "arn:aws:iam::000000000000:role/r", IdentitySource: authHeader, IdentityValidation: "^a", ResultTTLSeconds: 300},
		off:   {ID: off, Name: "off", Type: "REQUEST", URI: authorizerURI, IdentitySource: authHeader},
		pool:  {ID: pool, Name: "pool", Type: "COGNITO_USER_POOLS", ProviderARNs: []string{poolARN}, IdentitySource: authHeader, ResultTTLSeconds: 300},
	}
	if diff := cmp.Diff(want, d.Authorizers); diff != "" {
		t.Error("-want +got", diff)
	}
	if m := d.Resources[0].Methods[0]; m.AuthorizationType != "COGNITO_USER_POOLS" || m.AuthorizerID != pool || !slices.Equal(m.AuthorizationScopes, []string{"a/b"}) {
		t.Errorf("the method is %+v", m)
	}

	// What is served is kept, too: it can be made again of the documents.
	for kind, id := range map[string]string{snapshot.ServedStage: "dev", snapshot.ServedDeployment: st.DeploymentID} {
		id = snapshot.ServedID(*api.ID, id)
		row, err := o.store.Served(ctx(), kind, id)
		if err != nil {
			t.Fatal(err)
		}
		again, err := control.Rebuilder(o.store)(ctx(), kind, id)
		if err != nil || string(again) != string(row.Data) {
			t.Errorf("%s: served %s, made again %v %s", kind, row.Data, err, again)
		}
	}
}

// What authorizers have answered for a stage is found as long as the stage is served under
// one name of the answers: a flush draws another, and so does a stage that is made again,
// since an answer may come when the stage that it is for has gone.
func TestAnswersOfStage(t *testing.T) {
	o := newBench(t)
	api := must(o.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop"}))(t)
	must(o.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: *api.ID, ResourceID: *api.RootResourceID, HTTPMethod: "GET", AuthorizationType: "NONE"}))(t)
	must(o.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{RestAPIID: *api.ID, ResourceID: *api.RootResourceID, HTTPMethod: "GET", Type: "MOCK"}))(t)
	named := func(stage string) string {
		st, _ := served[snapshot.Stage](o, snapshot.ServedStage, snapshot.ServedID(*api.ID, stage))
		return st.AuthorizerAnswers
	}
	o.deploy(*api.ID, "dev", "prod")
	first, other := named("dev"), named("prod")
	must(o.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: *api.ID, StageName: "dev", PatchOperations: ops([3]string{"replace", "/description", "d"})}))(t)
	o.deploy(*api.ID, "dev")
	if got := named("dev"); got != first || got == "" || got == other {
		t.Errorf("the answers of a stage that has changed are %q; they were %q, and another's %q", got, first, other)
	}
	seen := map[string]bool{first: true, other: true}
	isNew := func(when string) {
		t.Helper()
		got := named("dev")
		if seen[got] {
			t.Errorf("%s the answers are %q again", when, got)
		}
		seen[got] = true
	}
	for range 2 {
		must(o.FlushStageAuthorizersCache(ctx(), who, &wire.FlushStageAuthorizersCacheRequest{RestAPIID: *api.ID, StageName: "dev"}))(t)
		isNew("after a flush")
	}
	must(o.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: *api.ID, StageName: "dev"}))(t)
	o.deploy(*api.ID, "dev")
	isNew("of a stage made again")
	if got := named("prod"); got != other {
		t.Errorf("another stage has other answers: %q, before %q", got, other)
	}
}

// An API takes its authorizers with it when it is deleted, or all are.
func TestAuthorizersGoWithTheirAPI(t *testing.T) {
	o := newOwned(t)
	for name, remove := range map[string]func() error{
		"deleted": func() error {
			_, err := o.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: "shop"})
			return err
		},
		"reset": func() error { return o.Reset(ctx()) },
	} {
		t.Run(name, func(t *testing.T) {
			create := func() {
				t.Helper()
				must(o.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop", Tags: map[string]string{"_custom_id_": "shop"}}))(t)
			}
			create()
			must(o.CreateAuthorizer(ctx(), who, &wire.CreateAuthorizerRequest{RestAPIID: "shop", Name: "a", Type: "TOKEN", AuthorizerURI: new(authorizerURI), IdentitySource: new(authHeader)}))(t)
			if err := remove(); err != nil {
				t.Fatal(err)
			}
			create()
			if left := must(o.GetAuthorizers(ctx(), who, &wire.GetAuthorizersRequest{RestAPIID: "shop"}))(t).Items; len(left) != 0 {
				t.Errorf("%d are left", len(left))
			}
			if err := remove(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
