// Package store keeps documents: bytes under keys, in transactions, with
// revisions. It knows nothing of what the bytes mean.
//
// A document lies under a Key. Reads see one snapshot; writes are functions
// that run one after the other, each of them wholly or not at all, and are
// durable when they return. A write may also publish: the published rows are
// the change feed, ordered by revision, from which a node learns what it is to
// serve.
//
// Open with a directory keeps everything in SQLite there, and with a URL in a
// PostgreSQL, which many processes may share; without either, everything lives in
// memory and behaves the same. No SQL leaves the package.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Errors that callers tell apart with errors.Is.
var (
	ErrNotFound    = errors.New("not found")                         // no document, or nothing served, under this name
	ErrExists      = errors.New("already exists")                    // Insert met a document
	ErrClosed      = errors.New("store is closed")                   // the Store, or the Tx, has ended
	ErrReadOnly    = errors.New("transaction is read-only")          // a write within Read
	ErrTooLarge    = errors.New("too large")                         // a key over MaxKey or a document over MaxDoc
	ErrLocked      = errors.New("in use by another process")         // the directory has an owner
	ErrFull        = errors.New("no space left")                     // nothing was written; try again once there is space
	ErrCorrupt     = errors.New("damaged, or not a Gatehouse store") // the file cannot be trusted
	ErrNewer       = errors.New("written by a newer version")        // its schema is unknown to this program
	ErrTimeout     = errors.New("transaction took too long")         // and was undone
	ErrUnavailable = errors.New("the database does not answer")      // nothing was written, unless the error says that this is unknown; try again
	ErrPruned      = errors.New("changes are no longer kept")        // Changes after a revision that is too old: start over with AllServed
)

// ErrOvertaken says that other writes changed what a transaction of WriteAhead
// had read, each time that it was prepared. Nothing was written.
var ErrOvertaken = errors.New("overtaken by other writes")

// ErrUnknown says that a commit may have been done, and that it could not be found out.
// It is an ErrUnavailable.
var ErrUnknown = fmt.Errorf("%w: it is not known whether the change was made", ErrUnavailable)

// Limits on how long a transaction may take. They end at the next use of the
// Tx, so that what one takes beyond them is bounded by a single statement.
const (
	MaxWrite   = 2 * time.Second       // within Write, while all others wait
	MaxBrief   = 50 * time.Millisecond // within WriteBriefly
	MaxChanges = 5 * time.Second       // for what WriteAhead changes, in its turn
	MaxRead    = time.Minute           // within Read, and of WriteAhead before its turn
)

// A Scope says what a write changes: the documents of one API; with an API of
// "", anything of an account in a region; and as the zero Scope, anything of the
// server. A write is in order with those of its own scope, of the scopes that
// contain it and of those within it. SQLite and memory have one writer and put all
// writes in order, in turns of the accounts that wait.
type Scope struct{ Account, Region, API string }

// A Revision numbers a published change: 1 is the first, 0 is none. Revisions
// are given when a transaction is committed, have no gaps and become visible in
// their order.
type Revision int64

// A Row is one document of a List.
type Row struct {
	ID  string
	Doc []byte

	// Place is where the document stands in the order of creation: a number that
	// no other document has or had, above those of all that were created before.
	// It is kept with the document, in a copy of the database too. ListCreated
	// sets it; elsewhere it is 0.
	Place int64
}

// A Served is one row of the change feed: what nodes serve under (Kind, ID).
type Served struct {
	Kind, ID string
	Revision Revision // set by the store
	Data     []byte   // nil when Deleted, and for kinds asked for without it
	Deleted  bool     // a tombstone
}

// Options says where a Store keeps its data.
type Options struct {
	Dir string       // created if missing, for its owner alone; "" keeps everything in memory
	URL string       // of a PostgreSQL (postgres://…), which may be shared with other processes, in place of Dir
	Log *slog.Logger // nil discards

	// Later is that a database at URL which does not answer is opened when it does; until
	// then everything fails with ErrUnavailable.
	Later bool

	// Refused is that Later is also for a database which refuses the connection: it has
	// another password, or is not there.
	Refused bool

	existing bool // a database at URL has to have a store

	maxPages   int   // for tests: the size of a full disk, 0 for no bound
	logLimit   int64 // for tests: instead of the constant
	tombstones int   // for tests: instead of keepTombstones
	deaf       bool  // for tests: without a connection that hears of revisions
	shared     bool  // for tests: without the lock, as if processes could share a directory
}

