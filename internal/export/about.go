package export

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An about is what documentation says of an entity: the properties of a part, nil for
// nothing.
type about struct{ *object }

// about returns what is documented of an entity, or inherited by it. Once the export is
// to be given up it is nothing: a method may have half a million entities.
func (e *exporter) about(entity apidoc.Location) about {
	if len(e.said) == 0 || e.stopped() != nil {
		return about{}
	}
	said, _ := e.parts.Find(entity)
	return about{said}
}

// copy writes properties that the format knows into an entity that has none of the
// name.
func (a about) copy(to *object, names ...string) {
	if a.object == nil {
		return
	}
	for _, name := range names {
		if a.has(name) && !to.has(name) {
			to.set(name, a.get(name))
		}
	}
}

// override is copy, in which what is said takes the place of what the entity has.
func (a about) override(to *object, names ...string) {
	if a.object == nil {
		return
	}
	for _, name := range names {
		if a.has(name) {
			to.set(name, a.get(name))
		}
	}
}

// info returns what is said under the name info.
func (a about) info() about {
	if a.object == nil {
		return about{}
	}
	said, _ := a.get("info").(*object)
	return about{said}
}

// extensions writes the properties that are extensions of the format's own into an
// entity. Those of the service say how calls are served and are never documentation.
func (a about) extensions(to *object) {
	if a.object == nil {
		return
	}
	for _, m := range a.members {
		if strings.HasPrefix(m.name, "x-") && !strings.HasPrefix(m.name, "x-amazon-") && !to.has(m.name) {
			to.set(m.name, m.value)
		}
	}
}

// readDocumentation reads what the parts say. A part without a place of an API's is about
// nothing.
func (e *exporter) readDocumentation() {
	if e.src.Documentation == nil {
		return
	}
	parts := make(map[apidoc.Location]*object, len(e.src.Documentation.Parts))
	for i := range e.src.Documentation.Parts {
		p := &e.src.Documentation.Parts[i]
		said := parseObject(text(p.Properties))
		e.said = append(e.said, said)
		if l, err := location(p).Complete(); err == nil {
			parts[l] = said
		}
	}
	e.parts = apidoc.NewParts(parts)
}

// location is where a part belongs, as far as it says so.
func location(p *wire.DocumentationPart) apidoc.Location {
	l := p.Location
	if l == nil {
		return apidoc.Location{}
	}
	return apidoc.Location{Type: l.Type, Path: text(l.Path), Method: text(l.Method), StatusCode: text(l.StatusCode), Name: text(l.Name)}
}

// documentation writes the published version with all that its parts say.
func (e *exporter) documentation(doc *object) {
	d := e.src.Documentation
	if d == nil || !e.Extensions.Documentation {
		return
	}
	out := new(object)
	out.text("version", d.Version.Version)
	if d.Version.CreatedDate != nil {
		out.set("createdDate", timestamp(*d.Version.CreatedDate))
	}
	parts := list{}
	for i := range d.Parts {
		at := new(object)
		if l := d.Parts[i].Location; l != nil {
			at.set("type", l.Type)
			if l.Type != "RESOURCE" || text(l.Path) != "/" { // as in the developer guide's example
				at.text("path", l.Path)
			}
			at.text("method", l.Method)
			at.text("statusCode", l.StatusCode)
			at.text("name", l.Name)
		}
		part := newObject("location", at)
		if e.said[i] != nil {
			part.set("properties", e.said[i])
		}
		parts = append(parts, part)
	}
	out.set("documentationParts", parts)
	doc.set(extensionPrefix+"documentation", out)
}
