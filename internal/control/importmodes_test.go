package control_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// modesBefore is an API with one of each thing that a definition can say.
const modesBefore = `
openapi: 3.0.1
info: {title: old, description: old, version: old}
servers: [{url: /, x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true}}]
paths:
  /old/deep: {get: &mock {responses: {"200": {description: a}}, x-amazon-apigateway-integration: {type: mock}}}
  /both:
    get: {operationId: old, parameters: [{name: q, in: query}], responses: {"200": {description: a}, "206": {description: b}}, x-amazon-apigateway-integration: {type: mock}}
    post: *mock
components:
  schemas: {Old: {type: object, title: old}, Both: {type: object, title: old}}
  securitySchemes:
    old: {type: apiKey, name: Old, in: header, x-amazon-apigateway-authorizer: {type: token, authorizerUri: "` + exportedFunction + `"}}
    both: {type: apiKey, name: Old, in: header, x-amazon-apigateway-authorizer: {type: token, authorizerUri: "` + exportedFunction + `"}}
x-amazon-apigateway-api-key-source: AUTHORIZER
x-amazon-apigateway-binary-media-types: [a/a]
x-amazon-apigateway-minimum-compression-size: 1
x-amazon-apigateway-policy: {Version: "2012-10-17", Statement: [{Sid: old, Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "*"}]}
x-amazon-apigateway-request-validators: {old: {validateRequestBody: true}, both: {validateRequestBody: true}}
x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: 503}, QUOTA_EXCEEDED: {statusCode: 503}}
x-amazon-apigateway-documentation: {documentationParts: [{location: {type: API}, properties: {old: 1}}, {location: {type: METHOD, path: /both}, properties: {old: 1}}]}
`

// oldParts is what modesBefore documents.
const oldParts = `API:{"old":1,"info":{"description":"old"}} METHOD:{"old":1} MODEL:{"title":"old"} MODEL:{"title":"old"} ` +
	`RESPONSE:{"description":"a"} RESPONSE:{"description":"a"} RESPONSE:{"description":"a"} RESPONSE:{"description":"b"}`

