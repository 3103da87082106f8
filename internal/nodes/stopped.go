package nodes

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A pulse finds out whether the process was stopped for a while: as by SIGSTOP, or with its
// whole machine.
type pulse struct {
	zero time.Time    // before all others
	sure atomic.Int64 // until when nobody has to look, in nanoseconds since zero

	mu   sync.Mutex
	last time.Time // zero before the first
	woke time.Time // when the process went on after a stop that still matters; zero for none
}

const (
	pulseEvery = 200 * time.Millisecond
	// stopTime is for how long nothing has been done by a process that was stopped. It is
	// shorter than a lease, of which a part may be over when a process is stopped.
	stopTime = 2 * time.Second
	// stopTries is how often the store is tried after a stop before it is taken to be away:
	// the connections from before may be broken.
	stopTries = 2
)

// beats notes that the process runs. It returns when it went on after a stop, zero for
// none that matters.
func (p *pulse) beats(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last.IsZero() && now.Sub(p.last) > stopTime {
		p.woke = now
	}
	if now.After(p.last) {
		p.last = now
	}
	p.trust()
	return p.woke
}

// forget has the stop before a time matter no more.
func (p *pulse) forget(woke time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.woke.Equal(woke) {
		p.woke = time.Time{}
		p.trust()
	}
}

// trust says until when the process is known to run without a stop that matters. The lock
// is held.
func (p *pulse) trust() {
	if p.sure.Store(0); p.woke.IsZero() {
		p.sure.Store(int64(p.last.Add(stopTime).Sub(p.zero)))
	}
}

// beat keeps the pulse until ctx ends.
func (r *Registry) beat(ctx context.Context) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		r.old()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// old reports whether this process has gone on after it was stopped, and has not tried
// since to reach the store; or has reached it, and does not serve yet what was done
// meanwhile.
func (r *Registry) old() bool {
	woke := r.pulse.beats(time.Now())
	if woke.IsZero() {
		return false
	}
	rev, _ := r.o.Serves()
	r.mu.Lock()
	old := r.tried.Before(woke) || r.err != nil && r.failed < stopTries || r.err == nil && rev < r.behind
	r.mu.Unlock()
	if !old {
		r.pulse.forget(woke)
	}
	return old
}

// Stopped reports whether this process has just gone on after it was stopped, and has not
// tried since to reach the store; or has reached it after its lease had run out, and does
// not serve yet what was done meanwhile.
func (r *Registry) Stopped() bool {
	if r.running() && r.old() {
		return true
	}
	rev, _ := r.o.Serves()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err == nil && rev < r.behind
}

// running reports whether Run has begun.
func (r *Registry) running() bool {
	r.pulse.mu.Lock()
	defer r.pulse.mu.Unlock()
	return !r.pulse.last.IsZero()
}

// Fresh reports whether what this process serves may be served to who asks now. Where the
// process was stopped others may have done without it: then Fresh waits until it has tried
// to reach the store and, where that answers, serves what they did. It waits for 5 s at the
// most, and reports false after these or when ctx has ended. A process that could not reach
// the store without having been stopped serves what it has.
func (r *Registry) Fresh(ctx context.Context, now time.Time) (fresh, waited bool) {
	if now.Sub(r.pulse.zero) < time.Duration(r.pulse.sure.Load()) {
		return true, false
	}
	if !r.running() || !r.old() {
		return true, false
	}
	ctx, cancel := context.WithTimeout(ctx, store.LeaseTime)
	defer cancel()
	for r.old() {
		_, moved := r.o.Serves()
		if !wait(ctx, polled, moved) {
			return false, true
		}
	}
	return true, true
}
