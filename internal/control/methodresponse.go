package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errResponse() error { return wire.NotFound("Invalid Response status code specified") }

// PutMethodResponse declares what a method answers with one status code. A
// second put is a Conflict and changes nothing.
func (s *Service) PutMethodResponse(ctx context.Context, who *wire.Caller, in *wire.PutMethodResponseRequest) (*wire.MethodResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.MethodResponse, error) {
		m, err := t.method(in.ResourceID, in.HTTPMethod)
		if err != nil {
			return nil, err
		}
		if _, exists := m.MethodResponses[in.StatusCode]; exists {
			return nil, wire.Conflict("Response already exists for this resource")
		}
		if over(len(m.MethodResponses)+1, t.svc.limits.MethodResponsesPerMethod) {
			return nil, errMethodResponses()
		}
		r := &wire.MethodResponse{StatusCode: &in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseModels: in.ResponseModels}
		if err := t.checkMethodResponse(r); err != nil {
			return nil, err
		}
		if m.MethodResponses == nil {
			m.MethodResponses = make(map[string]wire.MethodResponse)
		}
		m.MethodResponses[in.StatusCode] = *r
		return r, t.saveMethod(in.ResourceID, m)
	})
}

func errMethodResponses() error { return errQuota("Method Responses", " for this Method") }

// checkMethodResponse checks the header names and the models.
func (t *tx) checkMethodResponse(r *wire.MethodResponse) error {
	if err := checkResponseParameterKeys(r.ResponseParameters); err != nil {
		return err
	}
	return t.checkModels(r.ResponseModels)
}

// methodResponse finds a method and its response for a status code.
func (t *tx) methodResponse(resource, verb, status string) (*wire.Method, *wire.MethodResponse, error) {
	m, err := t.method(resource, verb)
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
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.MethodResponse, error) {
		_, r, err := t.methodResponse(in.ResourceID, in.HTTPMethod, in.StatusCode)
		return r, err
	})
}

// UpdateMethodResponse patches a method response.
func (s *Service) UpdateMethodResponse(ctx context.Context, who *wire.Caller, in *wire.UpdateMethodResponseRequest) (*wire.MethodResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.MethodResponse, error) {
		m, r, err := t.methodResponse(in.ResourceID, in.HTTPMethod, in.StatusCode)
		if err != nil {
			return nil, err
		}
		if err := methodResponsePatch.apply(t, r, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.checkMethodResponse(r); err != nil {
			return nil, err
		}
		m.MethodResponses[in.StatusCode] = *r
		return r, t.saveMethod(in.ResourceID, m)
	})
}

// methodResponsePatch is every path that UpdateMethodResponse takes.
var methodResponsePatch = patchTable[wire.MethodResponse]{
	dialect: plainDialect,
	paths: []patchPath[wire.MethodResponse]{
		entries("/responseParameters/{name}", func(r *wire.MethodResponse) *map[string]bool { return &r.ResponseParameters }, parseBool, errParameterName),
		entries("/responseModels/{type}", func(r *wire.MethodResponse) *map[string]string { return &r.ResponseModels }, parseString, errContentTypeAbsent),
	},
}

func errParameterName() error     { return wire.NotFound("Invalid parameter name specified") }
func errContentTypeAbsent() error { return wire.NotFound("Content-Type specified was not found") }

// DeleteMethodResponse removes a method response, even while an integration
// response refers to its status code.
func (s *Service) DeleteMethodResponse(ctx context.Context, who *wire.Caller, in *wire.DeleteMethodResponseRequest) (*wire.Empty, error) {
	return erase(ctx, s, who, in.RestAPIID, func(t *tx) error {
		m, _, err := t.methodResponse(in.ResourceID, in.HTTPMethod, in.StatusCode)
		if err != nil {
			return err
		}
		delete(m.MethodResponses, in.StatusCode)
		return t.saveMethod(in.ResourceID, m)
	})
}
