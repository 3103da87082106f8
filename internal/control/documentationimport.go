package control

import (
	"context"
	"fmt"

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
		if err := refuseDefinition(def, isTrue(in.FailOnWarnings)); err != nil {
			return nil, err
		}
		a := newApplier(t, api, def, text(in.Mode) == "overwrite")
		ids, err := a.importDocumentation()
		if err == nil {
			err = a.failure()
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
// order. A part whose location is documented already keeps that part's id. Of two
// parts for one location the second is merged into the first.
func (a *applier) importDocumentation() ([]string, error) {
	im := &documentationImport{applier: a, done: make(map[string]bool), ids: []string{}}
	for i, p := range a.parts() {
		err := checkDocumentationPart(&p)
		if err == nil {
			err = im.put(&p)
		}
		ref := fmt.Sprintf("#/x-amazon-apigateway-documentation/documentationParts/%d", i)
		if err := a.note(err, ref, func(err error) {
			a.failed.Add("Unable to create documentation part for " + wire.Truncated(givenLocation(&p).String()) + ": " + err.Error())
		}); err != nil {
			return nil, err
		}
	}
	if a.overwrite {
		if err := im.dropOthers(); err != nil {
			return nil, err
		}
	}
	if im.added == 0 {
		return im.ids, nil
	}
	all, err := a.tx.ids(kindDocumentationPart, "")
	if err == nil && over(len(all), a.svc.limits.DocumentationPartsPerAPI) {
		err = errQuota(documentationParts, " for this API")
	}
	return im.ids, err
}

// parts are those of the definition.
func (a *applier) parts() []wire.DocumentationPart {
	if a.def.Documentation == nil {
		return nil
	}
	return a.def.Documentation.Parts
}

// A documentationImport puts the parts of a definition into the store.
type documentationImport struct {
	*applier
	ids   []string        // of the parts that were put
	done  map[string]bool // the same
	added int             // how many of them are new
}

// put stores one part: as a new one, merged into the one that has its location, or
// in that one's place.
func (im *documentationImport) put(p *wire.DocumentationPart) error {
	at, err := load[entry](im.tx, kindDocumentationPlace, locationKey(wholeLocation(p)), nil)
	if err != nil {
		return err
	}
	if at == nil {
		if err := im.addDocumentationPart(p); err != nil {
			return err
		}
		im.added++
		im.tell(*p.ID)
		return nil
	}
	was, err := im.documentationPart(at.ID)
	if err != nil {
		return err
	}
	p.ID, p.Location = was.ID, was.Location
	if !im.overwrite || im.done[at.ID] {
		p.Properties = new(apidoc.MergeProperties(*was.Properties, *p.Properties))
		if err := checkDocumentationPart(p); err != nil {
			return err
		}
	}
	im.tell(at.ID)
	return im.save(kindDocumentationPart, at.ID, p)
}

// tell adds a part's id to those that the answer has.
func (im *documentationImport) tell(id string) {
	if !im.done[id] {
		im.done[id], im.ids = true, append(im.ids, id)
	}
}

// dropOthers removes the parts that the definition does not have.
func (im *documentationImport) dropOthers() error {
	all, err := im.tx.ids(kindDocumentationPart, "")
	if err != nil {
		return err
	}
	for _, id := range all {
		if im.done[id] {
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
