package control_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
)

// AWS's answers for what a path names and is not there. Most look-ups are
// collapsed: an unknown API and an unknown resource are one answer.
const (
	noAPI         = "NotFoundException Invalid API identifier specified 000000000000:{api}"
	noResource    = "NotFoundException Invalid Resource identifier specified"
	noMethod      = "NotFoundException Invalid Method identifier specified"
	noIntegration = "NotFoundException Invalid Integration identifier specified"
	noStatus      = "NotFoundException Invalid Response status code specified"
	noModel       = "NotFoundException Invalid model name specified: {model}"
	noValidator   = "NotFoundException Invalid Request Validator identifier specified"
	noAuthorizer  = "NotFoundException Invalid Authorizer identifier specified"
	noPart        = "NotFoundException Invalid Documentation part identifier specified"
	noVersion     = "NotFoundException Invalid Documentation version specified"
	noDeployment  = "NotFoundException Invalid Deployment identifier specified"
	noStage       = "NotFoundException Invalid stage identifier specified"
	noLink        = "NotFoundException Invalid Vpc Link identifier specified"
	noCertificate = "NotFoundException Invalid client certificate identifier specified" // not recorded
	noKey         = "NotFoundException Invalid API Key identifier specified"
	noPlan        = "NotFoundException Invalid Usage Plan ID specified"
	noPlanKey     = "NotFoundException Invalid Usage Plan Key identifier specified" // not recorded
	noUsageKey    = "NotFoundException Invalid Key identifier specified"
	noDomain      = "NotFoundException Invalid domain name identifier specified"
	noAssociation = "NotFoundException Invalid domain name access association identifier specified" // not recorded
	noSdkType     = "NotFoundException Invalid SDK type identifier specified"                       // not recorded
	noMapping     = "NotFoundException Invalid base path mapping identifier specified"
)

// A lookup is an operation with the answer for each label of its path that may
// name what is not there. A "bare" method is one that is there and has neither
// responses nor an integration.
type lookup struct {
	operation, request, body string
	unknown                  map[string]string
}

const (
	resourcePath    = "/restapis/{api}/resources/{resource}"
	methodPath      = resourcePath + "/methods/{method}"
	responsePath    = methodPath + "/responses/{status}"
	integrationPath = methodPath + "/integration"
	mappingPath     = integrationPath + "/responses/{status}"
	basePath        = "/domainnames/{domain}/basepathmappings/{base}"
	noPatch         = `{"patchOperations": []}`
	privateARN      = "arn:aws:apigateway:us-east-1:000000000000:/domainnames/inner.example.com+{private}"
	privateLabel    = "arn:aws:apigateway:us-east-1:000000000000:%2Fdomainnames%2Finner.example.com%2B{private}" // the same in a URL
	associationARN  = "arn:aws:apigateway:us-east-1:000000000000:%2Fdomainnameaccessassociations%2Fdomainname%2Finner.example.com%2B{private}%2Fvpcesource%2Fvpce-"
)

var (
	ofResource    = map[string]string{"api": noResource, "resource": noResource}
	ofMethod      = map[string]string{"api": noResource, "resource": noResource, "method": noMethod}
	ofResponse    = map[string]string{"api": noResource, "resource": noResource, "method": noMethod, "status": noStatus, "bare": noStatus}
	ofIntegration = map[string]string{"api": noResource, "resource": noResource, "method": noMethod, "bare": noIntegration}
	ofMapping     = map[string]string{"api": noResource, "resource": noResource, "method": noMethod, "bare": noIntegration, "status": noStatus}
	ofAPI         = map[string]string{"api": noAPI}
	ofDomain      = map[string]string{"domain": noDomain}
	ofBasePath    = map[string]string{"domain": noDomain, "base": noMapping}
)

