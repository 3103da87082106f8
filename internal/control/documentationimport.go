package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// ImportDocumentationParts lays the documentation of an OpenAPI definition over that
// of an API: merged into it, or in its place. Nothing else of the definition is
// read. When parts of it fail, the error tells of all that do, and nothing changes.
func (s *Service) ImportDocumentationParts(ctx context.Context, who *wire.Caller, in *wire.ImportDocumentationPartsRequest) (*wire.DocumentationPartIDs, error) {
	ctx, leave, err := s.long.enter(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	defer leave()
	var memory httpmsg.Charge
	memory.Open(s.trees)
	defer memory.Release()
	def, err := readDefinition(ctx, openapi.ParseDocumentation, in.Body, optionsFor(ctx, who, in.RestAPIID, &memory))
	if err != nil {
		return nil, err
	}
	return writeBy(ctx, s, s.store.WriteAhead, who, in.RestAPIID, func(t *tx) (*wire.DocumentationPartIDs, error) {
		api, err := t.restAPI()
		if err != nil {
			return nil, err
		}
		a := newApplier(t, api, def, text(in.Mode) == "overwrite")
		ids, err := a.importDocumentation()
		if err == nil {
			err = a.failure(isTrue(in.FailOnWarnings))
		}
		return &wire.DocumentationPartIDs{IDs: ids, Warnings: importWarnings(def)}, err
	})
}

// putDocumentation stores the definition's documentation. In an overwrite other
// parts go, unless documentation is ignored.
func (a *applier) putDocumentation() error {
	if a.def.DocumentationIgnored {
		return nil
	}
	_, err := a.importDocumentation()
	return err
}

// importDocumentation stores the definition's parts and returns their ids, in its
// order. A part whose location is documented already keeps that part's id. Several
// parts for one location are merged into one.
func (a *applier) importDocumentation() ([]string, error) {
	parts, err := a.importedParts()
	if err != nil {
		return nil, err
	}
	im := &documentationImport{applier: a, ids: []string{}, had: make(map[string]bool)}
	for _, p := range parts {
		if err := a.notePart(p, im.put(p)); err != nil {
			return nil, err
		}
	}
	if a.overwrite {
		if err := im.dropOthers(); err != nil {
			return nil, err
		}
	}
	if len(im.ids) == len(im.had) {
		return im.ids, nil
	}
	all, err := a.tx.ids(kindDocumentationPart, "")
	if err == nil && over(len(all), a.svc.limits.DocumentationPartsPerAPI) {
		err = errQuota(documentationParts, " for this API")
	}
	return im.ids, err
}

// An importedPart is what a definition says of one location.
type importedPart struct {
	openapi.DocumentationPart
	said []string // properties, in the order of the definition
}

// importedParts lists the definition's parts that are good, each location once.
func (a *applier) importedParts() ([]*importedPart, error) {
	if a.def.Documentation == nil {
		return nil, nil
	}
	var parts []*importedPart
	at := make(map[apidoc.Location]*importedPart)
	for i := range a.def.Documentation.Parts {
		p := &importedPart{DocumentationPart: a.def.Documentation.Parts[i]}
		if err := checkDocumentationPart(&p.DocumentationPart.DocumentationPart); err != nil {
			if err := a.notePart(p, err); err != nil {
				return nil, err
			}
			continue
		}
		location := wholeLocation(&p.DocumentationPart.DocumentationPart)
		if at[location] == nil {
			at[location], parts = p, append(parts, p)
		}
		at[location].said = append(at[location].said, *p.Properties)
	}
	return parts, nil
}

// notePart is note for a part that cannot be stored.
func (a *applier) notePart(p *importedPart, err error) error {
	return a.note(err, p.Ref(), func(err error) {
		a.failed.Add("Unable to create documentation part for " + wire.Truncated(givenLocation(&p.DocumentationPart.DocumentationPart).String()) + ": " + err.Error())
	})
}

// A documentationImport puts the parts of a definition into the store.
type documentationImport struct {
	*applier
	ids []string        // of the parts that were put
	had map[string]bool // of those among them that were there
}

// put stores one part: as a new one, merged into the one that has its location, or
// in that one's place.
func (im *documentationImport) put(from *importedPart) error {
	at, err := load[entry](im.tx, kindDocumentationPlace, locationKey(wholeLocation(&from.DocumentationPart.DocumentationPart)), nil)
	if err != nil {
		return err
	}
	p, said := &from.DocumentationPart.DocumentationPart, from.said
	if at != nil {
		was, err := im.documentationPart(at.ID)
		if err != nil {
			return err
		}
		p.ID, p.Location = was.ID, was.Location
		if !im.overwrite {
			said = append([]string{*was.Properties}, said...)
		}
	}
	p.Properties = new(apidoc.MergeProperties(said[0], said[1:]...))
	if err := checkDocumentationPart(p); err != nil { // together they may be too long
		return err
	}
	if at == nil {
		err = im.addDocumentationPart(p)
	} else {
		im.had[at.ID] = true
		err = im.save(kindDocumentationPart, at.ID, p)
	}
	if err == nil {
		im.ids = append(im.ids, *p.ID)
	}
	return err
}

// dropOthers removes the parts that the definition does not have.
func (im *documentationImport) dropOthers() error {
	all, err := im.tx.ids(kindDocumentationPart, "")
	if err != nil {
		return err
	}
	keep := make(map[string]bool, len(im.ids))
	for _, id := range im.ids {
		keep[id] = true
	}
	for _, id := range all {
		if keep[id] {
			continue
		}
		if err := im.remove(kindDocumentationPart, id, errDocumentationPart()); err != nil {
			return err
		}
	}
	return nil
}

// documentation stores the parts, if the new API may have as many.
func (c *cloner) documentation() error {
	from := c.of(c.from)
	ids, err := from.ids(kindDocumentationPart, "")
	if err != nil {
		return err
	}
	if over(len(ids), c.svc.limits.DocumentationPartsPerAPI) {
		return errQuota(documentationParts, " for this API")
	}
	return from.eachDocumentationPart(c.addDocumentationPart)
}
