package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

func newUsage(t testing.TB, dir string) Usage {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return Usage{st}
}

func memberID(plan, key string) usageplan.ID {
	return usageplan.Plan{Account: "000000000000", Region: "us-east-1", ID: plan}.Key(key)
}

// What is saved is loaded, one by one and all, and days are found in their order.
func TestUsage(t *testing.T) {
	u := newUsage(t, "")
	state := usageplan.State{Period: 20786, Spent: -3, Day: 20790, Calls: 7}
	var records []usageplan.Record
	for i := range 2500 {
		id := memberID("p1", fmt.Sprintf("k%04d", i))
		records = append(records, usageplan.Record{ID: id, State: state, Before: &usageplan.DayUsage{Day: 20789, Calls: int64(i), Left: -1}})
	}
	records[0].Before.Day = 20780
	for range 2 { // saving again changes nothing
		if err := u.Save(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	if err := u.Save(t.Context(), []usageplan.Record{{ID: records[0].ID, State: state, Before: &usageplan.DayUsage{Day: 20781, Calls: 5, Left: 9}}}); err != nil {
		t.Fatal(err)
	}
	for _, ids := range [][]usageplan.ID{nil, {records[7].ID, memberID("p1", "nobody"), records[8].ID}} {
		got := make(map[usageplan.ID]usageplan.State)
		if err := u.Load(t.Context(), ids, func(id usageplan.ID, s usageplan.State, _ error) { got[id] = s }); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 2500, false: 2}[ids == nil]; len(got) != want || got[records[7].ID] != state {
			t.Errorf("%d states, want %d; %+v", len(got), want, got[records[7].ID])
		}
	}
	plan := usageplan.Plan{Account: "000000000000", Region: "us-east-1", ID: "p1"}
	days := func(from, to usageplan.Day) (got []string) {
		err := u.Days(t.Context(), plan, []string{"k0000", "k000", "k0009"}, from, to, func(key string, d usageplan.DayUsage) {
			got = append(got, fmt.Sprint(key, d))
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if d := cmp.Diff([]string{"k0000{20780 0 -1}", "k0000{20781 5 9}", "k0009{20789 9 -1}"}, days(20780, 20789)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"k0000{20781 5 9}"}, days(20781, 20788)); d != "" {
		t.Error(d)
	}
}

// Days that are older than those to be kept go, and the states of keys that have not
// called since.
func TestUsageIsPruned(t *testing.T) {
	u := newUsage(t, "")
	var records []usageplan.Record
	for i := range 1500 {
		day := usageplan.Day(20000 + i)
		records = append(records, usageplan.Record{
			ID: memberID("p1", fmt.Sprintf("k%04d", i)), State: usageplan.State{Day: day}, Before: &usageplan.DayUsage{Day: day - 1},
		})
	}
	records = append(records, usageplan.Record{ID: memberID("p1", "spent"), State: usageplan.State{Day: 20670, Period: 20670, Spent: 5}}) // of a month that goes on
	if err := u.Save(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if err := u.Prune(t.Context(), 20700); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]int{kindUsage: 801, kindUsageDay: 799} {
		n := 0
		if err := u.all(t.Context(), kind, func(rows []store.Row) error { n += len(rows); return nil }); err != nil {
			t.Fatal(err)
		}
		if n != want {
			t.Errorf("%d documents of %s are left, want %d", n, kind, want)
		}
	}
}

// A document that cannot be read is an error of its key, and no count of 0.
func TestUsageThatCannotBeRead(t *testing.T) {
	u := newUsage(t, "")
	if _, err := u.Store.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		return tx.Put(usageKey(memberID("p1", "k1")), []byte("{"))
	}); err != nil {
		t.Fatal(err)
	}
	for _, ids := range [][]usageplan.ID{nil, {memberID("p1", "k1")}} {
		var got []string
		err := u.Load(t.Context(), ids, func(id usageplan.ID, _ usageplan.State, err error) { got = append(got, fmt.Sprint(id, " ", err)) })
		if err != nil || len(got) != 1 || got[0] != ofAccount+"p1/k1 unexpected end of JSON input" {
			t.Errorf("%v, got %q", err, got)
		}
	}
}

// callerRows are the rows of a key in a plan of the stage a/prod.
func callerRows(key, value string) [][3]string {
	return [][3]string{
		{snapshot.ServedUsagePlanKey, ofAccount + snapshot.PlanKeyID("p1", key), text(&snapshot.UsagePlanKey{Account: "000000000000", Region: "us-east-1", PlanID: "p1", KeyID: key})},
		{snapshot.ServedAPIKey, ofAccount + key, text(&snapshot.APIKey{ID: key, Account: "000000000000", Region: "us-east-1", Value: value, Enabled: true})},
		{snapshot.ServedUsagePlan, ofAccount + "p1", text(&snapshot.UsagePlan{ID: "p1", Account: "000000000000", Region: "us-east-1",
			Stages: []snapshot.PlanStage{{APIID: "a", Stage: "prod"}}})},
	}
}

// opens reports whether the value of a key opens the stage a/prod.
func opens(f *Feed, value string) bool {
	_, ok := f.plans.Stage("000000000000", "us-east-1", "a", "prod").Find(value)
	return ok
}

// A key, a plan and a key in a plan whose row cannot be read lets nobody in, until
// there is a row that can. The log never has a value.
func TestCallerRowThatCannotBeRead(t *testing.T) {
	for i, kind := range []string{"key in plan", "key", "plan"} {
		for _, data := range []string{"{", "null", `{"id": "other"}`, `{"id": "k1", "value": 7}`} {
			t.Run(kind+" "+data, func(t *testing.T) {
				d := newDoctored(t)
				rows := callerRows("k1", "value-of-the-key-k1")
				d.publish(rows...)
				if !opens(d.Feed, "value-of-the-key-k1") {
					t.Fatal("the key does not open the stage")
				}
				d.publish([3]string{rows[i][0], rows[i][1], data})
				if opens(d.Feed, "value-of-the-key-k1") {
					t.Error("the key opens the stage")
				}
				if log := d.log.String(); !strings.Contains(log, rows[i][1]) || strings.Contains(log, "value-of") {
					t.Errorf("log %q", log)
				}
				d.publish(rows[i])
				if !opens(d.Feed, "value-of-the-key-k1") {
					t.Error("the key does not open the stage again")
				}
			})
		}
	}
}

// Keys and plans of which a feed that starts over finds nothing are gone.
func TestCallersThatAreGone(t *testing.T) {
	for _, gone := range callerRows("k1", "value-of-the-key-k1") {
		t.Run(gone[0], func(t *testing.T) {
			d := newDoctored(t)
			d.publish(callerRows("k1", "value-of-the-key-k1")...)
			if _, err := d.st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error { return tx.Retract(gone[0], gone[1]) }); err != nil {
				t.Fatal(err)
			}
			d.started = false
			if err := d.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if opens(d.Feed, "value-of-the-key-k1") {
				t.Error("the key opens the stage")
			}
		})
	}
}

