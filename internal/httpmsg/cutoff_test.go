package httpmsg

import (
	"errors"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A stalled is a body of which one byte comes, and nothing more until it is cut off.
type stalled struct {
	once sync.Once
	cut  chan struct{}
	sent bool
}

func (s *stalled) Await() error { return nil }

func (s *stalled) Interrupt() { s.once.Do(func() { close(s.cut) }) }

func (s *stalled) Read(p []byte) (int, error) {
	if !s.sent {
		s.sent = true
		return 1, nil
	}
	<-s.cut
	return 0, os.ErrDeadlineExceeded
}

// The memory of a body that was cut off serves whoever gets it next as any other.
func TestMemoryOfBodiesThatWereCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 32
		b := NewBudget(many * firstRoom * 3 / 2)
		var uploads sync.WaitGroup
		senders := make([]*stalled, many)
		for i := range senders {
			senders[i] = &stalled{cut: make(chan struct{})}
			uploads.Go(func() {
				if _, err := b.ReadBody(senders[i], firstRoom, MaxBody); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a stalled body: %v, want that it was cut off", err)
				}
			})
		}
		time.Sleep(time.Minute)
		large, err := b.Buffer(many * firstRoom)
		if err != nil {
			t.Fatal(err)
		}
		large.Free()
		for _, s := range senders { // those that could stay
			s.Interrupt()
		}
		uploads.Wait()

		var next [many]*Buffer
		for i := range next {
			if next[i], err = b.Buffer(firstRoom); err != nil {
				t.Fatal(err)
			}
		}
		for _, buf := range next {
			if _, err := buf.Write(make([]byte, firstRoom+1)); err != nil {
				t.Fatalf("a buffer that grows: %v", err)
			}
			buf.Free()
		}
	})
}
