package portal

import (
	"strings"
)

// maxSchemaDepth is how deep schemas within schemas are shown.
const maxSchemaDepth = 30

// allModels writes the models, to which schemas lead.
func (p *page) allModels() {
	schemas := p.doc.object("components").object("schemas")
	if schemas == nil || len(schemas.members) == 0 {
		return
	}
	p.start("section", attr{"id", "models"}, attr{"aria-labelledby", "models-title"})
	p.element("h2", "Models", attr{"id", "models-title"})
	shown := make(map[string]bool, len(schemas.members))
	schemas.each(func(name string, s *object) {
		if shown[name] {
			return
		}
		shown[name] = true
		p.start("div", attr{"class", "model"})
		p.element("h3", name, attr{"id", p.models[name].id})
		p.schema(s, 0)
		p.end()
	})
	p.end()
}

// A model is one of the document's models.
type model struct {
	id     string // of the element that shows it
	schema *object
}

// referred is the name of the model that a schema refers to, "" for a schema of its own.
func referred(s *object) string {
	name, _ := strings.CutPrefix(s.text("$ref"), "#/components/schemas/")
	return name
}

// kind writes what a schema's value is in a word or two.
func (p *page) kind(s *object) {
	if name := referred(s); name != "" {
		if of, ok := p.models[name]; ok {
			p.element("a", name, attr{"href", "#" + of.id})
			return
		}
		p.text(name)
		return
	}
	kind := s.text("type")
	switch {
	case kind == "array":
		p.text("array of ")
		p.kind(s.object("items"))
		return
	case kind == "" && s.object("properties") != nil:
		kind = "object"
	case kind == "":
		kind = "any"
	}
	p.text(kind)
	if f := s.text("format"); f != "" {
		p.text(" (")
		p.element("bdi", f)
		p.text(")")
	}
}

// schema writes a schema: what it is, what is said of it, and what it is made of.
func (p *page) schema(s *object, depth int) {
	p.start("div", attr{"class", "schema"})
	defer p.end()
	p.start("p")
	p.kind(s)
	p.bounds(s)
	p.end()
	p.within(s, depth)
}

// within writes what a schema is made of.
func (p *page) within(s *object, depth int) {
	if depth > maxSchemaDepth {
		p.element("p", "and more, which is nested too deep to be shown")
		return
	}
	p.prose(s.text("description"))
	if items := s.object("items"); items != nil {
		for items.object("items") != nil {
			items = items.object("items")
		}
		p.within(items, depth+1)
	}
	p.properties(s, depth)
	for _, of := range []struct{ keyword, words string }{{"allOf", "All of"}, {"oneOf", "One of"}, {"anyOf", "Any of"}} {
		if list := s.list(of.keyword); len(list) > 0 {
			p.element("p", of.words)
			p.start("ul")
			for _, v := range list {
				if v, ok := v.(*object); ok {
					p.start("li")
					p.schema(v, depth+1)
					p.end()
				}
			}
			p.end()
		}
	}
	for _, of := range []struct{ keyword, words string }{{"not", "Not"}, {"additionalProperties", "Further properties"}} {
		if v := s.object(of.keyword); v != nil {
			p.element("p", of.words)
			p.schema(v, depth+1)
		}
	}
}

// properties writes the properties of an object's schema.
func (p *page) properties(s *object, depth int) {
	all := s.object("properties")
	if all == nil || len(all.members) == 0 {
		return
	}
	required := make(map[string]bool)
	for _, v := range s.list("required") {
		if name, ok := v.(string); ok {
			required[name] = true
		}
	}
	p.start("ul", attr{"class", "properties"})
	defer p.end()
	all.each(func(name string, of *object) {
		p.start("li")
		p.element("code", name)
		p.text(" ")
		p.kind(of)
		if required[name] {
			p.text(" ")
			p.element("span", "required", attr{"class", "mark"})
		}
		p.bounds(of)
		p.within(of, depth+1)
		p.end()
	})
}

// bounds are the keywords that bound a value, with the words for them.
var bounds = []struct{ keyword, words string }{
	{"enum", "one of"}, {"default", "if not given"}, {"pattern", "pattern"}, {"minLength", "length from"}, {"maxLength", "length up to"},
	{"minimum", "from"}, {"maximum", "up to"}, {"multipleOf", "multiple of"}, {"minItems", "items from"}, {"maxItems", "items up to"}, {"example", "such as"},
}

// bounds writes what bounds a schema's value.
func (p *page) bounds(s *object) {
	for _, b := range bounds {
		switch v := s.get(b.keyword).(type) {
		case nil, *object:
		case []any:
			p.text("; " + b.words)
			for _, one := range v {
				p.text(" ")
				p.scalar(one)
			}
		default:
			p.text("; " + b.words + " ")
			p.scalar(v)
		}
	}
	for _, flag := range []struct{ keyword, words string }{{"nullable", "may be null"}, {"readOnly", "read only"}, {"uniqueItems", "items differ"}} {
		if s.isTrue(flag.keyword) {
			p.text("; " + flag.words)
		}
	}
	if items := s.object("items"); items != nil {
		p.bounds(items)
	}
}

// scalar writes a value that is neither an object nor an array.
func (p *page) scalar(v any) {
	if s, ok := scalarText(v); ok {
		p.element("code", s)
	}
}

// scalarText is a value that is neither an object nor an array as text.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case number:
		return string(v), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	case nil:
		return "null", true
	}
	return "", false
}
