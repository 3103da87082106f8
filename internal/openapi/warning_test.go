package openapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWarningTexts checks the service's texts, one document for each.
func TestWarningTexts(t *testing.T) {
	const v3 = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\n"
	get := func(op string) string { return v3 + "paths: {/a: {get: {responses: {}, " + op + "}}}" }
	integration := func(members string) string {
		return get("x-amazon-apigateway-integration: {type: mock, " + members + "}")
	}
	extension := func(e string) string { return v3 + "x-amazon-apigateway-" + e + "\n" }
	schema := func(s string) string { return v3 + "components: {schemas: {S: " + s + "}}" }
	tests := map[string]struct{ doc, want string }{
		"no info":                {"openapi: 3.0.1\npaths: {}", "Parse issue: attribute info is missing"},
		"info is text":           {"openapi: 3.0.1\ninfo: x", "Parse issue: attribute info is missing"},
		"no title":               {"openapi: 3.0.1\ninfo: {version: '1'}", "Parse issue: attribute info.title is missing"},
		"title is a list":        {"openapi: 3.0.1\ninfo: {title: [t], version: '1'}", "Parse issue: attribute info.title is not of type `string`"},
		"unknown at the top":     {v3 + "odd: 1", "Parse issue: attribute odd is unexpected"},
		"unknown in info":        {"openapi: 3.0.1\ninfo: {title: t, version: '1', odd: 1}", "Parse issue: attribute info.odd is unexpected"},
		"unknown in a component": {v3 + "components: {odd: {}}", "Parse issue: attribute components.odd is unexpected"},
		"unknown in a path":      {v3 + "paths: {/a: {odd: {}}}", "Parse issue: attribute paths.'/a'.odd is unexpected"},
		"unknown in operation":   {get("odd: 1"), "Parse issue: attribute paths.'/a'(get).odd is unexpected"},
		"unknown in parameter":   {get("parameters: [{name: p, in: query, odd: 1}]"), "Parse issue: attribute paths.'/a'(get).parameters.[p].odd is unexpected"},
		"unknown in body":        {get("requestBody: {odd: 1, content: {}}"), "Parse issue: attribute paths.'/a'(get).requestBody.odd is unexpected"},
		"unknown in media type":  {get("requestBody: {content: {a/b: {odd: 1}}}"), "Parse issue: attribute paths.'/a'(get).requestBody.content.'a/b'.odd is unexpected"},
		"unknown in scheme":      {v3 + "components: {securitySchemes: {s: {type: apiKey, name: x-api-key, in: header, odd: 1}}}", "Parse issue: attribute components.securitySchemes.s.odd is unexpected"},
		"unknown in schema":      {schema("{type: object, properties: {p: {odd: 1}}}"), "Parse issue: attribute components.schemas.S.properties.p.odd is unexpected"},
		"Swagger in OpenAPI 3":   {v3 + "definitions: {}", "Parse issue: attribute definitions is unexpected"},
		"OpenAPI 3 in Swagger":   {head + "components: {}", "Parse issue: attribute components is unexpected"},
		"path is text":           {v3 + "paths: {/a: x}", "Parse issue: attribute paths.'/a' is not of type `object`"},
		"operation is text":      {v3 + "paths: {/a: {get: x}}", "Parse issue: attribute paths.'/a'(get) is not of type `object`"},
		"path without slash":     {v3 + "paths: {a: {}}", "Parse issue: attribute paths. Resource a should start with /"},
		"parameter without name": {get("parameters: [{in: query}]"), "Parse issue: attribute paths.'/a'(get).parameters.name is missing"},
		"cookie":                 {get("parameters: [{name: c, in: cookie}]"), "Parameter type cookie for parameter c not supported. Ignoring."},
		"form data":              {head + "paths: {/a: {get: {parameters: [{name: f, in: formData, type: string}]}}}", "Parameter type formData for parameter f not supported. Ignoring."},
		"default response":       {v3 + "paths: {/a: {put: {responses: {default: {description: d}}}}}", "API Gateway does not support Swagger's 'default' method response (found on 'PUT /a')"},
		"body of text":           {get("requestBody: {content: {a/b: {schema: {type: integer}}}}"), "Unsupported model type 'IntegerSchema' in body of method 'GET /a'. Ignoring."},
		"dates":                  {get("requestBody: {content: {a/b: {schema: {type: string, format: date-time}}}}"), "Unsupported model type 'DateTimeSchema' in body of method 'GET /a'. Ignoring."},
		"response of Swagger":    {head + "paths: {/a: {get: {responses: {200: {schema: {type: boolean}}}}}}", "Unsupported model type 'BooleanProperty' in 200 response to method 'GET /a'. Ignoring."},
		"lost model":             {get("requestBody: {content: {a/b: {schema: {$ref: '#/components/schemas/Lost'}}}}"), "Reference to model 'Lost' not found. Ignoring."},
		"model elsewhere":        {get("requestBody: {content: {a/b: {schema: {$ref: 'https://example.com/x.yaml#/Lost'}}}}"), "Reference to model 'Lost' not found. Ignoring."},
		"OAuth":                  {v3 + "components: {securitySchemes: {o: {type: oauth2}}}", "Unsupported security definition type 'oauth2' for 'o'. Ignoring."},
		"second server":          {v3 + "servers: [{url: /}, {url: /b}, {url: /c}]", "More than one server provided. Ignoring all but the first for defining endpoint configuration"},
		"number in mapping":      {integration("requestParameters: {k: 5}"), "Invalid format for 'requestParameters'. Expected type string for property 'k' of resource '/a' and method 'GET' but got '5'"},
		"null in mapping":        {integration("requestParameters: {k: ~}"), "Invalid format for 'requestParameters'. Expected type string for property 'k' of resource '/a' and method 'GET' but got 'null'"},
		"object as template":     {integration("requestTemplates: {a/b: {c: d}}"), `Invalid format for 'requestTemplates'. Expected type string for property 'a/b' of resource '/a' and method 'GET' but got '{"c":"d"}'`},
		"boolean header":         {integration("responses: {default: {statusCode: 200, responseParameters: {k: true}}}"), "Invalid format for 'responseParameters'. Expected type string for property 'k' of resource '/a' and method 'GET' but got 'true'"},
		"no status code":         {integration("responses: {default: {}}"), "Parse issue: attribute default.statusCode is missing"},
		"templates are a list":   {integration("requestTemplates: []"), "Parse issue: attribute requestTemplates is not of type `object`"},
		"timeout is text":        {integration("timeoutInMillis: soon"), "Parse issue: attribute timeoutInMillis is not of type `integer`"},
		"keys are no list":       {integration("cacheKeyParameters: x"), "Parse issue: attribute cacheKeyParameters is not of type `array`"},
		"an item is no text":     {integration("cacheKeyParameters: [[]]"), "Parse issue: attribute cacheKeyParameters is not of type `string`"},
		"TLS is no boolean":      {integration("tlsConfig: {insecureSkipVerification: 5}"), "Parse issue: attribute insecureSkipVerification is not of type `boolean`"},
		"required is a boolean":  {schema("{type: object, properties: {p: {type: string, required: true}}}"), "Parse issue: attribute components.schemas.S.properties.p.required is not of type `array`"},
		"type is a list":         {schema("{type: [string]}"), "Parse issue: attribute components.schemas.S.type is not of type `string`"},
		"reference is no text":   {schema("{$ref: 5}"), "Parse issue: attribute components.schemas.S.$ref is not of type `string`"},
		"properties are a list":  {schema("{properties: []}"), "Parse issue: attribute components.schemas.S.properties is not of type `object`"},
		"allOf is an object":     {schema("{allOf: {}}"), "Parse issue: attribute components.schemas.S.allOf is not of type `array`"},
		"schema is text":         {schema("x"), "Parse issue: attribute components.schemas.S is not of type `object`"},
		"validators are a list":  {extension("request-validators: [all]"), "Parse issue: attribute x-amazon-apigateway-request-validators is not of type `object`"},
		"validator is text":      {extension("request-validators: {all: full}"), "Parse issue: attribute x-amazon-apigateway-request-validators.all is not of type `object`"},
		"responses are a list":   {extension("gateway-responses: [{}]"), "Parse issue: attribute x-amazon-apigateway-gateway-responses is not of type `object`"},
		"response is a number":   {extension("gateway-responses: {DEFAULT_4XX: 404}"), "Parse issue: attribute x-amazon-apigateway-gateway-responses.DEFAULT_4XX is not of type `object`"},
		"documentation is text":  {extension("documentation: x"), "Parse issue: attribute x-amazon-apigateway-documentation is not of type `object`"},
		"endpoint is a list":     {extension("endpoint-configuration: []"), "Parse issue: attribute x-amazon-apigateway-endpoint-configuration is not of type `object`"},
		"server's is a list":     {v3 + "servers: [{url: 'https://a', x-amazon-apigateway-endpoint-configuration: []}]\n", "Parse issue: attribute x-amazon-apigateway-endpoint-configuration is not of type `object`"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{})
			if err != nil {
				t.Fatal(err, err.(*InputError).Findings)
			}
			if !slices.Equal(api.Warnings, []string{tt.want}) {
				t.Errorf("got %q, want %q", api.Warnings, tt.want)
			}
			if len(api.RequestValidators)+len(api.GatewayResponses) > 0 {
				t.Errorf("got %v and %v", api.RequestValidators, api.GatewayResponses)
			}
			if !slices.ContainsFunc(api.Findings, func(f Finding) bool {
				return f.Severity == Warning && f.Text == tt.want && f.Position.Line > 0
			}) {
				t.Errorf("got findings %v", api.Findings)
			}
		})
	}
}

