package gateway

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Where a process does not know whether what it has is old, requests for stages are refused
// for now, and others are answered.
func TestFresh(t *testing.T) {
	fresh := false
	var came time.Time
	control := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "control ", r.RequestURI) })
	s := openAs(t, Options{Fresh: func(_ context.Context, at time.Time) (bool, bool) { came = at; return fresh, true }}, Entrance{Next: control}, echo)
	const stage = "GET /dev/pets HTTP/1.1\r\nHost: abc123.execute-api.localhost\r\n\r\n"
	begun := time.Now()
	resp, body := s.call(t, stage)
	expectError(t, resp, body, 503, "ServiceUnavailableException", `{"message":"Service Unavailable"}`)
	if resp.Header.Get("Retry-After") != "1" || resp.Close || came.Before(begun) {
		t.Errorf("it came at %v: %v", came, resp.Header)
	}
	if _, body := s.call(t, "GET /_gatehouse/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"); body != "control /_gatehouse/ready" {
		t.Errorf("another page: %q", body)
	}
	fresh = true
	if resp, body := s.call(t, stage); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}
