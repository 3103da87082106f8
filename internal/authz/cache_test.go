package authz

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// keyOf is a key of a test, all of them in one part of a cache.
func keyOf(n int) (k Key) {
	binary.BigEndian.PutUint64(k[8:], uint64(n))
	return k
}

func wanted(n int) *Wanted {
	return &Wanted{Key: keyOf(n), Owner: Owner{"abc", "prod"}, TTL: time.Minute, Deadline: time.Now().Add(29 * time.Second)}
}

// answers is what asks for an answer that names who.
func answers(who string) func() (*Answer, error) {
	return func() (*Answer, error) { return &Answer{PrincipalID: who}, nil }
}

func mustLoad(t *testing.T, c *Cache, w *Wanted, who string) {
	t.Helper()
	if answer, _, err := c.Load(w, answers(who)); err != nil || answer.PrincipalID != who {
		t.Fatalf("got %v, %v", answer, err)
	}
}

// TestCacheTime has answers that are kept for their own time.
func TestCacheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(1 << 20)
		long, short := wanted(1), wanted(2)
		short.TTL = time.Second
		mustLoad(t, c, long, "long")
		mustLoad(t, c, short, "short")
		time.Sleep(time.Second - time.Nanosecond)
		if c.Get(long.Key) == nil || c.Get(short.Key) == nil {
			t.Error("an answer went before its time")
		}
		time.Sleep(time.Nanosecond)
		if c.Get(long.Key) == nil || c.Get(short.Key) != nil {
			t.Error("an answer outlived its time")
		}
		time.Sleep(time.Minute)
		if c.Get(long.Key) != nil {
			t.Error("an answer outlived its time")
		}
	})
}

// TestCacheBound has more answers than there is room for: those that were used last stay,
// and what is kept is never more than may be.
func TestCacheBound(t *testing.T) {
	const room = 64 << 10 // of one part
	c := NewCache(room * shards)
	first := wanted(0)
	mustLoad(t, c, first, "first")
	for i := 1; i <= 1000; i++ {
		mustLoad(t, c, wanted(i), fmt.Sprint(i))
		if c.Get(first.Key) == nil {
			t.Fatalf("after %d the one that is used went", i)
		}
		if s := &c.shards[0]; s.free < 0 || s.used.Len() != len(s.entries) {
			t.Fatalf("%d bytes are free, %d answers of %d are listed", s.free, s.used.Len(), len(s.entries))
		}
	}
	if c.Get(keyOf(1)) != nil || c.Get(keyOf(1000)) == nil {
		t.Error("the one that was used longest ago stayed, or the last went")
	}
	if n := c.shards[0].used.Len(); n < 20 || n > 200 {
		t.Errorf("%d answers are kept", n)
	}
	large := wanted(2000)
	if _, _, err := c.Load(large, func() (*Answer, error) {
		return &Answer{Context: []mapping.Param{{Name: "a", Value: strings.Repeat("x", room)}}}, nil
	}); err != nil || c.Get(large.Key) != nil || c.Get(first.Key) == nil {
		t.Error("an answer that does not fit was kept, or others went for it")
	}
	none := NewCache(0)
	mustLoad(t, none, first, "first")
	if none.Get(first.Key) != nil {
		t.Error("a cache of no bytes keeps an answer")
	}
}

// TestCacheForget has a stage that goes: its answers do, and those of others stay.
func TestCacheForget(t *testing.T) {
	c := NewCache(1 << 20)
	owners := []Owner{{"abc", "prod"}, {"abc", "dev"}, {"abd", "prod"}, {"abcprod", ""}, {"", "abcprod"}}
	for i, o := range owners {
		w := wanted(i)
		w.Owner = o
		mustLoad(t, c, w, o.Stage)
	}
	c.Forget(owners[0])
	for i, o := range owners {
		if kept := c.Get(keyOf(i)) != nil; kept != (i != 0) {
			t.Errorf("%v: kept is %v", o, kept)
		}
	}
}

// TestCacheLoadsOnce has many calls that want the same answer: one asks.
func TestCacheLoadsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(1 << 20)
		var asked, ok atomic.Int32
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				answer, _, err := c.Load(wanted(1), func() (*Answer, error) {
					asked.Add(1)
					time.Sleep(time.Second)
					return &Answer{PrincipalID: "user"}, nil
				})
				if err == nil && answer.PrincipalID == "user" {
					ok.Add(1)
				}
			})
		}
		all.Wait()
		if asked.Load() != 1 || ok.Load() != 1000 {
			t.Errorf("%d asked, %d got the answer", asked.Load(), ok.Load())
		}
		if n := len(c.shards[0].flights); n != 0 {
			t.Errorf("%d flights are left", n)
		}
	})
}

