package shared

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/valkey"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// client returns one that has its server.
func client(t testing.TB, s *valkeytest.Server) *valkey.Client {
	t.Helper()
	target, err := valkey.Parse("redis://" + s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	c := valkey.Open(valkey.Options{Target: target})
	t.Cleanup(c.Close)
	valkeytest.Poll(t, "the client has its server", func() bool { return !c.Away() })
	return c
}

// A node is one of those that share.
type node struct {
	*limit.Sharing
	client *valkey.Client
	share  *limit.Share
	level  limit.Level
	count  limit.Counter
	quota  *limit.Share
}

// nodes returns nodes that share one bucket and one count, whose state was saved as saved
// says; nil is that nothing was.
func nodes(t testing.TB, s *valkeytest.Server, n int, refuse bool, saved func() limit.Saved) []*node {
	t.Helper()
	var out []*node
	for i := range n {
		c := client(t, s)
		nd := &node{client: c, share: limit.NewShare("bucket"), quota: limit.NewCountShare("quota", 0)}
		nd.Sharing = limit.NewSharing(limit.SharingOptions{
			Exchange: &Limits{c, fmt.Sprint("node", i)}, Node: fmt.Sprint("node", i), Nodes: func() int { return n }, Refuse: refuse,
			Saved: func(_ context.Context, ids []string, _ []limit.Period) ([]limit.Saved, error) {
				out := make([]limit.Saved, len(ids))
				if saved != nil {
					out[0] = saved()
				}
				return out, nil
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { nd.Run(ctx) })
		t.Cleanup(func() { stop(); run.Wait() })
		out = append(out, nd)
	}
	return out
}

func (n *node) take(rate limit.Rate) bool {
	return n.Take(limit.Bucket{Rate: rate, Level: &n.level, Share: n.share}, 1, time.Now())
}

func (n *node) add(most int64) bool {
	return n.Add(&n.count, 1, limit.Period{Number: 20000, Most: most, Share: n.quota}, time.Now())
}

// load has nodes take as fast as each pause lets it, for a time, and returns when each
// event came, and when those that passed did.
func load(nodes []*node, rate limit.Rate, pause, lasts time.Duration) (came, passed []time.Duration) {
	var mu sync.Mutex
	var all sync.WaitGroup
	start := time.Now()
	for _, n := range nodes {
		for range 2 {
			all.Go(func() {
				for time.Since(start) < lasts {
					at := time.Since(start)
					ok := n.take(rate)
					mu.Lock()
					if came = append(came, at); ok {
						passed = append(passed, at)
					}
					mu.Unlock()
					time.Sleep(pause)
				}
			})
		}
	}
	all.Wait()
	slices.Sort(came)
	slices.Sort(passed)
	return came, passed
}

// alone is how many of some events one bucket lets through.
func alone(came []time.Duration, rate limit.Rate) (n int) {
	level, last := float64(rate.Burst), time.Duration(0)
	for _, at := range came {
		level, last = min(level+(at-last).Seconds()*rate.PerSecond, float64(rate.Burst)), at
		if level >= 1 {
			level--
			n++
		}
	}
	return n
}

// excess is by how many events more passed, in any time, than a bucket lets through.
func excess(passed []time.Duration, rate limit.Rate) float64 {
	level, most := float64(rate.Burst), 0.
	for i, at := range passed {
		if i > 0 {
			level = min(level+(at-passed[i-1]).Seconds()*rate.PerSecond, float64(rate.Burst))
		}
		level--
		most = max(most, -level)
	}
	return most
}

// However many nodes share a bucket, and however few of them are busy, what passes is
// within a hundredth of what one bucket lets through, and nearly all of that passes.
func TestRateIsShared(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rate        limit.Rate
		nodes, busy int
		pause       time.Duration
	}{
		"all are busy":       {limit.Rate{PerSecond: 1000, Burst: 500}, 10, 10, time.Millisecond},
		"one is busy":        {limit.Rate{PerSecond: 1000, Burst: 500}, 10, 1, 100 * time.Microsecond},
		"few at a time":      {limit.Rate{PerSecond: 20, Burst: 10}, 10, 10, 5 * time.Millisecond},
		"one of few":         {limit.Rate{PerSecond: 20, Burst: 10}, 10, 1, 5 * time.Millisecond},
		"a burst of one":     {limit.Rate{PerSecond: 10, Burst: 1}, 10, 10, 5 * time.Millisecond},
		"much, little burst": {limit.Rate{PerSecond: 2000, Burst: 20}, 10, 2, 200 * time.Microsecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const lasts = 700 * time.Millisecond
			s := valkeytest.Start(t)
			all := nodes(t, s, tt.nodes, false, nil)
			came, passed := load(all[:tt.busy], tt.rate, tt.pause, lasts)
			most := float64(tt.rate.Burst) + tt.rate.PerSecond*lasts.Seconds()
			over := excess(passed, tt.rate)
			var stats limit.SharingStats
			for _, n := range all {
				got := n.Stats()
				stats.Asks += got.Asks
				stats.Late += got.Late
				stats.Alone += got.Alone
				stats.Waited += got.Waited
			}
			t.Logf("%d of %.0f passed, %.1f over; %+v", len(passed), most, over, stats)
			if slow := float64(stats.Alone); over > max(most/100, 1)+slow { // what the machine was too slow for is no error of the shares
				t.Errorf("%.1f more passed than one bucket lets through, of %.0f", over, most)
			}
			if n := alone(came, tt.rate); float64(len(passed)) < float64(n)*0.8-1 {
				t.Errorf("%d passed, and %d would one bucket", len(passed), n)
			}
		})
	}
}

// A quota that nodes share is exact, and all of it can be used, on whichever node.
func TestCountIsShared(t *testing.T) {
	t.Parallel()
	s := valkeytest.Start(t)
	for name, busy := range map[string]int{"all are busy": 10, "one is busy": 1} {
		t.Run(name, func(t *testing.T) {
			valkeytest.Do(t, s.Addr, "FLUSHALL")
			all := nodes(t, s, 10, false, func() limit.Saved {
				return limit.Saved{Base: 5, Nodes: map[string]int64{"node3": 10, "gone": 100}}
			})
			const most, left = 2000, 2000 - 115
			var counted atomic.Int64
			var work sync.WaitGroup
			for _, n := range all[:busy] {
				for range 4 {
					work.Go(func() {
						for end := time.Now().Add(15 * time.Second); counted.Load() < left && time.Now().Before(end); {
							if n.add(most) {
								counted.Add(1)
							} else {
								time.Sleep(5 * time.Millisecond)
							}
						}
					})
				}
			}
			work.Wait()
			for range 100 {
				for _, n := range all {
					if n.add(most) {
						counted.Add(1)
					}
				}
			}
			var alone int64 // decided while the server was too slow, perhaps
			for _, n := range all {
				alone += n.Stats().Alone
			}
			if n := counted.Load(); n < left || n > left+alone {
				t.Errorf("%d counted, want %d to %d", n, left, left+alone)
			}
		})
	}
}

// What was saved of a quota counts while the server is away, also on nodes that have not
// counted for it before.
func TestSavedWhileServerIsAway(t *testing.T) {
	t.Parallel()
	s := valkeytest.Start(t)
	all := nodes(t, s, 4, false, func() limit.Saved {
		return limit.Saved{Base: 5, Nodes: map[string]int64{"node0": 3, "gone": 80}}
	})
	s.Kill()
	for _, nd := range all {
		if _, err := nd.client.Run(t.Context(), []valkey.Call{{Script: presenceScript, Key: "k"}}); err == nil {
			t.Fatal("a dead server answers")
		}
	}
	for i, nd := range all {
		nd.recalls(t)
		counted := 0
		for range 100 {
			if nd.add(100) {
				counted++
			}
		}
		if want := 3; i > 0 && counted != want { // a fourth of what is left of 100
			t.Errorf("node %d counts %d of what is left, want %d", i, counted, want)
		}
	}
}

// recalls waits until a node has read what was saved. It is not the node's time that is tested.
func (n *node) recalls(t *testing.T) {
	t.Helper()
	valkeytest.Poll(t, "what was saved is read", func() bool {
		n.Add(&n.count, 0, limit.Period{Number: 20000, Most: 100, Share: n.quota}, time.Now())
		return n.quota.Others(limit.Period{Number: 20000}) > 0
	})
}

// While the server is away each node lets through its part, or nothing where that is
// set; what it let through by itself is missing when the server is back.
func TestServerIsAway(t *testing.T) {
	t.Parallel()
	const n = 10
	rate := limit.Rate{PerSecond: 1, Burst: 50}
	takes := func(nd *node) (taken int) {
		for range 100 {
			if nd.take(rate) {
				taken++
			}
		}
		return taken
	}
	s := valkeytest.Start(t)
	all, closed := nodes(t, s, n, false, nil), nodes(t, s, 1, true, nil)[0]
	s.Kill()
	for _, nd := range append(all, closed) {
		if _, err := nd.client.Run(t.Context(), []valkey.Call{{Script: presenceScript, Key: "k"}}); err == nil {
			t.Fatal("a dead server answers")
		}
	}
	begin := time.Now()
	sum := 0
	for _, nd := range all {
		sum += takes(nd)
	}
	if most := rate.Burst + int(time.Since(begin).Seconds()*rate.PerSecond) + 1; sum < rate.Burst || sum > most {
		t.Errorf("%d pass, want %d to %d", sum, rate.Burst, most)
	}
	if got := takes(closed); got != 0 || closed.add(100) {
		t.Errorf("%d pass a node that refuses", got)
	}
	counted := 0
	for range 3 * n {
		for _, nd := range all {
			if nd.add(100) {
				counted++
			}
		}
	}
	if counted != 100 {
		t.Errorf("%d are counted alone, want 100", counted)
	}
	s.Run()
	for _, nd := range all {
		valkeytest.Poll(t, "the node has its server again", func() bool { return !nd.client.Away() })
	}
	for i, nd := range all { // each tells what it owes when it asks
		valkeytest.Poll(t, "the node has asked", func() bool { nd.take(rate); return nd.Stats().Given > 0 || i > 0 && nd.Stats().Asks > 0 })
	}
	left := 0
	for _, nd := range all {
		left += takes(nd)
	}
	var alone int64
	for _, nd := range all {
		alone += nd.Stats().Alone
	}
	if most := rate.Burst + int(time.Since(begin).Seconds()*rate.PerSecond) + n; left > most {
		t.Errorf("%d more pass, want %d at most, of which %d alone", left, most, alone)
	}
}
