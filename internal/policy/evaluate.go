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
	Principal string // ARN of who asks, "" for anonymous; only resource and trust policies look at it
	Service   string // of AWS that asks, such as "lambda.amazonaws.com", "" for others; only resource and trust policies look at it
	Action    string // such as "execute-api:Invoke", in any case
	Resource  string // ARN, as the caller spelled it; trust policies have none

	// ByName says that the policies of who asks do not allow the request. What a statement
	// allows an account counts for nothing then: it is for the policies of its identities to
	// hand on (documented). What allows who asks by name, or everyone, does count.
	ByName bool

	// Decoded is Resource with the percent-escapes of its path decoded, and Plain the ARN
	// in the spelling that the resource's owner would use, without a slash at its end; ""
	// where they are Resource. What a policy denies it denies under all spellings, and
	// what it allows it allows under Resource alone, so that no other spelling of a path
	// gets round a policy.
	Decoded, Plain string

	// Context returns the values of a condition key, given in lower case, none when the
	// request has no such key. They need to last only until it is called again. Nil
	// means no keys at all.
	Context func(key string) []string
}

// Evaluate decides about a request. It allocates nothing unless variables are
// to be resolved. What one call may cost is bounded, at some tens of milliseconds, which
// only clients come near who send long headers to a policy that compares them with
// themselves, such as StringLike aws:Referer *${aws:UserAgent}?b*. From there on nothing
// is decided any more: a Deny denies, and an Allow does not allow.
func (p *Policy) Evaluate(r *Request) Decision {
	e := evaluation{request: r, steps: maxSteps}
	return p.decide(&e, nil)
}

// decide is Evaluate, and Explain where there is an explanation to fill in.
func (p *Policy) decide(e *evaluation, why *Explanation) Decision {
	decision := ImplicitDeny
	if p == nil {
		return decision
	}
	for i := range p.statements {
		s := &p.statements[i]
		if s.effect == decision { // a second Allow adds nothing
			continue
		}
		missed := s.misses(e)
		applies := missed == nothing
		if e.exceeded() || missed == undecided {
			missed, applies = undecided, s.effect == ExplicitDeny
		}
		if why != nil {
			why.add(s, missed, applies, e.request)
		}
		if !applies {
			continue
		}
		if decision = s.effect; decision == ExplicitDeny {
			break
		}
	}
	return decision
}

// An elementIndex names the element of a statement that a request does not fit: one
// of these, or firstCondition and the number of a condition.
type elementIndex int

const (
	nothing   elementIndex = iota // the statement is about the request
	undecided                     // whether it is takes more steps than there are, or is not known here
	principalElement
	actionElement
	resourceElement
	firstCondition
)

// misses returns the first element of a statement that a request does not fit.
func (s *statement) misses(e *evaluation) elementIndex {
	r := e.request
	if s.principals != nil && s.principals.match(e, s.whole(r)) == s.notPrincipal {
		return principalElement
	}
	if s.hasAction(r.Action, e) == s.notAction {
		return actionElement
	}
	if s.resources != nil && !s.anywhere && !s.covers(e) {
		return resourceElement
	}
	for i := range s.conditions {
		if c := &s.conditions[i]; !c.unknown && !c.holds(e) {
			return firstCondition + elementIndex(i)
		}
	}
	if s.undecided {
		return undecided
	}
	return nothing
}

// whole reports whether an account among the statement's principals stands for everyone
// in it, and not for the account itself alone. A Deny of all but an account takes nobody
// in it out (documented: its users and roles are to be named as well), and nothing is
// allowed by a statement about all but an account to anybody in it.
func (s *statement) whole(r *Request) bool {
	if s.effect == ExplicitDeny {
		return !s.notPrincipal
	}
	return s.notPrincipal || !r.ByName
}

func (s *statement) hasAction(action string, e *evaluation) bool {
	for i := range s.actions {
		if e.match(s.actions[i].text, action, true) {
			return true
		}
	}
	return false
}

// covers reports whether the statement's resources cover the request's. Where that, or
// the statement, spells a path otherwise than its owner would, a Deny covers it under
// any spelling, and an Allow of all but some resources under all.
func (s *statement) covers(e *evaluation) bool {
	r := e.request
	covered := s.coversARN(s.resources, r.Resource, e)
	if s.effect == Allow && !s.notResource {
		return covered
	}
	decoded, resources := r.Decoded, s.resources
	if s.decoded != nil {
		resources = s.decoded
		if decoded == "" {
			decoded = r.Resource
		}
	}
	for _, spelling := range [...]string{decoded, r.Plain} {
		if spelling == "" {
			continue
		}
		if also := s.coversARN(resources, spelling, e); s.effect == Allow {
			covered = covered && also
		} else {
			covered = covered || also
		}
	}
	return covered
}

// coversARN reports whether an ARN is covered by the statement, whose resources are
// given in one of their spellings.
func (s *statement) coversARN(resources []arnPattern, arn string, e *evaluation) bool {
	known := true // no variable is without a value
	for i := range resources {
		hit, resolved := resources[i].match(arn, e)
		if hit {
			return !s.notResource
		}
		known = known && resolved
	}
	// Without the value, it is not known what "all but this resource" leaves.
	return s.notResource && (known || s.effect != Allow)
}

// Bounded joins the decision of an identity's policy with that of the policy of its
// session: both must allow.
func Bounded(identity, session Decision) Decision {
	if identity == ExplicitDeny || session == Allow {
		return identity
	}
	return session
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
