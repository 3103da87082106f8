package control

import (
	"mime"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The places that a mapping key can name.
var (
	methodRequestPlaces      = []string{"path", "querystring", "multivaluequerystring", "header", "multivalueheader"}
	integrationRequestPlaces = []string{"path", "querystring", "header"}
)

var mappingNamePattern = regexp.MustCompile(`^[a-zA-Z0-9._$-]+$`)

// maxMappingName bounds the name in a mapping key.
const maxMappingName = 512

// invalidMapping is AWS's refusal of a mapping, its reasons in one list.
func invalidMapping(reasons ...string) error {
	return wire.BadRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [%s]", strings.Join(reasons, ", "))
}

func badExpression(text string) string {
	return "Invalid mapping expression specified: " + truncated(text)
}

func badParameter(text string) string {
	return "Invalid mapping expression parameter specified: " + truncated(text)
}

// splitKey takes a key such as method.request.header.{name} apart: after the
// prefix one of the places, then the name.
func splitKey(key, prefix string, places []string) (place, name string, ok bool) {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return "", "", false
	}
	place, name, ok = strings.Cut(rest, ".")
	if !ok || !slices.Contains(places, place) || len(name) > maxMappingName || !mappingNamePattern.MatchString(name) {
		return "", "", false
	}
	return place, name, true
}

// checkMethodParameters checks the keys of a method's requestParameters: their
// form, and that no name stands in two places.
func checkMethodParameters(params map[string]bool) error {
	var reasons []string
	seen := make(map[string]string)
	twice := false
	for _, key := range sortedKeys(params) {
		place, name, ok := splitKey(key, "method.request.", methodRequestPlaces)
		if !ok {
			reasons = append(reasons, badExpression(key))
			continue
		}
		place = strings.TrimPrefix(place, "multivalue")
		if other, ok := seen[name]; ok && other != place {
			twice = true
		}
		seen[name] = place
	}
	switch {
	case reasons != nil:
		return invalidMapping(reasons...)
	case twice:
		return wire.BadRequest("Parameter names must be unique across querystring, header and path")
	}
	return nil
}

// checkResponseParameterKeys checks the keys of a method response's
// responseParameters: method.response.header.{name}, each header once.
func checkResponseParameterKeys(params map[string]bool) error {
	var reasons []string
	seen := make(map[string]bool)
	for _, key := range sortedKeys(params) {
		_, name, ok := splitKey(key, "method.response.", []string{"header"})
		if name = strings.ToLower(name); !ok || seen[name] {
			reasons = append(reasons, badExpression(key))
		}
		seen[name] = true
	}
	if reasons != nil {
		return invalidMapping(reasons...)
	}
	return nil
}

// checkContentType takes a media type or $default as a key.
func checkContentType(key string) error {
	if key == "$default" {
		return nil
	}
	if t, _, err := mime.ParseMediaType(key); err != nil || !strings.Contains(t, "/") {
		return wire.BadRequest("Validation Result: warnings : [], errors : [Invalid content type specified: %s]", truncated(key))
	}
	return nil
}

// maxTemplateSize is AWS's bound on one mapping template.
const maxTemplateSize = 300 << 10

// checkTemplateTypes checks the keys and the size of templates. What a
// template says is not checked, as AWS does not: a method whose template does
// not parse answers 500.
func checkTemplateTypes(templates map[string]*string) error {
	for _, key := range sortedKeys(templates) {
		if err := checkContentType(key); err != nil {
			return err
		}
		if len(text(templates[key])) > maxTemplateSize {
			return wire.BadRequest("Mapping template for %s must not be larger than %d bytes", truncated(key), maxTemplateSize)
		}
	}
	return nil
}

func checkRequestMapping(m *wire.Method, params map[string]string) error            { return nil }
func checkCacheKeys(m *wire.Method, i *wire.Integration) error                      { return nil }
func checkResponseMapping(declared map[string]bool, params map[string]string) error { return nil }
