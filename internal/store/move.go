package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// schemeSQLite is how the place of a directory begins.
const schemeSQLite = "sqlite://"

var (
	errPlace = errors.New("want sqlite://DIR, a data directory, or postgres://USER@HOST/DATABASE")
	errSame  = errors.New("both places are of one kind: gatehouse backup copies a data directory, and pg_dump a PostgreSQL")
)

// Moved says what Move has copied.
type Moved struct{ Documents, Served int }

// Move copies all that the store in one place has into another, which must be empty: with
// its revisions and its order, so that it goes on there as it would have. A place is
// sqlite://DIR or the URL of a PostgreSQL, and they are of different kinds. What is at
// from stays as it is. A process that uses either makes it ErrLocked; a store that is not
// empty at to, ErrNotEmpty; none at from, ErrNoData. After an error there is nothing at to.
func Move(ctx context.Context, from, to string) (moved Moved, err error) {
	for _, place := range []string{from, to} {
		if strings.HasPrefix(place, schemeSQLite) && len(place) > len(schemeSQLite) {
			continue
		}
		if strings.HasPrefix(place, schemeSQLite) || !strings.HasPrefix(place, "postgres") {
			return moved, errPlace
		}
		if err := CheckURL(place); err != nil {
			return moved, err
		}
	}
	fromDir, isDir := strings.CutPrefix(from, schemeSQLite)
	toDir, toIsDir := strings.CutPrefix(to, schemeSQLite)
	switch {
	case isDir == toIsDir:
		return moved, errSame
	case isDir:
		return moveToPostgres(ctx, fromDir, to)
	}
	return moveToSQLite(ctx, from, toDir)
}

// moveToPostgres copies a directory, whose lock it has meanwhile.
func moveToPostgres(ctx context.Context, dir, url string) (moved Moved, err error) {
	if info, err := os.Stat(filepath.Join(dir, databaseName)); err != nil || info.Size() == 0 {
		return moved, fmt.Errorf("data directory %s: %w", dir, ErrNoData)
	}
	log := slog.New(slog.DiscardHandler)
	from, err := openSQLite(ctx, Options{Dir: dir, Log: log})
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	v, err := from.view(ctx)
	if err != nil {
		return moved, err
	}
	defer v.release()
	to, err := openPostgres(ctx, Options{URL: url, Log: log})
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, to.close()) }()
	if err := to.unused(ctx); err != nil {
		return moved, err
	}
	b, err := to.begin(ctx)
	if err != nil {
		return moved, err
	}
	into := &postgresSink{batch: b.(*postgresBatch)}
	if err := into.empty(ctx); err != nil {
		b.rollback()
		return moved, err
	}
	if moved, err = copyAll(ctx, v.(*sqliteView), into); err != nil {
		b.rollback()
	}
	return moved, err
}

// moveToSQLite copies a PostgreSQL that no process uses.
func moveToSQLite(ctx context.Context, url, dir string) (moved Moved, err error) {
	from, err := openPostgres(ctx, Options{URL: url, Log: slog.New(slog.DiscardHandler), existing: true})
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	if err := from.unused(ctx); err != nil {
		return moved, err
	}
	v, err := from.view(ctx)
	if err != nil {
		return moved, err
	}
	defer v.release()
	err = makeStore(dir, func(path string) error {
		c, err := dial(ctx, path, "journal_mode = MEMORY", "synchronous = OFF", "temp_store = MEMORY") // the file is made durable as a whole
		if err != nil {
			return err
		}
		into := &sqliteSink{conn: c}
		if err = into.begin(ctx); err == nil {
			moved, err = copyAll(ctx, v.(*postgresView), into)
		}
		return errors.Join(err, c.close())
	})
	return moved, err
}

// unused wants no process that uses the database.
func (db *postgresDB) unused(ctx context.Context) error {
	all, err := db.leases(ctx)
	if err == nil && len(all) > 0 {
		err = fmt.Errorf("database %s: %w (%d that share it)", db.where, ErrLocked, len(all))
	}
	return err
}

// A placed is a document with its key and its place.
type placed struct {
	place    int64
	key, doc []byte
}

// A source is a snapshot all of which is copied.
type source interface {
	view
	// documents returns those that follow after, in the source's own order, nil at the
	// end. after is nil at the beginning.
	documents(ctx context.Context, after *placed) ([]placed, error)
	// place returns the highest place that was given to a document.
	highestPlace(ctx context.Context) (int64, error)
}

// A sink is an empty store that is filled in one transaction.
type sink interface {
	putDocuments(ctx context.Context, docs []placed) error
	putServed(ctx context.Context, rows []Served) error
	finish(ctx context.Context, place int64, pruned Revision) error
}

// Copying goes on in steps of so many rows.
const (
	copyDocuments = 500
	copyServed    = 50
)

func copyAll(ctx context.Context, from source, into sink) (moved Moved, err error) {
	for after := (*placed)(nil); ; {
		docs, err := from.documents(ctx, after)
		if err != nil {
			return moved, err
		}
		if len(docs) == 0 {
			break
		}
		if err := into.putDocuments(ctx, docs); err != nil {
			return moved, err
		}
		after = &docs[len(docs)-1]
		moved.Documents += len(docs)
	}
	for after := Revision(0); ; {
		rows, err := from.changes(ctx, after, copyServed, nil)
		if err != nil {
			return moved, err
		}
		if len(rows) == 0 {
			break
		}
		if err := into.putServed(ctx, rows); err != nil {
			return moved, err
		}
		after = rows[len(rows)-1].Revision
		moved.Served += len(rows)
	}
	place, err := from.highestPlace(ctx)
	if err != nil {
		return moved, err
	}
	_, pruned, err := from.last(ctx)
	if err != nil {
		return moved, err
	}
	return moved, into.finish(ctx, place, pruned)
}

