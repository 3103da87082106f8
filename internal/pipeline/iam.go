package pipeline

import (
	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// identifySigner finds out who has signed the call. What can be known of the signature without the body is looked at before a byte
// of it is read: its form, its time and scope, the key, and the signature itself where
// there is no body or the client says what its body is. Nothing is told of a caller
// before the signature is known to be right.
func (c *call) identifySigner() error {
	signed, err := c.stage.services.IAM.Read(c.req, c.stage.settings.Region)
	if err != nil {
		return asRefused(err)
	}
	if !signed.Settled() {
		if err := readBody(c); err != nil {
			return err
		}
		if err := signed.Verify(c.req.Body); err != nil {
			return asRefused(err)
		}
	}
	who, err := signed.Caller()
	if err != nil {
		return asRefused(err)
	}
	c.access.signed = signed
	c.signedBy(who)
	return nil
}

// signedBy shows who has signed the call to what comes behind.
func (c *call) signedBy(who *credentials.Caller) {
	x := &c.scope.Context.Identity
	x.AccessKey, x.AccountID, x.Caller, x.User, x.UserARN = who.AccessKeyID, who.Account, who.UserID, who.UserID, who.Principal
	a := &c.access
	a.principal, a.signer, a.foreign = who.Principal, who, who.Account != c.stage.settings.Account
}

// judgeSigner asks the policies of who has signed the call.
func (c *call) judgeSigner() error {
	query := c.asks(authz.InvokeAction)
	decision, bounded := c.askSigner(&query)
	c.identified(decision)
	if bounded {
		c.traceAccess(decision)
		return c.denied(decision)
	}
	return nil
}

// askSigner asks the policies of who has signed the call. It is bounded where one that
// bounds the caller, such as that of its session, does not allow it, whatever a resource
// policy does.
func (c *call) askSigner(query *policy.Request) (decision policy.Decision, bounded bool) {
	own, bounds := c.access.signer.Policies()
	decision = policy.Allow
	if own != nil {
		decision = c.ask("signer's policy", own, query)
	}
	for i := range bounds {
		bound := c.ask(bounds[i].Name, bounds[i].Policy, query)
		decision, bounded = policy.Bounded(decision, bound), bounded || bound != policy.Allow
	}
	return decision, bounded
}

// completeSignature reads the body of a call whose signature was right without it, and
// refuses another one than was signed.
func (c *call) completeSignature() error {
	signed := &c.access.signed
	if !signed.Settled() {
		return nil
	}
	if err := readBody(c); err != nil {
		return err
	}
	if err := signed.Verify(c.req.Body); err != nil {
		return asRefused(err)
	}
	return nil
}

// unmatched is the failure of a call of no method.
func (c *call) unmatched() error {
	if err := authz.CheckUnmatched(c.req); err != nil {
		return asRefused(err)
	}
	return missingToken()
}
