package policy

// A Decision is what a policy says of a request.
type Decision int

// The decisions. A policy that does not speak of a request denies it
// implicitly.
const (
	ImplicitDeny Decision = iota
	Allow
	ExplicitDeny
)

// String returns the name of the decision.
func (d Decision) String() string {
	switch d {
	case Allow:
		return "Allow"
	case ExplicitDeny:
		return "ExplicitDeny"
	}
	return "ImplicitDeny"
}

// A Request is what a policy is asked about.
type Request struct {
	Principal string // ARN of who asks, "" for anonymous; only resource policies look at it
	Action    string // such as "execute-api:Invoke", in any case
	Resource  string // ARN

	// Context returns the values of a condition key, given in lower case, none
	// when the request has no such key. Nil means no keys at all.
	Context func(key string) []string
}

// Evaluate decides about a request. It allocates nothing unless variables are
// to be resolved.
func (p *Policy) Evaluate(r *Request) Decision {
	decision := ImplicitDeny
	if p == nil {
		return decision
	}
	for i := range p.statements {
		s := &p.statements[i]
		if s.effect == decision || !s.applies(r) { // a second Allow adds nothing
			continue
		}
		if s.effect == ExplicitDeny {
			return ExplicitDeny
		}
		decision = Allow
	}
	return decision
}

// applies reports whether a statement is about a request.
func (s *statement) applies(r *Request) bool {
	if s.principals != nil && s.principals.match(r.Principal) == s.notPrincipal {
		return false
	}
	if s.hasAction(r.Action) == s.notAction {
		return false
	}
	found, known := s.hasResource(r)
	if found == s.notResource {
		return false
	}
	if !known && s.notResource && s.effect == Allow {
		return false // it is not known what "all but this resource" leaves
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r.Context) {
			return false
		}
	}
	return true
}

func (s *statement) hasAction(action string) bool {
	for i := range s.actions {
		if match(s.actions[i].text, action, true) {
			return true
		}
	}
	return false
}

// hasResource reports whether the resource is among the statement's. known is
// false when some of them hold variables without a value.
func (s *statement) hasResource(r *Request) (found, known bool) {
	known = true
	for i := range s.resources {
		hit, resolved := s.resources[i].match(r.Resource, r.Context)
		if hit {
			return true, known
		}
		known = known && resolved
	}
	return false, known
}

// CombineSameAccount joins the decision of an identity's policy, or of a
// Lambda authorizer's, with that of the resource policy of an API in the same
// account: either may allow.
func CombineSameAccount(identity, resource Decision) Decision {
	switch {
	case identity == ExplicitDeny || resource == ExplicitDeny:
		return ExplicitDeny
	case identity == Allow || resource == Allow:
		return Allow
	}
	return ImplicitDeny
}

// CombineCrossAccount joins the decision of an identity's policy with that of
// the resource policy of an API in another account, or of a Cognito token that
// is good with that of the resource policy: both must allow.
func CombineCrossAccount(identity, resource Decision) Decision {
	switch {
	case identity == ExplicitDeny || resource == ExplicitDeny:
		return ExplicitDeny
	case identity == Allow && resource == Allow:
		return Allow
	}
	return ImplicitDeny
}
