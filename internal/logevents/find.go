package logevents

import (
	"context"
	"slices"
	"strconv"
)

// A Query asks for events of a group.
type Query struct {
	Streams func(name string) bool // nil takes those of every stream
	From    int64                  // the earliest time
	Until   int64                  // the first time that is too late
	Match   func(message string) bool
	Cost    int // of Match, for each byte of a message

	After  *Position // only events behind it; nil for all
	Before *Position // only events in front of it; nil for all
	Newest bool      // the last ones come first into a page
	Limit  int
}

// A Page is some of the events that a query asks for.
type Page struct {
	Events []Event
	More   bool     // there may be others
	Last   Position // of what was looked at last; the next page goes on there
}

const (
	// maxPage is how many bytes of messages are in a page, with 26 for each event
	// (documented of GetLogEvents).
	maxPage = 1 << 20
	perItem = 26
	// maxWork is how much of a search is done for one page, in bytes of messages times
	// what each costs; a page ends there and says that there is more.
	maxWork = 256 << 20
	// every is after how many events a search looks whether anybody waits for it.
	every = 1024
)

// Find returns a page of a group's events, in the order of their times; with Newest from
// the last one on. It works on what there was when it began, and ends early with ctx.
func (s *Store) Find(ctx context.Context, g Group, q *Query) (Page, error) {
	parts := s.snapshot(g)
	found := q.among(parts)
	var page Page
	work, size := 0, 0
	for i, at := range found {
		if i%every == 0 && ctx.Err() != nil {
			return Page{}, ctx.Err()
		}
		from := &parts[at.part]
		length := len(from.message(at.i))
		if work > maxWork || len(page.Events) == q.Limit || size+length+perItem > maxPage && size > 0 {
			page.More = true
			break
		}
		page.Last = from.marks[at.i].position()
		work += length*(q.Cost+1) + own
		if e := from.event(at.i); q.Match == nil || q.Match(e.Message) {
			page.Events = append(page.Events, e)
			size += length + perItem
		}
	}
	return page, nil
}

// A place is where an event is: the i-th of a segment.
type place struct{ part, i int }

// among picks the events that a query is about, in its order.
func (q *Query) among(parts []segment) (found []place) {
	for n := range parts {
		part := &parts[n]
		wanted := make([]bool, len(part.streams))
		for i, name := range part.streams {
			wanted[i] = q.Streams == nil || q.Streams(name)
		}
		for i := range part.marks {
			if m := &part.marks[i]; wanted[m.stream] && q.within(m) {
				found = append(found, place{n, i})
			}
		}
	}
	order := func(a, b place) int {
		return parts[a.part].marks[a.i].position().compare(parts[b.part].marks[b.i].position())
	}
	if !slices.IsSortedFunc(found, order) {
		slices.SortFunc(found, order)
	}
	if q.Newest {
		slices.Reverse(found)
	}
	return found
}

// within reports whether an event is of the times and places that a query asks for.
func (q *Query) within(m *mark) bool {
	at := m.position()
	return m.time >= q.From && m.time < q.Until && (q.After == nil || at.compare(*q.After) > 0) && (q.Before == nil || at.compare(*q.Before) < 0)
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
