package portal

import (
	"slices"
	"strconv"
	"strings"
)

// A scheme is a security scheme of a document.
type scheme struct {
	name string
	def  *object
}

// signed reports whether the scheme is a signature of AWS, which the page cannot make.
func (s *scheme) signed() bool { return s.def.text("x-amazon-apigateway-authtype") == "awsSigv4" }

// unnamed reports whether the export does not know where the credential stands, which is
// so for authorizers that look at several parts of a request.
func (s *scheme) unnamed() bool { return s.def.text("name") == "Unused" }

// place is where the credential stands: header or query.
func (s *scheme) place() string {
	if s.def.text("in") == "query" {
		return "query"
	}
	return "header"
}

// access writes the fields of the credentials, which all operations share.
func (p *page) access() {
	p.start("section", attr{"id", "access"}, attr{"class", "try"}, attr{"aria-labelledby", "access-title"}, attr{"hidden", ""})
	defer p.end()
	p.element("h2", "What calls from this page carry", attr{"id", "access-title"})
	p.element("p", "It stays in this page, and is gone with it.")
	p.start("form", attr{"id", "carried"}, attr{"autocomplete", "off"})
	defer p.end()
	for i := range p.schemes {
		s := &p.schemes[i]
		if s.signed() || s.unnamed() {
			continue
		}
		id := p.field()
		p.start("div", attr{"class", "field"})
		p.start("label", attr{"for", id})
		p.element("bdi", s.name)
		p.text(" (" + s.place() + " ")
		p.element("code", s.def.text("name"))
		p.text(")")
		p.end()
		p.void("input", attr{"id", id}, attr{"type", "password"}, attr{"autocomplete", "off"}, attr{"spellcheck", "false"},
			attr{"data-scheme", strconv.Itoa(i)}, attr{"data-in", s.place()}, attr{"data-name", s.def.text("name")})
		p.prose(s.def.text("description"))
		p.end()
	}
	p.start("div", attr{"class", "field"})
	p.element("label", "More headers, a Name: value a line", attr{"for", "headers"})
	p.element("textarea", "", attr{"id", "headers"}, attr{"rows", "2"}, attr{"autocomplete", "off"}, attr{"spellcheck", "false"})
	p.end()
}

// required lists the schemes that an operation requires, all of them.
func (p *page) required(op *operation) []int {
	var out []int
	for _, v := range op.def.list("security") {
		of, _ := v.(*object)
		if of == nil {
			continue
		}
		for _, m := range of.members {
			if i, ok := p.named[m.name]; ok {
				out = append(out, i)
			}
		}
	}
	return out
}

// needs writes what a caller of an operation has to show.
func (p *page) needs(op *operation) {
	for _, i := range p.required(op) {
		s := &p.schemes[i]
		p.start("p", attr{"class", "needs"})
		p.text("Needs ")
		p.element("bdi", s.name)
		switch {
		case s.signed():
			p.text(": a signature of AWS (SigV4), which this page does not make; SDKs do, and curl with --aws-sigv4")
		case s.unnamed():
			p.text(", for which its authorizer looks at several parts of the request")
		default:
			p.text(": the " + s.place() + " ")
			p.element("code", s.def.text("name"))
		}
		p.end()
	}
}

// methods are the verbs that a form of a method for all of them offers.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// climbs reports whether a path has a segment that browsers take for a way up, which would
// lead a call out of the stage.
func climbs(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool { return s == "." || s == ".." })
}

// try writes the form that calls an operation. The page's script shows it.
func (p *page) try(op *operation) {
	if climbs(op.path) {
		p.element("p", "It cannot be called: paths with a segment that is . or .. are refused.")
		return
	}
	p.start("details", attr{"class", "try"}, attr{"hidden", ""})
	defer p.end()
	p.start("summary")
	p.text("Try it")
	p.element("span", ": "+op.verb()+" "+op.path, attr{"class", "unseen"})
	p.end()
	var needed []string
	for _, i := range p.required(op) {
		needed = append(needed, strconv.Itoa(i))
	}
	p.start("form", attr{"data-method", op.verb()}, attr{"data-path", op.path}, attr{"data-schemes", strings.Join(needed, " ")})
	defer p.end()
	if op.method == "any" {
		p.choice("Method", "", methods, attr{"data-in", "method"})
	}
	for i := range op.inputs {
		p.input(&op.inputs[i])
	}
	p.body(op)
	p.start("p")
	p.element("button", "Send", attr{"type", "submit"})
	p.text(" ")
	p.element("button", "Stop", attr{"type", "button"}, attr{"hidden", ""})
	p.end()
	p.element("p", "", attr{"role", "status"})
	p.element("div", "", attr{"class", "answer"})
}

// input writes the field of a parameter.
func (p *page) input(in *parameter) {
	attrs := []attr{{"data-in", in.in}, {"data-name", in.name}}
	if in.required {
		attrs = append(attrs, attr{"required", ""})
	}
	if values := in.values(); len(values) > 0 {
		if !in.required {
			values = append([]string{""}, values...)
		}
		p.choice(in.name, in.in, values, attrs...)
		return
	}
	id := p.field()
	p.start("div", attr{"class", "field"})
	p.label(id, in.name, in.in)
	p.void("input", append(attrs, attr{"id", id}, attr{"type", "text"}, attr{"autocomplete", "off"}, attr{"spellcheck", "false"})...)
	p.end()
}

// values are those that a parameter may have, nil for any.
func (in *parameter) values() []string {
	if in.schema.text("type") == "boolean" {
		return []string{"true", "false"}
	}
	var out []string
	for _, v := range in.schema.list("enum") {
		if s, ok := scalarText(v); ok {
			out = append(out, s)
		}
	}
	return out
}

// label writes the label of a field.
func (p *page) label(id, name, in string) {
	p.start("label", attr{"for", id})
	p.element("bdi", name)
	if in != "" {
		p.text(" (" + in + ")")
	}
	p.end()
}

// choice writes a field that offers values.
func (p *page) choice(name, in string, values []string, attrs ...attr) {
	id := p.field()
	p.start("div", attr{"class", "field"})
	p.label(id, name, in)
	p.start("select", append(attrs, attr{"id", id})...)
	for _, v := range values {
		p.element("option", v, attr{"value", v})
	}
	p.end()
	p.end()
}

// body writes the fields of a body where a call may have one.
func (p *page) body(op *operation) {
	def := op.def.object("requestBody")
	if def == nil && op.method != "post" && op.method != "put" && op.method != "patch" && op.method != "any" || op.method == "get" || op.method == "head" {
		return
	}
	var media []string
	sample := ""
	def.object("content").each(func(name string, of *object) {
		media = append(media, name)
		if sample == "" && strings.HasSuffix(name, "json") {
			sample = p.sample(of)
		}
	})
	if len(media) == 0 {
		media = []string{"application/json", "text/plain"}
	}
	p.choice("Content-Type", "", media, attr{"data-in", "type"})
	id := p.field()
	p.start("div", attr{"class", "field"})
	p.element("label", "Body", attr{"for", id})
	p.element("textarea", "\n"+sample, attr{"id", id}, attr{"rows", "8"}, attr{"data-in", "body"}, attr{"spellcheck", "false"}) // a browser leaves the first line's end out
	p.end()
}
