package jsonschema

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// Bounds on what is compiled.
const (
	// MaxSize is the longest schema, in bytes, which is AWS's bound too.
	MaxSize = 400 << 10
	// maxPatterns and maxPrograms bound the regular expressions of one compiler,
	// whose memory is out of proportion to their length, and their sizes together.
	maxPatterns = 2000
	maxPrograms = 400_000
)

// An Error is why a schema cannot be compiled.
type Error struct {
	Location string // URI and JSON pointer of the schema
	Reason   string
}

func (e *Error) Error() string { return e.Location + ": " + e.Reason }

// A Compiler compiles schemas that may refer to one another, each once. It is
// not safe for concurrent use; the schemas that it makes are.
type Compiler struct {
	load      func(uri string) (text string, ok bool)
	documents map[string]*document
	nodes     map[*value.Map]*node
	targets   map[*value.Map]target // of references
	patterns  int
	programs  int // the size of the patterns together
}

// A target is what a reference leads to, which may be a reference too.
type target struct {
	place
	schema value.Value
}

// A document is a text with schemas.
type document struct {
	uri  string
	root value.Value
}

// NewCompiler makes a compiler whose documents load finds.
func NewCompiler(load func(uri string) (text string, ok bool)) *Compiler {
	return &Compiler{load: load, documents: make(map[string]*document), nodes: make(map[*value.Map]*node), targets: make(map[*value.Map]target)}
}

// Compile compiles the document under a URI. The error is an *Error.
func (c *Compiler) Compile(uri string) (*Schema, error) {
	doc, err := c.document(uri)
	if err != nil {
		return nil, &Error{uri, err.Error()}
	}
	root, err := c.node(place{doc: doc}, doc.root)
	if err != nil {
		return nil, err
	}
	return &Schema{root}, nil
}

func (c *Compiler) document(uri string) (*document, error) {
	if doc := c.documents[uri]; doc != nil {
		return doc, nil
	}
	text, ok := c.load(uri)
	if !ok {
		return nil, errors.New("there is no such schema")
	}
	root, err := value.ParseStrict(text, value.Limits{Bytes: MaxSize})
	if err != nil {
		return nil, err
	}
	doc := &document{uri, root}
	c.documents[uri] = doc
	return doc, nil
}

// A place is where a schema stands: names lead to it from in, or a pointer from the
// top.
type place struct {
	doc     *document
	in      *place
	names   []string
	pointer string
}

func (p place) at(names ...string) place { return place{doc: p.doc, in: &p, names: names} }

// String returns the JSON pointer of the place.
func (p place) String() string {
	if p.in == nil {
		return p.pointer
	}
	var b strings.Builder
	for _, name := range p.names {
		b.WriteString("/" + pointerEscaper.Replace(cut(name)))
	}
	return p.in.String() + b.String()
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func (p place) fail(format string, args ...any) error {
	return &Error{p.doc.uri + "#" + cut(p.String()), fmt.Sprintf(format, args...)}
}

// node compiles the schema v, or returns what it was compiled to before.
func (c *Compiler) node(p place, v value.Value) (*node, error) {
	for hops := 0; ; hops++ {
		m := v.AsMap()
		if m == nil {
			return nil, p.fail("a schema must be an object")
		}
		if n := c.nodes[m]; n != nil {
			return n, nil
		}
		ref, isRef := m.Get("$ref")
		if !isRef {
			n := new(node)
			c.nodes[m] = n // before its parts, which may refer to it
			return n, c.fill(n, p, m)
		}
		if hops > 100 {
			return nil, p.fail("the reference leads to itself")
		}
		to, known := c.targets[m]
		if !known {
			var err error
			if to.place, to.schema, err = c.resolve(p, ref); err != nil {
				return nil, err
			}
			c.targets[m] = to
		}
		p, v = to.place, to.schema
	}
}

// resolve finds what a reference leads to: a document of the loader, this
// one, or a part of either.
func (c *Compiler) resolve(p place, ref value.Value) (place, value.Value, error) {
	uri, fragment, _ := strings.Cut(ref.AsString(), "#")
	if !ref.IsString() {
		return p, ref, p.fail("$ref must be a string")
	}
	doc := p.doc
	if uri != "" && uri != doc.uri {
		var err error
		if doc, err = c.document(uri); err != nil {
			return p, ref, p.fail("$ref %s: %v", cut(uri), err)
		}
	}
	pointer, err := url.PathUnescape(fragment)
	if err != nil || pointer != "" && pointer[0] != '/' {
		return p, ref, p.fail("$ref %s: not a JSON pointer", cut(ref.AsString()))
	}
	v, to := doc.root, place{doc: doc, pointer: pointer}
	for _, token := range strings.Split(pointer, "/")[1:] {
		var ok bool
		if v, ok = child(v, strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")); !ok {
			return p, ref, p.fail("$ref %s leads nowhere", cut(ref.AsString()))
		}
	}
	return to, v, nil
}

// child returns a member or an element.
func child(v value.Value, name string) (value.Value, bool) {
	if l := v.AsList(); l != nil {
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= l.Len() {
			return v, false
		}
		return l.At(i), true
	}
	return v.AsMap().Get(name)
}
