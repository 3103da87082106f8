package shared

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/valkey"
)

// A Presence says that a node shares, and finds out how many do.
type Presence struct {
	client *valkey.Client
	node   string
	nodes  atomic.Int64
}

const (
	presentEvery = time.Second
	presentFor   = 10 * time.Second // a node that has said nothing for so long counts no more
)

// NewPresence returns one, which needs Run to be run.
func NewPresence(c *valkey.Client, node string) *Presence {
	p := &Presence{client: c, node: node}
	p.nodes.Store(1)
	return p
}

// Nodes returns how many nodes share, this one too, as far as was known last.
func (p *Presence) Nodes() int { return int(p.nodes.Load()) }

var presenceScript = valkey.NewScript(`
local time = redis.call('TIME')
if type(redis.pcall('ZADD', KEYS[1], time[1], ARGV[1])) == 'table' then -- an error: it is no set of ours
  redis.call('DEL', KEYS[1])
  redis.call('ZADD', KEYS[1], time[1], ARGV[1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (time[1] - ARGV[2]))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return {redis.call('ZCARD', KEYS[1])}
`)

// Run keeps the count of nodes, until ctx ends. While the server is away it stays as it
// was: so do the parts that nodes have of what they share.
func (p *Presence) Run(ctx context.Context) {
	tick := time.NewTicker(presentEvery)
	defer tick.Stop()
	for {
		if got, err := p.client.Run(ctx, []valkey.Call{{Script: presenceScript, Key: "gatehouse:nodes", Args: []string{p.node, strconv.Itoa(int(presentFor.Seconds()))}}}); err == nil && len(got[0]) == 1 && got[0][0] > 0 {
			p.nodes.Store(got[0][0])
		}
		wait := tick.C
		if p.client.Away() { // it may be there in a moment, as at the start
			wait = time.After(presentEvery / 10)
		}
		select {
		case <-ctx.Done():
			return
		case <-wait:
		}
	}
}
