package jsonpath

import "strings"

// function reads a call of name whose opening parenthesis is at open.
func (c *compiler) function(name string, open int) error {
	depth := 1
	for i := open + 1; depth > 0; i++ {
		if !c.has(i) {
			return c.fail("Arguments to function: '" + name + "' are not closed properly.")
		}
		switch c.s[i] {
		case ')':
			depth--
		case '(':
			depth++
		}
	}
	t := token{kind: tokenFunction, name: name}
	c.pos = open + 1
	if c.s[c.pos] != ')' {
		var err error
		if t.params, err = c.params(name); err != nil {
			return err
		}
	}
	// After a call without arguments Jayway stays on the parenthesis, and so
	// reads one that is not the last character as a property.
	c.add(t)
	return nil
}

// params reads arguments up to the closing parenthesis: paths, and JSON that
// starts with a brace, a digit, a minus or a double quote. Anything else is
// skipped until one of these appears.
func (c *compiler) params(function string) ([]parameter, error) {
	var out []parameter
	var text strings.Builder
	kind := byte(0) // 'j' for JSON, 'p' for a path, 0 before either
	parens, brackets, braces, quotes := 1, 0, 0, 0
	prior, ended := byte(0), false
	for c.more() && !ended {
		b := c.current()
		c.pos++
		if kind == 0 {
			if strings.IndexByte(" \t\r\n", b) >= 0 {
				continue
			}
			kind = paramKind(b)
		}
		switch b {
		case '"':
			if prior != '\\' && quotes > 0 {
				quotes--
			} else {
				quotes++
			}
		case '(':
			parens++
		case '{':
			braces++
		case '[':
			brackets++
		case '}':
			braces--
		case ']':
			brackets--
		case ')':
			if parens--; parens < 0 || prior == '(' {
				text.WriteByte(b)
			}
		}
		if braces < 0 || brackets < 0 {
			return nil, c.fail("Unexpected close bracket")
		}
		nested := quotes != 0 || braces != 0 || brackets != 0
		if !nested && (b == ')' && parens == 0 || (b == ')' || b == ',') && parens == 1) {
			ended = parens == 0
			if kind != 0 {
				p, err := c.param(kind, text.String())
				if err != nil {
					return nil, err
				}
				out = append(out, p)
				text.Reset()
				kind = 0
			}
		}
		if kind != 0 && (b != ',' || braces != 0 || brackets != 0 || parens != 1) {
			text.WriteByte(b)
		}
		prior = b
	}
	if braces != 0 || parens != 0 || brackets != 0 {
		return nil, c.fail("Arguments to function: '" + function + "' are not closed properly.")
	}
	return out, nil
}

func paramKind(b byte) byte {
	switch {
	case b == '{' || b == '"' || b == '-' || isDigit(b):
		return 'j'
	case b == '$' || b == '@':
		return 'p'
	}
	return 0
}

func (c *compiler) param(kind byte, text string) (parameter, error) {
	if kind == 'j' {
		return parameter{json: text}, nil
	}
	p, err := compileAt(newCursor(text), c.depth+1)
	if err != nil {
		return parameter{}, err
	}
	return newParameter(p), nil
}
