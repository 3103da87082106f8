package feed

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/shared"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
	"github.com/gatehouse-gw/gatehouse/internal/valkey"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// A planNode is a node with a key in a plan that has a quota.
type planNode struct {
	*usageplan.Registry
	t      testing.TB
	client *valkey.Client
	limits *limit.Sharing
	stage  *usageplan.Stage
	end    func()
}

const quotaOfPlan = 1000

// newPlanNode starts a node on a store, sharing through a server.
func newPlanNode(t testing.TB, u Usage, s *valkeytest.Server, name string, offset int32) *planNode {
	t.Helper()
	target, err := valkey.Parse("redis://" + s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	n := &planNode{t: t, client: valkey.Open(valkey.Options{Target: target})}
	sharing := limit.NewSharing(limit.SharingOptions{
		Exchange: &shared.Limits{Client: n.client, Node: name}, Nodes: func() int { return 2 },
		Saved: func(ctx context.Context, ids []string, periods []limit.Period) ([]limit.Saved, error) {
			return n.Saved(ctx, ids, periods)
		},
	})
	n.limits = sharing
	n.Registry = usageplan.New(usageplan.Options{Sink: NodeUsage{u, name}, Limits: sharing})
	n.stage = n.Stage("000000000000", "us-east-1", "abc", "prod")
	id := func(id string) string { return snapshot.OfAccount("000000000000", "us-east-1", id) }
	plan := &snapshot.UsagePlan{ID: "p", Stages: []snapshot.PlanStage{{APIID: "abc", Stage: "prod"}}, Quota: &snapshot.Quota{Limit: quotaOfPlan, Offset: offset, Period: "MONTH"}}
	if err := n.SetPlan(id("p"), plan); err != nil {
		t.Fatal(err)
	}
	if err := n.SetKey(id("k"), &snapshot.APIKey{ID: "k", Value: "value", Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if err := n.SetPlanKeys(t.Context(), []usageplan.PlanKey{{Served: id(snapshot.PlanKeyID("p", "k"))}}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { sharing.Run(ctx) })
	run.Go(func() { n.Run(ctx) })
	n.end = sync.OnceFunc(func() { stop(); run.Wait(); n.client.Close() })
	t.Cleanup(n.end)
	valkeytest.Poll(t, "the node has its server", func() bool { return !n.client.Away() })
	return n
}

// call reports whether the key's call is let in.
func (n *planNode) call() bool {
	a, ok := n.stage.Find("value")
	return ok && n.stage.Admit(&a, "/x/GET", limit.Bucket{}, time.Now()).Outcome == usageplan.Admitted
}

// usage is what a node says of the key today.
func (n *planNode) usage() string {
	n.t.Helper()
	now := time.Now()
	days, err := n.Days(n.t.Context(), "000000000000", "us-east-1", "p", []string{"k"}, now, now)
	if err != nil {
		n.t.Fatal(err)
	}
	return fmt.Sprint(days["k"])
}

// callAll has nodes call until as many calls as are wanted were let in, for a time that has
// an end, and no more are. It returns how many were.
func callAll(want int64, nodes ...*planNode) int64 {
	end := time.Now().Add(20 * time.Second)
	var in atomic.Int64
	var all sync.WaitGroup
	for _, n := range nodes {
		all.Go(func() {
			for refused := 0; refused < 40 || in.Load() < want && time.Now().Before(end); { // for longer than a node keeps from asking again
				if n.call() {
					in.Add(1)
					refused = 0
				} else {
					refused++
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	return in.Load()
}

// restart has a server lose all that it had, and waits until nodes have it again.
func restart(t *testing.T, s *valkeytest.Server, nodes ...*planNode) {
	t.Helper()
	s.Kill()
	for _, n := range nodes {
		if _, err := n.client.Get(t.Context(), "any"); err == nil || !n.client.Away() {
			t.Errorf("got %v of a dead server", err)
		}
	}
	s.Run()
	for _, n := range nodes {
		valkeytest.Poll(t, "the node has its server again", func() bool { return !n.client.Away() })
	}
}

// alone is how many calls nodes have decided by themselves: when the machine is busy the
// server can be slow.
func alone(nodes ...*planNode) (n int64) {
	for _, node := range nodes {
		n += node.limits.Stats().Alone
	}
	return n
}

// What a quota has left is what all nodes leave of it, over the loss of a node and of all
// that Valkey had; what is set on one acts on all; what they say of the use is the sum.
func TestQuotaOfNodes(t *testing.T) {
	u, s := newUsage(t, ""), valkeytest.Start(t)
	a, b := newPlanNode(t, u, s, "a", 7), newPlanNode(t, u, s, "b", 7)
	if got := a.usage(); got != fmt.Sprintf("[[0 %d]]", quotaOfPlan-7) {
		t.Errorf("%s before the first call", got)
	}
	for i := range 300 {
		if n := []*planNode{a, b}[i%2]; !n.call() {
			t.Fatalf("call %d is refused", i)
		}
	}
	for _, n := range []*planNode{a, b} {
		if err := n.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := a.usage(), b.usage(); a != fmt.Sprintf("[[300 %d]]", quotaOfPlan-307) || b != a {
		t.Errorf("%s and %s after 300 calls", a, b)
	}
	a.end()
	restart(t, s, b)
	a = newPlanNode(t, u, s, "a", 7)
	more := callAll(quotaOfPlan-307, a, b)
	for _, n := range []*planNode{a, b} {
		if err := n.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want, slow := int64(quotaOfPlan-307), alone(a, b); more < want || more > want+slow {
		t.Errorf("%d more calls are let in, want %d, and %d for which the server was slow", more, want, slow)
	}
	if got, want := a.usage(), fmt.Sprintf("[[%d 0]]", 300+more); got != want {
		t.Errorf("%s when all is used up, want %s", got, want)
	}
	if err := a.SetRemaining(t.Context(), "000000000000", "us-east-1", "p", "k", 50); err != nil {
		t.Fatal(err)
	}
	slow := alone(a, b)
	valkeytest.Poll(t, "the other node lets in what was given", b.call)
	if n := callAll(49, a, b); n < 49 || n > 49+alone(a, b)-slow {
		t.Errorf("%d more calls are let in, want 49, and %d for which the server was slow", n, alone(a, b)-slow)
	}
	if err := b.SetRemaining(t.Context(), "000000000000", "us-east-1", "p", "k", 30); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*planNode{a, b} { // what was not saved would be forgotten
		if err := n.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	slow = alone(a, b)
	restart(t, s, a, b)
	if n := callAll(30, a, b); n < 30 || n > 30+alone(a, b)-slow {
		t.Errorf("%d more calls are let in, want 30, and %d for which the server was slow", n, alone(a, b)-slow)
	}
}

// The documents of nodes are summed, however often each is saved, on what a single server
// had, and old ones go.
func TestNodeUsage(t *testing.T) {
	u := newUsage(t, "")
	id := memberID("p1", "k1")
	day := usageplan.DayOf(time.Now())
	save := func(s usageplan.Sink, r usageplan.Record) {
		t.Helper()
		for range 2 {
			r.ID = id
			if err := s.Save(t.Context(), []usageplan.Record{r}); err != nil {
				t.Fatal(err)
			}
		}
	}
	save(u, usageplan.Record{State: usageplan.State{Period: day, Spent: 5, Day: day, Calls: 5}, Before: &usageplan.DayUsage{Day: day - 1, Calls: 1, Left: 9}})
	a, b := NodeUsage{u, "a"}, NodeUsage{u, "b"}
	save(a, usageplan.Record{State: usageplan.State{Period: day, Spent: 10, Day: day, Calls: 10}, Before: &usageplan.DayUsage{Day: day - 1, Calls: 2, Left: 8}, Begin: &usageplan.State{Spent: 99}})
	save(b, usageplan.Record{State: usageplan.State{Period: day - 1, Spent: 100, Day: day - 1, Calls: 100}})
	got, err := a.All(t.Context(), []usageplan.ID{id, memberID("p1", "none")}, day-1, day)
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got); s != fmt.Sprintf("[{{%[1]d 5 %[1]d 5} 0 map[a:{%[1]d 10 %[1]d 10} b:{%[2]d 100 %[2]d 100}] [{ {%[2]d 1 9}} {a {%[2]d 2 8}}]} {{0 0 0 0} 0 map[] []}]", day, day-1) {
		t.Errorf("got %s", s)
	}
	if err := b.SetBase(t.Context(), id, day, 3, 0); err != nil {
		t.Fatal(err)
	}
	if got, err := a.All(t.Context(), []usageplan.ID{id}, 1, 0); err != nil || got[0].Base.Spent != -7 || got[0].Base.Calls != 5 || got[0].Version != 1 || got[0].Days != nil {
		t.Errorf("got %+v, %v after the base was set", got, err)
	}
	loaded := 0
	for _, ids := range [][]usageplan.ID{nil, {id}} {
		if err := b.Load(t.Context(), ids, func(of usageplan.ID, s usageplan.State, err error) {
			if loaded++; of != id || s.Spent != 100 || err != nil {
				t.Errorf("got %v, %+v, %v", of, s, err)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if loaded != 2 {
		t.Errorf("%d states of the node are loaded", loaded)
	}
	if err := a.Prune(t.Context(), day+40); err != nil {
		t.Fatal(err)
	}
	if got, err := a.All(t.Context(), []usageplan.ID{id}, day-1, day); err != nil || len(got[0].Nodes)+len(got[0].Days) != 0 {
		t.Errorf("%+v is left, %v", got, err)
	}
}
