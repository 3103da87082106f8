package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// userPool returns the step that lets those in who bring a token of the user pools of
// the method's authorizer. A method whose authorizer is missing, or cannot be
// understood, lets nobody in.
func (c *compiler) userPool() step {
	at, err := c.program.userPoolAuthorizer(c.method.AuthorizerID)
	if err != nil {
		c.problem("authorizerId", 0, 0, "%s", err)
		closed := refused(&authz.Refusal{Kind: authz.AuthorizerConfig, Reason: "the authorizer cannot work", Cause: err}).at("authorizerId")
		return func(*call) error { return closed }
	}
	scopes := c.method.AuthorizationScopes
	return func(call *call) error { return call.verifyToken(at, scopes) }
}

// userPoolAuthorizer compiles an authorizer of the deployment, once for all methods that
// name it, and returns its place among those of its type.
func (p *Program) userPoolAuthorizer(id string) (int, error) {
	if at, ok := p.userPoolOf[id]; ok {
		return at, nil
	}
	from, ok := p.deployment.Authorizers[id]
	if !ok {
		return 0, errNoAuthorizer
	}
	a, err := authz.NewUserPoolAuthorizer(&from)
	if err != nil {
		return 0, err
	}
	if p.userPoolOf == nil {
		p.userPoolOf = make(map[string]int)
	}
	at := len(p.userPools)
	p.userPools, p.userPoolOf[id] = append(p.userPools, a), at
	return at, nil
}

// bindUserPools finds the pools of a program's authorizers.
func bindUserPools(p *Program, pools *authz.Pools) []*authz.UserPools {
	if len(p.userPools) == 0 || pools == nil {
		return nil
	}
	bound := make([]*authz.UserPools, 0, len(p.userPools))
	for _, a := range p.userPools {
		bound = append(bound, a.Bind(pools))
	}
	return bound
}

// verifyToken lets the call in with the token that it brings, and shows its claims to
// what comes behind.
func (c *call) verifyToken(at int, scopes []string) error {
	if c.stage.userPools == nil {
		return refused(&authz.Refusal{Kind: authz.AuthorizerConfig, Reason: "this server knows no user pools"})
	}
	pools := c.stage.userPools[at]
	c.values = appendValues(c.values[:0], c.headers, pools.Header())
	if c.trace != nil {
		c.trace.Hide(c.values...)
		c.trace.Authorizer(&trace.AuthorizerEvent{ID: pools.ID(), Identity: strings.Join(c.values, ",")})
	}
	token, err := pools.Verify(&authz.TokenRequest{Values: c.values, Scopes: scopes, Now: c.req.Received, Until: c.authorizerDeadline()})
	if err != nil {
		return c.tokenRefused(err)
	}
	if c.trace != nil {
		c.trace.Token(token.String())
	}
	c.scope.Context.Authorizer.Claims = token.Claims
	c.identified(policy.Allow)
	return nil
}

// tokenRefused is the failure of a call whose token does not let it in. What an
// execution log says of it is AWS's line (documented).
func (c *call) tokenRefused(err error) *failure {
	f := asRefused(err)
	if c.trace != nil && f.kind == unauthorized {
		f.line = c.unauthorizedLine()
	}
	return f
}

// appendValues appends the value of each line of a header.
func appendValues(dst []string, h httpmsg.Header, name string) []string {
	for i := range h {
		if httpmsg.EqualFold(h[i].Name, name) {
			dst = append(dst, h[i].Value)
		}
	}
	return dst
}
