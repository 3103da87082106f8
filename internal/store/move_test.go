package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// everything describes all that a store has, with its places and revisions.
func everything(t *testing.T, s *Store) string {
	t.Helper()
	text := ""
	mustRead(t, s, func(tx *Tx) error {
		rows, err := tx.ListCreated("111122223333", "us-east-1", "stage", "api", "", 0, Limit{})
		text = fmt.Sprintf("%+v %v\n", rows, err)
		last, pruned, err := tx.view.last(tx.ctx)
		text += fmt.Sprintln(last, pruned, err)
		return nil
	})
	rows, err := s.Changes(t.Context(), 0, 0)
	if errors.Is(err, ErrPruned) {
		rows, _, err = s.AllServed(t.Context())
	}
	return text + fmt.Sprintf("%+v %v", rows, err)
}

// A store that is moved to a PostgreSQL and back is what it was, and goes on.
func TestMove(t *testing.T) {
	dir, back, url := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "back"), pgtest.Schema(t)
	s := mustOpen(t, Options{Dir: dir})
	for i := range 30 {
		mustWrite(t, s, func(tx *Tx) error {
			for j := range 40 {
				if err := tx.Put(key(fmt.Sprint((i*7+j*13)%1009)), []byte(fmt.Sprint(i, j))); err != nil {
					return err
				}
			}
			return errors.Join(tx.Publish(Served{Kind: "k", ID: fmt.Sprint(i%20, "\x00"), Data: []byte{byte(i)}}), tx.Retract("k", fmt.Sprint((i+3)%20, "\x00")))
		})
	}
	want := everything(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	moved, err := Move(t.Context(), "sqlite://"+dir, url)
	if err != nil || moved.Documents == 0 || moved.Served == 0 {
		t.Fatal(moved, err)
	}
	s = mustOpen(t, Options{URL: url})
	if diff := cmp.Diff(want, everything(t, s)); diff != "" {
		t.Errorf("in PostgreSQL (-want +got)\n%s", diff)
	}
	if _, err := s.Renew(t.Context(), "node", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	_, err = Move(t.Context(), url, "sqlite://"+back)
	wantErr(t, "from a database that a process uses", err, ErrLocked)
	if err := s.EndLease(t.Context(), "node"); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, put(key("later"), "x"))
	want = everything(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Move(t.Context(), "sqlite://"+dir, url)
	wantErr(t, "to a database that is not empty", err, ErrNotEmpty)
	if _, err = Move(t.Context(), url, "sqlite://"+back); err != nil {
		t.Fatal(err)
	}
	_, err = Move(t.Context(), url, "sqlite://"+back)
	wantErr(t, "to a directory that is not empty", err, ErrNotEmpty)
	s = mustOpen(t, Options{Dir: back})
	defer s.Close()
	if diff := cmp.Diff(want, everything(t, s)); diff != "" {
		t.Errorf("in SQLite again (-want +got)\n%s", diff)
	}
	mustWrite(t, s, put(key("last"), "x"))
}

// What cannot be moved leaves nothing behind.
func TestMoveErrors(t *testing.T) {
	url := pgtest.Schema(t)
	dir := filepath.Join(t.TempDir(), "data")
	_, err := Move(t.Context(), "sqlite://"+dir, url)
	wantErr(t, "no store", err, ErrNoData)
	s := mustOpen(t, Options{Dir: dir})
	mustWrite(t, s, put(key("a"), "x"))
	_, err = Move(t.Context(), "sqlite://"+dir, url)
	wantErr(t, "a store that is open", err, ErrLocked)
	long := Key{Kind: "k", ID: string(make([]byte, maxPostgresKey))}
	mustWrite(t, s, put(long, "x"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Move(t.Context(), "sqlite://"+dir, url)
	wantErr(t, "a key that is too long", err, ErrTooLarge)
	s = mustOpen(t, Options{URL: url})
	defer s.Close()
	if doc := got(t, s, key("a")); doc != "not found" {
		t.Errorf("after an error: got %q", doc)
	}
	for _, places := range [][2]string{{"sqlite://", url}, {dir, url}, {"sqlite://" + dir, "sqlite://" + dir}, {url, url}, {"postgres://h:x/", "sqlite://x"}} {
		if _, err := Move(t.Context(), places[0], places[1]); err == nil {
			t.Errorf("%q: got no error", places)
		}
	}
	there := filepath.Join(t.TempDir(), "new", "dir")
	_, err = Move(t.Context(), "postgres://nobody@127.0.0.1:1/x", "sqlite://"+there)
	wantErr(t, "no database", err, ErrUnavailable)
	if _, err := os.Stat(there); err == nil {
		t.Error("a directory was made")
	}
}
