package vtl

import "strings"

// directive compiles a directive that is no part of the grammar, or a call.
func (c *compiler) directive(n *node) stmt {
	switch n.name {
	case "foreach":
		return c.foreach(n)
	case "macro":
		c.macro(n)
		return nil
	case "define":
		return c.define(n)
	case "literal":
		return c.literal(n)
	case "evaluate":
		return c.evaluate(n)
	case "break", "stop":
		return c.leave(n)
	case "include", "parse":
		return c.include(n)
	}
	return c.call(n)
}

// foreach compiles #foreach($element in $list). Velocity takes any word for
// `in`. It takes the third argument for the list and the fourth for the body,
// even where that is an argument too many and the body comes after it.
func (c *compiler) foreach(n *node) stmt {
	const wrong = "#foreach needs an element and a list: #foreach($x in $list)"
	if len(n.kids) == 0 {
		c.failInit(n.first, wrong)
		return nil
	}
	if len(n.kids) < 3 {
		for _, kid := range n.kids {
			c.expressionOrBlock(kid)
		}
		return &failStmt{place: c.where(n.first), problem: wrong}
	}
	s := &foreachStmt{place: c.where(n.first)}
	element := c.expressionOrBlock(n.kids[0])
	if ref, ok := element.(*reference); ok {
		s.element = ref.slot
	} else {
		s.element = c.syms.slot(trimFirst(n.kids[0].first.image))
	}
	c.names.assign(s.element)
	s.list = c.expressionOrBlock(n.kids[2])
	if len(n.kids) > 3 {
		if body := c.statement(n.kids[3]); body != nil {
			s.body = block{body}
		}
	}
	for _, kid := range n.kids[min(4, len(n.kids)):] {
		c.expressionOrBlock(kid)
	}
	if b, ok := bodyOf(s.body); ok {
		s.body = b
	}
	c.loops = append(c.loops, s)
	return s
}

// bodyOf unwraps a block.
func bodyOf(b block) (block, bool) {
	if len(b) == 1 {
		if inner, ok := b[0].(*blockStmt); ok {
			return inner.body, true
		}
	}
	return nil, false
}

// expressionOrBlock compiles an argument, which may turn out to be the body.
func (c *compiler) expressionOrBlock(n *node) expr {
	if n.kind == nodeBlock {
		c.block(n)
		return &literalExpr{}
	}
	return c.expression(n)
}

// macro compiles #macro(name $a $b). The first macro of a name wins.
func (c *compiler) macro(n *node) {
	last := len(n.kids) - 1
	m := &macro{name: n.kids[0].first.image}
	for _, kid := range n.kids[1:last] {
		c.expression(kid)
		m.params = append(m.params, c.syms.slot(strings.TrimPrefix(kid.first.image, "$")))
		c.names.assign(m.params[len(m.params)-1])
	}
	m.body = c.block(n.kids[last])
	if !c.known(m.name) {
		c.macros[m.name] = m
	}
}

// call compiles the call of a macro, with a body or without. Whether there is
// such a macro is known only when it is called; if not it prints its source.
func (c *compiler) call(n *node) stmt {
	s := &callStmt{place: c.where(n.first), name: n.name}
	args := n.kids
	if strings.HasPrefix(n.name, "@") {
		if len(args) == 0 {
			return &textStmt{text: "#" + n.name}
		}
		s.name = n.name[1:]
		s.hasBody = true
		s.bodySlot = c.syms.slot("bodyContent")
		c.names.assign(s.bodySlot)
	}
	for _, arg := range args {
		if arg.kind == nodeWord && s.badWord == "" {
			s.badWord = arg.first.image
		}
		if arg.kind == nodeBlock {
			s.body = c.block(arg)
			continue
		}
		s.args = append(s.args, argument{expr: c.expression(arg), constant: isConstant(arg)})
	}
	for i := range s.args {
		s.args[i].literal = args[i].literal()
	}
	s.source = imagesOf(n.first, n.last)
	c.names.call(s)
	return s
}

// isConstant reports whether a macro's argument is evaluated at the call, and
// not at every use.
func isConstant(n *node) bool {
	switch n.kind {
	case nodeRange, nodeReference, nodeList, nodeMap, nodeString:
		return false
	}
	return true
}

func (c *compiler) define(n *node) stmt {
	for _, kid := range n.kids[:max(0, len(n.kids)-1)] {
		c.expressionOrBlock(kid)
	}
	if len(n.kids) != 2 {
		c.failInit(n.first, "#define needs one argument: #define($name)")
		return nil
	}
	slot := c.syms.slot(trimFirst(n.kids[0].first.image))
	c.names.assign(slot)
	return &defineStmt{
		place: c.where(n.first),
		slot:  slot,
		body:  &blockBody{body: c.block(n.kids[1]), most: maxDefineDepth},
	}
}

func (c *compiler) literal(n *node) stmt {
	if len(n.kids) == 0 {
		c.failInit(n.first, "#literal needs parentheses and an #end")
		return nil
	}
	for _, kid := range n.kids {
		c.expressionOrBlock(kid)
	}
	if kid := n.kids[0]; kid.kind != nodeBlock || len(kid.kids) > 0 {
		return &textStmt{text: kid.literal()}
	}
	c.failInit(n.first, "#literal is empty")
	return nil
}

func (c *compiler) evaluate(n *node) stmt {
	if c.mode == APIGateway {
		c.failAt(n.first, "#evaluate is not available")
		return nil
	}
	if len(n.kids) != 1 {
		c.failAt(n.first, "#evaluate needs one argument")
		return nil
	}
	if kind := n.kids[0].kind; kind != nodeString && kind != nodeReference {
		c.failAt(n.kids[0].first, "the argument of #evaluate must be a string or a reference")
		return nil
	}
	c.evaluates = true
	return &evaluateStmt{place: c.where(n.first), source: c.expression(n.kids[0])}
}

// leave compiles #break and #stop.
func (c *compiler) leave(n *node) stmt {
	args := c.expressions(n.kids)
	if len(args) > 1 {
		c.failInit(n.first, "#"+n.name+" takes one argument at most")
		return nil
	}
	s := &leaveStmt{place: c.where(n.first), stop: n.name == "stop"}
	if len(args) == 1 {
		s.arg = args[0]
		s.text = n.kids[0].literal()
	}
	return s
}

// include compiles #include and #parse, neither of which reaches anything.
func (c *compiler) include(n *node) stmt {
	if c.mode == APIGateway {
		c.failAt(n.first, "#"+n.name+" is not available")
		return nil
	}
	s := &includeStmt{place: c.where(n.first), name: n.name}
	for _, kid := range n.kids {
		readable := kid.kind == nodeString || kid.kind == nodeReference
		s.args = append(s.args, includeArg{c.expression(kid), readable || n.name == "parse"})
	}
	return s
}
