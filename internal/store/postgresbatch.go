package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A postgresBatch is a transaction on the connection that writes, while it has the
// turn among those of all processes. What is put is sent with the next statement that
// somebody waits for.
type postgresBatch struct {
	postgresView
	kept   bool     // has changes that undo leaves
	dirty  bool     // may have changes
	place  int64    // highest that was given to a document
	given  int64    // highest that the database knows to be given
	before Revision // the last revision when it began
}

// manyCommits is how many commits of others are looked at one by one; of more it is
// taken that they have changed everything.
const manyCommits = 1000

func (db *postgresDB) begin(ctx context.Context) (batch, error) {
	dialled, err := db.dialWriter(ctx)
	if err != nil {
		return nil, err
	}
	b := db.newBatch()
	err = b.begin(ctx)
	if err != nil && !dialled && b.conn.IsClosed() && ctx.Err() == nil {
		// The connection may have ended while nobody used it.
		db.dropWriter()
		if _, err := db.dialWriter(ctx); err != nil {
			return nil, err
		}
		b = db.newBatch()
		err = b.begin(ctx)
	}
	if err != nil {
		db.dropWriter()
		return nil, err
	}
	return b, nil
}

func (db *postgresDB) newBatch() *postgresBatch {
	return &postgresBatch{postgresView: postgresView{db: db, pgPipe: pgPipe{conn: db.writer}}}
}

// begin waits for the turn and learns what others have done meanwhile.
func (b *postgresBatch) begin(ctx context.Context) error {
	b.later(pgBegin)
	b.later(pgTurn)
	var known, place int64
	var last Revision
	n := 0
	if _, err := b.one(ctx, []any{&known, &place, &last}, pgStand); err != nil {
		return b.db.failure(err)
	}
	b.place, b.given, b.before = place, place, last
	if known == b.db.known {
		return nil
	}
	if known < b.db.known || b.db.known < 0 || known-b.db.known > manyCommits {
		b.db.all = true
		b.db.cache.clear()
		b.db.known = known
		return nil
	}
	_, err := b.ask(ctx, func(r pgx.Rows) (bool, error) {
		var number int64
		var slots []int64
		err := r.Scan(&number, &slots)
		n++
		b.db.all = b.db.all || slots == nil
		for _, i := range slots {
			b.db.slots = append(b.db.slots, slot(i))
			b.db.cache.drop(slot(i))
		}
		return true, err
	}, pgOthers, b.db.known, int64(manyCommits))
	if err != nil {
		return b.db.failure(err)
	}
	if b.db.all = b.db.all || int64(n) != known-b.db.known; b.db.all {
		b.db.cache.clear()
	}
	b.db.known = known
	return nil
}

func (b *postgresBatch) others() (changed []slot, all bool) {
	changed, all = b.db.slots, b.db.all
	b.db.slots, b.db.all = nil, false
	return changed, all
}

// get, has and getMany answer from what this process knows the database to have.
func (b *postgresBatch) get(ctx context.Context, key []byte) ([]byte, error) {
	if d, known := b.db.cache.get(key); known && (d.loaded || !d.there) && ctx.Err() == nil {
		if !d.there {
			return nil, ErrNotFound
		}
		return d.copied(), nil
	}
	doc, err := b.postgresView.get(ctx, key)
	switch {
	case err == nil:
		b.db.cache.set(key, pgCached{there: true, loaded: true, doc: own(doc)})
	case errors.Is(err, ErrNotFound):
		b.db.cache.set(key, pgCached{})
	}
	return doc, err
}

func (b *postgresBatch) has(ctx context.Context, key []byte) (bool, error) {
	if d, known := b.db.cache.get(key); known && ctx.Err() == nil {
		return d.there, nil
	}
	there, err := b.postgresView.has(ctx, key)
	if err == nil {
		b.db.cache.set(key, pgCached{there: there})
	}
	return there, err
}

