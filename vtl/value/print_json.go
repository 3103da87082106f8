package value

import (
	"math"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// JSON appends v as [Value.AppendJSON] does, or, within a list that
// [Value.AppendText] prints, with `\/` for `/`.
func (p *Printer) JSON(v Value) {
	if k := v.Kind(); k == KindDouble || k == KindFloat {
		if math.IsInf(math.Float64frombits(v.num), 0) {
			v = Value{}
		}
	}
	if p.err != nil || p.scalar(v) {
		return
	}
	if v.IsString() {
		p.quote(v.AsString())
		return
	}
	if p.enter() {
		p.jsonContainer(v)
	}
	p.depth--
}

func (p *Printer) jsonContainer(v Value) {
	switch x := v.any.(type) {
	case *List:
		p.buf = append(p.buf, '[')
		for i, e := range x.vals {
			if i > 0 {
				p.buf = append(p.buf, ',')
			}
			if p.JSON(e); p.err != nil {
				return
			}
		}
		p.buf = append(p.buf, ']')
	case *Map:
		p.jsonEntries(x)
	case JSONPrinter:
		x.PrintJSON(p)
	case JSONAppender:
		p.buf = x.AppendJSON(p.buf)
	case Entries:
		p.jsonEntries(x)
	default:
		text := Printer{max: p.max - len(p.buf), depth: p.depth, web: true}
		text.Text(v)
		p.err = text.err
		p.quote(string(text.buf))
	}
}

func (p *Printer) jsonEntries(es Entries) {
	p.buf = append(p.buf, '{')
	for i := range es.Len() {
		if i > 0 {
			p.buf = append(p.buf, ',')
		}
		key, v := es.At(i)
		p.quote(key)
		p.buf = append(p.buf, ':')
		if p.JSON(v); p.err != nil {
			return
		}
	}
	p.buf = append(p.buf, '}')
}

// quote appends s as a JSON string.
func (p *Printer) quote(s string) {
	if p.err != nil {
		return
	}
	if len(s) > p.max-len(p.buf) {
		p.err = ErrTooLong
		return
	}
	p.buf = append(p.buf, '"')
	for len(s) > quotePiece { // escaped it may be six times as long
		cut := quotePiece
		for cut > quotePiece-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		p.buf = appendEscaped(p.buf, s[:cut], p.web)
		if s = s[cut:]; len(s) > p.max-len(p.buf) {
			p.err = ErrTooLong
			return
		}
	}
	p.buf = appendEscaped(p.buf, s, p.web)
	p.buf = append(p.buf, '"')
}

// quotePiece is how much of a string is escaped before the room is looked at.
const quotePiece = 16 << 10

// AppendQuoted appends s as a JSON string in quotes, in the style of
// [Value.AppendJSON].
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s, false)
	return append(dst, '"')
}

// appendEscaped appends s with json-smart's escapes. web asks for \/.
func appendEscaped(dst []byte, s string, web bool) []byte {
	done := 0 // s[:done] has been appended
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !mayEscape[c] {
			continue
		}
		r, n := rune(c), 1
		short := byte(0)
		switch c {
		case '"', '\\':
			short = c
		case '/':
			if !web {
				continue
			}
			short = c
		case '\b':
			short = 'b'
		case '\f':
			short = 'f'
		case '\n':
			short = 'n'
		case '\r':
			short = 'r'
		case '\t':
			short = 't'
		case 0xC2, 0xE2:
			if r, n = escapedRune(s[i:]); n == 0 {
				continue
			}
		}
		dst = append(dst, s[done:i]...)
		if short != 0 {
			dst = append(dst, '\\', short)
		} else {
			dst = hexdigit.AppendUnit(dst, r, hexdigit.Upper)
		}
		i += n - 1
		done = i + 1
	}
	return append(dst, s[done:]...)
}

// mayEscape says which bytes have to be escaped, or begin a character that may
// have to be.
var mayEscape = func() (table [256]bool) {
	for c := range table {
		table[c] = c < ' ' || c == '"' || c == '\\' || c == '/' || c == 0x7F || c == 0xC2 || c == 0xE2
	}
	return table
}()

// escapedRune returns the character at the start of s and its length if it is
// one that json-smart escapes: U+0080 to U+009F, U+2000 to U+20FF.
func escapedRune(s string) (r rune, n int) {
	switch {
	case s[0] == 0xC2 && len(s) > 1 && 0x80 <= s[1] && s[1] < 0xA0:
		return rune(s[1]), 2
	case s[0] == 0xE2 && len(s) > 2 && 0x80 <= s[1] && s[1] < 0x84 && s[2]&0xC0 == 0x80:
		return 0x2000 | rune(s[1]&0x3)<<6 | rune(s[2]&0x3F), 3
	}
	return 0, 0
}
