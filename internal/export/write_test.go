package export

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func written(doc *object, write func(*writer, *object)) []byte {
	var w writer
	write(&w, doc)
	return w.b
}

func TestWrite(t *testing.T) {
	doc := newObject(
		"openapi", "3.0.1",
		"empty", new(object),
		"none", list{},
		"texts", list{"a", "b\n\"\\\u2028é"},
		"objects", list{newObject("name", "a", "in", newObject("x", true)), new(object), list{int32(1), list{nil}}},
		"200", newObject("on", number("1.50")),
		"4\\d{2}", "default",
		"/{proxy+}", newObject("$ref", "#/x"),
	)
	const asJSON = `{
  "openapi" : "3.0.1",
  "empty" : { },
  "none" : [ ],
  "texts" : [ "a", "b\n\"\\\u2028é" ],
  "objects" : [ {
    "name" : "a",
    "in" : {
      "x" : true
    }
  }, { }, [ 1, [ null ] ] ],
  "200" : {
    "on" : 1.50
  },
  "4\\d{2}" : "default",
  "/{proxy+}" : {
    "$ref" : "#/x"
  }
}`
	const asYAML = `---
openapi: "3.0.1"
empty: {}
none: []
texts:
- "a"
- "b\n\"\\\u2028é"
objects:
- name: "a"
  in:
    x: true
- {}
-
  - 1
  -
    - null
200:
  "on": 1.50
"4\\d{2}": "default"
/{proxy+}:
  $ref: "#/x"
`
	if got := string(written(doc, (*writer).writeJSON)); got != asJSON {
		t.Errorf("got\n%s\nwant\n%s", got, asJSON)
	}
	if got := string(written(doc, (*writer).writeYAML)); got != asYAML {
		t.Errorf("got\n%s\nwant\n%s", got, asYAML)
	}
}

