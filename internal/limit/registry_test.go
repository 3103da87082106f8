package limit

import (
	"fmt"
	"testing"
	"time"
)

// takes counts how many tokens a bucket gives at once.
func takes(b Bucket, now time.Time) int {
	n := 0
	for n < 1000 && (Local{}).Take(b, 1, now) {
		n++
	}
	return n
}

// Tokens survive a change of the rate: in their share of the whole, so that no
// change fills or drains a bucket.
func TestChangedRate(t *testing.T) {
	tests := map[string]struct {
		before Rate
		taken  int
		after  []Rate        // one after the other
		wait   time.Duration // before and after the change
		want   int
	}{
		"the same":                    {Rate{1, 10}, 4, []Rate{{1, 10}}, 0, 6},
		"drained":                     {Rate{1, 10}, 10, []Rate{{1000, 1000}}, 0, 0},
		"full":                        {Rate{1, 10}, 0, []Rate{{1, 100}}, 0, 100},
		"half":                        {Rate{1, 10}, 5, []Rate{{1, 100}}, 0, 50},
		"less":                        {Rate{1, 100}, 50, []Rate{{1, 10}}, 0, 5},
		"up and down":                 {Rate{1, 10}, 5, []Rate{{1, 1000}, {1, 10}}, 0, 5},
		"what came before the change": {Rate{1, 10}, 10, []Rate{{1000, 10}}, 2 * time.Millisecond, 2},
		"closed and open again":       {Rate{1, 10}, 5, []Rate{{0, 0}, {1, 10}}, 0, 5},
		"unbounded":                   {Rate{1, 10}, 10, []Rate{{-1, -1}}, 0, 1000},
		"closed":                      {Rate{1, 10}, 0, []Rate{{0, 10}}, time.Second, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := NewRegistry()
			now := start
			b := r.Buckets(stage, map[string]Rate{"m": tt.before}, now)["m"]
			for range tt.taken {
				r.Take(b, 1, now)
			}
			now = now.Add(tt.wait)
			for _, rate := range tt.after {
				b = r.Buckets(stage, map[string]Rate{"m": rate}, now)["m"]
			}
			now = now.Add(tt.wait)
			if got := takes(b, now); got != tt.want {
				t.Errorf("%d tokens, want %d", got, tt.want)
			}
		})
	}
}

// A bucket of closed settings begins full when it is opened, and buckets of two
// settings of one method share its tokens while calls under both are under way.
func TestSharedTokens(t *testing.T) {
	r := NewRegistry()
	bucket(r, "m", 0, 0)
	old := bucket(r, "m", 1, 10)
	current := bucket(r, "m", 1, 20)
	for range 5 {
		if !r.Take(old, 1, start) || !r.Take(current, 1, start) || !r.Take(current, 1, start) {
			t.Fatal("no token")
		}
	}
	if r.Take(old, 1, start) || r.Take(current, 1, start) {
		t.Error("more tokens than one bucket has")
	}
}

// Owners and names have tokens of their own, and what is gone is let go.
func TestRegistryForgets(t *testing.T) {
	r := NewRegistry()
	other := OwnerStage("abc", "dev")
	one := map[string]Rate{"a": {1, 1}, "b": {1, 1}}
	for _, owner := range []Owner{stage, other} {
		for name, b := range r.Buckets(owner, one, start) {
			if n := takes(b, start); n != 1 {
				t.Errorf("%v %s: %d tokens, want 1", owner, name, n)
			}
		}
	}
	r.Buckets(stage, map[string]Rate{"a": {1, 1}}, start) // b is gone
	again := r.Buckets(stage, one, start)
	if a, b := takes(again["a"], start), takes(again["b"], start); a != 0 || b != 1 {
		t.Errorf("%d and %d tokens, want 0 of a and 1 of b", a, b)
	}
	for i := range 1000 {
		r.Buckets(stage, map[string]Rate{fmt.Sprint(i): {1, 1}}, start)
	}
	if n := len(r.owners[stage]); n != 1 {
		t.Errorf("%d buckets of a stage with one method", n)
	}
	r.Forget(stage)
	r.Buckets(other, nil, start)
	if n := len(r.owners); n != 0 {
		t.Errorf("%d owners are left", n)
	}
}

// Settings that are gone share the tokens, take no name from the others and revive
// no owner.
func TestBorrow(t *testing.T) {
	r := NewRegistry()
	both := map[string]Rate{"a": {1, 2}, "b": {1, 2}}
	takes(r.Buckets(stage, both, start)["b"], start)
	old := r.Borrow(stage, map[string]Rate{"a": {1, 2}}, start)
	if !r.Take(old["a"], 1, start) {
		t.Error("no token")
	}
	next := r.Buckets(stage, both, start)
	if a, b := takes(next["a"], start), takes(next["b"], start); a != 1 || b != 0 {
		t.Errorf("%d and %d tokens, want 1 and 0", a, b)
	}
	r.Forget(stage)
	r.Borrow(stage, both, start)
	if len(r.owners) != 0 {
		t.Errorf("%d owners", len(r.owners))
	}
}
