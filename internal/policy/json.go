package policy

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// maxDepth is deeper than any document needs: document, list of statements,
// statement, Condition, operator, list of values, value.
const maxDepth = 10

// maxMembers bounds the members of an object: more than any document has, few
// enough to look for duplicates one by one.
const maxMembers = 500

// A node is one value of a JSON text.
type node struct {
	kind       jsontext.Kind
	text       string // of scalars but null, as a condition compares it
	keys       []string
	items      []*node // of an object in the order of keys, of a list
	start, end int     // where the value stands in the text
}

// A SyntaxError says which element of a document cannot be used, and why.
type SyntaxError struct {
	Element string // such as "Statement[1].Effect"; "" for the document
	Problem string
}

// Error returns the element and the problem.
func (e *SyntaxError) Error() string {
	if e.Element == "" {
		return e.Problem
	}
	return e.Element + ": " + e.Problem
}

// Pointer returns the JSON pointer of the element, such as /Statement/1/Effect; "" is the
// document. Where a name in it has a dot or a bracket, it leads nowhere beyond what
// stands around that.
func (e *SyntaxError) Pointer() string {
	return pointerOf(e.Element)
}

// pointerOf is the JSON pointer of an element.
func pointerOf(element string) string {
	if element == "" {
		return ""
	}
	return "/" + pointer.Replace(element)
}

var pointer = strings.NewReplacer("~", "~0", "/", "~1", ".", "/", "[", "/", "]", "")

// A reader reads a JSON text into nodes.
type reader struct{ jsontext.Reader }

// readJSON reads one JSON value and nothing after it. Half a surrogate pair in an
// escape is an error, because no text could be compared with it.
func readJSON(text string) (*node, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{Problem: "the document is not valid UTF-8"}
	}
	r := &reader{jsontext.NewReader([]byte(text), maxDepth+1, 0)}
	n, err := r.value(nil, 0)
	if err == nil {
		err = r.End()
	}
	if syntax, ok := errors.AsType[*jsontext.SyntaxError](err); ok {
		return nil, &SyntaxError{Problem: "the JSON text cannot be read at byte " + strconv.Itoa(syntax.Offset) + ": " + syntax.Problem}
	}
	return n, err
}

// An element is a place in a document, which only errors print.
type element struct {
	in    *element // nil for the document
	key   string   // of a member
	index int      // of an item
}

// String returns the way to the element, such as Statement[1].Effect.
func (e *element) String() string {
	switch {
	case e == nil:
		return ""
	case e.key == "":
		return e.in.String() + "[" + strconv.Itoa(e.index) + "]"
	}
	return join(e.in.String(), e.key)
}

// value reads the value that comes next, for the element at.
func (r *reader) value(at *element, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, &SyntaxError{at.String(), "is nested too deeply"}
	}
	kind, err := r.Peek()
	if err != nil {
		return nil, err
	}
	n := &node{kind: kind, start: r.Offset()}
	switch kind {
	case jsontext.Null:
		err = r.Null()
	case jsontext.Bool:
		var b bool
		b, err = r.Bool()
		n.text = strconv.FormatBool(b)
	case jsontext.Number:
		var number []byte
		number, err = r.Number()
		n.text = string(number)
	case jsontext.String:
		n.text, err = r.Text()
	case jsontext.Array:
		err = r.Array(func() error { return r.child(n, &element{in: at, index: len(n.items)}, depth+1) })
	case jsontext.Object:
		err = r.Object(func(name []byte) error { return r.member(n, at, string(name), depth+1) })
	}
	n.end = r.Offset()
	return n, err
}

// member reads the value of the member of n called key.
func (r *reader) member(n *node, at *element, key string, depth int) error {
	child := &element{in: at, key: key, index: len(n.items)}
	if n.has(key) {
		return &SyntaxError{child.String(), "is there twice"}
	}
	if len(n.keys) == maxMembers {
		return &SyntaxError{at.String(), "has more than " + strconv.Itoa(maxMembers) + " members"}
	}
	n.keys = append(n.keys, key)
	return r.child(n, child, depth)
}

// child reads a value into n.
func (r *reader) child(n *node, at *element, depth int) error {
	item, err := r.value(at, depth)
	n.items = append(n.items, item)
	return err
}

// has reports whether an object has a member.
func (n *node) has(key string) bool { return n.get(key) != nil }

// get finds a member of an object, nil when there is none.
func (n *node) get(key string) *node {
	for i, k := range n.keys {
		if k == key && i < len(n.items) {
			return n.items[i]
		}
	}
	return nil
}

// join names a member of an element.
func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}
