package nodes

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A node tells once of each other that is set up otherwise, and of one that has come back.
func TestDiffers(t *testing.T) {
	var log bytes.Buffer
	r := New(Options{
		Self: Node{ID: "a"}, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Differs: func(n *Node) []string {
			if n.SecretsKey == "other" {
				return []string{"the keys"}
			}
			return nil
		},
	})
	all := []Node{{ID: "a", SecretsKey: "other"}, {ID: "b", Address: "b:1"}, {ID: "c", Address: "c:1", SecretsKey: "other"}}
	for range 3 {
		r.differ(all)
	}
	r.differ(all[:2])
	if got := strings.Count(log.String(), "other=c:1"); got != 1 || strings.Contains(log.String(), "b:1") {
		t.Errorf("%d lines of c in %s", got, log.String())
	}
	r.differ(all)
	if got := strings.Count(log.String(), "other=c:1"); got != 2 {
		t.Errorf("%d lines of c that has come back in %s", got, log.String())
	}
}

// Ages go on while nobody can look at the leases.
func TestAges(t *testing.T) {
	r := New(Options{Self: Node{ID: "a"}})
	r.all, r.looked = []Node{{ID: "b", Age: time.Second}}, time.Now().Add(-store.LeaseTime)
	if age := r.Nodes()[0].Age; age < store.LeaseTime+time.Second {
		t.Errorf("heard %v ago", age)
	}
}
