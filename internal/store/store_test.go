package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// each runs test on a fresh store of each engine, closes the store and expects
// that nothing of it is left.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	for _, name := range []string{"memory", "disk", "postgres"} {
		t.Run(name, func(t *testing.T) {
			o := Options{deaf: true} // what waits for a socket keeps the bubble's time from going on
			switch name {
			case "disk":
				o.Dir = t.TempDir()
			case "postgres":
				o.URL = pgtest.Schema(t)
			}
			synctest.Test(t, func(t *testing.T) {
				s := mustOpen(t, o)
				test(t, s)
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func mustOpen(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustWrite is Store.Write for writes that succeed.
func mustWrite(t testing.TB, s *Store, fn func(*Tx) error) Revision {
	t.Helper()
	rev, err := s.Write(t.Context(), Scope{}, fn)
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func mustRead(t testing.TB, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func put(k Key, doc string) func(*Tx) error {
	return func(tx *Tx) error { return tx.Put(k, []byte(doc)) }
}

func publish(kind, id, data string) func(*Tx) error {
	return func(tx *Tx) error { return tx.Publish(Served{Kind: kind, ID: id, Data: []byte(data)}) }
}

// got returns the document under k, or the error as text.
func got(t testing.TB, s *Store, k Key) string {
	t.Helper()
	text := ""
	mustRead(t, s, func(tx *Tx) error {
		doc, err := tx.Get(k)
		if text = string(doc); err != nil {
			text = err.Error()
		}
		return nil
	})
	return text
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

func key(id string) Key { return Key{"111122223333", "us-east-1", "stage", "api", id} }

func TestDocuments(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		k := key("dev")
		mustWrite(t, s, func(tx *Tx) error {
			_, err := tx.Get(k)
			wantErr(t, "Get of nothing", err, ErrNotFound)
			wantErr(t, "Delete of nothing", tx.Delete(k), ErrNotFound)
			wantErr(t, "Insert", tx.Insert(k, []byte("one")), nil)
			wantErr(t, "second Insert", tx.Insert(k, []byte("two")), ErrExists)
			return nil
		})
		if doc := got(t, s, k); doc != "one" {
			t.Errorf("after Insert: got %q, want one", doc)
		}
		mustWrite(t, s, func(tx *Tx) error {
			wantErr(t, "Put", tx.Put(k, []byte("three")), nil)
			doc, err := tx.Get(k)
			if string(doc) != "three" || err != nil {
				t.Errorf("own Put: got %q, %v, want three", doc, err)
			}
			return nil
		})
		mustWrite(t, s, func(tx *Tx) error { return tx.Delete(k) })
		if doc := got(t, s, k); doc != "not found" {
			t.Errorf("after Delete: got %q, want not found", doc)
		}
	})
}

func TestDocumentsAreCopied(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		doc := []byte("document")
		mustWrite(t, s, func(tx *Tx) error {
			copy(doc, "document") // fn may run again
			err := errors.Join(tx.Put(key("a"), doc), tx.Publish(Served{Kind: "k", ID: "i", Data: doc}))
			doc[0] = 'X'
			return err
		})
		scribble := func(b []byte) {
			for i := range b {
				b[i] = '?'
			}
		}
		for range 2 {
			mustRead(t, s, func(tx *Tx) error {
				doc, err := tx.Get(key("a"))
				rows, _ := tx.List("111122223333", "us-east-1", "stage", "api", "", Limit{})
				served, _ := s.Served(t.Context(), "k", "i")
				changes, _ := s.Changes(t.Context(), 0, 0)
				for _, b := range [][]byte{doc, rows[0].Doc, served.Data, changes[0].Data} {
					if string(b) != "document" {
						t.Errorf("got %q, want document", b)
					}
					scribble(b)
				}
				return err
			})
		}
	})
}

func TestEmptyDocument(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, func(tx *Tx) error {
			return errors.Join(tx.Put(key("nil"), nil), tx.Insert(key("empty"), []byte{}), tx.Publish(Served{Kind: "k"}))
		})
		mustRead(t, s, func(tx *Tx) error {
			for _, id := range []string{"nil", "empty"} {
				if doc, err := tx.Get(key(id)); doc == nil || len(doc) > 0 || err != nil {
					t.Errorf("%s: got %v, %v, want no bytes but not nil", id, doc, err)
				}
			}
			return nil
		})
		if served, err := s.Served(t.Context(), "k", ""); served.Data == nil || len(served.Data) > 0 || err != nil {
			t.Errorf("served: got %v, %v, want no bytes but not nil", served.Data, err)
		}
	})
}

func TestHas(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, put(key("dev"), ""))
		mustRead(t, s, func(tx *Tx) error {
			for id, want := range map[string]bool{"dev": true, "de": false, "": false} {
				if ok, err := tx.Has(key(id)); ok != want || err != nil {
					t.Errorf("Has %q: got %v, %v, want %v", id, ok, err, want)
				}
			}
			return nil
		})
	})
}

