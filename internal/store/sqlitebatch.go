package store

import (
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

func (b *sqliteBatch) overtaken() bool {
	others := b.db.others
	b.db.others = false
	return others
}

func (b *sqliteBatch) put(ctx context.Context, key, doc []byte) error {
	last, err := b.conn.insert(ctx, sqlPut, b.place+1, key, present(doc))
	if last == b.place+1 { // the place was needed
		b.place++
	}
	return b.db.failure(err)
}

func (b *sqliteBatch) putMany(ctx context.Context, rows []row) error {
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

func (b *sqliteBatch) removeRange(ctx context.Context, from, to []byte) error {
	_, err := b.exec(ctx, sqlRemoveRange, from, to)
	return err
}

// mark sets a savepoint where there is something to go back to: the changes
// that come first, and most are alone, can be undone with the transaction.
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

func (b *sqliteBatch) commit(ctx context.Context, changes []Served) error {
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
