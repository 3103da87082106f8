package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	sqlGet  = `SELECT doc FROM document WHERE key = ?`
	sqlHas  = `SELECT 1 FROM document WHERE key = ?`
	sqlScan = `SELECT key, doc FROM document WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`
	// A new row's id is one above the highest, and nothing renumbers them: there is
	// no VACUUM. The plus signs keep SQLite from going through the whole table in
	// order of its row ids.
	sqlCreated = `SELECT rowid, key, doc FROM document WHERE rowid IN
		(SELECT rowid FROM document WHERE key >= ? AND key < ? AND +rowid > ? ORDER BY +rowid LIMIT ?) ORDER BY rowid`
	sqlKeys        = `SELECT key FROM document WHERE key >= ? AND key < ? ORDER BY key`
	sqlPut         = `INSERT INTO document (key, doc) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET doc = excluded.doc`
	sqlInsert      = `INSERT INTO document (key, doc) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`
	sqlRemove      = `DELETE FROM document WHERE key = ?`
	sqlRemoveRange = `DELETE FROM document WHERE key >= ? AND key < ?`

	sqlServed  = `SELECT revision, deleted, data FROM served WHERE kind = ? AND id = ?`
	sqlPublish = `INSERT INTO served (revision, kind, id, deleted, data) VALUES (?, ?, ?, 0, ?)
		ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision, deleted = 0, data = excluded.data`
	sqlRetract = `UPDATE served SET revision = ?, deleted = 1, data = x'' WHERE kind = ? AND id = ? AND NOT deleted`
	sqlLast    = `SELECT coalesce(max(revision), 0) FROM served`
	sqlChanges = `SELECT revision, kind, id, deleted,
		CASE WHEN kind IN (SELECT value FROM json_each(?)) THEN x'' ELSE data END
		FROM served WHERE revision > ? ORDER BY revision LIMIT ?`

	sqlBegin    = `BEGIN`
	sqlBeginNow = `BEGIN IMMEDIATE`
	sqlCommit   = `COMMIT`
	sqlRollback = `ROLLBACK`
	sqlMark     = `SAVEPOINT write`
	sqlKeep     = `RELEASE write`
	sqlUndo     = `ROLLBACK TO write`

	sqlTruncateLog = `PRAGMA wal_checkpoint(TRUNCATE)`
)

// sqliteDB is the engine with a directory: a SQLite database in WAL mode, one
// connection that writes and a few that read. Views never wait for batches.
type sqliteDB struct {
	dir     directory
	log     *slog.Logger
	writer  *conn         // of begin; nil after a failure, until the next begin
	readers chan *conn    // idle ones; nil for those not yet dialled
	closing chan struct{} // closed by close

	maxPages int   // pages the file may have, 0 for any number
	logLimit int64 // bytes of write-ahead log that are too many
	logNext  int64 // bytes at which to try again to reset it
}

func (db *sqliteDB) view(ctx context.Context) (view, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-db.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case <-db.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case c := <-db.readers:
		v, err := db.startView(ctx, c)
		if err != nil {
			db.readers <- nil
			return nil, db.failure(err)
		}
		return v, nil
	}
}

