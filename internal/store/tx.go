package store

import (
	"cmp"
	"context"
	"errors"
)

// A Tx reads and, within Write, changes documents; it sees its own changes. It
// is valid until its function returns and must stay with the goroutine that
// runs the function. Slices that it returns belong to the caller; slices given
// to it are copied.
//
// A Tx that failed for the engine's reasons (a full disk, a damaged file) fails
// for good: whatever its function returns, the transaction is undone. So does
// one whose context ended, with the context's error, and one whose time is up,
// with ErrTimeout.
type Tx struct {
	view      view
	batch     batch    // nil within Read
	marked    bool     // batch has a mark from before this function's first change
	published []Served // for the change feed, in order
	broken    error    // the engine's first failure
	ended     bool
	ctx       context.Context // ends with the transaction's time
	stopped   error           // why ctx has ended

	marks   *stamps // nil within Read
	read    slots   // what was read ahead of the turn; else nil
	changed slots   // what was changed ahead of the turn, to be stamped in it; else nil
}

// Err says why the transaction is over before its end: its context ended, or its
// time is up. What works for long without reading or writing asks it now and
// then.
func (tx *Tx) Err() error {
	if tx.stopped != nil {
		return tx.stopped
	}
	if err := tx.ctx.Err(); err != nil {
		tx.stopped = err
		if cause := context.Cause(tx.ctx); errors.Is(cause, ErrTimeout) {
			tx.stopped = cause
		}
	}
	return tx.stopped
}

// saw notes that the transaction has looked for the document under an encoded key.
// The first n bytes of the key are those that its siblings share.
func (tx *Tx) saw(key []byte, n int) {
	if tx.read != nil {
		siblings, own, single := tx.marks.places(key, n)
		tx.read[own] = struct{}{}
		if single {
			tx.read[siblings.ranges()] = struct{}{}
		}
	}
}

// sawAll notes that the transaction has listed siblings: the documents whose encoded
// keys begin so.
func (tx *Tx) sawAll(siblings []byte) {
	if tx.read != nil {
		tx.read[tx.marks.slot(siblings)] = struct{}{}
	}
}

// touched notes that the transaction changes the document under an encoded key, or
// some of its siblings, with which it shares the first n bytes.
func (tx *Tx) touched(key []byte, n int) {
	siblings, own, single := tx.marks.places(key, n)
	tx.stamp(siblings)
	if single {
		tx.stamp(own)
	}
}

func (tx *Tx) stamp(i slot) {
	if tx.changed != nil {
		tx.changed[i] = struct{}{}
		return
	}
	tx.marks.change(i)
}

// Get returns the document under k, or ErrNotFound.
func (tx *Tx) Get(k Key) ([]byte, error) {
	if err := tx.reading(k.check()); err != nil {
		return nil, err
	}
	key, n := k.encode()
	tx.saw(key, n)
	doc, err := tx.view.get(tx.ctx, key)
	return doc, tx.note(err)
}

// GetMany returns the documents under keys in their order, nil for each that is
// not there.
func (tx *Tx) GetMany(keys []Key) ([][]byte, error) {
	encoded := make([][]byte, len(keys))
	for i, k := range keys {
		if err := tx.reading(k.check()); err != nil {
			return nil, err
		}
		key, n := k.encode()
		tx.saw(key, n)
		encoded[i] = key
	}
	if len(keys) == 0 {
		return nil, tx.reading(nil)
	}
	docs, err := tx.view.getMany(tx.ctx, encoded)
	return docs, tx.note(err)
}

// Has reports whether there is a document under k, without reading it.
func (tx *Tx) Has(k Key) (bool, error) {
	if err := tx.reading(k.check()); err != nil {
		return false, err
	}
	key, n := k.encode()
	tx.saw(key, n)
	ok, err := tx.view.has(tx.ctx, key)
	return ok, tx.note(err)
}

// A Limit bounds a listing. The zero Limit does not.
type Limit struct {
	Rows  int // at most so many; 0 for no bound
	Bytes int // the documents end with the one that makes them so long together; 0 for no bound
}

// Cut reports whether rows, which were listed within l, may not be all there are.
func (l Limit) Cut(rows []Row) bool {
	size := 0
	for i := range rows {
		size += len(rows[i].Doc)
	}
	return l.Rows > 0 && len(rows) >= l.Rows || l.Bytes > 0 && size >= l.Bytes
}

// taker returns a function that adds rows to a listing and returns false when it
// has reached l.Bytes.
func (l Limit) taker(rows *[]Row) func(Row) bool {
	size := 0
	return func(r Row) bool {
		*rows = append(*rows, r)
		size += len(r.Doc)
		return l.Bytes <= 0 || size < l.Bytes
	}
}

