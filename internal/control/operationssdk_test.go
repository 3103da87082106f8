package control_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A refusal is a call that fails, with the type of its error, without the suffix
// Exception, and its text.
type refusal struct {
	name          string
	err           error
	code, message string
}

// refused makes a call of the SDK for its error.
func refused[I, O any](call func(context.Context, *I, ...func(*apigateway.Options)) (*O, error), in *I) error {
	_, err := call(ctx(), in)
	return err
}

func wantRefusals(t *testing.T, list []refusal) {
	t.Helper()
	for _, r := range list {
		t.Run(r.name, func(t *testing.T) { wantError(t, r.err, r.code, r.message) })
	}
}

const (
	sdkBalancer = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/inside/1"
	sdkFunction = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"

	noSuchAPI  = "Invalid API identifier specified 000000000000:nope"
	noMappings = "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
)

// constraint is the text by which the service's framework refuses a value.
func constraint(value, member, rule string) string {
	return fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy %s", value, member, rule)
}

// Each operation is called through the Go SDK by some test of the server.
func TestEachOperationBySDK(t *testing.T) {
	files, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, op := range wire.Operations() {
		if !bytes.Contains(all.Bytes(), []byte("apigateway."+op.Name+"Input{")) {
			t.Errorf("no test calls %s", op.Name)
		}
	}
}

// The Go SDK reads, lists, changes and deletes what an account has.
func TestAccountBySDK(t *testing.T) {
	c := newClient(t)
	if a := must(c.GetAccount(ctx(), &apigateway.GetAccountInput{}))(t); a.ThrottleSettings.BurstLimit != 5000 || a.ThrottleSettings.RateLimit != 10000 || len(a.Features) != 1 {
		t.Errorf("got the account %v", a)
	}

	certificate := must(c.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{Tags: map[string]string{"team": "a"}}))(t).ClientCertificateId
	if got := must(c.UpdateClientCertificate(ctx(), &apigateway.UpdateClientCertificateInput{ClientCertificateId: certificate, PatchOperations: patch(types.OpReplace, "/description", "backends")}))(t); aws.ToString(got.Description) != "backends" {
		t.Errorf("got the certificate %v", got)
	}
	if got := must(c.GetClientCertificate(ctx(), &apigateway.GetClientCertificateInput{ClientCertificateId: certificate}))(t); aws.ToString(got.Description) != "backends" || !strings.HasPrefix(aws.ToString(got.PemEncodedCertificate), "-----BEGIN CERTIFICATE-----") {
		t.Errorf("got the certificate %v", got)
	}
	if got := must(c.GetClientCertificates(ctx(), &apigateway.GetClientCertificatesInput{}))(t); len(got.Items) != 1 || *got.Items[0].ClientCertificateId != *certificate {
		t.Errorf("got the certificates %v", got.Items)
	}
	if got := must(c.GetTags(ctx(), &apigateway.GetTagsInput{ResourceArn: aws.String("arn:aws:apigateway:us-east-1::/clientcertificates/" + *certificate)}))(t); got.Tags["team"] != "a" {
		t.Errorf("got the tags %v", got.Tags)
	}
	must(c.DeleteClientCertificate(ctx(), &apigateway.DeleteClientCertificateInput{ClientCertificateId: certificate}))(t)
	if got := must(c.GetClientCertificates(ctx(), &apigateway.GetClientCertificatesInput{}))(t); len(got.Items) != 0 {
		t.Errorf("got the certificates %v", got.Items)
	}

	link := must(c.CreateVpcLink(ctx(), &apigateway.CreateVpcLinkInput{Name: aws.String("inside"), TargetArns: []string{sdkBalancer}}))(t).Id
	if got := must(c.GetVpcLink(ctx(), &apigateway.GetVpcLinkInput{VpcLinkId: link}))(t); got.Status != types.VpcLinkStatusAvailable || len(got.TargetArns) != 1 || got.TargetArns[0] != sdkBalancer {
		t.Errorf("got the link %v", got)
	}
	if got := must(c.GetVpcLinks(ctx(), &apigateway.GetVpcLinksInput{}))(t); len(got.Items) != 1 || *got.Items[0].Name != "inside" {
		t.Errorf("got the links %v", got.Items)
	}
	if got := must(c.UpdateVpcLink(ctx(), &apigateway.UpdateVpcLinkInput{VpcLinkId: link, PatchOperations: patch(types.OpReplace, "/name", "further inside")}))(t); *got.Name != "further inside" {
		t.Errorf("got the link %v", got)
	}
	must(c.DeleteVpcLink(ctx(), &apigateway.DeleteVpcLinkInput{VpcLinkId: link}))(t)
	if got := must(c.GetVpcLinks(ctx(), &apigateway.GetVpcLinksInput{}))(t); len(got.Items) != 0 {
		t.Errorf("got the links %v", got.Items)
	}

	plan := must(c.CreateUsagePlan(ctx(), &apigateway.CreateUsagePlanInput{Name: aws.String("gold")}))(t).Id
	if got := must(c.GetUsagePlan(ctx(), &apigateway.GetUsagePlanInput{UsagePlanId: plan}))(t); *got.Name != "gold" {
		t.Errorf("got the plan %v", got)
	}
}

