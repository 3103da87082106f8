package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// verbs are the methods that a resource can have, in AWS's order.
var verbs = []string{"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"}

func errVerb() error {
	return wire.BadRequest("Invalid HttpMethod specified. Valid options are %s", strings.Join(verbs, ","))
}

func errMethod() error { return wire.NotFound("Invalid Method identifier specified") }

func methodID(resource, verb string) string { return resource + "/" + verb }

// method reads a bare method. Any text may stand for the verb.
func (t *tx) method(resource, verb string) (*wire.Method, error) {
	return t.methodOr(resource, verb, errMethod())
}

// methodOr is method with another answer when the resource has no such method.
// An unknown resource comes first, as at AWS.
func (t *tx) methodOr(resource, verb string, missing error) (*wire.Method, error) {
	m, err := load[wire.Method](t, kindMethod, methodID(resource, verb), missing)
	if err == missing { // a method that is there has a resource
		if err := t.requireResource(resource); err != nil {
			return nil, err
		}
	}
	return m, err
}

// requireMethod refuses a method that is not there.
func (t *tx) requireMethod(resource, verb string) error {
	found, err := t.exists(kindMethod, methodID(resource, verb))
	if found || err != nil {
		return err
	}
	if err := t.requireResource(resource); err != nil {
		return err
	}
	return errMethod()
}

// PutMethod adds a verb to a resource.
func (s *Service) PutMethod(ctx context.Context, who *wire.Caller, in *wire.PutMethodRequest) (*wire.Method, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Method, error) {
		if err := t.requireResource(in.ResourceID); err != nil {
			return nil, err
		}
		if !slices.Contains(verbs, in.HTTPMethod) {
			return nil, errVerb()
		}
		m := newMethod(in)
		if err := t.checkMethod(m); err != nil {
			return nil, err
		}
		return m, t.insert(kindMethod, methodID(in.ResourceID, in.HTTPMethod), m, wire.Conflict("Method already exists for this resource"))
	})
}

// newMethod is the method that a request describes, defaults filled in.
func newMethod(in *wire.PutMethodRequest) *wire.Method {
	m := &wire.Method{
		HTTPMethod: &in.HTTPMethod, AuthorizationType: &in.AuthorizationType,
		AuthorizerID: given(in.AuthorizerID), APIKeyRequired: withDefault(in.APIKeyRequired, false),
		OperationName: given(in.OperationName), RequestValidatorID: given(in.RequestValidatorID),
		RequestParameters: filled(in.RequestParameters), RequestModels: filled(in.RequestModels),
	}
	if len(in.AuthorizationScopes) > 0 {
		m.AuthorizationScopes = in.AuthorizationScopes
	}
	return m
}

// checkMethod checks a method against itself and the API around it.
func (t *tx) checkMethod(m *wire.Method) error {
	if err := checkMethodParameters(m.RequestParameters); err != nil {
		return err
	}
	if err := t.checkAuthorization(m); err != nil {
		return err
	}
	if id := m.RequestValidatorID; id != nil {
		if err := t.require(kindValidator, *id, wire.BadRequest("Invalid Request Validator identifier specified")); err != nil {
			return err
		}
	}
	return t.checkModels(m.RequestModels)
}

// checkAuthorization holds the authorization type to what it needs. AWS takes
// it in lower case too (recorded).
func (t *tx) checkAuthorization(m *wire.Method) error {
	m.AuthorizationType = new(strings.ToUpper(*m.AuthorizationType))
	switch *m.AuthorizationType {
	case "NONE", "AWS_IAM":
		m.AuthorizerID = nil // AWS ignores an authorizer that the type does not use
	case "CUSTOM", userPools:
		if err := t.checkMethodAuthorizer(m); err != nil {
			return err
		}
	default:
		return wire.BadRequest("Invalid authorization type specified")
	}
	if len(m.AuthorizationScopes) > 0 && *m.AuthorizationType != userPools {
		return wire.BadRequest("Invalid Method authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type")
	}
	return nil
}

// checkMethodAuthorizer wants an authorizer of the API that fits the method's
// authorization type. That one which does not fit is as good as none is our reading.
func (t *tx) checkMethodAuthorizer(m *wire.Method) error {
	invalid := wire.BadRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
	a, err := load[wire.Authorizer](t, kindAuthorizer, text(m.AuthorizerID), invalid)
	if err == nil && !fits(*m.AuthorizationType, a) {
		return invalid
	}
	return err
}

