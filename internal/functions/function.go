package functions

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
)

const (
	// initTime is how long a worker may take until it asks for its first call, as at
	// Lambda.
	initTime = 10 * time.Second
	// idleTime is how long a worker is kept that has nothing to do.
	idleTime = 10 * time.Minute
	// leastTurn and mostTurn bound how long a call waits for a worker that has answered and
	// is about to ask for the next one, before another is started: see Function.turn.
	leastTurn = 20 * time.Millisecond
	mostTurn  = time.Second
)

// A Function is one function with its workers. It is safe for concurrent use.
type Function struct {
	set    *Set
	config Config
	launch *runtimes.Launch

	mu      sync.Mutex
	workers map[*worker]struct{} // all of which something is left
	idle    []*worker            // the one that was used last at the end
	waiting []*invocation        // for a worker that is about to be free
	retired bool                 // no worker outlives its call
	dead    bool                 // nothing is started any more
	started time.Duration        // how long the last worker took to start; 0 before there was one
}

// hand gives an invocation to a worker, which is started if there is none and may be
// one more. errThrottled says that all are at work.
func (f *Function) hand(v *invocation) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := len(f.idle); n > 0 && f.idle[n-1].outdated(); n = len(f.idle) {
		f.end(f.idle[n-1])
	}
	switch n := len(f.idle); {
	case f.dead:
		return errClosed
	case n > 0:
		w := f.idle[n-1]
		f.idle = f.idle[:n-1]
		f.give(w, v)
	case f.finishing() > len(f.waiting):
		f.waiting = append(f.waiting, v)
		time.AfterFunc(f.turn(), func() { f.impatient(v) })
	case len(f.workers) < f.config.Concurrency:
		f.start(v, false)
	default:
		return errThrottled
	}
	return nil
}

// turn is how long a call waits for a worker that is about to be free: as long as the
// start of another takes, so that no call waits more than twice as long as it had to.
func (f *Function) turn() time.Duration { return min(max(leastTurn, f.started), mostTurn) }

// finishing is how many workers are about to make room: they are through with their calls
// and not yet free, or begin without a call.
func (f *Function) finishing() (n int) {
	for w := range f.workers {
		if w.state == ending || w.state == busy && w.responded || w.old && w.current == nil {
			n++
		}
	}
	return n + f.beginning()
}

// beginning is how many workers start for whichever call comes.
func (f *Function) beginning() (n int) {
	for w := range f.workers {
		if w.state == starting && w.current == nil && !w.old {
			n++
		}
	}
	return n
}

// impatient starts a worker for an invocation that has waited long enough.
func (f *Function) impatient(v *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.waiting, v)
	if i < 0 || f.dead || len(f.workers) >= f.config.Concurrency || i < f.beginning() {
		return
	}
	f.waiting = slices.Delete(f.waiting, i, i+1)
	f.start(v, false)
}

// start starts a worker, for its first invocation or for none. again says that the
// invocation has seen one that took too long to start: then its own time counts.
func (f *Function) start(v *invocation, again bool) {
	w := &worker{function: f, calls: make(chan *invocation, 1), dying: make(chan struct{}), current: v, again: again, begun: time.Now(), stream: logStream(time.Now(), cmp.Or(f.config.Version, latest))}
	f.workers[w] = struct{}{}
	f.set.running.Add(1)
	go w.run()
}

// give hands an invocation to a worker that has nothing to do.
func (f *Function) give(w *worker, v *invocation) {
	w.state, w.current, w.tail, w.responded = busy, v, v.tail, false
	w.limit(f.config.Timeout)
	w.calls <- v // there is room: the last one has been taken
}

// free has a worker take the next call, or wait for one.
func (f *Function) free(w *worker) {
	w.current, w.flow = nil, nil
	switch {
	case w.old || f.retired || f.dead || w.outdated():
		f.end(w)
	case len(f.waiting) > 0:
		v := f.waiting[0]
		f.waiting = slices.Delete(f.waiting, 0, 1)
		f.give(w, v)
	default:
		w.state = idle
		f.idle = append(f.idle, w)
		w.limit(idleTime)
	}
}

// end has a worker ended. What becomes of its call is the caller's business.
func (f *Function) end(w *worker) {
	if w.state == ending {
		return
	}
	w.state = ending
	f.idle = slices.DeleteFunc(f.idle, func(other *worker) bool { return other == w })
	w.stop()
}

// left notes that nothing is left of a worker, and has its place taken.
func (f *Function) left(w *worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.state = ending
	f.idle = slices.DeleteFunc(f.idle, func(other *worker) bool { return other == w })
	delete(f.workers, w)
	switch {
	case w.retry == nil:
	case f.dead:
		w.retry.settle(outcome{text: notStarted(w.retry.id, errClosed).text(), failed: true})
	default:
		f.start(w.retry, true)
	}
	for len(f.waiting) > 0 && len(f.workers) < f.config.Concurrency && !f.dead {
		v := f.waiting[0]
		f.waiting = slices.Delete(f.waiting, 0, 1)
		f.start(v, false)
	}
}

// Restart has the function's code loaded again: no worker takes another call that was
// started before, those at work finish their calls. Where there were workers one is
// started at once, so that the next call does not wait for it.
func (f *Function) Restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	used := len(f.workers) > 0
	f.age()
	if used && !f.retired && !f.dead && len(f.workers) < f.config.Concurrency {
		f.start(nil, false)
	}
}

// age has all workers end, those at work behind their calls.
func (f *Function) age() {
	for w := range f.workers {
		w.old = true
		if w.current == nil {
			f.end(w)
		}
	}
}

// retire has the workers end, those at work behind their calls. Calls that still come
// have one each.
func (f *Function) retire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retired = true
	f.age()
}

// over reports whether the function has retired and has no workers any more.
func (f *Function) over() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.retired && len(f.workers) == 0
}

// kill ends all workers at once, and their calls.
func (f *Function) kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = true
	for w := range f.workers {
		w.fail(notStarted(w.id(), errClosed))
		f.end(w)
	}
	for _, v := range f.waiting {
		v.settle(outcome{text: notStarted(v.id, errClosed).text(), failed: true})
	}
	f.waiting = nil
}

// Workers returns how many workers there are, and how many of them have nothing to do.
func (f *Function) Workers() (all, idle int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.workers), len(f.idle)
}

// Config returns what the function is made of. Nobody may change it.
func (f *Function) Config() *Config { return &f.config }

// errClosed says that the gateway ends.
var errClosed = errors.New("the gateway is about to end")