func (b *postgresBatch) getMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	docs := make([][]byte, len(keys))
	var asked [][]byte
	var at []int
	for i, key := range keys {
		d, known := b.db.cache.get(key)
		switch {
		case !known || d.there && !d.loaded:
			asked, at = append(asked, key), append(at, i)
		case d.there:
			docs[i] = d.copied()
		}
	}
	if len(asked) == 0 {
		return docs, ctx.Err()
	}
	found, err := b.postgresView.getMany(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i, doc := range found {
		docs[at[i]] = doc
		d := pgCached{there: doc != nil, loaded: doc != nil}
		if d.there {
			d.doc = own(doc)
		}
		b.db.cache.set(asked[i], d)
	}
	return docs, nil
}

func (b *postgresBatch) put(ctx context.Context, key, doc []byte) error {
	return b.putMany(ctx, []row{{key, doc}})
}

func (b *postgresBatch) putMany(ctx context.Context, rows []row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.dirty = true
	for _, r := range rows {
		if len(r.key) > maxPostgresKey {
			return tooLong(len(r.key))
		}
		b.place++
		doc := b.own.add(r.key, b.place, r.doc)
		b.db.cache.set(r.key, pgCached{there: true, loaded: true, doc: doc})
		if err := b.relieve(ctx, &b.own); err != nil {
			return err
		}
	}
	return nil
}

// relieve sends documents that wait when they are too many to be kept.
func (b *postgresBatch) relieve(ctx context.Context, w *pgPuts) error {
	if w.size <= mostPuts {
		return nil
	}
	return b.db.failure(b.run(ctx, "SELECT"))
}

func tooLong(key int) error { return fmt.Errorf("key of %d bytes: %w", key, ErrTooLarge) }

func (b *postgresBatch) insert(ctx context.Context, key, doc []byte) error {
	if len(key) > maxPostgresKey {
		return tooLong(len(key))
	}
	if d, known := b.db.cache.get(key); known {
		if d.there {
			return cmp.Or(ctx.Err(), ErrExists)
		}
		return b.put(ctx, key, doc)
	}
	b.dirty = true
	b.begun()
	n, err := b.ask(ctx, nil, pgInsert, key, b.place+1, present(doc))
	switch {
	case err != nil:
		return b.db.failure(err)
	case n == 0:
		b.db.cache.set(key, pgCached{there: true})
		return ErrExists
	}
	b.place++
	b.db.cache.set(key, pgCached{there: true, loaded: true, doc: own(doc)})
	return nil
}

func (b *postgresBatch) remove(ctx context.Context, key []byte) error {
	if d, known := b.db.cache.get(key); known && ctx.Err() == nil {
		if !d.there {
			return ErrNotFound
		}
		b.dirty = true
		b.change(pgRemove, [][]byte{bytes.Clone(key)})
		b.db.cache.set(key, pgCached{})
		return nil
	}
	return b.removeMany(ctx, [][]byte{key})
}

func (b *postgresBatch) removeMany(ctx context.Context, keys [][]byte) error {
	b.dirty = true
	b.begun()
	n, err := b.ask(ctx, nil, pgRemove, keys)
	if err != nil {
		return b.db.failure(err)
	}
	for _, key := range keys {
		b.db.cache.set(key, pgCached{})
	}
	if n != int64(len(keys)) {
		return ErrNotFound
	}
	return nil
}

func (b *postgresBatch) removeRange(ctx context.Context, from, to []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.dirty = true
	b.change(pgRemoveRange, bytes.Clone(from), bytes.Clone(to))
	b.db.cache.drop(siblingsSlot(from))
	return nil
}

// mark begins what can be undone alone. There is a savepoint before it if the
// transaction has changes of earlier writes, and only once a statement of it is sent:
// most writes change a few documents that nobody asks for before the commit, and those
// of a whole group are one statement then.
func (b *postgresBatch) mark(context.Context) error {
	b.member, b.nested, b.sent = true, b.kept, false
	return nil
}

