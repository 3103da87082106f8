package usageplan

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
)

// Days returns, for each of keys, a pair for each day from one to another, both
// included: how many calls the key made under the plan on that day, and how many it
// had left of the quota when the day ended, for today until now; -1 without a quota.
// Keys that the plan does not have, and of which nothing was saved, are left out.
func (r *Registry) Days(ctx context.Context, account, region, plan string, keys []string, from, to time.Time) (map[string][][2]int64, error) {
	first, last := DayOf(from), DayOf(to)
	quota, members := r.find(tenantName{account, region}, plan, keys)
	begin := first
	if quota != nil {
		begin = quota.start(first) // what was left before the first day is left on it
	}
	saved := make(map[string]map[Day]DayUsage)
	err := r.sink.Days(ctx, Plan{account, region, plan}, keys, begin, last, func(key string, d DayUsage) {
		if saved[key] == nil {
			saved[key] = make(map[Day]DayUsage)
		}
		saved[key][d.Day] = d
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string][][2]int64)
	for _, key := range keys {
		if m := members[key]; m != nil || saved[key] != nil {
			out[key] = quota.days(m.usage(quota, saved[key]), m.all(quota), begin, first, last)
		}
	}
	return out, nil
}

// find returns a plan's quota and those of keys that it has.
func (r *Registry) find(name tenantName, plan string, keys []string) (*quota, map[string]*member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, members := r.tenant(name), make(map[string]*member, len(keys))
	for _, key := range keys {
		if m := t.member(plan, key); m != nil {
			members[key] = m
		}
	}
	p := t.plans[plan]
	if p == nil || p.terms.Load() == nil {
		return nil, members
	}
	return p.terms.Load().quota, members
}

// usage is what was saved of a member's days, and what is not saved yet.
func (m *member) usage(q *quota, saved map[Day]DayUsage) map[Day]DayUsage {
	if m == nil {
		return saved
	}
	if saved == nil {
		saved = make(map[Day]DayUsage)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.before != nil {
		saved[m.before.Day] = *m.before
	}
	if day, calls := m.calls.State(); day > 0 {
		saved[Day(day)] = DayUsage{Day(day), calls, q.left(&m.spent, Day(day))}
	}
	return saved
}

// all is what a period begins with: less in the first one, which is still to come
// for a key that has not called.
func (m *member) all(q *quota) int64 {
	if q == nil {
		return unlimited
	}
	all := int64(q.Limit)
	if m != nil {
		if period, _ := m.spent.State(); period == 0 {
			all = max(all-int64(q.Offset), 0)
		}
	}
	return all
}

// days lists the days from first to last. A day without calls leaves what the day
// before has left, and the first of a period all.
func (q *quota) days(usage map[Day]DayUsage, all int64, begin, first, last Day) [][2]int64 {
	var out [][2]int64
	left := int64(unlimited)
	for d := begin; d <= last; d++ {
		if q != nil && (d == begin || q.start(d) == d) {
			left = all
		}
		calls := int64(0)
		if u, ok := usage[d]; ok {
			calls, left = u.Calls, u.Left
		}
		if d >= first {
			out = append(out, [2]int64{calls, left})
		}
	}
	return out
}

// Errors of SetRemaining.
var (
	ErrNoKey   = errors.New("the usage plan does not have the key")
	ErrNoQuota = errors.New("the usage plan has no quota")
)

// SetRemaining sets how many calls a key has left in the quota's period that runs,
// which may be more than the quota. It returns when that is saved.
func (r *Registry) SetRemaining(ctx context.Context, account, region, plan, key string, remaining int64) error {
	quota, members := r.find(tenantName{account, region}, plan, []string{key})
	m := members[key]
	switch {
	case m == nil:
		return ErrNoKey
	case quota == nil:
		return ErrNoQuota
	}
	today := DayOf(time.Now())
	m.turn(quota, today)
	m.spent.Set(quota.period(today).Number, int64(quota.Limit)-min(max(remaining, 0), limit.MaxCount))
	r.note(m)
	return r.Save(ctx)
}
