package store

import (
	"testing"
	"testing/synctest"
	"time"
)

// A lease lasts its time and no longer, and who renews it later learns that it had run out.
func TestLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		renew := func(id, data string, want bool) {
			t.Helper()
			if held, err := s.Renew(t.Context(), id, []byte(data)); held != want || err != nil {
				t.Errorf("lease %s: held %v, want %v: %v", id, held, want, err)
			}
		}
		want := func(text string) {
			t.Helper()
			all, err := s.Leases(t.Context())
			got := ""
			for _, l := range all {
				got += l.ID + "=" + string(l.Data) + " " + l.Age.String() + " "
			}
			if got != text || err != nil {
				t.Errorf("got %q, want %q: %v", got, text, err)
			}
		}
		renew("b", "1", false)
		time.Sleep(LeaseTime - time.Second)
		renew("a", "2", false)
		want("a=2 0s b=1 4s ")
		renew("b", "3", true)
		time.Sleep(time.Second)
		want("a=2 1s b=3 1s ")
		time.Sleep(LeaseTime)
		want("")
		renew("a", "4", false)
		if err := s.EndLease(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		want("")
	})
}

// A generation keeps its name until somebody draws a new one.
func TestGeneration(t *testing.T) {
	s, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, step := range []struct {
		name string
		anew bool
		want string
	}{{"a", false, "a"}, {"b", false, "a"}, {"c", true, "c"}} {
		if got, err := s.NameGeneration(t.Context(), step.name, step.anew); got != step.want || err != nil {
			t.Errorf("%+v: got %q, %v", step, got, err)
		}
	}
	if _, err := s.Write(t.Context(), Scope{}, func(tx *Tx) error { return tx.Publish(Served{Kind: "a", ID: "b", Data: []byte("{}")}) }); err != nil {
		t.Fatal(err)
	}
	if at, err := s.Stand(t.Context(), Stand{}); at != (Stand{Generation: "c", Revision: 1}) || err != nil {
		t.Errorf("got %+v, %v", at, err)
	}
}
