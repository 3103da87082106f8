package store

import "sync/atomic"

// A moment counts the writes that have run. What a snapshot has of them is
// everything up to the moment that was committed when it began, or more.
type moment uint64

// stamps remembers when documents were last changed, so that a transaction that
// was prepared on a snapshot knows whether it still holds. Siblings share a slot, as
// a listing is about all of them. What was changed longest ago is forgotten when
// there is too much, which costs transactions that began before it a needless
// repetition. The writer alone uses it, but for committed.
type stamps struct {
	others    moment // of the last write before which another process has written something
	now       moment // of the write that runs
	changed   map[slot]moment
	forgotten moment        // of the last write of which something may be missing in changed
	committed atomic.Uint64 // a moment
	group     []slot        // changed by the writes that are committed next
}

// mostStamps bounds the slots that are remembered, to a few megabytes: some times as
// many as the largest write changes.
const mostStamps = 1 << 17

// A slot is a place in stamps: a hash, so wide that documents do not share one by
// chance, and the same in all processes. A transaction may read tens of thousands of
// them. Who makes two documents share one makes transactions run again, and nothing
// worse.
type slot uint64

// ranges is the slot of the ranges that are removed of the siblings whose slot i is:
// who has read one of them alone does not look at the slot of all.
func (i slot) ranges() slot { return i + 1 }

// slots is where documents are that were read or changed.
type slots map[slot]struct{}

func newStamps() *stamps { return &stamps{changed: make(map[slot]moment)} }

func (s *stamps) slot(key []byte) slot { return hashSlot(key) }

// hashSlot is the FNV-1a hash of a key. Programs of other versions count on it.
func hashSlot(key []byte) slot {
	h := uint64(14695981039346656037)
	for _, c := range key {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return slot(h)
}

// change notes that the write that runs changes what is in a slot.
func (s *stamps) change(i slot) {
	if n := len(s.group); (n == 0 || s.group[n-1] != i) && n < mostStamps {
		s.group = append(s.group, i)
	}
	s.learn(i)
}

// learn notes that what is in a slot has changed before the write that runs now.
func (s *stamps) learn(i slot) {
	if len(s.changed) >= mostStamps {
		clear(s.changed)
		s.forgotten = s.now
	}
	s.changed[i] = s.now
}

// past returns a moment whose writes are in every snapshot that begins from now
// on.
func (s *stamps) past() moment { return moment(s.committed.Load()) }

// commit makes what has run up to now part of the past.
func (s *stamps) commit() { s.committed.Store(uint64(s.now)) }

// since reports whether one of the documents may have changed after a moment.
func (s *stamps) since(seen slots, after moment) bool {
	if s.others > after || s.forgotten > after {
		return true
	}
	for i := range seen {
		if s.changed[i] > after {
			return true
		}
	}
	return false
}

// places returns the slots of the document under an encoded key, whose first n bytes
// its siblings share. Every document is in the slot of its siblings. One without a
// parent has a slot of its own as well (single): its siblings are all that the server
// or an account has of a kind, others change them all the time, and a prepared
// transaction reads few of them.
func (s *stamps) places(key []byte, n int) (siblings, own slot, single bool) {
	siblings = s.slot(key[:n])
	if n < 2 || key[n-2] != keyEnd { // the last part before the id is the parent, here not empty
		return siblings, siblings, false
	}
	return siblings, s.slot(key), true
}
