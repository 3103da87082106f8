package pipeline

import (
	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// A domainPolicy is the policy of a private custom domain name.
type domainPolicy struct {
	arn    string // of the domain name, as policies know it
	policy *authz.ResourcePolicy
	why    string // it lets nobody in; "" where its statements say who may call
}

// CompileDomainPolicy makes the policy of a private custom domain name ready for the
// calls of its APIs. It is for gateway.Options.DomainPolicy. Without a policy, or with
// one that cannot be used, nobody may call by the name.
func CompileDomainPolicy(d *snapshot.DomainName) any {
	p := &domainPolicy{arn: d.DomainARN(policy.Partition(d.Region))}
	if d.Policy == "" {
		p.why = "a private custom domain name without a policy lets nobody in"
		return p
	}
	compiled, err := authz.CompileResourcePolicy(d.Policy, policy.API{Region: d.Region, Account: d.Account})
	if err != nil {
		p.why = "the policy of the private custom domain name cannot be used: " + err.Error()
	}
	p.policy = compiled
	return p
}

// viaDomain returns the policy of the private custom domain name by which the call
// comes, nil for none.
func (c *call) viaDomain() *domainPolicy {
	if c.req.Domain == nil {
		return nil
	}
	p, _ := c.req.Domain.Policy.(*domainPolicy)
	return p
}

// admitByDomain wants the policy of the private custom domain name by which the call
// comes to allow it, whatever else allows it (documented).
func (c *call) admitByDomain() error {
	p := c.viaDomain()
	switch {
	case p == nil:
		return nil
	case p.why != "":
		c.trace.Access(trace.AccessEvent{Why: p.why})
		return c.deniedOf(p.arn, policy.ImplicitDeny)
	}
	query := c.asks(authz.InvokeAction)
	query.Resource, query.Decoded, query.Plain = p.arn, "", ""
	query.ByName = c.access.identity != policy.Allow
	if d := c.ask("domain name's policy", p.policy.Policy(), &query); d != policy.Allow {
		c.trace.Access(trace.AccessEvent{Why: "the policy of the private custom domain name does not allow it"})
		return c.deniedOf(p.arn, d)
	}
	return nil
}
