package export

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
)

// readModels reads the schemas of the models. Those for other media types than JSON have
// none: a document says of them that they are there.
func (e *exporter) readModels() {
	e.models = make(map[string]*object, len(e.src.Models))
	for i := range e.src.Models {
		m := &e.src.Models[i]
		e.models[text(m.Name)] = parseObject(text(m.Schema))
	}
	e.definitions = make(map[*object]string)
	e.nameDefinitions()
}

// base is what references to models begin with.
func (e *exporter) base() string {
	if e.Format == Swagger {
		return "#/definitions/"
	}
	return "#/components/schemas/"
}

// ref is the schema that stands for a model.
func (e *exporter) ref(model string) *object { return newObject("$ref", e.refer(model)) }

// refer is what leads to a model, which is then one that is used.
func (e *exporter) refer(model string) string {
	e.used[model] = true
	return e.base() + model
}

// stockModels are the titles of the models that every new API has.
var stockModels = map[string]string{"Empty": "Empty Schema", "Error": "Error Schema"}

// schemas lists the models, but for those that the service made and nothing refers to:
// no published export has one. Of other models that are not used published exports tell
// nothing, and a document without them would not make the same API. Paths come first.
func (e *exporter) schemas() *object {
	written := make(map[string]*object, len(e.models))
	for name, root := range e.models {
		w := schemaWriter{exporter: e, model: name, root: root}
		written[name] = w.schema(root, name)
		eachDefinition(root, func(_ string, schema *object) { written[e.definitions[schema]] = w.schema(schema, "") })
	}
	out := new(object)
	for _, name := range javaOrder(written) {
		if title := stockModels[name]; title == "" || e.used[name] || written[name].get("title") != title {
			out.set(name, written[name])
		}
	}
	return out
}

// A schemaWriter writes the JSON schema of a model as a schema of the document, where
// it stands in another place: references within it have to say so.
type schemaWriter struct {
	*exporter
	model string
	root  *object // nil for a schema that is no object
}

// ofJSONSchema are keywords that OpenAPI does not have. Definitions stand beside the model.
var ofJSONSchema = map[string]bool{"$schema": true, "id": true, "definitions": true}

// Keywords that hold schemas.
var (
	oneSchema    = map[string]bool{"items": true, "not": true, "additionalProperties": true, "additionalItems": true}
	manySchemas  = map[string]bool{"allOf": true, "anyOf": true, "oneOf": true, "items": true}
	namedSchemas = map[string]bool{"properties": true, "patternProperties": true}
)

// schema returns a copy of a schema with its references rewritten, what is documented of
// it added, and its members in the format's order. What means something to JSON schemas
// alone is left out. entity is how documentation calls it: a model, or a property as
// Pet.owner.name; "" is for what it has no name for.
func (w *schemaWriter) schema(from *object, entity string) *object {
	out := new(object)
	if from == nil {
		from = new(object)
	}
	for _, m := range from.members {
		if !ofJSONSchema[m.name] {
			out.set(m.name, w.member(m.name, m.value, entity))
		}
	}
	if entity != "" && !out.has("$ref") {
		about := w.about(apidoc.Location{Type: "MODEL", Name: entity})
		about.override(out, "title", "description", "externalDocs") // documented
		about.extensions(out)
	}
	return ordered(out, w.Format)
}

func (w *schemaWriter) member(name string, v value, entity string) value {
	switch v := v.(type) {
	case string:
		if name == "$ref" {
			return w.reference(v)
		}
	case *object:
		switch {
		case oneSchema[name]:
			return w.schema(v, "")
		case namedSchemas[name]:
			out := new(object)
			for _, m := range v.members {
				if s, ok := m.value.(*object); ok {
					out.set(m.name, w.schema(s, w.property(entity, name, m.name)))
				} else {
					out.set(m.name, m.value)
				}
			}
			return out
		}
	case list:
		if !manySchemas[name] {
			return v
		}
		out := make(list, len(v))
		for i, item := range v {
			if s, ok := item.(*object); ok {
				out[i] = w.schema(s, "")
			} else {
				out[i] = item
			}
		}
		return out
	}
	return v
}

// property is how documentation calls a property of an entity, "" where nobody would ask
// or what holds it is no list of properties.
func (w *schemaWriter) property(entity, keyword, name string) string {
	if entity == "" || keyword != "properties" || len(w.said) == 0 {
		return ""
	}
	return entity + "." + name
}

// modelURL is how the schemas of models refer to other models.
var modelURL = regexp.MustCompile(`^https://apigateway\.[a-z0-9.-]+/restapis/[^/]+/models/([a-zA-Z0-9]+)$`)

// reference is where a reference leads to in the document: to another model, or to a
// part of this one, which begins with #. #/definitions/X is of this model if it has
// such a definition, and else the model X.
func (w *schemaWriter) reference(ref string) string {
	if m := modelURL.FindStringSubmatch(ref); m != nil {
		return w.refer(m[1])
	}
	if name, ok := strings.CutPrefix(ref, "#/definitions/"); ok && !w.defines(name) {
		return w.refer(name)
	}
	if pointer, ok := strings.CutPrefix(ref, "#"); ok {
		return w.within(pointer)
	}
	return ref
}

// defines reports whether the model has a definition of its own of that name, or what
// stands in one.
func (w *schemaWriter) defines(name string) bool {
	name, _, _ = strings.Cut(name, "/")
	if w.root == nil {
		return false
	}
	own, _ := w.root.get("definitions").(*object)
	return own != nil && own.has(name)
}

// orders are the members of schemas in the order of the formats' libraries, as far as
// published exports show it.
var orders = map[Format][]string{
	Swagger: strings.Fields(`$ref type format required description properties additionalProperties
		items enum minimum exclusiveMinimum maximum exclusiveMaximum multipleOf minLength maxLength pattern
		minItems maxItems uniqueItems minProperties maxProperties allOf anyOf oneOf not title`),
	OpenAPI30: strings.Fields(`$ref title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum
		maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties required type
		not properties additionalProperties description format enum items allOf anyOf oneOf`),
}

// ordered returns a schema with its members in the format's order, those that the
// order lacks at the end as they stood.
func ordered(schema *object, f Format) *object {
	out := new(object)
	for _, name := range orders[f] {
		if schema.has(name) {
			out.set(name, schema.get(name))
		}
	}
	for _, m := range schema.members {
		if !slices.Contains(orders[f], m.name) {
			out.set(m.name, m.value)
		}
	}
	return out
}
