package vtl

import "strings"

// set parses #set(reference = expression).
func (p *parser) set() *node {
	n := p.open(nodeSet)
	p.take()
	p.accept(tokSpace)
	n.kids = append(n.kids, p.referenceOf("a reference to set"))
	p.accept(tokSpace)
	p.expect(tokAssign, "=")
	n.kids = append(n.kids, p.expression())
	p.expect(tokParenClose, "an operator or )")
	p.lx.inSet = false
	p.accept(tokNewline)
	return p.close(n)
}

// ifStatement parses #if with all its branches up to #end.
func (p *parser) ifStatement() *node {
	n := p.open(nodeIf)
	p.take()
	p.condition(n)
	for p.peek() == tokElseIf {
		branch := p.open(nodeElseIf)
		p.take()
		p.condition(branch)
		n.kids = append(n.kids, p.close(branch))
	}
	if p.peek() == tokElse {
		branch := p.open(nodeElse)
		p.take()
		branch.kids = append(branch.kids, p.block())
		n.kids = append(n.kids, p.close(branch))
	}
	p.expect(tokEnd, "#end of #if")
	return p.close(n)
}

// condition parses (expression) and the block under that condition.
func (p *parser) condition(n *node) {
	p.accept(tokSpace)
	p.expect(tokParenOpen, "(")
	n.kids = append(n.kids, p.expression())
	p.expect(tokParenClose, "an operator or )")
	n.kids = append(n.kids, p.block())
}

// directive parses every directive that is not in the grammar: #foreach,
// #macro and their like, calls of macros, and text such as #fff.
func (p *parser) directive() *node {
	n := p.open(nodeDirective)
	t := p.take()
	n.name = t.image[1:]
	if t.kind == tokBracketedWord {
		n.name = t.image[2 : len(t.image)-1]
	}
	p.lx.mode = modeDirective
	if !p.parenFollows() {
		if n.name == "macro" {
			p.failAt(t, "a macro needs a name in parentheses")
		}
		p.lx.pop()
		return p.close(n)
	}
	p.accept(tokSpace)
	p.expect(tokParenOpen, "(")
	p.arguments(n, t)
	p.accept(tokSpace)
	p.expect(tokParenClose, "an argument or )")
	if !hasBlock(n.name) {
		return p.close(n)
	}
	n.kids = append(n.kids, p.block())
	p.expect(tokEnd, "#end of #"+n.name)
	p.close(n)
	if n.name == "macro" && p.err == nil {
		if len(n.kids) < 2 {
			p.failAt(t, "a macro needs a name")
		}
		p.macros[n.kids[0].first.image] = true
	}
	return n
}

// hasBlock reports whether a directive goes on to an #end.
func hasBlock(name string) bool {
	switch name {
	case "foreach", "macro", "literal", "define":
		return true
	}
	return strings.HasPrefix(name, "@")
}

// parenFollows reports whether an opening parenthesis comes next, after
// blanks or lines at most.
func (p *parser) parenFollows() bool {
	rest := p.lx.src[p.lx.pos:]
	n := span(rest, isSpace)
	return n < len(rest) && rest[n] == '('
}

// arguments parses the arguments of a directive, with commas or without.
func (p *parser) arguments(n *node, name *token) {
	for p.argumentFollows() {
		p.accept(tokSpace)
		if p.accept(tokComma) {
			p.accept(tokSpace)
		}
		arg := p.argument()
		if arg == nil {
			p.fail("an argument")
			return
		}
		p.checkArgument(n, arg, name)
		n.kids = append(n.kids, arg)
	}
}

// checkArgument refuses words where only the first argument of #macro and the
// second of #foreach may be one.
func (p *parser) checkArgument(n, arg *node, name *token) {
	i, word := len(n.kids), arg.kind == nodeWord
	switch {
	case n.name == "macro" && i == 0:
		if !word {
			p.failAt(name, "the first argument of #macro must be a name")
		}
	case !word || n.name == "foreach" && i == 1:
	case isDirective(n.name), !strings.HasPrefix(n.name, "@") && p.known(n.name):
		p.failAt(arg.first, "a word is no argument here")
	}
}

// argument parses one argument of a directive.
func (p *parser) argument() *node {
	if p.peek() == tokWord {
		return p.leaf(nodeWord)
	}
	return p.operand()
}
