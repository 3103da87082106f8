package integration

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// renewAfter is how old what a name resolved to becomes before it is looked
	// up again: a backend that moved is followed after that time and the
	// look-up's own.
	renewAfter = 30 * time.Second
	// renewEvery is the least time between look-ups of a name whose addresses
	// cannot be connected to.
	renewEvery = time.Second
)

// A lookup finds the addresses of a host, those to be preferred first.
type lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// names knows what the names of backends resolve to. A name is looked up when
// it is first needed, and in the background for as long as it is used; a
// look-up that fails changes nothing. The number of names is bounded, because a
// client may choose a part of a backend's host where a URI lets it.
type names struct {
	lookup  lookup // nil where names are given to Dial as they are
	timeout time.Duration
	keep    time.Duration // a name that is not used that long is forgotten
	trust   time.Duration // so is one that could not be looked up that long
	most    int
	retire  func() // told that addresses are gone
	epoch   time.Time

	mu     sync.Mutex
	known  map[string]*name
	closed bool
}

// A name is a host with the addresses that it stands for.
type name struct {
	host      string
	names     *names
	addresses atomic.Pointer[[]*address] // nil until it has been looked up
	turn      atomic.Uint32
	used      atomic.Int64 // second of the last use, from names.epoch

	// Guarded by names.mu.
	timer   *time.Timer
	looking *looking
	asked   time.Time // the last look-up
	found   time.Time // the last that was answered
}

// An address is one of those that a name stands for.
type address struct {
	ip    netip.Addr
	name  *name
	gone  atomic.Bool  // the name stands for it no more
	rests atomic.Int64 // until then, from names.epoch, others come first
}

// A looking is one look-up, for all who wait for it.
type looking struct {
	done chan struct{}
	err  error
}

func newNames(opts *Options, retire func()) *names {
	return &names{
		lookup: opts.Lookup, timeout: opts.ConnectTimeout, keep: opts.IdleTimeout, trust: opts.Lifetime, most: opts.MaxIdle,
		retire: retire, epoch: time.Now(), known: make(map[string]*name),
	}
}

// find returns the name of a host, looked up.
func (ns *names) find(ctx context.Context, host string) (*name, error) {
	ns.mu.Lock()
	n := ns.known[host]
	if n == nil {
		n = &name{host: host, names: ns}
		if len(ns.known) < ns.most && !ns.closed {
			ns.known[host] = n
		}
	}
	n.touch(time.Now())
	if n.addresses.Load() != nil {
		ns.mu.Unlock()
		return n, nil
	}
	l := n.look()
	ns.mu.Unlock()
	return n, l.wait(ctx)
}

// renew looks a name up ahead of its time, unless that was just done.
func (n *name) renew(ctx context.Context) {
	n.names.mu.Lock()
	l := n.looking
	if l == nil && time.Since(n.asked) >= renewEvery {
		l = n.look()
	}
	n.names.mu.Unlock()
	if l != nil {
		_ = l.wait(ctx) // what is known goes on to be used
	}
}