// strange are key parts that an encoding could confuse with each other.
var strange = []string{"", "\x00", "\x00\x00", "\x00\x01", "\x01", "\x01\x01", "\x02", "/", "a", "a\x00", "a\x00b", "a\x01", "a/b", "a0", "ab", "é", "\xfe", "\xff", "\xff\xff"}

func TestStrangeKeys(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		var keys []Key
		for _, a := range strange {
			for _, b := range strange {
				keys = append(keys, Key{"", a, "k", b, "x"}, Key{a, "r", "k", b, "x"}, Key{"1", "r", "k", a, b})
				if a != "" {
					keys = append(keys, Key{"1", "r", a, b, "x"})
				}
			}
		}
		text := func(k Key) string { return fmt.Sprintf("%q", k) }
		mustWrite(t, s, func(tx *Tx) error {
			for _, k := range keys {
				if err := tx.Put(k, []byte(text(k))); err != nil {
					return err
				}
			}
			return nil
		})
		mustRead(t, s, func(tx *Tx) error {
			for _, k := range keys {
				doc, err := tx.Get(k)
				if string(doc) != text(k) || err != nil {
					t.Errorf("%s: got %s, %v", text(k), doc, err)
				}
				rows, err := tx.List(k.Account, k.Region, k.Kind, k.Parent, "", Limit{})
				if err != nil {
					return err
				}
				for _, row := range rows {
					k.ID = row.ID
					if string(row.Doc) != text(k) {
						t.Errorf("listed %s among the siblings %s", row.Doc, text(k))
					}
				}
			}
			return nil
		})
	})
}

func TestList(t *testing.T) {
	ids := []string{"", "a", "a\x00", "a/1", "a/2", "a0", "b", "b\xff", "b\xff\xff", "c"}
	tests := map[string]struct {
		after string
		limit int
		want  []string
	}{
		"all":                  {want: ids},
		"first":                {limit: 3, want: []string{"", "a", "a\x00"}},
		"after one":            {after: "a/2", want: []string{"a0", "b", "b\xff", "b\xff\xff", "c"}},
		"after what is not":    {after: "a/", limit: 1, want: []string{"a/1"}},
		"after the last":       {after: "c"},
		"limit beyond the end": {after: "b\xff\xff", limit: 9, want: []string{"c"}},
	}
	prefixes := map[string][]string{
		"": ids, "a": {"a", "a\x00", "a/1", "a/2", "a0"}, "a/": {"a/1", "a/2"}, "b\xff": {"b\xff", "b\xff\xff"}, "d": nil, "\xff": nil,
	}
	ranges := map[[2]string][]string{
		{"", "\xff"}: ids, {"", "a"}: {""}, {"a/", "a0"}: {"a/1", "a/2"}, {"a/2", "b\xff"}: {"a/2", "a0", "b"}, {"b", "b"}: nil, {"c", "a"}: nil, {"d", "e"}: nil,
	}
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, func(tx *Tx) error {
			for i, id := range ids {
				for _, k := range []Key{key(id), {"11112222333", "us-east-1", "stage", "api", id}, {"111122223333", "us-east-1", "stages", "api", id}, {"111122223333", "us-east-1", "stage", "api2", id}} {
					doc := "other"
					if k == key(id) {
						doc = fmt.Sprint(i)
					}
					if err := tx.Put(k, []byte(doc)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		list := func(rows []Row, err error) []string {
			if err != nil {
				t.Error(err)
			}
			var out []string
			for _, row := range rows {
				if want := fmt.Sprint(slices.Index(ids, row.ID)); string(row.Doc) != want {
					t.Errorf("document of %q: got %s, want %s", row.ID, row.Doc, want)
				}
				out = append(out, row.ID)
			}
			return out
		}
		mustRead(t, s, func(tx *Tx) error {
			for name, tt := range tests {
				if diff := cmp.Diff(tt.want, list(tx.List("111122223333", "us-east-1", "stage", "api", tt.after, Limit{Rows: tt.limit}))); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", name, diff)
				}
			}
			for prefix, want := range prefixes {
				if diff := cmp.Diff(want, list(tx.ListPrefix("111122223333", "us-east-1", "stage", "api", prefix))); diff != "" {
					t.Errorf("ListPrefix %q: (-want +got)\n%s", prefix, diff)
				}
				got, err := tx.ListIDs("111122223333", "us-east-1", "stage", "api", prefix)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("ListIDs %q: %v (-want +got)\n%s", prefix, err, diff)
				}
			}
			for r, want := range ranges {
				if diff := cmp.Diff(want, list(tx.ListRange("111122223333", "us-east-1", "stage", "api", r[0], r[1], Limit{}))); diff != "" {
					t.Errorf("ListRange %q: (-want +got)\n%s", r, diff)
				}
				got, err := tx.ListRangeIDs("111122223333", "us-east-1", "stage", "api", r[0], r[1])
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("ListRangeIDs %q: %v (-want +got)\n%s", r, err, diff)
				}
			}
			return nil
		})
	})
}

