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
	found := q.among(s.snapshot(g))
	var page Page
	work, size := 0, 0
	for i, e := range found {
		if i%every == 0 && ctx.Err() != nil {
			return Page{}, ctx.Err()
		}
		if work > maxWork || len(page.Events) == q.Limit || size+len(e.Message)+perItem > maxPage && size > 0 {
			page.More = true
			break
		}
		page.Last = e.position()
		work += len(e.Message)*(q.Cost+1) + own
		if q.Match == nil || q.Match(e.Message) {
			page.Events = append(page.Events, *e)
			size += len(e.Message) + perItem
		}
	}
	return page, nil
}

// among picks the events that a query is about from a list, which is not changed, and
// brings them into its order.
func (q *Query) among(list []Event) (found []*Event) {
	for i := range list {
		e := &list[i]
		at := e.position()
		if e.Time >= q.From && e.Time < q.Until && (q.Streams == nil || q.Streams(e.Stream)) &&
			(q.After == nil || at.compare(*q.After) > 0) && (q.Before == nil || at.compare(*q.Before) < 0) {
			found = append(found, e)
		}
	}
	order := func(a, b *Event) int { return a.position().compare(b.position()) }
	if !slices.IsSortedFunc(found, order) {
		slices.SortFunc(found, order)
	}
	if q.Newest {
		slices.Reverse(found)
	}
	return found
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
