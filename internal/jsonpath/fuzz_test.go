package jsonpath

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func FuzzPath(f *testing.F) {
	for _, v := range readVectors(f, "testdata/jsonpath.jsonl") {
		if len(v.Document) < 600 {
			f.Add(v.Path, v.Document)
		}
	}
	f.Fuzz(func(t *testing.T, path, document string) {
		if len(path) > 300 || len(document) > 600 {
			return
		}
		p, err := Compile(path)
		if err != nil {
			if e := err.(*Error); e.Kind != InvalidPath || e.Offset < 0 || e.Offset > len(e.Path)+2 {
				t.Errorf("%q: error %+v", path, e)
			}
			return
		}
		doc, err := value.Parse(document, value.Limits{})
		if err != nil {
			return
		}
		before := string(doc.AppendJSON(nil))
		start := time.Now()
		got, err := p.Get(doc)
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%q took %v", path, d)
		}
		if err == nil && !p.Definite() && got.AsList() == nil {
			t.Errorf("%q: an indefinite path gave %s", path, got.Kind())
		}
		if after := string(doc.AppendJSON(nil)); after != before {
			t.Errorf("%q changed the document", path)
		}
	})
}

func TestLimits(t *testing.T) {
	deep, err := value.Parse(strings.Repeat("[", 400)+strings.Repeat("]", 400), value.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	wide, err := value.Parse("["+strings.Repeat("[1,2,3,4,5,6,7,8,9,0],", 50)+"0]", value.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path string
		doc  value.Value
	}{
		"scans of scans":  {"$" + strings.Repeat("..*", 12), deep},
		"repeated index":  {"$" + strings.Repeat("[0,0,0,0,0,0,0,0]", 20), deep},
		"long path":       {"$." + strings.Repeat("a", maxPathLength), wide},
		"many results":    {"$" + strings.Repeat("[0,0,0,0,0,0,0,0]", 7), deep},
		"nested filters":  {"$" + strings.Repeat("[?(@", 100) + strings.Repeat(")]", 100), wide},
		"nested brackets": {"$[?(" + strings.Repeat("(", 1000) + "@" + strings.Repeat(")", 1000) + ")]", wide},
		"negations":       {"$[?(" + strings.Repeat("!", 1000) + "(1==1))]", wide},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			p, err := Compile(tt.path)
			if err == nil {
				_, err = p.Get(tt.doc)
			}
			if err == nil {
				t.Error("no error")
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestAppendLeavesTheDocumentAlone(t *testing.T) {
	doc, _ := value.Parse(`{"a":[1]}`, value.Limits{})
	p, err := Compile("$.a.append(2)")
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Get(doc)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Text() + " " + doc.Text(); s != "[1,2] {a=[1]}" {
		t.Errorf("got %s", s)
	}
}

func TestErrorsNamePosition(t *testing.T) {
	for path, want := range map[string]string{
		"$.a b":           `Use bracket notion ['my prop'] if your property contains blank characters at position 3 of "$.a b"`,
		"$.a[?(@.b == )]": `Failed to parse filter at position 13 of "$.a[?(@.b == )]"`,
	} {
		_, err := Compile(path)
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", path, err, want)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	doc, err := value.Parse(`{"id":7,"order":{"lines":[{"sku":"A1","price":12.5},{"sku":"B2","price":3}],"name":"x"},"tags":["a","b"]}`, value.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{
		"definite": "$.order.lines[1].sku",
		"wildcard": "$.order.lines[*].sku",
		"filter":   "$.order.lines[?(@.price > 10)].sku",
		"scan":     "$..price",
	} {
		p, err := Compile(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Get(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile("$.order.lines[?(@.price > 10)].sku"); err != nil {
			b.Fatal(err)
		}
	}
}
