package openapi

import (
	"maps"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// mockValidator is the name of the validator of operations that have no integration, as
// mock servers validate: required parameters, and bodies by their schemas.
const mockValidator = "Mocked operations"

// validateAll has the requests of an operation without an integration validated by a
// validator of that name, unless the document says how.
func (im *importer) validateAll(m *Method, validator string) {
	if m.RequestValidator != "" {
		return
	}
	maps.DeleteFunc(m.RequestModels, func(mediaType, _ string) bool { return !isJSON(mediaType) }) // models are of JSON
	if !im.validators[validator] {
		im.validators[validator] = true
		name, yes := validator, true
		im.api.RequestValidators = append(im.api.RequestValidators, wire.RequestValidator{
			Name: &name, ValidateRequestBody: &yes, ValidateRequestParameters: &yes,
		})
	}
	m.RequestValidator = validator
}

// The headers of CORS, and their place in definitions.
const (
	responseHeader = "method.response.header."
	originHeader   = "Access-Control-Allow-Origin"
	methodsHeader  = "Access-Control-Allow-Methods"
	headersHeader  = "Access-Control-Allow-Headers"
)

// allowOrigin lets pages of all origins read an answer that was made from examples,
// unless the document says who may.
func allowOrigin(answer *wire.IntegrationResponse, declared *wire.MethodResponse) {
	for key := range declared.ResponseParameters {
		if strings.EqualFold(key, responseHeader+originHeader) {
			return
		}
	}
	declare(declared, originHeader)
	setMapping(answer, responseHeader+originHeader, "*")
}

// declare adds a header to those of a method response.
func declare(declared *wire.MethodResponse, name string) {
	if declared.ResponseParameters == nil {
		declared.ResponseParameters = make(map[string]bool)
	}
	declared.ResponseParameters[responseHeader+name] = false
}

// answerPreflights gives resources whose operations have no integrations an answer to
// the browsers' preflights, unless the document has one.
func (im *importer) answerPreflights() {
	for i := range im.api.Resources {
		resource := &im.api.Resources[i]
		var verbs []string
		answered := false
		for _, m := range resource.Methods {
			answered = answered || *m.HTTPMethod == "OPTIONS" || *m.HTTPMethod == "ANY"
			if m.Mocked {
				verbs = append(verbs, *m.HTTPMethod)
			}
		}
		if verbs != nil && !answered {
			resource.Methods = append(resource.Methods, preflight(resource.Ref, strings.Join(verbs, ", ")))
		}
	}
}

// preflight answers preflights: pages of all origins may use the verbs, with whatever
// headers they ask for.
func preflight(ref, verbs string) Method {
	verb, none, kind, passthrough, code := "OPTIONS", "NONE", "MOCK", "NEVER", "204"
	request := `{"statusCode": 204}`
	response := `#set($asked = "$!input.params().header.get('Access-Control-Request-Headers')$!input.params().header.get('access-control-request-headers')")` +
		`#if($asked != "")#set($context.responseOverride.header.` + headersHeader + ` = $asked)#end`
	declared := wire.MethodResponse{StatusCode: &code}
	answer := wire.IntegrationResponse{StatusCode: &code, ResponseTemplates: map[string]*string{"application/json": &response}}
	for name, value := range map[string]string{originHeader: "*", methodsHeader: verbs} {
		declare(&declared, name)
		setMapping(&answer, responseHeader+name, value)
	}
	declare(&declared, headersHeader)
	return Method{Mocked: true, Preflight: true, Ref: ref, Method: wire.Method{
		HTTPMethod: &verb, AuthorizationType: &none,
		MethodResponses: map[string]wire.MethodResponse{code: declared},
		MethodIntegration: &wire.Integration{
			Type: &kind, PassthroughBehavior: &passthrough, RequestTemplates: map[string]*string{"application/json": &request},
			IntegrationResponses: map[string]wire.IntegrationResponse{code: answer},
		},
	}}
}
