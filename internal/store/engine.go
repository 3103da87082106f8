package store

import "context"

// An engine holds rows for a Store, which checks arguments, encodes keys and
// serialises its writes before it calls. Keys are ordered by their bytes. Slices
// handed in stay the caller's, slices handed out become the caller's.
//
// A call gives up when its context ends. It returns the context's error only
// when the transaction can still be undone and go on; otherwise any other.
type engine interface {
	// view begins to read one snapshot; it may wait.
	view(ctx context.Context) (view, error)
	// begin begins a transaction that writes. A Store has one at a time.
	begin(ctx context.Context) (batch, error)
	// close waits for views to be released and frees everything. Afterwards
	// view returns ErrClosed.
	close() error
}

// A feeder is an engine that has connections for those who follow its changes, which views
// do not take.
type feeder interface {
	feedView(ctx context.Context) (view, error)
}

// A view is one snapshot.
type view interface {
	get(ctx context.Context, key []byte) ([]byte, error) // ErrNotFound
	has(ctx context.Context, key []byte) (bool, error)
	// getMany returns the documents under keys in their order, nil for each that
	// is not there.
	getMany(ctx context.Context, keys [][]byte) ([][]byte, error)
	// scan calls each with the rows in [from, to) in order, at most limit (0:
	// all), until it returns false.
	scan(ctx context.Context, from, to []byte, limit int, each func(key, doc []byte) bool) error
	// created calls each with the rows in [from, to) in the order in which they
	// came to be there, from the first whose place is above after, at most limit
	// (0: all), until it returns false. Writing a row that is there leaves it its
	// place.
	created(ctx context.Context, from, to []byte, after int64, limit int, each func(place int64, key, doc []byte) bool) error
	// keys calls each with the keys in [from, to) in order, without reading
	// the documents.
	keys(ctx context.Context, from, to []byte, each func(key []byte)) error
	// served returns what has a name in the change feed, tombstones too;
	// ErrNotFound.
	served(ctx context.Context, kind, id string) (Served, error)
	changes(ctx context.Context, after Revision, limit int, bare []string) ([]Served, error)
	// last returns the highest revision, 0 when nothing was ever published, and
	// the highest of a tombstone that is no longer kept, 0 when all are.
	last(ctx context.Context) (last, pruned Revision, err error)
	release()
}

// A row is a document under its encoded key.
type row struct{ key, doc []byte }

// A batch is a transaction that writes. After an error other than ErrExists,
// ErrNotFound and the context's it can only be rolled back.
//
// The engine gives every document that was not there a place, above all that
// were ever given, and keeps it with the document.
type batch interface {
	view
	put(ctx context.Context, key, doc []byte) error
	putMany(ctx context.Context, rows []row) error
	insert(ctx context.Context, key, doc []byte) error      // ErrExists
	remove(ctx context.Context, key []byte) error           // ErrNotFound
	removeMany(ctx context.Context, keys [][]byte) error    // ErrNotFound if one is not there
	removeRange(ctx context.Context, from, to []byte) error // [from, to)

	mark(ctx context.Context) error // sets the mark that undo returns to
	keep(ctx context.Context) error // drops the mark and keeps what was done since
	undo(ctx context.Context) error // drops the mark and what was done since

	// commit adds changes to the feed, in their order, and makes everything
	// durable. Only here does the engine give each its Revision, the next one,
	// so that revisions are in the order of commits whoever else writes. A
	// tombstone for what is not served is passed over and gets none. Old
	// tombstones may go. changed is where documents were changed, for the batches
	// of other processes. After an error, roll back; after ErrUnknown, it may have
	// been committed nevertheless.
	commit(ctx context.Context, changes []Served, changed []slot) error
	rollback() // ends a batch that was not committed

	// others returns where other processes have changed documents since others was
	// last called; all says that it may be everywhere. While the batch has the database
	// nobody else commits, but somebody may have before it began, and while undo began it
	// anew.
	others() (changed []slot, all bool)
}
