package usageplan

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// quotaOf is an edit of a plan.
func quotaOf(limit, offset int32, period string) func(*snapshot.UsagePlan) {
	return func(p *snapshot.UsagePlan) { p.Quota = &snapshot.Quota{Limit: limit, Offset: offset, Period: period} }
}

// withQuota is a rig with the key k1 in the plan p1.
func withQuota(t testing.TB, limit, offset int32, period string) *rig {
	r := newRig(t)
	r.key("k1", "value-of-k1")
	r.plan("p1", quotaOf(limit, offset, period))
	r.in("p1", "k1")
	return r
}

// until sleeps until a time of UTC, of the clock of a synctest bubble.
func until(t *testing.T, text string) {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil || at.Before(time.Now()) {
		t.Fatalf("%s: %v", text, err)
	}
	time.Sleep(time.Until(at))
}

// Periods begin at midnight of UTC: each day, on Sundays, on the first of a month.
func TestPeriods(t *testing.T) {
	tests := map[string]struct{ period, before, after string }{
		"day":            {"DAY", "2000-02-28 23:59:59", "2000-02-29 00:00:00"},
		"week":           {"WEEK", "2000-03-04 23:59:59", "2000-03-05 00:00:00"},
		"month":          {"MONTH", "2000-02-29 23:59:59", "2000-03-01 00:00:00"},
		"month, a year":  {"MONTH", "2000-12-31 23:59:59", "2001-01-01 00:00:00"},
		"week over it":   {"WEEK", "2000-01-08 23:59:59", "2000-01-09 00:00:00"},
		"an hour before": {"DAY", "2000-02-29 23:00:00", "2000-03-01 00:00:00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := withQuota(t, 2, 0, tt.period)
				until(t, tt.before)
				r.expect("value-of-k1", "aaq")
				until(t, tt.after)
				r.expect("value-of-k1", "aaq")
			})
		})
	}
}

// A week and a month last.
func TestPeriodLasts(t *testing.T) {
	for period, ends := range map[string]string{"WEEK": "2000-02-12 23:59:59", "MONTH": "2000-02-29 23:59:59"} {
		synctest.Test(t, func(t *testing.T) {
			r := withQuota(t, 2, 0, period)
			until(t, "2000-02-06 00:00:00") // a Sunday
			r.expect("value-of-k1", "a")
			until(t, "2000-02-08 12:00:00")
			r.expect("value-of-k1", "aq")
			until(t, ends)
			r.expect("value-of-k1", "q")
		})
	}
}

// The first period of a key has less by the offset.
func TestOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 3, 2, "WEEK")
		until(t, "2000-02-08 00:00:00")
		if got := r.usage("p1", "k1", 0, 0); got != "[[0 1]]" {
			t.Errorf("before the first call: %s", got)
		}
		r.expect("value-of-k1", "aqq")
		until(t, "2000-02-13 00:00:00")
		r.expect("value-of-k1", "aaaq")
	})
	synctest.Test(t, func(t *testing.T) { // nothing is left of the first
		r := withQuota(t, 3, 3, "WEEK")
		until(t, "2000-02-08 00:00:00")
		r.expect("value-of-k1", "q")
		until(t, "2000-02-13 00:00:00")
		r.expect("value-of-k1", "aaaq")
	})
}

// A quota that changes acts on the next call, with what is spent of it.
func TestChangedQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 2, 0, "DAY")
		until(t, "2000-02-08 12:00:00")
		r.expect("value-of-k1", "aaq")
		r.plan("p1", quotaOf(3, 0, "DAY"))
		r.expect("value-of-k1", "aq")
		r.plan("p1", quotaOf(1, 0, "DAY"))
		r.expect("value-of-k1", "q")
		if got := r.usage("p1", "k1", 0, 0); got != "[[3 0]]" {
			t.Error(got)
		}
		r.plan("p1", nil)
		r.expect("value-of-k1", "aa")
		if got := r.usage("p1", "k1", 0, 0); got != "[[5 -1]]" {
			t.Error(got)
		}
		r.plan("p1", quotaOf(4, 0, "MONTH")) // goes on with what the day had spent
		r.expect("value-of-k1", "aq")
	})
}

