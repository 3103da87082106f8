package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// A place is where the calls of a function or a service go, or where tokens come from.
type place struct {
	what    string // function orders, service sqs
	where   string // "" where there is none
	missing string // how to give it one
	routes  int    // that need it
}

// String says where they go, or how to give them a place.
func (p place) String() string {
	if p.where != "" {
		return p.what + " " + p.where
	}
	return fmt.Sprintf("%s is missing: %s; %s", p.what, count(p.routes, "route answers 500", "routes answer 500"), p.missing)
}

// tellServices prints where the calls of functions and services go that the routes need,
// or that they go nowhere and how to change that: once, and again when it has changed.
func (d *developer) tellServices(def *openapi.API) {
	var lines strings.Builder
	for _, p := range d.server.placesOf(def) {
		fmt.Fprintf(&lines, "%s: %s\n", d.file, p)
	}
	if text := lines.String(); text != d.places {
		d.places = text
		fmt.Fprint(d.out, text)
	}
}

// placesOf lists the functions and services that a definition's integrations and
// authorizers call, and the user pools whose tokens let its callers in, in the order of
// the routes.
func (s *server) placesOf(def *openapi.API) []place {
	functions := s.authorizerFunctions(def)
	var out []place
	for _, r := range def.Resources {
		for i := range r.Methods {
			m := &r.Methods[i]
			for _, arn := range s.poolsOf(def, m) {
				out = needed(out, s.placeOfPool(arn))
			}
			own := []string{functions[m.Authorizer]}
			if in := m.MethodIntegration; in != nil && in.Type != nil && (*in.Type == "AWS" || *in.Type == "AWS_PROXY") && in.URI != nil {
				own = append(own, *in.URI)
			}
			for _, uri := range slices.Compact(own) {
				if p, ok := s.placeOf(uri); ok {
					out = needed(out, p)
				}
			}
		}
	}
	return out
}

// authorizerFunctions has the URIs of a definition's Lambda authorizers by name, none
// where they are skipped.
func (s *server) authorizerFunctions(def *openapi.API) map[string]string {
	functions := make(map[string]string)
	if s.config().AllowUnprotected {
		return functions
	}
	for _, a := range def.Authorizers {
		if a.AuthorizerURI != nil && *a.Type != "COGNITO_USER_POOLS" {
			functions[*a.Name] = *a.AuthorizerURI
		}
	}
	return functions
}

// needed is a list of places with one route more that needs p.
func needed(list []place, p place) []place {
	i := slices.IndexFunc(list, func(other place) bool { return other.what == p.what && other.where == p.where })
	if i < 0 {
		i, list = len(list), append(list, p)
	}
	list[i].routes++
	return list
}

// placeOf says where a URI leads. It is false for one that is none of a service, which
// is told otherwise, and for one that variables complete which the stage lacks.
func (s *server) placeOf(uri string) (place, bool) {
	variables, _ := s.config().stageVariables() // checked when loaded
	for name, value := range variables {
		uri = strings.ReplaceAll(uri, "${stageVariables."+name+"}", value)
	}
	if strings.Contains(uri, "${stageVariables.") {
		return place{}, false
	}
	service, err := s.services.Load().AWS.Resolve(uri)
	var nowhere *integration.NowhereError
	switch {
	case errors.As(err, &nowhere) && nowhere.Function != "":
		name := integration.FunctionName(nowhere.Function)
		return place{what: "function " + name, missing: "in the file of --config, lambda-functions: {" + name +
			": http://…} gives it a URL, {" + name + ": {runtime: …, handler: …, dir: …}} its code, --aws-endpoint-url a URL to all services, --aws calls AWS"}, true
	case errors.As(err, &nowhere):
		return place{what: "service " + nowhere.Service, missing: "in the file of --config, aws-endpoints: {" + nowhere.Service +
			": http://…} gives it a URL, --aws-endpoint-url one to all services, --aws calls AWS"}, true
	case err != nil:
		return place{}, false
	}
	p := place{what: "service " + service.Name, where: "is called at " + service.Endpoint.URL()}
	if service.RunsHere() {
		p.where = "runs on this machine"
	}
	if service.Function != "" {
		p.what = "function " + integration.FunctionName(service.Function)
	}
	if service.Key != "" {
		p.where += " (lambda-functions: " + service.Key + ")"
	}
	return p, true
}
