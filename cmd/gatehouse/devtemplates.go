package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// templateMistakes are the templates of a definition that cannot be parsed. A definition
// that is refused before it is compiled has its author told of them as well, in the
// words of the compiler.
func templateMistakes(def *openapi.API) (wrong []openapi.Finding) {
	for _, r := range def.Resources {
		for i := range r.Methods {
			m := &r.Methods[i].Method
			for field, text := range templatesOf(m.MethodIntegration) {
				_, err := mapping.ParseTemplate(field, text)
				if err == nil {
					continue
				}
				p := pipeline.Problem{Resource: r.Path, Method: *m.HTTPMethod, Field: field, Text: mapping.Reason(err)}
				p.Line, p.Column = mapping.Position(err)
				at, _ := position(def, p)
				wrong = append(wrong, openapi.Finding{Severity: openapi.Error, Position: at, Text: p.String()})
			}
		}
	}
	slices.SortFunc(wrong, func(a, b openapi.Finding) int {
		return cmp.Or(strings.Compare(a.Position.File, b.Position.File), a.Position.Line-b.Position.Line, strings.Compare(a.Text, b.Text))
	})
	return wrong
}

// templatesOf are the templates of an integration, by the names of their fields.
func templatesOf(in *wire.Integration) map[string]string {
	out := make(map[string]string)
	if in == nil {
		return out
	}
	add := func(field string, templates map[string]*string) {
		for key, text := range templates {
			if text != nil {
				out[field+key] = *text
			}
		}
	}
	add("integration.requestTemplates.", in.RequestTemplates)
	for status, response := range in.IntegrationResponses {
		add("integration.responses."+status+".responseTemplates.", response.ResponseTemplates)
	}
	return out
}
