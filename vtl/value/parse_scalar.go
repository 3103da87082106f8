package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
)

// quoted reads a string in single or double quotes. As in json-smart, control
// characters and DEL are dropped from a string that has a backslash, and kept
// in one that has none.
func (p *parser) quoted() string {
	quote, rest := p.c, p.text[p.pos+1:]
	for i := range len(rest) {
		switch rest[i] {
		case quote:
			p.seek(p.pos + i + 2)
			return rest[:i]
		case '\\':
			return p.escaped(quote)
		}
	}
	p.pos = len(p.text)
	p.fail("string without end")
	return ""
}

// escaped reads a string that has backslashes.
func (p *parser) escaped(quote byte) string {
	buf := p.arena.text(len(p.text) - p.pos)
	base := len(buf)
	for {
		if cap(buf)-len(buf) < utf8.UTFMax {
			if buf, base = p.arena.moreText(buf[base:], len(p.text)-p.pos), 0; buf == nil {
				p.fail(noMemory)
				return ""
			}
		}
		p.next()
		switch c := p.c; {
		case c == eoi:
			p.fail("string without end")
			return ""
		case c == quote:
			p.next()
			p.arena.buf = buf
			return bytesString(buf[base:])
		case c == '\\':
			p.next()
			var ok bool
			if buf, ok = p.escape(buf); !ok {
				return ""
			}
		case c < ' ' || c == 0x7F:
		default:
			buf = append(buf, c)
		}
	}
}

// escape appends what the escape sequence at hand stands for. An unknown one
// stands for nothing, and its character is dropped with the backslash.
func (p *parser) escape(buf []byte) ([]byte, bool) {
	switch p.c {
	case 't':
		return append(buf, '\t'), true
	case 'n':
		return append(buf, '\n'), true
	case 'r':
		return append(buf, '\r'), true
	case 'f':
		return append(buf, '\f'), true
	case 'b':
		return append(buf, '\b'), true
	case '\\', '/', '\'', '"':
		return append(buf, p.c), true
	case 'u':
		r, ok := p.hex(4)
		if utf16.IsSurrogate(r) {
			r = p.surrogate(r)
		}
		return utf8.AppendRune(buf, r), ok
	case 'x':
		r, ok := p.hex(2)
		return utf8.AppendRune(buf, r), ok
	}
	for p.pos+1 < len(p.text) && !utf8.RuneStart(p.text[p.pos+1]) {
		p.next()
	}
	return buf, true
}

