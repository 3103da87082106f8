package shared

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/valkey"
)

// Limits is a limit.Exchange on a server.
type Limits struct {
	Client *valkey.Client
	Node   string // the name of this node, which no other has
}

// Away implements limit.Exchange.
func (l *Limits) Away() bool { return l.Client.Away() }

// Exchange implements limit.Exchange.
func (l *Limits) Exchange(ctx context.Context, asks []limit.Ask) ([]limit.Answer, error) {
	calls := make([]valkey.Call, len(asks))
	for i := range asks {
		if asks[i].Period.Number != 0 {
			calls[i] = l.countCall(&asks[i])
		} else {
			calls[i] = l.tokensCall(&asks[i])
		}
	}
	got, err := l.Client.Run(ctx, calls)
	if err != nil {
		return nil, err
	}
	answers := make([]limit.Answer, len(asks))
	for i, numbers := range got {
		answers[i] = answer(&asks[i], numbers)
	}
	return answers, nil
}

// answer reads what a script has answered. The server may be broken, or anybody's: what
// cannot be is no answer, and nothing that is counted for good can grow beyond all bounds.
func answer(a *limit.Ask, numbers []int64) (out limit.Answer) {
	failed := limit.Answer{Failed: true}
	switch {
	case a.Period.Number == 0 && len(numbers) == 2:
		out.Given, out.Left = numbers[0], float64(numbers[1])/1000
	case a.Period.Number == 0 || len(numbers) != 5:
		return failed
	case numbers[0] == -1:
		return limit.Answer{Unknown: true}
	default:
		out.Given, out.Left, out.Count, out.Total, out.Counted = numbers[0], float64(numbers[1]), numbers[2], numbers[3], numbers[4]
		if out.Count < a.Count || out.Counted < out.Count || out.Counted > limit.MaxCount || out.Total < -2*limit.MaxCount || out.Total > 2*limit.MaxCount {
			return failed
		}
		out.Count = min(out.Count, max(a.Count, min(a.Period.Most, limit.MaxCount))) // that this node can have counted
	}
	if out.Given < 0 || out.Given > a.Need+a.Extra {
		return failed
	}
	return out
}

