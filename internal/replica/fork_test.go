package replica

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// TestForkedDatabase follows no database that has taken over without what was served last,
// however far that is by then: its revisions have the numbers of those that are lost. A node
// that is started again follows it.
func TestForkedDatabase(t *testing.T) {
	pg := pgtest.New(t, pgtest.Options{})
	pg.Exec(t, "postgres", "CREATE DATABASE first")
	at := func(name string) *database {
		st, err := store.Open(t.Context(), store.Options{URL: pg.URL(name)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		return &database{Store: st}
	}
	first, dir := at("first"), t.TempDir()
	if _, err := first.NameGeneration(t.Context(), "one", false); err != nil {
		t.Fatal(err)
	}
	first.publish(t, "key", "1", "a")
	_ = first.Close()
	for _, name := range []string{"second", "third"} { // as standbys are
		pg.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE first")
	}
	first, second, third := at("first"), at("second"), at("third")
	first.publish(t, "key", "2", "lost")
	first.publish(t, "key", "3", "lost")
	s := open(t, first, dir, nil)
	f := begin(t, s)
	const served = "key 1:a key 2:lost key 3:lost"
	f.want(t, Follows, served)

	s.db = second
	f.catchUp(t)
	f.want(t, Behind, served)
	second.publish(t, "key", "1", "b")
	f.catchUp(t)
	f.want(t, Behind, served)
	second.publish(t, "key", "2", "c")
	f.catchUp(t)
	f.want(t, Replaced, served)
	second.publish(t, "key", "4", "d")
	f.catchUp(t)
	f.want(t, Replaced, served)
	_ = s.Close()
	s = open(t, second, dir, nil)
	f = begin(t, s)
	f.want(t, Follows, "key 1:b key 2:c key 4:d")

	// One commit of the other history goes beyond where the node is.
	if _, err := third.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		for _, id := range strings.Split("5678", "") {
			if err := tx.Publish(store.Served{Kind: "key", ID: id, Data: []byte("e")}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.db = third
	f.catchUp(t)
	f.want(t, Replaced, "key 1:b key 2:c key 4:d")

	// What is the same history is followed on, whoever has it.
	s.db = second
	second.publish(t, "key", "4", "")
	f.catchUp(t)
	f.want(t, Follows, "key 1:b key 2:c")
}
