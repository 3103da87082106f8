package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/feed"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// A sinkWithout is a sink whose database is away when it is read at the start.
type sinkWithout struct {
	usageplan.NodeSink
	away bool
}

func (s *sinkWithout) Load(ctx context.Context, ids []usageplan.ID, each func(usageplan.ID, usageplan.State, error)) error {
	if s.away {
		return store.ErrUnavailable
	}
	return s.NodeSink.Load(ctx, ids, each)
}

// A node that begins without the database does not make less what it had saved there.
func TestUsageWithoutDatabase(t *testing.T) {
	ctx, id := t.Context(), usageplan.Plan{Account: "a", Region: "r", ID: "p"}.Key("k")
	st, err := store.Open(ctx, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	record := func(period, day usageplan.Day, spent, calls int64) []usageplan.Record {
		return []usageplan.Record{{ID: id, State: usageplan.State{Period: period, Spent: spent, Day: day, Calls: calls}}}
	}
	of := func(node string) usageplan.NodeSink { return feed.NodeUsage{Usage: feed.Usage{Store: st}, Node: node} }
	turned := record(1, 6, 104, 1)
	turned[0].Before = &usageplan.DayUsage{Day: 5, Calls: 4}
	for name, beside := range map[string]usageplan.NodeSink{"with Valkey": nil, "without": of("n.x")} {
		if err := of("n").Save(ctx, record(1, 5, 100, 20)); err != nil {
			t.Fatal(err)
		}
		below := &sinkWithout{of("n"), true}
		u := &awayUsage{NodeSink: below, beside: beside, shared: true, log: slog.New(slog.DiscardHandler)}
		if err := u.Load(ctx, nil, func(usageplan.ID, usageplan.State, error) { t.Error("it is read") }); err != nil {
			t.Fatal(err)
		}
		below.away = false
		for _, tt := range []struct {
			save []usageplan.Record
			want string // with Valkey, and without
		}{
			{record(1, 5, 3, 3), "100 23, 3 3"},
			{record(1, 5, 103, 4), "103 24, 103 4"}, // when Valkey has told what was spent
			{record(1, 5, 103, 4), "103 24, 103 4"}, // again
			{turned, "104 1, 104 1"},
			{record(9, 9, 1, 1), "1 1, 1 1"},
		} {
			if err := u.Save(ctx, tt.save); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, node := range []string{"n", "n.x"} {
				if err := of(node).Load(ctx, []usageplan.ID{id}, func(_ usageplan.ID, s usageplan.State, _ error) { got = append(got, fmt.Sprint(s.Spent, " ", s.Calls)) }); err != nil {
					t.Fatal(err)
				}
			}
			want, _, _ := strings.Cut(tt.want, ", ")
			if beside != nil {
				_, want, _ = strings.Cut(tt.want, ", ")
			}
			if !slices.Contains(got, want) {
				t.Errorf("%s: saved %v: got %q, want %s", name, tt.save, got, want)
			}
		}
		if beside == nil {
			all, err := of("n").All(ctx, []usageplan.ID{id}, 1, 9)
			if err != nil {
				t.Fatal(err)
			}
			if days := all[0].Days; !slices.ContainsFunc(days, func(d usageplan.NodeDay) bool { return d.Node == "n" && d.Day == 5 && d.Calls == 24 }) {
				t.Errorf("the days that are over: %+v, want 24 calls on the day 5", days)
			}
		}
	}
}

// Keys that come to be known while the database is away are counted from nothing, and those
// that were read before go on as they are.
func TestUsageOfKeysWithoutDatabase(t *testing.T) {
	ctx, plan := t.Context(), usageplan.Plan{Account: "a", Region: "r", ID: "p"}
	st, err := store.Open(ctx, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	of := feed.NodeUsage{Usage: feed.Usage{Store: st}, Node: "n"}
	record := func(key string, calls int64) usageplan.Record {
		return usageplan.Record{ID: plan.Key(key), State: usageplan.State{Day: 5, Calls: calls}}
	}
	if err := of.Save(ctx, []usageplan.Record{record("old", 20), record("new", 30)}); err != nil {
		t.Fatal(err)
	}
	below := &sinkWithout{of, false}
	u := &awayUsage{NodeSink: below, shared: true, log: slog.New(slog.DiscardHandler)}
	none := func(usageplan.ID, usageplan.State, error) {}
	if err := u.Load(ctx, nil, none); err != nil {
		t.Fatal(err)
	}
	below.away = true
	if err := u.Load(ctx, []usageplan.ID{plan.Key("new")}, none); err != nil {
		t.Fatal(err)
	}
	below.away = false
	if err := u.Save(ctx, []usageplan.Record{record("old", 21), record("new", 2)}); err != nil {
		t.Fatal(err)
	}
	got := make(map[usageplan.ID]int64)
	if err := of.Load(ctx, nil, func(id usageplan.ID, s usageplan.State, _ error) { got[id] = s.Calls }); err != nil {
		t.Fatal(err)
	}
	if got[plan.Key("old")] != 21 || got[plan.Key("new")] != 32 {
		t.Errorf("got %v, want 21 of the old and 32 of the new", got)
	}
}
