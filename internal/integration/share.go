package integration

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A share is the calls of one API to one endpoint. APIs have shares of their own
// in an endpoint, as one address may stand for many backends: all functions of a
// region have one.
type share struct {
	lane    *lane
	api     *api
	calls   int  // that have a place; lane.mu guards it
	waiting int  // that wait for one; lane.mu guards it
	pace    pace // of those that have one; lane.mu guards it
	line    line // of those that wait; slots.mu guards it
	seat    seat // among the shares of its API; slots.mu guards it
}

// An api is what all shares of one API have in common.
type api struct {
	id     string
	calls  atomic.Int64  // that have a place
	shares int           // apis.mu guards it
	queue  queue[*share] // those with calls that wait; slots.mu guards it
	seat   seat          // among the APIs; slots.mu guards it
}

func (sh *share) place() *seat { return &sh.seat }

func (a *api) place() *seat { return &a.seat }

// end notes that a call with a connection has ended. Its lane is locked.
func (sh *share) end(held time.Duration) {
	sh.calls--
	sh.pace.end(held)
}

// apis are those that have shares.
type apis struct {
	mu    sync.Mutex
	table map[string]*api
}

// join returns the API of a new share.
func (as *apis) join(id string) *api {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.table[id]
	if a == nil {
		if as.table == nil {
			as.table = make(map[string]*api)
		}
		a = &api{id: id}
		as.table[id] = a
	}
	a.shares++
	return a
}

// part takes leave of a share.
func (as *apis) part(a *api) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if a.shares--; a.shares == 0 {
		delete(as.table, a.id)
	}
}

// share returns the share of an API in l, which is locked.
func (l *lane) share(id string, as *apis) *share {
	if l.last != nil && l.last.api.id == id {
		return l.last
	}
	sh := l.shares[id]
	if sh == nil {
		if l.shares == nil {
			l.shares = make(map[string]*share)
		}
		sh = &share{lane: l, api: as.join(id)}
		l.shares[id] = sh
	}
	l.last = sh
	return sh
}

// forget drops the shares of l, which is locked, that have no calls.
func (l *lane) forget(as *apis) {
	l.last = nil
	for id, sh := range l.shares {
		if sh.calls == 0 && sh.waiting == 0 {
			delete(l.shares, id)
			as.part(sh.api)
		}
	}
}

// needed is how many places must be free for one more call, of so many as there are
// at all. calls are those of its API to its endpoint that have a place, ofAPI all of
// its API.
//
// Three quarters of the places are for everyone. An endpoint leaves twice as many
// of those free as its API has calls there, and an API as many as it has: alone
// they have a quarter and three eighths of all places. The last quarter is for those
// that have few: the first half of it for the first call to an endpoint, as long as
// its API has less than half of all places, and all of it for an API's first call.
// So a newcomer finds a place until as many others hang, with one call each, as that
// quarter has places.
//
// While more than half of all places are free, a share whose calls end quickly may
// have more than that (see slots.mayGrow): if they begin to hang, the others still
// have half.
func needed(calls, ofAPI, all int64) int64 {
	switch {
	case ofAPI == 0:
		return 1
	case calls == 0 && ofAPI >= (all+1)/2:
		return math.MaxInt64
	case calls == 0:
		return all/8 + 1
	}
	return all/4 + max(ofAPI, 2*calls) + 1
}

const (
	// paceTime is over which time it is measured how fast calls end.
	paceTime = time.Second / 2
	// soon is how long a call may have its place for its end to be a quick one, and
	// within which as many must end quickly as have places, for all to count as quick.
	soon = 2 * time.Second
)

// A pace is how fast the calls of a share end.
type pace struct {
	quick bool // in the last period

	since time.Time // begin of this period
	ended int       // calls in it that had had their places no longer than soon
	late  int       // the other calls that ended in it
}

// end notes that a call has ended that had its place for so long.
func (p *pace) end(held time.Duration) {
	if held <= soon {
		p.ended++
	} else {
		p.late++
	}
}

// isQuick reports whether calls end so fast that those under way, whose number it is
// told, give their places back soon. It measures over periods of paceTime at the
// least, each of which ends, and the next one begins, when somebody asks. What it
// reports is that of the last period; one that was much longer, because nobody asked,
// tells nothing of now and counts as not quick.
//
// Calls that began together and hang end together. So an end says that others will
// end soon only if it came soon itself; one that came late counts as if the call were
// under way still.
func (p *pace) isQuick(calls int, now time.Time) bool {
	if took := now.Sub(p.since); took >= paceTime {
		p.quick = took < 2*paceTime && p.ended > 0 &&
			time.Duration(p.ended)*soon >= time.Duration(calls+p.late)*took
		p.since, p.ended, p.late = now, 0, 0
	}
	return p.quick
}
