//go:build unix

package main

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// TestLostCommits has a standby take over that lacks what one node has served, and another
// node, which has not seen that, change it further: the one does not mix both, says so, refuses
// changes, and follows when it is started again.
func TestLostCommits(t *testing.T) {
	t.Parallel()
	primary := pgtest.New(t, pgtest.Options{})
	standby := primary.Standby(t, pgtest.Options{})
	database := fmt.Sprintf("postgres://gatehouse@%s,%s/postgres?sslmode=disable", primary.Addr(), standby.Addr())
	dir := newNodesDir(t)
	start := func(name string) *testNode { return launchNode(t, dir, name, database, "", "--wait-for-nodes", "0s") }
	one, two := start("one"), start("two")
	deployAPI(t, one.plane, "a", versioned)
	change := func(n *testNode, v string) {
		t.Helper()
		if got := n.setVersion(t, v); got.status != http.StatusOK {
			t.Fatal(got)
		}
	}
	change(one, "kept")
	becomes(t, "the other node serves it", func() bool { return two.version(t) == "200 kept" })
	standby.Await(t, `SELECT EXISTS (SELECT FROM gatehouse_served WHERE position('kept'::bytea in data) > 0)`)
	if err := two.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	standby.Detach(t)
	change(one, "lost")
	change(one, "lost too")
	primary.Kill(t)
	standby.Promote(t)
	if err := two.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	says := func(n *testNode, want string) {
		t.Helper()
		becomes(t, want, func() bool { _, says := n.ready(t); return says.Database == want })
	}
	says(one, "behind")
	for _, v := range []string{"after", "the last"} { // as many as are lost
		becomes(t, "the other node takes changes", func() bool { return two.setVersion(t, v).status == http.StatusOK })
	}
	says(one, "replaced")
	if got := one.version(t); got != "200 lost too" {
		t.Errorf("the one serves %s", got)
	}
	if got := one.setVersion(t, "more"); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("a change at the one: %v", got)
	}
	one.kill()
	one = start("one")
	for _, n := range []*testNode{one, two} {
		if got := n.version(t); got != "200 the last" {
			t.Errorf("in the end: %s", got)
		}
		says(n, "follows")
	}
	change(one, "goes on")
	becomes(t, "both go on", func() bool { return two.version(t) == "200 goes on" })
}
