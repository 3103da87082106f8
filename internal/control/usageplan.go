package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errUsagePlan() error { return wire.NotFound("Invalid Usage Plan ID specified") }

func (t *tx) usagePlan(id string) (*wire.UsagePlan, error) {
	return load[wire.UsagePlan](t, kindUsagePlan, id, errUsagePlan())
}

// CreateUsagePlan makes a usage plan without keys.
func (s *Service) CreateUsagePlan(ctx context.Context, who *wire.Caller, in *wire.CreateUsagePlanRequest) (*wire.UsagePlan, error) {
	if len(in.APIStages) > patch.MaxMembers {
		return nil, patch.ErrTooMany("apiStages", patch.MaxMembers)
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.UsagePlan, error) {
		p := &wire.UsagePlan{
			Name: &in.Name, Description: given(in.Description), APIStages: []wire.APIStage{}, Throttle: in.Throttle, Quota: in.Quota, Tags: filled(in.Tags),
		}
		for _, st := range in.APIStages {
			if text(st.APIID) == "" || text(st.Stage) == "" {
				return nil, errNoAPIStage()
			}
			if err := t.addPlanStage(p, *st.APIID, *st.Stage, filled(st.Throttle)); err != nil {
				return nil, err
			}
		}
		if p.Quota != nil {
			p.Quota.Offset = withDefault(p.Quota.Offset, 0)
		}
		return p, t.addUsagePlan(p)
	})
}

// errNoAPIStage is AWS's answer to a stage without a name or an API, to the
// letter: it forgets to fill in what it speaks of.
func errNoAPIStage() error {
	return wire.BadRequest("%s", "Invalid API Stage {api: %s, stage: %s} specified for usageplan %s")
}

// addUsagePlan checks, stores and publishes a new plan.
func (t *tx) addUsagePlan(p *wire.UsagePlan) error {
	if err := t.checkUsagePlan(p); err != nil {
		return err
	}
	if err := checkTags(p.Tags); err != nil {
		return err
	}
	if err := t.accountQuota(kindUsagePlan, t.svc.limits.UsagePlans, "Usage Plans"); err != nil {
		return err
	}
	id, err := t.freshID(kindUsagePlan)
	if err != nil {
		return err
	}
	p.ID = &id
	return t.insertServed(kindUsagePlan, id, p, wire.Conflict("Usage Plan id %s is already in use", id))
}

