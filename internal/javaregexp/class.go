package javaregexp

// class reads a bracketed class after its opening bracket.
//
// Java's grammar: a union of characters, ranges, escapes and nested classes;
// "&&" intersects everything before it with everything after it; a leading
// "^" negates the result as a whole.
func (p *parser) class() runeSet {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	negate := p.raw() == '^' && !p.toks[p.pos].quoted
	if negate {
		p.pos++
	}
	set := p.classBody()
	if p.err == nil && !p.accept(']') {
		p.fail("Unclosed character class")
	}
	if negate {
		set = set.negate()
	}
	return p.count(set)
}

// count counts the ranges of a set towards those that a pattern may have.
func (p *parser) count(set runeSet) runeSet {
	if p.ranges += len(set); p.ranges > maxRanges {
		p.fail("Pattern too large")
	}
	return set
}

// classBody reads up to the closing bracket, which it leaves.
func (p *parser) classBody() runeSet {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	var set classSet
	for first := true; ; first = false {
		c, quoted := p.peek()
		switch {
		case c == eof:
			p.fail("Unclosed character class")
			return nil
		case quoted:
			p.member(&set)
		case c == ']' && !first:
			return set.all(p)
		case c == '[':
			p.pos++
			set.others.add(p.class())
		case c == '&' && p.intersects():
			p.pos += 2
			return p.intersection(set.all(p), first)
		default:
			p.member(&set)
		}
	}
}

// intersects reports whether "&&" is next.
func (p *parser) intersects() bool {
	return p.pos+1 < len(p.toks) && p.toks[p.pos+1] == token{r: '&'}
}

// intersection reads the right side of "&&". Java gives an empty side, and a
// bracketed class followed by more, meanings that nobody intends; we refuse
// them.
func (p *parser) intersection(left runeSet, none bool) runeSet {
	if none || p.at(']') || p.at('&') {
		p.fail("Bad intersection syntax")
		return nil
	}
	return left.intersect(p.classBody())
}

// A classSet is what was read of a class: ranges as they stand there, which are
// made equal to others once and together, and all else.
type classSet struct{ ranges, others builder }

// all returns the set of everything.
func (s *classSet) all(p *parser) runeSet {
	if ranges := s.ranges.set(); len(ranges) > 0 {
		s.others.add(p.fold(ranges))
	}
	return s.others.set()
}

// member reads one member of a class: a character, a range or an escape.
func (p *parser) member(to *classSet) {
	if lo, hi, set := p.rangeFrom(); hi > lo {
		to.ranges.add(span(lo, hi))
	} else {
		to.others.add(set)
	}
}

// rangeFrom reads a range, or a character or an escape as a set.
func (p *parser) rangeFrom() (lo, hi rune, set runeSet) {
	c, quoted := p.peek()
	p.pos++
	if c == '\\' && !quoted {
		if p.raw() == 'v' && p.dashFollows(1) {
			p.pos++
			c = '\v' // Java reads \v as a character at the start of a range
		} else if set, ok := p.classEscape(p.raw()); ok {
			return 0, 0, set
		} else {
			c = p.classChar()
		}
	}
	if p.err != nil || !p.at('-') {
		return 0, 0, p.char(c)
	}
	dash := p.pos
	p.pos++
	switch end, quoted := p.peek(); {
	case end == eof:
		p.fail("Unclosed character class")
		return 0, 0, nil
	case !quoted && (end == '[' || end == ']'):
		p.pos = dash
		return 0, 0, p.char(c)
	case end == '\\' && !quoted:
		p.pos++
		if p.raw() == 'v' {
			p.pos++
			return p.charRange(c, '\v')
		}
		if _, ok := p.classEscape(p.raw()); ok {
			p.fail("Illegal character range")
			return 0, 0, nil
		}
		return p.charRange(c, p.classChar())
	default:
		p.pos++
		return p.charRange(c, end)
	}
}

// dashFollows reports whether a dash stands n characters ahead.
func (p *parser) dashFollows(n int) bool {
	return p.pos+n < len(p.toks) && p.toks[p.pos+n].r == '-'
}

// classChar reads a one-character escape inside a class.
func (p *parser) classChar() rune {
	if c := p.raw(); '1' <= c && c <= '9' {
		p.fail("Illegal/unsupported escape sequence")
		return 0
	}
	return p.charEscape()
}

// charRange checks a range. It returns a range of one character as a set.
func (p *parser) charRange(from, to rune) (lo, hi rune, set runeSet) {
	switch {
	case p.err != nil:
		return 0, 0, nil
	case to < from:
		p.fail("Illegal character range")
		return 0, 0, nil
	case from >= 0xD800 && from < 0xE000 || to >= 0xD800 && to < 0xE000:
		p.fail("Lone surrogates are not supported")
		return 0, 0, nil
	case to == from:
		return 0, 0, p.char(from)
	}
	return from, to, nil
}
