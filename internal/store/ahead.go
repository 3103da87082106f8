package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

const (
	aheadTries = 3                      // times that a transaction is prepared
	aheadTurn  = 100 * time.Millisecond // that one may take to run in its turn after all
)

// errStale says that what a prepared transaction read has changed meanwhile.
var errStale = errors.New("the snapshot is outdated")

// WriteAhead is Write for a fn that takes long. fn runs ahead of its turn, on a
// snapshot, while other writes run. In its turn only its changes are written, if
// nothing that it read has changed meanwhile; otherwise it runs again. If it is
// overtaken each time, it runs in its turn as in Write, provided that it is quick,
// and else fails with ErrOvertaken: nobody's writes wait for long work. An error of
// fn is the outcome, as if it had run when the snapshot was taken.
//
// Which documents another process changes in SQLite is not known: whatever it writes to
// the same database meanwhile makes fn run again.
//
// Ahead of its turn fn may take MaxRead each time; what it changes is kept in
// memory. How many run at once is the callers' to bound.
func (s *Store) WriteAhead(ctx context.Context, scope Scope, fn func(*Tx) error) (Revision, error) {
	var took time.Duration
	for range aheadTries {
		begun := time.Now()
		p, err := s.prepare(ctx, fn)
		if err != nil {
			return 0, err
		}
		took = time.Since(begun)
		rev, err := s.writer.write(ctx, scope.Account, MaxChanges, p.write)
		if !errors.Is(err, errStale) {
			return rev, err
		}
	}
	if took > aheadTurn {
		return 0, ErrOvertaken
	}
	rev, err := s.writer.write(ctx, scope.Account, 2*aheadTurn, fn)
	if errors.Is(err, ErrTimeout) {
		err = ErrOvertaken
	}
	return rev, err
}

// A prepared is a transaction that ran on a snapshot.
type prepared struct {
	stamps  *stamps
	since   moment // of the snapshot
	read    slots
	changed slots
	log     []step // of documents, in order

	published []Served
}

// A step is one call of a batch. Puts that follow each other are one, and so are
// removals, so that what changes many documents makes few calls.
type step struct {
	rows     []row    // to put
	gone     [][]byte // keys to remove
	from, to []byte   // range to remove, where the others are nil
}

func (s step) make(ctx context.Context, b batch) error {
	switch {
	case s.rows != nil:
		return b.putMany(ctx, s.rows)
	case s.gone != nil:
		return b.removeMany(ctx, s.gone)
	}
	return b.removeRange(ctx, s.from, s.to)
}

