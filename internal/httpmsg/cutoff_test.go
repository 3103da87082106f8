package httpmsg

import (
	"errors"
	"io"
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

// A paced is a body that comes in pieces, one every so often.
type paced struct {
	pieces, size int
	every        time.Duration
	cut          bool
}

func (p *paced) Await() error { return nil }

func (p *paced) Interrupt() { p.cut = true }

func (p *paced) Read(to []byte) (int, error) {
	if p.pieces == 0 {
		return 0, io.EOF
	}
	time.Sleep(p.every)
	p.pieces--
	return min(p.size, len(to)), nil
}

// A large body that has come steadily takes no small one's room, which would hardly
// help it: it waits for other room.
func TestSmallBodiesAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1 << 20)
		var others []*Buffer
		for range 11 { // beside them there is a KiB too little for 64 KiB to become 128
			buf, err := b.Buffer(64 << 10)
			if err != nil {
				t.Fatal(err)
			}
			others = append(others, buf)
		}
		read := func(from *paced, size int64) {
			body, err := b.ReadBody(from, size, MaxBody)
			if err != nil || from.cut {
				t.Errorf("a body of %d bytes: %v; cut off: %t", size, err, from.cut)
				return
			}
			body.Free()
		}
		var bodies sync.WaitGroup
		bodies.Go(func() { read(&paced{pieces: 100, size: 1 << 10, every: 10 * time.Millisecond}, 100<<10) })
		time.Sleep(600 * time.Millisecond)
		bodies.Go(func() { read(&paced{pieces: 1, size: 1, every: 400 * time.Millisecond}, 1) })
		time.Sleep(time.Second)
		for _, buf := range others {
			buf.Free()
		}
		bodies.Wait()
	})
}
