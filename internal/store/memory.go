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
	now    atomic.Pointer[memoryState]
	mu     sync.Mutex // guards closed against new views
	closed bool
	views  sync.WaitGroup
}

type memoryState struct {
	docs  *tree[string, memoryDoc] // by encoded key
	made  int64                    // documents that were ever new
	rows  *tree[Revision, Served]
	names *tree[servedName, Revision] // where rows has it
}

// A memoryDoc is a document with its place in the order of creation.
type memoryDoc struct {
	doc   []byte
	place int64
}

// A servedName is the kind, which has no NUL, a NUL and the id.
type servedName = string

func nameServed(kind, id string) servedName { return kind + "\x00" + id }

func newMemory() *memory {
	m := &memory{}
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

func (m *memory) begin() (batch, error) {
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

func (v *memoryView) get(key []byte) ([]byte, error) {
	d, ok := v.docs.get(string(key))
	if !ok {
		return nil, ErrNotFound
	}
	return slices.Clone(d.doc), nil
}

func (v *memoryView) has(key []byte) (bool, error) {
	_, ok := v.docs.get(string(key))
	return ok, nil
}

func (v *memoryView) scan(from, to []byte, limit int, each func(key, doc []byte)) error {
	end, n := string(to), 0
	v.docs.ascend(string(from), func(key string, d memoryDoc) bool {
		if key >= end || limit > 0 && n == limit {
			return false
		}
		n++
		each([]byte(key), slices.Clone(d.doc))
		return true
	})
	return nil
}

func (v *memoryView) created(from, to []byte, after int64, limit int, each func(place int64, key, doc []byte)) error {
	type row struct {
		key string
		memoryDoc
	}
	var rows []row
	end := string(to)
	v.docs.ascend(string(from), func(key string, d memoryDoc) bool {
		if key < end && d.place > after {
			rows = append(rows, row{key, d})
		}
		return key < end
	})
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.place, b.place) })
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	for _, r := range rows {
		each(r.place, []byte(r.key), slices.Clone(r.doc))
	}
	return nil
}

func (v *memoryView) keys(from, to []byte, each func(key []byte)) error {
	end := string(to)
	v.docs.ascend(string(from), func(key string, _ memoryDoc) bool {
		if key < end {
			each([]byte(key))
		}
		return key < end
	})
	return nil
}

func (v *memoryView) served(kind, id string) (Served, error) {
	r, ok := v.names.get(nameServed(kind, id))
	if !ok {
		return Served{}, ErrNotFound
	}
	s, _ := v.rows.get(r)
	s.Data = slices.Clone(s.Data)
	return s, nil
}

func (v *memoryView) changes(after Revision, limit int, bare []string) ([]Served, error) {
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

func (v *memoryView) last() (Revision, error) {
	t := v.rows
	for t != nil && t.right != nil {
		t = t.right
	}
	if t == nil {
		return 0, nil
	}
	return t.key, nil
}

type memoryBatch struct {
	memoryView
	engine *memory
	marked memoryState
}

func (b *memoryBatch) put(key, doc []byte) error {
	old, ok := b.docs.get(string(key))
	if !ok {
		b.made++
		old.place = b.made
	}
	b.docs = b.docs.with(string(key), memoryDoc{own(doc), old.place})
	return nil
}

func (b *memoryBatch) insert(key, doc []byte) error {
	if _, ok := b.docs.get(string(key)); ok {
		return ErrExists
	}
	return b.put(key, doc)
}

func (b *memoryBatch) remove(key []byte) error {
	if _, ok := b.docs.get(string(key)); !ok {
		return ErrNotFound
	}
	b.docs = b.docs.without(string(key))
	return nil
}

func (b *memoryBatch) removeRange(from, to []byte) error {
	b.docs = b.docs.withoutRange(string(from), string(to))
	return nil
}

func (b *memoryBatch) publish(s Served) error {
	s.Data = own(s.Data)
	b.replace(s)
	return nil
}

func (b *memoryBatch) retract(kind, id string, next Revision) error {
	r, ok := b.names.get(nameServed(kind, id))
	if !ok {
		return ErrNotFound
	}
	if s, _ := b.rows.get(r); s.Deleted {
		return ErrNotFound
	}
	b.replace(Served{Kind: kind, ID: id, Revision: next, Deleted: true})
	return nil
}

func (b *memoryBatch) replace(s Served) {
	name := nameServed(s.Kind, s.ID)
	if old, ok := b.names.get(name); ok {
		b.rows = b.rows.without(old)
	}
	b.rows = b.rows.with(s.Revision, s)
	b.names = b.names.with(name, s.Revision)
}

func (b *memoryBatch) mark() error { b.marked = b.memoryState; return nil }
func (b *memoryBatch) keep() error { return nil }
func (b *memoryBatch) undo() error { b.memoryState = b.marked; return nil }

func (b *memoryBatch) commit() error {
	state := b.memoryState
	b.engine.now.Store(&state)
	return nil
}

func (b *memoryBatch) rollback() {}

// own copies doc; what is empty is not nil, as it would be from a database.
func own(doc []byte) []byte {
	if len(doc) == 0 {
		return []byte{}
	}
	return bytes.Clone(doc)
}
