package usageplan

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"unicode/utf8"
)

// maxValue is the length of the longest value of a key, in bytes: AWS counts its 128
// characters, which need not be ASCII.
const maxValue = 128 * utf8.UTFMax

// A digest stands for the value of a key: values themselves are not kept.
type digest [sha256.Size]byte

func digestOf(value string) digest {
	var buf [128]byte // of nearly all values, which then cost no allocation
	if len(value) > len(buf) {
		return sha256.Sum256([]byte(value))
	}
	return sha256.Sum256(buf[:copy(buf[:], value)])
}

// An index finds keys by digests. Looking takes no lock; who changes it holds the
// registry's. It is a table with open addressing, of which at least half is free.
type index struct {
	table atomic.Pointer[table]
	n     int // keys
	used  int // entries of the table that are not free: those of keys, and of keys that are gone
}

// A table has a power of 2 of entries. One that is taken keeps its start for good.
type table struct{ entries []entry }

// An entry is free while its start is 0.
type entry struct {
	start atomic.Uint64 // of the digest of the key
	key   atomic.Pointer[key]
}

// start is the beginning of a digest as a number, never 0.
func (d *digest) start() uint64 { return binary.LittleEndian.Uint64(d[:]) | 1<<63 }

// seek returns the entry of a digest, or the free one where it would be.
func (t *table) seek(d *digest) *entry {
	start, mask := d.start(), uint64(len(t.entries)-1)
	for i := start & mask; ; i = (i + 1) & mask {
		e := &t.entries[i]
		switch e.start.Load() {
		case 0:
			return e
		case start:
			if k := e.key.Load(); k != nil && k.digest == *d {
				return e
			}
		}
	}
}

// find returns the key of a digest, nil for none.
func (x *index) find(d *digest) *key {
	t := x.table.Load()
	if t == nil {
		return nil
	}
	return t.find(d)
}

// find compares once more: while an entry is free for seek, put may give it to the
// key of another digest.
func (t *table) find(d *digest) *key {
	if k := t.seek(d).key.Load(); k != nil && k.digest == *d {
		return k
	}
	return nil
}

// put adds a key, in place of one with the same digest.
func (x *index) put(k *key) {
	x.remove(x.find(&k.digest))
	const least = 16
	if t := x.table.Load(); t == nil || 2*(x.used+1) > len(t.entries) {
		size := least
		for size < 4*(x.n+1) {
			size *= 2
		}
		x.rebuild(t, size)
	}
	x.table.Load().put(k)
	x.n++
	x.used++
}

// rebuild has a new table from now on, without what is gone.
func (x *index) rebuild(from *table, size int) {
	t := &table{make([]entry, size)}
	if from != nil {
		for i := range from.entries {
			if k := from.entries[i].key.Load(); k != nil {
				t.put(k)
			}
		}
	}
	x.used = x.n
	x.table.Store(t)
}

func (t *table) put(k *key) {
	e := t.seek(&k.digest)
	e.key.Store(k) // first: an entry that is taken has its key
	e.start.Store(k.digest.start())
}

// remove takes a key away, if it is the one of its digest.
func (x *index) remove(k *key) {
	if k != nil && x.find(&k.digest) == k {
		x.table.Load().seek(&k.digest).key.Store(nil)
		x.n--
	}
}
