package valkey

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	driver "github.com/valkey-io/valkey-go"
)

// Errors of a Client.
var (
	ErrAway    = errors.New("the Valkey server is away")
	ErrNothing = errors.New("there is no value under the key")
)

// Options are what a Client works with.
type Options struct {
	Target *Target
	TLS    *tls.Config  // of targets under TLS; nil is the system's authorities
	Log    *slog.Logger // nil discards
}

// How long things may take. A server that does not answer within commandTime is away.
const (
	connectTime = time.Second
	commandTime = 500 * time.Millisecond
	firstRetry  = 50 * time.Millisecond
	lastRetry   = time.Second
	bufferSize  = 64 << 10
)

// A Client talks to a server. It is safe for concurrent use.
type Client struct {
	target *Target
	option driver.ClientOption
	log    *slog.Logger

	conn     atomic.Pointer[driver.Client] // nil until the server was reached for the first time
	away     atomic.Bool
	losses   atomic.Int64 // how many times the server was lost
	failures atomic.Int64 // of calls
	foreign  atomic.Bool  // something was under a key that is none of ours

	mu      sync.Mutex
	looking bool      // for the server
	found   time.Time // when that has ended last; of search alone
	closed  bool
	closing context.CancelFunc
	life    context.Context
	workers sync.WaitGroup
}

// Open returns a client that begins to look for its server: it is away until it was
// reached.
func Open(o Options) *Client {
	c := &Client{target: o.Target, log: o.Log}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.life, c.closing = context.WithCancel(context.Background())
	t := o.Target
	c.option = driver.ClientOption{
		InitAddress: t.Addrs, Username: t.User, Password: t.Password, SelectDB: t.DB, ClientName: "gatehouse",
		ClientSetInfo: driver.DisableClientSetInfo,
		DialCtxFn:     dialGuarded,
		Dialer:        net.Dialer{Timeout: connectTime, KeepAlive: time.Second}, ConnWriteTimeout: 2 * commandTime,
		ReadBufferEachConn: bufferSize, WriteBufferEachConn: bufferSize,
		DisableRetry: true, DisableCache: true, AlwaysPipelining: true, ShuffleInit: len(t.Addrs) > 1, PipelineMultiplex: -1,
		ForceSingleClient: t.DB > 0 && t.Master == "",
	}
	if t.TLS {
		if c.option.TLSConfig = o.TLS; o.TLS == nil {
			c.option.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
	}
	if t.Master != "" {
		c.option.Sentinel = driver.SentinelOption{
			MasterSet: t.Master, Dialer: c.option.Dialer, TLSConfig: c.option.TLSConfig,
			Username: t.User, Password: t.Password, TopologyRefreshInterval: 5 * time.Second,
		}
	} else {
		c.option.ClusterOption.ShardsRefreshInterval = 5 * time.Second
	}
	c.away.Store(true)
	c.look()
	return c
}

// Close ends all connections. Calls that are on their way fail.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.closing()
	c.away.Store(true)
	c.workers.Wait()
	if conn := c.conn.Swap(nil); conn != nil {
		(*conn).Close()
	}
}

// Away reports whether the server is not there, as far as is known.
func (c *Client) Away() bool { return c.away.Load() }

// Losses returns how many times the server was lost, and how many calls have failed.
func (c *Client) Losses() (losses, failures int64) { return c.losses.Load(), c.failures.Load() }

// lost notes that the server does not do what it has to. It is said once, and the server
// is looked for until it does.
func (c *Client) lost(cause error) {
	c.failures.Add(1)
	if c.away.CompareAndSwap(false, true) {
		c.losses.Add(1)
		c.log.Error("the Valkey server is away: this node goes on alone until it is back", "server", c.target.String(), "error", cause)
		c.look()
	}
}

// look looks for the server in the background.
func (c *Client) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.looking {
		return
	}
	c.looking = true
	c.workers.Go(c.search)
}

// search tries until the server is there, at ever longer intervals, no two nodes at the
// same ones.
func (c *Client) search() {
	said := c.losses.Load() > 0                                                      // why it is away
	if !c.found.IsZero() && time.Since(c.found) < lastRetry && !c.pause(lastRetry) { // it was lost again at once
		return
	}
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		err := c.try()
		if err == nil {
			c.mu.Lock()
			c.looking, c.found = false, time.Now()
			c.away.Store(false)
			c.mu.Unlock()
			c.log.Info("the Valkey server is there", "server", c.target.String())
			return
		}
		if !said && c.life.Err() == nil {
			said = true
			c.log.Error("the Valkey server cannot be used: this node works alone until it can", append([]any{"server", c.target.String(), "error", err}, advice(err, c.target.TLS)...)...)
		}
		if !c.pause(wait) {
			return
		}
	}
}

