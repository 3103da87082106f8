package metrics

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// A Registry has all numbers of a process. Its metrics are added before it is read.
type Registry struct{ *prometheus.Registry }

// Labels are label names with their values, which never change.
type Labels = prometheus.Labels

// NewRegistry makes a registry with the numbers of calls, of the Go runtime, of the
// process, and with the version of the build.
func NewRegistry(calls *Calls, version string) *Registry {
	r := &Registry{prometheus.NewRegistry()}
	r.MustRegister(calls, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	r.Gauge("gatehouse_build_info", "1, with the version of the build.", Labels{"version": version, "goversion": runtime.Version()}, func() float64 { return 1 })
	r.Gauge("gatehouse_metrics_series", "Series of stages and methods that have been called.", nil, func() float64 { return float64(calls.used()) })
	r.Gauge("gatehouse_metrics_series_limit", "Series of stages and methods that there may be; calls of others are counted together.", nil, func() float64 { return float64(calls.limit) })
	return r
}

// Counter adds a number that only grows, which read returns. It is called whenever
// somebody reads the registry, by several goroutines at once perhaps.
func (r *Registry) Counter(name, help string, labels Labels, read func() float64) {
	r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// Gauge adds a number that goes up and down, as Counter does one that grows.
func (r *Registry) Gauge(name, help string, labels Labels, read func() float64) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// Histogram adds a histogram.
func (r *Registry) Histogram(name, help string, h *Histogram) {
	r.MustRegister(single{newHistogramMetric(prometheus.NewDesc(name, help, nil, nil), h)})
}

// A single is a collector of one metric.
type single struct{ prometheus.Metric }

// Describe implements prometheus.Collector.
func (s single) Describe(to chan<- *prometheus.Desc) { to <- s.Desc() }

// Collect implements prometheus.Collector.
func (s single) Collect(to chan<- prometheus.Metric) { to <- s.Metric }
