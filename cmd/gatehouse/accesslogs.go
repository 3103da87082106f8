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
	byARN    map[string]string // ARN to file
	fallback string            // file of every other ARN; "" discards
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
		a.byARN, a.fallback = c.AccessLogDestinations, c.AccessLog
	}, nil
}

// canaryGroup is what the name of a canary's log group ends with.
var canaryGroup = regexp.MustCompile(`/Canary(:\*)?$`)

// lines returns where an ARN's lines go; nil discards. Those of a canary that is not
// named go where its stage's do. It never waits: a file is opened by who writes it.
func (a *accessLogs) lines(arn string) *observe.Lines { return a.files.lines(a.file(arn)) }

func (a *accessLogs) file(arn string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if name, ok := a.byARN[arn]; ok {
		return name
	}
	if name, ok := a.byARN[canaryGroup.ReplaceAllString(arn, "$1")]; ok {
		return name
	}
	return a.fallback
}
