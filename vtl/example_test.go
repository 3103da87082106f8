package vtl_test

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func Example() {
	t, err := vtl.Parse("items", `[#foreach($i in $items)"$i.name"#if($foreach.hasNext), #end#end]`, vtl.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, err := value.Parse(`[{"name":"tea"},{"name":"rice"}]`, value.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := t.Render(nil, vtl.MapVars{"items": doc}, nil)
	fmt.Printf("%s %v\n", out, err)
	// Output: ["tea", "rice"] <nil>
}

// In API Gateway mode what is undefined prints nothing.
func ExampleParse_modes() {
	for _, mode := range []vtl.Mode{vtl.Velocity, vtl.APIGateway} {
		t, err := vtl.Parse("greeting", `Hello $user.name!`, vtl.Options{Mode: mode})
		if err != nil {
			fmt.Println(err)
			return
		}
		out, err := t.RenderString(nil)
		fmt.Println(mode, out, err)
	}
	// Output:
	// velocity Hello $user.name! <nil>
	// apigw Hello ! <nil>
}

func ExampleError() {
	_, err := vtl.Parse("order", "{\n  \"id\": $id,\n  #if($paid \"paid\": true #end\n}", vtl.Options{})
	var e *vtl.Error
	if errors.As(err, &e) {
		fmt.Println(e.Line, e.Col, e.Text, "| expected", e.Expected)
	}
	fmt.Println(err)
	// Output:
	// 3 13 "paid" | expected an operator or )
	// order:3:13: unexpected "\"paid\"", expected an operator or )
}

// A Limits field that a template meets ends the render.
func ExampleLimits() {
	t, err := vtl.Parse("loop", `#foreach($i in [1..5])$i,#end`, vtl.Options{Limits: vtl.Limits{Iterations: 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := t.RenderString(nil)
	fmt.Println(out)
	fmt.Println(err)
	// Output:
	// 1,2,3,
	// loop:1:1: #foreach goes on for too long (limit Iterations) at "#foreach($i in [1..5])$i,#end"
}

// A clock is an object of the host's: $clock.zone and $clock.format('…').
type clock struct{ zone string }

func (c clock) Get(name string) (value.Value, bool) {
	if name != "zone" {
		return value.Value{}, false
	}
	return value.String(c.zone), true
}

func (c clock) Call(method string, args []value.Value) (value.Value, bool, error) {
	if method != "format" || len(args) != 1 {
		return value.Value{}, false, nil
	}
	return value.String(strings.NewReplacer("HH", "12", "mm", "30").Replace(args[0].AsString())), true, nil
}

func ExampleVars_object() {
	t, err := vtl.Parse("time", `$clock.format('HH:mm') $clock.zone`, vtl.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := t.RenderString(vtl.MapVars{"clock": value.FromObject(clock{"UTC"})})
	fmt.Println(out, err)
	// Output: 12:30 UTC <nil>
}

// A hook sees every step, for a trace or a debugger.
func ExampleRunOptions_hook() {
	t, err := vtl.Parse("steps", "#set($n = $a + 1)#if($n > 2)big#end", vtl.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	trace := func(e vtl.Event) error {
		fmt.Fprintf(os.Stdout, "%d:%d %s %q %s\n", e.Line, e.Col, e.Kind, e.Text, e.Value.Text())
		return nil
	}
	_, err = t.Render(nil, vtl.MapVars{"a": value.Int(2)}, &vtl.RunOptions{Hook: trace})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1:1 statement "#set" null
	// 1:11 reference "$a" 2
	// 1:1 set "$n" 3
	// 1:18 statement "#if" null
	// 1:22 reference "$n" 3
	// 1:18 condition "$n > 2" true
	// 1:29 statement "" null
	// 1:29 output "big" null
}
