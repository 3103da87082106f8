package vtl

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// symbols gives each name of a variable a slot.
type symbols struct {
	names []string
	index map[string]int
}

func newSymbols() *symbols { return &symbols{index: map[string]int{}} }

// slot returns the slot of name.
func (s *symbols) slot(name string) int {
	if i, ok := s.index[name]; ok {
		return i
	}
	s.index[name] = len(s.names)
	s.names = append(s.names, name)
	return len(s.names) - 1
}

// clone returns a copy that can get further names.
func (s *symbols) clone() *symbols {
	c := newSymbols()
	for _, name := range s.names {
		c.slot(name)
	}
	return c
}

// A unit is a source being compiled: a template, or a string in double quotes
// within one.
type unit struct {
	offset int  // of the unit in the template
	size   int  // of the unit in the template
	exact  bool // it stands there as it is compiled
}

// A compiler turns syntax trees into what runs. It goes over them in the order
// in which Velocity initialises its nodes, since that decides which of two
// macros with one name counts.
type compiler struct {
	name   string
	src    string // of the whole template
	mode   Mode
	limits Limits
	syms   *symbols
	macros map[string]*macro
	outer  func(name string) bool // macros from outside of the template; may be nil
	unit   unit
	depth  int // strings in strings
	err    *Error

	loops        []*foreachStmt
	patterns     map[string]*javaregexp.Regexp
	scopesEscape bool // a scope of a loop may be kept
	evaluates    bool // there is an #evaluate: names are not all known
	watched      bool // so may a debugger evaluate

	names *names // nil unless strict
}

// known reports whether there is a macro called name.
func (c *compiler) known(name string) bool {
	return c.macros[name] != nil || c.outer != nil && c.outer(name)
}

// compile parses and compiles src as the unit at hand.
func (c *compiler) compile(src string) block {
	p := newParser(src, c.limits.Nesting, c.known)
	p.depth = c.depth
	p.lx.endSign = c.mode == APIGateway
	root, err := p.template()
	if err != nil {
		c.fail(err)
		return nil
	}
	return c.block(root)
}

// fail keeps the first error.
func (c *compiler) fail(err *Error) {
	if c.err != nil {
		return
	}
	err.offset = c.at(err.offset)
	c.err = err.locate(c.name, c.src)
}

// failAt reports a problem of a token.
func (c *compiler) failAt(t *token, problem string) {
	c.fail(&Error{Phase: PhaseParse, offset: t.start, Text: t.image, Problem: problem})
}

// failInit reports what Velocity finds wrong only when it begins to render.
func (c *compiler) failInit(t *token, problem string) {
	c.fail(&Error{Phase: PhaseRender, offset: t.start, Text: t.image, Problem: problem})
}

// at returns the offset in the template of an offset in the unit.
func (c *compiler) at(offset int) int {
	if !c.unit.exact {
		return c.unit.offset
	}
	return c.unit.offset + min(offset, c.unit.size)
}

// where returns the place of a token.
func (c *compiler) where(t *token) place { return place(c.at(t.start)) }

// block compiles statements, joining neighbouring text.
func (c *compiler) block(n *node) block {
	var out block
	var texts []string // that follow one another and become one statement
	var from, to int32 // where they stand
	flush := func() {
		if text := strings.Join(texts, ""); text != "" {
			out = append(out, &textStmt{text, from, to})
		}
		texts = texts[:0]
	}
	for _, kid := range n.kids {
		switch s := c.statement(kid).(type) {
		case nil:
		case *textStmt:
			if len(texts) == 0 {
				from = int32(c.where(kid.first))
			}
			to = int32(c.at(kid.last.start + len(kid.last.image)))
			texts = append(texts, s.text)
		default:
			flush()
			out = append(out, s)
		}
	}
	flush()
	return out
}

