package integration

import (
	"sync"
	"time"
)

// A pool keeps the connections that no call uses. Each endpoint's are taken
// newest first, so that the rest grow old and are closed; over the bound it is
// the oldest of all that goes.
type pool struct {
	slots            slots // of all connections, those in use included
	idleTimeout      time.Duration
	maxHost, maxIdle int

	mu     sync.Mutex
	hosts  map[poolKey]*lane
	all    lane
	reaper *time.Timer // set while hosts is not empty
	closed bool
}

func (p *pool) init(idleTimeout time.Duration, maxHost, maxIdle int) {
	p.idleTimeout, p.maxHost, p.maxIdle = idleTimeout, maxHost, maxIdle
	p.hosts = make(map[poolKey]*lane)
	p.all.kind = laneAll
}

// get takes the connection of key that was used last, nil when there is none.
func (p *pool) get(key *poolKey) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if host := p.hosts[*key]; host != nil && host.newest != nil {
		return p.take(host, host.newest)
	}
	return nil
}

// put keeps cn for later. It closes cn when the pool is closed, and while calls
// wait for connections the first of them gets it, or its place.
func (p *pool) put(cn *conn, now time.Time) {
	cn.idleSince = now
	p.mu.Lock()
	extra := cn
	wanted := p.slots.waiting.Load() > 0
	if !p.closed && !wanted {
		host := p.lane(cn.key)
		host.push(cn)
		p.all.push(cn)
		switch extra = nil; {
		case host.n > p.maxHost:
			extra = p.take(host, host.oldest)
		case p.all.n > p.maxIdle:
			extra = p.take(p.hosts[*p.all.oldest.key], p.all.oldest)
		}
	}
	p.mu.Unlock()
	if extra != nil && !(wanted && p.slots.give(extra)) {
		extra.Close()
	}
}

// shed closes the connection that has been idle longest, if any is.
func (p *pool) shed() {
	p.mu.Lock()
	cn := p.all.oldest
	if cn != nil {
		p.take(p.hosts[*cn.key], cn)
	}
	p.mu.Unlock()
	if cn != nil {
		cn.Close()
	}
}

func (p *pool) take(host *lane, cn *conn) *conn {
	host.remove(cn)
	p.all.remove(cn)
	return cn
}

// lane returns the endpoint's lane, made when missing. Empty ones are left for
// the reaper, so that a busy endpoint with few connections does not make one a
// call.
func (p *pool) lane(key *poolKey) *lane {
	host := p.hosts[*key]
	if host == nil {
		host = &lane{kind: laneHost}
		p.hosts[*key] = host
		if p.reaper == nil {
			p.reaper = time.AfterFunc(p.idleTimeout, p.reap)
		}
	}
	return host
}

// reap closes what has been idle too long, forgets endpoints without
// connections, and comes again while any are left.
func (p *pool) reap() {
	p.mu.Lock()
	var old []*conn
	for limit := time.Now().Add(-p.idleTimeout); p.all.oldest != nil && !p.all.oldest.idleSince.After(limit); {
		cn := p.all.oldest
		old = append(old, p.take(p.hosts[*cn.key], cn))
	}
	for key, host := range p.hosts {
		if host.n == 0 {
			delete(p.hosts, key)
		}
	}
	p.reaper = nil
	if len(p.hosts) > 0 {
		p.reaper = time.AfterFunc(max(p.idleTimeout/4, time.Millisecond), p.reap)
	}
	p.mu.Unlock()
	for _, cn := range old { // under TLS this may take a while
		cn.Close()
	}
}

// drop closes the connections of one endpoint: one died, and what killed it
// most likely killed them all.
func (p *pool) drop(key *poolKey) {
	for cn := p.get(key); cn != nil; cn = p.get(key) {
		cn.Close()
	}
}

// retire closes connections to addresses that names stand for no more.
func (p *pool) retire() {
	p.mu.Lock()
	var old []*conn
	for cn := p.all.oldest; cn != nil; {
		next := cn.links[laneAll].newer
		if cn.address != nil && cn.address.gone.Load() {
			old = append(old, p.take(p.hosts[*cn.key], cn))
		}
		cn = next
	}
	p.mu.Unlock()
	for _, cn := range old {
		cn.Close()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	if p.reaper != nil {
		p.reaper.Stop()
	}
	p.closed = true
	all := p.all
	p.hosts, p.all = nil, lane{kind: laneAll}
	p.mu.Unlock()
	for cn := all.oldest; cn != nil; cn = cn.links[laneAll].newer {
		cn.Close()
	}
}

// A lane is a list of connections from the one idle longest to the one used
// last. Each idle connection is in two: its endpoint's and that of all.
type lane struct {
	kind           int // which of a connection's links
	n              int
	oldest, newest *conn
}

const (
	laneHost = iota
	laneAll
)

type link struct{ older, newer *conn }

func (l *lane) push(cn *conn) {
	cn.links[l.kind] = link{older: l.newest}
	if l.newest != nil {
		l.newest.links[l.kind].newer = cn
	} else {
		l.oldest = cn
	}
	l.newest = cn
	l.n++
}

func (l *lane) remove(cn *conn) {
	at := cn.links[l.kind]
	if at.older != nil {
		at.older.links[l.kind].newer = at.newer
	} else {
		l.oldest = at.newer
	}
	if at.newer != nil {
		at.newer.links[l.kind].older = at.older
	} else {
		l.newest = at.older
	}
	cn.links[l.kind] = link{}
	l.n--
}