// TestMalformedIntegrations checks the integrations that fail an import whole.
func TestMalformedIntegrations(t *testing.T) {
	at := func(integration string) string {
		return head + "paths:\n  /b: {get: {}}\n  /x: {get: {x-amazon-apigateway-integration: " + integration + "}}\n"
	}
	tests := map[string]struct{ doc, at string }{
		"URI is an object":       {at("{type: aws_proxy, uri: {'Fn::Sub': x}}"), "#/paths/~1x/get/x-amazon-apigateway-integration/uri"},
		"credentials are a list": {at("{type: mock, credentials: []}"), "#/paths/~1x/get/x-amazon-apigateway-integration/credentials"},
		"no type":                {at("{uri: 'http://a'}"), "#/paths/~1x/get/x-amazon-apigateway-integration"},
		"type is null":           {at("{type: ~}"), "#/paths/~1x/get/x-amazon-apigateway-integration"},
		"text":                   {at("x"), "#/paths/~1x/get/x-amazon-apigateway-integration"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tt.doc), Options{})
			const want = "Unable to parse API definition because of a malformed integration at path /x."
			input, ok := err.(*InputError)
			if !ok || err.Error() != want || len(input.Findings) != 1 || input.Findings[0].Path != tt.at || input.Findings[0].Position.Line == 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestKeywordsInModels checks members of schemas that need not reach the model:
// an empty list of required members says nothing, and a model could not be
// created with it. The bounds of arrays are kept, of OpenAPI 3 alone.
func TestKeywordsInModels(t *testing.T) {
	const schema = "{S: {type: array, required: [], minItems: 1, maxItems: 2}}"
	for doc, want := range map[string]string{
		"openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents: {schemas: " + schema + "}": `{"type":"array","minItems":1,"maxItems":2}`,
		"swagger: '2.0'\ninfo: {title: t, version: '1'}\npaths: {}\ndefinitions: " + schema:                `{"type":"array"}`,
	} {
		api, err := Parse([]byte(doc), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(*api.Models[0].Schema), "")
		if got != want || len(api.Warnings) > 0 {
			t.Errorf("got %s, warnings %q, want %s", got, api.Warnings, want)
		}
	}
}

// TestErrorTexts checks the errors of parts that cannot be created.
func TestErrorTexts(t *testing.T) {
	const model = "Unable to create model for 'S': Invalid model specified: Validation Result: warnings : [], errors : "
	tests := map[string]struct{ doc, want string }{
		"model of another file":   {head + "definitions: {S: {properties: {p: {$ref: 'other.yaml#/x'}}}}", model + "[Model reference must be in canonical form]"},
		"model at a URL":          {head + "definitions: {S: {items: {$ref: 'https://example.com/x'}}}", model + "[Model reference must be in canonical form]"},
		"model that is not there": {head + "definitions: {S: {allOf: [{$ref: '#/definitions/Lost'}]}}", model + "[Invalid model schema specified]"},
		"model too large":         {head + "definitions: {S: {description: " + strings.Repeat("x", maxSchema) + "}}", model + "[Model schema is larger than 409600 bytes]"},
		"method twice":            {head + "paths: {/a: {get: {}}, /a/: {get: {}}}", "Unable to put method 'GET' on resource at path '/a': Method already exists for this resource"},
		"unknown validator":       {head + "x-amazon-apigateway-request-validator: v\npaths: {/a: {get: {}}}", "Unable to put method 'GET' on resource at path '/a': Invalid Request Validator identifier specified"},
		"unknown scheme":          {head + "paths: {/a: {get: {security: [{s: []}]}}}", "Security definition 's' not found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{})
			if err != nil {
				t.Fatal(err, err.(*InputError).Findings)
			}
			if !slices.Equal(api.Errors, []string{tt.want}) {
				t.Errorf("got %q, want %q", api.Errors, tt.want)
			}
			if !slices.ContainsFunc(api.Findings, func(f Finding) bool { return f.Severity == Error && f.Text == tt.want }) {
				t.Errorf("got findings %v", api.Findings)
			}
		})
	}
}

