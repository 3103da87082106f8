package integration

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A pool keeps the connections that no call uses, each endpoint's in a lane of
// its own. They are taken newest first, so that the rest grow old and are closed;
// over the bound it is the oldest of all that goes.
type pool struct {
	slots            slots
	apis             apis
	idleTimeout      time.Duration
	maxHost, maxIdle int

	idle   atomic.Int64 // connections in all lanes
	closed atomic.Bool

	mu     sync.RWMutex // of the table of lanes; taken before a lane's
	lanes  map[poolKey]*lane
	reaper *time.Timer // set while lanes is not empty
}

func (p *pool) init(idleTimeout time.Duration, maxHost, maxIdle int) {
	p.idleTimeout, p.maxHost, p.maxIdle = idleTimeout, maxHost, maxIdle
	p.lanes = make(map[poolKey]*lane)
	p.slots.room = make(chan struct{}, 1)
}

// enter takes a place for a call of an API to an endpoint, whose lane was known last, if
// that is not nil. Unless fresh is wanted it
// also takes the idle connection that was used last; cn is nil where there is none.
// Where the share may have no more places, placed is false: then the call counts as
// waiting, and the caller has to wait for its place.
func (p *pool) enter(key *poolKey, known *atomic.Pointer[lane], api string, fresh bool) (sh *share, cn *conn, placed bool) {
	var l *lane
	for {
		l = p.known(key, known)
		l.mu.Lock()
		if !l.forgotten {
			break
		}
		l.mu.Unlock()
		if known != nil {
			known.CompareAndSwap(l, nil)
		}
	}
	defer l.mu.Unlock()
	sh = l.share(api, &p.apis)
	if sh.waiting > 0 || !p.slots.claim(sh) {
		sh.waiting++
		return sh, nil, false
	}
	sh.calls++
	if !fresh && l.newest != nil {
		cn = p.remove(l, l.newest)
	}
	return sh, cn, true
}

// get takes the connection of l that was used last, nil when there is none.
func (p *pool) get(l *lane) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.newest == nil {
		return nil
	}
	return p.remove(l, l.newest)
}

// remove takes an idle connection out of its lane, which is locked.
func (p *pool) remove(l *lane, cn *conn) *conn {
	p.idle.Add(-1)
	return l.remove(cn)
}

// leave ends a call that got no connection. It says nothing of how long calls take.
func (p *pool) leave(sh *share) {
	sh.lane.mu.Lock()
	sh.calls--
	sh.lane.mu.Unlock()
	p.slots.release(sh)
}

// put ends a call and keeps its connection for later. A pool that is closed closes
// the connection instead.
func (p *pool) put(cn *conn, now time.Time) {
	sh, l, extra := cn.share, cn.lane, cn
	cn.idleSince = now
	over := false
	l.mu.Lock()
	sh.end(now.Sub(cn.busySince))
	cn.share = nil
	if !p.closed.Load() {
		l.push(cn)
		over = p.idle.Add(1) > int64(p.maxIdle)
		if extra = nil; l.idle > p.maxHost {
			extra = p.remove(l, l.oldest)
		}
	}
	l.mu.Unlock()
	if over && extra == nil {
		extra = p.oldest()
	}
	if extra != nil {
		extra.shut()
	}
	p.slots.tell()
	p.slots.release(sh) // behind the closing of what was over
}

// discard ends a call and closes its connection.
func (p *pool) discard(cn *conn) {
	cn.Close()
	sh, held := cn.share, time.Since(cn.busySince)
	sh.lane.mu.Lock()
	sh.end(held)
	sh.lane.mu.Unlock()
	p.slots.release(sh)
}

// makeRoom counts a connection that a call is about to open. At the bound it closes
// the one that has been idle longest. Where none is idle it waits for one, until
// limit or until gone is closed. It rarely has to: where there may be 10 connections
// there are 10 places, one of which this call has, so that other calls use 9
// connections at the most. The tenth is idle, or a call is about to give it back and
// then tells.
func (p *pool) makeRoom(limit time.Time, gone <-chan struct{}) error {
	if p.findRoom() {
		return nil
	}
	s := &p.slots
	s.opening.Add(1)
	defer func() {
		s.opening.Add(-1)
		s.tell() // what was told to this one may have been meant for others
	}()
	timer := time.NewTimer(time.Until(limit))
	defer timer.Stop()
	for !p.findRoom() {
		select {
		case <-s.room:
		case <-timer.C:
			return fmt.Errorf("all %d connections to backends are open, and none is idle", s.limit)
		case <-gone:
			return fmt.Errorf("all %d connections to backends are open, and none is idle", s.limit)
		}
	}
	return nil
}

