package lambda

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

const (
	// maxLater is how long an event may be that a function is called with in the
	// background, in bytes, and maxWaiting how many of them wait.
	maxLater   = 1 << 20
	maxWaiting = 1000
	// maxAge is how long an event is tried whose function has too much to do, and the
	// next two how long there is until the next try, at first and at the most.
	maxAge       = 6 * time.Hour
	firstBackoff = time.Second
	lastBackoff  = 5 * time.Minute
)

// again is how long there is before the second and the third try of an event whose
// function has failed (documented).
var again = [...]time.Duration{time.Minute, 2 * time.Minute}

// later takes an event that a function is called with in the background. It is forgotten
// when the server ends.
func (s *Service) later(ref reference, req *integration.Request) (*httpmsg.Response, error) {
	if len(req.Body) > maxLater {
		return answer(&wire.Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestTooLargeException", Message: "Request must be smaller than 1048576 bytes for the InvokeFunction operation"}), nil
	}
	full := &wire.Error{Status: http.StatusTooManyRequests, Type: "TooManyRequestsException", Message: "Rate Exceeded."}
	if s.waiting.Add(1) > maxWaiting || s.ending.Err() != nil {
		s.waiting.Add(-1)
		return answer(full), nil
	}
	e := &event{call: func(r *integration.Request) (*httpmsg.Response, error) { return s.run(ref, r, false) }, trace: req.Header.Get("X-Amzn-Trace-Id"), context: req.Header.Get("X-Amz-Client-Context"), body: bytes.Clone(req.Body)}
	s.events.Go(func() {
		defer s.waiting.Add(-1)
		e.run(s.ending)
	})
	return &httpmsg.Response{Status: http.StatusAccepted, Header: httpmsg.Header{{Name: "x-amzn-RequestId", Value: httpmsg.NewRequestID()}}}, nil
}

// An event is one that waits.
type event struct {
	call           func(*integration.Request) (*httpmsg.Response, error) // has the function run
	trace, context string
	body           []byte
}

// run tries until the function has succeeded, or failed three times, or has had too much
// to do for too long.
func (e *event) run(ctx context.Context) {
	failures, backoff := 0, firstBackoff
	for begun := time.Now(); time.Since(begun) < maxAge; {
		wait := backoff
		switch e.try(ctx) {
		case succeeded:
			return
		case failed:
			if failures == len(again) {
				return
			}
			wait = again[failures]
			failures++
		case busy:
			backoff = min(2*backoff, lastBackoff)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// What came of a try.
const (
	succeeded = iota
	failed    // it counts
	busy      // the function was not run
)

func (e *event) try(ctx context.Context) int {
	req := &integration.Request{Method: http.MethodPost, Body: e.body, Client: ctx, Deadline: time.Now().Add(maxCall)}
	for name, value := range map[string]string{"X-Amzn-Trace-Id": e.trace, "X-Amz-Client-Context": e.context} {
		if value != "" {
			req.Header.Add(name, value)
		}
	}
	resp, err := e.call(req)
	if err != nil {
		if known, ok := err.(*wire.Error); ok && known.Status == http.StatusNotFound {
			return succeeded // there is nobody to call any more
		}
		return busy
	}
	defer resp.Release()
	switch {
	case resp.Status == http.StatusTooManyRequests || resp.Status >= http.StatusInternalServerError:
		return busy
	case resp.Status != http.StatusOK || resp.Header.Has("X-Amz-Function-Error"):
		return failed
	}
	return succeeded
}
