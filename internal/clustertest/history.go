// Package clustertest has what the test of several nodes under faults needs: links that
// can be cut without anybody being told, and histories of what clients were answered,
// which are checked against what nodes promise.
//
// What the nodes are, and what is done to them, it leaves to the test.
package clustertest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// A Write sets a register to a value. One writer at a time writes to a register, and each
// of its values is larger than those before.
type Write struct {
	Register     string
	Value        int
	Begun, Ended time.Time
	Acked        bool // else nobody knows whether it was done, or will be
	Refused      bool // the server said that it was not done
}

// A Read is what a client read of a register at a node, or how that failed.
type Read struct {
	Client, Node, Register string
	Value                  int
	Err                    string // "" for none
	Begun, Ended           time.Time
	Up                     bool // the node was not killed or stopped, all the while
	Leased                 bool // it was one that writes wait for, all the while
}

// A Member is something that is added to a set, and may be taken out again.
type Member struct {
	Set, Name      string
	Added, Removed Fate
}

// A Fate is what a client knows of what it wanted to be done.
type Fate int

// The fates.
const (
	Untried Fate = iota
	Unknown      // nobody answered
	Acked
)

// A Use is a call with a key whose deletion was acknowledged before it began.
type Use struct {
	Key, Node    string
	Own          bool // it is the node that acknowledged
	Acked, Begun time.Time
	Leased       bool // see Read
	Accepted     bool
}

// An End is what a node says when all faults are over and everything has been applied.
type End struct {
	Node      string
	Registers map[string]int
	Sets      map[string][]string
}

// Limits of what is promised.
const (
	// QuickWrite is how long an acknowledged write may take of which is known that all
	// nodes serve it: one that takes longer may have waited for them in vain.
	QuickWrite = 1900 * time.Millisecond

	// KeyTime is how long a deleted key may be taken by a node that has not acknowledged
	// the deletion.
	KeyTime = time.Second
)

// A History is what clients have done and what they were answered. Its methods are safe
// for concurrent use, except that Check comes last.
type History struct {
	mu      sync.Mutex
	writes  map[string][]Write
	reads   []Read
	members []Member
	uses    []Use
}

// Wrote adds a write that has ended, in the order of its register's values.
func (h *History) Wrote(w Write) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.writes == nil {
		h.writes = map[string][]Write{}
	}
	h.writes[w.Register] = append(h.writes[w.Register], w)
}

// Has adds a read, in the order of its client.
func (h *History) Has(r Read) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads = append(h.reads, r)
}

// Kept adds what became of a member of a set.
func (h *History) Kept(m Member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.members = append(h.members, m)
}

// Used adds a use of a deleted key.
func (h *History) Used(u Use) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uses = append(h.uses, u)
}

// Counts says how much the history has, for who wants to know whether it shows anything.
func (h *History) Counts() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var acked, refused, unknown, failed, removed int
	for _, list := range h.writes {
		for _, w := range list {
			switch {
			case w.Acked:
				acked++
			case w.Refused:
				refused++
			default:
				unknown++
			}
		}
	}
	for _, r := range h.reads {
		if r.Err != "" {
			failed++
		}
	}
	for _, m := range h.members {
		if m.Removed == Acked {
			removed++
		}
	}
	return fmt.Sprintf("writes: %d acknowledged, %d refused, %d unknown; %d reads, %d of them without an answer; %d members, %d removed; %d uses of deleted keys",
		acked, refused, unknown, len(h.reads), failed, len(h.members), removed, len(h.uses))
}

