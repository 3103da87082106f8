package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/metrics"
)

// A stuck client takes an answer's status and nothing of its body, until it is let go.
type stuckClient struct {
	*httptest.ResponseRecorder
	begun chan<- struct{}
	goOn  <-chan struct{}
}

func (c *stuckClient) Write(b []byte) (int, error) {
	c.begun <- struct{}{}
	<-c.goOn
	return len(b), nil
}

// Clients that ask for the numbers and do not read them keep nobody else from them.
func TestSlowReadersOfMetrics(t *testing.T) {
	calls := metrics.NewCalls(10)
	n := &numbers{calls: calls, registry: metrics.NewRegistry(calls, "test")}
	page := n.page(slog.New(slog.DiscardHandler))
	const stuck = 8
	begun, goOn := make(chan struct{}, stuck), make(chan struct{})
	defer close(goOn)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range stuck {
		go page.ServeHTTP(&stuckClient{httptest.NewRecorder(), begun, goOn}, httptest.NewRequest("GET", metricsPage, nil))
		select {
		case <-begun:
		case <-ctx.Done():
			t.Fatal("a client that does not read keeps others waiting")
		}
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest("GET", metricsPage, nil))
	if w.Code != http.StatusOK || w.Body.Len() == 0 {
		t.Errorf("got %d with %d bytes while others do not read", w.Code, w.Body.Len())
	}
}
