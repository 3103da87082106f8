package vtl

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
)

// reference compiles a reference. What stands before the name in its first
// token decides how it prints: backslashes escape it, `!` silences it.
func (c *compiler) reference(n *node) *reference {
	r := &reference{place: c.where(n.first), literalSlot: -1}
	for _, kid := range n.kids {
		r.steps = append(r.steps, c.step(kid))
	}
	r.slot = c.syms.slot(c.root(n, r))
	if c.syms.names[r.slot] == "foreach" && !hidesScope(r.steps) {
		c.scopesEscape = true
	}
	r.text = n.literal()
	c.names.reference(r)
	r.plain = !r.escaped && r.escapes == "" && r.prefix == ""
	if len(r.steps) == 0 && strings.HasPrefix(r.null, "$") {
		// As a parameter of a macro it may print as the caller's argument.
		r.literalSlot = c.syms.slot(r.null[1:])
	}
	if c.mode == APIGateway && r.kind != refText && !r.escaped {
		r.null = ""
	}
	return r
}

// hidesScope reports whether the steps after $foreach lead to no scope that a
// template could keep beyond the end of its loop.
func hidesScope(steps []step) bool {
	if len(steps) == 0 || steps[0].op != stepProperty {
		return false
	}
	switch steps[0].name {
	case "index", "count", "hasNext", "first", "last":
		return true
	}
	return false
}

// root returns the name of the variable that n begins with, and finds out how
// r is to print.
func (c *compiler) root(n *node, r *reference) string {
	t := n.first
	if strings.Contains(t.image, `\!`) {
		return c.bang(t, r)
	}
	if count := backslashes(t.image); count > 0 {
		r.escaped = count%2 == 1
		r.escapes = t.image[:count/2]
		t.image = t.image[count:]
	}
	if i := strings.LastIndexByte(t.image, '$'); i > 0 {
		r.prefix = t.image[:i]
		t.image = t.image[i:]
	}
	r.null = n.literal()
	next := func() string {
		if t.next == nil {
			return ""
		}
		return t.next.image
	}
	switch {
	case strings.HasPrefix(t.image, "$!"):
		r.quiet = true
		if !r.escaped {
			r.null = ""
		}
		if strings.HasPrefix(t.image, "$!{") {
			return next()
		}
		return t.image[2:]
	case t.image == "${":
		return next()
	case strings.HasPrefix(t.image, "$"):
		return t.image[1:]
	}
	r.kind = refText // an identifier without a $
	r.null = t.image
	return t.image
}

// bang is root for $\!name. That is no reference but text, which prints as
// $!name, with half of its backslashes.
func (c *compiler) bang(t *token, r *reference) string {
	image := t.image
	r.kind = refText
	start := strings.IndexByte(image, '$')
	start += strings.IndexByte(image[start:], '\\')
	count := backslashes(image[start:])
	r.null = image[:start] + image[start:start+count-1] + image[start+count:]
	return r.null
}

// step compiles one of the parts that follow the name.
func (c *compiler) step(n *node) step {
	s := step{place: c.where(n.first)}
	switch n.kind {
	case nodeIndex:
		s.op = stepIndex
		s.args = c.expressions(n.kids)
		s.name = "get"
		s.overloads = methodIndex["get"]
	case nodeMethod:
		s.op = stepMethod
		s.name = n.first.image
		s.args = c.expressions(n.kids)
		s.overloads = methodIndex[s.name]
		c.pattern(&s)
	default:
		s.op = stepProperty
		s.name = n.first.image
		s.bean = lowerFirst(s.name)
		s.isClass = s.name == "class" || s.name == "Class"
	}
	return s
}

// pattern compiles the regular expression that is a method's first argument.
// One that is wrong is left for the render to find.
func (c *compiler) pattern(s *step) {
	switch s.name {
	case "replaceAll", "replaceFirst", "matches", "split":
	default:
		return
	}
	if len(s.args) == 0 {
		return
	}
	literal, ok := s.args[0].(*literalExpr)
	if !ok || !literal.v.IsString() {
		return
	}
	re, err := javaregexp.Compile(literal.v.AsString())
	if err != nil {
		return
	}
	if c.patterns == nil {
		c.patterns = map[string]*javaregexp.Regexp{}
	}
	c.patterns[literal.v.AsString()] = re
}
