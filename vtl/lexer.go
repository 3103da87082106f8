package vtl

import "strings"

// A lexMode is a state of the lexer: which tokens it looks for.
type lexMode uint8

const (
	modeDefault       lexMode = iota // text
	modeReference                    // after $
	modeRefModifier                  // after the dot of a reference
	modeRefIndex                     // in $x[…]
	modeCall                         // in the arguments of a method
	modePreDirective                 // after #
	modeDirective                    // in the parentheses of a directive
	modeBlockText                    // in #[[…]]#
	modeBlockComment                 // in #*…*#
	modeFormalComment                // in #**…*#
	modeLineComment                  // after ##
)

// A lexer cuts a template into tokens exactly as the token manager of
// Velocity 1.7 does. It is driven by the parser, which asks for one token at a
// time and sometimes changes the lexer's mode in between.
type lexer struct {
	src   string
	pos   int
	mode  lexMode
	stack []lexFrame
	opens int // parentheses opened in this mode
	shuts int

	slashes   int // where the run of backslashes ends that pos may be in
	inComment bool
	inSet     bool
	endSign   bool // take a sign at the very end for text, as Velocity 2 does
	err       *Error
}

// A lexFrame is a mode to come back to.
type lexFrame struct {
	mode         lexMode
	opens, shuts int
}

func (lx *lexer) push(to lexMode) {
	lx.stack = append(lx.stack, lexFrame{lx.mode, lx.opens, lx.shuts})
	lx.opens = 0
	lx.mode = to
}

// pop goes back to the mode before; false when there is none.
func (lx *lexer) pop() bool {
	if len(lx.stack) == 0 {
		lx.opens = 0
		lx.mode = modeDefault
		return false
	}
	top := lx.stack[len(lx.stack)-1]
	lx.stack = lx.stack[:len(lx.stack)-1]
	lx.mode, lx.opens, lx.shuts = top.mode, top.opens, top.shuts
	return true
}

// closeParen leaves the mode whose parenthesis is closed, and those within
// that opened none.
func (lx *lexer) closeParen() {
	if lx.inComment {
		return
	}
	for lx.opens == 0 {
		if !lx.pop() {
			return
		}
	}
	if lx.opens == lx.shuts+1 {
		lx.pop()
	} else {
		lx.shuts++
	}
}

// next returns the next token; after the last one, or an error, tokEOF.
func (lx *lexer) next() *token {
	var special *token
	for lx.pos < len(lx.src) && lx.err == nil {
		begin := lx.pos
		kind, ok := lx.run()
		if !ok {
			break
		}
		t := &token{kind: kind, image: lx.src[begin:lx.pos], start: begin}
		switch kind {
		case tokSkip:
			continue
		case tokReferenceEnd, tokDirectiveEnd:
			t.special = special
			if special != nil {
				special.next = t
			}
			special = t
			lx.pos--
			lx.pop()
			continue
		}
		t.special = special
		lx.act(t)
		return t
	}
	return &token{kind: tokEOF, image: lx.src[max(0, len(lx.src)-1):], start: len(lx.src), special: special}
}

// run moves over one token; signs that only begin one count to what follows.
func (lx *lexer) run() (tokenKind, bool) {
	for {
		kind, n := lx.match()
		if kind == tokNone {
			lx.fail("a part of an expression")
			return kind, false
		}
		lx.pos += n
		if !lx.more(kind) {
			return kind, true
		}
		if lx.pos >= len(lx.src) {
			if lx.endSign && !lx.inComment {
				lx.pop()
				return tokText, true
			}
			lx.fail("something after the sign")
			return kind, false
		}
	}
}

func (lx *lexer) fail(expected string) {
	if lx.err == nil {
		text, _, _ := strings.Cut(lx.src[lx.pos:], "\n")
		lx.err = &Error{Phase: PhaseParse, offset: lx.pos, Text: text, Expected: expected}
	}
}

// more reports whether kind only begins a token, and enters its mode.
func (lx *lexer) more(kind tokenKind) bool {
	switch kind {
	case tokDollar, tokDollarBang:
		if !lx.inComment {
			if lx.mode == modeReference {
				lx.pop()
			}
			lx.push(modeReference)
		}
	case tokBlockText:
		lx.comment(modeBlockText)
	case tokFormalComment:
		if !lx.inComment {
			lx.pos-- // the character after #** may be the first of *#
		}
		lx.comment(modeFormalComment)
	case tokBlockComment:
		lx.comment(modeBlockComment)
	case tokHash:
		if !lx.inComment {
			if lx.mode == modeReference || lx.mode == modeRefModifier {
				lx.pop()
			}
			lx.push(modePreDirective)
		}
	case tokMore:
	default:
		return false
	}
	return true
}

func (lx *lexer) comment(mode lexMode) {
	if !lx.inComment {
		lx.inComment = true
		lx.push(mode)
	}
}

// backslashes returns how many backslashes follow.
func (lx *lexer) backslashes() int {
	if lx.pos >= lx.slashes {
		lx.slashes = lx.pos + backslashes(lx.src[lx.pos:])
	}
	return lx.slashes - lx.pos
}

// act does what t means for the lexer itself.
func (lx *lexer) act(t *token) {
	switch t.kind {
	case tokIndexOpen:
		lx.push(modeRefIndex)
	case tokIndexClose, tokEnd, tokElse, tokCurlyClose:
		lx.pop()
	case tokParenOpen:
		lx.opens++
		if lx.mode == modeRefModifier {
			lx.mode = modeCall
		}
	case tokParenClose:
		lx.closeParen()
	case tokCallParenClose:
		lx.mode = modeReference // another .method() may follow
	case tokSet:
		lx.push(modeDirective)
		lx.inSet = true
		lx.opens++
	case tokLineComment:
		if !lx.inComment {
			if lx.mode == modeReference {
				lx.pop()
			}
			lx.comment(modeLineComment)
		}
	case tokLineCommentEnd, tokFormalCommentEnd, tokBlockCommentEnd, tokBlockTextEnd:
		lx.inComment = false
		lx.pop()
	case tokString:
		if lx.mode == modeDirective && !lx.inSet && lx.opens == 0 {
			lx.pop()
		}
	case tokNewline:
		lx.pop()
		lx.inSet = false
	case tokIf, tokElseIf:
		lx.mode = modeDirective
	case tokInteger:
		if n := len(t.image); n > 2 && t.image[n-2:] == ".." { // of a range
			lx.pos -= 2
			t.image = t.image[:n-2]
		}
		if lx.opens == 0 && !lx.inSet && lx.mode != modeCall && lx.mode != modeRefIndex {
			lx.pop()
		}
	case tokFloat:
		if lx.opens == 0 && !lx.inSet && lx.mode != modeCall {
			lx.pop()
		}
	case tokDot:
		lx.pos-- // the letter after the dot belongs to the name
		t.image = "."
		lx.mode = modeRefModifier
	}
}
