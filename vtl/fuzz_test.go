package vtl_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// addSeeds adds every nth template of the vectors.
func addSeeds(f *testing.F, nth int, add func(v *vector)) {
	vectors := append(readVectors(f, "testdata/vtl.jsonl"), readVectors(f, "testdata/velocity-random.jsonl")...)
	for i, v := range vectors {
		if i%nth == 0 {
			add(&v)
		}
	}
}

func FuzzParse(f *testing.F) {
	addSeeds(f, 3, func(v *vector) { f.Add(v.template) })
	f.Fuzz(func(t *testing.T, src string) {
		for _, mode := range []vtl.Mode{vtl.Velocity, vtl.APIGateway} {
			tpl, err := vtl.Parse("fuzz", src, vtl.Options{Mode: mode})
			if err == nil {
				continue
			}
			var e *vtl.Error
			if tpl != nil || !errors.As(err, &e) {
				t.Fatalf("got %v, %v", tpl, err)
			}
			if lines := 1 + strings.Count(src, "\n"); e.Line < 1 || e.Line > lines || e.Col < 1 || e.Col > 1+utf8.RuneCountInString(src) {
				t.Errorf("%v lies outside of %q", err, src)
			}
		}
	})
}

// FuzzRender renders strangers' templates with a stranger's body.
func FuzzRender(f *testing.F) {
	addSeeds(f, 2, func(v *vector) {
		f.Add(v.template, `{"a":[1,"x",{"b":null}],"foo":"FOO"}`, v.mode == vtl.APIGateway)
	})
	limits := vtl.Limits{Output: 1 << 16, Iterations: 200, Calls: 500, String: 1 << 16, Elements: 5000, Memory: 4 << 20, Steps: 20_000}
	f.Fuzz(func(t *testing.T, src, body string, apigw bool) {
		mode := vtl.Velocity
		if apigw {
			mode = vtl.APIGateway
		}
		tpl, err := vtl.Parse("fuzz", src, vtl.Options{Mode: mode, Limits: limits})
		if err != nil {
			return
		}
		first, err := tpl.Render(nil, fuzzVars(body), &vtl.RunOptions{Deadline: time.Now().Add(10 * time.Second)})
		var e *vtl.Error
		if err != nil && (!errors.As(err, &e) || e.Phase != vtl.PhaseRender) {
			t.Fatalf("got %v", err)
		}
		if e != nil && e.Limit == "Deadline" {
			t.Fatalf("took too long: %q", src)
		}
		if len(first) > limits.Output {
			t.Fatalf("%d bytes of output", len(first))
		}
		events := 0
		var pieces []byte
		hook := func(e vtl.Event) error {
			events++
			if e.Kind == vtl.EventOutput {
				pieces = append(pieces, e.Text...)
			}
			return nil
		}
		again, err2 := tpl.Render(nil, fuzzVars(body), &vtl.RunOptions{Hook: hook})
		if !bytes.Equal(first, again) || (err == nil) != (err2 == nil) {
			t.Errorf("%q is not rendered alike twice:\n%q %v\n%q %v", src, first, err, again, err2)
		}
		if err2 == nil && !bytes.Equal(pieces, again) {
			t.Errorf("%q: the events say that the output is\n%q, it is\n%q", src, pieces, again)
		}
	})
}

func fuzzVars(body string) vtl.MapVars {
	doc, err := value.Parse(body, value.Limits{})
	if err != nil {
		doc = value.String(body)
	}
	list := value.NewList(value.String("b"), value.Int(3), value.Value{}, value.Double(1.5), doc)
	vars := vtl.MapVars{
		"foo": value.String("FOO"), "s": value.String("Hello Wörld 😀"), "i": value.Int(5), "j": value.Int(1 << 40), "d": value.Double(2.5), "t": value.Bool(true),
		"doc": doc, "m": doc, "l": value.FromList(list), "x": value.FromList(list), "a": value.FromList(value.NewList(value.FromList(list))),
		"util": value.FromObject(testUtil{}),
	}
	params, _ := value.Parse(`{"path":{"id":"42"},"querystring":{},"header":{"Host":"h"}}`, value.Limits{})
	vars["input"] = value.FromObject(&testInput{body: body, params: params})
	return vars
}
