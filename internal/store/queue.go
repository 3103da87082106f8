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
	whose string        // the account that it takes a turn of
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

func newWrite(ctx context.Context, whose string, limit time.Duration, fn func(*Tx) error) *write {
	return &write{ctx: ctx, whose: whose, limit: limit, fn: fn, done: make(chan struct{})}
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

// A queue holds the writes that wait. Accounts take turns, so that however many an
// account submits, another's waits for one of them at the most; those of one
// account keep their order. Callers wait for their outcome, so there are never more
// than there are callers.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	in     []*write // submitted
	closed bool

	// What has been collected from in, the writer's alone.
	lines map[string]*line // by account, none is empty
	turns []*line
}

// A line is the writes of one account, in the order of their submission.
type line struct{ writes []*write }

func newQueue() *queue {
	q := &queue{lines: make(map[string]*line)}
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
	for _, w := range q.collect(block && len(q.turns) == 0) {
		l := q.lines[w.whose]
		if l == nil {
			l = new(line)
			q.lines[w.whose], q.turns = l, append(q.turns, l)
		}
		l.writes = append(l.writes, w)
	}
	if len(q.turns) == 0 {
		return nil
	}
	l := q.turns[0]
	w := l.writes[0]
	l.writes[0] = nil
	l.writes = l.writes[1:]
	q.turns[0] = nil
	if q.turns = q.turns[1:]; len(l.writes) > 0 {
		q.turns = append(q.turns, l)
	} else {
		delete(q.lines, w.whose)
	}
	return w
}

// collect returns what has been submitted since it was last called. If it is to
// block it waits for something, or until the queue is closed.
func (q *queue) collect(block bool) []*write {
	q.mu.Lock()
	defer q.mu.Unlock()
	for block && len(q.in) == 0 && !q.closed {
		q.filled.Wait()
	}
	in := q.in
	q.in = nil
	return in
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Signal()
}
