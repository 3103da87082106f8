package main

import (
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// accessLogs are the files that stages' access logs go to, by the ARN that a
// stage's accessLogSettings name. "-" is standard output.
type accessLogs struct {
	stdout *observe.Lines
	log    *slog.Logger

	mu       sync.Mutex
	files    map[string]string         // ARN to file
	fallback string                    // file of every other ARN; "" discards
	opened   map[string]*observe.Lines // by file
}

// prepare is a livePart. It opens every configured file, so that one that cannot
// be written is told now. Stages that are bound later have the new files.
func (a *accessLogs) prepare(c *config) (func(), error) {
	for _, arn := range slices.Sorted(maps.Keys(c.AccessLogDestinations)) {
		if err := checkLog(c.AccessLogDestinations[arn]); err != nil {
			return nil, fmt.Errorf("access-log-destinations: %w", err)
		}
	}
	if err := checkLog(c.AccessLog); err != nil {
		return nil, fmt.Errorf("access-log: %w", err)
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.files, a.fallback = c.AccessLogDestinations, c.AccessLog
	}, nil
}

// canaryGroup is what the name of a canary's log group ends with.
var canaryGroup = regexp.MustCompile(`/Canary(:\*)?$`)

// lines returns where an ARN's lines go; nil discards. Those of a canary that is not
// named go where its stage's do. It never waits: a file is opened by who writes it.
func (a *accessLogs) lines(arn string) *observe.Lines {
	a.mu.Lock()
	defer a.mu.Unlock()
	name, ok := a.files[arn]
	if !ok {
		name, ok = a.files[canaryGroup.ReplaceAllString(arn, "$1")]
	}
	if !ok {
		name = a.fallback
	}
	switch name {
	case "":
		return nil
	case "-":
		return a.stdout
	}
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
