package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errResponse() error { return wire.NotFound("Invalid Response status code specified") }

// PutMethodResponse declares what a method answers with one status code. A
// second put is a Conflict and changes nothing.
func (s *Service) PutMethodResponse(ctx context.Context, who *wire.Caller, in *wire.PutMethodResponseRequest) (*wire.MethodResponse, error) {
	var out *wire.MethodResponse
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, err := t.method(in.RestAPIID, in.ResourceID, in.HTTPMethod)
		if err != nil {
			return err
		}
		r := wire.MethodResponse{StatusCode: &in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseModels: in.ResponseModels}
		if _, exists := m.MethodResponses[in.StatusCode]; exists {
			return wire.Conflict("Response already exists for this resource")
		}
		if err := t.checkMethodResponse(in.RestAPIID, &r); err != nil {
			return err
		}
		if m.MethodResponses == nil {
			m.MethodResponses = make(map[string]wire.MethodResponse)
		}
		m.MethodResponses[in.StatusCode] = r
		out = &r
		return t.saveMethod(in.RestAPIID, in.ResourceID, m)
	})
	return out, err
}

// checkMethodResponse checks the header names and the models.
func (t *tx) checkMethodResponse(api string, r *wire.MethodResponse) error {
	if err := checkResponseParameterKeys(r.ResponseParameters); err != nil {
		return err
	}
	return t.checkModels(api, r.ResponseModels)
}

// methodResponse finds a method and its response for a status code.
func (t *tx) methodResponse(api, resource, verb, status string) (*wire.Method, *wire.MethodResponse, error) {
	m, err := t.method(api, resource, verb)
	if err != nil {
		return nil, nil, err
	}
	r, ok := m.MethodResponses[status]
	if !ok {
		return nil, nil, errResponse()
	}
	return m, &r, nil
}

// GetMethodResponse reads one method response.
func (s *Service) GetMethodResponse(ctx context.Context, who *wire.Caller, in *wire.GetMethodResponseRequest) (*wire.MethodResponse, error) {
	var out *wire.MethodResponse
	err := s.read(ctx, who, func(t *tx) (err error) {
		_, out, err = t.methodResponse(in.RestAPIID, in.ResourceID, in.HTTPMethod, in.StatusCode)
		return err
	})
	return out, err
}

// UpdateMethodResponse patches a method response.
func (s *Service) UpdateMethodResponse(ctx context.Context, who *wire.Caller, in *wire.UpdateMethodResponseRequest) (*wire.MethodResponse, error) {
	var out *wire.MethodResponse
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, r, err := t.methodResponse(in.RestAPIID, in.ResourceID, in.HTTPMethod, in.StatusCode)
		if err != nil {
			return err
		}
		if err := methodResponsePatch.apply(t, r, in.PatchOperations); err != nil {
			return err
		}
		if err := t.checkMethodResponse(in.RestAPIID, r); err != nil {
			return err
		}
		m.MethodResponses[in.StatusCode] = *r
		out = r
		return t.saveMethod(in.RestAPIID, in.ResourceID, m)
	})
	return out, err
}

// methodResponsePatch is every path that UpdateMethodResponse takes.
var methodResponsePatch = patchTable[wire.MethodResponse]{
	dialect: plainDialect,
	paths: append(
		mapPaths("/responseParameters/{name}", func(r *wire.MethodResponse) *map[string]bool { return &r.ResponseParameters }, parseBool, errParameterName),
		mapPaths("/responseModels/{type}", func(r *wire.MethodResponse) *map[string]string { return &r.ResponseModels }, parseString, errContentTypeAbsent)...),
}

func errParameterName() error     { return wire.NotFound("Invalid parameter name specified") }
func errContentTypeAbsent() error { return wire.NotFound("Content-Type specified was not found") }

// DeleteMethodResponse removes a method response, even while an integration
// response refers to its status code.
func (s *Service) DeleteMethodResponse(ctx context.Context, who *wire.Caller, in *wire.DeleteMethodResponseRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, _, err := t.methodResponse(in.RestAPIID, in.ResourceID, in.HTTPMethod, in.StatusCode)
		if err != nil {
			return err
		}
		delete(m.MethodResponses, in.StatusCode)
		return t.saveMethod(in.RestAPIID, in.ResourceID, dropEmpty(m))
	})
}

// dropEmpty takes away a map of responses that has lost its last one.
func dropEmpty(m *wire.Method) *wire.Method {
	if len(m.MethodResponses) == 0 {
		m.MethodResponses = nil
	}
	if i := m.MethodIntegration; i != nil && len(i.IntegrationResponses) == 0 {
		i.IntegrationResponses = nil
	}
	return m
}
