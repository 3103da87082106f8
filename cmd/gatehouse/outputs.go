package main

import (
	"io"
	"log/slog"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// outputs are what a running server writes. Nobody waits for who reads it.
type outputs struct {
	log    *slog.Logger
	stdout *observe.Lines // what is printed while requests are served
	access *accessLogs
	tracer *tracer // nil unless requests are traced
}

// openOutputs opens the files that the configuration names, so that one that cannot
// be written is told before anything else happens.
func openOutputs(c *config, out io.Writer, log *slog.Logger) (*outputs, error) {
	stdout := observe.NewLines(out, log)
	o := &outputs{log: log, stdout: stdout, access: &accessLogs{stdout: stdout, log: log}}
	if c.Trace {
		o.tracer = newTracer(stdout, colorful(out))
	}
	open, err := o.access.prepare(c)
	if err != nil {
		return nil, err
	}
	open()
	return o, nil
}

// close writes what is pending, for a second at the most.
func (o *outputs) close() error {
	var wg sync.WaitGroup
	wg.Go(o.stdout.Close)
	wg.Go(o.access.close)
	wg.Wait()
	return nil
}