func TestDeletePrefix(t *testing.T) {
	all := []string{"k/p/", "k/p/a", "k/p/a/1", "k/p/a/2", "k/p/b", "k/p2/a", "k2/p/a"}
	tests := map[string]struct {
		kind, parent, prefix string
		want                 []string
	}{
		"children":           {"k", "p", "", []string{"k/p2/a", "k2/p/a"}},
		"prefix":             {"k", "p", "a", []string{"k/p/", "k/p/b", "k/p2/a", "k2/p/a"}},
		"prefix with slash":  {"k", "p", "a/", []string{"k/p/", "k/p/a", "k/p/b", "k/p2/a", "k2/p/a"}},
		"nothing of a kind":  {"x", "p", "", all},
		"nothing of an id":   {"k", "p", "z", all},
		"another's children": {"k", "", "", all},
	}
	each(t, func(t *testing.T, s *Store) {
		for name, tt := range tests {
			var left []string
			_, err := s.Write(t.Context(), Scope{}, func(tx *Tx) error {
				for _, path := range all {
					part := strings.SplitN(path, "/", 3)
					if err := tx.Put(Key{"1", "r", part[0], part[1], part[2]}, nil); err != nil {
						return err
					}
				}
				var err error
				if tt.prefix == "" {
					err = tx.DeleteChildren("1", "r", tt.kind, tt.parent)
				} else {
					err = tx.DeletePrefix("1", "r", tt.kind, tt.parent, tt.prefix)
				}
				if err != nil {
					return err
				}
				left = nil
				for _, path := range all {
					part := strings.SplitN(path, "/", 3)
					if ok, _ := tx.Has(Key{"1", "r", part[0], part[1], part[2]}); ok {
						left = append(left, path)
					}
				}
				return nil
			})
			if diff := cmp.Diff(tt.want, left); diff != "" || err != nil {
				t.Errorf("%s: %v left (-want +got)\n%s", name, err, diff)
			}
		}
	})
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("k", MaxKey)
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, func(tx *Tx) error {
			tooLong := Key{Kind: "k", ID: long}
			_, err := tx.Get(tooLong)
			wantErr(t, "Get", err, ErrTooLarge)
			_, err = tx.Has(tooLong)
			wantErr(t, "Has", err, ErrTooLarge)
			wantErr(t, "Put", tx.Put(tooLong, nil), ErrTooLarge)
			wantErr(t, "Insert", tx.Insert(tooLong, nil), ErrTooLarge)
			wantErr(t, "Delete", tx.Delete(tooLong), ErrTooLarge)
			wantErr(t, "DeleteChildren", tx.DeleteChildren(long, "r", "k", ""), ErrTooLarge)
			_, err = tx.List("1", "r", "k", "", long, Limit{})
			wantErr(t, "List", err, ErrTooLarge)
			_, err = tx.ListPrefix("1", "r", "k", long, "")
			wantErr(t, "ListPrefix", err, ErrTooLarge)
			_, err = tx.ListIDs("1", "r", "k", long, "")
			wantErr(t, "ListIDs", err, ErrTooLarge)
			_, err = tx.ListRange("1", "r", "k", "p", "", long, Limit{})
			wantErr(t, "ListRange", err, ErrTooLarge)
			_, err = tx.ListRangeIDs("1", "r", "k", "p", long, "")
			wantErr(t, "ListRangeIDs", err, ErrTooLarge)
			wantErr(t, "Publish", tx.Publish(Served{Kind: "k", ID: long}), ErrTooLarge)
			wantErr(t, "Retract", tx.Retract("k", long), ErrTooLarge)
			wantErr(t, "Put of a huge document", tx.Put(key("x"), make([]byte, MaxDoc+1)), ErrTooLarge)
			wantErr(t, "Publish of huge data", tx.Publish(Served{Kind: "k", Data: make([]byte, MaxDoc+1)}), ErrTooLarge)

			wantErr(t, "Put without a kind", tx.Put(Key{ID: "x"}, nil), errNoKind)
			wantErr(t, "Publish without a kind", tx.Publish(Served{ID: "x"}), errNoKind)
			wantErr(t, "Publish of a kind that is no text", tx.Publish(Served{Kind: "a\xff", ID: "x"}), errNoKind)
			return nil
		})
		longest := Key{Kind: "k", ID: long[1:]}
		if _, ok := s.engine.(*postgresDB); ok {
			for _, fn := range []func(*Tx) error{put(longest, "x"), func(tx *Tx) error { return tx.Insert(longest, nil) }, publish("k", longest.ID, "x")} {
				_, err := s.Write(t.Context(), Scope{}, fn)
				wantErr(t, "a key that no index takes", err, ErrTooLarge)
			}
			mustRead(t, s, func(tx *Tx) error {
				_, err := tx.Get(longest)
				wantErr(t, "Get of a key that no index takes", err, ErrNotFound)
				return nil
			})
			longest.ID = longest.ID[:maxPostgresKey-5] // with the ends of the other parts and the kind
		}
		mustWrite(t, s, put(longest, "fits"))
		if doc := got(t, s, longest); doc != "fits" {
			t.Errorf("longest key: got %q, want fits", doc)
		}
	})
}

