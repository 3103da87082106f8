package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// The statements of leases. The table is unlogged: it is not replicated, and empty after a
// crash or a fail-over, when all are renewed within a second.
const (
	pgRenew = `WITH before AS (SELECT renewed FROM gatehouse_lease WHERE id = $1), now AS (
			INSERT INTO gatehouse_lease (id, data, renewed) VALUES ($1, $2, clock_timestamp())
			ON CONFLICT (id) DO UPDATE SET data = excluded.data, renewed = excluded.renewed)
		SELECT coalesce((SELECT clock_timestamp() - renewed < $3::interval FROM before), false)`
	pgLeases = `SELECT id, data, extract(epoch FROM clock_timestamp() - renewed)::float8 FROM gatehouse_lease
		WHERE clock_timestamp() - renewed < $1::interval ORDER BY id`
	pgUnlease = `DELETE FROM gatehouse_lease WHERE id = $1 OR clock_timestamp() - renewed > $2::interval`
	pgNoWaits = `SET LOCAL synchronous_commit = off`
	forgotten = time.Hour // after which a lease that has run out is removed by any other that ends
)

func (db *postgresDB) renew(ctx context.Context, id string, data []byte) (held bool, err error) {
	err = db.outside(ctx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, pgRenew, id, data, LeaseTime).Scan(&held) })
	return held, err
}

func (db *postgresDB) leases(ctx context.Context) (out []Lease, err error) {
	rows, err := db.feed.Query(ctx, pgLeases, LeaseTime)
	if err == nil {
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (l Lease, err error) {
			var age float64
			err = r.Scan(&l.ID, &l.Data, &age)
			l.Age = time.Duration(max(0, age) * float64(time.Second))
			return l, err
		})
	}
	return out, db.failure(err)
}

func (db *postgresDB) unlease(ctx context.Context, id string) error {
	return db.outside(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, pgUnlease, id, forgotten)
		return err
	})
}

// outside runs a transaction that is no batch: it has no turn, and does not wait for the
// disk.
func (db *postgresDB) outside(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return db.failure(pgx.BeginFunc(ctx, db.feed, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, pgNoWaits); err != nil {
			return err
		}
		return fn(tx)
	}))
}
