package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// What one process commits another is told of, without that it asks.
func TestPostgresTellsOthers(t *testing.T) {
	o := Options{URL: pgtest.Schema(t)}
	one, two := mustOpen(t, o), mustOpen(t, o)
	defer one.Close()
	defer two.Close()
	for i := range Revision(20) {
		heard := two.Watch(i)
		mustWrite(t, one, publish("k", fmt.Sprint(i), "x"))
		select {
		case <-heard:
		case <-time.After(30 * time.Second):
			t.Fatalf("revision %d is not heard of", i+1)
		}
	}
	if rows, err := two.Changes(t.Context(), 0, 0); len(rows) != 20 || err != nil {
		t.Errorf("got %v, %v", rows, err)
	}
}

// A prepared transaction runs again because of what another process has changed of what
// it read, and not because of anything else.
func TestPostgresAheadOfOthers(t *testing.T) {
	o := Options{URL: pgtest.Schema(t)}
	one, two := mustOpen(t, o), mustOpen(t, o)
	defer one.Close()
	defer two.Close()
	mustWrite(t, one, put(other("p", "a"), "1"))
	for name, tt := range map[string]struct {
		changed Key
		runs    int
	}{"what it read": {other("p", "a"), 2}, "another parent's": {other("q", "a"), 1}} {
		t.Run(name, func(t *testing.T) {
			runs := 0
			_, err := one.WriteAhead(t.Context(), Scope{}, func(tx *Tx) error {
				runs++
				_, err := tx.Get(other("p", "a"))
				if runs == 1 {
					mustWrite(t, two, put(tt.changed, "2"))
				}
				return errors.Join(err, tx.Put(other("p", "b"), nil))
			})
			if runs != tt.runs || err != nil {
				t.Errorf("got %d runs, %v, want %d", runs, err, tt.runs)
			}
		})
	}
}

// A lossy is a way to the database which can lose what comes back.
type lossy struct {
	net.Listener
	to   string
	mute atomic.Bool // answers go nowhere
	mu   sync.Mutex
	all  []net.Conn
}

