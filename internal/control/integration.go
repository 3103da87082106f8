package control

import (
	"context"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errIntegration() error { return wire.NotFound("Invalid Integration identifier specified") }

// AWS's bounds on an integration's timeout, in milliseconds. The default is the
// longest one, too, until that quota is raised. Where the response is streamed the
// longest is that of a whole stream, whatever the quota (recorded), and without a
// timeout a stream may take five minutes (documented).
const (
	minTimeoutMillis     = 50
	defaultTimeoutMillis = 29000

	maxStreamMillis     = 900000
	defaultStreamMillis = 300000
)

// methodWithIntegration reads a method that must have an integration;
// noMethod is the answer when there is no such method.
func (t *tx) methodWithIntegration(resource, verb string, noMethod error) (*wire.Method, error) {
	m, err := t.methodOr(resource, verb, noMethod)
	if err != nil {
		return nil, err
	}
	if m.MethodIntegration == nil {
		return nil, errIntegration()
	}
	return m, nil
}

// PutIntegration sets up a method's backend. It overwrites, and the old
// integration's responses go with it.
func (s *Service) PutIntegration(ctx context.Context, who *wire.Caller, in *wire.PutIntegrationRequest) (*wire.Integration, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Integration, error) {
		m, err := t.method(in.ResourceID, in.HTTPMethod)
		if err != nil {
			return nil, err
		}
		m.MethodIntegration = newIntegration(in)
		if err := t.saveIntegration(in.ResourceID, m); err != nil {
			return nil, err
		}
		return m.MethodIntegration, t.removeAll(kindIntegrationResponse, methodID(in.ResourceID, in.HTTPMethod)+"/")
	})
}

// newIntegration is the integration that a request describes.
func newIntegration(in *wire.PutIntegrationRequest) *wire.Integration {
	return &wire.Integration{
		Type: &in.Type, HTTPMethod: given(in.IntegrationHTTPMethod), URI: given(in.URI),
		ConnectionType: given(in.ConnectionType), ConnectionID: given(in.ConnectionID), Credentials: given(in.Credentials),
		RequestParameters: in.RequestParameters, RequestTemplates: in.RequestTemplates,
		PassthroughBehavior: given(in.PassthroughBehavior), ContentHandling: given(in.ContentHandling),
		TimeoutInMillis: in.TimeoutInMillis, CacheNamespace: given(in.CacheNamespace), CacheKeyParameters: in.CacheKeyParameters,
		TLSConfig: in.TLSConfig, ResponseTransferMode: given(in.ResponseTransferMode), IntegrationTarget: given(in.IntegrationTarget),
	}
}

// saveIntegration completes and checks a method's integration, and stores it.
func (t *tx) saveIntegration(resource string, m *wire.Method) error {
	completeIntegration(m.MethodIntegration, resource)
	if err := t.checkIntegration(m); err != nil {
		return err
	}
	return t.saveMethod(resource, m)
}

// completeIntegration gives an integration the members that AWS materialises,
// and takes away those that it does not keep for the integration's type.
func completeIntegration(i *wire.Integration, resource string) {
	i.PassthroughBehavior = withDefault(i.PassthroughBehavior, "WHEN_NO_MATCH")
	i.TimeoutInMillis = withDefault(i.TimeoutInMillis, defaultTimeout(i))
	i.CacheNamespace = withDefault(i.CacheNamespace, resource)
	if i.CacheKeyParameters == nil {
		i.CacheKeyParameters = []string{}
	}
	i.RequestTemplates = nullTemplates(i.RequestTemplates)
	switch *i.Type {
	case "HTTP", "HTTP_PROXY":
		i.ConnectionType = withDefault(i.ConnectionType, "INTERNET")
		return
	case "MOCK":
		i.HTTPMethod, i.URI = nil, nil
	}
	if text(i.ConnectionType) == "INTERNET" {
		i.ConnectionType = nil
	}
}

// defaultTimeout is the timeout of an integration that says none, in milliseconds.
func defaultTimeout(i *wire.Integration) int32 {
	if streams(i) {
		return defaultStreamMillis
	}
	return defaultTimeoutMillis
}

// streams reports whether an integration's response is streamed.
func streams(i *wire.Integration) bool { return text(i.ResponseTransferMode) == "STREAM" }

// GetIntegration reads a method's integration.
func (s *Service) GetIntegration(ctx context.Context, who *wire.Caller, in *wire.GetIntegrationRequest) (*wire.Integration, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Integration, error) {
		m, err := t.methodWithIntegration(in.ResourceID, in.HTTPMethod, errMethod())
		if err != nil {
			return nil, err
		}
		return m.MethodIntegration, t.makeWhole(in.ResourceID, m)
	})
}

