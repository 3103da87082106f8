package vtldebug

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl"
)

// A command is what the user can say.
type command struct {
	name, short string // short is the letter that does
	argument    string // how help calls it
	help        string
	do          func(d *Debugger, argument string) (goOn bool, err error)
}

// commands are all of them, in the order of help.
func commands() []command {
	return []command{
		{"step", "s", "", "go to the next statement, into bodies of directives and macros too", step},
		{"next", "n", "", "go to the next statement that is no deeper: over loops and macros", over},
		{"continue", "c", "", "go on to a breakpoint or the end", goOn},
		{"break", "b", "[LINE]", "stop where the line is reached; without LINE list the breakpoints", breakAt},
		{"delete", "d", "[LINE]", "take the breakpoint of a line away; without LINE all", deleteBreak},
		{"print", "p", "$REF", "show the value of a reference, such as $input.path('$.a')", printReference},
		{"output", "o", "", "show the output so far", printOutput},
		{"where", "w", "", "show the lines around this one, and the macros that led here", where},
		{"quit", "q", "", "end without the rest", quit},
		{"help", "h", "", "show this", help},
	}
}

func find(name string) *command {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name || c.short == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func step(d *Debugger, _ string) (bool, error) {
	d.stop = stopRule{steps: true, depth: everyStatement}
	return true, nil
}

func over(d *Debugger, _ string) (bool, error) {
	d.stop = stopRule{steps: true, depth: d.at.Depth}
	return true, nil
}

func goOn(d *Debugger, _ string) (bool, error) {
	d.stop = stopRule{}
	return true, nil
}

func quit(*Debugger, string) (bool, error) { return true, ErrQuit }

func breakAt(d *Debugger, argument string) (bool, error) {
	if argument == "" {
		for _, line := range d.breaks {
			fmt.Fprintf(d.out, "%5d | %s\n", line, d.line(line))
		}
		if len(d.breaks) == 0 {
			fmt.Fprintln(d.out, "there are no breakpoints")
		}
		return false, nil
	}
	line, ok := d.lineNumber(argument)
	switch {
	case !ok:
	case len(d.breaks) >= maxBreaks:
		fmt.Fprintf(d.out, "there are %d breakpoints already\n", maxBreaks)
	default:
		d.addBreak(line)
		fmt.Fprintf(d.out, "breakpoint at line %d: %s\n", line, d.line(line))
	}
	return false, nil
}

// lineNumber reads the number of a line of the template, and says what is wrong with
// it.
func (d *Debugger) lineNumber(argument string) (int, bool) {
	line, err := strconv.Atoi(argument)
	if err != nil || line < 1 || line > len(d.lines) {
		fmt.Fprintf(d.out, "%s is no line of the template, which has %d\n", strconv.Quote(brief(argument)), len(d.lines))
		return 0, false
	}
	return line, true
}

func deleteBreak(d *Debugger, argument string) (bool, error) {
	if argument == "" {
		d.breaks = nil
		fmt.Fprintln(d.out, "there are no breakpoints")
		return false, nil
	}
	line, ok := d.lineNumber(argument)
	if !ok {
		return false, nil
	}
	i, found := slices.BinarySearch(d.breaks, line)
	if !found {
		fmt.Fprintf(d.out, "there is no breakpoint at line %d\n", line)
		return false, nil
	}
	d.breaks = slices.Delete(d.breaks, i, i+1)
	fmt.Fprintf(d.out, "no breakpoint at line %d any more\n", line)
	return false, nil
}

func printReference(d *Debugger, argument string) (bool, error) {
	if argument == "" {
		fmt.Fprintln(d.out, "print what? A reference, such as $context.stage")
		return false, nil
	}
	v, err := d.at.Evaluate(argument)
	if err != nil {
		fmt.Fprintf(d.out, "%v\n", err)
		return false, nil
	}
	fmt.Fprintf(d.out, "%s = %s\n", brief(argument), show(vtl.Event{Value: v}, maxValue))
	return false, nil
}

func printOutput(d *Debugger, _ string) (bool, error) {
	fmt.Fprintln(d.out, strings.TrimSuffix(d.output.String(), "\n"))
	return false, nil
}

// where shows three lines before this one and three after it.
func where(d *Debugger, _ string) (bool, error) {
	const around = 3
	for n := max(1, d.at.Line-around); n <= min(len(d.lines), d.at.Line+around); n++ {
		mark := " "
		switch _, stops := slices.BinarySearch(d.breaks, n); {
		case n == d.at.Line:
			mark = ">"
		case stops:
			mark = "*"
		}
		fmt.Fprintf(d.out, "%s%4d | %s\n", mark, n, d.line(n))
	}
	for i := len(d.calls) - 1; i >= 0; i-- {
		fmt.Fprintf(d.out, "in %s, called at line %d\n", d.calls[i].name, d.calls[i].line)
	}
	return false, nil
}

func help(d *Debugger, _ string) (bool, error) {
	for _, c := range commands() {
		fmt.Fprintf(d.out, "%-8s %s  %-6s  %s\n", c.name, c.short, c.argument, c.help)
	}
	fmt.Fprintln(d.out, "An empty line repeats the last command. The end of the input is quit.")
	return false, nil
}
