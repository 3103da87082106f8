package control

import (
	"context"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errRoutingRule() error { return wire.NotFound("Invalid routing rule identifier specified") }

// errPriorityTaken follows the words for API mappings: AWS's own are not known.
func errPriorityTaken() error {
	return wire.Conflict("Routing rule priority already exists for this domain name")
}

// A routingRule is one as it is stored. Its conditions and its one action are as they
// were sent.
type routingRule struct {
	ID         string                      `json:"id"`
	Domain     string                      `json:"domain"` // its key
	Priority   int32                       `json:"priority"`
	Conditions []wire.RoutingRuleCondition `json:"conditions"`
	Actions    []wire.RoutingRuleAction    `json:"actions"`
}

func (r *routingRule) id() string { return snapshot.RoutingRuleID(r.Domain, r.ID) }

func (r *routingRule) invokes() *wire.RoutingRuleActionInvokeAPI { return r.Actions[0].InvokeAPI }

// rulePriorityKeys are the keys of kindRulePriority.
func rulePriorityKeys(r *routingRule) []string {
	return []string{fmt.Sprintf("%s/%07d", r.Domain, r.Priority)}
}

// ruleStageKeys are the keys of kindRuleStage.
func ruleStageKeys(r *routingRule) []string {
	return []string{stageKey(*r.invokes().APIID, *r.invokes().Stage)}
}

// servedRule is what the data plane is told of a rule.
func (t *tx) servedRule(r *routingRule) *snapshot.RoutingRule {
	to := r.invokes()
	out := &snapshot.RoutingRule{
		Domain: r.Domain, Account: t.who.Account, Region: t.who.Region, ID: r.ID, Priority: r.Priority,
		APIID: *to.APIID, Stage: *to.Stage, StripBasePath: *to.StripBasePath,
	}
	for _, c := range r.Conditions {
		if c.MatchBasePaths != nil {
			out.BasePath = c.MatchBasePaths.AnyOf[0]
			continue
		}
		h := c.MatchHeaders.AnyOf[0]
		out.Headers = append(out.Headers, snapshot.HeaderCondition{Name: *h.Header, Glob: *h.ValueGlob})
	}
	return out
}

// shownRule is a rule as answers show it.
func (t *tx) shownRule(r *routingRule) *wire.RoutingRule {
	return &wire.RoutingRule{
		Actions: r.Actions, Conditions: r.Conditions, Priority: &r.Priority, RoutingRuleID: &r.ID,
		RoutingRuleARN: new("arn:" + policy.Partition(t.who.Region) + ":apigateway:" + t.who.Region + ":" + t.who.Account + ":/domainnames/" + r.Domain + "/routingrules/" + r.ID),
	}
}

func (t *tx) routingRule(domain, id string) (*routingRule, error) {
	if err := t.require(kindDomainName, domain, errDomainName()); err != nil {
		return nil, err
	}
	return load[routingRule](t, kindRoutingRule, snapshot.RoutingRuleID(domain, id), errRoutingRule())
}

// fillRule puts what a call says of a rule into it, checked and with what it leaves out.
func (t *tx) fillRule(r *routingRule, priority int32, conditions []wire.RoutingRuleCondition, actions []wire.RoutingRuleAction) error {
	r.Priority, r.Conditions, r.Actions = priority, conditions, actions
	if err := checkRule(r); err != nil {
		return err
	}
	to := *r.invokes()
	if to.StripBasePath == nil {
		to.StripBasePath = new(false)
	}
	r.Actions = []wire.RoutingRuleAction{{InvokeAPI: &to}}
	if *to.Stage == "" {
		return errMappedStage()
	}
	return t.checkTarget(r.Domain, *to.APIID, *to.Stage, t.errUnknownAPI(*to.APIID))
}

// maxRoutingRules is how many rules a domain name may have whatever the quotas are, since
// a request may be compared with all of them.
const maxRoutingRules = 200

// rulesQuota refuses the next rule of a domain name that has as many as it may.
func (t *tx) rulesQuota(domain string) error {
	ids, err := t.ids(kindRoutingRule, snapshot.RoutingRuleID(domain, ""))
	if err != nil {
		return err
	}
	if n := len(ids) + 1; n > maxRoutingRules || over(n, t.svc.limits.RoutingRules) {
		return wire.TooManyRequests("%s", quotaText("routing rules", " for this domain name"))
	}
	return nil
}

// CreateRoutingRule has requests of a domain name that fulfil conditions lead to a stage.
func (s *Service) CreateRoutingRule(ctx context.Context, who *wire.Caller, in *wire.CreateRoutingRuleRequest) (*wire.RoutingRule, error) {
	if err := checkPriority(in.Priority, "createRoutingRuleInput"); err != nil {
		return nil, err
	}
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.RoutingRule, error) {
		d, err := t.domainName(domain)
		if err != nil {
			return nil, err
		}
		if *d.RoutingMode == snapshot.ByMappings {
			return nil, errRoutingMode("A routing rule", *d.RoutingMode)
		}
		r := &routingRule{Domain: domain}
		if err := t.fillRule(r, in.Priority, in.Conditions, in.Actions); err != nil {
			return nil, err
		}
		if err := t.rulesQuota(r.Domain); err != nil {
			return nil, err
		}
		if r.ID, err = t.freshRuleID(r.Domain); err != nil {
			return nil, err
		}
		return t.shownRule(r), t.insertServed(kindRoutingRule, r.id(), r, errPriorityTaken())
	})
}

