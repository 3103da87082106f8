package control

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A ticket stands for a kind with a unique key and one that several may have.
type ticket struct {
	Value string   `json:"value"`
	Names []string `json:"names"`

	Tags map[string]string `json:"tags"`
}

const (
	kindTicket      kind = "ticket"
	kindTicketStub  kind = "ticketstub" // under a ticket
	kindTicketValue kind = "ticketvalue"
	kindTicketName  kind = "ticketname"
)

// servedTicket has a ticket's tags, as a kind may that is served.
func (t *tx) servedTicket(k *ticket) *map[string]string { return &k.Tags }

func ticketTags() *taggable {
	find := func(t *tx, id string) (*ticket, error) { return load[ticket](t, kindTicket, id, errors.New("missing")) }
	return tagsAt("/tickets/{id}", find, func(k *ticket) *map[string]string { return &k.Tags })
}

// newTicketService is a service whose table of kinds has tickets, too.
func newTicketService(t *testing.T) *Service {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	s := New(Options{Store: st})
	s.kinds = newKindSet(append(kindTable(),
		kindInfo{kind: kindTicket, scope: ofAccount, served: serves("ticket", kindTicket, (*tx).servedTicket), tags: ticketTags(), indexes: []index{
			indexOf(kindTicketValue, ofServer, func(k *ticket) []string { return []string{k.Value} }),
			sharedIndexOf(kindTicketName, ofAccount, func(k *ticket) []string { return append([]string(nil), k.Names...) }),
		}},
		kindInfo{kind: kindTicketStub, scope: ofAccount, under: kindTicket}))
	return s
}

// inAccount calls fn in a transaction of an account.
func inAccount(t *testing.T, s *Service, fn func(*tx) error) {
	t.Helper()
	_, err := write(context.Background(), s, &wire.Caller{Account: "1", Region: "r"}, "", func(tx *tx) (*wire.Empty, error) { return nil, fn(tx) })
	if err != nil {
		t.Error(err)
	}
}

// withTickets calls fn in transactions of two accounts.
func withTickets(t *testing.T, fn func(one, other *tx) error) {
	t.Helper()
	inAccount(t, newTicketService(t), func(one *tx) error { return fn(one, one.as("2", "r")) })
}

func TestIndex(t *testing.T) {
	withTickets(t, func(one, other *tx) error {
		taken := errors.New("taken")
		ids := func(tx *tx, k kind, prefix string) []string {
			entries, err := tx.lookUp(k, prefix)
			if err != nil {
				t.Error(err)
			}
			out := []string{}
			for _, e := range entries {
				out = append(out, e.Account+e.ID)
			}
			return out
		}
		want := func(what string, got []string, want ...string) {
			t.Helper()
			if d := cmp.Diff(append([]string{}, want...), got); d != "" {
				t.Errorf("%s -want +got %s", what, d)
			}
		}
		err := errors.Join(
			one.insert(kindTicket, "a", &ticket{Value: "v1", Names: []string{"blue", "bold"}}, taken),
			one.insert(kindTicket, "b", &ticket{Value: "v2", Names: []string{"blue"}}, taken),
			other.insert(kindTicket, "c", &ticket{Value: "v3", Names: []string{"blue"}}, taken),
			one.save(kindTicketStub, "a/1", &ticket{}), one.save(kindTicketStub, "b/1", &ticket{}))
		if err := other.insert(kindTicket, "d", &ticket{Value: "v2"}, taken); err != taken {
			t.Errorf("a value of another account: %v", err)
		}
		want("by value", ids(one, kindTicketValue, "v2"), "1b")
		want("by value, of another account", ids(one, kindTicketValue, "v3"), "2c")
		want("by name", ids(one, kindTicketName, "blue"+keyEnd), "a", "b")
		want("by the beginning of a name", ids(one, kindTicketName, "b"), "a", "b", "a")

		err = errors.Join(err, one.save(kindTicket, "a", &ticket{Value: "v4", Names: []string{"bold", "red"}}))
		want("its old value", ids(one, kindTicketValue, "v1"))
		want("its new value", ids(one, kindTicketValue, "v4"), "1a")
		want("a name that it lost", ids(one, kindTicketName, "blue"+keyEnd), "b")
		want("a name that it got", ids(one, kindTicketName, "red"), "a")
		if err := one.saveUnique(kindTicket, "a", &ticket{Value: "v3"}, taken); err != taken {
			t.Errorf("a change to a value that another has: %v", err)
		}
		if err := one.save(kindTicket, "b", &ticket{Value: "v3"}); err == nil {
			t.Error("a change to a value that another has was taken")
		}
		return err
	})
}

