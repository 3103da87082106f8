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

// What is spare leaves half of the room to all else.
func TestSpareLinesLeaveRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &sink{block: make(chan struct{})}
		l := NewLines(s, slog.New(slog.NewTextHandler(&log, nil)))
		line := make([]byte, 1<<20-1)
		l.Append(line)
		synctest.Wait() // the writer blocks with the first line
		for range 2 * maxPending >> 20 {
			l.Spare().Append(line)
			_, _ = l.Spare().Write(append(line, '\n'))
		}
		l.Append([]byte("last"))
		close(s.block)
		l.Close()
		if size := s.text.Len(); size > maxPending/2+1<<20+64 || !strings.HasSuffix(s.text.String(), "last\n") || !strings.Contains(log.String(), "log lines dropped") {
			t.Errorf("%d bytes written, log %q", size, log.String())
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

// A writer that blocks for ever holds up neither who flushes nor who closes.
func TestLinesWithoutReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{block: make(chan struct{})}
		l := NewLines(s, quiet())
		l.Append([]byte("one"))
		synctest.Wait()
		begin := time.Now()
		l.Flush()
		if took := time.Since(begin); took != patience {
			t.Errorf("Flush took %v", took)
		}
		l.Close()
		if took := time.Since(begin); took != 2*patience {
			t.Errorf("Close ended after %v", took)
		}
		close(s.block)
		<-l.done
		if got, _ := s.seen(); got != "one\n" {
			t.Errorf("written: %q", got)
		}
	})
}

func TestLinesFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		l := NewLines(s, quiet())
		begin := time.Now()
		for _, line := range []string{"one", "two"} {
			l.Append([]byte(line))
			l.Flush()
			if got, _ := s.seen(); !strings.HasSuffix(got, line+"\n") {
				t.Errorf("after Flush: %q", got)
			}
		}
		l.Close()
		l.Flush()
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// A log whose reader stops for a while says itself how much it lost.
func TestLogTellsOfItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{block: make(chan struct{})}
		log, l := NewLog(s, func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) })
		log.Info("first")
		time.Sleep(flushEvery)
		synctest.Wait()
		text := strings.Repeat("x", 1<<20)
		for range maxPending>>20 + 5 {
			log.Info(text)
		}
		close(s.block)
		time.Sleep(2 * flushEvery)
		log.Info("last")
		l.Close()
		got, _ := s.seen()
		lines := strings.SplitAfter(got, "\n")
		if n := len(lines); n < 4 || !strings.Contains(lines[n-3], "lines=6") || !strings.Contains(lines[n-2], "last") {
			t.Errorf("ends with %.300q", lines[max(0, len(lines)-3):])
		}
	})
}

// A log that can no longer be written does not go round in circles.
func TestLogThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{err: errors.New("broken pipe")}
		log, l := NewLog(s, func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) })
		log.Info("first")
		time.Sleep(time.Minute)
		if _, calls := s.seen(); calls != 2 {
			t.Errorf("%d writes", calls)
		}
		l.Close()
	})
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