// A Store holds documents. It is safe for concurrent use.
type Store struct {
	engine engine
	writer *writer
	feed   *feed
	own    ownLeases // where the engine has none
	close  func() error
}

// Open opens the store in o.Dir, which one process at a time may do, or at o.URL, and
// brings its schema up to date.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.URL != "":
		db, err := openPostgres(ctx, o)
		if o.Later && (errors.Is(err, ErrUnavailable) || o.Refused && refusesConnection(err)) {
			return o.openLater(err), nil
		}
		if err != nil {
			return nil, err
		}
		s, err := start(ctx, db, o.Log)
		if err == nil && !o.deaf {
			db.follow(s.feed)
		}
		return s, err
	case o.Dir != "":
		db, err := openSQLite(ctx, o)
		if err != nil {
			return nil, err
		}
		return start(ctx, db, o.Log)
	}
	return start(ctx, newMemory(o.kept()), o.Log)
}

// start begins to serve what e holds, and owns e from then on.
func start(ctx context.Context, e engine, log *slog.Logger) (*Store, error) {
	last, err := lastRevision(ctx, e)
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	s := &Store{feed: newFeed(last)}
	s.begin(e, log)
	return s, nil
}

// begin begins to write what e holds.
func (s *Store) begin(e engine, log *slog.Logger) {
	s.engine = e
	s.writer = startWriter(e, s.feed, log)
	s.close = sync.OnceValue(func() error {
		s.writer.stop()
		err := e.close()
		s.feed.end()
		return err
	})
}

// openLater opens the store at o.URL, whose database does not answer now.
func (o Options) openLater(cause error) *Store {
	s := &Store{feed: newFeed(0)}
	e := openLater(cause, func(ctx context.Context) (engine, error) { return openPostgres(ctx, o) }, func(e engine) {
		e.(*postgresDB).follow(s.feed)
	})
	s.begin(e, o.Log)
	return s
}

// keepTombstones is the number of revisions for which a tombstone stays in the
// feed. Whoever follows the feed may be that far behind without having to start
// over. There are as many tombstones at most, and a few that wait for the next
// pruning.
const keepTombstones = 1 << 16

// A retention says which tombstones are due.
type retention int

func (o Options) kept() retention { return retention(cmp.Or(o.tombstones, keepTombstones)) }

// step is how many revisions lie between two prunings, and half of how many
// tombstones one takes away, so that no commit has much to do.
func (r retention) step() Revision { return Revision(max(1, r/16)) }

// due returns up to which revision tombstones can go after a commit that has
// moved the last revision, 0 when it is not yet time.
func (r retention) due(before, last Revision) Revision {
	if before/r.step() == last/r.step() {
		return 0
	}
	return max(0, last-Revision(r))
}

func lastRevision(ctx context.Context, e engine) (Revision, error) {
	v, err := e.view(ctx)
	if err != nil {
		return 0, err
	}
	defer v.release()
	last, _, err := v.last(ctx)
	return last, err
}

// Close finishes the writes that run or wait, refuses new ones with ErrClosed
// and waits until running reads have returned. Further calls return the same.
func (s *Store) Close() error { return s.close() }

// Read calls fn with one snapshot, which has all that was committed when Read
// began. It never waits for a write, but may wait for its turn among many
// reads, until ctx ends; so fn must not call Read. A fn that takes long keeps
// the write-ahead log from being reset; it has MaxRead and ends with ctx.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	return s.view(ctx, fn)
}

