package control

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errIntegration() error { return wire.NotFound("Invalid Integration identifier specified") }

const (
	defaultTimeoutMillis = 29000
	minTimeoutMillis     = 50
	maxTimeoutMillis     = 29000
)

// methodWithIntegration reads a method that must have an integration;
// noMethod is the answer when there is no such method.
func (t *tx) methodWithIntegration(api, resource, verb string, noMethod error) (*wire.Method, error) {
	if _, err := t.resource(api, resource); err != nil {
		return nil, err
	}
	m, err := load[wire.Method](t, kindMethod, api, methodID(resource, verb), noMethod)
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
	var out *wire.Integration
	err := s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, err := t.method(in.RestAPIID, in.ResourceID, in.HTTPMethod)
		if err != nil {
			return err
		}
		out = newIntegration(in)
		if err := checkIntegration(m, out); err != nil {
			return err
		}
		if err := unservedIntegration(out); err != nil {
			return err
		}
		m.MethodIntegration = out
		return t.saveMethod(in.RestAPIID, in.ResourceID, m)
	})
	return out, err
}

// newIntegration is the integration that a request describes, defaults filled
// in.
func newIntegration(in *wire.PutIntegrationRequest) *wire.Integration {
	i := &wire.Integration{
		Type: &in.Type, HTTPMethod: given(in.IntegrationHTTPMethod), URI: given(in.URI),
		ConnectionType: given(in.ConnectionType), ConnectionID: given(in.ConnectionID), Credentials: given(in.Credentials),
		PassthroughBehavior: withDefault(given(in.PassthroughBehavior), "WHEN_NO_MATCH"),
		ContentHandling:     given(in.ContentHandling),
		TimeoutInMillis:     withDefault(in.TimeoutInMillis, defaultTimeoutMillis),
		CacheNamespace:      withDefault(given(in.CacheNamespace), in.ResourceID),
		CacheKeyParameters:  in.CacheKeyParameters,
		TLSConfig:           in.TLSConfig, ResponseTransferMode: in.ResponseTransferMode, IntegrationTarget: given(in.IntegrationTarget),
		RequestTemplates: nullTemplates(in.RequestTemplates),
	}
	if i.CacheKeyParameters == nil {
		i.CacheKeyParameters = []string{}
	}
	if len(in.RequestParameters) > 0 {
		i.RequestParameters = in.RequestParameters
	}
	switch in.Type {
	case "MOCK": // AWS keeps none of these (recorded)
		i.HTTPMethod, i.URI, i.ConnectionType = nil, nil, nil
	case "HTTP", "HTTP_PROXY":
		i.ConnectionType = withDefault(i.ConnectionType, "INTERNET")
	default:
		if text(i.ConnectionType) == "INTERNET" {
			i.ConnectionType = nil
		}
	}
	return i
}

// nullTemplates gives empty templates the form in which AWS returns them,
// null, and an empty map none.
func nullTemplates(templates map[string]*string) map[string]*string {
	if len(templates) == 0 {
		return nil
	}
	out := make(map[string]*string, len(templates))
	for k, v := range templates {
		out[k] = given(v)
	}
	return out
}

// checkIntegration checks an integration in AWS's order.
func checkIntegration(m *wire.Method, i *wire.Integration) error {
	if *i.Type != "MOCK" && i.HTTPMethod == nil {
		return wire.BadRequest("Enumeration value for HttpMethod must be non-empty")
	}
	if err := checkIntegrationVerb(i.HTTPMethod); err != nil {
		return err
	}
	if err := checkIntegrationURI(*i.Type, text(i.URI)); err != nil {
		return err
	}
	if c := text(i.Credentials); c != "" && !strings.HasPrefix(c, "arn:") {
		return wire.BadRequest("Invalid ARN specified in the request")
	}
	if n := *i.TimeoutInMillis; n < minTimeoutMillis || n > maxTimeoutMillis {
		return wire.BadRequest("Timeout should be between %d ms and %d ms", minTimeoutMillis, maxTimeoutMillis)
	}
	switch *i.PassthroughBehavior {
	case "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER":
	default:
		return wire.BadRequest("Invalid passthrough behavior specified")
	}
	if err := checkRequestMapping(m, i.RequestParameters); err != nil {
		return err
	}
	if err := checkCacheKeys(m, i); err != nil {
		return err
	}
	return checkTemplateTypes(i.RequestTemplates)
}

// checkIntegrationVerb takes the verbs that a method can have.
func checkIntegrationVerb(verb *string) error {
	if verb == nil {
		return nil
	}
	for _, v := range verbs {
		if v == *verb {
			return nil
		}
	}
	return wire.BadRequest("Invalid HttpMethod specified. Valid options are %s", strings.Join(verbs, ","))
}

// checkIntegrationURI holds a URI to what the integration's type asks of it.
func checkIntegrationURI(kind, uri string) error {
	switch kind {
	case "HTTP", "HTTP_PROXY":
		return checkHTTPURI(uri)
	case "AWS", "AWS_PROXY":
		return checkServiceARN(kind, uri)
	}
	return nil
}

var uriReference = regexp.MustCompile(`\$\{stageVariables\.[A-Za-z0-9_]+\}|\{[^{}/]+\}`)

// checkHTTPURI takes absolute http and https URLs, of which any part after
// the scheme may be a reference.
func checkHTTPURI(uri string) error {
	invalid := wire.BadRequest("Invalid HTTP endpoint specified for URI")
	if !strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "https://") {
		return invalid
	}
	// A reference may stand for a port, so it is filled in with digits.
	u, err := url.Parse(uriReference.ReplaceAllString(uri, "80"))
	if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Hostname(), "{}$ ") {
		return invalid
	}
	return nil
}

// checkServiceARN takes arn:{partition}:apigateway:{region}:{service}:{path|action}/….
func checkServiceARN(kind, uri string) error {
	parts := strings.SplitN(uri, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "apigateway" {
		return wire.BadRequest("Invalid ARN specified in the request")
	}
	if !strings.HasPrefix(parts[5], "path/") && !strings.HasPrefix(parts[5], "action/") {
		return wire.BadRequest("AWS ARN for integration must contain path or action")
	}
	if kind == "AWS_PROXY" && parts[4] != "lambda" && parts[4] != "firehose" {
		return wire.BadRequest("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.")
	}
	return nil
}

// GetIntegration reads a method's integration.
func (s *Service) GetIntegration(ctx context.Context, who *wire.Caller, in *wire.GetIntegrationRequest) (*wire.Integration, error) {
	var out *wire.Integration
	err := s.read(ctx, who, func(t *tx) error {
		m, err := t.methodWithIntegration(in.RestAPIID, in.ResourceID, in.HTTPMethod, errMethod())
		if err == nil {
			out = m.MethodIntegration
		}
		return err
	})
	return out, err
}

// DeleteIntegration removes a method's integration and its responses.
func (s *Service) DeleteIntegration(ctx context.Context, who *wire.Caller, in *wire.DeleteIntegrationRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		m, err := t.methodWithIntegration(in.RestAPIID, in.ResourceID, in.HTTPMethod, errMethod())
		if err != nil {
			return err
		}
		m.MethodIntegration = nil
		return t.saveMethod(in.RestAPIID, in.ResourceID, m)
	})
}
