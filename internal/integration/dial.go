package integration

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

// attemptTime bounds the connecting to an address while others are left to
// try. It is a little more than the first repetition of a lost packet takes.
const attemptTime = 1500 * time.Millisecond

// dial connects to one of the addresses that key's host stands for; the one
// that it returns is nil where no name does.
func (c *Client) dial(ctx context.Context, key *poolKey) (net.Conn, *address, error) {
	host, port, err := net.SplitHostPort(key.addr)
	if err != nil {
		return nil, nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil || c.names.lookup == nil {
		nc, err := c.opts.Dial(ctx, "tcp", key.addr)
		return nc, nil, err
	}
	n, err := c.names.find(ctx, host)
	if err != nil {
		return nil, nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	list := n.order(time.Now())
	nc, a, err := c.dialFirst(ctx, list, port)
	if err == nil || errors.Is(ctx.Err(), context.Canceled) {
		return nc, a, err
	}
	n.renew(ctx) // the backend may have moved since
	others := slices.DeleteFunc(n.order(time.Now()), func(a *address) bool { return slices.Contains(list, a) })
	if len(others) == 0 {
		return nil, nil, err
	}
	return c.dialFirst(ctx, others, port)
}

// dialFirst connects to the first address of a list that can be reached. Once the
// client has gone, which ends ctx, it tries no more.
func (c *Client) dialFirst(ctx context.Context, list []*address, port string) (nc net.Conn, at *address, err error) {
	for i, a := range list {
		nc, err = c.dialAddress(ctx, a, port, len(list)-i)
		if err == nil {
			return nc, a, nil
		}
		if errors.Is(ctx.Err(), context.Canceled) { // that is no fault of the address
			break
		}
		a.rest()
	}
	return nil, nil, err
}

// rest has an address tried only after all others for a while.
func (a *address) rest() { a.rests.Store(a.name.names.clock(time.Now().Add(restTime))) }

// distrust has the address of a connection rest. Its backend hung up on the first request
// without a word, as one does that is about to end, or what stands before one that has
// ended.
func (cn *conn) distrust() {
	if cn.address != nil {
		cn.address.rest()
	}
	if cn.upstream != nil {
		cn.upstream.rest(cn.at, time.Now())
	}
}

// dialAddress connects to an address and leaves time for the others of those
// that are left.
func (c *Client) dialAddress(ctx context.Context, a *address, port string, left int) (net.Conn, error) {
	if end, ok := ctx.Deadline(); ok && left > 1 {
		share := min(time.Until(end)/time.Duration(left), attemptTime)
		limited, cancel := context.WithTimeout(ctx, share)
		defer cancel()
		ctx = limited
	}
	return c.opts.Dial(ctx, "tcp", net.JoinHostPort(a.ip.String(), port))
}
