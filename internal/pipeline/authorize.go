package pipeline

import (
	"errors"
	"strings"
	"unsafe"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/lambdaproxy"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// An access is what is known of who calls.
type access struct {
	arn       []byte              // of the method, with the verb and the path that were called; buffer
	decoded   string              // see decodedARN; of use once spelled is true
	plain     string              // see plainARN
	spelled   bool                //
	principal string              // ARN of who has signed the call; "" for anonymous callers
	signer    *credentials.Caller // that is; nil for anonymous callers
	signed    authz.Signed

	// identity is what the caller's own policy, the authorizer or the token says. It
	// counts only where the method asks for one of them.
	identity policy.Decision
	asked    bool // identity is what was said
	foreign  bool // the caller is of another account than the API

	resource policy.Decision // what the resource policy says, once judged is true
	judged   bool
	facts    policy.Facts   // what condition keys say of the call
	who      authz.Identity // what the identity sources of a Lambda authorizer say
	answer   *authz.Answer  // that authorizer's, nil for none
}

// authorization returns the steps that find out who calls a method and whether it
// may. They stand before everything else: an API key is asked for behind them. There
// are none for a method that is open to everybody, in an API without a policy.
func (c *compiler) authorization() []step {
	p := c.program
	guarded := p.policy != nil || p.private()
	steps := []step{(*call).boundARN}
	switch {
	case p.private() && p.policy == nil:
		return append(steps, (*call).denyWithoutPolicy)
	case !guarded && (p.open || !authorized(c.method)):
		return nil
	case p.open && authorized(c.method):
		return append(steps, (*call).vouch, (*call).admitByDomain, (*call).decide)
	case guarded && c.method.AuthorizationType == "CUSTOM":
		steps = append(steps, inPhase(authorize, (*call).denyEarly))
	}
	steps = append(steps, c.identified()...)
	switch c.method.AuthorizationType {
	case "AWS_IAM":
		return append(steps, inPhase(authorize, (*call).decide), inPhase(authenticate, (*call).completeSignature))
	case "CUSTOM":
		return append(steps, inPhase(authorize, (*call).decide))
	}
	return append(steps, (*call).decide)
}

// identified returns the steps of identification, for a private API with the one that
// asks the policy of a private custom domain name: once a signer is known, and before a
// function or a token is.
func (c *compiler) identified() []step {
	steps := c.identification()
	switch {
	case !c.program.private():
		return steps
	case c.method.AuthorizationType == "AWS_IAM":
		return append(steps, inPhase(authorize, (*call).admitByDomain))
	}
	return append([]step{inPhase(authorize, (*call).admitByDomain)}, steps...)
}

// identification returns the steps that fill in the call's access. The order of the
// cases is that of AWS's documentation.
func (c *compiler) identification() []step {
	switch c.method.AuthorizationType {
	case "AWS_IAM":
		return []step{inPhase(authenticate, (*call).identifySigner), inPhase(authorize, (*call).judgeSigner)}
	case "COGNITO_USER_POOLS":
		return []step{inPhase(authorizing, c.userPool())}
	case "CUSTOM":
		return []step{inPhase(authorizing, c.lambdaAuthorizer())}
	default:
		return nil // NONE, and what guards close
	}
}

// isServed reports whether an authorization type is enforced. Methods of all others
// are closed.
func isServed(authorizationType string) bool {
	switch authorizationType {
	case "", "NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS":
		return true
	}
	return false
}

// maxMethodARN bounds the ARN of a method that something protects, in bytes.
const maxMethodARN = 1600

// boundARN refuses a call whose ARN is longer than policies can be asked about.
func (c *call) boundARN() error {
	if len(c.methodARN()) > maxMethodARN {
		return &failure{kind: default4XX, status: 414, message: "Request URI too long"}
	}
	return nil
}

// vouch takes it that whoever a method asks for calls it: nobody is asked.
func (c *call) vouch() error {
	c.identified(policy.Allow)
	return nil
}

// identified notes what the caller's own policy, the authorizer or the token says.
func (c *call) identified(d policy.Decision) { c.access.identity, c.access.asked = d, true }

// denyEarly refuses a call that the resource policy denies before a function is
// called about it.
func (c *call) denyEarly() error {
	if c.judge() == policy.ExplicitDeny {
		c.traceAccess(policy.ExplicitDeny)
		return c.denied(policy.ExplicitDeny)
	}
	return nil
}

// denyWithoutPolicy refuses the calls of a private API that has no policy.
func (c *call) denyWithoutPolicy() error {
	c.trace.Access(trace.AccessEvent{Why: "a private API without a resource policy lets nobody in"})
	return c.denied(policy.ImplicitDeny)
}

// decide lets the call in, or not, by what is known of who calls and by the resource
// policy.
func (c *call) decide() error {
	kind, a := c.method.authorization, &c.access
	decision := c.stage.program.policy.Join(kind, a.foreign, a.identity, c.judge())
	c.traceAccess(decision)
	switch {
	case decision == policy.Allow:
		return nil
	case kind == "CUSTOM" && a.resource != policy.ExplicitDeny:
		return refused(&authz.Refusal{Kind: authz.AccessDenied, Message: policy.AuthorizerDenial(decision), Line: notAllowed})
	}
	return c.denied(decision)
}

// notAllowed is what AWS logs of a caller whom the policy of an authorizer does not let
// in (reported).
const notAllowed = "The client is not authorized to perform this operation."

// judge returns what the resource policy says of the call. It is asked once; who
// calls, and what its own policies say, must be known then where the method asks for a
// signature.
func (c *call) judge() policy.Decision {
	a := &c.access
	if c.stage.program.policy != nil && !a.judged {
		query := c.asks(authz.InvokeAction)
		a.resource, a.judged = c.askResourcePolicy(a.identity, &query), true
	}
	return a.resource
}

// askResourcePolicy asks the policy of the API, by what the caller's own policies say.
func (c *call) askResourcePolicy(identity policy.Decision, query *policy.Request) policy.Decision {
	query.ByName = identity != policy.Allow
	return c.ask("resource policy", c.stage.program.policy.Policy(), query)
}

// traceAccess records what came of all that was asked about who calls.
func (c *call) traceAccess(decision policy.Decision) {
	if !c.trace.Detailed() {
		return
	}
	a, e := &c.access, trace.AccessEvent{Allowed: decision == policy.Allow}
	if a.asked {
		e.Identity = a.identity.String()
	}
	switch {
	case a.judged:
		e.Resource = a.resource.String()
	case a.foreign && a.identity == policy.Allow:
		e.Why = "of another account, and no resource policy allows it"
	}
	c.trace.Access(e)
}

// ask asks a policy about the call. name says in traces which policy it is.
func (c *call) ask(name string, p *policy.Policy, query *policy.Request) policy.Decision {
	decision := p.Evaluate(query)
	if c.trace.Detailed() || c.trace != nil && decision != policy.Allow {
		if query.Action != authz.InvokeAction {
			name += " on " + query.Action
		}
		c.trace.Decided(name, p, query)
	}
	return decision
}

// denied is the failure of a call that policies do not let in.
func (c *call) denied(d policy.Decision) error { return c.deniedOf(c.methodARN(), d) }

// deniedOf is denied, about a resource.
func (c *call) deniedOf(arn string, d policy.Decision) error {
	return refused(&authz.Refusal{Kind: authz.AccessDenied, Message: policy.Denial{
		Principal: c.access.principal, Action: authz.InvokeAction, Resource: arn, Decision: d,
	}.String()})
}

// methodARN is the ARN of the method with the verb and the path of the call, as they
// were sent (recorded), such as arn:aws:execute-api:us-east-1:111122223333:a1b2c3/dev/GET/pets/1.
// Of the slashes that the path begins with there is one, as in the path of events. The
// text is in the call's own buffer: nobody keeps it longer than the call.
func (c *call) methodARN() string {
	if a := &c.access; len(a.arn) == 0 {
		a.arn = c.appendARN(a.arn, lambdaproxy.OneSlash(c.req.Path))
	}
	return unsafe.String(unsafe.SliceData(c.access.arn), len(c.access.arn))
}

// decodedARN is the method's ARN with the escapes of the path decoded, "" where it has
// none.
func (c *call) decodedARN() string {
	if strings.IndexByte(c.req.Path, '%') < 0 {
		return ""
	}
	return policy.Decoded(c.methodARN())
}

// plainARN is the method's ARN with the path as the definition would spell it: without
// the slash at its end, and with escapes decoded, which the router passes over as well.
// It is "" where methodARN is spelled like that. Policies look at both, so that none is
// got round by /%61dmin or /admin/.
func (c *call) plainARN() string {
	path := lambdaproxy.OneSlash(c.req.Path)
	plain := path
	if strings.IndexByte(path, '%') >= 0 {
		plain = lambdaproxy.OneSlash(policy.Decoded(path))
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

// asks is what policies are asked about the call: may who calls do this with the method?
// It must not outlive the call.
func (c *call) asks(action string) policy.Request {
	a := &c.access
	c.gatherFacts()
	if !a.spelled {
		a.decoded, a.plain, a.spelled = c.decodedARN(), c.plainARN(), true
	}
	return policy.Request{
		Principal: a.principal, Action: action, Resource: c.methodARN(), Decoded: a.decoded, Plain: a.plain, Context: c.conditions,
	}
}

// gatherFacts notes what condition keys say of the call: of its request and of who has
// signed it.
func (c *call) gatherFacts() {
	r, f := c.req, &c.access.facts
	f.Received, f.Scheme, f.SourceIP, f.Region = r.Received, r.Scheme, r.SourceIP, c.stage.settings.Region
	f.Private, f.Header = c.stage.program.private(), c.header
	if by := r.VPCEndpoint; by != nil {
		f.VPC, f.VPCEndpoint = by.VPC, by.ID
	}
	if p := c.viaDomain(); p != nil {
		f.ViaDomain = p.arn
	}
	if who := c.access.signer; who != nil {
		f.Signer = who.Signer()
	}
}

// errNoAuthorizer is that of a method whose authorizer the deployment does not have.
var errNoAuthorizer = errors.New("the API has no such authorizer")

// asRefused is the failure of a call that a part of authz has refused. Whatever else
// went wrong there lets nobody in.
func asRefused(err error) *failure {
	var r *authz.Refusal
	if !errors.As(err, &r) {
		r = &authz.Refusal{Kind: authz.AuthorizerFailure, Cause: err}
	}
	return refused(r)
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
