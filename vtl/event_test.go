package vtl_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// watch renders a template and returns its events, one a line.
func watch(t *testing.T, source string, vars vtl.Vars) (events, out string) {
	t.Helper()
	tpl, err := vtl.Parse("t", source, vtl.Options{Mode: vtl.APIGateway})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	got, err := tpl.Render([]byte("before"), vars, &vtl.RunOptions{Hook: func(e vtl.Event) error {
		fmt.Fprintf(&b, "%s %d:%d", e.Kind, e.Line, e.Col)
		if e.Kind == vtl.EventStatement && e.EndLine != e.Line {
			fmt.Fprintf(&b, "-%d", e.EndLine)
		}
		fmt.Fprintf(&b, " %d %q", e.Depth, e.Text)
		if !e.Value.IsNull() {
			fmt.Fprintf(&b, " %s", e.Value.Text())
		}
		b.WriteString("\n")
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), string(got)
}

func TestEvents(t *testing.T) {
	tests := map[string]struct{ template, want string }{
		"text of several lines": {"a\nb\n$x", `statement 1:1-2 0 ""
output 1:1 0 "a\nb\n"
statement 3:1 0 "$x"
reference 3:1 0 "$x" 1
output 3:1 0 "1"
`},
		"comments between": {"a## no\n#* no\n *#b", `statement 1:1-3 0 ""
output 1:1 0 "ab"
`},
		"set, with a string": {`#set($y = "<$x>")$y`, `statement 1:1 0 "#set"
reference 1:13 0 "$x" 1
set 1:1 0 "$y" <1>
statement 1:18 0 "$y"
reference 1:18 0 "$y" <1>
output 1:18 0 "<1>"
`},
		"if": {"#if($x > 1)a#elseif($x)b#end", `statement 1:1 0 "#if"
reference 1:5 0 "$x" 1
condition 1:1 0 "$x > 1" false
reference 1:21 0 "$x" 1
condition 1:13 0 "$x" true
statement 1:24 1 ""
output 1:24 1 "b"
`},
		"foreach and break": {"#foreach($i in [1..3])$i#break#end", `statement 1:1 0 "#foreach"
round 1:1 0 "#foreach" 1
statement 1:23 1 "$i"
reference 1:23 1 "$i" 1
output 1:23 1 "1"
statement 1:25 1 "#break"
`},
		"macro": {"#macro(m $a)\n[$a]#end#m($x)", `statement 2:9 0 "#m"
call 2:9 0 "#m"
statement 2:1 1 ""
output 2:1 1 "["
statement 2:2 1 "$a"
reference 2:12 1 "$x" 1
reference 2:2 1 "$a" 1
output 2:2 1 "1"
statement 2:4 1 ""
output 2:4 1 "]"
`},
		"a block's text is output when it is printed": {"#define($d)z#end#if(\"$d\" == 'z')y#end$d", `statement 1:1 0 "#define"
statement 1:17 0 "#if"
reference 1:22 0 "$d"
statement 1:12 1 ""
condition 1:17 0 "\"$d\" == 'z'" true
statement 1:33 1 ""
output 1:33 1 "y"
statement 1:38 0 "$d"
reference 1:38 0 "$d"
statement 1:12 1 ""
output 1:12 1 "z"
`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, out := watch(t, tt.template, vtl.MapVars{"x": value.Int(1)})
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !strings.HasPrefix(out, "before") {
				t.Errorf("rendered %q", out)
			}
		})
	}
}

// What is appended to the output is the output, piece by piece, whatever the
// template; and a render is the same with a hook as without.
func TestEventsAddUpToTheOutput(t *testing.T) {
	for _, v := range readVectors(t, "testdata/vtl-bench.jsonl") {
		tpl, err := vtl.Parse(v.id, v.template, vtl.Options{Mode: vtl.APIGateway})
		if err != nil {
			t.Fatal(err)
		}
		want, err := tpl.Render(nil, v.vars, nil)
		if err != nil {
			t.Fatal(err)
		}
		var pieces strings.Builder
		got, err := tpl.Render(nil, v.vars, &vtl.RunOptions{Hook: func(e vtl.Event) error {
			if e.Kind == vtl.EventOutput {
				pieces.WriteString(e.Text)
			}
			return nil
		}})
		if err != nil || string(got) != string(want) || pieces.String() != string(want) {
			t.Errorf("%s: got %q (%v), in pieces %q, want %q", v.id, got, err, pieces.String(), want)
		}
	}
}

func TestEventJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		event vtl.Event
		want  string
	}{
		"statement": {vtl.Event{Kind: vtl.EventStatement, Name: "t", Line: 2, Col: 3, EndLine: 2, Depth: 1, Text: "#set"}, `{"kind":"statement","name":"t","line":2,"column":3,"endLine":2,"depth":1,"text":"#set"}`},
		"value":     {vtl.Event{Kind: vtl.EventReference, Text: "$x", Value: value.String(`"`)}, `{"kind":"reference","name":"","line":0,"column":0,"depth":0,"text":"$x","value":"\""}`},
		"nothing":   {vtl.Event{Kind: vtl.EventSet, Text: "$x"}, `{"kind":"set","name":"","line":0,"column":0,"depth":0,"text":"$x","value":null}`},
		"long":      {vtl.Event{Kind: vtl.EventSet, Value: value.String(strings.Repeat("ä", 4000))}, `{"kind":"set","name":"","line":0,"column":0,"depth":0,"text":"","value":"` + strings.Repeat("ä", 2048) + `…"}`},
		"output":    {vtl.Event{Kind: vtl.EventOutput, Text: strings.Repeat("a", 5000)}, `{"kind":"output","name":"","line":0,"column":0,"depth":0,"text":"` + strings.Repeat("a", 4096) + `…"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.Marshal(tt.event)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s (%v)\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestEvaluate(t *testing.T) {
	const source = "#set($l = [1, 2])\n#macro(m $p)#set($q = 1)$p#end#m($l.size())#foreach($i in $l)$i#end"
	tpl, err := vtl.Parse("t", source, vtl.Options{Mode: vtl.APIGateway, Watched: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	ask := map[string][]string{ // by the statement that begins
		"#foreach": {"$l", "$l.get(5)", "$new", "text", "$a$b", "$l.("},
		"$p":       {"$p", "$q", "$l.size()"},
		"$i":       {"$i", "$foreach.index", `"$i"`},
	}
	out, err := tpl.Render(nil, nil, &vtl.RunOptions{Hook: func(e vtl.Event) error {
		if e.Kind != vtl.EventStatement {
			if _, err := e.Evaluate("$l"); err == nil {
				t.Errorf("evaluated at %s", e.Kind)
			}
			return nil
		}
		for _, source := range ask[e.Text] {
			v, err := e.Evaluate(source)
			got = append(got, fmt.Sprintf("%d:%d %s: %s %v", e.Line, e.Col, source, v.Text(), err))
		}
		return nil
	}})
	if err != nil || string(out) != "212" {
		t.Errorf("rendered %q, %v", out, err)
	}
	want := `2:25 $p: 2 <nil>
2:25 $q: 1 <nil>
2:25 $l.size(): 2 <nil>
2:44 $l: [1, 2] <nil>
2:44 $l.get(5): null get: index 5 is out of range for length 2
2:44 $new: null <nil>
2:44 text: null "text" is no reference; write $name
2:44 $a$b: null "$a$b" is no reference; write $name
2:44 $l.(: null "$l.(" is no reference; write $name
2:62 $i: 1 <nil>
2:62 $foreach.index: 0 <nil>
2:62 "$i": null "\"$i\"" is no reference; write $name
2:62 $i: 2 <nil>
2:62 $foreach.index: 1 <nil>
2:62 "$i": null "\"$i\"" is no reference; write $name
`
	if have := strings.Join(got, "\n") + "\n"; have != want {
		t.Errorf("got\n%s\nwant\n%s", have, want)
	}
}

func TestHookEndsTheRender(t *testing.T) {
	enough := errors.New("enough")
	tpl, err := vtl.Parse("t", "ab$x", vtl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []vtl.EventKind{vtl.EventStatement, vtl.EventOutput, vtl.EventReference} {
		_, err := tpl.Render(nil, nil, &vtl.RunOptions{Hook: func(e vtl.Event) error {
			if e.Kind == kind {
				return enough
			}
			return nil
		}})
		if !errors.Is(err, enough) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

func TestStrict(t *testing.T) {
	known := func(path []string, call bool) bool {
		switch name := strings.Join(path, "."); {
		case call:
			return name == "input.json" || path[0] == "context"
		default:
			return name == "input" || name == "context" || name == "context.stage"
		}
	}
	tests := map[string]struct {
		template, unknown, render string
	}{
		"all known":          {"$input.json('$') $context.stage #set($x = 1)$x $x.toString() #foreach($i in [1])$i$foreach.index$velocityCount#end", "", ""},
		"variable":           {"a\n $inptu.json('$')", "t:2:2: there is no variable $inptu", ""},
		"braces and quiet":   {"${nope} $!nope", "t:1:1: there is no variable $nope|t:1:9: there is no variable $nope", ""},
		"member":             {"$context.stgae", "t:1:10: there is no $context.stgae", ""},
		"method":             {"$input.jsn('$')", "t:1:8: there is no method jsn of $input", ""},
		"method of no value": {"#set($s = 'a')$s.substr(1)", "t:1:18: there is no method substr of $s", "t:1:18: there is no method substr"},
		"of another's":       {"#set($s = 'a')$s.size()", "", "t:1:18: there is no method size that takes these arguments"},
		"where nobody comes": {"#if(false)$nope#end", "t:1:11: there is no variable $nope", ""},
		"in a string":        {`#set($s = "a $nope")`, "t:1:14: there is no variable $nope", ""},
		"set below":          {"#if($x)$x#end#set($x = 1)", "", ""},
		"macro":              {"#macro(m $a)$a#end#m(1)#elsif($x)", "t:1:24: there is no directive or macro #elsif|t:1:31: there is no variable $x", ""},
		"define":             {"#define($d)a#end$d", "", ""},
		"escaped":            {`\$nope $5 #fff`, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tpl, err := vtl.Parse("t", tt.template, vtl.Options{Mode: vtl.APIGateway, Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range tpl.Unknown(known) {
				got = append(got, e.Error())
			}
			if have := strings.Join(got, "|"); have != tt.unknown {
				t.Errorf("got %s\nwant %s", have, tt.unknown)
			}
			_, err = tpl.RenderString(vtl.MapVars{"input": value.String(""), "context": value.FromMap(value.NewMap(0))})
			if tt.unknown == "" && (err == nil) != (tt.render == "") && !strings.Contains(tt.template, "input") {
				t.Errorf("rendered with %v, want %q", err, tt.render)
			}
			if tt.render != "" && (err == nil || !strings.Contains(err.Error(), tt.render)) {
				t.Errorf("rendered with %v, want %q", err, tt.render)
			}
		})
	}
}
