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
	// Get returns an answer with one holder more, who releases it; nil for none.
	Get(p *Part, key Key) *Answer

	// Room reports whether an answer of a weight would be kept if it were put now.
	Room(p *Part, weight int64) bool

	// Put holds an answer as long as it keeps it.
	Put(p *Part, key Key, a *Answer)

	// Drop lets go of all that a part has. The part is used no more.
	Drop(p *Part)
	Close()
}

// A Cache has the parts of the stages of a process. All its methods are safe for
// concurrent use.
type Cache struct {
	store  Store
	ledger ledger
	remote Remote // nil where nobody shares

	mu    sync.Mutex
	parts map[string]*Part // by stage
}

// New makes a cache that keeps answers in this process: those of all stages take
// about budget bytes at the most, with those that are kept no more and that clients have
// not taken to their end. An eighth of it is for these alone; while they have more, the
// cache keeps nothing new.
func New(budget int64) *Cache {
	budget = max(budget, 0)
	return &Cache{store: newMemory(budget - budget/8), ledger: ledger{limit: budget}, parts: make(map[string]*Part)}
}

// A Part is the cache of one stage. All its methods are safe for concurrent use.
type Part struct {
	life  string
	limit int64 // bytes
	cache *Cache
	held  held // by a store in memory
	far   Key  // its name among processes

	mu      sync.Mutex
	flights map[Key]*flight
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
	p := &Part{life: life, limit: limit, cache: c, far: farName(name, life), flights: make(map[Key]*flight)}
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

// Used returns how many bytes the answers in memory take: those that are kept, and those
// that clients still take.
func (c *Cache) Used() int64 { return c.ledger.used.Load() }

// Close ends what the cache does in the background.
func (c *Cache) Close() { c.store.Close() }

// Find returns the answer under a key, nil for none that is still good. It is to be
// released.
func (p *Part) Find(key Key) *Answer {
	a := p.cache.store.Get(p, key)
	if a != nil && !p.cache.usable(a, time.Now()) {
		a.Release()
		return nil
	}
	return a
}

// Keep keeps a copy of an answer under a key for a time from now, unless it is too large
// or a stream, or there is no room. It ends the call's turn, nil for none, and gives the
// copy to those who wait for it. An answer does not take the place of one whose call
// began later.
func (p *Part) Keep(key Key, turn *Turn, from *httpmsg.Response, began time.Time, ttl time.Duration) {
	if from.Stream == nil {
		p.putFar(key, from, ttl)
	}
	a := p.copied(turn, from, began, ttl)
	if a == nil {
		turn.Pass()
		return
	}
	defer a.Release()
	p.put(key, a)
	if turn != nil {
		turn.land(a, 0)
	}
}

// copied copies an answer, if the store has room for it or somebody waits for it. It is
// nil for one that is not copied.
func (p *Part) copied(turn *Turn, from *httpmsg.Response, began time.Time, ttl time.Duration) *Answer {
	if from.Stream != nil || len(from.Body) > MaxBody || !p.cache.store.Room(p, weigh(from)) && !turn.awaited() {
		return nil
	}
	now := time.Now()
	a := newAnswer(&p.cache.ledger, from, began, now.Add(ttl))
	if a != nil && p.cache.remote != nil {
		a.near = now.Add(near)
	}
	return a
}

// put has the store keep an answer.
func (p *Part) put(key Key, a *Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if newer := p.Find(key); newer != nil {
		defer newer.Release()
		if newer.began.After(a.began) {
			return
		}
	}
	p.cache.store.Put(p, key, a)
}
