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
	raw       syscall.RawConn // for looking at it while idle; nil where that cannot be done
	look      func(fd uintptr) bool
	alive     bool // what look found
	suspect   bool // look before the next use in any case
	reused    bool
	born      time.Time
	idleSince time.Time
	links     [2]link
}

// connect takes an idle connection or, when fresh is wanted or there is none,
// opens one. All its reads and writes stop at deadline.
func (c *Client) connect(ep *Endpoint, req *Request, now, deadline time.Time, fresh bool) (*conn, error) {
	for !fresh {
		cn := c.pool.get(&ep.key)
		if cn == nil {
			break
		}
		if c.usable(cn, now, idempotent(req.Method)) {
			cn.reused = true
			if err := cn.SetDeadline(deadline); err == nil {
				return cn, nil
			}
		}
		cn.Close()
	}
	return c.open(ep, deadline)
}

// usable reports whether an idle connection is worth a try. One that carries a
// request which must not be sent twice is always looked at.
func (c *Client) usable(cn *conn, now time.Time, repeatable bool) bool {
	quiet := now.Sub(cn.idleSince)
	if quiet > c.opts.IdleTimeout || now.Sub(cn.born) > c.opts.Lifetime {
		return false
	}
	if repeatable && quiet < quietFor && !cn.suspect {
		return true
	}
	cn.suspect = false
	return cn.silent()
}

func (c *Client) open(ep *Endpoint, deadline time.Time) (*conn, error) {
	limit := time.Now().Add(c.opts.ConnectTimeout)
	if deadline.Before(limit) {
		limit = deadline
	}
	ctx, cancel := context.WithDeadline(context.Background(), limit)
	defer cancel()
	nc, err := c.opts.Dial(ctx, "tcp", ep.key.addr)
	if err != nil {
		return nil, failure("dial", ep, err)
	}
	cn := &conn{Conn: nc, key: &ep.key, born: time.Now()}
	cn.watch()
	if ep.key.secure {
		err = nc.SetDeadline(limit)
		if err == nil {
			secure := tls.Client(nc, c.tlsConfig(ep))
			cn.Conn = secure
			err = secure.Handshake()
		}
		if err != nil {
			nc.Close()
			return nil, failure("handshake", ep, err)
		}
	}
	if err := cn.SetDeadline(deadline); err != nil {
		cn.Close()
		return nil, failure("dial", ep, err)
	}
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
