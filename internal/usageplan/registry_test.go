package usageplan

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unique"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// The rows of a key that lets callers in, as a test publishes them.
var rowsOfKey = map[string]func(r *rig){
	"key":  func(r *rig) { r.key("k1", "value-of-k1") },
	"plan": func(r *rig) { r.plan("p1", nil) },
	"both": func(r *rig) { r.in("p1", "k1") },
}

// Rows come in any order, and a key lets callers in when all of them are there.
func TestRowsInAnyOrder(t *testing.T) {
	for _, order := range [][3]string{
		{"key", "plan", "both"}, {"key", "both", "plan"}, {"plan", "key", "both"}, {"plan", "both", "key"}, {"both", "key", "plan"}, {"both", "plan", "key"},
	} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			r := newRig(t)
			for _, row := range order {
				r.expect("value-of-k1", "f")
				rowsOfKey[row](r)
			}
			r.expect("value-of-k1", "a")
		})
	}
}

// Whatever is taken away of a key closes it at once, and opens it when it is back.
// A row that nobody can read is as one that is gone.
func TestRowsThatGo(t *testing.T) {
	gone := map[string]func(r *rig) error{
		"key":      func(r *rig) error { return r.SetKey(served("k1"), nil) },
		"disabled": func(r *rig) error { return r.SetKey(served("k1"), &snapshot.APIKey{ID: "k1", Value: "value-of-k1"}) },
		"another value": func(r *rig) error {
			return r.SetKey(served("k1"), &snapshot.APIKey{ID: "k1", Value: "value-of-other", Enabled: true})
		},
		"plan":             func(r *rig) error { return r.SetPlan(served("p1"), nil) },
		"the plan's stage": func(r *rig) error { return r.SetPlan(served("p1"), &snapshot.UsagePlan{ID: "p1"}) },
		"key in plan":      func(r *rig) error { r.out("p1", "k1"); return nil },
	}
	for name, remove := range gone {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			for _, publish := range rowsOfKey {
				publish(r)
			}
			r.key("k2", "value-of-k2")
			r.in("p1", "k2")
			r.expect("value-of-k1", "a")
			if err := remove(r); err != nil {
				t.Fatal(err)
			}
			r.expect("value-of-k1", "f")
			if others := r.call("value-of-k2"); (others == "admitted") != !strings.Contains(name, "plan") && name != "key in plan" {
				t.Errorf("another key of the plan: %s", others)
			}
			for _, publish := range rowsOfKey {
				publish(r)
			}
			r.expect("value-of-k1", "a")
			r.expect("value-of-k2", "a")
		})
	}
}

// A row that cannot be right is refused, with an error that does not tell a value,
// and closes what it is of.
func TestRowsThatAreRefused(t *testing.T) {
	r := newRig(t)
	for _, publish := range rowsOfKey {
		publish(r)
	}
	long := strings.Repeat("secret", 100) // more bytes than any 128 characters have
	for _, value := range []string{"", long} {
		if err := r.SetKey(served("k1"), &snapshot.APIKey{ID: "k1", Value: value, Enabled: true}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("a value of %d bytes: %v", len(value), err)
		}
		r.expect("value-of-k1", "f")
		r.expect(value, "f")
	}
	rowsOfKey["key"](r)
	if err := r.SetPlan(served("p1"), &snapshot.UsagePlan{ID: "p1", Quota: &snapshot.Quota{Limit: 1, Period: "YEAR"}}); err == nil {
		t.Error("a quota a year is taken")
	}
	r.expect("value-of-k1", "f")
	for _, id := range []string{"", "k1", "a/b", "a/b/"} {
		if r.SetKey(id, nil) == nil || r.SetPlan(id, nil) == nil {
			t.Errorf("the id %q is taken", id)
		}
	}
	if err := r.SetPlanKeys(t.Context(), []PlanKey{{Served: "x"}, {Served: served("no-slash")}}); err != nil {
		t.Error(err)
	}
}

// The longest value that the control plane takes, 128 characters of several bytes
// each, lets its callers in.
func TestLongestValue(t *testing.T) {
	r := newRig(t)
	r.plan("p1", nil)
	for i, c := range []string{"x", "é", "€", "😀"} {
		id, value := fmt.Sprint("k", i), strings.Repeat(c, 128)
		r.key(id, value)
		r.in("p1", id)
		r.expect(value, "a")
		r.expect(value[:len(value)-len(c)], "f")
	}
}

