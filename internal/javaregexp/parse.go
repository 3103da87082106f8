package javaregexp

import (
	"unicode/utf16"
	"unicode/utf8"
)

// flags are Java's match flags.
type flags uint8

const (
	caseInsensitive flags = 1 << iota // i
	unixLines                         // d
	multiline                         // m
	dotAll                            // s
	unicodeCase                       // u
	comments                          // x
	unicodeClass                      // U, which implies u
)

const (
	maxPattern = 64 << 10 // bytes of a pattern
	maxNesting = 200      // groups and classes within each other
	maxProgram = 200_000  // nodes once counted repeats are copied out
	maxRanges  = 200_000  // of the sets that the pattern's text has
	maxFolds   = 1000     // ranges or unions of some that Unicode's cases are looked up for
)

// eof is what peek returns at the end of the pattern.
const eof rune = -1

// A token is one character of a pattern. A quoted one stood between \Q and \E
// and means itself.
type token struct {
	r      rune
	quoted bool
}

type parser struct {
	toks   []token
	pos    int
	flags  flags
	groups int // opened so far
	names  map[string]int
	depth  int
	ranges int // in the classes read so far
	folds  int
	err    *SyntaxError

	named map[className]runeSet // the sets that names were looked up to
}

// A className is what names a set of characters, under the flags that change it.
type className struct {
	name  string
	flags flags
}

// fold adds to a set of ranges what the flags make equal to its members.
func (p *parser) fold(s runeSet) runeSet {
	if p.has(caseInsensitive) && p.has(unicodeCase) {
		if p.folds++; p.folds > maxFolds {
			p.fail("Pattern too large")
			return nil
		}
	}
	return s.fold(p.flags)
}

// parse reads a pattern. It returns the tree and the groups in it.
func parse(pattern string) (root *node, p *parser, err error) {
	p = &parser{names: map[string]int{}, named: map[className]runeSet{}}
	if len(pattern) > maxPattern {
		return nil, p, &SyntaxError{Pattern: pattern, Message: "Pattern too long"}
	}
	if !utf8.ValidString(pattern) {
		return nil, p, &SyntaxError{Pattern: pattern, Message: "Pattern is not valid UTF-8"}
	}
	p.toks = unquote(pattern)
	root = p.alternation()
	if p.err == nil && p.pos < len(p.toks) {
		p.fail("Unmatched closing ')'")
	}
	if p.err == nil {
		p.resolve(root)
	}
	if p.err != nil {
		p.err.Pattern = pattern
		return nil, p, p.err
	}
	return root, p, nil
}

// unquote resolves \Q and \E, which Java does before anything else.
func unquote(pattern string) []token {
	rs := []rune(pattern)
	toks := make([]token, 0, len(rs))
	quoted := false
	for i := 0; i < len(rs); i++ {
		escape := rs[i] == '\\' && i+1 < len(rs)
		switch {
		case quoted && escape && rs[i+1] == 'E':
			quoted = false
			i++
		case quoted:
			toks = append(toks, token{rs[i], true})
		case escape && rs[i+1] == 'Q':
			quoted = true
			i++
		case escape:
			toks = append(toks, token{r: rs[i]}, token{r: rs[i+1]})
			i++
		default:
			toks = append(toks, token{r: rs[i]})
		}
	}
	return toks
}

// fail records the first error and ends the parse: everything after it reads
// as the end of the pattern.
func (p *parser) fail(message string) {
	if p.err == nil {
		p.err = &SyntaxError{Message: message, Offset: min(p.pos, len(p.toks))}
	}
	p.pos = len(p.toks)
}

func (p *parser) has(f flags) bool { return p.flags&f != 0 }

// raw is the next character as it stands, white space and comments included.
func (p *parser) raw() rune {
	if p.pos >= len(p.toks) {
		return eof
	}
	return p.toks[p.pos].r
}

// peek is the next character that matters, and whether it was quoted.
func (p *parser) peek() (r rune, quoted bool) {
	for p.has(comments) && p.pos < len(p.toks) && !p.toks[p.pos].quoted {
		switch r := p.toks[p.pos].r; {
		case isSpace(r):
			p.pos++
		case r == '#':
			for p.pos < len(p.toks) && !p.isLineEnd(p.toks[p.pos].r) {
				p.pos++
			}
		default:
			return r, false
		}
	}
	if p.pos >= len(p.toks) {
		return eof, false
	}
	return p.toks[p.pos].r, p.toks[p.pos].quoted
}

// at reports whether the next character that matters is a bare r.
func (p *parser) at(r rune) bool {
	c, quoted := p.peek()
	return c == r && !quoted
}

// accept steps over a bare r if it is next.
func (p *parser) accept(r rune) bool {
	if p.at(r) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) isLineEnd(r rune) bool {
	if p.has(unixLines) {
		return r == '\n'
	}
	return r == '\n' || r == '\r' || r == 0x85 || r|1 == 0x2029
}

