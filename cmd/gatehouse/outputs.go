package main

import (
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// outputs are what a running server writes. Nobody waits for who reads it.
type outputs struct {
	log    *slog.Logger
	stdout *observe.Lines // what is printed while requests are served
	files  *logFiles      // of stages
	access *accessLogs
	calls  *executionLogs
	groups *logGroups     // of stages and functions
	audit  *observe.Lines // nil for none
	trail  wire.Trail     // of the control plane's calls
	tracer *tracer        // nil unless something is printed of requests
}

// openOutputs opens the files that the configuration names, so that one that cannot
// be written is told before anything else happens.
func openOutputs(c *config, out io.Writer, log *slog.Logger) (*outputs, error) {
	stdout := observe.NewLines(out, log)
	files := newLogFiles(stdout, log)
	o := &outputs{log: log, stdout: stdout, files: files, access: &accessLogs{files: files}, calls: &executionLogs{files: files}, groups: newLogGroups(c, log), tracer: newTracer(c, out, stdout)}
	for _, prepare := range []livePart{o.access.prepare, o.calls.prepare} {
		open, err := prepare(c)
		if err != nil {
			return nil, err
		}
		open()
	}
	o.trail.Log = log
	return o, o.openAudit(c)
}

// openAudit opens the audit log, a JSON object a line.
func (o *outputs) openAudit(c *config) error {
	if err := checkLog(c.AuditLog); err != nil {
		return fmt.Errorf("%s: %w", c.called("audit-log"), err)
	}
	switch c.AuditLog {
	case "":
		return nil
	case "-":
		o.trail.Audit = slog.New(slog.NewJSONHandler(o.stdout, plainDurations(nil)))
	default:
		o.audit = observe.OpenLines(c.AuditLog, o.log)
		o.trail.Audit = slog.New(slog.NewJSONHandler(o.audit, plainDurations(nil)))
	}
	return nil
}

// reopen has every file opened again, after somebody has moved them away.
func (o *outputs) reopen() {
	o.files.reopen()
	if o.audit != nil {
		o.audit.Reopen()
	}
}

// close writes what is pending, for a second at the most.
func (o *outputs) close() error {
	var wg sync.WaitGroup
	wg.Go(o.stdout.Close)
	wg.Go(o.files.close)
	wg.Go(o.groups.close)
	if o.audit != nil {
		wg.Go(o.audit.Close)
	}
	wg.Wait()
	return nil
}
