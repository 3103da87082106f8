package vtl

import "strings"

// A tokenKind is one of the kinds of token of Velocity 1.7's grammar. Where
// two kinds match the same text the lower one wins, so the order matters.
type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokIndexOpen
	tokIndexClose
	tokListOpen
	tokListClose
	tokComma
	tokDoubleDot
	tokColon
	tokMapOpen
	tokMapClose
	tokParenOpen
	tokParenClose     // with the blanks and line end that follow
	tokCallParenClose // of a method call: nothing follows
	tokEscapedDirective
	tokSet
	tokDollar
	tokDollarBang
	tokBlockText // #[[
	tokFormalComment
	tokBlockComment
	tokHash
	tokLineComment
	tokDoubleEscape
	tokEscape
	tokText
	tokLineCommentEnd
	tokFormalCommentEnd
	tokBlockCommentEnd
	tokBlockTextEnd
	tokSkip // a character of a comment
	tokMore // a character of unparsed text
	tokSpace
	tokString
	tokTrue
	tokFalse
	tokNewline
	tokMinus
	tokPlus
	tokTimes
	tokDivide
	tokModulo
	tokAnd
	tokOr
	tokLess
	tokLessEqual
	tokGreater
	tokGreaterEqual
	tokEqual
	tokNotEqual
	tokNot
	tokAssign
	tokEnd
	tokIf
	tokElseIf
	tokElse
	tokInteger
	tokFloat
	tokWord
	tokBracketedWord
	tokIdentifier
	tokDot
	tokCurlyOpen
	tokCurlyClose
	tokReferenceEnd // ends a reference, is no part of it
	tokDirectiveEnd // ends what looked like a directive
	tokEmptyIndex   // $[ or $.: no reference
	tokNone         // nothing matches
)

// A token is a piece of a template. The text of a reference or directive
// begins with everything since the last token, such as the `$!` and `#` signs
// before the name.
type token struct {
	kind    tokenKind
	image   string // the text; an escaped reference drops what its escapes were
	start   int    // offset in the source
	special *token // the last of the tokens before that the grammar does not see
	next    *token
}

// literal returns the source that t stands for, together with the `$` or `#`
// of what only looked like a reference or directive.
func (t *token) literal() string {
	switch {
	case t.kind == tokBlockCommentEnd:
		return ""
	case t.special == nil || strings.HasPrefix(t.special.image, "##"):
		return t.image
	}
	return t.special.specialText() + t.image
}

// specialText returns what is to be printed of t and the special tokens
// before it: the signs, and backslashes before a `$`.
func (t *token) specialText() string {
	var b strings.Builder
	if t.special != nil {
		b.WriteString(t.special.specialText())
	}
	s := t.image
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '#', '$':
			b.WriteByte(s[i])
		case '\\':
			j := i
			for j < len(s) && s[j] == '\\' {
				j++
			}
			if j < len(s) && s[j] == '$' {
				b.WriteString(s[i : j+1])
				i = j + 1
			}
		}
	}
	return b.String()
}

// literalOf returns the source from one token to another.
func literalOf(first, last *token) string {
	if first == last {
		return first.literal()
	}
	var b strings.Builder
	b.WriteString(first.literal())
	for t := first; t != last && t.next != nil; {
		t = t.next
		b.WriteString(t.literal())
	}
	return b.String()
}

// imagesOf returns the tokens' own text from one to another.
func imagesOf(first, last *token) string {
	var b strings.Builder
	for t := first; t != nil; t = t.next {
		b.WriteString(t.image)
		if t == last {
			break
		}
	}
	return b.String()
}
