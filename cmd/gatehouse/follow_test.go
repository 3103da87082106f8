package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
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
	if err := of("n").Save(ctx, record(1, 5, 100, 20)); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []usageplan.NodeSink{nil, of("n.x")} {
		below := &sinkWithout{of("n"), true}
		u := awayUsage{NodeSink: below, beside: beside, shared: true, log: slog.New(slog.DiscardHandler), blind: new(atomic.Bool)}
		if err := u.Load(ctx, nil, func(usageplan.ID, usageplan.State, error) { t.Error("it is read") }); err != nil {
			t.Fatal(err)
		}
		below.away = false
		for _, tt := range []struct {
			save []usageplan.Record
			want string // with Valkey, and without
		}{
			{record(1, 5, 3, 3), "100 20, 3 3"},
			{record(1, 5, 103, 23), "103 23, 103 23"}, // when Valkey has told
			{record(1, 6, 104, 1), "104 1, 104 1"},
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
			if got[len(got)-1] != want {
				t.Errorf("saved %v, want %s", got, tt.want)
			}
		}
	}
}