// hex reads the n hexadecimal digits after the current character.
func (p *parser) hex(n int) (r rune, ok bool) {
	for range n {
		p.next()
		d, ok := hexdigit.Value(p.c)
		if !ok {
			p.unexpected()
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// surrogate joins r with a second escape that follows, if the two are a pair.
func (p *parser) surrogate(r rune) rune {
	rest, ok := strings.CutPrefix(p.text[p.pos+1:], `\u`)
	if !ok {
		return utf8.RuneError
	}
	low, ok := hexdigit.Unit(rest)
	if !ok {
		return utf8.RuneError
	}
	pair := utf16.DecodeRune(r, low)
	if pair != utf8.RuneError {
		p.seek(p.pos + 6)
	}
	return pair
}

// unquoted reads up to a character of stop and drops the blanks around.
func (p *parser) unquoted(stop stopSet) string {
	start := p.pos
	p.skipTo(stop)
	return trimBlanks(p.text[start:p.pos])
}

func (p *parser) skipTo(stop stopSet) {
	for p.c != eoi && !stop.has(p.c) {
		p.next()
	}
}

// number reads a number, or the unquoted text that begins like one.
func (p *parser) number(stop stopSet) Value {
	start, isFloat := p.pos, false
	p.next()
	p.skipDigits()
	if p.c == '.' {
		isFloat = true
		p.next()
		p.skipDigits()
	}
	if p.c == 'e' || p.c == 'E' {
		isFloat = true
		p.next()
		if p.c != '+' && p.c != '-' && !isDigit(p.c) {
			p.skipTo(stop)
			return String(trimBlanks(p.text[start:p.pos]))
		}
		p.next()
		p.skipDigits()
	}
	end := p.pos
	p.skipSpace()
	if p.c < '~' && !stop.has(p.c) {
		p.skipTo(stop)
		return String(trimBlanks(p.text[start:p.pos]))
	}
	return p.numberOf(p.text[start:end], isFloat)
}

func (p *parser) skipDigits() {
	for isDigit(p.c) {
		p.next()
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// numberOf returns the number that s spells.
func (p *parser) numberOf(s string, isFloat bool) Value {
	if len(s) > maxNumber {
		return p.fail("number of more than " + strconv.Itoa(maxNumber) + " characters")
	}
	if len(s) > maxDouble && !p.afford(sizeOfBig+len(s)/2) {
		return Value{}
	}
	if isFloat {
		v, ok := parseFloat(s)
		if !ok {
			return p.fail("bad number")
		}
		return v
	}
	return parseInteger(s)
}

// parseInteger returns the Integer, Long or BigInteger that s, digits with a
// sign or none, spells. As in json-smart "-" is 0.
func parseInteger(s string) Value {
	digits, neg := s, false
	if s != "" && s[0] == '-' {
		digits, neg = s[1:], true
	}
	if len(digits) > 18 {
		return parseLongInteger(s, digits)
	}
	n := int64(0)
	for i := range len(digits) {
		n = n*10 + int64(digits[i]-'0')
	}
	if neg {
		n = -n
	}
	return Int(n)
}

// parseLongInteger is parseInteger for what may not fit in 64 bits. More than
// 19 digits are a BigInteger whatever they say.
func parseLongInteger(s, digits string) Value {
	if len(digits) == 19 {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return Int(n)
		}
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return Value{}
	}
	return BigInteger(n)
}

// maxDouble is the longest text of a number that json-smart makes a Double of.
const maxDouble = 18

// parseFloat returns the Double or BigDecimal that s, a number with a
// fraction or an exponent, spells; false when it has no digits or its
// exponent is beyond a BigDecimal.
func parseFloat(s string) (Value, bool) {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "-"), ".")
	if digits == "" || !isDigit(digits[0]) {
		return Value{}, false
	}
	if f, ok := shortFloat(s); ok {
		return Double(f), true
	}
	if len(s) <= maxDouble {
		f, _ := strconv.ParseFloat(s, 64) // out of range is an infinity or zero, as in Java
		return Double(f), true
	}
	d, ok := ParseDecimal(s)
	return BigDecimal(d), ok
}

// shortFloat reads a number without exponent of at most 15 digits. These are
// an integer that a Double holds exactly over a power of ten that it holds
// exactly, so that one division rounds as it should.
func shortFloat(s string) (float64, bool) {
	if len(s) > 16 {
		return 0, false
	}
	n, fraction, point := int64(0), 0, false
	digits := strings.TrimPrefix(s, "-")
	for i := range len(digits) {
		switch c := digits[i]; {
		case isDigit(c):
			n = n*10 + int64(c-'0')
			if point {
				fraction++
			}
		case c == '.' && !point:
			point = true
		default:
			return 0, false
		}
	}
	powers := [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}
	if fraction >= len(powers) || n >= 1e15 {
		return 0, false
	}
	f := float64(n) / powers[fraction]
	if len(digits) < len(s) {
		f = -f
	}
	return f, true
}

// trimBlanks drops what Java calls white space at both ends, but leaves one
// character of a text that is nothing else.
func trimBlanks(s string) string {
	for len(s) > 1 {
		r, n := utf8.DecodeRuneInString(s)
		if n == len(s) || !isJavaSpace(r) {
			break
		}
		s = s[n:]
	}
	for len(s) > 1 {
		r, n := utf8.DecodeLastRuneInString(s)
		if n == len(s) || !isJavaSpace(r) {
			break
		}
		s = s[:len(s)-n]
	}
	return s
}

// isJavaSpace is Character.isWhitespace.
func isJavaSpace(r rune) bool {
	switch {
	case r <= ' ':
		return '\t' <= r && r <= '\r' || 0x1C <= r && r <= ' '
	case r == 0x00A0 || r == 0x2007 || r == 0x202F:
		return false
	}
	return unicode.In(r, unicode.Z)
}

func nan32() float32 { return float32(math.NaN()) }

// bytesString returns b, which nobody will write to again, as a string.
func bytesString(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
