package control_test

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func definition(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/import/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dump writes an API as text that is the same for equal APIs: what a client
// reads of it, with paths and names for ids.
func dump(t testing.TB, c *apigateway.Client, api string) string {
	t.Helper()
	var b strings.Builder
	a, err := c.GetRestApi(ctx(), &apigateway.GetRestApiInput{RestApiId: &api})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{api: "API"}
	fmt.Fprintf(&b, "%s %s %s\n", *a.Name, aws.ToString(a.Description), aws.ToString(a.Version))
	validators, err := c.GetRequestValidators(ctx(), &apigateway.GetRequestValidatorsInput{RestApiId: &api})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range validators.Items {
		names[*v.Id] = "validator " + *v.Name
		fmt.Fprintf(&b, "validator %s %t %t\n", *v.Name, v.ValidateRequestBody, v.ValidateRequestParameters)
	}
	models, err := c.GetModels(ctx(), &apigateway.GetModelsInput{RestApiId: &api, Limit: aws.Int32(500)})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models.Items {
		fmt.Fprintf(&b, "model %s %s\n", *m.Name, strings.Join(strings.Fields(*m.Schema), " "))
	}
	responses, err := c.GetGatewayResponses(ctx(), &apigateway.GetGatewayResponsesInput{RestApiId: &api})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range responses.Items {
		if !r.DefaultResponse {
			fmt.Fprintf(&b, "gateway response %s %s %v %v\n", r.ResponseType, aws.ToString(r.StatusCode), r.ResponseParameters, r.ResponseTemplates)
		}
	}
	resources, err := c.GetResources(ctx(), &apigateway.GetResourcesInput{RestApiId: &api, Limit: aws.Int32(500), Embed: []string{"methods"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range resources.Items {
		names[*r.Id] = "resource " + *r.Path
	}
	slices.SortFunc(resources.Items, func(a, b types.Resource) int { return strings.Compare(*a.Path, *b.Path) })
	for _, r := range resources.Items {
		fmt.Fprintf(&b, "resource %s\n", *r.Path)
		for _, verb := range []string{"ANY", "DELETE", "GET", "POST", "PUT"} {
			if m, ok := r.ResourceMethods[verb]; ok {
				dumpMethod(&b, &m)
			}
		}
	}
	text := b.String()
	for id, name := range names {
		text = strings.ReplaceAll(text, id, "<"+name+">")
	}
	return text
}

func dumpMethod(b *strings.Builder, m *types.Method) {
	fmt.Fprintf(b, "  %s %s key=%t validator=%q operation=%q params=%v models=%v\n", *m.HttpMethod, *m.AuthorizationType, *m.ApiKeyRequired,
		aws.ToString(m.RequestValidatorId), aws.ToString(m.OperationName), m.RequestParameters, m.RequestModels)
	for _, status := range []string{"200", "201", "400"} {
		if r, ok := m.MethodResponses[status]; ok {
			fmt.Fprintf(b, "    response %s params=%v models=%v\n", *r.StatusCode, r.ResponseParameters, r.ResponseModels)
		}
	}
	if i := m.MethodIntegration; i != nil {
		fmt.Fprintf(b, "    integration %s %s %s connection=%s %s %dms cache=%s%v params=%v templates=%v\n", i.Type, aws.ToString(i.HttpMethod), aws.ToString(i.Uri),
			i.ConnectionType, *i.PassthroughBehavior, i.TimeoutInMillis, *i.CacheNamespace, i.CacheKeyParameters, i.RequestParameters, i.RequestTemplates)
		for _, status := range []string{"200", "201", "400"} {
			if r, ok := i.IntegrationResponses[status]; ok {
				fmt.Fprintf(b, "      response %s pattern=%q params=%v templates=%v\n", *r.StatusCode, aws.ToString(r.SelectionPattern), r.ResponseParameters, r.ResponseTemplates)
			}
		}
	}
}

// petstore is the dump of both petstore definitions.
const petstore = `PetStore A shop for pets 2016-09-12T17:50:37Z
validator body true false
model Pets { "type" : "array", "items" : { "$ref" : "https://apigateway.amazonaws.com/restapis/<API>/models/Pet" } }
model Pet { "type" : "object", "required" : [ "type" ], "properties" : { "id" : { "type" : "integer" }, "type" : { "type" : "string" }, "price" : { "type" : "number" } } }
gateway response DEFAULT_4XX  map[gatewayresponse.header.Access-Control-Allow-Origin:'*'] map[application/json:{"message":$context.error.messageString}]
resource /
  GET NONE key=false validator="" operation="front" params=map[] models=map[]
    response 200 params=map[method.response.header.Content-Type:false] models=map[]
    integration MOCK   connection= WHEN_NO_MATCH 29000ms cache=<resource />[] params=map[] templates=map[application/json:{"statusCode": 200}]
      response 200 pattern="" params=map[method.response.header.Content-Type:'text/html'] templates=map[text/html:<h1>Pets</h1>]
resource /pets
  GET NONE key=false validator="" operation="" params=map[method.request.querystring.page:false method.request.querystring.type:false] models=map[]
    response 200 params=map[method.response.header.Access-Control-Allow-Origin:false] models=map[application/json:Pets]
    response 400 params=map[] models=map[]
    integration HTTP GET http://127.0.0.1:8081/pets connection=INTERNET WHEN_NO_MATCH 29000ms cache=<resource /pets>[] params=map[integration.request.querystring.page:method.request.querystring.page integration.request.querystring.type:method.request.querystring.type] templates=map[]
      response 200 pattern="" params=map[method.response.header.Access-Control-Allow-Origin:'*'] templates=map[]
      response 400 pattern="4\\d{2}" params=map[] templates=map[]
  POST NONE key=false validator="<validator body>" operation="" params=map[] models=map[application/json:Pet]
    response 201 params=map[] models=map[application/json:Pet]
    integration HTTP_PROXY POST http://127.0.0.1:8081/pets connection=INTERNET WHEN_NO_MATCH 29000ms cache=<resource /pets>[] params=map[] templates=map[]
resource /pets/{petId}
  GET NONE key=false validator="" operation="" params=map[method.request.path.petId:true] models=map[]
    response 200 params=map[] models=map[application/json:Pet]
    integration HTTP_PROXY GET http://127.0.0.1:8081/pets/{petId} connection=INTERNET WHEN_NO_MATCH 29000ms cache=<resource /pets/{petId}>[] params=map[integration.request.path.petId:method.request.path.petId] templates=map[]
`

func TestImportPetstore(t *testing.T) {
	for _, name := range []string{"petstore.swagger.json", "petstore.openapi.yaml"} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition(t, name), FailOnWarnings: true})
			if err != nil {
				t.Fatal(err)
			}
			if out.Tags != nil || out.Warnings != nil || out.EndpointConfiguration.Types[0] != types.EndpointTypeEdge {
				t.Errorf("got tags %v, warnings %v, endpoint %v", out.Tags, out.Warnings, out.EndpointConfiguration)
			}
			if d := cmp.Diff(petstore, dump(t, c, *out.Id)); d != "" {
				t.Error("-want +got", d)
			}
			stage := "dev"
			if _, err := c.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: out.Id, StageName: &stage}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestImportParameters(t *testing.T) {
	tests := map[string]struct {
		params map[string]string
		paths  []string
		kind   types.EndpointType
	}{
		"none":       {nil, []string{"/", "/pets", "/pets/{petId}"}, "EDGE"},
		"ignore":     {map[string]string{"basepath": "ignore"}, []string{"/", "/pets", "/pets/{petId}"}, "EDGE"},
		"prepend":    {map[string]string{"basepath": "prepend"}, []string{"/", "/v1", "/v1/shop", "/v1/shop/pets", "/v1/shop/pets/{petId}"}, "EDGE"},
		"split":      {map[string]string{"basepath": "split"}, []string{"/", "/shop", "/shop/pets", "/shop/pets/{petId}"}, "EDGE"},
		"endpoint":   {map[string]string{"endpointConfigurationTypes": "REGIONAL"}, []string{"/", "/pets", "/pets/{petId}"}, "REGIONAL"},
		"ignore doc": {map[string]string{"ignore": "documentation"}, []string{"/", "/pets", "/pets/{petId}"}, "EDGE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"petstore.swagger.json", "petstore.openapi.yaml"} {
				c := newClient(t)
				out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition(t, file), Parameters: tt.params})
				if err != nil {
					t.Fatal(err)
				}
				if got := out.EndpointConfiguration.Types[0]; got != tt.kind {
					t.Errorf("%s: got endpoint %s, want %s", file, got, tt.kind)
				}
				if d := cmp.Diff(tt.paths, paths(t, c, *out.Id)); d != "" {
					t.Error(file, "-want +got", d)
				}
			}
		})
	}
}

