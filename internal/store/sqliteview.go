package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"slices"
)

// A sqliteView is a transaction on a connection that reads.
type sqliteView struct {
	db   *sqliteDB
	conn *conn
}

func (v *sqliteView) release() {
	c := v.conn
	if _, err := c.exec(context.Background(), sqlCommit); err != nil {
		v.db.log.Warn("closing a failed connection", "error", v.db.failure(errors.Join(err, c.close())))
		c = nil
	}
	v.db.readers <- c
}

func (v *sqliteView) get(ctx context.Context, key []byte) ([]byte, error) {
	var doc []byte
	err := v.query(ctx, sqlGet, func(r *sqliteRow) { doc = r.blob(0) }, key)
	if err == nil && doc == nil {
		err = ErrNotFound
	}
	return doc, err
}

// getMany reads one document after the other: a single statement would save
// nothing, since the database is in this process.
func (v *sqliteView) getMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	docs := make([][]byte, len(keys))
	for i, key := range keys {
		doc, err := v.get(ctx, key)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		docs[i] = doc
	}
	return docs, nil
}

func (v *sqliteView) has(ctx context.Context, key []byte) (bool, error) {
	found := false
	err := v.query(ctx, sqlHas, func(*sqliteRow) { found = true }, key)
	return found, err
}

func (v *sqliteView) scan(ctx context.Context, from, to []byte, limit int, each func(key, doc []byte) bool) error {
	return v.db.failure(v.conn.queryWhile(ctx, sqlScan, func(r *sqliteRow) bool {
		key, doc := r.blob(0), r.blob(1)
		return r.err == nil && each(key, doc)
	}, from, to, sqlLimit(limit)))
}

func (v *sqliteView) created(ctx context.Context, from, to []byte, after int64, limit int, each func(place int64, key, doc []byte) bool) error {
	return v.db.failure(v.conn.queryWhile(ctx, sqlCreated, func(r *sqliteRow) bool {
		place, key, doc := r.integer(0), r.blob(1), r.blob(2)
		return r.err == nil && each(place, key, doc)
	}, from, to, after, sqlLimit(limit)))
}

func (v *sqliteView) keys(ctx context.Context, from, to []byte, each func(key []byte)) error {
	return v.query(ctx, sqlKeys, func(r *sqliteRow) {
		if key := r.blob(0); r.err == nil {
			each(key)
		}
	}, from, to)
}

func (v *sqliteView) served(ctx context.Context, kind, id string) (Served, error) {
	s := Served{Kind: kind, ID: id}
	err := v.query(ctx, sqlServed, func(r *sqliteRow) {
		s.Revision, s.Deleted = Revision(r.integer(0)), r.integer(1) != 0
		if !s.Deleted {
			s.Data = r.blob(2)
		}
	}, kind, []byte(id))
	if err != nil {
		return Served{}, err
	}
	if s.Revision == 0 {
		return Served{}, ErrNotFound
	}
	return s, nil
}

func (v *sqliteView) changes(ctx context.Context, after Revision, limit int, bare []string) ([]Served, error) {
	kinds, err := json.Marshal(append([]string{}, bare...))
	if err != nil {
		return nil, err
	}
	var all []Served
	err = v.query(ctx, sqlChanges, func(r *sqliteRow) {
		s := Served{Revision: Revision(r.integer(0)), Kind: r.text(1), ID: string(r.blob(2)), Deleted: r.integer(3) != 0}
		if !s.Deleted && !slices.Contains(bare, s.Kind) {
			s.Data = r.blob(4)
		}
		if len(all) == cap(all) {
			all = slices.Grow(all, max(len(all), 16)) // append grows long slices by a quarter: a start has many rows
		}
		all = append(all, s)
	}, string(kinds), int64(after), sqlLimit(limit))
	return all, err
}

func (v *sqliteView) last(ctx context.Context) (last, pruned Revision, err error) {
	n, err := v.number(ctx, sqlLast)
	if err != nil {
		return 0, 0, err
	}
	p, err := v.number(ctx, sqlPruned)
	return Revision(n), Revision(p), err
}

// query runs a statement that reads. Its error names the directory.
func (v *sqliteView) query(ctx context.Context, sql string, each func(*sqliteRow), args ...driver.Value) error {
	return v.db.failure(v.conn.query(ctx, sql, each, args...))
}

// number returns the integer that a statement gives.
func (v *sqliteView) number(ctx context.Context, sql string, args ...driver.Value) (int64, error) {
	var n int64
	err := v.query(ctx, sql, func(r *sqliteRow) { n = r.integer(0) }, args...)
	return n, err
}
