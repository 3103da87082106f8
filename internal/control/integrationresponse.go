package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// PutIntegrationResponse says how one kind of backend answer becomes a method
// response. Unlike PutMethodResponse it overwrites.
func (s *Service) PutIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.PutIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	var out *wire.IntegrationResponse
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, err := t.methodWithIntegration(in.RestAPIID, in.ResourceID, in.HTTPMethod, errMethod())
		if err != nil {
			return err
		}
		r := &wire.IntegrationResponse{
			StatusCode: &in.StatusCode, SelectionPattern: in.SelectionPattern, ContentHandling: given(in.ContentHandling),
			ResponseTemplates: nullTemplates(in.ResponseTemplates),
		}
		if len(in.ResponseParameters) > 0 {
			r.ResponseParameters = in.ResponseParameters
		}
		if err := checkIntegrationResponse(m, r); err != nil {
			return err
		}
		i := m.MethodIntegration
		if i.IntegrationResponses == nil {
			i.IntegrationResponses = make(map[string]wire.IntegrationResponse)
		}
		i.IntegrationResponses[in.StatusCode] = *r
		out = r
		return t.saveMethod(in.RestAPIID, in.ResourceID, m)
	})
	return out, err
}

// checkIntegrationResponse checks a response's mappings against what the
// method response declares, and its templates' media types.
func checkIntegrationResponse(m *wire.Method, r *wire.IntegrationResponse) error {
	declared, ok := m.MethodResponses[*r.StatusCode]
	if !ok && len(r.ResponseParameters) > 0 {
		return invalidMapping("No method response exists for method.")
	}
	if err := checkResponseMapping(declared.ResponseParameters, r.ResponseParameters); err != nil {
		return err
	}
	if err := checkTemplateTypes(r.ResponseTemplates); err != nil {
		return err
	}
	return unservedIntegrationResponse(r)
}

// integrationResponse finds a method and its integration's response for a
// status code.
func (t *tx) integrationResponse(api, resource, verb, status string, noMethod error) (*wire.Method, *wire.IntegrationResponse, error) {
	m, err := t.methodWithIntegration(api, resource, verb, noMethod)
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
	var out *wire.IntegrationResponse
	err := s.read(ctx, who, func(t *tx) (err error) {
		_, out, err = t.integrationResponse(in.RestAPIID, in.ResourceID, in.HTTPMethod, in.StatusCode, errMethod())
		return err
	})
	return out, err
}

// UpdateIntegrationResponse patches an integration response.
func (s *Service) UpdateIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.UpdateIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	var out *wire.IntegrationResponse
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, r, err := t.integrationResponse(in.RestAPIID, in.ResourceID, in.HTTPMethod, in.StatusCode, errMethod())
		if err != nil {
			return err
		}
		if err := integrationResponsePatch.apply(t, r, in.PatchOperations); err != nil {
			return err
		}
		r.ResponseTemplates = nullTemplates(r.ResponseTemplates)
		if err := checkIntegrationResponse(m, r); err != nil {
			return err
		}
		m.MethodIntegration.IntegrationResponses[in.StatusCode] = *r
		out = r
		return t.saveMethod(in.RestAPIID, in.ResourceID, m)
	})
	return out, err
}

// integrationResponsePatch is every path that UpdateIntegrationResponse takes.
var integrationResponsePatch = patchTable[wire.IntegrationResponse]{
	dialect: tableDialect,
	paths: append(append([]patchPath[wire.IntegrationResponse]{
		{at: "/selectionPattern", replace: setPattern},
		{at: "/contentHandling", replace: setContentHandling(func(r *wire.IntegrationResponse) **string { return &r.ContentHandling })},
	},
		mapPaths("/responseParameters/{name}", func(r *wire.IntegrationResponse) *map[string]string { return &r.ResponseParameters }, parseString, errParameterName)...),
		mapPaths("/responseTemplates/{type}", func(r *wire.IntegrationResponse) *map[string]*string { return &r.ResponseTemplates }, parseTemplate, errContentTypeAbsent)...),
}

func parseTemplate(v *string) *string { return given(v) }

// setPattern keeps an empty pattern, which AWS echoes.
func setPattern(_ *tx, r *wire.IntegrationResponse, op patchOp) error {
	r.SelectionPattern = op.value
	return nil
}

// setContentHandling takes AWS's two values; an empty one clears it.
func setContentHandling[T any](field func(*T) **string) patchSetter[T] {
	return func(_ *tx, target *T, op patchOp) error {
		switch text(op.value) {
		case "", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT":
			*field(target) = given(op.value)
			return nil
		}
		return wire.BadRequest("Invalid content handling strategy specified")
	}
}

// DeleteIntegrationResponse removes an integration response. Here AWS calls a
// missing method a missing integration (recorded).
func (s *Service) DeleteIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.DeleteIntegrationResponseRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, _, err := t.integrationResponse(in.RestAPIID, in.ResourceID, in.HTTPMethod, in.StatusCode, errIntegration())
		if err != nil {
			return err
		}
		delete(m.MethodIntegration.IntegrationResponses, in.StatusCode)
		return t.saveMethod(in.RestAPIID, in.ResourceID, dropEmpty(m))
	})
}