// No change of a quota's period gives a key what it has used already, for as long as
// the period that ran would have lasted; a restart changes nothing.
func TestChangedPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 4, 0, "MONTH")
		until(t, "2000-02-08 12:00:00") // Tuesday
		r.expect("value-of-k1", "aa")
		until(t, "2000-02-09 12:00:00")
		r.expect("value-of-k1", "aaq")
		r.plan("p1", quotaOf(4, 0, "WEEK"))
		r.expect("value-of-k1", "q")
		r.plan("p1", quotaOf(3, 0, "DAY"))
		if err := r.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		r = newRigOn(t, r.sink, Options{})
		r.key("k1", "value-of-k1")
		r.plan("p1", quotaOf(3, 0, "DAY"))
		r.in("p1", "k1")
		r.expect("value-of-k1", "aq") // the third of the day
		r.plan("p1", quotaOf(3, 0, "WEEK"))
		r.expect("value-of-k1", "q")
		until(t, "2000-02-14 12:00:00") // Monday
		r.plan("p1", quotaOf(2, 0, "DAY"))
		r.expect("value-of-k1", "aaq") // nothing of the weeks before
		r.plan("p1", quotaOf(2, 0, "MONTH"))
		r.expect("value-of-k1", "q")
		until(t, "2000-03-02 12:00:00")
		r.plan("p1", quotaOf(2, 0, "DAY"))
		r.expect("value-of-k1", "aaq")
	})
}

// A key is counted for each plan, and a plan for each key.
func TestCountsAreApart(t *testing.T) {
	r := withQuota(t, 1, 0, "DAY")
	r.key("k2", "value-of-k2")
	r.in("p1", "k2")
	r.expect("value-of-k1", "aq")
	r.expect("value-of-k2", "aq")
	r.plan("p2", func(p *snapshot.UsagePlan) { p.Stages[0].Stage = "dev"; quotaOf(1, 0, "DAY")(p) })
	r.in("p2", "k1")
	dev := r.Stage(account, region, "abc", "dev")
	a, ok := dev.Find("value-of-k1")
	if !ok || dev.Admit(&a, "/x/GET", limit.Bucket{}, time.Now()).Outcome != Admitted {
		t.Error("the other plan's quota is used up")
	}
}

// However many call at once, with a quota that is changed and days that turn
// meanwhile, each call that was let in is counted once, and never more are than the
// quota.
func TestQuotaIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, most = 64, 5000
		r := withQuota(t, most, 0, "DAY")
		until(t, "2000-01-07 23:59:55")
		ctx, stop := context.WithCancel(t.Context())
		go r.Run(ctx)
		var admitted [2]atomic.Int64
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() {
				for range 200 {
					day := 0
					if time.Now().Day() == 8 {
						day = 1
					}
					if r.call("value-of-k1") == "admitted" {
						admitted[day].Add(1)
					}
					time.Sleep(50 * time.Millisecond)
				}
			})
		}
		wg.Wait()
		stop()
		synctest.Wait()
		if n := admitted[0].Load(); n != most {
			t.Errorf("%d let in on the first day, want %d", n, most)
		}
		want := fmt.Sprintf("[[%d 0] [%d %d]]", admitted[0].Load(), admitted[1].Load(), most-admitted[1].Load())
		if got := r.usage("p1", "k1", -1, 0); got != want {
			t.Errorf("usage %s, want %s", got, want)
		}
	})
}

