package integration

import (
	"container/list"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// slots bound the connections that a client has open, those in use and those
// kept for later. Calls that find none free wait in the order in which they
// came.
type slots struct {
	limit   int          // 0 for none
	waiting atomic.Int32 // how many are in the queue

	mu    sync.Mutex
	open  int
	queue list.List // of *waiter
}

// A waiter is a call that waits for a connection.
type waiter struct {
	key *poolKey   // of a kept connection that it would take as well; nil when it wants a new one
	got chan *conn // of one: such a connection, or nil for the right to open one
}

// take waits until a connection may be opened and returns nil, or returns one of
// key that another call is through with. Nobody waits beyond limit. While some
// wait, shed closes a connection that no call uses, if there is one.
func (s *slots) take(key *poolKey, limit time.Time, shed func()) (*conn, error) {
	if s.limit == 0 {
		return nil, nil
	}
	s.mu.Lock()
	if s.open < s.limit {
		s.open++
		s.mu.Unlock()
		return nil, nil
	}
	w := &waiter{key: key, got: make(chan *conn, 1)}
	at := s.queue.PushBack(w)
	s.waiting.Add(1)
	s.mu.Unlock()

	shed() // behind the queueing: what falls idle from here on is given away, not kept
	timer := time.NewTimer(time.Until(limit))
	defer timer.Stop()
	select {
	case cn := <-w.got:
		return cn, nil
	case <-timer.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case cn := <-w.got: // at the last moment
		return cn, nil
	default:
	}
	s.drop(at)
	return nil, fmt.Errorf("all %d connections to backends are in use", s.limit)
}

// release gives the place of a closed connection to the call that has waited
// longest.
func (s *slots) release() {
	if s.limit == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.queue.Front()
	if first == nil {
		s.open--
		return
	}
	s.drop(first).got <- nil
}

// give hands cn to the call that has waited longest, if it waits for one of that
// kind, and reports whether it did.
func (s *slots) give(cn *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.queue.Front()
	if first == nil || first.Value.(*waiter).key == nil || *first.Value.(*waiter).key != *cn.key {
		return false
	}
	s.drop(first).got <- cn
	return true
}

func (s *slots) drop(at *list.Element) *waiter {
	s.waiting.Add(-1)
	return s.queue.Remove(at).(*waiter)
}
