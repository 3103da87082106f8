package vtl_test

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// Each template would use far more than it is allowed; the error has to name
// the limit that it met.
func TestLimits(t *testing.T) {
	tests := map[string]struct {
		template string
		limits   vtl.Limits
		want     string // Error.Limit
	}{
		"source":               {strings.Repeat("x", 101), vtl.Limits{Template: 100}, "Template"},
		"nested directives":    {strings.Repeat("#if(true)", 300) + strings.Repeat("#end", 300), vtl.Limits{}, "Nesting"},
		"nested parentheses":   {"#set($x = " + strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000) + ")", vtl.Limits{}, "Nesting"},
		"nested lists":         {"#set($x = " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + ")", vtl.Limits{}, "Nesting"},
		"nested nots":          {"#if(" + strings.Repeat("!", 3000) + "$x)#end", vtl.Limits{}, "Nesting"},
		"nested calls":         {strings.Repeat("$a.b(", 3000), vtl.Limits{}, "Nesting"},
		"nested indexes":       {strings.Repeat("$a[", 3000), vtl.Limits{}, "Nesting"},
		"output":               {"#foreach($i in [1..1000])0123456789#end", vtl.Limits{Output: 5000}, "Output"},
		"output of one value":  {"$big", vtl.Limits{Output: 5000}, "Output"},
		"iterations":           {"#foreach($i in [1..1001])#end", vtl.Limits{Iterations: 1000}, "Iterations"},
		"macro depth":          {"#macro(m)#m()#end#m()", vtl.Limits{}, "MacroDepth"},
		"evaluate depth":       {`#set($e = '#evaluate($e)')#evaluate($e)`, vtl.Limits{}, "MacroDepth"},
		"macro calls":          {"#macro(m)x#end#foreach($i in [1..1000])#m()#end", vtl.Limits{Calls: 500}, "Calls"},
		"macros that fan out":  {fanOut(15), vtl.Limits{Calls: 10_000}, "Calls"},
		"blocks that fan out":  {"#define($a)x#end" + defines(20), vtl.Limits{Calls: 10_000}, "Calls"},
		"string by joining":    {`#set($s = "0123456789")#foreach($i in [1..100])#set($s = "$s$s")#end`, vtl.Limits{String: 1 << 20}, "String"},
		"string by plus":       {`#set($s = "0123456789")#foreach($i in [1..100])#set($s = $s + $s)#end`, vtl.Limits{String: 1 << 20}, "String"},
		"string by concat":     {`#set($s = "0123456789")#foreach($i in [1..100])#set($s = $s.concat($s))#end`, vtl.Limits{String: 1 << 20}, "String"},
		"string by repeat":     {`$n.toString().repeat(2000000000)`, vtl.Limits{}, "String"},
		"string by replace":    {`#set($s = $n.toString().repeat(100000))$s.replace("1", $s)`, vtl.Limits{}, "String"},
		"string by replaceAll": {`#set($s = $n.toString().repeat(100000))$s.replaceAll("1", $s)`, vtl.Limits{}, "String"},
		"string by groups":     {`#set($s = $n.toString().repeat(100000))$s.replaceAll("(.*)", "$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1")`, vtl.Limits{String: 1 << 20}, "String"},
		"memory of a split":    {`#set($s = $n.toString().repeat(10000))$s.split("")`, vtl.Limits{Memory: 300_000}, "Memory"},
		"elements of a split":  {`#set($s = $n.toString().repeat(10000))$s.split("")`, vtl.Limits{Elements: 5000}, "Elements"},
		"string by format":     {`$n.toString().format("%2000000000d", 1)`, vtl.Limits{}, "String"},
		"string by toString":   {`#set($l = ["x"])#foreach($i in [1..60])#set($l = [$l, $l])#end$l.toString().length()`, vtl.Limits{}, "String"},
		"number by squaring":   {`#set($b = 12345678901234567890)#foreach($i in [1..100])#set($b = $b * $b)#end`, vtl.Limits{}, "String"},
		"list by adding":       {`#set($l = [])#foreach($i in [1..1000])#set($x = $l.add($i))#end`, vtl.Limits{Elements: 500}, "Elements"},
		"list by doubling":     {`#set($l = [1])#foreach($i in [1..100])#set($x = $l.addAll($l))#end`, vtl.Limits{}, "Elements"},
		"list by range":        {`#set($l = [1..2000000000])`, vtl.Limits{}, "Elements"},
		"map by putting":       {`#set($m = {})#foreach($i in [1..1000])#set($m[$i] = $i)#end`, vtl.Limits{Elements: 500}, "Elements"},
		"memory":               {`#set($s = $n.toString().repeat(1000))#foreach($i in [1..1000])#set($x = "$s$i")#end`, vtl.Limits{Memory: 1 << 19}, "Memory"},
		"lists of nothing":     {`#foreach($i in [1..1000])#set($x = [[],[],[],[]])#end`, vtl.Limits{Memory: 100_000}, "Memory"},
		"steps":                {`#foreach($i in [1..1000])#foreach($j in [1..1000])#foreach($k in [1..1000])#end#end#end`, vtl.Limits{Steps: 100_000}, "Steps"},
		"steps in comparing":   {`#set($l = [1..1000])#foreach($i in [1..1000])#if($l.contains("x"))#end#end`, vtl.Limits{Steps: 20_000}, "Steps"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			vars := vtl.MapVars{"n": value.Int(1), "big": value.String(strings.Repeat("x", 10_000))}
			tpl, err := vtl.Parse("limited", tt.template, vtl.Options{Limits: tt.limits})
			if err == nil {
				_, err = tpl.Render(nil, vars, &vtl.RunOptions{Deadline: time.Now().Add(time.Minute)})
			}
			var e *vtl.Error
			if !errors.As(err, &e) || e.Limit != tt.want {
				t.Fatalf("got %v, want the limit %s", err, tt.want)
			}
			if e.Name != "limited" || e.Line != 1 || e.Col < 1 {
				t.Errorf("not located: %+v", e)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q does not name the limit", err)
			}
		})
	}
}