// checkUsagePlan checks what holds within and between the members of a plan.
func (t *tx) checkUsagePlan(p *wire.UsagePlan) error {
	if strings.TrimSpace(text(p.Name)) == "" {
		return wire.BadRequest("Usage Plan name cannot be blank")
	}
	if len(*p.Name) > maxNameLength {
		return wire.BadRequest("Name cannot be longer than %d characters", maxNameLength)
	}
	if err := checkThrottle(p.Throttle); err != nil {
		return err
	}
	if err := checkQuota(p.Quota); err != nil {
		return err
	}
	for _, st := range p.APIStages {
		if len(st.Throttle) > 0 && p.Throttle == nil {
			return wire.BadRequest("Can not define fine grain throttling if usage plan throttle is not defined.")
		}
		if over(len(st.Throttle), t.svc.limits.ThrottlesPerPlanStage) {
			return errQuota("Method Throttles", " for this API Stage")
		}
		for _, method := range sortedKeys(st.Throttle) {
			if err := checkThrottledMethod(method); err != nil {
				return err
			}
			if err := checkThrottle(new(st.Throttle[method])); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	badRateLimit  = "Invalid throttle rate limit specified"
	badBurstLimit = "Invalid throttle burst limit specified"
)

// checkThrottle wants limits that are none below zero. AWS's words are not known.
func checkThrottle(th *wire.ThrottleSettings) error {
	switch {
	case th == nil:
	case th.RateLimit != nil && *th.RateLimit < 0:
		return wire.BadRequest(badRateLimit)
	case th.BurstLimit != nil && *th.BurstLimit < 0:
		return wire.BadRequest(badBurstLimit)
	}
	return nil
}

// checkThrottledMethod wants a resource's path and a verb, such as
// /pets/{id}/GET; AWS takes no wildcards here.
func checkThrottledMethod(method string) error {
	slash := strings.LastIndexByte(method, '/')
	if slash < 0 || !slices.Contains(verbs, method[slash+1:]) || strings.Contains(method, "*") {
		return wire.BadRequest("Invalid method specified for throttling: %s", wire.Truncated(method))
	}
	return nil
}

// quotaPeriods are AWS's, each with the highest offset in it. Its words on
// offsets are those that Terraform's provider has.
var quotaPeriods = map[string]int32{"DAY": 0, "WEEK": 6, "MONTH": 27}

const badQuotaPeriod = "Invalid quota period specified. Valid options are DAY,WEEK,MONTH"

// checkQuota wants of a quota all that it takes to count: how many calls, in
// which period.
func checkQuota(q *wire.QuotaSettings) error {
	if q == nil {
		return nil
	}
	most, known := quotaPeriods[text(q.Period)]
	offset := *withDefault(q.Offset, 0)
	switch {
	case q.Limit == nil || q.Period == nil:
		return wire.BadRequest("Usage Plan quota must have a limit and a period")
	case *q.Limit < 0:
		return wire.BadRequest(badQuotaLimit)
	case !known:
		return wire.BadRequest(badQuotaPeriod)
	case most == 0 && offset != 0:
		return wire.BadRequest("Usage Plan quota offset must be zero in the %s period", *q.Period)
	case offset < 0 || offset > most:
		return wire.BadRequest("Usage Plan quota offset must be between zero and %d inclusive in the %s period", most, *q.Period)
	}
	return nil
}

const (
	badQuotaLimit  = "Invalid quota limit specified"
	badQuotaOffset = "Invalid quota offset specified"
)

// servedUsagePlan is what the data plane is told of a plan.
func (t *tx) servedUsagePlan(p *wire.UsagePlan) *snapshot.UsagePlan {
	out := &snapshot.UsagePlan{ID: *p.ID, Account: t.who.Account, Region: t.who.Region, Throttle: freezeThrottle(p.Throttle)}
	if q := p.Quota; q != nil {
		out.Quota = &snapshot.Quota{Limit: *q.Limit, Offset: *withDefault(q.Offset, 0), Period: *q.Period}
	}
	for _, st := range p.APIStages {
		frozen := snapshot.PlanStage{APIID: *st.APIID, Stage: *st.Stage}
		for _, method := range sortedKeys(st.Throttle) {
			if frozen.Throttles == nil {
				frozen.Throttles = make(map[string]snapshot.Throttle, len(st.Throttle))
			}
			frozen.Throttles[throttledMethod(method)] = *freezeThrottle(new(st.Throttle[method]))
		}
		out.Stages = append(out.Stages, frozen)
	}
	return out
}

// throttledMethod is the path of the resource and the verb, however somebody
// wrote them: pets/GET and /~1pets/GET are /pets/GET, and the root's is //GET.
func throttledMethod(method string) string {
	slash := strings.LastIndexByte(method, '/')
	return "/" + strings.TrimLeft(patch.Unescape(method[:slash]), "/") + method[slash:]
}

func freezeThrottle(th *wire.ThrottleSettings) *snapshot.Throttle {
	if th == nil {
		return nil
	}
	return &snapshot.Throttle{RateLimit: (*float64)(th.RateLimit), BurstLimit: th.BurstLimit}
}

// fullUsagePlan is a plan with the member tags, which Get and Update always
// show (recorded).
func fullUsagePlan(p *wire.UsagePlan) *wire.UsagePlan {
	if p.Tags == nil {
		p.Tags = map[string]string{}
	}
	return p
}

// GetUsagePlan reads one plan.
func (s *Service) GetUsagePlan(ctx context.Context, who *wire.Caller, in *wire.GetUsagePlanRequest) (*wire.UsagePlan, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.UsagePlan, error) {
		p, err := t.usagePlan(in.UsagePlanID)
		if err != nil {
			return nil, err
		}
		return fullUsagePlan(p), nil
	})
}

// GetUsagePlans lists the caller's plans, or those that a key is in.
func (s *Service) GetUsagePlans(ctx context.Context, who *wire.Caller, in *wire.GetUsagePlansRequest) (*wire.UsagePlans, error) {
	return readPage(ctx, s, who, "", func(t *tx) (*wire.UsagePlans, error) {
		keep := func(*wire.UsagePlan) bool { return true }
		if key := text(in.KeyID); key != "" {
			if err := t.require(kindAPIKey, key, errAPIKey()); err != nil {
				return nil, err
			}
			plans, err := t.plansOfKey(key)
			if err != nil {
				return nil, err
			}
			slices.Sort(plans)
			keep = func(p *wire.UsagePlan) bool {
				_, found := slices.BinarySearch(plans, *p.ID)
				return found
			}
		}
		items, position, err := pageOf(t, kindUsagePlan, "", in.Position, in.Limit, keep)
		return &wire.UsagePlans{Items: items, Position: position}, err
	})
}

// DeleteUsagePlan removes a plan that has no stages. Its keys stay.
func (s *Service) DeleteUsagePlan(ctx context.Context, who *wire.Caller, in *wire.DeleteUsagePlanRequest) (*wire.Empty, error) {
	return writeBrieflyEmpty(ctx, s, who, "", func(t *tx) error {
		p, err := t.usagePlan(in.UsagePlanID)
		if err != nil {
			return err
		}
		if len(p.APIStages) > 0 {
			return wire.BadRequest("Cannot delete Usage Plan %s because there are API Stages associated with it, including %s:%s",
				*p.ID, *p.APIStages[0].APIID, *p.APIStages[0].Stage)
		}
		return t.remove(kindUsagePlan, *p.ID, errUsagePlan())
	})
}
