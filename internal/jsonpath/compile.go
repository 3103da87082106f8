package jsonpath

import (
	"strconv"
	"strings"
)

// A compiler reads one path. depth counts the filters and arguments around
// it.
type compiler struct {
	*cursor
	depth  int
	tokens []token
}

// compile reads an expression as a user writes it.
func compile(path string, depth int) (*Path, error) {
	if path == "" {
		return nil, &Error{Kind: InvalidPath, Message: "Path is empty"}
	}
	text := path
	if path[0] != '$' && path[0] != '@' {
		text = "$." + path
	}
	c := newCursor(text)
	c.trim()
	if c.at(c.end) == '.' {
		c.pos = c.end
		return nil, c.fail("Path must not end with a '.' or '..'")
	}
	p, err := compileAt(c, depth)
	if err == nil {
		p.source = path
	}
	return p, err
}

// compileAt reads a path from c to its end.
func compileAt(c *cursor, depth int) (*Path, error) {
	switch {
	case len(c.s) > maxPathLength:
		return nil, c.fail("Path is too long")
	case depth > maxNesting:
		return nil, c.fail("Path is nested too deep")
	}
	p := &compiler{cursor: c, depth: depth}
	root, err := p.path()
	if c.out {
		err = c.fail("Unexpected end of path")
	}
	if err != nil {
		return nil, soften(err)
	}
	return newPath(c.s, root == '$', p.tokens), nil
}

// soften lets the compiler of the text around a failed part go on to try another
// reading of it, as Jayway does where one compiler calls another.
func soften(err error) error {
	if e, ok := err.(*Error); ok {
		e.hard = false
	}
	return err
}

// path reads the context token and all that follows.
func (c *compiler) path() (root byte, err error) {
	for c.more() && strings.IndexByte(" \t\r\n", c.current()) >= 0 {
		c.pos++
	}
	if root = c.current(); root != '$' && root != '@' {
		return 0, c.fail("Path must start with '$' or '@'")
	}
	if c.tail() {
		return root, nil
	}
	c.pos++
	if b := c.current(); b != '.' && b != '[' {
		return 0, c.fail("Illegal character, expected '.' or '['")
	}
	for {
		if err := c.token(); err != nil || c.out {
			return 0, err
		}
		if c.tail() {
			return root, nil
		}
	}
}

// token reads one token and leaves the position behind it.
func (c *compiler) token() error {
	switch c.current() {
	case '[':
		return c.bracket()
	case '.':
		return c.dot()
	case '*':
		c.pos++
		c.add(token{kind: tokenWildcard})
		return nil
	}
	return c.name()
}

func (c *compiler) add(t token) { c.tokens = append(c.tokens, t) }

// dot reads "." or "..", and what must follow.
func (c *compiler) dot() error {
	switch {
	case c.has(c.pos+1) && c.s[c.pos+1] == '.':
		c.add(token{kind: tokenScan})
		c.pos += 2
	case !c.has(c.pos + 1):
		return c.fail("Path must not end with a '.'")
	default:
		c.pos++
	}
	if c.current() == '.' {
		return c.fail("Character '.' is not valid here")
	}
	return c.token()
}

// name reads a property, or a function when a parenthesis follows.
func (c *compiler) name() error {
	start := c.pos
	end := start
	for c.has(end) && strings.IndexByte(" .[(", c.s[end]) < 0 {
		end++
	}
	switch {
	case c.has(end) && c.s[end] == ' ':
		c.pos = end
		return c.fail("Use bracket notion ['my prop'] if your property contains blank characters")
	case c.has(end) && c.s[end] == '(':
		return c.function(c.s[start:end], end)
	}
	c.pos = end
	c.add(token{kind: tokenProperty, name: c.s[start:end]})
	return nil
}

// bracket reads "[...]".
func (c *compiler) bracket() error {
	switch b := c.nextByte(c.pos); {
	case b == '\'' || b == '"':
		return c.properties(b)
	case isDigit(b) || b == '-' || b == ':':
		if done, err := c.array(); done || err != nil {
			return err
		}
	case b == '*':
		at := c.next(c.pos)
		if !c.nextIs(at, ']') {
			c.pos = at + 1
			return c.fail("Expected wildcard token to end with ']'")
		}
		c.pos = c.next(at) + 1
		c.add(token{kind: tokenWildcard})
		return nil
	case b == '?':
		if done, err := c.filter(); done || err != nil {
			return err
		}
	}
	return c.fail("Could not parse token. Expected ?, ', 0-9, *")
}