// Check returns what of the history breaks what nodes promise:
//
//   - a node that is up answers every read;
//   - no acknowledged write is lost, and what was never written, or refused, is read nowhere;
//   - who reads at a node that writes wait for, after a write was acknowledged that had not
//     to wait in vain, reads that or what came after it;
//   - who reads at one node again never reads what is older;
//   - a deleted key is refused at once by the node that says so, by the others soon;
//   - in the end all nodes have the same.
//
// What nobody answered for may be done at any time, also after later writes.
func (h *History) Check(ends []End) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	type place struct{ client, node, register string }
	last := map[place]Read{}
	for _, r := range h.reads {
		if r.Err != "" {
			if r.Up {
				say("dropped: %s at %s, %s: %s", r.Client, r.Node, r.Begun.Format(clock), r.Err)
			}
			continue
		}
		w := h.write(r.Register, r.Value)
		if r.Value != 0 && (w == nil || w.Begun.After(r.Ended)) {
			say("invented: %s at %s reads %d of %s, %s, which nobody had written", r.Client, r.Node, r.Value, r.Register, r.Ended.Format(clock))
			continue
		}
		if w != nil && w.Refused {
			say("undone: %s at %s reads %d of %s, %s, of which was said that it was not done", r.Client, r.Node, r.Value, r.Register, r.Begun.Format(clock))
			continue
		}
		late := w != nil && !w.Acked
		if floor := h.floor(r.Register, r.Begun); r.Leased && !late && r.Value < floor.Value {
			say("stale: %s at %s reads %d of %s, %s, when %d was acknowledged at %s", r.Client, r.Node, r.Value, r.Register, r.Begun.Format(clock), floor.Value, floor.Ended.Format(clock))
		}
		at := place{r.Client, r.Node, r.Register}
		if before, found := last[at]; found && !late && r.Value < before.Value {
			say("backwards: %s at %s reads %d of %s, %s, after %d", r.Client, r.Node, r.Value, r.Register, r.Begun.Format(clock), before.Value)
		}
		last[at] = r
	}
	for _, u := range h.uses {
		if u.Accepted && u.Leased && (u.Own || u.Begun.Sub(u.Acked) > KeyTime) {
			say("deleted: %s takes the key %s %v after its deletion was acknowledged (by itself: %t)", u.Node, u.Key, u.Begun.Sub(u.Acked), u.Own)
		}
	}
	for i, end := range ends {
		h.checkEnd(end, say)
		if i > 0 {
			ends[0].differ(end, say)
		}
	}
	return out
}

// differ says what two nodes have in the end of which each may be right alone: what nobody
// answered for was done or not, for all.
func (e End) differ(other End, say func(string, ...any)) {
	for _, register := range slices.Sorted(maps.Keys(e.Registers)) {
		if a, b := e.Registers[register], other.Registers[register]; a != b {
			say("apart: %s has %d of %s in the end, and %s has %d", e.Node, a, register, other.Node, b)
		}
	}
	for _, set := range slices.Sorted(maps.Keys(e.Sets)) {
		if a, b := slices.Sorted(slices.Values(e.Sets[set])), slices.Sorted(slices.Values(other.Sets[set])); !slices.Equal(a, b) {
			say("apart: %s has %d of %s in the end, and %s has %d, which are not the same", e.Node, len(a), set, other.Node, len(b))
		}
	}
}

// Quick returns which part of the acknowledged writes all nodes were known to serve. Where
// it is small the history says little: only those bound what may be read.
func (h *History) Quick() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	var quick, acked float64
	for _, list := range h.writes {
		for _, w := range list {
			if w.Acked {
				acked++
				if w.quick() {
					quick++
				}
			}
		}
	}
	return quick / max(acked, 1)
}

// quick reports whether an acknowledged write has not waited for a node in vain.
func (w *Write) quick() bool { return w.Ended.Sub(w.Begun) < QuickWrite }

// clock is how times are told: all are of one run.
const clock = "15:04:05.000"

// write is the write of a value, nil for none.
func (h *History) write(register string, value int) *Write {
	list := h.writes[register]
	i, found := slices.BinarySearchFunc(list, value, func(w Write, v int) int { return w.Value - v })
	if !found {
		return nil
	}
	return &list[i]
}

// floor is the last write that all nodes served at a time.
func (h *History) floor(register string, at time.Time) (out Write) {
	for _, w := range h.writes[register] {
		if w.Acked && w.Ended.Before(at) && w.quick() {
			out = w
		}
	}
	return out
}

func (h *History) checkEnd(end End, say func(string, ...any)) {
	for register, list := range h.writes {
		want := 0
		for _, w := range list {
			if w.Acked {
				want = w.Value
			}
		}
		got := end.Registers[register]
		w := h.write(register, got)
		if got < want && (w == nil || w.Acked || w.Refused) {
			say("lost: %s has %d of %s in the end, when %d was acknowledged", end.Node, got, register, want)
		}
		if got != 0 && w == nil {
			say("invented: %s has %d of %s in the end, which nobody had written", end.Node, got, register)
		}
		if got > want && w != nil && w.Refused {
			say("undone: %s has %d of %s in the end, of which was said that it was not done", end.Node, got, register)
		}
	}
	has := map[[2]string]bool{}
	for set, names := range end.Sets {
		for _, name := range names {
			has[[2]string{set, name}] = true
		}
	}
	for _, m := range h.members {
		there := has[[2]string{m.Set, m.Name}]
		if m.Added == Acked && m.Removed == Untried && !there {
			say("lost: %s has no %s in %s in the end", end.Node, m.Name, m.Set)
		}
		if m.Removed == Acked && there {
			say("lost: %s has %s in %s in the end, which was removed", end.Node, m.Name, m.Set)
		}
	}
}
