// Package javaregexp gives regular expressions the meaning that
// java.util.regex gives them.
//
// API Gateway's patterns (selection patterns, JSON schemas, identity
// validation, String methods in templates) are Java's. The package parses
// Java's syntax itself and writes what it understood in the small common
// language of two engines: Go's own regexp, which runs in linear time, where
// the pattern allows it, and the backtracking regexp2, under a time limit,
// for the rest. What neither can do as Java does it is refused by Compile;
// nothing is handed to an engine in the hope that it means the same there.
//
// Not supported: \G, \X, \N, \b{g}, \p{InBlock}, CANON_EQ, lone surrogates,
// back references without regard to case, and captures of varying length,
// back references or atomic groups within a look-behind. \b looks at Unicode
// letters and digits, as Java does up to version 18. Empty matches fall
// between code points, not between the halves of a surrogate pair.
package javaregexp

import (
	"strconv"
	"sync"
)

// A Regexp is a compiled pattern. It is immutable and safe for concurrent
// use.
type Regexp struct {
	source string
	names  map[string]int
	groups int
	size   int
	whole  matcher
	find   func() (matcher, error) // compiled when first needed
}

// A SyntaxError says why a pattern was refused, in Java's words where Java
// refuses it too.
type SyntaxError struct {
	Pattern string
	Message string
	Offset  int // characters, counted from 0
}

func (e *SyntaxError) Error() string {
	return e.Message + " near index " + strconv.Itoa(e.Offset)
}

// Compile parses a pattern. The error is a *SyntaxError.
func Compile(pattern string) (*Regexp, error) {
	root, p, err := parse(pattern)
	if err != nil {
		return nil, err
	}
	re := &Regexp{source: pattern, names: p.names, groups: p.groups, size: root.size()}
	if re.whole, err = wholeMatcher(root, re.size); err != nil {
		return nil, &SyntaxError{Pattern: pattern, Message: err.Error()}
	}
	re.find = sync.OnceValues(func() (matcher, error) { return findMatcher(root, re.size) })
	return re, nil
}

func wholeMatcher(root *node, size int) (matcher, error) {
	root = trimAnchors(root)
	if text, ok := literal(root); ok || root.op == opEmpty {
		return exactMatcher(text), nil
	}
	root = concat(&node{op: opAssert, assert: atBegin}, root, &node{op: opAssert, assert: atEnd})
	return newMatcher(root, size, simple(root))
}

// String returns the pattern as it was given to Compile.
func (re *Regexp) String() string { return re.source }

// Size estimates how large the compiled pattern is, in characters of a pattern
// without counted repeats.
func (re *Regexp) Size() int { return re.size }

// Groups returns the number of capturing groups.
func (re *Regexp) Groups() int { return re.groups }

// Matches reports whether all of s matches, as String.matches does. The
// error is ErrLimit when the match had to be given up.
func (re *Regexp) Matches(s string, b Bounds) (bool, error) {
	return re.whole.match(s, b)
}

// Find reports whether some part of s matches, as Matcher.find does.
func (re *Regexp) Find(s string, b Bounds) (bool, error) {
	m, err := re.find()
	if err != nil {
		return false, err
	}
	return m.match(s, b)
}