// findRoom is makeRoom where nothing has to be waited for.
func (p *pool) findRoom() bool {
	if p.slots.count() {
		return true
	}
	cn := p.oldest()
	if cn == nil {
		return false
	}
	cn.slots = nil // the count is the new one's
	cn.Close()
	return true
}

// oldest takes the connection that has been idle longest out of its lane, nil when
// there is none. It looks at every lane: who asks has opened a connection or is
// about to, which costs more.
func (p *pool) oldest() *conn {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for {
		var from *lane
		var since time.Time
		for _, l := range p.lanes {
			l.mu.Lock()
			if cn := l.oldest; cn != nil && (from == nil || cn.idleSince.Before(since)) {
				from, since = l, cn.idleSince
			}
			l.mu.Unlock()
		}
		if from == nil {
			return nil
		}
		from.mu.Lock()
		cn := from.oldest
		if cn != nil {
			p.remove(from, cn)
		}
		from.mu.Unlock()
		if cn != nil {
			return cn
		}
	}
}

// known is lane where the endpoint knows it, which takes no lock of all endpoints.
func (p *pool) known(key *poolKey, last *atomic.Pointer[lane]) *lane {
	if last == nil {
		return p.lane(key)
	}
	l := last.Load()
	if l == nil || l.pool != p {
		l = p.lane(key)
		last.Store(l)
	}
	return l
}

// lane returns the endpoint's lane, made when missing. Empty ones are left for
// the reaper, so that a busy endpoint with few connections does not make one a
// call.
func (p *pool) lane(key *poolKey) *lane {
	p.mu.RLock()
	l := p.lanes[*key]
	p.mu.RUnlock()
	if l != nil {
		return l
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l = p.lanes[*key]; l == nil {
		l = &lane{pool: p, key: *key}
		p.lanes[*key] = l
		if p.reaper == nil {
			p.reaper = time.AfterFunc(p.idleTimeout, p.reap)
		}
	}
	return l
}

// reap closes what has been idle too long, forgets endpoints without
// connections and calls, and comes again while any are left.
func (p *pool) reap() {
	limit := time.Now().Add(-p.idleTimeout)
	p.sweep(func(cn *conn) bool { return !cn.idleSince.After(limit) })

	p.mu.Lock()
	defer p.mu.Unlock()
	for key, l := range p.lanes {
		l.mu.Lock()
		l.forget(&p.apis)
		if l.idle == 0 && len(l.shares) == 0 {
			l.forgotten = true
			delete(p.lanes, key)
		}
		l.mu.Unlock()
	}
	p.reaper = nil
	if len(p.lanes) > 0 {
		p.reaper = time.AfterFunc(max(p.idleTimeout/4, time.Millisecond), p.reap)
	}
}

// sweep closes the idle connections that are to go.
func (p *pool) sweep(goes func(*conn) bool) {
	var old []*conn
	p.mu.RLock()
	for _, l := range p.lanes {
		l.mu.Lock()
		for cn := l.oldest; cn != nil; {
			next := cn.newer
			if goes(cn) {
				old = append(old, p.remove(l, cn))
			}
			cn = next
		}
		l.mu.Unlock()
	}
	p.mu.RUnlock()
	shutAll(old)
}

// shutAll closes idle connections that have left their lanes. All make room before
// the first is closed.
func shutAll(old []*conn) {
	for _, cn := range old {
		cn.uncount()
	}
	for _, cn := range old { // under TLS this may take a while
		cn.Close()
	}
}

// drop closes the idle connections of one endpoint: one died, and what killed it
// most likely killed them all.
func (p *pool) drop(l *lane) {
	var old []*conn
	for cn := p.get(l); cn != nil; cn = p.get(l) {
		old = append(old, cn)
	}
	shutAll(old)
}

// retire closes connections to addresses that names stand for no more.
func (p *pool) retire() {
	p.sweep(func(cn *conn) bool { return cn.address != nil && cn.address.gone.Load() })
}

// close closes what is idle, and keeps nothing from here on.
func (p *pool) close() {
	p.closed.Store(true)
	p.sweep(func(*conn) bool { return true })
}
