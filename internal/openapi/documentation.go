package openapi

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Bounds on the documentation that is made of what a definition says of its entities,
// which references to shared parts could make many times as long as its text. What the
// extension says has none: it is as long as its text.
const (
	maxDescribed     = 20_000   // parts
	maxDescribedSize = 8 << 20  // bytes of their properties together
	maxProperties    = 64 << 10 // bytes of one part's properties, as the control plane takes them
	maxPropertyDepth = 90       // levels of a property; the control plane takes 100 in a part
)

// A documentation knows what the extension says while the definition is read.
type documentation struct {
	said map[apidoc.Location]saying // of complete locations
	of   *apidoc.Parts[saying]      // the same, by which entities have it; nil for nothing

	described, size int // parts made of the definition, and the bytes of their properties
	full            bool
}

// A saying is the members of a part's properties as JSON. Nil are properties that cannot
// be read.
type saying map[string]string

// readDocumentation reads what the extension says, and then what the definition says of
// the API. Of other entities it is read where they are.
func (im *importer) readDocumentation() {
	im.api.DocumentationIgnored = im.opts.IgnoreDocumentation
	if im.opts.IgnoreDocumentation {
		return
	}
	im.readDocumentationParts()
	if len(im.documentation.said) > 0 {
		im.documentation.of = apidoc.NewParts(im.documentation.said)
	}
}

// readDocumentationParts reads the extension.
func (im *importer) readDocumentationParts() {
	c := im.object(im.extension("documentation"), extensionPrefix+"documentation")
	if c == nil {
		return
	}
	im.checkMembers(c, c.key, documentationKeys)
	parts := c.get("documentationParts")
	if parts != nil && !parts.is(list) {
		im.wrongType(parts, parts.key, list)
	}
	im.api.Documentation = &Documentation{Version: c.str("version")}
	im.documentation.said = make(map[apidoc.Location]saying)
	for _, part := range parts.items() {
		at := part.get("location")
		im.checkMembers(part, "a documentation part", partKeys)
		im.checkMembers(at, "a location", locationKeys)
		location := &wire.DocumentationPartLocation{
			Type:       at.str("type"),
			Path:       im.optional(at, "path", "location"),
			Method:     im.optional(at, "method", "location"),
			StatusCode: im.optional(at, "statusCode", "location"),
			Name:       im.optional(at, "name", "location"),
		}
		properties := part.get("properties")
		im.addPart(part, location, jsonOrText(properties))
		im.know(location, properties)
	}
}

// addPart adds a part that is made of c.
func (im *importer) addPart(c *cursor, at *wire.DocumentationPartLocation, properties *string) {
	if im.api.Documentation == nil {
		im.api.Documentation = new(Documentation)
	}
	part := DocumentationPart{DocumentationPart: wire.DocumentationPart{Location: at, Properties: properties}, from: c}
	im.api.Documentation.Parts = append(im.api.Documentation.Parts, part)
}

// know keeps what the extension says of a location. Of several parts for one location the
// control plane makes one, in which the last has the say.
func (im *importer) know(at *wire.DocumentationPartLocation, properties *cursor) {
	or := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	location, err := apidoc.Location{Type: at.Type, Path: or(at.Path), Method: or(at.Method), StatusCode: strings.TrimSpace(or(at.StatusCode)), Name: or(at.Name)}.Complete()
	if err != nil {
		return // the control plane tells of it
	}
	before, found := im.documentation.said[location]
	members, ok := im.propertyMembers(properties)
	if !ok || found && before == nil {
		im.documentation.said[location] = nil
		return
	}
	if !found {
		before = make(saying, len(members))
		im.documentation.said[location] = before
	}
	for i := range members {
		before[members[i].name] = compact(members[i].value)
	}
}

// propertyMembers returns the members of a part's properties, which are an object or the
// text of one, and false when they are neither.
func (im *importer) propertyMembers(properties *cursor) ([]field, bool) {
	n := (*node)(nil)
	if properties.is(text) {
		src := &source{maxWeight: im.opts.maxWeight(), stop: im.opts.Stop, memory: im.opts.Memory}
		n, _ = parseJSON(src, []byte(properties.node.value))
	} else if properties != nil {
		n = properties.node
	}
	if n == nil || n.kind != object {
		return nil, false
	}
	return n.fields, true
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

// describeAPI makes documentation of what the document says of the API as a whole.
func (im *importer) describeAPI() {
	said := newObject()
	if info := im.properties(im.doc.get("info"), "description", "termsOfService", "contact", "license"); len(info.fields) > 0 {
		said.fields = append(said.fields, field{name: "info", value: info})
	}
	said.fields = append(said.fields, im.properties(im.doc, "tags", "externalDocs").fields...)
	im.describe(im.doc, apidoc.Location{Type: "API"}, said)
}

// describe makes documentation of what c says of an entity, unless the extension says it.
func (im *importer) describe(c *cursor, entity apidoc.Location, said *node) {
	if im.opts.IgnoreDocumentation || im.documentation.full || len(said.fields) == 0 {
		return
	}
	if _, err := entity.Complete(); err != nil {
		return // a parameter without a name
	}
	if said = im.documentation.unsaid(entity, said); len(said.fields) == 0 {
		return
	}
	w := writer{limit: maxProperties}
	if w.value(said, 0); len(w.b) > maxProperties {
		im.drop(c, "documentation of more than %d bytes is left out", maxProperties)
		return
	}
	d := &im.documentation
	if d.described, d.size = d.described+1, d.size+len(w.b); d.described > maxDescribed || d.size > maxDescribedSize {
		d.full = true
		im.drop(c, "documentation is left out from here on: there is more than %d parts or %d bytes of it", maxDescribed, maxDescribedSize)
		return
	}
	given := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	properties := string(w.b)
	im.addPart(c, &wire.DocumentationPartLocation{
		Type: entity.Type, Path: given(entity.Path), Method: given(entity.Method), StatusCode: given(entity.StatusCode), Name: given(entity.Name),
	}, &properties)
}

// unsaid returns what of said is new beside the extension. A part of the entity's own has
// the say, and gets the members that it lacks. Of an entity that has a part for several,
// which exports write into each of them, nothing is new unless something differs.
func (d *documentation) unsaid(entity apidoc.Location, said *node) *node {
	if d.of == nil {
		return said
	}
	if own, ok := d.said[entity]; ok {
		out := newObject()
		for _, f := range said.fields {
			if _, has := own[f.name]; own != nil && !has {
				out.fields = append(out.fields, f)
			}
		}
		return out
	}
	if of, ok := d.of.Find(entity); ok {
		for _, f := range said.fields {
			if of[f.name] != compact(f.value) {
				return said
			}
		}
		return newObject()
	}
	return said
}
