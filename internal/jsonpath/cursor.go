package jsonpath

// A cursor reads an expression by position, as Jayway's CharacterIndex does.
// Only the space counts as blank.
type cursor struct {
	s   string
	pos int
	end int // of the last character, which trimming may move

	// out says that a character beyond the text was asked for, which Jayway
	// answers with an exception.
	out bool
}

func newCursor(s string) *cursor { return &cursor{s: s, end: len(s) - 1} }

func (c *cursor) at(i int) byte {
	if i < 0 || i >= len(c.s) {
		c.out = true
		return 0
	}
	return c.s[i]
}

func (c *cursor) current() byte { return c.at(c.pos) }

func (c *cursor) has(i int) bool { return i >= 0 && i <= c.end }

func (c *cursor) more() bool { return c.has(c.pos) }

func (c *cursor) tail() bool { return c.pos >= c.end }

func (c *cursor) skipBlanks() {
	for c.more() && c.pos < c.end && c.current() == ' ' {
		c.pos++
	}
}

func (c *cursor) trim() {
	c.skipBlanks()
	for c.more() && c.pos < c.end && c.at(c.end) == ' ' {
		c.end--
	}
}

// next returns the position of the first non-blank after i, which may be
// beyond the end.
func (c *cursor) next(i int) int {
	for i++; c.has(i) && c.s[i] == ' '; i++ {
	}
	return i
}

// nextIs reports whether the first non-blank after i is b.
func (c *cursor) nextIs(i int, b byte) bool {
	i = c.next(i)
	return c.has(i) && c.s[i] == b
}

// nextByte returns the first non-blank after i, a blank at the end.
func (c *cursor) nextByte(i int) byte {
	if i = c.next(i); c.has(i) {
		return c.s[i]
	}
	return ' '
}

// previous returns the position of the last non-blank before i, -1 for none.
func (c *cursor) previous(i int) int {
	for i--; c.has(i) && c.s[i] == ' '; i-- {
	}
	if !c.has(i) {
		return -1
	}
	return i
}

// find returns the position of the first b from i on, -1 for none.
func (c *cursor) find(i int, b byte) int {
	for ; c.has(i); i++ {
		if c.s[i] == b {
			return i
		}
	}
	return -1
}

// findUnescaped returns the position of the first b after i that has no
// backslash before it, -1 for none.
func (c *cursor) findUnescaped(i int, b byte) int {
	escaped := false
	for i++; c.has(i); i++ {
		switch {
		case escaped:
			escaped = false
		case c.s[i] == '\\':
			escaped = true
		case c.s[i] == b:
			return i
		}
	}
	return -1
}

// matching returns the position of the bracket that closes the one at start,
// -1 for none. Brackets in strings, and with regexps in /.../, do not count.
func (c *cursor) matching(start int, regexps bool) (int, error) {
	open := c.s[start]
	closing := byte(')')
	switch open {
	case '[':
		closing = ']'
	case '{':
		closing = '}'
	}
	depth := 1
	for i := start + 1; c.has(i); i++ {
		if b := c.at(i); b == '\'' || b == '"' {
			if i = c.findUnescaped(i, b) + 1; i == 0 {
				return -1, c.fail("Could not find matching close quote for " + string(b))
			}
		}
		if regexps && c.at(i) == '/' {
			if i = c.findUnescaped(i, '/') + 1; i == 0 {
				return -1, c.fail("Could not find matching close for /")
			}
		}
		switch c.at(i) {
		case open:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i, nil
			}
		}
	}
	return -1, nil
}

// fail returns an error at the present position.
func (c *cursor) fail(message string) error {
	return &Error{Kind: InvalidPath, Path: c.s, Offset: min(c.pos, len(c.s)), Message: message}
}

// failHard returns an error that no other reading of the text can mend.
func (c *cursor) failHard(message string) error {
	err := c.fail(message).(*Error)
	err.hard = true
	return err
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
