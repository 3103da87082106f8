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
	if r.nodes != nil {
		return r.daysOfAll(ctx, Plan{account, region, plan}, keys, members, quota, begin, first, last)
	}
	days, all := make(map[string]map[Day]DayUsage), make(map[string]int64)
	for key, m := range members { // before what is saved is read: a day that ends meanwhile is here, there or in both
		days[key], all[key] = m.usage(quota), m.all(quota)
	}
	err := r.sink.Days(ctx, Plan{account, region, plan}, keys, begin, last, func(key string, d DayUsage) {
		if days[key] == nil {
			days[key], all[key] = make(map[Day]DayUsage), quota.all()
		}
		days[key][d.Day] = d // what is saved of a day is all of it
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string][][2]int64)
	for _, key := range keys {
		if days[key] != nil {
			out[key] = quota.days(days[key], all[key], begin, first, last)
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

// usage is what the member has counted of the days that are not all saved.
func (m *member) usage(q *quota) map[Day]DayUsage {
	m.mu.Lock()
	defer m.mu.Unlock()
	days := make(map[Day]DayUsage)
	if m.before != nil {
		days[m.before.Day] = *m.before
	}
	if day, calls := m.calls.State(); day > 0 {
		days[Day(day)] = DayUsage{Day(day), calls, q.left(&m.spent, Day(day))}
	}
	return days
}

// all is what a period begins with for the member: less in the first one, which is still
// to come for a key that has not called.
func (m *member) all(q *quota) int64 {
	all := q.all()
	if period, _ := m.spent.State(); q != nil && period == 0 {
		all = max(all-int64(q.Offset), 0)
	}
	return all
}

// all is what a period begins with that is not a key's first.
func (q *quota) all() int64 {
	if q == nil {
		return unlimited
	}
	return int64(q.Limit)
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
	period, spent := quota.period(today), int64(quota.Limit)-min(max(remaining, 0), limit.MaxCount)
	if r.nodes != nil {
		return r.setRemainingOfAll(ctx, m, period, spent)
	}
	m.spent.Set(period.Number, spent)
	r.note(m) // for the next time, should it fail now
	return r.write(ctx, []*member{m})
}
