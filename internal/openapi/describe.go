package openapi

import (
	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Bounds on the documentation that is made of what a definition says of its entities,
// which references to shared parts could make many times as long as its text. What the
// extension says has none: it is as long as its text.
const (
	maxDescribed     = 20_000   // parts
	maxDescribedSize = 8 << 20  // bytes of their properties, paths and names together
	maxProperties    = 64 << 10 // bytes of one part's properties, as the control plane takes them
	maxPropertyDepth = 90       // levels of a property; the control plane takes 100 in a part
)

// A description is what a value of the definition says of an entity.
type description struct {
	*cursor
	entity apidoc.Location
	said   *node
	path   string // of the part that says it too, for one that is repeated
}

// propertyKinds are the members of a definition's objects that document them, with the
// kinds that they have to be of.
var propertyKinds = map[string]kind{
	"title": text, "summary": text, "description": text, "termsOfService": text,
	"contact": object, "license": object, "externalDocs": object, "tags": list, "deprecated": boolean,
}

// properties returns the members of c called names that say something, as an object that
// no document holds.
func (im *importer) properties(c *cursor, names ...string) *node {
	out := newObject()
	if im.opts.IgnoreDocumentation {
		return out
	}
	for _, name := range names {
		if v := c.get(name); v.is(propertyKinds[name]) && !v.node.empty() {
			if v.node.height > maxPropertyDepth {
				im.drop(v, "documentation is nested too deeply and left out")
				continue
			}
			out.fields = append(out.fields, field{name: name, value: v.node})
		}
	}
	return out
}

// empty reports whether n says nothing: a text, list or object without content, or false.
func (n *node) empty() bool {
	return n.value == "" && len(n.items) == 0 && len(n.fields) == 0 || n.kind == boolean && n.value == "false"
}

// describeAPI makes documentation of what the document says of the API as a whole. What
// it says under info is joined with what the extension has there.
func (im *importer) describeAPI() {
	api := apidoc.Location{Type: "API"}
	info := im.properties(im.doc.get("info"), "description", "termsOfService", "contact", "license")
	if own := im.documentation.said[api]; own.members["info"] != "" {
		info = im.joined(own.members["info"], info)
		delete(own.members, "info") // the joined ones take its place
	}
	said := newObject()
	if len(info.fields) > 0 {
		said.fields = append(said.fields, field{name: "info", value: info})
	}
	said.fields = append(said.fields, im.properties(im.doc, "tags", "externalDocs").fields...)
	im.describe(im.doc, api, said)
}

// joined returns an object with the members of JSON text, and behind them those of more
// that it lacks; without any member when it lacks none or is no object.
func (im *importer) joined(said string, more *node) *node {
	before := im.parsed(said)
	if before == nil || before.kind != object {
		return newObject()
	}
	out := newObject(before.fields...)
	for _, f := range more.fields {
		if before.field(f.name) == nil {
			out.fields = append(out.fields, f)
		}
	}
	if len(out.fields) == len(before.fields) {
		return newObject()
	}
	return out
}

// describe makes documentation of what c says of an entity, unless the extension says it:
// a part of the entity's own has the say, and gets the members that it lacks.
func (im *importer) describe(c *cursor, entity apidoc.Location, said *node) {
	if im.opts.IgnoreDocumentation || im.documentation.full || len(said.fields) == 0 {
		return
	}
	if _, err := entity.Complete(); err != nil {
		return // a parameter without a name
	}
	d := &im.documentation
	this := description{cursor: c, entity: entity, said: said}
	if own, ok := d.said[entity]; ok {
		this.said = own.lacks(said)
	} else if of, ok := d.inherited(entity); ok && of.says(said) {
		this.path = of.path
		d.repeated = append(d.repeated, this)
		return
	}
	if len(this.said.fields) > 0 {
		im.addDescription(this)
	}
}

// describeShadowed makes documentation of what parts for several entities say already,
// which exports write into each of them, where another part that the definition has made
// stands between: that of a resource above. It is called once all is described.
func (im *importer) describeShadowed() {
	d := &im.documentation
	if len(d.repeated) == 0 || d.described == 0 {
		return
	}
	paths := make(map[apidoc.Location]string, d.described)
	for _, p := range im.api.Documentation.Parts[len(im.api.Documentation.Parts)-d.described:] {
		l := locationOf(p.Location)
		if _, own := d.said[l]; !own {
			paths[l] = l.Path
		}
	}
	made := apidoc.NewParts(paths)
	for _, r := range d.repeated {
		if path, ok := made.Find(r.entity); ok && len(path) >= len(r.path) {
			im.addDescription(r)
		}
		if im.tired() {
			return
		}
	}
}

// addDescription adds a part, unless it is too long or there are too many.
func (im *importer) addDescription(this description) {
	d := &im.documentation
	if d.full {
		return
	}
	w := writer{limit: maxProperties}
	if w.value(this.said, 0); len(w.b) > maxProperties {
		im.drop(this.cursor, "documentation of more than %d bytes is left out", maxProperties)
		return
	}
	at, size := this.entity, len(w.b)+len(this.entity.Path)+len(this.entity.Name)
	if d.described == maxDescribed || d.size+size > maxDescribedSize {
		d.full = true
		im.drop(this.cursor, "documentation is left out from here on: there is more than %d parts or %d bytes of it", maxDescribed, maxDescribedSize)
		return
	}
	d.described, d.size = d.described+1, d.size+size
	given := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	properties := string(w.b)
	im.addPart(this.cursor, &wire.DocumentationPartLocation{Type: at.Type, Path: given(at.Path), Method: given(at.Method), StatusCode: given(at.StatusCode), Name: given(at.Name)}, &properties)
}