func (b *postgresBatch) keep(ctx context.Context) error {
	if b.sent && b.nested {
		b.later(pgKeep)
	}
	b.member, b.sent, b.kept = false, false, true
	if len(b.puts.keys) == 0 {
		b.puts, b.own = b.own, pgPuts{}
	}
	for i, key := range b.own.keys {
		b.puts.take(key, b.own.places[i], b.own.docs[i])
	}
	b.own = pgPuts{}
	return b.relieve(ctx, &b.puts)
}

func (b *postgresBatch) undo(ctx context.Context) error {
	for _, key := range b.own.keys {
		b.db.cache.forget(key)
	}
	b.own, b.member = pgPuts{}, false
	if !b.sent {
		b.dirty = b.kept
		return nil
	}
	b.sent = false
	b.db.cache.clear() // what has been read since the mark may be what is undone
	if b.kept {
		b.later(pgUndoTo)
		b.later(pgKeep) // ROLLBACK TO leaves the savepoint open
		return nil
	}
	b.forget()
	b.dirty = false
	b.later(pgUndo)
	return b.begin(ctx)
}

// mostSlots bounds how many slots a commit tells the other processes.
const mostSlots = 4096

func (b *postgresBatch) commit(ctx context.Context, changes []Served, changed []slot) error {
	if !b.dirty && len(changes) == 0 {
		return b.db.failure(b.run(ctx, pgCommit))
	}
	number, token := b.db.known+1, []byte(rand.Text())
	if err := b.publish(ctx, changes, token); err != nil {
		return err
	}
	var slots []int64
	whole := len(changed) < mostStamps // else some are missing
	slices.Sort(changed)
	if changed = slices.Compact(changed); whole && len(changed) <= mostSlots {
		slots = make([]int64, len(changed))
		for i, c := range changed {
			slots[i] = int64(c)
		}
	}
	b.later(pgNumber, number, max(b.place, b.given), token, slots)
	if number%manyCommits == 0 {
		b.later(pgForget, number-5*manyCommits)
	}
	err := b.db.committed(ctx, &b.pgPipe)
	switch {
	case err == nil:
	case pgRefused(err):
		return b.db.failure(err)
	default:
		committed, unsure := b.db.lookUp(number, token)
		if unsure != nil {
			return fmt.Errorf("%w: %w, and then: %v", ErrUnknown, b.db.failure(err), unsure)
		}
		if !committed {
			return b.db.failure(err)
		}
		b.db.log.Warn("the answer to a commit was lost: it was found to be done", "error", b.db.failure(err))
	}
	b.db.known = number
	return nil
}

// publish gives changes their revisions and takes them into the feed. The commit is called
// mark.
func (b *postgresBatch) publish(ctx context.Context, changes []Served, mark []byte) error {
	if len(changes) == 0 {
		return nil
	}
	alive, err := b.alive(ctx, changes)
	if err != nil {
		return err
	}
	last := b.before
	at := make(map[servedName]int) // the last change of each
	for i := range changes {
		s := &changes[i]
		if len(s.Kind)+len(s.ID) > maxPostgresKey {
			return tooLong(len(s.Kind) + len(s.ID))
		}
		name := nameServed(s.Kind, s.ID)
		if s.Deleted && !alive[name] {
			continue
		}
		alive[name] = !s.Deleted
		last++
		s.Revision, at[name] = last, i
	}
	if last == b.before {
		return nil
	}
	var w pgFeed
	for i := range changes {
		if s := &changes[i]; s.Revision > 0 && at[nameServed(s.Kind, s.ID)] == i {
			w.add(s)
		}
		if w.size > mostPuts {
			w.queue(&b.pgPipe)
		}
	}
	w.queue(&b.pgPipe)
	b.later(pgRemember, int64(last), mark)
	if due := b.db.keep.due(b.before, last); due > 0 {
		b.later(pgUnhistory, int64(due))
		b.later(pgPrune, int64(due), int64(2*b.db.keep.step()))
	}
	b.later(pgTell, fmt.Sprint(last))
	return nil
}

