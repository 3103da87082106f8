package cache

import (
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A Store keeps answers under the keys of parts. Its methods are called by many
// goroutines. An answer that is there need not be found, and one that has expired may
// be.
type Store interface {
	Get(p *Part, key string) *Answer // nil for none
	Put(p *Part, key string, a *Answer)

	// Drop lets go of all that a part has. The part is used no more.
	Drop(p *Part)
	Close()
}

// A Cache has the parts of the stages of a process. All its methods are safe for
// concurrent use.
type Cache struct {
	store Store

	mu    sync.Mutex
	parts map[string]*Part // by stage
}

// New makes a cache that keeps answers in this process: those of all stages take
// about budget bytes at the most.
func New(budget int64) *Cache {
	return &Cache{store: newMemory(budget), parts: make(map[string]*Part)}
}

// A Part is the cache of one stage. All its methods are safe for concurrent use.
type Part struct {
	life  string
	limit int64 // bytes
	store Store
	held  held // by a store in memory

	mu      sync.Mutex
	flights map[string]*Flight
}

// Stage returns the part of a stage, which may hold limit bytes. The part is another,
// empty one than before where life or the limit is.
func (c *Cache) Stage(name, life string, limit int64) *Part {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.parts[name]
	if old != nil && old.life == life && old.limit == limit {
		return old
	}
	if old != nil {
		c.store.Drop(old)
	}
	p := &Part{life: life, limit: limit, store: c.store, flights: make(map[string]*Flight)}
	c.parts[name] = p
	return p
}

// Forget lets go of what a stage has, because it caches no more.
func (c *Cache) Forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.parts[name]; old != nil {
		c.store.Drop(old)
		delete(c.parts, name)
	}
}

// Close ends what the cache does in the background.
func (c *Cache) Close() { c.store.Close() }

// Find returns the answer under a key, nil for none that is still good.
func (p *Part) Find(key []byte) *Answer { return p.find(string(key)) }

func (p *Part) find(key string) *Answer {
	a := p.store.Get(p, key)
	if a == nil || !time.Now().Before(a.expires) {
		return nil
	}
	return a
}

// A Flight is the call of a backend for an answer that others wait for.
type Flight struct {
	part   *Part
	key    string
	landed chan struct{} // closed when answer is known
	answer *Answer
}

// Join is for a call that has found nothing under a key. It returns the answer if
// there is one by now. Otherwise the call has a flight: the one that is under way, for
// which it may Wait, or, where first is true, one of its own, which it must Land.
func (p *Part) Join(key []byte) (a *Answer, f *Flight, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.flights[string(key)]; f != nil {
		return nil, f, false
	}
	text := string(key)
	if a := p.find(text); a != nil {
		return a, nil, false
	}
	f = &Flight{part: p, key: text, landed: make(chan struct{})}
	p.flights[text] = f
	return nil, f, true
}

// Landed is closed when the flight has landed.
func (f *Flight) Landed() <-chan struct{} { return f.landed }

// Answer returns what the flight has brought once it has landed, nil for nothing: then
// those who waited call for themselves.
func (f *Flight) Answer() *Answer { return f.answer }

// Land ends a flight with the answer that it has brought, nil for none. It is called
// once.
func (f *Flight) Land(a *Answer) {
	f.answer = a
	f.part.mu.Lock()
	delete(f.part.flights, f.key)
	f.part.mu.Unlock()
	close(f.landed)
}

// Keep keeps a copy of an answer under a key for a time from now, and returns it; nil
// where it is not to be kept, because it is too large or a stream. An answer does not
// take the place of one whose call began later.
func (p *Part) Keep(key []byte, from *httpmsg.Response, began time.Time, ttl time.Duration) *Answer {
	if from.Stream != nil || len(from.Body) > MaxBody {
		return nil
	}
	a := newAnswer(from, began, time.Now().Add(ttl))
	p.mu.Lock()
	defer p.mu.Unlock()
	if newer := p.find(string(key)); newer != nil && newer.began.After(began) {
		return a
	}
	p.store.Put(p, string(key), a)
	return a
}
