package gateway

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/socket"
)

// A door counts the connections of clients, over all listeners. When there are
// as many as there may be, those that have been idle longest go; where none is
// idle, those whose clients have begun a request and do not go on with it. While there
// is none of these either, new ones wait in the listener's queue.
type door struct {
	limit     int
	headTime  time.Duration // for a request's head to come
	writeTime time.Duration // for a client to take a piece of an answer
	epoch     time.Time     // what times are measured from, so that a clock that is set does not change them
	closing   atomic.Bool   // the server stops: answers end their connections, and idle ones are closed soon

	moreStreams atomic.Int64 // of HTTP/2 beside the first one of each connection

	refused [causes]atomic.Int64 // requests

	mu     sync.Mutex
	guests map[*guest]struct{}
}

func newDoor(opts *Options) *door {
	return &door{epoch: time.Now(), limit: opts.MaxConnections, headTime: opts.ReadHeaderTimeout, writeTime: opts.WriteTimeout, guests: make(map[*guest]struct{})}
}

// clock is the time in nanoseconds; it is never 0.
func (d *door) clock() int64 { return d.clockAt(time.Now()) }

func (d *door) clockAt(now time.Time) int64 { return int64(now.Sub(d.epoch)) + 1 }

// A guest is one connection of a client. Its idle is when it fell idle by the
// door's clock, 0 while a request is under way, and below 0 while the rest of that is
// waited for, over HTTP/2 the rest of all that are: it is then since when that is so, negated.
type guest struct {
	net.Conn
	tcp   *net.TCPConn // the same, where it is one; nil otherwise
	door  *door
	idle  atomic.Int64
	http2 atomic.Bool  // it is told to go in HTTP/2's own way
	muted atomic.Bool  // what it sends is thrown away
	given atomic.Bool  // its place is given to another
	peer  httpmsg.Peer // complete before the first request
	from  net.Addr     // of the client that a balancer has named before that; nil for none

	verdicts verdicts // of the domain names with mutual TLS that were called last

	mu       sync.Mutex
	handlers int  // at work for it over HTTP/2
	streams  int  // of them, those that are served
	awaiting int  // of them, those that wait for more of a body
	closed   bool // it counts until its handlers are through

	gone chan struct{} // closed with the connection
}

// isIdle reports whether the connection has been idle since a time of the door's
// clock, and nothing is to be lost by closing it. Where the machine is busy a
// request may have come that nobody has had the time to read.
func (g *guest) isIdle(since int64) bool {
	idle := g.idle.Load()
	return idle > 0 && idle <= since && (g.muted.Load() || !g.hasUnread())
}

// stalls reports whether the rest of a request has been waited for since a time of the
// door's clock.
func (g *guest) stalls(since int64) bool {
	idle := g.idle.Load()
	return idle < 0 && -idle <= since && !g.given.Load() && !g.hasUnread()
}

// giveWay ends the wait for the rest of a request: its client is told that its time is over.
func (g *guest) giveWay() {
	g.given.Store(true)
	_ = g.Conn.SetReadDeadline(longAgo)
}

// began notes that a request has begun, and reports whether it was not known.
func (g *guest) began() bool {
	if g.idle.Load() <= 0 {
		return false
	}
	g.idle.Store(0)
	return true
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.gone)
	}
	over := g.handlers == 0
	g.mu.Unlock()
	if over {
		g.door.forget(g)
	}
	return g.Conn.Close()
}

// forget removes a guest from those that are counted.
func (d *door) forget(g *guest) {
	d.mu.Lock()
	delete(d.guests, g)
	d.mu.Unlock()
}

