package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// followEvery is how often the database is asked for its last revision where nothing is
// heard of one, as a notification may be lost with the connection that it comes over.
const followEvery = time.Second

// follow tells of the revisions that other processes commit until the engine is closed.
func (db *postgresDB) follow(f *feed) {
	ctx, cancel := context.WithCancel(background)
	db.stop = cancel
	db.done.Go(func() {
		for quiet := false; ctx.Err() == nil; {
			err := db.listen(ctx, f)
			if ctx.Err() != nil {
				return
			}
			if !quiet {
				db.log.Warn("the database does not tell of changes: trying again", "error", db.failure(err))
			}
			quiet = true
			select {
			case <-ctx.Done():
			case <-time.After(pgAgain):
			}
		}
	})
}

// listen follows the database over one connection until that fails. A notification is a
// reason to ask, and no more: whoever may connect to the database can send one.
func (db *postgresDB) listen(ctx context.Context, f *feed) error {
	config := db.pool.Config().ConnConfig
	heard := false // since the database was asked
	config.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) { heard = true }
	connecting, cancel := context.WithTimeout(ctx, pgStatement)
	defer cancel()
	c, err := pgx.ConnectConfig(connecting, config)
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(background, time.Second)
		defer cancel()
		_ = c.Close(ending) // it may be broken
	}()
	p := pgPipe{conn: c}
	channel := "" // several stores can have schemas of their own in one database
	if _, err := p.one(ctx, []any{&channel}, pgName); err != nil {
		return err
	}
	p.later("LISTEN " + channel)
	for {
		var last, pruned Revision
		before := f.revision()
		heard = false
		if _, err := p.one(ctx, []any{&last, &pruned}, pgLast); err != nil {
			return err
		}
		f.fell(before, last)
		f.committed(last)
		if heard {
			continue
		}
		waiting, cancel := context.WithTimeout(ctx, followEvery)
		err := c.PgConn().WaitForNotification(waiting)
		cancel()
		if err != nil && (ctx.Err() != nil || !pgconn.Timeout(err)) {
			return err
		}
	}
}
