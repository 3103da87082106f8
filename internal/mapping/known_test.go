package mapping

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func TestKnown(t *testing.T) {
	for template, want := range map[string]string{
		"$input.body.length() $input.json('$').length() $input.path('$.a').b.c $input.params().header.X $input.params('a')": "",
		"$util.escapeJavaScript('a') $util.parseJson('{}').a $util.urlEncode('a')":                                          "",
		"$stageVariables.any $stageVariables.get('x')":                                                                      "",
		"$context.requestId $context.identity.sourceIp $context.identity.clientCert.validity.notAfter $context.keySet()":    "",
		"$context.authorizer.claims.sub $context.authorizer.any $context.error.messageString":                               "",
		"#set($context.requestOverride.header.x = 1)#set($context.responseOverride.status = 404)":                           "",
		"$inputs.body":                            "there is no variable $inputs",
		"$input.jsn('$')":                         "there is no method jsn of $input",
		"$input.boby":                             "there is no $input.boby",
		"$util.escapeJavascript('a')":             "there is no method escapeJavascript of $util",
		"$util.urlEncode":                         "there is no $util.urlEncode",
		"$context.requestID":                      "there is no $context.requestID",
		"$context.identity.sourceIP":              "there is no $context.identity.sourceIP",
		"$context.identity.clientCert.pem":        "there is no $context.identity.clientCert.pem",
		"$context.identity.user.name":             "there is no $context.identity.user.name",
		"$context.error.mesage":                   "there is no $context.error.mesage",
		"$context.requestOverride.query":          "there is no $context.requestOverride.query",
		"#set($context.responseOverride.code =1)": "there is no $context.responseOverride.code",
	} {
		tpl, err := vtl.Parse("t", template, vtl.Options{Mode: vtl.APIGateway, Strict: true})
		if err != nil {
			t.Fatal(template, err)
		}
		var got []string
		for _, e := range tpl.Unknown(Known) {
			got = append(got, e.Reason())
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: got %q, want %q", template, got, want)
		}
	}
}

// The methods that are known are those that there are.
func TestKnownUtilMethods(t *testing.T) {
	s := &Scope{}
	v, _ := s.Vars(RequestSide).Lookup("util")
	for _, name := range utilMethods {
		if _, found, err := v.AsObject().Call(name, []value.Value{value.String("1")}); !found {
			t.Errorf("%s: not found, %v", name, err)
		}
	}
}