func (s *Store) prepare(ctx context.Context, fn func(*Tx) error) (*prepared, error) {
	p := &prepared{stamps: s.writer.stamps, read: slots{}, changed: slots{}}
	p.since = p.stamps.past()
	err := s.view(ctx, func(tx *Tx) error {
		o := &overlay{view: tx.view, prepared: p}
		if _, far := tx.view.(*postgresView); far {
			o.far = make(map[string]*siblings)
		}
		tx.batch = o
		tx.view, tx.marks, tx.read, tx.changed = tx.batch, p.stamps, p.read, p.changed
		if err := fn(tx); err != nil {
			return err
		}
		p.published = tx.published
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
	for _, s := range p.log {
		if err := tx.writing(nil); err != nil {
			return err
		}
		err := s.make(tx.ctx, tx.batch)
		if errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound) {
			return errStale
		}
		if tx.note(err) != nil {
			return err
		}
	}
	tx.published = p.published
	return nil
}

// An overlay is a snapshot with changes over it that nobody else sees. They go
// into the log of a prepared transaction.
type overlay struct {
	view
	*prepared
	docs  *tree[string, overlaid]
	count int64 // of changes

	// Where the snapshot is another machine's, the keys of siblings after a few of them
	// were looked for, so that not each costs a message; nil elsewhere.
	far map[string]*siblings
}

// siblings are documents of one parent.
type siblings struct {
	asked int             // how often one of them was looked for
	keys  map[string]bool // that the snapshot has; nil until many were asked for
}

// fewAsked is how many siblings are looked for one by one.
const fewAsked = 8

// there reports whether the snapshot has a document.
func (o *overlay) there(ctx context.Context, key []byte) (bool, error) {
	n := siblingsEnd(key)
	if o.far == nil || key[n-2] == keyEnd { // those of no parent may be all that the server has of a kind
		return o.view.has(ctx, key)
	}
	prefix := string(key[:n])
	s := o.far[prefix]
	if s == nil {
		s = new(siblings)
		o.far[prefix] = s
	}
	if s.keys != nil {
		return s.keys[string(key)], nil
	}
	if s.asked++; s.asked <= fewAsked {
		return o.view.has(ctx, key)
	}
	keys := make(map[string]bool)
	if err := o.view.keys(ctx, key[:n:n], nextPrefix(key[:n]), func(key []byte) { keys[string(key)] = true }); err != nil {
		return false, err
	}
	s.keys = keys
	return keys[string(key)], nil
}

// An overlaid is a document that was changed.
type overlaid struct {
	doc   []byte
	gone  bool
	fresh bool  // whatever the snapshot has, this one is new
	turn  int64 // of the change that made it, among all
}

// above is added to turns to make places that are above all of the snapshot's.
const above = 1 << 62

func (o *overlay) get(ctx context.Context, key []byte) ([]byte, error) {
	d, ok := o.docs.get(string(key))
	switch {
	case !ok:
		return o.view.get(ctx, key)
	case d.gone:
		return nil, ErrNotFound
	}
	return slices.Clone(d.doc), nil
}

func (o *overlay) has(ctx context.Context, key []byte) (bool, error) {
	if d, ok := o.docs.get(string(key)); ok {
		return !d.gone, nil
	}
	return o.there(ctx, key)
}

func (o *overlay) getMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	docs, err := o.view.getMany(ctx, keys)
	for i := range docs {
		if d, ok := o.docs.get(string(keys[i])); ok {
			docs[i] = slices.Clone(d.doc) // nil if it is gone
		}
	}
	return docs, err
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

func (o *overlay) scan(ctx context.Context, from, to []byte, limit int, each func(key, doc []byte) bool) error {
	n, more := 0, true
	give := func(key, doc []byte) {
		if more {
			n++
			more = each(key, doc) && n != limit
		}
	}
	m := o.merge(from, to, give)
	if m == nil {
		return o.view.scan(ctx, from, to, limit, each)
	}
	err := o.view.scan(ctx, from, to, 0, func(key, doc []byte) bool {
		if !m.upTo(string(key)) {
			give(key, doc)
		}
		return more
	})
	m.rest()
	return err
}

func (o *overlay) keys(ctx context.Context, from, to []byte, each func(key []byte)) error {
	m := o.merge(from, to, func(key, _ []byte) { each(key) })
	if m == nil {
		return o.view.keys(ctx, from, to, each)
	}
	err := o.view.keys(ctx, from, to, func(key []byte) {
		if !m.upTo(string(key)) {
			each(key)
		}
	})
	m.rest()
	return err
}

func (o *overlay) created(ctx context.Context, from, to []byte, after int64, limit int, each func(place int64, key, doc []byte) bool) error {
	type placed struct {
		place    int64
		key, doc []byte
	}
	m := o.merge(from, to, nil)
	if m == nil {
		return o.view.created(ctx, from, to, after, limit, each)
	}
	var rows []placed
	kept := map[string]bool{} // changed, with the place that the snapshot has
	err := o.view.created(ctx, from, to, 0, 0, func(place int64, key, doc []byte) bool {
		d, changed := o.docs.get(string(key))
		if changed && (d.gone || d.fresh) {
			return true
		}
		if changed {
			doc, kept[string(key)] = slices.Clone(d.doc), true
		}
		rows = append(rows, placed{place, key, doc})
		return true
	})
	for i, d := range m.docs {
		if key := m.keys[i]; !d.gone && !kept[key] {
			rows = append(rows, placed{above + d.turn, []byte(key), slices.Clone(d.doc)})
		}
	}
	rows = slices.DeleteFunc(rows, func(r placed) bool { return r.place <= after })
	slices.SortFunc(rows, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	for i, r := range rows {
		if limit > 0 && i == limit || !each(r.place, r.key, r.doc) {
			break
		}
	}
	return err
}

func (o *overlay) put(ctx context.Context, key, doc []byte) error {
	return o.putMany(ctx, []row{{key, doc}})
}

func (o *overlay) putMany(_ context.Context, rows []row) error {
	last := len(o.log) - 1
	if last < 0 || o.log[last].rows == nil {
		o.log, last = append(o.log, step{}), last+1
	}
	for _, r := range rows {
		mine := row{slices.Clone(r.key), own(r.doc)}
		o.lay(mine.key, mine.doc)
		o.log[last].rows = append(o.log[last].rows, mine)
	}
	return nil
}

// lay puts a document over what there is under a key.
func (o *overlay) lay(key, doc []byte) {
	o.count++
	d, changed := o.docs.get(string(key))
	if !changed || d.gone {
		d = overlaid{fresh: d.gone, turn: o.count}
	}
	d.doc = doc
	o.docs = o.docs.with(string(key), d)
}

func (o *overlay) insert(ctx context.Context, key, doc []byte) error {
	found, err := o.has(ctx, key)
	if err != nil {
		return err
	}
	if found {
		return ErrExists
	}
	return o.put(ctx, key, doc)
}

func (o *overlay) remove(ctx context.Context, key []byte) error {
	found, err := o.has(ctx, key)
	if err != nil {
		return err
	}
	if !found {
		return ErrNotFound
	}
	o.drop(slices.Clone(key))
	return nil
}

// drop removes documents that are there.
func (o *overlay) drop(keys ...[]byte) {
	for _, key := range keys {
		o.docs = o.docs.with(string(key), overlaid{gone: true})
	}
	if last := len(o.log) - 1; last >= 0 && o.log[last].gone != nil {
		o.log[last].gone = append(o.log[last].gone, keys...)
		return
	}
	o.log = append(o.log, step{gone: keys})
}

func (o *overlay) removeMany(ctx context.Context, keys [][]byte) error {
	for _, key := range keys {
		if err := o.remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// fewKeys is how many documents are removed one by one, and not as a range, so that
// one step can have those of many ranges.
const fewKeys = 100

func (o *overlay) removeRange(ctx context.Context, from, to []byte) error {
	from, to = slices.Clone(from), slices.Clone(to)
	var gone [][]byte
	if err := o.keys(ctx, from, to, func(key []byte) { gone = append(gone, key) }); err != nil {
		return err
	}
	if len(gone) <= fewKeys {
		if len(gone) > 0 {
			o.drop(gone...)
		}
		return nil
	}
	for _, key := range gone {
		o.docs = o.docs.with(string(key), overlaid{gone: true})
	}
	o.log = append(o.log, step{from: from, to: to})
	return nil
}

// The log of an overlay is all that is kept of it, and only if its function succeeds,
// so there is nothing to mark or to undo.
func (o *overlay) mark(context.Context) error                     { return nil }
func (o *overlay) keep(context.Context) error                     { return nil }
func (o *overlay) undo(context.Context) error                     { return nil }
func (o *overlay) commit(context.Context, []Served, []slot) error { return nil }
func (o *overlay) rollback()                                      {}
func (o *overlay) others() ([]slot, bool)                         { return nil, false }