// freshRuleID returns an id that no rule of a domain name has.
func (t *tx) freshRuleID(domain string) (string, error) {
	for {
		id := newID(childIDLength)
		taken, err := t.exists(kindRoutingRule, snapshot.RoutingRuleID(domain, id))
		if err != nil || !taken {
			return id, err
		}
	}
}

// GetRoutingRule reads one rule.
func (s *Service) GetRoutingRule(ctx context.Context, who *wire.Caller, in *wire.GetRoutingRuleRequest) (*wire.RoutingRule, error) {
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.RoutingRule, error) {
		r, err := t.routingRule(domain, in.RoutingRuleID)
		if err != nil {
			return nil, err
		}
		return t.shownRule(r), nil
	})
}

// ListRoutingRules lists the rules of a domain name.
func (s *Service) ListRoutingRules(ctx context.Context, who *wire.Caller, in *wire.ListRoutingRulesRequest) (*wire.RoutingRules, error) {
	if n := in.MaxResults; n != nil {
		if err := checkRange(int(*n), 1, 100, "maxResults"); err != nil {
			return nil, err
		}
	}
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.RoutingRules, error) {
		if err := t.require(kindDomainName, domain, errDomainName()); err != nil {
			return nil, err
		}
		all := func(*routingRule) bool { return true }
		items, next, err := pageOf(t, kindRoutingRule, snapshot.RoutingRuleID(domain, ""), in.NextToken, in.MaxResults, all)
		if err != nil {
			return nil, err
		}
		out := &wire.RoutingRules{RoutingRules: make([]wire.RoutingRule, len(items)), NextToken: next}
		for i := range items {
			out.RoutingRules[i] = *t.shownRule(&items[i])
		}
		return out, nil
	})
}

// PutRoutingRule replaces a rule. What it changes holds for the next request.
func (s *Service) PutRoutingRule(ctx context.Context, who *wire.Caller, in *wire.PutRoutingRuleRequest) (*wire.RoutingRule, error) {
	if err := checkPriority(in.Priority, "putRoutingRuleInput"); err != nil {
		return nil, err
	}
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.RoutingRule, error) {
		r, err := t.routingRule(domain, in.RoutingRuleID)
		if err != nil {
			return nil, err
		}
		if err := t.fillRule(r, in.Priority, in.Conditions, in.Actions); err != nil {
			return nil, err
		}
		if err := t.saveUnique(kindRoutingRule, r.id(), r, errPriorityTaken()); err != nil {
			return nil, err
		}
		return t.shownRule(r), t.publishDoc(kindRoutingRule, r.id(), r)
	})
}

// DeleteRoutingRule ends what a rule leads to; the API stays.
func (s *Service) DeleteRoutingRule(ctx context.Context, who *wire.Caller, in *wire.DeleteRoutingRuleRequest) (*wire.Empty, error) {
	domain, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return writeEmpty(ctx, s, who, "", func(t *tx) error {
		r, err := t.routingRule(domain, in.RoutingRuleID)
		if err != nil {
			return err
		}
		return t.remove(kindRoutingRule, r.id(), errRoutingRule())
	})
}

// errRoutingMode refuses what a routing mode leaves without effect. AWS documents that it
// does, not in which words.
func errRoutingMode(what, mode string) error {
	return wire.BadRequest("%s cannot be created while the routing mode of the domain name is %s", what, strings.Replace(mode, "BASE_PATH", "API", 1))
}
