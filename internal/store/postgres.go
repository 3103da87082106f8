package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"
)

// The statements. What takes many rows takes them as arrays, so that it is one message
// to the database however many there are.
const (
	pgGet     = `SELECT doc FROM gatehouse_document WHERE key = $1`
	pgGetMany = `SELECT key, doc FROM gatehouse_document WHERE key = ANY ($1::bytea[])`
	pgHas     = `SELECT 1 FROM gatehouse_document WHERE key = $1`
	pgScan    = `SELECT key, doc FROM gatehouse_document WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3`
	pgCreated = `SELECT place, key, doc FROM gatehouse_document WHERE key >= $1 AND key < $2 AND place > $3 ORDER BY place LIMIT $4`
	pgKeys    = `SELECT key FROM gatehouse_document WHERE key >= $1 AND key < $2 ORDER BY key`

	pgPut = `INSERT INTO gatehouse_document (key, place, doc) SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])
		ON CONFLICT (key) DO UPDATE SET doc = excluded.doc`
	pgInsert      = `INSERT INTO gatehouse_document (key, place, doc) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING`
	pgRemove      = `DELETE FROM gatehouse_document WHERE key = ANY ($1::bytea[])`
	pgRemoveRange = `DELETE FROM gatehouse_document WHERE key >= $1 AND key < $2`

	pgServed  = `SELECT revision, deleted, data FROM gatehouse_served WHERE kind = $1 AND id = $2`
	pgAlive   = `SELECT kind, id FROM gatehouse_served WHERE NOT deleted AND (kind, id) IN (SELECT * FROM unnest($1::text[], $2::bytea[]))`
	pgPublish = `INSERT INTO gatehouse_served (revision, kind, id, deleted, data)
		SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::boolean[], $5::bytea[])
		ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision, deleted = excluded.deleted, data = excluded.data`
	pgLast = `SELECT (SELECT coalesce(max(revision), 0) FROM gatehouse_served),
		(SELECT value FROM gatehouse_counter WHERE name = 'pruned')`
	pgStanding = `SELECT (SELECT coalesce(max(revision), 0) FROM gatehouse_served), (SELECT value FROM gatehouse_counter WHERE name = 'pruned'),
		(SELECT doc FROM gatehouse_document WHERE key = $1), coalesce(n.revision, 0), n.mark, coalesce((SELECT min(revision) FROM gatehouse_history), 0)
		FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT revision, mark FROM gatehouse_history WHERE revision >= $2 ORDER BY revision LIMIT 1) AS n ON true`
	pgCommitOf  = `SELECT revision, mark FROM gatehouse_history WHERE revision >= $1 ORDER BY revision LIMIT 1`
	pgRemember  = `INSERT INTO gatehouse_history (revision, mark) VALUES ($1, $2)`
	pgUnhistory = `DELETE FROM gatehouse_history WHERE revision <= $1`
	pgChanges   = `SELECT revision, kind, id, deleted, CASE WHEN kind = ANY ($1::text[]) THEN ''::bytea ELSE data END
		FROM gatehouse_served WHERE revision > $2 ORDER BY revision LIMIT $3`
	pgPrune = `WITH due AS (SELECT revision FROM gatehouse_served WHERE deleted AND revision <= $1 ORDER BY revision LIMIT $2),
		gone AS (DELETE FROM gatehouse_served WHERE revision IN (SELECT revision FROM due) RETURNING revision)
		UPDATE gatehouse_counter SET value = (SELECT max(revision) FROM gone) WHERE name = 'pruned' AND EXISTS (SELECT FROM gone)`

	pgView   = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	pgBegin  = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`
	pgCommit = `COMMIT`
	pgUndo   = `ROLLBACK`
	pgMark   = `SAVEPOINT write`
	pgKeep   = `RELEASE SAVEPOINT write`
	pgUndoTo = `ROLLBACK TO SAVEPOINT write`

	// A commit that is answered for is on disk, and where the server waits for standbys
	// on theirs.
	pgDurable = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`

	pgTurn  = `SELECT pg_advisory_xact_lock('gatehouse_counter'::regclass::oid::integer, 0)`
	pgStand = `SELECT (SELECT value FROM gatehouse_counter WHERE name = 'commit'),
		(SELECT value FROM gatehouse_counter WHERE name = 'place'), (SELECT coalesce(max(revision), 0) FROM gatehouse_served)`
	pgOthers = `SELECT number, slots FROM gatehouse_commit WHERE number > $1 ORDER BY number LIMIT $2`
	pgNumber = `WITH numbered AS (UPDATE gatehouse_counter SET value = CASE name WHEN 'commit' THEN $1::bigint ELSE $2::bigint END WHERE name IN ('commit', 'place'))
		INSERT INTO gatehouse_commit (number, token, slots) VALUES ($1::bigint, $3, $4)`
	pgForget = `DELETE FROM gatehouse_commit WHERE number <= $1`
	pgFound  = `SELECT (SELECT token FROM gatehouse_commit WHERE number = $1), coalesce($1 < (SELECT min(number) FROM gatehouse_commit), false)`
	pgAfter  = `UPDATE gatehouse_counter SET value = value WHERE name = 'commit'`
	pgTell   = `SELECT pg_notify('gatehouse' || 'gatehouse_counter'::regclass::oid, $1)`
	pgName   = `SELECT 'gatehouse' || 'gatehouse_counter'::regclass::oid`
)

