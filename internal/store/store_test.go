package store

import (
	"context"
	"errors"
	"testing"
)

// each runs test on a fresh store of each engine.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	for name, o := range map[string]Options{"memory": {}, "disk": {Dir: "dir"}} {
		t.Run(name, func(t *testing.T) {
			if o.Dir != "" {
				o.Dir = t.TempDir()
			}
			s, err := Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			test(t, s)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSanity(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		k := Key{"1", "r", "kind", "p", "id"}
		rev, err := s.Write(ctx, Scope{}, func(tx *Tx) error {
			if err := tx.Insert(k, nil); err != nil {
				return err
			}
			if err := tx.Insert(k, nil); !errors.Is(err, ErrExists) {
				t.Error(err)
			}
			return tx.Publish(Served{Kind: "stage", ID: "x", Data: []byte("d")})
		})
		if rev != 1 || err != nil {
			t.Fatal(rev, err)
		}
		_, err = s.Write(ctx, Scope{}, func(tx *Tx) error {
			tx.Put(k, []byte("zz"))
			tx.Retract("stage", "x")
			return errors.New("no")
		})
		t.Log(err)
		err = s.Read(ctx, func(tx *Tx) error {
			doc, err := tx.Get(k)
			t.Logf("%q %v", doc, err)
			rows, err := tx.List("1", "r", "kind", "p", "", 0)
			t.Logf("%q %v", rows, err)
			return nil
		})
		t.Log(err)
		c, err := s.Changes(ctx, 0, 0, "stage")
		t.Log(c, err)
		x, err := s.Served(ctx, "stage", "x")
		t.Log(x, err)
	})
}
