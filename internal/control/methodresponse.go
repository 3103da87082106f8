package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errResponse() error { return wire.NotFound("Invalid Response status code specified") }

// PutMethodResponse declares what a method answers with one status code. A
// second put is a Conflict and changes nothing.
func (s *Service) PutMethodResponse(ctx context.Context, who *wire.Caller, in *wire.PutMethodResponseRequest) (*wire.MethodResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.MethodResponse, error) {
		if err := t.requireMethod(in.ResourceID, in.HTTPMethod); err != nil {
			return nil, err
		}
		id := responseID(in.ResourceID, in.HTTPMethod, in.StatusCode)
		if found, err := t.exists(kindMethodResponse, id); err != nil {
			return nil, err
		} else if found {
			return nil, wire.Conflict("Response already exists for this resource")
		}
		if err := t.methodResponseQuota(in.ResourceID, in.HTTPMethod); err != nil {
			return nil, err
		}
		r := &wire.MethodResponse{StatusCode: &in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseModels: in.ResponseModels}
		if err := t.checkMethodResponse(r); err != nil {
			return nil, err
		}
		return r, t.save(kindMethodResponse, id, r)
	})
}

// methodResponseQuota refuses a method's next response when it has as many as
// it may.
func (t *tx) methodResponseQuota(resource, verb string) error {
	limit := t.svc.limits.MethodResponsesPerMethod
	if limit <= 0 {
		return nil
	}
	ids, err := t.ids(kindMethodResponse, methodID(resource, verb)+"/")
	if err == nil && over(len(ids)+1, limit) {
		return errMethodResponses()
	}
	return err
}

func errMethodResponses() error { return errQuota("Method Responses", " for this Method") }

// checkMethodResponse checks the header names and the models.
func (t *tx) checkMethodResponse(r *wire.MethodResponse) error {
	if err := checkResponseParameterKeys(r.ResponseParameters); err != nil {
		return err
	}
	return t.checkModels(r.ResponseModels)
}

// methodResponse reads a method's response for a status code. An unknown method
// comes first.
func (t *tx) methodResponse(resource, verb, status string) (*wire.MethodResponse, error) {
	if err := t.requireMethod(resource, verb); err != nil {
		return nil, err
	}
	return load[wire.MethodResponse](t, kindMethodResponse, responseID(resource, verb, status), errResponse())
}

// GetMethodResponse reads one method response.
func (s *Service) GetMethodResponse(ctx context.Context, who *wire.Caller, in *wire.GetMethodResponseRequest) (*wire.MethodResponse, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.MethodResponse, error) {
		return t.methodResponse(in.ResourceID, in.HTTPMethod, in.StatusCode)
	})
}

// UpdateMethodResponse patches a method response.
func (s *Service) UpdateMethodResponse(ctx context.Context, who *wire.Caller, in *wire.UpdateMethodResponseRequest) (*wire.MethodResponse, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.MethodResponse, error) {
		r, err := t.methodResponse(in.ResourceID, in.HTTPMethod, in.StatusCode)
		if err != nil {
			return nil, err
		}
		if err := methodResponsePatch.Apply(t, r, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.checkMethodResponse(r); err != nil {
			return nil, err
		}
		return r, t.save(kindMethodResponse, responseID(in.ResourceID, in.HTTPMethod, in.StatusCode), r)
	})
}

// methodResponsePatch is every path that UpdateMethodResponse takes.
var methodResponsePatch = patchTable[wire.MethodResponse]{
	Dialect: patch.Plain,
	Paths: []patchPath[wire.MethodResponse]{
		entries("/responseParameters/{name}", func(r *wire.MethodResponse) *map[string]bool { return &r.ResponseParameters }, patch.Bool, errParameterName),
		entries("/responseModels/{type}", func(r *wire.MethodResponse) *map[string]string { return &r.ResponseModels }, patch.String, errContentTypeAbsent),
	},
}

func errParameterName() error     { return wire.NotFound("Invalid parameter name specified") }
func errContentTypeAbsent() error { return wire.NotFound("Content-Type specified was not found") }

// DeleteMethodResponse removes a method response, even while an integration
// response refers to its status code.
func (s *Service) DeleteMethodResponse(ctx context.Context, who *wire.Caller, in *wire.DeleteMethodResponseRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if err := t.requireMethod(in.ResourceID, in.HTTPMethod); err != nil {
			return err
		}
		return t.remove(kindMethodResponse, responseID(in.ResourceID, in.HTTPMethod, in.StatusCode), errResponse())
	})
}
