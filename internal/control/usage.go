package control

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
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

// A Usage has at most so many days, which is more than the examples in AWS's
// documents ask for. What AWS takes is not known.
const maxUsageDays = 366

// noQuotaRemains is what a key has left in a plan without a quota. What AWS says
// then is not known.
const noQuotaRemains = -1

// day is the format of dates.
const day = "2006-01-02"

func errUsageKey() error { return wire.NotFound("Invalid Key identifier specified") }

// GetUsage tells how many calls the keys of a plan made on each day of a range,
// and how many they had left. It pages through the keys in the order in which
// they came into the plan.
func (s *Service) GetUsage(ctx context.Context, who *wire.Caller, in *wire.GetUsageRequest) (*wire.Usage, error) {
	from, to, err := usageRange(in.StartDate, in.EndDate)
	if err != nil {
		return nil, err
	}
	ctx, leave, err := s.pages.enter(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	defer leave()
	var position *string
	asked, err := read(ctx, s, who, "", func(t *tx) (*usageOf, error) {
		if key := text(in.KeyID); key != "" {
			return t.usageOfKey(in.UsagePlanID, key)
		}
		plan, err := t.usagePlan(in.UsagePlanID)
		if err != nil {
			return nil, err
		}
		out := &usageOf{plan: plan}
		items, next, err := pageOf(t, kindUsagePlanKey, snapshot.PlanKeyID(*plan.ID, ""), in.Position, in.Limit, func(*planKey) bool { return true })
		for _, item := range items {
			out.keys = append(out.keys, item.KeyID)
		}
		position = next
		return out, err
	})
	if err != nil {
		return nil, err
	}
	out, err := s.usageBetween(ctx, who, asked, from, to)
	if err != nil {
		return nil, err
	}
	out.Position = position
	return out, nil
}

// A usageOf says whose usage is asked for: that of some keys of a plan.
type usageOf struct {
	plan *wire.UsagePlan
	keys []string
}

// usageOfKey wants a key to be in a plan.
func (t *tx) usageOfKey(plan, key string) (*usageOf, error) {
	if err := t.requirePlanKey(plan, key, errUsageKey()); err != nil {
		return nil, err
	}
	p, err := t.usagePlan(plan)
	return &usageOf{p, []string{key}}, err
}

// usageRange reads the dates of a range. AWS's words for bad ones are not known.
func usageRange(start, end string) (from, to time.Time, err error) {
	for _, date := range []struct {
		name, text string
		at         *time.Time
	}{{"startDate", start, &from}, {"endDate", end, &to}} {
		if *date.at, err = time.Parse(day, date.text); err != nil {
			return from, to, wire.BadRequest("Invalid %s specified: %s. Dates have the format yyyy-MM-dd", date.name, wire.Truncated(date.text))
		}
	}
	switch {
	case to.Before(from):
		return from, to, wire.BadRequest("Invalid dates specified: endDate is before startDate")
	case daysBetween(from, to) > maxUsageDays:
		return from, to, wire.BadRequest("Invalid dates specified: a range has at most %d days", maxUsageDays)
	}
	return from, to, nil
}

// daysBetween is how many days there are from one midnight to another, both
// included.
func daysBetween(from, to time.Time) int { return int(to.Sub(from)/(24*time.Hour)) + 1 }

// usageBetween asks the data plane.
func (s *Service) usageBetween(ctx context.Context, who *wire.Caller, of *usageOf, from, to time.Time) (*wire.Usage, error) {
	var counted map[string][][2]int64
	if s.usage != nil && len(of.keys) > 0 {
		var err error
		if counted, err = s.usage.Days(ctx, who.Account, who.Region, *of.plan.ID, of.keys, from, to); err != nil {
			return nil, err
		}
	}
	left := int64(noQuotaRemains)
	if of.plan.Quota != nil {
		left = int64(*of.plan.Quota.Limit)
	}
	out := &wire.Usage{UsagePlanID: of.plan.ID, StartDate: new(from.Format(day)), EndDate: new(to.Format(day)), Items: make(map[string][][]int64, len(of.keys))}
	for _, key := range of.keys {
		pairs := make([][]int64, daysBetween(from, to))
		for i := range pairs {
			pairs[i] = []int64{0, left}
			if days := counted[key]; i < len(days) {
				pairs[i] = days[i][:]
			}
		}
		out.Items[key] = pairs
	}
	return out, nil
}

// UpdateUsage sets how many calls a key has left in the current period of a
// plan's quota, and answers with the usage of today.
func (s *Service) UpdateUsage(ctx context.Context, who *wire.Caller, in *wire.UpdateUsageRequest) (*wire.Usage, error) {
	asked, err := read(ctx, s, who, "", func(t *tx) (*usageOf, error) { return t.usageOfKey(in.UsagePlanID, in.KeyID) })
	if err != nil {
		return nil, err
	}
	var change usageChange
	if err := usagePatch.Apply(nil, &change, in.PatchOperations); err != nil {
		return nil, err
	}
	if change.remaining != nil {
		if err := s.setRemaining(ctx, who, asked, *change.remaining); err != nil {
			return nil, err
		}
	}
	today := s.now().UTC().Truncate(24 * time.Hour)
	return s.usageBetween(ctx, who, asked, today, today)
}

func (s *Service) setRemaining(ctx context.Context, who *wire.Caller, of *usageOf, remaining int64) error {
	switch {
	case s.usage == nil:
		return wire.BadRequest("Nothing counts the calls of API keys on this server")
	case of.plan.Quota == nil:
		return wire.BadRequest("Usage Plan %s does not have a quota", *of.plan.ID)
	}
	return s.usage.SetRemaining(ctx, who.Account, who.Region, *of.plan.ID, of.keys[0], remaining)
}

// A usageChange is what UpdateUsage is to change; a nil member stays.
type usageChange struct{ remaining *int64 }

// usagePatch is every path that UpdateUsage takes.
var usagePatch = patchTable[usageChange]{
	Dialect: usageDialect,
	Paths:   []patchPath[usageChange]{{At: "/remaining", Replace: setRemaining}},
}

// usageDialect is the wording of UpdateUsage: a list of paths, an empty one too.
func usageDialect(op *patch.Op, _, paths []string) error {
	return wire.BadRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", wire.Truncated(op.Path), op.Op, strings.Join(paths, ", "))
}

func setRemaining(_ *tx, c *usageChange, op *patch.Op) error {
	n, err := strconv.ParseInt(text(op.Value), 10, 64)
	if err != nil || n < 0 {
		return patch.ErrValue(op)
	}
	c.remaining = &n
	return nil
}
