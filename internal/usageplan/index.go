package usageplan

import (
	"hash/maphash"
	"sync/atomic"
	"unicode/utf8"
	"unique"
)

// maxValue is the length of the longest value of a key, in bytes: AWS counts its 128
// characters, which need not be ASCII.
const maxValue = 128 * utf8.UTFMax

// A digest stands for the value of a key: values themselves are not kept. Two values
// have the same one with a chance of 1 in 2¹²⁷. The first half is never 0.
type digest struct{ first, second uint64 }

// An index finds members by the values of their keys. Looking takes no lock; who
// changes it holds the registry's. It is a table with open addressing, in which lies
// all that a look-up needs of a member: where there are many keys, no cache of the
// processor holds them, and each further place to look at would cost as much as all the
// rest of the look-up.
//
// How long a look-up takes tells a caller nothing of the values that there are. What is
// compared are digests, made with seeds that each process draws for itself: what the
// digests of two values have in common does not depend on what the values have.
type index struct {
	seeds [2]maphash.Seed
	table atomic.Pointer[table]
	n     int // members
	used  int // slots of the table that are not free: those of members, and of members that are gone
}

// A table has a power of 2 of slots.
type table struct{ slots []slot }

// A slot is free while first is 0, and then of one member for good. Those of one value
// come in the order in which they were put.
type slot struct {
	first  atomic.Uint64 // half of the digest of the key's value
	second uint64
	plan   *plan                  // of the member
	member atomic.Pointer[member] // nil when it is gone
}

func newIndex() index {
	return index{seeds: [...]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

func (x *index) digest(value string) digest {
	return digest{maphash.String(x.seeds[0], value) | 1<<63, maphash.String(x.seeds[1], value)}
}

// begin is where the slots of a value may begin.
func (t *table) begin(d digest) int { return int(d.first & uint64(len(t.slots)-1)) }

// after is the index that follows another.
func (t *table) after(i int) int { return (i + 1) & (len(t.slots) - 1) }

// next returns the first slot of a value from an index on, and its index; nil where a
// free one comes before.
func (t *table) next(d digest, i int) (*slot, int) {
	for ; ; i = t.after(i) {
		s := &t.slots[i]
		switch s.first.Load() {
		case 0:
			return nil, i
		case d.first:
			if s.second == d.second {
				return s, i
			}
		}
	}
}

// find returns the first member of a value whose plan has a stage, with what the plan
// says of that.
func (x *index) find(value string, of unique.Handle[stageName]) (Access, bool) {
	t := x.table.Load()
	if t == nil {
		return Access{}, false
	}
	d := x.digest(value)
	for s, i := t.next(d, t.begin(d)); s != nil; s, i = t.next(d, t.after(i)) {
		m := s.member.Load()
		if m == nil {
			continue
		}
		if terms := s.plan.terms.Load(); terms != nil {
			if stage := terms.stage(of); stage != nil {
				return Access{m, terms, stage}, true
			}
		}
	}
	return Access{}, false
}

// set has the value of a key find members of it, in this order, and no others of it.
// One that is found before and after is found meanwhile. Keys of the same value, which
// the control plane refuses, are found one behind the other.
func (x *index) set(k *key, to []*member) {
	if x.n == 0 && len(to) == 0 {
		return // as for each key at a start, when none is in a plan yet
	}
	x.reserve(len(to))
	t, kept := x.table.Load(), 0
	var gone []*slot
	for s, i := t.next(k.digest, t.begin(k.digest)); s != nil; s, i = t.next(k.digest, t.after(i)) {
		switch m := s.member.Load(); {
		case m == nil || m.keyID != k.id:
		case kept < len(to) && m == to[kept]:
			kept++
		default:
			gone = append(gone, s)
		}
	}
	for _, m := range to[kept:] {
		t.put(k.digest, m)
	}
	for _, s := range gone {
		s.member.Store(nil)
	}
	x.n += len(to) - kept - len(gone)
	x.used += len(to) - kept
}

// reserve makes room for so many more members: at least an eighth of the table is free,
// and a quarter of one that is new. The smaller the table, the more of it is in the
// processor's caches, and slots that stand next to each other cost little.
func (x *index) reserve(more int) {
	from := x.table.Load()
	if from != nil && 8*(x.used+more) <= 7*len(from.slots) {
		return
	}
	size := 16
	for 3*size < 4*(x.n+more) {
		size *= 2
	}
	to := &table{make([]slot, size)}
	useHugePages(to.slots)
	if from != nil {
		from.copy(to)
	}
	x.used = x.n
	x.table.Store(to)
}

// copy puts what there is into another table. It begins at a free slot: so the members
// of a value keep their order where they go on at the table's beginning.
func (t *table) copy(to *table) {
	begin := 0
	for t.slots[begin].first.Load() != 0 {
		begin++
	}
	for i := t.after(begin); i != begin; i = t.after(i) {
		s := &t.slots[i]
		if m := s.member.Load(); m != nil {
			to.put(digest{s.first.Load(), s.second}, m)
		}
	}
}

// put takes the first slot that is free from a value's beginning on.
func (t *table) put(d digest, m *member) {
	i := t.begin(d)
	for t.slots[i].first.Load() != 0 {
		i = t.after(i)
	}
	s := &t.slots[i]
	s.second, s.plan = d.second, m.plan
	s.member.Store(m)
	s.first.Store(d.first) // last: who sees that the slot is taken sees the rest
}