// postgresDB is the engine with a PostgreSQL: one connection that writes, one that is
// told of revisions, and pools of those that read. Other processes may use the same
// database. Batches take turns, those of other processes too, and a lock of the
// database is the turn; so each sees all that was committed before, and revisions are
// in the order of commits.
type postgresDB struct {
	pool   *pgxpool.Pool
	feed   *pgxpool.Pool // of leases and the change feed, which wait for nobody who reads long
	where  string        // for errors: hosts and database, without secrets
	log    *slog.Logger
	keep   retention
	writer *pgx.Conn // of begin; nil before the first and after a failure
	known  int64     // the number of the last commit that this process knows of; -1 for none
	warned bool      // the server has sent a warning over the writer's connection
	slots  []slot    // that others have changed, until a write asks for them; see batch.others
	all    bool
	cache  pgCache // of batches
	failed error   // why the last attempt to connect the writer failed, at failedAt
	since  time.Time

	stop context.CancelFunc // ends what follows the others
	done sync.WaitGroup
}

// Bounds on how long anything waits for the database. The server ends by itself what
// takes longer (serverTimes); the client gives up a little later, in case the server
// is no longer there.
const (
	pgConnect   = 5 * time.Second        // to connect to one host, unless the URL says otherwise
	pgStatement = 30 * time.Second       // for one statement, or one message of several
	pgLookup    = 20 * time.Second       // to find out what came of a commit
	pgAgain     = 500 * time.Millisecond // after a failure to connect, until the next attempt
)

// serverTimes are settings of the sessions, in milliseconds: a process that is stopped
// in the middle of a batch must not keep the others waiting.
var serverTimes = map[string]string{
	"statement_timeout":                   "25000",
	"lock_timeout":                        "10000",
	"idle_in_transaction_session_timeout": "70000", // above MaxRead
	"tcp_user_timeout":                    "20000",
}

// idleBatch is idle_in_transaction_session_timeout on the connection that writes, above
// MaxWrite.
const idleBatch = "5000"

// feedConnections is how many connections the feed has.
const feedConnections = 2

func (db *postgresDB) view(ctx context.Context) (view, error) { return db.viewBy(ctx, db.pool) }

func (db *postgresDB) feedView(ctx context.Context) (view, error) { return db.viewBy(ctx, db.feed) }

func (db *postgresDB) viewBy(ctx context.Context, pool *pgxpool.Pool) (view, error) {
	c, err := db.acquire(ctx, pool)
	switch {
	case errors.Is(err, puddle.ErrClosedPool):
		return nil, ErrClosed
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, db.failure(err)
	}
	v := &postgresView{db: db, pool: pool, pooled: c, pgPipe: pgPipe{conn: c.Conn()}}
	v.later(pgView)
	v.again = v.reconnect
	return v, nil
}

