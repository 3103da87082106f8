package usageplan

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
)

// A key is an API key. Its members are in order of the plans' ids.
type key struct {
	id      string
	known   bool // it was published; else only that plans have it
	enabled bool
	digest  digest
	members []*member
}

// in returns the key's member of a plan, nil for none.
func (k *key) in(planID string) *member {
	if i, ok := k.place(planID); ok {
		return k.members[i]
	}
	return nil
}

// place returns where the member of a plan is among the key's, or would be, and
// reports whether there is one.
func (k *key) place(planID string) (int, bool) {
	return slices.BinarySearchFunc(k.members, planID, func(m *member, id string) int { return strings.Compare(m.plan.id, id) })
}

// A member is a key in a plan, with what it has used of it.
type member struct {
	level   limit.Level                            // first is what each call looks at
	methods atomic.Pointer[map[*mark]*limit.Level] // made when first used; the map never changes
	spent   limit.Counter                          // of the quota, in its period
	calls   limit.Counter                          // that were let in, in a day

	id     ID
	keyID  string
	shares atomic.Pointer[shares] // of what nodes share; nil until the first call, and where they share nothing

	key  *key   // it and what follows is the registry's
	plan *plan  // one of them can be made anew while the member has left
	last *terms // under which it has left

	mu     sync.Mutex // of what follows, and of who changes methods
	before *DayUsage  // of the last day before that of calls, until it is saved

	unsaved atomic.Bool // it is in the registry's list of what is to be saved
	next    *member     // in that list
}

// methodLevel is the level of a method's throttle.
func (m *member) methodLevel(of *mark) *limit.Level {
	if levels := m.methods.Load(); levels != nil {
		if l := (*levels)[of]; l != nil {
			return l
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	levels := make(map[*mark]*limit.Level)
	if before := m.methods.Load(); before != nil {
		maps.Copy(levels, *before)
	}
	if levels[of] == nil {
		levels[of] = new(limit.Level)
		m.methods.Store(&levels)
	}
	return levels[of]
}

// adopt goes on under a plan's new terms; rates are those of its methods. Levels
// of methods that have no throttle any more go.
func (m *member) adopt(to *terms, rates map[*mark]limit.Rate, now time.Time) {
	if to.throttled {
		m.level.Adopt(to.rate, now)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.methods.Load()
	if before == nil {
		return
	}
	levels := make(map[*mark]*limit.Level, len(*before))
	for of, l := range *before {
		if rate, ok := rates[of]; ok {
			l.Adopt(rate, now)
			levels[of] = l
		}
	}
	m.methods.Store(&levels)
}

// count counts a call unless the quota is used up. share is this node's part of it, nil
// where nodes share nothing. changed is whether there is
// something to save.
func (m *member) count(limits limit.Limits, q *quota, share *limit.Share, now time.Time) (counted, changed bool) {
	day := DayOf(now)
	changed = m.turn(q, day)
	if q != nil {
		if period, _ := m.spent.State(); period == 0 {
			changed = true
		}
		period := q.period(day)
		period.Share = share
		if !limits.Add(&m.spent, 1, period, now) {
			return false, changed
		}
	}
	limits.Add(&m.calls, 1, limit.Period{Number: int(day), Most: limit.Unbounded}, now)
	return true, true
}

// turn begins a day. What the last one came to is kept to be saved; at most one
// such day waits, so that a store that fails costs no memory. It reports whether it
// has begun one.
func (m *member) turn(q *quota, to Day) bool {
	if day, _ := m.calls.State(); Day(day) >= to {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	day, _ := m.calls.State()
	left := q.left(&m.spent, Day(day)) // before a call of the new day can spend
	if left > 0 {
		left = max(left-m.others(q, Day(day)), 0)
	}
	day, calls, turned := m.calls.Turn(int(to))
	if turned && day > 0 {
		m.before = &DayUsage{Day(day), calls, left}
	}
	return turned
}

// changeQuota goes on under the quota of other terms, and has noted what is to be saved
// for that.
func (m *member) changeQuota(from, to *terms, now time.Time, note func(*member)) {
	if from != nil && to != nil && m.changePeriod(from.quota, to.quota, DayOf(now)) {
		note(m)
	}
}

// changePeriod keeps what was spent of a quota when its period becomes a shorter one,
// which would else begin at 0: today's calls where it is a day now, and all that was
// spent where it is a week. A longer period goes on with what there is by itself. It
// reports whether there is something to save.
func (m *member) changePeriod(from, to *quota, today Day) bool {
	if from == nil || to == nil {
		return false
	}
	for {
		period, spent := m.spent.State()
		begins := to.period(today).Number
		if period == 0 || period < from.period(today).Number || period >= begins {
			return false // nothing was spent in the period that runs, or that goes on
		}
		kept := spent
		if to.Period == "DAY" {
			day, calls := m.calls.State()
			if Day(day) < today {
				calls = 0
			}
			kept = min(kept, calls)
		}
		if m.spent.Move(period, spent, begins, kept) {
			return true
		}
	}
}

// record is what is to be saved of the member.
func (m *member) record() Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := Record{ID: m.id}
	if m.before != nil {
		r.Before = new(*m.before)
	}
	day, calls := m.calls.State()
	period, spent := m.spent.State()
	r.State = State{Day(period), spent, Day(day), calls}
	if s := m.shares.Load(); s != nil {
		s.mu.Lock()
		r.Begin = s.begin
		s.mu.Unlock()
	}
	return r
}

// saved notes that a record is saved.
func (m *member) saved(r *Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.before != nil && r.Before != nil && *m.before == *r.Before {
		m.before = nil
	}
	if s := m.shares.Load(); s != nil && r.Begin != nil {
		s.mu.Lock()
		s.begin = nil
		s.mu.Unlock()
	}
}

// restore goes on where a process before has been.
func (m *member) restore(s State) {
	m.spent.Set(int(s.Period), s.Spent)
	m.calls.Set(int(s.Day), s.Calls)
}
