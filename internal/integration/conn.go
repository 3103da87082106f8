package integration

import (
	"context"
	"crypto/tls"
	"net"
	"syscall"
	"time"
)

// quietFor is how long a connection may have been idle before it is looked at
// ahead of its next use. One that was used a moment ago is trusted: looking
// costs a system call, and a call that finds it dead is usually sent again.
const quietFor = 250 * time.Millisecond

// A conn is one connection to an endpoint, used by one call at a time.
type conn struct {
	net.Conn
	key       *poolKey
	slots     *slots          // has a place for it; nil when that has been given back
	address   *address        // nil where no name stands for it
	raw       syscall.RawConn // for looking at it while idle; nil where that cannot be done
	look      func(fd uintptr) bool
	alive     bool // what look found
	suspect   bool // look before the next use in any case
	reused    bool
	born      time.Time
	idleSince time.Time
	links     [2]link
}

// Close implements net.Conn, and gives the connection's place to another.
func (cn *conn) Close() error {
	err := cn.Conn.Close()
	if s := cn.slots; s != nil {
		cn.slots = nil
		s.release()
	}
	return err
}

// connect takes an idle connection or, when fresh is wanted or there is none,
// opens one. All its reads and writes stop at deadline.
func (c *Client) connect(ep *Endpoint, req *Request, now, deadline time.Time, fresh bool) (*conn, error) {
	if ep.upstream != nil {
		return c.connectVia(ep, req, now, deadline, fresh)
	}
	return c.connectTo(ep, &ep.key, req, now, deadline, deadline, fresh)
}

// connectTo is connect for one address, to which a connection must be open by
// limit.
func (c *Client) connectTo(ep *Endpoint, key *poolKey, req *Request, now, limit, deadline time.Time, fresh bool) (*conn, error) {
	for !fresh {
		cn := c.pool.get(key)
		if cn == nil {
			break
		}
		if c.reuse(cn, req, now, deadline) {
			return cn, nil
		}
		cn.Close()
	}
	if most := time.Now().Add(c.opts.ConnectTimeout); most.Before(limit) {
		limit = most
	}
	kind := key
	if fresh {
		kind = nil
	}
	cn, err := c.pool.slots.take(kind, limit, c.pool.shed)
	if err != nil {
		return nil, &Error{Kind: ErrBusy, Op: "dial", Endpoint: key.addr, Err: err}
	}
	if cn != nil {
		if c.reuse(cn, req, now, deadline) {
			return cn, nil
		}
		cn.Conn.Close() // its place stays ours
	}
	if cn, err = c.open(ep, key, limit, deadline); err != nil {
		c.pool.slots.release()
	}
	return cn, err
}

// reuse readies a kept connection for a call, and reports whether it can serve
// one.
func (c *Client) reuse(cn *conn, req *Request, now, deadline time.Time) bool {
	cn.reused = true
	return c.usable(cn, now, idempotent(req.Method)) && cn.SetDeadline(deadline) == nil
}

// usable reports whether an idle connection is worth a try. One that carries a
// request which must not be sent twice is always looked at.
func (c *Client) usable(cn *conn, now time.Time, repeatable bool) bool {
	quiet := now.Sub(cn.idleSince)
	if quiet > c.opts.IdleTimeout || now.Sub(cn.born) > c.opts.Lifetime || !cn.address.current(now) {
		return false
	}
	if repeatable && quiet < quietFor && !cn.suspect {
		return true
	}
	cn.suspect = false
	return cn.silent()
}

// open opens a connection, for which there is a place, by limit.
func (c *Client) open(ep *Endpoint, key *poolKey, limit, deadline time.Time) (*conn, error) {
	ctx, cancel := context.WithDeadline(context.Background(), limit)
	defer cancel()
	nc, at, err := c.dial(ctx, key)
	if err != nil {
		return nil, failure("dial", key, err)
	}
	cn := &conn{Conn: nc, key: key, address: at, born: time.Now()}
	cn.watch()
	if key.secure {
		err = nc.SetDeadline(limit)
		if err == nil {
			secure := tls.Client(nc, c.tlsConfig(ep))
			cn.Conn = secure
			err = secure.Handshake()
		}
		if err != nil {
			nc.Close()
			return nil, failure("handshake", key, err)
		}
	}
	if err := cn.SetDeadline(deadline); err != nil {
		cn.Close()
		return nil, failure("dial", key, err)
	}
	cn.slots = &c.pool.slots
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
