package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An outcome is what a Write returned.
type outcome struct {
	rev Revision
	err error
}

// together submits writes in order while another one runs, so that they form
// a group with it, and returns their outcomes. It must be called in a bubble.
func together(t *testing.T, s *Store, fns ...func(*Tx) error) []outcome {
	t.Helper()
	release := hold(s)
	out := make([]outcome, len(fns))
	var all sync.WaitGroup
	for i, fn := range fns {
		all.Go(func() { out[i].rev, out[i].err = s.Write(t.Context(), Scope{}, fn) })
		synctest.Wait()
	}
	release()
	all.Wait()
	return out
}

// hold keeps the writer busy until release is called.
func hold(s *Store) (release func()) {
	gate := make(chan struct{})
	go s.Write(context.Background(), Scope{}, func(*Tx) error { <-gate; return nil })
	synctest.Wait()
	return func() { close(gate) }
}

func TestFailureIsOnesOwn(t *testing.T) {
	failures := map[string]struct {
		fail func() error
		want string
	}{
		"error":  {func() error { return errors.New("refused") }, "refused"},
		"panic":  {func() error { panic("oops") }, "write panicked: oops"},
		"nil":    {func() error { var at *Key; return errors.New(at.ID) }, "write panicked: runtime error: invalid memory address or nil pointer dereference"},
		"goexit": {func() error { runtime.Goexit(); return nil }, "write ended its goroutine"},
	}
	each(t, func(t *testing.T, s *Store) {
		for name, tt := range failures {
			mustWrite(t, s, put(key("old"), "old"))
			before := s.Revision()
			out := together(t, s,
				func(tx *Tx) error { return errors.Join(put(key("first"), name)(tx), publish("k", "first", name)(tx)) },
				func(tx *Tx) error { return tt.fail() },
				func(tx *Tx) error {
					err := errors.Join(put(key("mine"), "")(tx), put(key("old"), "")(tx), put(key("first"), "")(tx), publish("k", "mine", "")(tx))
					return cmpOr(err, tt.fail())
				},
				func(tx *Tx) error {
					if doc, err := tx.Get(key("first")); string(doc) != name {
						return fmt.Errorf("Get: got %q, %v, want %q", doc, err, name)
					}
					return errors.Join(put(key("last"), name)(tx), publish("k", "last", name)(tx))
				})
			var errs []string
			for _, o := range out {
				errs = append(errs, fmt.Sprint(o.err))
			}
			if diff := cmp.Diff([]string{"<nil>", tt.want, tt.want, "<nil>"}, errs); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
			if out[0].rev != before+1 || out[3].rev != before+2 || out[2].rev != 0 {
				t.Errorf("%s: got revisions %v after %d", name, out, before)
			}
			for id, want := range map[string]string{"first": name, "last": name, "old": "old", "mine": "not found"} {
				if doc := got(t, s, key(id)); doc != want {
					t.Errorf("%s: document %s: got %q, want %q", name, id, doc, want)
				}
			}
			want := []string{fmt.Sprintf("%d k first=%s", before+1, name), fmt.Sprintf("%d k last=%s", before+2, name)}
			if diff := cmp.Diff(want, changes(t, s, before, 0)); diff != "" {
				t.Errorf("%s: changes (-want +got)\n%s", name, diff)
			}
		}
	})
}

func cmpOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func TestPanicIsLogged(t *testing.T) {
	var log bytes.Buffer
	s := mustOpen(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	_, err := s.Write(t.Context(), Scope{}, func(*Tx) error { panic("oops") })
	if err == nil {
		t.Error("got no error")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "oops") || !strings.Contains(text, "TestPanicIsLogged") {
		t.Errorf("no panic with its stack in the log: %s", text)
	}
}

func TestOrder(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		const n = 3*groupWrites + 5
		var ran, want []int
		var fns []func(*Tx) error
		for i := range n {
			want = append(want, i)
			fns = append(fns, func(tx *Tx) error { ran = append(ran, i); return publish("k", fmt.Sprint(i), "")(tx) })
		}
		for i, o := range together(t, s, fns...) {
			if o.rev != Revision(i+1) || o.err != nil {
				t.Errorf("write %d: got %v", i, o)
			}
		}
		if !slices.Equal(ran, want) {
			t.Errorf("ran %v", ran)
		}
	})
}

func TestCancelledBeforeItRuns(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		release := hold(s)
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		go func() {
			_, err = s.Write(ctx, Scope{}, func(*Tx) error { t.Error("ran"); return nil })
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		wantErr(t, "before the writer is free", err, context.Canceled)
		release()
		_, err = s.Write(ctx, Scope{}, func(*Tx) error { t.Error("ran"); return nil })
		wantErr(t, "with a context that is over", err, context.Canceled)
	})
}

func TestCancelledWhileItRuns(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.Write(ctx, Scope{}, func(tx *Tx) error {
			err := publish("k", "x", "")(tx)
			cancel()
			return errors.Join(err, put(key("a"), "a")(tx))
		})
		wantErr(t, "in its midst", err, context.Canceled)
		if r := s.Revision(); r != 0 {
			t.Errorf("revision %d is left", r)
		}
		ctx, cancel = context.WithCancel(t.Context())
		rev, err := s.Write(ctx, Scope{}, func(tx *Tx) error {
			defer cancel()
			return publish("k", "x", "")(tx)
		})
		if rev != 1 || err != nil {
			t.Errorf("at its end: got %d, %v, want the outcome", rev, err)
		}
	})
}

