package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// hosts is the URL of the database postgres at whichever of the servers takes writes.
func hosts(servers ...*pgtest.Server) string {
	var all []string
	for _, s := range servers {
		all = append(all, s.Addr())
	}
	return "postgres://gatehouse@" + strings.Join(all, ",") + "/postgres?sslmode=disable"
}

// A standby that lacks the last commits takes over, and another process commits to it as
// many as it lacks: a process that knew those takes them for what they are, and prepares
// anew what it had prepared on the other server.
func TestPostgresForkedHistory(t *testing.T) {
	primary := pgtest.New(t, pgtest.Options{})
	one := mustOpen(t, Options{URL: hosts(primary), deaf: true})
	mustWrite(t, one, put(other("p", "a"), "1"))
	standby := primary.Standby(t, pgtest.Options{})
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	one = mustOpen(t, Options{URL: hosts(primary, standby), deaf: true})
	defer one.Close()
	standby.Detach(t)
	mustWrite(t, one, put(other("q", "lost"), "x"))

	runs, seen := 0, ""
	_, err := one.WriteAhead(t.Context(), Scope{}, func(tx *Tx) error {
		doc, err := tx.Get(other("p", "a"))
		if runs++; runs == 1 {
			primary.Kill(t)
			standby.Promote(t)
			two := mustOpen(t, Options{URL: hosts(standby), deaf: true})
			defer two.Close()
			mustWrite(t, two, put(other("p", "a"), "2")) // has the number that the lost one had
		}
		seen = string(doc)
		return errors.Join(err, tx.Put(other("p", "b"), doc))
	})
	if runs != 2 || seen != "2" || err != nil {
		t.Errorf("got %d runs, the last of which saw %q, %v; want 2 that see 2", runs, seen, err)
	}
	if doc := got(t, one, other("p", "b")); doc != "2" {
		t.Errorf("got %q", doc)
	}
}

// The first write to a standby that has taken over without what was published is not done, so
// that nobody takes its revision for one that is served already; who waits for the feed is told.
func TestPostgresLackingRevisions(t *testing.T) {
	primary := pgtest.New(t, pgtest.Options{})
	standby := primary.Standby(t, pgtest.Options{})
	s := mustOpen(t, Options{URL: hosts(primary, standby), deaf: true})
	defer s.Close()
	mustWrite(t, s, publish("k", "a", "kept"))
	standby.Await(t, "SELECT EXISTS (SELECT FROM pg_tables WHERE tablename = 'gatehouse_served')")
	standby.Await(t, "SELECT EXISTS (SELECT FROM gatehouse_served)")
	standby.Detach(t)
	mustWrite(t, s, publish("k", "a", "lost"))
	waits := s.Watch(2)
	primary.Kill(t)
	standby.Promote(t)
	_, err := s.Write(t.Context(), Scope{}, publish("k", "a", "not done"))
	wantErr(t, "the first write", err, ErrUnavailable)
	select {
	case <-waits:
	default:
		t.Error("who follows the feed is not told")
	}
	if at := s.Revision(); at != 1 {
		t.Errorf("at revision %d", at)
	}
	if rev := mustWrite(t, s, publish("k", "a", "done")); rev != 2 {
		t.Errorf("got revision %d", rev)
	}
}

// What came of a commit that too many others have followed is not known, and of one that is
// still to come it is.
func TestPostgresForgottenCommit(t *testing.T) {
	s := mustOpen(t, Options{URL: pgtest.Schema(t), deaf: true})
	defer s.Close()
	for i := range 3 {
		mustWrite(t, s, put(key("a"), fmt.Sprint(i)))
	}
	db := s.engine.(*postgresDB)
	if _, err := db.pool.Exec(t.Context(), "DELETE FROM gatehouse_commit WHERE number < 3"); err != nil {
		t.Fatal(err)
	}
	for number, want := range map[int64]error{2: errForgotten, 3: nil, 4: nil} {
		committed, err := db.lookUp(number, []byte("a token"))
		if committed || !errors.Is(err, want) {
			t.Errorf("commit %d: got %v, %v, want %v", number, committed, err, want)
		}
	}
	mustWrite(t, s, put(key("a"), "x"))
}

// A commit that waits for a standby, and whose connection ends, is not answered for before a
// standby has it.
func TestPostgresCommitOnStandby(t *testing.T) {
	primary := pgtest.New(t, pgtest.Options{})
	s := mustOpen(t, Options{URL: hosts(primary), deaf: true})
	defer s.Close()
	mustWrite(t, s, put(key("a"), "1"))
	standby := primary.Standby(t, pgtest.Options{})
	primary.Exec(t, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
	primary.Exec(t, "postgres", "SELECT pg_reload_conf()")
	primary.Await(t, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')")
	for name, end := range map[string]string{"ended": "pg_terminate_backend", "told to wait no more": "pg_cancel_backend"} {
		t.Run(name, func(t *testing.T) {
			standby.Halt(t)
			done := make(chan error, 1)
			go func() {
				_, err := s.Write(t.Context(), Scope{}, put(key(name), "2"))
				done <- err
			}()
			const waiting = "FROM pg_stat_activity WHERE application_name = 'gatehouse' AND wait_event = 'SyncRep'"
			primary.Await(t, "SELECT EXISTS (SELECT "+waiting+")")
			primary.Exec(t, "postgres", fmt.Sprintf("SET synchronous_commit = off; CREATE TABLE first AS SELECT pid %s", waiting))
			primary.Exec(t, "postgres", fmt.Sprintf("SELECT %s(pid) FROM first", end))
			primary.Await(t, "SELECT EXISTS (SELECT "+waiting+" AND pid NOT IN (SELECT pid FROM first))")
			select {
			case err := <-done:
				t.Errorf("answered before a standby had it: %v", err)
			default:
			}
			standby.Restart(t)
			if err := <-done; err != nil {
				t.Error(err)
			}
			if doc := got(t, s, key(name)); doc != "2" {
				t.Errorf("got %q", doc)
			}
			primary.Exec(t, "postgres", "DROP TABLE first")
		})
	}
}