const (
	sqlAll      = `SELECT place, key, doc FROM document WHERE place > ? ORDER BY place LIMIT ?+0`
	sqlMoved    = `INSERT INTO document (place, key, doc) VALUES (?, ?, ?)`
	sqlMovedRow = `INSERT INTO served (revision, kind, id, deleted, data) VALUES (?, ?, ?, ?, ?)`
	pgAll       = `SELECT place, key, doc FROM gatehouse_document WHERE key > $1 ORDER BY key LIMIT $2`
	pgEmpty     = `SELECT NOT EXISTS (SELECT FROM gatehouse_document) AND NOT EXISTS (SELECT FROM gatehouse_served)`
	pgMoved     = `UPDATE gatehouse_counter SET value = CASE name WHEN 'place' THEN $1::bigint WHEN 'pruned' THEN $2::bigint ELSE value + 1 END`
)

func (v *sqliteView) documents(ctx context.Context, after *placed) (docs []placed, err error) {
	last := int64(-1)
	if after != nil {
		last = after.place
	}
	err = v.query(ctx, sqlAll, func(r *sqliteRow) {
		docs = append(docs, placed{r.integer(0), r.blob(1), r.blob(2)})
	}, last, int64(copyDocuments))
	return docs, err
}

func (v *sqliteView) highestPlace(ctx context.Context) (int64, error) { return v.number(ctx, sqlPlace) }

func (v *postgresView) documents(ctx context.Context, after *placed) (docs []placed, err error) {
	last := []byte{}
	if after != nil {
		last = after.key
	}
	_, err = v.ask(ctx, func(r pgx.Rows) (bool, error) {
		var d placed
		err := r.Scan(&d.place, &d.key, &d.doc)
		docs = append(docs, d)
		return true, err
	}, pgAll, last, int64(copyDocuments))
	return docs, v.db.failure(err)
}

func (v *postgresView) highestPlace(ctx context.Context) (place int64, err error) {
	var number int64
	var last Revision
	_, err = v.one(ctx, []any{&number, &place, &last}, pgStand)
	return place, v.db.failure(err)
}

// A postgresSink fills a database in a batch.
type postgresSink struct{ batch *postgresBatch }

// empty wants nothing in the database.
func (s *postgresSink) empty(ctx context.Context) error {
	empty := false
	if _, err := s.batch.one(ctx, []any{&empty}, pgEmpty); err != nil || empty {
		return s.batch.db.failure(err)
	}
	return fmt.Errorf("database %s: %w", s.batch.db.where, errNotEmptyDatabase)
}

// errNotEmptyDatabase is ErrNotEmpty in the words for a database.
var errNotEmptyDatabase = aka{ErrNotEmpty, "has a server's data already"}

// An aka is an error in other words.
type aka struct {
	error
	words string
}

func (a aka) Error() string { return a.words }
func (a aka) Unwrap() error { return a.error }

func (s *postgresSink) putDocuments(ctx context.Context, docs []placed) error {
	for _, d := range docs {
		if len(d.key) > maxPostgresKey {
			return fmt.Errorf("%w, which PostgreSQL's indexes do not take: %.60q…", tooLong(len(d.key)), d.key)
		}
		s.batch.puts.add(d.key, d.place, d.doc)
		if s.batch.puts.size > mostPuts {
			if err := s.send(ctx); err != nil {
				return err
			}
		}
	}
	return s.send(ctx)
}

// send sends what waits.
func (s *postgresSink) send(ctx context.Context) error {
	s.batch.flush()
	return s.batch.db.failure(s.batch.run(ctx, "SELECT"))
}

func (s *postgresSink) putServed(ctx context.Context, rows []Served) error {
	var w pgFeed
	for i := range rows {
		if w.add(&rows[i]); w.size > mostPuts {
			w.queue(&s.batch.pgPipe)
			if err := s.send(ctx); err != nil {
				return err
			}
		}
	}
	w.queue(&s.batch.pgPipe)
	return s.send(ctx)
}

func (s *postgresSink) finish(ctx context.Context, place int64, pruned Revision) error {
	s.batch.later(pgMoved, place, int64(pruned))
	return s.batch.db.failure(s.batch.run(ctx, pgCommit))
}

// A sqliteSink fills a file.
type sqliteSink struct{ conn *conn }

// begin makes the schema and begins the transaction.
func (s *sqliteSink) begin(ctx context.Context) error {
	steps, err := pendingMigrations(ctx, s.conn, migrationFiles)
	if err != nil {
		return err
	}
	if err := migrate(ctx, s.conn, steps); err != nil {
		return err
	}
	return s.conn.script(ctx, sqlBeginNow)
}

func (s *sqliteSink) putDocuments(ctx context.Context, docs []placed) error {
	for _, d := range docs {
		if _, err := s.conn.exec(ctx, sqlMoved, d.place, d.key, present(d.doc)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteSink) putServed(ctx context.Context, rows []Served) error {
	for _, r := range rows {
		deleted := int64(0)
		if r.Deleted {
			deleted = 1
		}
		args := []driver.Value{int64(r.Revision), r.Kind, []byte(r.ID), deleted, present(bytes.Clone(r.Data))}
		if _, err := s.conn.exec(ctx, sqlMovedRow, args...); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteSink) finish(ctx context.Context, place int64, pruned Revision) error {
	if _, err := s.conn.exec(ctx, sqlSetPlace, place); err != nil {
		return err
	}
	if _, err := s.conn.exec(ctx, sqlSetPruned, int64(pruned)); err != nil {
		return err
	}
	return s.conn.script(ctx, sqlCommit)
}