func TestTimeOfTransactions(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		begun := time.Now()
		slow := func(tx *Tx) error {
			for i := 0; ; i++ {
				if err := put(key(fmt.Sprint(i)), "x")(tx); err != nil {
					_ = put(key("after"), "x")(tx)
					return nil // it counts although the function forgets it
				}
				time.Sleep(time.Second)
			}
		}
		_, err := s.Write(t.Context(), Scope{}, slow)
		wantErr(t, "a write", err, ErrTimeout)
		if took := time.Since(begun); took > MaxWrite+time.Second {
			t.Errorf("a write took %v", took)
		}
		_, err = s.WriteAhead(t.Context(), Scope{}, slow)
		wantErr(t, "a write ahead", err, ErrTimeout)
		err = s.Read(t.Context(), func(tx *Tx) error {
			time.Sleep(MaxRead + 1)
			return tx.Err()
		})
		wantErr(t, "a read", err, ErrTimeout)
		mustRead(t, s, func(tx *Tx) error {
			if ids, err := tx.ListIDs("111122223333", "us-east-1", "stage", "api", ""); len(ids) != 0 || err != nil {
				t.Errorf("left %v, %v", ids, err)
			}
			return nil
		})
	})
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		gate := make(chan struct{})
		errs := make([]error, 3)
		for i := range errs {
			go func() {
				_, errs[i] = s.Write(t.Context(), Scope{}, func(tx *Tx) error { <-gate; return publish("k", fmt.Sprint(i), "")(tx) })
			}()
			synctest.Wait()
		}
		closed := make(chan error)
		go func() { closed <- s.Close() }()
		synctest.Wait()
		_, err := s.Write(t.Context(), Scope{}, func(*Tx) error { t.Error("ran"); return nil })
		wantErr(t, "Write while closing", err, ErrClosed)
		close(gate)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		for i, err := range errs {
			wantErr(t, fmt.Sprintf("write %d", i), err, nil)
		}
		wantErr(t, "Read", s.Read(t.Context(), func(*Tx) error { t.Error("ran"); return nil }), ErrClosed)
		_, err = s.Served(t.Context(), "k", "1")
		wantErr(t, "Served", err, ErrClosed)
		_, err = s.Changes(t.Context(), 0, 0)
		wantErr(t, "Changes", err, ErrClosed)
		wantErr(t, "second Close", s.Close(), nil)
	})
}

func TestCloseWaitsForReads(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, put(key("a"), "1"))
		gate, done := make(chan struct{}), false
		go s.Read(t.Context(), func(tx *Tx) error {
			<-gate
			if doc, err := tx.Get(key("a")); string(doc) != "1" {
				t.Errorf("got %q, %v while closing", doc, err)
			}
			done = true
			return nil
		})
		synctest.Wait()
		go close(gate)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if !done {
			t.Error("closed under a read")
		}
	})
}

func TestReadSeesOneSnapshot(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		pair := func(doc string) func(*Tx) error {
			return func(tx *Tx) error { return errors.Join(put(key("a"), doc)(tx), put(key("b"), doc)(tx)) }
		}
		mustWrite(t, s, pair("1"))
		mustRead(t, s, func(tx *Tx) error {
			a, _ := tx.Get(key("a"))
			mustWrite(t, s, pair("2")) // a read does not keep writes waiting
			if doc := got(t, s, key("b")); doc != "2" {
				t.Errorf("new read: got %s, want 2", doc)
			}
			b, _ := tx.Get(key("b"))
			if string(a) != "1" || string(b) != "1" {
				t.Errorf("old read: got %s and %s, want 1 and 1", a, b)
			}
			return nil
		})
	})
}

func TestReadsDoNotWaitForWrites(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, put(key("a"), "1"))
		mustWrite(t, s, func(tx *Tx) error {
			if err := put(key("a"), "2")(tx); err != nil {
				return err
			}
			if doc := got(t, s, key("a")); doc != "1" {
				t.Errorf("got %s from a transaction that runs, want 1", doc)
			}
			return nil
		})
	})
}

// Reads beyond the pool wait for their turn, or for the end of their context.
func TestManyReads(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		gate := make(chan struct{})
		for range 100 {
			go s.Read(t.Context(), func(*Tx) error { <-gate; return nil })
		}
		synctest.Wait()
		if db, ok := s.engine.(*sqliteDB); ok && len(db.readers) > 0 {
			t.Fatalf("%d connections left", len(db.readers))
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, ok := s.engine.(*sqliteDB); ok {
			wantErr(t, "cancelled Read", s.Read(ctx, func(*Tx) error { return nil }), context.Canceled)
		}
		for range 100 {
			gate <- struct{}{}
		}
		synctest.Wait()
	})
}

// However many writes one account has waiting, another's is next but one, and those
// of one account keep their order.
func TestAccountsTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		var order []string
		var wg sync.WaitGroup
		submit := func(account string, n int) {
			for i := range n {
				wg.Go(func() {
					_, err := s.Write(t.Context(), Scope{Account: account}, func(*Tx) error {
						order = append(order, fmt.Sprint(account, i))
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
			}
		}
		release := hold(s)
		submit("many", 5)
		submit("few", 2)
		submit("one", 1)
		release()
		wg.Wait()
		want := []string{"many0", "few0", "one0", "many1", "few1", "many2", "many3", "many4"}
		if !slices.Equal(order, want) {
			t.Errorf("got  %v\nwant %v", order, want)
		}
	})
}
