package vtldebug

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// debug renders a template under commands and returns what the debugger says.
func debug(t testing.TB, source string, in io.Reader, prompt string) (string, error) {
	t.Helper()
	tpl, err := vtl.Parse("t", source, vtl.Options{Mode: vtl.APIGateway, Watched: true})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	d := New("t", source, in, &out, prompt)
	rendered, err := tpl.Render(nil, vtl.MapVars{"x": value.Int(1), "long": value.String(strings.Repeat("a", 2000))}, &vtl.RunOptions{Hook: d.Hook})
	err = d.Finish(rendered, err)
	return out.String(), err
}

func TestCommands(t *testing.T) {
	const loop = "#foreach($i in [1..3])\n$i\n#end\nend"
	tests := map[string]struct{ template, commands, want string }{
		"next goes over a loop": {loop, "next\nquit", "t:1:1: #foreach\n    1 | #foreach($i in [1..3])\n" +
			"  round of #foreach = \"1\"\n  $i = \"1\"\n  round of #foreach = \"2\"\n  $i = \"2\"\n  round of #foreach = \"3\"\n  $i = \"3\"\n  output + \"1\\n2\\n3\\n\"\n" +
			"t:4:1: text\n    4 | end\n"},
		"a breakpoint in each round, once": {loop, "break 2\ncontinue\nc\nc\nc", "t:1:1: #foreach\n    1 | #foreach($i in [1..3])\nbreakpoint at line 2: $i\n" +
			"  round of #foreach = \"1\"\nt:2:1: $i\n    2 | $i\n" +
			"  $i = \"1\"\n  round of #foreach = \"2\"\n  output + \"1\\n\"\nt:2:1: $i\n    2 | $i\n" +
			"  $i = \"2\"\n  round of #foreach = \"3\"\n  output + \"2\\n\"\nt:2:1: $i\n    2 | $i\n" +
			"  $i = \"3\"\n  output + \"3\\nend\"\nThe template ends. Its output:\n1\n2\n3\nend\n"},
		"a breakpoint within text": {"$x\nb\nc", "b 3\nc\nq", "t:1:1: $x\n    1 | $x\nbreakpoint at line 3: c\n  $x = \"1\"\n  output + \"1\"\nt:1:3: text\n    1 | $x\n"},
		"an empty line repeats":    {"a$x", "step\n\n", "t:1:1: text\n    1 | a$x\n  output + \"a\"\nt:1:2: $x\n    1 | a$x\n  $x = \"1\"\n  output + \"1\"\nThe template ends. Its output:\na1\n"},
		"nothing to repeat":        {"a", "\n\nq", "t:1:1: text\n    1 | a\n"},
		"values":                   {"a", "print $x\nprint $nope\nprint\nprint $x.substring(1,2,3,4)\nq", "t:1:1: text\n    1 | a\n$x = \"1\"\n$nope = nothing\nprint what? A reference, such as $context.stage\n$x.substring(1,2,3,4) = nothing\n"},
		"a long value":             {"a", "print $long\nq", "t:1:1: text\n    1 | a\n$long = \"" + strings.Repeat("a", maxValue) + "…\"\n"},
		"lines that there are not": {"a", "break 0\nbreak x\ndelete 1\ndelete 2\nbreak\ndelete\nq", "t:1:1: text\n    1 | a\n\"0\" is no line of the template, which has 1\n\"x\" is no line of the template, which has 1\nthere is no breakpoint at line 1\n\"2\" is no line of the template, which has 1\nthere are no breakpoints\nthere are no breakpoints\n"},
		"nothing to stop at":       {"", "", "The template ends. Its output:\n\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := debug(t, tt.template, strings.NewReader(tt.commands), "")
			if err != nil || got != tt.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, tt.want)
			}
		})
	}
}

// Every command is in help, by its name and its letter, and no letter does two
// things.
func TestHelp(t *testing.T) {
	got, err := debug(t, "a", strings.NewReader("help"), "")
	if err != nil {
		t.Fatal(err)
	}
	letters := make(map[string]bool)
	for _, c := range commands() {
		if !strings.Contains(got, c.help) || letters[c.short] || find(c.name).help != c.help || find(c.short).help != c.help {
			t.Errorf("%s is not told well:\n%s", c.name, got)
		}
		letters[c.short] = true
	}
}

func TestPrompt(t *testing.T) {
	got, err := debug(t, "a", strings.NewReader("output\nq"), "> ")
	if want := "t:1:1: text\n    1 | a\n> \n> "; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRenderFails(t *testing.T) {
	got, err := debug(t, "a$x.substring('b')#break($x)", strings.NewReader("c"), "")
	if err == nil || !strings.HasSuffix(got, "The template fails. Its output until then:\na\n") {
		t.Errorf("got %v\n%s", err, got)
	}
}

// A line of commands is bounded, and whoever cannot read them any more ends the
// render.
func TestCommandsThatCannotBeRead(t *testing.T) {
	_, err := debug(t, "a", strings.NewReader(strings.Repeat("x", maxCommand+1)), "")
	if err == nil || !strings.Contains(err.Error(), "token too long") {
		t.Errorf("got %v", err)
	}
	broken := errors.New("broken")
	_, err = debug(t, "a", io.MultiReader(strings.NewReader("o\n"), failing{broken}), "")
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Whatever is said, the render ends, with as much output as without a debugger or
// before it was quit.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{"s\ns\ns", "b 2\nc\np $x\nw", "n\n\n\n", "p $foo.bar(\np \"$x\"\np #set($x = 2)", "b 1\nb\nd 1\no\nhelp\nq"} {
		f.Add(seed)
	}
	const source = "#macro(m $a)[$a]#end#foreach($i in [1..3])\n#m($i)#if($i == 2)$x\n#end#end\n#define($d)z#end$d"
	f.Fuzz(func(t *testing.T, commands string) {
		if len(commands) > 10_000 {
			return
		}
		if _, err := debug(t, source, strings.NewReader(commands), ""); err != nil {
			t.Errorf("%q: %v", commands, err)
		}
	})
}