// TestPutModes lays a definition that says one thing, and one that does not say it, over
// an API, in both modes, member by member.
func TestPutModes(t *testing.T) {
	t.Parallel()
	api := func(get func(*wire.RestAPI) any) func(*testing.T, *exportBench) string {
		return func(t *testing.T, e *exportBench) string {
			text, err := json.Marshal(get(done(e.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: e.api}))(t)))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	tests := map[string]struct {
		says                              string // what the definition says
		of                                func(*testing.T, *exportBench) string
		old, merged, overwritten, dropped string // by the definition that says it and, at last, by one that does not; merged with that it is old
	}{
		"description": {"info: {description: new}", api(func(a *wire.RestAPI) any { return a.Description }), `"old"`, `"new"`, `"new"`, `null`},
		"version":     {"info: {version: new}", api(func(a *wire.RestAPI) any { return a.Version }), `"old"`, `"new"`, `"new"`, `null`},
		"key source":  {"x-amazon-apigateway-api-key-source: header", api(func(a *wire.RestAPI) any { return a.APIKeySource }), `"AUTHORIZER"`, `"HEADER"`, `"HEADER"`, `"HEADER"`},
		"binary media types": {"x-amazon-apigateway-binary-media-types: [b/b, a/a]", api(func(a *wire.RestAPI) any { return a.BinaryMediaTypes }),
			`["a/a"]`, `["a/a","b/b"]`, `["b/b","a/a"]`, `null`},
		"compression": {"x-amazon-apigateway-minimum-compression-size: 2", api(func(a *wire.RestAPI) any { return a.MinimumCompressionSize }), `1`, `2`, `2`, `null`},
		"endpoint": {"servers: [{url: /, x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: false}}]",
			api(func(a *wire.RestAPI) any { return a.DisableExecuteAPIEndpoint }), `true`, `false`, `false`, `false`},
		"policy": {`x-amazon-apigateway-policy: {Version: "2012-10-17", Statement: [{Sid: new, Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "*"}]}`,
			api(func(a *wire.RestAPI) any { return sidOf(a.Policy) }), `"old"`, `"new"`, `"new"`, `""`},
		"models": {"components: {schemas: {Both: {type: object, title: new}, New: {type: object, title: new}}}", modelsOf, "Both:old Old:old", "Both:new New:new Old:old", "Both:new New:new", ""},
		"validators": {"x-amazon-apigateway-request-validators: {both: {validateRequestBody: false}, new: {validateRequestBody: false}}", validatorsOf,
			"both:true old:true", "both:false new:false old:true", "both:false new:false", ""},
		"authorizers": {`components: {securitySchemes: {both: {type: apiKey, name: New, in: header, x-amazon-apigateway-authorizer: {type: token, authorizerUri: "` + exportedFunction + `"}},
  new: {type: apiKey, name: New, in: header, x-amazon-apigateway-authorizer: {type: token, authorizerUri: "` + exportedFunction + `"}}}}`, authorizersOf,
			"both:Old old:Old", "both:New new:New old:Old", "both:New new:New", ""},
		"gateway responses": {"x-amazon-apigateway-gateway-responses: {QUOTA_EXCEEDED: {statusCode: 504}, UNAUTHORIZED: {statusCode: 504}}", gatewayResponsesOf,
			"QUOTA_EXCEEDED:503 THROTTLED:503", "QUOTA_EXCEEDED:504 THROTTLED:503 UNAUTHORIZED:504", "QUOTA_EXCEEDED:504 UNAUTHORIZED:504", ""},
		"documentation": {"x-amazon-apigateway-documentation: {documentationParts: [{location: {type: METHOD, path: /both}, properties: {new: 1}}, {location: {type: RESOURCE}, properties: {new: 1}}]}", partsOf,
			oldParts, strings.Replace(strings.Replace(oldParts, `METHOD:{"old":1}`, `METHOD:{"old":1,"new":1}`, 1), "RESPONSE", `RESOURCE:{"new":1} RESPONSE`, 1), `METHOD:{"new":1} RESOURCE:{"new":1}`, ""},
		"descriptions": {`paths: {/both: {get: {description: new, responses: {"200": {description: new}}, x-amazon-apigateway-integration: {type: mock}}}}`, partsOf,
			oldParts, strings.Replace(strings.Replace(oldParts, "METHOD", `METHOD:{"description":"new"} METHOD`, 1), `RESPONSE:{"description":"a"} `, "", 1) + ` RESPONSE:{"description":"new"}`, `METHOD:{"description":"new"} RESPONSE:{"description":"new"}`, ""},
		"methods": {`paths: {/both: {get: {operationId: new, responses: {"200": {description: a}, "400": {description: b}}, x-amazon-apigateway-integration: {type: mock}}}, /new: {put: {x-amazon-apigateway-integration: {type: mock}}}}`, methodsOf,
			"/ /both:GET(old,1,200,206) /both:POST(,0,200) /old /old/deep:GET(,0,200)",
			"/ /both:GET(new,0,200,400) /both:POST(,0,200) /new:PUT(,0) /old /old/deep:GET(,0,200)",
			"/ /both:GET(new,0,200,400) /new:PUT(,0)", "/"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			for _, put := range []struct{ mode, says, want string }{
				{"merge", tt.says, tt.merged}, {"merge", "", tt.old}, {"overwrite", tt.says, tt.overwritten}, {"overwrite", "", tt.dropped},
			} {
				e := exportBenchOn(t, b, []byte(modesBefore))
				if got := tt.of(t, e); got != tt.old {
					t.Fatalf("before: got %s, want %s", got, tt.old)
				}
				doc := members{"openapi": "3.0.1", "info": members{"title": "old"}, "paths": members{}}
				mergeMembers(doc, yamlObject(t, put.says))
				text, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				done(e.PutRestAPI(ctx(), who, &wire.PutRestAPIRequest{RestAPIID: e.api, Body: text, Mode: &put.mode, FailOnWarnings: new(true)}))(t)
				if got := tt.of(t, e); got != put.want {
					t.Errorf("%s of %q: got %s, want %s", put.mode, put.says, got, put.want)
				}
			}
		})
	}
}

