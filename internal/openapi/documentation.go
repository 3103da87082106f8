package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A documentation knows what the extension says while the definition is read.
type documentation struct {
	said map[apidoc.Location]saying // of complete locations
	of   *apidoc.Parts[saying]      // the same, by which entities have it; nil for nothing

	repeated []description // what parts for several entities say already

	described, size int  // parts made of the definition, and the bytes of them
	full            bool // no more are made
}

// A saying is the members of a part's properties as JSON, and the path of its location.
// Nil are members of properties that cannot be read.
type saying struct {
	path    string
	members map[string]string
}

// readDocumentation reads what the extension says. What the definition says elsewhere is
// read where it stands, by describe.
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
	im.api.Documentation = new(Documentation)
	if version := im.optional(c, "version", c.key); version != nil {
		im.api.Documentation.Version = *version
	}
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
	location, err := locationOf(at).Complete()
	if err != nil {
		return // the control plane tells of it
	}
	before, found := im.documentation.said[location]
	members, ok := im.propertyMembers(properties)
	if !ok || found && before.members == nil {
		im.documentation.said[location] = saying{path: location.Path}
		return
	}
	if !found {
		before = saying{location.Path, make(map[string]string, len(members))}
		im.documentation.said[location] = before
	}
	for i := range members {
		before.members[members[i].name] = compact(members[i].value)
	}
}

// locationOf is where a part belongs, "" for what it does not say.
func locationOf(at *wire.DocumentationPartLocation) apidoc.Location {
	or := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return apidoc.Location{Type: at.Type, Path: or(at.Path), Method: or(at.Method), StatusCode: strings.TrimSpace(or(at.StatusCode)), Name: or(at.Name)}
}

// propertyMembers returns the members of a part's properties, which are an object or the
// text of one, and false when they are neither.
func (im *importer) propertyMembers(properties *cursor) ([]field, bool) {
	var n *node
	switch {
	case properties.is(text):
		n = im.parsed(properties.node.value)
	case properties != nil:
		n = properties.node
	}
	if n == nil || n.kind != object {
		return nil, false
	}
	return n.fields, true
}

// parsed returns the value of JSON text that stands in the document, nil when it is none.
func (im *importer) parsed(json string) *node {
	n, err := parseJSON(&source{maxWeight: im.opts.maxWeight(), stop: im.opts.Stop, memory: im.opts.Memory}, []byte(json))
	if err != nil {
		return nil
	}
	return n
}

// inherited returns the part of the extension that an entity without its own has.
func (d *documentation) inherited(entity apidoc.Location) (saying, bool) {
	if d.of == nil {
		return saying{}, false
	}
	return d.of.Find(entity)
}

// says reports whether a part has the members of said.
func (s saying) says(said *node) bool {
	return !slices.ContainsFunc(said.fields, func(f field) bool { return s.members[f.name] != compact(f.value) })
}

// lacks returns the members of said that a part does not have.
func (s saying) lacks(said *node) *node {
	out := newObject()
	for _, f := range said.fields {
		if _, has := s.members[f.name]; s.members != nil && !has {
			out.fields = append(out.fields, f)
		}
	}
	return out
}
