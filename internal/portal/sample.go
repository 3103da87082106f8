package portal

import (
	"encoding/json"
	"strings"
)

// A sampler makes a value of a schema to begin with. It stops to look into schemas when
// it has looked into enough of them, so that models that lead to each other end.
type sampler struct {
	models map[string]model
	left   int // schemas that may still be looked into
	b      strings.Builder
}

// Bounds of a sample.
const (
	maxSamples    = 100  // schemas and values
	maxSampleText = 1000 // bytes of a string or name in it
)

// sample is JSON that looks like what a body of a media type may be.
func (p *page) sample(of *object) string {
	if v, ok := of.get("example").(string); ok && len(v) <= maxSampleText {
		return v
	}
	s := of.object("schema")
	if s == nil {
		return ""
	}
	w := sampler{models: p.models, left: maxSamples}
	w.value(s, "")
	return w.b.String()
}

// value writes the sample of a schema.
func (w *sampler) value(s *object, indent string) {
	if w.left--; w.left < 0 || s == nil || len(indent) > 16 {
		w.b.WriteString("null")
		return
	}
	if name := referred(s); name != "" {
		w.value(w.models[name].schema, indent)
		return
	}
	for _, name := range []string{"example", "default"} {
		if v := s.get(name); v != nil {
			w.given(v)
			return
		}
	}
	if list := s.list("enum"); len(list) > 0 {
		w.given(list[0])
		return
	}
	switch s.text("type") {
	case "string":
		w.b.WriteString(`"string"`)
	case "integer", "number":
		w.b.WriteString("0")
	case "boolean":
		w.b.WriteString("true")
	case "array":
		w.b.WriteString("[")
		w.value(s.object("items"), indent+"  ")
		w.b.WriteString("]")
	default:
		w.object(s, indent)
	}
}

// object writes the sample of an object's schema.
func (w *sampler) object(s *object, indent string) {
	all := s.object("properties")
	for _, list := range [][]any{s.list("allOf"), s.list("oneOf"), s.list("anyOf")} {
		if first, _ := first(list).(*object); all == nil && first != nil {
			w.value(first, indent)
			return
		}
	}
	if all == nil || len(all.members) == 0 {
		w.b.WriteString("{}")
		return
	}
	w.b.WriteString("{\n")
	more := ""
	for _, m := range all.members[:min(len(all.members), maxSamples)] {
		of, ok := m.value.(*object)
		if !ok || len(m.name) > maxSampleText || w.left <= 0 {
			continue
		}
		w.b.WriteString(more + indent + "  " + quoted(m.name) + ": ")
		w.value(of, indent+"  ")
		more = ",\n"
	}
	w.b.WriteString("\n" + indent + "}")
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// given writes a value that a schema names.
func (w *sampler) given(v any) {
	if w.left--; w.left < 0 {
		w.b.WriteString("null")
		return
	}
	switch v := v.(type) {
	case string:
		if len(v) > maxSampleText {
			v = "string"
		}
		w.b.WriteString(quoted(v))
	case []any:
		w.b.WriteString("[")
		more := ""
		for _, one := range v[:min(len(v), w.left)] {
			w.b.WriteString(more)
			w.given(one)
			more = ", "
		}
		w.b.WriteString("]")
	case *object:
		w.b.WriteString("{")
		more := ""
		for _, m := range v.members[:min(len(v.members), w.left)] {
			if len(m.name) <= maxSampleText {
				w.b.WriteString(more + quoted(m.name) + ": ")
				w.given(m.value)
				more = ", "
			}
		}
		w.b.WriteString("}")
	case number:
		if len(v) > maxSampleText {
			v = "0"
		}
		w.b.WriteString(string(v))
	default:
		s, _ := scalarText(v)
		w.b.WriteString(s)
	}
}

// quoted is a JSON string.
func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always has one
	return strings.TrimSuffix(b.String(), "\n")
}
