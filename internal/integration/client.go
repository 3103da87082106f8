package integration

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Options are the settings of a Client. The zero value of each takes the
// default named beside it.
type Options struct {
	// Budget bounds and pools the bodies of responses; nil makes one without a limit.
	Budget *httpmsg.Budget
	// MaxBody is the longest body of a response in bytes (httpmsg.MaxBody).
	MaxBody int
	// ConnectTimeout bounds look-up, connect and TLS handshake together (10 s).
	ConnectTimeout time.Duration
	// IdleTimeout is how long an unused connection is kept (60 s).
	IdleTimeout time.Duration
	// Lifetime is how long a connection is used at all (1 h). A backend that
	// moved in the DNS is followed in half a minute.
	Lifetime time.Duration
	// MaxIdlePerHost and MaxIdle bound the unused connections kept (256, 2048).
	// They do not bound those in use.
	MaxIdlePerHost, MaxIdle int
	// MaxConnections bounds the open connections, used and unused together (no
	// bound). At the bound an unused one closes for a new one. The calls of one API
	// to one endpoint use a quarter of them at the most, those to all its endpoints
	// three eighths; both have less the more others use, and a quarter is left for
	// first calls. Where calls end quickly, they may have half while that much is
	// free. Calls beyond that wait for as long as connecting may take, and then fail
	// with ErrBusy.
	MaxConnections int
	// Connected is told how long each opening of a connection took that worked, TLS
	// included (nobody). It may be called by many goroutines.
	Connected func(time.Duration)
	// Lookup finds the addresses of a host, those to be preferred first (the
	// system's resolver; none where Dial is set, which then gets names as they
	// are). It must keep to its context's deadline.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Dial opens connections (net.Dialer). It must keep to its context's deadline.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// DefaultTimeout is the time a request without a deadline gets, the longest
// that AWS gives by default.
const DefaultTimeout = 29 * time.Second

// A Request is one call of a backend. Do reads it and changes nothing but what
// Timing points to. What it holds must stay as it is until Do returns, or until the
// stream that it returns is closed.
type Request struct {
	Method string
	// Target is the request target in origin form: raw path and query.
	Target string
	// Host is the Host header; "" takes the endpoint's.
	Host string
	// Header is sent as it stands, in order and spelling. Host, Content-Length
	// and Transfer-Encoding are the client's own and are refused in it.
	Header httpmsg.Header
	Body   []byte
	// API is the id of the API on whose behalf the call is made: MaxConnections are
	// shared out among APIs, too.
	API string
	// Began is when the call began, which its caller may know; zero is now.
	Began time.Time
	// Deadline is when the whole response must be there; zero gives DefaultTimeout
	// from the start of the call.
	Deadline time.Time
	// Client ends the call when it ends, with ErrGone; nil for nothing that does.
	Client context.Context
	// Timing is told when the response came, whole; nil where nobody asks.
	Timing *Timing
	// Stream asks for a response whose body comes while it is read; nil wants it
	// whole. Deadline then is when its end must have come.
	Stream *Streaming
}

// A Timing is when the parts of a response had come.
type Timing struct {
	Header  time.Time // the whole header
	Content time.Time // the first bytes of the body; zero where it has none
}

// A Client sends requests to backends over kept connections. It is safe for
// concurrent use.
type Client struct {
	opts      Options
	tls       *tls.Config // for endpoints that bring none
	pool      pool
	names     *names
	scratch   sync.Pool // of *exchange
	responses sync.Pool // of *received
	failed    [failures]atomic.Int64
}

// NewClient makes a client.
func NewClient(opts Options) *Client {
	if opts.Budget == nil {
		opts.Budget = httpmsg.NewBudget(0)
	}
	if opts.Dial == nil {
		opts.Dial = new(net.Dialer).DialContext
		if opts.Lookup == nil {
			opts.Lookup = systemLookup
		}
	}
	if opts.Connected == nil {
		opts.Connected = func(time.Duration) {}
	}
	orDefault(&opts.MaxBody, httpmsg.MaxBody)
	orDefault(&opts.ConnectTimeout, 10*time.Second)
	orDefault(&opts.IdleTimeout, time.Minute)
	orDefault(&opts.Lifetime, time.Hour)
	orDefault(&opts.MaxIdlePerHost, 256)
	orDefault(&opts.MaxIdle, 2048)
	c := &Client{opts: opts, tls: &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(256)}}
	c.pool.slots.limit = int64(opts.MaxConnections)
	c.pool.init(opts.IdleTimeout, opts.MaxIdlePerHost, opts.MaxIdle)
	c.names = newNames(&c.opts, c.pool.retire)
	return c
}

func systemLookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

func orDefault[T ~int | ~int64](setting *T, value T) {
	if *setting == 0 {
		*setting = value
	}
}

// Close closes the unused connections and those in use as their calls end.
// Calls after Close still work, on connections of their own.
func (c *Client) Close() {
	c.names.close()
	c.pool.close()
}
