// Package throttle bounds how often an account may call the operations of the
// control plane.
package throttle

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Rate is how many calls an account may make: Requests in Per, and Burst at
// once (0: as many as Requests). The zero Rate bounds nothing.
type Rate struct {
	Requests int
	Per      time.Duration
	Burst    int
}

// Rates bound the calls that an account makes to the control plane. The zero
// Rates bound nothing.
type Rates struct {
	Total      Rate
	Operations map[string]Rate // by the name of the operation

	// NewAPIs and NewEdgeAPIs are for CreateRestApi and ImportRestApi together,
	// by the kind of endpoint.
	NewAPIs     Rate
	NewEdgeAPIs Rate
}

// AWSRates are the rates that AWS allows every account.
func AWSRates() Rates {
	return Rates{
		Total:       Rate{10, time.Second, 40},
		NewAPIs:     Rate{1, 3 * time.Second, 1},
		NewEdgeAPIs: Rate{1, 30 * time.Second, 1},
		Operations: map[string]Rate{
			"CreateApiKey":               {5, time.Second, 5},
			"DeleteApiKey":               {5, time.Second, 5},
			"CreateResource":             {5, time.Second, 5},
			"DeleteResource":             {5, time.Second, 5},
			"CreateDeployment":           {1, 5 * time.Second, 1},
			"CreateDocumentationVersion": {1, 20 * time.Second, 1},
			"CreateDomainName":           {1, 30 * time.Second, 1},
			"DeleteDomainName":           {1, 30 * time.Second, 1},
			"UpdateDomainName":           {1, 30 * time.Second, 1},
			"DeleteRestApi":              {1, 30 * time.Second, 1},
			"GetResources":               {5, 2 * time.Second, 5},
			"ImportDocumentationParts":   {1, 30 * time.Second, 1},
			"PutRestApi":                 {1, time.Second, 1},
			"UpdateAccount":              {1, 20 * time.Second, 1},
			"UpdateUsagePlan":            {1, 20 * time.Second, 1},
		},
	}
}

// A Throttle holds callers to rates: a token bucket for each account and
// operation. It is safe for concurrent use. A nil Throttle lets all pass.
type Throttle struct {
	rates Rates
	now   func() time.Time

	mu      sync.Mutex
	buckets map[bucketKey]*bucket
	sweepAt int // number of buckets at which those that are full are dropped
}

type bucketKey struct{ account, name string }

// A bucket holds the tokens that were left at a time.
type bucket struct {
	rate   Rate
	tokens float64
	at     time.Time
}

// idleBuckets is how many buckets there may be before those that are full are
// looked for and dropped: a full bucket says no more than none.
const idleBuckets = 10000

// New returns a Throttle whose buckets are full. A nil now stands for time.Now.
func New(r Rates, now func() time.Time) *Throttle {
	if now == nil {
		now = time.Now
	}
	return &Throttle{rates: r, now: now, buckets: make(map[bucketKey]*bucket), sweepAt: idleBuckets}
}

// Authorize takes one call of an operation off the caller's rates, or refuses
// it. It is a hook for wire.ServerOptions.
func (l *Throttle) Authorize(_ context.Context, who *wire.Caller, op *wire.Operation, _ string) error {
	if l == nil {
		return nil
	}
	own := claim{op.Name, l.rates.Operations[op.Name]}
	if op.Service == wire.V2 { // whose operations have no rates of their own
		own = claim{}
	}
	return l.take(who.Account, claim{"", l.rates.Total}, own)
}

// NewAPI takes one new API off the caller's rates. It is no part of Authorize,
// which runs before the kind of the API's endpoint is known.
func (l *Throttle) NewAPI(who *wire.Caller, endpoint *wire.EndpointConfiguration) error {
	if l == nil {
		return nil
	}
	if endpoint == nil || endpoint.Types == nil || len(endpoint.Types) > 0 && endpoint.Types[0] == "EDGE" {
		return l.take(who.Account, claim{"new edge API", l.rates.NewEdgeAPIs})
	}
	return l.take(who.Account, claim{"new API", l.rates.NewAPIs})
}

// A claim is one token of a bucket.
type claim struct {
	name string
	rate Rate
}

// take takes all claims, or none and says how long to wait.
func (l *Throttle) take(account string, claims ...claim) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	var wait time.Duration
	for _, c := range claims {
		if c.rate.bounds() {
			wait = max(wait, l.bucket(account, c, now).wait())
		}
	}
	if wait > 0 {
		err := wire.TooManyRequests("Too Many Requests").(*wire.Error)
		err.RetryAfter = int(math.Ceil(wait.Seconds()))
		return err
	}
	for _, c := range claims {
		if c.rate.bounds() {
			l.bucket(account, c, now).tokens--
		}
	}
	return nil
}

// bucket returns an account's bucket with the tokens that it has now.
func (l *Throttle) bucket(account string, c claim, now time.Time) *bucket {
	key := bucketKey{account, c.name}
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= l.sweepAt {
			l.sweep(now)
		}
		b = &bucket{c.rate, c.rate.size(), now}
		l.buckets[key] = b
	}
	b.fill(now)
	return b
}

// fill adds the tokens that have come since the last look.
func (b *bucket) fill(now time.Time) {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.rate.size(), b.tokens+passed.Seconds()*b.rate.perSecond())
		b.at = now
	}
}

// wait returns how long it takes until there is a token, 0 for one that is
// there.
func (b *bucket) wait() time.Duration {
	if b.tokens >= 1 {
		return 0
	}
	return time.Duration((1 - b.tokens) / b.rate.perSecond() * float64(time.Second))
}

// sweep forgets the buckets that are full again.
func (l *Throttle) sweep(now time.Time) {
	for key, b := range l.buckets {
		if b.fill(now); b.tokens >= b.rate.size() {
			delete(l.buckets, key)
		}
	}
	l.sweepAt = max(idleBuckets, 2*len(l.buckets))
}

// bounds reports whether r bounds anything.
func (r Rate) bounds() bool { return r.Requests > 0 && r.Per > 0 }

// size is how many tokens a bucket holds.
func (r Rate) size() float64 {
	if r.Burst > 0 {
		return float64(r.Burst)
	}
	return float64(r.Requests)
}

func (r Rate) perSecond() float64 { return float64(r.Requests) / r.Per.Seconds() }
