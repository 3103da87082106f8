package logpattern

import (
	"strconv"
	"strings"
)

// value reads what an operator compares with: a text with wildcards, in quotes or not, a
// number, or a regular expression.
func (r *reader) value(op string) (func(text string, numeric bool) bool, error) {
	r.skip()
	equal, unequal := op == "=", op == "!="
	switch {
	case strings.HasPrefix(r.text, "%"):
		end := strings.Index(r.text[1:], "%")
		if end < 0 || !equal && !unequal {
			return nil, r.unexpected()
		}
		re, cost, err := parseRegex(r.text[1 : end+1])
		if err != nil {
			return nil, err
		}
		if r.regex++; r.regex > maxRegexes {
			return nil, wrong("Invalid filter pattern: it has more than %d regular expressions", maxRegexes)
		}
		r.text, r.cost = r.text[end+2:], r.cost+cost
		return func(text string, _ bool) bool { return re.MatchString(text) == equal }, nil
	case strings.HasPrefix(r.text, `"`):
		text, rest, ok := takeQuoted(r.text)
		if !ok || !equal && !unequal {
			return nil, r.unexpected()
		}
		g := globOf(text)
		r.text, r.cost = rest, r.cost+len(g.parts)
		return func(text string, _ bool) bool { return g.match(text) == equal }, nil
	}
	word := r.bare()
	if word == "" {
		return nil, r.unexpected()
	}
	want, err := strconv.ParseFloat(word, 64)
	isNumber := err == nil && strings.IndexFunc(word, func(c rune) bool { return c >= 'g' || c == 'x' || c == 'I' || c == 'N' }) < 0
	if isNumber {
		r.cost += numberCost
	}
	if equal || unequal {
		g := globOf(word)
		r.cost += len(g.parts)
		return func(text string, numeric bool) bool {
			if numeric && isNumber {
				if n, err := strconv.ParseFloat(text, 64); err == nil {
					return (n == want) == equal
				}
			}
			return g.match(text) == equal
		}, nil
	}
	if !isNumber {
		return nil, wrong("Invalid filter pattern: %s compares with a number, not '%s'", op, brief(word))
	}
	return func(text string, numeric bool) bool {
		n, err := strconv.ParseFloat(text, 64)
		return numeric && err == nil && ordered(op, n, want)
	}, nil
}

func ordered(op string, a, b float64) bool {
	switch op {
	case ">":
		return a > b
	case "<":
		return a < b
	case ">=":
		return a >= b
	}
	return a <= b
}

// bare takes a value without quotes.
func (r *reader) bare() string {
	end := strings.IndexFunc(r.text, func(c rune) bool { return !isWord(c) && !strings.ContainsRune("*.+-:/@#", c) })
	if end < 0 {
		end = len(r.text)
	}
	word := r.text[:end]
	r.text = r.text[end:]
	return word
}

// A glob is a text in which each * stands for any characters.
type glob struct {
	parts []string
}

func globOf(text string) glob { return glob{strings.Split(text, "*")} }

// match reports whether a text is of the glob, in time linear in the text's length for
// each part.
func (g glob) match(text string) bool {
	first, last := g.parts[0], g.parts[len(g.parts)-1]
	if len(g.parts) == 1 {
		return text == first
	}
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range g.parts[1 : len(g.parts)-1] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}
