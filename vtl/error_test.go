package vtl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func TestErrorsSayWhere(t *testing.T) {
	tests := map[string]struct {
		mode      vtl.Mode
		template  string
		phase     vtl.Phase
		line, col int
		text      string // that Text begins with
		message   string // that Error contains
	}{
		"unclosed if":           {0, "a\n#if($x)b", vtl.PhaseParse, 2, 9, "", "unexpected end of the template, expected #end of #if"},
		"unclosed foreach":      {0, "#foreach($x in $y)b", vtl.PhaseParse, 1, 20, "", "expected #end of #foreach"},
		"stray end":             {0, "ü #end", vtl.PhaseParse, 1, 3, "#end", "unexpected"},
		"missing parenthesis":   {0, "#set($a = 1", vtl.PhaseParse, 1, 12, "", "expected an operator or )"},
		"missing value":         {0, "#set($a = )", vtl.PhaseParse, 1, 11, ")", "expected a value"},
		"missing equals":        {0, "#set($a 1)", vtl.PhaseParse, 1, 9, "1", "expected ="},
		"bad character":         {0, "#set($a = ;)", vtl.PhaseParse, 1, 11, ";)", "expected a part of an expression"},
		"in a string":           {0, "x\n#set($a = \"b #if(\")", vtl.PhaseParse, 2, 18, "", "expected a value"},
		"unclosed curly":        {0, "${foo", vtl.PhaseParse, 1, 6, "", "expected }"},
		"macro without a name":  {0, "a #macro()b#end", vtl.PhaseParse, 1, 3, "#macro", "a macro needs a name"},
		"sign at the end":       {0, "US$", vtl.PhaseParse, 1, 4, "", "expected something after the sign"},
		"foreach without list":  {0, "#foreach($x)b#end", vtl.PhaseRender, 1, 1, "#foreach", "#foreach needs an element and a list"},
		"foreach without any":   {0, "#foreach b", vtl.PhaseRender, 1, 1, "#foreach", "#foreach needs an element and a list"},
		"evaluate refused":      {vtl.APIGateway, "a\n #evaluate('x')", vtl.PhaseParse, 2, 2, "#evaluate", "#evaluate is not available"},
		"include refused":       {vtl.APIGateway, "#include('x')", vtl.PhaseParse, 1, 1, "#include", "#include is not available"},
		"parse refused":         {vtl.APIGateway, "#parse('x')", vtl.PhaseParse, 1, 1, "#parse", "#parse is not available"},
		"include finds nothing": {0, "a\n  #include('x')", vtl.PhaseRender, 2, 3, "#include('x')", "#include reaches no files"},
		"index":                 {0, "$l[7]", vtl.PhaseRender, 1, 3, "[7]", "index 7 is out of range for length 2"},
		"method":                {0, "ab $s.substring(9)", vtl.PhaseRender, 1, 7, "substring(9)", "substring: begin 9, end 3, length 3"},
		"null argument":         {0, "$s.concat($none)", vtl.PhaseRender, 1, 4, "concat", "an argument is null"},
		"regular expression":    {0, "$s.matches('(')", vtl.PhaseRender, 1, 4, "matches", "matches: "},
		"within evaluate":       {0, "a #evaluate('#if(')", vtl.PhaseRender, 1, 3, "", "expected a value"},
		"changed list":          {0, "#foreach($x in $l)#set($d = $l.add(1))#end", vtl.PhaseRender, 1, 1, "#foreach", "changed during #foreach"},
		"break of no loop":      {0, "#break($s)", vtl.PhaseRender, 1, 1, "#break", "$s is no loop"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tpl, err := vtl.Parse("tpl", tt.template, vtl.Options{Mode: tt.mode})
			if err == nil {
				list := value.FromList(value.NewList(value.Int(1), value.Int(2)))
				_, err = tpl.RenderString(vtl.MapVars{"s": value.String("abc"), "l": list})
			}
			var e *vtl.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Phase != tt.phase || e.Name != "tpl" || e.Line != tt.line || e.Col != tt.col || !strings.HasPrefix(e.Text, tt.text) {
				t.Errorf("got %v at %d:%d %q, want %v at %d:%d %q", e.Phase, e.Line, e.Col, e.Text, tt.phase, tt.line, tt.col, tt.text)
			}
			if !strings.Contains(err.Error(), tt.message) {
				t.Errorf("got %q, want something with %q", err, tt.message)
			}
		})
	}
}

// A failing is an object of which nothing works.
type failing struct{ err error }

func (f failing) Get(string) (value.Value, bool) { return value.Value{}, false }

func (f failing) Call(string, []value.Value) (value.Value, bool, error) {
	return value.Value{}, false, f.err
}

func TestErrorsOfTheHost(t *testing.T) {
	cause := errors.New("the disk is full")
	tpl, err := vtl.Parse("tpl", "before $host.save(1) after", vtl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := tpl.RenderString(vtl.MapVars{"host": value.FromObject(failing{cause})})
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if out != "before " {
		t.Errorf("rendered %q", out)
	}
	stop := errors.New("enough")
	events := 0
	hook := func(vtl.Event) error {
		if events++; events == 2 {
			return stop
		}
		return nil
	}
	tpl, err = vtl.Parse("tpl", "#if($a)#end#if($b)#end", vtl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tpl.Render(nil, nil, &vtl.RunOptions{Hook: hook}); !errors.Is(err, stop) || events != 2 {
		t.Errorf("got %v after %d events", err, events)
	}
}

func TestHookSeesEverything(t *testing.T) {
	const src = "#macro(m $p)<$p>#end\n#foreach($i in [1..2])#m($i)#if($i == 2)#break#end#end\n#define($d)x#end$d#set($a = \"$d\")#stop"
	tpl, err := vtl.Parse("tpl", src, vtl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	hook := func(e vtl.Event) error {
		got = append(got, strings.TrimSpace(strings.Join([]string{e.Kind.String(), at(e), e.Text, e.Value.Text()}, " ")))
		return nil
	}
	if _, err := tpl.Render(nil, nil, &vtl.RunOptions{Hook: hook}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"statement 2:1 #foreach null",
		"round 2:1 #foreach 1", "statement 2:23 #m null", "call 2:23 #m null",
		"statement 1:13  null", "output 1:13 < null", "statement 1:14 $p null", "reference 2:26 $i 1", "reference 1:14 $p 1", "output 1:14 1 null", "statement 1:16  null", "output 1:16 > null",
		"statement 2:29 #if null", "reference 2:33 $i 1", "condition 2:29 $i == 2 false",
		"round 2:1 #foreach 2", "statement 2:23 #m null", "call 2:23 #m null",
		"statement 1:13  null", "output 1:13 < null", "statement 1:14 $p null", "reference 2:26 $i 2", "reference 1:14 $p 2", "output 1:14 2 null", "statement 1:16  null", "output 1:16 > null",
		"statement 2:29 #if null", "reference 2:33 $i 2", "condition 2:29 $i == 2 true", "statement 2:41 #break null",
		"statement 3:1 #define null", "statement 3:17 $d null", "reference 3:17 $d null", "statement 3:12  null", "output 3:12 x null",
		"statement 3:19 #set null", "reference 3:30 $d null", "statement 3:12  null", "set 3:19 $a x", "statement 3:34 #stop null",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func at(e vtl.Event) string {
	return value.Int(int64(e.Line)).Text() + ":" + value.Int(int64(e.Col)).Text()
}