// UpdateIntegration patches a method's integration.
func (s *Service) UpdateIntegration(ctx context.Context, who *wire.Caller, in *wire.UpdateIntegrationRequest) (*wire.Integration, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Integration, error) {
		m, err := t.methodWithIntegration(in.ResourceID, in.HTTPMethod, errMethod())
		if err != nil {
			return nil, err
		}
		streamed := streams(m.MethodIntegration)
		if err := integrationPatch.Apply(t, m.MethodIntegration, in.PatchOperations); err != nil {
			return nil, err
		}
		if streams(m.MethodIntegration) != streamed && !slices.ContainsFunc(in.PatchOperations, setsTimeout) {
			m.MethodIntegration.TimeoutInMillis = nil // a change of the mode removes it (documented)
		}
		if err := t.saveIntegration(in.ResourceID, m); err != nil {
			return nil, err
		}
		return m.MethodIntegration, t.makeWhole(in.ResourceID, m)
	})
}

// integrationPatch is every path that UpdateIntegration takes.
var integrationPatch = patchTable[wire.Integration]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.Integration]{
		{At: "/uri", Replace: setText(func(i *wire.Integration) **string { return &i.URI })},
		{At: "/httpMethod", Replace: setText(func(i *wire.Integration) **string { return &i.HTTPMethod })},
		{At: "/credentials", Replace: setText(func(i *wire.Integration) **string { return &i.Credentials })},
		{At: "/passthroughBehavior", Replace: setText(func(i *wire.Integration) **string { return &i.PassthroughBehavior })},
		{At: "/contentHandling", Replace: setContentHandling(func(i *wire.Integration) **string { return &i.ContentHandling })},
		{At: "/cacheNamespace", Replace: setText(func(i *wire.Integration) **string { return &i.CacheNamespace })},
		{At: "/connectionType", Replace: setOneOf(func(i *wire.Integration) **string { return &i.ConnectionType },
			[]string{"INTERNET", "VPC_LINK"}, "Invalid connection type specified")},
		{At: "/connectionId", Replace: setText(func(i *wire.Integration) **string { return &i.ConnectionID })},
		{At: "/timeoutInMillis", Replace: setTimeout},
		{At: "/tlsConfig/insecureSkipVerification", Replace: setInsecure},
		{At: "/responseTransferMode", Replace: setOneOf(func(i *wire.Integration) **string { return &i.ResponseTransferMode },
			[]string{"BUFFERED", "STREAM"}, "Invalid response transfer mode specified")},
		{At: "/integrationTarget", Replace: setText(func(i *wire.Integration) **string { return &i.IntegrationTarget })},
		entries("/requestParameters/{name}", func(i *wire.Integration) *map[string]string { return &i.RequestParameters }, patch.String, errParameterName),
		entries("/requestTemplates/{type}", func(i *wire.Integration) *map[string]*string { return &i.RequestTemplates }, patch.Nullable, errContentTypeAbsent),
		{At: "/cacheKeyParameters/{param}",
			Add: func(_ *tx, i *wire.Integration, op *patch.Op) error {
				return patch.AddElement(&i.CacheKeyParameters, op.Names[0], op)
			},
			Remove: func(_ *tx, i *wire.Integration, op *patch.Op) error {
				return removeCacheKey(i, op.Names[0])
			}},
		{At: "/cacheKeyParameters",
			Add: func(_ *tx, i *wire.Integration, op *patch.Op) error {
				return patch.AddElement(&i.CacheKeyParameters, text(op.Value), op)
			},
			Replace: func(_ *tx, i *wire.Integration, op *patch.Op) error {
				i.CacheKeyParameters = nil
				return patch.AddElement(&i.CacheKeyParameters, text(op.Value), op)
			},
			Remove: func(_ *tx, i *wire.Integration, op *patch.Op) error {
				return removeCacheKey(i, text(op.Value))
			}},
	},
}

func removeCacheKey(i *wire.Integration, param string) error {
	if !slices.Contains(i.CacheKeyParameters, param) {
		return errParameterName()
	}
	patch.RemoveElement(&i.CacheKeyParameters, param)
	return nil
}

func setTimeout(t *tx, i *wire.Integration, op *patch.Op) error {
	field := func(i *wire.Integration) **int32 { return &i.TimeoutInMillis }
	return setInt(field, t.badTimeout(i))(t, i, op)
}

func setsTimeout(op wire.PatchOperation) bool { return text(op.Path) == "/timeoutInMillis" }

func setInsecure(_ *tx, i *wire.Integration, op *patch.Op) error {
	i.TLSConfig = &wire.TLSConfig{InsecureSkipVerification: new(patch.IsTrue(op.Value))}
	return nil
}

// setContentHandling takes AWS's two values; an empty one clears it.
func setContentHandling[T any](field func(*T) **string) patchSetter[T] {
	return setOneOf(field, []string{"CONVERT_TO_BINARY", "CONVERT_TO_TEXT"}, "Invalid content handling strategy specified")
}

// DeleteIntegration removes a method's integration and its responses.
func (s *Service) DeleteIntegration(ctx context.Context, who *wire.Caller, in *wire.DeleteIntegrationRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		m, err := t.methodWithIntegration(in.ResourceID, in.HTTPMethod, errMethod())
		if err != nil {
			return err
		}
		m.MethodIntegration = nil
		if err := t.saveMethod(in.ResourceID, m); err != nil {
			return err
		}
		return t.removeAll(kindIntegrationResponse, methodID(in.ResourceID, in.HTTPMethod)+"/")
	})
}