// Accounts and regions have keys of their own, though their values are the same.
func TestKeysOfAccounts(t *testing.T) {
	r := newRig(t)
	for _, publish := range rowsOfKey {
		publish(r)
	}
	for _, s := range []*Stage{r.Stage("111111111111", region, "abc", "prod"), r.Stage(account, "eu-west-1", "abc", "prod"), r.Stage(account, region, "abc", "dev")} {
		if _, ok := s.Find("value-of-k1"); ok {
			t.Errorf("%v: found", s.tenant.tenantName)
		}
	}
}

// Nothing is left of keys and plans that have gone.
func TestNothingIsLeft(t *testing.T) {
	r := newRig(t)
	for i := range 1000 {
		key, plan := fmt.Sprint("k", i), fmt.Sprint("p", i%10)
		r.key(key, "value-of-"+key)
		r.plan(plan, nil)
		r.in(plan, key)
		r.expect("value-of-"+key, "a")
	}
	for i := range 1000 {
		key := fmt.Sprint("k", i)
		r.out(fmt.Sprint("p", i%10), key)
		_ = r.SetKey(served(key), nil)
	}
	for i := range 10 {
		_ = r.SetPlan(served(fmt.Sprint("p", i)), nil)
	}
	s := r.stage.tenant
	if len(s.keys) != 0 || len(s.plans) != 0 || s.values.n != 0 {
		t.Errorf("%d keys, %d plans, %d values", len(s.keys), len(s.plans), s.values.n)
	}
	if err := r.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.left)
	}
	for end := time.Now().Add(time.Minute); left() > 0; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("%d members that have left are kept", left())
		}
		time.Sleep(time.Millisecond)
	}
}

