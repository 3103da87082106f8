package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// Who reads for long keeps nobody from following the database and from keeping a lease.
func TestPostgresFollowersDoNotWait(t *testing.T) {
	url := pgtest.Schema(t)
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	s := mustOpen(t, Options{URL: url + separator + "pool_max_conns=2"})
	defer s.Close()
	mustWrite(t, s, publish("k", "1", "x"))
	read := make(chan error, 3)
	reading, end := make(chan struct{}, 3), make(chan struct{})
	for range 3 { // one more than there are connections
		go func() {
			read <- s.Read(context.Background(), func(tx *Tx) error {
				_, _ = tx.Get(other("p", "a"))
				reading <- struct{}{}
				<-end
				return nil
			})
		}()
	}
	<-reading
	<-reading
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := s.Renew(ctx, "a", []byte("1")); err != nil {
		t.Errorf("renew a lease: %v", err)
	}
	if all, err := s.Leases(ctx); len(all) != 1 || err != nil {
		t.Errorf("leases: %v, %v", all, err)
	}
	if at, err := s.Stand(ctx, Stand{}); at.Revision != 1 || err != nil {
		t.Errorf("stand: %+v, %v", at, err)
	}
	if rows, err := s.Changes(ctx, 0, 0); len(rows) != 1 || err != nil {
		t.Errorf("changes: %v, %v", rows, err)
	}
	if _, err := s.Served(ctx, "k", "1"); err != nil {
		t.Errorf("served: %v", err)
	}
	close(end)
	for range 3 {
		if err := <-read; err != nil {
			t.Error(err)
		}
	}
}

// A commit that waits for a standby is not broken off by who waits no longer for it: it
// would be seen by everybody, and be lost with the server.
func TestPostgresCommitIsNotBrokenOff(t *testing.T) {
	server := pgtest.New(t, pgtest.Options{})
	server.Exec(t, "postgres", "CREATE DATABASE gatehouse")
	s := mustOpen(t, Options{URL: server.URL("gatehouse")})
	defer s.Close()
	mustWrite(t, s, put(other("p", "a"), "1"))
	server.Exec(t, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
	server.Exec(t, "postgres", "SELECT pg_reload_conf()")
	db := s.engine.(*postgresDB)
	if _, err := db.dialWriter(t.Context()); err != nil { // nobody else uses it now
		t.Fatal(err)
	}
	last := 0 // that was tried
	for err, begun := error(nil), time.Now(); err == nil && time.Since(begun) < 30*time.Second; {
		last++ // until the server heeds its settings
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_, err = db.writer.Exec(ctx, fmt.Sprintf("UPDATE gatehouse_counter SET value = %d WHERE name = 'pruned'", last))
		cancel()
	}
	if !db.writer.IsClosed() {
		t.Fatal("no commit waits for a standby")
	}
	_ = db.writer.PgConn().Conn().Close() // the driver waits for more
	<-db.writer.PgConn().CleanupDone()
	c, err := pgx.Connect(t.Context(), server.URL("gatehouse"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var seen int
	if err := c.QueryRow(t.Context(), "SELECT value FROM gatehouse_counter WHERE name = 'pruned'").Scan(&seen); err != nil || seen != last-1 {
		t.Errorf("seen is %d of %d, want what is before the commit that no standby has: %v", seen, last, err)
	}
	server.Exec(t, "postgres", "ALTER SYSTEM SET synchronous_standby_names = ''")
	server.Exec(t, "postgres", "SELECT pg_reload_conf()")
}

// What somebody else of the same database tells is not believed: a revision that nobody
// has committed would have those who follow ask without end.
func TestPostgresForeignNotification(t *testing.T) {
	o := Options{URL: pgtest.Schema(t)}
	s := mustOpen(t, o)
	defer s.Close()
	mustWrite(t, s, publish("k", "1", "x"))
	db := s.engine.(*postgresDB)
	var channel string
	if err := db.pool.QueryRow(t.Context(), pgName).Scan(&channel); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"9223372036854775807", "7", "-1", ""} {
		if _, err := db.pool.Exec(t.Context(), "SELECT pg_notify($1, $2)", channel, text); err != nil {
			t.Fatal(err)
		}
	}
	heard := s.Watch(1)
	other := mustOpen(t, o)
	defer other.Close()
	mustWrite(t, other, publish("k", "2", "x"))
	select {
	case <-heard:
	case <-time.After(30 * time.Second):
		t.Fatal("revision 2 is not heard of")
	}
	if got := s.feed.revision(); got != 2 {
		t.Errorf("the last revision is %d, want 2", got)
	}
}
