package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// In a compiled pattern three bytes that no UTF-8 text holds stand for what is
// not literal.
const (
	anyText  = '\xff' // *: any text, also none
	oneChar  = '\xfe' // ?: one character
	variable = '\xfd' // a policy variable; its number follows

	star = "\xff" // anyText as a string
)

// maxVariables bounds the variables of one value.
const maxVariables = 100

// A pattern is a text with wildcards and variables.
type pattern struct {
	text      string
	variables []policyVariable
}

// A policyVariable is a ${key} or ${key, 'default'} in a value.
type policyVariable struct {
	key      string // lower case
	fallback string
	defaults bool
}

// compile reads a value. With wild, * and ? are wildcards; with vars, ${…} are
// variables, or escapes of the special characters.
func compile(value string, wild, vars bool) (pattern, error) {
	var p pattern
	if !strings.ContainsAny(value, "*?$") {
		p.text = value
		return p, nil
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case wild && c == '*':
			b.WriteByte(anyText)
		case wild && c == '?':
			b.WriteByte(oneChar)
		case vars && c == '$' && strings.HasPrefix(value[i:], "${"):
			n := strings.IndexByte(value[i:], '}')
			if n < 0 {
				return p, fmt.Errorf("a variable is not closed: %s", value[i:])
			}
			if err := p.variable(&b, value[i+2:i+n]); err != nil {
				return p, err
			}
			i += n
		default:
			b.WriteByte(c)
		}
	}
	p.text = b.String()
	return p, nil
}

// variable adds what stands between ${ and }.
func (p *pattern) variable(b *strings.Builder, inside string) error {
	if inside == "*" || inside == "?" || inside == "$" {
		b.WriteString(inside)
		return nil
	}
	key, fallback, defaults := strings.Cut(inside, ",")
	key, fallback = strings.TrimSpace(key), strings.TrimSpace(fallback)
	if key == "" || strings.ContainsAny(key, " '\"{") || !strings.Contains(key, ":") {
		return fmt.Errorf("${%s} is no policy variable", inside)
	}
	if defaults {
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return fmt.Errorf("the default in ${%s} is not in single quotes", inside)
		}
		fallback = fallback[1 : len(fallback)-1]
	}
	if len(p.variables) == maxVariables {
		return fmt.Errorf("more than %d variables", maxVariables)
	}
	b.WriteByte(variable)
	b.WriteByte(byte(len(p.variables)))
	p.variables = append(p.variables, policyVariable{strings.ToLower(key), fallback, defaults})
	return nil
}

// resolve puts the values of a pattern's variables in, as literal text. It is
// false when one has no value or more than one.
func (p *pattern) resolve(e *evaluation) (string, bool) {
	if len(p.variables) == 0 {
		return p.text, true
	}
	var b strings.Builder
	for i := 0; i < len(p.text) && e.spend(1); i++ {
		if p.text[i] != variable {
			b.WriteByte(p.text[i])
			continue
		}
		i++
		v := p.variables[p.text[i]]
		values := e.values(v.key)
		switch {
		case len(values) == 1 && e.spend(len(values[0])) && utf8.ValidString(values[0]):
			b.WriteString(values[0])
		case len(values) == 0 && v.defaults:
			b.WriteString(v.fallback)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// String is the pattern as the policy has it.
func (p *pattern) String() string {
	var b strings.Builder
	for i := 0; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case anyText:
			b.WriteByte('*')
		case oneChar:
			b.WriteByte('?')
		case variable:
			i++
			b.WriteString("${" + p.variables[p.text[i]].key + "}")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// match matches a resolved pattern against the whole of s. It takes time
// linear in s for patterns without ?; a part with ? between two * may be tried
// at each place of s. With fold, ASCII letters compare without case and the
// pattern's are lower case.
func (e *evaluation) match(pattern, s string, fold bool) bool {
	if !e.spend(len(pattern)) {
		return false
	}
	part, rest, more := strings.Cut(pattern, star)
	n, ok := matchAt(part, s, fold)
	if !ok {
		return false
	}
	if !more {
		return n == len(s)
	}
	for s = s[n:]; ; s = s[n:] {
		if part, rest, more = strings.Cut(rest, star); !more {
			return matchEnd(part, s, fold)
		}
		if n = e.find(part, s, fold); n < 0 {
			return false
		}
	}
}

// matchAt matches a part at the start of s and returns how much of s it has looked at,
// which is what the part takes if it matches.
func matchAt(part, s string, fold bool) (n int, ok bool) {
	for i := 0; i < len(part); i++ {
		if n >= len(s) {
			return n, false
		}
		if part[i] == oneChar {
			_, size := utf8.DecodeRuneInString(s[n:])
			n += size
			continue
		}
		c := s[n]
		if fold && 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != part[i] {
			return n, false
		}
		n++
	}
	return n, true
}

// matchEnd matches a part at the end of s.
func matchEnd(part, s string, fold bool) bool {
	start := len(s)
	for range utf8.RuneCountInString(part) {
		if start == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	n, ok := matchAt(part, s[start:], fold)
	return ok && n == len(s)-start
}

// find returns where in s the first match of a part ends, -1 for none.
func (e *evaluation) find(part, s string, fold bool) int {
	if !fold && strings.IndexByte(part, oneChar) < 0 {
		i := strings.Index(s, part)
		if i < 0 {
			e.spend(len(s))
			return -1
		}
		e.spend(i)
		return i + len(part)
	}
	for i := 0; i <= len(s); {
		n, ok := matchAt(part, s[i:], fold)
		if ok {
			return i + n
		}
		if !e.spend(n + 1) {
			return -1
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += max(size, 1)
	}
	return -1
}
