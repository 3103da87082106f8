package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// meanwhile runs fn ahead of its turn, and between its first reads and the rest
// another write. It returns how often fn ran.
func meanwhile(t *testing.T, s *Store, first, other, rest func(*Tx) error) (runs int) {
	t.Helper()
	_, err := s.WriteAhead(t.Context(), Scope{}, func(tx *Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		if runs++; runs == 1 {
			mustWrite(t, s, other)
		}
		return rest(tx)
	})
	if err != nil {
		t.Error(err)
	}
	return runs
}

func other(parent, id string) Key { return Key{"111122223333", "us-east-1", "stage", parent, id} }

// get reads a document, if it is there.
func get(k Key) func(*Tx) error {
	return func(tx *Tx) error {
		_, err := tx.Has(k)
		return err
	}
}

func TestWriteAheadRunsAgain(t *testing.T) {
	list := func(tx *Tx) error {
		_, err := tx.ListIDs("111122223333", "us-east-1", "stage", "", "")
		return err
	}
	for name, tt := range map[string]struct {
		first, other func(*Tx) error
		runs         int
	}{
		"what was read":                {get(key("a")), put(key("a"), "new"), 2},
		"a sibling of what was read":   {get(key("a")), put(key("b"), "new"), 2},
		"what was read, removed":       {get(key("old")), func(tx *Tx) error { return tx.Delete(key("old")) }, 2},
		"a range of it":                {get(key("a")), func(tx *Tx) error { return tx.DeletePrefix("111122223333", "us-east-1", "stage", "api", "o") }, 2},
		"of no parent":                 {get(other("", "a")), put(other("", "a"), "new"), 2},
		"of no parent, a range of it":  {get(other("", "ab")), func(tx *Tx) error { return tx.DeletePrefix("111122223333", "us-east-1", "stage", "", "a") }, 2},
		"of no parent, another listed": {list, put(other("", "b"), "new"), 2},
		"only read":                    {get(key("a")), get(key("a")), 1},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				mustWrite(t, s, put(key("old"), "old"))
				mustWrite(t, s, put(other("", "ab"), "old"))
				runs := meanwhile(t, s, tt.first, tt.other, put(key("mine"), "mine"))
				if runs != tt.runs {
					t.Errorf("ran %d times, want %d", runs, tt.runs)
				}
				if doc := got(t, s, key("mine")); doc != "mine" {
					t.Errorf("got %q", doc)
				}
			})
		})
	}
}

// A change of something else is none of its business, however much it has read.
func TestWriteAheadRunsOnce(t *testing.T) {
	keys := make([]Key, 20_000)
	for i := range keys {
		keys[i] = other("", fmt.Sprint("a", i))
	}
	many := func(tx *Tx) error {
		_, err := tx.GetMany(keys)
		return err
	}
	for name, tt := range map[string]struct {
		read    func(*Tx) error
		changed Key
	}{
		"another parent's":           {get(key("a")), other("another", "a")},
		"of no parent, another":      {get(other("", "a")), other("", "b")},
		"of no parent, one of many":  {many, other("", "b")},
		"of a parent, many read":     {many, other("another", "b")},
		"of another kind, many read": {many, Key{Kind: "usage", ID: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				mustWrite(t, s, put(key("old"), "old")) // a store's first write may come after another process's
				if runs := meanwhile(t, s, tt.read, put(tt.changed, "new"), put(key("mine"), "mine")); runs != 1 {
					t.Errorf("ran %d times", runs)
				}
			})
		})
	}
}

// Stamps are bounded: who began before something was forgotten runs again, and who
// began after it does not.
func TestStampsAreBounded(t *testing.T) {
	s := newStamps()
	seen := slots{s.slot([]byte("seen")): {}}
	write := func(n int) {
		s.now++
		for i := range n {
			s.change(s.slot(fmt.Append(nil, s.now, "/", i)))
		}
		s.commit()
	}
	write(1)
	before := s.past()
	write(mostStamps - 1)
	if s.since(seen, before) {
		t.Error("something was forgotten that there was room for")
	}
	write(2)
	if len(s.changed) > mostStamps || !s.since(seen, before) {
		t.Errorf("%d stamps, and who may have missed a change does not run again", len(s.changed))
	}
	if s.since(seen, s.past()) {
		t.Error("who has missed nothing runs again")
	}
}

