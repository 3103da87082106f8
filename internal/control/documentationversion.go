package control

import (
	"context"
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// maxDocumentation bounds what the parts of an API may say together in a version,
// in bytes of their documents: more than twice the largest definition.
const maxDocumentation = 16 << 20

const unknownDocumentationVersion = "Invalid Documentation version specified"

func errDocumentationVersion() error { return wire.NotFound(unknownDocumentationVersion) }

// A documentationSource is what a documentation version froze: the API's parts in
// the order in which they were made.
type documentationSource struct {
	Parts []wire.DocumentationPart `json:"parts"`
}

// documentationVersion reads a version. An unknown API and an unknown version are
// one answer.
func (t *tx) documentationVersion(version string) (*wire.DocumentationVersion, error) {
	return load[wire.DocumentationVersion](t, kindDocumentationVersion, version, errDocumentationVersion())
}

// CreateDocumentationVersion freezes an API's documentation as it stands, and has a
// stage name it if one is given.
func (s *Service) CreateDocumentationVersion(ctx context.Context, who *wire.Caller, in *wire.CreateDocumentationVersionRequest) (*wire.DocumentationVersion, error) {
	return writeAhead(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationVersion, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		if strings.TrimSpace(in.DocumentationVersion) == "" {
			return nil, wire.BadRequest("Documentation version cannot be blank")
		}
		if len(in.DocumentationVersion) > maxNameLength {
			return nil, wire.BadRequest("Documentation version cannot be longer than %d characters", maxNameLength)
		}
		v := &wire.DocumentationVersion{Version: &in.DocumentationVersion, CreatedDate: &t.now, Description: given(in.Description)}
		if err := t.insert(kindDocumentationVersion, *v.Version, v, wire.Conflict("Documentation version already exists")); err != nil {
			return nil, err
		}
		if err := t.freezeDocumentation(*v.Version); err != nil {
			return nil, err
		}
		return v, t.documentStage(text(in.StageName), *v.Version)
	})
}

// freezeDocumentation stores the API's parts under a version.
func (t *tx) freezeDocumentation(version string) error {
	limit := store.Limit{Bytes: maxDocumentation}
	rows, err := t.created(kindDocumentationPart, "", limit)
	if err != nil {
		return err
	}
	if limit.Cut(rows) {
		return wire.BadRequest("The documentation of an API cannot be longer than %d bytes", maxDocumentation)
	}
	parts, err := decodeRows[wire.DocumentationPart](t, kindDocumentationPart, rows)
	if err != nil {
		return err
	}
	return t.save(kindDocumentationSource, version, &documentationSource{Parts: parts})
}

// PublishDocumentation freezes an API's documentation as it stands under a version, in
// the place of what that froze before, and has a stage name it. It is for APIs that files
// describe, whose documentation is published with each deployment.
func (s *Service) PublishDocumentation(ctx context.Context, who *wire.Caller, api, stage, version string) error {
	_, err := writeAhead(ctx, s, who, api, func(t *tx) (*wire.Empty, error) {
		v := &wire.DocumentationVersion{Version: &version, CreatedDate: &t.now}
		if err := errors.Join(t.save(kindDocumentationVersion, version, v), t.freezeDocumentation(version)); err != nil {
			return nil, err
		}
		return &wire.Empty{}, t.documentStage(stage, version)
	})
	return err
}

// documentStage has a stage name a version; "" is no stage.
func (t *tx) documentStage(name, version string) error {
	if name == "" {
		return nil
	}
	st, err := t.stage(name)
	if err != nil {
		return err
	}
	st.DocumentationVersion = &version
	return t.changeStage(st)
}

// checkDocumentationVersion wants a version that a stage is to name to be there.
// That AWS refuses others in the words in which it does not find them is a guess.
func (t *tx) checkDocumentationVersion(version *string) error {
	if text(version) == "" {
		return nil
	}
	return t.require(kindDocumentationVersion, *version, wire.BadRequest(unknownDocumentationVersion))
}

// setDocumentationVersion has a stage name another version, or none.
func setDocumentationVersion(t *tx, s *stage, op *patch.Op) error {
	s.DocumentationVersion = given(op.Value)
	return t.checkDocumentationVersion(s.DocumentationVersion)
}

// GetDocumentationVersion reads one version, without what it froze.
func (s *Service) GetDocumentationVersion(ctx context.Context, who *wire.Caller, in *wire.GetDocumentationVersionRequest) (*wire.DocumentationVersion, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationVersion, error) {
		return t.documentationVersion(in.DocumentationVersion)
	})
}

// GetDocumentationVersions lists an API's versions.
func (s *Service) GetDocumentationVersions(ctx context.Context, who *wire.Caller, in *wire.GetDocumentationVersionsRequest) (*wire.DocumentationVersions, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationVersions, error) {
		if err := t.requireAPI(); err != nil {
			return nil, err
		}
		items, position, err := page[wire.DocumentationVersion](t, kindDocumentationVersion, in.Position, in.Limit)
		return &wire.DocumentationVersions{Items: items, Position: position}, err
	})
}

// UpdateDocumentationVersion patches a version's description.
func (s *Service) UpdateDocumentationVersion(ctx context.Context, who *wire.Caller, in *wire.UpdateDocumentationVersionRequest) (*wire.DocumentationVersion, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.DocumentationVersion, error) {
		v, err := t.documentationVersion(in.DocumentationVersion)
		if err != nil {
			return nil, err
		}
		if err := documentationVersionPatch.Apply(t, v, in.PatchOperations); err != nil {
			return nil, err
		}
		return v, t.save(kindDocumentationVersion, *v.Version, v)
	})
}

// documentationVersionPatch is every path that UpdateDocumentationVersion takes.
var documentationVersionPatch = patchTable[wire.DocumentationVersion]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.DocumentationVersion]{
		{At: "/description", Replace: setText(func(v *wire.DocumentationVersion) **string { return &v.Description })},
	},
}

// DeleteDocumentationVersion removes a version that no stage names.
func (s *Service) DeleteDocumentationVersion(ctx context.Context, who *wire.Caller, in *wire.DeleteDocumentationVersionRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		version := in.DocumentationVersion
		if _, err := t.documentationVersion(version); err != nil {
			return err
		}
		stages, err := list[wire.Stage](t, kindStage, "", 0)
		if err != nil {
			return err
		}
		for i := range stages {
			if text(stages[i].DocumentationVersion) == version {
				return wire.BadRequest("Cannot delete documentation version because there are API Stages associated with it.")
			}
		}
		return t.remove(kindDocumentationVersion, version, errDocumentationVersion())
	})
}
