// Package store keeps documents: bytes under keys, in transactions, with
// revisions. It knows nothing of what the bytes mean.
//
// A document lies under a Key. Reads see one snapshot; writes are functions
// that run one after the other, each of them wholly or not at all, and are
// durable when they return. A write may also publish: the published rows are
// the change feed, ordered by revision, from which a node learns what it is to
// serve.
//
// Open with a directory keeps everything in SQLite there; without one,
// everything lives in memory and behaves the same. No SQL leaves the package.
package store

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Errors that callers tell apart with errors.Is.
var (
	ErrNotFound = errors.New("not found")                         // no document, or nothing served, under this name
	ErrExists   = errors.New("already exists")                    // Insert met a document
	ErrClosed   = errors.New("store is closed")                   // the Store, or the Tx, has ended
	ErrReadOnly = errors.New("transaction is read-only")          // a write within Read
	ErrTooLarge = errors.New("too large")                         // a key or a document over its limit
	ErrLocked   = errors.New("in use by another process")         // the directory has an owner
	ErrFull     = errors.New("no space left")                     // nothing was written; retry once there is space
	ErrCorrupt  = errors.New("damaged, or not a Gatehouse store") // the file cannot be trusted
	ErrNewer    = errors.New("written by a newer version")        // its schema is unknown to this program
)

// A Key names a document. Kind must be set, the other parts may be empty.
// Documents with the same Account, Region, Kind and Parent are siblings,
// ordered by the bytes of their ID.
//
// An account and region of "" are the server's own: what must be unique on
// the whole server, such as API ids, gets a document there beside the one in
// its account.
type Key struct{ Account, Region, Kind, Parent, ID string }

// A Scope says what a write concerns. Writes of one scope are in order.
// SQLite has one writer and ignores it.
type Scope struct{ Account, Region, API string }

// A Revision numbers a published change: 1 is the first, 0 is none. Revisions
// become visible in their order.
type Revision int64

// A Row is one document of a List.
type Row struct {
	ID  string
	Doc []byte
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
	Dir string       // created if missing; "" keeps everything in memory
	Log *slog.Logger // nil discards
}

// A Store holds documents. It is safe for concurrent use.
type Store struct {
	mu sync.Mutex
	_  atomic.Int64
}

// A Tx reads and, within Write, changes documents. It is valid until its
// function returns and must stay with the goroutine that runs the function.
// Slices that it returns belong to the caller; slices given to it are copied.
type Tx struct{ _ int }

var errUnbuilt = errors.New("not built yet")

// Open opens the store in o.Dir, which one process at a time may do, and
// brings its schema up to date.
func Open(ctx context.Context, o Options) (*Store, error) { return nil, errUnbuilt }

// Close finishes the writes that run or wait, refuses new ones with ErrClosed
// and waits until running reads have returned.
func (s *Store) Close() error { return errUnbuilt }

// Read calls fn with a snapshot: all that was committed when Read began and
// nothing later. It never waits for a write.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error { return errUnbuilt }

// Write calls fn in a transaction and returns once what it did is durable, or
// undone. fn may run more than once, on a goroutine of the store: it must do
// no I/O except through tx, must not call Write, and sets what it returns
// through variables afresh in each run. If fn fails or panics, Write returns
// an error and nothing that fn did remains.
//
// A ctx that ends before fn has started makes Write return its error;
// afterwards Write waits for the outcome. The Revision is the highest that fn
// published, 0 if none.
func (s *Store) Write(ctx context.Context, sc Scope, fn func(*Tx) error) (Revision, error) {
	return 0, errUnbuilt
}

// Served returns what is served under (kind, id); ErrNotFound when there is
// nothing, or only a tombstone.
func (s *Store) Served(ctx context.Context, kind, id string) (Served, error) {
	return Served{}, errUnbuilt
}

// Changes returns at most limit (0: all) changes after a revision, in order
// of revision, tombstones among them. A (kind, id) shows up once, in its
// latest state. The Data of the kinds named in bare is left out: fetch it with
// Served when it is needed.
func (s *Store) Changes(ctx context.Context, after Revision, limit int, bare ...string) ([]Served, error) {
	return nil, errUnbuilt
}

// Revision returns the highest committed revision.
func (s *Store) Revision() Revision { return 0 }

// Watch returns a channel that is closed once a revision after the given one
// is committed, or the store is closed.
func (s *Store) Watch(after Revision) <-chan struct{} { return nil }

// Get returns the document under k, or ErrNotFound.
func (tx *Tx) Get(k Key) ([]byte, error) { return nil, errUnbuilt }

// Put writes the document under k, whether or not there is one.
func (tx *Tx) Put(k Key, doc []byte) error { return errUnbuilt }

// Insert writes a document under k, or returns ErrExists when there is one.
func (tx *Tx) Insert(k Key, doc []byte) error { return errUnbuilt }

// Delete removes the document under k, or returns ErrNotFound.
func (tx *Tx) Delete(k Key) error { return errUnbuilt }

// DeleteChildren removes all documents of a kind with this very parent; that
// there are none is no error.
func (tx *Tx) DeleteChildren(account, region, kind, parent string) error { return errUnbuilt }

// DeleteTree removes what DeleteChildren does and, below it, all documents of
// the kind whose parent begins with parent + "/".
func (tx *Tx) DeleteTree(account, region, kind, parent string) error { return errUnbuilt }

// List returns siblings in order of ID, those with an ID > after, at most
// limit of them (0: all).
func (tx *Tx) List(account, region, kind, parent, after string, limit int) ([]Row, error) {
	return nil, errUnbuilt
}

// Publish makes s.Data what is served under (s.Kind, s.ID) and gives it the
// next revision. s.Revision and s.Deleted are ignored.
func (tx *Tx) Publish(s Served) error { return errUnbuilt }

// Retract puts a tombstone in place of what is served under (kind, id), with
// the next revision. If nothing is, it does nothing.
func (tx *Tx) Retract(kind, id string) error { return errUnbuilt }
