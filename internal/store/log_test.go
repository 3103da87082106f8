package store

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// rewriteMB writes megabytes, one in each write.
func rewriteMB(t *testing.T, s *Store, megabytes int) {
	for range megabytes {
		filler := byte(s.Revision()) // SQLite does not write what stays as it is
		mustWrite(t, s, func(tx *Tx) error {
			for i := range 10 {
				if err := tx.Put(benchKey(i), bytes.Repeat([]byte{filler}, 100_000)); err != nil {
					return err
				}
			}
			return publish("k", "x", "")(tx)
		})
	}
}

func logMB(t *testing.T, s *Store) int64 {
	info, err := os.Stat(s.engine.(*sqliteDB).dir.log())
	if err != nil {
		t.Fatal(err)
	}
	return info.Size() >> 20
}

// A hundred megabytes pass through the log while at each moment a read
// needs some of it.
func TestLogUnderConstantReads(t *testing.T) {
	s := mustOpen(t, Options{Dir: t.TempDir(), logLimit: 8 << 20})
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				_ = s.Read(context.Background(), func(tx *Tx) error {
					_, err := tx.Has(key("x"))
					time.Sleep(2 * time.Millisecond)
					return err
				})
			}
		})
	}
	most := int64(0)
	for range 100 {
		rewriteMB(t, s, 1)
		most = max(most, logMB(t, s))
	}
	cancel()
	readers.Wait()
	t.Logf("at most %d MB", most)
	if most > 16 {
		t.Errorf("log of %d MB, want at most 16", most)
	}
}

// Under one long read the log has to grow, and each attempt to reset it keeps
// the writer waiting, so there are few; afterwards it shrinks.
func TestLogAfterALongRead(t *testing.T) {
	var log bytes.Buffer
	s := mustOpen(t, Options{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&log, nil)), logLimit: 8 << 20})
	defer s.Close()
	begun, over := make(chan struct{}), make(chan struct{})
	go s.Read(context.Background(), func(tx *Tx) error {
		_, err := tx.Has(key("x"))
		close(begun)
		<-over
		return err
	})
	<-begun
	rewriteMB(t, s, 30)
	if n := logMB(t, s); n < 25 {
		t.Errorf("log of %d MB holds 30", n)
	}
	if n := strings.Count(log.String(), "cannot be reset"); n == 0 || n > 4 {
		t.Errorf("%d warnings, want up to 4:\n%s", n, log.String())
	}
	close(over)
	rewriteMB(t, s, 10)
	if n := logMB(t, s); n > 8 {
		t.Errorf("log of %d MB, want at most 8", n)
	}
}