var lookups = []lookup{
	{"GetRestApi", "GET /restapis/{api}", "", ofAPI},
	{"UpdateRestApi", "PATCH /restapis/{api}", noPatch, ofAPI},
	{"PutRestApi", "PUT /restapis/{api}", `{"swagger": "2.0", "info": {"title": "a"}, "paths": {}}`, ofAPI},

	{"GetResources", "GET /restapis/{api}/resources", "", ofAPI},
	{"CreateResource", "POST " + resourcePath, `{"pathPart": "x"}`, ofResource},
	{"GetResource", "GET " + resourcePath, "", ofResource},
	{"UpdateResource", "PATCH " + resourcePath, noPatch, ofResource},

	{"PutMethod", "PUT " + resourcePath + "/methods/HEAD", `{"authorizationType": "NONE"}`, ofResource},
	{"GetMethod", "GET " + methodPath, "", ofMethod},
	{"UpdateMethod", "PATCH " + methodPath, noPatch, ofMethod},

	{"PutMethodResponse", "PUT " + methodPath + "/responses/404", "{}", ofMethod},
	{"GetMethodResponse", "GET " + responsePath, "", ofResponse},
	{"UpdateMethodResponse", "PATCH " + responsePath, noPatch, ofResponse},

	{"PutIntegration", "PUT " + methodPath + "/integration", `{"type": "MOCK"}`, ofMethod},
	{"PutIntegrationResponse", "PUT " + integrationPath + "/responses/200", "{}", ofIntegration},
	{"GetIntegration", "GET " + integrationPath, "", ofIntegration},
	{"UpdateIntegration", "PATCH " + integrationPath, noPatch, ofIntegration},
	{"GetIntegrationResponse", "GET " + mappingPath, "", ofMapping},
	{"UpdateIntegrationResponse", "PATCH " + mappingPath, noPatch, ofMapping},

	{"CreateModel", "POST /restapis/{api}/models", `{"name": "New", "contentType": "application/json", "schema": "{}"}`, ofAPI},
	{"GetModels", "GET /restapis/{api}/models", "", ofAPI},
	{"GetModel", "GET /restapis/{api}/models/{model}", "", map[string]string{"api": noModel, "model": noModel}},
	{"GetModelTemplate", "GET /restapis/{api}/models/{model}/default_template", "", map[string]string{"api": noModel, "model": noModel}},
	{"UpdateModel", "PATCH /restapis/{api}/models/{model}", noPatch, map[string]string{"api": noModel, "model": noModel}},

	{"CreateRequestValidator", "POST /restapis/{api}/requestvalidators", `{"name": "v"}`, map[string]string{"api": "BadRequestException Invalid REST API identifier specified"}},
	{"GetRequestValidators", "GET /restapis/{api}/requestvalidators", "", ofAPI},
	{"GetRequestValidator", "GET /restapis/{api}/requestvalidators/{validator}", "", map[string]string{"api": noValidator, "validator": noValidator}},
	{"UpdateRequestValidator", "PATCH /restapis/{api}/requestvalidators/{validator}", noPatch, map[string]string{"api": noValidator, "validator": noValidator}},

	{"CreateAuthorizer", "POST /restapis/{api}/authorizers", authorizerBody("new"), map[string]string{"api": "ConflictException Unable to complete operation due to concurrent modification. Please try again later."}},
	{"GetAuthorizers", "GET /restapis/{api}/authorizers", "", ofAPI},
	{"GetAuthorizer", "GET /restapis/{api}/authorizers/{authorizer}", "", map[string]string{"api": noAuthorizer, "authorizer": noAuthorizer}},
	{"UpdateAuthorizer", "PATCH /restapis/{api}/authorizers/{authorizer}", noPatch, map[string]string{"api": noAuthorizer, "authorizer": noAuthorizer}},

	{"GetGatewayResponses", "GET /restapis/{api}/gatewayresponses", "", ofAPI},
	{"PutGatewayResponse", "PUT /restapis/{api}/gatewayresponses/THROTTLED", "{}", ofAPI},
	{"GetGatewayResponse", "GET /restapis/{api}/gatewayresponses/THROTTLED", "", ofAPI},
	{"UpdateGatewayResponse", "PATCH /restapis/{api}/gatewayresponses/THROTTLED", noPatch, ofAPI},

	{"CreateDocumentationPart", "POST /restapis/{api}/documentation/parts", `{"location": {"type": "RESOURCE"}, "properties": "{}"}`, ofAPI},
	{"ImportDocumentationParts", "PUT /restapis/{api}/documentation/parts", `{"swagger": "2.0"}`, ofAPI},
	{"GetDocumentationParts", "GET /restapis/{api}/documentation/parts", "", ofAPI},
	{"GetDocumentationPart", "GET /restapis/{api}/documentation/parts/{part}", "", map[string]string{"api": noPart, "part": noPart}},
	{"UpdateDocumentationPart", "PATCH /restapis/{api}/documentation/parts/{part}", noPatch, map[string]string{"api": noPart, "part": noPart}},

	{"CreateDocumentationVersion", "POST /restapis/{api}/documentation/versions", `{"documentationVersion": "2"}`, ofAPI},
	{"CreateDocumentationVersion of a stage", "POST /restapis/{api}/documentation/versions", `{"documentationVersion": "3", "stageName": "{stage}"}`, map[string]string{"api": noAPI, "stage": noStage}},
	{"GetDocumentationVersions", "GET /restapis/{api}/documentation/versions", "", ofAPI},
	{"GetDocumentationVersion", "GET /restapis/{api}/documentation/versions/{version}", "", map[string]string{"api": noVersion, "version": noVersion}},
	{"UpdateDocumentationVersion", "PATCH /restapis/{api}/documentation/versions/{version}", noPatch, map[string]string{"api": noVersion, "version": noVersion}},

	{"GetDeployments", "GET /restapis/{api}/deployments", "", ofAPI},
	{"GetDeployment", "GET /restapis/{api}/deployments/{deployment}", "", map[string]string{"api": noDeployment, "deployment": noDeployment}},
	{"UpdateDeployment", "PATCH /restapis/{api}/deployments/{deployment}", noPatch, map[string]string{"api": noDeployment, "deployment": noDeployment}},

	{"CreateStage", "POST /restapis/{api}/stages", `{"stageName": "new", "deploymentId": "{other}"}`, ofAPI},
	{"GetStages", "GET /restapis/{api}/stages", "", ofAPI},
	{"GetStage", "GET /restapis/{api}/stages/{stage}", "", map[string]string{"api": noStage, "stage": noStage}},
	{"UpdateStage", "PATCH /restapis/{api}/stages/{stage}", noPatch, map[string]string{"api": noStage, "stage": noStage}},

	{"GetExport", "GET /restapis/{api}/stages/{stage}/exports/oas30", "", map[string]string{"api": noStage, "stage": noStage}},
	{"GetSdk", "GET /restapis/{api}/stages/{stage}/sdks/python", "", map[string]string{"api": noStage, "stage": noStage}},
	{"GetSdkType", "GET /sdktypes/{language}", "", map[string]string{"language": noSdkType}},

	{"FlushStageCache", "DELETE /restapis/{api}/stages/{stage}/cache/data", "", map[string]string{"api": noStage, "stage": noStage}},
	{"FlushStageAuthorizersCache", "DELETE /restapis/{api}/stages/{stage}/cache/authorizers", "", map[string]string{"api": noStage, "stage": noStage}},

	{"GetVpcLink", "GET /vpclinks/{link}", "", map[string]string{"link": noLink}},
	{"UpdateVpcLink", "PATCH /vpclinks/{link}", noPatch, map[string]string{"link": noLink}},
	{"GetClientCertificate", "GET /clientcertificates/{certificate}", "", map[string]string{"certificate": noCertificate}},
	{"UpdateClientCertificate", "PATCH /clientcertificates/{certificate}", noPatch, map[string]string{"certificate": noCertificate}},

	{"GetApiKey", "GET /apikeys/{key}", "", map[string]string{"key": noKey}},
	{"UpdateApiKey", "PATCH /apikeys/{key}", noPatch, map[string]string{"key": noKey}},
	{"GetUsagePlan", "GET /usageplans/{plan}", "", map[string]string{"plan": noPlan}},
	{"GetUsagePlans of a key", "GET /usageplans?keyId={key}", "", map[string]string{"key": noKey}},
	{"UpdateUsagePlan", "PATCH /usageplans/{plan}", noPatch, map[string]string{"plan": noPlan}},
	{"CreateUsagePlanKey", "POST /usageplans/{plan}/keys", `{"keyId": "{key}", "keyType": "API_KEY"}`, map[string]string{"plan": noPlan, "key": noKey}},
	{"GetUsagePlanKey", "GET /usageplans/{plan}/keys/{key}", "", map[string]string{"plan": noPlan, "key": noPlanKey}},
	{"GetUsagePlanKeys", "GET /usageplans/{plan}/keys", "", map[string]string{"plan": noPlan}},
	{"GetUsage", "GET /usageplans/{plan}/usage?startDate=2026-03-01&endDate=2026-03-01&keyId={key}", "", map[string]string{"plan": noPlan, "key": noUsageKey}},
	{"UpdateUsage", "PATCH /usageplans/{plan}/keys/{key}/usage", noPatch, map[string]string{"plan": noPlan, "key": noUsageKey}},

	{"GetDomainName", "GET /domainnames/{domain}", "", ofDomain},
	{"UpdateDomainName", "PATCH /domainnames/{domain}", noPatch, ofDomain},
	{"CreateBasePathMapping", "POST /domainnames/{domain}/basepathmappings", `{"restApiId": "{api}", "stage": "{stage}"}`, map[string]string{
		"domain": noDomain, "api": "BadRequestException Invalid REST API identifier specified", "stage": "BadRequestException Invalid stage identifier specified",
	}},
	{"GetBasePathMapping", "GET " + basePath, "", ofBasePath},
	{"GetBasePathMappings", "GET /domainnames/{domain}/basepathmappings", "", ofDomain},
	{"UpdateBasePathMapping", "PATCH " + basePath, noPatch, ofBasePath},

	{"CreateDomainNameAccessAssociation", "POST /domainnameaccessassociations", `{"domainNameArn": "` + privateARN + `", "accessAssociationSource": "vpce-2", "accessAssociationSourceType": "VPCE"}`, map[string]string{"private": noDomain}},
	{"RejectDomainNameAccessAssociation", "POST /rejectdomainnameaccessassociations?domainNameAccessAssociationArn=" + associationARN + "2&domainNameArn=" + privateLabel, "", map[string]string{"private": noDomain}},
	{"UpdateDomainName of a private one", "PATCH /domainnames/inner.example.com?domainNameId={private}", noPatch, map[string]string{"private": noDomain}},

	{"GetTags of a key", "GET /tags/arn:aws:apigateway:us-east-1::/apikeys/{key}", "", map[string]string{"key": noKey}},
	{"GetTags of a plan", "GET /tags/arn:aws:apigateway:us-east-1::/usageplans/{plan}", "", map[string]string{"plan": noPlan}},
	{"GetTags of an API", "GET /tags/arn:aws:apigateway:us-east-1::/restapis/{api}", "", ofAPI},
	{"TagResource of a stage", "PUT /tags/arn:aws:apigateway:us-east-1::/restapis/{api}/stages/{stage}", `{"tags": {"a": "b"}}`, map[string]string{"api": noStage, "stage": noStage}},
	{"UntagResource of a stage", "DELETE /tags/arn:aws:apigateway:us-east-1::/restapis/{api}/stages/{stage}?tagKeys=a", "", map[string]string{"api": noStage, "stage": noStage}},
	{"GetTags of a domain name", "GET /tags/arn:aws:apigateway:us-east-1::/domainnames/{domain}", "", ofDomain},
	{"GetTags of a private domain name", "GET /tags/" + privateLabel, "", map[string]string{"private": noDomain}},
	{"GetTags of an access association", "GET /tags/" + associationARN + "1", "", map[string]string{"private": noAssociation}},
	{"GetTags of a link", "GET /tags/arn:aws:apigateway:us-east-1::/vpclinks/{link}", "", map[string]string{"link": noLink}},

	// The deletes come last, leaves first, so that each of them has what it
	// deletes; and a deployment after the bare method. AWS calls the missing
	// method of an integration response a missing integration here.
	{"DeleteIntegrationResponse", "DELETE " + mappingPath, "", map[string]string{"api": noResource, "resource": noResource, "method": noIntegration, "bare": noIntegration, "status": noStatus}},
	{"DeleteIntegration", "DELETE " + integrationPath, "", ofIntegration},
	{"DeleteMethodResponse", "DELETE " + responsePath, "", ofResponse},
	{"DeleteMethod", "DELETE " + methodPath, "", ofMethod},
	{"DeleteResource", "DELETE " + resourcePath, "", ofResource},
	{"CreateDeployment", "POST /restapis/{api}/deployments", "{}", ofAPI},
	{"DeleteModel", "DELETE /restapis/{api}/models/{model}", "", map[string]string{"api": noModel, "model": noModel}},
	{"DeleteRequestValidator", "DELETE /restapis/{api}/requestvalidators/{validator}", "", map[string]string{"api": noValidator, "validator": noValidator}},
	{"DeleteAuthorizer", "DELETE /restapis/{api}/authorizers/{authorizer}", "", map[string]string{"api": noAuthorizer, "authorizer": noAuthorizer}},
	{"DeleteGatewayResponse", "DELETE /restapis/{api}/gatewayresponses/THROTTLED", "", ofAPI},
	{"DeleteDocumentationPart", "DELETE /restapis/{api}/documentation/parts/{part}", "", map[string]string{"api": noAPI, "part": noPart}},
	{"DeleteDocumentationVersion", "DELETE /restapis/{api}/documentation/versions/{version}", "", map[string]string{"api": noVersion, "version": noVersion}},
	{"DeleteDomainNameAccessAssociation", "DELETE /domainnameaccessassociations/" + associationARN + "1", "", map[string]string{"private": noAssociation}},
	{"DeleteDomainName of a private one", "DELETE /domainnames/inner.example.com?domainNameId={private}", "", map[string]string{"private": noDomain}},
	{"DeleteBasePathMapping", "DELETE " + basePath, "", ofBasePath},
	{"DeleteDomainName", "DELETE /domainnames/{domain}", "", ofDomain},
	{"DeleteStage", "DELETE /restapis/{api}/stages/{stage}", "", map[string]string{"api": noStage, "stage": noStage}},
	{"DeleteDeployment", "DELETE /restapis/{api}/deployments/{deployment}", "", map[string]string{"api": noDeployment, "deployment": noDeployment}},
	{"DeleteVpcLink", "DELETE /vpclinks/{link}", "", map[string]string{"link": noLink}},
	{"DeleteClientCertificate", "DELETE /clientcertificates/{certificate}", "", map[string]string{"certificate": noCertificate}},
	{"DeleteUsagePlanKey", "DELETE /usageplans/{plan}/keys/{key}", "", map[string]string{"plan": noPlan, "key": noPlanKey}},
	{"DeleteUsagePlan", "DELETE /usageplans/{plan}", "", map[string]string{"plan": noPlan}},
	{"DeleteApiKey", "DELETE /apikeys/{key}", "", map[string]string{"key": noKey}},
	{"DeleteRestApi", "DELETE /restapis/{api}", "", ofAPI},
}

