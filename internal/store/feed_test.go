package store

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// changes returns what Changes does as text, such as "3 stage a=x", with - for
// a tombstone and ? for no data.
func changes(t *testing.T, s *Store, after Revision, limit int, bare ...string) []string {
	t.Helper()
	rows, err := s.Changes(t.Context(), after, limit, bare...)
	if err != nil {
		t.Error(err)
	}
	var out []string
	for _, r := range rows {
		data := "=" + string(r.Data)
		switch {
		case r.Deleted:
			data = "-"
		case r.Data == nil:
			data = "?"
		}
		out = append(out, fmt.Sprintf("%d %s %s%s", r.Revision, r.Kind, r.ID, data))
	}
	return out
}

func TestChanges(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		if got := changes(t, s, 0, 0); got != nil {
			t.Errorf("new store: got %q", got)
		}
		steps := []struct {
			fn   func(*Tx) error
			want Revision
		}{
			{publish("stage", "a", "1"), 1},
			{publish("stage", "b", "2"), 2},
			{publish("deployment", "a", "3"), 3},
			{func(tx *Tx) error { return tx.Retract("stage", "b") }, 4},
			{func(tx *Tx) error { return tx.Retract("stage", "b") }, 0},    // is a tombstone already
			{func(tx *Tx) error { return tx.Retract("stage", "none") }, 0}, // never was there
			{publish("stage", "a", "5"), 5},
			{func(tx *Tx) error {
				return errors.Join(publish("key", "x", "6")(tx), publish("key", "y", "7")(tx), publish("key", "x", "8")(tx))
			}, 8},
			{put(key("a"), "no revision"), 0},
		}
		for i, step := range steps {
			if rev := mustWrite(t, s, step.fn); rev != step.want {
				t.Errorf("step %d: got revision %d, want %d", i, rev, step.want)
			}
		}
		if r := s.Revision(); r != 8 {
			t.Errorf("Revision: got %d, want 8", r)
		}
		for name, tt := range map[string]struct {
			got, want []string
		}{
			"all":        {changes(t, s, 0, 0), []string{"3 deployment a=3", "4 stage b-", "5 stage a=5", "7 key y=7", "8 key x=8"}},
			"first":      {changes(t, s, 0, 2), []string{"3 deployment a=3", "4 stage b-"}},
			"after":      {changes(t, s, 5, 0), []string{"7 key y=7", "8 key x=8"}},
			"after last": {changes(t, s, 8, 0), nil},
			"bare":       {changes(t, s, 0, 0, "deployment", "key"), []string{"3 deployment a?", "4 stage b-", "5 stage a=5", "7 key y?", "8 key x?"}},
			"odd kinds":  {changes(t, s, 7, 0, `"`, "]", ""), []string{"8 key x=8"}},
		} {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
		}
		// A tombstone makes way for a new row.
		if rev := mustWrite(t, s, publish("stage", "b", "9")); rev != 9 {
			t.Errorf("published again: got revision %d, want 9", rev)
		}
		if diff := cmp.Diff([]string{"9 stage b=9"}, changes(t, s, 8, 0)); diff != "" {
			t.Errorf("published again: (-want +got)\n%s", diff)
		}
	})
}

func TestAllServed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, publish("stage", "a", "1"))
		mustWrite(t, s, publish("deployment", "a", "2"))
		mustWrite(t, s, publish("stage", "b", "3"))
		mustWrite(t, s, func(tx *Tx) error { return tx.Retract("stage", "b") })
		rows, rev, err := s.AllServed(t.Context(), "deployment")
		want := []Served{{Kind: "stage", ID: "a", Revision: 1, Data: []byte("1")}, {Kind: "deployment", ID: "a", Revision: 2}}
		if diff := cmp.Diff(want, rows); diff != "" || rev != 4 || err != nil {
			t.Errorf("up to %d, %v (-want +got)\n%s", rev, err, diff)
		}
	})
}

