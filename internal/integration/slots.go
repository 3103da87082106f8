package integration

import (
	"container/list"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// slots bound the connections that a client has open. They are shared out among
// endpoints and APIs, so that those whose calls hang leave places to the others (see
// needed). As calls end, those that hang come to have equal shares.
//
// A call has a place from the moment before it looks for a connection until it needs
// the connection no more. Connections that no call uses have no place: they are
// closed when others are to be opened at the bound.
type slots struct {
	limit int64        // 0 for none
	calls atomic.Int64 // that have a place; not counted without a limit
	open  atomic.Int64 // connections

	opening atomic.Int64  // calls with a place that wait for room for their connection
	room    chan struct{} // says that there may be some; holds one

	waiting atomic.Int64 // calls without a place
	mu      sync.Mutex
	queue   queue[*api] // those with calls that wait; a need may have grown since it was noted
	growing list.List   // of *share, those whose calls wait and may have more than their part, in turn
	turns   uint64
}

// A line is the calls of one share that wait, in the order in which they came.
type line struct {
	list.List               // of chan struct{}, closed with the place
	growing   *list.Element // in slots.growing; nil where it is not
}

// claim takes a place for a call of a share, whose lane is locked, and reports whether
// the call may have one. It counts the call with its API first, and takes that back
// where another call was faster. A call that is refused in between, because of one
// that is then not counted, asks again when it begins to wait.
func (s *slots) claim(sh *share) bool {
	if s.limit == 0 {
		return true
	}
	a := sh.api
	for {
		ofAPI, all := a.calls.Load(), s.calls.Load()
		free := s.limit - all
		if free < needed(int64(sh.calls), ofAPI, s.limit) && !s.mayGrow(sh, free) {
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

// mayGrow reports whether a share, whose lane is locked, may have more than its part
// of the places. It may while more than half of all are free and its calls give
// theirs back soon.
func (s *slots) mayGrow(sh *share, free int64) bool {
	return free > s.limit/2 && sh.pace.isQuick(sh.calls, time.Now())
}

// release gives back the place of a call of sh, and grants places to the calls that
// wait and may have them now. sh counts the call no more by then, and its lane may
// have forgotten it.
func (s *slots) release(sh *share) {
	if s.limit == 0 {
		return
	}
	sh.api.calls.Add(-1)
	s.calls.Add(-1)
	if s.waiting.Load() > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.settle(sh)
		s.grant()
	}
}

// wait waits for a place of sh, which counts the call among those that wait, until
// limit at the latest, or until gone is closed.
func (s *slots) wait(sh *share, limit time.Time, gone <-chan struct{}) error {
	got := make(chan struct{})
	s.mu.Lock()
	at := sh.line.PushBack(got)
	s.waiting.Add(1) // before grant looks: whoever releases a place from now on offers it
	s.settle(sh)
	s.grant()
	s.mu.Unlock()

	timer := time.NewTimer(time.Until(limit))
	defer timer.Stop()
	select {
	case <-got:
		return nil
	case <-timer.C:
	case <-gone:
	}
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

// settle puts a share, and with it its API, where they belong among those that wait.
func (s *slots) settle(sh *share) {
	sh.lane.mu.Lock()
	calls, quick := int64(sh.calls), sh.pace.isQuick(sh.calls, time.Now())
	sh.lane.mu.Unlock()
	waits := sh.line.Len() > 0
	s.turns++
	settle(&sh.api.queue, sh, waits, calls, s.turns)
	s.settleAPI(sh.api)
	switch quick = quick && waits; {
	case quick && sh.line.growing == nil:
		sh.line.growing = s.growing.PushBack(sh)
	case !quick && sh.line.growing != nil:
		s.growing.Remove(sh.line.growing)
		sh.line.growing = nil
	}
}

func (s *slots) settleAPI(a *api) {
	waits, need := len(a.queue) > 0, int64(0)
	if waits { // the one with the fewest calls needs least
		need = needed(a.queue[0].seat.need, a.calls.Load(), s.limit)
	}
	settle(&s.queue, a, waits, need, s.turns)
}

// grant gives the places that are free to calls that may have them: to the shares
// that need least, and then to those that may grow.
func (s *slots) grant() {
	for len(s.queue) > 0 {
		first := s.queue[0]
		if s.grantTo(first.queue[0]) {
			continue
		}
		if s.settleAPI(first); len(s.queue) > 0 && s.queue[0] == first {
			break
		}
	}
	for s.growing.Len() > 0 && s.limit-s.calls.Load() > s.limit/2 {
		sh := s.growing.Front().Value.(*share)
		if s.grantTo(sh) && sh.line.growing != nil {
			s.growing.MoveToBack(sh.line.growing)
		} else {
			s.settle(sh)
		}
	}
}

// grantTo gives the first call of a share a place, if it may have one.
func (s *slots) grantTo(sh *share) bool {
	if !sh.admit(s) {
		return false
	}
	close(s.leave(sh, sh.line.Front()))
	s.turns++
	served(&sh.api.queue, sh, s.turns)
	served(&s.queue, sh.api, s.turns)
	return true
}

// leave takes a call out of its share's line.
func (s *slots) leave(sh *share, at *list.Element) chan struct{} {
	s.waiting.Add(-1)
	got := sh.line.Remove(at).(chan struct{})
	s.settle(sh)
	return got
}

// admit claims a place for a call that waits.
func (sh *share) admit(s *slots) bool {
	sh.lane.mu.Lock()
	defer sh.lane.mu.Unlock()
	if !s.claim(sh) {
		return false
	}
	sh.calls++
	sh.waiting--
	return true
}

// count counts a connection that is about to be opened, unless there are as many
// as there may be.
func (s *slots) count() bool {
	for {
		open := s.open.Load()
		if s.limit != 0 && open >= s.limit {
			return false
		}
		if s.open.CompareAndSwap(open, open+1) {
			return true
		}
	}
}

// uncount is count's counterpart.
func (s *slots) uncount() {
	s.open.Add(-1)
	s.tell()
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