func TestLargestDocument(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	doc := make([]byte, MaxDoc)
	doc[MaxDoc-1] = 1
	mustWrite(t, s, func(tx *Tx) error { return tx.Put(key("big"), doc) })
	if read := got(t, s, key("big")); read != string(doc) {
		t.Errorf("got %d other bytes", len(read))
	}
}

func TestTxOutOfPlace(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		var kept *Tx
		mustRead(t, s, func(tx *Tx) error {
			kept = tx
			wantErr(t, "Put within Read", tx.Put(key("a"), nil), ErrReadOnly)
			wantErr(t, "Insert within Read", tx.Insert(key("a"), nil), ErrReadOnly)
			wantErr(t, "Delete within Read", tx.Delete(key("a")), ErrReadOnly)
			wantErr(t, "DeleteChildren within Read", tx.DeleteChildren("1", "r", "k", ""), ErrReadOnly)
			wantErr(t, "Publish within Read", tx.Publish(Served{Kind: "k"}), ErrReadOnly)
			wantErr(t, "Retract within Read", tx.Retract("k", ""), ErrReadOnly)
			return nil
		})
		_, err := kept.Get(key("a"))
		wantErr(t, "Get after Read", err, ErrClosed)
		mustWrite(t, s, func(tx *Tx) error { kept = tx; return nil })
		wantErr(t, "Put after Write", kept.Put(key("a"), nil), ErrClosed)
	})
}

func TestReadReturnsItsError(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		own := errors.New("own")
		wantErr(t, "Read", s.Read(t.Context(), func(*Tx) error { return own }), own)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantErr(t, "cancelled Read", s.Read(ctx, func(*Tx) error { t.Error("ran"); return nil }), context.Canceled)
		ctx, cancel = context.WithCancel(t.Context())
		wantErr(t, "a Read that does not tell that it was cut short", s.Read(ctx, func(tx *Tx) error {
			cancel()
			_, _ = tx.Get(key("a"))
			return nil
		}), context.Canceled)
	})
}

// A panic is the caller's, but the view goes back.
func TestReadPanics(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		for range 100 {
			func() {
				defer func() {
					if p := recover(); p != "mine" {
						t.Errorf("recovered %v, want mine", p)
					}
				}()
				s.Read(t.Context(), func(tx *Tx) error { panic("mine") })
			}()
		}
	})
}