func (db *sqliteDB) startView(ctx context.Context, c *conn) (*sqliteView, error) {
	if c == nil {
		var err error
		if c, err = db.dialReader(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := c.exec(sqlBegin); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return &sqliteView{db: db, conn: c}, nil
}

func (db *sqliteDB) begin() (batch, error) {
	if db.writer == nil {
		c, err := db.dialWriter(context.Background())
		if err != nil {
			return nil, db.failure(err)
		}
		db.writer = c
	}
	if _, err := db.writer.exec(sqlBeginNow); err != nil {
		db.dropWriter()
		return nil, db.failure(err)
	}
	return &sqliteBatch{sqliteView: sqliteView{db: db, conn: db.writer}}, nil
}

// dropWriter gives up a connection whose state is unknown.
func (db *sqliteDB) dropWriter() {
	if err := db.writer.close(); err != nil {
		db.log.Warn("closing a failed connection", "error", db.failure(err))
	}
	db.writer = nil
}

func (db *sqliteDB) close() error {
	close(db.closing)
	var errs []error
	for range cap(db.readers) {
		if c := <-db.readers; c != nil {
			errs = append(errs, c.close())
		}
	}
	if db.writer != nil { // the last one out moves the log into the file
		errs = append(errs, db.writer.close())
	}
	return db.failure(errors.Join(append(errs, db.dir.unlock())...))
}

// failure puts the directory and the kind of failure before err.
func (db *sqliteDB) failure(err error) error { return db.dir.failure(err) }

// afterCommit keeps the write-ahead log bounded. SQLite copies it into the
// file every thousand pages, but can begin it anew only when at that moment no
// view needs it; where one always does, this waits for them.
func (db *sqliteDB) afterCommit() {
	info, err := os.Stat(db.dir.log())
	switch {
	case err != nil || info.Size() < db.logLimit:
		db.logNext = 0
		return
	case info.Size() < db.logNext:
		return
	}
	busy, err := db.truncateLog()
	if busy || err != nil {
		db.logNext = info.Size() + db.logLimit
		db.log.Warn("the write-ahead log cannot be reset", "directory", db.dir.name, "bytes", info.Size(), "busy", busy, "error", err)
	}
}

// truncateLog copies the log into the file and empties it, unless views need
// it for longer than the writer may be kept from its work.
func (db *sqliteDB) truncateLog() (busy bool, err error) {
	if err := db.writer.script("PRAGMA busy_timeout = 100"); err != nil {
		return false, err
	}
	n, err := db.writer.number(sqlTruncateLog)
	return n != 0, errors.Join(err, db.writer.script("PRAGMA "+busyTimeout))
}

// A sqliteView is a transaction on a connection that reads.
type sqliteView struct {
	db   *sqliteDB
	conn *conn
}

func (v *sqliteView) release() {
	c := v.conn
	if _, err := c.exec(sqlCommit); err != nil {
		v.db.log.Warn("closing a failed connection", "error", v.db.failure(errors.Join(err, c.close())))
		c = nil
	}
	v.db.readers <- c
}

func (v *sqliteView) get(key []byte) ([]byte, error) {
	var doc []byte
	found := false
	err := v.conn.query(sqlGet, func(row []driver.Value) {
		doc, found = blob(row[0]), true
	}, key)
	if err != nil {
		return nil, v.db.failure(err)
	}
	if !found {
		return nil, ErrNotFound
	}
	return doc, nil
}

func (v *sqliteView) has(key []byte) (bool, error) {
	found := false
	err := v.conn.query(sqlHas, func([]driver.Value) { found = true }, key)
	return found, v.db.failure(err)
}

func (v *sqliteView) scan(from, to []byte, limit int, each func(key, doc []byte)) error {
	err := v.conn.query(sqlScan, func(row []driver.Value) {
		each(blob(row[0]), blob(row[1]))
	}, from, to, sqlLimit(limit))
	return v.db.failure(err)
}

func (v *sqliteView) created(from, to []byte, after int64, limit int, each func(place int64, key, doc []byte)) error {
	err := v.conn.query(sqlCreated, func(row []driver.Value) {
		each(row[0].(int64), blob(row[1]), blob(row[2]))
	}, from, to, after, sqlLimit(limit))
	return v.db.failure(err)
}

func (v *sqliteView) keys(from, to []byte, each func(key []byte)) error {
	err := v.conn.query(sqlKeys, func(row []driver.Value) { each(blob(row[0])) }, from, to)
	return v.db.failure(err)
}

func (v *sqliteView) served(kind, id string) (Served, error) {
	s := Served{Kind: kind, ID: id}
	err := v.conn.query(sqlServed, func(row []driver.Value) {
		s.Revision, s.Deleted = Revision(row[0].(int64)), row[1].(int64) != 0
		if !s.Deleted {
			s.Data = blob(row[2])
		}
	}, kind, []byte(id))
	if err != nil {
		return Served{}, v.db.failure(err)
	}
	if s.Revision == 0 {
		return Served{}, ErrNotFound
	}
	return s, nil
}

func (v *sqliteView) changes(after Revision, limit int, bare []string) ([]Served, error) {
	kinds, err := json.Marshal(append([]string{}, bare...))
	if err != nil {
		return nil, err
	}
	var all []Served
	err = v.conn.query(sqlChanges, func(row []driver.Value) {
		s := Served{Revision: Revision(row[0].(int64)), Kind: row[1].(string), ID: string(blob(row[2])), Deleted: row[3].(int64) != 0}
		if !s.Deleted && !slices.Contains(bare, s.Kind) {
			s.Data = blob(row[4])
		}
		all = append(all, s)
	}, string(kinds), int64(after), sqlLimit(limit))
	return all, v.db.failure(err)
}

func (v *sqliteView) last() (Revision, error) {
	n, err := v.conn.number(sqlLast)
	return Revision(n), v.db.failure(err)
}

// A sqliteBatch is a transaction on the connection that writes.
type sqliteBatch struct {
	sqliteView
	kept bool // has changes that undo leaves
}

func (b *sqliteBatch) put(key, doc []byte) error {
	_, err := b.exec(sqlPut, key, present(doc))
	return err
}

func (b *sqliteBatch) insert(key, doc []byte) error {
	return b.one(ErrExists, sqlInsert, key, present(doc))
}

func (b *sqliteBatch) remove(key []byte) error {
	return b.one(ErrNotFound, sqlRemove, key)
}

func (b *sqliteBatch) removeRange(from, to []byte) error {
	_, err := b.exec(sqlRemoveRange, from, to)
	return err
}

func (b *sqliteBatch) publish(s Served) error {
	_, err := b.exec(sqlPublish, int64(s.Revision), s.Kind, []byte(s.ID), present(s.Data))
	return err
}

func (b *sqliteBatch) retract(kind, id string, next Revision) error {
	return b.one(ErrNotFound, sqlRetract, int64(next), kind, []byte(id))
}

// mark sets a savepoint where there is something to go back to: the changes
// that come first, and most are alone, can be undone with the transaction.
func (b *sqliteBatch) mark() error {
	if !b.kept {
		return nil
	}
	return b.run(sqlMark)
}

func (b *sqliteBatch) keep() error {
	if !b.kept {
		b.kept = true
		return nil
	}
	return b.run(sqlKeep)
}

func (b *sqliteBatch) undo() error {
	back, on := sqlUndo, sqlKeep // ROLLBACK TO leaves the savepoint open
	if !b.kept {
		back, on = sqlRollback, sqlBeginNow
	}
	if err := b.run(back); err != nil {
		return err
	}
	return b.run(on)
}

func (b *sqliteBatch) commit() error {
	if err := b.run(sqlCommit); err != nil {
		return err
	}
	b.db.afterCommit()
	return nil
}

func (b *sqliteBatch) rollback() {
	_, err := b.exec(sqlRollback)
	// After some failures SQLite has already rolled back, and says so with a plain error.
	if err != nil && sqliteCode(err) != sqlite3.SQLITE_ERROR {
		b.db.dropWriter()
	}
}

func (b *sqliteBatch) run(sql string) error {
	_, err := b.exec(sql)
	return err
}

// one runs a statement that changes one row; if there is none, it returns none.
func (b *sqliteBatch) one(none error, sql string, args ...driver.Value) error {
	n, err := b.exec(sql, args...)
	if err == nil && n == 0 {
		return none
	}
	return err
}

func (b *sqliteBatch) exec(sql string, args ...driver.Value) (int64, error) {
	n, err := b.conn.exec(sql, args...)
	return n, b.db.failure(err)
}

// sqliteCode returns the primary result code of err, 0 if SQLite has not given it.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// sqliteCause returns the error of ours that says what err means, or nil.
func sqliteCause(err error) error {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrCorrupt
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return errNotWritable
	}
	return nil
}

// sqlLimit returns a limit as SQLite wants it.
func sqlLimit(limit int) int64 {
	if limit <= 0 {
		return -1
	}
	return int64(limit)
}

// blob returns a column of type BLOB; the driver gives nil for an empty one.
func blob(v driver.Value) []byte {
	if b, ok := v.([]byte); ok && b != nil {
		return b
	}
	return []byte{}
}

// present returns doc so that the driver does not take it for NULL.
func present(doc []byte) []byte {
	if doc == nil {
		return []byte{}
	}
	return doc
}