// What is looked for is found while the index changes, and nothing else is: the other
// keys come and go, are put into the plan and taken out of it, and so is the key that
// stays with other plans.
func TestIndexWhileItChanges(t *testing.T) {
	r := newRig(t)
	for _, plan := range []string{"p0", "p2"} {
		r.plan(plan, func(p *snapshot.UsagePlan) { p.Stages[0].Stage = plan })
	}
	r.plan("p1", nil)
	r.key("stays", value(-1))
	r.in("p1", "stays")
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if a, ok := r.stage.Find(value(-1)); !ok || a.KeyID() != "stays" || a.member.plan.id != "p1" {
					t.Errorf("the key that stays: %v, %+v", ok, a)
					return
				}
				if _, ok := r.stage.Find("nobody"); ok {
					t.Error("nobody is found")
					return
				}
			}
		})
	}
	const keys = 500
	var known, in [keys]bool
	toggle := func(in *bool, plan, key string) {
		if *in = !*in; *in {
			r.in(plan, key)
		} else {
			r.out(plan, key)
		}
	}
	var others [2]bool
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		i := random.IntN(keys)
		id := fmt.Sprint("k", i)
		switch random.IntN(5) {
		case 0:
			n := random.IntN(2)
			toggle(&others[n], [...]string{"p0", "p2"}[n], "stays")
		case 1, 2:
			toggle(&in[i], "p1", id)
		default:
			if known[i] = !known[i]; known[i] {
				r.key(id, value(i))
			} else if err := r.SetKey(served(id), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(done)
	wg.Wait()
	for i := range keys {
		if _, found := r.stage.Find(value(i)); found != (known[i] && in[i]) {
			t.Errorf("key %d: %v, of one that is known: %v, in the plan: %v", i, found, known[i], in[i])
		}
	}
}

// While a slot is taken, who looks for the value does not find half of it.
func TestSlotThatIsBeingTaken(t *testing.T) {
	x := newIndex()
	x.reserve(1)
	d := x.digest("value-of-k1")
	s := &x.table.Load().slots[x.table.Load().begin(d)]
	s.second = d.second // put has come so far
	s.member.Store(&member{keyID: "k1"})
	if a, ok := x.find("value-of-k1", unique.Make(stageName{"abc", "prod"})); ok {
		t.Errorf("%s is found", a.KeyID())
	}
}

// The members of a value keep their order when the table grows, wherever in it they
// are: at its end they go on at its beginning.
func TestOrderInATableThatGrows(t *testing.T) {
	for begin := range uint64(16) {
		x := newIndex()
		k := &key{id: "k1", digest: digest{1<<63 | 7<<4 | begin, 1}}
		var want []*member
		for i := range 100 {
			want = append(want, &member{plan: &plan{id: fmt.Sprintf("p%02d", i)}, keyID: "k1"})
			x.set(k, want)
			tab := x.table.Load()
			var got []*member
			for s, i := tab.next(k.digest, tab.begin(k.digest)); s != nil; s, i = tab.next(k.digest, tab.after(i)) {
				got = append(got, s.member.Load())
			}
			if !slices.Equal(got, want) {
				t.Fatalf("from slot %d: %d members are not in their order", begin, len(want))
			}
		}
	}
}

// Two keys of one value, which the control plane refuses, do not take each other away.
func TestKeysOfOneValue(t *testing.T) {
	r := newRig(t)
	r.plan("p1", nil)
	for _, id := range []string{"k1", "k2"} {
		r.key(id, "one-value")
		r.in("p1", id)
	}
	found := func(want string) {
		t.Helper()
		if a, _ := r.stage.Find("one-value"); a.KeyID() != want {
			t.Errorf("%q is found, want %q", a.KeyID(), want)
		}
	}
	found("k1")
	_ = r.SetKey(served("k1"), nil)
	found("k2")
	_ = r.SetKey(served("k2"), nil)
	found("")
}

// Of several plans that have a stage the one with the lowest id counts, in whichever
// order they came.
func TestFirstPlanCounts(t *testing.T) {
	r := newRig(t)
	r.key("k1", "value-of-k1")
	for _, id := range []string{"p3", "p1", "p2"} {
		r.plan(id, func(p *snapshot.UsagePlan) { p.Quota = &snapshot.Quota{Limit: 1, Period: "DAY"} })
		r.in(id, "k1")
	}
	r.expect("value-of-k1", "aq")
	r.out("p1", "k1")
	r.expect("value-of-k1", "aq")
	r.in("p1", "k1") // has been used up
	r.expect("value-of-k1", "q")
}

// A plan that changes goes on with the tokens that its keys have: a higher limit acts
// on the next call, and fills no bucket.
func TestChangedThrottle(t *testing.T) {
	r := newRig(t)
	limits := func(rate float64, burst int32) {
		r.plan("p1", func(p *snapshot.UsagePlan) {
			p.Throttle = throttle(rate, burst)
			p.Stages[0].Throttles = map[string]snapshot.Throttle{"/m/GET": *throttle(rate, burst)}
		})
	}
	r.key("k1", "value-of-k1")
	r.in("p1", "k1")
	limits(1e-6, 2)
	r.expect("value-of-k1", "aat")
	limits(1e-6, 100)
	r.expect("value-of-k1", "t")
	limits(0, 0)
	r.expect("value-of-k1", "t")
	limits(1e-6, 100)
	r.expect("value-of-k1", "t")
	limits(1e9, 100)
	time.Sleep(time.Millisecond)
	r.expect("value-of-k1", "a")
	r.plan("p1", nil)
	r.expect("value-of-k1", "aaaaa")
}

// A method's throttle is of its own key, stage and method, and goes on when the plan
// changes; one for all methods is for those that have none.
func TestMethodThrottle(t *testing.T) {
	r := newRig(t)
	limits := func(burst int32, methods ...string) {
		r.plan("p1", func(p *snapshot.UsagePlan) {
			p.Stages[0].Throttles = make(map[string]snapshot.Throttle)
			for _, m := range methods {
				p.Stages[0].Throttles[m] = *throttle(1e-6, burst)
			}
		})
	}
	r.key("k1", "value-of-k1")
	r.key("k2", "value-of-k2")
	r.in("p1", "k1", "k2")
	expect := func(value, method, want string) {
		t.Helper()
		got := ""
		for range want {
			got += r.callAt(value, method, time.Now())[:1]
		}
		if got != want {
			t.Errorf("%s %s: got %s, want %s", value, method, got, want)
		}
	}
	limits(1, "/x/GET", "/pets/{id}/GET", "//GET")
	expect("value-of-k1", "/x/GET", "at")
	expect("value-of-k2", "/x/GET", "at")
	expect("value-of-k1", "/pets/{id}/GET", "at")
	expect("value-of-k1", "//GET", "at")
	expect("value-of-k1", "/x/POST", "aaa")
	limits(5, "/x/GET", "*/*")
	expect("value-of-k1", "/x/GET", "t")
	expect("value-of-k1", "/x/POST", "aaaaat")
	limits(5)
	expect("value-of-k1", "/x/GET", "aaaaaaaa")
	limits(1, "/x/GET") // a new throttle begins full
	expect("value-of-k1", "/x/GET", "at")
}
