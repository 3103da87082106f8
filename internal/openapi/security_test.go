package openapi

import (
	"strings"
	"testing"
)

// TestProtectionOfTheWrongType checks that what was to protect an operation and cannot be
// read is never passed over: the author of a file is refused, and the service's clients
// are warned.
func TestProtectionOfTheWrongType(t *testing.T) {
	const top = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\ncomponents: {securitySchemes: {key: {type: apiKey, name: x-api-key, in: header}," +
		" token: {type: apiKey, name: a, in: header, x-amazon-apigateway-authorizer: {type: token, authorizerUri: x}}}}\n"
	op := func(members string) string { return top + "paths: {/a: {get: {responses: {}, " + members + "}}}\n" }
	tests := map[string]struct{ doc, lenient, strict string }{
		"a map":               {op("security: {key: []}"), "security is not of type `array` and protects nothing", "Parse issue: attribute paths.'/a'(get).security is not of type `array`"},
		"a text":              {op("security: key"), "security is not of type `array` and protects nothing", "Parse issue: attribute paths.'/a'(get).security is not of type `array`"},
		"texts":               {op("security: [key]"), "security item 1 is not of type `object` and protects nothing", "Parse issue: attribute paths.'/a'(get).security is not of type `object`"},
		"a list":              {op("security: [{key: []}, [key]]"), "security item 2 is not of type `object` and protects nothing", "Parse issue: attribute paths.'/a'(get).security is not of type `object`"},
		"a null":              {op("security: [~]"), "security item 1 is not of type `object` and protects nothing", "Parse issue: attribute paths.'/a'(get).security is not of type `object`"},
		"scopes":              {op("security: [{token: read}]"), "token is not of type `array` and protects nothing", "Parse issue: attribute token is not of type `array`"},
		"auth":                {op("x-amazon-apigateway-auth: AWS_IAM"), "x-amazon-apigateway-auth is not of type `object` and protects nothing", "Parse issue: attribute paths.'/a'(get).x-amazon-apigateway-auth is not of type `object`"},
		"the type of auth":    {op("x-amazon-apigateway-auth: {type: [AWS_IAM]}"), "type is not of type `string` and protects nothing", "Parse issue: attribute paths.'/a'(get).type is not of type `string`"},
		"auth without a type": {op("x-amazon-apigateway-auth: {}"), "x-amazon-apigateway-auth has no type and protects nothing", ""},
		"a map at the top":    {top + "paths: {}\nsecurity: {key: []}", "security is not of type `array` and protects nothing", "Parse issue: attribute security is not of type `array`"},
		"texts at the top":    {top + "paths: {}\nsecurity: [key]", "security item 1 is not of type `object` and protects nothing", "Parse issue: attribute security is not of type `object`"},
		"no requirement":      {op("security: []"), "", ""},
		"any caller":          {op("security: [{}]"), "", ""},
		"no scopes":           {op("security: [{token: }]"), "", ""},
		"all is well":         {op("security: [{key: []}], x-amazon-apigateway-auth: {type: NONE}"), "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, lenient := range []bool{true, false} {
				api, err := Parse([]byte(tt.doc), Options{Lenient: lenient})
				if err != nil {
					t.Fatal(err, err.(*InputError).Findings)
				}
				want, got := tt.strict, strings.Join(api.Warnings, "\n")
				if lenient {
					want, got = tt.lenient, ""
					for _, f := range mistakes(api.Findings) {
						if got += f.Text; f.Position.Line == 0 {
							t.Errorf("%s has no place", f)
						}
					}
				}
				if got != want {
					t.Errorf("lenient %t: got %q, want %q", lenient, got, want)
				}
			}
		})
	}
}
