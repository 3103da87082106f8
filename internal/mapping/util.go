package mapping

import (
	"errors"
	"strings"
	"unicode/utf8"

	"encoding/base64"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A utilObject is $util.
type utilObject Scope

func (*utilObject) Get(string) (value.Value, bool) { return value.Value{}, false }

// Call runs a function on the text of its argument; null stays null.
func (u *utilObject) Call(method string, args []value.Value) (value.Value, bool, error) {
	if len(args) != 1 {
		return noCall()
	}
	var f func(string) (value.Value, error)
	worst := 0 // how many bytes one of the text may take, copies included
	switch method {
	case "escapeJavaScript":
		f, worst = escapeJavaScript, 14
	case "parseJson":
		f = (*Scope)(u).parseJSON
	case "urlEncode":
		f, worst = urlEncode, 7
	case "urlDecode":
		f, worst = urlDecode, 5
	case "base64Encode":
		f, worst = base64Encode, 3
	case "base64Decode":
		f, worst = base64Decode, 5
	default:
		return noCall()
	}
	if args[0].IsNull() {
		return value.Value{}, true, nil
	}
	v, err := (*Scope)(u).convert(f, args[0], worst)
	return v, true, err
}

// convert runs a function of $util on the text of a value. The memory that it
// may take is asked for before, what it did not keep is given back.
func (s *Scope) convert(f func(string) (value.Value, error), arg value.Value, worst int) (value.Value, error) {
	text, err := s.text(s.side, arg)
	if err != nil {
		return value.Value{}, err
	}
	if err := s.inTime(s.side, len(text)); err != nil {
		return value.Value{}, err
	}
	if err := s.take(s.side, worst*len(text)); err != nil {
		return value.Value{}, err
	}
	v, err := f(text)
	_ = s.take(s.side, len(v.AsString())-worst*len(text))
	return v, err
}

// escapeJavaScript escapes as commons-lang 2 does: quotes of both kinds and
// the slash, too, and everything beyond ASCII by UTF-16 unit.
func escapeJavaScript(s string) (value.Value, error) {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		c := s[i]
		clean = ' ' <= c && c < 0x80 && c != '\'' && c != '"' && c != '\\' && c != '/'
	}
	if clean {
		return value.String(s), nil
	}
	out := make([]byte, 0, len(s)+len(s)/4+8)
	for _, r := range s {
		switch r {
		case '\'', '"', '\\', '/':
			out = append(out, '\\', byte(r))
		case '\b':
			out = append(out, `\b`...)
		case '\f':
			out = append(out, `\f`...)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		case '\t':
			out = append(out, `\t`...)
		default:
			out = appendEscapedRune(out, r)
		}
	}
	return value.String(string(out)), nil
}

func appendEscapedRune(dst []byte, r rune) []byte {
	switch {
	case ' ' <= r && r < 0x80:
		return append(dst, byte(r))
	case r > 0xFFFF:
		r -= 0x10000
		return appendUnit(appendUnit(dst, 0xD800+r>>10), 0xDC00+r&0x3FF)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, u rune) []byte { return hexdigit.AppendUnit(dst, u, hexdigit.Upper) }

func (s *Scope) parseJSON(text string) (value.Value, error) {
	return value.Parse(text, value.Limits{Memory: s.memory(s.side)})
}

// formText has what a form holds unescaped, and the space, which becomes a plus.
var formText = percent.Letters("*-._ ")

// urlEncode is form encoding, as Java's URLEncoder does it.
func urlEncode(s string) (value.Value, error) {
	out := percent.Append(make([]byte, 0, len(s)+len(s)/4), s, formText)
	for i, c := range out {
		if c == ' ' {
			out[i] = '+'
		}
	}
	return value.String(string(out)), nil
}

// urlDecode is the reverse; like Java's URLDecoder it refuses a percent sign
// that starts no escape.
func urlDecode(s string) (value.Value, error) {
	for i := 0; i < len(s); i++ {
		if _, ok := percent.Decode(s[i:]); s[i] == '%' && !ok {
			return value.Value{}, errors.New("incomplete or illegal %-escape")
		}
	}
	return value.String(strings.ToValidUTF8(UnescapeQuery(s), string(utf8.RuneError))), nil
}

func base64Encode(s string) (value.Value, error) {
	return value.String(base64.StdEncoding.EncodeToString([]byte(s))), nil
}

// base64Decode takes both alphabets and ignores characters of neither, as
// commons-codec does. Bytes that are not UTF-8 become U+FFFD.
func base64Decode(s string) (value.Value, error) {
	clean := make([]byte, 0, len(s))
	for i := 0; i < len(s) && s[i] != '='; i++ {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '-':
			clean = append(clean, '+')
		case c == '_':
			clean = append(clean, '/')
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	n, err := base64.RawStdEncoding.Decode(clean, clean)
	if err != nil {
		return value.Value{}, err
	}
	return value.String(strings.ToValidUTF8(string(clean[:n]), string(utf8.RuneError))), nil
}
