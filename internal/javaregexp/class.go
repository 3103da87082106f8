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
		return set.negate()
	}
	return set
}

// classBody reads up to the closing bracket, which it leaves.
func (p *parser) classBody() runeSet {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	var set runeSet
	for first := true; ; first = false {
		c, quoted := p.peek()
		switch {
		case c == eof:
			p.fail("Unclosed character class")
			return nil
		case quoted:
			set = set.union(p.rangeFrom())
		case c == ']' && !first:
			return set
		case c == '[':
			p.pos++
			set = set.union(p.class())
		case c == '&' && p.intersects():
			p.pos += 2
			return p.intersection(set, first)
		default:
			set = set.union(p.rangeFrom())
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

// rangeFrom reads one member of a class: a character, a range or an escape.
func (p *parser) rangeFrom() runeSet {
	c, quoted := p.peek()
	p.pos++
	if c == '\\' && !quoted {
		if p.raw() == 'v' && p.dashFollows(1) {
			p.pos++
			c = '\v' // Java reads \v as a character at the start of a range
		} else if set, ok := p.classEscape(p.raw()); ok {
			return set
		} else {
			c = p.classChar()
		}
	}
	if p.err != nil || !p.at('-') {
		return p.char(c)
	}
	dash := p.pos
	p.pos++
	switch end, quoted := p.peek(); {
	case end == eof:
		p.fail("Unclosed character class")
		return nil
	case !quoted && (end == '[' || end == ']'):
		p.pos = dash
		return p.char(c)
	case end == '\\' && !quoted:
		p.pos++
		if p.raw() == 'v' {
			p.pos++
			return p.charRange(c, '\v')
		}
		if _, ok := p.classEscape(p.raw()); ok {
			p.fail("Illegal character range")
			return nil
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

func (p *parser) charRange(lo, hi rune) runeSet {
	switch {
	case p.err != nil:
		return nil
	case hi < lo:
		p.fail("Illegal character range")
		return nil
	case lo >= 0xD800 && lo < 0xE000 || hi >= 0xD800 && hi < 0xE000:
		p.fail("Lone surrogates are not supported")
		return nil
	}
	return span(lo, hi).fold(p.flags)
}