// A failingSink cannot be read while it fails.
type failingSink struct {
	usageplan.Sink
	fails bool
}

func (s *failingSink) Load(ctx context.Context, ids []usageplan.ID, each func(usageplan.ID, usageplan.State, error)) error {
	if s.fails {
		return errors.New("the disk is gone")
	}
	return s.Sink.Load(ctx, ids, each)
}

// A stage that is gone when a feed starts over, and cannot read what keys have used, is
// gone when it can.
func TestStartsOverWithoutUsage(t *testing.T) {
	d := newDoctored(t)
	sink := &failingSink{Sink: Usage{d.st}}
	d.plans = usageplan.New(usageplan.Options{Sink: sink})
	stage := stageRow("a")
	d.publish(deploymentRow("a"), stage)
	_, err := d.st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
		for _, r := range callerRows("k1", "value-of-the-key-k1") {
			if err := tx.Publish(store.Served{Kind: r[0], ID: r[1], Data: []byte(r[2])}); err != nil {
				return err
			}
		}
		return tx.Retract(stage[0], stage[1])
	})
	if err != nil {
		t.Fatal(err)
	}
	d.started, sink.fails = false, true
	if err := d.CatchUp(t.Context()); err == nil || d.status("a") != http.StatusOK {
		t.Fatalf("%v, and the stage answers %d", err, d.status("a"))
	}
	sink.fails = false
	if err := d.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.status("a"); got != http.StatusNotFound || !opens(d.Feed, "value-of-the-key-k1") {
		t.Errorf("the stage that is gone answers %d; the key opens its own: %v", got, opens(d.Feed, "value-of-the-key-k1"))
	}
}

