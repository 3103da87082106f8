package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// All engines give the same answers to the same calls, in their turn and ahead of it.
func TestEnginesAgree(outer *testing.T) {
	outer.Run("disk", func(outer *testing.T) {
		enginesAgree(outer, []string{"memory", "memory, ahead", "disk", "disk, ahead"}, func(kind string) (*Store, func() error) {
			var o Options
			if strings.HasPrefix(kind, "disk") {
				dir, err := os.MkdirTemp(outer.TempDir(), "")
				if err != nil {
					outer.Fatal(err)
				}
				o.Dir = dir
			}
			s := mustOpen(outer, o)
			return s, s.Close
		})
	})
	outer.Run("postgres", func(outer *testing.T) {
		soak.Fewer(outer, 4)
		kept := map[string]*Store{} // it takes long to open them
		enginesAgree(outer, []string{"memory", "postgres, ahead", "postgres"}, func(kind string) (*Store, func() error) {
			if kind == "memory" {
				s := mustOpen(outer, Options{})
				return s, s.Close
			}
			if kept[kind] == nil {
				kept[kind] = mustOpen(outer, Options{URL: pgtest.Schema(outer), deaf: true})
				outer.Cleanup(func() { _ = kept[kind].Close() })
			}
			emptied(outer, kept[kind])
			return kept[kind], func() error { return nil }
		})
	})
}

// enginesAgree checks kinds of stores, of which open returns a new one and how it is
// closed.
func enginesAgree(outer *testing.T, kinds []string, open func(kind string) (*Store, func() error)) {
	rapid.Check(outer, func(t *rapid.T) {
		stores := make([]*Store, len(kinds))
		for i, kind := range kinds {
			s, end := open(kind)
			defer func() { _ = end() }()
			stores[i] = s
		}
		for range rapid.IntRange(1, 8).Draw(t, "writes") {
			calls := rapid.SliceOfN(rapid.Custom(drawCall), 1, 12).Draw(t, "calls")
			fail := rapid.IntRange(0, 3).Draw(t, "fail") == 0
			first := ""
			for i, s := range stores {
				write := s.Write
				if i%2 == 1 {
					write = s.WriteAhead
				}
				result := perform(s, write, calls, fail)
				if i == 0 {
					first = result
				}
				if diff := cmp.Diff(first, result); diff != "" {
					t.Fatalf("(-%s +%s)\n%s", kinds[0], kinds[i], diff)
				}
			}
		}
	})
}

// emptied takes all out of the database of some stores, and what they remember of it.
func emptied(t *testing.T, stores ...*Store) {
	t.Helper()
	_, err := stores[0].engine.(*postgresDB).pool.Exec(t.Context(), "DELETE FROM gatehouse_document; DELETE FROM gatehouse_served; DELETE FROM gatehouse_history; DELETE FROM gatehouse_commit; UPDATE gatehouse_counter SET value = 0")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stores {
		s.engine.(*postgresDB).known = -1
		s.engine.(*postgresDB).cache.clear()
		s.feed.mu.Lock()
		s.feed.last = 0
		s.feed.mu.Unlock()
	}
}

// perform runs calls in one write and describes what they and all that can be
// read afterwards return.
func perform(s *Store, write func(context.Context, Scope, func(*Tx) error) (Revision, error), calls []call, fail bool) string {
	ctx := context.Background()
	log := ""
	rev, err := write(ctx, Scope{}, func(tx *Tx) error {
		log = ""
		for _, c := range calls {
			log += c.run(tx) + "\n"
		}
		if fail {
			return errors.New("undo")
		}
		return nil
	})
	log += fmt.Sprintln("write:", rev, err, s.Revision())
	err = s.Read(ctx, func(tx *Tx) error {
		for _, parent := range parts {
			rows, err := tx.List("", "", "k", parent, "", Limit{})
			log += fmt.Sprintf("%q: %v %v\n", parent, rows, err)
		}
		return nil
	})
	all, err2 := s.Changes(ctx, 0, 0, "bare")
	return log + fmt.Sprintf("%v\n%+v %v", err, all, err2)
}

var parts = []string{"", "a", "a\x00", "a\x01", "a/", "a/b", "b", "\xff"}

// A call is one method of Tx with its arguments.
type call struct {
	method     string
	parent, id string
	limit      int
	doc        string
}

func drawCall(t *rapid.T) call {
	part := rapid.SampledFrom(parts)
	return call{
		method: rapid.SampledFrom([]string{"Get", "GetMany", "Has", "Put", "Put", "PutMany", "Insert", "Delete", "DeletePrefix", "List", "ListCreated", "ListPrefix", "ListIDs", "ListRange", "ListRangeIDs", "Publish", "Publish", "Retract"}).Draw(t, "method"),
		parent: part.Draw(t, "parent"),
		id:     part.Draw(t, "id"),
		limit:  rapid.IntRange(0, 3).Draw(t, "limit"),
		doc:    rapid.StringN(0, 4, 8).Draw(t, "doc"),
	}
}

func (c call) twoKeys() []Key {
	return []Key{{Kind: "k", Parent: c.parent, ID: c.id}, {Kind: "k", Parent: c.parent, ID: c.doc}}
}

func (c call) run(tx *Tx) string {
	k := Key{Kind: "k", Parent: c.parent, ID: c.id}
	kind := map[bool]string{true: "bare", false: "full"}[c.limit == 0]
	var value any
	var err error
	switch c.method {
	case "Get":
		value, err = tx.Get(k)
	case "GetMany":
		value, err = tx.GetMany(c.twoKeys())
	case "PutMany":
		keys := c.twoKeys()
		err = tx.PutMany([]Document{{keys[0], []byte(c.doc)}, {keys[1], []byte(c.doc + "2")}})
	case "Has":
		value, err = tx.Has(k)
	case "Put":
		err = tx.Put(k, []byte(c.doc))
	case "Insert":
		err = tx.Insert(k, []byte(c.doc))
	case "Delete":
		err = tx.Delete(k)
	case "DeletePrefix":
		err = tx.DeletePrefix("", "", "k", c.parent, c.id)
	case "List":
		value, err = tx.List("", "", "k", c.parent, c.id, Limit{Rows: c.limit})
	case "ListCreated":
		var rows []Row
		rows, err = tx.ListCreated("", "", "k", c.parent, "", 0, Limit{Rows: c.limit})
		for i := range rows {
			rows[i].Place = 0 // it is the engine's own
		}
		value = rows
	case "ListPrefix":
		value, err = tx.ListPrefix("", "", "k", c.parent, c.id)
	case "ListIDs":
		value, err = tx.ListIDs("", "", "k", c.parent, c.id)
	case "ListRange":
		value, err = tx.ListRange("", "", "k", c.parent, c.id, c.doc, Limit{})
	case "ListRangeIDs":
		value, err = tx.ListRangeIDs("", "", "k", c.parent, c.id, c.doc)
	case "Publish":
		err = tx.Publish(Served{Kind: kind, ID: c.id, Data: []byte(c.doc)})
	case "Retract":
		err = tx.Retract(kind, c.id)
	}
	return fmt.Sprintf("%+v: %v %v", c, value, err)
}
