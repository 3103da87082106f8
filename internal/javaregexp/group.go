package javaregexp

// group reads a group after its opening parenthesis, with its quantifier. It
// returns nil for flags that hold from here on, as in (?i).
func (p *parser) group() *node {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	saved := p.flags
	n := &node{op: opConcat}
	if p.accept('?') {
		if n = p.special(); n == nil {
			return nil
		}
	} else {
		p.groups++
		n = &node{op: opCapture, n: p.groups}
	}
	n.subs = []*node{p.alternation()}
	if p.err == nil && !p.accept(')') {
		p.fail("Unclosed group")
	}
	p.flags = saved
	if p.err == nil && n.op == opLook && n.behind {
		p.checkBehind(n)
	}
	return p.closure(n)
}

// special reads what follows "(?" up to the group's content. It returns nil
// when the group is already complete.
func (p *parser) special() *node {
	c := p.raw()
	p.pos++
	switch c {
	case ':':
		return &node{op: opConcat}
	case '>':
		return &node{op: opAtomic}
	case '=', '!':
		return &node{op: opLook, negate: c == '!'}
	case '<':
		switch c := p.raw(); c {
		case '=', '!':
			p.pos++
			return &node{op: opLook, behind: true, negate: c == '!'}
		}
		name := p.groupName()
		if p.err != nil {
			return nil
		}
		if _, taken := p.names[name]; taken {
			p.fail("Named capturing group <" + name + "> is already defined")
			return nil
		}
		p.groups++
		p.names[name] = p.groups
		return &node{op: opCapture, n: p.groups}
	}
	p.pos--
	p.setFlags()
	switch c := p.raw(); {
	case p.err != nil:
	case c == ')':
		p.pos++
	case c == ':':
		p.pos++
		return &node{op: opConcat}
	default:
		p.fail("Unknown inline modifier")
	}
	return nil
}

// groupName reads a name and its closing angle bracket.
func (p *parser) groupName() string {
	start := p.pos
	for isLetter(p.raw()) || p.pos > start && isDigit(p.raw()) {
		p.pos++
	}
	if p.pos == start {
		p.fail("capturing group name does not start with a Latin letter")
		return ""
	}
	name := make([]rune, 0, p.pos-start)
	for _, t := range p.toks[start:p.pos] {
		name = append(name, t.r)
	}
	if p.raw() != '>' {
		p.fail("named capturing group is missing trailing '>'")
		return ""
	}
	p.pos++
	return string(name)
}

// setFlags reads the letters of an inline modifier.
func (p *parser) setFlags() {
	clear := false
	for {
		var f flags
		switch p.raw() {
		case 'i':
			f = caseInsensitive
		case 'd':
			f = unixLines
		case 'm':
			f = multiline
		case 's':
			f = dotAll
		case 'u':
			f = unicodeCase
		case 'x':
			f = comments
		case 'U':
			if f = unicodeClass; !clear {
				f |= unicodeCase
			}
		case 'c':
			p.fail("Canonical equivalence is not supported")
			return
		case '-':
			if clear {
				p.fail("Unknown inline modifier")
				return
			}
			clear = true
		default:
			return
		}
		if clear {
			p.flags &^= f
		} else {
			p.flags |= f
		}
		p.pos++
	}
}

// checkBehind refuses what our engine would match differently, because it runs
// look-behinds from right to left. It is more liberal than Java about their
// length, on which Java's versions disagree.
func (p *parser) checkBehind(n *node) {
	least, most := n.subs[0].width()
	if n.subs[0].has(func(x *node) bool {
		return x.op == opAtomic || x.op == opBackref || x.op == opCapture && least != most
	}) {
		p.fail("Look-behind with this content is not supported")
	}
}

// resolve turns references to groups that do not exist into what Java makes
// of them: something that never matches.
func (p *parser) resolve(root *node) {
	root.walk(func(n *node) bool {
		if n.op == opBackref && n.n > p.groups {
			n.op = opNever
		}
		return true
	})
	if root.size() > maxProgram {
		p.fail("Pattern too large")
	}
}
