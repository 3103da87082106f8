// Package observe writes the lines in which a running server tells what it does,
// while nobody who writes one waits for who reads it. It knows nothing of requests.
package observe

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	// flushEvery is how long a line waits at the most before it is written.
	flushEvery = 100 * time.Millisecond
	// flushAt is how many bytes are worth a write at once.
	flushAt = 64 << 10
	// maxPending bounds the bytes that wait for a writer that does not keep up;
	// beyond it lines are dropped and counted.
	maxPending = 8 << 20
	// patience is how long Flush and Close wait for a writer that does not keep up.
	patience = time.Second
)

// Lines writes lines in batches, off the path of those who log: a request
// copies its line into a buffer, a goroutine writes the buffer. Nobody who logs
// waits for the writer. It is safe for concurrent use.
type Lines struct {
	w    io.Writer
	file *file // what Reopen opens again; nil where w is no file of OpenLines
	slow Slow  // w, where its writes may take long; nil where they do not
	log  *slog.Logger

	some    chan struct{}      // holds a token when something is pending
	enough  chan struct{}      // holds a token when it is to be written at once
	asks    chan chan struct{} // each is closed when all that was pending is written
	closing chan struct{}
	done    chan struct{}

	mu      sync.Mutex
	pending []byte
	spare   []byte // the other buffer while it is not being written
	last    run    // of pending, where lines have names
	dropped int    // lines
	closed  bool   // by Close
	ended   bool   // nothing is written any more

	// Only the goroutine that writes uses these:
	lost    int // lines that were not written and that the log has not been told of
	failing bool
}

// NewLines starts writing to w. The log is told once when w begins to fail, and
// how many lines were dropped when it works again.
func NewLines(w io.Writer, log *slog.Logger) *Lines {
	l := newLines(w)
	l.log = log
	go l.run()
	return l
}

// A Slow is a writer whose writes may take long, such as one to another machine.
type Slow interface {
	io.Writer
	String() string // which it is, for the log

	// Stop has a Write that waits return, and all that follow fail with os.ErrClosed. It
	// may be called at any time, from another goroutine.
	Stop()
}

// NewSlowLines is NewLines for a writer that is stopped by Close when it has not written
// everything within a second. What it does not write is lost and counted.
func NewSlowLines(w Slow, log *slog.Logger) *Lines {
	l := newLines(w)
	l.slow, l.log = w, log
	go l.run()
	return l
}

// NewLog makes a logger that writes its lines to w in batches, as Lines does. When
// writing fails, the logger itself is told.
func NewLog(w io.Writer, handler func(io.Writer) slog.Handler) (*slog.Logger, *Lines) {
	l := newLines(w)
	l.log = slog.New(handler(l))
	go l.run()
	return l.log, l
}

func newLines(w io.Writer) *Lines {
	return &Lines{
		w: w, some: make(chan struct{}, 1), enough: make(chan struct{}, 1), asks: make(chan chan struct{}),
		closing: make(chan struct{}), done: make(chan struct{}),
	}
}

// Append adds a line, without its line end, which it copies. After Close it
// does nothing.
func (l *Lines) Append(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room(len(line)+1, 1) {
		l.pending = append(append(l.pending, line...), '\n')
		l.wake()
	}
}

// Write implements io.Writer for whole lines, with their ends. It never fails: a
// line that cannot be written is reported to the log.
func (l *Lines) Write(lines []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room(len(lines), bytes.Count(lines, []byte{'\n'})) {
		l.pending = append(l.pending, lines...)
		l.wake()
	}
	return len(lines), nil
}

// Spare are Lines for what matters less than what else is written there, such as the
// output of programs: it is dropped, and counted, where it would take more than half of
// the room for lines that wait.
type Spare struct{ lines *Lines }

// Spare returns the Spare of the lines.
func (l *Lines) Spare() Spare { return Spare{l} }

// Append is Lines.Append.
func (s Spare) Append(line []byte) {
	if s.room(len(line)+1, 1) {
		s.lines.Append(line)
	}
}

// Write is Lines.Write.
func (s Spare) Write(lines []byte) (int, error) {
	if s.room(len(lines), bytes.Count(lines, []byte{'\n'})) {
		return s.lines.Write(lines)
	}
	return len(lines), nil
}

// room is Lines.room for half of it.
func (s Spare) room(bytes, lines int) bool {
	l := s.lines
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending)+bytes > maxPending/2 && !l.ended {
		l.dropped += lines
		return false
	}
	return true
}

