package nodes

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A store that forgets all leases, as a database does that has failed over, is no reason
// to do without the nodes that had one: they take theirs for held until it runs out.
func TestForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		defer st.Close()
		a, endA := start(t.Context(), st, "a", All)
		defer endA()
		b, endB := start(t.Context(), st, "b", All)
		defer endB()
		c, endC := start(t.Context(), st, "c", Control)
		defer endC()
		forget := func() {
			for _, id := range []string{"a", "b", "c"} {
				_ = st.EndLease(t.Context(), id)
			}
		}
		time.Sleep(2*every + every/2)
		synctest.Wait()
		forget()
		if got := text(a.Wait(t.Context(), 7, 100*time.Millisecond)); got != "b/all@0 " {
			t.Errorf("before any node has its lease again, behind are %s", got)
		}
		a.set(func() { a.rev = 7 }) // which renews its lease
		b.set(func() { b.rev = 7 })
		if behind := a.Wait(t.Context(), 7, 2*time.Second); behind != nil {
			t.Errorf("behind are %s, which has said that it serves the change", text(behind))
		}

		synctest.Wait()
		b.set(func() { b.stop = make(chan struct{}) })
		c.set(func() { c.stop = b.stop })
		time.Sleep(every)
		forget()
		time.Sleep(2 * every) // a has its lease again
		if got, begun := text(a.Wait(t.Context(), 8, 10*time.Second)), time.Now(); got != "" {
			t.Errorf("behind are %s after %v", got, time.Since(begun))
		}
		for _, n := range a.Nodes() {
			if n.ID == "b" {
				t.Error("b has a lease")
			}
		}
		b.set(func() { close(b.stop); b.stop = nil })
	})
}

// How long it is waited for a node that the store has forgotten, and that does not come
// back, is its lease at the most.
func TestForgottenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		defer st.Close()
		a, endA := start(t.Context(), st, "a", All)
		defer endA()
		b, endB := start(t.Context(), st, "b", All)
		time.Sleep(2 * every)
		synctest.Wait()
		stop := make(chan struct{})
		b.set(func() { b.stop = stop })
		time.Sleep(every)
		begun := time.Now()
		for _, id := range []string{"a", "b"} {
			_ = st.EndLease(t.Context(), id)
		}
		if behind := a.Wait(t.Context(), 7, time.Minute); behind != nil || time.Since(begun) < store.LeaseTime-3*every || time.Since(begun) > store.LeaseTime {
			t.Errorf("behind are %s after %v, want none before the lease has run out", text(behind), time.Since(begun))
		}
		b.set(func() { b.stop = nil })
		close(stop)
		endB()
	})
}
