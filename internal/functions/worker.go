package functions

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"
)

// The states of a worker.
const (
	starting = iota // it has not asked for a call yet
	idle
	busy
	ending // it is being killed, or is dead
)

// A worker is a process that takes one call after the other, with all that it starts.
// What is not said to be set once is guarded by its function's lock.
type worker struct {
	function *Function
	calls    chan *invocation // what the worker is to do next; there is never more than one
	dying    chan struct{}    // closed when its process has ended
	exit     *functionError   // how; not before
	api      *runtimeAPI      // set once, before process
	process  *process         // nil before it has been started
	begun    time.Time        // set once: when its start began
	stream   string           // name of its log stream

	state     int
	current   *invocation // of a starting worker the first it will do; nil for none
	responded bool        // current has all of its answer
	flow      *stream     // of current's answer; nil for none
	tail      *tail       // of the last call, whose output may still be on its way; nil for none
	retry     *invocation // that another worker is to do
	again     bool        // see Function.start
	old       bool        // it takes no other call
	due       time.Time   // when its state must have changed; zero for never
	timer     *time.Timer // tells when due is over
}

// run is the life of a worker.
func (w *worker) run() {
	f := w.function
	defer f.set.running.Done()
	defer f.left(w)
	if err := w.begin(); err != nil {
		f.set.log.Error("a function cannot be started", "function", f.config.Name, "error", err)
		f.mu.Lock()
		w.fail(notStarted(w.id(), err))
		f.mu.Unlock()
		return
	}
	state := w.process.wait()
	if w.process.group.outOfMemory() {
		w.ranOut()
	}
	w.end(state)
	f.set.keeper.left(w.process.pid())
	w.process.sweep()
	f.set.reapOrphans()
	w.api.close()
}

// end notes how the process has ended: what comes of its call where nothing has yet.
func (w *worker) end(state *os.ProcessState) {
	f := w.function
	f.mu.Lock()
	w.exit = exited(w.id(), state)
	close(w.dying)
	f.mu.Unlock()
	w.finishAnswers()
	f.mu.Lock()
	defer f.mu.Unlock()
	w.state = ending // no call is given to it
	w.fail(exited(w.id(), state))
	w.unlimit()
}