// What an import or an export does not know to do it refuses, by name: a misspelt
// parameter would make another API or document than was asked for.
func TestWrongParameters(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, string(definition(t, "petstore.openapi.yaml")))
	const known = "Valid parameters are basepath,endpointConfigurationTypes,ignore"
	for parameter, want := range map[string]string{
		"basePath=prepend":                "Invalid parameter specified: basePath. " + known,
		"whatever=1":                      "Invalid parameter specified: whatever. " + known,
		"basepath=Prepend":                "Invalid basepath specified: Prepend. Valid options are ignore,prepend,split",
		"ignore=models":                   "Invalid ignore specified: models. Valid options are documentation",
		"endpointConfigurationTypes=edge": "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
	} {
		name, value, _ := strings.Cut(parameter, "=")
		given := map[string]string{name: value}
		_, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition(t, "petstore.openapi.yaml"), Parameters: given})
		wantError(t, err, "BadRequest", want)
		_, err = c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &api, Body: definition(t, "petstore.openapi.yaml"), Parameters: given})
		wantError(t, err, "BadRequest", want)
	}
	_, err := c.GetExport(ctx(), &apigateway.GetExportInput{RestApiId: &api, StageName: aws.String("dev"), ExportType: aws.String("oas30"), Parameters: map[string]string{"extension": "integrations"}})
	wantError(t, err, "BadRequest", "Invalid parameter specified: extension. Valid parameters are extensions")
}