// Every level of throttles holds under load, all at once: of the key and method, of
// the key, of the stage's method, and of the account.
func TestRatesHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, lasts = 64, 10 * time.Second
		r := newRigOn(t, &memorySink{}, Options{Account: &limit.Rate{PerSecond: 300, Burst: 40}})
		own := limit.Bucket{Rate: limit.Rate{PerSecond: 200, Burst: 30}, Level: new(limit.Level)}
		r.plan("p1", func(p *snapshot.UsagePlan) {
			p.Throttle = throttle(50, 20)
			p.Stages[0].Throttles = map[string]snapshot.Throttle{"/x/GET": *throttle(20, 10)}
		})
		const keys = 8
		for i := range keys {
			r.key(fmt.Sprint("k", i), value(i))
			r.in("p1", fmt.Sprint("k", i))
		}
		var byMethod, byKey [keys]atomic.Int64
		var byStage, all, counted atomic.Int64
		begin := time.Now()
		var wg sync.WaitGroup
		for i := range clients {
			wg.Go(func() {
				for n := 0; time.Since(begin) < lasts; n++ {
					key, method, bucket := i%keys, "/x/GET", own
					if n%2 == 1 {
						method, bucket = "/y/GET", limit.Bucket{}
					}
					a, ok := r.stage.Find(value(key))
					if i >= clients-8 { // calls of a method without a key
						a, ok, method, bucket = Access{}, true, "/z/GET", limit.Bucket{}
					}
					if ok && r.stage.Admit(&a, method, bucket, time.Now()).Outcome == Admitted {
						all.Add(1)
						if a.member != nil {
							byKey[key].Add(1)
							counted.Add(1)
						}
						if method == "/x/GET" {
							byMethod[key].Add(1)
							byStage.Add(1)
						}
					}
					time.Sleep(time.Duration(5+i%20) * time.Millisecond)
				}
			})
		}
		wg.Wait()
		within := func(what string, n int64, rate, burst float64) {
			t.Helper()
			if most := burst + rate*lasts.Seconds() + 1; float64(n) > most {
				t.Errorf("%s: %d let in, want %.0f at most", what, n, most)
			}
		}
		for i := range keys {
			within("key and method", byMethod[i].Load(), 20, 10)
			within("key", byKey[i].Load(), 50, 20)
		}
		within("stage", byStage.Load(), 200, 30)
		within("account", all.Load(), 300, 40)
		if n := all.Load(); n < 2900 { // tokens that were given back are there for others
			t.Errorf("%d let in, of an account that may have 3000", n)
		}
		sum := int64(0)
		for i := range keys {
			var calls, left int64
			_, _ = fmt.Sscanf(r.usage("p1", fmt.Sprint("k", i), 0, 0), "[[%d %d]]", &calls, &left)
			sum += calls
		}
		if sum != counted.Load() {
			t.Errorf("%d counted, %d let in", sum, counted.Load())
		}
	})
}

// What was counted is saved within a second, and is gone on with by the next
// process; so are the days before.
func TestSavedAndRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 10, 0, "MONTH")
		until(t, "2000-01-02 12:00:00")
		ctx, stop := context.WithCancel(t.Context())
		go r.Run(ctx)
		r.expect("value-of-k1", "aaa")
		time.Sleep(time.Second + time.Millisecond)
		r.expect("value-of-k1", "a") // in the second that is lost with the process
		stop()
		synctest.Wait()

		next := newRigOn(t, r.sink, Options{})
		next.key("k1", "value-of-k1")
		next.plan("p1", quotaOf(10, 0, "MONTH"))
		next.in("p1", "k1")
		if got := next.usage("p1", "k1", -1, 0); got != "[[0 10] [3 7]]" {
			t.Errorf("usage %s", got)
		}
		until(t, "2000-01-04 00:00:00")
		ctx, stop = context.WithCancel(t.Context())
		go next.Run(ctx)
		next.expect("value-of-k1", "aa")
		if got := next.usage("p1", "k1", -3, 1); got != "[[0 10] [3 7] [0 7] [2 5] [0 5]]" {
			t.Errorf("usage %s", got)
		}
		time.Sleep(time.Second)
		if got := next.usage("p1", "k1", -3, 0); got != "[[0 10] [3 7] [0 7] [2 5]]" {
			t.Errorf("saved: usage %s", got)
		}
		stop()
		until(t, "2000-02-01 00:00:00")
		if got := next.usage("p1", "k1", -1, 0); got != "[[0 5] [0 10]]" {
			t.Errorf("the next month: usage %s", got)
		}
	})
}

// A day that ends, and is saved, while its calls are asked for has them all the same:
// whether that is before the saved days are read or behind.
func TestDayEndsWhileItIsRead(t *testing.T) {
	for ends := range 2 {
		synctest.Test(t, func(t *testing.T) {
			r := withQuota(t, 10, 0, "MONTH")
			until(t, "2000-01-02 23:59:59")
			r.expect("value-of-k1", "aaa")
			from := time.Now()
			times := 0
			r.sink.aside = func() {
				if times == ends {
					time.Sleep(2 * time.Second)
					r.expect("value-of-k1", "a")
					_ = r.Save(t.Context())
				}
				times++
			}
			days, err := r.Days(t.Context(), account, region, "p1", []string{"k1"}, from, from)
			if got := fmt.Sprint(days["k1"]); err != nil || got != "[[3 7]]" {
				t.Errorf("%v, usage %s", err, got)
			}
		})
	}
}