// The documented errors of what an account has are those that the Go SDK knows.
func TestAccountErrorsBySDK(t *testing.T) {
	f := newFixture(t)
	certificate := must(f.GenerateClientCertificate(ctx(), &apigateway.GenerateClientCertificateInput{}))(t).ClientCertificateId
	link := must(f.CreateVpcLink(ctx(), &apigateway.CreateVpcLinkInput{Name: aws.String("inside"), TargetArns: []string{sdkBalancer}}))(t).Id
	must(f.PutIntegration(ctx(), &apigateway.PutIntegrationInput{
		RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"),
		Uri: aws.String("http://inside.example.com"), ConnectionType: types.ConnectionTypeVpcLink, ConnectionId: link,
	}))(t)
	deploy(t, f.Client, f.api)
	stage := &apigateway.UpdateStageInput{RestApiId: &f.api, StageName: aws.String("test"), PatchOperations: patch(types.OpReplace, "/clientCertificateId", *certificate)}
	must(f.UpdateStage(ctx(), stage))(t)

	const noCertificate, noLink = "Invalid client certificate identifier specified", "Invalid Vpc Link identifier specified"
	const badLimit, badPosition = "Invalid limit parameter specified", "Invalid position parameter specified"
	const noARN = "arn:aws:apigateway:us-east-1::/nothing/nope"
	no, zero := aws.String("nope"), aws.Int32(0)
	wantRefusals(t, []refusal{
		{"get no certificate", refused(f.GetClientCertificate, &apigateway.GetClientCertificateInput{ClientCertificateId: no}), "NotFound", noCertificate},
		{"no page of certificates", refused(f.GetClientCertificates, &apigateway.GetClientCertificatesInput{Limit: zero}), "BadRequest", badLimit},
		{"no place among certificates", refused(f.GetClientCertificates, &apigateway.GetClientCertificatesInput{Position: no}), "BadRequest", badPosition},
		{"change no certificate", refused(f.UpdateClientCertificate, &apigateway.UpdateClientCertificateInput{ClientCertificateId: no}), "NotFound", noCertificate},
		{"add to a certificate", refused(f.UpdateClientCertificate, &apigateway.UpdateClientCertificateInput{ClientCertificateId: certificate, PatchOperations: patch(types.OpAdd, "/description", "x")}),
			"BadRequest", "Invalid patch path  '/description' specified for op 'add'. Please choose supported operations"},
		{"delete no certificate", refused(f.DeleteClientCertificate, &apigateway.DeleteClientCertificateInput{ClientCertificateId: no}), "NotFound", noCertificate},
		{"delete a certificate in use", refused(f.DeleteClientCertificate, &apigateway.DeleteClientCertificateInput{ClientCertificateId: certificate}),
			"BadRequest", "Cannot delete Client Certificate " + *certificate + " because there are API Stages associated with it, including " + f.api + ":test"},
		{"get no link", refused(f.GetVpcLink, &apigateway.GetVpcLinkInput{VpcLinkId: no}), "NotFound", noLink},
		{"no page of links", refused(f.GetVpcLinks, &apigateway.GetVpcLinksInput{Limit: zero}), "BadRequest", badLimit},
		{"no place among links", refused(f.GetVpcLinks, &apigateway.GetVpcLinksInput{Position: no}), "BadRequest", badPosition},
		{"change no link", refused(f.UpdateVpcLink, &apigateway.UpdateVpcLinkInput{VpcLinkId: no}), "NotFound", noLink},
		{"change where a link leads", refused(f.UpdateVpcLink, &apigateway.UpdateVpcLinkInput{VpcLinkId: link, PatchOperations: patch(types.OpAdd, "/targetArns", sdkBalancer)}),
			"BadRequest", "Target arns are not allowed to be changed/added."},
		{"delete no link", refused(f.DeleteVpcLink, &apigateway.DeleteVpcLinkInput{VpcLinkId: no}), "NotFound", noLink},
		{"delete a link in use", refused(f.DeleteVpcLink, &apigateway.DeleteVpcLinkInput{VpcLinkId: link}),
			"BadRequest", "Cannot delete vpc link. Vpc link '" + *link + "', is referenced in [" + f.api + ":GET:" + f.pets + ":test] in format of [RESTApiId:Method:Resource:Stage]."},
		{"get no plan", refused(f.GetUsagePlan, &apigateway.GetUsagePlanInput{UsagePlanId: no}), "NotFound", "Invalid Usage Plan ID specified"},
		{"tags of no ARN", refused(f.GetTags, &apigateway.GetTagsInput{ResourceArn: no}), "BadRequest", "Invalid ARN specified in the request"},
		{"tags of nothing", refused(f.GetTags, &apigateway.GetTagsInput{ResourceArn: aws.String(noARN)}), "NotFound", "Invalid resource identifier specified: " + noARN},
		{"tags of no API", refused(f.GetTags, &apigateway.GetTagsInput{ResourceArn: aws.String("arn:aws:apigateway:us-east-1::/restapis/nope")}), "NotFound", noSuchAPI},
	})
}

