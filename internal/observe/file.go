package observe

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// retryEvery is how long a file that cannot be opened or written is left alone.
	retryEvery = time.Second
	// lookEvery is how often a file that is written is looked for under its name.
	lookEvery = time.Second
)

// OpenLines starts writing to the end of a file, which is made when it is not
// there. A file that was renamed or removed is made anew, at the latest a second
// later. While a file cannot be opened or written, and while a FIFO has no
// reader, lines wait within their bound; the log is told once.
func OpenLines(name string, log *slog.Logger) *Lines {
	f := &file{name: name, log: log, stop: make(chan struct{})}
	l := newLines(f)
	l.file, l.slow, l.log = f, f, log
	go l.run()
	return l
}

// CheckFile reports why lines cannot be written to a file. A FIFO may get its
// reader later.
func CheckFile(name string) error {
	file, err := open(name)
	if noReader(name, err) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// open opens a file for appending. It never waits: opening a FIFO that has no reader
// fails at once.
func open(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY|openFlags, 0o640)
}

func noReader(name string, err error) bool {
	if !errors.Is(err, syscall.ENXIO) {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// A file is the writer of OpenLines. One goroutine writes to it, and may wait for
// the file as nobody who logs may.
type file struct {
	name  string
	log   *slog.Logger
	stale atomic.Bool // it is to be opened again
	stop  chan struct{}

	mu      sync.Mutex
	at      *os.File // nil while it is not open
	stopped bool

	// Only the goroutine that writes uses these:
	is      os.FileInfo // what at is, to compare with what has its name later
	looked  time.Time
	failing bool
}

// Write writes all of p, however long that takes, unless the file is closed.
func (f *file) Write(p []byte) (int, error) {
	done := 0
	for {
		n, err := f.try(p[done:])
		done += n
		if err == nil {
			f.failing = false
			return done, nil
		}
		f.leave()
		select {
		case <-f.stop:
			return done, os.ErrClosed
		default:
		}
		if !f.failing {
			f.failing = true
			f.log.Error("log file cannot be written, its lines wait", "file", f.name, "error", err)
		}
		select {
		case <-f.stop:
			return done, os.ErrClosed
		case <-time.After(retryEvery):
		}
	}
}

// try writes p once, to the file that has the name now.
func (f *file) try(p []byte) (int, error) {
	if stale := f.stale.Swap(false); stale || f.moved() {
		f.leave()
	}
	if f.at == nil {
		if err := f.enter(); err != nil {
			return 0, err
		}
	}
	if len(p) == 0 {
		return 0, nil
	}
	return f.at.Write(p)
}

// moved reports whether the open file has lost its name.
func (f *file) moved() bool {
	if f.at == nil || time.Since(f.looked) < lookEvery {
		return false
	}
	f.looked = time.Now()
	info, err := os.Stat(f.name)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, f.is)
}

func (f *file) enter() error {
	file, err := open(f.name)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		_ = file.Close()
		return os.ErrClosed
	}
	f.at, f.is, f.looked = file, info, time.Now()
	return nil
}

func (f *file) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at != nil {
		_ = f.at.Close()
		f.at = nil
	}
}

func (f *file) String() string { return f.name }

// Stop ends a Write that waits.
func (f *file) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.stopped {
		f.stopped = true
		close(f.stop)
		if f.at != nil {
			_ = f.at.Close()
		}
	}
}
