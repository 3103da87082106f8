package clustertest

import (
	"strings"
	"testing"
	"time"
)

// The checker finds what is wrong with histories that were made up to be wrong, and nothing
// in those that look it.
func TestCheck(t *testing.T) {
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return zero.Add(time.Duration(ms) * time.Millisecond) }
	wrote := func(value, from, to int, acked bool) Write {
		return Write{Register: "r", Value: value, Begun: at(from), Ended: at(to), Acked: acked}
	}
	read := func(node string, value, from int) Read {
		return Read{Client: "c", Node: node, Register: "r", Value: value, Begun: at(from), Ended: at(from + 5), Up: true, Leased: true}
	}
	end := func(value int, keys ...string) []End {
		return []End{{Node: "n1", Registers: map[string]int{"r": value}, Sets: map[string][]string{"keys": keys}}}
	}
	away := func(r Read) Read { r.Leased = false; return r }
	fails := func(r Read, up bool) Read { r.Err, r.Up = "refused", up; return r }
	one, two := wrote(1, 0, 10, true), wrote(2, 20, 30, true)
	refused := wrote(2, 20, 30, false)
	refused.Refused = true
	for name, tt := range map[string]struct {
		writes  []Write
		reads   []Read
		members []Member
		uses    []Use
		ends    []End
		want    string // the first word of each thing found
	}{
		"all is well":                                         {writes: []Write{one, two}, reads: []Read{read("n1", 0, 1), read("n1", 1, 12), read("n2", 2, 35)}, ends: end(2)},
		"older than acknowledged":                             {writes: []Write{one, two}, reads: []Read{read("n1", 1, 31)}, ends: end(2), want: "stale"},
		"older, at a node without a lease":                    {writes: []Write{one, two}, reads: []Read{away(read("n1", 1, 31))}, ends: end(2)},
		"older, after a write that waited in vain":            {writes: []Write{one, wrote(2, 20, 2030, true)}, reads: []Read{read("n1", 1, 2040)}, ends: end(2)},
		"older, while it is written":                          {writes: []Write{one, two}, reads: []Read{read("n1", 2, 25), read("n2", 1, 29)}, ends: end(2)},
		"older than before at one node":                       {writes: []Write{one, two}, reads: []Read{away(read("n1", 2, 31)), away(read("n1", 1, 41))}, ends: end(2), want: "backwards"},
		"older than before, while it is written":              {writes: []Write{one, two}, reads: []Read{read("n1", 2, 25), read("n1", 1, 28)}, ends: end(2), want: "backwards"},
		"older than at another node":                          {writes: []Write{one, two}, reads: []Read{read("n1", 2, 31), away(read("n2", 1, 41))}, ends: end(2)},
		"a write without an answer, done late":                {writes: []Write{wrote(1, 0, 10, false), two}, reads: []Read{read("n1", 2, 31), read("n1", 1, 41)}, ends: end(1)},
		"what nobody wrote":                                   {writes: []Write{one}, reads: []Read{read("n1", 7, 31)}, ends: end(1), want: "invented"},
		"what is written later":                               {writes: []Write{one, two}, reads: []Read{read("n1", 2, 12)}, ends: end(2), want: "invented"},
		"an acknowledged write is lost":                       {writes: []Write{one, two}, ends: end(1), want: "lost"},
		"all is lost":                                         {writes: []Write{one}, ends: end(0), want: "lost"},
		"no answer of a node that is up":                      {reads: []Read{fails(read("n1", 0, 1), true)}, want: "dropped"},
		"no answer of a killed node":                          {reads: []Read{fails(read("n1", 0, 1), false)}},
		"a refused write is read":                             {writes: []Write{one, refused}, reads: []Read{read("n1", 2, 35)}, ends: end(1), want: "undone"},
		"a refused write is there":                            {writes: []Write{one, refused}, ends: end(2), want: "undone"},
		"nodes are not the same":                              {writes: []Write{one, wrote(2, 20, 30, false)}, ends: append(end(1), end(2)...), want: "apart"},
		"nodes have not the same keys":                        {ends: append(end(0, "a"), end(0, "a", "b")...), want: "apart"},
		"nodes list in another order":                         {ends: append(end(0, "b", "a"), end(0, "a", "b")...)},
		"a member is lost":                                    {members: []Member{{"keys", "a", Acked, Untried}}, ends: end(0, "b"), want: "lost"},
		"a removed member is there":                           {members: []Member{{"keys", "a", Acked, Acked}}, ends: end(0, "a"), want: "lost"},
		"members of whom nobody knows":                        {members: []Member{{"keys", "a", Unknown, Untried}, {"keys", "b", Acked, Unknown}, {"keys", "c", Unknown, Unknown}}, ends: end(0, "c")},
		"a deleted key at once, where it was acknowledged":    {uses: []Use{{Key: "k", Node: "n1", Own: true, Acked: at(0), Begun: at(1), Leased: true, Accepted: true}}, want: "deleted"},
		"a deleted key at once, elsewhere":                    {uses: []Use{{Key: "k", Node: "n1", Acked: at(0), Begun: at(1), Leased: true, Accepted: true}}},
		"a deleted key later, elsewhere":                      {uses: []Use{{Key: "k", Node: "n1", Acked: at(0), Begun: at(1001), Leased: true, Accepted: true}}, want: "deleted"},
		"a deleted key later, at a node without a lease":      {uses: []Use{{Key: "k", Node: "n1", Acked: at(0), Begun: at(1001), Accepted: true}}},
		"a deleted key is refused, where it was acknowledged": {uses: []Use{{Key: "k", Node: "n1", Own: true, Acked: at(0), Begun: at(1), Leased: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			h := new(History)
			for _, w := range tt.writes {
				h.Wrote(w)
			}
			for _, r := range tt.reads {
				h.Has(r)
			}
			for _, m := range tt.members {
				h.Kept(m)
			}
			for _, u := range tt.uses {
				h.Used(u)
			}
			var words []string
			for _, line := range h.Check(tt.ends) {
				word, _, _ := strings.Cut(line, ":")
				words = append(words, word)
			}
			if got := strings.Join(words, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// How much of a history bounds what may be read.
func TestQuick(t *testing.T) {
	h, zero := new(History), time.Time{}
	for i, takes := range []time.Duration{0, time.Second, 2 * time.Second, time.Minute} {
		h.Wrote(Write{Register: "r", Value: i + 1, Begun: zero, Ended: zero.Add(takes), Acked: i < 3})
	}
	if got := h.Quick(); got < 0.66 || got > 0.67 {
		t.Errorf("got %v, want two of three", got)
	}
}
