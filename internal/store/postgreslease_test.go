package store

import (
	"context"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// Leases of PostgreSQL run out by its clock, and who renews one later learns it.
func TestPostgresLeases(t *testing.T) {
	url := pgtest.Database(t)
	open := func() *Store {
		s, err := Open(t.Context(), Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	one, two := open(), open()
	renew := func(s *Store, id, data string, want bool) {
		t.Helper()
		if held, err := s.Renew(t.Context(), id, []byte(data)); held != want || err != nil {
			t.Errorf("lease %s: held %v, want %v: %v", id, held, want, err)
		}
	}
	want := func(text string) {
		t.Helper()
		all, err := one.Leases(t.Context())
		got := ""
		for _, l := range all {
			got += l.ID + "=" + string(l.Data) + " "
			if l.Age < 0 || l.Age > LeaseTime {
				t.Errorf("lease %s is %v old", l.ID, l.Age)
			}
		}
		if got != text || err != nil {
			t.Errorf("got %q, want %q: %v", got, text, err)
		}
	}
	renew(two, "b", "1", false)
	renew(one, "a", "2", false)
	renew(two, "b", "3", true)
	want("a=2 b=3 ")
	if _, err := one.engine.(*postgresDB).pool.Exec(t.Context(), `UPDATE gatehouse_lease SET renewed = renewed - $1::interval WHERE id = 'b'`, LeaseTime); err != nil {
		t.Fatal(err)
	}
	want("a=2 ")
	renew(two, "b", "4", false)
	want("a=2 b=4 ")
	if err := two.EndLease(context.Background(), "b"); err != nil {
		t.Fatal(err)
	}
	want("a=2 ")
}
