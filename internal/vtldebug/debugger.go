// Package vtldebug steps through mapping templates in a terminal: it stops a render
// at statements and takes commands, line by line, from whoever sits there or from a
// script.
package vtldebug

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl"
)

// ErrQuit is why a render ended that its user did not want to see the end of.
var ErrQuit = errors.New("quit")

// Bounds on what is read and shown.
const (
	maxCommand = 64 << 10 // bytes of a line with a command
	maxValue   = 1000     // bytes of a value that is printed because it was asked for
	maxBrief   = 100      // bytes of one that is printed in passing
	maxPassing = 50       // references that are printed of one step
	maxBreaks  = 1000
)

// A Debugger stops a render at statements. It belongs to one render.
type Debugger struct {
	name   string
	lines  []string // of the template
	in     *bufio.Scanner
	out    io.Writer
	prompt string

	stop   stopRule
	breaks []int // lines, sorted
	at     vtl.Event
	calls  []call
	passed []string // what happened since the last stop
	missed int      // how much of that is not shown
	output strings.Builder
	shown  int    // how much of the output was shown
	last   string // command
}

// A stopRule says at which statement a render stops next.
type stopRule struct {
	steps bool
	depth int // the deepest statement that a step stops at
}

// everyStatement is deeper than statements can be.
const everyStatement = int(^uint(0) >> 1)

// A call is a macro that is being run.
type call struct {
	name  string
	line  int
	depth int // of the call; its body is deeper
}

// New returns a debugger of a template with that name, as errors call it, and that
// source. It reads commands from in, and writes to out what it has to say; prompt is
// written before each command is read, "" for none.
func New(name, source string, in io.Reader, out io.Writer, prompt string) *Debugger {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxCommand)
	return &Debugger{
		name: name, lines: strings.Split(strings.TrimSuffix(source, "\n"), "\n"), in: lines, out: out, prompt: prompt,
		stop: stopRule{steps: true, depth: everyStatement},
	}
}

// Hook is told of the render's events, as the Hook of [vtl.RunOptions]. It waits for
// commands at the first statement and wherever the last command said. The error is
// ErrQuit, or that of the writer.
func (d *Debugger) Hook(e vtl.Event) error {
	switch e.Kind {
	case vtl.EventOutput:
		d.output.WriteString(e.Text)
	case vtl.EventReference, vtl.EventSet, vtl.EventCondition, vtl.EventRound:
		d.pass(e)
	case vtl.EventCall:
		d.leaveCalls(e.Depth)
		d.calls = append(d.calls, call{e.Text, e.Line, e.Depth})
	case vtl.EventStatement:
		d.leaveCalls(e.Depth)
		return d.statement(e)
	}
	return nil
}

// leaveCalls forgets the macros that are over when a statement of that depth begins.
func (d *Debugger) leaveCalls(depth int) {
	for len(d.calls) > 0 && d.calls[len(d.calls)-1].depth >= depth {
		d.calls = d.calls[:len(d.calls)-1]
	}
}

// pass keeps what happened in passing.
func (d *Debugger) pass(e vtl.Event) {
	if len(d.passed) >= maxPassing {
		d.missed++
		return
	}
	text := e.Text
	if e.Kind == vtl.EventRound {
		text = "round of #foreach"
	}
	d.passed = append(d.passed, fmt.Sprintf("  %s = %s", text, show(e, maxBrief)))
}

// show is the value of an event as it is printed.
func show(e vtl.Event, most int) string {
	if e.Value.IsNull() {
		return "nothing"
	}
	return strconv.Quote(vtl.Brief(e.Value, most))
}

// statement stops where a statement begins, if this is the place.
func (d *Debugger) statement(e vtl.Event) error {
	from := d.at
	d.at = e
	if !(d.stop.steps && e.Depth <= d.stop.depth) && !d.breaksAt(e, from) {
		return nil
	}
	d.showStop()
	return d.command()
}

// breaksAt reports whether a statement reaches a line with a breakpoint: it begins
// there, or is text that goes over it, and the statement before was not already there
// further to the left.
func (d *Debugger) breaksAt(e, before vtl.Event) bool {
	onward := before.Line < e.Line || before.Line == e.Line && before.Col < e.Col
	for _, line := range d.breaks {
		if covers(e, line) && !(onward && covers(before, line)) {
			return true
		}
	}
	return false
}

func covers(e vtl.Event, line int) bool { return e.Line <= line && line <= e.EndLine }

// showStop shows what happened since the last stop, and where the render is.
func (d *Debugger) showStop() {
	d.showPassed()
	what := d.at.Text
	if what == "" {
		what = "text"
	}
	fmt.Fprintf(d.out, "%s:%d:%d: %s\n", d.name, d.at.Line, d.at.Col, what)
	fmt.Fprintf(d.out, "%5d | %s\n", d.at.Line, d.line(d.at.Line))
}

func (d *Debugger) showPassed() {
	for _, line := range d.passed {
		fmt.Fprintln(d.out, line)
	}
	if d.missed > 0 {
		fmt.Fprintf(d.out, "  … and %d more\n", d.missed)
	}
	if text := d.output.String()[d.shown:]; text != "" {
		fmt.Fprintf(d.out, "  output + %s\n", strconv.Quote(text))
	}
	d.passed, d.missed, d.shown = d.passed[:0], 0, d.output.Len()
}

// line returns a line of the template, shortened.
func (d *Debugger) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	const most = 200
	text := strings.TrimSuffix(d.lines[n-1], "\r")
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// command takes commands until one lets the render go on.
func (d *Debugger) command() error {
	for {
		if _, err := io.WriteString(d.out, d.prompt); err != nil {
			return err
		}
		if !d.in.Scan() {
			if err := d.in.Err(); err != nil {
				return fmt.Errorf("commands: %w", err)
			}
			return ErrQuit
		}
		text := strings.TrimSpace(d.in.Text())
		if text == "" {
			text = d.last // as debuggers do
		}
		d.last = text
		name, argument, _ := strings.Cut(text, " ")
		c := find(name)
		switch {
		case text == "":
		case c == nil:
			fmt.Fprintf(d.out, "%s is no command; help lists them\n", strconv.Quote(brief(name)))
		default:
			if goOn, err := c.do(d, strings.TrimSpace(argument)); goOn || err != nil {
				return err
			}
		}
	}
}

func brief(s string) string {
	if len(s) > maxBrief {
		return strings.ToValidUTF8(s[:maxBrief], "") + "…"
	}
	return s
}

// Finish shows what happened after the last stop. It is for after the render, whose
// result and error it is given, and returns the error of the render unless that is
// ErrQuit.
func (d *Debugger) Finish(out []byte, err error) error {
	if errors.Is(err, ErrQuit) {
		return nil
	}
	d.showPassed()
	if err != nil {
		fmt.Fprintln(d.out, "The template fails. Its output until then:")
	} else {
		fmt.Fprintln(d.out, "The template ends. Its output:")
	}
	fmt.Fprintln(d.out, strings.TrimSuffix(string(out), "\n"))
	return err
}

// addBreak adds a breakpoint.
func (d *Debugger) addBreak(line int) {
	if i, found := slices.BinarySearch(d.breaks, line); !found {
		d.breaks = slices.Insert(d.breaks, i, line)
	}
}
