package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// accessLogs say where stages' access logs go, by the ARN that a stage's
// accessLogSettings name.
type accessLogs struct {
	files *logFiles

	mu       sync.Mutex
	byARN    map[string]logDestination
	fallback string // file of every other ARN, and of stages without one; "" discards
}

// prepare is a livePart. It looks at every configured place, so that one that cannot be
// written is told now. Stages that are bound later have the new ones.
func (a *accessLogs) prepare(c *config) (func(), error) {
	for _, arn := range slices.Sorted(maps.Keys(c.AccessLogDestinations)) {
		d := c.AccessLogDestinations[arn]
		if err := d.check(); err != nil {
			return nil, fmt.Errorf("access-log-destinations: %w", err)
		}
	}
	if err := checkLog(c.AccessLog); err != nil {
		return nil, fmt.Errorf("access-log: %w", err)
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.byARN, a.fallback = c.AccessLogDestinations, c.AccessLog
	}, nil
}

// canaryGroup is what the name of a canary's log group ends with.
var canaryGroup = regexp.MustCompile(`/Canary(:\*)?$`)

// lines returns where an ARN's lines go; nil discards. Those of a canary that is not
// named go where its stage's do. It never waits: a file is opened by who writes it.
func (a *accessLogs) lines(arn string) *observe.Lines {
	to := a.destination(arn)
	if to.URL != "" {
		return a.files.collector(to)
	}
	return a.files.lines(to.File)
}

func (a *accessLogs) destination(arn string) logDestination {
	a.mu.Lock()
	defer a.mu.Unlock()
	if to, ok := a.byARN[arn]; ok {
		return to
	}
	if to, ok := a.byARN[canaryGroup.ReplaceAllString(arn, "$1")]; ok {
		return to
	}
	return logDestination{File: a.fallback}
}
