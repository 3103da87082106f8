package main

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// position is where in the file a part of the compiled API is: the part itself, else
// the operation. It is false where that is not known.
func position(def *openapi.API, p pipeline.Problem) (openapi.Position, bool) {
	if p.Field == "policy" {
		return settingPosition(def, p.Field, p.Within)
	}
	for _, r := range def.Resources {
		for _, m := range r.Methods {
			if r.Path != p.Resource || *m.HTTPMethod != p.Method {
				continue
			}
			if at, ok := authorizerPosition(def, m.Authorizer); ok && p.Field == "authorizerId" {
				return at, true
			}
			for _, ref := range fieldRefs(&m.Method, p.Field) {
				if at, ok := def.Locate(m.Ref + ref); ok {
					return at, true
				}
			}
		}
	}
	return openapi.Position{}, false
}

// settingPosition is where in the file a setting at the top of a definition is, which
// OpenAPI 3 may have in a server, or the innermost value there is around a part of it.
func settingPosition(def *openapi.API, setting, within string) (openapi.Position, bool) {
	for _, top := range []string{"#/", "#/servers/0/"} {
		ref := top + "x-amazon-apigateway-" + setting
		if _, ok := def.Locate(ref); ok {
			return def.Nearest(ref + within), true
		}
	}
	return openapi.Position{}, false
}

// authorizerPosition is where in the file an authorizer is.
func authorizerPosition(def *openapi.API, name string) (openapi.Position, bool) {
	for i := range def.Authorizers {
		if a := &def.Authorizers[i]; *a.Name == name {
			return def.Locate(a.Ref)
		}
	}
	return openapi.Position{}, false
}

// fieldRefs are the references of a compiled field within its operation, the
// best one first.
func fieldRefs(m *wire.Method, field string) []string {
	const extension = "/x-amazon-apigateway-integration"
	rest, ok := strings.CutPrefix(field, "integration.")
	if !ok {
		return []string{""}
	}
	name, key, _ := strings.Cut(rest, ".")
	if name == "responses" {
		return append(responseRefs(m, extension+"/responses", key), "")
	}
	return []string{extension + "/" + name + "/" + escapeRef(key), extension + "/" + name, extension, ""}
}

// responseRefs are those of a part of an integration response. Compiled ones go
// by their status code; in a file the pattern is the key.
func responseRefs(m *wire.Method, responses, key string) []string {
	status, part, _ := strings.Cut(key, ".")
	if m.MethodIntegration == nil || m.MethodIntegration.IntegrationResponses[status].StatusCode == nil {
		return []string{responses}
	}
	pattern := "default"
	if p := m.MethodIntegration.IntegrationResponses[status].SelectionPattern; p != nil && *p != "" {
		pattern = *p
	}
	response := responses + "/" + escapeRef(pattern)
	name, key, _ := strings.Cut(part, ".")
	return []string{response + "/" + name + "/" + escapeRef(key), response + "/" + name, response, responses}
}

// escapeRef makes a key a part of a JSON pointer.
func escapeRef(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
