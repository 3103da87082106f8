package lambda

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// What one process changes of functions another learns by the rows that are published,
// also of a function from before there were such.
func TestFollow(t *testing.T) {
	b := newBench(t)
	archive := archiveOf(t, entry{"bootstrap", "#!/bin/sh\n", 0o755})
	b.want("201", "POST", functionsPath, create("old", archive))
	old := reference{account: "111122223333", region: "us-east-1", name: "old"}
	if err := b.service.records.Write(t.Context(), old.account, old.region, func(tx *records.Tx) error {
		if err := toldKind.Delete(tx, "old"); err != nil {
			return err
		}
		return tx.Retract(snapshot.ServedFunction, old.arn())
	}); err != nil {
		t.Fatal(err)
	}
	open := func(readOnly bool) *Service {
		s, err := Open(t.Context(), Options{Records: records.New(records.Options{Store: b.store}), Set: functions.New(functions.Options{}), Dir: t.TempDir(), Account: old.account, Region: old.region, Shared: true, ReadOnly: readOnly, Log: b.service.Log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	before := b.store.Revision()
	other := open(true)
	if rev := b.store.Revision(); rev != before {
		t.Errorf("a process that only reads has published up to %d after %d", rev, before)
	}
	open(false)
	at := before
	follow := func() (told int) {
		t.Helper()
		rows, err := b.store.Changes(t.Context(), at, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			at = row.Revision
			if row.Kind == snapshot.ServedFunction {
				told++
				if err := other.Follow(t.Context(), row.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		return told
	}
	if follow() != 1 {
		t.Error("nobody is told of a function from before")
	}
	b.want("201", "POST", functionsPath, create("new", archive))
	b.want("200", "PUT", functionsPath+"/old/configuration", map[string]int{"Timeout": 7})
	b.want("204", "DELETE", functionsPath+"/new?Qualifier=1", nil)
	if follow() != 2 || !other.Has("new") || other.find(old).versions[latest].version.Timeout != 7 {
		t.Errorf("has new: %v, old: %+v", other.Has("new"), other.find(old).versions[latest].version)
	}
	b.want("204", "DELETE", functionsPath+"/old", nil)
	b.want("204", "DELETE", functionsPath+"/new", nil)
	if follow() != 2 || other.Has("new") || other.Has("old") {
		t.Errorf("has new: %v, old: %v", other.Has("new"), other.Has("old"))
	}
	if _, err := b.store.Served(t.Context(), snapshot.ServedFunction, old.arn()); err != store.ErrNotFound {
		t.Errorf("got %v", err)
	}
}