// fanOut returns a template of n macros that each call the next ten times.
func fanOut(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("#macro(m" + strconv.Itoa(i) + ")" + strings.Repeat("#m"+strconv.Itoa(i+1)+"()", 10) + "#end")
	}
	return b.String() + "#macro(m" + strconv.Itoa(n) + ")x#end#m0()"
}

// defines returns a template of n blocks that each use the one before ten times.
func defines(n int) string {
	var b strings.Builder
	b.WriteString("#define($d0)x#end")
	for i := range n {
		b.WriteString("#define($d" + strconv.Itoa(i+1) + ")" + strings.Repeat("$d"+strconv.Itoa(i), 10) + "#end")
	}
	return b.String() + "$d" + strconv.Itoa(n)
}

// A limit below zero is none, one at the border is not met.
func TestLimitsAtTheBorder(t *testing.T) {
	tests := map[string]vtl.Limits{
		"exact":  {Template: 60, Output: 20, Iterations: 10, Elements: 10, Steps: 100},
		"none":   {Template: -1, Nesting: -1, Output: -1, Iterations: -1, MacroDepth: -1, Calls: -1, String: -1, Elements: -1, Memory: -1, Steps: -1},
		"normal": {},
	}
	for name, limits := range tests {
		t.Run(name, func(t *testing.T) {
			tpl, err := vtl.Parse("t", "#foreach($i in [1..10])xx#end", vtl.Options{Limits: limits})
			if err != nil {
				t.Fatal(err)
			}
			if out, err := tpl.Render([]byte("before:"), nil, nil); err != nil || len(out) != len("before:")+20 {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
}

func TestAPIGatewayIterations(t *testing.T) {
	for n, ok := range map[int]bool{1000: true, 1001: false} {
		tpl, err := vtl.Parse("t", "#foreach($i in [1.."+strconv.Itoa(n)+"])#end", vtl.Options{Mode: vtl.APIGateway})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tpl.RenderString(nil); (err == nil) != ok {
			t.Errorf("%d iterations: %v", n, err)
		}
	}
}

// hang is how long only something that does not end takes, however slow the machine.
const hang = 30 * time.Second

func TestDeadline(t *testing.T) {
	tpl, err := vtl.Parse("t", "#foreach($i in [1..100000])#foreach($j in [1..100000])#end#end", vtl.Options{Limits: vtl.Limits{Steps: -1, Memory: -1}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = tpl.Render(nil, nil, &vtl.RunOptions{Deadline: start.Add(20 * time.Millisecond)})
	var e *vtl.Error
	if !errors.As(err, &e) || e.Limit != "Deadline" {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(start); took > hang {
		t.Errorf("took %v", took)
	}
	if _, err := tpl.Render(nil, nil, &vtl.RunOptions{Deadline: start}); err == nil {
		t.Error("began after its deadline")
	}
}

func TestOneTemplateManyGoroutines(t *testing.T) {
	tpl, err := vtl.Parse("t", `#macro(m $x)[$x]#end#set($l = [])#foreach($i in [1..50])#set($d = $l.add("$n-$i"))#m($i)#end$l.size() #evaluate('#set($z = $n)$z')`, vtl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := value.Parse(`{"a":[1,2,3]}`, value.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			want := ""
			for range 100 {
				out, err := tpl.RenderString(vtl.MapVars{"n": value.Int(int64(g)), "shared": shared})
				if err != nil || want != "" && out != want || !strings.HasSuffix(out, "50 "+strconv.Itoa(g)) {
					t.Errorf("got %q, %v", out, err)
					return
				}
				want = out
			}
		})
	}
	wg.Wait()
}

// Work that is no step ends at the deadline too: comparisons of long lists with
// one another, and methods of long texts.
func TestDeadlineOfWork(t *testing.T) {
	long := make([]value.Value, 300_000)
	for i := range long {
		long[i] = value.Int(int64(i))
	}
	other := make([]value.Value, len(long))
	for i := range other {
		other[i] = value.Int(int64(len(long) - 1 - i))
	}
	keys := value.NewMap(len(long))
	for i := range long {
		keys.Set(strconv.Itoa(i), long[i])
	}
	vars := vtl.MapVars{
		"a": value.FromList(value.NewList(long...)), "b": value.FromList(value.NewList(other...)), "m": value.FromMap(keys),
		"s": value.String(strings.Repeat("é", 2<<20)),
	}
	for _, text := range []string{
		`$a.containsAll($b)`,
		`$a.retainAll($b)`,
		`$a.removeAll($b)`,
		`$m.keySet().retainAll($b)`,
		`#foreach($i in [1..1000])#foreach($j in [1..1000])#if($s.indexOf("x") > 0)1#end#end#end`,
		`$s.replaceAll("(.*)(.*)(.*)(.*)(.*)(.*)b", "c")`,
		`$s.replaceFirst("(.*)(.*)(.*)(.*)(.*)(.*)b", "c")`,
		`$s.split("(.*)(.*)(.*)(.*)(.*)(.*)b")`,
		`$s.matches("(.*)(.*)(.*)(.*)(.*)(.*)b")`,
		`$s.replaceAll("é.*b|é", "c")`,
		`#foreach($i in [1..1000])#foreach($j in [1..1000])#if($a.lastIndexOf("x") > 0)1#end#end#end`,
	} {
		tpl, err := vtl.Parse("t", text, vtl.Options{Mode: vtl.APIGateway})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, err = tpl.Render(nil, vars, &vtl.RunOptions{Deadline: begin.Add(50 * time.Millisecond)})
		var e *vtl.Error
		if took := time.Since(begin); !errors.As(err, &e) || e.Limit != "Deadline" || took > hang {
			t.Errorf("%s: %v after %v", text, err, took)
		}
	}
}