// alive returns which of the names that changes retract are served.
func (b *postgresBatch) alive(ctx context.Context, changes []Served) (map[servedName]bool, error) {
	alive := make(map[servedName]bool)
	var kinds []string
	var ids [][]byte
	for i := range changes {
		if s := &changes[i]; s.Deleted {
			kinds, ids = append(kinds, s.Kind), append(ids, []byte(s.ID))
		}
	}
	if len(kinds) == 0 {
		return alive, nil
	}
	_, err := b.ask(ctx, func(r pgx.Rows) (bool, error) {
		var kind string
		var id []byte
		err := r.Scan(&kind, &id)
		alive[nameServed(kind, string(id))] = true
		return true, err
	}, pgAlive, kinds, ids)
	return alive, b.db.failure(err)
}

// A pgFeed is rows of the change feed that are written by one statement.
type pgFeed struct {
	revisions []int64
	kinds     []string
	ids       [][]byte
	deleted   []bool
	data      [][]byte
	size      int
}

func (w *pgFeed) add(s *Served) {
	w.revisions, w.kinds, w.ids = append(w.revisions, int64(s.Revision)), append(w.kinds, s.Kind), append(w.ids, []byte(s.ID))
	w.deleted, w.data = append(w.deleted, s.Deleted), append(w.data, present(s.Data))
	w.size += len(s.ID) + len(s.Data)
}

func (w *pgFeed) queue(p *pgPipe) {
	if len(w.kinds) > 0 {
		p.later(pgPublish, w.revisions, w.kinds, w.ids, w.deleted, w.data)
		*w = pgFeed{}
	}
}

func (b *postgresBatch) rollback() {
	b.db.cache.clear()
	b.forget()
	if b.conn.IsClosed() {
		b.db.dropWriter()
		return
	}
	if err := b.run(background, pgUndo); err != nil {
		b.db.dropWriter()
	}
}

// errOnlyHere says that a server gave up waiting for its standbys to have a commit too.
var errOnlyHere = errors.New("the server has the commit, and did not wait until its standbys have it")

// committed commits what stands in a queue. The commit is where the server's settings want it
// to be when there is no error: one that is told to wait no more says so by a warning alone.
func (db *postgresDB) committed(ctx context.Context, p *pgPipe) error {
	db.warned = false
	err := p.run(ctx, pgCommit)
	if err == nil && db.warned {
		err = errOnlyHere
	}
	return err
}

// errForgotten says that too many commits have followed one to tell what came of it.
var errForgotten = errors.New("it is too long ago")

// lookUp finds out whether a commit was done whose answer was lost. It takes the turn,
// so that the transaction has ended, one way or the other.
func (db *postgresDB) lookUp(number int64, token []byte) (committed bool, err error) {
	db.dropWriter()
	ctx, cancel := context.WithTimeout(background, pgLookup)
	defer cancel()
	for {
		if committed, err = db.find(ctx, number, token); err == nil || errors.Is(err, errForgotten) {
			return committed, err
		}
		db.dropWriter()
		select {
		case <-ctx.Done():
			return false, err
		case <-time.After(pgAgain):
		}
	}
}

func (db *postgresDB) find(ctx context.Context, number int64, token []byte) (bool, error) {
	if _, err := db.dialWriter(ctx); err != nil {
		return false, err
	}
	p := pgPipe{conn: db.writer}
	p.later(pgBegin)
	p.later(pgTurn)
	var found []byte
	forgotten := false
	if _, err := p.one(ctx, []any{&found, &forgotten}, pgFound, number); err != nil {
		return false, db.failure(err)
	}
	if !bytes.Equal(found, token) {
		if err := p.run(ctx, pgUndo); err != nil || !forgotten {
			return false, db.failure(err)
		}
		return false, errForgotten
	}
	// Its answer may have been lost because it waited for a standby. One that is done after
	// it is on no standby sooner.
	p.later(pgAfter)
	return true, db.failure(db.committed(ctx, &p))
}
