package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
)

// logLimit is the size, in bytes, at which resetting the write-ahead log is no
// longer left to chance.
const logLimit = 64 << 20

// busyTimeout, in milliseconds, is for other programs that use the file. Once it is
// open the connection that writes waits by itself (sqliteBatch.lock), where Go's
// scheduler knows of it, and for readers in truncateLog alone.
const (
	busyTimeout = "busy_timeout = 5000"
	noWaiting   = "busy_timeout = 0"
)

// The caches of the connection that writes, in KiB: that of a batch of at least
// largeBatch changes holds what an API of 100,000 resources has.
const (
	usualCache = "cache_size = -16384"
	wideCache  = "cache_size = -131072"
	largeBatch = 5000
)

// openSQLite opens, and if need be creates, the database in o.Dir.
func openSQLite(ctx context.Context, o Options) (*sqliteDB, error) {
	dir, err := openDirectory(o.Dir, o.shared)
	if err != nil {
		return nil, err
	}
	db := &sqliteDB{
		dir:      dir,
		log:      o.Log,
		readers:  make(chan *conn, max(4, 2*runtime.GOMAXPROCS(0))),
		closing:  make(chan struct{}),
		version:  unknownVersion,
		keep:     o.kept(),
		maxPages: o.maxPages,
		logLimit: cmp.Or(o.logLimit, logLimit),
	}
	for range cap(db.readers) {
		db.readers <- nil
	}
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(db.failure(err), db.close())
	}
	return db, nil
}

func (db *sqliteDB) open(ctx context.Context) error {
	c, err := db.dialWriter(ctx)
	if err != nil {
		return err
	}
	db.writer = c
	// Nothing changes a file before it is known to be ours.
	steps, err := pendingMigrations(ctx, c, migrationFiles)
	if err != nil {
		return err
	}
	if err := useLog(ctx, c); err != nil {
		return err
	}
	if err := migrate(ctx, c, steps); err != nil {
		return err
	}
	return c.script(ctx, "PRAGMA "+noWaiting)
}

// useLog puts the database into WAL mode, which the file remembers.
func useLog(ctx context.Context, c *conn) error {
	mode := ""
	err := c.query(ctx, "PRAGMA journal_mode = WAL", func(r *sqliteRow) { mode = r.text(0) })
	if err == nil && mode != "wal" {
		err = errors.New("its file system does not support shared memory")
	}
	return err
}

// dialWriter opens the connection that writes. Memory mapping stays off, as it
// is by default: a failing disk would kill the process instead of a call.
func (db *sqliteDB) dialWriter(ctx context.Context) (*conn, error) {
	pragmas := []string{
		busyTimeout,
		"synchronous = FULL", // the log is on disk when COMMIT returns
		"fullfsync = ON",     // macOS: in the disk, not in its cache
		"wal_autocheckpoint = 1000",
		fmt.Sprintf("journal_size_limit = %d", db.logLimit/2),
		usualCache,
		"temp_store = MEMORY",
	}
	if db.maxPages > 0 {
		pragmas = append(pragmas, fmt.Sprintf("max_page_count = %d", db.maxPages))
	}
	return dial(ctx, db.dir.file(), pragmas...)
}

// dialReader opens a connection that reads.
func (db *sqliteDB) dialReader(ctx context.Context) (*conn, error) {
	return dial(ctx, db.dir.file(),
		busyTimeout,
		"query_only = ON",
		"cache_size = -4096",
		"temp_store = MEMORY",
	)
}