// Names of things that are not there. Ids are case sensitive, and a verb that
// is none is but another unknown method.
var unknownNames = map[string][]string{
	"api": {"nope", "SHOP"}, "resource": {"nope"}, "method": {"PUT", "FETCH", "get"}, "status": {"599"}, "model": {"nope", "pet"},
	"part": {"nope"}, "version": {"nope", "V1"}, "validator": {"nope"}, "authorizer": {"nope"}, "deployment": {"nope"}, "stage": {"nope", "DEV"}, "language": {"nope"}, "link": {"nope"}, "certificate": {"nope"}, "key": {"nope"}, "plan": {"nope"},
	"private": {"nope"}, "domain": {"nope.example.com", "API.example.com", "%2A.example.com"}, "base": {"nope", "ORDERS", "orders%2F"},
}

// TestLookups holds every operation to AWS's answer for each thing that its
// path names and is not there; with all of them there, the operation succeeds.
func TestLookups(t *testing.T) {
	url := newServer(t).URL
	names := lookupFixture(t, url)
	for _, l := range lookups {
		t.Run(l.operation, func(t *testing.T) {
			call := func(names map[string]string) *answer {
				method, target, _ := strings.Cut(l.request, " ")
				return send(t, method, url+fill(target, names), fill(l.body, names))
			}
			for label, want := range l.unknown {
				unknown := unknownNames[label]
				if label == "bare" {
					label, unknown = "method", []string{"POST"}
				}
				for _, name := range unknown {
					names := with(names, label, name)
					if got, want := call(names).refusal(), fill(want, names); got != want {
						t.Errorf("%s %s: got %q, want %q", label, name, got, want)
					}
				}
			}
			if got := call(names); got.status >= 300 {
				t.Errorf("got status %d with all there: %s", got.status, got.body)
			}
		})
	}
}