// The endpoint type of an API that is there is not an import's to change (documented). An
// answer tells of a parameter that asks for another.
func TestEndpointTypeOfImportOver(t *testing.T) {
	c := newClient(t)
	api := deployed(t, c, string(definition(t, "petstore.openapi.yaml")))
	for kind, want := range map[string]int{"EDGE": 0, "REGIONAL": 1} {
		out, err := c.PutRestApi(ctx(), &apigateway.PutRestApiInput{
			RestApiId: &api, Body: definition(t, "petstore.openapi.yaml"), Parameters: map[string]string{"endpointConfigurationTypes": kind}, Mode: types.PutModeOverwrite,
		})
		if err != nil {
			t.Fatal(err)
		}
		told := slices.DeleteFunc(out.Warnings, func(w string) bool { return !strings.HasPrefix(w, "Ignored endpointConfigurationTypes: ") })
		if out.EndpointConfiguration.Types[0] != types.EndpointTypeEdge || len(told) != want {
			t.Errorf("%s: got %v, warnings %q", kind, out.EndpointConfiguration.Types, told)
		}
	}
}

// paths are those of all resources, sorted.
func paths(t testing.TB, c *apigateway.Client, api string) []string {
	t.Helper()
	var out []string
	pages := apigateway.NewGetResourcesPaginator(c, &apigateway.GetResourcesInput{RestApiId: &api})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			out = append(out, *r.Path)
		}
	}
	slices.Sort(out)
	return out
}

