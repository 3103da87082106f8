package control

import (
	"errors"
	"fmt"
	"mime"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What AWS checks of parameter mappings and of the keys of templates and
// models. The grammar is package mapping's.

// maxMappingName bounds the name in a mapping key, in bytes.
const maxMappingName = 512

// maxReasons bounds the reasons of one refusal.
const maxReasons = 20

// invalidMapping is AWS's refusal of mappings, nil without reasons.
func invalidMapping(reasons []string) error {
	if len(reasons) == 0 {
		return nil
	}
	if more := len(reasons) - maxReasons; more > 0 {
		reasons = append(reasons[:maxReasons:maxReasons], fmt.Sprintf("and %d more", more))
	}
	return wire.BadRequest("%s", mapping.ValidationMessage(reasons...))
}

// badExpression is the reason that a text is no key or expression, or a part
// of one that is too long.
func badExpression(text string) string {
	return (&mapping.InvalidError{Text: wire.Truncated(text)}).Error()
}

// undeclared is the reason that a parameter is not declared.
func undeclared(parameter string) string {
	return (&mapping.InvalidError{Text: wire.Truncated(parameter), Undeclared: true}).Error()
}

// reason returns what AWS says of an error of package mapping.
func reason(err error) string {
	var invalid *mapping.InvalidError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	return (&mapping.InvalidError{Text: wire.Truncated(invalid.Text), Undeclared: invalid.Undeclared}).Error()
}

// parseKey takes a mapping key apart.
func parseKey(key, of string) (mapping.Target, bool) {
	target, err := mapping.ParseTarget(key, of)
	return target, err == nil && len(target.Name) <= maxMappingName
}

// checkMethodParameters checks the keys of a method's requestParameters: their
// form, and that no name stands in two places.
func checkMethodParameters(params map[string]bool) error {
	var reasons []string
	seen := make(map[string]string)
	twice := false
	for _, key := range sortedKeys(params) {
		target, ok := parseKey(key, "method.request")
		if !ok {
			reasons = append(reasons, badExpression(key))
			continue
		}
		place := strings.TrimPrefix(target.Location, "multivalue")
		if other, ok := seen[target.Name]; ok && other != place {
			twice = true
		}
		seen[target.Name] = place
	}
	switch {
	case reasons != nil:
		return invalidMapping(reasons)
	case twice:
		return wire.BadRequest("Parameter names must be unique across querystring, header and path")
	}
	return nil
}

// checkResponseParameterKeys checks the keys of a method response's
// responseParameters: method.response.header.{name}. Names are case-sensitive
// (documented, and AWS's own samples declare one in two spellings).
func checkResponseParameterKeys(params map[string]bool) error {
	var reasons []string
	for _, key := range sortedKeys(params) {
		if _, ok := parseKey(key, "method.response"); !ok {
			reasons = append(reasons, badExpression(key))
		}
	}
	return invalidMapping(reasons)
}

// checkRequestMapping checks an integration's requestParameters: keys
// integration.request.{path,querystring,header}.{name}, values expressions
// whose parameters the method declares.
func checkRequestMapping(m *wire.Method, params map[string]string) error {
	var reasons []string
	for _, key := range sortedKeys(params) {
		if _, ok := parseKey(key, "integration.request"); !ok {
			reasons = append(reasons, badExpression(key))
			continue
		}
		e, err := mapping.ParseExpression(params[key], mapping.IntegrationRequest)
		if err != nil {
			reasons = append(reasons, reason(err))
			continue
		}
		if source := e.Source(); source != "" && !declares(m, source) {
			reasons = append(reasons, undeclared(source))
		}
	}
	return invalidMapping(reasons)
}

// declares reports whether a method declares a request parameter. A parameter
// and its multi-value form are one.
func declares(m *wire.Method, parameter string) bool {
	if _, ok := m.RequestParameters[parameter]; ok {
		return true
	}
	target, err := mapping.ParseTarget(parameter, "method.request")
	if err != nil {
		return false
	}
	if single, ok := strings.CutPrefix(target.Location, "multivalue"); ok {
		target.Location = single
	} else {
		target.Location = "multivalue" + target.Location
	}
	_, ok := m.RequestParameters[target.String()]
	return ok
}

// checkCacheKeys wants the parameters of a cache key to be declared on the
// method or mapped by the integration. What is no parameter has an error of its own
// (reported).
func checkCacheKeys(m *wire.Method, i *wire.Integration) error {
	var reasons []string
	for _, param := range i.CacheKeyParameters {
		_, ofMethod := parseKey(param, "method.request")
		_, ofIntegration := parseKey(param, "integration.request")
		if !ofMethod && !ofIntegration {
			return wire.BadRequest("Invalid cache key parameter specified")
		}
		if _, mapped := i.RequestParameters[param]; !mapped && !declares(m, param) {
			reasons = append(reasons, undeclared(param))
		}
	}
	return invalidMapping(reasons)
}

// checkResponseMapping checks an integration response's responseParameters:
// keys that the method response declares, values expressions.
func checkResponseMapping(declared map[string]bool, params map[string]string) error {
	var reasons []string
	for _, key := range sortedKeys(params) {
		if _, ok := parseKey(key, "method.response"); !ok {
			reasons = append(reasons, badExpression(key))
			continue
		}
		if _, ok := declared[key]; !ok {
			reasons = append(reasons, undeclared(key))
			continue
		}
		if _, err := mapping.ParseExpression(params[key], mapping.MethodResponse); err != nil {
			reasons = append(reasons, reason(err))
		}
	}
	return invalidMapping(reasons)
}

// checkGatewayMapping checks a gateway response's responseParameters.
func checkGatewayMapping(params map[string]string) error {
	var reasons []string
	for _, key := range sortedKeys(params) {
		if _, ok := parseKey(key, "gatewayresponse"); !ok {
			reasons = append(reasons, badExpression(key))
			continue
		}
		if _, err := mapping.ParseExpression(params[key], mapping.GatewayResponse); err != nil {
			reasons = append(reasons, reason(err))
		}
	}
	return invalidMapping(reasons)
}

// checkContentType takes a media type or $default as a key.
func checkContentType(key string) error {
	if key == "$default" {
		return nil
	}
	if t, _, err := mime.ParseMediaType(key); err != nil || !strings.Contains(t, "/") {
		return wire.BadRequest("Validation Result: warnings : [], errors : [Invalid content type specified: %s]", wire.Truncated(key))
	}
	return nil
}

// maxTemplateSize is AWS's bound on one mapping template, in bytes.
const maxTemplateSize = 300 << 10

// checkTemplates checks the keys and the size of templates. What a template
// says is not checked, as AWS does not: a method whose template does not parse
// answers 500.
func checkTemplates(templates map[string]*string) error {
	for _, key := range sortedKeys(templates) {
		if err := checkContentType(key); err != nil {
			return err
		}
		if len(text(templates[key])) > maxTemplateSize {
			return wire.BadRequest("Mapping template for %s must not be larger than %d bytes", wire.Truncated(key), maxTemplateSize)
		}
	}
	return nil
}

// nullTemplates gives empty templates the form in which AWS returns them, null.
func nullTemplates(templates map[string]*string) map[string]*string {
	if templates == nil {
		return nil
	}
	out := make(map[string]*string, len(templates))
	for k, v := range templates {
		out[k] = given(v)
	}
	return out
}