func newLossy(t *testing.T, to string) *lossy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &lossy{Listener: ln, to: to}
	t.Cleanup(func() { ln.Close(); l.cut() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			l.mu.Lock()
			l.all = append(l.all, client, server)
			l.mu.Unlock()
			go func() { _, _ = io.Copy(server, client); server.Close() }()
			go func() {
				defer client.Close()
				buf := make([]byte, 32<<10)
				for {
					n, err := server.Read(buf)
					if err != nil || l.mute.Load() && n > 0 {
						return
					}
					if _, err := client.Write(buf[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l
}

// cut ends all connections.
func (l *lossy) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		c.Close()
	}
	l.all = nil
}

// A commit whose answer is lost is found to be done, and one that did not arrive not to
// be; neither is guessed.
func TestPostgresLostCommit(t *testing.T) {
	pg := pgtest.New(t, pgtest.Options{Durable: true})
	way := newLossy(t, pg.Addr())
	s := mustOpen(t, Options{URL: "postgres://gatehouse@" + way.Addr().String() + "/postgres?sslmode=disable", deaf: true})
	defer s.Close()
	// So that what follows has no statements to prepare, which would be lost first.
	mustWrite(t, s, func(tx *Tx) error {
		return errors.Join(tx.Put(key("before"), []byte("x")), tx.Publish(Served{Kind: "k", ID: "before"}))
	})
	lose := func(how func()) error {
		_, err := s.Write(t.Context(), Scope{}, func(tx *Tx) error {
			if err := tx.Put(key("lost"), []byte("x")); err != nil {
				return err
			}
			if _, err := tx.Get(key("before")); err != nil { // the change has arrived
				return err
			}
			how()
			return tx.Publish(Served{Kind: "k", ID: "lost", Data: []byte("x")})
		})
		return err
	}
	// All answers are lost from here on, and with the first of them the connection.
	err := lose(func() {
		way.mute.Store(true)
		time.AfterFunc(200*time.Millisecond, func() { way.mute.Store(false) })
	})
	if err != nil {
		t.Errorf("the answer was lost: got %v", err)
	}
	if doc := got(t, s, key("lost")); doc != "x" {
		t.Errorf("got %q", doc)
	}
	if rows, err := s.Changes(t.Context(), 0, 0); len(rows) != 2 || err != nil {
		t.Errorf("got %v, %v", rows, err)
	}
	mustWrite(t, s, func(tx *Tx) error { return tx.Delete(key("lost")) })
	if err := lose(way.cut); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknown) {
		t.Errorf("the commit was lost: got %v", err)
	}
	if doc := got(t, s, key("lost")); doc != "not found" {
		t.Errorf("after a commit that did not arrive: got %q", doc)
	}
}

// Old and new programs use one database where the newer schema lets them.
func TestPostgresSchemas(t *testing.T) {
	url := pgtest.Schema(t)
	s := mustOpen(t, Options{URL: url})
	defer s.Close()
	db := s.engine.(*postgresDB)
	newer := fstest.MapFS{}
	own, err := readMigrations(pgMigrationFiles, "pgmigrations")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range own {
		newer[fmt.Sprintf("pgmigrations/%04d_x.sql", i+1)] = &fstest.MapFile{Data: []byte(m.sql)}
	}
	newer[fmt.Sprintf("pgmigrations/%04d_x.sql", len(own)+1)] = &fstest.MapFile{Data: []byte("ALTER TABLE gatehouse_document ADD COLUMN more integer NOT NULL DEFAULT 0")}
	if _, err := db.dialWriter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.migrate(t.Context(), newer, false); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, put(key("a"), "by the older program that was there"))
	older := mustOpen(t, Options{URL: url})
	defer older.Close()
	mustWrite(t, older, put(key("b"), "by one that came later"))
	if doc := got(t, s, key("b")); doc != "by one that came later" {
		t.Errorf("got %q", doc)
	}
	if _, err := db.pool.Exec(t.Context(), "UPDATE gatehouse_schema SET version = 99, oldest_reader = 98"); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{URL: url})
	wantErr(t, "a schema that this program cannot use", err, ErrNewer)
}

// Processes that start at the same time make one schema.
func TestPostgresStartTogether(t *testing.T) {
	o := Options{URL: pgtest.Schema(t)}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			s, err := Open(context.Background(), o)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, err := s.Write(context.Background(), Scope{}, put(key(fmt.Sprint(i)), "x")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A write of many documents makes few messages.
func TestPostgresBatches(t *testing.T) {
	s := mustOpen(t, Options{URL: pgtest.Schema(t), deaf: true})
	defer s.Close()
	const many = 14_000
	_, err := s.WriteAhead(t.Context(), Scope{}, func(tx *Tx) error {
		for i := range many {
			if err := tx.Insert(other("p", fmt.Sprint(i)), []byte("x")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mustRead(t, s, func(tx *Tx) error {
		rows, err := tx.List("111122223333", "us-east-1", "stage", "p", "", Limit{})
		if len(rows) != many {
			t.Errorf("got %d rows", len(rows))
		}
		return err
	})
}

// A process that stops in the middle of a batch keeps others waiting for a few seconds,
// and what it was at is undone.
func TestPostgresStoppedProcess(t *testing.T) {
	url := pgtest.Schema(t)
	s := mustOpen(t, Options{URL: url, deaf: true})
	defer s.Close()
	mustWrite(t, s, put(key("a"), "1"))
	c, err := pgx.Connect(t.Context(), url+"&idle_in_transaction_session_timeout=300")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	for _, sql := range []string{pgBegin, pgTurn, "UPDATE gatehouse_document SET doc = 'stale'"} {
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	mustWrite(t, s, put(key("b"), "2")) // waits until the other's time is up
	if doc := got(t, s, key("a")); doc != "1" {
		t.Errorf("got %q", doc)
	}
	if _, err := c.Exec(t.Context(), pgCommit); err == nil || strings.Contains(err.Error(), "syntax") {
		t.Errorf("the stopped process committed: %v", err)
	}
}
