package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// The history of a database that nodes follow gets no other name by mistake.
func TestAcceptDatabase(t *testing.T) {
	c := &config{Database: pgtest.Database(t)}
	st, err := store.Open(t.Context(), store.Options{URL: c.Database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	name := func() string {
		t.Helper()
		at, err := st.Stand(t.Context(), store.Stand{})
		if err != nil {
			t.Fatal(err)
		}
		return at.Generation
	}
	var out bytes.Buffer
	if err := acceptDatabase(t.Context(), c, false, &out); err != nil || !strings.Contains(out.String(), "when they are started again") {
		t.Fatalf("without nodes: %v, %s", err, out.String())
	}
	was := name()
	if _, err := st.Renew(t.Context(), "node", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := acceptDatabase(t.Context(), c, false, &out); err == nil || !strings.Contains(err.Error(), "--although-followed") || name() != was {
		t.Errorf("with a node: %v, %q was %q", err, name(), was)
	}
	if err := acceptDatabase(t.Context(), c, true, &out); err != nil || name() == was {
		t.Errorf("although it is followed: %v, %q was %q", err, name(), was)
	}
}
