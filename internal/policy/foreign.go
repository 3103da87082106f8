package policy

import "strings"

// leaveOpen marks what can never be decided here, as Options.Foreign says.
func (p *Policy) leaveOpen() {
	for _, use := range p.keys {
		if p.knows(use.key) {
			continue
		}
		for i := range p.statements {
			s := &p.statements[i]
			element, ok := strings.CutPrefix(use.element, s.at+".")
			if !ok {
				continue
			}
			s.undecided = true
			if strings.HasPrefix(element, "Condition") {
				s.leaveConditionsOpen(element)
			} else {
				s.anywhere = true
			}
		}
	}
}

// leaveConditionsOpen marks the conditions that an element of the statement has.
func (s *statement) leaveConditionsOpen(element string) {
	for i := range s.conditions {
		if c := &s.conditions[i]; "Condition."+strings.Replace(c.name, " ", ".", 1) == element {
			c.unknown = true
		}
	}
}

// Join makes one policy of those that count together, such as all that are attached to a
// role: what one denies is denied, else what one allows is allowed. Nil ones say nothing;
// without any it allows nothing.
func Join(policies ...*Policy) *Policy {
	out := new(Policy)
	for _, p := range policies {
		if p == nil {
			continue
		}
		out.kind = p.kind
		out.statements = append(out.statements, p.statements...)
		out.keys = append(out.keys, p.keys...)
	}
	return out
}
