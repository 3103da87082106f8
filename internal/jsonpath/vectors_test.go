package jsonpath

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A vector is a path, a document and what Jayway makes of them.
type vector struct {
	ID       string
	Path     string
	Document string
	Definite *bool
	String   string
	JSON     string
	Missing  bool
	Error    string
}

func readVectors(t testing.TB, file string) []vector {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	var out []vector
	for sc.Scan() {
		var v vector
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestJaywayVectors(t *testing.T) {
	for _, file := range []string{"testdata/jsonpath.jsonl", "testdata/more.jsonl"} {
		for _, v := range readVectors(t, file) {
			t.Run(v.ID+" "+v.Path, func(t *testing.T) { check(t, v) })
		}
	}
}

func check(t *testing.T, v vector) {
	t.Helper()
	doc, err := value.Parse(v.Document, value.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(v.Path)
	var got value.Value
	if err == nil {
		if v.Definite != nil && p.Definite() != *v.Definite {
			t.Errorf("definite: got %v, want %v", p.Definite(), *v.Definite)
		}
		got, err = p.Get(doc)
	}
	if kind := outcome(err); kind != wanted(v) {
		t.Fatalf("got %s (%v) %s, want %s %s", kind, err, got.AppendText(nil), wanted(v), v.String)
	}
	if err != nil {
		return
	}
	if s := string(got.AppendText(nil)); s != v.String && !got.IsNull() {
		t.Errorf("text\ngot  %s\nwant %s", s, v.String)
	}
	if s := string(got.AppendJSON(nil)); v.JSON != "" && s != v.JSON {
		t.Errorf("JSON\ngot  %s\nwant %s", s, v.JSON)
	}
}

func wanted(v vector) string {
	switch {
	case v.Missing:
		return "missing"
	case v.Error != "":
		return v.Error
	}
	return "result"
}

func outcome(err error) string {
	if err == nil {
		return "result"
	}
	if err == ErrNotFound {
		return "missing"
	}
	if err.(*Error).Kind == InvalidPath {
		return "invalid-path"
	}
	return "evaluation"
}