// older is an API that the petstore is put over: some of it is in both.
func older(t *testing.T) (*apigateway.Client, string, map[string]string) {
	t.Helper()
	c := newClient(t)
	out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(`
openapi: 3.0.1
info: {title: Old, version: "1", description: old}
paths:
  /pets:
    get:
      parameters: [{name: old, in: query, schema: {type: string}}]
      responses: {"201": {description: gone with the method}}
      x-amazon-apigateway-integration: {type: mock}
    delete:
      responses: {}
      x-amazon-apigateway-integration: {type: mock}
  /old/deep:
    get:
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Old"}}}}}
      x-amazon-apigateway-request-validator: params
      x-amazon-apigateway-integration: {type: mock}
components: {schemas: {Old: {type: object, properties: {a: {type: string}}}, Pet: {type: string}}}
x-amazon-apigateway-request-validators: {params: {validateRequestParameters: true}, body: {}}
x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: 503}}
`)})
	if err != nil {
		t.Fatal(err)
	}
	return c, *out.Id, idsOf(t, c, *out.Id)
}

// idsOf are the ids of an API's resources, models and validators.
func idsOf(t *testing.T, c *apigateway.Client, api string) map[string]string {
	t.Helper()
	out := map[string]string{}
	resources, err := c.GetResources(ctx(), &apigateway.GetResourcesInput{RestApiId: &api})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range resources.Items {
		out[*r.Path] = *r.Id
	}
	models, err := c.GetModels(ctx(), &apigateway.GetModelsInput{RestApiId: &api})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models.Items {
		out["model "+*m.Name] = *m.Id
	}
	validators, err := c.GetRequestValidators(ctx(), &apigateway.GetRequestValidatorsInput{RestApiId: &api})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range validators.Items {
		out["validator "+*v.Name] = *v.Id
	}
	return out
}

func TestPutOverwrite(t *testing.T) {
	c, api, before := older(t)
	out, err := c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &api, Mode: types.PutModeOverwrite, Body: definition(t, "petstore.openapi.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	if out.Tags == nil {
		t.Error("put answers without tags")
	}
	if d := cmp.Diff(petstore, dump(t, c, api)); d != "" {
		t.Error("-want +got", d)
	}
	after := idsOf(t, c, api)
	for _, name := range []string{"/", "/pets", "model Pet", "validator body"} {
		if before[name] != after[name] {
			t.Errorf("%s has a new id", name)
		}
	}
}

func TestPutMerge(t *testing.T) {
	for _, mode := range []types.PutMode{"", types.PutModeMerge} {
		c, api, before := older(t)
		if _, err := c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &api, Mode: mode, Body: definition(t, "petstore.openapi.yaml")}); err != nil {
			t.Fatal(err)
		}
		got := dump(t, c, api)
		for _, line := range []string{
			"PetStore A shop for pets 2016-09-12T17:50:37Z\n", "model Old ", "model Pets ", "validator params false true\n", "validator body true false\n",
			"gateway response THROTTLED 503", "gateway response DEFAULT_4XX", "resource /old/deep\n", "  DELETE NONE",
			`  GET NONE key=false validator="" operation="" params=map[method.request.querystring.page:false method.request.querystring.type:false]`,
		} {
			if !strings.Contains(got, line) {
				t.Errorf("mode %q: no %q in\n%s", mode, line, got)
			}
		}
		if strings.Contains(got, "querystring.old") || strings.Contains(got, "gone with") {
			t.Errorf("mode %q: parts of the replaced method remain:\n%s", mode, got)
		}
		after := idsOf(t, c, api)
		for name, id := range before {
			if after[name] != id {
				t.Errorf("mode %q: %s has a new id", mode, name)
			}
		}
	}
}