// methodThat is the first method for which is returns true, as AWS names it in
// refusals, such as GET//pets, and "" for none.
func (t *tx) methodThat(is func(*wire.Method) bool) (string, error) {
	var resource, verb string
	err := t.eachMethod(func(id string, m *wire.Method) error {
		if resource == "" && is(m) {
			resource, verb = id, *m.HTTPMethod
		}
		return nil
	})
	if err != nil || resource == "" {
		return "", err
	}
	r, err := t.resource(resource)
	if err != nil {
		return "", err
	}
	return verb + "/" + *r.Path, nil
}

// checkModels refuses model names that the API does not have.
func (t *tx) checkModels(models map[string]string) error {
	for _, contentType := range sortedKeys(models) {
		if err := checkContentType(contentType); err != nil {
			return err
		}
		name := models[contentType]
		if err := t.require(kindModel, name, wire.BadRequest("Invalid model identifier specified: %s", wire.Truncated(name))); err != nil {
			return err
		}
	}
	return nil
}

// GetMethod reads one method.
func (s *Service) GetMethod(ctx context.Context, who *wire.Caller, in *wire.GetMethodRequest) (*wire.Method, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Method, error) {
		m, err := t.method(in.ResourceID, in.HTTPMethod)
		if err != nil {
			return nil, err
		}
		return m, t.makeWhole(in.ResourceID, m)
	})
}

// UpdateMethod patches a method.
func (s *Service) UpdateMethod(ctx context.Context, who *wire.Caller, in *wire.UpdateMethodRequest) (*wire.Method, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Method, error) {
		m, err := t.method(in.ResourceID, in.HTTPMethod)
		if err != nil {
			return nil, err
		}
		if err := methodPatch.Apply(t, m, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.checkMethod(m); err != nil {
			return nil, err
		}
		if err := t.saveMethod(in.ResourceID, m); err != nil {
			return nil, err
		}
		return m, t.makeWhole(in.ResourceID, m)
	})
}

// methodPatch is every path that UpdateMethod takes.
var methodPatch = patchTable[wire.Method]{
	Dialect: patch.Plain,
	Paths: []patchPath[wire.Method]{
		{At: "/authorizationType", Replace: func(_ *tx, m *wire.Method, op *patch.Op) error {
			m.AuthorizationType = new(text(op.Value))
			return nil
		}},
		{At: "/authorizerId", Replace: setText(func(m *wire.Method) **string { return &m.AuthorizerID })},
		{At: "/apiKeyRequired", Replace: setBool(func(m *wire.Method) **bool { return &m.APIKeyRequired })},
		{At: "/operationName", Replace: setText(func(m *wire.Method) **string { return &m.OperationName })},
		{At: "/requestValidatorId", Replace: setText(func(m *wire.Method) **string { return &m.RequestValidatorID })},
		elements("/authorizationScopes", func(m *wire.Method) *[]string { return &m.AuthorizationScopes }),
		entries("/requestParameters/{name}", func(m *wire.Method) *map[string]bool { return &m.RequestParameters }, patch.Bool, errParameterName),
		entries("/requestModels/{type}", func(m *wire.Method) *map[string]string { return &m.RequestModels }, patch.String, errContentTypeAbsent),
	},
}

// DeleteMethod removes a method with its responses and integration.
func (s *Service) DeleteMethod(ctx context.Context, who *wire.Caller, in *wire.DeleteMethodRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if err := t.requireResource(in.ResourceID); err != nil {
			return err
		}
		return t.remove(kindMethod, methodID(in.ResourceID, in.HTTPMethod), errMethod())
	})
}

// eachMethod calls fn with the methods of the API, whole, in order of resource
// id and verb, until fn returns an error.
func (t *tx) eachMethod(fn func(resource string, m *wire.Method) error) error {
	methods, err := t.wholeMethods(func(k kind) ([]store.Row, error) { return t.rows(k, "", store.Limit{}) })
	if err != nil {
		return err
	}
	for _, m := range methods {
		if err := fn(m.resource, m.Method); err != nil {
			return err
		}
	}
	return nil
}
