package lambda

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// An event is tried three times, a minute and two minutes apart, where its function
// fails, and for six hours where that has too much to do.
func TestEventTries(t *testing.T) {
	failure := &httpmsg.Response{Status: http.StatusOK, Header: httpmsg.Header{{Name: "X-Amz-Function-Error", Value: "Unhandled"}}}
	full, right := &httpmsg.Response{Status: http.StatusTooManyRequests}, &httpmsg.Response{Status: http.StatusOK}
	for name, tt := range map[string]struct {
		answers []*httpmsg.Response // the last one again and again
		tries   int
		took    time.Duration
	}{
		"it succeeds":       {[]*httpmsg.Response{right}, 1, 0},
		"it fails":          {[]*httpmsg.Response{failure}, 3, 3 * time.Minute},
		"it fails once":     {[]*httpmsg.Response{failure, right}, 2, time.Minute},
		"it is busy a time": {[]*httpmsg.Response{full, full, right}, 3, 3 * time.Second},
		"it is busy":        {[]*httpmsg.Response{full}, 80, 6*time.Hour + 3*time.Minute + 31*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries, begun := 0, time.Now()
				e := &event{call: func(*integration.Request) (*httpmsg.Response, error) {
					tries++
					return tt.answers[min(tries, len(tt.answers))-1], nil
				}}
				e.run(context.Background())
				if took := time.Since(begun); tries != tt.tries || took != tt.took {
					t.Errorf("%d tries in %v, want %d in %v", tries, took, tt.tries, tt.took)
				}
			})
		})
	}
}

// What waits is bounded, and ends with the server.
func TestEventsBounded(t *testing.T) {
	s := new(Service)
	s.index.Store(&map[string]*live{})
	s.ending, s.end = context.WithCancel(context.Background())
	s.waiting.Store(maxWaiting)
	if resp, _ := s.later(reference{}, &integration.Request{}); resp.Status != http.StatusTooManyRequests || s.waiting.Load() != maxWaiting {
		t.Errorf("got %d, %d wait", resp.Status, s.waiting.Load())
	}
	if resp, _ := s.later(reference{}, &integration.Request{Body: make([]byte, maxLater+1)}); resp.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", resp.Status)
	}
	s.waiting.Store(0)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if resp, _ := s.later(reference{}, &integration.Request{}); resp.Status != http.StatusTooManyRequests {
		t.Errorf("after the end: %d", resp.Status)
	}
}
