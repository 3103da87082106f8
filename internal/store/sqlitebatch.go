package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// A sqliteBatch is a transaction on the connection that writes.
type sqliteBatch struct {
	sqliteView
	kept  bool  // has changes that undo leaves
	place int64 // highest that was given to a document; undo leaves it
	rows  int64 // changed by what changes many
}

// begin takes the database for this process and learns whether another has changed
// it meanwhile.
func (b *sqliteBatch) begin(ctx context.Context) error {
	if err := b.lock(ctx); err != nil {
		return err
	}
	version, err := b.number(ctx, sqlVersion)
	if err != nil || version == b.db.version {
		return err
	}
	place, err := b.number(ctx, sqlPlace)
	if err != nil {
		return err
	}
	b.place, b.db.place = max(b.place, place), place
	b.db.others, b.db.version = true, version
	return nil
}

// lockTime bounds how long a batch waits for those of other processes to end, and
// lockPause how long it waits before it tries again.
const (
	lockTime  = 5 * time.Second
	lockPause = 20 * time.Millisecond
)

// lock begins the transaction once no other process has one that writes.
func (b *sqliteBatch) lock(ctx context.Context) error {
	begun := time.Now()
	for pause := time.Millisecond; ; pause = min(2*pause, lockPause) {
		_, err := b.exec(ctx, sqlBeginNow)
		if sqliteCode(err) != sqlite3.SQLITE_BUSY || time.Since(begun) > lockTime {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (b *sqliteBatch) others() (changed []slot, all bool) {
	all = b.db.others
	b.db.others = false
	return nil, all
}

func (b *sqliteBatch) put(ctx context.Context, key, doc []byte) error {
	last, err := b.conn.insert(ctx, sqlPut, b.place+1, key, present(doc))
	if last == b.place+1 { // the place was needed
		b.place++
	}
	return b.db.failure(err)
}

// putMany writes the rows with few statements: of what a row costs, most is the
// statement's. All rows get places, also those that do not need one: places may have
// gaps.
func (b *sqliteBatch) putMany(ctx context.Context, rows []row) error {
	for len(rows) >= manyRows {
		args := make([]driver.Value, 0, 3*manyRows)
		for _, r := range rows[:manyRows] {
			b.place++
			args = append(args, b.place, r.key, present(r.doc))
		}
		n, err := b.exec(ctx, sqlPutMany, args...)
		if err := cmp.Or(err, b.grow(ctx, n)); err != nil {
			return err
		}
		rows = rows[manyRows:]
	}
	for _, r := range rows {
		if err := b.put(ctx, r.key, r.doc); err != nil {
			return err
		}
	}
	return nil
}

func (b *sqliteBatch) insert(ctx context.Context, key, doc []byte) error {
	err := b.one(ctx, ErrExists, sqlInsert, b.place+1, key, present(doc))
	if err == nil {
		b.place++
	}
	return err
}

func (b *sqliteBatch) remove(ctx context.Context, key []byte) error {
	return b.one(ctx, ErrNotFound, sqlRemove, key)
}

func (b *sqliteBatch) removeMany(ctx context.Context, keys [][]byte) error {
	for len(keys) >= manyRows {
		args := make([]driver.Value, manyRows)
		for i, key := range keys[:manyRows] {
			args[i] = key
		}
		n, err := b.exec(ctx, sqlRemoveMany, args...)
		if err == nil && n != manyRows {
			err = ErrNotFound
		}
		if err := cmp.Or(err, b.grow(ctx, n)); err != nil {
			return err
		}
		keys = keys[manyRows:]
	}
	for _, key := range keys {
		if err := b.remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// rangeRows is how many documents of a range are removed by one statement, so that
// a transaction whose time is up ends soon.
const rangeRows = 2000

func (b *sqliteBatch) removeRange(ctx context.Context, from, to []byte) error {
	for {
		end := to
		err := b.query(ctx, sqlFarther, func(r *sqliteRow) { end = r.blob(0) }, from, to, int64(rangeRows))
		if err != nil {
			return err
		}
		n, err := b.exec(ctx, sqlRemoveRange, from, end)
		if err := cmp.Or(err, b.grow(ctx, n)); err != nil || bytes.Equal(end, to) {
			return err
		}
		from = end
	}
}

// grow counts changed rows. A batch of many changes pages all over the file. With
// the usual cache they go to the log and come back several times each, which takes
// two to three times as long; so such a batch has a larger one until it ends.
func (b *sqliteBatch) grow(ctx context.Context, rows int64) error {
	if b.rows += rows; b.rows < largeBatch || b.db.wide {
		return nil
	}
	b.db.wide = true
	return b.db.failure(b.conn.script(ctx, "PRAGMA "+wideCache))
}

// shrink gives the cache of a large batch back.
func (b *sqliteBatch) shrink() {
	if !b.db.wide {
		return
	}
	b.db.wide = false
	if err := b.conn.script(context.Background(), "PRAGMA "+usualCache+"; PRAGMA shrink_memory"); err != nil {
		b.db.log.Warn("making the cache of the database smaller", "error", b.db.failure(err))
	}
}

// mark sets a savepoint if the transaction has changes of earlier writes. Those of
// the first write need none, since they are undone with the transaction; most groups
// have one write.
func (b *sqliteBatch) mark(ctx context.Context) error {
	if !b.kept {
		return nil
	}
	return b.run(ctx, sqlMark)
}

func (b *sqliteBatch) keep(ctx context.Context) error {
	if !b.kept {
		b.kept = true
		return nil
	}
	return b.run(ctx, sqlKeep)
}

func (b *sqliteBatch) undo(ctx context.Context) error {
	if !b.kept {
		if err := b.run(ctx, sqlRollback); err != nil {
			return err
		}
		return b.begin(ctx)
	}
	if err := b.run(ctx, sqlUndo); err != nil {
		return err
	}
	return b.run(ctx, sqlKeep) // ROLLBACK TO leaves the savepoint open
}

func (b *sqliteBatch) commit(ctx context.Context, changes []Served, _ []slot) error {
	if b.place != b.db.place {
		if _, err := b.exec(ctx, sqlSetPlace, b.place); err != nil {
			return err
		}
	}
	if len(changes) > 0 {
		if err := b.publish(ctx, changes); err != nil {
			return err
		}
	}
	if err := b.run(ctx, sqlCommit); err != nil {
		return err
	}
	b.db.place = b.place
	b.shrink()
	b.db.afterCommit()
	return nil
}

// publish gives changes their revisions and takes them into the feed.
func (b *sqliteBatch) publish(ctx context.Context, changes []Served) error {
	before, err := b.number(ctx, sqlLast)
	if err != nil {
		return err
	}
	last := before
	for i := range changes {
		s := &changes[i]
		if s.Deleted {
			err = b.one(ctx, ErrNotFound, sqlRetract, last+1, s.Kind, []byte(s.ID))
		} else {
			_, err = b.exec(ctx, sqlPublish, last+1, s.Kind, []byte(s.ID), present(s.Data))
		}
		switch {
		case err == nil:
			last++
			s.Revision = Revision(last)
		case !errors.Is(err, ErrNotFound): // nothing was served
			return err
		}
	}
	if due := b.db.keep.due(Revision(before), Revision(last)); due > 0 {
		return b.prune(ctx, due)
	}
	return nil
}

// prune takes the oldest tombstones up to a revision away.
func (b *sqliteBatch) prune(ctx context.Context, due Revision) error {
	pruned, err := b.number(ctx, sqlDue, int64(due), int64(2*b.db.keep.step()))
	if err != nil || pruned == 0 {
		return err
	}
	if _, err := b.exec(ctx, sqlPrune, pruned); err != nil {
		return err
	}
	_, err = b.exec(ctx, sqlSetPruned, pruned)
	return err
}

func (b *sqliteBatch) rollback() {
	_, err := b.exec(context.Background(), sqlRollback)
	b.shrink()
	// After some failures SQLite has already rolled back, and says so with a plain error.
	if err != nil && sqliteCode(err) != sqlite3.SQLITE_ERROR {
		b.db.dropWriter()
	}
}

func (b *sqliteBatch) run(ctx context.Context, sql string) error {
	_, err := b.exec(ctx, sql)
	return err
}

// one runs a statement that changes one row; if there is none, it returns none.
func (b *sqliteBatch) one(ctx context.Context, none error, sql string, args ...driver.Value) error {
	n, err := b.exec(ctx, sql, args...)
	if err == nil && n == 0 {
		return none
	}
	return err
}

func (b *sqliteBatch) exec(ctx context.Context, sql string, args ...driver.Value) (int64, error) {
	n, err := b.conn.exec(ctx, sql, args...)
	return n, b.db.failure(err)
}
