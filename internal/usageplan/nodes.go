package usageplan

import (
	"context"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
)

// A NodeSink is a Sink to which several nodes save, each of them what it has counted
// itself: Load and Save are of this node's part alone, Days of all. What a key has used
// is the sum of the parts and of a base, which is what somebody has set, what a single
// server had counted before, and the offset of a quota's first period.
type NodeSink interface {
	Sink

	// All returns what was saved of keys in plans, in the order of ids, at one moment;
	// with the days that are over, from one to another, both included.
	All(ctx context.Context, ids []ID, from, to Day) ([]Together, error)

	// SetBase has the sum of what was spent in a period be so much. counted is what
	// nodes are known to have counted in it, whether they have saved that or not.
	SetBase(ctx context.Context, id ID, period Day, spent, counted int64) error
}

// A Together is what nodes have saved of a key in a plan.
type Together struct {
	Base    State
	Version int64 // of the base: how often somebody has set it
	Nodes   map[string]State
	Days    []NodeDay // that are over; the node of a single server's is ""
}

// A NodeDay is what a key used on a day on one node. What was left then is what that
// node knew of.
type NodeDay struct {
	Node string
	DayUsage
}

// begun reports whether anything was saved.
func (t *Together) begun() bool { return t.Base != State{} || len(t.Nodes) > 0 }

// spent is what was spent in a period or, where it has become a longer one meanwhile, in
// a part of it: beside what nodes have, and by each of them.
func (t *Together) spent(period limit.Period) limit.Saved {
	out := limit.Saved{Version: t.Version, Nodes: make(map[string]int64, len(t.Nodes))}
	if int(t.Base.Period) >= period.Number {
		out.Base = t.Base.Spent
	}
	if !t.begun() {
		out.Base = period.First
	}
	for node, s := range t.Nodes {
		if int(s.Period) >= period.Number {
			out.Nodes[node] = s.Spent
		}
	}
	return out
}

// shares are a member's parts of what nodes share.
type shares struct {
	key   *limit.Share // of the key's throttle
	spent *limit.Share // of the quota

	mu      sync.Mutex
	methods map[*mark]*limit.Share
	begin   *State // of the base, which is to be saved unless there is one
}

// shared returns the member's parts of what nodes share, nil where they share nothing.
func (r *Registry) shared(m *member) *shares {
	if r.sharing == nil || m == nil {
		return nil
	}
	if s := m.shares.Load(); s != nil {
		return s
	}
	s := &shares{key: limit.NewShare("key/" + string(m.id)), spent: limit.NewCountShare(string(m.id), 0)}
	if m.shares.CompareAndSwap(nil, s) {
		return s
	}
	return m.shares.Load()
}

// bucket is the part of a key's throttle.
func (s *shares) bucket() *limit.Share {
	if s == nil {
		return nil
	}
	return s.key
}

// count is the part of a quota.
func (s *shares) count() *limit.Share {
	if s == nil {
		return nil
	}
	return s.spent
}

// method is the part of the throttle of a method.
func (s *shares) method(id ID, of *mark) *limit.Share {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.methods == nil {
		s.methods = make(map[*mark]*limit.Share)
	}
	h := s.methods[of]
	if h == nil {
		h = limit.NewShare("method/" + string(id) + "/" + of.name)
		s.methods[of] = h
	}
	return h
}

// Saved is a limit.SharingOptions.Saved: what was saved of counts.
func (r *Registry) Saved(ctx context.Context, ids []string, periods []limit.Period) ([]limit.Saved, error) {
	out := make([]limit.Saved, len(ids))
	if r.nodes == nil {
		return out, nil
	}
	names := make([]ID, len(ids))
	for i, id := range ids {
		names[i] = ID(id)
	}
	all, err := r.nodes.All(ctx, names, 1, 0)
	if err != nil {
		return nil, err
	}
	for i := range all {
		out[i] = all[i].spent(periods[i])
		if !all[i].begun() && periods[i].First != 0 {
			r.beginBase(names[i], periods[i])
		}
	}
	return out, nil
}

