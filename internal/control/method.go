package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// verbs are the methods that a resource can have, in AWS's order.
var verbs = []string{"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"}

func errMethod() error { return wire.NotFound("Invalid Method identifier specified") }

func methodID(resource, verb string) string { return resource + "/" + verb }

// method reads a method with its responses and integration. First the
// resource is looked up, as AWS does, and any text may stand for the verb.
func (t *tx) method(api, resource, verb string) (*wire.Method, error) {
	if _, err := t.resource(api, resource); err != nil {
		return nil, err
	}
	return load[wire.Method](t, kindMethod, api, methodID(resource, verb), errMethod())
}

// saveMethod writes a changed method.
func (t *tx) saveMethod(api, resource string, m *wire.Method) error {
	return t.save(kindMethod, api, methodID(resource, *m.HTTPMethod), m)
}

// PutMethod adds a verb to a resource.
func (s *Service) PutMethod(ctx context.Context, who *wire.Caller, in *wire.PutMethodRequest) (*wire.Method, error) {
	var out *wire.Method
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		if _, err := t.resource(in.RestAPIID, in.ResourceID); err != nil {
			return err
		}
		m := newMethod(in)
		if err := t.checkMethod(in.RestAPIID, m); err != nil {
			return err
		}
		out = m
		taken := wire.Conflict("Method already exists for this resource")
		return t.insert(kindMethod, in.RestAPIID, methodID(in.ResourceID, in.HTTPMethod), m, taken)
	})
	return out, err
}

// newMethod is the method that a request describes, defaults filled in.
func newMethod(in *wire.PutMethodRequest) *wire.Method {
	m := &wire.Method{
		HTTPMethod: &in.HTTPMethod, AuthorizationType: new(strings.ToUpper(in.AuthorizationType)),
		AuthorizerID: given(in.AuthorizerID), APIKeyRequired: withDefault(in.APIKeyRequired, false),
		OperationName: given(in.OperationName), RequestValidatorID: given(in.RequestValidatorID),
	}
	if len(in.RequestParameters) > 0 {
		m.RequestParameters = in.RequestParameters
	}
	if len(in.RequestModels) > 0 {
		m.RequestModels = in.RequestModels
	}
	if len(in.AuthorizationScopes) > 0 {
		m.AuthorizationScopes = in.AuthorizationScopes
	}
	return m
}

// checkMethod checks a method against itself and the API around it.
func (t *tx) checkMethod(api string, m *wire.Method) error {
	if !slices.Contains(verbs, *m.HTTPMethod) {
		return wire.BadRequest("Invalid HttpMethod specified. Valid options are %s", strings.Join(verbs, ","))
	}
	if err := checkMethodParameters(m.RequestParameters); err != nil {
		return err
	}
	if err := t.checkAuthorization(m); err != nil {
		return err
	}
	if m.RequestValidatorID != nil {
		return wire.BadRequest("Invalid Request Validator identifier specified")
	}
	return t.checkModels(api, m.RequestModels)
}

// checkAuthorization holds the authorization type to what it needs.
func (t *tx) checkAuthorization(m *wire.Method) error {
	switch *m.AuthorizationType {
	case "NONE", "AWS_IAM":
		m.AuthorizerID = nil // AWS ignores an authorizer that the type does not use
		return nil
	case "CUSTOM", "COGNITO_USER_POOLS":
		return wire.BadRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
	}
	return wire.BadRequest("Invalid authorization type specified")
}

// checkModels refuses model names that the API does not have.
func (t *tx) checkModels(api string, models map[string]string) error {
	for _, contentType := range sortedKeys(models) {
		if err := checkContentType(contentType); err != nil {
			return err
		}
		name := models[contentType]
		found, err := t.exists(kindModel, api, name)
		if err != nil {
			return err
		}
		if !found {
			return wire.BadRequest("Invalid model identifier specified: %s", truncated(name))
		}
	}
	return nil
}

// GetMethod reads one method.
func (s *Service) GetMethod(ctx context.Context, who *wire.Caller, in *wire.GetMethodRequest) (*wire.Method, error) {
	var out *wire.Method
	err := s.read(ctx, who, func(t *tx) (err error) {
		out, err = t.method(in.RestAPIID, in.ResourceID, in.HTTPMethod)
		return err
	})
	return out, err
}

// DeleteMethod removes a method with its responses and integration.
func (s *Service) DeleteMethod(ctx context.Context, who *wire.Caller, in *wire.DeleteMethodRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		if _, err := t.resource(in.RestAPIID, in.ResourceID); err != nil {
			return err
		}
		return t.remove(kindMethod, in.RestAPIID, methodID(in.ResourceID, in.HTTPMethod), errMethod())
	})
}