// A key that leaves a plan and comes back goes on where it was, saved or not, and
// waits for no store. One of which nobody knows what it has used is not let in.
func TestKeyComesBack(t *testing.T) {
	r := withQuota(t, 3, 0, "MONTH")
	r.expect("value-of-k1", "aa")
	r.out("p1", "k1")
	r.expect("value-of-k1", "f")
	r.sink.fail(true)
	r.in("p1", "k1")
	r.expect("value-of-k1", "aq")
	r.out("p1", "k1")
	r.in("p1", "k1")
	r.expect("value-of-k1", "q")
	if r.sink.saves != 0 {
		t.Errorf("%d saves for keys that come back, want none", r.sink.saves)
	}
	r.sink.fail(false)
	if err := r.Save(t.Context()); err != nil {
		t.Fatal(err)
	}

	next := newRigOn(t, r.sink, Options{})
	next.key("k1", "value-of-k1")
	next.plan("p1", quotaOf(3, 0, "MONTH"))
	next.sink.fail(true)
	if err := next.SetPlanKeys(t.Context(), []PlanKey{{Served: served("p1/k1")}}); err == nil {
		t.Error("a key is let in whose count cannot be read")
	}
	next.expect("value-of-k1", "f")
	next.sink.fail(false)
	next.in("p1", "k1")
	next.expect("value-of-k1", "q")
}

// A call that is counted while its key leaves the plan and comes back, or when it has
// come back, is counted for the key, whatever was saved meanwhile.
func TestCallWhileItsKeyComesBack(t *testing.T) {
	for name, meanwhile := range map[string]func(*rig){
		"nothing":       func(*rig) {},
		"a save":        func(r *rig) { _ = r.Save(r.t.Context()) },
		"a collection":  func(r *rig) { _ = r.Save(r.t.Context()); runtime.GC(); runtime.GC() },
		"another value": func(r *rig) { r.key("k1", "other-value-of-k1") },
		"the key goes": func(r *rig) {
			_ = r.SetKey(served("k1"), nil)
			r.key("k1", "value-of-k1")
		},
		"the plan goes": func(r *rig) {
			_ = r.SetPlan(served("p1"), nil)
			r.plan("p1", quotaOf(3, 0, "MONTH"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := withQuota(t, 3, 0, "MONTH")
			r.expect("value-of-k1", "a")
			before, _ := r.stage.Find("value-of-k1")
			later, _ := r.stage.Find("value-of-k1")
			r.out("p1", "k1")
			r.stage.Admit(&before, "/x/GET", limit.Bucket{}, time.Now())
			meanwhile(r)
			r.in("p1", "k1")
			r.stage.Admit(&later, "/x/GET", limit.Bucket{}, time.Now())
			if got := r.usage("p1", "k1", 0, 0); got != "[[3 0]]" {
				t.Errorf("usage %s", got)
			}
			r.key("k1", "value-of-k1")
			r.expect("value-of-k1", "q")
			if err := r.Save(t.Context()); err != nil || r.sink.states[ID(served("p1/k1"))].Calls != 3 {
				t.Errorf("%v, saved %+v", err, r.sink.states)
			}
		})
	}
}

// A key that comes back goes on under the terms that its plan has then.
func TestKeyComesBackUnderOtherTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 5, 0, "MONTH")
		until(t, "2000-02-08 12:00:00")
		r.expect("value-of-k1", "aaa")
		r.out("p1", "k1")
		r.plan("p1", quotaOf(5, 0, "DAY"))
		r.in("p1", "k1")
		r.expect("value-of-k1", "aaq") // three were used today
	})
}

// While the store fails calls are counted on, in the memory that there is, and saved
// when it does not any more.
func TestStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 1000, 0, "MONTH")
		until(t, "2000-01-06 23:59:50")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go r.Run(ctx)
		r.sink.fail(true)
		for range 30 {
			r.expect("value-of-k1", "aa")
			time.Sleep(time.Second)
		}
		const want = "[[20 980] [40 940]]"
		if got := r.usage("p1", "k1", -1, 0); got != want {
			t.Errorf("while it fails: %s, want %s", got, want)
		}
		r.sink.fail(false)
		time.Sleep(time.Second)
		next := newRigOn(t, r.sink, Options{})
		next.key("k1", "value-of-k1")
		next.plan("p1", quotaOf(1000, 0, "MONTH"))
		next.in("p1", "k1")
		if got := next.usage("p1", "k1", -1, 0); got != want {
			t.Errorf("afterwards: %s, want %s", got, want)
		}
	})
}