// properties reads "['a', 'b']".
func (c *compiler) properties(quote byte) error {
	var names []string
	start, end := c.pos+1, 0
	inside, escaped, comma := false, false, false
	i := start
scan:
	for ; c.has(i); i++ {
		switch b := c.s[i]; {
		case escaped:
			escaped = false
		case b == '\\':
			escaped = true
		case b == ']' && !inside:
			break scan
		case b == quote && inside:
			if next := c.nextByte(i); next != ']' && next != ',' {
				c.pos = i
				return c.fail("Property must be separated by comma or Property must be terminated close square bracket")
			}
			end = i
			name, err := unescape(c.s[start:end])
			if err != nil {
				return c.failHard(err.Error())
			}
			names = append(names, name)
			inside = false
		case b == quote:
			start, inside, comma = i+1, true, false
		case b == ',' && !inside:
			if comma {
				c.pos = i
				return c.fail("Found empty property")
			}
			comma = true
		}
	}
	switch close := c.next(end); {
	case inside:
		return c.fail("Property has not been closed - missing closing " + string(quote))
	case c.has(i) && comma:
		c.pos = i
		return c.fail("Found empty property")
	case c.at(close) != ']':
		return c.fail("Property has not been closed - missing closing ]")
	case len(names) == 0:
		return c.fail("Empty properties")
	default:
		c.pos = close + 1
	}
	if len(names) == 1 {
		c.add(token{kind: tokenProperty, name: names[0]})
	} else {
		c.add(token{kind: tokenProperties, names: names})
	}
	return nil
}

// array reads indexes or a slice. done is false when it is neither.
func (c *compiler) array() (done bool, err error) {
	end := c.find(c.pos+1, ']')
	if end < 0 {
		return false, nil
	}
	text := strings.Trim(c.s[c.pos+1:end], " ")
	if strings.Trim(text, "0123456789,-: ") != "" {
		return false, nil
	}
	t := token{kind: tokenIndex}
	if strings.Contains(text, ":") {
		t.kind = tokenSlice
		t.slice, err = c.slice(text)
	} else {
		t.indexes, err = c.indexes(text)
	}
	c.pos = end + 1
	c.add(t)
	return true, err
}

func (c *compiler) indexes(text string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(strings.Trim(part, " "), 10, 32)
		if err != nil {
			return nil, c.fail("Failed to parse token in ArrayIndexOperation: " + part)
		}
		out = append(out, int(n))
	}
	return out, nil
}

// slice reads "from:to"; a step behind it is ignored.
func (c *compiler) slice(text string) (s slice, err error) {
	if strings.ContainsAny(text, " ,") {
		return s, c.fail("Failed to parse SliceOperation: " + text)
	}
	parts := strings.Split(text, ":")
	read := func(i int) (int, bool, error) {
		if i >= len(parts) || parts[i] == "" {
			return 0, false, nil
		}
		n, err := strconv.ParseInt(parts[i], 10, 32)
		if err != nil {
			return 0, false, c.failHard("Failed to parse SliceOperation: " + text)
		}
		return int(n), true, nil
	}
	if s.from, s.hasFrom, err = read(0); err != nil {
		return s, err
	}
	if s.to, s.hasTo, err = read(1); err != nil {
		return s, err
	}
	if !s.hasFrom && !s.hasTo {
		return s, c.fail("Failed to parse SliceOperation: " + text)
	}
	return s, nil
}

// filter reads "[?(...)]". done is false when it is none.
func (c *compiler) filter() (done bool, err error) {
	open := c.next(c.next(c.pos))
	if c.at(open) != '(' {
		return false, nil
	}
	end, err := c.matching(open, true)
	if err != nil || end < 0 || !c.nextIs(end, ']') {
		return false, err
	}
	close := c.next(end)
	cond, err := compileFilter(c.s[c.pos:close+1], c.depth+1)
	if err != nil {
		if e, ok := err.(*Error); ok {
			e.Path, e.Offset = c.s, e.Offset+c.pos
		}
		return false, err
	}
	c.pos = close + 1
	c.add(token{kind: tokenFilter, filter: cond})
	return true, nil
}
