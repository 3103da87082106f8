package pipeline

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
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
		Principal: c.access.principal, Action: invokeAction, Resource: c.methodARN(), Decision: c.access.identity,
	}.String()})
}

// invokeAction is what a policy allows to those who may call a method.
const invokeAction = "execute-api:Invoke"

// methodARN is the ARN of the method with the verb and the path of the call, as they
// were sent (recorded), such as arn:aws:execute-api:us-east-1:111122223333:a1b2c3/dev/GET/pets/1.
// Of the slashes that the path begins with there is one, as in the path of events. The
// text is in the call's own buffer: nobody keeps it longer than the call.
func (c *call) methodARN() string {
	if a := &c.access; len(a.arn) == 0 {
		a.arn = c.appendARN(a.arn, oneSlash(c.req.Path))
	}
	return unsafe.String(unsafe.SliceData(c.access.arn), len(c.access.arn))
}

// plainARN is the method's ARN with the path as the definition would spell it: without
// the slash at its end, and with escapes decoded, which the router passes over as well.
// It is "" where methodARN is spelled like that. Policies look at both, so that none is
// got round by /%61dmin or /admin/.
func (c *call) plainARN() string {
	path := oneSlash(c.req.Path)
	plain := path
	if strings.IndexByte(path, '%') >= 0 {
		plain, _ = percent.Unescape(path) // checked at the door
		plain = oneSlash(plain)
	}
	if len(plain) > 1 {
		plain = strings.TrimSuffix(plain, "/")
	}
	if plain == path {
		return ""
	}
	return string(c.appendARN(nil, plain))
}

// appendARN appends the ARN of the method under a path.
func (c *call) appendARN(dst []byte, path string) []byte {
	st := c.stage.settings
	dst = append(append(dst, "arn:"...), policy.Partition(st.Region)...)
	for _, part := range [...]string{":execute-api:", st.Region, ":", st.Account, ":", st.APIID, "/", st.Name, "/", c.scope.Context.HTTPMethod, path} {
		dst = append(dst, part...)
	}
	return dst
}

// oneSlash is a path without all but one of the slashes that it begins with.
func oneSlash(path string) string {
	for strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	return path
}

// asks is what policies are asked about the call: may who calls invoke the method?
func (c *call) asks() policy.Request {
	return policy.Request{Principal: c.access.principal, Action: invokeAction, Resource: c.methodARN(), Plain: c.plainARN()}
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