// While much is saved, and a sink takes its time, calls are let in and counted, a day
// begins, and what is set of a key waits for one batch and not for all.
func TestCallsWhileMuchIsSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 10, 0, "MONTH")
		until(t, "2000-02-08 23:59:59")
		r.expect("value-of-k1", "a")
		for i := range 3 * batch {
			id := fmt.Sprintf("many%04d", i)
			r.key(id, value(i))
			r.in("p1", id)
			r.call(value(i))
		}
		goOn := make(chan struct{})
		var batches []int
		r.sink.saving = func(n int) {
			batches = append(batches, n)
			<-goOn
		}
		saved, set := make(chan error, 1), make(chan error, 1)
		go func() { saved <- r.Save(t.Context()) }()
		synctest.Wait()
		until(t, "2000-02-09 00:00:00")
		r.expect("value-of-k1", "aa")
		r.expect(value(0), "a")
		go func() { set <- r.SetRemaining(t.Context(), account, region, "p1", "k1", 2) }()
		synctest.Wait()
		close(goOn)
		if err := <-set; err != nil {
			t.Error(err)
		}
		if err := <-saved; err != nil {
			t.Error(err)
		}
		if got, want := fmt.Sprint(batches), fmt.Sprint([]int{batch, 1, batch, batch, 1}); got != want {
			t.Errorf("batches of %s, want %s", got, want)
		}
		if got := r.usage("p1", "k1", -1, 0); got != "[[1 9] [2 2]]" {
			t.Errorf("usage %s", got)
		}
		if err := r.Save(t.Context()); err != nil || r.sink.states[ID(served("p1/many0000"))].Calls != 1 || r.list.Load() != nil {
			t.Errorf("%v, saved %+v", err, r.sink.states[ID(served("p1/many0000"))])
		}
		r.expect("value-of-k1", "aaq")
	})
}

// A call that is refused is nothing to save.
func TestRefusedIsNotSaved(t *testing.T) {
	r := withQuota(t, 1, 0, "DAY")
	r.expect("value-of-k1", "aq")
	_ = r.Save(t.Context())
	saves := r.sink.saves
	r.expect("value-of-k1", "qqq")
	r.expect("nobody's", "fff")
	_ = r.Save(t.Context())
	if r.sink.saves != saves {
		t.Errorf("%d saves, want none", r.sink.saves-saves)
	}
}

func TestSetRemaining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withQuota(t, 3, 0, "MONTH")
		until(t, "2000-02-06 12:00:00")
		set := func(n int64) {
			t.Helper()
			if err := r.SetRemaining(t.Context(), account, region, "p1", "k1", n); err != nil {
				t.Fatal(err)
			}
		}
		set(1)
		if got := r.usage("p1", "k1", 0, 0); got != "[[0 1]]" {
			t.Error(got)
		}
		r.expect("value-of-k1", "aq")
		set(5) // more than the quota
		r.expect("value-of-k1", "aa")
		if got := r.usage("p1", "k1", 0, 0); got != "[[3 3]]" {
			t.Error(got)
		}
		until(t, "2000-02-07 00:00:00")
		if got := r.usage("p1", "k1", -2, 0); got != "[[0 3] [3 3] [0 3]]" {
			t.Error(got)
		}
		next := newRigOn(t, r.sink, Options{}) // it was saved when the call returned
		next.key("k1", "value-of-k1")
		next.plan("p1", quotaOf(3, 0, "MONTH"))
		next.in("p1", "k1")
		next.expect("value-of-k1", "aaaa")
		set(0)
		r.expect("value-of-k1", "q")
		until(t, "2000-03-01 00:00:00")
		r.expect("value-of-k1", "aaaq")
	})
}

func TestSetRemainingIsRefused(t *testing.T) {
	r := withQuota(t, 3, 0, "DAY")
	r.plan("p2", nil)
	r.in("p2", "k1")
	for plan, want := range map[string]error{"nowhere": ErrNoKey, "p2": ErrNoQuota} {
		if err := r.SetRemaining(t.Context(), account, region, plan, "k1", 1); err != want {
			t.Errorf("%s: %v, want %v", plan, err, want)
		}
	}
	if err := r.SetRemaining(t.Context(), account, region, "p1", "k2", 1); err != ErrNoKey {
		t.Error(err)
	}
	r.sink.fail(true)
	if err := r.SetRemaining(t.Context(), account, region, "p1", "k1", 1); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("a full disk: %v", err)
	}
}