// BenchmarkStartWithKeys is the start of a server with 100,000 keys in 1,000 plans,
// each of which has called.
func BenchmarkStartWithKeys(b *testing.B) {
	const keys = 100_000
	u := newUsage(b, b.TempDir())
	for from := 0; from < keys; from += 5000 {
		var records []usageplan.Record
		_, err := u.Store.Write(b.Context(), store.Scope{}, func(tx *store.Tx) error {
			records = records[:0]
			for i := from; i < from+5000; i++ {
				key, plan := fmt.Sprintf("key%07d", i), fmt.Sprint("plan", i/100)
				rows := callerRows(key, fmt.Sprintf("%040d", i))
				rows[0][1], rows[0][2] = ofAccount+snapshot.PlanKeyID(plan, key), text(&snapshot.UsagePlanKey{Account: "000000000000", Region: "us-east-1", PlanID: plan, KeyID: key})
				rows[2][1], rows[2][2] = ofAccount+plan, strings.Replace(rows[2][2], `"p1"`, `"`+plan+`"`, 1)
				if i%100 != 0 {
					rows = rows[:2]
				}
				for _, r := range rows {
					if err := tx.Publish(store.Served{Kind: r[0], ID: r[1], Data: []byte(r[2])}); err != nil {
						return err
					}
				}
				records = append(records, usageplan.Record{ID: memberID(plan, key), State: usageplan.State{Period: 20786, Spent: 5, Day: 20790, Calls: 7}})
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := u.Save(b.Context(), records); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		f := New(Options{Store: u.Store, Limits: limit.NewRegistry(), Plans: usageplan.New(usageplan.Options{Sink: u}), Gateway: gateway.New(gateway.Options{})})
		if err := f.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
		if !opens(f, fmt.Sprintf("%040d", keys-1)) {
			b.Fatal("the last key does not open its stage")
		}
	}
}

// BenchmarkDaysOfAMonth is GetUsage of a busy month of a page of keys.
func BenchmarkDaysOfAMonth(b *testing.B) {
	u := newUsage(b, b.TempDir())
	keys := make([]string, 25)
	for i := range keys {
		keys[i] = fmt.Sprintf("key%07d", i)
	}
	today := usageplan.DayOf(time.Now())
	for d := today - 60; d < today; d++ {
		var records []usageplan.Record
		for _, key := range keys {
			records = append(records, usageplan.Record{ID: memberID("p1", key), Before: &usageplan.DayUsage{Day: d, Calls: 1000, Left: 5}})
		}
		if err := u.Save(b.Context(), records); err != nil {
			b.Fatal(err)
		}
	}
	plans := usageplan.New(usageplan.Options{Sink: u})
	for b.Loop() {
		days, err := plans.Days(b.Context(), "000000000000", "us-east-1", "p1", keys, (today - 30).Time(), today.Time())
		if err != nil || len(days) != len(keys) {
			b.Fatal(err, len(days))
		}
	}
}

// BenchmarkSaveOfManyKeys is the save of what 100,000 keys have counted since the last,
// which have called in any order.
func BenchmarkSaveOfManyKeys(b *testing.B) {
	const keys = 100_000
	u := newUsage(b, b.TempDir())
	plans := usageplan.New(usageplan.Options{Sink: u})
	stage := plans.Stage("000000000000", "us-east-1", "a", "prod")
	var rows []usageplan.PlanKey
	values := make([]string, keys)
	for i := range keys {
		key := fmt.Sprintf("key%07d", i)
		values[i] = fmt.Sprintf("%040d", i)
		rows = append(rows, usageplan.PlanKey{Served: string(memberID("p1", key))})
		if err := plans.SetKey(ofAccount+key, &snapshot.APIKey{ID: key, Value: values[i], Enabled: true}); err != nil {
			b.Fatal(err)
		}
	}
	plan := &snapshot.UsagePlan{ID: "p1", Stages: []snapshot.PlanStage{{APIID: "a", Stage: "prod"}}, Quota: &snapshot.Quota{Limit: 1 << 30, Period: "MONTH"}}
	if err := errors.Join(plans.SetPlan(ofAccount+"p1", plan), plans.SetPlanKeys(b.Context(), rows)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		now := time.Now()
		for _, i := range rand.Perm(keys) {
			a, _ := stage.Find(values[i])
			stage.Admit(&a, "/x/GET", limit.Bucket{}, now)
		}
		b.StartTimer()
		if err := plans.Save(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// What a key has used and cannot be read closes the plan to the key, and to no other.
// The feed goes on.
func TestUnknownUsageCloses(t *testing.T) {
	for _, doc := range []string{"{", `{"spent": "7"}`, `{"format": 2, "spent": 7}`} {
		t.Run(doc, func(t *testing.T) {
			d := newDoctored(t)
			u := Usage{d.st}
			d.plans = usageplan.New(usageplan.Options{Sink: u, Log: slog.New(slog.NewTextHandler(&d.log, nil))})
			_, err := d.st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
				return tx.Put(usageKey(memberID("p1", "k1")), []byte(doc))
			})
			if err != nil {
				t.Fatal(err)
			}
			d.publish(callerRows("k1", "value-of-the-key-k1")...)
			d.publish(callerRows("k2", "value-of-the-key-k2")...)
			if opens(d.Feed, "value-of-the-key-k1") || !opens(d.Feed, "value-of-the-key-k2") {
				t.Errorf("k1 opens: %v, k2 opens: %v", opens(d.Feed, "value-of-the-key-k1"), opens(d.Feed, "value-of-the-key-k2"))
			}
			if log := d.log.String(); !strings.Contains(log, "plan=p1 key=k1") || strings.Contains(log, "value-of") {
				t.Errorf("log %q", log)
			}
		})
	}
}