// acquire takes a connection of a pool, which may have none for long where the database
// does not answer.
func (db *postgresDB) acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	within, cancel := context.WithTimeoutCause(ctx, pgStatement, errNoConnection)
	defer cancel()
	c, err := pool.Acquire(within)
	if err != nil && ctx.Err() == nil && context.Cause(within) != nil {
		err = errNoConnection
	}
	return c, err
}

var errNoConnection = fmt.Errorf("no connection of the pool was free within %v", pgStatement)

func (db *postgresDB) close() error {
	if db.stop != nil {
		db.stop()
		db.done.Wait()
	}
	db.dropWriter()
	db.pool.Close()
	db.feed.Close()
	return nil
}

// dropWriter gives up the connection that writes, whatever it is at. Its locks go with
// it as soon as the database notices.
func (db *postgresDB) dropWriter() {
	db.cache.clear()
	if db.writer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(background, time.Second)
	defer cancel()
	_ = db.writer.Close(ctx) // it may be broken
	db.writer = nil
}

// dialWriter connects the connection that writes, if it is not, and tells whether it
// has done so.
func (db *postgresDB) dialWriter(ctx context.Context) (dialled bool, err error) {
	if db.writer != nil && !db.writer.IsClosed() {
		return false, nil
	}
	if db.failed != nil && time.Since(db.since) < pgAgain {
		return false, db.failed // each of many writes that wait would wait anew
	}
	config := db.pool.Config().ConnConfig
	config.RuntimeParams["idle_in_transaction_session_timeout"] = idleBatch
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		db.warned = db.warned || n.SeverityUnlocalized == "WARNING"
	}
	connected := noCancel(config)
	ctx, cancel := context.WithTimeout(ctx, pgStatement)
	defer cancel()
	c, err := pgx.ConnectConfig(ctx, config)
	connected()
	if err == nil {
		if _, err = c.Exec(ctx, pgDurable); err != nil {
			_ = c.Close(ctx)
		}
	}
	if err != nil {
		db.failed, db.since = db.failure(err), time.Now()
		return false, db.failed
	}
	// The database may be another one, which has taken over without the last commits: what
	// it calls by the number that is known may be what others have done.
	db.writer, db.failed, db.known = c, nil, -1
	return true, nil
}

// errNoCancel is what the driver gets that wants to have a commit broken off.
var errNoCancel = errors.New("what the writer does is not broken off")

// noCancel has a connection, once it is there, not ask the server to break off what it does
// when the client waits no longer: of a commit that waits for a standby the server would
// break off the waiting alone, and what no standby has would be seen by everybody. The
// server ends all else by its own times. The driver asks by dialling again.
func noCancel(c *pgx.ConnConfig) (connected func()) {
	var is atomic.Bool
	dial := c.DialFunc
	c.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if is.Load() {
			return nil, errNoCancel
		}
		return dial(ctx, network, addr)
	}
	return func() { is.Store(true) }
}

// failure says where the database is that err comes from, and which error of ours it
// is. What the driver says of a timeout is not the caller's context's error: the
// transaction cannot go on after it.
func (db *postgresDB) failure(err error) error {
	if err == nil || err == context.Canceled || err == context.DeadlineExceeded || errors.Is(err, ErrTooLarge) {
		return err
	}
	if cause := pgCause(err); cause != nil {
		return fmt.Errorf("database %s: %w: %v", db.where, cause, oneLine(err))
	}
	return fmt.Errorf("database %s: %w", db.where, oneLine(err))
}

// pgCause returns the error of ours that says what err means, or nil.
func pgCause(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ErrUnavailable // the connection, or the time that it had
	}
	switch e.Code {
	case "53100": // disk full
		return ErrFull
	case "XX001", "XX002": // data, index corrupted
		return ErrCorrupt
	case "25006", // read-only: it is a standby
		"40001", "40P01", // serialization failure, deadlock
		"55P03", "57014": // lock or statement timeout
		return ErrUnavailable
	case "3D000", "28P01", "28000", "42501": // no such database, password, role, right
		return nil
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "08", "53", "57", "58": // connection, resources, operator, system
		return ErrUnavailable
	}
	return nil
}

// pgRefused reports whether the server has said that it has undone a transaction. Any
// other error leaves open what came of a commit.
func pgRefused(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.SeverityUnlocalized == "ERROR"
}
