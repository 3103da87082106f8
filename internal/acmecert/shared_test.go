package acmecert

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// hear hands on what was published after a revision, as a feed does.
func (r *rig) hear(t *testing.T, after store.Revision) store.Revision {
	t.Helper()
	rows, err := r.store.Changes(t.Context(), after, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		after = row.Revision
		switch row.Kind {
		case snapshot.ServedIssued:
			var c *snapshot.Issued
			if !row.Deleted {
				c = new(snapshot.Issued)
				err = json.Unmarshal(row.Data, c)
			}
			r.SetIssued(row.ID, c)
		case snapshot.ServedChallenge:
			var c *snapshot.Challenge
			if !row.Deleted {
				c = new(snapshot.Challenge)
				err = json.Unmarshal(row.Data, c)
			}
			if err == nil {
				err = r.SetChallenge(row.ID, c)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return after
}

// TestShared has two processes: the one that leads has certificates issued, and the other
// shows them, answers challenges, and issues when it leads.
func TestShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, keys := memory(t), secrets.New()
		share := func(leads bool) *rig {
			r := newRig(t, st, keys, "a.example.com")
			r.opts.Leads = func() bool { return leads }
			r.opts.Shared, r.shelf.shared = true, true
			return r
		}
		one, two := share(true), share(false)
		two.run(t, time.Hour)
		two.expect(t)
		one.run(t, time.Hour)
		one.expect(t, "a.example.com 1h0m0s tls-alpn-01")
		at := two.hear(t, 0)
		if len(two.issued) != 1 {
			t.Errorf("the other has heard of %v", two.issued)
		}

		told := store.Revision(0)
		publish := one.shelf.publisher(func(_ context.Context, rev store.Revision) { told = rev })
		cert, err := one.Certificate(t.Context(), "a.example.com")
		if err != nil {
			t.Fatal(err)
		}
		const path = pathOfTokens + "t"
		for key, c := range map[string]*snapshot.Challenge{"a.example.com": {Key: "a.example.com"}, path: {Key: path, Answer: "t.answer"}} {
			with := cert
			if key == path {
				with = nil
			}
			if err := publish(t.Context(), key, c, with); err != nil || told != st.Revision() {
				t.Fatalf("told of %d: %v", told, err)
			}
		}
		at = two.hear(t, at)
		if answer, ok := two.Token(path); answer != "t.answer" || !ok || two.Challenges.Certificate("A.example.com") == nil {
			t.Errorf("the other answers %q %v, %v", answer, ok, two.Challenges.Certificate("a.example.com"))
		}
		for _, key := range []string{"a.example.com", path} {
			if err := publish(t.Context(), key, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		two.hear(t, at)
		if _, ok := two.Token(path); ok || two.Challenges.Certificate("a.example.com") != nil {
			t.Error("the other goes on answering")
		}

		_ = st.Close()
		if cert, err := two.Certificate(t.Context(), "a.example.com"); cert == nil || err != nil {
			t.Errorf("without the store the other shows %v, %v", cert, err)
		}
	})
}
