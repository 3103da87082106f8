package store

import "slices"

// A pgCache has documents of the database as they were when this process last had the
// turn, so that a write need not ask for each that it reads. Who has the turn is told
// what others have changed since, by slots; what is still here then is what the database
// has. It is used within batches alone.
type pgCache struct {
	siblings map[slot]map[string]pgCached
	size     int // bytes, about
}

// A pgCached is what is known of a document.
type pgCached struct {
	there  bool
	loaded bool // doc is known, too
	doc    []byte
}

// Bounds of a pgCache, in bytes.
const (
	mostCached   = 16 << 20 // of all, at which it begins anew
	largeCached  = 1 << 20  // of documents that are not kept
	cachedBeside = 200      // what one takes beside its key and its bytes
)

func siblingsSlot(key []byte) slot { return hashSlot(key[:siblingsEnd(key)]) }

// get returns what is known of the document under a key, which nobody changes.
func (c *pgCache) get(key []byte) (d pgCached, known bool) {
	d, known = c.siblings[siblingsSlot(key)][string(key)]
	return d, known
}

// set notes what is under a key. The document is the cache's from then on.
func (c *pgCache) set(key []byte, d pgCached) {
	if len(d.doc) > largeCached {
		d.doc, d.loaded = nil, false
	}
	if c.size += len(key) + len(d.doc) + cachedBeside; c.siblings == nil || c.size > mostCached {
		c.siblings, c.size = make(map[slot]map[string]pgCached), 0
	}
	s := siblingsSlot(key)
	if c.siblings[s] == nil {
		c.siblings[s] = make(map[string]pgCached)
	}
	c.siblings[s][string(key)] = d
}

// forget forgets the document under a key.
func (c *pgCache) forget(key []byte) { delete(c.siblings[siblingsSlot(key)], string(key)) }

// drop forgets all siblings of a slot.
func (c *pgCache) drop(s slot) { delete(c.siblings, s) }

// clear forgets all.
func (c *pgCache) clear() { *c = pgCache{} }

// copied returns the document for who may change it.
func (d pgCached) copied() []byte { return own(slices.Clip(d.doc)) }
