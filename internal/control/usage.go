package control

import (
	"context"
	"time"
)

// Usage knows how many calls API keys made under usage plans: the data plane
// counts them. It is safe for concurrent use. Days are those of UTC.
type Usage interface {
	// Days returns, for each of keys, a pair for each day from one midnight to
	// another, both included: how many calls the key made under the plan on that
	// day, and how many it had left when the day ended, for today until now. What
	// it had left is -1 where the plan has no quota. A key that it says nothing
	// of made no calls, and has all of the quota left.
	Days(ctx context.Context, account, region, plan string, keys []string, from, to time.Time) (map[string][][2]int64, error)

	// SetRemaining sets how many calls a key has left in the period of the
	// plan's quota that runs. It returns when that holds, and after a restart, too.
	SetRemaining(ctx context.Context, account, region, plan, key string, remaining int64) error
}
