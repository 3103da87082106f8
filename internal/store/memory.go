package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// memory is the engine without a directory. Its state is an immutable value:
// a view is one state, a batch makes others, a commit makes one current.
type memory struct {
	keep   retention
	now    atomic.Pointer[memoryState]
	mu     sync.Mutex // guards closed against new views
	closed bool
	views  sync.WaitGroup
}

type memoryState struct {
	docs   *tree[string, memoryDoc] // by encoded key
	made   int64                    // documents that were ever new
	rows   *tree[Revision, Served]
	names  *tree[servedName, Revision] // where rows has it
	pruned Revision                    // highest of a tombstone that was taken away
}

// A memoryDoc is a document with its place in the order of creation.
type memoryDoc struct {
	doc   []byte
	place int64
}

// A servedName is the kind, which has no NUL, a NUL and the id.
type servedName = string

func nameServed(kind, id string) servedName { return kind + "\x00" + id }

func newMemory(keep retention) *memory {
	m := &memory{keep: keep}
	m.now.Store(&memoryState{})
	return m
}

func (m *memory) view(ctx context.Context) (view, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	m.views.Add(1)
	return &memoryView{memoryState: *m.now.Load(), done: m.views.Done}, nil
}

func (m *memory) begin(context.Context) (batch, error) {
	return &memoryBatch{memoryView: memoryView{memoryState: *m.now.Load()}, engine: m}, nil
}

func (m *memory) close() error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.views.Wait()
	m.now.Store(&memoryState{})
	return nil
}

type memoryView struct {
	memoryState
	done func()
}

func (v *memoryView) release() { v.done() }

func (v *memoryView) get(_ context.Context, key []byte) ([]byte, error) {
	d, ok := v.docs.get(string(key))
	if !ok {
		return nil, ErrNotFound
	}
	return slices.Clone(d.doc), nil
}

func (v *memoryView) getMany(_ context.Context, keys [][]byte) ([][]byte, error) {
	docs := make([][]byte, len(keys))
	for i, key := range keys {
		if d, ok := v.docs.get(string(key)); ok {
			docs[i] = slices.Clone(d.doc)
		}
	}
	return docs, nil
}

func (v *memoryView) has(_ context.Context, key []byte) (bool, error) {
	_, ok := v.docs.get(string(key))
	return ok, nil
}

func (v *memoryView) scan(_ context.Context, from, to []byte, limit int, each func(key, doc []byte) bool) error {
	end, n := string(to), 0
	v.docs.ascend(string(from), func(key string, d memoryDoc) bool {
		if key >= end || limit > 0 && n == limit {
			return false
		}
		n++
		return each([]byte(key), slices.Clone(d.doc))
	})
	return nil
}