// FuzzWrite compares what a YAML reader and ours make of a written document with what
// was written.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{
		`{"a": [[], [[1]], {"b": null, "c": [{}]}, [{"d": 1e5}]], "yes": "no", "~": "", "- a": "#", "a: b": "\u0085\u2029\ufeff\u007f"}`,
		`{"": {"": [""]}, "1": -0, "1e3": true, "0x1": false, "/{a}": 12345678901234567890, "<<": {"x": 1}, "*a": "&b", "?": "!c", "\ud83d\ude00": "\ud83d\ude00"}`,
		`{"` + strings.Repeat("a", 1025) + `": [{"` + strings.Repeat("\u2028", 180) + `": {}, "b": {"` + strings.Repeat("/", 995) + `": [1], "` + strings.Repeat("é", 2000) + `": {"c": []}}}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc := parseObject(text)
		if doc == nil || !utf8.ValidString(text) { // what is stored is UTF-8
			return
		}
		asJSON := written(doc, (*writer).writeJSON)
		if !json.Valid(asJSON) || !utf8.Valid(asJSON) {
			t.Fatalf("no JSON: %s", asJSON)
		}
		again, err := parse(string(asJSON))
		if err != nil || !same(again, doc) {
			t.Fatalf("%v: %s became %s", err, text, asJSON)
		}
		asYAML := written(doc, (*writer).writeYAML)
		var node yaml.Node
		if err := yaml.Unmarshal(asYAML, &node); err != nil {
			t.Fatalf("%v: %s", err, asYAML)
		}
		if !sameNode(node.Content[0], doc) {
			t.Fatalf("%s became %s", text, asYAML)
		}
	})
}

// Readers of YAML take a key for one only if its colon is among the next 1024 characters.
func TestLongKey(t *testing.T) {
	short, long := strings.Repeat("a", maxKey), strings.Repeat("a", maxKey+1)
	doc := newObject(short, "x", long, newObject(long, list{newObject(long, "y")}))
	want := "---\n" + short + ": \"x\"\n? " + long + "\n:\n  ? " + long + "\n  :\n  - ? " + long + "\n    : \"y\"\n"
	if got := string(written(doc, (*writer).writeYAML)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func same(a, b value) bool {
	switch a := a.(type) {
	case list:
		b, ok := b.(list)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case *object:
		b, ok := b.(*object)
		if !ok || len(a.members) != len(b.members) {
			return false
		}
		for i := range a.members {
			if a.members[i].name != b.members[i].name || !same(a.members[i].value, b.members[i].value) {
				return false
			}
		}
		return true
	}
	return a == b
}

// sameNode reports whether a node of a YAML reader is what was written.
func sameNode(n *yaml.Node, v value) bool {
	switch v := v.(type) {
	case list:
		if n.Kind != yaml.SequenceNode || len(n.Content) != len(v) {
			return false
		}
		for i := range v {
			if !sameNode(n.Content[i], v[i]) {
				return false
			}
		}
		return true
	case *object:
		if n.Kind != yaml.MappingNode || len(n.Content) != 2*len(v.members) {
			return false
		}
		for i, m := range v.members {
			if n.Content[2*i].Value != m.name || !sameNode(n.Content[2*i+1], m.value) {
				return false
			}
		}
		return true
	case string:
		return n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value == v
	case number:
		_, err := strconv.ParseFloat(string(v), 64) // YAML's readers take what no float holds for text
		return n.Value == string(v) && (n.Tag == "!!int" || n.Tag == "!!float" || err != nil)
	case bool:
		return n.Tag == "!!bool" && (n.Value == "true") == v
	}
	return n.Tag == "!!null"
}

// An object finds its members alike whether it keeps a map of them or not.
func TestObject(t *testing.T) {
	o := new(object)
	var names []string
	for i := range 3 * indexFrom {
		name := strings.Repeat("a", i)
		if o.has(name) {
			t.Fatalf("%d: there before it was set", i)
		}
		names = append(names, name)
		o.set(name, int32(-1))
		o.set(name, int32(i))
		for j, name := range names {
			if got := o.get(name); got != int32(j) {
				t.Fatalf("of %d members: got %v for %d", i+1, got, j)
			}
		}
	}
	if len(o.members) != 3*indexFrom {
		t.Errorf("got %d members", len(o.members))
	}
}

// What is said of all methods is written with each: the document ends in an error and
// not in as much memory.
func TestTooLarge(t *testing.T) {
	said := `{"x-a": "` + strings.Repeat("a", 60<<10) + `"}`
	src := &Source{
		Resources:     []wire.Resource{{ID: new("root"), Path: new("/")}},
		Documentation: &Documentation{Parts: []wire.DocumentationPart{{Location: &wire.DocumentationPartLocation{Type: "METHOD"}, Properties: &said}}},
	}
	for i := range 2000 {
		path := "/" + strconv.Itoa(i)
		src.Resources = append(src.Resources, wire.Resource{ID: &path, ParentID: new("root"), Path: &path, ResourceMethods: map[string]wire.Method{"GET": {}}})
	}
	for _, asYAML := range []bool{false, true} {
		_, err := Document(src, Options{Format: OpenAPI30, YAML: asYAML})
		if err == nil || !strings.Contains(err.Error(), "The export is larger than 67108864 bytes") {
			t.Errorf("YAML %v: got error %v", asYAML, err)
		}
	}
	stop := errors.New("stop")
	if _, err := Document(src, Options{Format: Swagger, Stop: func() error { return stop }}); err != stop {
		t.Errorf("got error %v", err)
	}
}

// A method may have half a million headers: an export that is to be given up ends among
// them.
func TestStopWithinMethod(t *testing.T) {
	headers := make(map[string]bool)
	for i := range 1000 {
		headers["method.response.header.h"+strconv.Itoa(i)] = false
	}
	m := wire.Method{MethodResponses: map[string]wire.MethodResponse{"200": {ResponseParameters: headers}}}
	src := &Source{
		Resources:     []wire.Resource{{ID: new("root"), Path: new("/"), ResourceMethods: map[string]wire.Method{"GET": m}}},
		Documentation: &Documentation{Parts: []wire.DocumentationPart{{Location: &wire.DocumentationPartLocation{Type: "API"}, Properties: new("{}")}}},
	}
	asked, stop := 0, errors.New("stop")
	_, err := Document(src, Options{Format: OpenAPI30, Stop: func() error {
		if asked++; asked < 500 {
			return nil
		}
		return stop
	}})
	if err != stop {
		t.Errorf("got error %v after %d questions", err, asked)
	}
}
