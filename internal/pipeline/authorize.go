package pipeline

import (
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// An access is what is known of who calls.
type access struct {
	arn       []byte // of the method, with the verb and the path that were called; buffer
	principal string // ARN of who has signed the call; "" for anonymous callers

	// identity is what the caller's own policy, the authorizer or the token says. It
	// counts only where the method asks for one of them.
	identity policy.Decision
	foreign  bool // the caller is of another account than the API
}

// authorization returns the steps that find out who calls a method and whether it
// may. They stand before everything else: an API key is asked for behind them.
func (c *compiler) authorization() []step {
	if c.program.open {
		return nil
	}
	if steps := c.identification(); steps != nil {
		return slices.Concat(steps, []step{(*call).decide})
	}
	return nil
}

// identification returns the steps that fill in the call's access. The order of the
// cases is that of AWS's documentation.
func (c *compiler) identification() []step {
	switch c.method.AuthorizationType {
	default:
		return nil // NONE, and what guards close
	}
}

// isServed reports whether an authorization type is enforced. Methods of all others
// are closed.
func isServed(authorizationType string) bool {
	switch authorizationType {
	case "", "NONE":
		return true
	}
	return false
}

// decide lets the call in, or not, by what is known of who calls.
func (c *call) decide() error {
	if c.access.identity == policy.Allow {
		return nil
	}
	return refused(&authz.Refusal{Kind: authz.AccessDenied, Message: policy.Denial{
		Principal: c.access.principal, Action: invokeAction, Resource: string(c.methodARN()), Decision: c.access.identity,
	}.String()})
}

// invokeAction is what a policy allows to those who may call a method.
const invokeAction = "execute-api:Invoke"

// methodARN is the ARN of the method with the verb and the path of the call, as they
// were sent (recorded), such as arn:aws:execute-api:us-east-1:111122223333:a1b2c3/dev/GET/pets/1.
// The bytes are the call's own buffer.
func (c *call) methodARN() []byte {
	if a := &c.access; len(a.arn) == 0 {
		st := c.stage.settings
		a.arn = append(a.arn, "arn:"...)
		a.arn = append(a.arn, policy.Partition(st.Region)...)
		for _, part := range [...]string{":execute-api:", st.Region, ":", st.Account, ":", st.APIID, "/", st.Name, "/", c.scope.Context.HTTPMethod, c.req.Path} {
			a.arn = append(a.arn, part...)
		}
	}
	return c.access.arn
}

// refused is the failure of a call that may not go on.
func refused(r *authz.Refusal) *failure {
	kinds := [...]responseType{
		authz.AccessDenied: accessDenied, authz.Unauthorized: unauthorized, authz.AuthorizerFailure: authorizerFailure,
		authz.AuthorizerConfig: authorizerConfigError, authz.MissingToken: missingAuthenticationToken,
		authz.InvalidSignature: invalidSignature, authz.ExpiredToken: expiredToken, authz.IncompleteSignature: default4XX,
	}
	f := &failure{kind: kinds[r.Kind], message: r.Message, errType: r.ErrorType, reason: r.Reason, line: r.Line, cause: r.Cause}
	if r.Kind == authz.IncompleteSignature {
		f.status = 403
	}
	return f
}
