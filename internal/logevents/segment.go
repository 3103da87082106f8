package logevents

// A segment has events of a group, one behind the other, in memory without pointers: the
// collector looks at none of them, however many are kept, and who reads them has copies.
// What a segment has of an event never changes; more may be appended behind it.
type segment struct {
	text    []byte // the messages
	marks   []mark
	streams []string // names, each once
	size    int64    // of the events
	lent    bool     // somebody may be reading it
}

// A mark is what an event has beside its message.
type mark struct {
	time, ingested int64
	seq            uint64
	end            uint32 // of the message in text
	stream         uint32 // in streams
}

// mostSegment is the most that the events of a segment take before there is another one, in
// bytes.
const mostSegment = 64 << 10

// most is that of a store: each segment is a small part of the budget.
func (s *Store) most() int64 { return min(mostSegment, s.budget/64) }

// newSegment takes an empty segment.
func (s *Store) newSegment() *segment {
	if n := len(s.spare); n > 0 {
		part := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return part
	}
	return new(segment)
}

// reuse takes back a segment that nothing is in any more, for the next that is needed: where
// lines come all the time, there is one with each that goes.
func (s *Store) reuse(part *segment) {
	const few = 4
	if part.lent || len(s.spare) == few || cap(part.text) > 2*mostSegment {
		return
	}
	clear(part.streams)
	*part = segment{text: part.text[:0], marks: part.marks[:0], streams: part.streams[:0]}
	s.spare = append(s.spare, part)
}

// add appends an event, of whose mark the time, when it came and the number count, and
// returns what it takes.
func (p *segment) add(st *Stream, m mark, text []byte) int64 {
	if st.in != p {
		st.in, st.at = p, uint32(len(p.streams))
		p.streams = append(p.streams, st.Name)
	}
	st.events++
	p.text = append(p.text, text...)
	m.end, m.stream = uint32(len(p.text)), st.at
	p.marks = append(p.marks, m)
	size := int64(len(text)) + own
	p.size += size
	return size
}

// position is where an event stands among those of its group.
func (m *mark) position() Position { return Position{m.time, m.seq} }

// message is that of an event, in the memory of the segment.
func (p *segment) message(i int) []byte {
	begin := uint32(0)
	if i > 0 {
		begin = p.marks[i-1].end
	}
	return p.text[begin:p.marks[i].end]
}

// event returns an event, whose message is a copy.
func (p *segment) event(i int) Event {
	m := &p.marks[i]
	return Event{p.streams[m.stream], m.time, m.ingested, m.seq, string(p.message(i))}
}
