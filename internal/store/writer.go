package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// A group ends at the first of these: its callers wait for each other.
const (
	groupWrites = 256
	groupTime   = 20 * time.Millisecond
)

// background is the context of what a group does together: no caller's may end
// it for the others.
var background = context.Background()

var errGoexit = errors.New("write ended its goroutine")

// A writer runs writes one after the other on one goroutine. Those that wait
// at the same time form a group: they share a transaction of the engine, and
// so the cost of making it durable. When the engine fails a group, its members
// run again, each in a transaction of its own, so that what fits in still gets
// in and each caller learns what became of its own write.
type writer struct {
	queue   *queue
	engine  engine
	feed    *feed
	stamps  *stamps
	log     *slog.Logger
	held    atomic.Int64 // the longest time of a function, in nanoseconds
	stopped chan struct{}

	// What the goroutine is at, kept here so that another can carry on when a
	// function ends it.
	batch batch    // of group
	group []*write // have run and wait for the commit
	now   *write   // runs
	alone []*write // are to run again
}

func startWriter(e engine, f *feed, log *slog.Logger) *writer {
	w := &writer{queue: newQueue(), engine: e, feed: f, stamps: newStamps(), log: log, stopped: make(chan struct{})}
	go w.run()
	return w
}

// write submits fn, which may take limit in a turn of an account's, and waits for
// its outcome.
func (w *writer) write(ctx context.Context, whose string, limit time.Duration, fn func(*Tx) error) (Revision, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	job := newWrite(ctx, whose, limit, fn)
	if err := w.queue.push(job); err != nil {
		return 0, err
	}
	return job.wait(ctx)
}

// stop refuses new writes and returns when all others are answered.
func (w *writer) stop() {
	w.queue.close()
	<-w.stopped
}

func (w *writer) run() {
	defer w.survive()
	for {
		if len(w.alone) > 0 {
			first := w.alone[0]
			w.alone = w.alone[1:]
			w.runGroup(first, func() *write { return nil })
			continue
		}
		first := w.queue.pop(true)
		if first == nil {
			close(w.stopped)
			return
		}
		if first.start() {
			w.runGroup(first, w.more())
		}
	}
}

// more returns a function that returns the next member of the group that begins now:
// nil when nobody waits, or when the group is as large or as old as it may be.
func (w *writer) more() func() *write {
	begun := time.Now()
	return func() *write {
		for len(w.group) < groupWrites && time.Since(begun) < groupTime {
			job := w.queue.pop(false)
			if job == nil || job.start() {
				return job
			}
		}
		return nil
	}
}

// runGroup runs first, and then what next returns until that is nil, in one
// transaction and answers all of them. If the engine fails, it leaves them in alone.
func (w *writer) runGroup(first *write, next func() *write) {
	b, err := w.engine.begin(background)
	if err != nil {
		first.fail(err)
		if errors.Is(err, ErrUnavailable) {
			w.failWaiting(err)
		}
		return
	}
	if p, ok := b.(*postgresBatch); ok && w.lacks(p.before) {
		b.rollback()
		first.fail(errLacks)
		return
	}
	w.batch, w.stamps.group = b, w.stamps.group[:0]
	for job := first; job != nil; job = next() {
		if err := w.runOne(job); err != nil {
			w.undo(err)
			return
		}
	}
	last, err := w.commit()
	if err != nil {
		w.undo(err)
		return
	}
	w.stamps.commit()
	w.feed.committed(last)
	for _, job := range w.group {
		close(job.done)
	}
	w.endGroup()
}

// errLacks is told once: who follows the feed looks at the database then, and says whether
// there may be more writes.
var errLacks = fmt.Errorf("%w: another server has taken over, which lacks the last changes", ErrUnavailable)

// lacks reports whether a database lacks revisions that were committed, by the last one that it
// has while no other process commits.
func (w *writer) lacks(last Revision) bool {
	known := w.feed.revision()
	if last >= known {
		return false
	}
	w.feed.fell(known, last)
	return true
}

// failWaiting fails all that wait: they have waited for the engine as long as the one that
// it has failed, and each would do so anew, one after the other.
func (w *writer) failWaiting(err error) {
	for _, job := range w.alone {
		job.fail(err)
	}
	w.alone = nil
	for job := w.queue.pop(false); job != nil; job = w.queue.pop(false) {
		if job.start() {
			job.fail(err)
		}
	}
}

// commit commits the group, tells its members their revisions and returns the
// highest, 0 when none has published.
func (w *writer) commit() (last Revision, err error) {
	var all []Served
	for _, job := range w.group {
		all = append(all, job.published...)
	}
	if err := w.batch.commit(background, all, w.stamps.group); err != nil {
		return 0, err
	}
	for _, job := range w.group {
		for _, s := range all[:len(job.published)] {
			job.rev = max(job.rev, s.Revision)
		}
		all, job.published = all[len(job.published):], nil
		last = max(last, job.rev)
	}
	return last, nil
}

// runOne runs job as a member of the group. Its error is the engine's and
// concerns all of the group; that of job alone is kept for its caller.
func (w *writer) runOne(job *write) error {
	w.stamps.now++
	if changed, all := w.batch.others(); all || len(changed) > 0 {
		w.learn(changed, all)
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeoutCause(job.ctx, job.limit, ErrTimeout)
	defer cancel()
	tx := &Tx{view: w.batch, batch: w.batch, marks: w.stamps, ctx: ctx}
	w.group, w.now = append(w.group, job), job
	err := w.call(job.fn, tx)
	w.now = nil
	w.held.Store(max(w.held.Load(), int64(time.Since(begun))))
	job.rev, job.err = 0, tx.settle(background, err)
	job.published = tx.published
	return tx.broken
}

// learn takes into account that another process has written before the write that
// runs now: what was prepared earlier may no longer hold, and there may be revisions
// that nobody here was told of.
func (w *writer) learn(changed []slot, all bool) {
	if all {
		w.stamps.others = w.stamps.now
	}
	for _, i := range changed {
		w.stamps.learn(i)
	}
	if last, _, err := w.batch.last(background); err == nil { // else the batch fails, too
		w.feed.committed(last)
	}
}

// call calls fn and makes a panic an error.
func (w *writer) call(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("write panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("write panicked: %v", p)
		}
	}()
	return fn(tx)
}

// undo rolls the group back because of err. A single member learns of it;
// several are to run again, unless they may have been committed.
func (w *writer) undo(err error) {
	w.batch.rollback()
	if len(w.group) == 1 || errors.Is(err, ErrUnknown) {
		for _, job := range w.group {
			job.fail(err)
		}
	} else {
		w.log.Warn("group of writes failed, trying each alone", "writes", len(w.group), "error", err)
		w.alone = append(w.alone, w.group...)
	}
	w.endGroup()
}

func (w *writer) endGroup() {
	clear(w.group)
	w.batch, w.group = nil, w.group[:0]
}

// survive starts another goroutine when a write's function has ended this one
// with runtime.Goexit, as a failing test's does.
func (w *writer) survive() {
	job := w.now
	if job == nil {
		return
	}
	w.now = nil
	w.batch.rollback()
	w.alone = append(w.alone, w.group[:len(w.group)-1]...)
	w.endGroup()
	job.fail(errGoexit)
	go w.run()
}