// key is under which the server has what an id names: a digest, of which nobody finds two
// ids with the same.
func key(kind, id string) string {
	sum := sha256.Sum256([]byte(id))
	return "gatehouse:" + kind + ":" + hex.EncodeToString(sum[:16])
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func number(x float64) string { return strconv.FormatFloat(x, 'g', 17, 64) }

// readText is how scripts read their hash. What somebody else has put under the key, or is
// so much that it cannot be of nodes, is removed; num reads what can be a number of ours.
const readText = `
local function read()
  local all = redis.pcall('HGETALL', KEYS[1])
  if all.err or #all > 20000 then redis.call('DEL', KEYS[1]) return {} end
  return all
end
local function num(value, least, most, otherwise)
  local n = tonumber(value)
  if n and n >= least and n <= most then return n end
  return otherwise
end
`

// tokensScript gives tokens of a bucket. Of it the hash has the tokens that nobody holds
// (t), of when they are by the server's clock in microseconds (a), the burst that they are
// of (b), and for each node that holds some how many and until when. The bucket has no room
// for tokens that nodes hold, so that what passes is at most what passes one bucket.
//
// Who needs tokens gets as many as there are. Extra ones are at most half of what is left
// then, parted among the nodes that have asked of late: who comes next finds some.
const tokensText = readText + `
local node = 'n:' .. ARGV[1]
local held, debt, need, extra = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local rate, burst, lease, active = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), 1
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local tokens, at, was, out = burst, now, burst, held
local all = read()
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  if field == 't' then tokens = num(value, -1e15, 1e15, burst)
  elseif field == 'a' then at = num(value, 0, now, now)
  elseif field == 'b' then was = num(value, 1, 1e15, burst)
  elseif field ~= node then
    local has, ends = string.match(value, '^(%S+) (%S+)$')
    has, ends = num(has, 0, 1e15, nil), num(ends, 0, now + 2000 * lease, 0)
    if has and ends > now then out, active = out + has, active + 1
    else redis.call('HDEL', KEYS[1], field) end
  end
end
if was ~= burst then tokens = tokens * burst / was end
tokens = math.min(tokens + math.max(now - at, 0) * rate / 1000000 - math.min(debt, 0), burst - out) - math.max(debt, 0)
local given = math.max(math.min(need, math.floor(tokens + 0.000001)), 0)
if given == need and extra > 0 then
  given = given + math.max(math.floor(math.min(extra, (tokens - given) / (2 * active))), 0)
end
tokens = tokens - given
redis.call('HSET', KEYS[1], 't', string.format('%.17g', tokens), 'a', string.format('%.17g', now), 'b', ARGV[7])
redis.call('HSET', KEYS[1], node, string.format('%.17g %.17g', held + given, now + lease * 1000))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min((burst - tokens) / rate * 1000 + lease + 1000, 3024000000)))
return {given, math.floor(math.max(math.min(tokens, 1000000000), -1000000000) * 1000)}
`

var tokensScript = valkey.NewScript(tokensText)

func (l *Limits) tokensCall(a *limit.Ask) valkey.Call {
	return valkey.Call{Script: tokensScript, Key: key("tokens", a.ID), Args: []string{
		l.Node, whole(a.Held), number(a.Debt), whole(a.Need), whole(a.Extra), number(a.Rate.PerSecond), whole(int64(a.Rate.Burst)), whole(limit.Lease.Milliseconds()),
	}}
}

// countScript lets a node count up to where the sum of all nodes stays within a bound. Of
// the count in a period the hash has its base (a) with the version of that (v), and for
// each node what it has counted and up to where it may count. A node tells what it has
// counted in the period, not what is new: what is told twice counts once. What it may
// count and has not told counts as counted, until it tells.
const countText = readText + `
local node = 'n:' .. ARGV[1]
local count, held, need, extra = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local most, nodes, ttl, saved = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], ARGV[9] == '1'
local all = read()
if #all == 0 and not saved then return {-1, 0, 0, 0, 0} end
local base, version, has, reach = 0, -1, {}, {}
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  if field == 'a' then base = num(value, -1e15, 1e15, 0)
  elseif field == 'v' then version = num(value, -1, 1e16, -1)
  else
    local c, r = string.match(value, '^(%S+) (%S+)$')
    c, r = num(c, 0, 1e15, nil), num(r, 0, 1e15, nil)
    if c and r then has[field], reach[field] = c, r
    else redis.call('HDEL', KEYS[1], field) end
  end
end
if saved then
  if tonumber(ARGV[11]) > version then
    base = tonumber(ARGV[10])
    redis.call('HSET', KEYS[1], 'a', ARGV[10], 'v', ARGV[11])
  end
  for i = 12, #ARGV, 2 do
    local field, c = 'n:' .. ARGV[i], tonumber(ARGV[i + 1])
    if c and field ~= node and c > (has[field] or 0) then
      has[field], reach[field] = c, math.max(reach[field] or 0, c)
      redis.call('HSET', KEYS[1], field, string.format('%.0f %.0f', c, reach[field]))
    elseif field == node then count = math.max(count, c) end
  end
end
count = math.max(count, has[node] or 0)
local total, taken = base + count, base + count + held
for field, c in pairs(has) do
  if field ~= node then total, taken = total + c, taken + math.max(c, reach[field]) end
end
local left = most - taken
local given = math.max(math.min(need, left), 0)
if given == need and extra > 0 then
  given = given + math.max(math.floor(math.min(extra, (left - given) / (2 * nodes))), 0)
end
redis.call('HSET', KEYS[1], node, string.format('%.0f %.0f', count, count + held + given))
redis.call('PEXPIRE', KEYS[1], ttl)
return {given, left - given, count, total, total - base}
`

var countScript = valkey.NewScript(countText)

// countTTL is how long the server knows a count that nobody adds to. It is read of what
// was saved again.
const countTTL = time.Hour

func (l *Limits) countCall(a *limit.Ask) valkey.Call {
	most := min(a.Period.Most, limit.MaxCount)
	args := []string{l.Node, whole(a.Count), whole(a.Held), whole(a.Need), whole(a.Extra), whole(most), whole(int64(a.Nodes)), whole(countTTL.Milliseconds()), "0"}
	if s := a.Saved; s != nil {
		args[len(args)-1] = "1"
		args = append(args, whole(s.Base), whole(s.Version))
		for node, count := range s.Nodes {
			args = append(args, node, whole(count))
		}
	}
	return valkey.Call{Script: countScript, Key: key("count", fmt.Sprint(a.ID, "/", a.Period.Number)), Args: args}
}
