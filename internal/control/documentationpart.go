package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errDocumentationPart() error {
	return wire.NotFound("Invalid Documentation part identifier specified")
}

// documentationPart reads a part. An unknown API and an unknown part are one
// answer.
func (t *tx) documentationPart(id string) (*wire.DocumentationPart, error) {
	return load[wire.DocumentationPart](t, kindDocumentationPart, id, errDocumentationPart())
}

// givenLocation is what a part says of where it belongs, "" for what it does not.
func givenLocation(p *wire.DocumentationPart) apidoc.Location {
	l := p.Location
	return apidoc.Location{Type: l.Type, Path: text(l.Path), Method: text(l.Method), StatusCode: strings.TrimSpace(text(l.StatusCode)), Name: text(l.Name)}
}

// wholeLocation is where a stored part belongs, with AWS's defaults.
func wholeLocation(p *wire.DocumentationPart) apidoc.Location {
	l, _ := givenLocation(p).Complete() // it was checked when it was stored
	return l
}

// locationKey is the key under which kindDocumentationPlace has a location.
func locationKey(l apidoc.Location) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{l.Type, l.Path, l.Method, l.StatusCode, l.Name}, "\x00")))
	return hex.EncodeToString(sum[:])
}

func documentationPlaces(p *wire.DocumentationPart) []string {
	return []string{locationKey(wholeLocation(p))}
}

// checkDocumentationPart checks a part, and makes its location what answers show:
// as it was given, without what is empty. Of AWS's defaults only the path of a
// resource is filled in, since that is the one that AWS's examples show, and
// Terraform replaces a part where members come back that nobody gave.
func checkDocumentationPart(p *wire.DocumentationPart) error {
	l := givenLocation(p)
	if _, err := l.Complete(); err != nil {
		return wire.BadRequest("Invalid location specified for documentation part: %s", wire.Truncated(err.Error()))
	}
	p.Location = shownLocation(l)
	if l.Type == "RESOURCE" && l.Path == "" {
		p.Location.Path = new("/")
	}
	if text(p.Properties) == "" {
		return wire.BadRequest("Documentation part properties must be non-empty")
	}
	if len(*p.Properties) > maxText {
		return errTooLong("properties")
	}
	if err := apidoc.CheckProperties(*p.Properties); err != nil {
		return wire.BadRequest("Documentation part properties must be a JSON object: %v", err)
	}
	return nil
}

// CreateDocumentationPart documents an entity of an API, or all that a pattern takes
// in, whether or not there is one.
func (s *Service) CreateDocumentationPart(ctx context.Context, who *wire.Caller, in *wire.CreateDocumentationPartRequest) (*wire.DocumentationPart, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationPart, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		p := &wire.DocumentationPart{Location: in.Location, Properties: &in.Properties}
		if err := checkDocumentationPart(p); err != nil {
			return nil, err
		}
		if err := t.quota(kindDocumentationPart, t.svc.limits.DocumentationPartsPerAPI, documentationParts); err != nil {
			return nil, err
		}
		return p, t.addDocumentationPart(p)
	})
}

// documentationParts is how quotas call them.
const documentationParts = "Documentation Parts"

// addDocumentationPart stores a new part that has been checked.
func (t *tx) addDocumentationPart(p *wire.DocumentationPart) error {
	id, err := t.freshID(kindDocumentationPart)
	if err != nil {
		return err
	}
	p.ID = &id
	return t.insert(kindDocumentationPart, id, p, wire.Conflict("Documentation part already exists for the specified location: %s", wire.Truncated(givenLocation(p).String())))
}

// GetDocumentationPart reads one part.
func (s *Service) GetDocumentationPart(ctx context.Context, who *wire.Caller, in *wire.GetDocumentationPartRequest) (*wire.DocumentationPart, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationPart, error) {
		return t.documentationPart(in.DocumentationPartID)
	})
}

// GetDocumentationParts lists an API's parts, of one type, name or path if the request
// says so; a part that says no path is one of the root's. All parts have content, so all
// are DOCUMENTED. UNDOCUMENTED is what the API has and they say nothing of.
func (s *Service) GetDocumentationParts(ctx context.Context, who *wire.Caller, in *wire.GetDocumentationPartsRequest) (*wire.DocumentationParts, error) {
	if text(in.LocationStatus) == "UNDOCUMENTED" {
		return s.undocumentedParts(ctx, who, in)
	}
	return readPage(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationParts, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		keep := partFilter(in)
		items, position, err := pageOf(t, kindDocumentationPart, "", in.Position, in.Limit, func(p *wire.DocumentationPart) bool { return keep(wholeLocation(p)) })
		return &wire.DocumentationParts{Items: items, Position: position}, err
	})
}

// partFilter reports of locations whether a request asks for them.
func partFilter(in *wire.GetDocumentationPartsRequest) func(apidoc.Location) bool {
	kind, name, path := text(in.Type), text(in.NameQuery), text(in.Path)
	return func(l apidoc.Location) bool {
		return (kind == "" || l.Type == kind) && (name == "" || l.Name == name) && (path == "" || l.Path == path)
	}
}

// UpdateDocumentationPart changes what a part says.
func (s *Service) UpdateDocumentationPart(ctx context.Context, who *wire.Caller, in *wire.UpdateDocumentationPartRequest) (*wire.DocumentationPart, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationPart, error) {
		p, err := t.documentationPart(in.DocumentationPartID)
		if err != nil {
			return nil, err
		}
		if err := documentationPartPatch.Apply(t, p, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := checkDocumentationPart(p); err != nil {
			return nil, err
		}
		return p, t.save(kindDocumentationPart, *p.ID, p)
	})
}

// documentationPartPatch is every path that UpdateDocumentationPart takes.
var documentationPartPatch = patchTable[wire.DocumentationPart]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.DocumentationPart]{
		{At: "/properties", Replace: keepText(func(p *wire.DocumentationPart) **string { return &p.Properties })},
	},
}

// DeleteDocumentationPart removes a part. Versions keep what it said.
func (s *Service) DeleteDocumentationPart(ctx context.Context, who *wire.Caller, in *wire.DeleteDocumentationPartRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if err := t.requireAPI(); err != nil {
			return err
		}
		return t.remove(kindDocumentationPart, in.DocumentationPartID, errDocumentationPart())
	})
}

// eachDocumentationPart calls fn with the API's parts in the order of their
// creation. It holds a page of them at a time.
func (t *tx) eachDocumentationPart(fn func(*wire.DocumentationPart) error) error {
	for after := ""; ; {
		limit := store.Limit{Bytes: pageBytes}
		rows, err := t.created(kindDocumentationPart, after, limit)
		if err != nil {
			return err
		}
		parts, err := decodeRows[wire.DocumentationPart](t, kindDocumentationPart, rows)
		if err != nil {
			return err
		}
		for i := range parts {
			if err := fn(&parts[i]); err != nil {
				return err
			}
		}
		if !limit.Cut(rows) {
			return nil
		}
		after = placed[wire.DocumentationPart]{place: rows[len(rows)-1].Place}.position()
	}
}