func TestImportRefuses(t *testing.T) {
	const head = "openapi: 3.0.1\ninfo: {title: A}\npaths:\n"
	get := func(integration string) string {
		return head + "  /a:\n    get:\n      responses: {\"200\": {description: d}}\n      x-amazon-apigateway-integration: " + integration + "\n"
	}
	tests := map[string]struct {
		body          string
		params        map[string]string
		strict        bool
		code, message string
	}{
		"nothing":       {body: "", code: "BadRequest", message: "Invalid OpenAPI input."},
		"no definition": {body: "hello", code: "BadRequest", message: "Invalid OpenAPI input."},
		"no title":      {body: "openapi: 3.0.1\ninfo: {version: 1}\npaths: {}", code: "BadRequest", message: "Invalid OpenAPI input."},
		"base path":     {body: head, params: map[string]string{"basepath": "drop"}, code: "BadRequest", message: "Invalid basepath specified: drop. Valid options are ignore,prepend,split"},
		"endpoint type": {body: head, params: map[string]string{"endpointConfigurationTypes": "FAST"}, code: "BadRequest", message: "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"},
		"integration": {body: get("{type: http, httpMethod: GET, uri: nowhere}"), code: "BadRequest",
			message: "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/a': Invalid HTTP endpoint specified for URI"},
		"no type": {body: get("{uri: 'http://a'}"), code: "BadRequest",
			message: "Unable to parse API definition because of a malformed integration at path /a."},
		"unknown type": {body: get("{type: https_proxy}"), code: "BadRequest",
			message: "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/a': 1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"},
		"undeclared parameter": {body: get("{type: mock, requestParameters: {integration.request.header.a: method.request.header.Authorization}}"), code: "BadRequest",
			message: "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/a': Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.header.Authorization]"},
		"undeclared header": {body: get("{type: mock, responses: {default: {statusCode: 200, responseParameters: {method.response.header.A: \"'x'\"}}}}"), code: "BadRequest",
			message: "Errors found during import:\n\tUnable to put integration response on 'GET' for resource at path '/a': Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.response.header.A]"},
		"status code": {body: get("{type: mock, responses: {default: {statusCode: 2000}}}"), code: "BadRequest",
			message: "Errors found during import:\n\tUnable to put integration response on 'GET' for resource at path '/a': Invalid status code specified: 2000"},
		"several": {body: head + "  /a b: {get: {responses: {}, x-amazon-apigateway-integration: {type: mock}}}\n  /c: {get: {responses: {}, x-amazon-apigateway-integration: {type: mock, timeoutInMillis: 1}}}\n", code: "BadRequest",
			message: "Errors found during import:\n\tUnable to create resource at path '/a b': Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end and an optional plus sign before the closing brace." +
				"\n\tUnable to put integration on 'GET' for resource at path '/c': Timeout should be between 50 ms and 29000 ms"},
		"gateway response": {body: head + "  {}\nx-amazon-apigateway-gateway-responses: {TEAPOT: {statusCode: 418}}", code: "BadRequest",
			message: "Errors found during import:\n\tUnable to create gateway response for 'TEAPOT': Invalid gateway response type specified: TEAPOT"},
		"gateway response's status": {body: head + "  {}\nx-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: 9}}", code: "BadRequest",
			message: "Errors found during import:\n\tUnable to create gateway response for 'THROTTLED': Invalid status code specified: 9"},
		"a target without a link": {body: get("{type: http_proxy, httpMethod: GET, uri: 'http://a/', integrationTarget: 'arn:aws:x'}"), code: "BadRequest",
			message: "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/a': IntegrationTarget is supported only for connection type VPC_LINK"},
		"documentation": {body: head + "  /a b: {get: {}}\nx-amazon-apigateway-documentation: {documentationParts: [{location: {type: API, path: /}, properties: {}}]}", code: "BadRequest",
			message: "Errors found during import:\n\tUnable to create resource at path '/a b': Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end and an optional plus sign before the closing brace." +
				"\n\tUnable to create documentation part for type 'API', path '/': Invalid location specified for documentation part: type 'API' has no path"},
		"errors of the document and of its parts, with warnings": {body: head + "  /a:\n    get: {security: [{lost: []}], x-amazon-apigateway-integration: {type: http, httpMethod: GET, uri: nowhere}}\n  /b c: {get: {odd: 1}}\ncomponents: {schemas: {A: {$ref: '#/nowhere'}}}", strict: true, code: "BadRequest",
			message: "Errors found during import:\n\tUnable to create model for 'A': Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]" +
				"\n\tSecurity definition 'lost' not found" +
				"\n\tUnable to put integration on 'GET' for resource at path '/a': Invalid HTTP endpoint specified for URI" +
				"\n\tUnable to create resource at path '/b c': Resource's path part only allow a-zA-Z0-9._- and curly braces at the beginning and the end and an optional plus sign before the closing brace." +
				"\nAdditionally, these warnings were found:\n\tParse issue: attribute paths.'/b c'(get).odd is unexpected"},
		"fail on warnings": {body: get("{type: mock, requestParameters: {integration.request.header.nothing: true}}"), strict: true, code: "BadRequest",
			message: "Warnings found during import:\n\tInvalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/a' and method 'GET' but got 'true'"},
		"policy": {body: head + "  {}\nx-amazon-apigateway-policy: [1]", code: "BadRequest",
			message: "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			_, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(tt.body), Parameters: tt.params, FailOnWarnings: tt.strict})
			wantError(t, err, tt.code, tt.message)
			apis, err := c.GetRestApis(ctx(), &apigateway.GetRestApisInput{})
			if err != nil || len(apis.Items) > 0 {
				t.Errorf("a refused import left %d APIs, error %v", len(apis.Items), err)
			}
			if name == "no title" {
				return
			}
			c, api, _ := older(t)
			before := dump(t, c, api)
			_, err = c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &api, Mode: types.PutModeOverwrite, Body: []byte(tt.body), Parameters: tt.params, FailOnWarnings: tt.strict})
			wantError(t, err, tt.code, tt.message)
			if d := cmp.Diff(before, dump(t, c, api)); d != "" {
				t.Error("a refused put changed the API: -before +after", d)
			}
		})
	}
}

