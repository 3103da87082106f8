package policy

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is deeper than any document needs: document, list of statements,
// statement, Condition, operator, list of values, value.
const maxDepth = 10

// maxMembers bounds the members of an object: more than any document has, few
// enough to look for duplicates one by one.
const maxMembers = 500

// A node is one value of a JSON text.
type node struct {
	kind       byte   // '{', '[', 's' string, 'n' number, 'b' boolean, '0' null
	text       string // of scalars, as a condition compares it
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

// A reader reads a JSON text into nodes.
type reader struct {
	text    string
	decoder *json.Decoder
}

// readJSON reads one JSON value and nothing after it.
func readJSON(text string) (*node, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{Problem: "the document is not valid UTF-8"}
	}
	r := &reader{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	r.decoder.UseNumber()
	n, err := r.value(nil, 0)
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &SyntaxError{Problem: "there is more after the document"}
	}
	return n, nil
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
	n := &node{start: r.next()}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.syntax(err)
	}
	switch t := token.(type) {
	case string:
		n.kind, n.text = 's', t
	case json.Number:
		n.kind, n.text = 'n', t.String()
	case bool:
		n.kind, n.text = 'b', strconv.FormatBool(t)
	case nil:
		n.kind = '0'
	case json.Delim:
		n.kind = byte(t)
		if err := r.children(n, at, depth+1); err != nil {
			return nil, err
		}
	}
	n.end = int(r.decoder.InputOffset())
	return n, nil
}

// children reads the members of an object or the items of a list and its end.
func (r *reader) children(n *node, at *element, depth int) error {
	for r.decoder.More() {
		child := &element{in: at, index: len(n.items)}
		if n.kind == '{' {
			token, err := r.decoder.Token()
			if err != nil {
				return r.syntax(err)
			}
			key := token.(string) // the decoder takes no other keys
			child.key = key
			if n.has(key) {
				return &SyntaxError{child.String(), "is there twice"}
			}
			if len(n.keys) == maxMembers {
				return &SyntaxError{at.String(), "has more than " + strconv.Itoa(maxMembers) + " members"}
			}
			n.keys = append(n.keys, key)
		}
		item, err := r.value(child, depth)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.syntax(err)
	}
	return nil
}

// next is where the next token starts.
func (r *reader) next() int {
	i := int(r.decoder.InputOffset())
	for i < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[i]) >= 0 {
		i++
	}
	return i
}

// syntax words an error of the decoder.
func (r *reader) syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &SyntaxError{Problem: "the JSON text ends early"}
	}
	return &SyntaxError{Problem: "the JSON text cannot be read at byte " + strconv.FormatInt(r.decoder.InputOffset(), 10) + ": " + err.Error()}
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
