package integration

import (
	"container/list"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// slots bound the connections that a client has open, and share them out among
// endpoints and APIs, so that those whose calls hang leave places to the others
// (see mayStart). When calls end, the shares of those that go on hanging become
// equal.
//
// A call has a place from before it looks for a connection until it is through
// with it. Connections that no call uses have none: they are closed where the
// bound needs it.
type slots struct {
	limit int64        // 0 for none
	calls atomic.Int64 // that have a place; not counted without a limit
	open  atomic.Int64 // connections; not counted without a limit

	opening atomic.Int64  // calls with a place that wait for room for their connection
	room    chan struct{} // says that there may be some; holds one

	waiting atomic.Int64 // calls without a place
	due     atomic.Bool  // places came free that have not been offered to them
	mu      sync.Mutex
	shares  list.List // of *share, those with calls that wait, in order of their turn
}

// A line is the calls of one share that wait, in the order in which they came.
type line struct {
	list.List               // of chan struct{}, closed with the place
	at        *list.Element // in slots.shares; nil while nobody waits
}

// claim takes a place for a call of a, whose share has so many, if it may. It
// counts the call with its API first. Who is refused meanwhile, for a call that
// then is not counted, asks again when it waits.
func (s *slots) claim(a *api, calls int) bool {
	if s.limit == 0 {
		return true
	}
	for {
		ofAPI, all := a.calls.Load(), s.calls.Load()
		if !mayStart(int64(calls), ofAPI, s.limit-all, s.limit) {
			return false
		}
		if !a.calls.CompareAndSwap(ofAPI, ofAPI+1) {
			continue
		}
		if s.calls.CompareAndSwap(all, all+1) {
			return true
		}
		a.calls.Add(-1)
	}
}

// release gives a place of a's back, and to calls that wait what they may have now.
func (s *slots) release(a *api) {
	if s.limit == 0 {
		return
	}
	a.calls.Add(-1)
	s.calls.Add(-1)
	if s.waiting.Load() > 0 {
		s.due.Store(true)
		s.offer()
	}
}

// offer grants what has come free, unless somebody is about to: who holds the lock
// offers again behind it, so that calls that end do not queue up for a walk through
// all that wait.
func (s *slots) offer() {
	for s.due.Load() && s.mu.TryLock() {
		s.due.Store(false)
		s.grant()
		s.mu.Unlock()
	}
}

// wait waits for a place of sh, which counts the call among those that wait, until
// limit at the latest, or until gone is closed.
func (s *slots) wait(sh *share, limit time.Time, gone <-chan struct{}) error {
	got := make(chan struct{})
	s.mu.Lock()
	at := sh.line.PushBack(got)
	if sh.line.at == nil {
		sh.line.at = s.shares.PushBack(sh)
	}
	s.waiting.Add(1)
	s.grantTo(sh) // a place that came free before waiting said so
	s.mu.Unlock()
	s.offer()

	timer := time.NewTimer(time.Until(limit))
	defer timer.Stop()
	select {
	case <-got:
		return nil
	case <-timer.C:
	case <-gone:
	}
	defer s.offer()
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-got: // at the last moment
		return nil
	default:
	}
	s.leave(sh, at)
	sh.lane.mu.Lock()
	defer sh.lane.mu.Unlock()
	sh.waiting--
	return fmt.Errorf("%d of %d connections to backends are in use, %d of them by this API, %d to this backend, which may have no more",
		s.calls.Load(), s.limit, sh.api.calls.Load(), sh.calls)
}

// grant gives places to the first calls of shares that may have one more.
func (s *slots) grant() {
	for at := s.shares.Front(); at != nil && s.calls.Load() < s.limit; {
		sh, next := at.Value.(*share), at.Next()
		if s.grantTo(sh) {
			if sh.line.at != nil {
				s.shares.MoveToBack(at)
				if next == nil {
					next = at
				}
			}
		}
		at = next
	}
}

// grantTo gives the first call of a share a place, if it may have one.
func (s *slots) grantTo(sh *share) bool {
	if !sh.admit(s) {
		return false
	}
	close(s.leave(sh, sh.line.Front()))
	return true
}

// leave takes a call out of its share's line.
func (s *slots) leave(sh *share, at *list.Element) chan struct{} {
	s.waiting.Add(-1)
	got := sh.line.Remove(at).(chan struct{})
	if sh.line.Len() == 0 {
		s.shares.Remove(sh.line.at)
		sh.line.at = nil
	}
	return got
}

// admit claims a place for a call that waits.
func (sh *share) admit(s *slots) bool {
	sh.lane.mu.Lock()
	defer sh.lane.mu.Unlock()
	if !s.claim(sh.api, sh.calls) {
		return false
	}
	sh.calls++
	sh.waiting--
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
		s.tell()
	}
}

// tell tells a call that waits for room to look for some.
func (s *slots) tell() {
	if s.opening.Load() == 0 {
		return
	}
	select {
	case s.room <- struct{}{}:
	default: // it has been told
	}
}