func isSpace(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80 }

// enter guards against deep nesting; each true needs a leave.
func (p *parser) enter() bool {
	if p.depth++; p.depth > maxNesting {
		p.fail("Pattern nested too deeply")
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

// alternation reads branches up to a closing parenthesis or the end.
func (p *parser) alternation() *node {
	branches := []*node{p.sequence()}
	for p.accept('|') {
		branches = append(branches, p.sequence())
	}
	return alternate(branches...)
}

func (p *parser) sequence() *node {
	var subs []*node
	for {
		c, quoted := p.peek()
		switch {
		case c == eof, !quoted && (c == '|' || c == ')'):
			return concat(subs...)
		case quoted:
			p.pos++
			subs = append(subs, p.closure(p.literal(c)))
		case c == '(':
			p.pos++
			if n := p.group(); n != nil {
				subs = append(subs, n)
			}
		default:
			subs = append(subs, p.closure(p.atom(c)))
		}
	}
}

// atom reads what stands before a quantifier, groups aside. c is next.
func (p *parser) atom(c rune) *node {
	switch c {
	case '{': // Java reads a quantifier on nothing
		return empty()
	case '*', '+', '?':
		p.fail("Dangling meta character '" + string(c) + "'")
		return empty()
	}
	p.pos++
	switch c {
	case '[':
		return charNode(p.class())
	case '\\':
		return p.escape()
	case '.':
		return charNode(p.dot())
	case '^':
		switch {
		case !p.has(multiline):
			return &node{op: opAssert, assert: atBegin}
		case p.has(unixLines):
			return &node{op: opAssert, assert: atUnixBegin}
		}
		return &node{op: opAssert, assert: atLineBegin}
	case '$':
		return p.dollar(p.has(multiline))
	}
	return p.literal(c)
}

func (p *parser) literal(r rune) *node { return charNode(p.char(r)) }

// char is the set of what the literal r matches under the current flags.
func (p *parser) char(r rune) runeSet {
	if utf16.IsSurrogate(r) {
		p.fail("Lone surrogates are not supported")
		return nil
	}
	return runes(r).fold(p.flags)
}

func (p *parser) dot() runeSet {
	switch {
	case p.has(dotAll):
		return everything()
	case p.has(unixLines):
		return runes('\n').negate()
	}
	return runes('\n', '\r', 0x85, 0x2028, 0x2029).negate()
}

func (p *parser) dollar(multi bool) *node {
	a := atFinalEnd
	switch unix := p.has(unixLines); {
	case multi && unix:
		a = atUnixEnd
	case multi:
		a = atLineEnd
	case unix:
		a = atUnixFinal
	}
	return &node{op: opAssert, assert: a}
}

// closure reads the quantifier after n, if there is one.
func (p *parser) closure(n *node) *node {
	c, quoted := p.peek()
	if quoted {
		return n
	}
	out := &node{op: opRepeat, max: -1}
	switch c {
	case '?':
		out.max = 1
	case '*':
	case '+':
		out.min = 1
	case '{':
		if !p.counts(out) {
			return n
		}
	default:
		return n
	}
	p.pos++
	if n.lineEnding || c != '?' && n.deterministic() && n.has(func(x *node) bool { return x.lineEnding }) {
		n = &node{op: opAtomic, subs: []*node{n}}
	}
	out.subs = []*node{n}
	return p.mode(out)
}

// mode reads the mark of a reluctant or possessive quantifier.
func (p *parser) mode(n *node) *node {
	switch {
	case p.accept('?'):
		n.lazy = true
	case p.accept('+'):
		return &node{op: opAtomic, subs: []*node{n}}
	}
	return n
}

// counts reads "{m}", "{m,}" or "{m,n}" up to the closing brace.
func (p *parser) counts(n *node) bool {
	p.pos++
	least, ok := p.number()
	if !ok {
		p.fail("Illegal repetition")
		return false
	}
	n.min, n.max = least, least
	if p.raw() == ',' {
		p.pos++
		if n.max = -1; p.raw() != '}' {
			if n.max, ok = p.number(); !ok {
				p.fail("Unclosed counted closure")
				return false
			}
		}
	}
	switch {
	case p.raw() != '}':
		p.fail("Unclosed counted closure")
		return false
	case n.max >= 0 && n.max < n.min:
		p.fail("Illegal repetition range")
		return false
	}
	return true
}

func (p *parser) number() (n int, ok bool) {
	for isDigit(p.raw()) {
		if n = n*10 + int(p.raw()-'0'); n > 1<<31-1 {
			p.fail("Illegal repetition range")
			return 0, false
		}
		ok = true
		p.pos++
	}
	return n, ok
}
