package vtl

// expression parses an expression.
func (p *parser) expression() *node {
	n := p.open(nodeExpression)
	if p.enter() {
		n.kids = append(n.kids, p.binary(0))
	}
	p.leave()
	return p.close(n)
}

// operators are the binary operators by rank, the weakest first.
var operators = [...]map[tokenKind]nodeKind{
	{tokOr: nodeOr},
	{tokAnd: nodeAnd},
	{tokEqual: nodeEqual, tokNotEqual: nodeNotEqual},
	{tokLess: nodeLess, tokGreater: nodeGreater, tokLessEqual: nodeLessEqual, tokGreaterEqual: nodeGreaterEqual},
	{tokPlus: nodeAdd, tokMinus: nodeSubtract},
	{tokTimes: nodeMultiply, tokDivide: nodeDivide, tokModulo: nodeModulo},
}

// binary parses operators of a rank, which bind to the left, and all that
// bind stronger.
func (p *parser) binary(rank int) *node {
	if rank == len(operators) {
		return p.unary()
	}
	left := p.binary(rank + 1)
	for {
		kind, ok := operators[rank][p.peek()]
		if !ok {
			return left
		}
		p.take()
		n := p.open(kind) // a node begins after its operator
		n.kids = append(n.kids, left, p.binary(rank+1))
		left = p.close(n)
	}
}

func (p *parser) unary() *node {
	next := p.after(p.tok)
	if next.kind != tokNot && (next.kind != tokSpace || p.after(next).kind != tokNot) {
		return p.primary()
	}
	p.accept(tokSpace)
	p.take()
	n := p.open(nodeNot)
	if p.enter() {
		n.kids = append(n.kids, p.unary())
	}
	p.leave()
	return p.close(n)
}

// primary parses an operand or an expression in parentheses.
func (p *parser) primary() *node {
	p.accept(tokSpace)
	var n *node
	if p.accept(tokParenOpen) {
		n = p.expression()
		p.expect(tokParenClose, "an operator or )")
	} else if n = p.operand(); n == nil {
		p.fail("a value")
		n = &node{kind: nodeFalse, first: p.tok, last: p.tok}
	}
	p.accept(tokSpace)
	return n
}

// parameter parses an element of a list or map, or an argument of a method.
func (p *parser) parameter() *node {
	p.accept(tokSpace)
	n := p.operand()
	if n == nil {
		p.fail("a value")
		n = &node{kind: nodeFalse, first: p.tok, last: p.tok}
	}
	p.accept(tokSpace)
	return n
}

// operand parses a literal or a reference; nil if there is none.
func (p *parser) operand() *node {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	switch p.peek() {
	case tokString:
		return p.leaf(nodeString)
	case tokInteger:
		return p.leaf(nodeInteger)
	case tokFloat:
		return p.leaf(nodeFloat)
	case tokTrue:
		return p.leaf(nodeTrue)
	case tokFalse:
		return p.leaf(nodeFalse)
	case tokIdentifier, tokCurlyOpen:
		return p.reference()
	case tokMapOpen:
		return p.mapLiteral()
	case tokListOpen:
		if p.rangeFollows() {
			return p.rangeLiteral()
		}
		return p.listLiteral()
	}
	return nil
}

func (p *parser) listLiteral() *node {
	n := p.open(nodeList)
	p.take()
	if startsParameter(p.peek()) {
		n.kids = append(n.kids, p.parameter())
		for p.accept(tokComma) {
			n.kids = append(n.kids, p.parameter())
		}
	}
	p.expect(tokListClose, ", or ]")
	return p.close(n)
}

// rangeLiteral parses [from..to].
func (p *parser) rangeLiteral() *node {
	n := p.open(nodeRange)
	p.take()
	p.accept(tokSpace)
	n.kids = append(n.kids, p.bound())
	p.accept(tokSpace)
	p.expect(tokDoubleDot, "..")
	p.accept(tokSpace)
	n.kids = append(n.kids, p.bound())
	p.accept(tokSpace)
	p.expect(tokListClose, "]")
	return p.close(n)
}

// bound parses an end of a range.
func (p *parser) bound() *node {
	if p.peek() == tokInteger {
		return p.leaf(nodeInteger)
	}
	return p.referenceOf("an integer or a reference")
}

func (p *parser) mapLiteral() *node {
	n := p.open(nodeMap)
	p.take()
	if p.entryFollows() {
		p.entry(n)
		for p.accept(tokComma) {
			p.entry(n)
		}
	} else {
		p.accept(tokSpace)
	}
	if !p.accept(tokMapClose) && !p.accept(tokCurlyClose) {
		p.fail(", or }")
	}
	return p.close(n)
}

// entry parses key : value.
func (p *parser) entry(n *node) {
	key := p.parameter()
	p.expect(tokColon, ":")
	n.kids = append(n.kids, key, p.parameter())
}

// referenceOf parses a reference where there must be one.
func (p *parser) referenceOf(what string) *node {
	if kind := p.peek(); kind != tokIdentifier && kind != tokCurlyOpen {
		p.fail(what)
	}
	return p.reference()
}

// reference parses $a.b[c].d(e), or the same in curly brackets.
func (p *parser) reference() *node {
	n := p.open(nodeReference)
	if !p.enter() {
		return p.close(n)
	}
	defer p.leave()
	curly := p.accept(tokCurlyOpen)
	p.expect(tokIdentifier, "a name")
	p.indexes(n)
	for {
		dot := p.after(p.tok)
		if dot.kind != tokDot || p.after(dot).kind != tokIdentifier {
			break
		}
		p.take()
		if p.methodFollows() {
			n.kids = append(n.kids, p.method())
		} else {
			n.kids = append(n.kids, p.leaf(nodeIdentifier))
		}
		p.indexes(n)
	}
	if curly {
		p.expect(tokCurlyClose, "}")
	}
	return p.close(n)
}

func (p *parser) indexes(n *node) {
	for p.peek() == tokIndexOpen {
		index := p.open(nodeIndex)
		p.take()
		p.accept(tokSpace)
		switch p.peek() {
		case tokString, tokInteger, tokTrue, tokFalse, tokIdentifier, tokCurlyOpen:
			index.kids = append(index.kids, p.operand())
		default:
			p.fail("an index: an integer, a string or a reference")
			return
		}
		p.accept(tokSpace)
		p.expect(tokIndexClose, "]")
		n.kids = append(n.kids, p.close(index))
	}
}

func (p *parser) method() *node {
	n := p.open(nodeMethod)
	p.take()
	p.take()
	if startsParameter(p.peek()) {
		n.kids = append(n.kids, p.parameter())
		for p.accept(tokComma) {
			n.kids = append(n.kids, p.parameter())
		}
	}
	p.expect(tokCallParenClose, ", or )")
	return p.close(n)
}