// What is in a group with the change that it missed runs again, too.
func TestWriteAheadInOneGroup(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		runs := 0
		release := hold(s)
		go func() { _, _ = s.Write(t.Context(), Scope{}, put(key("a"), "other")) }()
		synctest.Wait()
		done := make(chan error)
		go func() {
			_, err := s.WriteAhead(t.Context(), Scope{}, func(tx *Tx) error {
				runs++
				if _, err := tx.Get(key("a")); !errors.Is(err, ErrNotFound) {
					return err
				}
				return put(key("a"), "mine")(tx)
			})
			done <- err
		}()
		synctest.Wait()
		release()
		if err := <-done; err != nil || runs != 2 || got(t, s, key("a")) != "other" {
			t.Errorf("ran %d times, %v, left %q", runs, err, got(t, s, key("a")))
		}
	})
}

// One that is overtaken each time runs in its turn in the end if it is quick, and
// is refused if it is not, whether or not it was so when it was prepared: others
// never wait for it for long.
func TestWriteAheadEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		ahead, turn time.Duration
		runs        int
		want        error
	}{
		"quick":                     {aheadTurn / 2, aheadTurn / 2, aheadTries + 1, nil},
		"slow":                      {10 * time.Second, 10 * time.Second, aheadTries, ErrOvertaken},
		"slow only in its own turn": {aheadTurn / 2, 10 * aheadTurn, aheadTries + 1, ErrOvertaken},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				runs := 0
				_, err := s.WriteAhead(t.Context(), Scope{}, func(tx *Tx) error {
					if _, err := tx.Has(key("a")); err != nil {
						return err
					}
					takes := tt.turn
					if runs++; runs <= aheadTries {
						takes = tt.ahead
						mustWrite(t, s, put(key("a"), "new"))
					}
					for end := time.Now().Add(takes); time.Now().Before(end); time.Sleep(time.Millisecond) {
						if _, err := tx.Has(key("a")); err != nil {
							return err
						}
					}
					return put(key("mine"), "mine")(tx)
				})
				wantErr(t, name, err, tt.want)
				if runs != tt.runs {
					t.Errorf("ran %d times, want %d", runs, tt.runs)
				}
				if held := s.Held(); held > 2*aheadTurn+time.Millisecond {
					t.Errorf("others waited for %v", held)
				}
				if doc := got(t, s, key("mine")); (doc == "mine") != (tt.want == nil) {
					t.Errorf("left %q", doc)
				}
			})
		})
	}
}

func TestWriteBriefly(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		_, err := s.WriteBriefly(t.Context(), Scope{}, put(key("a"), "a"))
		wantErr(t, "one that is quick", err, nil)
		_, err = s.WriteBriefly(t.Context(), Scope{}, func(tx *Tx) error {
			time.Sleep(MaxBrief + 1)
			return put(key("b"), "b")(tx)
		})
		wantErr(t, "one that is not", err, ErrTimeout)
		if a, b := got(t, s, key("a")), got(t, s, key("b")); a != "a" || b != "not found" {
			t.Errorf("left %q and %q", a, b)
		}
	})
}

// What removes many documents leaves all others, in its turn and ahead of it.
func TestRemoveMany(t *testing.T) {
	for name, write := range map[string]func(*Store, context.Context, Scope, func(*Tx) error) (Revision, error){"in its turn": (*Store).Write, "ahead": (*Store).WriteAhead} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *Store) {
				at := func(parent string, i int) Key { return Key{Kind: "k", Parent: parent, ID: fmt.Sprintf("%05d", i)} }
				mustWrite(t, s, func(tx *Tx) error {
					var docs []Document
					for i := range rangeRows + 500 {
						docs = append(docs, Document{at("range", i), nil})
					}
					for i := range 20 * manyRows {
						docs = append(docs, Document{at("each", i), nil})
					}
					return tx.PutMany(docs)
				})
				_, err := write(s, t.Context(), Scope{}, func(tx *Tx) error {
					errs := tx.DeletePrefix("", "", "k", "range", "0")
					for i := range 20 * manyRows {
						if i%100 != 7 {
							errs = errors.Join(errs, tx.Delete(at("each", i)))
						}
					}
					return errors.Join(errs, tx.Put(at("range", 3), nil), tx.DeletePrefix("", "", "k", "each", "0040"), tx.Put(at("each", 407), nil))
				})
				if err != nil {
					t.Fatal(err)
				}
				mustRead(t, s, func(tx *Tx) error {
					ranged, err1 := tx.ListIDs("", "", "k", "range", "")
					each, err2 := tx.ListIDs("", "", "k", "each", "")
					if len(ranged) != 1 || ranged[0] != "00003" || len(each) != 7 || each[4] != "00407" {
						t.Errorf("left are %v and %v", ranged, each)
					}
					return errors.Join(err1, err2)
				})
			})
		})
	}
}
