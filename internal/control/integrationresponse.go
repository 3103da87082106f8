package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// PutIntegrationResponse says how one kind of backend answer becomes a method
// response. Unlike PutMethodResponse it overwrites.
func (s *Service) PutIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.PutIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.IntegrationResponse, error) {
		m, err := t.methodWithIntegration(in.ResourceID, in.HTTPMethod, errMethod())
		if err != nil {
			return nil, err
		}
		r := &wire.IntegrationResponse{
			StatusCode: &in.StatusCode, SelectionPattern: in.SelectionPattern, ContentHandling: given(in.ContentHandling),
			ResponseParameters: in.ResponseParameters, ResponseTemplates: nullTemplates(in.ResponseTemplates),
		}
		return r, t.saveIntegrationResponse(in.ResourceID, m, r)
	})
}

// saveIntegrationResponse checks a response and stores it with its method.
func (t *tx) saveIntegrationResponse(resource string, m *wire.Method, r *wire.IntegrationResponse) error {
	if err := checkIntegrationResponse(m, r); err != nil {
		return err
	}
	i := m.MethodIntegration
	if i.IntegrationResponses == nil {
		i.IntegrationResponses = make(map[string]wire.IntegrationResponse)
	}
	i.IntegrationResponses[*r.StatusCode] = *r
	return t.saveMethod(resource, m)
}

// checkIntegrationResponse checks a response's mappings against what the
// method response declares, and its templates' media types.
func checkIntegrationResponse(m *wire.Method, r *wire.IntegrationResponse) error {
	declared, ok := m.MethodResponses[*r.StatusCode]
	if !ok && len(r.ResponseParameters) > 0 {
		return invalidMapping([]string{"No method response exists for method."})
	}
	if err := checkResponseMapping(declared.ResponseParameters, r.ResponseParameters); err != nil {
		return err
	}
	return checkTemplates(r.ResponseTemplates)
}

// integrationResponse finds a method and its integration's response for a
// status code.
func (t *tx) integrationResponse(resource, verb, status string, noMethod error) (*wire.Method, *wire.IntegrationResponse, error) {
	m, err := t.methodWithIntegration(resource, verb, noMethod)
	if err != nil {
		return nil, nil, err
	}
	r, ok := m.MethodIntegration.IntegrationResponses[status]
	if !ok {
		return nil, nil, errResponse()
	}
	return m, &r, nil
}

// GetIntegrationResponse reads one integration response.
func (s *Service) GetIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.GetIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.IntegrationResponse, error) {
		_, r, err := t.integrationResponse(in.ResourceID, in.HTTPMethod, in.StatusCode, errMethod())
		return r, err
	})
}

// UpdateIntegrationResponse patches an integration response.
func (s *Service) UpdateIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.UpdateIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.IntegrationResponse, error) {
		m, r, err := t.integrationResponse(in.ResourceID, in.HTTPMethod, in.StatusCode, errMethod())
		if err != nil {
			return nil, err
		}
		if err := integrationResponsePatch.apply(t, r, in.PatchOperations); err != nil {
			return nil, err
		}
		return r, t.saveIntegrationResponse(in.ResourceID, m, r)
	})
}

// integrationResponsePatch is every path that UpdateIntegrationResponse takes.
var integrationResponsePatch = patchTable[wire.IntegrationResponse]{
	dialect: tableDialect,
	paths: []patchPath[wire.IntegrationResponse]{
		{at: "/selectionPattern", replace: keepText(func(r *wire.IntegrationResponse) **string { return &r.SelectionPattern })},
		{at: "/contentHandling", replace: setContentHandling(func(r *wire.IntegrationResponse) **string { return &r.ContentHandling })},
		entries("/responseParameters/{name}", func(r *wire.IntegrationResponse) *map[string]string { return &r.ResponseParameters }, parseString, errParameterName),
		entries("/responseTemplates/{type}", func(r *wire.IntegrationResponse) *map[string]*string { return &r.ResponseTemplates }, parseNullable, errContentTypeAbsent),
	},
}

// DeleteIntegrationResponse removes an integration response. Here AWS calls a
// missing method a missing integration (recorded).
func (s *Service) DeleteIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.DeleteIntegrationResponseRequest) (*wire.Empty, error) {
	return erase(ctx, s, who, in.RestAPIID, func(t *tx) error {
		m, _, err := t.integrationResponse(in.ResourceID, in.HTTPMethod, in.StatusCode, errIntegration())
		if err != nil {
			return err
		}
		delete(m.MethodIntegration.IntegrationResponses, in.StatusCode)
		return t.saveMethod(in.ResourceID, m)
	})
}
