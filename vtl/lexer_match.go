package vtl

import "strings"

// A match collects the longest token at some place.
type match struct {
	kind tokenKind
	n    int
}

// try notes that kind matches n characters, 0 for none.
func (m *match) try(kind tokenKind, n int) {
	if n > m.n || n > 0 && n == m.n && kind < m.kind {
		m.kind, m.n = kind, n
	}
}

// literal notes a kind of token with a fixed text.
func (m *match) literal(kind tokenKind, s, text string) {
	if strings.HasPrefix(s, text) {
		m.try(kind, len(text))
	}
}

// match returns the kind and length of the token that comes next.
func (lx *lexer) match() (tokenKind, int) {
	m := match{kind: tokNone}
	s := lx.src[lx.pos:]
	escapes := lx.backslashes()
	m.signs(s, escapes, lx.mode)
	switch lx.mode {
	case modeDefault:
		m.text(s, escapes)
	case modeReference, modeRefModifier, modeRefIndex, modeCall:
		m.reference(s, lx.mode)
	case modePreDirective:
		m.directiveName(s)
	case modeDirective:
		m.directive(s)
	case modeBlockText:
		m.literal(tokBlockTextEnd, s, "]]#")
		m.try(tokMore, 1)
	case modeBlockComment:
		m.literal(tokBlockCommentEnd, s, "*#")
		m.try(tokSkip, 1)
	case modeFormalComment:
		m.literal(tokFormalCommentEnd, s, "*#")
		m.try(tokSkip, 1)
	case modeLineComment:
		m.try(tokLineCommentEnd, newline(s))
		m.try(tokSkip, 1)
	}
	return m.kind, m.n
}

// signs matches what can stand in every mode: the beginnings of references,
// directives and comments. Only ## does not begin a comment everywhere.
func (m *match) signs(s string, escapes int, mode lexMode) {
	switch s[0] {
	case '\\', '$':
		i := escapes
		if i == len(s) || s[i] != '$' {
			return
		}
		m.try(tokDollar, i+1)
		i++
		i += backslashes(s[i:])
		if i < len(s) && s[i] == '!' {
			m.try(tokDollarBang, i+1)
		}
	case '#':
		m.try(tokHash, 1)
		m.literal(tokBlockText, s, "#[[")
		m.literal(tokBlockComment, s, "#*")
		switch mode {
		case modeDefault, modeReference, modeDirective, modePreDirective:
			m.literal(tokLineComment, s, "##")
		}
		if len(s) > 3 && s[1] == '*' && s[2] == '*' && s[3] != '#' {
			m.try(tokFormalComment, 4)
		}
	}
}

func (m *match) text(s string, escapes int) {
	m.try(tokSet, setLength(s))
	m.emptyIndex(s)
	if s[0] != '\\' {
		n := strings.IndexAny(s, "$#\\")
		if n < 0 {
			n = len(s)
		}
		m.try(tokText, n)
		return
	}
	m.try(tokEscape, 1)
	m.literal(tokDoubleEscape, s, `\\`)
	if escapes%2 == 1 && escapes < len(s) && s[escapes] == '#' {
		if w := max(wordLength(s[escapes+1:]), bracketedLength(s[escapes+1:])); w > 0 {
			m.try(tokEscapedDirective, escapes+1+w)
		}
	}
}

func (m *match) emptyIndex(s string) {
	m.literal(tokEmptyIndex, s, "$[")
	m.literal(tokEmptyIndex, s, "$![")
	m.literal(tokEmptyIndex, s, `$\![`)
	m.literal(tokEmptyIndex, s, "$.")
}

// reference matches the tokens of the four modes of a reference.
func (m *match) reference(s string, mode lexMode) {
	m.literal(tokTrue, s, "true")
	m.literal(tokFalse, s, "false")
	if mode == modeRefIndex {
		m.literal(tokIndexClose, s, "]")
		m.values(s)
		return
	}
	m.try(tokSet, setLength(s))
	m.try(tokIdentifier, identifierLength(s))
	if len(s) > 1 && s[0] == '.' && isLetter(s[1]) {
		m.try(tokDot, 2)
	}
	if mode == modeCall {
		m.values(s)
		m.brackets(s)
		m.literal(tokCallParenClose, s, ")")
		return
	}
	m.literal(tokIndexOpen, s, "[")
	m.literal(tokCurlyOpen, s, "{")
	m.literal(tokCurlyClose, s, "}")
	if mode == modeRefModifier {
		m.literal(tokParenOpen, s, "(")
	} else {
		m.emptyIndex(s)
	}
	if m.kind == tokNone {
		m.try(tokReferenceEnd, 1)
	}
}

// values matches blanks, strings and numbers.
func (m *match) values(s string) {
	m.try(tokSpace, span(s, isSpace))
	m.try(tokString, stringLength(s))
	m.numbers(s)
}

// brackets matches the signs of lists and maps.
func (m *match) brackets(s string) {
	m.literal(tokListOpen, s, "[")
	m.literal(tokListClose, s, "]")
	m.literal(tokComma, s, ",")
	m.literal(tokDoubleDot, s, "..")
	m.literal(tokColon, s, ":")
	m.literal(tokMapOpen, s, "{")
	m.literal(tokMapClose, s, "}")
}

