package vtl

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// An Event is one of the things that happen in a render, as a [RunOptions] Hook is
// told of it. A debugger stops at statements; a trace keeps the list.
//
// Values are the template's own: who keeps one beyond the call of the Hook may find
// that the template changed it. The JSON form has them as text.
type Event struct {
	Kind    EventKind
	Name    string      // of the template
	Line    int         // from 1
	Col     int         // from 1, in characters
	EndLine int         // of a statement: the last line that it covers if it is text, else Line
	Depth   int         // how many statements this one stands in: bodies of directives, macros, blocks
	Text    string      // see the kinds
	Value   value.Value // see the kinds; null for a #define'd block

	run   *run // of a statement
	frame *frame
	at    place
}

// An EventKind says what happened.
type EventKind uint8

const (
	EventStatement EventKind = iota // a statement begins; Text is "#set" and the like, a reference as written, or "" for text
	EventReference                  // a reference was evaluated; Text is the reference as written
	EventSet                        // #set evaluated its right side; Text is the left side
	EventCondition                  // a condition of #if or #elseif was evaluated; Text is the condition
	EventRound                      // a round of #foreach begins; Value is the element
	EventCall                       // the body of a macro begins; Text is its name after "#"
	EventOutput                     // a statement appended Text to the output
)

var eventKinds = [...]string{"statement", "reference", "set", "condition", "round", "call", "output"}

// String returns the name of the kind, which the JSON form has.
func (k EventKind) String() string { return eventKinds[k] }

// IsDirective reports whether the event is the beginning of a directive or of a
// macro's call.
func (e *Event) IsDirective() bool {
	return e.Kind == EventStatement && strings.HasPrefix(e.Text, "#")
}

// maxEventText bounds the text of a value, and of what was appended, in the JSON
// form, in bytes.
const maxEventText = 4096

// MarshalJSON returns the event as an object: kind, name, line, column, depth, text
// and value, which is the value's text. An event without a value has none, and one
// whose value is nothing has null. Texts of more than 4,096 bytes are cut off and
// end with an ellipsis.
func (e Event) MarshalJSON() ([]byte, error) {
	form := struct {
		Kind    string          `json:"kind"`
		Name    string          `json:"name"`
		Line    int             `json:"line"`
		Column  int             `json:"column"`
		EndLine int             `json:"endLine,omitzero"`
		Depth   int             `json:"depth"`
		Text    string          `json:"text"`
		Value   json.RawMessage `json:"value,omitempty"`
	}{Kind: e.Kind.String(), Name: e.Name, Line: e.Line, Column: e.Col, EndLine: e.EndLine, Depth: e.Depth, Text: cut(e.Text, maxEventText)}
	switch {
	case e.Kind == EventStatement || e.Kind == EventCall || e.Kind == EventOutput:
	case e.Value.IsNull():
		form.Value = json.RawMessage("null")
	default:
		form.Value, _ = json.Marshal(Brief(e.Value, maxEventText)) // a string always encodes
	}
	return json.Marshal(form)
}

// Brief returns the text of a value, at most so many bytes of it and then an
// ellipsis.
func Brief(v value.Value, most int) string {
	return cut(v.Text(), most)
}

// cut returns the first bytes of a text, and an ellipsis where there are more.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// Evaluate returns the value of a reference, such as $input.path('$.a').size(), with
// the variables of the moment at which a statement begins. It can be called while
// the Hook is told of the EventStatement and no later. It counts for no limit but
// stays within all; what the reference's methods change stays changed, as if the
// template had them. The error says what is wrong with the reference.
func (e *Event) Evaluate(source string) (value.Value, error) {
	r := e.run
	if r == nil {
		return value.Value{}, errors.New("a reference can be evaluated only where a statement begins")
	}
	hook, steps, memory, calls, depth := r.hook, r.steps, r.memory, r.calls, r.depth
	r.hook = nil
	v, err := r.evaluate(e.frame, e.at, source)
	r.hook, r.steps, r.memory, r.calls, r.depth, r.err = hook, steps, memory, calls, depth, nil
	return v, err
}

