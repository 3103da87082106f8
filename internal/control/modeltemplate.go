package control

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// maxModelTemplate bounds a template that is made from a model, in bytes, and
// maxTemplateDepth how deep it nests; models may refer to themselves.
const (
	maxModelTemplate = maxTemplateSize
	maxTemplateDepth = 12
)

// modelTemplate writes a mapping template whose output has the form of a
// model, with AWS's samples for values. Loops want to be completed by hand:
// AWS says so in a comment.
func (t *tx) modelTemplate(m *wire.Model) (string, error) {
	if !isJSONType(text(m.ContentType)) {
		return "", wire.BadRequest("A template can only be generated from a JSON model")
	}
	w := &templateWriter{tx: t, models: map[string]value.Value{*m.Name: parseSchema(m)}}
	w.root = w.models[*m.Name]
	w.WriteString("#set($inputRoot = $input.path('$'))\n")
	w.value(w.root, "$inputRoot", "", 0)
	if w.Len() > maxModelTemplate {
		return "", wire.BadRequest("Model %s is too large to generate a template from", *m.Name)
	}
	return w.String(), nil
}

// A templateWriter writes one template.
type templateWriter struct {
	*tx
	strings.Builder
	root   value.Value            // of the schema that local references are in
	models map[string]value.Value // schemas by model, parsed once
}

// parseSchema parses a model's schema: null, which says nothing, when it is no
// JSON.
func parseSchema(m *wire.Model) value.Value {
	v, _ := value.ParseStrict(schemaDocument(*m.Schema), value.Limits{})
	return v
}

// member returns the member of a schema, null when there is none.
func member(m *value.Map, name string) value.Value {
	if m.Len() == 0 {
		return value.Value{}
	}
	v, _ := m.Get(name)
	return v
}

// value writes a sample for a schema. path is where the input has it.
func (w *templateWriter) value(schema value.Value, path, indent string, depth int) {
	if w.Len() > maxModelTemplate {
		return
	}
	defer func(root value.Value) { w.root = root }(w.root)
	m := w.follow(schema, maxTemplateDepth)
	switch member(m, "type").AsString() {
	case "string":
		w.WriteString(`"foo"`)
	case "number":
		w.WriteString("3.1415")
	case "integer":
		w.WriteString("42")
	case "boolean":
		w.WriteString("true")
	case "null":
		w.WriteString("null")
	case "array":
		w.array(m, path, indent, depth)
	default:
		w.object(m, path, indent, depth)
	}
}

func (w *templateWriter) object(m *value.Map, path, indent string, depth int) {
	properties := member(m, "properties").AsMap()
	if properties.Len() == 0 || depth >= maxTemplateDepth {
		w.WriteString("{ }")
		return
	}
	w.WriteString("{")
	for i := range properties.Len() {
		name, schema := properties.At(i)
		if i > 0 {
			w.WriteString(",")
		}
		w.WriteString("\n" + indent + "  ")
		w.Write(value.AppendQuoted(nil, name))
		w.WriteString(" : ")
		w.value(schema, path+"."+name, indent+"  ", depth+1)
	}
	w.WriteString("\n" + indent + "}")
}

func (w *templateWriter) array(m *value.Map, path, indent string, depth int) {
	items := member(m, "items")
	if l := items.AsList(); l != nil && l.Len() > 0 {
		items = l.At(0)
	}
	if depth >= maxTemplateDepth {
		w.WriteString("[ ]")
		return
	}
	w.WriteString("[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in " + path + ")\n ")
	w.value(items, "$elem", indent, depth+1)
	w.WriteString(" \n#if($foreach.hasNext),#end\n#end\n" + indent + "]")
}

// follow returns the schema that references lead to, nil when they lead
// nowhere.
func (w *templateWriter) follow(v value.Value, hops int) *value.Map {
	m := v.AsMap()
	ref := member(m, "$ref")
	if ref.IsNull() || hops == 0 {
		return m
	}
	if pointer, local := strings.CutPrefix(ref.AsString(), "#"); local {
		return w.follow(w.locate(pointer), hops-1)
	}
	name := w.referred(ref.AsString())
	schema, known := w.models[name]
	if !known {
		model, err := w.model(name)
		if err != nil {
			return nil
		}
		schema = parseSchema(model)
		w.models[name] = schema
	}
	w.root = schema
	return w.follow(schema, hops-1)
}

// locate follows a JSON pointer through objects.
func (w *templateWriter) locate(pointer string) value.Value {
	v := w.root
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if token != "" {
			v = member(v.AsMap(), unescapePointer(token))
		}
	}
	return v
}