func (m *match) numbers(s string) {
	i := 0
	if s[0] == '-' {
		i = 1
	}
	digits := span(s[i:], isDigit)
	j := i + digits
	if digits > 0 {
		m.try(tokInteger, j)
		if strings.HasPrefix(s[j:], "..") {
			m.try(tokInteger, j+2)
		}
		if e := exponentLength(s[j:]); e > 0 {
			m.try(tokFloat, j+e)
		}
	}
	if j == len(s) || s[j] != '.' {
		return
	}
	fraction := span(s[j+1:], isDigit)
	if digits > 0 || fraction > 0 {
		j += 1 + fraction
		m.try(tokFloat, j+exponentLength(s[j:]))
	}
}

// directiveName matches what follows a #.
func (m *match) directiveName(s string) {
	for _, d := range [...]struct {
		kind          tokenKind
		name, bracket string
		line          bool // takes the rest of an empty line with it
	}{
		{tokEnd, "end", "{end}", true},
		{tokIf, "if", "{if}", false},
		{tokElseIf, "elseif", "{elseif}", false},
		{tokElse, "else", "{else}", true},
	} {
		for _, name := range [...]string{d.name, d.bracket} {
			if !strings.HasPrefix(s, name) {
				continue
			}
			n := len(name)
			if d.line {
				n += blankLine(s[n:])
			}
			m.try(d.kind, n)
		}
	}
	m.numbers(s)
	m.try(tokWord, wordLength(s))
	m.try(tokBracketedWord, bracketedLength(s))
	if m.kind == tokNone {
		m.try(tokDirectiveEnd, 1)
	}
}

// directive matches what can stand in the parentheses of a directive.
func (m *match) directive(s string) {
	m.values(s)
	m.brackets(s)
	m.literal(tokTrue, s, "true")
	m.literal(tokFalse, s, "false")
	m.try(tokNewline, newline(s))
	m.literal(tokParenOpen, s, "(")
	if s[0] == ')' {
		m.try(tokParenClose, 1+blankLine(s[1:]))
	}
	m.operators(s)
	m.try(tokWord, wordLength(s))
	m.try(tokBracketedWord, bracketedLength(s))
}

func (m *match) operators(s string) {
	for _, op := range [...]struct {
		kind tokenKind
		text string
	}{
		{tokMinus, "-"}, {tokPlus, "+"}, {tokTimes, "*"}, {tokDivide, "/"}, {tokModulo, "%"},
		{tokAnd, "&&"}, {tokAnd, "and"}, {tokOr, "||"}, {tokOr, "or"},
		{tokLess, "<"}, {tokLess, "lt"}, {tokLessEqual, "<="}, {tokLessEqual, "le"},
		{tokGreater, ">"}, {tokGreater, "gt"}, {tokGreaterEqual, ">="}, {tokGreaterEqual, "ge"},
		{tokEqual, "=="}, {tokEqual, "eq"}, {tokNotEqual, "!="}, {tokNotEqual, "ne"},
		{tokNot, "!"}, {tokNot, "not"}, {tokAssign, "="},
	} {
		m.literal(op.kind, s, op.text)
	}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isBlank(c byte) bool  { return c == ' ' || c == '\t' }
func isSpace(c byte) bool  { return isBlank(c) || c == '\n' || c == '\r' }

func isWordPart(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c == '@' }

func isIdentifierPart(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c == '_' }

// span returns how many of the first characters of s are in a set.
func span(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

func backslashes(s string) int { return span(s, func(c byte) bool { return c == '\\' }) }

// newline returns the length of the line end that s begins with.
func newline(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case s != "" && (s[0] == '\n' || s[0] == '\r'):
		return 1
	}
	return 0
}

// blankLine returns the length of the blanks and the line end that s begins
// with, 0 if something else follows the blanks.
func blankLine(s string) int {
	n := span(s, isBlank)
	end := newline(s[n:])
	if end == 0 {
		return 0
	}
	return n + end
}

func identifierLength(s string) int {
	if s == "" || !isLetter(s[0]) && s[0] != '_' {
		return 0
	}
	return span(s, isIdentifierPart)
}

func wordLength(s string) int {
	if s == "" || isDigit(s[0]) {
		return 0
	}
	return span(s, isWordPart)
}

// bracketedLength returns the length of a {word}.
func bracketedLength(s string) int {
	if len(s) < 3 || s[0] != '{' || s[1] == '@' {
		return 0
	}
	n := 1 + wordLength(s[1:])
	if n == 1 || n == len(s) || s[n] != '}' {
		return 0
	}
	return n + 1
}

// setLength returns the length of a #set( with the blanks before it.
func setLength(s string) int {
	n := span(s, isBlank)
	switch {
	case strings.HasPrefix(s[n:], "#set"):
		n += len("#set")
	case strings.HasPrefix(s[n:], "#{set}"):
		n += len("#{set}")
	default:
		return 0
	}
	n += span(s[n:], func(c byte) bool { return c == ' ' })
	if n == len(s) || s[n] != '(' {
		return 0
	}
	return n + 1
}

// exponentLength returns the length of a decimal exponent.
func exponentLength(s string) int {
	if s == "" || s[0]|0x20 != 'e' {
		return 0
	}
	n := 1
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	digits := span(s[n:], isDigit)
	if digits == 0 {
		return 0
	}
	return n + digits
}

// stringLength returns the length of a string in quotes, in which a quote is
// written twice.
func stringLength(s string) int {
	quote := s[0]
	if quote != '"' && quote != '\'' {
		return 0
	}
	end := 0
	for i := 1; ; {
		n := strings.IndexByte(s[i:], quote)
		if n < 0 {
			return end
		}
		i += n + 1
		end = i
		if i == len(s) || s[i] != quote {
			return end
		}
		i++
	}
}
