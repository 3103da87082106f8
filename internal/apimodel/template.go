package apimodel

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// maxTemplate bounds a template that is made from a model, in bytes, by what a
// mapping template may have, and maxTemplateDepth how deep it nests: models may
// refer to themselves.
const (
	maxTemplate      = 300 << 10
	maxTemplateDepth = 12
)

// Template returns a mapping template whose output has the form of a model, with
// AWS's samples for values. Loops have to be completed by hand: AWS says so in a
// comment. What is larger than a mapping template may be is refused.
func (a API) Template(m *wire.Model) (string, error) {
	if !IsJSON(text(m.ContentType)) {
		return "", wire.BadRequest("A template can only be generated from a JSON model")
	}
	w := &templateWriter{api: a, models: map[string]value.Value{*m.Name: parseSchema(m)}, targets: make(map[*value.Map]target), path: "$inputRoot"}
	w.root = w.models[*m.Name]
	w.WriteString("#set($inputRoot = $input.path('$'))\n")
	w.value(w.root, "", 0)
	if w.full() {
		return "", wire.BadRequest("Model %s is too large to generate a template from", *m.Name)
	}
	return w.String(), nil
}

// A templateWriter writes one template.
type templateWriter struct {
	strings.Builder
	api     API
	root    value.Value            // of the schema that local references are in
	models  map[string]value.Value // schemas by model, parsed once
	loaded  int                    // bytes of them
	targets map[*value.Map]target  // of schemas that refer to others
	path    string                 // where the input has the value that is written, up to the last array
	names   []string               // of the members that lead on from there
}

// A target is the schema that a reference leads to in the end.
type target struct {
	schema *value.Map
	root   value.Value // of the document that it is in
}

// full reports whether the template is too large, or is made from too much.
func (w *templateWriter) full() bool { return w.Len() > maxTemplate || w.loaded > maxFlattened }

// parseSchema parses a model's schema: null, which says nothing, when it is no
// JSON.
func parseSchema(m *wire.Model) value.Value {
	v, _ := parse(*m.Schema)
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

// value writes a sample for a schema.
func (w *templateWriter) value(schema value.Value, indent string, depth int) {
	if w.full() {
		return
	}
	defer func(root value.Value) { w.root = root }(w.root)
	m := w.follow(schema.AsMap(), maxTemplateDepth)
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
		w.array(m, indent, depth)
	default:
		w.object(m, indent, depth)
	}
}

func (w *templateWriter) object(m *value.Map, indent string, depth int) {
	properties := member(m, "properties").AsMap()
	if properties.Len() == 0 || depth >= maxTemplateDepth {
		w.WriteString("{ }")
		return
	}
	w.WriteString("{")
	for i := range properties.Len() {
		if w.full() {
			return
		}
		name, schema := properties.At(i)
		if i > 0 {
			w.WriteString(",")
		}
		w.WriteString("\n" + indent + "  ")
		w.Write(value.AppendQuoted(nil, name))
		w.WriteString(" : ")
		w.names = append(w.names, name)
		w.value(schema, indent+"  ", depth+1)
		w.names = w.names[:len(w.names)-1]
	}
	w.WriteString("\n" + indent + "}")
}

func (w *templateWriter) array(m *value.Map, indent string, depth int) {
	items := member(m, "items")
	if l := items.AsList(); l != nil && l.Len() > 0 {
		items = l.At(0)
	}
	if depth >= maxTemplateDepth {
		w.WriteString("[ ]")
		return
	}
	w.WriteString("[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in " + w.path)
	for _, name := range w.names {
		w.WriteString("." + name)
	}
	w.WriteString(")\n ")
	path, names := w.path, w.names
	w.path, w.names = "$elem", nil
	w.value(items, indent, depth+1)
	w.path, w.names = path, names
	w.WriteString(" \n#if($foreach.hasNext),#end\n#end\n" + indent + "]")
}

// follow returns the schema that m is or leads to by references, nil when they lead
// nowhere, and makes its document the root. Each reference is followed once.
func (w *templateWriter) follow(m *value.Map, hops int) *value.Map {
	ref := member(m, "$ref")
	if ref.IsNull() || hops == 0 {
		return m
	}
	to, known := w.targets[m]
	if !known {
		to.schema = w.follow(w.refer(ref.AsString()).AsMap(), hops-1)
		to.root = w.root
		w.targets[m] = to
	}
	w.root = to.root
	return to.schema
}

// refer returns what a reference names, null when it names nothing, and makes its
// document the root.
func (w *templateWriter) refer(ref string) value.Value {
	if pointer, local := strings.CutPrefix(ref, "#"); local {
		return w.locate(pointer)
	}
	name := w.api.referred(ref)
	schema, known := w.models[name]
	if !known {
		model, err := w.api.Models.Model(name)
		if err != nil || w.full() {
			return value.Value{}
		}
		w.loaded += len(*model.Schema)
		schema = parseSchema(model)
		w.models[name] = schema
	}
	w.root = schema
	return schema
}

// locate follows a JSON pointer through objects.
func (w *templateWriter) locate(pointer string) value.Value {
	v := w.root
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if token != "" {
			v = member(v.AsMap(), patch.Unescape(token))
		}
	}
	return v
}
