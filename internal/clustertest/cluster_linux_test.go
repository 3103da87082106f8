package clustertest

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// leaseTime is how long others do with a node that says nothing, and stopTime how long one
// is stopped.
const leaseTime = 5 * time.Second

func stopTime() time.Duration {
	if soak.Long() {
		return 30 * time.Second
	}
	return leaseTime + time.Second
}

// TestFaults has three nodes serve readers and writers while a node is stopped for longer
// than its lease, Redis is killed, a node is killed, and the primary of two databases is,
// in whose place the other comes: what clients see is what nodes promise.
func TestFaults(t *testing.T) {
	c := newCluster(t)
	l := begin(c)
	time.Sleep(time.Second)
	for i := range soak.Factor() {
		if i > 0 {
			c.replaceStandby()
		}
		c.stopNode(c.nodes[(i+2)%3], c.killRedis)
		c.killNode(c.nodes[(i+1)%3])
		c.failOver()
		time.Sleep(time.Second)
	}
	l.judge()
}

// TestPartitions cuts nodes off from their databases and from Redis, both ways and one way
// alone, for longer than their leases, and the databases from each other: who is cut off
// serves on, writes are not waited for in vain for long, and what it says when the way is
// there again is what the others say.
func TestPartitions(t *testing.T) {
	c := newCluster(t)
	l := begin(c)
	time.Sleep(time.Second)
	if !soak.Long() {
		c.tell("n1 is cut off from Redis, one way")
		l.cuts++
		c.nodes[0].redis.Cut(There)
		c.cutOff(c.nodes[1], Back)
		c.nodes[0].redis.Heal()
		c.apart(2 * time.Second)
	} else {
		for _, ways := range []int{Both, There, Back} {
			for _, n := range c.nodes {
				c.tell("%s is cut off from Redis, ways %b", n.name, ways)
				l.cuts++
				n.redis.Cut(ways)
				time.Sleep(3 * time.Second)
				n.redis.Heal()
				c.cutOff(n, ways)
			}
			c.apart(10 * time.Second)
		}
	}
	time.Sleep(time.Second)
	l.judge()
}

// TestLostStandby cuts the databases from each other for longer than a commit may take, and
// puts the standby in the place of the primary then: what was acknowledged meanwhile is on
// both.
func TestLostStandby(t *testing.T) {
	if !soak.Long() {
		t.Skip("a minute and more: make soak")
	}
	c := newCluster(t)
	l := begin(c)
	time.Sleep(time.Second)
	c.tell("the databases are cut off from each other")
	c.replication.Cut(Both)
	time.Sleep(45 * time.Second)
	c.tell("the primary is killed")
	for _, n := range c.nodes {
		n.is(true, false)
	}
	c.primary.Kill(t)
	c.standby.Promote(t)
	c.tell("the standby is promoted")
	for _, n := range c.nodes {
		n.awaitLease()
		c.tell("%s follows it", n.name)
	}
	time.Sleep(time.Second)
	l.judge()
}

// apart cuts the databases off from each other for a time.
func (c *cluster) apart(lasts time.Duration) {
	c.t.Helper()
	c.tell("the databases are cut off from each other")
	c.replication.Cut(Both)
	time.Sleep(lasts)
	c.replication.Heal()
	c.tell("the way is there again")
}

// cutOff cuts a node off from the databases for longer than its lease.
func (c *cluster) cutOff(n *node, ways int) {
	c.t.Helper()
	c.tell("%s is cut off from the databases, ways %b", n.name, ways)
	n.is(true, false)
	for _, link := range n.databases {
		link.Cut(ways)
	}
	time.Sleep(leaseTime + 3*time.Second)
	c.tell("the way is there again")
	for _, link := range n.databases {
		link.Heal()
	}
	n.awaitLease()
	c.tell("%s follows", n.name)
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
	t.Logf("%s; %.0f %% of the writes were served by all nodes when they were acknowledged", l.h.Counts(), 100*l.h.Quick())
	if l.h.Quick() < 0.5 {
		t.Error("most writes have waited for nodes in vain: the history says little")
	}
	t.Logf("%d calls of %d were admitted", l.admitted.Load(), quota)
	for i, line := range wrong {
		if i == 30 {
			t.Errorf("and %d more", len(wrong)-i)
			break
		}
		t.Error(line)
	}
	// The limit may be passed by one in a hundred, and Redis forgets a second of calls with
	// each fault; what a killed node had in hand is lost to all.
	// A node that is cut off from Redis, while others are not, has its part beside the rest.
	if got, slack := int(l.admitted.Load()), int(time.Second/pause)*soak.Factor()+l.cuts*quota/len(l.c.nodes); got > quota+quota/100+slack || got < quota*9/10 {
		t.Errorf("%d calls of %d were admitted, want those and %d more at most", got, quota, quota/100+slack)
	}
	if strings.Contains(l.h.Counts(), " 0 uses") {
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
	time.Sleep(time.Until(begun.Add(stopTime())))
	c.tell("%s goes on", n.name)
	if err := n.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
	n.is(true, true) // whether it is ready or not, it answers, and with nothing from before
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

// failOver kills the primary and promotes the standby, which knows of no lease. Writes wait
// all the same for each node that has one by its own clock.
func (c *cluster) failOver() {
	c.t.Helper()
	lapses := make([]int, len(c.nodes))
	for i, n := range c.nodes {
		lapses[i] = n.lapses()
	}
	begun := c.tell("the primary is killed")
	c.primary.Kill(c.t)
	time.Sleep(500 * time.Millisecond)
	c.standby.Promote(c.t)
	c.tell("the standby is promoted")
	for i, n := range c.nodes {
		c.becomes(n.name+" has a lease of the standby", func() bool {
			if n.now().leased && time.Since(begun) > leaseTime-time.Second {
				n.is(true, false)
			}
			return n.lapses() > lapses[i]
		})
		if !n.now().leased {
			n.await()
		}
		c.tell("%s follows it", n.name)
	}
}

// replaceStandby starts another standby in the place of the primary that was killed.
func (c *cluster) replaceStandby() {
	c.t.Helper()
	gone := c.primary.Addr()
	c.primary = c.standby
	c.addStandby()
	for _, n := range c.nodes {
		for _, link := range n.databases {
			link.Move(gone, c.standby.Addr())
		}
	}
	c.tell("another standby follows")
}

// tell logs what is done to the nodes, by the clock of the history.
func (c *cluster) tell(format string, args ...any) time.Time {
	c.t.Helper()
	now := time.Now()
	c.t.Logf(now.Format(clock)+" "+format, args...)
	return now
}
