package jsontext

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// A Kind is the type of a value.
type Kind uint8

// The types of values. The zero Kind is none.
const (
	_ Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// kinds has the type of the value that begins with a byte.
var kinds = [256]Kind{
	'n': Null, 't': Bool, 'f': Bool, '"': String, '[': Array, '{': Object, '-': Number,
	'0': Number, '1': Number, '2': Number, '3': Number, '4': Number,
	'5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

// A SyntaxError says where a text stops to be JSON, and why. Its words are those
// of encoding/json, but for a text that is cut off.
type SyntaxError struct {
	Offset  int    // in bytes, of the first that cannot stand where it does
	Problem string // such as "invalid character '}' looking for beginning of value"
}

// Error returns the problem.
func (e *SyntaxError) Error() string { return e.Problem }

// A DepthError says where arrays and objects are nested deeper than a reader goes.
type DepthError struct {
	Offset int // in bytes, of the bracket that is one too many
	Max    int
}

// Error returns the rule that is broken.
func (e *DepthError) Error() string { return fmt.Sprintf("nested more than %d levels deep", e.Max) }

// A Reader reads one text from front to back. Whoever uses it asks for one value
// after the other; each method skips the white space before what it reads, and
// fails with a *SyntaxError or a *DepthError where something else stands there.
// After an error the reader is of no more use. Of members with the same name it
// hands out each; bytes of strings that are not UTF-8 it leaves as they are.
type Reader struct {
	text     []byte
	at       int
	depth    int
	maxDepth int
	half     rune
	nameAt   int
	buf      []byte // of the last string with escapes
}

// NewReader returns a reader of text, which has to stay as it is meanwhile, that
// goes as many levels of arrays and objects deep as maxDepth says. half is what
// the escape of half a surrogate pair, which is no character, reads as; where it
// is 0 such an escape is an error.
func NewReader(text []byte, maxDepth int, half rune) Reader {
	return Reader{text: text, maxDepth: maxDepth, half: half}
}

// Check returns the error that keeps text from being one JSON value, or nil. It
// takes no memory.
func Check(text []byte, maxDepth int) error {
	r := NewReader(text, maxDepth, utf8.RuneError)
	if err := r.Skip(); err != nil {
		return err
	}
	return r.End()
}

// Offset returns how many bytes have been read; after Peek it is where the next
// value begins.
func (r *Reader) Offset() int { return r.at }

// NameOffset returns where the name of the member begins that Object hands out.
func (r *Reader) NameOffset() int { return r.nameAt }

// Peek returns the type of the value that follows.
func (r *Reader) Peek() (Kind, error) {
	r.space()
	if r.at < len(r.text) {
		if kind := kinds[r.text[r.at]]; kind != 0 {
			return kind, nil
		}
	}
	return 0, r.invalid("looking for beginning of value")
}

// End fails when anything but white space is left.
func (r *Reader) End() error {
	if r.space(); r.at < len(r.text) {
		return r.invalid("after top-level value")
	}
	return nil
}

// Null reads null.
func (r *Reader) Null() error {
	r.space()
	return r.literal("null")
}

// Bool reads true or false.
func (r *Reader) Bool() (bool, error) {
	if r.space(); r.at < len(r.text) && r.text[r.at] == 'f' {
		return false, r.literal("false")
	}
	return true, r.literal("true")
}

func (r *Reader) literal(word string) error {
	if len(r.text)-r.at >= len(word) && string(r.text[r.at:r.at+len(word)]) == word {
		r.at += len(word)
		return nil
	}
	start := r.at
	for r.at < len(r.text) && r.text[r.at] == word[r.at-start] {
		r.at++
	}
	return r.invalid("in literal " + word)
}

// Number reads a number and returns its text, which is part of the reader's.
func (r *Reader) Number() ([]byte, error) {
	r.space()
	start := r.at
	r.accept('-')
	ok := r.accept('0') || r.digits()
	if ok && r.accept('.') {
		ok = r.digits()
	}
	if ok && (r.accept('e') || r.accept('E')) {
		_ = r.accept('+') || r.accept('-')
		ok = r.digits()
	}
	if !ok {
		return nil, r.invalid("in numeric literal")
	}
	return r.text[start:r.at], nil
}

// digits reads digits and reports whether there were any.
func (r *Reader) digits() bool {
	start := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at > start
}

// Array reads an array. element reads one value each time that it is called.
func (r *Reader) Array(element func() error) error {
	more, err := r.open('[', ']')
	for more && err == nil {
		if err = element(); err == nil {
			more, err = r.next(']')
		}
	}
	return err
}

// Object reads an object. member is called with each name, which is valid until
// it reads a string, and reads the value.
func (r *Reader) Object(member func(name []byte) error) error {
	more, err := r.open('{', '}')
	for more && err == nil {
		var name []byte
		if name, err = r.name(); err != nil {
			break
		}
		if err = member(name); err == nil {
			more, err = r.next('}')
		}
	}
	return err
}

// Skip reads a value of any type and forgets it.
func (r *Reader) Skip() error {
	kind, err := r.Peek()
	if err != nil {
		return err
	}
	switch kind {
	case Null:
		return r.literal("null")
	case Bool:
		_, err = r.Bool()
	case Number:
		_, err = r.Number()
	case String:
		return r.skipString()
	case Array:
		more, err := r.open('[', ']')
		for more && err == nil {
			if err = r.Skip(); err == nil {
				more, err = r.next(']')
			}
		}
		return err
	case Object:
		return r.skipObject()
	}
	return err
}

func (r *Reader) skipObject() error {
	more, err := r.open('{', '}')
	for more && err == nil {
		if err = r.beforeName(); err != nil {
			break
		}
		if err = r.skipString(); err != nil {
			break
		}
		if err = r.colon(); err != nil {
			break
		}
		if err = r.Skip(); err == nil {
			more, err = r.next('}')
		}
	}
	return err
}

// open reads a bracket and reports whether another than its counterpart follows.
func (r *Reader) open(bracket, end byte) (more bool, err error) {
	if r.space(); !r.accept(bracket) {
		return false, r.invalid("where " + string(bracket) + " is expected")
	}
	if r.depth++; r.depth > r.maxDepth {
		return false, &DepthError{r.at - 1, r.maxDepth}
	}
	if r.space(); r.accept(end) {
		r.depth--
		return false, nil
	}
	return true, nil
}

// next reads what stands behind an element or a member: a comma, or the bracket
// end.
func (r *Reader) next(end byte) (more bool, err error) {
	r.space()
	switch {
	case r.accept(','):
		return true, nil
	case r.accept(end):
		r.depth--
		return false, nil
	case end == ']':
		return false, r.invalid("after array element")
	}
	return false, r.invalid("after object key:value pair")
}

// name reads a name and the colon behind it.
func (r *Reader) name() ([]byte, error) {
	if err := r.beforeName(); err != nil {
		return nil, err
	}
	name, err := r.Bytes()
	if err != nil {
		return nil, err
	}
	return name, r.colon()
}

func (r *Reader) beforeName() error {
	r.space()
	if r.nameAt = r.at; r.at == len(r.text) || r.text[r.at] != '"' {
		return r.invalid("looking for beginning of object key string")
	}
	return nil
}

func (r *Reader) colon() error {
	if r.space(); !r.accept(':') {
		return r.invalid("after object key")
	}
	return nil
}

// space skips white space.
func (r *Reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// accept skips c if it comes next.
func (r *Reader) accept(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

// invalid is the error about the character at hand, or about the end of the text
// when there is none.
func (r *Reader) invalid(where string) error {
	if r.at >= len(r.text) {
		return &SyntaxError{len(r.text), "unexpected end"}
	}
	c, _ := utf8.DecodeRune(r.text[r.at:])
	return &SyntaxError{r.at, fmt.Sprintf("invalid character %q %s", c, where)}
}

// Digits reports whether the text of a number is digits and a sign alone, with
// neither fraction nor exponent.
func Digits(number []byte) bool { return !bytes.ContainsAny(number, ".eE") }
