package usageplan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const (
	account = "000000000000"
	region  = "us-east-1"
)

// served is the id under which something of the test's account is served.
func served(id string) string { return snapshot.OfAccount(account, region, id) }

// A rig is a registry that a test publishes rows to, and the stage abc/prod.
type rig struct {
	*Registry
	t     testing.TB
	stage *Stage
	sink  *memorySink
}

func newRig(t testing.TB) *rig { return newRigOn(t, &memorySink{}, Options{}) }

func newRigOn(t testing.TB, sink *memorySink, o Options) *rig {
	o.Sink = sink
	r := &rig{Registry: New(o), t: t, sink: sink}
	r.stage = r.Stage(account, region, "abc", "prod")
	return r
}

func (r *rig) key(id, value string) {
	r.t.Helper()
	if err := r.SetKey(served(id), &snapshot.APIKey{ID: id, Value: value, Enabled: true}); err != nil {
		r.t.Fatal(err)
	}
}

// plan publishes a plan of the stage abc/prod.
func (r *rig) plan(id string, edit func(*snapshot.UsagePlan)) {
	r.t.Helper()
	p := &snapshot.UsagePlan{ID: id, Stages: []snapshot.PlanStage{{APIID: "abc", Stage: "prod"}}}
	if edit != nil {
		edit(p)
	}
	if err := r.SetPlan(served(id), p); err != nil {
		r.t.Fatal(err)
	}
}

// in puts keys in a plan.
func (r *rig) in(plan string, keys ...string) {
	r.t.Helper()
	var rows []PlanKey
	for _, key := range keys {
		rows = append(rows, PlanKey{Served: served(snapshot.PlanKeyID(plan, key))})
	}
	if err := r.SetPlanKeys(r.t.Context(), rows); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) out(plan, key string) {
	r.t.Helper()
	if err := r.SetPlanKeys(r.t.Context(), []PlanKey{{served(snapshot.PlanKeyID(plan, key)), true}}); err != nil {
		r.t.Fatal(err)
	}
}

// call is what comes of a call with a key, to GET /x: the outcome, or "forbidden".
func (r *rig) call(value string) string { return r.callAt(value, "/x/GET", time.Now()) }

func (r *rig) callAt(value, method string, now time.Time) string {
	a, ok := r.stage.Find(value)
	if !ok {
		return "forbidden"
	}
	return [...]string{"admitted", "throttled", "quota"}[r.stage.Admit(&a, method, limit.Bucket{}, now).Outcome]
}

// calls is what comes of so many calls, one letter each.
func (r *rig) calls(value string, n int) string {
	got := ""
	for range n {
		got += r.call(value)[:1]
	}
	return got
}

func (r *rig) expect(value, want string) {
	r.t.Helper()
	if got := r.calls(value, len(want)); got != want {
		r.t.Errorf("got %s, want %s", got, want)
	}
}

// usage is what Days says of a key, from and to days around today.
func (r *rig) usage(plan, key string, from, to int) string {
	r.t.Helper()
	now := time.Now()
	days, err := r.Days(r.t.Context(), account, region, plan, []string{key}, now.AddDate(0, 0, from), now.AddDate(0, 0, to))
	if err != nil {
		r.t.Fatal(err)
	}
	return fmt.Sprint(days[key])
}

func throttle(rate float64, burst int32) *snapshot.Throttle {
	return &snapshot.Throttle{RateLimit: &rate, BurstLimit: &burst}
}

// A memorySink is a Sink in memory, which fails when a test wants it to.
type memorySink struct {
	mu     sync.Mutex
	fails  bool
	saves  int
	states map[ID]State
	days   map[ID]map[Day]DayUsage
	aside  func()    // is called before and after Days looks; nil for nothing
	saving func(int) // is called with the number of records that are to be saved; nil for nothing
}

var errFails = errors.New("the disk is full")

func (s *memorySink) fail(fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = fails
}

func (s *memorySink) Load(_ context.Context, ids []ID, each func(ID, State, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails {
		return errFails
	}
	if ids == nil {
		ids = slices.Collect(maps.Keys(s.states))
	}
	for _, id := range ids {
		if state, ok := s.states[id]; ok {
			each(id, state, nil)
		}
	}
	return nil
}

func (s *memorySink) Save(_ context.Context, records []Record) error {
	if s.saving != nil {
		s.saving(len(records))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.saves++; s.fails {
		return errFails
	}
	if s.states == nil {
		s.states, s.days = make(map[ID]State), make(map[ID]map[Day]DayUsage)
	}
	for _, r := range records {
		s.states[r.ID] = r.State
		if r.Before != nil {
			if s.days[r.ID] == nil {
				s.days[r.ID] = make(map[Day]DayUsage)
			}
			s.days[r.ID][r.Before.Day] = *r.Before
		}
	}
	return nil
}

func (s *memorySink) Days(_ context.Context, of Plan, keys []string, from, to Day, each func(string, DayUsage)) error {
	if s.aside != nil {
		s.aside()
		defer s.aside()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		days := s.days[of.Key(key)]
		for _, d := range slices.Sorted(maps.Keys(days)) {
			if d >= from && d <= to {
				each(key, days[d])
			}
		}
	}
	return nil
}

func (s *memorySink) Prune(_ context.Context, before Day) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, days := range s.days {
		maps.DeleteFunc(days, func(d Day, _ DayUsage) bool { return d < before })
	}
	return nil
}
