package main

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
)

// A fileValue is something that is made of files, and made again when they change: it is
// the files of a watch. current may be read at any time.
type fileValue[T any] struct {
	log     *slog.Logger
	current atomic.Pointer[T]

	mu    sync.Mutex
	names []string
	load  func() (*T, error)
	files map[string]os.FileInfo // as they were when they were read
	wrong string                 // why the last reading failed, as the log was told; "" where it did not
}

// take makes the value of files. What it returns takes that, and the files, into use.
func (v *fileValue[T]) take(names []string, load func() (*T, error)) (func(), error) {
	before := look(names)
	made, err := load()
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.names, v.load, v.files, v.wrong = names, load, before, ""
		v.current.Store(made)
	}, err
}

// seen is for watch. It is empty while there are no files.
func (v *fileValue[T]) seen() map[string]os.FileInfo {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.files
}

// reload is for watch: files that cannot be read change nothing.
func (v *fileValue[T]) reload(context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.readAgain()
}

// retry is for watch.
func (v *fileValue[T]) retry(context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.wrong != "" {
		v.readAgain()
	}
}

// readAgain is reload. The caller holds v.mu.
func (v *fileValue[T]) readAgain() {
	v.files = look(v.names)
	made, err := v.load()
	if err != nil {
		if err.Error() != v.wrong {
			v.wrong = err.Error()
			v.log.Error("changed certificates cannot be read: those that were read before stay", "error", err)
		}
		return
	}
	v.wrong = ""
	v.current.Store(made)
	v.log.Info("changed certificates are read again")
}
