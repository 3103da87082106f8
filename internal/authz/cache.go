package authz

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// DefaultCacheBytes bounds a cache for which nothing else is said.
const DefaultCacheBytes = 32 << 20

const (
	// shards is the number of parts of a cache, each with a lock of its own.
	shards = 16
	// maxWaiters bounds the calls that wait for the same answer.
	maxWaiters = 4096
	// maxFailures is how many failures of others a call waits through before it takes the
	// last for its own: one may be that of the call that asked, and no fault of the function.
	maxFailures = 2
	// entrySize is about how many bytes an answer takes in a cache beside itself.
	entrySize = 256
)

// The ways in which a wait for an answer ends without one.
var (
	ErrLate    = errors.New("the answer of the authorizer came too late")
	ErrGone    = errors.New("the client has gone")
	ErrCrowded = errors.New("too many calls wait for the same answer of the authorizer")
)

// A Cache keeps the answers of Lambda authorizers, of all stages of a process, in a
// bounded number of bytes: those that were not used for the longest time go first. It
// is safe for concurrent use.
//
// Of the calls that miss the same answer one asks for it and the others wait. Other
// caches load for many waiters in the time of the first; here each of them has its own.
type Cache struct {
	shards [shards]shard
	remote Remote // nil where nobody shares
}

// NewCache makes a cache that holds at most maxBytes, and less than a sixteenth of that
// of any one answer.
func NewCache(maxBytes int64) *Cache {
	c := new(Cache)
	for i := range c.shards {
		s := &c.shards[i]
		s.limit, s.free = maxBytes/shards, maxBytes/shards
		s.entries, s.flights = make(map[Key]*list.Element), make(map[Key]*flight)
	}
	return c
}

// A shard is a part of a cache.
type shard struct {
	mu      sync.Mutex
	limit   int64 // bytes
	free    int64 // of them
	entries map[Key]*list.Element
	used    list.List // of *entry, the last used first
	flights map[Key]*flight
}

// An entry is a kept answer.
type entry struct {
	key    Key
	owner  Owner
	answer *Answer
	until  time.Time
	size   int64
}

// An Owner is a stage, whose answers go when it does.
type Owner struct{ API, Stage string }

// A flight is a call of a function that others wait for.
type flight struct {
	done    chan struct{} // closed at its end
	waiters int
	answer  *Answer // nil where there is none
	err     error   // why there is none
	left    bool    // there is none because its caller has left
}

// A Wanted is an answer that a call needs.
type Wanted struct {
	Key   Key
	Owner Owner
	TTL   time.Duration

	// Deadline and Client end the call's wait for others; a nil Client never does.
	Deadline time.Time
	Client   context.Context
}

// Get returns a kept answer, nil where there is none. It allocates nothing.
func (c *Cache) Get(key Key) *Answer {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(key, time.Now())
}

// Load returns the answer that is kept, or asks for it, or waits for a call that asks
// for it already. asked says that this call has asked. What the function answers is
// kept for the wanted time.
//
// There is one call of the function at a time, however many want its answer. When it
// fails one of those who wait asks once more, and when that fails, too, those who have
// waited for both get its error: thousands would not help a function that fails.
func (c *Cache) Load(w *Wanted, ask func() (*Answer, error)) (answer *Answer, asked bool, err error) {
	s := c.shard(w.Key)
	for failures := 0; ; {
		answer, f, mine := s.join(w)
		switch {
		case answer != nil:
			return answer, false, nil
		case mine:
			return c.lead(s, w, f, ask)
		case f == nil:
			return nil, false, ErrCrowded
		}
		if err := s.wait(w, f); err != nil {
			return nil, false, err
		}
		if f.answer != nil {
			return f.answer, false, nil
		}
		if !f.left {
			failures++
		}
		if failures == maxFailures {
			return nil, false, f.err
		}
	}
}

// Forget drops the answers of a stage.
func (c *Cache) Forget(o Owner) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for e := s.used.Front(); e != nil; {
			next := e.Next()
			if e.Value.(*entry).owner == o {
				s.drop(e)
			}
			e = next
		}
		s.mu.Unlock()
	}
}

// Used returns about how many bytes the answers take.
func (c *Cache) Used() (bytes int64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		bytes += s.limit - s.free
		s.mu.Unlock()
	}
	return bytes
}

func (c *Cache) shard(key Key) *shard { return &c.shards[key[0]%shards] }

// get finds an answer. The lock is held.
func (s *shard) get(key Key, now time.Time) *Answer {
	e := s.entries[key]
	if e == nil {
		return nil
	}
	kept := e.Value.(*entry)
	if !now.Before(kept.until) {
		s.drop(e)
		return nil
	}
	s.used.MoveToFront(e)
	return kept.answer
}

// join returns the answer, or the flight that brings it, which is the caller's own where
// nobody asks yet. It has neither where too many wait.
func (s *shard) join(w *Wanted) (answer *Answer, f *flight, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer = s.get(w.Key, time.Now()); answer != nil {
		return answer, nil, false
	}
	if f = s.flights[w.Key]; f == nil {
		f = &flight{done: make(chan struct{}), left: true}
		s.flights[w.Key] = f
		return nil, f, true
	}
	if f.waiters == maxWaiters {
		return nil, nil, false
	}
	f.waiters++
	return nil, f, false
}

// lead asks for those who wait, unless another process has the answer. asked says that the
// function was asked.
func (c *Cache) lead(s *shard, w *Wanted, f *flight, ask func() (*Answer, error)) (answer *Answer, asked bool, err error) {
	defer func() { // after a panic, too, which is the leader's own
		s.mu.Lock()
		delete(s.flights, w.Key)
		s.mu.Unlock()
		close(f.done)
	}()
	if far, ttl := c.far(w.Key); far != nil {
		f.answer, f.left = far, false
		of := *w
		of.TTL = min(ttl, w.TTL)
		s.keep(&of, far)
		return far, false, nil
	}
	answer, err = ask()
	f.answer, f.err, f.left = answer, err, errors.Is(err, ErrGone)
	s.keep(w, answer)
	c.putFar(w, answer)
	return answer, true, err
}

// wait waits for the end of a flight, of which the caller is one of the waiters.
func (s *shard) wait(w *Wanted, f *flight) error {
	defer func() {
		s.mu.Lock()
		f.waiters--
		s.mu.Unlock()
	}()
	var gone <-chan struct{}
	if w.Client != nil {
		gone = w.Client.Done()
	}
	late := time.NewTimer(time.Until(w.Deadline))
	defer late.Stop()
	select {
	case <-f.done:
		return nil
	case <-gone:
		return ErrGone
	case <-late.C:
		return ErrLate
	}
}

// keep keeps an answer, unless it is nil or too large.
func (s *shard) keep(w *Wanted, answer *Answer) {
	if answer == nil {
		return
	}
	kept := &entry{w.Key, w.Owner, answer, time.Now().Add(w.TTL), int64(answer.size() + entrySize)}
	if kept.size > s.limit {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[w.Key]; e != nil {
		s.drop(e)
	}
	for s.free < kept.size {
		s.drop(s.used.Back())
	}
	s.free -= kept.size
	s.entries[w.Key] = s.used.PushFront(kept)
}

// drop forgets an answer. The lock is held.
func (s *shard) drop(e *list.Element) {
	kept := s.used.Remove(e).(*entry)
	delete(s.entries, kept.key)
	s.free += kept.size
}