// Every operation that is built has its rows, but for those whose path names
// nothing, and the tests of a method and an authorizer, which have tests of their own.
func TestLookupsAreComplete(t *testing.T) {
	seen := map[string]bool{
		"CreateRestApi": true, "GetRestApis": true, "ImportRestApi": true, "GetAccount": true, "UpdateAccount": true, "CreateVpcLink": true, "GetVpcLinks": true,
		"GenerateClientCertificate": true, "GetClientCertificates": true, "TestInvokeMethod": true, "TestInvokeAuthorizer": true,
		"CreateApiKey": true, "ImportApiKeys": true, "GetApiKeys": true, "CreateUsagePlan": true, "CreateDomainName": true, "GetDomainNames": true,
		"GetDomainNameAccessAssociations": true, "GetSdkTypes": true,
	}
	for _, l := range lookups {
		operation, _, _ := strings.Cut(l.operation, " ")
		seen[operation] = true
	}
	for operation := range control.New(control.Options{}).Handlers() {
		if !seen[operation] {
			t.Errorf("%s has no row in lookups", operation)
		}
	}
}

// fill puts names into a text in place of their {labels}.
func fill(text string, names map[string]string) string {
	for label, name := range names {
		text = strings.ReplaceAll(text, "{"+label+"}", name)
	}
	return text
}

