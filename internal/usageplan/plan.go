package usageplan

import (
	"sync/atomic"
	"time"
	"unique"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A plan is a usage plan. What was published of it is in terms, which is nil where
// that could not be read, is gone, or did not come yet: such a plan lets nobody in.
type plan struct {
	tenant  *tenant
	id      string
	terms   atomic.Pointer[terms]
	members map[*member]struct{}
}

// The terms of a plan. They never change.
type terms struct {
	throttled bool
	rate      limit.Rate // of each key
	quota     *quota     // nil for none
	first     planStage  // is looked at first: most plans have one stage
	stages    map[unique.Handle[stageName]]*planStage
}

// A stageName names a stage; handles of it are compared at once.
type stageName struct{ api, stage string }

// A planStage is what a plan says of one of its stages.
type planStage struct {
	name    unique.Handle[stageName]
	methods map[string]methodThrottle // by resource path and verb
}

// stage returns what the plan says of a stage, nil where it does not have it.
func (t *terms) stage(name unique.Handle[stageName]) *planStage {
	if t.first.name == name {
		return &t.first
	}
	return t.stages[name]
}

// A methodThrottle is the throttle of each key for one method. The mark stays when
// the rate changes: the levels of keys are kept by it.
type methodThrottle struct {
	rate limit.Rate
	mark *mark
}

// A mark has a name, by which nodes share the levels.
type mark struct{ name string }

// allMethods names the throttle of the methods that have none of their own.
const allMethods = "*/*"

// newTerms reads what was published of a plan, whose terms were before.
func newTerms(from *snapshot.UsagePlan, before *terms) (*terms, error) {
	q, err := newQuota(from.Quota)
	if err != nil {
		return nil, err
	}
	t := &terms{quota: q, stages: make(map[unique.Handle[stageName]]*planStage, len(from.Stages))}
	if from.Throttle != nil {
		t.throttled, t.rate = true, rateOf(*from.Throttle)
	}
	for _, s := range from.Stages {
		name := unique.Make(stageName{s.APIID, s.Stage})
		stage := &planStage{name, make(map[string]methodThrottle, len(s.Throttles))}
		for method, throttle := range s.Throttles {
			stage.methods[method] = methodThrottle{rateOf(throttle), before.markOf(name, method)}
		}
		t.stages[name], t.first = stage, *stage
	}
	return t, nil
}

// markOf returns the mark of a method's throttle, a new one where it had none.
func (t *terms) markOf(name unique.Handle[stageName], method string) *mark {
	if t != nil && t.stages[name] != nil {
		if m := t.stages[name].methods[method].mark; m != nil {
			return m
		}
	}
	of := name.Value()
	return &mark{of.api + "/" + of.stage + method}
}

// rateOf reads a throttle. A member that nobody set has AWS's default.
func rateOf(t snapshot.Throttle) limit.Rate {
	rate := limit.AWSDefault()
	if t.RateLimit != nil {
		rate.PerSecond = *t.RateLimit
	}
	if t.BurstLimit != nil {
		rate.Burst = int(*t.BurstLimit)
	}
	return rate
}

// throttle is that of a method, the zero one for none.
func (s *planStage) throttle(method string) methodThrottle {
	if len(s.methods) == 0 {
		return methodThrottle{}
	}
	if t, ok := s.methods[method]; ok {
		return t
	}
	return s.methods[allMethods]
}

// change puts terms into force. What the keys have of tokens, and what they have spent
// of the quota, goes on under them; note is told whose count is to be saved for that.
func (p *plan) change(to *terms, now time.Time, note func(*member)) {
	before := p.terms.Load()
	for m := range p.members { // first: a call under the new terms would begin the new period
		m.changeQuota(before, to, now, note)
	}
	p.terms.Store(to)
	if before == nil || to == nil {
		return // levels that there are go on when there are terms again
	}
	rates := to.rates()
	for m := range p.members {
		m.adopt(to, rates, now)
	}
}

// receive has a member that has left go on under the terms that are in force now, as
// change would have, had it not left.
func (p *plan) receive(m *member, now time.Time, note func(*member)) {
	if before, to := m.last, p.terms.Load(); before != to && before != nil && to != nil {
		m.changeQuota(before, to, now, note)
		m.adopt(to, to.rates(), now)
	}
}

// rates are those of the methods' throttles.
func (t *terms) rates() map[*mark]limit.Rate {
	rates := make(map[*mark]limit.Rate)
	for _, s := range t.stages {
		for _, m := range s.methods {
			rates[m.mark] = m.rate
		}
	}
	return rates
}