// A definition as AWS exports it: with keys of a cache that it does not have.
func TestImportCacheKeys(t *testing.T) {
	c := newClient(t)
	out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{FailOnWarnings: true, Body: []byte(`
openapi: 3.0.1
info: {title: A, version: "1"}
paths:
  /a/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}, {name: q, in: query, schema: {type: string}}]
      responses: {"200": {description: d}}
      x-amazon-apigateway-integration: {type: mock, cacheNamespace: mine, cacheKeyParameters: [method.request.path.id, method.request.querystring.q]}
`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := dump(t, c, *out.Id); !strings.Contains(got, "cache=mine[method.request.path.id method.request.querystring.q] ") {
		t.Errorf("the keys are not there:\n%s", got)
	}
}

func TestImportWarns(t *testing.T) {
	c := newClient(t)
	out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: []byte(`
openapi: 3.0.1
info: {title: A}
paths:
  /test:
    get:
      responses: {"200": {description: d}}
      x-amazon-apigateway-integration: {type: mock, requestParameters: {integration.request.header.nothing: true, integration.request.header.a: "'b'"}}
`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/test' and method 'GET' but got 'true'"}
	if d := cmp.Diff(want, out.Warnings); d != "" {
		t.Error("-want +got", d)
	}
	got, err := c.GetRestApi(ctx(), &apigateway.GetRestApiInput{RestApiId: out.Id})
	if err != nil || got.Warnings != nil {
		t.Errorf("warnings are the import's alone: got %v, error %v", got.Warnings, err)
	}
}

// What AWS leaves out without a word is told here, in the answer and in the
// log, and is no reason for failonwarnings, which is about AWS's warnings.
func TestImportTellsOfWhatIsIgnored(t *testing.T) {
	const body = `
openapi: 3.0.1
info: {title: A}
security: [{key: []}]
paths:
  /test:
    get:
      parameters: [{name: page, in: query, schema: {type: string, enum: [a]}}]
      responses: {"200": {description: d}}
      x-amazon-apigateway-integration: {type: mock}
components: {securitySchemes: {key: {type: apiKey, name: x-api-key, in: header}}}
`
	want := []string{
		"Ignored #/security: security at the top is not applied: operations need their own, and the one without is open",
		"Ignored #/paths/~1test/get/parameters/0/schema/enum: enum of a parameter is not checked",
	}
	var log strings.Builder
	b := newBench(t)
	svc := control.New(control.Options{Store: b.store, Log: slog.New(slog.NewTextHandler(&log, nil))})
	told := func(t *testing.T, api *wire.RestAPI) {
		t.Helper()
		if d := cmp.Diff(want, api.Warnings); d != "" {
			t.Error("-want +got", d)
		}
		if lines := strings.Split(strings.TrimSpace(log.String()), "\n"); len(lines) != 2 || !strings.Contains(lines[0], "level=WARN") ||
			!strings.Contains(lines[0], "api="+*api.ID+" at=#/security ") || !strings.Contains(lines[0], "security at the top is not applied") {
			t.Errorf("the log says\n%s", log.String())
		}
		log.Reset()
	}
	api := must(svc.ImportRestAPI(ctx(), who, &wire.ImportRestAPIRequest{Body: []byte(body), FailOnWarnings: new(true)}))(t)
	told(t, api)
	told(t, must(svc.PutRestAPI(ctx(), who, &wire.PutRestAPIRequest{RestAPIID: *api.ID, Body: []byte(body), FailOnWarnings: new(true)}))(t))

	// Both kinds, AWS's first; of many the log tells those of most concern and
	// how many more there are.
	many := strings.Replace(body, "      parameters:", "      odd: 1\n      parameters:", 1) + "  schemas:\n"
	many = strings.Replace(many, "security: [{key: []}]\n", "", 1)
	for i := range 30 {
		many += fmt.Sprintf("    S%d: {type: string, nullable: true}\n", i)
	}
	many += "security: [{key: []}]\n"
	many = strings.Replace(many, "components: {securitySchemes: {key: {type: apiKey, name: x-api-key, in: header}}}", "components:", 1)
	api = must(svc.ImportRestAPI(ctx(), who, &wire.ImportRestAPIRequest{Body: []byte(many)}))(t)
	if len(api.Warnings) != 33 || api.Warnings[0] != "Parse issue: attribute paths.'/test'(get).odd is unexpected" || api.Warnings[32] != want[0] {
		t.Errorf("got %d warnings: %q", len(api.Warnings), api.Warnings)
	}
	if lines := strings.Split(strings.TrimSpace(log.String()), "\n"); len(lines) != 21 || !strings.Contains(lines[0], " at=#/security ") || !strings.Contains(lines[20], "more=13") {
		t.Errorf("got %d lines in the log:\n%s", len(lines), log.String())
	}
}

// An unreadable body is told before an unknown API.
func TestPutChecksBodyFirst(t *testing.T) {
	c := newClient(t)
	_, err := c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: aws.String("nope"), Body: []byte("hello")})
	wantError(t, err, "BadRequest", "Invalid OpenAPI input.")
	_, err = c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: aws.String("nope"), Body: definition(t, "petstore.openapi.yaml")})
	wantError(t, err, "NotFound", "Invalid API identifier specified 000000000000:nope")
	_, err = c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: aws.String("nope"), Body: []byte("x"), Mode: "replace"})
	wantError(t, err, "Validation", "1 validation error detected: Value 'replace' at 'mode' failed to satisfy constraint: Member must satisfy enum value set: [overwrite, merge]")
}

