package usageplan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

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
}

// What is looked for is found while the index changes, and nothing else is.
func TestIndexWhileItChanges(t *testing.T) {
	r := newRig(t)
	r.plan("p1", nil)
	r.key("stays", value(-1))
	r.in("p1", "stays")
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if got := r.call(value(-1)); got != "admitted" {
					t.Errorf("the key that stays: %s", got)
					return
				}
				if _, ok := r.stage.Find("nobody"); ok {
					t.Error("nobody is found")
					return
				}
			}
		})
	}
	known := make(map[int]bool)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		i := random.IntN(500)
		id := fmt.Sprint("k", i)
		if known[i] = !known[i]; known[i] {
			r.key(id, value(i))
		} else if err := r.SetKey(served(id), nil); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
	for i := range 500 {
		d := digestOf(value(i))
		if k := r.stage.tenant.values.find(&d); (k != nil) != known[i] {
			t.Errorf("key %d: %v, want %v", i, k != nil, known[i])
		}
	}
}

// While a key is put into a free entry, who looks for another value that would be
// there does not find that key.
func TestEntryThatIsBeingTaken(t *testing.T) {
	tab := &table{make([]entry, 16)}
	mine := digest{1}
	taken := tab.seek(&mine)
	taken.key.Store(&key{id: "k1", digest: mine}) // put has come so far
	other := digest{1, 1}
	if tab.seek(&other) != taken {
		t.Fatal("the other digest has an entry of its own")
	}
	if k := tab.find(&other); k != nil {
		t.Errorf("another value finds %s", k.id)
	}
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
