package replica

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A database is a store that can be away, and have another name of its history.
type database struct {
	*store.Store
	mu   sync.Mutex
	away bool
}

func (d *database) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return fmt.Errorf("cut off: %w", store.ErrUnavailable)
	}
	return nil
}

func (d *database) Everything(ctx context.Context, bare ...string) ([]store.Served, store.Stand, error) {
	if err := d.err(); err != nil {
		return nil, store.Stand{}, err
	}
	return d.Store.Everything(ctx, bare...)
}

func (d *database) Follow(ctx context.Context, from store.Stand, limit int, bare ...string) ([]store.Served, store.Stand, error) {
	if err := d.err(); err != nil {
		return nil, from, err
	}
	return d.Store.Follow(ctx, from, limit, bare...)
}

func (d *database) Served(ctx context.Context, kind, id string) (store.Served, error) {
	if err := d.err(); err != nil {
		return store.Served{}, err
	}
	return d.Store.Served(ctx, kind, id)
}

func (d *database) Stand(ctx context.Context, from store.Stand) (store.Stand, error) {
	if err := d.err(); err != nil {
		return store.Stand{}, err
	}
	return d.Store.Stand(ctx, from)
}

func (d *database) set(away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = away
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err == nil {
		_, err = st.NameGeneration(t.Context(), "first", false)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return &database{Store: st}
}

// publish publishes a row, or takes it back where data is "".
func (d *database) publish(t *testing.T, kind, id, data string) {
	t.Helper()
	if _, err := d.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		if data == "" {
			return tx.Retract(kind, id)
		}
		return tx.Publish(store.Served{Kind: kind, ID: id, Data: []byte(data)})
	}); err != nil {
		t.Fatal(err)
	}
}

const lazyKind = "large"

func open(t *testing.T, d *database, dir string, keys *secrets.Keyring) *Source {
	t.Helper()
	s, err := Open(t.Context(), Options{Database: d, Dir: dir, Keys: keys, Lazy: []string{lazyKind}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A follower has what a feed would serve.
type follower struct {
	*Source
	at   store.Revision
	rows map[string]string
}

// begin is the first reading of a feed.
func begin(t *testing.T, s *Source) *follower {
	t.Helper()
	f := &follower{Source: s, rows: make(map[string]string)}
	f.startOver(t)
	f.catchUp(t)
	return f
}

func (f *follower) startOver(t *testing.T) {
	t.Helper()
	rows, rev, err := f.AllServed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clear(f.rows)
	f.take(rows)
	f.at = rev
}

func (f *follower) take(rows []store.Served) {
	for _, r := range rows {
		if id := r.Kind + " " + r.ID; r.Deleted {
			delete(f.rows, id)
		} else {
			f.rows[id] = string(r.Data)
		}
	}
}

func (f *follower) catchUp(t *testing.T) {
	t.Helper()
	for {
		rows, err := f.Changes(t.Context(), f.at, 2)
		if err == store.ErrPruned {
			f.startOver(t)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			return
		}
		f.take(rows)
		f.at = rows[len(rows)-1].Revision
	}
}

func (f *follower) want(t *testing.T, c Condition, rows string) {
	t.Helper()
	if got := fmt.Sprint(f.rows); got != "map["+rows+"]" {
		t.Errorf("served: %s, want %s", got, rows)
	}
	if got := f.State().Condition; got != c {
		t.Errorf("condition %s, want %s", got, c)
	}
}

// TestAway serves on while the database is away, also after a restart, no older revision
// than before, and follows it again when it is back.
func TestAway(t *testing.T) {
	for name, keys := range map[string]*secrets.Keyring{"plain": nil, "sealed": secrets.New()} {
		t.Run(name, func(t *testing.T) {
			d, dir := newDatabase(t), t.TempDir()
			d.publish(t, "key", "1", "a-secret-value")
			d.publish(t, "key", "2", "b")
			d.publish(t, lazyKind, "1", "whole")
			s := open(t, d, dir, keys)
			f := begin(t, s)
			f.want(t, Follows, "key 1:a-secret-value key 2:b large 1:")
			d.publish(t, "key", "2", "")
			d.publish(t, "key", "3", "c")
			f.catchUp(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go s.Run(ctx)
			for deadline := time.Now().Add(10 * time.Second); s.State().Unfetched > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("what is read when it is needed is not fetched")
				}
			}
			cancel()
			d.set(true)
			f.catchUp(t)
			f.want(t, Away, "key 1:a-secret-value key 3:c large 1:")
			if row, err := s.Served(t.Context(), lazyKind, "1"); string(row.Data) != "whole" || err != nil {
				t.Errorf("got %q, %v", row.Data, err)
			}
			_ = s.Close()

			s = open(t, d, dir, keys)
			f = begin(t, s)
			f.want(t, Away, "key 1:a-secret-value key 3:c large 1:")
			if row, err := s.Served(t.Context(), lazyKind, "1"); string(row.Data) != "whole" || err != nil {
				t.Errorf("after a restart: got %q, %v", row.Data, err)
			}
			d.publish(t, "key", "4", "d")
			d.publish(t, lazyKind, "1", "")
			d.set(false)
			f.catchUp(t)
			f.want(t, Follows, "key 1:a-secret-value key 3:c key 4:d")
			if f.at != d.Revision() {
				t.Errorf("at %d, the database is at %d", f.at, d.Revision())
			}
			_ = s.Close()
			sealed := keys != nil
			if readable := contains(t, dir, "a-secret-value"); readable == sealed {
				t.Errorf("a value can be read on the disk: %v", readable)
			}
		})
	}
}

// TestBackWithoutChanges looks at a database that was away, and in which nothing has changed
// meanwhile: no commit comes that would have anybody ask for changes.
func TestBackWithoutChanges(t *testing.T) {
	d := newDatabase(t)
	d.publish(t, "key", "1", "a")
	s := open(t, d, t.TempDir(), nil)
	f := begin(t, s)
	for _, away := range []bool{true, false} {
		d.set(away)
		if _, err := s.Check(t.Context()); (err != nil) != away {
			t.Fatalf("away %v: %v", away, err)
		}
	}
	f.want(t, Follows, "key 1:a")
	d.set(true)
	_, _ = s.Check(t.Context())
	d.publish(t, "key", "2", "b")
	d.set(false)
	_, _ = s.Check(t.Context())
	f.want(t, Away, "key 1:a") // there is something to be followed
	f.catchUp(t)
	f.want(t, Follows, "key 1:a key 2:b")
}

// contains reports whether a file in a directory has a text. All are their owner's alone.
func contains(t *testing.T, dir, text string) (found bool) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found = found || strings.Contains(string(content), text)
		if info, _ := os.Stat(name); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %s", name, info.Mode())
		}
	}
	return found
}

