package control_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Every Update operation that is built has a patch table in the list of
// operations, and no other has one.
func TestOperations(t *testing.T) {
	built, patches := control.New(control.Options{}).Handlers(), control.PatchPaths()
	for _, op := range wire.Operations() {
		if _, ok := built[op.Name]; ok && strings.HasPrefix(op.Name, "Update") != (patches[op.Name] != nil) {
			t.Errorf("%s has the patch table %v", op.Name, patches[op.Name])
		}
		delete(built, op.Name)
	}
	for name := range built {
		t.Errorf("%s is no operation of the service", name)
	}
}
