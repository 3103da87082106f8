package store

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// What keeps a server from its database is one line, with each reason once and without the
// driver's try under TLS that the URL lets fail, and says what to do.
func TestPostgresErrorsOfOneLine(t *testing.T) {
	pg := pgtest.New(t, pgtest.Options{HBA: []string{"host all locked 127.0.0.1/32 scram-sha-256"}})
	pg.Exec(t, "postgres", "CREATE ROLE locked LOGIN PASSWORD 'hush'")
	pg.Exec(t, "postgres", "CREATE ROLE guest LOGIN")
	t.Setenv("PGPASSWORD", "")
	at := func(user, name string) string {
		return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s", user, pg.Port, name)
	}
	for _, test := range []struct{ name, url, want string }{
		{"no password", at("locked", "postgres"), "no password was given, which is PGPASSWORD's"},
		{"wrong password", at("locked:wrong-one", "postgres"), "password authentication failed"},
		{"no right", at("guest", "postgres"), "has to own the database"},
		{"no database", at("guest", "nothing"), "createdb --owner guest nothing"},
		{"nobody there", "postgres://guest@127.0.0.1:1/x", "connection refused"},
	} {
		st, err := Open(t.Context(), Options{URL: test.url, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			_ = st.Close()
			t.Errorf("%s: opened", test.name)
			continue
		}
		text := err.Error()
		if !strings.Contains(text, test.want) || strings.ContainsAny(text, "\n\t") || strings.Contains(text, noTLS) || strings.Contains(text, "hush") || strings.Contains(text, "wrong-one") ||
			strings.Count(text, "refused") > 1 || strings.Count(text, ErrUnavailable.Error()) > 1 {
			t.Errorf("%s: %s", test.name, text)
		}
		if test.name == "nobody there" && !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s is not ErrUnavailable: %v", test.name, err)
		}
	}
}

// A database that has another password is opened as one that is away, if that is wanted, and
// is there when it takes the password.
func TestPostgresRefusesLater(t *testing.T) {
	pg := pgtest.New(t, pgtest.Options{HBA: []string{"host all locked 127.0.0.1/32 scram-sha-256"}})
	pg.Exec(t, "postgres", "CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'new'")
	o := Options{URL: fmt.Sprintf("postgres://locked:old@127.0.0.1:%d/postgres", pg.Port), Later: true}
	if _, err := Open(t.Context(), o); err == nil || errors.Is(err, ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	o.Refused = true
	st, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	read := func() error { _, err := st.Stand(t.Context(), Stand{}); return err }
	if err := read(); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("got %v", err)
	}
	pg.Exec(t, "postgres", "ALTER ROLE locked PASSWORD 'old'")
	for deadline := time.Now().Add(time.Minute); read() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(read())
		}
	}
}
