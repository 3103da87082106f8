package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A write is one call of Store.Write on its way through the writer.
type write struct {
	ctx   context.Context
	limit time.Duration // of fn
	fn    func(*Tx) error
	state atomic.Int32  // waiting, started or dropped
	done  chan struct{} // closed once rev and err are the outcome
	rev   Revision      // highest published
	err   error

	published []Served // by fn, until they are committed
}

const (
	waiting = iota
	started // its outcome is the writer's to tell
	dropped // its caller has gone
)

func newWrite(ctx context.Context, limit time.Duration, fn func(*Tx) error) *write {
	return &write{ctx: ctx, limit: limit, fn: fn, done: make(chan struct{})}
}

// start claims w for the writer, unless its caller has gone.
func (w *write) start() bool { return w.state.CompareAndSwap(waiting, started) }

// fail tells the caller that w failed.
func (w *write) fail(err error) {
	w.rev, w.err = 0, err
	close(w.done)
}

// wait returns the outcome, or ctx's error if it ends before w has started.
func (w *write) wait(ctx context.Context) (Revision, error) {
	select {
	case <-w.done:
	case <-ctx.Done():
		if w.state.CompareAndSwap(waiting, dropped) {
			return 0, ctx.Err()
		}
		<-w.done
	}
	return w.rev, w.err
}

// A queue holds writes in the order of their submission. Callers wait for
// their outcome, so there are never more than there are callers.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	in     []*write // submitted
	out    []*write // being taken; the writer's alone
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.filled.L = &q.mu
	return q
}

// push submits w, or returns ErrClosed.
func (q *queue) push(w *write) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	q.in = append(q.in, w)
	q.filled.Signal()
	return nil
}

// pop returns the next write, or nil when there is none: at once, or, if it is
// to block, once the queue is closed.
func (q *queue) pop(block bool) *write {
	if len(q.out) == 0 && !q.refill(block) {
		return nil
	}
	w := q.out[0]
	q.out[0] = nil
	q.out = q.out[1:]
	return w
}

func (q *queue) refill(block bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for block && len(q.in) == 0 && !q.closed {
		q.filled.Wait()
	}
	q.in, q.out = nil, q.in
	return len(q.out) > 0
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Signal()
}