// TestFailedModelIsNotUsed checks that methods do not refer to a model that could
// not be created.
func TestFailedModelIsNotUsed(t *testing.T) {
	doc := head + "definitions: {S: {properties: {p: {$ref: 'other.yaml#/x'}}}}\n" +
		"paths: {/a: {get: {responses: {200: {schema: {$ref: S}}}}}}"
	api, err := Parse([]byte(doc), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Reference to model 'S' not found. Ignoring."}; !slices.Equal(api.Warnings, want) {
		t.Errorf("got %q, want %q", api.Warnings, want)
	}
}

// TestDropped checks what is left out without a warning of the service.
func TestDropped(t *testing.T) {
	const v3 = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\n"
	tests := map[string]struct{ doc, want string }{
		"security at the top":                           {v3 + "security: [{s: []}]", "security at the top is not applied: operations need their own"},
		"security that one operation leaves to the top": {v3 + "security: [{s: []}]\npaths: {/a: {get: {security: []}, post: {}}}", "security at the top is not applied: operations need their own, and the one without is open"},
		"security that two operations leave to the top": {v3 + "security: [{s: []}]\npaths: {/a: {x-amazon-apigateway-any-method: {}, post: {}, get: {x-amazon-apigateway-auth: {type: AWS_IAM}}}}", "security at the top is not applied: operations need their own, and the 2 without are open"},
		"unknown extension":                             {v3 + "x-amazon-apigateway-polcy: {}", "x-amazon-apigateway-polcy is not read here by REST APIs"},
		"misplaced extension":                           {v3 + "paths: {/a: {x-amazon-apigateway-integration: {}}}", "x-amazon-apigateway-integration is not read here by REST APIs"},
		"trace":                                         {v3 + "paths: {/a: {trace: {responses: {}}}}", "TRACE is not a method of REST APIs"},
		"callbacks":                                     {v3 + "paths: {/a: {get: {callbacks: {}}}}", "callbacks of an operation are not used"},
		"constraint":                                    {v3 + "paths: {/a: {get: {parameters: [{name: p, in: query, schema: {enum: [a]}}]}}}", "enum of a parameter is not checked"},
		"beside a reference":                            {v3 + "components: {schemas: {A: {type: object}, B: {$ref: '#/components/schemas/A', title: b}}}", "what stands beside $ref means nothing"},
		"oneOf in Swagger":                              {head + "definitions: {S: {oneOf: [{type: object}]}}", "oneOf is not supported in Swagger 2.0"},
		"same status code": {
			v3 + "paths: {/a: {get: {x-amazon-apigateway-integration: {type: mock, responses: {default: {statusCode: 200}, '5..': {statusCode: 200}}}}}}",
			"it takes the place of another response with status code 200",
		},
		"optional security": {
			v3 + "paths: {/a: {get: {security: [{key: []}, {}]}}}\ncomponents: {securitySchemes: {key: {type: apiKey, name: x-api-key, in: header}}}",
			"security is not optional here: the operation wants what the other items require",
		},
		"identitySource of a token": {
			v3 + "components: {securitySchemes: {t: {type: apiKey, name: Auth, in: header, x-amazon-apigateway-authorizer: {type: token, authorizerUri: x, identitySource: method.request.header.X}}}}",
			"identitySource is for authorizers of type request: the token is read from method.request.header.Auth, by the name of the scheme",
		},
		"own tag": {v3 + "x-t: !Own t", "tag !Own is not resolved; the value is read as if it had none"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{})
			if err != nil {
				t.Fatal(err, err.(*InputError).Findings)
			}
			if len(api.Findings) == 0 || !slices.ContainsFunc(api.Findings, func(f Finding) bool {
				return f.Severity == Dropped && f.Text == tt.want && f.Position.Line > 0
			}) {
				t.Errorf("got findings %v, want %q", api.Findings, tt.want)
			}
		})
	}
}

