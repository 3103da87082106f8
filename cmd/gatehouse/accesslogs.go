package main

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// accessLogs are the files that stages' access logs go to, by the ARN that a
// stage's accessLogSettings name. "-" is standard output.
type accessLogs struct {
	files    map[string]string // ARN to file
	fallback string            // file of every other ARN; "" discards
	stdout   *observe.Lines
	log      *slog.Logger

	mu     sync.Mutex
	opened map[string]*observe.Lines // by file
}

// lines returns where an ARN's lines go; nil discards. It never waits: a file is
// opened by who writes it.
func (a *accessLogs) lines(arn string) *observe.Lines {
	name, ok := a.files[arn]
	if !ok {
		name = a.fallback
	}
	switch name {
	case "":
		return nil
	case "-":
		return a.stdout
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.opened[name]
	if l == nil {
		l = observe.OpenLines(name, a.log)
		if a.opened == nil {
			a.opened = make(map[string]*observe.Lines)
		}
		a.opened[name] = l
	}
	return l
}

// check opens every configured file, so that one that cannot be written is
// told at the start.
func (a *accessLogs) check() error {
	for _, arn := range slices.Sorted(maps.Keys(a.files)) {
		if err := checkLog(a.files[arn]); err != nil {
			return fmt.Errorf("access-log-destinations: %w", err)
		}
	}
	if err := checkLog(a.fallback); err != nil {
		return fmt.Errorf("access-log: %w", err)
	}
	return nil
}

func checkLog(name string) error {
	if name == "-" || name == "" {
		return nil
	}
	return observe.CheckFile(name)
}

// reopen has every file opened again, after somebody has moved them away.
func (a *accessLogs) reopen() {
	for _, l := range a.all() {
		l.Reopen()
	}
}

// close writes what is pending, for a second at the most.
func (a *accessLogs) close() {
	var wg sync.WaitGroup
	for _, l := range a.all() {
		wg.Go(l.Close)
	}
	wg.Wait()
}

func (a *accessLogs) all() []*observe.Lines {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Collect(maps.Values(a.opened))
}