// The Go SDK reads, changes and deletes what a method has, and what methods name.
func TestPartsOfMethodsBySDK(t *testing.T) {
	f := newFixture(t)
	get, ok := aws.String("GET"), aws.String("200")
	f.mock(t, f.pets, "GET")
	must(f.PutIntegrationResponse(ctx(), &apigateway.PutIntegrationResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get, StatusCode: ok}))(t)
	if got := must(f.UpdateIntegrationResponse(ctx(), &apigateway.UpdateIntegrationResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get, StatusCode: ok, PatchOperations: patch(types.OpReplace, "/selectionPattern", "2.*")}))(t); aws.ToString(got.SelectionPattern) != "2.*" {
		t.Errorf("got the integration response %v", got)
	}
	response := &apigateway.GetIntegrationResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get, StatusCode: ok}
	if got := must(f.GetIntegrationResponse(ctx(), response))(t); aws.ToString(got.SelectionPattern) != "2.*" || aws.ToString(got.StatusCode) != "200" {
		t.Errorf("got the integration response %v", got)
	}
	must(f.DeleteIntegrationResponse(ctx(), &apigateway.DeleteIntegrationResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get, StatusCode: ok}))(t)
	wantError(t, refused(f.GetIntegrationResponse, response), "NotFound", "Invalid Response status code specified")
	must(f.DeleteIntegration(ctx(), &apigateway.DeleteIntegrationInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get}))(t)
	if got := must(f.GetResource(ctx(), &apigateway.GetResourceInput{RestApiId: &f.api, ResourceId: &f.pets, Embed: []string{"methods"}}))(t); *got.Path != "/pets" || len(got.ResourceMethods) != 1 || got.ResourceMethods["GET"].MethodIntegration != nil {
		t.Errorf("got the resource %v", got)
	}

	validator := must(f.CreateRequestValidator(ctx(), &apigateway.CreateRequestValidatorInput{RestApiId: &f.api, Name: aws.String("all")}))(t).Id
	if got := must(f.UpdateRequestValidator(ctx(), &apigateway.UpdateRequestValidatorInput{RestApiId: &f.api, RequestValidatorId: validator, PatchOperations: patch(types.OpReplace, "/validateRequestBody", "true")}))(t); !got.ValidateRequestBody {
		t.Errorf("got the validator %v", got)
	}
	if got := must(f.GetRequestValidator(ctx(), &apigateway.GetRequestValidatorInput{RestApiId: &f.api, RequestValidatorId: validator}))(t); !got.ValidateRequestBody || got.ValidateRequestParameters || *got.Name != "all" {
		t.Errorf("got the validator %v", got)
	}
	must(f.DeleteRequestValidator(ctx(), &apigateway.DeleteRequestValidatorInput{RestApiId: &f.api, RequestValidatorId: validator}))(t)

	model := aws.String("Pet")
	must(f.CreateModel(ctx(), &apigateway.CreateModelInput{RestApiId: &f.api, Name: model, ContentType: aws.String("application/json"), Schema: aws.String(`{"type": "object", "properties": {"name": {"type": "string"}}}`)}))(t)
	if got := must(f.UpdateModel(ctx(), &apigateway.UpdateModelInput{RestApiId: &f.api, ModelName: model, PatchOperations: patch(types.OpReplace, "/description", "a pet")}))(t); aws.ToString(got.Description) != "a pet" {
		t.Errorf("got the model %v", got)
	}
	if got := must(f.GetModelTemplate(ctx(), &apigateway.GetModelTemplateInput{RestApiId: &f.api, ModelName: model}))(t); !strings.Contains(aws.ToString(got.Value), `"name"`) {
		t.Errorf("got the template %q", aws.ToString(got.Value))
	}

	must(f.DeleteModel(ctx(), &apigateway.DeleteModelInput{RestApiId: &f.api, ModelName: model}))(t)

	authorizer := must(f.CreateAuthorizer(ctx(), sdkAuthorizer(f.api)))(t).Id
	if got := must(f.UpdateAuthorizer(ctx(), &apigateway.UpdateAuthorizerInput{RestApiId: &f.api, AuthorizerId: authorizer, PatchOperations: patch(types.OpReplace, "/authorizerResultTtlInSeconds", "0")}))(t); aws.ToInt32(got.AuthorizerResultTtlInSeconds) != 0 || *got.Name != "tokens" {
		t.Errorf("got the authorizer %v", got)
	}

	must(f.DeleteMethod(ctx(), &apigateway.DeleteMethodInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get}))(t)
	must(f.DeleteResource(ctx(), &apigateway.DeleteResourceInput{RestApiId: &f.api, ResourceId: &f.pets}))(t)
	wantError(t, refused(f.GetResource, &apigateway.GetResourceInput{RestApiId: &f.api, ResourceId: &f.pets}), "NotFound", "Invalid Resource identifier specified")
}