// pause waits for half of a time or more of it. It returns false when the client is closed.
func (c *Client) pause(wait time.Duration) bool {
	select {
	case <-c.life.Done():
		return false
	case <-time.After(wait/2 + rand.N(wait)/2):
		return true
	}
}

// probe is what a server that is there can do: a script that writes. That it answers
// alone is not enough, as one that is full or a replica does.
var probe = NewScript(`redis.call('SET', KEYS[1], '1', 'PX', 1000) return {1}`)

// probeKeys are so many that most parts of a cluster have some: where one part is dead it
// does not do that the others answer, since its keys are asked for next.
const probeKeys = 64

// try connects, if that was not done yet, and has the server do something.
func (c *Client) try() error {
	if c.conn.Load() == nil {
		conn, err := driver.NewClient(c.option)
		if err != nil {
			return err
		}
		c.conn.Store(&conn)
	}
	ctx, cancel := context.WithTimeout(c.life, commandTime)
	defer cancel()
	calls := make([]Call, probeKeys)
	for i := range calls {
		calls[i] = Call{Script: probe, Key: "gatehouse:probe:" + strconv.Itoa(i)}
	}
	got, err := c.run(ctx, calls)
	for _, answer := range got {
		if err == nil && len(answer) != 1 {
			err = errProbe
		}
	}
	return err
}

var errProbe = errors.New("the server does not run scripts as it has to")

// Get returns the value under a key: ErrNothing where there is none, ErrAway at once
// while the server is away. What has not come when ctx ends is an error that says
// nothing about the server.
func (c *Client) Get(ctx context.Context, key string) ([]byte, error) {
	conn := c.conn.Load()
	if conn == nil || c.Away() {
		return nil, ErrAway
	}
	value, err := (*conn).Do(ctx, (*conn).B().Get().Key(key).Build()).AsBytes()
	if broken(ctx, err) {
		value, err = (*conn).Do(ctx, (*conn).B().Get().Key(key).Build()).AsBytes()
	}
	if driver.IsValkeyNil(err) {
		return nil, ErrNothing
	}
	return value, c.judged(ctx, err)
}

// GetFor is Get of a value of at most so many bytes, with the time for which it is kept
// still: one that is longer, or has no end, is none of ours and as if it were not there.
func (c *Client) GetFor(ctx context.Context, key string, most int) ([]byte, time.Duration, error) {
	conn := c.conn.Load()
	if conn == nil || c.Away() {
		return nil, 0, ErrAway
	}
	got := (*conn).DoMulti(ctx, (*conn).B().Getrange().Key(key).Start(0).End(int64(most)).Build(), (*conn).B().Pttl().Key(key).Build())
	value, err := got[0].AsBytes()
	left, leftErr := got[1].AsInt64()
	if err = errors.Join(err, leftErr); err != nil {
		return nil, 0, c.judged(ctx, err)
	}
	if len(value) == 0 || len(value) > most || left <= 0 {
		return nil, 0, ErrNothing
	}
	return value, time.Duration(left) * time.Millisecond, nil
}

// Set keeps a value under a key for a time, which is at least a millisecond.
func (c *Client) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	conn := c.conn.Load()
	if conn == nil || c.Away() {
		return ErrAway
	}
	set := func() error {
		return (*conn).Do(ctx, (*conn).B().Set().Key(key).Value(driver.BinaryString(value)).PxMilliseconds(max(ttl.Milliseconds(), 1)).Build()).Error()
	}
	err := set()
	if broken(ctx, err) {
		err = set()
	}
	return c.judged(ctx, err)
}

// broken reports whether an error is of a connection, which can be one that was broken
// before: another is made for the next try. A server that is gone refuses that at once.
func broken(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil || driver.IsValkeyNil(err) {
		return false
	}
	_, answered := driver.IsValkeyErr(err)
	return !answered
}

// judged finds out what an error says about the server. One that came because the caller
// had no more time says nothing.
func (c *Client) judged(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		c.lost(err)
	}
	return err
}
