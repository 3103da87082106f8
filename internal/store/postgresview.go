package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// maxPostgresKey is the length of the longest encoded key: an index holds no longer
// ones. There are no documents under longer keys, and none can be put there.
const maxPostgresKey = 2600

// A postgresView is a transaction on a connection of a pool.
type postgresView struct {
	pgPipe
	db     *postgresDB
	pool   *pgxpool.Pool // nil in a batch
	pooled *pgxpool.Conn // nil in a batch, and when there is none any more
}

// reconnect takes another connection, and no more of those that were there.
func (v *postgresView) reconnect(ctx context.Context) error {
	v.pool.Reset()
	v.pooled.Release()
	c, err := v.db.acquire(ctx, v.pool)
	if err != nil {
		v.pooled = nil
		return err
	}
	v.pooled, v.conn = c, c.Conn()
	return nil
}

func (v *postgresView) release() {
	if v.pooled == nil {
		return
	}
	if len(v.queue.QueuedQueries) == 0 { // else nothing was read
		if err := v.run(background, pgCommit); err != nil {
			v.db.log.Debug("closing a failed connection", "error", v.db.failure(err))
		}
	}
	v.pooled.Release() // which closes one that is in a transaction
}

func (v *postgresView) get(ctx context.Context, key []byte) (doc []byte, err error) {
	if len(key) > maxPostgresKey {
		return nil, ErrNotFound
	}
	found, err := v.one(ctx, []any{&doc}, pgGet, key)
	if err == nil && !found {
		return nil, ErrNotFound
	}
	return doc, v.db.failure(err)
}

func (v *postgresView) has(ctx context.Context, key []byte) (bool, error) {
	if len(key) > maxPostgresKey {
		return false, nil
	}
	var n int
	found, err := v.one(ctx, []any{&n}, pgHas, key)
	return found, v.db.failure(err)
}

func (v *postgresView) getMany(ctx context.Context, keys [][]byte) ([][]byte, error) {
	found := make(map[string][]byte, len(keys))
	_, err := v.ask(ctx, func(r pgx.Rows) (bool, error) {
		var key, doc []byte
		err := r.Scan(&key, &doc)
		found[string(key)] = doc
		return true, err
	}, pgGetMany, keys)
	if err != nil {
		return nil, v.db.failure(err)
	}
	docs := make([][]byte, len(keys))
	for i, key := range keys {
		if docs[i] = found[string(key)]; docs[i] != nil && slices.ContainsFunc(keys[:i], func(k []byte) bool { return string(k) == string(key) }) {
			docs[i] = slices.Clone(docs[i])
		}
	}
	return docs, nil
}

func (v *postgresView) scan(ctx context.Context, from, to []byte, limit int, each func(key, doc []byte) bool) error {
	_, err := v.ask(ctx, func(r pgx.Rows) (bool, error) {
		var key, doc []byte
		err := r.Scan(&key, &doc)
		return err == nil && each(key, doc), err
	}, pgScan, from, to, pgLimit(limit))
	return v.db.failure(err)
}

func (v *postgresView) created(ctx context.Context, from, to []byte, after int64, limit int, each func(place int64, key, doc []byte) bool) error {
	_, err := v.ask(ctx, func(r pgx.Rows) (bool, error) {
		var place int64
		var key, doc []byte
		err := r.Scan(&place, &key, &doc)
		return err == nil && each(place, key, doc), err
	}, pgCreated, from, to, after, pgLimit(limit))
	return v.db.failure(err)
}

func (v *postgresView) keys(ctx context.Context, from, to []byte, each func(key []byte)) error {
	_, err := v.ask(ctx, func(r pgx.Rows) (bool, error) {
		var key []byte
		err := r.Scan(&key)
		if err == nil {
			each(key)
		}
		return true, err
	}, pgKeys, from, to)
	return v.db.failure(err)
}

func (v *postgresView) served(ctx context.Context, kind, id string) (Served, error) {
	s := Served{Kind: kind, ID: id}
	found, err := v.one(ctx, []any{&s.Revision, &s.Deleted, &s.Data}, pgServed, kind, []byte(id))
	switch {
	case err != nil:
		return Served{}, v.db.failure(err)
	case !found:
		return Served{}, ErrNotFound
	case s.Deleted:
		s.Data = nil
	}
	return s, nil
}

func (v *postgresView) changes(ctx context.Context, after Revision, limit int, bare []string) ([]Served, error) {
	var all []Served
	_, err := v.ask(ctx, func(r pgx.Rows) (bool, error) {
		var s Served
		var id []byte
		err := r.Scan(&s.Revision, &s.Kind, &id, &s.Deleted, &s.Data)
		if s.ID = string(id); s.Deleted || slices.Contains(bare, s.Kind) {
			s.Data = nil
		}
		if len(all) == cap(all) {
			all = slices.Grow(all, max(len(all), 16)) // append grows long slices by a quarter: a start has many rows
		}
		all = append(all, s)
		return true, err
	}, pgChanges, append([]string{}, bare...), int64(after), pgLimit(limit))
	return all, v.db.failure(err)
}

func (v *postgresView) last(ctx context.Context) (last, pruned Revision, err error) {
	_, err = v.one(ctx, []any{&last, &pruned}, pgLast)
	return last, pruned, v.db.failure(err)
}

func (v *postgresView) standing(ctx context.Context, generation []byte, commit Revision) (at standing, err error) {
	var name, mark []byte
	_, err = v.one(ctx, []any{&at.last, &at.pruned, &name, &at.commit, &mark, &at.oldest}, pgStanding, generation, int64(commit))
	at.generation, at.mark = string(name), string(mark)
	return at, v.db.failure(err)
}

func (v *postgresView) commitOf(ctx context.Context, at Revision) (last Revision, mark string, err error) {
	var name []byte
	_, err = v.one(ctx, []any{&last, &name}, pgCommitOf, int64(at))
	return last, string(name), v.db.failure(err)
}

// pgLimit returns a limit as PostgreSQL wants it: NULL for none.
func pgLimit(limit int) any {
	if limit <= 0 {
		return nil
	}
	return int64(limit)
}
