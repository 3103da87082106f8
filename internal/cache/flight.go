package cache

import (
	"math"
	"slices"
	"time"
)

// A flight is the calls of a backend for one answer that is not kept, and those who wait
// for it. At first one calls. When that has failed a few of the others do, so that a
// backend which comes back is not met by all of them at once.
type flight struct {
	part  *Part
	key   Key
	calls int // that are under way
	seats int // how many may be
	queue []*waiter
}

// seatsAfterFailure is how many calls for one answer are made at the same time when one
// has failed.
const seatsAfterFailure = 8

// A Turn lets a call ask the backend for an answer that others may wait for. It is landed
// once: with an answer by Part.Keep, else by Fail.
type Turn struct{ flight *flight }

// A waiter is told once: with an answer that it holds, or with a turn of its own.
type waiter struct {
	flight *flight
	told   chan struct{}
	answer *Answer
	turn   *Turn
}

// Fetch is for a call that has found nothing under a key. It returns the answer if there
// is one by now, which is to be released. Otherwise the call may have a turn, or waits for
// those that have one, until one of them brings the answer, or leaves its turn to this
// one. With neither end has come, or the client has gone.
func (p *Part) Fetch(key Key, end time.Time, gone <-chan struct{}) (*Answer, *Turn) {
	a, turn, w := p.join(key)
	if w == nil {
		return p.led(key, a, turn)
	}
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case <-w.told:
	case <-timer.C:
	case <-gone:
	}
	return w.leave()
}

// led is what a call that need not wait has: before it calls the backend, it looks for the
// answer of another process, for which the others wait with it.
func (p *Part) led(key Key, a *Answer, turn *Turn) (*Answer, *Turn) {
	if turn == nil || p.cache.remote == nil {
		return a, turn
	}
	if a = p.fetchFar(key); a == nil {
		return nil, turn
	}
	turn.land(a, 0)
	return a, nil
}

// join returns the answer, a turn, or a place among those who wait.
func (p *Part) join(key Key) (*Answer, *Turn, *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.Find(key); a != nil {
		return a, nil, nil
	}
	f := p.flights[key]
	if f == nil {
		f = &flight{part: p, key: key, seats: 1}
		p.flights[key] = f
	}
	if f.calls < f.seats {
		f.calls++
		return nil, &Turn{f}, nil
	}
	w := &waiter{flight: f, told: make(chan struct{})}
	f.queue = append(f.queue, w)
	return nil, nil, w
}

// leave ends the wait. What the waiter was told before is its own.
func (w *waiter) leave() (*Answer, *Turn) {
	f := w.flight
	f.part.mu.Lock()
	defer f.part.mu.Unlock()
	if w.answer == nil && w.turn == nil {
		i := slices.Index(f.queue, w)
		f.queue = slices.Delete(f.queue, i, i+1)
	}
	return w.answer, w.turn
}

// Fail ends the turn of a call that has no answer. A nil Turn has nothing to end.
func (t *Turn) Fail() {
	if t != nil {
		t.land(nil, seatsAfterFailure)
	}
}

// Pass ends the turn of a call whose answer is its own alone: those who wait call for
// themselves, all of them. A nil Turn has nothing to end.
func (t *Turn) Pass() {
	if t != nil {
		t.land(nil, math.MaxInt)
	}
}

// awaited reports whether somebody waits.
func (t *Turn) awaited() bool {
	if t == nil {
		return false
	}
	t.flight.part.mu.Lock()
	defer t.flight.part.mu.Unlock()
	return len(t.flight.queue) > 0
}

// land ends a turn. All who wait are given the answer; where there is none as many of
// them have turns as there are seats, those first who wait the longest.
func (t *Turn) land(a *Answer, seats int) {
	f := t.flight
	f.part.mu.Lock()
	defer f.part.mu.Unlock()
	f.calls--
	f.seats = max(f.seats, seats)
	n := len(f.queue)
	if a == nil {
		n = min(n, f.seats-f.calls)
		f.calls += n
	}
	for _, w := range f.queue[:n] {
		if w.answer = a; a == nil {
			w.turn = &Turn{f}
		} else {
			a.hold() // who lands it holds it as well
		}
		close(w.told)
	}
	if f.queue = slices.Delete(f.queue, 0, n); f.calls == 0 {
		delete(f.part.flights, f.key)
	}
}
