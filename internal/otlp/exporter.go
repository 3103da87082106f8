package otlp

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// mostPending bounds the spans that wait to be sent. Each takes about 1 KB.
	mostPending = 8192
	// batch is how many spans are sent at once.
	batch = 512
	// interval is how long spans wait for others to be sent with.
	interval = time.Second
	// sendTime bounds one try to send a batch.
	sendTime = 10 * time.Second
	// tries is how often a batch is sent that the collector does not take.
	tries = 3
)

// Options are what an exporter is made of.
type Options struct {
	// Send sends an ExportTraceServiceRequest to a collector, and keeps to ctx. An error
	// is that the collector has not taken it.
	Send func(ctx context.Context, request []byte) error
	// Resource says who sends the spans.
	Resource []Attribute
	Log      *slog.Logger
}

// An Exporter sends spans to a collector, some at a time, beside the calls that made
// them. It is safe for concurrent use.
type Exporter struct {
	Sampler Sampler // of calls about which nobody has decided before

	opts Options

	mu      sync.Mutex
	pending []Span
	closed  bool

	full   chan struct{} // says that a batch is there; holds one
	ending chan struct{} // closed by Close
	ended  chan struct{} // closed when all has been sent, or given up
	giveUp context.CancelFunc

	sent, dropped atomic.Int64
	failing       bool // the last batch was given up; of the sending goroutine
}

// NewExporter makes an exporter, which works until it is closed.
func NewExporter(o Options) *Exporter {
	ctx, giveUp := context.WithCancel(context.Background())
	e := &Exporter{opts: o, full: make(chan struct{}, 1), ending: make(chan struct{}), ended: make(chan struct{}), giveUp: giveUp}
	go e.run(ctx)
	return e
}

// Add takes spans over, and drops those for which there is no room. It does not wait.
func (e *Exporter) Add(spans ...Span) {
	e.mu.Lock()
	room := mostPending - len(e.pending)
	if e.closed {
		room = 0
	}
	taken := spans[:min(room, len(spans))]
	e.pending = append(e.pending, taken...)
	due := len(e.pending) >= batch
	e.mu.Unlock()
	if n := len(spans) - len(taken); n > 0 {
		e.dropped.Add(int64(n))
	}
	if due {
		select {
		case e.full <- struct{}{}:
		default: // it knows
		}
	}
}

// Sent returns how many spans the collector has taken.
func (e *Exporter) Sent() int64 { return e.sent.Load() }

// Dropped returns how many spans there was no room for, and how many the collector has
// not taken.
func (e *Exporter) Dropped() int64 { return e.dropped.Load() }

// Close sends what is there until ctx ends, and then takes nothing more.
func (e *Exporter) Close(ctx context.Context) {
	e.mu.Lock()
	again := e.closed
	e.closed = true
	e.mu.Unlock()
	if !again {
		close(e.ending)
	}
	select {
	case <-e.ended:
	case <-ctx.Done():
	}
	e.giveUp()
	<-e.ended
}

// run sends what is pending, batch by batch.
func (e *Exporter) run(ctx context.Context) {
	defer close(e.ended)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		ending := false
		select {
		case <-tick.C:
		case <-e.full:
		case <-e.ending:
			ending = true
		}
		for spans := e.next(); len(spans) > 0; spans = e.next() {
			e.send(ctx, spans)
		}
		if ending {
			return
		}
	}
}

// next takes the spans that are sent next.
func (e *Exporter) next() []Span {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(batch, len(e.pending))
	spans := e.pending[:n:n]
	if e.pending = e.pending[n:]; len(e.pending) == 0 {
		e.pending = nil
	}
	return spans
}

// send sends spans, a few times where the collector does not take them. The log has a
// line when it begins not to, and when it does again.
func (e *Exporter) send(ctx context.Context, spans []Span) {
	request := encode(nil, e.opts.Resource, spans)
	err := e.try(ctx, request)
	for n := 1; err != nil && n < tries && !e.failing && wait(ctx, time.Duration(n)*interval); n++ {
		err = e.try(ctx, request)
	}
	switch {
	case err != nil && !e.failing:
		e.opts.Log.Warn("the collector takes no spans: they are dropped", "error", err)
	case err == nil && e.failing:
		e.opts.Log.Info("the collector takes spans again")
	}
	if e.failing = err != nil; e.failing {
		e.dropped.Add(int64(len(spans)))
		return
	}
	e.sent.Add(int64(len(spans)))
}

func (e *Exporter) try(ctx context.Context, request []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return e.opts.Send(ctx, request)
}

// wait waits, and reports false where ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
