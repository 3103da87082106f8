package export

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/freename"
)

// Schemas of OpenAPI have no definitions of their own, which the schemas of models may
// have: they are written as models beside the one that they are of.

// maxDefinitionName bounds the name that a definition gets, without the number behind it.
const maxDefinitionName = 200

// nameDefinitions gives each definition within the models a name that no model has: that
// of its model with its own.
func (e *exporter) nameDefinitions() {
	var names freename.Set
	for name := range e.models {
		names.Take(name)
	}
	for _, model := range sorted(e.models) {
		eachDefinition(e.models[model], func(name string, schema *object) {
			e.definitions[schema] = names.Free(definitionName(model, name))
		})
	}
}

// definitionName is what letters and digits, of which the names of models are made, there
// are in a model's name and in that of its definition.
func definitionName(model, name string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, model+name)
	return letters[:min(len(letters), maxDefinitionName)]
}

// eachDefinition visits the definitions within a schema, in the order in which they stand
// there. A nil schema has none.
func eachDefinition(schema *object, visit func(name string, schema *object)) {
	if schema == nil {
		return
	}
	for _, m := range schema.members {
		switch v := m.value.(type) {
		case *object:
			switch {
			case oneSchema[m.name]:
				eachDefinition(v, visit)
			case namedSchemas[m.name] || m.name == "definitions":
				for _, named := range v.members {
					if s, ok := named.value.(*object); ok {
						if m.name == "definitions" {
							visit(named.name, s)
						}
						eachDefinition(s, visit)
					}
				}
			}
		case list:
			for _, item := range v {
				if s, ok := item.(*object); ok && manySchemas[m.name] {
					eachDefinition(s, visit)
				}
			}
		}
	}
}

// within is where a part of the model stands in the document. pointer leads to it from the
// top of the model's schema.
func (w *schemaWriter) within(pointer string) string {
	pointer = strings.TrimSuffix(pointer, "/")
	model, rest := w.model, pointer // a model of the document, and the way from its top
	at := value(w.root)
	for left := pointer; strings.HasPrefix(left, "/"); {
		part, _, _ := strings.Cut(left[1:], "/")
		left, at = left[1+len(part):], step(at, part)
		if schema, ok := at.(*object); ok && w.definitions[schema] != "" {
			model, rest = w.definitions[schema], left
		}
	}
	return w.base() + model + rest
}

// step returns the member or item that a part of a pointer names, nil when there is none.
func step(at value, part string) value {
	key, err := url.PathUnescape(part)
	if err != nil {
		return nil
	}
	switch at := at.(type) {
	case *object:
		return at.get(unescapePointer.Replace(key))
	case list:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(at) {
			return at[i]
		}
	}
	return nil
}

var unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
