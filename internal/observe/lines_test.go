package observe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A sink keeps what is written, and may block or fail.
type sink struct {
	mu    sync.Mutex
	text  bytes.Buffer
	calls int
	block chan struct{}
	err   error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.block != nil {
		<-s.block
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.text.Write(p)
	return len(p), s.err
}

// seen returns what was written, and in how many writes.
func (s *sink) seen() (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.calls
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		l := NewLines(s, quiet())
		l.Append([]byte("one"))
		l.Append([]byte("two"))
		synctest.Wait()
		if _, calls := s.seen(); calls != 0 {
			t.Error("a few lines were not batched")
		}
		time.Sleep(flushEvery)
		synctest.Wait()
		if got, calls := s.seen(); got != "one\ntwo\n" || calls != 1 {
			t.Errorf("after the interval: %q in %d writes", got, calls)
		}
		l.Append([]byte("three"))
		l.Close()
		l.Append([]byte("late"))
		l.Close()
		if got, _ := s.seen(); got != "one\ntwo\nthree\n" {
			t.Errorf("after Close: %q", got)
		}
	})
}

func TestLinesWakesEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		l := NewLines(s, quiet())
		defer l.Close()
		l.Append(make([]byte, flushAt))
		synctest.Wait()
		if _, calls := s.seen(); calls != 1 {
			t.Errorf("a full batch was written %d times before the interval", calls)
		}
	})
}

func TestLinesDropsWhatDoesNotFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &sink{block: make(chan struct{})}
		l := NewLines(s, slog.New(slog.NewTextHandler(&log, nil)))
		line := make([]byte, 1<<20)
		l.Append(line)
		synctest.Wait() // the writer blocks with the first line
		for range maxPending>>20 + 5 {
			l.Append(line)
		}
		close(s.block)
		l.Close()
		if s.text.Len() > maxPending+2<<20 || !strings.Contains(log.String(), "log lines dropped") {
			t.Errorf("%d bytes written, log %q", s.text.Len(), log.String())
		}
	})
}

func TestLinesTellsFailures(t *testing.T) {
	var log bytes.Buffer
	s := &sink{err: errors.New("disk full")}
	l := NewLines(s, slog.New(slog.NewTextHandler(&log, nil)))
	l.Append([]byte("x"))
	l.Close()
	if !strings.Contains(log.String(), "disk full") {
		t.Errorf("log is %q", log.String())
	}
}

func TestLinesConcurrently(t *testing.T) {
	s := &sink{}
	l := NewLines(s, quiet())
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 1000 {
				l.Append(fmt.Appendf(nil, "%d-%d", i, j))
			}
		})
	}
	wg.Wait()
	l.Close()
	if n := strings.Count(s.text.String(), "\n"); n != 8000 {
		t.Errorf("%d lines, want 8000", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	l := NewLines(io.Discard, quiet())
	defer l.Close()
	line := bytes.Repeat([]byte("x"), 200)
	b.ReportAllocs()
	for b.Loop() {
		l.Append(line)
	}
}
