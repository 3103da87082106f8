package vtl

// A scan looks at the tokens to come without consuming them, in the manner of
// JavaCC: over a limited number of tokens, after which it has succeeded. How
// far it reads decides in which mode the lexer reads on.
type scan struct {
	p    *parser
	at   *token // the last token matched
	far  *token // the last token looked at
	left int    // how many more may be looked at
	done bool   // the limit was reached: everything matches
}

func (p *parser) scan(limit int) *scan {
	return &scan{p: p, at: p.tok, far: p.tok, left: limit}
}

// token matches one token.
func (s *scan) token(kind tokenKind) bool {
	if s.done {
		return true
	}
	next := s.p.after(s.at)
	if s.at == s.far {
		s.left--
		s.far = next
	}
	if next.kind != kind {
		return false
	}
	s.at = next
	s.done = s.left == 0 && s.at == s.far
	return true
}

// optional matches one token or nothing.
func (s *scan) optional(kind tokenKind) { s.token(kind) }

// choice matches the first alternative that does.
func (s *scan) choice(alternatives ...func() bool) bool {
	from := s.at
	for _, alternative := range alternatives {
		if alternative() {
			return true
		}
		s.at = from
	}
	return false
}

func (s *scan) one(kind tokenKind) func() bool { return func() bool { return s.token(kind) } }

func (s *scan) reference() bool {
	return s.choice(
		func() bool { return s.token(tokIdentifier) && s.tail() },
		func() bool {
			return s.token(tokCurlyOpen) && s.token(tokIdentifier) && s.tail() && s.token(tokCurlyClose)
		},
	)
}

// tail matches what can follow the name of a reference, which may be nothing.
func (s *scan) tail() bool {
	s.repeat(s.index)
	s.repeat(func() bool {
		if !s.token(tokDot) || !s.choice(s.method, s.one(tokIdentifier)) {
			return false
		}
		s.repeat(s.index)
		return true
	})
	return true
}

// repeat matches as often as it can.
func (s *scan) repeat(item func() bool) {
	for !s.done {
		from := s.at
		if !item() {
			s.at = from
			return
		}
	}
}

func (s *scan) index() bool {
	if !s.token(tokIndexOpen) {
		return false
	}
	s.optional(tokSpace)
	if !s.choice(s.one(tokString), s.one(tokInteger), s.one(tokTrue), s.one(tokFalse), s.reference) {
		return false
	}
	s.optional(tokSpace)
	return s.token(tokIndexClose)
}

func (s *scan) method() bool {
	if !s.token(tokIdentifier) || !s.token(tokParenOpen) {
		return false
	}
	s.choice(s.parameters)
	return s.token(tokCallParenClose)
}

// parameters matches one parameter or more, with commas.
func (s *scan) parameters() bool {
	if !s.parameter() {
		return false
	}
	s.repeat(func() bool { return s.token(tokComma) && s.parameter() })
	return true
}

func (s *scan) parameter() bool {
	if !s.p.enter() {
		return false
	}
	defer s.p.leave()
	s.optional(tokSpace)
	if !s.choice(s.one(tokString), s.one(tokInteger), s.bracket, s.mapLiteral,
		s.one(tokTrue), s.one(tokFalse), s.reference, s.one(tokFloat)) {
		return false
	}
	s.optional(tokSpace)
	return true
}

// rangeStart matches [from.. and so tells a range from a list.
func (s *scan) rangeStart() bool {
	if !s.token(tokListOpen) {
		return false
	}
	s.optional(tokSpace)
	return s.bound() && s.token(tokDoubleDot)
}

// bound matches an end of a range with the blanks that follow.
func (s *scan) bound() bool {
	if !s.choice(s.reference, s.one(tokInteger)) {
		return false
	}
	s.optional(tokSpace)
	return true
}

// bracket matches a range or a list. It goes over the first element once for
// both, which keeps lists in lists from taking exponential time.
func (s *scan) bracket() bool {
	if !s.token(tokListOpen) {
		return false
	}
	s.choice(func() bool {
		if !s.parameter() {
			return false
		}
		if s.choice(s.one(tokDoubleDot)) {
			s.optional(tokSpace)
			return s.bound()
		}
		s.repeat(func() bool { return s.token(tokComma) && s.parameter() })
		return true
	})
	return s.token(tokListClose)
}

func (s *scan) mapLiteral() bool {
	if !s.token(tokMapOpen) {
		return false
	}
	if !s.choice(s.entries) {
		s.optional(tokSpace)
	}
	return s.choice(s.one(tokMapClose), s.one(tokCurlyClose))
}

func (s *scan) entries() bool {
	entry := func() bool { return s.parameter() && s.token(tokColon) && s.parameter() }
	if !entry() {
		return false
	}
	s.repeat(func() bool { return s.token(tokComma) && entry() })
	return true
}

// argumentFollows looks two tokens ahead for another argument of a directive.
func (p *parser) argumentFollows() bool {
	s := p.scan(2)
	s.optional(tokSpace)
	s.choice(func() bool {
		if !s.token(tokComma) {
			return false
		}
		s.optional(tokSpace)
		return true
	})
	return s.choice(s.reference, s.one(tokWord), s.one(tokString), s.one(tokInteger), s.bracket,
		s.one(tokFloat), s.mapLiteral, s.one(tokTrue), s.one(tokFalse))
}

// entryFollows looks two tokens ahead for an entry of a map.
func (p *parser) entryFollows() bool { return p.scan(2).entries() }

// methodFollows looks three tokens ahead for a method call.
func (p *parser) methodFollows() bool { return p.scan(3).method() }

// rangeFollows looks as far as it must to tell a range from a list.
func (p *parser) rangeFollows() bool {
	const noLimit = -1
	return p.scan(noLimit).rangeStart()
}

// startsParameter reports whether a parameter can begin with kind.
func startsParameter(kind tokenKind) bool {
	switch kind {
	case tokListOpen, tokMapOpen, tokSpace, tokString, tokTrue, tokFalse, tokInteger, tokFloat, tokIdentifier, tokCurlyOpen:
		return true
	}
	return false
}
