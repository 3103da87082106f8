package main

import (
	"fmt"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
)

// metricsPage is where Prometheus reads the numbers of a server.
const metricsPage = "/_gatehouse/metrics"

// numbers are what a server counts of its own while it runs. They are nil where nobody
// can read them.
type numbers struct {
	calls    *metrics.Calls
	registry *metrics.Registry
	compiled metrics.Histogram // of deployments
	connects metrics.Histogram // to backends
}

// newNumbers makes what counts, nil without an address at which it is read.
func newNumbers(c *config) *numbers {
	if c.AdminListen == "" {
		return nil
	}
	n := &numbers{calls: metrics.NewCalls(c.MetricsSeries)}
	n.registry = metrics.NewRegistry(n.calls, version())
	return n
}

// of returns the counters of calls, nil where nothing is counted.
func (n *numbers) of() *metrics.Calls {
	if n == nil {
		return nil
	}
	return n.calls
}

// connected is told how long connecting to backends takes; nil where nothing is counted.
func (n *numbers) connected() func(time.Duration) {
	if n == nil {
		return nil
	}
	return n.connects.Observe
}

// join adds what the parts of the data plane know of themselves.
func (n *numbers) join(p *dataPlane) {
	if n == nil {
		return
	}
	n.joinDoor(p.gateway)
	services := p.services.Load()
	n.joinBudgets(services.Requests, services.Answers)
	n.joinBackends(services.Client)
	n.joinSpans(p.spans)
	p.sharing.join(n.registry)
	r := n.registry
	r.Gauge("gatehouse_cache_bytes", "Memory that cached answers of all stages take.", nil, func() float64 { return float64(p.cache.Used()) })
	r.Gauge("gatehouse_authorizer_cache_bytes", "Memory that kept answers of Lambda authorizers take.", nil, func() float64 { return float64(services.Authorizers.Used()) })
	r.Histogram("gatehouse_compile_duration_seconds", "Time that it took to compile a deployment.", &n.compiled)
	r.Gauge("gatehouse_programs", "Deployments that are loaded.", nil, func() float64 { loaded, _ := p.gateway.Programs(); return float64(loaded) })
	r.Gauge("gatehouse_programs_bytes", "Memory that loaded deployments take, roughly.", nil, func() float64 { _, bytes := p.gateway.Programs(); return float64(bytes) })
	r.Gauge("gatehouse_store_revision", "Revision up to which the store has published.", nil, func() float64 { return float64(p.store.Revision()) })
	r.Gauge("gatehouse_feed_revision", "Revision up to which this process serves what the store has published.", nil, func() float64 { return float64(p.feed.Position()) })
	r.Gauge("gatehouse_feed_waiting_apis", "APIs with changes that wait for a deployment to be compiled.", nil, func() float64 { return float64(p.feed.Waiting()) })
}

func (n *numbers) joinDoor(g *gateway.Gateway) {
	r := n.registry
	for _, cause := range gateway.Causes() {
		r.Counter("gatehouse_refusals_total", "Requests that the front door answered by itself, by cause.", metrics.Labels{"cause": cause.String()},
			func() float64 { return float64(g.Refused(cause)) })
	}
	r.Gauge("gatehouse_connections", "Connections of clients to the stages.", metrics.Labels{"state": "busy"}, func() float64 { _, busy, _ := g.Connections(); return float64(busy) })
	r.Gauge("gatehouse_connections", "Connections of clients to the stages.", metrics.Labels{"state": "idle"}, func() float64 { open, busy, _ := g.Connections(); return float64(max(open-busy, 0)) })
	r.Gauge("gatehouse_connections_limit", "Connections of clients that there may be; 0 is no limit.", nil, func() float64 { _, _, limit := g.Connections(); return float64(max(limit, 0)) })
	r.Gauge("gatehouse_streams", "Answers that are being streamed.", nil, func() float64 { return float64(g.Streams()) })
}

func (n *numbers) joinBudgets(requests, answers *httpmsg.Budget) {
	for of, b := range map[string]*httpmsg.Budget{"requests": requests, "answers": answers} {
		r, labels := n.registry, metrics.Labels{"budget": of}
		r.Gauge("gatehouse_buffered_bytes", "Memory of bodies, and of what is made of them.", labels, func() float64 { return float64(b.Used()) })
		r.Gauge("gatehouse_buffered_bytes_limit", "Memory that bodies may take.", labels, func() float64 { return float64(b.Limit()) })
		r.Counter("gatehouse_buffer_refusals_total", "Times that there was no memory for a body.", labels, func() float64 { return float64(b.Refused()) })
		r.Counter("gatehouse_buffer_cutoffs_total", "Slow bodies that were cut off to make room.", labels, func() float64 { return float64(b.CutOff()) })
	}
}

func (n *numbers) joinBackends(c *integration.Client) {
	r := n.registry
	r.Gauge("gatehouse_backend_connections", "Connections to backends.", metrics.Labels{"state": "busy"}, func() float64 { s := c.Stats(); return float64(s.Open - s.Idle) })
	r.Gauge("gatehouse_backend_connections", "Connections to backends.", metrics.Labels{"state": "idle"}, func() float64 { return float64(c.Stats().Idle) })
	r.Gauge("gatehouse_backend_connections_limit", "Connections to backends that there may be; 0 is no limit.", nil, func() float64 { return float64(c.Stats().Limit) })
	r.Gauge("gatehouse_backend_waiting_calls", "Calls that wait for a connection to a backend.", nil, func() float64 { return float64(c.Stats().Waiting) })
	r.Histogram("gatehouse_backend_connect_duration_seconds", "Time that it took to open a connection to a backend, TLS included.", &n.connects)
	for i, f := range c.Failures() {
		r.Counter("gatehouse_backend_failures_total", "Calls of backends that brought no response, by cause.", metrics.Labels{"cause": f.Name},
			func() float64 { return float64(c.Failures()[i].Calls) })
	}
}

// checkMetricsSeries wants room for some series, and not for so many that they would
// fill the memory: each takes some 4 KB.
func checkMetricsSeries(c *config) error {
	const most = 100_000
	if c.MetricsSeries < 1 || c.MetricsSeries > most {
		return fmt.Errorf("%d is not from 1 to %d", c.MetricsSeries, most)
	}
	return nil
}
