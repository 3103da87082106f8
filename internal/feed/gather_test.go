package feed

import (
	"fmt"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// A server that has a store alone which nodes shared, as after gatehouse migrate back to a
// data directory, goes on with what all of them have counted.
func TestGather(t *testing.T) {
	ctx := t.Context()
	st, err := store.Open(ctx, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	u := Usage{Store: st}
	save := func(s usageplan.Sink, records ...usageplan.Record) {
		t.Helper()
		if err := s.Save(ctx, records); err != nil {
			t.Fatal(err)
		}
	}
	const period, day = 20000, 20010
	save(u, usageplan.Record{ID: "a/u/p/k", State: usageplan.State{Period: period, Spent: 3, Day: day, Calls: 3}})
	save(NodeUsage{u, "one"}, usageplan.Record{ID: "a/u/p/k", State: usageplan.State{Period: period, Spent: 1555, Day: day, Calls: 1500},
		Before: &usageplan.DayUsage{Day: day - 1, Calls: 55, Left: 400}})
	save(NodeUsage{u, "two"}, usageplan.Record{ID: "a/u/p/k", State: usageplan.State{Period: period, Spent: 7, Day: day - 1, Calls: 7}})
	save(NodeUsage{u, "two"}, usageplan.Record{ID: "a/u/p/only", State: usageplan.State{Period: period, Spent: 1, Day: day, Calls: 1}})
	save(NodeUsage{u, "old"}, usageplan.Record{ID: "a/u/p/k", State: usageplan.State{Period: period - 30, Spent: 900, Day: day - 30, Calls: 9}})
	for range 2 { // the second finds nothing more
		if err := u.Gather(ctx); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := u.Load(ctx, nil, func(id usageplan.ID, s usageplan.State, err error) { got += fmt.Sprintln(id, s, err) }); err != nil {
			t.Fatal(err)
		}
		if want := "a/u/p/k {20000 1565 20010 1503} <nil>\na/u/p/only {20000 1 20010 1} <nil>\n"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		got = ""
		if err := u.Store.Read(ctx, func(tx *store.Tx) error {
			rows, err := tx.List("", "", kindUsageDay, "", "", store.Limit{})
			for _, row := range rows {
				d, err := readDay(row)
				got += fmt.Sprintln(d, err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if want := "{19980 9 -1} <nil>\n{20009 62 400} <nil>\n"; got != want {
			t.Errorf("days: got %s, want %s", got, want)
		}
	}
	if all, err := (NodeUsage{u, ""}).All(ctx, []usageplan.ID{"a/u/p/k"}, 0, day); err != nil || len(all[0].Nodes) != 0 {
		t.Errorf("nodes that are left: %v, %v", all, err)
	}
}