func (c *compiler) statement(n *node) stmt {
	switch n.kind {
	case nodeText:
		return &textStmt{text: n.first.literal()}
	case nodeUnparsed:
		image := n.first.image
		return &textStmt{text: image[len("#[[") : len(image)-len("]]#")]}
	case nodeComment:
		return &textStmt{text: commentPrefix(n.first.image)}
	case nodeEscape:
		return &textStmt{text: n.text}
	case nodeEscapedDirective:
		return &textStmt{text: n.first.image}
	case nodeReference:
		return &referenceStmt{c.reference(n)}
	case nodeSet:
		return c.set(n)
	case nodeIf:
		return c.ifStatement(n)
	case nodeDirective:
		return c.directive(n)
	case nodeBlock:
		return &blockStmt{place: c.where(n.first), body: c.block(n)}
	}
	// An argument too many of #foreach, which is taken for the body. It prints
	// nothing unless it is a reference.
	c.expression(n)
	return nil
}

// commentPrefix returns what was before a comment and belongs to no reference
// or directive, such as the $ of $##.
func commentPrefix(image string) string {
	i := strings.Index(image, "##")
	if i < 0 {
		i = max(strings.Index(image, "#*"), 0)
	}
	return image[:i]
}

func (c *compiler) set(n *node) stmt {
	left := c.reference(n.kids[0])
	s := &setStmt{
		place: c.where(n.first),
		left:  left,
		right: c.expression(n.kids[1]),
	}
	if len(left.steps) == 0 {
		// What follows the first character of the first token is the name:
		// for ${a} that is "{", which no reference can read.
		s.slot = c.syms.slot(trimFirst(n.kids[0].first.image))
		c.names.assign(s.slot)
		c.names.assign(left.slot) // ${x}, which #set takes for another name
	}
	return s
}

func trimFirst(s string) string {
	if s == "" {
		return ""
	}
	return s[1:]
}

func (c *compiler) ifStatement(n *node) stmt {
	s := &ifStmt{place: c.where(n.first)}
	s.branches = append(s.branches, c.branch(n, n.kids[0], n.kids[1]))
	for _, kid := range n.kids[2:] {
		if kid.kind == nodeElse {
			s.otherwise = c.block(kid.kids[0])
		} else {
			s.branches = append(s.branches, c.branch(kid, kid.kids[0], kid.kids[1]))
		}
	}
	return s
}

func (c *compiler) branch(n, condition, body *node) branch {
	return branch{
		place:     c.where(n.first),
		condition: c.expression(condition),
		body:      c.block(body),
		text:      strings.TrimSpace(condition.literal()),
	}
}

// expression compiles an expression or one of its parts.
func (c *compiler) expression(n *node) expr {
	switch n.kind {
	case nodeExpression:
		return c.expression(n.kids[0])
	case nodeReference:
		return c.reference(n)
	case nodeString:
		return c.stringLiteral(n)
	case nodeInteger, nodeFloat:
		return c.number(n)
	case nodeTrue:
		return &literalExpr{v: value.Bool(true), yes: true}
	case nodeFalse:
		return &literalExpr{v: value.Bool(false)}
	case nodeList:
		return &listExpr{c.expressions(n.kids)}
	case nodeMap:
		return &mapExpr{c.expressions(n.kids)}
	case nodeRange:
		return &rangeExpr{place: c.where(n.first), bounds: [2]expr(c.expressions(n.kids))}
	case nodeNot:
		return &notExpr{c.expression(n.kids[0])}
	case nodeAnd, nodeOr:
		return &logicExpr{or: n.kind == nodeOr, left: c.expression(n.kids[0]), right: c.expression(n.kids[1])}
	case nodeEqual, nodeNotEqual:
		return &equalExpr{place: c.where(n.first), not: n.kind == nodeNotEqual, left: c.expression(n.kids[0]), right: c.expression(n.kids[1])}
	case nodeLess, nodeLessEqual, nodeGreater, nodeGreaterEqual:
		return &compareExpr{place: c.where(n.first), op: n.kind, left: c.expression(n.kids[0]), right: c.expression(n.kids[1])}
	case nodeAdd, nodeSubtract, nodeMultiply, nodeDivide, nodeModulo:
		m := &mathExpr{place: c.where(n.first), op: n.kind, left: c.expression(n.kids[0]), right: c.expression(n.kids[1])}
		if n.kind == nodeAdd {
			m.leftText, m.rightText = n.kids[0].literal(), n.kids[1].literal()
		}
		return m
	}
	return &literalExpr{} // a word or block as an argument: null
}

