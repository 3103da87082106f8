package policy

// leaveOpen marks what can never be decided here, as Options.Foreign says.
func (p *Policy) leaveOpen() {
	for _, use := range p.keys {
		if p.knows(use.key) {
			continue
		}
		s := &p.statements[use.statement]
		s.undecided = true
		if use.condition == noCondition {
			s.anywhere = true
		} else {
			s.conditions[use.condition].unknown = true
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
		for _, use := range p.keys {
			use.statement += len(out.statements)
			out.keys = append(out.keys, use)
		}
		out.statements = append(out.statements, p.statements...)
	}
	return out
}
