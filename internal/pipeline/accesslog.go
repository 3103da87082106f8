package pipeline

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/hexdigit"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// An accessLog writes one line a request in the format of a stage's
// accessLogSettings: text with $context references.
type accessLog struct {
	parts []logPart
	lines *observe.Lines
	timed bool // it tells when parts of an integration's answer came
}

func newAccessLog(format string, lines *observe.Lines) *accessLog {
	l := &accessLog{parts: compileLogFormat(format), lines: lines}
	l.timed = slices.ContainsFunc(l.parts, func(p logPart) bool {
		return p.variable && (p.text == timeToAllHeaders || p.text == timeToFirstContent)
	})
	return l
}

// A logPart is text, or the name of a $context variable.
type logPart struct {
	text     string
	variable bool
}

const logReference = "$context."

// compileLogFormat takes a format apart.
func compileLogFormat(format string) []logPart {
	var parts []logPart
	for format != "" {
		i := strings.Index(format, logReference)
		if i < 0 {
			return append(parts, logPart{text: format})
		}
		if i > 0 {
			parts = append(parts, logPart{text: format[:i]})
		}
		format = format[i+len(logReference):]
		name := variableName(format)
		format = format[len(name):]
		parts = append(parts, logPart{text: name, variable: true})
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

// logAccess writes the call's line, if the stage has an access log.
func (c *call) logAccess() {
	log := c.stage.accessLog
	if log == nil {
		return
	}
	line := c.logLine[:0]
	for i := range log.parts {
		p := &log.parts[i]
		if !p.variable {
			line = append(line, p.text...)
			continue
		}
		before := len(line)
		if line = c.appendLogVariable(line, p.text); len(line) == before {
			line = append(line, '-') // as AWS prints what is unknown or empty
		}
	}
	c.logLine = line
	log.lines.Append(line)
}

// maxAccessLine is how long a line gets before what comes from a client is cut, in
// bytes: a format can name a long value many times.
const maxAccessLine = 64 << 10

// appendLogText appends what may come from a client, so that it can neither
// end the line nor leave the quotes that the format put around it: control
// characters, quotes and backslashes are written as in JSON.
func appendLogText(line []byte, s string) []byte {
	s = s[:min(len(s), max(0, maxAccessLine-len(line)))]
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			line = append(line, '\\', c)
		case c < ' ' || c == 0x7f:
			line = append(line, '\\', 'u', '0', '0', hexdigit.Lower[c>>4], hexdigit.Lower[c&15])
		default:
			line = append(line, c)
		}
	}
	return line
}
