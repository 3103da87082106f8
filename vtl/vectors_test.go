package vtl_test

import (
	"bufio"
	"errors"
	"os"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A vector is a template with what Velocity 1.7, or API Gateway, makes of it.
type vector struct {
	id, group, template string
	mode                vtl.Mode
	vars                vtl.MapVars
	output, fails       string // fails is "parse", "render" or ""
}

// readVectors reads a file of vectors, which may have no outputs.
func readVectors(t testing.TB, file string) []vector {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []vector
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		doc, err := value.ParseStrict(lines.Text(), value.Limits{})
		if err != nil {
			t.Fatalf("%s: line %d: %v", file, len(out)+1, err)
		}
		out = append(out, newVector(doc.AsMap()))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func newVector(m *value.Map) vector {
	text := func(name string) string {
		v, _ := m.Get(name)
		return v.AsString()
	}
	v := vector{id: text("id"), group: text("group"), template: text("template"), output: text("output"), fails: text("error")}
	if text("mode") == "apigw" {
		v.mode = vtl.APIGateway
	}
	v.vars = vtl.MapVars{}
	context, _ := m.Get("context")
	for i := range context.AsMap().Len() {
		name, val := context.AsMap().At(i)
		v.vars[name] = plain(val)
	}
	if in, ok := m.Get("input"); ok {
		body, _ := in.AsMap().Get("body")
		params, _ := in.AsMap().Get("params")
		v.vars["input"] = value.FromObject(&testInput{body: body.AsString(), params: params})
	}
	if _, ok := m.Get("util"); ok {
		v.vars["util"] = value.FromObject(testUtil{})
	}
	return v
}

// plain returns v with ArrayLists in place of JSON lists, and Doubles in place
// of BigDecimals.
func plain(v value.Value) value.Value {
	if v.Kind() == value.KindBigDecimal {
		f, _ := v.AsFloat()
		return value.Double(f)
	}
	if l := v.AsList(); l != nil {
		out := value.NewList()
		for _, e := range l.Values() {
			out.Append(plain(e))
		}
		return value.FromList(out)
	}
	if m := v.AsMap(); m != nil {
		for i := range m.Len() {
			_, e := m.At(i)
			m.SetAt(i, plain(e))
		}
	}
	return v
}

// render parses and renders a template, and says in which phase it failed.
func render(v *vector) (out, fails string, err error) {
	t, err := vtl.Parse(v.id, v.template, vtl.Options{Mode: v.mode})
	if err == nil {
		out, err = t.RenderString(v.vars)
	}
	var e *vtl.Error
	if errors.As(err, &e) {
		fails = e.Phase.String()
	}
	return out, fails, err
}

// vtl.jsonl are cases that were thought out. velocity-random.jsonl and
// velocity-methods.jsonl are random templates and random calls of methods with
// what Velocity 1.7 on Java 17 made of them.
func TestVectors(t *testing.T) {
	vectors := readVectors(t, "testdata/vtl.jsonl")
	vectors = append(vectors, readVectors(t, "testdata/velocity-random.jsonl")...)
	for _, v := range append(vectors, readVectors(t, "testdata/velocity-methods.jsonl")...) {
		t.Run(v.id, func(t *testing.T) {
			out, fails, err := render(&v)
			switch {
			case fails != v.fails:
				t.Errorf("%q\nfails in %q, want %q: %v\noutput %q\nwant   %q", v.template, fails, v.fails, err, out, v.output)
			case fails == "" && out != v.output:
				t.Errorf("%q\ngot  %q\nwant %q", v.template, out, v.output)
			}
		})
	}
}