// TestOlderDatabase follows no database that is at an older revision than was served, nor
// one of another history before a restart.
func TestOlderDatabase(t *testing.T) {
	d, dir := newDatabase(t), t.TempDir()
	d.publish(t, "key", "1", "a")
	d.publish(t, "key", "2", "b")
	s := open(t, d, dir, nil)
	f := begin(t, s)
	older := newDatabase(t)
	older.publish(t, "key", "1", "old")
	s.db = older
	f.catchUp(t)
	f.want(t, Behind, "key 1:a key 2:b")
	_ = s.Close()

	s = open(t, older, dir, nil)
	f = begin(t, s)
	f.want(t, Behind, "key 1:a key 2:b")
	older.publish(t, "key", "2", "b")
	older.publish(t, "key", "3", "c")
	f.catchUp(t)
	f.want(t, Follows, "key 1:a key 2:b key 3:c")

	if _, err := older.NameGeneration(t.Context(), "second", true); err != nil {
		t.Fatal(err)
	}
	older.publish(t, "key", "3", "d")
	f.catchUp(t)
	f.want(t, Replaced, "key 1:a key 2:b key 3:c")
	_ = s.Close()
	s = open(t, older, dir, nil)
	begin(t, s).want(t, Follows, "key 1:old key 2:b key 3:d")
}

// TestDamagedCopy starts from the database where the copy is damaged, sealed under another
// key, or nothing, and fails where the database is away then.
func TestDamagedCopy(t *testing.T) {
	d, keys := newDatabase(t), secrets.New()
	d.publish(t, "key", "1", "a")
	for name, spoil := range map[string]func(*Source) (*secrets.Keyring, error){
		"another key": func(*Source) (*secrets.Keyring, error) { return secrets.New(), nil },
		"a broken row": func(s *Source) (*secrets.Keyring, error) {
			_, err := s.own.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
				return tx.Put(rowKey(s.at.Slot, "key", "1"), []byte("p12345678ccccdata"))
			})
			return keys, err
		},
		"no stand": func(s *Source) (*secrets.Keyring, error) {
			_, err := s.own.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error { return tx.Put(standKey, []byte("{")) })
			return keys, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, d, dir, keys)
			begin(t, s)
			other, err := spoil(s)
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			d.set(true)
			s = open(t, d, dir, other)
			if _, _, err := s.AllServed(t.Context()); err == nil {
				t.Error("it is served")
			}
			d.set(false)
			begin(t, s).want(t, Follows, "key 1:a")
		})
	}
}

// TestFullDisk serves on when the disk does not keep what is served, and keeps all of it
// when that is possible again.
func TestFullDisk(t *testing.T) {
	d, dir := newDatabase(t), t.TempDir()
	d.publish(t, "key", "1", "a")
	s := open(t, d, dir, nil)
	f := begin(t, s)
	_ = s.own.Close()
	d.publish(t, "key", "2", "b")
	f.catchUp(t)
	f.want(t, Follows, "key 1:a key 2:b")
	if s.State().DiskError == nil {
		t.Error("nobody is told")
	}
	own, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s.own, s.disk.store = own, own
	s.broken = s.broken.Add(-2 * mendEvery)
	f.catchUp(t)
	if err := s.State().DiskError; err != nil {
		t.Error(err)
	}
	_ = s.Close()
	d.set(true)
	begin(t, open(t, d, dir, nil)).want(t, Away, "key 1:a key 2:b")
}
