package usageplan

import (
	"time"
	"unique"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
)

// A Stage stands before the calls of one stage of an API. It is safe for concurrent
// use.
type Stage struct {
	registry *Registry
	tenant   *tenant
	name     unique.Handle[stageName]
	account  limit.Bucket
}

// Stage returns what stands before a stage's calls. It is the same whichever plans
// the stage is in, and there need be none.
func (r *Registry) Stage(account, region, api, stage string) *Stage {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Stage{registry: r, tenant: r.tenant(tenantName{account, region}), name: unique.Make(stageName{api, stage})}
	if r.account != nil {
		s.account = limit.Bucket{Rate: *r.account, Level: &s.tenant.level, Share: s.tenant.share}
	}
	return s
}

// An Access is a caller's key in the plan under which it calls a stage. The zero
// Access is that of a call which needs no key: no plan touches it.
type Access struct {
	member *member
	terms  *terms
	stage  *planStage
}

// KeyID is the id of the key, "" for none.
func (a *Access) KeyID() string {
	if a.member == nil {
		return ""
	}
	return a.member.keyID
}

// Find looks for the key of a value, and for the plan of it that opens the stage.
// It reports false where there is no such key, it is disabled, or none of its plans
// has the stage. Of several plans that have, which the control plane refuses, the
// one whose id is lowest counts.
func (s *Stage) Find(value string) (Access, bool) {
	if value == "" || len(value) > maxValue {
		return Access{}, false
	}
	return s.tenant.values.find(value, s.name)
}

// A Verdict says whether a call is let in, and what refuses it.
type Verdict struct {
	Outcome Outcome
	Rate    limit.Rate // of the throttle that refused
	Limit   int64      // of the quota that is used up
	Period  string     // of that quota: DAY, WEEK or MONTH
}

// An Outcome is what comes of Admit.
type Outcome int

// The outcomes that there are.
const (
	Admitted Outcome = iota
	Throttled
	QuotaExceeded
)

// Admit takes a call through the throttles in AWS's order, those of the key and the
// method, of the key, of the stage's method and of the account, and then through
// the quota, and counts it. A call that is refused counts nowhere: what it took from
// the buckets before the one that refused it goes back, so that who is refused by
// one limit is not held back by the others later. method is the resource's path, a
// slash and the verb, as in the settings of stages; own is the bucket of the stage's
// settings for the method; now is when the call came.
func (s *Stage) Admit(a *Access, method string, own limit.Bucket, now time.Time) Verdict {
	limits := s.registry.limits
	parts := s.registry.shared(a.member)
	buckets := [...]limit.Bucket{a.methodBucket(method, parts), a.keyBucket(parts), own, s.account}
	for i, b := range buckets {
		if !limits.Take(b, 1, now) {
			giveBack(limits, buckets[:i])
			return Verdict{Outcome: Throttled, Rate: b.Rate}
		}
	}
	if a.member == nil {
		return Verdict{}
	}
	counted, changed := a.member.count(limits, a.terms.quota, parts.count(), now)
	if changed {
		s.registry.note(a.member)
	}
	if !counted {
		giveBack(limits, buckets[:])
		return Verdict{Outcome: QuotaExceeded, Limit: int64(a.terms.quota.Limit), Period: a.terms.quota.Period}
	}
	return Verdict{}
}

func giveBack(limits limit.Limits, buckets []limit.Bucket) {
	for _, b := range buckets {
		limits.Return(b, 1)
	}
}

// keyBucket is that of the key over all stages of the plan.
func (a *Access) keyBucket(parts *shares) limit.Bucket {
	if a.member == nil || !a.terms.throttled {
		return limit.Bucket{}
	}
	return limit.Bucket{Rate: a.terms.rate, Level: &a.member.level, Share: parts.bucket()}
}

// methodBucket is that of the key for a method of the stage.
func (a *Access) methodBucket(method string, parts *shares) limit.Bucket {
	if a.member == nil {
		return limit.Bucket{}
	}
	t := a.stage.throttle(method)
	if t.mark == nil {
		return limit.Bucket{}
	}
	return limit.Bucket{Rate: t.rate, Level: a.member.methodLevel(t.mark), Share: parts.method(a.member.id, t.mark)}
}
