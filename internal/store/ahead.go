package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

const (
	aheadTries = 3 // times that a transaction is prepared before it runs in its turn
	aheadMost  = 2 // transactions prepared at once: each may hold all of an API
)

// errStale says that what a prepared transaction read has changed meanwhile.
var errStale = errors.New("the snapshot is outdated")

// WriteAhead is Write for a fn that takes long: it runs ahead of its turn, on a
// snapshot and while other writes run. In its turn only what it changed is
// written, if nothing that it read has changed meanwhile; else it runs again,
// and at last in its turn, as Write does. An error of fn is the outcome, as if
// it had run when the snapshot was taken. Few run at once; others wait until
// ctx ends.
//
// Ahead of its turn fn may take MaxRead; what it changes is kept in memory.
func (s *Store) WriteAhead(ctx context.Context, scope Scope, fn func(*Tx) error) (Revision, error) {
	select {
	case s.ahead <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-s.ahead }()
	for range aheadTries {
		p, err := s.prepare(ctx, fn)
		if err != nil {
			return 0, err
		}
		rev, err := s.writer.write(ctx, p.write)
		if !errors.Is(err, errStale) {
			return rev, err
		}
	}
	return s.Write(ctx, scope, fn)
}

// A prepared is a transaction that ran on a snapshot.
type prepared struct {
	stamps  *stamps
	since   moment // of the snapshot
	read    slots
	changed slots
	log     []func(*Tx) error // its changes in order
}

func (s *Store) prepare(ctx context.Context, fn func(*Tx) error) (*prepared, error) {
	p := &prepared{stamps: s.writer.stamps, read: slots{}, changed: slots{}}
	p.since = p.stamps.past()
	err := s.view(ctx, func(tx *Tx) error {
		tx.batch = &overlay{view: tx.view, prepared: p}
		tx.view, tx.marks, tx.read, tx.changed = tx.batch, p.stamps, p.read, p.changed
		if err := fn(tx); err != nil {
			return err
		}
		return tx.stopped
	})
	return p, err
}

// write makes the changes in the transaction's turn.
func (p *prepared) write(tx *Tx) error {
	if p.stamps.since(p.read, p.since) {
		return errStale
	}
	for i := range p.changed {
		tx.stamp(i)
	}
	for _, change := range p.log {
		if err := tx.writing(nil); err != nil {
			return err
		}
		err := change(tx)
		if errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound) {
			return errStale
		}
		if tx.note(err) != nil {
			return err
		}
	}
	return nil
}

// An overlay is a snapshot with changes over it that nobody else sees. They go
// into the log of a prepared transaction.
type overlay struct {
	view
	*prepared
	docs *tree[string, overlaid]
	made int64 // documents made over it
}

// An overlaid is a document that was changed.
type overlaid struct {
	doc   []byte
	gone  bool
	place int64 // in the order of creation; 0 for its place in the snapshot
}

// overlaidPlaces is above all places in a snapshot.
const overlaidPlaces = 1 << 62

func (o *overlay) get(key []byte) ([]byte, error) {
	d, ok := o.docs.get(string(key))
	switch {
	case !ok:
		return o.view.get(key)
	case d.gone:
		return nil, ErrNotFound
	}
	return slices.Clone(d.doc), nil
}

func (o *overlay) has(key []byte) (bool, error) {
	if d, ok := o.docs.get(string(key)); ok {
		return !d.gone, nil
	}
	return o.view.has(key)
}

// A merger goes over the changed documents of a range beside those of the
// snapshot, both in order of their keys.
type merger struct {
	keys []string
	docs []overlaid
	each func(key, doc []byte) // gets the changed documents that are there
}

// merge returns nil where nothing in [from, to) has changed.
func (o *overlay) merge(from, to []byte, each func(key, doc []byte)) *merger {
	m := &merger{each: each}
	end := string(to)
	o.docs.ascend(string(from), func(key string, d overlaid) bool {
		if key < end {
			m.keys, m.docs = append(m.keys, key), append(m.docs, d)
		}
		return key < end
	})
	if len(m.keys) == 0 {
		return nil
	}
	return m
}

// upTo gives each what comes up to and with a key of the snapshot, and reports
// whether the snapshot's own document under it has been changed.
func (m *merger) upTo(key string) (changed bool) {
	for len(m.keys) > 0 && m.keys[0] <= key {
		changed = m.keys[0] == key
		m.next()
	}
	return changed
}

// rest gives each what comes after all of the snapshot.
func (m *merger) rest() {
	for len(m.keys) > 0 {
		m.next()
	}
}

