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
	// maxPatterns bounds the regular expressions of one compiler, whose memory
	// is out of proportion to their length.
	maxPatterns = 2000
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
	patterns  int
}

// A document is a text with schemas.
type document struct {
	uri  string
	root value.Value
}

// NewCompiler makes a compiler whose documents load finds.
func NewCompiler(load func(uri string) (text string, ok bool)) *Compiler {
	return &Compiler{load: load, documents: make(map[string]*document), nodes: make(map[*value.Map]*node)}
}

// Compile compiles the document under a URI. The error is an *Error.
func (c *Compiler) Compile(uri string) (*Schema, error) {
	doc, err := c.document(uri)
	if err != nil {
		return nil, &Error{uri, err.Error()}
	}
	root, err := c.node(place{doc, ""}, doc.root)
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

// A place is where a schema stands.
type place struct {
	doc     *document
	pointer string
}

func (p place) at(names ...string) place {
	for _, name := range names {
		p.pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
	}
	return p
}

func (p place) fail(format string, args ...any) error {
	return &Error{p.doc.uri + "#" + p.pointer, fmt.Sprintf(format, args...)}
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
		var err error
		if p, v, err = c.resolve(p, ref); err != nil {
			return nil, err
		}
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
	v, to := doc.root, place{doc, pointer}
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
