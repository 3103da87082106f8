package control_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Nobody's other writes wait for a request with ever so many operations.
func TestPatchIsBounded(t *testing.T) {
	l := newLoad(t, "", 0)
	root := *must(l.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: l.api}))(t).RootResourceID
	at := root
	var deepest string
	for range 1000 {
		r := must(l.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: l.api, ParentID: at, PathPart: "a"}))(t)
		at, deepest = *r.ID, *r.ID
	}
	moved := must(l.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: l.api, ParentID: root, PathPart: "b"}))(t)
	patch := func(n int) error {
		ops := make([]wire.PatchOperation, n)
		for i := range ops {
			ops[i] = wire.PatchOperation{Op: new("replace"), Path: new("/parentId"), Value: &deepest}
		}
		_, err := l.UpdateResource(ctx(), who, &wire.UpdateResourceRequest{RestAPIID: l.api, ResourceID: *moved.ID, PatchOperations: ops})
		return err
	}
	var answer *wire.Error
	if err := patch(10_001); !errors.As(err, &answer) || answer.Message != "Invalid patchOperations specified: it cannot have more than 10000 members" {
		t.Errorf("10001 operations: got %v", err)
	}
	few := allocated(func() {
		if err := patch(10); err != nil {
			t.Error(err)
		}
	})
	many := allocated(func() {
		if err := patch(1000); err != nil {
			t.Error(err)
		}
	})
	if each := many / 1000; each > few {
		t.Errorf("an operation of a thousand takes %d bytes, ten took %d", each, few)
	}
}
