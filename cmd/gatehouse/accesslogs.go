package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// accessLogs are the files that stages' access logs go to, by the ARN that a
// stage's accessLogSettings name. "-" is standard output.
type accessLogs struct {
	files    map[string]string // ARN to file
	fallback string            // file of every other ARN; "" discards
	stdout   io.Writer
	log      *slog.Logger

	mu     sync.Mutex
	opened map[string]*accessFile // by file
}

type accessFile struct {
	lines *observe.Lines
	file  *os.File // nil for standard output
}

// lines returns where an ARN's lines go, opened when it is first asked for;
// nil discards. A file that cannot be opened is told once and discards.
func (a *accessLogs) lines(arn string) *observe.Lines {
	name, ok := a.files[arn]
	if !ok {
		name = a.fallback
	}
	if name == "" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if f, ok := a.opened[name]; ok {
		return f.lines
	}
	f, err := a.open(name)
	if err != nil {
		a.log.Error("access log", "destination", arn, "error", err)
	}
	if a.opened == nil {
		a.opened = make(map[string]*accessFile)
	}
	a.opened[name] = f
	return f.lines
}

func (a *accessLogs) open(name string) (*accessFile, error) {
	if name == "-" {
		return &accessFile{lines: observe.NewLines(a.stdout, a.log)}, nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return &accessFile{}, err
	}
	return &accessFile{lines: observe.NewLines(file, a.log), file: file}, nil
}

// check opens every configured file, so that one that cannot be written is
// told at the start.
func (a *accessLogs) check() error {
	for _, name := range a.files {
		if name == "-" || name == "" {
			continue
		}
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return fmt.Errorf("access-log-destinations: %w", err)
		}
		_ = file.Close()
	}
	return nil
}

// close writes what is pending.
func (a *accessLogs) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.opened {
		if f.lines != nil {
			f.lines.Close()
		}
		if f.file != nil {
			_ = f.file.Close()
		}
	}
}