func with(names map[string]string, label, name string) map[string]string {
	out := map[string]string{label: name}
	for k, v := range names {
		if k != label {
			out[k] = v
		}
	}
	return out
}

// lookupFixture makes one of each thing and returns their names by label.
func lookupFixture(t *testing.T, url string) map[string]string {
	t.Helper()
	names := map[string]string{"api": "shop", "method": "GET", "status": "200", "model": "Pet", "stage": "dev", "language": "python", "domain": "api.example.com", "base": "orders"}
	for _, step := range []struct{ request, body, label, member string }{
		{"POST /restapis", `{"name": "shop", "tags": {"_custom_id_": "shop"}}`, "root", "rootResourceId"},
		{"POST /restapis/shop/resources/{root}", `{"pathPart": "pets"}`, "resource", "id"},
		{"PUT /restapis/shop/resources/{root}/methods/GET", `{"authorizationType": "NONE"}`, "", ""},
		{"PUT /restapis/shop/resources/{root}/methods/GET/integration", `{"type": "MOCK"}`, "", ""},
		{"PUT " + resourcePath + "/methods/GET", `{"authorizationType": "NONE"}`, "", ""},
		{"PUT " + resourcePath + "/methods/GET/responses/200", "{}", "", ""},
		{"PUT " + resourcePath + "/methods/GET/integration", `{"type": "MOCK"}`, "", ""},
		{"PUT " + resourcePath + "/methods/GET/integration/responses/200", "{}", "", ""},
		{"POST /restapis/shop/models", `{"name": "Pet", "contentType": "application/json", "schema": "{}"}`, "", ""},
		{"POST /restapis/shop/requestvalidators", `{"name": "v"}`, "validator", "id"},
		{"POST /restapis/shop/documentation/parts", `{"location": {"type": "API"}, "properties": "{}"}`, "part", "id"},
		{"POST /restapis/shop/documentation/versions", `{"documentationVersion": "v1"}`, "version", "version"},
		{"POST /restapis/shop/authorizers", authorizerBody("a"), "authorizer", "id"},
		{"POST /restapis/shop/deployments", `{"stageName": "dev"}`, "deployment", "id"},
		{"POST /restapis/shop/deployments", "{}", "other", "id"},
		{"POST /vpclinks", `{"name": "l", "targetArns": ["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1"]}`, "link", "id"},
		{"POST /clientcertificates", "{}", "certificate", "clientCertificateId"},
		{"POST /apikeys", `{"name": "k"}`, "key", "id"},
		{"POST /usageplans", `{"name": "p"}`, "plan", "id"},
		{"POST /domainnames", `{"domainName": "api.example.com", "certificateArn": "` + acm + `a"}`, "", ""},
		{"POST /domainnames/api.example.com/basepathmappings", `{"restApiId": "shop", "basePath": "orders"}`, "", ""},
		{"POST /domainnames", `{"domainName": "inner.example.com", "certificateArn": "` + acm + `a", "endpointConfiguration": {"types": ["PRIVATE"]}}`, "private", "domainNameId"},
		{"POST /domainnameaccessassociations", `{"domainNameArn": "` + privateARN + `", "accessAssociationSource": "vpce-1", "accessAssociationSourceType": "VPCE"}`, "", ""},
		{"PUT " + resourcePath + "/methods/POST", `{"authorizationType": "NONE"}`, "", ""}, // the bare one
	} {
		method, target, _ := strings.Cut(step.request, " ")
		got := send(t, method, url+fill(target, names), fill(step.body, names))
		if got.status >= 300 {
			t.Fatalf("%s: got status %d: %s", step.request, got.status, got.body)
		}
		if step.label != "" {
			names[step.label] = member(t, got, step.member)
		}
	}
	return names
}

// member reads a member of an answer.
func member(t testing.TB, a *answer, name string) string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(a.body, &all); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	text, _ := all[name].(string)
	return text
}