// sdkAuthorizer is an authorizer that asks a function.
func sdkAuthorizer(api string) *apigateway.CreateAuthorizerInput {
	return &apigateway.CreateAuthorizerInput{
		RestApiId: &api, Name: aws.String("tokens"), Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(sdkFunction), IdentitySource: aws.String("method.request.header.Authorization"),
	}
}

// The documented errors of integrations and their responses are those that the Go SDK
// knows. What is missing first is told of, but for a deletion, to which a method without
// an integration and no method are the same.
func TestIntegrationErrorsBySDK(t *testing.T) {
	f := newFixture(t)
	f.mock(t, f.pets, "GET")
	f.method(t, f.pets, "PUT")
	const noResource, noMethod, noIntegration = "Invalid Resource identifier specified", "Invalid Method identifier specified", "Invalid Integration identifier specified"
	const noCode = "Invalid Response status code specified"
	badCode := constraint("wrong", "statusCode", `regular expression pattern: [1-5]\d\d`)
	for _, at := range []struct {
		name, api, resource, verb, status string
		code, read, deleted, integration  string // of each error its type, and its text for each operation; "" for no error
	}{
		{"no API", "nope", f.pets, "GET", "200", "NotFound", noResource, noResource, noResource},
		{"no resource", f.api, "nope", "GET", "200", "NotFound", noResource, noResource, noResource},
		{"no method", f.api, f.pets, "POST", "200", "NotFound", noMethod, noIntegration, noMethod},
		{"no integration", f.api, f.pets, "PUT", "200", "NotFound", noIntegration, noIntegration, noIntegration},
		{"no response", f.api, f.pets, "GET", "404", "NotFound", noCode, noCode, ""},
		{"no code", f.api, f.pets, "GET", "wrong", "Validation", badCode, badCode, ""},
	} {
		t.Run(at.name, func(t *testing.T) {
			wantError(t, refused(f.GetIntegrationResponse, &apigateway.GetIntegrationResponseInput{RestApiId: &at.api, ResourceId: &at.resource, HttpMethod: &at.verb, StatusCode: &at.status}), at.code, at.read)
			wantError(t, refused(f.UpdateIntegrationResponse, &apigateway.UpdateIntegrationResponseInput{RestApiId: &at.api, ResourceId: &at.resource, HttpMethod: &at.verb, StatusCode: &at.status}), at.code, at.read)
			wantError(t, refused(f.DeleteIntegrationResponse, &apigateway.DeleteIntegrationResponseInput{RestApiId: &at.api, ResourceId: &at.resource, HttpMethod: &at.verb, StatusCode: &at.status}), at.code, at.deleted)
			if at.integration != "" {
				wantError(t, refused(f.DeleteIntegration, &apigateway.DeleteIntegrationInput{RestApiId: &at.api, ResourceId: &at.resource, HttpMethod: &at.verb}), at.code, at.integration)
			}
		})
	}
	get, ok := aws.String("GET"), aws.String("200")
	must(f.PutMethodResponse(ctx(), &apigateway.PutMethodResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get, StatusCode: ok}))(t)
	must(f.PutIntegrationResponse(ctx(), &apigateway.PutIntegrationResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get, StatusCode: ok}))(t)
	update := func(op types.Op, path string) error {
		return refused(f.UpdateIntegrationResponse, &apigateway.UpdateIntegrationResponseInput{RestApiId: &f.api, ResourceId: &f.pets, HttpMethod: get, StatusCode: ok, PatchOperations: patch(op, path, "'x'")})
	}
	const header = "/responseParameters/method.response.header.X"
	wantRefusals(t, []refusal{
		{"remove the pattern", update(types.OpRemove, "/selectionPattern"), "BadRequest", "Invalid patch path  '/selectionPattern' specified for op 'remove'. Must be one of: [/responseParameters/{name}, /responseTemplates/{type}]"},
		{"no such parameter", update(types.OpReplace, header), "NotFound", "Invalid parameter name specified"},
		{"no such template", update(types.OpReplace, "/responseTemplates/a~1b"), "NotFound", "Content-Type specified was not found"},
		{"undeclared parameter", update(types.OpAdd, header), "BadRequest", noMappings + "[Invalid mapping expression parameter specified: method.response.header.X]"},
		{"unknown content handling", update(types.OpReplace, "/contentHandling"), "BadRequest", "Invalid content handling strategy specified"},
	})
}

