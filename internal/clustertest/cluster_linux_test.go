package clustertest

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// leaseTime is how long others do with a node that says nothing.
const leaseTime = 5 * time.Second

// TestFaults has three nodes serve readers and writers while a node is stopped for longer
// than its lease, Redis is killed, a node is killed, and the primary of two databases is,
// in whose place the other comes: what clients see is what nodes promise.
func TestFaults(t *testing.T) {
	c := newCluster(t)
	l := begin(c)
	time.Sleep(time.Second)
	for range soak.Factor() {
		c.stopNode(c.nodes[2], func() { c.killRedis() })
		c.killNode(c.nodes[1])
	}
	c.failOver()
	time.Sleep(time.Second)
	l.judge()
}

// judge ends the load and says what was wrong.
func (l *load) judge() {
	t := l.c.t
	t.Helper()
	l.end()
	for over, begun := 0, time.Now(); over < 20 && time.Since(begun) < patience; {
		if l.limited() {
			over++
		} else {
			over = 0
		}
	}
	wrong := l.h.Check(l.ends())
	t.Log(l.h.Counts())
	t.Logf("%d calls of %d were admitted", l.admitted.Load(), quota)
	for i, line := range wrong {
		if i == 30 {
			t.Errorf("and %d more", len(wrong)-i)
			break
		}
		t.Error(line)
	}
	if strings.Contains(l.h.Counts(), "0 uses") {
		t.Error("no deleted key was used")
	}
}

// stopNode stops a node for longer than its lease, does something meanwhile, and has it go
// on.
func (c *cluster) stopNode(n *node, meanwhile func()) {
	c.t.Helper()
	begun := c.tell("%s is stopped", n.name)
	n.is(false, false)
	if err := n.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.t.Fatal(err)
	}
	meanwhile()
	time.Sleep(time.Until(begun.Add(leaseTime + time.Second)))
	c.tell("%s goes on", n.name)
	if err := n.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
	n.await()
	c.tell("%s is ready", n.name)
}

// killRedis kills Redis, which forgets everything, and starts it again.
func (c *cluster) killRedis() {
	c.tell("Redis is killed")
	c.redis.Kill()
	time.Sleep(time.Second)
	c.redis.Run()
	c.tell("Redis is there again")
}

// killNode kills a node and starts it again.
func (c *cluster) killNode(n *node) {
	c.t.Helper()
	c.tell("%s is killed", n.name)
	n.is(false, false)
	n.kill()
	time.Sleep(200 * time.Millisecond)
	n.start()
	n.await()
	c.tell("%s is ready", n.name)
	n.must("POST", "/apikeys", `{"name": "of a node that has just started"}`, nil)
}

// failOver kills the primary and promotes the standby.
func (c *cluster) failOver() {
	c.t.Helper()
	c.tell("the primary is killed")
	for _, n := range c.nodes {
		n.is(true, false)
	}
	c.primary.Kill(c.t)
	time.Sleep(500 * time.Millisecond)
	c.standby.Promote(c.t)
	c.tell("the standby is promoted")
	for _, n := range c.nodes {
		n.awaitLease()
		c.tell("%s follows it", n.name)
	}
}

// tell logs what is done to the nodes, by the clock of the history.
func (c *cluster) tell(format string, args ...any) time.Time {
	c.t.Helper()
	now := time.Now()
	c.t.Logf(now.Format(clock)+" "+format, args...)
	return now
}