// List returns siblings in order of ID, those with an ID > after ("": all of
// them), within limit.
func (tx *Tx) List(account, region, kind, parent, after string, limit Limit) ([]Row, error) {
	k := Key{Account: account, Region: region, Kind: kind, Parent: parent, ID: after}
	if err := tx.reading(k.check()); err != nil {
		return nil, err
	}
	from, n := k.encode()
	to := nextPrefix(from[:n])
	if after != "" {
		from = next(from)
	}
	return tx.rows(from, to, n, limit)
}

// ListCreated returns the siblings whose ID begins with prefix in the order in
// which they were created, those whose Place is above after (0: all of them),
// within limit. A document that is written again keeps its place; one that is
// deleted and written again is a new one. It goes through the keys of all that
// begin so.
func (tx *Tx) ListCreated(account, region, kind, parent, prefix string, after int64, limit Limit) ([]Row, error) {
	k := Key{Account: account, Region: region, Kind: kind, Parent: parent, ID: prefix}
	if err := tx.reading(k.check()); err != nil {
		return nil, err
	}
	from, n := k.encode()
	var rows []Row
	take := limit.taker(&rows)
	tx.sawAll(from[:n])
	err := tx.view.created(tx.ctx, from, nextPrefix(from), after, limit.Rows, func(place int64, key, doc []byte) bool {
		return take(Row{ID: string(key[n:]), Doc: doc, Place: place})
	})
	return rows, tx.note(err)
}

// ListPrefix returns the siblings whose ID begins with prefix, in order of ID.
func (tx *Tx) ListPrefix(account, region, kind, parent, prefix string) ([]Row, error) {
	k := Key{Account: account, Region: region, Kind: kind, Parent: parent, ID: prefix}
	if err := tx.reading(k.check()); err != nil {
		return nil, err
	}
	from, n := k.encode()
	return tx.rows(from, nextPrefix(from), n, Limit{})
}

// ListRange returns the siblings with from <= ID < to, in order of ID, within
// limit.
func (tx *Tx) ListRange(account, region, kind, parent, from, to string, limit Limit) ([]Row, error) {
	first, end, n, err := tx.span(Key{Account: account, Region: region, Kind: kind, Parent: parent, ID: from}, to)
	if err != nil {
		return nil, err
	}
	return tx.rows(first, end, n, limit)
}

// ListRangeIDs returns the IDs of ListRange without reading the documents.
func (tx *Tx) ListRangeIDs(account, region, kind, parent, from, to string) ([]string, error) {
	first, end, n, err := tx.span(Key{Account: account, Region: region, Kind: kind, Parent: parent, ID: from}, to)
	if err != nil {
		return nil, err
	}
	return tx.ids(first, end, n)
}

// span is the range of encoded keys from k to its sibling with the ID to, and
// how much of them is the siblings'.
func (tx *Tx) span(k Key, to string) (first, end []byte, siblings int, err error) {
	last := k
	last.ID = to
	if err := tx.reading(cmp.Or(k.check(), last.check())); err != nil {
		return nil, nil, 0, err
	}
	first, siblings = k.encode()
	end, _ = last.encode()
	return first, end, siblings, nil
}

// rows reads the documents in [from, to); their IDs follow n bytes of key.
func (tx *Tx) rows(from, to []byte, n int, limit Limit) ([]Row, error) {
	var rows []Row
	take := limit.taker(&rows)
	tx.sawAll(from[:n])
	err := tx.view.scan(tx.ctx, from, to, limit.Rows, func(key, doc []byte) bool {
		return take(Row{ID: string(key[n:]), Doc: doc})
	})
	return rows, tx.note(err)
}

// ListIDs returns the IDs of ListPrefix without reading the documents.
func (tx *Tx) ListIDs(account, region, kind, parent, prefix string) ([]string, error) {
	k := Key{Account: account, Region: region, Kind: kind, Parent: parent, ID: prefix}
	if err := tx.reading(k.check()); err != nil {
		return nil, err
	}
	from, n := k.encode()
	return tx.ids(from, nextPrefix(from), n)
}

// ids is rows without the documents.
func (tx *Tx) ids(from, to []byte, n int) ([]string, error) {
	var ids []string
	tx.sawAll(from[:n])
	err := tx.view.keys(tx.ctx, from, to, func(key []byte) {
		ids = append(ids, string(key[n:]))
	})
	return ids, tx.note(err)
}

// Put writes the document under k, whether or not there is one.
func (tx *Tx) Put(k Key, doc []byte) error {
	return tx.store(k, doc, batch.put)
}

// A Document is one of PutMany.
type Document struct {
	Key Key
	Doc []byte
}

// PutMany is Put for many documents: one call of the engine. If one cannot be
// taken, none is written.
func (tx *Tx) PutMany(docs []Document) error {
	for _, d := range docs {
		if err := cmp.Or(d.Key.check(), checkDoc(d.Doc)); err != nil {
			return cmp.Or(tx.changing(nil), err)
		}
	}
	if len(docs) == 0 {
		return tx.changing(nil)
	}
	if err := tx.writing(nil); err != nil {
		return err
	}
	rows := make([]row, len(docs))
	for i, d := range docs {
		key, n := d.Key.encode()
		tx.touched(key, n)
		rows[i] = row{key, d.Doc}
	}
	return tx.note(tx.batch.putMany(tx.ctx, rows))
}

