package jsonpath

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A filterCompiler reads one "[?(...)]".
//
//	or       = and { "||" and }
//	and      = factor { "&&" factor }
//	factor   = comparison | "(" or ")" | "!" factor
//	comparison = value [ operator value ]
type filterCompiler struct {
	*cursor
	depth int
}

// compileFilter reads a filter with its brackets.
func compileFilter(text string, depth int) (*condition, error) {
	c := &filterCompiler{cursor: newCursor(text), depth: depth}
	c.trim()
	c.pos++
	c.end--
	c.trim()
	c.pos++ // the question mark
	c.trim()
	if c.at(c.end) != ')' {
		return nil, c.fail("Filter must end with ')]'")
	}
	cond, err := c.or()
	if err == nil {
		if c.skipBlanks(); c.more() {
			err = c.fail("Expected end of filter expression")
		}
	}
	if c.out {
		err = c.fail("Failed to parse filter")
	}
	if err != nil {
		return nil, soften(err)
	}
	return cond, nil
}

func (c *filterCompiler) or() (*condition, error) { return c.joined("||", any, c.and) }

func (c *filterCompiler) and() (*condition, error) { return c.joined("&&", all, c.factor) }

func (c *filterCompiler) joined(sign string, join connective, read func() (*condition, error)) (*condition, error) {
	var parts []*condition
	for {
		part, err := read()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		saved := c.pos
		c.skipBlanks()
		if !c.has(c.pos+1) || c.s[c.pos:c.pos+2] != sign {
			c.pos = saved
			break
		}
		c.pos += 2
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return &condition{join: join, parts: parts}, nil
}

func (c *filterCompiler) factor() (*condition, error) {
	if c.depth++; c.depth > maxNesting {
		return nil, c.fail("Filter is nested too deep")
	}
	defer func() { c.depth-- }()
	c.skipBlanks()
	saved := c.pos
	if c.current() == '!' {
		c.pos++
		c.skipBlanks()
		if b := c.current(); b != '$' && b != '@' {
			part, err := c.factor()
			return &condition{join: not, parts: []*condition{part}}, err
		}
		c.pos = saved
	}
	if c.current() != '(' {
		return c.comparison()
	}
	c.pos++
	cond, err := c.or()
	if err != nil {
		return nil, err
	}
	if c.skipBlanks(); c.current() != ')' {
		return nil, c.fail("Expected character: )")
	}
	c.pos++
	return cond, nil
}

// comparison reads a value and, if an operator and another value follow,
// those; else it asks whether the value exists.
func (c *filterCompiler) comparison() (*condition, error) {
	left, err := c.value()
	if err != nil {
		return nil, err
	}
	saved := c.pos
	cond, err := c.operation(left)
	if err == nil {
		return cond, nil
	}
	if e, ok := err.(*Error); c.out || ok && e.hard {
		return nil, err
	}
	c.pos = saved
	if left.path == nil {
		return nil, c.fail("Expected path node")
	}
	left.exists = true
	right := operand{literal: boolNode(!left.negated)}
	return &condition{op: opExists, left: left, right: right}, nil
}

func (c *filterCompiler) operation(left operand) (*condition, error) {
	op, err := c.operator()
	if err != nil {
		return nil, err
	}
	right, err := c.value()
	if err != nil {
		return nil, err
	}
	return &condition{op: op, left: left, right: right}, nil
}

func (c *filterCompiler) operator() (operator, error) {
	c.skipBlanks()
	start := c.pos
	if isOperatorSign(c.current()) {
		for c.more() && isOperatorSign(c.current()) {
			c.pos++
		}
	} else {
		for c.more() && c.current() != ' ' {
			c.pos++
		}
	}
	name := c.s[min(start, len(c.s)):min(c.pos, len(c.s))]
	op, ok := operatorOf(strings.ToUpper(name))
	if !ok {
		return 0, c.fail("Filter operator " + name + " is not supported!")
	}
	return op, nil
}

func isOperatorSign(b byte) bool { return strings.IndexByte("<>=~!", b) >= 0 && b != 0 }

func (c *filterCompiler) value() (operand, error) {
	c.skipBlanks()
	b := c.current()
	if b == '!' {
		c.pos++
		c.skipBlanks()
		if b = c.current(); b != '$' && b != '@' {
			return operand{}, c.fail("Unexpected character: !")
		}
	}
	if b == '$' || b == '@' {
		return c.pathValue()
	}
	n, err := c.literal(b)
	return operand{literal: n}, err
}

// pathValue reads a path up to an operator, a blank or a closing parenthesis
// that is not its own.
func (c *filterCompiler) pathValue() (operand, error) {
	start := c.pos
	before := c.previous(start)
	c.pos++
	for c.more() {
		if c.current() == '[' {
			end, err := c.matching(c.pos, false)
			if err != nil {
				return operand{}, err
			}
			if end < 0 {
				return operand{}, c.fail("Square brackets does not match in filter")
			}
			c.pos = end + 1
		}
		b := c.current()
		if b == ')' && c.closesCall(start) {
			c.pos++
			continue
		}
		if !c.more() || isOperatorSign(b) || b == ' ' || b == ')' {
			break
		}
		c.pos++
	}
	p, err := compile(c.s[start:min(c.pos, len(c.s))], c.depth+1)
	if err != nil {
		if e, ok := err.(*Error); ok {
			e.Path, e.Offset = c.s, e.Offset+start
		}
		return operand{}, err
	}
	return operand{path: p, negated: before >= 0 && c.s[before] == '!'}, nil
}

// closesCall reports whether the parenthesis here ends a call without
// arguments in the path that starts at start.
func (c *filterCompiler) closesCall(start int) bool {
	i := c.previous(c.pos)
	if i < 0 || c.s[i] != '(' {
		return false
	}
	for i--; i > start; i-- {
		if c.s[i] == '.' {
			return true
		}
	}
	return false
}

func (c *filterCompiler) literal(b byte) (node, error) {
	start := c.pos
	switch b {
	case '\'', '"':
		end := c.findUnescaped(c.pos, b)
		if end < 0 {
			return node{}, c.fail("String literal does not have matching quotes")
		}
		c.pos = end + 1
		s, err := unescape(c.s[start+1 : end])
		if err != nil {
			return node{}, c.failHard(err.Error())
		}
		return node{kind: nodeString, text: s}, nil
	case 't', 'f', 'n':
		return c.word(b)
	case '[', '{':
		end, err := c.matching(c.pos, false)
		if err != nil {
			return node{}, err
		}
		if end < 0 {
			return node{}, c.fail("JSON not closed")
		}
		c.pos = end + 1
		return jsonLiteral(c.s[start:c.pos]), nil
	case '/':
		return c.pattern()
	}
	for c.more() && strings.IndexByte("0123456789-.eE", c.current()) >= 0 {
		c.pos++
	}
	n, ok := numberLiteral(c.s[start:c.pos])
	if !ok {
		return node{}, c.failHard("Failed to parse filter")
	}
	return n, nil
}

func (c *filterCompiler) word(b byte) (node, error) {
	word, n := "true", boolNode(true)
	switch b {
	case 'f':
		word, n = "false", boolNode(false)
	case 'n':
		word, n = "null", node{kind: nodeNull}
	}
	if !c.has(c.pos+len(word)-1) || !strings.HasPrefix(c.s[c.pos:], word) {
		return node{}, c.fail("Expected <" + word + "> value")
	}
	c.pos += len(word)
	return n, nil
}

func (c *filterCompiler) pattern() (node, error) {
	start := c.pos
	end := c.findUnescaped(c.pos, '/')
	if end < 0 {
		return node{}, c.fail("Pattern not closed")
	}
	flags := end + 1
	for c.has(flags) && strings.IndexByte("dixmsuU", c.s[flags]) >= 0 {
		flags++
	}
	c.pos = flags
	source := c.s[start+1 : end]
	if flags > end+1 {
		source = "(?" + c.s[end+1:flags] + ")" + source
	}
	re, err := javaregexp.Compile(source)
	if err != nil {
		return node{}, c.failHard(err.Error())
	}
	return node{kind: nodePattern, pattern: re}, nil
}

// jsonLiteral is a list or object in a filter. Jayway reads it when the
// filter runs; that it is no JSON is an error then.
func jsonLiteral(text string) node {
	n := node{kind: nodeJSON, text: text, literal: true}
	v, err := value.Parse(text, value.Limits{})
	if err != nil {
		n.bad = true
	}
	n.val = v
	return n
}