// The documented errors of what methods name are those that the Go SDK knows.
func TestErrorsOfWhatMethodsNameBySDK(t *testing.T) {
	f := newFixture(t)
	no, api := aws.String("nope"), &f.api
	validator := must(f.CreateRequestValidator(ctx(), &apigateway.CreateRequestValidatorInput{RestApiId: api, Name: aws.String("all")}))(t).Id
	must(f.UpdateMethod(ctx(), &apigateway.UpdateMethodInput{RestApiId: api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), PatchOperations: patch(types.OpReplace, "/requestValidatorId", *validator)}))(t)
	put := patch(types.OpAdd, "/requestModels/application~1json", "Error")
	must(f.UpdateMethod(ctx(), &apigateway.UpdateMethodInput{RestApiId: api, ResourceId: &f.pets, HttpMethod: aws.String("GET"), PatchOperations: put}))(t)
	must(f.CreateModel(ctx(), &apigateway.CreateModelInput{RestApiId: api, Name: aws.String("Text"), ContentType: aws.String("application/xml"), Schema: aws.String("<schema/>")}))(t)
	authorizer := must(f.CreateAuthorizer(ctx(), sdkAuthorizer(f.api)))(t).Id
	validate := func(op types.Op, path, value string) error {
		return refused(f.UpdateRequestValidator, &apigateway.UpdateRequestValidatorInput{RestApiId: api, RequestValidatorId: validator, PatchOperations: patch(op, path, value)})
	}
	model := func(path, value string) error {
		return refused(f.UpdateModel, &apigateway.UpdateModelInput{RestApiId: api, ModelName: aws.String("Empty"), PatchOperations: patch(types.OpReplace, path, value)})
	}
	authorize := func(path, value string) error {
		return refused(f.UpdateAuthorizer, &apigateway.UpdateAuthorizerInput{RestApiId: api, AuthorizerId: authorizer, PatchOperations: patch(types.OpReplace, path, value)})
	}
	const noValidator, noModel, noAuthorizer = "Invalid Request Validator identifier specified", "Invalid model name specified: nope", "Invalid Authorizer identifier specified"
	wantRefusals(t, []refusal{
		{"get no resource", refused(f.GetResource, &apigateway.GetResourceInput{RestApiId: api, ResourceId: no}), "NotFound", "Invalid Resource identifier specified"},
		{"get a resource of no API", refused(f.GetResource, &apigateway.GetResourceInput{RestApiId: no, ResourceId: &f.pets}), "NotFound", "Invalid Resource identifier specified"},
		{"delete no resource", refused(f.DeleteResource, &apigateway.DeleteResourceInput{RestApiId: api, ResourceId: no}), "NotFound", "Invalid Resource identifier specified"},
		{"delete the root", refused(f.DeleteResource, &apigateway.DeleteResourceInput{RestApiId: api, ResourceId: &f.root}), "BadRequest", "Root resource cannot be deleted."},
		{"delete a method of no resource", refused(f.DeleteMethod, &apigateway.DeleteMethodInput{RestApiId: api, ResourceId: no, HttpMethod: aws.String("GET")}), "NotFound", "Invalid Resource identifier specified"},
		{"delete no method", refused(f.DeleteMethod, &apigateway.DeleteMethodInput{RestApiId: api, ResourceId: &f.pets, HttpMethod: aws.String("PUT")}), "NotFound", "Invalid Method identifier specified"},

		{"get no validator", refused(f.GetRequestValidator, &apigateway.GetRequestValidatorInput{RestApiId: api, RequestValidatorId: no}), "NotFound", noValidator},
		{"get a validator of no API", refused(f.GetRequestValidator, &apigateway.GetRequestValidatorInput{RestApiId: no, RequestValidatorId: validator}), "NotFound", noValidator},
		{"change no validator", refused(f.UpdateRequestValidator, &apigateway.UpdateRequestValidatorInput{RestApiId: api, RequestValidatorId: no}), "NotFound", noValidator},
		{"add to a validator", validate(types.OpAdd, "/validateRequestBody", "true"), "BadRequest", "Invalid patch path  '/validateRequestBody' specified for op 'add'. Please choose supported operations"},
		{"no member of a validator", validate(types.OpReplace, "/no", "x"), "BadRequest", "Invalid patch path  '/no' specified for op 'replace'. Must be one of: [/name, /validateRequestParameters, /validateRequestBody]"},
		{"blank name of a validator", validate(types.OpReplace, "/name", " "), "BadRequest", "Request Validator name cannot be blank"},
		{"delete no validator", refused(f.DeleteRequestValidator, &apigateway.DeleteRequestValidatorInput{RestApiId: api, RequestValidatorId: no}), "NotFound", noValidator},
		{"delete a validator in use", refused(f.DeleteRequestValidator, &apigateway.DeleteRequestValidatorInput{RestApiId: api, RequestValidatorId: validator}),
			"Conflict", "Cannot delete Request Validator 'all', is referenced in method: GET//pets"},

		{"template of no model", refused(f.GetModelTemplate, &apigateway.GetModelTemplateInput{RestApiId: api, ModelName: no}), "NotFound", noModel},
		{"template of no JSON", refused(f.GetModelTemplate, &apigateway.GetModelTemplateInput{RestApiId: api, ModelName: aws.String("Text")}), "BadRequest", "A template can only be generated from a JSON model"},
		{"change no model", refused(f.UpdateModel, &apigateway.UpdateModelInput{RestApiId: api, ModelName: no}), "NotFound", noModel},
		{"rename a model", model("/name", "Other"), "BadRequest", "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]"},
		{"model without a schema", model("/schema", ""), "BadRequest", "Model schema must have at least 1 property or array items defined"},
		{"delete no model", refused(f.DeleteModel, &apigateway.DeleteModelInput{RestApiId: api, ModelName: no}), "NotFound", noModel},
		{"delete a model in use", refused(f.DeleteModel, &apigateway.DeleteModelInput{RestApiId: api, ModelName: aws.String("Error")}),
			"Conflict", "Cannot delete model 'Error', is referenced in method request: /pets/GET"},

		{"change no authorizer", refused(f.UpdateAuthorizer, &apigateway.UpdateAuthorizerInput{RestApiId: api, AuthorizerId: no}), "NotFound", noAuthorizer},
		{"change an authorizer of no API", refused(f.UpdateAuthorizer, &apigateway.UpdateAuthorizerInput{RestApiId: no, AuthorizerId: authorizer}), "NotFound", noAuthorizer},
		{"authorizer without a function", authorize("/authorizerUri", "x"), "BadRequest", "Invalid Authorizer URI: x. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."},
		{"authorizer that keeps for long", authorize("/authorizerResultTtlInSeconds", "3601"), "BadRequest", "Authorizer result TTL outside allowable range. TTL must be between 0 and 3600 seconds."},
	})
}

