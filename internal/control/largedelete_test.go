//go:build !race

package control_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// left counts what an API's documents of a kind are.
func (l *load) left(kind string) (n int) {
	l.Helper()
	err := l.store.Read(ctx(), func(tx *store.Tx) error {
		ids, err := tx.ListIDs(who.Account, who.Region, kind, l.api, "")
		n = len(ids)
		return err
	})
	if err != nil {
		l.Fatal(err)
	}
	return n
}

// What takes 100,000 resources away is done, however long that is, and leaves
// nothing behind. Under the race detector that takes too long.
func TestLargeDeletions(t *testing.T) {
	resources := 10_000
	if soak.Long() {
		resources = 100_000
	}
	for name, call := range map[string]func(l *load, below string) error{
		"DeleteRestApi": func(l *load, _ string) error {
			_, err := l.DeleteRestAPI(ctx(), who, &wire.DeleteRestAPIRequest{RestAPIID: l.api})
			return err
		},
		"DeleteResource": func(l *load, below string) error {
			_, err := l.DeleteResource(ctx(), who, &wire.DeleteResourceRequest{RestAPIID: l.api, ResourceID: below})
			return err
		},
		"Reset": func(l *load, _ string) error { return l.Reset(ctx()) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoad(t, t.TempDir(), 1)
			l.growBelow(l.ids[0], resources)
			kept := map[string]int{"resource": 1, "child": 0, "method": 0}
			if name != "DeleteResource" {
				kept["resource"] = 0
			}
			l.reopen()
			begun := time.Now()
			if err := call(l, l.ids[0]); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d resources went in %v, for which others waited %v", resources, time.Since(begun), l.store.Held())
			got := make(map[string]int)
			for kind := range kept {
				got[kind] = l.left(kind)
			}
			if fmt.Sprint(got) != fmt.Sprint(kept) {
				t.Errorf("left are %v, want %v", got, kept)
			}
		})
	}
}
