package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// What bounds the delivery of lines to a collector.
const (
	sinkBatch   = 512 << 10 // bytes of lines in a request; a longer line has one of its own
	sinkTries   = 6         // of one batch, whose lines are lost then
	sinkPause   = 500 * time.Millisecond
	sinkPatient = 30 * time.Second // the longest pause, whatever the collector asks for
)

// A logSink gives lines to a collector over HTTP, in batches: the writer of an
// observe.Lines, which waits and bounds for it.
type logSink struct {
	at     logDestination
	client *collectorClient
	ctx    context.Context
	cancel context.CancelFunc

	pause time.Duration // behind the first try; each one behind another is twice as long
}

func newLogSink(at logDestination) *logSink {
	ctx, cancel := context.WithCancel(context.Background())
	return &logSink{at: at, ctx: ctx, cancel: cancel, pause: sinkPause, client: newCollectorClient(at.URL, at.Headers)}
}

// String and Stop implement observe.Slow.
func (s *logSink) String() string { return s.at.collector() }

func (s *logSink) Stop() {
	s.cancel()
	s.client.client.CloseIdleConnections()
}

// Write delivers whole lines. It returns how many bytes of them the collector has taken.
// What the collector refuses is an *observe.Refused.
func (s *logSink) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n := wholeLines(p[done:], sinkBatch)
		if err := s.deliver(p[done : done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// wholeLines is the length of the lines at the beginning of p that fit into most bytes,
// or of the first line.
func wholeLines(p []byte, most int) int {
	if len(p) <= most {
		return len(p)
	}
	if end := bytes.LastIndexByte(p[:most], '\n'); end >= 0 {
		return end + 1
	}
	if end := bytes.IndexByte(p, '\n'); end >= 0 {
		return end + 1
	}
	return len(p)
}

// deliver sends lines until the collector has taken them, or will not, or has been asked
// often enough.
func (s *logSink) deliver(lines []byte) error {
	body := lines
	if s.at.Protocol == sinkOTLP {
		body = appendOTLPLogs(nil, lines, time.Now())
	}
	for try := 1; ; try++ {
		pause, err := s.post(body)
		switch {
		case err == nil:
			return nil
		case s.ctx.Err() != nil:
			return os.ErrClosed
		case pause < 0:
			return s.refused(lines, err)
		case try == sinkTries:
			return fmt.Errorf("%s: %w", s.at.collector(), err)
		}
		if pause == 0 {
			pause = s.pause << (try - 1)
		}
		pause = min(pause, sinkPatient)
		select {
		case <-time.After(pause/2 + rand.N(pause/2+1)):
		case <-s.ctx.Done():
			return os.ErrClosed
		}
	}
}

// refused is the error of lines that the collector has answered it will not take, all of
// them or, in OTLP, some: what others it is sent it may take.
func (s *logSink) refused(lines []byte, err error) error {
	lost := bytes.Count(lines, []byte{'\n'})
	if some, ok := errors.AsType[rejectedRecords](err); ok {
		lost = min(lost, int(some))
	}
	return &observe.Refused{Bytes: len(lines), Lines: lost, Err: fmt.Errorf("%s: %w", s.at.collector(), err)}
}

// post sends a request once. With an error comes how long the collector wants to be left
// alone, 0 where it does not say, and a negative time where it takes such a request never.
func (s *logSink) post(body []byte) (pause time.Duration, err error) {
	contentType := "text/plain; charset=utf-8"
	if s.at.Protocol == sinkOTLP {
		contentType = "application/json"
	}
	resp, answer, err := s.client.post(s.ctx, contentType, body)
	if errors.Is(err, errRedirected) {
		return -1, err
	}
	if err != nil {
		return 0, err
	}
	switch status := resp.StatusCode; {
	case status/100 == 2:
		if s.at.Protocol == sinkOTLP && answer != nil {
			return -1, rejectedOTLPLogs(answer)
		}
		return 0, nil
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return retryAfter(resp.Header), fmt.Errorf("it answers %s", resp.Status)
	default:
		return -1, fmt.Errorf("it answers %s", resp.Status)
	}
}

// retryAfter is how long a collector wants to be left alone, 0 where it does not say.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
