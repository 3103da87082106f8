// Package observe is how the data plane tells what it does: access logs, later
// metrics. It knows nothing of requests, only of lines and numbers.
package observe

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// flushEvery is how long a line waits at the most before it is written.
	flushEvery = 250 * time.Millisecond
	// flushAt is how many bytes are worth a write at once.
	flushAt = 64 << 10
	// maxPending bounds the bytes that wait for a writer that does not keep up;
	// beyond it lines are dropped and counted.
	maxPending = 8 << 20
)

// Lines writes lines in batches, off the path of those who log: a request
// copies its line into a buffer, a goroutine writes the buffer. It is safe for
// concurrent use.
type Lines struct {
	w   io.Writer
	log *slog.Logger

	mu      sync.Mutex
	pending []byte
	spare   []byte // the other buffer while it is not being written
	dropped int
	closed  bool
	wake    chan struct{} // holds a token when pending has reached flushAt
	done    chan struct{}
}

// NewLines starts writing to w. What goes wrong is told to log, once a batch.
func NewLines(w io.Writer, log *slog.Logger) *Lines {
	l := &Lines{w: w, log: log, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

// Append adds a line, without its line end, which it copies. After Close it
// does nothing.
func (l *Lines) Append(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if len(l.pending)+len(line) > maxPending {
		l.dropped++
		return
	}
	l.pending = append(append(l.pending, line...), '\n')
	if len(l.pending) >= flushAt {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Close writes what is pending and stops. A second call waits for the first.
func (l *Lines) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.wake)
	}
	l.mu.Unlock()
	<-l.done
}

func (l *Lines) run() {
	defer close(l.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for open := true; open; {
		select {
		case _, open = <-l.wake:
		case <-tick.C:
		}
		l.flush()
	}
}

// flush writes the pending lines while new ones go to the other buffer.
func (l *Lines) flush() {
	l.mu.Lock()
	batch, dropped := l.pending, l.dropped
	l.pending, l.dropped = l.spare[:0], 0
	l.spare = nil
	l.mu.Unlock()
	if len(batch) > 0 {
		if _, err := l.w.Write(batch); err != nil {
			l.log.Error("log lines not written", "bytes", len(batch), "error", err)
		}
	}
	if dropped > 0 {
		l.log.Error("log lines dropped: their writer does not keep up", "lines", dropped)
	}
	if cap(batch) <= 4*flushAt {
		l.mu.Lock()
		l.spare = batch[:0]
		l.mu.Unlock()
	}
}
