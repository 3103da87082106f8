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
	err := v.query(ctx, sqlGet, func(row []driver.Value) { doc = blob(row[0]) }, key)
	if err == nil && doc == nil {
		err = ErrNotFound
	}
	return doc, err
}

// getMany has nothing to gain from one statement: there is no way to go.
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
	err := v.query(ctx, sqlHas, func([]driver.Value) { found = true }, key)
	return found, err
}

func (v *sqliteView) scan(ctx context.Context, from, to []byte, limit int, each func(key, doc []byte) bool) error {
	return v.db.failure(v.conn.queryWhile(ctx, sqlScan, func(row []driver.Value) bool {
		return each(blob(row[0]), blob(row[1]))
	}, from, to, sqlLimit(limit)))
}

func (v *sqliteView) created(ctx context.Context, from, to []byte, after int64, limit int, each func(place int64, key, doc []byte) bool) error {
	return v.db.failure(v.conn.queryWhile(ctx, sqlCreated, func(row []driver.Value) bool {
		return each(row[0].(int64), blob(row[1]), blob(row[2]))
	}, from, to, after, sqlLimit(limit)))
}

func (v *sqliteView) keys(ctx context.Context, from, to []byte, each func(key []byte)) error {
	err := v.query(ctx, sqlKeys, func(row []driver.Value) { each(blob(row[0])) }, from, to)
	return err
}

func (v *sqliteView) served(ctx context.Context, kind, id string) (Served, error) {
	s := Served{Kind: kind, ID: id}
	err := v.query(ctx, sqlServed, func(row []driver.Value) {
		s.Revision, s.Deleted = Revision(row[0].(int64)), row[1].(int64) != 0
		if !s.Deleted {
			s.Data = blob(row[2])
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
	err = v.query(ctx, sqlChanges, func(row []driver.Value) {
		s := Served{Revision: Revision(row[0].(int64)), Kind: row[1].(string), ID: string(blob(row[2])), Deleted: row[3].(int64) != 0}
		if !s.Deleted && !slices.Contains(bare, s.Kind) {
			s.Data = blob(row[4])
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
func (v *sqliteView) query(ctx context.Context, sql string, each func(row []driver.Value), args ...driver.Value) error {
	return v.db.failure(v.conn.query(ctx, sql, each, args...))
}

// number returns the integer that a statement gives.
func (v *sqliteView) number(ctx context.Context, sql string, args ...driver.Value) (int64, error) {
	var n int64
	err := v.query(ctx, sql, func(row []driver.Value) { n, _ = row[0].(int64) }, args...)
	return n, err
}