// room reports whether that many bytes can be added. If not, it counts the lines
// that they hold as dropped.
func (l *Lines) room(bytes, lines int) bool {
	if l.ended {
		return false
	}
	if len(l.pending)+bytes > maxPending {
		l.dropped += lines
		return false
	}
	return true
}

// wake tells the goroutine that writes of what has been added.
func (l *Lines) wake() {
	token(l.some)
	if len(l.pending) >= flushAt {
		token(l.enough)
	}
}

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Flush waits until everything that was added before is written, for a second
// at the most.
func (l *Lines) Flush() {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	written := make(chan struct{})
	select {
	case l.asks <- written:
	case <-l.done:
		return
	case <-timer.C:
		return
	}
	select {
	case <-written:
	case <-timer.C:
	}
}

// Reopen makes Lines that OpenLines returned open their file again, for example
// because it was renamed. On other Lines it does nothing.
func (l *Lines) Reopen() {
	if l.file != nil {
		l.file.stale.Store(true)
		token(l.some)
		token(l.enough)
	}
}

// Close writes what is pending, for a second at the most, and stops. Later calls
// wait for as long.
func (l *Lines) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.closing)
	}
	l.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
	}
	if l.slow == nil {
		return
	}
	l.slow.Stop()
	timer.Reset(patience)
	select {
	case <-l.done:
	case <-timer.C:
	}
}

func (l *Lines) run() {
	defer close(l.done)
	for {
		select {
		case <-l.some:
			l.await()
		case written := <-l.asks:
			l.flush()
			close(written)
		case <-l.closing:
			l.flush() // which may log
			l.mu.Lock()
			l.ended = true
			l.mu.Unlock()
			l.flush()
			l.tellLost()
			return
		}
	}
}

// await lets more lines come before it writes.
func (l *Lines) await() {
	timer := time.NewTimer(flushEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.enough:
	case <-l.closing:
	case written := <-l.asks:
		defer close(written)
	}
	l.flush()
}

// flush writes the pending lines while new ones go to the other buffer.
func (l *Lines) flush() {
	l.mu.Lock()
	batch := l.pending
	l.lost += l.dropped
	l.pending, l.spare, l.dropped, l.last = l.spare[:0], nil, 0, run{}
	l.mu.Unlock()
	if len(batch) > 0 || l.file != nil && l.file.stale.Load() {
		l.write(batch)
	}
	if cap(batch) <= 4*flushAt {
		l.mu.Lock()
		l.spare = batch[:0]
		l.mu.Unlock()
	}
}

// A Refused is the error of a Write whose writer does not want some of the lines, and may
// want those behind them: they are written next.
type Refused struct {
	Bytes int // behind those that the Write has written, with whole lines; more than 0
	Lines int // how many of them are lost
	Err   error
}

// Error and Unwrap are those of Err.
func (r *Refused) Error() string { return r.Err.Error() }
func (r *Refused) Unwrap() error { return r.Err }

// write writes whole lines, but for those that the writer does not want or cannot take.
func (l *Lines) write(lines []byte) {
	for {
		n, err := l.w.Write(lines)
		rest := lines[min(n, len(lines)):]
		refused, ok := errors.AsType[*Refused](err)
		if !ok {
			l.tell(bytes.Count(rest, []byte{'\n'}), err)
			return
		}
		l.tell(refused.Lines, err)
		if lines = rest[min(refused.Bytes, len(rest)):]; len(lines) == 0 {
			return
		}
	}
}

// tell tells the log when the writer begins to fail, and how many lines are lost
// only when it works again: the log may be written by these very Lines.
func (l *Lines) tell(lost int, err error) {
	if err != nil {
		l.lost += lost
		if !l.failing && !errors.Is(err, os.ErrClosed) { // a file tells itself what keeps it from being written
			l.failing = true
			l.log.Error("log lines cannot be written", "error", err)
		}
		return
	}
	l.failing = false
	l.tellLost()
}

// tellLost tells the log how many lines are lost that it has not been told of.
func (l *Lines) tellLost() {
	if l.lost == 0 {
		return
	}
	name := ""
	if l.slow != nil {
		name = l.slow.String()
	}
	l.log.Error("log lines dropped: their writer did not keep up", "lines", l.lost, "file", name)
	l.lost = 0
}
