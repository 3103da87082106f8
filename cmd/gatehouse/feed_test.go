package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// A flakyStore fails its first reads.
type flakyStore struct {
	published
	mu    sync.Mutex
	fails int
	err   error
}

func (s *flakyStore) fail() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails > 0 {
		s.fails--
		return s.err
	}
	return nil
}

func (s *flakyStore) AllServed(ctx context.Context, bare ...string) ([]store.Served, store.Revision, error) {
	if err := s.fail(); err != nil {
		return nil, 0, err
	}
	return s.published.AllServed(ctx, bare...)
}

func (s *flakyStore) Changes(ctx context.Context, after store.Revision, limit int, bare ...string) ([]store.Served, error) {
	if err := s.fail(); err != nil {
		return nil, err
	}
	return s.published.Changes(ctx, after, limit, bare...)
}

func newTestFeed(t testing.TB, wrap func(*store.Store) published) (*feed, *store.Store) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	backends, err := target.NewBackends(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFeed(wrap(st), slog.New(slog.DiscardHandler))
	f.gateway, f.backends = gateway.New(gateway.Options{Source: control.New(control.Options{Store: st})}), backends
	return f, st
}

func publishStages(t testing.TB, st *store.Store, n int) store.Revision {
	t.Helper()
	rev, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		for i := range n {
			data, err := json.Marshal(&snapshot.Stage{APIID: fmt.Sprint("api", i), Name: "prod"})
			if err != nil {
				return err
			}
			if err := tx.Publish(store.Served{Kind: control.ServedStage, ID: control.ServedID(fmt.Sprint("api", i), "prod"), Data: data}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

// A store that could not be read for a moment must not leave every later write
// waiting.
func TestFeedGoesOnAfterAFailedRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, st := newTestFeed(t, func(st *store.Store) published {
			return &flakyStore{published: st, fails: 2, err: errors.New("disk I/O error")}
		})
		defer func() { _ = st.Close() }()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go f.run(ctx)
		rev := publishStages(t, st, 1)
		within, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := f.wait(within, "", rev); err != nil {
			t.Fatalf("revision %d is not served: %v", rev, err)
		}
	})
}

// A feed that is so far behind that the store has forgotten what has gone finds
// out by what is left.
func TestFeedStartsOver(t *testing.T) {
	flaky := &flakyStore{err: store.ErrPruned}
	f, st := newTestFeed(t, func(st *store.Store) published { flaky.published = st; return flaky })
	defer func() { _ = st.Close() }()
	publishStages(t, st, 3)
	catchUp := func() {
		t.Helper()
		if err := f.catchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	catchUp()
	rev, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		return tx.Retract(control.ServedStage, control.ServedID("api1", "prod"))
	})
	if err != nil {
		t.Fatal(err)
	}
	flaky.published = forgetful{st}
	flaky.fails = 1
	catchUp()
	if got := f.position(); got != rev {
		t.Errorf("position %d, want %d", got, rev)
	}
	for api, status := range map[string]int{"api0": http.StatusInternalServerError, "api1": http.StatusNotFound, "api2": http.StatusInternalServerError} {
		answer := httptest.NewRecorder() // these have no deployment: the stage is known and cannot be loaded
		f.gateway.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_aws/execute-api/"+api+"/prod/", nil))
		if answer.Code != status {
			t.Errorf("%s answers %d, want %d", api, answer.Code, status)
		}
	}
}

// A forgetful store has no tombstones.
type forgetful struct{ *store.Store }

func (s forgetful) Changes(ctx context.Context, after store.Revision, limit int, bare ...string) ([]store.Served, error) {
	rows, err := s.Store.Changes(ctx, after, limit, bare...)
	return slices.DeleteFunc(rows, func(c store.Served) bool { return c.Deleted }), err
}

func TestFeedEndsWithTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, st := newTestFeed(t, func(st *store.Store) published { return st })
		ended := make(chan struct{})
		go func() { f.run(t.Context()); close(ended) }()
		synctest.Wait()
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		<-ended // else the test hangs, which synctest reports
	})
}

// One row that cannot be read leaves the others served.
func TestFeedPassesOverABrokenRow(t *testing.T) {
	f, st := newTestFeed(t, func(st *store.Store) published { return st })
	defer func() { _ = st.Close() }()
	if _, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		return tx.Publish(store.Served{Kind: control.ServedStage, ID: "broken/prod", Data: []byte("{")})
	}); err != nil {
		t.Fatal(err)
	}
	rev := publishStages(t, st, 3)
	if err := f.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.position(); got != rev {
		t.Errorf("position %d, want %d", got, rev)
	}
	for api, status := range map[string]int{"broken": http.StatusNotFound, "api0": http.StatusInternalServerError, "api2": http.StatusInternalServerError} {
		answer := httptest.NewRecorder() // these have no deployment: the stage is known and cannot be loaded
		f.gateway.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_aws/execute-api/"+api+"/prod/", nil))
		if answer.Code != status {
			t.Errorf("%s answers %d, want %d", api, answer.Code, status)
		}
	}
}

// Starting costs about as much as there are stages, not its square.
func BenchmarkCatchUp(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, st := newTestFeed(b, func(st *store.Store) published { return st })
			defer func() { _ = st.Close() }()
			publishStages(b, st, n)
			b.ReportAllocs()
			for b.Loop() {
				f.started = false
				if err := f.catchUp(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The tokens of a stage's throttles stay while the stage changes, and go with it.
func TestFeedForgetsThrottles(t *testing.T) {
	f, st := newTestFeed(t, func(st *store.Store) published { return st })
	defer func() { _ = st.Close() }()
	drained := func() bool {
		b := f.limits.Buckets(limit.Owner{API: "api0", Stage: "prod"}, map[string]limit.Rate{"//GET": {PerSecond: 0.001, Burst: 1}}, time.Now())["//GET"]
		return !b.Take(time.Now())
	}
	drained()
	publishStages(t, st, 1)
	if err := f.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !drained() {
		t.Error("a change of the stage filled the bucket")
	}
	if _, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		return tx.Retract(control.ServedStage, control.ServedID("api0", "prod"))
	}); err != nil {
		t.Fatal(err)
	}
	if err := f.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if drained() {
		t.Error("a stage that is gone left its tokens")
	}
}
