package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A faulty engine fails where a test wants it to.
type faulty struct {
	engine
	begins   func() error
	puts     func(doc []byte) error
	commits  func() error
	attempts int // transactions begun
}

func (f *faulty) begin(ctx context.Context) (batch, error) {
	f.attempts++
	if err := f.begins(); err != nil {
		return nil, err
	}
	b, err := f.engine.begin(ctx)
	return &faultyBatch{b, f}, err
}

type faultyBatch struct {
	batch
	faulty *faulty
}

func (b *faultyBatch) put(ctx context.Context, key, doc []byte) error {
	if err := b.faulty.puts(doc); err != nil {
		return err
	}
	return b.batch.put(ctx, key, doc)
}

func (b *faultyBatch) commit(ctx context.Context, changes []Served, changed []slot) error {
	if err := b.faulty.commits(); err != nil {
		return err
	}
	return b.batch.commit(ctx, changes, changed)
}

// eachFaulty is each with a faulty engine around each engine.
func eachFaulty(t *testing.T, test func(t *testing.T, s *Store, f *faulty)) {
	each(t, func(t *testing.T, s *Store) {
		s.writer.stop()
		fine := func() error { return nil }
		f := &faulty{engine: s.engine, begins: fine, commits: fine, puts: func([]byte) error { return nil }}
		s.writer = startWriter(f, s.feed, s.writer.log)
		test(t, s, f)
	})
}

var errBroken = errors.New("broken")

// times returns a function that fails the first n times.
func times(n int) func() error {
	return func() error {
		if n--; n >= 0 {
			return errBroken
		}
		return nil
	}
}

func both(id string) func(*Tx) error {
	return func(tx *Tx) error { return errors.Join(put(key(id), id)(tx), publish("k", id, "")(tx)) }
}

func TestEngineFails(t *testing.T) {
	tests := map[string]struct {
		begins, commits int // how often they fail
		want            []error
		attempts        int
	}{
		"never":                         {0, 0, []error{nil, nil, nil}, 1},
		"the group's commit":            {0, 1, []error{nil, nil, nil}, 1 + 4},
		"the group and one of them":     {0, 1 + 2, []error{errBroken, nil, nil}, 1 + 4},
		"the group and all alone":       {0, 1 + 4, []error{errBroken, errBroken, errBroken}, 1 + 4},
		"one begin":                     {1, 0, []error{nil, nil, nil}, 4},
		"all begins":                    {4, 0, []error{errBroken, errBroken, errBroken}, 4},
		"the group's commit, then more": {0, 2, []error{nil, nil, nil}, 1 + 4},
	}
	eachFaulty(t, func(t *testing.T, s *Store, f *faulty) {
		for name, tt := range tests {
			mustWrite(t, s, func(tx *Tx) error { return tx.DeleteChildren("111122223333", "us-east-1", "stage", "api") })
			before := s.Revision()
			f.attempts, f.begins, f.commits = 0, times(tt.begins), times(tt.commits)
			out := together(t, s, both("0"), both("1"), both("2"))
			rev := before
			for i, o := range out {
				id := fmt.Sprint(i)
				wantErr(t, name+": write "+id, o.err, tt.want[i])
				want, doc := Revision(0), "not found"
				if tt.want[i] == nil {
					rev++
					want, doc = rev, id
				}
				if o.rev != want {
					t.Errorf("%s: write %s: got revision %d, want %d", name, id, o.rev, want)
				}
				if got := got(t, s, key(id)); got != doc {
					t.Errorf("%s: document %s: got %q, want %q", name, id, got, doc)
				}
			}
			if got := s.Revision(); got != rev {
				t.Errorf("%s: got revision %d at last, want %d", name, got, rev)
			}
			if f.attempts != tt.attempts {
				t.Errorf("%s: began %d times, want %d", name, f.attempts, tt.attempts)
			}
		}
	})
}

// What waits for an engine that does not answer learns so with the first of it: each would
// wait as long as that one has, one after the other.
func TestWritesFailTogether(t *testing.T) {
	eachFaulty(t, func(t *testing.T, s *Store, f *faulty) {
		f.attempts, f.commits = 0, times(1)
		f.begins = func() error {
			if f.attempts > 1 {
				return fmt.Errorf("gone: %w", ErrUnavailable)
			}
			return nil
		}
		for _, o := range together(t, s, both("0"), both("1"), both("2")) {
			wantErr(t, "a write that waits", o.err, ErrUnavailable)
		}
		if f.attempts != 2 {
			t.Errorf("began %d times, want 2", f.attempts)
		}
	})
}

// A connection that cannot begin a transaction is not tried again: it may never
// be able to. Here it has one already.
func TestBeginFails(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir()})
	defer s.Close()
	mustWrite(t, s, both("a"))
	if err := s.engine.(*sqliteDB).writer.script(t.Context(), sqlBeginNow); err != nil {
		t.Fatal(err)
	}
	if rev, err := s.Write(t.Context(), Scope{}, both("b")); err == nil || rev != 0 {
		t.Errorf("got %d, %v, want an error", rev, err)
	}
	if rev, err := s.Write(t.Context(), Scope{}, both("c")); err != nil || rev != 2 {
		t.Errorf("the next write: got %d, %v", rev, err)
	}
	for id, want := range map[string]string{"a": "a", "b": "not found", "c": "c"} {
		if doc := got(t, s, key(id)); doc != want {
			t.Errorf("%s: got %q, want %q", id, doc, want)
		}
	}
}