// Siblings are listed in the order in which they came to be, whatever their ids:
// writing one again moves nothing, one that was deleted comes back as the last.
// A listing ends with the document that makes it as long as it may be, in a write
// that was prepared too.
func TestListLimits(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, func(tx *Tx) error {
			for _, id := range []string{"a", "b", "d", "e"} {
				if err := tx.Put(Key{Kind: "k", Parent: "p", ID: id}, make([]byte, 10)); err != nil {
					return err
				}
			}
			return nil
		})
		check := func(tx *Tx, all int) error {
			for limit, want := range map[Limit]int{{}: all, {Bytes: 1}: 1, {Bytes: 10}: 1, {Bytes: 11}: 2, {Bytes: 30}: 3, {Bytes: 30, Rows: 2}: 2, {Bytes: 1000}: all} {
				byID, err := tx.List("", "", "k", "p", "", limit)
				inRange, err2 := tx.ListRange("", "", "k", "p", "a", "z", limit)
				created, err3 := tx.ListCreated("", "", "k", "p", "", 0, limit)
				if err := errors.Join(err, err2, err3); err != nil {
					return err
				}
				if len(byID) != want || len(inRange) != want || len(created) != want || want < all && !limit.Cut(byID) || limit == (Limit{}) && limit.Cut(byID) {
					t.Errorf("%+v: %d, %d and %d rows, want %d", limit, len(byID), len(inRange), len(created), want)
				}
			}
			return nil
		}
		mustRead(t, s, func(tx *Tx) error { return check(tx, 4) })
		_, err := s.WriteAhead(t.Context(), Scope{}, func(tx *Tx) error {
			return errors.Join(tx.Put(Key{Kind: "k", Parent: "p", ID: "c"}, make([]byte, 10)), tx.Put(Key{Kind: "k", Parent: "p", ID: "d"}, make([]byte, 10)), check(tx, 5))
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestListCreated(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		at := func(id string) Key { return Key{Kind: "k", Parent: "p", ID: id} }
		put := func(ids ...string) {
			mustWrite(t, s, func(tx *Tx) error {
				for _, id := range ids {
					if err := tx.Put(at(id), []byte("doc of "+id)); err != nil {
						return err
					}
				}
				return tx.Put(Key{Kind: "k", Parent: "other", ID: ids[0]}, nil)
			})
		}
		want := func(after int64, limit int, ids ...string) (last int64) {
			t.Helper()
			mustRead(t, s, func(tx *Tx) error {
				rows, err := tx.ListCreated("", "", "k", "p", "", after, Limit{Rows: limit})
				var got []string
				for _, r := range rows {
					if string(r.Doc) != "doc of "+r.ID || r.Place <= last {
						t.Errorf("%+v", r)
					}
					got, last = append(got, r.ID), r.Place
				}
				if !slices.Equal(got, ids) {
					t.Errorf("after %d, limit %d: got %q, want %q", after, limit, got, ids)
				}
				return err
			})
			return last
		}
		put("c", "a")
		put("b")
		put("a")
		want(0, 0, "c", "a", "b")
		second := want(0, 2, "c", "a")
		mustWrite(t, s, func(tx *Tx) error { return errors.Join(tx.Delete(at("a")), tx.Delete(at("c"))) })
		put("c", "0")
		want(second, 0, "b", "c", "0")
		want(0, 1, "b")
	})
}

// A listing of the documents whose ids begin so knows none of the others.
func TestListCreatedOfPrefix(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, func(tx *Tx) error {
			for _, id := range []string{"a/2", "b/1", "a/1", "a", "a0", "a/"} {
				if err := tx.Put(Key{Kind: "k", Parent: "p", ID: id}, nil); err != nil {
					return err
				}
			}
			return nil
		})
		mustRead(t, s, func(tx *Tx) error {
			var got []string
			rows, err := tx.ListCreated("", "", "k", "p", "a/", 0, Limit{})
			for _, r := range rows {
				got = append(got, r.ID)
			}
			if want := []string{"a/2", "a/1", "a/"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			return err
		})
	})
}

// Many documents at once are as many one after the other: those that are new come
// behind all others, in their order, and the others stay where they are.
func TestPutManyRows(t *testing.T) {
	for name, dir := range map[string]string{"memory": "", "disk": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, Options{Dir: dir})
			defer s.Close()
			id := func(i int) string { return fmt.Sprintf("%03d", (i*37)%100) }
			mustWrite(t, s, put(key(id(50)), "old"))
			mustWrite(t, s, func(tx *Tx) error {
				var docs []Document
				for i := range 100 {
					docs = append(docs, Document{key(id(i)), []byte(id(i))})
				}
				docs = append(docs, Document{key(id(7)), []byte("again")})
				return tx.PutMany(docs)
			})
			mustWrite(t, s, put(key("last"), "last"))
			want := []string{id(50)}
			for i := range 100 {
				if i != 50 {
					want = append(want, id(i))
				}
			}
			want = append(want, "last")
			var got []string
			last := int64(0)
			for _, r := range createdRows(t, s, 0) {
				doc := r.ID
				if r.ID == id(7) {
					doc = "again"
				}
				if got = append(got, r.ID); string(r.Doc) != doc || r.Place <= last {
					t.Errorf("got %s: %s at %d after %d", r.ID, r.Doc, r.Place, last)
				}
				last = r.Place
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
