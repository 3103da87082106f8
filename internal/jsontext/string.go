package jsontext

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// Text reads a string.
func (r *Reader) Text() (string, error) {
	text, err := r.Bytes()
	return string(text), err
}

// Bytes reads a string. The result is valid until the next one is read.
func (r *Reader) Bytes() ([]byte, error) {
	if err := r.quote(); err != nil {
		return nil, err
	}
	plain := r.plain()
	if r.accept('"') {
		return plain, nil
	}
	var err error
	r.buf, err = r.rest(append(r.buf[:0], plain...))
	return r.buf, err
}

// AppendText reads a string and appends it to dst. It is no longer than its text.
func (r *Reader) AppendText(dst []byte) ([]byte, error) {
	if err := r.quote(); err != nil {
		return dst, err
	}
	return r.rest(dst)
}

// rest appends what follows of a string that has begun.
func (r *Reader) rest(dst []byte) ([]byte, error) {
	for {
		dst = append(dst, r.plain()...)
		switch {
		case r.accept('"'):
			return dst, nil
		case !r.accept('\\'):
			return dst, r.invalid("in string literal")
		}
		c, err := r.escape()
		if err != nil {
			return dst, err
		}
		dst = utf8.AppendRune(dst, c)
	}
}

// skipString reads a string and forgets it.
func (r *Reader) skipString() error {
	if err := r.quote(); err != nil {
		return err
	}
	for {
		r.plain()
		switch {
		case r.accept('"'):
			return nil
		case !r.accept('\\'):
			return r.invalid("in string literal")
		}
		if _, err := r.escape(); err != nil {
			return err
		}
	}
}

func (r *Reader) quote() error {
	if r.space(); !r.accept('"') {
		return r.invalid("where a string is expected")
	}
	return nil
}

// plainText has the bytes of a string that stand for themselves.
var plainText = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return table
}()

// plain reads up to what ends a string or begins an escape.
func (r *Reader) plain() []byte {
	text := r.text[r.at:]
	n := 0
	for n < len(text) && plainText[text[n]] {
		n++
	}
	r.at += n
	return text[:n]
}

// escape reads an escape, whose backslash has been read, and returns the
// character that it stands for, with a second one where the two are a pair.
func (r *Reader) escape() (rune, error) {
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if r.at < len(r.text) {
		if i := strings.IndexByte(from, r.text[r.at]); i >= 0 {
			r.at++
			return rune(to[i]), nil
		}
	}
	start := r.at - 1
	if !r.accept('u') {
		return 0, r.invalid("in string escape code")
	}
	unit, err := r.hex4()
	if err != nil || !utf16.IsSurrogate(unit) {
		return unit, err
	}
	return r.pair(start, unit)
}

// pair reads the second half of a surrogate pair, whose first began at start.
func (r *Reader) pair(start int, first rune) (rune, error) {
	back := r.at
	if r.accept('\\') && r.accept('u') {
		second, err := r.hex4()
		if err != nil {
			return 0, err
		}
		if c := utf16.DecodeRune(first, second); c != utf8.RuneError {
			return c, nil
		}
	}
	if r.half == 0 {
		return 0, &SyntaxError{start, "half a surrogate pair in string escape code"}
	}
	r.at = back
	return r.half, nil
}

// hex4 reads the four digits of an escape.
func (r *Reader) hex4() (rune, error) {
	var unit rune
	for range 4 {
		if r.at == len(r.text) {
			return 0, r.invalid("")
		}
		digit, ok := hexdigit.Value(r.text[r.at])
		if !ok {
			return 0, r.invalid(`in \u hexadecimal character escape`)
		}
		unit = unit<<4 | rune(digit)
		r.at++
	}
	return unit, nil
}
