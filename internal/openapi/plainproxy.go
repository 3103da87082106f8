package openapi

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// ServersUpstream, as Options.Upstream, is the backend that the document names itself: its
// first server, or the host, basePath and first scheme of Swagger.
const ServersUpstream = "servers"

// proxyValidator is the name of the validator of operations that Options.Upstream serves;
// API Gateway's console calls such a validator so.
const proxyValidator = "Validate body, query string parameters, and headers"

// proxy gives the operation an integration of type HTTP_PROXY that calls the upstream at
// the operation's path: with its query, headers and body as they are, and the variables
// of the path. Requests are validated as the document describes them.
func (im *importer) proxy(m *Method, r *route, op *cursor) {
	m.Upstream = true
	if im.upstream == nil {
		base := im.findUpstream()
		im.upstream = &base
	}
	for _, name := range allVariables(r.path) {
		setParameter(m, "path", name, true)
	}
	m.MethodIntegration = im.upstreamCall(*m.HTTPMethod, r.path)
	im.validateAll(m, proxyValidator)
	im.validateUnlisted(m, op)
}

// validateUnlisted has bodies of types that the operation does not list validated as its JSON
// ones, so that another Content-Type evades no schema. Where it lists a type that has no
// schema of JSON, the service's rule stays: such bodies are not validated.
func (im *importer) validateUnlisted(m *Method, op *cursor) {
	const other = "$default"
	listed := 0
	for mediaType := range im.follow(op.get("requestBody")).get("content").members() {
		listed++
		if m.RequestModels[im.mediaType(mediaType)] == "" {
			return
		}
	}
	if im.dialect == swagger2 {
		for _, mediaType := range im.mediaTypes(op, "consumes") {
			listed++
			if m.RequestModels[mediaType] == "" {
				return
			}
		}
	}
	types := slices.Sorted(maps.Keys(m.RequestModels))
	if listed == 0 || len(types) == 0 || m.RequestModels[other] != "" {
		return
	}
	model := m.RequestModels[types[0]]
	if first := m.RequestModels["application/json"]; first != "" {
		model = first
	}
	m.RequestModels[other] = model
}

// upstreamCall is the integration that calls the upstream at the path of a resource.
func (im *importer) upstreamCall(verb, path string) *wire.Integration {
	kind, uri := "HTTP_PROXY", *im.upstream+strings.ReplaceAll(path, "+}", "}")
	in := &wire.Integration{Type: &kind, HTTPMethod: &verb, URI: &uri}
	for _, name := range allVariables(path) {
		if in.RequestParameters == nil {
			in.RequestParameters = make(map[string]string)
		}
		in.RequestParameters["integration.request.path."+name] = "method.request.path." + name
	}
	return in
}

// allVariables are the names of the variables of a path, a greedy one included.
func allVariables(path string) []string { return pathVariables(strings.ReplaceAll(path, "+}", "}")) }

// findUpstream is where operations without an integration are served. A document that is
// to say so and does not is in error.
func (im *importer) findUpstream() string {
	if im.opts.Upstream != ServersUpstream {
		return strings.TrimSuffix(im.opts.Upstream, "/")
	}
	at, address := im.ownServer()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(address, "{}$") {
		im.note(Error, at, "operations without an integration are to be served by the first server that the document names, and %q is no URL such as https://orders.example/v1", brief(address))
		return ""
	}
	return strings.TrimSuffix(address, "/")
}

// ownServer is the URL of the first server that the document names, with the defaults of
// its variables, and where it stands.
func (im *importer) ownServer() (*cursor, string) {
	if im.dialect == swagger2 {
		return im.swaggerServer()
	}
	for _, server := range im.doc.get("servers").items() {
		address, _ := serverURL(server)
		return server, address
	}
	return im.doc, ""
}

func (im *importer) swaggerServer() (*cursor, string) {
	host := im.doc.get("host")
	name, ok := host.text()
	if !ok {
		return im.doc, ""
	}
	scheme := "https"
	for _, c := range im.doc.get("schemes").items() {
		if s, _ := c.text(); s == "http" || s == "https" {
			scheme = s
			break
		}
	}
	return host, scheme + "://" + name + im.doc.str("basePath")
}

// passPreflights has the upstream answer the preflights of browsers for resources whose
// operations it serves, unless the document has an operation for them: who may call a
// backend from a page is for the backend to say.
func (im *importer) passPreflights() {
	for i := range im.api.Resources {
		resource := &im.api.Resources[i]
		proxied, answered := false, false
		for _, m := range resource.Methods {
			answered = answered || *m.HTTPMethod == "OPTIONS" || *m.HTTPMethod == "ANY"
			proxied = proxied || m.Upstream
		}
		if !proxied || answered {
			continue
		}
		verb, none := "OPTIONS", "NONE"
		m := Method{Upstream: true, Preflight: true, Ref: resource.Ref, Method: wire.Method{
			HTTPMethod: &verb, AuthorizationType: &none, MethodIntegration: im.upstreamCall(verb, resource.Path),
		}}
		for _, name := range allVariables(resource.Path) {
			setParameter(&m, "path", name, true)
		}
		resource.Methods = append(resource.Methods, m)
	}
}
