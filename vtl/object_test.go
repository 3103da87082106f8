package vtl_test

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A record is an object with properties that can be set, and a map's methods.
type record struct{ m *value.Map }

func (o record) Get(name string) (value.Value, bool) { return o.m.Get(name) }

func (o record) Call(method string, args []value.Value) (value.Value, bool, error) {
	if method == "join" {
		text := ""
		for _, arg := range args {
			text += arg.Text() + ";"
		}
		return value.String(text), true, nil
	}
	return value.Value{}, false, nil
}

func (o record) Set(name string, v value.Value) bool {
	o.m.Set(name, v)
	return true
}

func (o record) Len() int                       { return o.m.Len() }
func (o record) At(i int) (string, value.Value) { return o.m.At(i) }

// A bare is a record that is no more than an Object.
type bare struct{ record record }

func (o bare) Get(name string) (value.Value, bool) { return o.record.Get(name) }

func (o bare) Call(method string, args []value.Value) (value.Value, bool, error) {
	return o.record.Call(method, args)
}

func TestObjects(t *testing.T) {
	tests := map[string]struct{ template, want string }{
		"property":                {`$o.a $o.none`, "1 $o.none"},
		"property by index":       {`$o['a'] $b["a"] $b['none']`, "1 1 $b['none']"},
		"property by get":         {`$o.get('a') $b.get('a')`, "1 1"},
		"method":                  {`$b.join(1, 'x', [2]) $b.join()`, "1;x;[2]; "},
		"unknown method":          {`$b.foo() $o.foo(1)`, "$b.foo() $o.foo(1)"},
		"map's methods":           {`$o.size() $o.keySet() $o.containsKey('a') $o.containsKey('z') $o.getOrDefault('z', 9) $o.isEmpty()`, "2 [a, b] true false 9 false"},
		"map's views":             {`$o.values() $o.entrySet()#foreach($e in $o.entrySet()) $e.key:$e.value#end`, "[1, x] [a=1, b=x] a:1 b:x"},
		"not a map":               {`$b.size()#foreach($x in $b)$x#end`, "$b.size()"},
		"loop":                    {`#foreach($x in $o)$x,#end`, "1,x,"},
		"prints":                  {`$o "$b"`, `{a=1, b=x} ""`},
		"set":                     {`#set($o.c = 3)#set($o['d'] = 4)$o`, "{a=1, b=x, c=3, d=4}"},
		"set where nobody can":    {`#set($b.c = 3)#set($b['d'] = 4)$b.c`, "$b.c"},
		"no changes by methods":   {`#set($x = $o.isEmpty())$x`, "false"},
		"condition":               {`#if($b)T#end#if(!$none)F#end`, "TF"},
		"is itself":               {`#if($o == $o)T#end#if($b == $o)F#end`, "T"},
		"defined text as a value": {`#define($d)<$o.a>#end#set($o.c = $d)#set($o.a = 2)$o.c $b.join($d)`, "<1> <2>;"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := value.NewMap(0)
			m.Set("a", value.Int(1))
			m.Set("b", value.String("x"))
			vars := vtl.MapVars{"o": value.FromObject(record{m}), "b": value.FromObject(bare{record{m}})}
			tpl, err := vtl.Parse("t", tt.template, vtl.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := tpl.RenderString(vars); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// What a template leaves in a host's map must not reach into a later render.
func TestBlocksDieWithTheRender(t *testing.T) {
	kept := value.NewMap(0)
	tpl, err := vtl.Parse("t", `#define($d)text#end#set($m.list = [$d])$m.list`, vtl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tpl.RenderString(vtl.MapVars{"m": value.FromMap(kept)}); err != nil || got != "[text]" {
		t.Fatalf("got %q, %v", got, err)
	}
	if got := value.FromMap(kept).Text(); got != "{list=[]}" {
		t.Errorf("afterwards it prints %q", got)
	}
}

// API Gateway's differences that no vector shows.
func TestAPIGatewayMode(t *testing.T) {
	tests := map[string]struct{ template, want string }{
		"no class":                  {`[$s.class][$s.getClass()][$s.class.name][$l.getClass().getName()]`, "[][][][]"},
		"a member called class":     {`$m.class`, "mine"},
		"null equals empty":         {`#if($none == "")T#end#if("" == $none)T#end#if($none != "")F#end#if($none == $nothing)T#end`, "TTT"},
		"null is not the text null": {`#if($none == "null")F#{else}T#end`, "T"},
		"escapes stay":              {`\$s \$none $\!s`, `$s \$none $!s`},
		"a sign at the end":         {`US$`, "US$"},
		"signs at the end":          {`a # $!`, "a # $!"},
		"parameter of a macro":      {`#macro(m $p)[$p]#end#m($none)`, "[]"},
		"text in between":           {`$5.00 $ x #fff $.a`, "$5.00 $ x #fff $.a"},
		"size of a map":             {`$m.size()`, "1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := value.NewMap(0)
			m.Set("class", value.String("mine"))
			vars := vtl.MapVars{"s": value.String("str"), "l": value.FromList(value.NewList()), "m": value.FromMap(m)}
			tpl, err := vtl.Parse("t", tt.template, vtl.Options{Mode: vtl.APIGateway})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := tpl.RenderString(vars); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
