package limit

import (
	"context"
	"time"
)

// Reading what was saved of counts, while the store is away.
const (
	readTime  = time.Second // for one batch
	readAgain = time.Second // after a failure
)

// recall has a count read what was saved of it, once in each time in which the store is away,
// and waits for that as for the store: what others had counted before is not all known here,
// or nothing of it. The lock is held, but not while it waits.
func (s *Sharing) recall(h *Share, epoch uint64) {
	if s.o.Saved == nil || h.told && h.recalled == epoch+1 || h.reading == nil && time.Now().Before(h.again) {
		return
	}
	done := h.reading
	if done == nil {
		h.recalled = epoch + 1
		done = make(chan struct{})
		h.reading = done
		s.mu.Lock()
		s.unread = append(s.unread, h)
		s.mu.Unlock()
		select {
		case s.read <- struct{}{}:
		default: // it reads, and looks again
		}
	}
	end := time.NewTimer(patience)
	defer end.Stop()
	h.mu.Unlock()
	select {
	case <-done:
	case <-end.C:
	}
	h.mu.Lock()
}

// runReader reads what was saved of counts, until ctx ends.
func (s *Sharing) runReader(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.read:
		}
		for batch := s.toRead(); len(batch) > 0; batch = s.toRead() {
			s.readSaved(ctx, batch)
		}
	}
}

// toRead takes the counts that are next.
func (s *Sharing) toRead() []*Share {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.unread), askBatch)
	batch := append([]*Share(nil), s.unread[:n]...)
	if s.unread = s.unread[n:]; len(s.unread) == 0 {
		s.unread = nil
	}
	return batch
}

func (s *Sharing) readSaved(ctx context.Context, batch []*Share) {
	ids, periods := make([]string, len(batch)), make([]Period, len(batch))
	for i, h := range batch {
		h.mu.Lock()
		ids[i], periods[i] = h.id, h.period
		h.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	saved, err := s.o.Saved(ctx, ids, periods)
	for i, h := range batch {
		h.mu.Lock()
		switch {
		case err != nil:
			h.again = time.Now().Add(readAgain)
		case h.period.Number != periods[i].Number: // which is over
		case !h.told:
			h.others, h.told, h.lone = saved[i].others(s.o.Node), true, 0
		case saved[i].others(s.o.Node) > h.others:
			h.others, h.lone = saved[i].others(s.o.Node), 0
		}
		close(h.reading)
		h.reading = nil
		h.mu.Unlock()
	}
}

// others is what was counted elsewhere than on a node.
func (v *Saved) others(node string) int64 {
	sum := v.Base
	for name, count := range v.Nodes {
		if name != node {
			sum += count
		}
	}
	return sum
}