func (c *compiler) expressions(nodes []*node) []expr {
	out := make([]expr, len(nodes))
	for i, n := range nodes {
		out[i] = c.expression(n)
	}
	return out
}

// number compiles a number. Signs in front of it, as in #123, make it wrong.
func (c *compiler) number(n *node) expr {
	s := n.first.image
	if n.kind == nodeFloat {
		f, err := strconv.ParseFloat(s, 64)
		if err == nil || errors.Is(err, strconv.ErrRange) { // an infinity or zero, as in Java
			return &literalExpr{v: value.Double(f)}
		}
	} else if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return &literalExpr{v: value.Int(i)}
	} else if b, ok := bigLiteral(s); ok {
		return &literalExpr{v: value.BigInteger(b)}
	}
	c.failInit(n.first, "not a number")
	return &literalExpr{}
}

// bigLiteral reads an integer that takes more than 64 bits.
func bigLiteral(s string) (*big.Int, bool) {
	if len(s) > maxLiteral {
		return nil, false
	}
	return new(big.Int).SetString(s, 10)
}

// maxLiteral is the longest integer in a template: reading one takes time in
// the square of its length.
const maxLiteral = 4096

// stringLiteral compiles a string. In double quotes it is a template.
func (c *compiler) stringLiteral(n *node) expr {
	image := n.first.image
	quote, raw := image[0], image[1:len(image)-1]
	text := raw
	if quote == '"' && strings.Contains(raw, `\u`) {
		var ok bool
		if text, ok = unescape(raw); !ok {
			c.failInit(n.first, `\u needs four hexadecimal digits`)
			return &literalExpr{}
		}
	}
	text = strings.ReplaceAll(text, string([]byte{quote, quote}), string(quote))
	if quote != '"' || !strings.ContainsAny(raw, "$#") {
		return &literalExpr{v: value.String(text)}
	}
	s := &stringExpr{place: c.where(n.first), cut: !strings.Contains(text, "##")}
	source := text
	if s.cut {
		source += " " // ends a reference or directive at the end; is cut off again
	}
	outer := c.unit
	c.unit = unit{offset: c.at(n.first.start), size: len(text), exact: outer.exact && text == raw}
	if c.unit.exact {
		c.unit.offset++
	}
	c.depth++
	if c.depth > c.limits.Nesting {
		c.fail(&Error{Phase: PhaseParse, Problem: "strings are nested too deep", Limit: "Nesting"})
	} else {
		s.body = c.compile(source)
	}
	c.depth--
	c.unit = outer
	return s.simplify()
}

// unescape decodes the \uXXXX of a string in double quotes; false when the
// four digits are missing.
func unescape(s string) (string, bool) {
	var b strings.Builder
	var units []uint16 // escapes next to each other, which may be a pair
	flush := func() {
		for _, r := range utf16.Decode(units) {
			b.WriteRune(r)
		}
		units = units[:0]
	}
	for {
		i := strings.Index(s, `\u`)
		if i < 0 {
			flush()
			b.WriteString(s)
			return b.String(), true
		}
		unit, ok := hexdigit.Unit(s[i+2:])
		if !ok {
			return "", false
		}
		if i > 0 {
			flush()
			b.WriteString(s[:i])
		}
		units = append(units, uint16(unit))
		s = s[i+6:]
	}
}
