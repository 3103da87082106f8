package nodes

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A rig is a node over a store, whose revision a test sets, and which can be cut off or
// stopped.
type rig struct {
	*Registry
	mu    sync.Mutex
	rev   store.Revision
	known store.Revision // of the store
	away  error
	stop  chan struct{} // while not nil, beats wait for its end
	moved chan struct{}
	ended chan struct{}
}

func start(ctx context.Context, st *store.Store, id string, role Role) (*rig, context.CancelFunc) {
	r := &rig{moved: make(chan struct{}), ended: make(chan struct{})}
	r.Registry = New(Options{
		Store: st, Self: Node{ID: id, Role: role, Version: "1", Address: id + ":1"},
		Serves: func() (store.Revision, <-chan struct{}) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.rev, r.moved
		},
		Beat: func(context.Context) (store.Revision, error) {
			r.mu.Lock()
			stop := r.stop
			r.mu.Unlock()
			if stop != nil {
				<-stop
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.known, r.away
		},
	})
	ctx, cancel := context.WithCancel(ctx)
	go func() { r.Run(ctx); close(r.ended) }()
	return r, func() { cancel(); <-r.ended }
}

func (r *rig) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.moved)
	r.moved = make(chan struct{})
}

func memory(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func text(nodes []Node) (out string) {
	for _, n := range nodes {
		out += fmt.Sprintf("%s/%s@%d ", n.ID, n.Role, n.Revision)
	}
	return out
}

// TestNodes has nodes know each other, wait for each other, and do without those that are
// gone, cut off or slow.
func TestNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		defer st.Close()
		a, endA := start(t.Context(), st, "a", Control)
		defer endA()
		b, endB := start(t.Context(), st, "b", Gateway)
		defer endB()
		c, endC := start(t.Context(), st, "c", All)
		time.Sleep(2 * every)
		if got := text(a.Nodes()); got != "a/control@0 b/gateway@0 c/all@0 " {
			t.Errorf("nodes: %s", got)
		}
		if !a.Leads() || b.Leads() || c.Leads() {
			t.Error("not the first leads")
		}

		begun := time.Now()
		go func() { time.Sleep(100 * time.Millisecond); b.set(func() { b.rev = 7 }) }()
		c.set(func() { c.rev = 8 })
		if behind := a.Wait(t.Context(), 7, 2*time.Second); behind != nil || time.Since(begun) > 250*time.Millisecond {
			t.Errorf("behind after %s: %s", time.Since(begun), text(behind))
		}
		begun = time.Now()
		if behind := a.Wait(t.Context(), 8, 2*time.Second); text(behind) != "b/gateway@7 " || time.Since(begun) != 2*time.Second {
			t.Errorf("behind after %s: %s", time.Since(begun), text(behind))
		}
		if _, late := a.Counts(); late != 1 {
			t.Errorf("%d waits were late", late)
		}

		endC()
		if behind := a.Wait(t.Context(), 7, time.Second); behind != nil {
			t.Errorf("it is waited for a node that has ended: %s", text(behind))
		}
		b.set(func() { b.away = errors.New("cut off") })
		time.Sleep(store.LeaseTime + every)
		if behind := a.Wait(t.Context(), 9, time.Second); behind != nil {
			t.Errorf("it is waited for a node whose lease has run out: %s", text(behind))
		}
		if b.Current() || b.May() == nil || b.Stopped() {
			t.Errorf("a node that is cut off: current %v, may write %v, was stopped %v", b.Current(), b.May(), b.Stopped())
		}
		b.set(func() { b.away, b.known = nil, 9 })
		time.Sleep(2 * every)
		if b.Current() || !b.Stopped() {
			t.Error("a node that has got its lease back is current before it serves what others did")
		}
		b.set(func() { b.rev = 9 })
		if !b.Current() || b.May() != nil || b.Stopped() {
			t.Error("a node that has caught up is not current")
		}
		if lapses, _ := b.Counts(); lapses != 1 {
			t.Errorf("the lease has run out %d times", lapses)
		}
	})
}