// view calls fn with one snapshot.
func (s *Store) view(ctx context.Context, fn func(*Tx) error) error {
	v, err := s.engine.view(ctx)
	if err != nil {
		return err
	}
	defer v.release()
	ctx, cancel := context.WithTimeoutCause(ctx, MaxRead, ErrTimeout)
	defer cancel()
	tx := &Tx{view: v, ctx: ctx}
	defer func() { tx.ended = true }()
	if err := fn(tx); err != nil {
		return err
	}
	return cmp.Or(tx.broken, tx.stopped)
}

// feedView begins to read a snapshot for who follows what is published: it does not wait
// for those who read for long.
func (s *Store) feedView(ctx context.Context) (view, error) {
	if f, ok := s.engine.(feeder); ok {
		return f.feedView(ctx)
	}
	return s.engine.view(ctx)
}

// Write calls fn in a transaction and returns once what it did is durable, or
// undone. fn may run more than once, on a goroutine of the store: it must do
// no I/O except through tx, must not call Write, and sets what it hands out
// afresh in each run. If fn fails or panics, or the disk is full or fails, Write
// returns an error and nothing that fn did remains.
//
// A ctx that ends makes Write return its error unless fn is through by then.
// While fn runs no other write does; it has MaxWrite, and then its changes are
// undone. The Revision is the highest that fn published, 0 if none.
func (s *Store) Write(ctx context.Context, scope Scope, fn func(*Tx) error) (Revision, error) {
	return s.writer.write(ctx, scope.Account, MaxWrite, fn)
}

// WriteBriefly is Write for a fn that may turn out to take long: it has MaxBrief
// and then fails with ErrTimeout, for its caller to go on with WriteAhead.
func (s *Store) WriteBriefly(ctx context.Context, scope Scope, fn func(*Tx) error) (Revision, error) {
	return s.writer.write(ctx, scope.Account, MaxBrief, fn)
}

// Served returns what is served under (kind, id); ErrNotFound when there is
// nothing, or only a tombstone.
func (s *Store) Served(ctx context.Context, kind, id string) (Served, error) {
	v, err := s.feedView(ctx)
	if err != nil {
		return Served{}, err
	}
	defer v.release()
	row, err := v.served(ctx, kind, id)
	if err == nil && row.Deleted {
		return Served{}, ErrNotFound
	}
	return row, err
}

// AllServed returns all that is served, in order of revision and without
// tombstones, and the revision at which that was so: Changes goes on from there.
// bare is as for Changes.
func (s *Store) AllServed(ctx context.Context, bare ...string) ([]Served, Revision, error) {
	rows, at, err := s.Everything(ctx, bare...)
	return rows, at.Revision, err
}

// Changes returns at most limit (0: all) changes after a revision, in order
// of revision, tombstones among them. A (kind, id) shows up once, in its
// latest state. The Data of the kinds named in bare is left out, and not read:
// fetch it with Served when it is needed.
//
// Tombstones are kept for so many revisions and no longer. When one after the
// given revision may be gone, Changes returns ErrPruned: who was at that
// revision has to start over with AllServed, and to drop what it does not name.
func (s *Store) Changes(ctx context.Context, after Revision, limit int, bare ...string) ([]Served, error) {
	v, err := s.feedView(ctx)
	if err != nil {
		return nil, err
	}
	defer v.release()
	last, pruned, err := v.last(ctx)
	if err != nil {
		return nil, err
	}
	s.feed.committed(last)
	if after < pruned {
		return nil, ErrPruned
	}
	return v.changes(ctx, after, limit, bare)
}

// Held returns the longest time that a function of Write, or the changes of one
// of WriteAhead, have kept the others waiting since the Store was opened.
func (s *Store) Held() time.Duration { return time.Duration(s.writer.held.Load()) }

// Revision returns the highest committed revision that the Store knows of: what
// other processes commit to its database it learns with its own next write, AllServed
// or Changes, and from PostgreSQL at once. It falls where a server has taken over that
// lacks the last ones.
func (s *Store) Revision() Revision { return s.feed.revision() }

// Watch returns a channel that is closed when the next revision is committed or
// the store is closed, and at once if Revision is already above the given one. A
// node's loop is: AllServed once, then Watch(last), wait, Changes(last), apply.
func (s *Store) Watch(after Revision) <-chan struct{} { return s.feed.watch(after) }