// begin starts the process.
func (w *worker) begin() (err error) {
	f := w.function
	if w.api, err = serveRuntimeAPI(w); err != nil {
		return err
	}
	p, err := f.set.spawn(f, w.api.addr, w.stream, w.print)
	if err != nil {
		w.api.close()
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.process = p
	if w.state == ending { // somebody did not wait for the start
		p.kill()
	} else if w.state == starting && w.again {
		w.limit(f.config.Timeout)
	} else if w.state == starting {
		w.limit(f.set.initTime)
	}
	return nil
}

// answerTime is how long what an ended worker has sent may take to be read.
const answerTime = 2 * time.Second

// finishAnswers lets what the worker has said last be read, before its end is taken for
// what came of its call.
func (w *worker) finishAnswers() {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	_ = w.api.server.Shutdown(ctx)
}

// outdated reports whether what the worker was given would not be good for another call.
func (w *worker) outdated() bool {
	return w.process != nil && !w.process.until.IsZero() && time.Now().Add(w.function.config.Timeout).After(w.process.until)
}

// stop kills the process, if it has been started.
func (w *worker) stop() {
	w.unlimit()
	if w.process != nil {
		w.process.kill()
	}
}

// limit has expire called when the worker's state has not changed in time.
func (w *worker) limit(d time.Duration) {
	if w.function.config.Program.Debug != "" {
		return
	}
	w.due = time.Now().Add(d)
	if w.timer == nil {
		w.timer = time.AfterFunc(d, w.expire)
		return
	}
	w.timer.Reset(d)
}

func (w *worker) unlimit() {
	w.due = time.Time{}
	if w.timer != nil {
		w.timer.Stop()
	}
}

// expire ends a worker whose time is over.
func (w *worker) expire() {
	f := w.function
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.due.IsZero() || time.Now().Before(w.due) || w.state == ending { // it has been in time after all
		return
	}
	switch {
	case w.state == idle:
	case w.state == starting && !w.again:
		w.retry, w.current = w.current, nil // Lambda tries a second time, within the time of the call
		w.tell("the function did not ask for its first call within %v", f.set.initTime)
	case w.current != nil:
		failure := timedOut(w.current.id, f.config.Timeout)
		w.fail(failure)
		w.tell("%s", failure.Message)
	}
	f.end(w)
}

// ready notes that the worker asks for its next call. It is false where it has not
// answered the last one.
func (w *worker) ready() bool {
	f := w.function
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.state == starting {
		f.started = time.Since(w.begun)
	}
	switch {
	case w.state == starting && w.current != nil:
		f.give(w, w.current)
	case w.state == starting, w.state == busy && w.responded:
		f.free(w)
	case w.state == busy:
		return len(w.calls) > 0 // which an earlier request did not stay to get
	}
	return true
}

// deadline is when the call must be over.
func (w *worker) deadline() time.Time {
	w.function.mu.Lock()
	defer w.function.mu.Unlock()
	if w.due.IsZero() {
		return time.Now().Add(MaxTimeout)
	}
	return w.due
}

// running returns the invocation that the worker does, if it has this id and no answer
// yet; else nil.
func (w *worker) running(id string) *invocation {
	w.function.mu.Lock()
	defer w.function.mu.Unlock()
	if w.state != busy || w.responded || w.current == nil || w.current.id != id {
		return nil
	}
	return w.current
}

// answer settles the worker's call. From then on the worker is about to be free, unless
// its answer is a stream. It is false where the call has an outcome.
func (w *worker) answer(v *invocation, o outcome) bool {
	w.function.mu.Lock()
	defer w.function.mu.Unlock()
	if !v.settle(o) {
		return false
	}
	w.responded, w.flow = o.stream == nil, o.stream
	return true
}

// streamed notes that the worker has sent all of its stream.
func (w *worker) streamed() {
	w.function.mu.Lock()
	defer w.function.mu.Unlock()
	w.responded, w.flow = true, nil
}

// brokenOff is the error of a response that the worker broke off, which mostly is how it
// has ended: for that it waits a moment.
func (w *worker) brokenOff() *functionError {
	select {
	case <-w.dying:
		return w.exit
	case <-time.After(answerTime):
		return &functionError{"Runtime.TruncatedResponse", "the function broke off its response"}
	}
}

// initFailed ends a worker that could not load the code, with what it says of that.
func (w *worker) initFailed(text []byte) {
	f := w.function
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.state != starting {
		return
	}
	if w.current != nil {
		w.current.settle(outcome{text: text, failed: true})
	}
	w.old, w.current = true, nil
	w.unlimit()
	time.AfterFunc(answerTime, func() { // it is about to end by itself
		f.mu.Lock()
		defer f.mu.Unlock()
		f.end(w)
	})
}

// fail is what comes of the worker's call when it cannot be finished, if nothing has yet.
func (w *worker) fail(e *functionError) {
	if w.current != nil {
		w.current.settle(outcome{text: e.text(), failed: true})
	}
	if w.flow != nil {
		w.flow.finish(e)
	}
}

// id is that of the worker's call.
func (w *worker) id() string {
	if w.current == nil {
		return ""
	}
	return w.current.id
}

// line is a line of the worker's.
func (w *worker) line(id string, text []byte) *Line {
	c, o := &w.function.config, &w.function.set.options
	return &Line{Function: c.Name, Account: cmp.Or(c.Account, o.Account), Region: cmp.Or(c.Region, o.Region), RequestID: id, Stream: w.stream, Time: time.Now(), Text: text}
}

// print passes on a line of output.
func (w *worker) print(text []byte) {
	f := w.function
	f.mu.Lock()
	id, t := w.id(), w.tail
	if w.current != nil {
		t = w.current.tail
	}
	f.mu.Unlock()
	if t != nil {
		t.add(text)
	}
	if f.set.options.Output == nil {
		return
	}
	f.set.options.Output(w.line(id, text))
}

// tell prints a line of ours among the function's.
func (w *worker) tell(format string, args ...any) {
	if out := w.function.set.options.Output; out != nil {
		out(w.line(w.id(), fmt.Appendf(nil, format, args...)))
	}
}

// exceeds ends a worker that uses more than it may: so much of what, and the bound.
func (w *worker) exceeds(format string, args ...any) {
	f := w.function
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.state == ending {
		return
	}
	w.tellExcess(format, args...)
	w.fail(exited(w.id(), (*os.ProcessState)(nil)))
	f.end(w)
}

// ranOut tells why the worker is dead that the system has killed for its use of memory.
func (w *worker) ranOut() {
	f := w.function
	f.mu.Lock()
	defer f.mu.Unlock()
	if may := f.config.Program.Memory; w.state != ending {
		w.tellExcess("more than %d MiB of memory, and may use %d", may, may)
	}
}

func (w *worker) tellExcess(format string, args ...any) {
	w.tell("the function uses "+format+": its worker is killed", args...)
}