// A process that was stopped knows it before anything else is done: what it serves may be
// old until it has asked the store, and what others did is served here too.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		defer st.Close()
		rev, known, away := store.Revision(2), store.Revision(2), error(nil)
		moved := make(chan struct{})
		r := New(Options{
			Store: st, Self: Node{ID: "a"},
			Serves: func() (store.Revision, <-chan struct{}) { return rev, moved },
			Beat:   func(context.Context) (store.Revision, error) { return known, away },
		})
		fresh := func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			fresh, _ := r.Fresh(ctx, time.Now())
			return fresh
		}
		runs := func(d time.Duration) { // as Run has it
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(pulseEvery) {
				r.old()
				r.renew(t.Context(), rev)
			}
		}
		runs(time.Second)
		if !r.Current() || r.Stopped() || !fresh() {
			t.Fatal("it is not current")
		}
		for _, stop := range []time.Duration{30 * time.Second, 3 * time.Second} {
			known++
			time.Sleep(stop) // nothing runs
			if lapsed := stop > store.LeaseTime; r.Current() == lapsed || !r.Stopped() || fresh() || r.Leads() == lapsed {
				t.Errorf("stopped for %v: current %v, stopped %v, fresh %v", stop, r.Current(), r.Stopped(), fresh())
			}
			runs(time.Second)
			if r.Current() || !r.Stopped() || fresh() {
				t.Errorf("stopped for %v: it is current before it has caught up", stop)
			}
			rev = known
			if !r.Current() || r.Stopped() || !fresh() {
				t.Errorf("stopped for %v: it is not current again", stop)
			}
		}
		time.Sleep(30 * time.Second)
		away = errors.New("away")
		if runs(time.Second); r.Stopped() || !fresh() || r.May() == nil {
			t.Error("it does not serve what it has where the store is away")
		}
		if runs(30 * time.Second); r.Stopped() || !fresh() {
			t.Error("a node that is cut off does not serve what it has")
		}
	})
}

// Who asks a process that was stopped waits until it has caught up.
func TestFreshWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		defer st.Close()
		a, endA := start(t.Context(), st, "a", All)
		defer endA()
		time.Sleep(5 * every / 2)
		a.set(func() { a.known = 3 })
		a.pulse.mu.Lock()
		a.pulse.last = time.Now().Add(-stopTime - 1) // as if it had been stopped
		a.pulse.mu.Unlock()
		begun := time.Now()
		go func() { time.Sleep(100 * time.Millisecond); a.set(func() { a.rev = 3 }) }()
		if fresh, waited := a.Fresh(t.Context(), time.Now().Add(stopTime)); !fresh || !waited || time.Since(begun) < 100*time.Millisecond {
			t.Errorf("it has waited for %v", time.Since(begun))
		}
	})
}

// A countedStore counts the looks at its leases.
type countedStore struct {
	Store
	looks atomic.Int64
}

func (s *countedStore) Leases(ctx context.Context) ([]store.Lease, error) {
	s.looks.Add(1)
	time.Sleep(time.Millisecond)
	return s.Store.Leases(ctx)
}

// However many calls wait for other nodes, the store is asked as for one.
func TestWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		defer st.Close()
		_, end := start(t.Context(), st, "b", Gateway)
		defer end()
		counted := &countedStore{Store: st}
		a := New(Options{Store: counted, Self: Node{ID: "a"}, Serves: func() (store.Revision, <-chan struct{}) { return 0, nil }})
		time.Sleep(every)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				if behind := a.Wait(t.Context(), 1, time.Second); len(behind) != 1 {
					t.Errorf("it is waited for %s", text(behind))
				}
			})
		}
		all.Wait()
		time.Sleep(every) // the last look
		if n := counted.looks.Load(); n > int64(1200*time.Millisecond/apart) {
			t.Errorf("%d looks in 1.1 s", n)
		}
	})
}

// A node that has joined may write, and serves what was done before others waited for it.
func TestJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		defer st.Close()
		moved := make(chan struct{})
		var rev atomic.Int64
		beats := 0
		r := New(Options{
			Store: st, Self: Node{ID: "a"},
			Serves: func() (store.Revision, <-chan struct{}) { return store.Revision(rev.Load()), moved },
			Beat: func(context.Context) (store.Revision, error) {
				if beats++; beats > 1 {
					return 5, nil // done by others just before the lease was there
				}
				return 3, nil
			},
		})
		rev.Store(3)
		joined := make(chan struct{})
		go func() { defer close(joined); r.Join(t.Context()) }()
		synctest.Wait()
		if !r.Stopped() || r.May() == nil {
			t.Error("it is current at revision 3 of 5")
		}
		rev.Store(5)
		close(moved)
		<-joined
		if r.Stopped() || r.May() != nil {
			t.Errorf("it is not current when it has joined: %v", r.May())
		}
	})
}
