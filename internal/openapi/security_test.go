package openapi

import (
	"fmt"
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
		"optional":            {op("security: [{}, {key: []}]"), "", ""},
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

// An operation has one authorization, whatever it lists: what takes the place of
// another is told, and brings nothing of the other's with it.
func TestSeveralAuthorizations(t *testing.T) {
	const top = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\ncomponents: {securitySchemes: {key: {type: apiKey, name: x-api-key, in: header}," +
		" sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}," +
		" token: {type: apiKey, name: a, in: header, x-amazon-apigateway-authorizer: {type: token}}," +
		" pool: {type: apiKey, name: a, in: header, x-amazon-apigateway-authorizer: {type: cognito_user_pools}}}}\n"
	const place = "an operation has one authorization: %s takes the place of %s"
	for name, tt := range map[string]struct{ members, want, told string }{
		"one":                        {"security: [{token: []}]", "CUSTOM token []", ""},
		"one twice":                  {"security: [{pool: [a]}, {pool: [b]}]", "COGNITO_USER_POOLS pool [b]", ""},
		"with a key":                 {"security: [{pool: [a], key: []}]", "COGNITO_USER_POOLS pool [a]", ""},
		"a function after a pool":    {"security: [{pool: [a]}, {token: []}]", "CUSTOM token []", fmt.Sprintf(place, `"token"`, `"pool"`)},
		"a signature after a pool":   {"security: [{pool: [a]}, {sigv4: []}]", "AWS_IAM  []", fmt.Sprintf(place, `"AWS_IAM"`, `"pool"`)},
		"a pool after a signature":   {"security: [{sigv4: []}, {pool: [a]}]", "COGNITO_USER_POOLS pool [a]", fmt.Sprintf(place, `"pool"`, `"AWS_IAM"`)},
		"beside the extension":       {"x-amazon-apigateway-auth: {type: aws_iam}, security: [{token: []}]", "CUSTOM token []", fmt.Sprintf(place, `"token"`, `"AWS_IAM"`)},
		"as the extension has it":    {"x-amazon-apigateway-auth: {type: AWS_IAM}, security: [{sigv4: []}]", "AWS_IAM  []", ""},
		"none, as SAM writes it":     {"security: [{NONE: []}]", "NONE  []", ""},
		"none, and then the default": {"security: [{NONE: []}, {token: []}]", "CUSTOM token []", ""},
	} {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(top+"paths: {/a: {get: {responses: {}, "+tt.members+"}}}\n"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			m := &api.Resources[1].Methods[0]
			if got := fmt.Sprintf("%s %s %v", *m.AuthorizationType, m.Authorizer, m.AuthorizationScopes); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			told := ""
			for _, f := range api.Findings {
				if told += f.Text; f.Concern != Security || f.Severity != Dropped {
					t.Errorf("%v is told otherwise", f)
				}
			}
			if told != tt.told {
				t.Errorf("told %q, want %q", told, tt.told)
			}
		})
	}
}