func (m *merger) next() {
	if d := m.docs[0]; !d.gone {
		m.each([]byte(m.keys[0]), slices.Clone(d.doc))
	}
	m.keys, m.docs = m.keys[1:], m.docs[1:]
}

func (o *overlay) scan(from, to []byte, limit int, each func(key, doc []byte)) error {
	n := 0
	m := o.merge(from, to, func(key, doc []byte) {
		if n++; limit <= 0 || n <= limit {
			each(key, doc)
		}
	})
	if m == nil {
		return o.view.scan(from, to, limit, each)
	}
	err := o.view.scan(from, to, 0, func(key, doc []byte) {
		if !m.upTo(string(key)) && (limit <= 0 || n < limit) {
			n++
			each(key, doc)
		}
	})
	m.rest()
	return err
}

func (o *overlay) created(from, to []byte, after int64, limit int, each func(place int64, key, doc []byte)) error {
	type row struct {
		place    int64
		key, doc []byte
	}
	var rows []row
	err := o.view.created(from, to, 0, 0, func(place int64, key, doc []byte) {
		if d, changed := o.docs.get(string(key)); !changed {
			rows = append(rows, row{place, key, doc})
		} else if !d.gone && d.place == 0 {
			rows = append(rows, row{place, key, slices.Clone(d.doc)})
		}
	})
	if err != nil {
		return err
	}
	o.docs.ascend(string(from), func(key string, d overlaid) bool {
		if key < string(to) && d.place > 0 {
			rows = append(rows, row{d.place, []byte(key), slices.Clone(d.doc)})
		}
		return key < string(to)
	})
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.place, b.place) })
	n := 0
	for _, r := range rows {
		if r.place > after && (limit <= 0 || n < limit) {
			n++
			each(r.place, r.key, r.doc)
		}
	}
	return nil
}

func (o *overlay) keys(from, to []byte, each func(key []byte)) error {
	m := o.merge(from, to, func(key, _ []byte) { each(key) })
	if m == nil {
		return o.view.keys(from, to, each)
	}
	err := o.view.keys(from, to, func(key []byte) {
		if !m.upTo(string(key)) {
			each(key)
		}
	})
	m.rest()
	return err
}

func (o *overlay) put(key, doc []byte) error {
	key, doc = slices.Clone(key), own(doc)
	d, known := o.docs.get(string(key))
	if !known {
		found, err := o.view.has(key)
		if err != nil {
			return err
		}
		d.gone = !found
	}
	if d.gone {
		o.made++
		d.place = overlaidPlaces + o.made
	}
	o.docs = o.docs.with(string(key), overlaid{doc: doc, place: d.place})
	o.log = append(o.log, func(tx *Tx) error { return tx.batch.put(key, doc) })
	return nil
}

func (o *overlay) insert(key, doc []byte) error {
	found, err := o.has(key)
	if err != nil {
		return err
	}
	if found {
		return ErrExists
	}
	return o.put(key, doc)
}

func (o *overlay) remove(key []byte) error {
	found, err := o.has(key)
	if err != nil {
		return err
	}
	if !found {
		return ErrNotFound
	}
	key = slices.Clone(key)
	o.docs = o.docs.with(string(key), overlaid{gone: true})
	o.log = append(o.log, func(tx *Tx) error { return tx.batch.remove(key) })
	return nil
}

func (o *overlay) removeRange(from, to []byte) error {
	from, to = slices.Clone(from), slices.Clone(to)
	var gone [][]byte
	if err := o.keys(from, to, func(key []byte) { gone = append(gone, key) }); err != nil {
		return err
	}
	if len(gone) == 0 {
		return nil
	}
	for _, key := range gone {
		o.docs = o.docs.with(string(key), overlaid{gone: true})
	}
	o.log = append(o.log, func(tx *Tx) error { return tx.batch.removeRange(from, to) })
	return nil
}

// publish and retract give no revision: the transaction's turn does.
func (o *overlay) publish(s Served) error {
	s.Data = own(s.Data)
	o.log = append(o.log, func(tx *Tx) error { return tx.Publish(s) })
	return nil
}

func (o *overlay) retract(kind, id string, _ Revision) error {
	o.log = append(o.log, func(tx *Tx) error { return tx.Retract(kind, id) })
	return nil
}

// Nothing of an overlay is kept that was not asked for in the end.
func (o *overlay) mark() error   { return nil }
func (o *overlay) keep() error   { return nil }
func (o *overlay) undo() error   { return nil }
func (o *overlay) commit() error { return nil }
func (o *overlay) rollback()     {}