// Insert writes a document under k, or returns ErrExists when there is one.
func (tx *Tx) Insert(k Key, doc []byte) error {
	return tx.store(k, doc, batch.insert)
}

func (tx *Tx) store(k Key, doc []byte, write func(b batch, ctx context.Context, key, doc []byte) error) error {
	if err := tx.writing(cmp.Or(k.check(), checkDoc(doc))); err != nil {
		return err
	}
	key, n := k.encode()
	tx.saw(key, n)
	tx.touched(key, n)
	return tx.note(write(tx.batch, tx.ctx, key, doc))
}

// Delete removes the document under k, or returns ErrNotFound.
func (tx *Tx) Delete(k Key) error {
	if err := tx.writing(k.check()); err != nil {
		return err
	}
	key, n := k.encode()
	tx.saw(key, n)
	tx.touched(key, n)
	return tx.note(tx.batch.remove(tx.ctx, key))
}

// DeleteChildren removes all documents of a kind with this very parent. That
// there are none is no error.
func (tx *Tx) DeleteChildren(account, region, kind, parent string) error {
	return tx.DeletePrefix(account, region, kind, parent, "")
}

// DeletePrefix removes the siblings whose ID begins with prefix. That there
// are none is no error.
func (tx *Tx) DeletePrefix(account, region, kind, parent, prefix string) error {
	k := Key{Account: account, Region: region, Kind: kind, Parent: parent, ID: prefix}
	if err := tx.writing(k.check()); err != nil {
		return err
	}
	from, n := k.encode()
	tx.sawAll(from[:n])
	tx.touched(from, n)
	tx.stamp(tx.marks.slot(from[:n]).ranges())
	return tx.note(tx.batch.removeRange(tx.ctx, from, nextPrefix(from)))
}

// Publish makes s.Data what is served under (s.Kind, s.ID). It gets the next
// revision when the transaction is committed. s.Revision and s.Deleted are
// ignored.
func (tx *Tx) Publish(s Served) error {
	s.Revision, s.Deleted, s.Data = 0, false, own(s.Data)
	return tx.publish(s)
}

// Retract puts a tombstone in place of what is served under (kind, id), with
// the next revision. If nothing is, it does nothing.
func (tx *Tx) Retract(kind, id string) error {
	return tx.publish(Served{Kind: kind, ID: id, Deleted: true})
}

func (tx *Tx) publish(s Served) error {
	if err := tx.changing(checkServed(s.Kind, s.ID, s.Data)); err != nil {
		return err
	}
	tx.published = append(tx.published, s)
	return nil
}

// reading reports why tx cannot be used: it is over, or its arguments are bad.
func (tx *Tx) reading(bad error) error {
	switch {
	case tx.ended:
		return ErrClosed
	case tx.broken != nil:
		return tx.broken
	}
	return cmp.Or(bad, tx.Err())
}

// changing is reading for calls that change something.
func (tx *Tx) changing(bad error) error {
	if err := tx.reading(bad); err != nil {
		return err
	}
	if tx.batch == nil {
		return ErrReadOnly
	}
	return nil
}

// writing is changing for calls that change documents. Before the first of them
// it sets the mark: most writes that fail do so before they change anything,
// and then there is nothing to undo.
func (tx *Tx) writing(bad error) error {
	if err := tx.changing(bad); err != nil {
		return err
	}
	if !tx.marked {
		if err := tx.note(tx.batch.mark(tx.ctx)); err != nil {
			return err
		}
		tx.marked = true
	}
	return nil
}

// note keeps err if it is the engine's.
func (tx *Tx) note(err error) error {
	switch {
	case err == nil || tx.broken != nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrExists):
		return err
	case tx.Err() != nil && errors.Is(err, tx.ctx.Err()): // the call gave up and did nothing
		return tx.stopped
	}
	tx.broken = err
	return err
}

// settle ends tx after its function returned err: it keeps or undoes what the
// function did and returns the function's outcome. The batch is of no more
// use when broken is set afterwards. ctx is that of the whole batch, as what is
// to be undone may be so because tx's own has ended.
func (tx *Tx) settle(ctx context.Context, err error) error {
	tx.ended, tx.ctx = true, ctx
	err = cmp.Or(err, tx.stopped)
	if err != nil {
		tx.published = nil
	}
	switch {
	case tx.broken != nil:
		return tx.broken
	case !tx.marked:
		return err
	case err != nil:
		tx.note(tx.batch.undo(ctx))
		return err
	}
	return tx.note(tx.batch.keep(ctx))
}
