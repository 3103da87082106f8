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
func (p *pattern) resolve(get func(string) []string) (string, bool) {
	if len(p.variables) == 0 {
		return p.text, true
	}
	var b strings.Builder
	for i := 0; i < len(p.text); i++ {
		if p.text[i] != variable {
			b.WriteByte(p.text[i])
			continue
		}
		i++
		v := p.variables[p.text[i]]
		values := lookup(get, v.key)
		switch {
		case len(values) == 1 && utf8.ValidString(values[0]):
			b.WriteString(values[0])
		case len(values) == 0 && v.defaults:
			b.WriteString(v.fallback)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// lookup reads a key; a nil function has none.
func lookup(get func(string) []string, key string) []string {
	if get == nil {
		return nil
	}
	return get(key)
}

// match matches a resolved pattern against the whole of s. It takes time
// linear in s for patterns without ?; for a part with ? between two * it takes a step
// for each place of s and 64 characters of the part. With fold, ASCII letters compare without case and the
// pattern's are lower case.
func match(pattern, s string, fold bool) bool {
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
		if n = find(part, s, fold); n < 0 {
			return false
		}
	}
}

// matchAt matches a part at the start of s and returns how much of s it takes.
func matchAt(part, s string, fold bool) (n int, ok bool) {
	for i := 0; i < len(part); i++ {
		if n >= len(s) {
			return 0, false
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
			return 0, false
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
func find(part, s string, fold bool) int {
	if !fold && strings.IndexByte(part, oneChar) < 0 {
		i := strings.Index(s, part)
		if i < 0 {
			return -1
		}
		return i + len(part)
	}
	if !fold && len(part)*len(s) > fewSteps {
		if utf8.RuneCountInString(part) > utf8.RuneCountInString(s) {
			return -1
		}
		return newSearch(part, s).find(s)
	}
	for i := 0; i <= len(s); {
		if n, ok := matchAt(part, s[i:], fold); ok {
			return i + n
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += max(size, 1)
	}
	return -1
}
