package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// PutIntegrationResponse says how one kind of backend answer becomes a method
// response. Unlike PutMethodResponse it overwrites.
func (s *Service) PutIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.PutIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.IntegrationResponse, error) {
		if _, err := t.methodWithIntegration(in.ResourceID, in.HTTPMethod, errMethod()); err != nil {
			return nil, err
		}
		r := &wire.IntegrationResponse{
			StatusCode: &in.StatusCode, SelectionPattern: in.SelectionPattern, ContentHandling: given(in.ContentHandling),
			ResponseParameters: in.ResponseParameters, ResponseTemplates: nullTemplates(in.ResponseTemplates),
		}
		return r, t.saveIntegrationResponse(in.ResourceID, in.HTTPMethod, r)
	})
}

// saveIntegrationResponse checks a response and stores it.
func (t *tx) saveIntegrationResponse(resource, verb string, r *wire.IntegrationResponse) error {
	id := responseID(resource, verb, *r.StatusCode)
	declared, err := load[wire.MethodResponse](t, kindMethodResponse, id, nil)
	if err != nil {
		return err
	}
	if err := checkIntegrationResponse(declared, r); err != nil {
		return err
	}
	return t.save(kindIntegrationResponse, id, r)
}

// checkIntegrationResponse checks a response's mappings against what the
// method response of its status code declares, nil where there is none, and its
// templates' media types.
func checkIntegrationResponse(declared *wire.MethodResponse, r *wire.IntegrationResponse) error {
	if declared == nil {
		if len(r.ResponseParameters) > 0 {
			return invalidMapping([]string{"No method response exists for method."})
		}
		declared = &wire.MethodResponse{}
	}
	if err := checkResponseMapping(declared.ResponseParameters, r.ResponseParameters); err != nil {
		return err
	}
	return checkTemplates(r.ResponseTemplates)
}

// integrationResponse reads an integration's response for a status code. An
// unknown method and a method without an integration come first.
func (t *tx) integrationResponse(resource, verb, status string, noMethod error) (*wire.IntegrationResponse, error) {
	if _, err := t.methodWithIntegration(resource, verb, noMethod); err != nil {
		return nil, err
	}
	return load[wire.IntegrationResponse](t, kindIntegrationResponse, responseID(resource, verb, status), errResponse())
}

// GetIntegrationResponse reads one integration response.
func (s *Service) GetIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.GetIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.IntegrationResponse, error) {
		return t.integrationResponse(in.ResourceID, in.HTTPMethod, in.StatusCode, errMethod())
	})
}

// UpdateIntegrationResponse patches an integration response.
func (s *Service) UpdateIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.UpdateIntegrationResponseRequest) (*wire.IntegrationResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.IntegrationResponse, error) {
		r, err := t.integrationResponse(in.ResourceID, in.HTTPMethod, in.StatusCode, errMethod())
		if err != nil {
			return nil, err
		}
		if err := integrationResponsePatch.Apply(t, r, in.PatchOperations); err != nil {
			return nil, err
		}
		return r, t.saveIntegrationResponse(in.ResourceID, in.HTTPMethod, r)
	})
}

// integrationResponsePatch is every path that UpdateIntegrationResponse takes.
var integrationResponsePatch = patchTable[wire.IntegrationResponse]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.IntegrationResponse]{
		{At: "/selectionPattern", Replace: keepText(func(r *wire.IntegrationResponse) **string { return &r.SelectionPattern })},
		{At: "/contentHandling", Replace: setContentHandling(func(r *wire.IntegrationResponse) **string { return &r.ContentHandling })},
		entries("/responseParameters/{name}", func(r *wire.IntegrationResponse) *map[string]string { return &r.ResponseParameters }, patch.String, errParameterName),
		entries("/responseTemplates/{type}", func(r *wire.IntegrationResponse) *map[string]*string { return &r.ResponseTemplates }, patch.Nullable, errContentTypeAbsent),
	},
}

// DeleteIntegrationResponse removes an integration response. Here AWS calls a
// missing method a missing integration (recorded).
func (s *Service) DeleteIntegrationResponse(ctx context.Context, who *wire.Caller, in *wire.DeleteIntegrationResponseRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if _, err := t.methodWithIntegration(in.ResourceID, in.HTTPMethod, errIntegration()); err != nil {
			return err
		}
		return t.remove(kindIntegrationResponse, responseID(in.ResourceID, in.HTTPMethod, in.StatusCode), errResponse())
	})
}