// What fails the engine within a group takes nobody along, even if its
// function hides it.
func TestPoison(t *testing.T) {
	eachFaulty(t, func(t *testing.T, s *Store, f *faulty) {
		f.puts = func(doc []byte) error {
			if string(doc) == "poison" {
				return errBroken
			}
			return nil
		}
		poison := put(key("p"), "poison")
		hidden := func(tx *Tx) error {
			_ = poison(tx)
			if err := put(key("q"), "")(tx); !errors.Is(err, errBroken) {
				t.Errorf("call after the failure: got %v", err)
			}
			return nil
		}
		out := together(t, s, both("a"), poison, both("b"), hidden, both("c"))
		for i, want := range []error{nil, errBroken, nil, errBroken, nil} {
			wantErr(t, fmt.Sprintf("write %d", i), out[i].err, want)
		}
		if out[0].rev != 1 || out[2].rev != 2 || out[4].rev != 3 {
			t.Errorf("got %v, want revisions 1, 2 and 3", out)
		}
		for id, want := range map[string]string{"a": "a", "b": "b", "c": "c", "p": "not found", "q": "not found"} {
			if doc := got(t, s, key(id)); doc != want {
				t.Errorf("%s: got %q, want %q", id, doc, want)
			}
		}
	})
}

// fillUp writes documents until there is no space, and returns how many.
func fillUp(t *testing.T, s *Store, prefix string) int {
	t.Helper()
	doc := bytes.Repeat([]byte{'x'}, 3000)
	for n := 0; ; n++ {
		k := key(fmt.Sprint(prefix, n))
		_, err := s.Write(t.Context(), Scope{}, func(tx *Tx) error {
			return errors.Join(tx.Put(k, doc), tx.Publish(Served{Kind: "full", ID: k.ID, Data: doc}))
		})
		if errors.Is(err, ErrFull) {
			if !strings.HasPrefix(err.Error(), "data directory "+s.engine.(*sqliteDB).dir.name+": no space left: ") {
				t.Errorf("got error %q", err)
			}
			if doc := got(t, s, k); doc != "not found" {
				t.Errorf("after the failure: got %d bytes, want not found", len(doc))
			}
			return n
		}
		if err != nil {
			t.Fatalf("write %d: %v", n, err)
		}
	}
}

// checkFilled reports what is missing of what fillUp wrote.
func checkFilled(t *testing.T, s *Store, prefix string, n int) {
	t.Helper()
	for i := range n {
		if doc := got(t, s, key(fmt.Sprint(prefix, i))); len(doc) != 3000 {
			t.Errorf("document %d of %d: got %q", i, n, doc)
		}
	}
}

func TestFileMayNotGrow(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir, maxPages: 100})
	n := fillUp(t, s, "a")
	if n < 20 {
		t.Fatalf("full after %d", n)
	}
	checkFilled(t, s, "a", n)
	rev := s.Revision()
	mustWrite(t, s, func(tx *Tx) error { return tx.Delete(key("a0")) })
	if next := mustWrite(t, s, publish("k", "x", "")); next != rev+1 {
		t.Errorf("got revision %d, want %d", next, rev+1)
	}
	mustWrite(t, s, put(key("a0"), strings.Repeat("x", 3000)))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = mustOpen(t, Options{Dir: dir})
	defer s.Close()
	checkFilled(t, s, "a", n)
	mustWrite(t, s, put(key("big"), strings.Repeat("x", 1<<20)))
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	mount(t, dir, 4<<20)
	ballast := filepath.Join(dir, "ballast")
	writeFile(t, ballast, strings.Repeat("x", 1<<20))
	s := mustOpen(t, Options{Dir: dir})
	a := fillUp(t, s, "a")
	checkFilled(t, s, "a", a)
	for range 3 {
		fillUp(t, s, "c") // stays full, and says so
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}

	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil { // may be; but not for good
		t.Log(err)
		wantErr(t, "Open", err, ErrFull)
	} else {
		fillUp(t, s, "d")
		checkFilled(t, s, "a", a)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		s = mustOpen(t, Options{Dir: dir})
	}
	defer s.Close()
	b := fillUp(t, s, "b")
	if b == 0 {
		t.Error("no write after space came back")
	}
	checkFilled(t, s, "a", a)
	checkFilled(t, s, "b", b)
}

// A damaged page fails who needs it, and nobody else.
func TestDamagedPage(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	fill(t, s, 2000)
	mustWrite(t, s, put(key("fine"), "fine"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	writeAt(t, filepath.Join(dir, databaseName), 300*4096, bytes.Repeat([]byte{0xa5}, 4096))
	s = mustOpen(t, Options{Dir: dir})
	defer s.Close()
	bad := 0
	for i := range 2000 {
		err := s.Read(t.Context(), func(tx *Tx) error { _, err := tx.Get(benchKey(i)); return err })
		_, err2 := s.Write(t.Context(), Scope{}, func(tx *Tx) error { _, err := tx.Get(benchKey(i)); return err })
		if err == nil && err2 == nil {
			continue
		}
		bad++
		for _, err := range []error{err, err2} {
			wantErr(t, "Get", err, ErrCorrupt)
		}
	}
	if bad == 0 || bad > 500 {
		t.Errorf("%d documents are damaged", bad)
	}
	if doc := got(t, s, key("fine")); doc != "fine" {
		t.Errorf("got %q, want fine", doc)
	}
	mustWrite(t, s, put(key("new"), "new"))
}