// Tombstones stay for as many revisions as is said, and go soon afterwards. Who
// has not seen one that is gone has to start over, and nobody else.
func TestTombstonesArePruned(t *testing.T) {
	const kept, cycles = 32, 200
	for name, o := range map[string]Options{"memory": {}, "disk": {Dir: t.TempDir()}, "postgres": {URL: pgtest.Schema(t), deaf: true}} {
		t.Run(name, func(t *testing.T) {
			o.tombstones = kept
			s := mustOpen(t, o)
			defer func() { s.Close() }()
			mustWrite(t, s, publish("stage", "stays", "x"))
			_, first, err := s.Everything(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i := range cycles {
				id := fmt.Sprint(i)
				mustWrite(t, s, publish("stage", id, "x"))
				mustWrite(t, s, func(tx *Tx) error { return tx.Retract("stage", id) })
				if n := len(changesSince(t, s, max(0, s.Revision()-kept+1))); i > kept && n < kept/2-1 {
					t.Fatalf("%d tombstones after %d", n, i)
				}
			}
			last := s.Revision()
			if last != 1+2*cycles {
				t.Fatalf("last revision %d", last)
			}
			if name != "memory" { // the database remembers what is gone
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = mustOpen(t, o)
			}
			pruned := Revision(-1)
			for after := last; after >= 0 && pruned < 0; after-- {
				if _, err := s.Changes(t.Context(), after, 0); errors.Is(err, ErrPruned) {
					pruned = after + 1
				}
			}
			if pruned < last-kept-4 || pruned > last-kept {
				t.Errorf("tombstones up to revision %d of %d are gone", pruned, last)
			}
			if _, err := s.Changes(t.Context(), 0, 0); !errors.Is(err, ErrPruned) {
				t.Errorf("from the beginning: got %v", err)
			}
			if _, _, err := s.Follow(t.Context(), first, 0); !errors.Is(err, ErrPruned) {
				t.Errorf("followed from the beginning: got %v", err)
			}
			if at, err := s.Stand(t.Context(), first); err != nil || at.Revision != last {
				t.Errorf("asked from the beginning: got %+v, %v", at, err)
			}
			rows, rev, err := s.AllServed(t.Context())
			if len(rows) != 1 || rows[0].ID != "stays" || rev != last || err != nil {
				t.Errorf("got %v up to %d, %v", rows, rev, err)
			}
		})
	}
}

func changesSince(t *testing.T, s *Store, after Revision) []Served {
	t.Helper()
	rows, err := s.Changes(t.Context(), after, 0)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestServed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		id := "a\x00b\xff"
		mustWrite(t, s, publish("stage", id, "1"))
		row, err := s.Served(t.Context(), "stage", id)
		if diff := cmp.Diff(Served{Kind: "stage", ID: id, Revision: 1, Data: []byte("1")}, row); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		_, err = s.Served(t.Context(), "stage", "a")
		wantErr(t, "never published", err, ErrNotFound)
		mustWrite(t, s, func(tx *Tx) error { return tx.Retract("stage", id) })
		_, err = s.Served(t.Context(), "stage", id)
		wantErr(t, "retracted", err, ErrNotFound)
	})
}

// A write that fails takes its revisions back.
func TestFailedWritePublishesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, publish("stage", "a", "1"))
		rev, err := s.Write(t.Context(), Scope{}, func(tx *Tx) error {
			return errors.Join(publish("stage", "a", "2")(tx), publish("stage", "b", "3")(tx), tx.Retract("stage", "a"), errors.New("no"))
		})
		if rev != 0 || err == nil {
			t.Errorf("got %d, %v, want an error", rev, err)
		}
		if rev := mustWrite(t, s, publish("stage", "c", "2")); rev != 2 {
			t.Errorf("next revision: got %d, want 2", rev)
		}
		if diff := cmp.Diff([]string{"1 stage a=1", "2 stage c=2"}, changes(t, s, 0, 0)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestWatch(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		open := func(c <-chan struct{}) bool {
			synctest.Wait()
			select {
			case <-c:
				return false
			default:
				return true
			}
		}
		first := s.Watch(0)
		mustWrite(t, s, put(key("a"), ""))
		if !open(first) {
			t.Error("closed by a write that published nothing")
		}
		mustWrite(t, s, publish("k", "a", ""))
		if open(first) {
			t.Error("open after its revision")
		}
		if open(s.Watch(0)) {
			t.Error("open for a revision that was")
		}
		second := s.Watch(1)
		if !open(second) {
			t.Error("closed before the next revision")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if open(second) || open(s.Watch(9)) {
			t.Error("open after Close")
		}
	})
}

// What is told of a database that lacks the last revisions is true then, unless others came
// meanwhile, and who waits looks again.
func TestFeedFalls(t *testing.T) {
	f := newFeed(5)
	waits := f.watch(5)
	f.fell(4, 3)
	f.fell(5, 5)
	if f.revision() != 5 {
		t.Errorf("fell to %d", f.revision())
	}
	f.fell(5, 3)
	select {
	case <-waits:
	default:
		t.Error("who waits is not told")
	}
	if f.revision() != 3 {
		t.Errorf("got %d, want 3", f.revision())
	}
	select {
	case <-f.watch(3):
		t.Error("there is nothing after 3")
	default:
	}
}