func (v *memoryView) created(_ context.Context, from, to []byte, after int64, limit int, each func(place int64, key, doc []byte) bool) error {
	type placed struct {
		key string
		memoryDoc
	}
	var rows []placed
	end := string(to)
	v.docs.ascend(string(from), func(key string, d memoryDoc) bool {
		if key < end && d.place > after {
			rows = append(rows, placed{key, d})
		}
		return key < end
	})
	slices.SortFunc(rows, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	for _, r := range rows {
		if !each(r.place, []byte(r.key), slices.Clone(r.doc)) {
			break
		}
	}
	return nil
}

func (v *memoryView) keys(_ context.Context, from, to []byte, each func(key []byte)) error {
	end := string(to)
	v.docs.ascend(string(from), func(key string, _ memoryDoc) bool {
		if key < end {
			each([]byte(key))
		}
		return key < end
	})
	return nil
}

func (v *memoryView) served(_ context.Context, kind, id string) (Served, error) {
	r, ok := v.names.get(nameServed(kind, id))
	if !ok {
		return Served{}, ErrNotFound
	}
	s, _ := v.rows.get(r)
	s.Data = slices.Clone(s.Data)
	return s, nil
}

func (v *memoryView) changes(_ context.Context, after Revision, limit int, bare []string) ([]Served, error) {
	var rows []Served
	v.rows.ascend(after+1, func(_ Revision, s Served) bool {
		if limit > 0 && len(rows) == limit {
			return false
		}
		if slices.Contains(bare, s.Kind) {
			s.Data = nil
		}
		s.Data = slices.Clone(s.Data)
		rows = append(rows, s)
		return true
	})
	return rows, nil
}

func (v *memoryView) last(context.Context) (last, pruned Revision, err error) {
	return v.highest(), v.pruned, nil
}

func (s *memoryState) highest() Revision {
	t := s.rows
	for t != nil && t.right != nil {
		t = t.right
	}
	if t == nil {
		return 0
	}
	return t.key
}

type memoryBatch struct {
	memoryView
	engine *memory
	marked memoryState
}

func (b *memoryBatch) put(_ context.Context, key, doc []byte) error {
	old, ok := b.docs.get(string(key))
	if !ok {
		b.made++
		old.place = b.made
	}
	b.docs = b.docs.with(string(key), memoryDoc{own(doc), old.place})
	return nil
}

func (b *memoryBatch) putMany(ctx context.Context, rows []row) error {
	for _, r := range rows {
		if err := b.put(ctx, r.key, r.doc); err != nil {
			return err
		}
	}
	return nil
}

func (b *memoryBatch) insert(ctx context.Context, key, doc []byte) error {
	if _, ok := b.docs.get(string(key)); ok {
		return ErrExists
	}
	return b.put(ctx, key, doc)
}

func (b *memoryBatch) remove(_ context.Context, key []byte) error {
	if _, ok := b.docs.get(string(key)); !ok {
		return ErrNotFound
	}
	b.docs = b.docs.without(string(key))
	return nil
}

func (b *memoryBatch) removeMany(ctx context.Context, keys [][]byte) error {
	for _, key := range keys {
		if err := b.remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (b *memoryBatch) removeRange(_ context.Context, from, to []byte) error {
	b.docs = b.docs.withoutRange(string(from), string(to))
	return nil
}

// publish gives changes their revisions and takes them into the feed.
func (b *memoryBatch) publish(changes []Served) {
	before := b.highest()
	last := before
	for i := range changes {
		s := &changes[i]
		name := nameServed(s.Kind, s.ID)
		r, ok := b.names.get(name)
		if old, _ := b.rows.get(r); s.Deleted && (!ok || old.Deleted) {
			continue
		}
		if ok {
			b.rows = b.rows.without(r)
		}
		last++
		s.Revision = last
		b.rows, b.names = b.rows.with(last, *s), b.names.with(name, last)
	}
	if due := b.engine.keep.due(before, last); due > 0 {
		b.prune(due)
	}
}

// prune takes the oldest tombstones up to a revision away.
func (b *memoryBatch) prune(due Revision) {
	var old []Served
	b.rows.ascend(0, func(r Revision, s Served) bool {
		if s.Deleted && r <= due {
			old = append(old, s)
		}
		return r < due && len(old) < int(2*b.engine.keep.step())
	})
	for _, s := range old {
		b.rows, b.names = b.rows.without(s.Revision), b.names.without(nameServed(s.Kind, s.ID))
		b.pruned = s.Revision
	}
}

func (b *memoryBatch) mark(context.Context) error { b.marked = b.memoryState; return nil }
func (b *memoryBatch) keep(context.Context) error { return nil }
func (b *memoryBatch) undo(context.Context) error { b.memoryState = b.marked; return nil }

func (b *memoryBatch) commit(_ context.Context, changes []Served, _ []slot) error {
	b.publish(changes)
	state := b.memoryState
	b.engine.now.Store(&state)
	return nil
}

func (b *memoryBatch) rollback()              {}
func (b *memoryBatch) others() ([]slot, bool) { return nil, false }

// own copies doc. The copy of an empty document is not nil, as a database would
// return it.
func own(doc []byte) []byte {
	if len(doc) == 0 {
		return []byte{}
	}
	return bytes.Clone(doc)
}