// TestCacheFailures has calls that wait for one which fails: one of them asks once more.
// Each has its answer, or the error of the second.
func TestCacheFailures(t *testing.T) {
	boom := errors.New("boom")
	tests := map[string]struct {
		err   error // of those that fail
		panic bool
		fails int32 // calls, from the first on
		calls int32 // all in all, of the first and a thousand who wait
		ok    int32
	}{
		"the function fails":    {err: boom, fails: 1, calls: 2, ok: 1000},
		"it fails again":        {err: boom, fails: 2, calls: 2},
		"it never works":        {err: boom, fails: 5000, calls: 2},
		"the first client goes": {err: fmt.Errorf("read: %w", ErrGone), fails: 1, calls: 2, ok: 1000},
		"three clients go":      {err: fmt.Errorf("read: %w", ErrGone), fails: 3, calls: 4, ok: 998},
		"the first one panics":  {panic: true, fails: 1, calls: 2, ok: 1000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := NewCache(1 << 20)
				var calls, busy, ok atomic.Int32
				var all sync.WaitGroup
				ask := func() (*Answer, error) {
					n := calls.Add(1)
					if busy.Add(1) > 1 {
						t.Error("two ask at the same moment")
					}
					defer busy.Add(-1)
					time.Sleep(time.Second)
					switch {
					case n > tt.fails:
						return &Answer{PrincipalID: "user"}, nil
					case tt.panic:
						panic("first")
					}
					return nil, tt.err
				}
				for range 1001 {
					all.Go(func() {
						defer func() { _ = recover() }()
						switch answer, _, err := c.Load(wanted(1), ask); {
						case answer != nil && err == nil:
							ok.Add(1)
						case err == nil || !errors.Is(err, tt.err):
							t.Errorf("got %v", err)
						}
					})
				}
				all.Wait()
				if calls.Load() != tt.calls || ok.Load() != tt.ok {
					t.Errorf("%d calls, %d answers; want %d and %d", calls.Load(), ok.Load(), tt.calls, tt.ok)
				}
				if kept := c.Get(keyOf(1)) != nil; kept != (tt.ok > 0) || len(c.shards[0].flights) != 0 {
					t.Error("the answer is not kept, or a flight is left")
				}
				if tt.ok == 0 { // who comes later asks
					if _, asked, _ := c.Load(wanted(1), answers("user")); !asked {
						t.Error("a failure was kept")
					}
				}
			})
		})
	}
}

// TestCacheWaitEnds has calls that stop to wait: each at its own time, or with its client.
func TestCacheWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(1 << 20)
		release := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			_, _, _ = c.Load(wanted(1), func() (*Answer, error) { <-release; return &Answer{}, nil })
		})
		synctest.Wait()
		start := time.Now()
		for _, after := range []time.Duration{time.Second, 5 * time.Second} {
			late := wanted(1)
			late.Deadline = start.Add(after)
			all.Go(func() {
				if _, asked, err := c.Load(late, answers("nobody")); asked || !errors.Is(err, ErrLate) || time.Since(start) != after {
					t.Errorf("got %v after %v", err, time.Since(start))
				}
			})
		}
		ctx, leave := context.WithCancel(t.Context())
		gone := wanted(1)
		gone.Client = ctx
		all.Go(func() {
			if _, asked, err := c.Load(gone, answers("nobody")); asked || !errors.Is(err, ErrGone) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		leave()
		time.Sleep(10 * time.Second)
		close(release)
		all.Wait()
	})
}

// TestCacheCrowd has more calls for one answer than may wait.
func TestCacheCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(1 << 20)
		release := make(chan struct{})
		var crowded, ok atomic.Int32
		var all sync.WaitGroup
		for range 1 + maxWaiters + 10 {
			all.Go(func() {
				_, _, err := c.Load(wanted(1), func() (*Answer, error) { <-release; return &Answer{}, nil })
				switch {
				case errors.Is(err, ErrCrowded):
					crowded.Add(1)
				case err == nil:
					ok.Add(1)
				}
			})
		}
		synctest.Wait()
		close(release)
		all.Wait()
		if crowded.Load() != 10 || ok.Load() != 1+maxWaiters {
			t.Errorf("%d got the answer, %d were too many", ok.Load(), crowded.Load())
		}
	})
}