func sidOf(policy *string) string {
	if policy == nil {
		return ""
	}
	_, sid, _ := strings.Cut(strings.ReplaceAll(*policy, `\`, ""), `"Sid":"`) // it is escaped as in AWS's answers
	sid, _, _ = strings.Cut(sid, `"`)
	return sid
}

// inOrder lists what some things say, sorted.
func inOrder[T any](items []T, say func(*T) string) string {
	var said []string
	for i := range items {
		if text := say(&items[i]); text != "" {
			said = append(said, text)
		}
	}
	slices.Sort(said)
	return strings.Join(said, " ")
}

func modelsOf(t *testing.T, e *exportBench) string {
	all := done(e.GetModels(ctx(), who, &wire.GetModelsRequest{RestAPIID: e.api}))(t)
	return inOrder(all.Items, func(m *wire.Model) string {
		var schema struct{ Title string }
		if err := json.Unmarshal([]byte(*m.Schema), &schema); err != nil {
			t.Fatal(err)
		}
		return *m.Name + ":" + schema.Title
	})
}

func validatorsOf(t *testing.T, e *exportBench) string {
	all := done(e.GetRequestValidators(ctx(), who, &wire.GetRequestValidatorsRequest{RestAPIID: e.api}))(t)
	return inOrder(all.Items, func(v *wire.RequestValidator) string { return fmt.Sprintf("%s:%t", *v.Name, *v.ValidateRequestBody) })
}

func authorizersOf(t *testing.T, e *exportBench) string {
	all := done(e.GetAuthorizers(ctx(), who, &wire.GetAuthorizersRequest{RestAPIID: e.api}))(t)
	return inOrder(all.Items, func(a *wire.Authorizer) string {
		return *a.Name + ":" + strings.TrimPrefix(*a.IdentitySource, "method.request.header.")
	})
}

func gatewayResponsesOf(t *testing.T, e *exportBench) string {
	all := done(e.GetGatewayResponses(ctx(), who, &wire.GetGatewayResponsesRequest{RestAPIID: e.api}))(t)
	return inOrder(all.Items, func(r *wire.GatewayResponse) string {
		if *r.DefaultResponse {
			return ""
		}
		return *r.ResponseType + ":" + *r.StatusCode
	})
}

func partsOf(t *testing.T, e *exportBench) string {
	all := done(e.GetDocumentationParts(ctx(), who, &wire.GetDocumentationPartsRequest{RestAPIID: e.api}))(t)
	return inOrder(all.Items, func(p *wire.DocumentationPart) string { return p.Location.Type + ":" + *p.Properties })
}

// methodsOf lists the methods with the names of their operations, how many parameters
// they have, and their responses.
func methodsOf(t *testing.T, e *exportBench) string {
	all := done(e.GetResources(ctx(), who, &wire.GetResourcesRequest{RestAPIID: e.api, Embed: []string{"methods"}}))(t)
	return inOrder(all.Items, func(r *wire.Resource) string {
		if len(r.ResourceMethods) == 0 {
			return *r.Path
		}
		var verbs []string
		for verb, m := range r.ResourceMethods {
			name := ""
			if m.OperationName != nil {
				name = *m.OperationName
			}
			said := []string{name, strconv.Itoa(len(m.RequestParameters))}
			said = append(said, slices.Sorted(maps.Keys(m.MethodResponses))...)
			verbs = append(verbs, fmt.Sprintf("%s:%s(%s)", *r.Path, verb, strings.Join(said, ",")))
		}
		slices.Sort(verbs)
		return strings.Join(verbs, " ")
	})
}

// What a definition is not about stays as it is in both modes: stages with their
// variables, tags, the endpoint's type, and the usage plans that the API's stages are in.
func TestPutKeeps(t *testing.T) {
	for _, mode := range []string{"merge", "overwrite"} {
		t.Run(mode, func(t *testing.T) {
			b := newBench(t)
			api := *must(b.ImportRestAPI(ctx(), who, &wire.ImportRestAPIRequest{Body: []byte(modesBefore), Parameters: map[string]string{"endpointConfigurationTypes": "REGIONAL"}}))(t).ID
			must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("prod"), Variables: map[string]string{"a": "b"}}))(t)
			plan := *must(b.CreateUsagePlan(ctx(), who, &wire.CreateUsagePlanRequest{Name: "plan", APIStages: []wire.APIStage{{APIID: &api, Stage: new("prod")}}}))(t).ID
			out := must(b.PutRestAPI(ctx(), who, &wire.PutRestAPIRequest{
				RestAPIID: api, Mode: &mode, Body: []byte(`{"openapi": "3.0.1", "info": {"title": "new"}, "paths": {}}`), Parameters: map[string]string{"endpointConfigurationTypes": "EDGE"},
			}))(t)
			if got := out.EndpointConfiguration.Types; len(got) != 1 || got[0] != "REGIONAL" {
				t.Errorf("got endpoint types %v", got)
			}
			if st := must(b.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: api, StageName: "prod"}))(t); st.Variables["a"] != "b" {
				t.Errorf("got variables %v", st.Variables)
			}
			if got := must(b.GetUsagePlan(ctx(), who, &wire.GetUsagePlanRequest{UsagePlanID: plan}))(t).APIStages; len(got) != 1 {
				t.Errorf("got stages of the plan %v", got)
			}
		})
	}
}
