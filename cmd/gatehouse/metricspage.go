package main

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// page answers Prometheus. A few pages are written at once, so that a client that asks
// without end costs no more than they do.
func (n *numbers) page(log *slog.Logger) http.Handler {
	return written(promhttp.HandlerFor(n.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), MaxRequestsInFlight: 4, EnableOpenMetrics: true,
	}))
}

// written has a handler write its answer to memory, from which the client has it when
// the handler is through. A client that reads slowly then holds nothing but its
// connection and its answer, and not one of the handler's few places.
func written(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := answerInMemory{header: make(http.Header), status: http.StatusOK}
		h.ServeHTTP(&answer, r)
		maps.Copy(w.Header(), answer.header)
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.body.Bytes()) // it fails where the client has left
	})
}

// An answerInMemory is what a handler has answered.
type answerInMemory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answerInMemory) Header() http.Header         { return a.header }
func (a *answerInMemory) WriteHeader(status int)      { a.status = status }
func (a *answerInMemory) Write(b []byte) (int, error) { return a.body.Write(b) }
