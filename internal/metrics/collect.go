package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// The metrics of calls. method and resource are "" for the calls of a stage that are
// counted together, canary where a stage has none: Prometheus takes them as absent.
var (
	ofCalls = []string{"api", "stage", "method", "resource", "canary"}

	requestsTotal = describe("gatehouse_requests_total", "Requests for stages, by the class of the answer's status.", "code")
	responsesOwn  = describe("gatehouse_gateway_responses_total", "Requests for stages that the gateway itself answered, by the kind of gateway response.", "type")
	abortedTotal  = describe("gatehouse_requests_aborted_total", "Requests for stages whose client left before the end of the answer.")
	latency       = describe("gatehouse_request_duration_seconds", "Time from a request's head to the end of its answer.")
	integration   = describe("gatehouse_integration_duration_seconds", "Time from the call of the backend to its response, of the requests that called one.")
	cacheHits     = describe("gatehouse_cache_hits_total", "Requests answered from the stage's cache.")
	cacheMisses   = describe("gatehouse_cache_misses_total", "Requests of cached methods that the cache had no answer to.")
	bytesReceived = describe("gatehouse_request_body_bytes_total", "Bytes of request bodies that were read.")
	bytesSent     = describe("gatehouse_response_body_bytes_total", "Bytes of answers' bodies that clients took.")
	authAsked     = describe("gatehouse_authorizer_calls_total", "Calls of the functions of Lambda authorizers.")
	authKept      = describe("gatehouse_authorizer_cache_hits_total", "Requests for which the authorizer's answer was there, or on its way to another request.")
	authFailed    = describe("gatehouse_authorizer_failures_total", "Requests whose Lambda authorizer gave no answer that could be used.")
)

func describe(name, help string, more ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append(ofCalls[:len(ofCalls):len(ofCalls)], more...), nil)
}

// Describe implements prometheus.Collector.
func (c *Calls) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		requestsTotal, responsesOwn, abortedTotal, latency, integration, cacheHits, cacheMisses, bytesReceived, bytesSent, authAsked, authKept, authFailed,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Calls) Collect(to chan<- prometheus.Metric) {
	for _, s := range c.all() {
		s.collect(to)
	}
}

// collect tells a series, once it has a call.
func (s *Series) collect(to chan<- prometheus.Metric) {
	at := []string{s.api, s.stage, s.method, s.resource, s.canary}
	var all uint64
	for i := range s.classes {
		all += s.classes[i].Load()
	}
	if all == 0 {
		return
	}
	counter := func(d *prometheus.Desc, n uint64, more ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), append(at[:len(at):len(at)], more...)...)
	}
	for i := range s.classes {
		counter(requestsTotal, s.classes[i].Load(), codes[i])
	}
	for i := range s.failed {
		if n := s.failed[i].Load(); n > 0 {
			counter(responsesOwn, n, failures[i])
		}
	}
	counter(abortedTotal, s.aborted.Load())
	counter(bytesReceived, s.received.Load())
	counter(bytesSent, s.sent.Load())
	together(counter, part{cacheHits, &s.hits}, part{cacheMisses, &s.misses})
	together(counter, part{authAsked, &s.authorizer.asked}, part{authKept, &s.authorizer.kept}, part{authFailed, &s.authorizer.failed})
	to <- newHistogramMetric(latency, &s.latency, at...)
	to <- newHistogramMetric(integration, &s.integration, at...)
}

type part struct {
	desc *prometheus.Desc
	n    *atomic.Uint64
}

// together tells counters of what a series may have nothing to do with, all of them once
// one has counted.
func together(tell func(*prometheus.Desc, uint64, ...string), parts ...part) {
	any := uint64(0)
	for _, p := range parts {
		any += p.n.Load()
	}
	if any == 0 {
		return
	}
	for _, p := range parts {
		tell(p.desc, p.n.Load())
	}
}

// A histogramMetric shows a Histogram to Prometheus.
type histogramMetric struct {
	desc   *prometheus.Desc
	from   *Histogram
	labels []*dto.LabelPair
}

func newHistogramMetric(d *prometheus.Desc, h *Histogram, values ...string) prometheus.Metric {
	return &histogramMetric{d, h, prometheus.MakeLabelPairs(d, values)}
}

// Desc implements prometheus.Metric.
func (m *histogramMetric) Desc() *prometheus.Desc { return m.desc }

// Write implements prometheus.Metric.
func (m *histogramMetric) Write(out *dto.Metric) error {
	out.Label, out.Histogram = m.labels, m.from.read()
	return nil
}
