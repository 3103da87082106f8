package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/otlp"
)

// tracesPath is where a collector takes traces, under its base URL.
const tracesPath = "/v1/traces"

// newSpans makes what sends traces to the collector of the configuration, nil for none.
func newSpans(c *config, log *slog.Logger) *otlp.Exporter {
	if c.OTLPEndpoint == "" {
		return nil
	}
	to := newCollectorClient(strings.TrimSuffix(c.OTLPEndpoint, "/")+tracesPath, c.OTLPHeaders)
	return otlp.NewExporter(otlp.Options{
		Send: to.sendSpans, Log: log,
		Resource: []otlp.Attribute{{Name: "service.name", Text: "gatehouse"}, {Name: "service.version", Text: version()}},
	})
}

// sendSpans is an otlp.Options.Send.
func (c *collectorClient) sendSpans(ctx context.Context, request []byte) error {
	resp, _, err := c.post(ctx, "application/x-protobuf", request)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}

// spansEnd is how long an ending process waits for the collector.
const spansEnd = 2 * time.Second

// closeSpans sends the spans that are pending.
func (p *dataPlane) closeSpans() {
	if p.spans == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), spansEnd)
	defer cancel()
	p.spans.Close(ctx)
}

// joinSpans adds what became of spans.
func (n *numbers) joinSpans(e *otlp.Exporter) {
	count := func(of func(*otlp.Exporter) int64) func() float64 {
		return func() float64 {
			if e == nil {
				return 0
			}
			return float64(of(e))
		}
	}
	n.registry.Counter("gatehouse_spans_total", "Spans of traced requests, by what became of them.", metrics.Labels{"result": "sent"}, count((*otlp.Exporter).Sent))
	n.registry.Counter("gatehouse_spans_total", "Spans of traced requests, by what became of them.", metrics.Labels{"result": "dropped"}, count((*otlp.Exporter).Dropped))
}

// checkOTLPEndpoint wants the base URL of a collector.
func checkOTLPEndpoint(c *config) error {
	if c.OTLPEndpoint == "" {
		return nil
	}
	if err := checkCollectorURL(c.OTLPEndpoint); err != nil {
		return err
	}
	u, _ := url.Parse(c.OTLPEndpoint) // checked
	if u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(u.Path, tracesPath) {
		return fmt.Errorf("%q is to be the base of the collector's URLs, such as http://127.0.0.1:4318: %s is added", brief(c.OTLPEndpoint), tracesPath)
	}
	return nil
}

// checkOTLPHeaders wants a file of headers.
func checkOTLPHeaders(c *config) error {
	if c.OTLPHeaders == "" {
		return nil
	}
	_, err := readHeaders(c.OTLPHeaders)
	return err
}
