package trace

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// LogOptions say what the execution log of a stage has of a call, and how.
type LogOptions struct {
	Group  string // that each line names; "" where the log is the group's alone
	Data   bool   // parameters, headers and bodies are logged, too: dataTraceEnabled
	Errors bool   // calls that fail are logged, and no others: loggingLevel ERROR
}

// AppendLog appends the lines that a stage's execution log has of the call, each with its
// end, nothing where it has none. It needs a trace that is not Brief where the options
// say Data.
//
// The lines are those of ExecutionLog, in the form in which CloudWatch exports them, with
// what a test has not: the extended request id first, the ids of the backend's call and of
// X-Ray last (recorded). Without Data they are those that AWS writes of such a stage
// (recorded). Of the level ERROR it is documented alone that errors are logged: a call
// that fails has its failure and its status, and all its lines where there is Data.
//
// A log outlives its call and is read by others than its caller: secrets of the call are
// masked wherever they are, as in Text, and no text of a client or backend ends a line.
func (t *Trace) AppendLog(buf []byte, o *LogOptions, done *httpmsg.Done) []byte {
	l := executionLog{text: buf, id: t.RequestID, failed: t.failure() != nil, data: o.Data, at: t.Received}
	if o.Errors && !l.failed {
		return buf
	}
	l.all = !o.Errors || o.Data
	l.stage = &stageLine{group: o.Group, id: t.RequestID}
	if len(t.secrets) > 0 {
		l.hider = newHider(t)
	}
	l.line("Extended Request Id: ", done.ExtendedRequestID)
	for i := range t.Events {
		l.event(&t.Events[i])
	}
	if id := done.Integration.RequestID; id != "" {
		l.failureLine("AWS Integration Endpoint RequestId : ", id)
	}
	if id := rootOf(done.TraceID); id != "" {
		l.line("X-ray Tracing ID : ", id)
	}
	return l.text
}

// rootOf is the part of a trace id that says which trace it is, such as
// Root=1-5c755b5d-07b29b94e632d3da19d88789: the rest has no place in a log (recorded).
func rootOf(id string) string {
	for part := range strings.SplitSeq(id, ";") {
		if strings.HasPrefix(part, "Root=") {
			return part
		}
	}
	return ""
}

// reason is the line of a failure. That of a stage's log ends with its first line: the
// others repeat the request where a signature is wrong.
func (l *executionLog) reason(e *FailureEvent) string {
	if l.stage == nil {
		return e.Line
	}
	first, _, _ := strings.Cut(e.Line, "\n")
	return l.hide(first)
}

// A stageLine makes what the lines of a stage's log begin with: the time as CloudWatch
// exports it, the group, and the request's id in parentheses.
type stageLine struct {
	group, id string
	head      []byte // of the line before
	at        int64  // in milliseconds, the time in head
}

func (s *stageLine) appendHead(text []byte, at time.Time) []byte {
	if ms := at.UnixMilli(); s.head == nil || ms != s.at {
		s.at = ms
		s.head = append(appendTime(s.head[:0], at.UTC()), ' ')
		if s.group != "" {
			s.head = append(append(s.head, s.group...), ' ')
		}
		s.head = append(append(append(s.head, '('), s.id...), ") "...)
	}
	return append(text, s.head...)
}

// appendTime appends a time of UTC in the form 2006-01-02T15:04:05.000Z, at a fraction of
// what AppendFormat costs.
func appendTime(to []byte, at time.Time) []byte {
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	to = append(appendPair(appendPair(to, year/100), year), '-')
	to = append(appendPair(to, int(month)), '-')
	to = append(appendPair(to, day), 'T')
	to = append(appendPair(to, hour), ':')
	to = append(appendPair(to, minute), ':')
	to = append(appendPair(to, second), '.')
	ms := at.Nanosecond() / int(time.Millisecond)
	return append(appendPair(append(to, byte('0'+ms/100)), ms), 'Z')
}

// appendPair appends the last two digits of a number.
func appendPair(to []byte, n int) []byte { return append(to, byte('0'+n/10%10), byte('0'+n%10)) }

// appendPrintable appends text of which what could end a line, or be a command for a
// terminal, is written as an escape.
func appendPrintable(to []byte, text string) []byte {
	plain := 0 // from where text is printable and not appended yet
	for i := 0; i < len(text); {
		if c := text[i]; ' ' <= c && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size <= 1 || !unicode.IsPrint(r) {
			to = append(append(to, text[plain:i]...), escaped(text[i:])...)
			plain = i + size
		}
		i += size
	}
	return append(to, text[plain:]...)
}