// The Go SDK reads and changes gateway responses, deployments and stages.
func TestWhatIsServedBySDK(t *testing.T) {
	f := newFixture(t)
	const throttled = types.GatewayResponseTypeThrottled
	if got := must(f.GetGatewayResponse(ctx(), &apigateway.GetGatewayResponseInput{RestApiId: &f.api, ResponseType: throttled}))(t); !got.DefaultResponse || *got.StatusCode != "429" {
		t.Errorf("got the gateway response %v", got)
	}
	if got := must(f.UpdateGatewayResponse(ctx(), &apigateway.UpdateGatewayResponseInput{RestApiId: &f.api, ResponseType: throttled, PatchOperations: patch(types.OpReplace, "/statusCode", "503")}))(t); got.DefaultResponse || *got.StatusCode != "503" {
		t.Errorf("got the gateway response %v", got)
	}
	must(f.DeleteGatewayResponse(ctx(), &apigateway.DeleteGatewayResponseInput{RestApiId: &f.api, ResponseType: throttled}))(t)
	if got := must(f.GetGatewayResponse(ctx(), &apigateway.GetGatewayResponseInput{RestApiId: &f.api, ResponseType: throttled}))(t); !got.DefaultResponse || *got.StatusCode != "429" {
		t.Errorf("got the gateway response %v", got)
	}

	f.mock(t, f.pets, "GET")
	test := aws.String("test")
	deployment := must(f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: test}))(t).Id
	if got := must(f.UpdateDeployment(ctx(), &apigateway.UpdateDeploymentInput{RestApiId: &f.api, DeploymentId: deployment, PatchOperations: patch(types.OpReplace, "/description", "first")}))(t); aws.ToString(got.Description) != "first" {
		t.Errorf("got the deployment %v", got)
	}
	if got := must(f.GetDeployment(ctx(), &apigateway.GetDeploymentInput{RestApiId: &f.api, DeploymentId: deployment, Embed: []string{"apisummary"}}))(t); aws.ToString(got.Description) != "first" || aws.ToString(got.ApiSummary["/pets"]["GET"].AuthorizationType) != "NONE" {
		t.Errorf("got the deployment %v", got)
	}
	if got := must(f.GetStage(ctx(), &apigateway.GetStageInput{RestApiId: &f.api, StageName: test}))(t); *got.DeploymentId != *deployment || *got.StageName != "test" {
		t.Errorf("got the stage %v", got)
	}
	if got := must(f.GetStages(ctx(), &apigateway.GetStagesInput{RestApiId: &f.api}))(t); len(got.Item) != 1 || *got.Item[0].StageName != "test" {
		t.Errorf("got the stages %v", got.Item)
	}
	must(f.FlushStageCache(ctx(), &apigateway.FlushStageCacheInput{RestApiId: &f.api, StageName: test}))(t)
	must(f.FlushStageAuthorizersCache(ctx(), &apigateway.FlushStageAuthorizersCacheInput{RestApiId: &f.api, StageName: test}))(t)
}

