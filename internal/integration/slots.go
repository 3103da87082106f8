package integration

import (
	"container/list"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// slots bound the connections that a client has open, and share them out: an
// endpoint may have a call more under way while it has fewer than there are
// places left. One endpoint whose calls hang has half of the places at the most,
// a second half of the other half; there is one left for the next endpoint as
// long as fewer hang than the bound can be halved. When calls end, the shares of
// those that go on hanging become equal.
//
// A call has a place from before it looks for a connection until it is through
// with it. Connections that no call uses have none: they are closed where the
// bound needs it.
type slots struct {
	limit int64        // 0 for none
	calls atomic.Int64 // that have a place; not counted without a limit
	open  atomic.Int64 // connections; not counted without a limit

	waiting atomic.Int64 // calls without a place
	mu      sync.Mutex
	lanes   list.List // of *lane, those with calls that wait, in order of their turn
}

// A line is the calls of one endpoint that wait, in the order in which they came.
type line struct {
	list.List               // of chan struct{}, closed with the place
	at        *list.Element // in slots.lanes; nil while nobody waits
}

// claim takes a place for a call of an endpoint that has so many, if it may.
func (s *slots) claim(calls int) bool {
	if s.limit == 0 {
		return true
	}
	for {
		all := s.calls.Load()
		if int64(calls) >= s.limit-all {
			return false
		}
		if s.calls.CompareAndSwap(all, all+1) {
			return true
		}
	}
}

// release gives a place back, and to calls that wait what they may have now.
func (s *slots) release() {
	if s.limit == 0 {
		return
	}
	s.calls.Add(-1)
	if s.waiting.Load() > 0 {
		s.mu.Lock()
		s.grant()
		s.mu.Unlock()
	}
}

// wait waits for a place of l, which counts the call among those that wait, until
// limit at the latest.
func (s *slots) wait(l *lane, limit time.Time) error {
	got := make(chan struct{})
	s.mu.Lock()
	at := l.line.PushBack(got)
	if l.line.at == nil {
		l.line.at = s.lanes.PushBack(l)
	}
	s.waiting.Add(1)
	s.grant() // a place that came free before waiting said so
	s.mu.Unlock()

	timer := time.NewTimer(time.Until(limit))
	defer timer.Stop()
	select {
	case <-got:
		return nil
	case <-timer.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-got: // at the last moment
		return nil
	default:
	}
	s.leave(l, at)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
	return fmt.Errorf("%d of %d connections to backends are in use, %d of them to this one, which may have no more", s.calls.Load(), s.limit, l.calls)
}

// grant gives places to the first calls of endpoints that may have one more.
func (s *slots) grant() {
	for at := s.lanes.Front(); at != nil; {
		l, next := at.Value.(*lane), at.Next()
		if l.admit(s) {
			close(s.leave(l, l.line.Front()))
			if l.line.at != nil {
				s.lanes.MoveToBack(at)
				if next == nil {
					next = at
				}
			}
		}
		at = next
	}
}

// leave takes a call out of its endpoint's line.
func (s *slots) leave(l *lane, at *list.Element) chan struct{} {
	s.waiting.Add(-1)
	got := l.line.Remove(at).(chan struct{})
	if l.line.Len() == 0 {
		s.lanes.Remove(l.line.at)
		l.line.at = nil
	}
	return got
}

// admit claims a place for a call that waits.
func (l *lane) admit(s *slots) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !s.claim(l.calls) {
		return false
	}
	l.calls++
	l.waiting--
	return true
}

// count counts a connection that is about to be opened, unless there are as many
// as there may be.
func (s *slots) count() bool {
	if s.limit == 0 {
		return true
	}
	for {
		open := s.open.Load()
		if open >= s.limit {
			return false
		}
		if s.open.CompareAndSwap(open, open+1) {
			return true
		}
	}
}

// uncount is count's counterpart.
func (s *slots) uncount() {
	if s.limit != 0 {
		s.open.Add(-1)
	}
}
