package main

import (
	"log/slog"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// logFiles are the files and collectors that lines of stages go to, each opened once.
// "-" is standard output.
type logFiles struct {
	stdout *observe.Lines
	log    *slog.Logger

	mu          sync.Mutex
	files       map[string]*observe.Lines
	directories map[string]*observe.Directory
	collectors  map[logDestination]*observe.Lines
}

func newLogFiles(stdout *observe.Lines, log *slog.Logger) *logFiles {
	return &logFiles{stdout: stdout, log: log, files: make(map[string]*observe.Lines), directories: make(map[string]*observe.Directory), collectors: make(map[logDestination]*observe.Lines)}
}

// lines returns the writer of a file; nil for "", which discards. It never waits: a file
// is opened by who writes it.
func (f *logFiles) lines(name string) *observe.Lines {
	switch name {
	case "":
		return nil
	case "-":
		return f.stdout
	}
	return opened(f, f.files, name, func() *observe.Lines { return observe.OpenLines(name, f.log) })
}

// directory returns the writer of files below a directory. It never waits.
func (f *logFiles) directory(path string) *observe.Directory {
	return opened(f, f.directories, path, func() *observe.Directory { return observe.OpenDirectory(path, f.log) })
}

// collector returns the writer of what a collector is sent. It never waits.
func (f *logFiles) collector(at logDestination) *observe.Lines {
	return opened(f, f.collectors, at, func() *observe.Lines { return observe.NewSlowLines(newLogSink(at), f.log) })
}

// opened returns what is open under a key, which the first who wants it opens.
func opened[K comparable, V any](f *logFiles, all map[K]V, key K, open func() V) V {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := all[key]
	if !ok {
		v = open()
		all[key] = v
	}
	return v
}

// reopen has every file opened again, after somebody has moved them away.
func (f *logFiles) reopen() {
	for _, open := range f.all() {
		open.Reopen()
	}
}

// close writes what is pending, for a second at the most.
func (f *logFiles) close() {
	var wg sync.WaitGroup
	for _, open := range f.all() {
		wg.Go(open.Close)
	}
	wg.Wait()
}

// A logWriter is an observe.Lines or an observe.Directory.
type logWriter interface {
	Reopen()
	Close()
}

func (f *logFiles) all() (list []logWriter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.files {
		list = append(list, l)
	}
	for _, d := range f.directories {
		list = append(list, d)
	}
	for _, c := range f.collectors {
		list = append(list, c)
	}
	return list
}

// checkLog reports why lines cannot be written to a file.
func checkLog(name string) error {
	if name == "-" || name == "" {
		return nil
	}
	return observe.CheckFile(name)
}