// The documented errors of gateway responses, deployments and stages are those that the
// Go SDK knows.
func TestErrorsOfWhatIsServedBySDK(t *testing.T) {
	f := newFixture(t)
	f.mock(t, f.pets, "GET")
	test, no, api := aws.String("test"), aws.String("nope"), &f.api
	deployment := must(f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: api, StageName: test}))(t).Id
	const throttled, noType = types.GatewayResponseTypeThrottled, types.GatewayResponseType("FAKE_RESPONSE_TYPE")
	update := func(op types.Op, path string, value *string) error {
		return refused(f.UpdateGatewayResponse, &apigateway.UpdateGatewayResponseInput{RestApiId: api, ResponseType: throttled, PatchOperations: []types.PatchOperation{{Op: op, Path: &path, Value: value}}})
	}
	badType := constraint("FAKE_RESPONSE_TYPE", "responseType", "enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, "+
		"MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, "+
		"INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, "+
		"UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]")
	const noDeployment, noStage = "Invalid Deployment identifier specified", "Invalid stage identifier specified"
	wantRefusals(t, []refusal{
		{"get a response of no API", refused(f.GetGatewayResponse, &apigateway.GetGatewayResponseInput{RestApiId: no, ResponseType: throttled}), "NotFound", noSuchAPI},
		{"get no response", refused(f.GetGatewayResponse, &apigateway.GetGatewayResponseInput{RestApiId: api, ResponseType: noType}), "Validation", badType},
		{"change a response of no API", refused(f.UpdateGatewayResponse, &apigateway.UpdateGatewayResponseInput{RestApiId: no, ResponseType: throttled}), "NotFound", noSuchAPI},
		{"change no response", refused(f.UpdateGatewayResponse, &apigateway.UpdateGatewayResponseInput{RestApiId: api, ResponseType: noType}), "Validation", badType},
		{"add a status", update(types.OpAdd, "/statusCode", aws.String("503")), "BadRequest", "Invalid patch path /statusCode"},
		{"no parameter", update(types.OpReplace, "/responseParameters/gatewayresponse.header.X", aws.String("'x'")), "NotFound", "Invalid parameter name specified"},
		{"no mapping", update(types.OpAdd, "/responseParameters/method.response.header.X", aws.String("'x'")), "BadRequest", noMappings + "[Invalid mapping expression specified: method.response.header.X]"},
		{"parameter of nothing", update(types.OpAdd, "/responseParameters/gatewayresponse.header.X", nil), "BadRequest", "Invalid null or empty value in responseParameters"},
		{"template of nothing", update(types.OpAdd, "/responseTemplates/a~1b", nil), "BadRequest", "Invalid null or empty value in responseTemplates"},
		{"delete a response of no API", refused(f.DeleteGatewayResponse, &apigateway.DeleteGatewayResponseInput{RestApiId: no, ResponseType: throttled}), "NotFound", noSuchAPI},
		{"delete no response", refused(f.DeleteGatewayResponse, &apigateway.DeleteGatewayResponseInput{RestApiId: api, ResponseType: noType}), "Validation", badType},
		{"delete a response as it was", refused(f.DeleteGatewayResponse, &apigateway.DeleteGatewayResponseInput{RestApiId: api, ResponseType: throttled}), "NotFound", "Gateway response type not defined on api"},

		{"get no deployment", refused(f.GetDeployment, &apigateway.GetDeploymentInput{RestApiId: api, DeploymentId: no}), "NotFound", noDeployment},
		{"get a deployment of no API", refused(f.GetDeployment, &apigateway.GetDeploymentInput{RestApiId: no, DeploymentId: deployment}), "NotFound", noDeployment},
		{"change no deployment", refused(f.UpdateDeployment, &apigateway.UpdateDeploymentInput{RestApiId: api, DeploymentId: no}), "NotFound", noDeployment},
		{"no member of a deployment", refused(f.UpdateDeployment, &apigateway.UpdateDeploymentInput{RestApiId: api, DeploymentId: deployment, PatchOperations: patch(types.OpReplace, "/no", "x")}),
			"BadRequest", "Invalid patch path  '/no' specified for op 'replace'. Must be one of: [/description]"},
		{"get no stage", refused(f.GetStage, &apigateway.GetStageInput{RestApiId: api, StageName: no}), "NotFound", noStage},
		{"get a stage of no API", refused(f.GetStage, &apigateway.GetStageInput{RestApiId: no, StageName: test}), "NotFound", noStage},
		{"stages of no API", refused(f.GetStages, &apigateway.GetStagesInput{RestApiId: no}), "NotFound", noSuchAPI},
		{"flush the cache of no stage", refused(f.FlushStageCache, &apigateway.FlushStageCacheInput{RestApiId: api, StageName: no}), "NotFound", noStage},
		{"flush no stage", refused(f.FlushStageAuthorizersCache, &apigateway.FlushStageAuthorizersCacheInput{RestApiId: api, StageName: no}), "NotFound", noStage},
		{"flush a stage of no API", refused(f.FlushStageAuthorizersCache, &apigateway.FlushStageAuthorizersCacheInput{RestApiId: no, StageName: test}), "NotFound", noStage},
	})
}
