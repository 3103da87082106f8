package policy

import (
	"slices"
	"strings"
)

// An Explanation says how a policy comes to its decision, for people.
type Explanation struct {
	Decision Decision

	// Statement names the statement that decides, by its Sid, or by its place in the
	// document such as Statement[1]. It is "" for an implicit deny.
	Statement string

	// Undecided is whether Evaluate has given up, since the request takes too many steps:
	// a Deny that is then the statement has not been found to be about the request.
	Undecided bool

	// Misses are the statements that are not about the request, in the order of the
	// document. Statements behind the one that decides have not been looked at, nor those
	// that would only allow what is allowed already.
	Misses []Miss
}

// A Miss says why a statement is not about a request.
type Miss struct {
	Statement string
	Why       string // such as `Condition IpAddress aws:SourceIp does not hold for "192.0.2.1"`
}

// Explain evaluates the policy as Evaluate does and says why. It allocates.
func (p *Policy) Explain(r *Request) Explanation {
	var why Explanation
	why.Decision = p.decide(&evaluation{request: r, steps: maxSteps}, &why)
	return why
}

// add says what became of a statement.
func (x *Explanation) add(s *statement, missed elementIndex, applies bool, r *Request) {
	if missed == undecided && !s.undecided {
		x.Undecided = true
	}
	if applies {
		x.Statement = s.name
	} else {
		x.Misses = append(x.Misses, Miss{s.name, s.why(missed, r)})
	}
}

// why says in words that a request does not fit an element of the statement.
func (s *statement) why(element elementIndex, r *Request) string {
	not := func(name string, negated bool) string {
		if negated {
			return "Not" + name + " names "
		}
		return name + " does not name "
	}
	switch element {
	case undecided:
		if s.undecided {
			return "it reads a condition key that no call here has a value for"
		}
		return TooManySteps
	case principalElement:
		who := r.Principal
		if who == "" {
			who = "anonymous"
		}
		if !s.notPrincipal && r.ByName && slices.Contains(s.principals.accounts, AccountOf(who)) {
			return "Principal names the account of " + who + ", whose own policies do not allow it"
		}
		return not("Principal", s.notPrincipal) + who
	case actionElement:
		return not("Action", s.notAction) + r.Action
	case resourceElement:
		return not("Resource", s.notResource) + r.Resource
	}
	c := &s.conditions[element-firstCondition]
	values := r.values(c.key)
	if len(values) == 0 {
		return "Condition " + c.name + " does not hold: the call has no such value"
	}
	return "Condition " + c.name + ` does not hold for "` + strings.Join(values, `", "`) + `"`
}
