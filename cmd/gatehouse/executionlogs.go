package main

import (
	"fmt"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
)

// executionLogs say where the execution logs of stages go: one file for all of them, or
// one below a directory for each log group.
type executionLogs struct {
	files *logFiles

	mu              sync.Mutex
	file, directory string // the directory goes first; "" for none
}

// prepare is a livePart. What cannot be written is told now. Stages that are bound later
// log to the new places.
func (e *executionLogs) prepare(c *config) (func(), error) {
	if c.ExecutionLogDirectory != "" {
		if err := observe.CheckDirectory(c.ExecutionLogDirectory); err != nil {
			return nil, fmt.Errorf("%s: %w", c.called("execution-log-directory"), err)
		}
	} else if err := checkLog(c.ExecutionLog); err != nil {
		return nil, fmt.Errorf("%s: %w", c.called("execution-log"), err)
	}
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.file, e.directory = c.ExecutionLog, c.ExecutionLogDirectory
	}, nil
}

// log is pipeline.Services.ExecutionLog. A group's file is called like the group:
// API-Gateway-Execution-Logs_a1/prod.log, and prod/Canary.log for what a canary serves.
// The names of APIs and stages have nothing that a path could be misled by.
func (e *executionLogs) log(group string) pipeline.ExecutionLog {
	e.mu.Lock()
	file, directory := e.file, e.directory
	e.mu.Unlock()
	if directory != "" {
		return pipeline.ExecutionLog{Lines: e.files.directory(directory).File(group + ".log")}
	}
	lines := e.files.lines(file)
	if lines == nil {
		return pipeline.ExecutionLog{}
	}
	return pipeline.ExecutionLog{Lines: lines, Shared: true}
}
