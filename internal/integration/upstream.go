package integration

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// MaxAddresses is how many addresses an Upstream has at the most, and how
	// many of those that a name stands for are used.
	MaxAddresses = 64
	// restTime is how long an address that could not be connected to, or that hung up
	// on a new connection, is tried only after all others.
	restTime = 5 * time.Second
)

var (
	errNoAddresses   = errors.New("there are no addresses")
	errManyAddresses = fmt.Errorf("there are more than %d addresses", MaxAddresses)
	errNoPort        = errors.New("the port is missing")
)

// An Upstream is addresses that serve the same. Calls take them in turn; when
// one cannot be connected to, the next is tried, as nothing has been sent. It
// is safe for concurrent use.
type Upstream struct {
	addresses []string // host:port to dial
	epoch     time.Time
	resting   []atomic.Int64 // until when, in nanoseconds from the epoch
	turn      atomic.Uint32
}

// NewUpstream makes the upstream of addresses in the form host:port, of which
// there are 1 to MaxAddresses.
func NewUpstream(addresses []string) (*Upstream, error) {
	switch {
	case len(addresses) == 0:
		return nil, errNoAddresses
	case len(addresses) > MaxAddresses:
		return nil, errManyAddresses
	}
	u := &Upstream{addresses: make([]string, len(addresses)), epoch: time.Now(), resting: make([]atomic.Int64, len(addresses))}
	for i, address := range addresses {
		address = strings.ToLower(address)
		_, port, err := splitAuthority(address)
		if err == nil && port == "" {
			err = errNoPort
		}
		if err != nil {
			return nil, fmt.Errorf("address %q: %w", address, err)
		}
		u.addresses[i] = address
	}
	return u, nil
}

// Via returns an endpoint with ep's scheme, Host header and TLS settings whose
// connections go to the addresses of u. Servers under TLS are to have the
// certificate of ep's host.
func (ep *Endpoint) Via(u *Upstream) *Endpoint {
	via := *ep
	via.upstream, via.keys, via.lanes = u, make([]poolKey, len(u.addresses)), make([]atomic.Pointer[lane], len(u.addresses))
	for i, address := range u.addresses {
		via.keys[i] = poolKey{addr: address, secure: ep.key.secure, tls: ep.key.tls}
		if ep.key.secure {
			via.keys[i].name = ep.name
		}
	}
	return &via
}

// connectVia connects to one of the endpoint's addresses: the one whose turn it
// is, or the next that can be reached. Those that rest come last.
func (c *Client) connectVia(ep *Endpoint, req *Request, now, deadline time.Time, fresh bool) (*conn, error) {
	u := ep.upstream
	var tried uint64 // bit i is address i
	var failed error
	for left := len(ep.keys); left > 0; left-- {
		i := u.next(tried, now)
		tried |= 1 << i
		limit := deadline
		if left > 1 { // leave time for the others
			limit = time.Now().Add(time.Until(deadline) / time.Duration(left))
		}
		cn, err := c.connectTo(ep, &ep.keys[i], &ep.lanes[i], req, now, limit, deadline, fresh)
		if cn != nil {
			cn.upstream, cn.at = u, i
		}
		if err == nil || errors.Is(err, ErrBusy) || isGone(req.Client) { // that is no fault of the address
			return cn, err
		}
		now, failed = time.Now(), err
		u.rest(i, now)
	}
	return nil, failed
}

// rest has an address tried only after all others for a while.
func (u *Upstream) rest(i int, now time.Time) {
	u.resting[i].Store(int64(now.Sub(u.epoch) + restTime))
}

// next is the index of the address whose turn it is: of those not tried yet one
// that does not rest, if there is any.
func (u *Upstream) next(tried uint64, now time.Time) int {
	n := len(u.addresses)
	t := int64(now.Sub(u.epoch)) // a clock that is set does not change it
	first := int((u.turn.Add(1) - 1) % uint32(n))
	last := -1
	for k := range n {
		i := (first + k) % n
		if tried&(1<<i) != 0 {
			continue
		}
		if u.resting[i].Load() <= t {
			return i
		}
		if last < 0 {
			last = i
		}
	}
	return last
}
