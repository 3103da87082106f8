package export

import (
	"cmp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// defaultTimeout is that of integrations whose response is not streamed, in milliseconds.
// Published exports do not say it.
const defaultTimeout = 29000

// integration writes an integration, in the order of published exports: its type is
// the first member in OpenAPI and the last in Swagger. What an import fills in again
// is left out. resource is the id of its resource, the cache namespace of those that
// have none of their own.
func (e *exporter) integration(i *wire.Integration, resource string) *object {
	out := sized(8)
	if e.Format != Swagger {
		out.text("type", lower(i.Type))
	}
	out.text("connectionId", i.ConnectionID)
	out.text("credentials", i.Credentials)
	out.text("httpMethod", i.HTTPMethod)
	out.text("uri", i.URI)
	out.text("integrationTarget", i.IntegrationTarget)
	out.fill("responses", integrationResponses(i.IntegrationResponses))
	out.fill("requestParameters", expressions(i.RequestParameters))
	out.fill("requestTemplates", templates(i.RequestTemplates))
	out.text("passthroughBehavior", lower(i.PassthroughBehavior))
	if text(i.ConnectionType) != "INTERNET" {
		out.text("connectionType", i.ConnectionType)
	}
	if len(i.CacheKeyParameters) > 0 || text(i.CacheNamespace) != resource {
		out.text("cacheNamespace", i.CacheNamespace)
	}
	out.text("responseTransferMode", i.ResponseTransferMode)
	if i.TimeoutInMillis != nil && (*i.TimeoutInMillis != defaultTimeout || text(i.ResponseTransferMode) == "STREAM") {
		out.set("timeoutInMillis", *i.TimeoutInMillis)
	}
	out.texts("cacheKeyParameters", i.CacheKeyParameters)
	out.text("contentHandling", i.ContentHandling)
	if t := i.TLSConfig; t != nil {
		config := new(object)
		if t.InsecureSkipVerification != nil {
			config.set("insecureSkipVerification", *t.InsecureSkipVerification)
		}
		out.set("tlsConfig", config)
	}
	if e.Format == Swagger {
		out.text("type", lower(i.Type))
	}
	return out
}

// lower is an optional text in lower case.
func lower(s *string) *string {
	if s == nil {
		return nil
	}
	return new(strings.ToLower(*s))
}

// integrationResponses lists responses by the patterns that select them. Where several
// have one pattern that of the lowest status code is written: a document has no place
// for others.
func integrationResponses(responses map[string]wire.IntegrationResponse) *object {
	byPattern := make(map[string]string) // status codes
	for status, r := range responses {
		pattern := cmp.Or(text(r.SelectionPattern), "default")
		if other, ok := byPattern[pattern]; !ok || status < other {
			byPattern[pattern] = status
		}
	}
	out := new(object)
	for _, pattern := range javaOrder(byPattern) {
		status := byPattern[pattern]
		r, response := responses[status], newObject("statusCode", status)
		response.fill("responseParameters", expressions(r.ResponseParameters))
		response.fill("responseTemplates", templates(r.ResponseTemplates))
		response.text("contentHandling", r.ContentHandling)
		out.set(pattern, response)
	}
	return out
}

func expressions(m map[string]string) *object {
	out := sized(len(m))
	for _, name := range javaOrder(m) {
		out.set(name, m[name])
	}
	return out
}

// templates writes templates by media type; one may be null.
func templates(m map[string]*string) *object {
	out := sized(len(m))
	for _, mediaType := range javaOrder(m) {
		if t := m[mediaType]; t != nil {
			out.set(mediaType, *t)
		} else {
			out.set(mediaType, nil)
		}
	}
	return out
}