func (r *run) evaluate(f *frame, at place, source string) (value.Value, error) {
	body, err := r.compile(at, source)
	if err != nil {
		return value.Value{}, plain(err)
	}
	var ref *referenceStmt
	if len(body) == 1 {
		ref, _ = body[0].(*referenceStmt)
	}
	if ref == nil || ref.kind != refNormal {
		return value.Value{}, fmt.Errorf("%q is no reference; write $name", excerpt(source))
	}
	v, c := ref.value(r, f)
	if c == next && blockOf(v) != nil {
		v, c = r.blockText(at, blockOf(v))
	}
	if c == failed {
		return value.Value{}, plain(r.err)
	}
	return v, nil
}

// plain returns an error without the place, which is not that of what was evaluated.
func plain(err error) error {
	if e, ok := err.(*Error); ok {
		without := *e
		without.Text = ""
		if e.Problem == "" {
			return errors.New(e.Reason())
		}
		return errors.New(without.Reason())
	}
	return err
}

// watched is block with a hook: it tells of each statement, and of what it appended
// to the output.
func (r *run) watched(b block, f *frame) ctl {
	r.level++
	defer func() { r.level-- }()
	for _, s := range b {
		at, text := s.begin()
		e := r.event(EventStatement, at, text)
		e.Depth, e.EndLine, e.run, e.frame, e.at = r.level-1, e.Line, r, f, at
		if t, ok := s.(*textStmt); ok && t.to > t.from {
			e.EndLine, _ = r.lines.position(r.src, int(t.to)-1)
		}
		if !r.send(e, at) {
			return failed
		}
		if c := s.exec(r, f); c != next {
			return c
		}
		if len(r.out) <= r.told {
			continue
		}
		e = r.event(EventOutput, at, string(r.out[r.told:]))
		r.told = len(r.out)
		if !r.send(e, at) {
			return failed
		}
	}
	return next
}

// tell reports an event to the hook and whether the render may go on.
func (r *run) tell(kind EventKind, at place, text string, v value.Value) bool {
	if blockOf(v) != nil {
		v = value.Value{} // to look at it would run it
	}
	e := r.event(kind, at, text)
	e.Value = v
	return r.send(e, at)
}

func (r *run) event(kind EventKind, at place, text string) Event {
	if r.lines == nil {
		r.lines = newLineIndex(r.src)
	}
	line, col := r.lines.position(r.src, int(at))
	return Event{Kind: kind, Name: r.t.name, Line: line, Col: col, Depth: max(0, r.level-1), Text: text}
}

func (r *run) send(e Event, at place) bool {
	if err := r.hook(e); err != nil {
		r.fail(at, "the observer ended the render", err)
		return false
	}
	return true
}

// A lineIndex is where the lines of a source begin.
type lineIndex []int

func newLineIndex(src string) lineIndex {
	starts := lineIndex{0}
	for i := range len(src) {
		if src[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// position returns the line and column of an offset, as the function position does.
func (l lineIndex) position(src string, offset int) (line, col int) {
	offset = min(offset, len(src))
	line = sort.SearchInts(l, offset+1)
	return line, 1 + utf8.RuneCountInString(src[l[line-1]:offset])
}

// What statements are called in events. Text has no name.

func (s *textStmt) begin() (place, string)      { return place(s.from), "" }
func (s *blockStmt) begin() (place, string)     { return s.place, "" }
func (s *failStmt) begin() (place, string)      { return s.place, "#foreach" }
func (s *referenceStmt) begin() (place, string) { return s.place, s.text }
func (s *setStmt) begin() (place, string)       { return s.place, "#set" }
func (s *ifStmt) begin() (place, string)        { return s.place, "#if" }
func (s *includeStmt) begin() (place, string)   { return s.place, "#" + s.name }
func (s *foreachStmt) begin() (place, string)   { return s.place, "#foreach" }
func (s *callStmt) begin() (place, string)      { return s.place, "#" + s.name }
func (s *defineStmt) begin() (place, string)    { return s.place, "#define" }
func (s *evaluateStmt) begin() (place, string)  { return s.place, "#evaluate" }

func (s *leaveStmt) begin() (place, string) {
	if s.stop {
		return s.place, "#stop"
	}
	return s.place, "#break"
}
