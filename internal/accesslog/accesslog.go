package accesslog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// A Log writes one line a request. It is safe for concurrent use, and never
// changes. A nil Log writes nothing.
type Log struct {
	parts []part
	lines []observe.Appender
	timed bool

	phased bool
}

// A Record is what a line can tell of one request.
type Record struct {
	Done      *httpmsg.Done
	Context   *mapping.Context
	Overrides *mapping.Overrides // what templates set; nil for none

	EndpointType string // of the API, such as REGIONAL
	ReplacedID   bool   // the client sent a request id that is no UUID
	Routed       bool   // a method was found
	Streamed     bool   // its answers are streamed

	Access *Access       // nil where nobody has noted it
	Peer   *httpmsg.Peer // nil where there is no connection
}

// New makes the log of a format whose lines go to each of lines. Every format is one:
// what is no reference is text, and unknown variables have no value.
func New(format string, lines ...observe.Appender) *Log {
	l := &Log{parts: compile(format), lines: lines}
	for _, p := range l.parts {
		l.phased = l.phased || p.kind != literal && isPhase(p.text)
		l.timed = l.timed || p.kind != literal && (p.text == timeToAllHeaders || p.text == timeToFirstContent)
	}
	return l
}

// And returns a log of the same format whose lines go to more places as well: l
// itself where they do already.
func (l *Log) And(more ...observe.Appender) *Log {
	lines := slices.Clone(l.lines)
	for _, to := range more {
		if !slices.Contains(lines, to) {
			lines = append(lines, to)
		}
	}
	if len(lines) == len(l.lines) {
		return l
	}
	return &Log{parts: l.parts, lines: lines, timed: l.timed, phased: l.phased}
}

// Timed reports whether the log tells when parts of an integration's answer came,
// which nobody needs to note otherwise.
func (l *Log) Timed() bool { return l != nil && l.timed }

// Write writes a request's line. It makes it in buf, which may be nil, and returns
// buf, perhaps grown, for the next line.
func (l *Log) Write(buf []byte, r *Record) []byte {
	if l == nil {
		return buf
	}
	line := buf[:0]
	for i := range l.parts {
		p := &l.parts[i]
		if p.kind == literal {
			line = append(line, p.text...)
			continue
		}
		before := len(line)
		if line = r.append(line, p.kind, p.text); len(line) == before {
			line = append(line, '-') // as AWS prints what is unknown or empty
		}
	}
	for _, to := range l.lines {
		to.Append(line)
	}
	return line
}

// A part of a format is text, or the name of a $context variable.
type part struct {
	text string
	kind kind
}

const reference = "$context."

// compile takes a format apart.
func compile(format string) []part {
	var parts []part
	for format != "" {
		i := strings.Index(format, reference)
		if i < 0 {
			return append(parts, part{text: format})
		}
		if i > 0 {
			parts = append(parts, part{text: format[:i]})
		}
		format = format[i+len(reference):]
		name := variableName(format)
		format = format[len(name):]
		parts = append(parts, part{text: name, kind: kindOf(name)})
	}
	return parts
}

// variableName returns the name at the start of s: letters, digits, "_" and
// "-" in parts joined by single dots.
func variableName(s string) string {
	end := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			end = i + 1
		case c == '.' && i == end && i > 0:
		default:
			return s[:end]
		}
	}
	return s[:end]
}

// maxLine is how long a line gets before what comes from a client is cut, in
// bytes: a format can name a long value many times.
const maxLine = 64 << 10

// appendText appends what may come from a client, so that it can neither
// end the line, nor command a terminal, nor leave the quotes that the format put
// around it: control characters, those of Unicode and its ends of lines included,
// quotes and backslashes are written as in JSON, and so is U+FFFD for what is not UTF-8.
func appendText(line []byte, s string) []byte {
	s = s[:min(len(s), max(0, maxLine-len(line)))]
	from := 0 // of what can stand as it is
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plain[c] {
			continue
		}
		line = append(line, s[from:i]...)
		switch {
		case c == '"' || c == '\\':
			line = append(line, '\\', c)
		case c < utf8.RuneSelf:
			line = hexdigit.AppendUnit(line, rune(c), hexdigit.Lower)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 || r < 0xa0 || r == '\u2028' || r == '\u2029' {
				line = hexdigit.AppendUnit(line, r, hexdigit.Lower)
			} else {
				line = append(line, s[i:i+size]...)
			}
			i += size - 1
		}
		from = i + 1
	}
	return append(line, s[from:]...)
}

// plain says which bytes stand for themselves.
var plain = func() (bytes [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		bytes[c] = c != '"' && c != '\\'
	}
	return bytes
}()