// CloseWrite ends what goes to the client, who may still be sending.
func (g *guest) CloseWrite() error {
	if half, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// settled is how long a connection must have been idle to be closed for another:
// a request may be on its way that its client has sent.
const settled = 100 * time.Millisecond

// stalled is how long a client may keep the rest of a request to itself when its connection
// is wanted for another.
const stalled = time.Second

// crowdPause is how long a listener waits before it looks for room again.
const crowdPause = 5 * time.Millisecond

// accept takes the next connection of ln, whose peer is as given but for its address,
// once there is room for it. When the door closes it takes those that are in the listener's queue,
// and then returns net.ErrClosed.
func (d *door) accept(ln net.Listener, peer httpmsg.Peer) (*guest, error) {
	nc, err := ln.Accept()
	if d.closing.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		nc, err = acceptQueued(ln)
	}
	if err != nil {
		if d.closing.Load() {
			err = net.ErrClosed
		}
		return nil, err
	}
	for !d.hasRoom() && !d.closing.Load() {
		if !d.shed() {
			time.Sleep(crowdPause)
		}
	}
	peer.Address = withoutPort(nc.RemoteAddr().String())
	g := &guest{gone: make(chan struct{}), Conn: socket.Quick(nc), door: d, peer: peer}
	g.tcp, _ = nc.(*net.TCPConn)
	g.idle.Store(d.clock())
	d.mu.Lock()
	d.guests[g] = struct{}{}
	d.mu.Unlock()
	return g, nil
}

func (d *door) hasRoom() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.limit <= 0 || len(d.guests) < d.limit
}

// A waiter is a connection that waits for its client, and since when.
type waiter struct {
	g     *guest
	since int64
}

// shed closes the connections that have been idle longest, a few at once so that a flood
// does not look through all of them for each of its own. It reports false when there is
// none; then those that have waited longest for the rest of a request make room soon.
func (d *door) shed() bool {
	var idle, begun []waiter
	now := d.clock()
	d.mu.Lock()
	for g := range d.guests {
		switch since := g.idle.Load(); {
		case since > 0 && since <= now-int64(settled):
			idle = append(idle, waiter{g, since})
		case since < 0 && -since <= now-int64(stalled):
			begun = append(begun, waiter{g, -since})
		}
	}
	d.mu.Unlock()
	closed := d.few(idle, func(g *guest) bool {
		holds := g.isIdle(now - int64(settled))
		if holds {
			_ = g.Close()
		}
		return holds
	})
	if !closed {
		d.few(begun, func(g *guest) bool {
			holds := g.stalls(now - int64(stalled))
			if holds {
				g.giveWay()
			}
			return holds
		})
	}
	return closed
}

// few has a few of those who wait end, the longest first, of which that still holds. It
// reports whether there was any.
func (d *door) few(waiters []waiter, end func(*guest) bool) bool {
	slices.SortFunc(waiters, func(a, b waiter) int { return cmp.Compare(a.since, b.since) })
	ended := 0
	for _, w := range waiters {
		if ended > d.limit/64 {
			break
		}
		if end(w.g) {
			ended++
		}
	}
	return ended > 0
}

// lingering is how long a connection must have been idle to be closed while
// the door closes. A client that is in the middle of its requests sends its
// next one sooner, and learns from the answer that the connection ends.
const lingering = 250 * time.Millisecond

// busy is how many connections are not idle.
func (d *door) busy() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for g := range d.guests {
		if g.idle.Load() <= 0 {
			n++
		}
	}
	return n
}

// empty closes idle connections until none of HTTP/1 is left, or done.
func (d *door) empty(done <-chan struct{}) {
	for {
		left := 0
		var idle []*guest
		before := d.clock() - int64(lingering)
		d.mu.Lock()
		for g := range d.guests {
			if g.http2.Load() {
				continue
			}
			left++
			if g.isIdle(before) {
				idle = append(idle, g)
			}
		}
		d.mu.Unlock()
		for _, g := range idle {
			_ = g.Close()
		}
		if left == len(idle) {
			return
		}
		select {
		case <-done:
			return
		case <-time.After(crowdPause):
		}
	}
}

// leaveOut closes the connections of HTTP/1 that are left when ctx has ended, and returns
// why that was.
func (d *door) leaveOut(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	var left []*guest
	d.mu.Lock()
	for g := range d.guests {
		if !g.http2.Load() {
			left = append(left, g)
		}
	}
	d.mu.Unlock()
	for _, g := range left {
		_ = g.Close()
	}
	if len(left) == 0 {
		return nil
	}
	return ctx.Err()
}
