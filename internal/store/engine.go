package store

import "context"

// An engine holds rows for a Store, which checks arguments, encodes keys and
// serialises writes before it calls. Keys are ordered by their bytes. Slices
// handed in stay the caller's, slices handed out become the caller's.
type engine interface {
	// view begins to read one snapshot; it may wait until ctx ends.
	view(ctx context.Context) (view, error)
	// begin begins the only transaction that writes.
	begin() (batch, error)
	// close waits for views to be released and frees everything. Afterwards
	// view returns ErrClosed.
	close() error
}

// A view is one snapshot.
type view interface {
	get(key []byte) ([]byte, error) // ErrNotFound
	has(key []byte) (bool, error)
	// scan calls each with the rows in [from, to) in order, at most limit (0:
	// all).
	scan(from, to []byte, limit int, each func(key, doc []byte)) error
	// created calls each with the rows in [from, to) in the order in which they
	// came to be there, from the first whose place is above after, at most limit
	// (0: all). Writing a row that is there leaves it its place.
	created(from, to []byte, after int64, limit int, each func(place int64, key, doc []byte)) error
	// keys calls each with the keys in [from, to) in order, without reading
	// the documents.
	keys(from, to []byte, each func(key []byte)) error
	served(kind, id string) (Served, error) // tombstones too; ErrNotFound
	changes(after Revision, limit int, bare []string) ([]Served, error)
	last() (Revision, error) // 0 when nothing was ever published
	release()
}

// A batch is a transaction that writes. After an error other than ErrExists
// and ErrNotFound it can only be rolled back.
type batch interface {
	view
	put(key, doc []byte) error
	insert(key, doc []byte) error                 // ErrExists
	remove(key []byte) error                      // ErrNotFound
	removeRange(from, to []byte) error            // [from, to)
	publish(s Served) error                       // s.Revision is the next
	retract(kind, id string, next Revision) error // ErrNotFound when nothing is served

	mark() error // sets the mark that undo returns to
	keep() error // drops the mark and keeps what was done since
	undo() error // drops the mark and what was done since

	commit() error // durable on return; after an error, roll back
	rollback()     // ends a batch that was not committed
}
