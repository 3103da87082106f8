// Package jsonpath evaluates JSONPath expressions as Jayway JsonPath 3 does,
// the library behind API Gateway's $input.path, $input.json and body mappings.
//
// A Path is compiled once and used by many goroutines at once on documents of
// package value. Jayway's rules are followed where they are odd, too: which
// paths are definite, what a missing member means where, how filters convert
// and compare, that an unknown function is an error only when it is called.
// Where its answers depend on what was evaluated before, the first answer is
// taken. Unlike Jayway, append never changes the document.
//
// The package knows nothing of API Gateway: what a missing path prints is for
// its caller to say.
package jsonpath

import (
	"errors"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// Bounds on what strangers may ask for.
const (
	maxPathLength = 64 << 10  // bytes of an expression
	maxNesting    = 50        // filters and arguments within one another
	maxDepth      = 2_000     // tokens and levels of the document on the stack
	maxResults    = 1_000_000 // members of an indefinite result
	maxSteps      = 5_000_000 // tokens applied in one evaluation
)

// ErrNotFound says that a path leads nowhere in a document. Get returns it
// unwrapped.
var ErrNotFound = errors.New("no results for path")

// A Kind says what is wrong with a path or its evaluation.
type Kind uint8

const (
	InvalidPath Kind = iota // the expression is wrong, or wrong for this document
	Evaluation              // a function or filter failed, or a limit was reached
)

// An Error is why a path could not be compiled or evaluated.
type Error struct {
	Kind    Kind
	Path    string
	Offset  int // bytes into Path where compiling failed; -1 at evaluation
	Message string

	hard  bool // compiling cannot go on in another way
	index bool // an index out of bounds, which Jayway forgives within an array
}

func (e *Error) Error() string {
	if e.Offset < 0 {
		return e.Message
	}
	return e.Message + " at position " + strconv.Itoa(e.Offset) + " of " + strconv.Quote(e.Path)
}

// A Path is a compiled expression. It is immutable and safe for concurrent
// use.
type Path struct {
	source   string
	tokens   []token
	root     bool // starts with $, not @
	definite bool
	plain    bool // only single names and indexes
	tail     int  // the token that Jayway has for the last
}

// Compile parses an expression; a leading "$." may be left out. The error is
// an *Error.
func Compile(path string) (*Path, error) {
	p, err := compile(path, 0)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// String returns the expression as it was given to Compile.
func (p *Path) String() string { return p.source }

// Definite reports whether p has one result at most. An indefinite path's
// result is always a list.
func (p *Path) Definite() bool { return p.definite }

// Bounds are what an evaluation may take besides its steps. The zero Bounds
// allows everything.
type Bounds struct {
	Deadline time.Time   // ends it with an error; zero for none
	Memory   value.Meter // asked for what it makes; nil asks nobody. Its error is returned as it is
}

// Get evaluates p on a document. The error is ErrNotFound or an *Error; a
// document that is null is an error too, as it is for Jayway. The result may
// share the document's lists and maps.
func (p *Path) Get(doc value.Value) (value.Value, error) { return p.GetWithin(doc, nil) }

// GetWithin is Get within bounds, of which nil is none.
func (p *Path) GetWithin(doc value.Value, bounds *Bounds) (value.Value, error) {
	if p.plain && !doc.IsNull() {
		return p.walk(doc)
	}
	b := &budget{steps: maxSteps, bounds: bounds}
	v, err := p.evaluate(doc, doc, false, b)
	if e, ok := err.(*Error); ok {
		e.Path = p.source
	}
	return v, err
}

// walk evaluates a plain path.
func (p *Path) walk(v value.Value) (value.Value, error) {
	for i := range p.tokens {
		t := &p.tokens[i]
		var ok bool
		if t.kind == tokenProperty {
			m := v.AsMap()
			if m == nil {
				return value.Value{}, ErrNotFound
			}
			v, ok = m.Get(t.name)
		} else {
			v, ok = element(v.AsList(), t.indexes[0])
		}
		if !ok {
			return value.Value{}, ErrNotFound
		}
	}
	return v, nil
}

// element returns member i of l, counted from the end when negative.
func element(l *value.List, i int) (value.Value, bool) {
	if i < 0 {
		i += l.Len()
	}
	if i < 0 || i >= l.Len() {
		return value.Value{}, false
	}
	return l.At(i), true
}
