package integration

import (
	"sync"
	"sync/atomic"
)

// A share is the calls of one API to one endpoint. APIs have shares of their own
// in an endpoint, as one address may stand for many backends: all functions of a
// region have one.
type share struct {
	lane    *lane
	api     *api
	calls   int  // that have a place; lane.mu guards it
	waiting int  // that wait for one; lane.mu guards it
	line    line // of those that wait; slots.mu guards it
}

// An api is what all shares of one API have in common.
type api struct {
	id     string
	calls  atomic.Int64 // that have a place
	shares int          // apis.mu guards it
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
	sh := l.shares[id]
	if sh == nil {
		if l.shares == nil {
			l.shares = make(map[string]*share)
		}
		sh = &share{lane: l, api: as.join(id)}
		l.shares[id] = sh
	}
	return sh
}

// forget drops the shares of l, which is locked, that have no calls.
func (l *lane) forget(as *apis) {
	for id, sh := range l.shares {
		if sh.calls == 0 && sh.waiting == 0 {
			delete(l.shares, id)
			as.part(sh.api)
		}
	}
}

// mayStart reports whether a call may have one of the places that are free, of so
// many as there are at all. calls are those of its API to its endpoint that have a
// place, ofAPI all of its API.
//
// Three quarters of the places are for everyone. An endpoint leaves twice as many
// of those free as its API has calls there, and an API as many as it has: alone
// they have a quarter and three eighths of all places. The last quarter is for who
// has little: the first half of it for the first call to an endpoint, as long as
// its API has less than half of all places, and all of it for an API's first call.
// So there is a place for somebody new until as many others hang as that quarter
// has places, with one call each.
func mayStart(calls, ofAPI, free, all int64) bool {
	switch {
	case free <= 0 || ofAPI == 0:
		return free > 0
	case calls == 0:
		return free > all/8 && ofAPI < (all+1)/2
	}
	free -= all / 4
	return ofAPI < free && 2*calls < free
}
