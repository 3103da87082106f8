package openapi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMisspelt checks that a lenient import refuses, or tells always, what is near to a
// name that is read, and that what has another meaning is left alone.
func TestMisspelt(t *testing.T) {
	const top = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\n"
	op := func(members string) string { return top + "paths: {/a: {get: {" + members + "}}}\n" }
	integration := func(members string) string {
		return op("responses: {}, x-amazon-apigateway-integration: {type: mock, " + members + "}")
	}
	tests := map[string]struct{ doc, want string }{
		"integration":               {op("x-amazon-apigateway-integraton: {type: mock}"), "error: x-amazon-apigateway-integraton is no extension of API Gateway; did you mean x-amazon-apigateway-integration?"},
		"its prefix":                {op("x-amazon-apigatway-integration: {type: mock}"), "error: x-amazon-apigatway-integration is no extension of API Gateway; did you mean x-amazon-apigateway-integration?"},
		"its prefix, otherwise":     {op("x-amazn-apigateway-integration: {type: mock}"), "error: x-amazn-apigateway-integration is no extension of API Gateway; did you mean x-amazon-apigateway-integration?"},
		"a place that is wrong":     {top + "paths: {/a: {x-amazon-apigateway-integraton: {}}}", "error: x-amazon-apigateway-integraton is no extension of API Gateway; did you mean x-amazon-apigateway-integration, which is not read here?"},
		"a misplaced policy":        {top + "paths: {/a: {x-amazon-apigateway-policy: {}}}", "error: x-amazon-apigateway-policy is not read here and protects nothing"},
		"a policy in info":          {"openapi: 3.0.1\ninfo: {title: t, version: '1', x-amazon-apigateway-policy: {}}\n", "error: x-amazon-apigateway-policy is not read here and protects nothing"},
		"a policy of a method":      {op("responses: {}, x-amazon-apigateway-policy: {}"), "error: x-amazon-apigateway-policy is not read here and protects nothing"},
		"a misplaced one":           {top + "paths: {/a: {x-amazon-apigateway-integration: {}}}", "dropped: x-amazon-apigateway-integration is not read here by REST APIs"},
		"any method":                {top + "paths: {/a: {x-amazon-apigateway-any-methd: {}}}", "error: x-amazon-apigateway-any-methd is no extension of API Gateway; did you mean x-amazon-apigateway-any-method?"},
		"policy":                    {top + "x-amazon-apigateway-polcy: {}", "error: x-amazon-apigateway-polcy is no extension of API Gateway; did you mean x-amazon-apigateway-policy?"},
		"a method":                  {top + "paths: {/a: {gte: {responses: {}}}}", "error: gte is no member of a path; did you mean get?"},
		"a member of operations":    {op("respones: {}"), "warning: respones is not read here; did you mean responses?"},
		"templates":                 {integration("requestTemplate: {}"), "error: requestTemplate is no member of an integration; did you mean requestTemplates?"},
		"a response's template":     {integration("responses: {default: {statusCode: 200, responseTemplate: {}}}"), "error: responseTemplate is no member of an integration response; did you mean responseTemplates?"},
		"TLS":                       {integration("tlsConfig: {insecureSkipVerfication: true}"), "error: insecureSkipVerfication is no member of tlsConfig; did you mean insecureSkipVerification?"},
		"another member":            {integration("frobnicate: 1"), "dropped: frobnicate is no member of an integration"},
		"a validator":               {top + "x-amazon-apigateway-request-validators: {a: {validateRequestBdy: true}}", "error: validateRequestBdy is no member of a request validator; did you mean validateRequestBody?"},
		"a gateway response":        {top + "x-amazon-apigateway-gateway-responses: {DEFAULT_4XX: {statuscode: 400}}", "error: statuscode is no member of a gateway response; did you mean statusCode?"},
		"documentation":             {top + "x-amazon-apigateway-documentation: {documentationPart: []}", "error: documentationPart is no member of x-amazon-apigateway-documentation; did you mean documentationParts?"},
		"a documentation part":      {top + "x-amazon-apigateway-documentation: {documentationParts: [{location: {type: API}, propertys: {}}]}", "error: propertys is no member of a documentation part; did you mean properties?"},
		"its location":              {top + "x-amazon-apigateway-documentation: {documentationParts: [{location: {type: RESPONSE, statuscode: 200}, properties: {}}]}", "error: statuscode is no member of a location; did you mean statusCode?"},
		"an exported documentation": {top + "x-amazon-apigateway-documentation: {version: '1', createdDate: '2016-11-22T22:41:40Z', documentationParts: [{location: {type: API}, properties: {foo: 1, x-bar: 2}}]}", ""},
		"an authorizer": {top + "components: {securitySchemes: {a: {type: apiKey, x-amazon-apigateway-authorizer: {type: token, authorizerURI: x}}}}",
			"error: authorizerURI is no member of an authorizer; did you mean authorizerUri?"},
		"an intrinsic as a tag":     {integration("uri: !Sub 'http://${Host}/'"), "error: !Sub " + intrinsicAdvice},
		"an intrinsic's reference":  {integration("credentials: !GetAtt Role.Arn"), "error: !GetAtt " + intrinsicAdvice},
		"an intrinsic as a member":  {op("description: {'Fn::Join': ['', [a]]}"), "error: Fn::Join " + intrinsicAdvice},
		"another version's keyword": {"openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {type: string, examples: [a]}}}\n", ""},
		"somebody else's":           {op("x-amazing: 1, x-tag: 1, x-amazon-apigateway-cors: {}"), ""},
		"an example":                {op("responses: {'200': {description: d, content: {application/json: {example: {'Fn::Sub': x}}}}}"), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{Lenient: true})
			if err != nil {
				t.Fatal(err, err.(*InputError).Findings)
			}
			var told []string
			for _, f := range api.Findings {
				if f.Severity == Error || f.Concern != Detail {
					told = append(told, f.Severity.String()+": "+f.Text)
					if f.Position.Line == 0 {
						t.Errorf("%s has no place", f)
					}
				}
			}
			if got := strings.Join(told, "\n"); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestReferencesToFiles checks that one that cannot be followed is an error wherever it
// stands, and that examples refer to nothing.
func TestReferencesToFiles(t *testing.T) {
	const top = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {}\n"
	tests := map[string]struct{ doc, want string }{
		"in a schema":         {top + "components: {schemas: {A: {properties: {b: {$ref: gone.yaml}}}}}", "4:45: error: cannot follow gone.yaml: there is no such file"},
		"where nobody looks":  {top + "components: {callbacks: {A: {$ref: gone.yaml#/x}}}", "4:30: error: cannot follow gone.yaml#/x: there is no such file"},
		"outside":             {top + "components: {links: {A: {$ref: ../x.yaml}}}", "4:26: error: cannot follow ../x.yaml: references to files outside of the definition's directory are not followed"},
		"a URL":               {top + "components: {links: {A: {$ref: 'https://example.com/x'}}}", "4:26: error: cannot follow https://example.com/x: references to URLs are not followed"},
		"in another file":     {top + "components: {schemas: {A: {$ref: other.yaml}}}", "other.yaml:2:5: error: cannot follow gone.yaml: there is no such file"},
		"a file that is none": {top + "components: {links: {A: {$ref: broken.yaml}}}", "4:26: error: cannot follow broken.yaml: broken.yaml: did not find expected node content"},
		"in an example":       {top + "components: {schemas: {A: {example: {$ref: gone.yaml}}}}", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"api.yaml": tt.doc, "other.yaml": "type: object\nx: {$ref: gone.yaml}\n", "broken.yaml": "a: ["} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			api, _, err := Load(filepath.Join(dir, "api.yaml"), Options{Lenient: true})
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, f := range mistakes(api.Findings) {
				f.Path = ""
				told = append(told, strings.TrimPrefix(strings.TrimPrefix(f.String(), dir+"/"), "api.yaml:"))
			}
			if got := strings.Join(told, "\n"); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}
