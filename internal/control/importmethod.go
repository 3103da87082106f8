package control

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// putMethod puts a method of the definition in place of what is there, checked
// part by part as the operations that make the parts do.
func (a *applier) putMethod(resource, path string, from *openapi.Method) error {
	m := from.Method
	failures := 0
	check := func(err error, at string, add func(verb, path string, err error)) error {
		return a.note(err, from.Ref+at, func(err error) { failures++; add(*m.HTTPMethod, path, err) })
	}
	m.APIKeyRequired = withDefault(m.APIKeyRequired, false)
	m.AuthorizationType = withDefault(m.AuthorizationType, "NONE")
	if id, ok := a.validators[from.RequestValidator]; ok {
		m.RequestValidatorID = &id
	}
	if id, ok := a.authorizers[from.Authorizer]; ok {
		m.AuthorizerID = &id
	}
	if err := check(a.checkMethod(&m), "", a.failed.Method); err != nil {
		return err
	}
	if over(len(m.MethodResponses), a.svc.limits.MethodResponsesPerMethod) {
		return errMethodResponses()
	}
	for _, status := range sortedKeys(m.MethodResponses) {
		r := m.MethodResponses[status]
		err := checkStatus(status)
		if err == nil {
			err = a.checkMethodResponse(&r)
		}
		if err := check(err, "/responses/"+status, a.failed.MethodResponse); err != nil {
			return err
		}
	}
	if m.MethodIntegration != nil {
		m.MethodIntegration = importedIntegration(m.MethodIntegration)
		if err := check(a.checkImported(resource, &m), integrationExtension, a.failed.Integration); err != nil {
			return err
		}
		for _, status := range sortedKeys(m.MethodIntegration.IntegrationResponses) {
			r := m.MethodIntegration.IntegrationResponses[status]
			err := checkStatus(status)
			if err == nil {
				err = checkIntegrationResponse(declaredFor(&m, status), &r)
			}
			if err := check(err, integrationExtension+"/responses/"+patch.Escape(patternKey(&r)), a.failed.IntegrationResponse); err != nil {
				return err
			}
		}
	}
	if failures > 0 {
		return nil
	}
	return check(a.replaceMethod(resource, &m), "", a.failed.Method)
}

// declaredFor is a method's response for a status code, nil for none.
func declaredFor(m *wire.Method, status string) *wire.MethodResponse {
	if r, ok := m.MethodResponses[status]; ok {
		return &r
	}
	return nil
}

// integrationExtension leads from an operation to its integration.
const integrationExtension = "/x-amazon-apigateway-integration"

// patternKey is the key of an integration response in a definition.
func patternKey(r *wire.IntegrationResponse) string {
	if r.SelectionPattern == nil {
		return "default"
	}
	return *r.SelectionPattern
}

// importedIntegration is a copy of a definition's integration, with its
// responses in the form in which they are stored. Empty maps are absent ones.
func importedIntegration(from *wire.Integration) *wire.Integration {
	i := *from
	i.RequestParameters, i.RequestTemplates = filled(i.RequestParameters), filled(i.RequestTemplates)
	i.IntegrationResponses = make(map[string]wire.IntegrationResponse, len(from.IntegrationResponses))
	for status, r := range from.IntegrationResponses {
		r.ResponseParameters = filled(r.ResponseParameters)
		r.ResponseTemplates = nullTemplates(filled(r.ResponseTemplates))
		i.IntegrationResponses[status] = r
	}
	return &i
}

var integrationTypes = []string{"HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"}

// checkImported checks an integration as PutIntegration does, and before that
// what there the framework checks.
func (t *tx) checkImported(resource string, m *wire.Method) error {
	i := m.MethodIntegration
	if i.Type == nil {
		return wire.BadRequest("Enumeration value for IntegrationType must be non-empty")
	}
	for _, e := range []struct {
		member string
		value  *string
		values []string
	}{
		{"type", i.Type, integrationTypes},
		{"connectionType", i.ConnectionType, []string{"INTERNET", "VPC_LINK"}},
		{"contentHandling", i.ContentHandling, []string{"CONVERT_TO_TEXT", "CONVERT_TO_BINARY"}},
		{"responseTransferMode", i.ResponseTransferMode, []string{"STREAM", "BUFFERED"}},
	} {
		if e.value != nil && !slices.Contains(e.values, *e.value) {
			return wire.BadRequest("1 validation error detected: Value '%s' at 'putIntegrationInput.%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
				wire.Truncated(*e.value), e.member, strings.Join(e.values, ", "))
		}
	}
	completeIntegration(i, resource)
	return t.checkIntegration(m)
}
