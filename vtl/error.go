package vtl

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Phase is when an error happened.
type Phase uint8

const (
	PhaseParse  Phase = iota // the template is wrong; nothing was rendered
	PhaseRender              // rendering failed, or met one of the Limits
)

// String returns "parse" or "render".
func (p Phase) String() string {
	if p == PhaseParse {
		return "parse"
	}
	return "render"
}

// An Error is why a template could not be parsed or rendered, and where.
type Error struct {
	Phase    Phase
	Name     string // of the template
	Line     int    // from 1
	Col      int    // from 1, in characters
	Text     string // the offending piece of the template, "" at its end
	Expected string // what the grammar wanted instead, or ""
	Problem  string // what is wrong, when it is not the grammar
	Limit    string // the field of Limits that was met, or "Deadline", or ""
	Err      error  // the cause, when it came from a host's object; may be nil

	offset int
}

// Error returns everything that is known on one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Col, e.Reason())
}

// Reason returns what is wrong, without where it is.
func (e *Error) Reason() string {
	var b strings.Builder
	switch {
	case e.Problem != "":
		b.WriteString(e.Problem)
		if e.Limit != "" {
			fmt.Fprintf(&b, " (limit %s)", e.Limit)
		}
		if e.Text != "" {
			fmt.Fprintf(&b, " at %q", excerpt(e.Text))
		}
	case e.Text == "":
		b.WriteString("unexpected end of the template")
	default:
		fmt.Fprintf(&b, "unexpected %q", excerpt(e.Text))
	}
	if e.Expected != "" {
		fmt.Fprintf(&b, ", expected %s", e.Expected)
	}
	if e.Err != nil && !strings.HasSuffix(e.Problem, e.Err.Error()) {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// excerpt shortens a text for a message.
func excerpt(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// locate fills in where the error's offset is in src.
func (e *Error) locate(name, src string) *Error {
	e.Name = name
	at := min(max(e.offset, 0), len(src))
	e.Line, e.Col = position(src, at)
	return e
}

// position returns the line and column of an offset.
func position(src string, offset int) (line, col int) {
	before := src[:offset]
	line = 1 + strings.Count(before, "\n")
	return line, 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}
