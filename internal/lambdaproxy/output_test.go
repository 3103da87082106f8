package lambdaproxy

import (
	"strings"
	"testing"
)

// What makes an output malformed is named.
func TestMalformedOutputs(t *testing.T) {
	const whole = "not an object of isBase64Encoded, statusCode, headers, multiValueHeaders and body"
	tests := map[string]struct{ text, want string }{
		"no object":                 {`"hello"`, whole},
		"no JSON":                   {`hello`, whole},
		"cut off":                   {`{"statusCode": 200`, whole},
		"text behind it":            {`{} {}`, whole},
		"a member that is misspelt": {`{"statuscode": 200}`, `"statuscode" is not a member of a function's output, which are isBase64Encoded, statusCode, headers, multiValueHeaders and body`},
		"a long name":               {`{"` + strings.Repeat("a", 1000) + `": 1}`, `"` + strings.Repeat("a", 100) + `" is not a member of a function's output, which are isBase64Encoded, statusCode, headers, multiValueHeaders and body`},
		"a status that is a word":   {`{"statusCode": "ok"}`, "statusCode is not a number, or text that says one"},
		"a status that is a list":   {`{"statusCode": [200]}`, "statusCode is not a number, or text that says one"},
		"a status out of bounds":    {`{"statusCode": 99}`, "statusCode is not from 200 to 599"},
		"a body that is an object":  {`{"statusCode": 200, "body": {"a": 1}}`, "body is not text"},
		"base64 as a number":        {`{"isBase64Encoded": 1}`, "isBase64Encoded is not true or false"},
		"headers as a list":         {`{"headers": ["a"]}`, "headers is not an object of texts, numbers and booleans, within the bounds of a head"},
		"a header that is a list":   {`{"headers": {"a": ["b"]}}`, "headers is not an object of texts, numbers and booleans, within the bounds of a head"},
		"many headers as texts":     {`{"multiValueHeaders": {"a": "b"}}`, "multiValueHeaders is not an object of lists of texts, numbers and booleans, within the bounds of a head"},
		"a header's name":           {`{"headers": {"a b": "c"}}`, `the header "a b" is not one whose name and value can be sent`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var o Output
			if err := o.Read([]byte(tt.text)); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
