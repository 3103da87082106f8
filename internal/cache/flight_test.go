package cache

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A herd is calls that want the same answer.
type herd struct {
	part *Part
	key  Key

	mu             sync.Mutex
	under, most    int           // turns that are under way now, and were at most
	turns          int           // in all
	brought, ended int           // who were given the answer, and who were given nothing
	land           chan struct{} // one turn ends with each
	outcome        func(*Turn)
	group          sync.WaitGroup
}

func newHerd(p *Part, outcome func(*Turn)) *herd {
	return &herd{part: p, key: keyOf("k"), land: make(chan struct{}), outcome: outcome}
}

// add has n calls want the answer within a time.
func (h *herd) add(n int, within time.Duration, gone <-chan struct{}) {
	for range n {
		h.group.Go(func() {
			a, turn := h.part.Fetch(h.key, time.Now().Add(within), gone)
			h.mu.Lock()
			switch {
			case a != nil:
				h.brought++
				a.Release()
			case turn == nil:
				h.ended++
			default:
				h.turns++
				h.under++
				h.most = max(h.most, h.under)
				h.mu.Unlock()
				<-h.land
				h.mu.Lock()
				h.under--
				h.outcome(turn)
			}
			h.mu.Unlock()
		})
	}
	synctest.Wait()
}

// finish has turns end until all calls are through.
func (h *herd) finish() {
	close(h.land)
	h.group.Wait()
}

// count is how many were given nothing.
func (h *herd) count() int {
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended
}

func newPart(t *testing.T) *Part {
	c := New(1 << 20)
	t.Cleanup(c.Close)
	return c.Stage("a/prod", "1", 1<<20)
}

// Of all who want an answer one has the turn, and what it brings is for all.
func TestFlightForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPart(t)
		h := newHerd(p, func(turn *Turn) { p.Keep(keyOf("k"), turn, response(3), time.Now(), time.Hour) })
		h.add(50, time.Hour, nil)
		if a, turn := p.Fetch(keyOf("other"), time.Now(), nil); a != nil || turn == nil {
			t.Error("another key waits")
		} else {
			turn.Fail()
		}
		h.finish()
		if h.turns != 1 || h.brought != 49 || len(p.flights) != 0 {
			t.Errorf("%d turns, %d were given the answer, %d flights are left", h.turns, h.brought, len(p.flights))
		}
		if used, held := p.cache.ledger.used.Load(), p.held.bytes.Load(); used != held || held == 0 {
			t.Errorf("%d bytes count, %d are kept", used, held)
		}
	})
}

// When a turn has failed, no more than a few have one at the same time, whatever their
// number: until one brings the answer, which the others are given.
func TestHerdAfterFailure(t *testing.T) {
	const calls = 500
	for name, tt := range map[string]struct {
		failures int // before one succeeds
		turns    int
	}{
		"one fails":  {1, 1 + seatsAfterFailure},
		"many fail":  {20, 20 + seatsAfterFailure},
		"all do":     {calls, calls},
		"none fails": {0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, failed := newPart(t), 0
				h := newHerd(p, nil)
				h.outcome = func(turn *Turn) {
					if failed++; failed <= tt.failures {
						turn.Fail()
						return
					}
					p.Keep(keyOf("k"), turn, response(3), time.Now(), time.Hour)
				}
				h.add(calls, time.Hour, nil)
				for range tt.failures + 1 {
					select {
					case h.land <- struct{}{}:
					default: // all are through
					}
					synctest.Wait()
				}
				h.finish()
				if h.turns != tt.turns || h.most > seatsAfterFailure || h.turns+h.brought != calls || len(p.flights) != 0 {
					t.Errorf("%d turns, %d at once, %d were given the answer, %d flights are left", h.turns, h.most, h.brought, len(p.flights))
				}
			})
		})
	}
}

// An answer that is one call's alone holds nobody up.
func TestNobodyWaitsForWhatIsNotShared(t *testing.T) {
	for name, outcome := range map[string]func(*Part, *Turn){
		"passed":    func(_ *Part, turn *Turn) { turn.Pass() },
		"too large": func(p *Part, turn *Turn) { p.Keep(keyOf("k"), turn, response(MaxBody+1), time.Now(), time.Hour) },
		"no room for a copy": func(p *Part, turn *Turn) {
			p.Keep(keyOf("k"), turn, response(MaxBody), time.Now(), time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPart(t)
				h := newHerd(p, func(turn *Turn) { outcome(p, turn) })
				h.add(50, time.Hour, nil)
				h.land <- struct{}{}
				synctest.Wait()
				h.mu.Lock()
				if h.under != 49 {
					t.Errorf("%d of 49 call for themselves", h.under)
				}
				h.mu.Unlock()
				h.finish()
				if len(p.flights) != 0 || p.cache.ledger.used.Load() != 0 {
					t.Errorf("%d flights are left, %d bytes", len(p.flights), p.cache.ledger.used.Load())
				}
			})
		})
	}
}

// A wait has an end, and so it has when the client goes; who has left keeps no turn from
// the others.
func TestWaitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPart(t)
		h := newHerd(p, (*Turn).Fail)
		h.add(1, time.Hour, nil)
		began, gone := time.Now(), make(chan struct{})
		h.add(3, 29*time.Second, nil)
		h.add(2, time.Hour, gone)
		h.add(1, time.Hour, nil)
		close(gone)
		synctest.Wait()
		if n := h.count(); n != 2 {
			t.Errorf("%d of 2 have gone with their clients", n)
		}
		time.Sleep(30 * time.Second)
		if n := h.count(); n != 5 || time.Since(began) != 30*time.Second {
			t.Errorf("%d of 5 waits have ended", n)
		}
		h.finish()
		if h.turns != 2 || len(p.flights) != 0 {
			t.Errorf("%d turns, %d flights are left", h.turns, len(p.flights))
		}
	})
}
