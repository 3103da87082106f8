package cache

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// What slow clients take counts for the budget when the cache has let go of it: however
// many answers they hold, all are within it, and there is room again when they have them.
func TestSlowReadersAreWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget, size = 1 << 20, 10_000
		c := New(budget)
		defer c.Close()
		p := c.Stage("a/prod", "0", 1<<30)
		var taken []*Answer
		for i := range 1000 {
			if i%100 == 99 {
				p = c.Stage("a/prod", fmt.Sprint(i), 1<<30) // flushed
			}
			key := keyOf(fmt.Sprint(i))
			p.Keep(key, nil, response(size), time.Now(), time.Minute)
			synctest.Wait()
			if a := p.Find(key); a != nil {
				taken = append(taken, a)
			}
			sum := int64(0)
			for _, a := range taken {
				sum += a.weight
			}
			if used := c.ledger.used.Load(); sum > used || used > budget {
				t.Fatalf("answer %d: %d bytes are taken by clients, %d count, of %d", i, sum, used, int64(budget))
			}
		}
		if n := int64(len(taken)) * size; n < budget/2 {
			t.Errorf("clients were given %d bytes of %d", n, int64(budget))
		}
		c.Forget("a/prod")
		time.Sleep(2 * time.Minute)
		for _, a := range taken {
			a.Release()
		}
		synctest.Wait()
		if used := c.ledger.used.Load(); used != 0 {
			t.Errorf("%d bytes count, and nothing is there", used)
		}
		if p = c.Stage("a/prod", "last", 1<<30); p != nil {
			if keep(p, "k", size); !found(p, "k") {
				t.Error("nothing is kept any more")
			}
		}
	})
}

// An answer that is not kept is not copied.
func TestNoCopyOfWhatIsRefused(t *testing.T) {
	c := New(8 << 20)
	defer c.Close()
	p := c.Stage("a/prod", "1", 1<<10)
	from := response(MaxBody)
	if n := testing.AllocsPerRun(10, func() { p.Keep(Key{}, nil, from, time.Now(), time.Hour) }); n != 0 {
		t.Errorf("%v allocations for an answer that does not fit", n)
	}
}
