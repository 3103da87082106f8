package integration

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/socket"
)

// A conn is one connection to an endpoint, used by one call at a time.
type conn struct {
	net.Conn
	lane      *lane
	share     *share            // of the call that uses it; nil while it is idle
	slots     *slots            // counts it; nil when they do not any more
	address   *address          // nil where no name stands for it
	upstream  *Upstream         // whose address it is of; nil for none
	at        int               // which one
	socket    *socket.Exchanger // beneath TLS, if there is any; nil where there is none
	plain     bool              // the socket is all there is
	records   *records          // between the socket and TLS; nil without TLS
	limits    limits
	reused    bool
	born      time.Time
	busySince time.Time // when the call that uses it took its place
	idleSince time.Time
	// Its neighbours in the lane, while it is idle.
	older, newer *conn
}

// Close implements net.Conn, and makes room for another connection.
func (cn *conn) Close() error {
	err := cn.Conn.Close()
	cn.uncount()
	return err
}

// shut closes an idle connection that has left its lane. It makes room at once, as
// closing may take a while under TLS.
func (cn *conn) shut() {
	cn.uncount()
	cn.Conn.Close()
}

func (cn *conn) uncount() {
	if s := cn.slots; s != nil {
		cn.slots = nil
		s.uncount()
	}
}

// connect takes an idle connection or, when fresh is wanted or there is none,
// opens one. Its reads and writes stop at deadline; now is the time of the call.
func (c *Client) connect(ep *Endpoint, req *Request, now, deadline time.Time, fresh bool) (*conn, error) {
	if ep.upstream != nil {
		return c.connectVia(ep, req, now, deadline, fresh)
	}
	return c.connectTo(ep, &ep.key, ep.lane, req, now, deadline, deadline, fresh)
}

// connectTo is connect for one address, to which a connection must be open by
// limit, and whose lane was known last. The call has a place with the connection, and none with an error.
func (c *Client) connectTo(ep *Endpoint, key *poolKey, known *atomic.Pointer[lane], req *Request, now, limit, deadline time.Time, fresh bool) (*conn, error) {
	sh, cn, placed := c.pool.enter(key, known, req.API, fresh)
	l, since := sh.lane, now
	if !placed {
		limit = c.connectBy(limit)
		if err := c.pool.slots.wait(sh, limit, gone(req.Client)); err != nil {
			return nil, &Error{Kind: ErrBusy, Op: "dial", Endpoint: key.addr, Err: err}
		}
		since = time.Now()
	}
	connected := false
	defer func() { // also of a panic
		if !connected {
			c.pool.leave(sh)
		}
	}()
	if !placed && !fresh {
		cn = c.pool.get(l)
	}
	for ; cn != nil; cn = c.pool.get(l) {
		if c.reuse(cn, now, deadline) {
			cn.share, cn.busySince, connected = sh, since, true
			return cn, nil
		}
	}
	cn, err := c.open(ep, l, req.Client, c.connectBy(limit), deadline)
	if err != nil {
		return nil, err
	}
	cn.share, cn.busySince, connected = sh, since, true
	return cn, nil
}

// connectBy is until when a connection must be open that is begun now.
func (c *Client) connectBy(limit time.Time) time.Time {
	if most := time.Now().Add(c.opts.ConnectTimeout); most.Before(limit) {
		return most
	}
	return limit
}

// reuse readies a kept connection for a call, and reports whether it can serve
// one; otherwise it is closed.
func (c *Client) reuse(cn *conn, now, deadline time.Time) (ready bool) {
	defer func() {
		if !ready {
			cn.Close()
		}
	}()
	cn.reused = true
	if cn.limits.cut.Load() || now.Sub(cn.idleSince) > c.opts.IdleTimeout || now.Sub(cn.born) > c.opts.Lifetime || !cn.address.current(now) {
		return false
	}
	return cn.limit(now, deadline) == nil
}

// isSilent reports whether a kept connection is open and has nothing to say. A closed
// one is dead; on one that talks unasked the next response could be anybody's.
func (cn *conn) isSilent() bool {
	if secure, ok := cn.Conn.(*tls.Conn); ok && !cn.records.drained(secure) {
		return false
	}
	return cn.socket == nil || cn.socket.Silent()
}

// open opens a connection, for which the call has a place, by limit.
func (c *Client) open(ep *Endpoint, l *lane, client context.Context, limit, deadline time.Time) (cn *conn, err error) {
	if err := c.pool.makeRoom(limit, gone(client)); err != nil {
		return nil, &Error{Kind: ErrBusy, Op: "dial", Endpoint: l.key.addr, Err: err}
	}
	defer func() { // also of a panic
		if cn == nil {
			c.pool.slots.uncount()
		}
	}()
	if cn, err = c.openCounted(ep, l, client, limit, deadline); err != nil {
		return nil, err
	}
	cn.slots = &c.pool.slots
	return cn, nil
}

func (c *Client) openCounted(ep *Endpoint, l *lane, client context.Context, limit, deadline time.Time) (*conn, error) {
	if client == nil {
		client = context.Background()
	}
	ctx, cancel := context.WithDeadline(client, limit)
	defer cancel()
	began := time.Now()
	nc, at, err := c.dial(ctx, &l.key)
	if err != nil {
		return nil, failure("dial", &l.key, err)
	}
	opened := false
	defer func() {
		if !opened {
			nc.Close()
		}
	}()
	if err := ctx.Err(); err != nil { // the client left, and no request is begun for it
		return nil, failure("dial", &l.key, err)
	}
	cn := &conn{Conn: nc, lane: l, address: at, socket: socket.NewExchanger(nc), born: time.Now()}
	cn.plain = cn.socket != nil && !l.key.secure
	if l.key.secure {
		err = nc.SetDeadline(limit)
		if err == nil {
			cn.records = &records{Conn: nc}
			secure := tls.Client(cn.records, c.tlsConfig(ep))
			cn.Conn = secure
			err = secure.HandshakeContext(ctx)
		}
		if err != nil {
			return nil, failure("handshake", &l.key, err)
		}
	}
	cn.limits.told = time.Time{} // perhaps that of the handshake
	if err := cn.limit(began, deadline); err != nil {
		return nil, failure("dial", &l.key, err)
	}
	opened = true
	c.opts.Connected(time.Since(began))
	return cn, nil
}

// tlsConfig returns the settings of one handshake.
func (c *Client) tlsConfig(ep *Endpoint) *tls.Config {
	config := ep.key.tls
	if config == nil {
		config = c.tls
	}
	config = config.Clone()
	if config.ServerName == "" {
		config.ServerName = ep.name
	}
	config.NextProtos = []string{"http/1.1"}
	return config
}
