package cache

import (
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// memory is a Store in this process. What the parts hold together is bounded, and
// what is used least goes first, whosever it is.
type memory struct {
	budget int64

	entries atomic.Pointer[entries] // nil until there is something to keep
	opening sync.Mutex
	closed  bool

	sweeps atomic.Int32 // that are to be done: one at a time goes through the entries
	full   atomic.Bool  // a part was full when it was to keep more
}

type entries = otter.Cache[entryKey, *Answer]

type entryKey struct {
	part *Part
	key  Key
}

// held is what a part has in memory.
type held struct {
	bytes atomic.Int64
	gone  atomic.Bool // the part was dropped
}

func newMemory(budget int64) *memory { return &memory{budget: budget} }

// open returns the entries, which are made when they are first needed: they have a
// goroutine, which looks for what has expired. They are nil once the memory is closed.
func (m *memory) open() *entries {
	if e := m.entries.Load(); e != nil {
		return e
	}
	m.opening.Lock()
	defer m.opening.Unlock()
	if m.entries.Load() == nil && !m.closed {
		m.entries.Store(otter.Must(&otter.Options[entryKey, *Answer]{
			MaximumWeight: uint64(m.budget),
			Weigher:       func(_ entryKey, a *Answer) uint32 { return uint32(a.weight) },
			ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[entryKey, *Answer]) time.Duration {
				return max(time.Until(e.Value.expires), time.Nanosecond)
			}),
			OnAtomicDeletion: func(e otter.DeletionEvent[entryKey, *Answer]) {
				e.Key.part.held.bytes.Add(-e.Value.weight)
				e.Value.Release()
			},
		}))
	}
	return m.entries.Load()
}

// Get implements Store.
func (m *memory) Get(p *Part, key Key) *Answer {
	e := m.entries.Load()
	if e == nil {
		return nil
	}
	if a, ok := e.GetIfPresent(entryKey{p, key}); ok && a.hold() {
		return a
	}
	return nil
}

// Room implements Store. A part that is full has none until some has been made, by
// letting go of what it uses least.
func (m *memory) Room(p *Part, weight int64) bool {
	if p.held.gone.Load() || weight > min(p.limit, m.budget) {
		return false
	}
	if p.held.bytes.Load()+weight > p.limit {
		m.full.Store(true)
		m.sweep()
		return false
	}
	return true
}

// Put implements Store.
func (m *memory) Put(p *Part, key Key, a *Answer) {
	if !m.Room(p, a.weight) {
		return
	}
	e := m.open()
	if e == nil || !a.hold() {
		return
	}
	p.held.bytes.Add(a.weight)
	e.Set(entryKey{p, key}, a)
	if p.held.gone.Load() { // dropped meanwhile, perhaps behind the sweep
		e.Invalidate(entryKey{p, key})
	}
}

// Drop implements Store. The memory of what the part has is given back soon.
func (m *memory) Drop(p *Part) {
	p.held.gone.Store(true)
	m.sweep()
}

// sweep lets go of what dropped parts have, and of what full parts use least, on a
// goroutine of its own. Sweeps that are asked for while one is at work are one more.
func (m *memory) sweep() {
	e := m.entries.Load()
	if e == nil || m.sweeps.Add(1) > 1 {
		return
	}
	go func() {
		for asked := m.sweeps.Load(); asked > 0; asked = m.sweeps.Add(-asked) {
			for key := range e.Keys() {
				if key.part.held.gone.Load() {
					e.Invalidate(key)
				}
			}
			if m.full.Swap(false) {
				for _, key := range surplus(e.Coldest()) {
					e.Invalidate(key)
				}
			}
		}
	}()
}

// A part that has more than full of its limit is left with room of it.
const (
	full = 15. / 16
	room = 7. / 8
)

// surplus lists the entries of full parts that have to go, of all entries, of which
// those come first that are used least.
func surplus(all iter.Seq[otter.Entry[entryKey, *Answer]]) []entryKey {
	var list []entryKey
	excess := make(map[*Part]int64) // of the parts that were met
	for e := range all {
		p := e.Key.part
		over, met := excess[p]
		if !met {
			if held := p.held.bytes.Load(); float64(held) > full*float64(p.limit) {
				over = held - int64(room*float64(p.limit))
			}
		}
		if over > 0 {
			list = append(list, e.Key)
			over -= e.Value.weight
		}
		excess[p] = over
	}
	return list
}

// Close implements Store.
func (m *memory) Close() {
	m.opening.Lock()
	defer m.opening.Unlock()
	m.closed = true
	if e := m.entries.Swap(nil); e != nil {
		e.StopAllGoroutines()
	}
}