func (l *looking) wait(ctx context.Context) error {
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// look starts a look-up, or joins the one that is under way. It runs on a
// goroutine of its own: nobody holds a lock meanwhile, and a call that has no
// more time does not end it for the others. The caller holds names.mu.
func (n *name) look() *looking {
	if n.looking == nil {
		n.looking = &looking{done: make(chan struct{})}
		n.asked = time.Now()
		go n.resolve(n.looking)
	}
	return n.looking
}

func (n *name) resolve(l *looking) {
	ns := n.names
	ctx, cancel := context.WithTimeout(context.Background(), ns.timeout)
	defer cancel()
	ips, err := ns.lookup(ctx, n.host)
	if err == nil && len(ips) == 0 {
		err = &net.DNSError{Err: "no such host", Name: n.host, IsNotFound: true}
	}
	ns.mu.Lock()
	moved := false
	if err == nil {
		n.found = time.Now()
		moved = n.set(ips)
	}
	n.looking, l.err = nil, err
	n.schedule()
	ns.mu.Unlock()
	close(l.done)
	if moved {
		ns.retire()
	}
}

// set takes over what a name resolved to, MaxAddresses at the most, and reports
// whether an address is gone. Those that stay keep what is known of them.
func (n *name) set(ips []netip.Addr) (moved bool) {
	old := make(map[netip.Addr]*address)
	if list := n.addresses.Load(); list != nil {
		for _, a := range *list {
			old[a.ip] = a
		}
	}
	list := make([]*address, 0, len(ips))
	for _, ip := range ips {
		ip = ip.Unmap()
		if slices.ContainsFunc(list, func(a *address) bool { return a.ip == ip }) {
			continue
		}
		a := old[ip]
		if a == nil {
			a = &address{ip: ip, name: n}
			a.rests.Store(-1)
		}
		delete(old, ip)
		list = append(list, a)
		if len(list) == MaxAddresses {
			break
		}
	}
	n.addresses.Store(&list)
	for _, a := range old {
		a.gone.Store(true)
	}
	return len(old) > 0
}

// schedule arranges the next look-up of a name that is kept. One that could
// never be looked up is not.
func (n *name) schedule() {
	if n.timer != nil {
		n.timer.Stop()
	}
	switch {
	case n.names.known[n.host] != n: // it serves one connection, which is not kept
		n.abandon()
	case n.addresses.Load() == nil:
		delete(n.names.known, n.host)
	default:
		n.timer = time.AfterFunc(renewAfter, n.again)
	}
}

// again looks a name up anew, or forgets it.
func (n *name) again() {
	ns := n.names
	ns.mu.Lock()
	defer ns.mu.Unlock()
	now := time.Now()
	idle := ns.clock(now) - n.used.Load()*int64(time.Second)
	if ns.known[n.host] == n && idle < int64(ns.keep+time.Second) && now.Sub(n.found) < ns.trust {
		n.look()
		return
	}
	delete(ns.known, n.host)
	n.abandon()
}

// abandon ends the use of connections to a name's addresses: nobody looks
// after them any more.
func (n *name) abandon() {
	if list := n.addresses.Load(); list != nil {
		for _, a := range *list {
			a.gone.Store(true)
		}
	}
}

// close ends all looking up in the background.
func (ns *names) close() {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.closed = true
	for _, n := range ns.known {
		if n.timer != nil {
			n.timer.Stop()
		}
		n.abandon()
	}
	clear(ns.known)
}

// clock is now as nanoseconds from the epoch. A clock that is set does not
// change it.
func (ns *names) clock(now time.Time) int64 { return int64(now.Sub(ns.epoch)) }

// touch notes a use, once a second so that busy processors do not fight over
// the line.
func (n *name) touch(now time.Time) {
	if s := n.names.clock(now) / int64(time.Second); n.used.Load() != s {
		n.used.Store(s)
	}
}

// current notes a use of a connection to a, and reports whether a may still be
// used. Nil is an address that no name stands for.
func (a *address) current(now time.Time) bool {
	if a == nil {
		return true
	}
	a.name.touch(now)
	return !a.gone.Load()
}

// order lists the addresses in the order in which to try them: in turn those of
// the family that the resolver prefers, then those of the other, and last those
// that could not be connected to a moment ago.
func (n *name) order(now time.Time) []*address {
	list := *n.addresses.Load()
	preferred := 0
	for preferred < len(list) && list[preferred].ip.Is4() == list[0].ip.Is4() {
		preferred++
	}
	first := int((n.turn.Add(1) - 1) % uint32(preferred))
	t := n.names.clock(now)
	awake, resting := make([]*address, 0, len(list)), []*address(nil)
	for i := range list {
		if i < preferred {
			i = (first + i) % preferred
		}
		if a := list[i]; a.rests.Load() <= t {
			awake = append(awake, a)
		} else {
			resting = append(resting, a)
		}
	}
	return append(awake, resting...)
}