// What opens, or takes away, an operation stands out from the details.
func TestConcerns(t *testing.T) {
	api, err := Parse([]byte(`
openapi: 3.0.3
info: {title: t, version: '1'}
security: [{token: []}]
paths:
  /a:
    get: {security: [{token: []}], parameters: [{in: query, name: q, schema: {enum: [a]}}], responses: {}}
    trace: {responses: {}}
  /a/{id}.json: {get: {responses: {}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
`), Options{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	want := map[Concern][]string{
		Security: {"security at the top is not applied: operations need their own", `security scheme "token" is not supported: it does not protect this operation`},
		Serving:  {"TRACE is not a method of REST APIs", "left out: a variable has to be a whole segment, which {id}.json is not"},
		Detail:   {"enum of a parameter is not checked", "Unsupported security definition type 'http' for 'token'. Ignoring."},
	}
	got := make(map[Concern][]string)
	for _, f := range api.Findings {
		got[f.Concern] = append(got[f.Concern], f.Text)
	}
	for _, about := range []Concern{Detail, Serving, Security} {
		if !slices.Equal(got[about], want[about]) {
			t.Errorf("concern %d: got %q, want %q", about, got[about], want[about])
		}
	}
}

// However many details there are, what concerns security is told.
func TestConcernsAreBoundedApart(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("openapi: 3.0.3\ninfo: {title: t, version: '1'}\ncomponents: {securitySchemes: {token: {type: http, scheme: bearer}}}\npaths:\n")
	for i := range maxFindings + 1 {
		fmt.Fprintf(&doc, "  /a%d: {get: {parameters: [{in: query, name: q, schema: {enum: [a]}}], responses: {}}}\n", i)
	}
	doc.WriteString("  /z: {get: {security: [{token: []}], responses: {}}}\n")
	api, err := Parse([]byte(doc.String()), Options{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[Concern]int)
	for _, f := range api.Findings {
		told[f.Concern]++
	}
	if told[Security] != 1 || told[Detail] != maxFindings+1 {
		t.Errorf("got %v", told)
	}
}

// Security that is not optional, and an identitySource that has no effect, are told only
// where they are: an operation that is open, and what the scheme says as well, are not.
func TestUntoldSecurity(t *testing.T) {
	const schemes = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\ncomponents: {securitySchemes: {key: {type: apiKey, name: x-api-key, in: header}, " +
		"t: {type: apiKey, name: Auth, in: header, x-amazon-apigateway-authorizer: {type: %s, authorizerUri: x, identitySource: %s}}}}\n" +
		"paths: {/a: {get: {security: %s}}}"
	for name, doc := range map[string]string{
		"open":             fmt.Sprintf(schemes, "token", "method.request.header.Auth", "[{}]"),
		"the same source":  fmt.Sprintf(schemes, "token", "method.request.header.auth", "[{t: []}]"),
		"of a request":     fmt.Sprintf(schemes, "request", "method.request.header.X", "[{t: []}]"),
		"one of two needs": fmt.Sprintf(schemes, "request", "method.request.header.X", "[{t: [], key: []}]"),
	} {
		api, err := Parse([]byte(doc), Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		if slices.ContainsFunc(api.Findings, func(f Finding) bool { return f.Concern == Security }) {
			t.Errorf("%s: got findings %v", name, api.Findings)
		}
	}
}
