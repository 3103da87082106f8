package feed

import (
	"context"
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

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// A flakyStore fails its first reads.
type flakyStore struct {
	Store
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
	return s.Store.AllServed(ctx, bare...)
}

func (s *flakyStore) Changes(ctx context.Context, after store.Revision, limit int, bare ...string) ([]store.Served, error) {
	if err := s.fail(); err != nil {
		return nil, err
	}
	return s.Store.Changes(ctx, after, limit, bare...)
}

func newTestFeed(t testing.TB, wrap func(*store.Store) Store) (*Feed, *store.Store) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	backends, err := target.NewBackends(nil)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Store: wrap(st), Gateway: gateway.New(gateway.Options{Source: Deployments{Store: st}}), Backends: backends,
		Limits: limit.NewRegistry(), Plans: usageplan.New(usageplan.Options{}), Authorizers: authz.NewCache(authz.DefaultCacheBytes), Log: slog.New(slog.DiscardHandler),
	}), st
}

func publishStages(t testing.TB, st *store.Store, n int) store.Revision {
	t.Helper()
	rev, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		for i := range n {
			data, err := snapshot.Encode(snapshot.ServedStage, &snapshot.Stage{APIID: fmt.Sprint("api", i), Name: "prod"})
			if err != nil {
				return err
			}
			if err := tx.Publish(store.Served{Kind: snapshot.ServedStage, ID: snapshot.ServedID(fmt.Sprint("api", i), "prod"), Data: data}); err != nil {
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
		f, st := newTestFeed(t, func(st *store.Store) Store {
			return &flakyStore{Store: st, fails: 2, err: errors.New("disk I/O error")}
		})
		defer func() { _ = st.Close() }()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go f.Run(ctx)
		rev := publishStages(t, st, 1)
		within, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := f.Wait(within, store.Scope{}, rev); err != nil {
			t.Fatalf("revision %d is not served: %v", rev, err)
		}
	})
}

// A feed that is so far behind that the store has forgotten what has gone finds
// out by what is left.
func TestFeedStartsOver(t *testing.T) {
	flaky := &flakyStore{err: store.ErrPruned}
	f, st := newTestFeed(t, func(st *store.Store) Store { flaky.Store = st; return flaky })
	defer func() { _ = st.Close() }()
	publishStages(t, st, 3)
	catchUp := func() {
		t.Helper()
		if err := f.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	catchUp()
	rev, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		return tx.Retract(snapshot.ServedStage, snapshot.ServedID("api1", "prod"))
	})
	if err != nil {
		t.Fatal(err)
	}
	flaky.Store = forgetful{st}
	flaky.fails = 1
	catchUp()
	if got := f.Position(); got != rev {
		t.Errorf("position %d, want %d", got, rev)
	}
	for api, status := range map[string]int{"api0": http.StatusInternalServerError, "api1": http.StatusNotFound, "api2": http.StatusInternalServerError} {
		answer := httptest.NewRecorder() // these have no deployment: the stage is known and cannot be loaded
		f.gateway.Handler(gateway.Entrance{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_aws/execute-api/"+api+"/prod/", nil))
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
		f, st := newTestFeed(t, func(st *store.Store) Store { return st })
		ended := make(chan struct{})
		go func() { f.Run(t.Context()); close(ended) }()
		synctest.Wait()
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		<-ended // else the test hangs, which synctest reports
	})
}

// Starting costs about as much as there are stages, not its square.
func BenchmarkCatchUp(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, st := newTestFeed(b, func(st *store.Store) Store { return st })
			defer func() { _ = st.Close() }()
			publishStages(b, st, n)
			b.ReportAllocs()
			for b.Loop() {
				f.started = false
				if err := f.CatchUp(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The tokens of a stage's throttles stay while the stage changes, and go with it.
func TestFeedForgetsThrottles(t *testing.T) {
	f, st := newTestFeed(t, func(st *store.Store) Store { return st })
	defer func() { _ = st.Close() }()
	drained := func() bool {
		b := f.limits.Buckets(limit.OwnerStage("api0", "prod"), map[string]limit.Rate{"//GET": {PerSecond: 0.001, Burst: 1}}, time.Now())["//GET"]
		return !f.limits.Take(b, 1, time.Now())
	}
	drained()
	publishStages(t, st, 1)
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !drained() {
		t.Error("a change of the stage filled the bucket")
	}
	if _, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		return tx.Retract(snapshot.ServedStage, snapshot.ServedID("api0", "prod"))
	}); err != nil {
		t.Fatal(err)
	}
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if drained() {
		t.Error("a stage that is gone left its tokens")
	}
	stage := &snapshot.Stage{APIID: "api0", Name: "prod"}
	f.applyStages([]gateway.Change{{APIID: "api0", Name: "prod"}, {APIID: "api0", Name: "prod", Stage: stage}})
	if !drained() {
		t.Error("a stage that came again before it was missed lost the tokens that it had taken")
	}
}