func TestIndexFollowsRemoval(t *testing.T) {
	for _, tt := range []struct {
		name   string
		remove func(one, other *tx) error
		want   []string // values and names
	}{
		{"one", func(one, _ *tx) error { return one.remove(kindTicket, "aa", errors.New("missing")) }, []string{"v2", "v3", "v4", "blue\x00ab", "red\x00b"}},
		{"a prefix", func(one, _ *tx) error { return one.removeAll(kindTicket, "a") }, []string{"v3", "v4", "red\x00b"}},
		{"all of an account", func(one, _ *tx) error { return one.removeAll(kindTicket, "") }, []string{"v4"}},
		{"all of another", func(_, other *tx) error { return other.removeAll(kindTicket, "") }, []string{"v1", "v2", "v3", "blue\x00aa", "blue\x00ab", "red\x00b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withTickets(t, func(one, other *tx) error {
				err := errors.Join(
					one.insert(kindTicket, "aa", &ticket{Value: "v1", Names: []string{"blue"}}, nil), one.insert(kindTicket, "ab", &ticket{Value: "v2", Names: []string{"blue"}}, nil),
					one.insert(kindTicket, "b", &ticket{Value: "v3", Names: []string{"red"}}, nil), other.insert(kindTicket, "aa", &ticket{Value: "v4", Names: []string{"blue"}}, nil),
					tt.remove(one, other))
				values, e1 := one.ids(kindTicketValue, "")
				names, e2 := one.ids(kindTicketName, "")
				if d := cmp.Diff(tt.want, append(values, names...)); d != "" {
					t.Errorf("entries -want +got %s", d)
				}
				return errors.Join(err, e1, e2)
			})
		})
	}
}

// What is under a document goes with it, and nothing else does.
func TestRemovalReachesBelow(t *testing.T) {
	withTickets(t, func(one, _ *tx) error {
		err := errors.Join(
			one.insert(kindTicket, "a", &ticket{Value: "v1"}, nil), one.insert(kindTicket, "ab", &ticket{Value: "v2"}, nil),
			one.save(kindTicketStub, "a/1", &ticket{}), one.save(kindTicketStub, "a/2", &ticket{}), one.save(kindTicketStub, "ab/1", &ticket{}),
			one.remove(kindTicket, "a", errors.New("missing")))
		stubs, e := one.ids(kindTicketStub, "")
		if d := cmp.Diff([]string{"ab/1"}, stubs); d != "" {
			t.Errorf("stubs -want +got %s", d)
		}
		return errors.Join(err, e)
	})
}

// Each kind of the table is well formed: found once, and under a kind that is
// there and has its scope.
func TestKindTable(t *testing.T) {
	seen := make(map[kind]bool)
	set := newKindSet(kindTable())
	for _, k := range set.all {
		names := []kind{k.kind}
		for _, ix := range k.indexes {
			names = append(names, ix.kind)
		}
		for _, name := range names {
			if seen[name] {
				t.Errorf("%s is in the table twice", name)
			}
			seen[name] = true
		}
		if k.under == "" {
			continue
		}
		if over := set.byName[k.under]; over == nil || over.scope != k.scope {
			t.Errorf("%s is under %s, which is not there or of another scope", k.kind, k.under)
		}
	}
}

// Tags that are part of what is served are published, and others are not.
func TestTagsPublish(t *testing.T) {
	s := newTicketService(t)
	inAccount(t, s, func(tx *tx) error { return tx.insertServed(kindTicket, "a", &ticket{Value: "v1"}, nil) })
	for _, tt := range []struct {
		name string
		tags map[string]string
		want store.Revision
	}{{"new", map[string]string{"a": "1"}, 2}, {"the same", map[string]string{"a": "1"}, 2}, {"fewer", nil, 3}} {
		inAccount(t, s, func(tx *tx) error {
			found, err := tx.tagged("arn:aws:apigateway:r::/tickets/a")
			if err != nil {
				return err
			}
			return found.change(tt.tags)
		})
		if got := s.store.Revision(); got != tt.want {
			t.Errorf("%s: the revision is %d, want %d", tt.name, got, tt.want)
		}
	}
}

// A document of an account notes its tenant, whichever its kind is: Reset finds
// it by that.
func TestTenantIsNotedByItself(t *testing.T) {
	s := newTicketService(t)
	inAccount(t, s, func(tx *tx) error { return tx.insert(kindTicket, "a", &ticket{Value: "v1"}, nil) })
	if err := s.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	inAccount(t, s, func(tx *tx) error {
		for _, k := range []kind{kindTicket, kindTicketValue, kindTenant} {
			if ids, err := tx.ids(k, ""); err != nil || len(ids) > 0 {
				t.Errorf("%s: %q are left (%v)", k, ids, err)
			}
		}
		return nil
	})
}

// A listing with a filter has full pages however its documents are spread, and
// each document once.
func TestPagesOfSome(t *testing.T) {
	withTickets(t, func(one, _ *tx) error {
		var want []string
		for i := range 100 {
			k := &ticket{Value: fmt.Sprint("v", i)}
			if i%7 == 0 || i > 90 {
				k.Names = []string{"blue"}
				want = append(want, k.Value)
			}
			if err := one.insert(kindTicket, fmt.Sprintf("%03d", (i*37)%100), k, nil); err != nil {
				return err
			}
		}
		for _, limit := range []int32{1, 4, 23, 24, 25} {
			var got []string
			var position *string
			for pages := 0; ; pages++ {
				items, next, err := pageOf(one, kindTicket, "", position, &limit, func(k *ticket) bool { return len(k.Names) > 0 })
				if err != nil {
					return err
				}
				for _, k := range items {
					got = append(got, k.Value)
				}
				if next == nil {
					break
				}
				if len(items) != int(limit) {
					t.Fatalf("a page of %d has %d, and others follow", limit, len(items))
				}
				position = next
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("pages of %d -want +got %s", limit, d)
			}
		}
		return nil
	})
}
