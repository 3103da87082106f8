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

// A Position is a place in the order of a group's events.
type Position struct {
	Time int64
	Seq  uint64
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Time, q.Time), cmp.Compare(p.Seq, q.Seq))
}

// A Line is an event that comes.
type Line struct {
	Time int64 // that it tells itself
	Text []byte
}

// What an event takes beside its message, a stream beside its name, and a group beside its
// names, in bytes.
const (
	own       = 40
	ownStream = 128
	ownGroup  = 512
)

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
	spare  []*segment // that are empty and had a use; see reuse
}

// events are those of a group, in the order in which they came.
type events struct {
	created  int64
	segments []*segment // none is empty
	size     int64      // of the events
	beside   int64      // what the group and its streams take beside them
	streams  map[string]*Stream
}

// all is what a group takes of the budget.
func (in *events) all() int64 { return in.size + in.beside }

// A Stream is a log stream that has had events.
type Stream struct {
	Name                           string
	Created, First, Last, Ingested int64

	events int      // that are there
	in     *segment // that has the stream's last event
	at     uint32   // among that segment's streams
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

// Append adds events to a stream, both of which come to be with their first. It copies
// them.
func (s *Store) Append(g Group, stream string, list []Line) {
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
	for i := range list {
		l := &list[i]
		s.seq++
		s.add(in, st, mark{time: l.Time, ingested: now, seq: s.seq}, l.Text)
		st.First, st.Last, st.Ingested = min(st.First, l.Time), max(st.Last, l.Time), now
	}
	s.makeRoom()
}

// add adds one event to a group.
func (s *Store) add(in *events, st *Stream, m mark, text []byte) {
	last := len(in.segments) - 1
	if last < 0 || in.segments[last].size >= s.most() {
		in.segments = append(in.segments, s.newSegment())
		last++
	}
	size := in.segments[last].add(st, m, text)
	in.size += size
	s.used += size
}

// makeRoom lets the oldest events of the largest groups go while there are too many.
func (s *Store) makeRoom() {
	for s.used > s.budget {
		var largest *events
		var its Group
		for g, in := range s.groups {
			if largest == nil || in.all() > largest.all() {
				largest, its = in, g
			}
		}
		s.dropOldest(its, largest)
	}
}

// dropOldest lets the oldest events of a group go: a segment, and of the only one half of
// its events. A stream goes with its last event, and so does a group.
func (s *Store) dropOldest(g Group, in *events) {
	if only := in.segments[0]; len(in.segments) == 1 && len(only.marks) > 1 {
		n := 0
		s.keep(g, func(*Event) bool { n++; return n > len(only.marks)/2 })
		return
	}
	oldest := in.segments[0]
	in.segments = slices.Delete(in.segments, 0, 1)
	in.size -= oldest.size
	s.used -= oldest.size
	if len(in.segments) == 0 {
		s.used -= in.beside
		delete(s.groups, g)
		return
	}
	for i := range oldest.marks {
		st := in.streams[oldest.streams[oldest.marks[i].stream]]
		if st.events--; st.events == 0 {
			delete(in.streams, st.Name)
			in.beside -= st.size()
			s.used -= st.size()
		}
	}
	s.reuse(oldest)
}

// keep lets the events of a group go that are not to be kept.
func (s *Store) keep(g Group, kept func(*Event) bool) {
	in := s.groups[g]
	left := &events{created: in.created, beside: g.size(), streams: make(map[string]*Stream)}
	s.used -= in.all()
	s.used += left.beside
	for _, from := range in.segments {
		for i := range from.marks {
			e := from.event(i)
			if !kept(&e) {
				continue
			}
			st := left.streams[e.Stream]
			if st == nil {
				st = new(*in.streams[e.Stream])
				st.events, st.in = 0, nil
				left.streams[e.Stream] = st
				left.beside += st.size()
				s.used += st.size()
			}
			s.add(left, st, from.marks[i], from.message(i))
		}
	}
	if s.groups[g] = left; len(left.segments) == 0 {
		s.used -= left.beside
		delete(s.groups, g)
	}
}

// Expire lets the events of a group go that are older than a time.
func (s *Store) Expire(g Group, before int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.groups[g]
	if in == nil {
		return
	}
	old := func(m mark) bool { return m.time < before }
	if slices.ContainsFunc(in.segments, func(part *segment) bool { return slices.ContainsFunc(part.marks, old) }) {
		s.keep(g, func(e *Event) bool { return e.Time >= before })
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
	s.keep(g, func(e *Event) bool { return e.Stream != stream })
}

// Reset removes everything.
func (s *Store) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.groups)
	s.used, s.spare = 0, nil
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
			out[name] = Stream{Name: name, Created: st.Created, First: st.First, Last: st.Last, Ingested: st.Ingested}
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

// snapshot returns a group's events as they are now, which stay so.
func (s *Store) snapshot(g Group) []segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.groups[g]
	if in == nil {
		return nil
	}
	parts := make([]segment, len(in.segments))
	for i, part := range in.segments {
		part.lent = true
		parts[i] = *part
	}
	return parts
}

// ID is the id of an event, in the form of CloudWatch Logs's.
func (e *Event) ID() string {
	const digits = 56
	id := itoa(e.Seq)
	return strings.Repeat("0", digits-len(id)) + id
}
