package store

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The statements. A limit in them is a sum and not the parameter alone: SQLite would look
// at its value to plan with it, and prepare the statement anew each time one is bound.
const (
	sqlGet  = `SELECT doc FROM document WHERE key = ?`
	sqlHas  = `SELECT 1 FROM document WHERE key = ?`
	sqlScan = `SELECT key, doc FROM document WHERE key >= ? AND key < ? ORDER BY key LIMIT ?+0`
	// The plus signs keep SQLite from going through the whole table in order of its
	// places.
	sqlCreated = `SELECT place, key, doc FROM document WHERE place IN
		(SELECT place FROM document WHERE key >= ? AND key < ? AND +place > ? ORDER BY +place LIMIT ?+0) ORDER BY place`
	sqlKeys        = `SELECT key FROM document WHERE key >= ? AND key < ? ORDER BY key`
	sqlPut         = `INSERT INTO document (place, key, doc) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET doc = excluded.doc`
	sqlInsert      = `INSERT INTO document (place, key, doc) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING`
	sqlRemove      = `DELETE FROM document WHERE key = ?`
	sqlRemoveRange = `DELETE FROM document WHERE key >= ? AND key < ?`
	sqlFarther     = `SELECT key FROM document WHERE key >= ? AND key < ? ORDER BY key LIMIT 1 OFFSET ?`

	sqlServed  = `SELECT revision, deleted, data FROM served WHERE kind = ? AND id = ?`
	sqlPublish = `INSERT INTO served (revision, kind, id, deleted, data) VALUES (?, ?, ?, 0, ?)
		ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision, deleted = 0, data = excluded.data`
	sqlRetract = `UPDATE served SET revision = ?, deleted = 1, data = x'' WHERE kind = ? AND id = ? AND NOT deleted`
	sqlLast    = `SELECT coalesce(max(revision), 0) FROM served`
	sqlChanges = `SELECT revision, kind, id, deleted,
		CASE WHEN kind IN (SELECT value FROM json_each(?)) THEN x'' ELSE data END
		FROM served WHERE revision > ? ORDER BY revision LIMIT ?+0`

	sqlDue   = `SELECT coalesce(max(revision), 0) FROM (SELECT revision FROM served WHERE deleted AND revision <= ? ORDER BY revision LIMIT ?+0)`
	sqlPrune = `DELETE FROM served WHERE deleted AND revision <= ?`

	// The table counter has the numbers that the rows themselves do not tell.
	sqlPlace     = `SELECT value FROM counter WHERE name = 'place'`
	sqlSetPlace  = `UPDATE counter SET value = ? WHERE name = 'place'`
	sqlPruned    = `SELECT value FROM counter WHERE name = 'pruned'`
	sqlSetPruned = `UPDATE counter SET value = ? WHERE name = 'pruned'`

	sqlBegin    = `BEGIN`
	sqlBeginNow = `BEGIN IMMEDIATE`
	sqlCommit   = `COMMIT`
	sqlRollback = `ROLLBACK`
	sqlMark     = `SAVEPOINT write`
	sqlKeep     = `RELEASE write`
	sqlUndo     = `ROLLBACK TO write`

	sqlTruncateLog = `PRAGMA wal_checkpoint(TRUNCATE)`
	sqlVersion     = `PRAGMA data_version` // changes when another connection has committed something
)

// manyRows is how many rows sqlPutMany and sqlRemoveMany change.
const manyRows = 32

// sqlPutMany is sqlPut, and sqlRemoveMany sqlRemove, for manyRows rows.
var (
	sqlPutMany    = strings.Replace(sqlPut, "(?, ?, ?)", "(?, ?, ?)"+strings.Repeat(", (?, ?, ?)", manyRows-1), 1)
	sqlRemoveMany = `DELETE FROM document WHERE key IN (?` + strings.Repeat(", ?", manyRows-1) + `)`
)

// sqliteDB is the engine with a directory: a SQLite database in WAL mode, one
// connection that writes and a few that read. Views never wait for batches.
type sqliteDB struct {
	dir     directory
	log     *slog.Logger
	writer  *conn         // of begin; nil after a failure, until the next begin
	version int64         // of the data when writer last began; unknownVersion at first
	wide    bool          // writer has the cache of a large batch
	others  bool          // another process may have committed something; see batch.others
	place   int64         // highest that was ever given to a document
	readers chan *conn    // idle ones; nil for those not yet dialled
	closing chan struct{} // closed by close

	keep     retention
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
	if _, err := c.exec(ctx, sqlBegin); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return &sqliteView{db: db, conn: c}, nil
}

func (db *sqliteDB) begin(ctx context.Context) (batch, error) {
	if db.writer == nil {
		c, err := db.dialWriter(ctx)
		if err != nil {
			return nil, db.failure(err)
		}
		db.writer = c
	}
	b := &sqliteBatch{sqliteView: sqliteView{db: db, conn: db.writer}, place: db.place}
	if err := b.begin(ctx); err != nil {
		db.dropWriter()
		return nil, err
	}
	return b, nil
}

// dropWriter gives up a connection whose state is unknown.
func (db *sqliteDB) dropWriter() {
	if err := db.writer.close(); err != nil {
		db.log.Warn("closing a failed connection", "error", db.failure(err))
	}
	db.writer, db.version, db.wide = nil, unknownVersion, false
}

// unknownVersion is no version of the data, which has other numbers on each
// connection.
const unknownVersion = -1

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
	if err := db.writer.script(context.Background(), "PRAGMA busy_timeout = 100"); err != nil {
		return false, err
	}
	n, err := db.writer.number(context.Background(), sqlTruncateLog)
	return n != 0, errors.Join(err, db.writer.script(context.Background(), "PRAGMA "+noWaiting))
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

// present returns doc so that the driver does not take it for NULL.
func present(doc []byte) []byte {
	if doc == nil {
		return []byte{}
	}
	return doc
}
