package policy

import "strings"

// An Explanation says how a policy comes to its decision, for people.
type Explanation struct {
	Decision Decision

	// Statement names the statement that decides, by its Sid, or by its place in the
	// document such as Statement[1]. It is "" for an implicit deny.
	Statement string

	// Misses are the statements that are not about the request, in the order of the
	// document.
	Misses []Miss
}

// A Miss says why a statement is not about a request.
type Miss struct {
	Statement string
	Why       string // such as `Condition IpAddress aws:SourceIp does not hold for "192.0.2.1"`
}

// Explain evaluates the policy as Evaluate does and says why. It allocates.
func (p *Policy) Explain(r *Request) Explanation {
	var e Explanation
	if p == nil {
		return e
	}
	for i := range p.statements {
		s := &p.statements[i]
		missed := s.misses(r)
		switch {
		case missed != nothing:
			e.Misses = append(e.Misses, Miss{s.name, s.why(missed, r)})
		case s.effect == ExplicitDeny:
			e.Decision, e.Statement = ExplicitDeny, s.name
			return e
		case e.Decision != Allow:
			e.Decision, e.Statement = Allow, s.name
		}
	}
	return e
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
	case principalElement:
		who := r.Principal
		if who == "" {
			who = "anonymous"
		}
		return not("Principal", s.notPrincipal) + who
	case actionElement:
		return not("Action", s.notAction) + r.Action
	case resourceElement:
		return not("Resource", s.notResource) + r.Resource
	}
	c := &s.conditions[element-firstCondition]
	values := lookup(r.Context, c.key)
	if len(values) == 0 {
		return "Condition " + c.name + " does not hold: the call has no such value"
	}
	return "Condition " + c.name + ` does not hold for "` + strings.Join(values, `", "`) + `"`
}
