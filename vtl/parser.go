package vtl

import "strings"

// A parser builds the syntax tree of a template, with the grammar of Velocity
// 1.7 and the same looks ahead. These matter, since the lexer's mode depends
// on the tokens read: text after a look ahead would be cut differently.
//
// After an error every token is tokEOF, so that all loops end.
type parser struct {
	lx     lexer
	tok    *token // the last token consumed
	depth  int
	limit  int                    // of depth
	macros map[string]bool        // macros of this source whose end was seen
	known  func(name string) bool // other macros
	err    *Error
}

func newParser(src string, limit int, known func(string) bool) *parser {
	return &parser{
		lx:     lexer{src: src},
		tok:    &token{},
		limit:  limit,
		macros: map[string]bool{},
		known:  known,
	}
}

// template parses the whole source.
func (p *parser) template() (*node, *Error) {
	root := p.open(nodeBlock)
	p.statements(root)
	p.expect(tokEOF, "text, a reference or a directive")
	return p.close(root), p.err
}

// after returns the token that follows t.
func (p *parser) after(t *token) *token {
	if p.err != nil {
		return &token{kind: tokEOF, start: len(p.lx.src)}
	}
	if t.next == nil {
		t.next = p.lx.next()
		if p.err == nil {
			p.err = p.lx.err
		}
	}
	return t.next
}

// peek returns the kind of the next token.
func (p *parser) peek() tokenKind { return p.after(p.tok).kind }

// take consumes the next token.
func (p *parser) take() *token {
	p.tok = p.after(p.tok)
	return p.tok
}

// accept consumes the next token if it is of a kind.
func (p *parser) accept(kind tokenKind) bool {
	if p.peek() != kind {
		return false
	}
	p.take()
	return true
}

// expect consumes the next token, which has to be of a kind.
func (p *parser) expect(kind tokenKind, what string) *token {
	if p.peek() != kind {
		p.fail(what)
		return p.tok
	}
	return p.take()
}

// fail reports that something else than the next token was expected.
func (p *parser) fail(expected string) {
	t := p.after(p.tok)
	if p.err == nil {
		p.err = &Error{Phase: PhaseParse, offset: t.start, Text: t.image, Expected: expected}
		if t.kind == tokEOF {
			p.err.Text = ""
		}
	}
}

// failAt reports a problem of a token.
func (p *parser) failAt(t *token, problem string) {
	if p.err == nil {
		p.err = &Error{Phase: PhaseParse, offset: t.start, Text: t.image, Problem: problem}
	}
}

// enter counts a level of nesting.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > p.limit {
		p.failAt(p.after(p.tok), "nested too deep")
		if p.err.Limit == "" {
			p.err.Limit = "Nesting"
		}
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

// open starts a node at the next token.
func (p *parser) open(kind nodeKind) *node {
	return &node{kind: kind, first: p.after(p.tok)}
}

// close ends a node at the last token consumed.
func (p *parser) close(n *node) *node {
	n.last = p.tok
	return n
}

// leaf makes a node of the next token.
func (p *parser) leaf(kind nodeKind) *node {
	n := p.open(kind)
	p.take()
	return p.close(n)
}

// block parses statements into a node of their own.
func (p *parser) block() *node {
	n := p.open(nodeBlock)
	p.statements(n)
	return p.close(n)
}

func (p *parser) statements(into *node) {
	if !p.enter() {
		return
	}
	defer p.leave()
	for {
		s := p.statement()
		if s == nil {
			return
		}
		into.kids = append(into.kids, s)
	}
}

// statement parses what may stand in text; nil if there is nothing more.
func (p *parser) statement() *node {
	switch kind := p.peek(); kind {
	case tokIf:
		return p.ifStatement()
	case tokIdentifier:
		return p.reference()
	case tokCurlyOpen:
		if p.after(p.after(p.tok)).kind == tokIdentifier {
			return p.reference()
		}
		return p.leaf(nodeText)
	case tokLineComment:
		n := p.open(nodeComment)
		p.take()
		p.accept(tokLineCommentEnd)
		return p.close(n)
	case tokBlockCommentEnd, tokFormalCommentEnd:
		return p.leaf(nodeComment)
	case tokBlockTextEnd:
		return p.leaf(nodeUnparsed)
	case tokSet:
		return p.set()
	case tokEscapedDirective:
		return p.escapedDirective()
	case tokDoubleEscape:
		return p.escape()
	case tokWord, tokBracketedWord:
		return p.directive()
	case tokText, tokDot, tokParenClose, tokParenOpen, tokInteger, tokFloat, tokString, tokEscape, tokCurlyClose, tokEmptyIndex:
		return p.leaf(nodeText)
	}
	return nil
}

// isDirective reports whether name is a directive that is no part of the
// grammar itself.
func isDirective(name string) bool {
	switch name {
	case "foreach", "include", "parse", "macro", "literal", "evaluate", "break", "define", "stop":
		return true
	}
	return false
}

func (p *parser) isMacroOrDirective(name string) bool {
	return isDirective(name) || p.macros[name] || p.known(name)
}

// escapedDirective takes away the backslashes of \#if, if it is a directive.
func (p *parser) escapedDirective() *node {
	n := p.leaf(nodeEscapedDirective)
	image := n.first.image
	last := strings.LastIndexByte(image, '\\')
	name := image[last+2:]
	if name[0] == '{' {
		name = name[1 : len(name)-1]
	}
	switch name {
	case "if", "end", "set", "else", "elseif":
	default:
		if !p.isMacroOrDirective(name) {
			return n
		}
	}
	n.first.image = image[:last/2] + image[last+1:]
	return n
}

// escape halves pairs of backslashes before a directive.
func (p *parser) escape() *node {
	n := p.open(nodeEscape)
	count := 0
	for p.accept(tokDoubleEscape) {
		count++
	}
	p.close(n)
	next := p.after(p.tok)
	control := false
	switch next.kind {
	case tokIf, tokElse, tokElseIf, tokEnd:
		control = true
	default:
		control = next.image != "" && p.isMacroOrDirective(next.image[1:])
	}
	if control {
		n.text = strings.Repeat(`\`, count)
	} else {
		n.text = strings.Repeat(`\\`, count)
	}
	return n
}
