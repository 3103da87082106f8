package control

import (
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// UpdateResource renames a resource or moves it, with all that is below it, to
// another parent.
func (s *Service) UpdateResource(ctx context.Context, who *wire.Caller, in *wire.UpdateResourceRequest) (*wire.Resource, error) {
	return writeBriefly(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.Resource, error) {
		r, err := t.resource(in.ResourceID)
		if err != nil {
			return nil, err
		}
		before := *r
		if err := resourcePatch.Apply(t, r, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.move(&before, r); err != nil {
			return nil, err
		}
		one := []wire.Resource{*r}
		_, err = t.attachMethods(one, false, store.Limit{})
		return &one[0], err
	})
}

// resourcePatch is every path that UpdateResource takes.
var resourcePatch = patchTable[wire.Resource]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.Resource]{
		{At: "/parentId", Replace: setParent},
		{At: "/pathPart", Replace: setPart},
	},
}

// setParent wants a parent that is not the resource itself or below it.
func setParent(t *tx, r *wire.Resource, op *patch.Op) error {
	if r.ParentID == nil {
		return wire.BadRequest("Root resource cannot update its parentId.")
	}
	parent, err := t.resource(text(op.Value))
	if err != nil {
		return err
	}
	if isBelow(parent, r) {
		return wire.BadRequest("Resources cannot be cyclical.")
	}
	r.ParentID = parent.ID
	return nil
}

// isBelow reports whether a resource is another one or below it, which their
// paths tell: no two resources have the same.
func isBelow(r, above *wire.Resource) bool {
	return *r.ID == *above.ID || strings.HasPrefix(*r.Path, *above.Path+"/")
}

func setPart(_ *tx, r *wire.Resource, op *patch.Op) error {
	if r.PathPart == nil {
		return wire.BadRequest("Root resource cannot update its pathPart.")
	}
	r.PathPart = new(text(op.Value))
	return nil
}

// move puts a changed resource into its new place and gives it and all that is
// below it their new paths.
func (t *tx) move(before, r *wire.Resource) error {
	if r.ParentID == nil || placeOf(before) == placeOf(r) {
		return nil
	}
	parent, err := t.resource(*r.ParentID)
	if err != nil {
		return err
	}
	if err := t.checkPlace(r, parent); err != nil {
		return err
	}
	paths := map[string]string{*parent.ID: *parent.Path}
	return t.eachBelow(r, func(below *wire.Resource) error {
		if *below.ID != *r.ID && isGreedy(*r.PathPart) {
			return errGreedyParent(*r.PathPart)
		}
		path := joinPath(paths[*below.ParentID], *below.PathPart)
		if len(path) > maxPathLength {
			return errLongPath()
		}
		paths[*below.ID], below.Path = path, &path
		return t.saveUnique(kindResource, *below.ID, below, errSibling(*below.PathPart))
	})
}
