// Package logevents has the events of log groups, the newest of them, in bounded memory.
package logevents

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Group names a log group.
type Group struct{ Account, Region, Name string }

// An Event is one of a log stream. Times are milliseconds since 1970.
type Event struct {
	Stream   string
	Time     int64  // that it tells itself
	Ingested int64  // when it came
	Seq      uint64 // of the store: an event that came later has a larger one
	Message  string
}

// position is where an event stands among those of its group.
func (e *Event) position() Position { return Position{e.Time, e.Seq} }

// A Position is a place in the order of a group's events.
type Position struct {
	Time int64
	Seq  uint64
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Time, q.Time), cmp.Compare(p.Seq, q.Seq))
}

// What an event takes beside its message, a stream beside its name, and a group beside its
// names, in bytes.
const (
	own       = 96
	ownStream = 128
	ownGroup  = 512
)

func (e *Event) size() int64 { return int64(len(e.Message)) + own }

func (g *Group) size() int64 { return int64(len(g.Account)+len(g.Region)+len(g.Name)) + ownGroup }

func (s *Stream) size() int64 { return int64(len(s.Name)) + ownStream }

// A Store has the events of all groups within a budget: what is beyond it, the oldest
// events of the largest group make room for. It is safe for concurrent use, and who reads
// keeps nobody waiting who writes.
type Store struct {
	budget int64
	now    func() time.Time

	mu     sync.Mutex
	used   int64
	seq    uint64
	groups map[Group]*events
}

// events are those of a group, in the order in which they came. What a slice of them
// holds never changes; more may be appended behind it.
type events struct {
	created int64
	list    []Event
	size    int64 // of list
	beside  int64 // what the group and its streams take beside it
	streams map[string]*Stream
}

// all is what a group takes of the budget.
func (in *events) all() int64 { return in.size + in.beside }

// A Stream is a log stream that has had events.
type Stream struct {
	Name                           string
	Created, First, Last, Ingested int64
}

// New makes a store. Nil as now is the real clock.
func New(budget int64, now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{budget: budget, now: now, seq: uint64(now().UnixNano()), groups: make(map[Group]*events)}
}

// Keeps reports whether anything is kept at all.
func (s *Store) Keeps() bool { return s.budget > 0 }

// Append adds events to a stream, both of which come to be with their first. The events'
// messages and times count.
func (s *Store) Append(g Group, stream string, list []Event) {
	if !s.Keeps() || len(list) == 0 {
		return
	}
	now := s.now().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.groups[g]
	if in == nil {
		in = &events{created: now, beside: g.size(), streams: make(map[string]*Stream)}
		s.groups[g] = in
		s.used += in.beside
	}
	st := in.streams[stream]
	if st == nil {
		st = &Stream{Name: stream, Created: now, First: list[0].Time}
		in.streams[stream] = st
		in.beside += st.size()
		s.used += st.size()
	}
	for _, e := range list {
		s.seq++
		e.Stream, e.Ingested, e.Seq = st.Name, now, s.seq
		in.list = append(in.list, e)
		in.size += e.size()
		s.used += e.size()
		st.First, st.Last, st.Ingested = min(st.First, e.Time), max(st.Last, e.Time), now
	}
	s.makeRoom()
}

// makeRoom lets the oldest events of the largest groups go while there are too many, an
// eighth of a group's at once.
func (s *Store) makeRoom() {
	for s.used > s.budget {
		var largest *events
		var its Group
		for g, in := range s.groups {
			if largest == nil || in.all() > largest.all() {
				largest, its = in, g
			}
		}
		most, n, freed := max(largest.size/8, s.used-s.budget), 0, int64(0)
		for n < len(largest.list) && freed < most {
			freed += largest.list[n].size()
			n++
		}
		room := len(largest.list) // as many will be here again soon
		s.keep(its, append(make([]Event, 0, room), largest.list[n:]...))
	}
}

// keep replaces a group's events by some of them, in memory that is the group's from here
// on: who reads the others still has them. A stream goes with its last event, and so does a group.
func (s *Store) keep(g Group, list []Event) {
	in := s.groups[g]
	s.used -= in.all()
	if len(list) == 0 {
		delete(s.groups, g)
		return
	}
	in.list, in.size, in.beside = list, 0, g.size()
	left := make(map[string]*Stream)
	last := "" // most have one stream
	for i := range in.list {
		e := &in.list[i]
		in.size += e.size()
		if i > 0 && e.Stream == last {
			continue
		}
		if last = e.Stream; left[e.Stream] == nil {
			st := in.streams[e.Stream]
			left[e.Stream] = st
			in.beside += st.size()
		}
	}
	in.streams = left
	s.used += in.all()
}

// Expire lets the events of a group go that are older than a time.
func (s *Store) Expire(g Group, before int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.groups[g]
	if in == nil {
		return
	}
	old := func(e Event) bool { return e.Time < before }
	if slices.ContainsFunc(in.list, old) {
		s.keep(g, slices.Clone(slices.DeleteFunc(slices.Clone(in.list), old)))
	}
}

// Delete removes a group with all that it has.
func (s *Store) Delete(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.groups[g]; in != nil {
		s.used -= in.all()
		delete(s.groups, g)
	}
}

// DeleteStream removes a stream with its events.
func (s *Store) DeleteStream(g Group, stream string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.groups[g]
	if in == nil || in.streams[stream] == nil {
		return
	}
	s.keep(g, slices.Clone(slices.DeleteFunc(slices.Clone(in.list), func(e Event) bool { return e.Stream == stream })))
}

// Reset removes everything.
func (s *Store) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.groups)
	s.used = 0
}

// A GroupInfo is what a group has.
type GroupInfo struct {
	Created int64 // when its first event came
	Bytes   int64
}

// Group returns what a group has, false where it has had no events.
func (s *Store) Group(g Group) (GroupInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.groups[g]
	if in == nil {
		return GroupInfo{}, false
	}
	return GroupInfo{in.created, in.size}, true
}

// Groups returns the groups of an account in a region that have had events, by name.
func (s *Store) Groups(account, region string) map[string]GroupInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]GroupInfo)
	for g, in := range s.groups {
		if g.Account == account && g.Region == region {
			out[g.Name] = GroupInfo{in.created, in.size}
		}
	}
	return out
}

// Streams returns the streams of a group that have had events, by name, in a map of the
// caller's own.
func (s *Store) Streams(g Group) map[string]Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]Stream)
	if in := s.groups[g]; in != nil {
		for name, st := range in.streams {
			out[name] = *st
		}
	}
	return out
}

// HasStream reports whether a stream of a group has had events.
func (s *Store) HasStream(g Group, stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.groups[g]
	return in != nil && in.streams[stream] != nil
}

// snapshot returns a group's events as they are now.
func (s *Store) snapshot(g Group) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.groups[g]; in != nil {
		return in.list
	}
	return nil
}

// ID is the id of an event, in the form of CloudWatch Logs's.
func (e *Event) ID() string {
	const digits = 56
	id := itoa(e.Seq)
	return strings.Repeat("0", digits-len(id)) + id
}