// beginBase has a key's offset be saved with what this node counts of the key.
func (r *Registry) beginBase(id ID, period limit.Period) {
	r.mu.Lock()
	t, rest, err := r.named(string(id))
	var m *member
	if err == nil {
		m = t.memberOf(rest)
	}
	r.mu.Unlock()
	if s := r.shared(m); s != nil {
		s.mu.Lock()
		s.begin = &State{Period: Day(period.Number), Spent: period.First}
		s.mu.Unlock()
		r.note(m)
	}
}

// others is what other nodes have spent in a period, as far as this one knows.
func (m *member) others(q *quota, d Day) int64 {
	if s := m.shares.Load(); s != nil && q != nil {
		return s.spent.Others(q.period(d))
	}
	return 0
}

// daysOfAll is Days where several nodes count: this one's counts are saved first, so that
// what was saved is all that there is.
func (r *Registry) daysOfAll(ctx context.Context, of Plan, keys []string, members map[string]*member, q *quota, begin, first, last Day) (map[string][][2]int64, error) {
	if err := r.Save(ctx); err != nil {
		return nil, err
	}
	ids := make([]ID, len(keys))
	for i, key := range keys {
		ids[i] = of.Key(key)
	}
	all, err := r.nodes.All(ctx, ids, begin, last)
	if err != nil {
		return nil, err
	}
	out := make(map[string][][2]int64)
	for i, key := range keys {
		t := &all[i]
		if members[key] == nil && !t.begun() && len(t.Days) == 0 {
			continue
		}
		whole := q.all()
		if q != nil && !t.begun() {
			whole = max(whole-int64(q.Offset), 0)
		}
		out[key] = q.days(t.usage(q), whole, begin, first, last)
	}
	return out, nil
}

// usage is what all nodes have counted, by days. A node's last day is in its state until a
// later one begins there.
func (t *Together) usage(q *quota) map[Day]DayUsage {
	days := make(map[Day]DayUsage)
	over := make(map[NodeDay]bool) // days of nodes, without counts
	for _, d := range t.Days {
		sum, ok := days[d.Day]
		if !ok || d.Left >= 0 && d.Left < sum.Left {
			sum.Left = d.Left
		}
		sum.Day, sum.Calls = d.Day, sum.Calls+d.Calls
		days[d.Day], over[NodeDay{d.Node, DayUsage{Day: d.Day}}] = sum, true
	}
	last := func(node string, s State) {
		if s.Day == 0 || over[NodeDay{node, DayUsage{Day: s.Day}}] {
			return
		}
		days[s.Day] = DayUsage{s.Day, days[s.Day].Calls + s.Calls, t.left(q, s.Day)}
	}
	last("", t.Base)
	for node, s := range t.Nodes {
		last(node, s)
	}
	return days
}

// left is what all nodes leave of a quota on a day of the period that they count in.
func (t *Together) left(q *quota, d Day) int64 {
	if q == nil {
		return unlimited
	}
	saved := t.spent(q.period(d))
	left := int64(q.Limit) - saved.Base
	for _, n := range saved.Nodes {
		left -= n
	}
	return max(left, 0)
}

// askTime is how long SetRemaining waits for what other nodes have counted and not saved.
const askTime = time.Second

// setRemainingOfAll is SetRemaining where several nodes count. The others learn of it by
// what they share; one that cannot be told now is told later.
func (r *Registry) setRemainingOfAll(ctx context.Context, m *member, period limit.Period, spent int64) error {
	if err := r.write(ctx, []*member{m}); err != nil {
		return err
	}
	s, counted := r.shared(m), int64(0)
	if s != nil {
		wait, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		counted, _ = r.sharing.Counted(wait, s.spent, &m.spent, period)
	}
	if err := r.nodes.SetBase(ctx, m.id, Day(period.Number), spent, counted); err != nil {
		return err
	}
	if s != nil {
		r.sharing.Forget(s.spent, &m.spent, period)
	}
	return nil
}