// The policy of a definition names its own API, and its name may stay away.
func TestPutSettings(t *testing.T) {
	f := newFixture(t)
	out, err := f.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: &f.api, Body: []byte(`{"swagger": "2.0", "info": {"version": "7"}, "paths": {},
		"x-amazon-apigateway-policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]}, "x-amazon-apigateway-api-key-source": "AUTHORIZER",
		"x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": true}}`)})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Name != "shop" || aws.ToString(out.Version) != "7" || out.ApiKeySource != "AUTHORIZER" || !out.DisableExecuteApiEndpoint {
		t.Errorf("got %+v", out)
	}
	want := `{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"arn:aws:execute-api:us-east-1:000000000000:` + f.api + `/*\"}]}`
	if *out.Policy != want {
		t.Errorf("got policy %s, want %s", *out.Policy, want)
	}
}

// Binary media types are merged, or replaced in an overwrite; so is the size
// from which answers are compressed.
func TestPutBinaryTypes(t *testing.T) {
	tests := map[string]struct {
		mode types.PutMode
		body string
		want []string
		size *int32
	}{
		"merge":                {"merge", `"x-amazon-apigateway-binary-media-types": ["b/c", "a/b"], "x-amazon-apigateway-minimum-compression-size": 7`, []string{"a/b", "b/c"}, aws.Int32(7)},
		"merge of nothing":     {"merge", `"x": 1`, []string{"a/b"}, aws.Int32(5)},
		"overwrite":            {"overwrite", `"x-amazon-apigateway-binary-media-types": ["b/c"]`, []string{"b/c"}, nil},
		"overwrite of nothing": {"overwrite", `"x": 1`, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			api, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("a"), BinaryMediaTypes: []string{"a/b"}, MinimumCompressionSize: aws.Int32(5)})
			if err != nil {
				t.Fatal(err)
			}
			out, err := c.PutRestApi(ctx(), &apigateway.PutRestApiInput{RestApiId: api.Id, Mode: tt.mode, Body: []byte(`{"swagger": "2.0", "info": {"title": "a"}, "paths": {}, ` + tt.body + `}`)})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, out.BinaryMediaTypes); d != "" {
				t.Error("-want +got", d)
			}
			if d := cmp.Diff(tt.size, out.MinimumCompressionSize); d != "" {
				t.Error("-want +got", d)
			}
		})
	}
}

func TestClone(t *testing.T) {
	c := newClient(t)
	src, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{Body: definition(t, "petstore.swagger.json")})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("PetStore"), Description: src.Description, Version: src.Version, CloneFrom: src.Id})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(petstore, dump(t, c, *out.Id)); d != "" {
		t.Error("-want +got", d)
	}
	for name, id := range idsOf(t, c, *src.Id) {
		if idsOf(t, c, *out.Id)[name] == id {
			t.Errorf("%s has the id of the original", name)
		}
	}
	if _, err := c.DeleteRestApi(ctx(), &apigateway.DeleteRestApiInput{RestApiId: src.Id}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(petstore, dump(t, c, *out.Id)); d != "" {
		t.Error("the clone went with the original: -want +got", d)
	}
	_, err = c.CreateRestApi(ctx(), &apigateway.CreateRestApiInput{Name: aws.String("x"), CloneFrom: aws.String("nope")})
	wantError(t, err, "NotFound", "Invalid API identifier specified 000000000000:nope")
	apis, err := c.GetRestApis(ctx(), &apigateway.GetRestApisInput{})
	if err != nil || len(apis.Items) != 1 {
		t.Errorf("a refused clone left an API: %d, error %v", len(apis.Items), err)
	}
}
